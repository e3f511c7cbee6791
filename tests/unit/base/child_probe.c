/*
 * What test_child.c starts. It tells on descriptor 3 how it finds itself, one line, then does what
 * its first argument says: "exit N", "wait" for the other end to close, or "die" by SIGKILL.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* The open descriptors as "0,1,2,3,4,", without the one that looks. */
static void descriptors(char *out, size_t size)
{
    DIR *d = opendir("/proc/self/fd");
    char seen[64] = "";
    for (struct dirent *e; d && (e = readdir(d));) {
        int fd = atoi(e->d_name);
        if (e->d_name[0] != '.' && fd != dirfd(d) && fd < 64)
            seen[fd] = 1;
    }
    if (d)
        (void)closedir(d);
    out[0] = '\0';
    for (int fd = 0; fd < 64; fd++)
        if (seen[fd])
            (void)snprintf(out + strlen(out), size - strlen(out), "%d,", fd);
}

static int is_null_device(int fd)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat("/dev/null", &b) == 0 && a.st_rdev == b.st_rdev;
}

int main(int argc, char **argv)
{
    char fds[256], line[512], byte;
    sigset_t blocked;
    struct sigaction pipe_action;
    descriptors(fds, sizeof(fds));
    int variables = 0, any = 0;
    while (environ && environ[variables])
        variables++;
    (void)sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int s = 1; s < 32; s++)
        any |= sigismember(&blocked, s);
    (void)sigaction(SIGPIPE, NULL, &pipe_action);
    int n =
        snprintf(line, sizeof(line), "name=%s fds=%s env=%d null=%d%d%d blocked=%d pipe=%s",
                 argv[0], fds, variables, is_null_device(0), is_null_device(1), is_null_device(2),
                 any, pipe_action.sa_handler == SIG_DFL ? "default" : "other");
    if (n < 0 || write(3, line, (size_t)n) != n)
        return 99;
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "wait") == 0)
        while (read(3, &byte, 1) > 0)
            ;
    if (strcmp(what, "die") == 0)
        (void)raise(SIGKILL);
    return argc > 2 ? atoi(argv[2]) : 0;
}
