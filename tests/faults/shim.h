/*
 * Makes the n-th allocation or system call of the program fail. The wrappers of shim.c stand in the
 * executable, so that they come before libc's (and before a sanitizer's) for every library in it.
 * One thread at a time.
 */
#ifndef FAULTS_SHIM_H
#define FAULTS_SHIM_H

#include <stdbool.h>

enum fault {
    FAULT_NONE,
    FAULT_MEMORY,    /* the n-th allocation gives NULL */
    FAULT_NO_MEMORY, /* the n-th and all later ones */
    FAULT_CALL,      /* the n-th system call fails: EIO, ENOSPC, EMFILE … by its kind */
    FAULT_INTERRUPT, /* the n-th that may be interrupted is: EINTR */
    FAULT_SHORT,     /* the n-th read or write does half of it */
    FAULT_FULL,      /* from the n-th change of a file system on it is full: ENOSPC */
    FAULT_READ_ONLY, /* from the n-th on it is read-only: EROFS */
    FAULT_KINDS,
};

extern const char *const fault_names[FAULT_KINDS];

/* From now on counts calls of that kind; the n-th (from 1) fails. 0: only counts. */
void fault_arm(enum fault kind, unsigned n);

/* Ends it; how many calls there were. */
unsigned fault_disarm(void);

/* Whether the kind that was armed last fails all later calls of the disk too: what the library then
 * leaves alone for a second is not tried again at once. */
bool fault_lasted(void);

#endif
