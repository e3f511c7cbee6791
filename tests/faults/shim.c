/* The wrappers behind shim.h. */

/* Both names of a call are defined here, each for itself. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const fault_names[FAULT_KINDS] = {"none",      "memory", "no-memory", "call",
                                              "interrupt", "short",  "full",      "read-only"};

static enum fault armed, last;
static unsigned target, seen;

void fault_arm(enum fault kind, unsigned n)
{
    seen = 0;
    target = n;
    armed = last = kind;
}

unsigned fault_disarm(void)
{
    armed = FAULT_NONE;
    return seen;
}

bool fault_lasted(void)
{
    return last == FAULT_FULL || last == FAULT_READ_ONLY;
}

static bool hit(enum fault kind)
{
    return armed == kind && ++seen == target;
}

static bool no_memory(void)
{
    if (armed == FAULT_NO_MEMORY)
        return ++seen >= target && target;
    return hit(FAULT_MEMORY);
}

/* The n-th and all later ones: the disk stays full, the mount stays read-only. */
static bool stays(enum fault kind, int number)
{
    if (armed != kind || ++seen < target || !target)
        return false;
    errno = number;
    return true;
}

/* Something is written to a file, or one is made. */
static bool refuses_writing(void)
{
    return stays(FAULT_FULL, ENOSPC) || stays(FAULT_READ_ONLY, EROFS);
}

/* The function that the wrapper stands before. */
static void *next(void **slot, const char *name)
{
    if (!*slot) {
        enum fault was = armed;
        armed = FAULT_NONE;
        *slot = dlsym(RTLD_NEXT, name);
        armed = was;
    }
    return *slot;
}

#define NEXT(name)                                                                                 \
    static void *slot_##name;                                                                      \
    const __typeof__(&name) real = (__typeof__(&name))next(&slot_##name, #name)

/* What follows is there for every library of the program. */
#pragma GCC visibility push(default)

/* ---- allocations: libc's by their other names, as dlsym() may itself allocate ---- */

#ifdef __SANITIZE_ADDRESS__
#define LIBC(name) __interceptor_##name
#else
#define LIBC(name) __libc_##name
#endif
void *LIBC(malloc)(size_t size);
void *LIBC(calloc)(size_t n, size_t size);
void *LIBC(realloc)(void *old, size_t size);

void *malloc(size_t size)
{
    if (no_memory()) {
        errno = ENOMEM;
        return NULL;
    }
    return LIBC(malloc)(size);
}

void *calloc(size_t n, size_t size)
{
    if (no_memory()) {
        errno = ENOMEM;
        return NULL;
    }
    return LIBC(calloc)(n, size);
}

void *realloc(void *old, size_t size)
{
    if (no_memory()) {
        errno = ENOMEM;
        return NULL;
    }
    return LIBC(realloc)(old, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    NEXT(posix_memalign);
    return no_memory() ? ENOMEM : real(out, align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    NEXT(aligned_alloc);
    if (no_memory()) {
        errno = ENOMEM;
        return NULL;
    }
    return real(align, size);
}

/* ---- system calls ---- */

/* Fails as `number`, or as interrupted where that may happen. */
static bool call_fails(int number, bool interruptible)
{
    if (hit(FAULT_CALL)) {
        errno = number;
        return true;
    }
    if (interruptible && hit(FAULT_INTERRUPT)) {
        errno = EINTR;
        return true;
    }
    return false;
}

static size_t shorter(size_t size)
{
    return size > 1 && hit(FAULT_SHORT) ? size / 2 : size;
}

/* The two names of each call, with and without large files, and the checked ones of fortify. */
#define WRAP(type, name, parameters, arguments, number, interruptible)                             \
    type name parameters;                                                                          \
    type name parameters                                                                           \
    {                                                                                              \
        NEXT(name);                                                                                \
        return call_fails(number, interruptible) ? (type)-1 : real arguments;                      \
    }

/* In these `n` is a size that may be cut. */
#define WRAP_SIZED(name, parameters, arguments, number)                                            \
    ssize_t name parameters;                                                                       \
    ssize_t name parameters                                                                        \
    {                                                                                              \
        NEXT(name);                                                                                \
        if (call_fails(number, true))                                                              \
            return -1;                                                                             \
        n = shorter(n);                                                                            \
        return real arguments;                                                                     \
    }

/* The same for what changes a file system. */
#define WRAP_CHANGING(type, name, parameters, arguments, number, interruptible)                    \
    type name parameters;                                                                          \
    type name parameters                                                                           \
    {                                                                                              \
        NEXT(name);                                                                                \
        if (refuses_writing() || call_fails(number, interruptible))                                \
            return (type)-1;                                                                       \
        return real arguments;                                                                     \
    }

#define WRAP_WRITING(name, parameters, arguments)                                                  \
    ssize_t name parameters;                                                                       \
    ssize_t name parameters                                                                        \
    {                                                                                              \
        NEXT(name);                                                                                \
        if (refuses_writing() || call_fails(EIO, true))                                            \
            return -1;                                                                             \
        n = shorter(n);                                                                            \
        return real arguments;                                                                     \
    }

/* A read-only mount still opens for reading, a full disk also for writing what is there. */
static bool open_fails(int flags)
{
    if ((flags & O_ACCMODE) != O_RDONLY && stays(FAULT_READ_ONLY, EROFS))
        return true;
    if (flags & O_CREAT && stays(FAULT_FULL, ENOSPC))
        return true;
    return call_fails(EMFILE, true);
}

#define WRAP_OPEN(name)                                                                            \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        NEXT(name);                                                                                \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        int mode = va_arg(list, int);                                                              \
        va_end(list);                                                                              \
        return open_fails(flags) ? -1 : real(path, flags, mode);                                   \
    }

#define WRAP_OPENAT(name)                                                                          \
    int name(int at, const char *path, int flags, ...)                                             \
    {                                                                                              \
        NEXT(name);                                                                                \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        int mode = va_arg(list, int);                                                              \
        va_end(list);                                                                              \
        return open_fails(flags) ? -1 : real(at, path, flags, mode);                               \
    }

/* Giving a lock back and looking at flags never fails. */
static bool fcntl_fails(int command, const void *argument)
{
    bool lock = command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK ||
                command == F_OFD_SETLKW;
    if (command == F_GETFL || command == F_GETFD)
        return false;
    if (lock && ((const struct flock *)argument)->l_type == F_UNLCK)
        return false;
    return call_fails(lock ? ENOLCK : EMFILE, false);
}

#define WRAP_FCNTL(name)                                                                           \
    int name(int fd, int command, ...)                                                             \
    {                                                                                              \
        NEXT(name);                                                                                \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        return fcntl_fails(command, argument) ? -1 : real(fd, command, argument);                  \
    }

WRAP_OPEN(open)
WRAP_OPEN(open64)
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)
WRAP(int, __open_2, (const char *path, int flags), (path, flags), EMFILE, true)
WRAP(int, __open64_2, (const char *path, int flags), (path, flags), EMFILE, true)
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

WRAP_SIZED(read, (int fd, void *to, size_t n), (fd, to, n), EIO)
WRAP_SIZED(__read_chk, (int fd, void *to, size_t n, size_t room), (fd, to, n, room), EIO)
WRAP_SIZED(pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at), EIO)
WRAP_SIZED(pread64, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at), EIO)
WRAP_SIZED(__pread_chk,
           (int fd, void *to, size_t n, off_t at, size_t room),
           (fd, to, n, at, room),
           EIO)
