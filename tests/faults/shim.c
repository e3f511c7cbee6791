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

const char *const fault_names[FAULT_KINDS] = {"none", "memory",    "no-memory",
                                              "call", "interrupt", "short"};

static enum fault armed;
static unsigned target, seen;

void fault_arm(enum fault kind, unsigned n)
{
    seen = 0;
    target = n;
    armed = kind;
}

unsigned fault_disarm(void)
{
    armed = FAULT_NONE;
    return seen;
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

#define WRAP_OPEN(name)                                                                            \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        NEXT(name);                                                                                \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        int mode = va_arg(list, int);                                                              \
        va_end(list);                                                                              \
        return call_fails(EMFILE, true) ? -1 : real(path, flags, mode);                            \
    }

#define WRAP_OPENAT(name)                                                                          \
    int name(int at, const char *path, int flags, ...)                                             \
    {                                                                                              \
        NEXT(name);                                                                                \
        va_list list;                                                                              \
        va_start(list, flags);                                                                     \
        int mode = va_arg(list, int);                                                              \
        va_end(list);                                                                              \
        return call_fails(EMFILE, true) ? -1 : real(at, path, flags, mode);                        \
    }

#define WRAP_FCNTL(name)                                                                           \
    int name(int fd, int command, ...)                                                             \
    {                                                                                              \
        NEXT(name);                                                                                \
        va_list list;                                                                              \
        va_start(list, command);                                                                   \
        void *argument = va_arg(list, void *);                                                     \
        va_end(list);                                                                              \
        return call_fails(EMFILE, false) ? -1 : real(fd, command, argument);                       \
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
WRAP_SIZED(write, (int fd, const void *from, size_t n), (fd, from, n), ENOSPC)

WRAP(int, fstat, (int fd, struct stat *st), (fd, st), EIO, false)
WRAP(int, fstat64, (int fd, struct stat64 *st), (fd, st), EIO, false)
WRAP(int, stat, (const char *path, struct stat *st), (path, st), EIO, false)
WRAP(int, stat64, (const char *path, struct stat64 *st), (path, st), EIO, false)
WRAP(int, fsync, (int fd), (fd), EIO, true)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), EPERM, false)
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), ENOSPC, true)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), ENOSPC, true)
WRAP(int, rename, (const char *from, const char *to), (from, to), ENOSPC, false)
WRAP(int, mkostemp, (char *name, int flags), (name, flags), ENOSPC, false)
WRAP(int, mkostemp64, (char *name, int flags), (name, flags), ENOSPC, false)
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
