/* A directory of its own for a test, removed with everything in it at the end. */
#ifndef SUPPORT_TEMPDIR_H
#define SUPPORT_TEMPDIR_H

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct tempdir {
    char path[256];
};

static inline bool tempdir_make(struct tempdir *t)
{
    const char *root = getenv("TMPDIR");
    (void)snprintf(t->path, sizeof(t->path), "%s/libmod-test-XXXXXX", root ? root : "/tmp");
    return mkdtemp(t->path) != NULL;
}

static inline int tempdir_unlink(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st;
    (void)type;
    (void)f;
    return remove(path);
}

static inline void tempdir_remove(struct tempdir *t)
{
    (void)nftw(t->path, tempdir_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* "DIR/name" in one of eight static slots: for passing to calls, not for keeping. */
static inline const char *tempdir_file(const struct tempdir *t, const char *name)
{
    static char slot[8][512];
    static unsigned next;
    char *out = slot[next++ % 8];
    (void)snprintf(out, sizeof(slot[0]), "%s/%s", t->path, name);
    return out;
}

/* Writes a file there; false when it could not. */
static inline bool
tempdir_write(const struct tempdir *t, const char *name, const void *bytes, size_t size)
{
    FILE *f = fopen(tempdir_file(t, name), "wb");
    bool ok = f && fwrite(bytes, 1, size, f) == size;
    if (f && fclose(f) != 0)
        ok = false;
    return ok;
}

#endif
