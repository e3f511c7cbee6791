/*
 * Child processes: started from an already open executable, watched by pidfd, never through
 * SIGCHLD, never by waiting for "any child". Thread-safe: posix_spawn, no fork().
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct error;

struct child {
    pid_t pid; /* 0: none */
    int pidfd; /* -1: none */
};

/*
 * Starts the executable behind descriptor `exe` with an empty environment, arguments `argv`
 * (argv[0] is a name only), descriptor 3 = `socket_fd`, 0–2 = /dev/null, 4 = the executable
 * itself, everything else closed, all signals at their defaults and none blocked.
 * LMOD_E_WORKER on failure.
 */
int child_spawn(struct child *c, int exe, char *const argv[], int socket_fd, struct error *e);

/* Sends `signal`; nothing happens when the child is gone. */
void child_kill(const struct child *c, int signal);

/*
 * Reaps without blocking (`block` false) or after it ended. True when the child is gone: `*status`
 * then holds a waitpid() style status, or -1 when the host reaped it first. Resets `c`.
 */
bool child_reap(struct child *c, bool block, int *status);

/* Forgets the child without touching it: for the child side of a fork. */
void child_forget(struct child *c);

#endif
