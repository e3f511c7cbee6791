/* What the files of the engine room share: the engine, its snapshots, the making of verdicts. */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "crypto/crypto.h"
#include "engine/engine.h"
#include "engine/policy.h"
#include "hash/hash.h"
#include "rules/rules.h"
#include "text/text.h"

/* How a file looked when it was read, to see that it changed. All zero: it was not there. */
struct file_mark {
    uint64_t device, inode, size;
    int64_t changed_s, changed_ns;
};

/* A list file that is open; shared by the snapshots that have it. */
struct loaded {
    atomic_uint refs;
    struct list *list;
    struct file_mark mark;
    struct list_info info;
};

/* A configured list in a snapshot. */
struct slot {
    const struct config_list *config; /* NULL: an allow list */
    const char *file;
    struct loaded *loaded; /* NULL: missing or refused */
    struct file_mark mark; /* what was seen, loaded or not */
    char why[640];         /* why it is not loaded */
};

struct selftest {
    uint8_t sha256[SHA256_BYTES];
    struct pdq pdq;
};

/* The compiled packs; shared by the snapshots that have them. */
struct loaded_rules {
    atomic_uint refs;
    struct rules *rules;
    struct file_mark mark[]; /* of each pack */
};

/* Everything that a scan reads; immutable. */
struct snapshot {
    atomic_uint refs;
    const struct config *config;
    uint8_t key[SITE_KEY_BYTES];
    struct slot *slot; /* the lists, then the allow lists */
    size_t count, list_count;
    uint32_t digests; /* DIGEST_* that some list holds, and SHA-256 */
    bool missing;     /* a slot is not loaded */
    struct selftest *selftest;
    struct loaded_rules *rules; /* NULL: no packs */
};

/* `old` (may be NULL) lends its unchanged lists. A list that `old` has and that is refused now, or a
 * required one, is a failure; `log` hears of the others. */
int snapshot_load(struct snapshot **out,
                  const struct config *c,
                  const struct snapshot *old,
                  struct error *e);
void snapshot_free(struct snapshot *s); /* drops one reference */
bool slot_stale(const struct slot *slot, uint64_t wall_ms);
struct file_mark file_mark_of(const char *path);
bool file_mark_same(const struct file_mark *a, const struct file_mark *b);

struct counters {
    atomic_ullong scans, matches, suppressed;
    atomic_ullong action[4], would[4], coverage[3], reason[REASONS];
    atomic_ullong reloads, reloads_failed;
};

struct engine {
    pthread_mutex_t lock; /* guards the pointers below; never held while waiting */
    struct snapshot *snapshot;
    struct media *media; /* NULL while the worker is missing */
    struct error media_error;
    struct error reload_error;
    struct file_mark *seen;       /* of each slot, then each pack, at the last attempt to load */
    struct text_scratch *scratch; /* of texts that are done, for the next ones */
    pthread_mutex_t reload_lock;  /* one reload at a time */
    const struct config *config;
    engine_log_fn log;
    void *log_user;
    pid_t pid;
    uint64_t opened_ns;
    struct counters counters;
    struct engine *next; /* all engines of the process, for fork */
};

struct snapshot *engine_snapshot(struct engine *e); /* caller frees */
struct media *engine_pool(struct engine *e);
void engine_say(const struct engine *e, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void engine_count(struct engine *e, const struct verdict *v);

/* Makes the verdict out of the parts; LMOD_E_MEMORY. `matches` may be NULL: none. */
struct verdict_parts {
    uint8_t action, would, mode, coverage;
    uint32_t reasons;
    const struct matches *matches;
    const struct policy *policy; /* its scores; may be NULL */
    const char *content, *config;
    uint64_t took_us;
};
int verdict_make(struct verdict **out, const struct verdict_parts *parts, struct error *e);

/* What one text scan needs while it runs; kept for the next one. */
struct text_scratch {
    struct text_scratch *next;
    struct text *text;
    struct rules_scratch *rules;
};
void text_scratch_free(struct text_scratch *all);

/* The files of a snapshot, the slots and then the packs, and how number `i` looks now. */
size_t snapshot_files(const struct snapshot *s);
struct file_mark snapshot_mark_now(const struct snapshot *s, size_t i);

int selftest_load(struct selftest **out, struct error *e);

#endif
