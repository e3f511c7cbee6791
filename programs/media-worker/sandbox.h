/*
 * sandbox: what takes rights away from the worker, layer by layer, each reported only when it is
 * really on. Nothing here knows about pictures: tests/sandbox links it alone.
 */
#ifndef WORKER_SANDBOX_H
#define WORKER_SANDBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire.h"

/* Descriptors of a locked worker; a job's file is the next one. */
enum { FD_SOCKET = 3, FD_STATM = 4 };

struct sandbox {
    uint32_t wanted;       /* LAYER_* to apply */
    uint32_t layers;       /* LAYER_* that are on */
    uint32_t landlock_abi; /* of the kernel; 0: none */
};

/* What a mode asks for. */
struct sandbox sandbox_of(enum sandbox_mode mode);

/* Closes everything above the socket, then opens FD_STATM. In every mode. */
void sandbox_descriptors(void);

/* Environment, no_new_privs, not dumpable, namespaces, capabilities. Single-threaded, before any
 * library is initialised: a namespace cannot be entered once there are threads. */
void sandbox_begin(struct sandbox *s);

/* Resource limits and Landlock. Still single-threaded: threads inherit Landlock, but do not get it
 * later. */
void sandbox_confine(struct sandbox *s);

/* The system call filter, on all threads: the last step. */
void sandbox_seal(struct sandbox *s);

/* Installs the filter of seccomp.c; false when the kernel refuses. */
bool seccomp_install(void);

#endif
