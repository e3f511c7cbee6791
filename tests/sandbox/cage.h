/* A child behind the worker's own lockdown that tries one thing and tells how it went. */
#ifndef SANDBOX_CAGE_H
#define SANDBOX_CAGE_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"
#include "tap.h"

#ifdef SANITIZED
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

enum {
    FD_FILE = 5, /* a file that is open for reading and writing, as no job's file ever is */
    NOBODY = 65534,
};

/* What a child did: its report when it lived to tell, and how it ended. */
struct outcome {
    bool told;
    long result; /* of the attempt; negative: -errno */
    uint32_t layers, landlock_abi;
    int status; /* of waitpid() */
};

typedef long (*attempt_fn)(void);

/* A system call by its number, bypassing what libc does around it. */
static inline long raw(long number, long a, long b, long c, long d)
{
    long rc = syscall(number, a, b, c, d, 0, 0);
    return rc < 0 ? -errno : rc;
}

static inline bool become_nobody(void)
{
    return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
           setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

/* Root can, but not the root of a user namespace that has no other user. */
static inline bool can_be_nobody(void)
{
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        _exit(become_nobody() ? 0 : 1);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status == 0;
}

static inline bool open_file(void)
{
    char path[] = "/tmp/libmod-cage-XXXXXX";
    int fd = mkstemp(path);
    (void)unlink(path);
    return fd == FD_FILE && ftruncate(fd, 4096) == 0;
}

/* The child: descriptors as the library gives them, the layers in the worker's order. */
static inline void caged(int socket, uint32_t layers, bool nobody, attempt_fn attempt)
{
    struct sandbox s = {.wanted = layers};
    struct outcome o = {.told = true};
    if (nobody && !become_nobody())
        _exit(97);
    if (dup2(socket, FD_SOCKET) != FD_SOCKET)
        _exit(98);
    sandbox_descriptors();
    if (!(layers & LAYER_ENVIRONMENT) && !open_file())
        _exit(99);
    sandbox_begin(&s);
    sandbox_confine(&s);
    sandbox_seal(&s);
    o.layers = s.layers;
    o.landlock_abi = s.landlock_abi;
    o.result = attempt ? attempt() : 0;
    (void)send(FD_SOCKET, &o, sizeof(o), MSG_NOSIGNAL);
    (void)syscall(SYS_exit_group, 0);
}

static inline struct outcome cage(uint32_t layers, bool nobody, attempt_fn attempt)
{
    struct outcome o = {.told = false};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return o;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        caged(pair[1], layers, nobody, attempt);
        _exit(96);
    }
    (void)close(pair[1]);
    if (recv(pair[0], &o, sizeof(o), 0) != (ssize_t)sizeof(o))
        o.told = false;
    (void)close(pair[0]);
    while (waitpid(pid, &o.status, 0) < 0 && errno == EINTR)
        ;
    return o;
}

#endif
