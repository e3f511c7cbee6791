/* Child processes, with child_probe.c as the child. */
#include "base/base.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "tap.h"
#include "tempdir.h"

static int probe(void)
{
    int fd = open(CHILD_PROBE, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    return fd;
}

/* Starts the probe with arguments; `*ours` is our end of its socket. */
static struct child start(char *what, char *code, int *ours)
{
    struct child c;
    struct error e;
    int pair[2];
    char *argv[] = {"probe", what, code, NULL};
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    int exe = probe();
    CU_ASSERT_EQUAL_FATAL(child_spawn(&c, exe, argv, pair[1], &e), LMOD_OK);
    (void)close(exe);
    (void)close(pair[1]);
    *ours = pair[0];
    return c;
}

/* Whatever the parent has open, blocked or ignored, the child starts clean. */
static void test_clean_start(void)
{
    char line[512] = "";
    int ours, status, extra = dup(1);
    sigset_t all, old;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &old);
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    (void)sigaction(SIGPIPE, &ignore, &before);
    struct child c = start("exit", "0", &ours);
    (void)sigaction(SIGPIPE, &before, NULL);
    (void)sigprocmask(SIG_SETMASK, &old, NULL);
    CU_ASSERT(c.pid > 0 && c.pidfd >= 0);
    CU_ASSERT(recv(ours, line, sizeof(line) - 1, 0) > 0);
    CU_ASSERT_STRING_EQUAL(line, "name=probe fds=0,1,2,3,4, env=0 null=111 blocked=0 pipe=default");
    CU_ASSERT_TRUE(child_reap(&c, true, &status));
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    (void)close(extra);
    (void)close(ours);
}

static void test_status(void)
{
    static const struct {
        char *what, *code;
        int exit, signal;
    } cases[] = {{"exit", "0", 0, 0}, {"exit", "42", 42, 0}, {"die", NULL, -1, SIGKILL}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int ours, status = 12345;
        struct child c = start(cases[i].what, cases[i].code, &ours);
        CU_ASSERT_TRUE(child_reap(&c, true, &status));
        CU_ASSERT_EQUAL(c.pid, 0);
        CU_ASSERT_EQUAL(c.pidfd, -1);
        if (cases[i].signal)
            CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == cases[i].signal);
        if (!cases[i].signal)
            CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == cases[i].exit);
        CU_ASSERT_TRUE(child_reap(&c, true, &status)); /* gone already */
        CU_ASSERT_EQUAL(status, -1);
        (void)close(ours);
    }
}

static void test_kill(void)
{
    int ours, status = 12345;
    char line[512];
    struct child c = start("wait", NULL, &ours);
    CU_ASSERT(recv(ours, line, sizeof(line), 0) > 0);
    CU_ASSERT_FALSE(child_reap(&c, false, &status)); /* it runs */
    CU_ASSERT(c.pid > 0);
    child_kill(&c, SIGTERM);
    CU_ASSERT_TRUE(child_reap(&c, true, &status));
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    child_kill(&c, SIGTERM); /* nobody is hit */
    (void)close(ours);
}

/* The end of the socket is how a worker learns that its host is gone. */
static void test_end_of_socket(void)
{
    int ours, status = 12345;
    struct child c = start("wait", "7", &ours);
    (void)close(ours);
    CU_ASSERT_TRUE(child_reap(&c, true, &status));
    CU_ASSERT_TRUE(WIFEXITED(status));
}

/* A host that ignores SIGCHLD reaps everything itself: no error, the status is unknown. */
static void test_reaped_by_host(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int ours, status = 12345;
    (void)sigaction(SIGCHLD, &ignore, &before);
    struct child c = start("exit", "3", &ours);
    CU_ASSERT_TRUE(child_reap(&c, true, &status));
    CU_ASSERT_EQUAL(status, -1);
    CU_ASSERT_EQUAL(c.pidfd, -1);
    (void)sigaction(SIGCHLD, &before, NULL);
    (void)close(ours);
}

static void test_not_executable(void)
{
    struct tempdir t;
    struct child c;
    struct error e;
    char *argv[] = {"nothing", NULL};
    size_t before = descriptors_open();
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_TRUE(tempdir_write(&t, "text", "no program", 10));
    int fd = open(tempdir_file(&t, "text"), O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(child_spawn(&c, fd, argv, fd, &e), LMOD_E_WORKER);
    CU_ASSERT_STRING_EQUAL(e.text, "cannot start nothing: Permission denied");
    CU_ASSERT_EQUAL(c.pid, 0);
    CU_ASSERT_EQUAL(c.pidfd, -1);
    (void)close(fd);
    CU_ASSERT_EQUAL(child_spawn(&c, -1, argv, -1, &e), LMOD_E_WORKER);
    CU_ASSERT_STRING_EQUAL(e.text, "cannot start nothing: Bad file descriptor");
    CU_ASSERT_EQUAL(descriptors_open(), before);
    tempdir_remove(&t);
}

static void test_no_leak(void)
{
    size_t before = descriptors_open();
    for (int i = 0; i < 20; i++) {
        int ours, status;
        struct child c = start("exit", "0", &ours);
        CU_ASSERT_TRUE(child_reap(&c, true, &status));
        (void)close(ours);
    }
    CU_ASSERT_EQUAL(descriptors_open(), before);
    int status;
    CU_ASSERT_EQUAL(waitpid(-1, &status, WNOHANG), -1); /* no zombie is left */
}

static void test_forget(void)
{
    struct child c = {4711, 99};
    int status;
    child_forget(&c);
    CU_ASSERT_EQUAL(c.pid, 0);
    CU_ASSERT_EQUAL(c.pidfd, -1);
    child_kill(&c, SIGKILL);
    CU_ASSERT_TRUE(child_reap(&c, true, &status));
    CU_ASSERT_EQUAL(status, -1);
}

int main(void)
{
    return TAP_RUN("base/child", {"a child starts clean", test_clean_start},
                   {"exit codes and signals", test_status}, {"a child is killed", test_kill},
                   {"a closed socket ends a child", test_end_of_socket},
                   {"a host may reap first", test_reaped_by_host},
                   {"what cannot run is an error", test_not_executable},
                   {"no descriptor and no zombie is left", test_no_leak},
                   {"a forgotten child is left alone", test_forget});
}
