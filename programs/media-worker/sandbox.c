/* Layers of the sandbox except the system call filter. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    NOFILE_MAX = 8,
    NAMESPACES = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS,
};
/* Enough for 50 megapixels of lossless WebP, the hungriest of all. */
static const rlim_t address_space = (rlim_t)1280 << 20;

/* Landlock by its numbers: the headers of Debian 12 know only its second version. */
enum {
    LANDLOCK_CREATE = 444,
    LANDLOCK_RESTRICT = 446,
    LANDLOCK_ASK_VERSION = 1,
};

struct landlock_attr {
    uint64_t fs, net, scoped;
};

struct sandbox sandbox_of(enum sandbox_mode mode)
{
    return (struct sandbox){.wanted = mode == SANDBOX_OFF ? 0 : (1u << LAYERS) - 1};
}

void sandbox_descriptors(void)
{
    (void)syscall(SYS_close_range, FD_SOCKET + 1, ~0u, 0);
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) /* no /proc: something must hold the number, or a job's file would get it */
        fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fd != FD_STATM) {
        (void)dup3(fd, FD_STATM, O_CLOEXEC);
        (void)close(fd);
    }
}

static bool want(const struct sandbox *s, uint32_t layer)
{
    return (s->wanted & layer) != 0;
}

static void got(struct sandbox *s, uint32_t layer, bool on)
{
    if (on)
        s->layers |= layer;
}

/* True when no descriptor above FD_STATM is open. */
static bool closed_above(void)
{
    for (int fd = FD_STATM + 1; fd < 64; fd++)
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            return false;
    return true;
}

/* All five, or, where user namespaces are forbidden but we are root, the other four: they are then
 * not reported, because the layer is not whole. */
static bool enter_namespaces(void)
{
    if (unshare(NAMESPACES) == 0)
        return true;
    (void)unshare(NAMESPACES & ~CLONE_NEWUSER);
    return false;
}

/* A new user namespace comes with every capability inside it; root has them outside. */
static void drop_capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    memset(none, 0, sizeof(none));
    (void)syscall(SYS_capset, &head, none);
}

void sandbox_begin(struct sandbox *s)
{
    if (want(s, LAYER_ENVIRONMENT))
        got(s, LAYER_ENVIRONMENT, clearenv() == 0 && closed_above());
    if (want(s, LAYER_NO_NEW_PRIVS))
        got(s, LAYER_NO_NEW_PRIVS, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (want(s, LAYER_NOT_DUMPABLE))
        got(s, LAYER_NOT_DUMPABLE, prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    if (want(s, LAYER_NAMESPACES)) {
        got(s, LAYER_NAMESPACES, enter_namespaces());
        drop_capabilities();
    }
}

static bool limit(int which, rlim_t most)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)which, &now) != 0)
        return false;
    if (now.rlim_max < most) /* the host is stricter */
        most = now.rlim_max;
    const struct rlimit to = {most, most};
    return setrlimit((__rlimit_resource_t)which, &to) == 0;
}

static bool set_limits(void)
{
    bool all = limit(RLIMIT_CORE, 0);
    all &= limit(RLIMIT_FSIZE, 0);
    all &= limit(RLIMIT_NOFILE, NOFILE_MAX);
    all &= limit(RLIMIT_AS, address_space);
    return all;
}

/* Every right that this version of Landlock can take, and the size of its attributes. */
static size_t landlock_everything(uint32_t abi, struct landlock_attr *a)
{
    static const unsigned fs_rights[] = {0, 13, 14, 15, 15, 16};
    a->fs = (UINT64_C(1) << fs_rights[abi < 5 ? abi : 5]) - 1;
    a->net = abi >= 4 ? 3 : 0;    /* TCP bind, connect */
    a->scoped = abi >= 6 ? 3 : 0; /* abstract unix sockets, signals */
    if (abi >= 6)
        return sizeof(*a);
    return abi >= 4 ? offsetof(struct landlock_attr, scoped) : offsetof(struct landlock_attr, net);
}

static bool deny_all_files(uint32_t *abi)
{
    long version = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_ASK_VERSION);
    if (version < 1)
        return false;
    struct landlock_attr a;
    size_t size = landlock_everything((uint32_t)version, &a);
    int rules = (int)syscall(LANDLOCK_CREATE, &a, size, 0);
    if (rules < 0)
        return false;
    bool on = syscall(LANDLOCK_RESTRICT, rules, 0) == 0;
    (void)close(rules);
    *abi = (uint32_t)version;
    return on;
}

void sandbox_confine(struct sandbox *s)
{
    if (want(s, LAYER_RLIMITS))
        got(s, LAYER_RLIMITS, set_limits());
    if (want(s, LAYER_LANDLOCK))
        got(s, LAYER_LANDLOCK, deny_all_files(&s->landlock_abi));
}

void sandbox_seal(struct sandbox *s)
{
    if (want(s, LAYER_SECCOMP))
        got(s, LAYER_SECCOMP, seccomp_install());
}
