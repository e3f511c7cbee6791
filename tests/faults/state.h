/* A state directory as it was: saved once, put back before every run, so that each run sees the same. */
#ifndef FAULTS_STATE_H
#define FAULTS_STATE_H

#include <dirent.h>
#include <sys/stat.h>

#include "host.h"

/* Removes the files of DIR/name. */
static inline void state_clear(const struct tempdir *dir, const char *name)
{
    char path[512], file[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", dir->path, name);
    DIR *d = opendir(path);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        (void)snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.')
            (void)unlink(file);
    }
    if (d)
        (void)closedir(d);
}

static inline bool state_copy_file(const struct tempdir *dir, const char *from, const char *to)
{
    size_t size;
    struct stat st;
    if (stat(tempdir_file(dir, from), &st) != 0)
        return true; /* not there: nothing to copy */
    void *bytes = host_read(dir, from, &size);
    bool ok = bytes && size == (size_t)st.st_size && tempdir_write(dir, to, bytes, size) &&
              chmod(tempdir_file(dir, to), st.st_mode & 07777) == 0;
    free(bytes);
    return ok;
}

static inline bool state_copy(const struct tempdir *dir, const char *from, const char *to)
{
    static const char *const files[] = {"store.db", "store.db-wal", "gen"};
    char a[64], b[64];
    state_clear(dir, to);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(a, sizeof(a), "%s/%s", from, files[i]);
        (void)snprintf(b, sizeof(b), "%s/%s", to, files[i]);
        if (!state_copy_file(dir, a, b))
            return false;
    }
    return true;
}

/* Nothing may have the store open. */
static inline bool state_save(const struct tempdir *dir)
{
    return mkdir(tempdir_file(dir, "saved"), 0700) == 0 && state_copy(dir, "state", "saved");
}

static inline bool state_restore(const struct tempdir *dir)
{
    return state_copy(dir, "saved", "state");
}

#endif
