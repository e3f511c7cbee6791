/*
 * Runs scenarios with the n-th allocation or system call failing: first counts the calls, then tries
 * each n (or, without --all, a sample), every one in a child process of its own. A child fails when
 * it crashes, hangs, leaks a descriptor or (with the address sanitizer) memory, or when the scenario
 * says so.
 */
#ifndef FAULTS_FAULTS_H
#define FAULTS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

struct scenario {
    const char *name;
    bool (*prepare)(void); /* without faults; NULL: nothing to prepare */
    bool (*run)(void);     /* with faults: true when the outcome is right or an honest failure */
    bool (*after)(void);   /* without faults: true when everything works again */
    void (*finish)(void);  /* gives everything back; NULL: nothing */
};

/* Has tempdir_make() work in memory where it can: thousands of runs must not wait for a disk. */
void faults_place(void);

/* Prints TAP; the exit code. Arguments: [--all] [SCENARIO...], or --at KIND N SCENARIO for one run
 * without a child process. */
int faults_main(int argc, char **argv, const struct scenario *scenarios, size_t n);

#endif