WRAP_SIZED(__pread64_chk,
           (int fd, void *to, size_t n, off64_t at, size_t room),
           (fd, to, n, at, room),
           EIO)
WRAP_WRITING(write, (int fd, const void *from, size_t n), (fd, from, n))
WRAP_WRITING(pwrite, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
WRAP_WRITING(pwrite64, (int fd, const void *from, size_t n, off64_t at), (fd, from, n, at))

WRAP(int, fstat, (int fd, struct stat *st), (fd, st), EIO, false)
WRAP(int, fstat64, (int fd, struct stat64 *st), (fd, st), EIO, false)
WRAP(int, stat, (const char *path, struct stat *st), (path, st), EIO, false)
WRAP(int, stat64, (const char *path, struct stat64 *st), (path, st), EIO, false)
WRAP(int, lstat64, (const char *path, struct stat64 *st), (path, st), EIO, false)
WRAP(int, access, (const char *path, int mode), (path, mode), EIO, false)
WRAP(int, fsync, (int fd), (fd), EIO, true)
WRAP(int, fdatasync, (int fd), (fd), EIO, true)
WRAP_CHANGING(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM, false)
WRAP_CHANGING(int, ftruncate, (int fd, off_t size), (fd, size), ENOSPC, true)
WRAP_CHANGING(int, ftruncate64, (int fd, off64_t size), (fd, size), ENOSPC, true)
WRAP_CHANGING(int, rename, (const char *from, const char *to), (from, to), ENOSPC, false)
WRAP_CHANGING(int, mkostemp, (char *name, int flags), (name, flags), ENOSPC, false)
WRAP_CHANGING(int, mkostemp64, (char *name, int flags), (name, flags), ENOSPC, false)
WRAP_CHANGING(int, link, (const char *from, const char *to), (from, to), EPERM, false)
WRAP_CHANGING(int, unlink, (const char *path), (path), EPERM, false)
WRAP_CHANGING(int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), EPERM, false)
WRAP(int, memfd_create, (const char *name, unsigned flags), (name, flags), EMFILE, false)
WRAP(int,
     socketpair,
     (int domain, int type, int protocol, int fds[2]),
     (domain, type, protocol, fds),
     EMFILE,
     false)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags), ENOBUFS, true)
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags), EIO, true)
WRAP(ssize_t,
     send,
     (int fd, const void *from, size_t n, int flags),
     (fd, from, n, flags),
     ENOBUFS,
     true)
WRAP(ssize_t, recv, (int fd, void *to, size_t n, int flags), (fd, to, n, flags), EIO, true)
WRAP(ssize_t,
     __recv_chk,
     (int fd, void *to, size_t n, size_t room, int flags),
     (fd, to, n, room, flags),
     EIO,
     true)
WRAP(int, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms), ENOMEM, true)
WRAP(int,
     __poll_chk,
     (struct pollfd * fds, nfds_t n, int ms, size_t room),
     (fds, n, ms, room),
     ENOMEM,
     true)
/* Never a false ECHILD: the child would stay a zombie. */
int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    NEXT(waitid);
    if (hit(FAULT_INTERRUPT)) {
        errno = EINTR;
        return -1;
    }
    return real(type, id, info, options);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    NEXT(mmap);
    return call_fails(ENOMEM, false) ? MAP_FAILED : real(at, size, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    NEXT(mmap64);
    return call_fails(ENOMEM, false) ? MAP_FAILED : real(at, size, protection, flags, fd, offset);
}

ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    NEXT(getrandom);
    if (call_fails(ENOSYS, true))
        return -1;
    return real(to, shorter(n), flags);
}

#pragma GCC visibility pop
