/*
 * Inside media: slots, each with at most one worker, and how they pass between jobs. pool.c hands
 * slots out, slot.c talks to the worker in one, graves.c remembers deadly content, input.c makes
 * descriptors, job.c runs the jobs.
 *
 * Locks: `spawning` before `lock`. A slot that is SLOT_BUSY belongs to one thread, which reads it
 * without the lock; but `state`, `child`, `socket` and `copy` change under `lock` only, so that a
 * fork always finds them whole. Nothing waits while it holds `lock`.
 */
#ifndef MEDIA_POOL_H
#define MEDIA_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "media/media.h"
#include "wire/wire.h"

enum {
    START_MS = 5000,       /* from spawn to hello, when the job has no later deadline */
    BURY_MS = 1000,        /* from SIGKILL to the end; more only when the kernel is stuck */
    BACKOFF_MS = 100,      /* after the second failed start in a row, then doubled … */
    BACKOFF_MAX_MS = 5000, /* … up to this */
    SLICE_MS = 5,          /* how often the first waiting job looks at late workers */
    DEADLY = 2,            /* deaths after which content is refused */
    GRAVES = 256,          /* contents remembered for their deaths */
};

static inline uint64_t ns_of_ms(uint64_t ms)
{
    return ms * 1000000u;
}

enum slot_state {
    SLOT_EMPTY, /* no worker */
    SLOT_IDLE,  /* a worker without work */
    SLOT_BUSY,  /* belongs to a thread */
    SLOT_LATE,  /* a worker that owes a packet nobody waits for */
    SLOT_DYING, /* a worker that was killed and is not reaped yet */
};

/* What the worker has to send next; when it ends instead, this says what its end counts as. */
enum owes {
    OWES_NOTHING, /* nothing: it may go */
    OWES_HELLO,   /* a failed start */
    OWES_REPLY,   /* a death over the content it was given */
};

struct slot {
    enum slot_state state;
    enum owes owes;
    struct child child;
    int socket, copy; /* -1: none; copy: a sealed memfd of the running job */
    bool fresh;       /* never replied: cannot have left for want of work */
    bool borrowed;    /* works on the host's own file: SIGBUS is not the content's fault */
    bool has_digest;  /* false: a ping */
    uint8_t digest[32];
    uint64_t id;      /* of the last request */
    uint64_t kill_at; /* ns: when this start or job has lasted too long */
    uint32_t jobs, rss_kib;
    uint8_t packet[WIRE_REPLY_MAX];
};

/* Content over which workers died. */
struct grave {
    uint8_t digest[32];
    uint32_t deaths; /* 0: free */
    uint64_t used;   /* the least is replaced first */
};

/* What came when nobody waited for it any more. */
struct late {
    uint8_t digest[32];
    struct media_result *result; /* NULL: free */
};

/* A job that waits for a slot; on its thread's stack. */
struct waiter {
    pthread_cond_t wake;
    struct waiter *next;
};

struct media {
    struct media_options options;
    pid_t owner; /* the process whose children the workers are */
    char *path;  /* of the executable, for messages */
    int exe;
    char sandbox_arg[32], formats_arg[32];
    pthread_condattr_t monotonic;
    pthread_mutex_t spawning; /* held while descriptors of a new worker are in flight */
    pthread_mutex_t lock;     /* everything below */
    struct waiter *first;
    uint32_t loose; /* slots that are LATE or DYING */
    uint32_t failed_starts;
    uint64_t start_after; /* ns; nothing is started before */
    uint64_t grave_clock;
    struct media_stats stats;
    struct grave graves[GRAVES];
    struct late late[MEDIA_LATE];
    uint32_t late_next;  /* the place that is filled next */
    struct slot slots[]; /* options.workers */
};

/* pool.c */

/* The next free slot in turn, SLOT_BUSY. NULL with `*reason` when `dl` passed or no worker can be
 * started at the moment. */
struct slot *pool_take(struct media *m, uint64_t dl, uint32_t *reason);

/* Gives a slot back as it is, retiring the worker when it has served long enough. */
void pool_give(struct media *m, struct slot *s);

/* False: workers failed to start and it is too early to try again. */
bool pool_may_start(struct media *m);

/* Under the lock, never waiting, like all below. Counts a failed start; `final`: trying again at
 * once is of no use. */
void pool_start_failed(struct media *m, bool final, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Kills the worker, if there is one, and closes its socket. */
void pool_kill(struct slot *s);

/* The worker broke the protocol: kills it and counts a death. */
void pool_hostile(struct media *m, struct slot *s);

/* How a worker ended. */
enum fate {
    FATE_ALIVE, /* it has not yet */
    FATE_LEFT,  /* as it may */
    FATE_ALARM, /* its time for one job was over */
    FATE_BUS,   /* the host's file shrank below it */
    FATE_DEAD,
};

/* Reaps the worker if it is gone, and counts its end. */
enum fate pool_reap(struct media *m, struct slot *s);

/* What a reply means for coverage: REASON_* bits. */
uint32_t job_reasons(const struct wire_reply *r);

/* Under the lock: sees to workers that no job waits for. */
void pool_tend(struct media *m);

/* Under the lock: keeps a reply that nobody waits for; without memory it is let go. */
void pool_keep_late(struct media *m, const uint8_t digest[32], const struct wire_reply *r);

/* graves.c, under the lock */
uint32_t graves_deaths(struct media *m, const uint8_t digest[32]);
void graves_add(struct media *m, const uint8_t digest[32]);
void graves_remove(struct media *m, const uint8_t digest[32]);

/* slot.c */
enum event {
    EVENT_NONE,   /* nothing there */
    EVENT_PACKET, /* one packet received, or sent */
    EVENT_PASSED, /* the time limit passed first */
    EVENT_GONE,   /* no worker at the other end */
    EVENT_BAD,    /* received: against the protocol; sent: the system refused, nothing went out */
};

/* Starts a worker in an empty slot and waits for its hello. EVENT_PACKET: ready. EVENT_PASSED: `dl`
 * passed; the worker, if any, may still become ready. EVENT_BAD: it failed, and that is counted. */
enum event slot_start(struct media *m, struct slot *s, uint64_t dl);

/* Sends one request with descriptor `fd` (-1: none). */
enum event slot_send(struct slot *s, const struct wire_request *r, int fd);

/* Waits for one packet until `limit` (ns, 0: for ever). */
enum event slot_await(struct slot *s, uint64_t limit, size_t *size);

/* Reads the reply in s->packet. False: the worker is hostile. */
bool slot_reply(const struct media *m, struct slot *s, size_t size, struct wire_reply *r);

/* Under the lock, never waiting: takes what a late worker owes and tells the slot's new state. */
enum slot_state slot_collect(struct media *m, struct slot *s);

/* Kills the worker and waits for its end, at most until `dl`. */
enum fate slot_bury(struct media *m, struct slot *s, uint64_t dl);

/* input.c */

/* Moves `fd` away from 0–2, which belong to the host even while they are closed. */
int fd_high(int fd);

/* The format that the first bytes claim. False when they cannot be read. */
bool input_sniff(int fd, const void *bytes, uint64_t size, enum wire_format *format);

/* Tells whether the host's descriptor can be handed to a worker as it is. 0, or a reason not to go
 * on: the file is shorter than it was. */
uint32_t input_share(int fd, uint64_t size, bool *share);

/* A new, empty memfd; -1 when the system refuses. */
int input_memfd(void);

/* Fills the empty memfd `copy` and seals it. 0, or the reason why not. */
uint32_t input_copy(int copy, int fd, const void *bytes, uint64_t size);

#endif
