/* Hashing picture files outside an engine: digests here, pixels in the sandboxed worker. */
#ifndef MODCTL_PICTURES_H
#define MODCTL_PICTURES_H

#include "crypto/crypto.h"
#include "engine/config.h"
#include "hash/hash.h"
#include "media/media.h"
#include "modctl.h"

/* Who hashes their own files is in no hurry: more bytes and time than a server gives. */
enum { PICTURE_BYTES = 256 << 20, PICTURE_MS = 30000 };

struct pictures {
    struct media *media; /* NULL: no worker */
    struct error why;    /* then, why */
    bool said;           /* why was said */
};

struct picture {
    uint64_t size;
    struct digests digests; /* all three */
    struct media_result media;
};

/* Opens a pool as the config says. A missing worker is not a failure here. */
int pictures_open(struct pictures *p, const struct config *c, struct error *e);

/* The same for commands that need no config: -c FILE or the built-in values. */
int pictures_open_default(struct pictures *p, const struct args *a, struct error *e);
void pictures_close(struct pictures *p);

/* LMOD_E_IO for a file that cannot be read. What the worker could not do is in out->media.reasons. */
int picture_read(struct pictures *p, const char *path, struct picture *out, struct error *e);

/* Whether a candidate is the whole picture and not a part of it: only such are listed. */
bool picture_whole(const struct wire_candidate *c);

/* Whether it says too little to match. */
bool picture_weak(const struct wire_candidate *c);

/* The quality under which it is listed: a weak one must never match, whatever PDQ says of it. */
uint8_t picture_listed_quality(const struct wire_candidate *c);

/* The first candidate with this strategy, or NULL. */
const struct wire_candidate *picture_candidate(const struct picture *p, enum strategy s);

/* Whether candidate `i` says nothing new: a candidate before it has the same hash. */
bool picture_repeats(const struct picture *p, uint32_t i);

/* As a scan says it: partial when only the digests are complete. */
enum coverage picture_coverage(const struct picture *p);

/* "timeout, limit" into a buffer. */
void reasons_write(struct buffer *out, uint32_t reasons);

#endif
