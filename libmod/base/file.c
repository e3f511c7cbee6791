/* Files: whole reads, writes by rename, paths. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t file_pread(int fd, void *out, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, (char *)out + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (int64_t)done;
}

static int read_fd(struct buffer *out, int fd, const char *path, size_t max, struct error *e)
{
    char block[16384];
    for (;;) {
        ssize_t n = read(fd, block, sizeof(block));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_io(e, path, "cannot read", errno);
        if (n == 0)
            break;
        if ((size_t)n > max - out->size)
            return error_at(e, LMOD_E_IO, path, 0, 0, "larger than %zu bytes", max);
        buffer_append(out, block, (size_t)n);
        if (out->failed)
            return error_memory(e);
    }
    buffer_append(out, "", 0);
    return out->failed ? error_memory(e) : LMOD_OK;
}

int file_read(struct buffer *out, const char *path, size_t max, struct error *e)
{
    struct stat st;
    buffer_clear(out);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_io(e, path, "cannot open", errno);
    int status;
    if (fstat(fd, &st) != 0)
        status = error_io(e, path, "cannot stat", errno);
    else if (S_ISDIR(st.st_mode))
        status = error_at(e, LMOD_E_IO, path, 0, 0, "is a directory");
    else if (!S_ISREG(st.st_mode))
        status = error_at(e, LMOD_E_IO, path, 0, 0, "is not a regular file");
    else
        status = read_fd(out, fd, path, max, e);
    (void)close(fd);
    return status;
}

bool file_write_all(int fd, const void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = write(fd, (const char *)bytes + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

int file_new_begin(struct file_new *f, const char *path, unsigned mode, struct error *e)
{
    struct buffer name = BUFFER_INIT;
    f->fd = -1;
    f->temporary = NULL;
    f->path = text_copy(path, strlen(path));
    buffer_printf(&name, "%s.XXXXXX", path);
    f->temporary = buffer_take(&name, NULL);
    if (!f->path || !f->temporary) {
        file_new_abort(f);
        return error_memory(e);
    }
    f->fd = mkostemp(f->temporary, O_CLOEXEC);
    if (f->fd < 0 || fchmod(f->fd, (mode_t)mode) != 0) {
        int number = errno;
        file_new_abort(f);
        return error_io(e, path, "cannot create", number);
    }
    return LMOD_OK;
}

static int sync_directory(const char *path)
{
    char *directory = path_directory(path);
    int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(directory);
    if (fd < 0)
        return -1;
    int rc = fsync(fd);
    (void)close(fd);
    return rc;
}

int file_new_commit(struct file_new *f, struct error *e)
{
    int status = LMOD_OK;
    if (fsync(f->fd) != 0 || rename(f->temporary, f->path) != 0) {
        status = error_io(e, f->path, "cannot write", errno);
        file_new_abort(f);
        return status;
    }
    (void)close(f->fd);
    f->fd = -1;
    if (sync_directory(f->path) != 0)
        status = error_io(e, f->path, "cannot sync its directory", errno);
    free(f->path);
    free(f->temporary);
    f->path = f->temporary = NULL;
    return status;
}

void file_new_abort(struct file_new *f)
{
    if (f->fd >= 0) {
        (void)close(f->fd);
        (void)unlink(f->temporary);
    }
    free(f->path);
    free(f->temporary);
    *f = (struct file_new){-1, NULL, NULL};
}

int file_replace(const char *path, const void *bytes, size_t size, unsigned mode, struct error *e)
{
    struct file_new f;
    int status = file_new_begin(&f, path, mode, e);
    if (status != LMOD_OK)
        return status;
    if (!file_write_all(f.fd, bytes, size)) {
        status = error_io(e, path, "cannot write", errno);
        file_new_abort(&f);
        return status;
    }
    return file_new_commit(&f, e);
}

char *path_join(const char *base, const char *path)
{
    struct buffer b = BUFFER_INIT;
    if (!base || path[0] == '/')
        return text_copy(path, strlen(path));
    buffer_printf(&b, "%s%s%s", base, base[0] && base[strlen(base) - 1] == '/' ? "" : "/", path);
    return buffer_take(&b, NULL);
}

char *path_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return text_copy(".", 1);
    return text_copy(path, slash == path ? 1 : (size_t)(slash - path));
}
