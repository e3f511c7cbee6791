/* Files: read whole ones, write by rename, paths. Never throws away an error. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;
struct error;

/* Reads a regular file of at most `max` bytes into `out` (cleared first). LMOD_E_IO otherwise. */
int file_read(struct buffer *out, const char *path, size_t max, struct error *e);

/* Reads `size` bytes at `offset`, retrying short reads. The count that was there, -1 on an error. */
int64_t file_pread(int fd, void *out, size_t size, uint64_t offset);

/* Writes all of it; false with errno on an error. */
bool file_write_all(int fd, const void *bytes, size_t size);

/*
 * A file that appears whole or not at all: written beside `path`, fsynced, renamed over it, and the
 * directory fsynced. Between begin and commit write to `fd`; abort removes what was written.
 */
struct file_new {
    int fd;
    char *path, *temporary;
};

int file_new_begin(struct file_new *f, const char *path, unsigned mode, struct error *e);
int file_new_commit(struct file_new *f, struct error *e);
void file_new_abort(struct file_new *f);

/* All of it at once. */
int file_replace(const char *path, const void *bytes, size_t size, unsigned mode, struct error *e);

/* `base`/`path`, or `path` itself when it is absolute or `base` is NULL. Caller frees. */
char *path_join(const char *base, const char *path);

/* The directory part of `path`, "." when there is none. Caller frees. */
char *path_directory(const char *path);

#endif
