/*
 * Makes the n-th allocation or system call of the program fail. The wrappers of shim.c stand in the
 * executable, so that they come before libc's (and before a sanitizer's) for every library in it.
 * One thread at a time.
 */
#ifndef FAULTS_SHIM_H
#define FAULTS_SHIM_H

enum fault {
    FAULT_NONE,
    FAULT_MEMORY,    /* the n-th allocation gives NULL */
    FAULT_NO_MEMORY, /* the n-th and all later ones */
    FAULT_CALL,      /* the n-th system call fails: EIO, ENOSPC, EMFILE … by its kind */
    FAULT_INTERRUPT, /* the n-th that may be interrupted is: EINTR */
    FAULT_SHORT,     /* the n-th read or write does half of it */
    FAULT_KINDS,
};

extern const char *const fault_names[FAULT_KINDS];

/* From now on counts calls of that kind; the n-th (from 1) fails. 0: only counts. */
void fault_arm(enum fault kind, unsigned n);

/* Ends it; how many calls there were. */
unsigned fault_disarm(void);

#endif
