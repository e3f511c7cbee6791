/* The bytes of a source: from a file or standard input, with a look ahead at how they begin. */
#ifndef MODCTL_IMPORT_SOURCE_H
#define MODCTL_IMPORT_SOURCE_H

#include <stdbool.h>
#include <stdio.h>

#include "importers.h"

enum { SOURCE_HEAD = 32 << 10 };

struct source {
    FILE *file;
    const struct import_options *o;
    char head[SOURCE_HEAD]; /* read ahead; begin … end are still to be handed out */
    size_t begin, end;
    uint64_t bytes; /* handed out */
    int error;      /* errno of a failed read */
};

/* An open stream, which stays the caller's; o->path is what it is called. */
void source_init(struct source *in, FILE *file, const struct import_options *o);

/* Opens o->path; "-" is standard input. LMOD_E_IO. */
int source_open(struct source *in, const struct import_options *o, struct error *e);
void source_close(struct source *in);

/* How the source begins, at most SOURCE_HEAD bytes; only before the first source_read(). */
const char *source_head(struct source *in, size_t *size);

/* The next bytes, fewer only at the end; 0 there and after a failure. */
size_t source_read(struct source *in, void *out, size_t size);

/* LMOD_E_IO when a read has failed. */
int source_status(const struct source *in, struct error *e);

#endif
