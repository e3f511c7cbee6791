/* loaders: libvips, tamed: no modules, no JIT, no cache, and only the loaders that are wanted. */
#ifndef WORKER_LOADERS_H
#define WORKER_LOADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "job.h"

/* Formats that this worker can be asked to read; bits. */
uint32_t loaders_known(void);

/* Initialises libvips; call it once, before any thread. */
bool loaders_begin(const char *program);

/* Blocks every loader but those of `formats`. True when pictures in other formats, which could be
 * loaded before, are then really refused. */
bool loaders_restrict(uint32_t formats);

/* Decodes the built-in samples of `formats`, so that whatever libraries do once only is done while
 * it is still allowed. Returns the formats of which every sample could be read. */
uint32_t loaders_warm_up(struct job *j, uint32_t formats);

#endif
