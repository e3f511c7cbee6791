/* How the reference's files become hashes: in this process, or by the media worker. */
#ifndef GOLDEN_HASHER_H
#define GOLDEN_HASHER_H

#include <stdbool.h>

#include "hash/hash.h"

/* `worker`: the path of the media worker's executable; by_vips.c has no use for it. */
bool hasher_begin(const char *worker);
void hasher_end(void);

/* The hash of the picture as stored. False, and a TAP comment that says why, when there is none. */
bool hasher_file(const char *path, struct pdq_result *out);

#endif
