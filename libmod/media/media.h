/*
 * media: the pool of sandboxed workers. A file goes in, validated hashes come out, within a
 * deadline, whatever the file does to the worker.
 *
 * Any thread. A job waits its turn (first come, first served) until its deadline. Workers are
 * started on demand from an executable that was opened once, leave by themselves after 60 s
 * without work, and are recycled after MEDIA_JOBS jobs or MEDIA_RSS_KIB of memory.
 */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "wire/wire.h"

enum { MEDIA_WORKERS_MAX = 64, MEDIA_JOBS = 1000, MEDIA_RSS_KIB = 256 * 1024, MEDIA_LATE = 4 };

struct media_options {
    const char *worker; /* path of the executable */
    uint32_t workers;   /* 1–MEDIA_WORKERS_MAX */
    enum sandbox_mode sandbox;
    uint32_t formats; /* FORMAT_* bits */
    uint64_t max_bytes, max_pixels;
    uint32_t wall_ms; /* the most that one job may take */
    uint32_t frames;
};

struct media_result {
    uint32_t reasons;        /* REASON_* bits; 0: looked at completely */
    struct wire_reply reply; /* format, size and candidates; count 0 when nothing came */
};

/* Counters since media_open(), in a forked child since the fork, and the state of the pool. */
struct media_stats {
    uint64_t jobs, ok, undecodable, unsupported, too_large, timeouts, deaths, sigsys, spawns,
        recycled, retries,
        refused;          /* refused: not tried, because the same content killed a worker twice */
    uint32_t workers;     /* alive now */
    uint32_t rss_kib_max; /* highest seen */
    bool greeted;         /* `hello` is filled in */
    struct wire_hello hello; /* of the worker that started last */
    char trouble[256];       /* why workers do not start; empty: nothing is wrong */
};

struct media;

/* Opens the executable; starts nothing. LMOD_E_WORKER when it is missing or not executable. */
int media_open(struct media **out, const struct media_options *o, struct error *e);

/* Ends every worker; in a copy of the process made without media_fork() it only lets go of them. No
 * other call may be running or follow. NULL is fine. */
void media_close(struct media *m);

/*
 * Hashes a file: `fd` (a regular file; never read through its offset) or, when `fd` is negative,
 * `bytes`. `digest` is its SHA-256, to remember content that kills workers. Never fails: what went
 * wrong is in `reasons`. Returns by `dl` (CLOCK_MONOTONIC ns, 0: none) give or take milliseconds; a
 * worker that has begun the job may then finish it unobserved within its wall_ms. Candidates may be
 * there beside a reason: a cut file still has a hash.
 */
void media_hash(struct media *m,
                int fd,
                const void *bytes,
                uint64_t size,
                const uint8_t digest[32],
                uint64_t dl,
                struct media_result *out);

/* The result of a job whose caller had to leave before it came, and the SHA-256 of its content; false:
 * there is none. At most MEDIA_LATE are kept, the latest ones. */
bool media_late(struct media *m, uint8_t digest[32], struct media_result *out);

/* An empty round trip to a worker, starting one when there is none; for benchmarks and doctor.
 * LMOD_E_WORKER or LMOD_E_TIMEOUT. */
int media_ping(struct media *m, uint64_t dl, struct error *e);

void media_stats_get(struct media *m, struct media_stats *out);

/* Fork: PREPARE takes the locks, PARENT and CHILD give them back; the child drops every worker
 * without touching it. */
void media_fork(struct media *m, enum fork_phase phase);

#endif
