/* Child processes by posix_spawn and pidfd. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_SOCKET = 3, CHILD_EXE = 4, CHILD_FIRST_FREE = 5 };

/* The child's descriptors. Both sources are above CHILD_FIRST_FREE, so no step hits another. */
static int plan(posix_spawn_file_actions_t *f, int exe, int socket_fd)
{
    int rc = posix_spawn_file_actions_addopen(f, 0, "/dev/null", O_RDWR, 0);
    if (!rc)
        rc = posix_spawn_file_actions_adddup2(f, 0, 1);
    if (!rc)
        rc = posix_spawn_file_actions_adddup2(f, 0, 2);
    if (!rc)
        rc = posix_spawn_file_actions_adddup2(f, socket_fd, CHILD_SOCKET);
    if (!rc)
        rc = posix_spawn_file_actions_adddup2(f, exe, CHILD_EXE);
    if (!rc)
        rc = posix_spawn_file_actions_addclosefrom_np(f, CHILD_FIRST_FREE);
    return rc;
}

static int attributes(posix_spawnattr_t *a)
{
    sigset_t none, all;
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    int rc = posix_spawnattr_setsigmask(a, &none);
    if (!rc)
        rc = posix_spawnattr_setsigdefault(a, &all);
    if (!rc)
        rc = posix_spawnattr_setflags(a, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    return rc;
}

static int spawn(pid_t *pid, char *const argv[], int exe, int socket_fd)
{
    posix_spawn_file_actions_t f;
    posix_spawnattr_t a;
    char *const environment[] = {NULL};
    int rc = posix_spawn_file_actions_init(&f);
    if (rc)
        return rc;
    rc = posix_spawnattr_init(&a);
    if (rc) {
        (void)posix_spawn_file_actions_destroy(&f);
        return rc;
    }
    rc = plan(&f, exe, socket_fd);
    if (!rc)
        rc = attributes(&a);
    if (!rc)
        rc = posix_spawn(pid, "/proc/self/fd/4", &f, &a, argv, environment);
    (void)posix_spawnattr_destroy(&a);
    (void)posix_spawn_file_actions_destroy(&f);
    return rc;
}

/* A child that cannot be watched must not live. */
static int give_up(struct child *c, const char *name, struct error *e)
{
    int status;
    (void)kill(c->pid, SIGKILL);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    c->pid = 0;
    return error_set(e, LMOD_E_WORKER, "cannot watch %s", name);
}

int child_spawn(struct child *c, int exe, char *const argv[], int socket_fd, struct error *e)
{
    c->pid = 0;
    c->pidfd = -1;
    int high_exe = fcntl(exe, F_DUPFD_CLOEXEC, CHILD_FIRST_FREE);
    int high_socket = fcntl(socket_fd, F_DUPFD_CLOEXEC, CHILD_FIRST_FREE);
    int rc = high_exe < 0 || high_socket < 0 ? errno : 0;
    if (!rc)
        rc = spawn(&c->pid, argv, high_exe, high_socket);
    if (high_exe >= 0)
        (void)close(high_exe);
    if (high_socket >= 0)
        (void)close(high_socket);
    if (rc) {
        char why[128] = "";
        c->pid = 0;
        return error_set(e, LMOD_E_WORKER, "cannot start %s: %s", argv[0],
                         strerror_r(rc, why, sizeof(why)));
    }
    c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
    if (c->pidfd < 0 && errno == ESRCH)
        c->pid = 0; /* it has ended and the host reaped it: the other end of the socket is closed */
    else if (c->pidfd < 0)
        return give_up(c, argv[0], e);
    return LMOD_OK;
}

void child_kill(const struct child *c, int signal)
{
    if (c->pidfd >= 0)
        (void)syscall(SYS_pidfd_send_signal, c->pidfd, signal, NULL, 0);
}

bool child_reap(struct child *c, bool block, int *status)
{
    siginfo_t info;
    int rc;
    *status = -1;
    if (c->pidfd < 0)
        return true;
    do {
        memset(&info, 0, sizeof(info));
        rc = waitid(P_PIDFD, (id_t)c->pidfd, &info, WEXITED | (block ? 0 : WNOHANG));
    } while (rc < 0 && errno == EINTR);
    if (rc == 0 && info.si_pid == 0)
        return false;
    if (rc == 0)
        *status = info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0)
                                             : W_EXITCODE(0, info.si_status);
    (void)close(c->pidfd);
    child_forget(c);
    return true;
}

void child_forget(struct child *c)
{
    c->pid = 0;
    c->pidfd = -1;
}
