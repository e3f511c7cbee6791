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

/* A list in a snapshot. */
struct slot {
    const char *name;                 /* its id, "allow" for allow lists */
    const struct config_list *config; /* NULL: an allow list, or one that a pack names */
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
    struct slot
        *slot; /* the lists, from `list_count` on allow lists, from `pack_at` those of packs */
    size_t count, list_count, pack_at;
    size_t *rule_slot;            /* by the number that a list has in the rules: the slot's */
    uint32_t digests;             /* DIGEST_* that some list holds, and SHA-256 */
    bool missing;                 /* a configured one is not loaded */
    bool links;                   /* one has links */
    bool texts;                   /* one has texts */
    struct sketch_key sketch_key; /* of texts in the store */
    struct selftest *selftest;
    struct loaded_rules *rules;     /* NULL: no packs */
    uint8_t versions[SHA256_BYTES]; /* of the lists and packs that are loaded */
    char policy[9];                 /* the same, eight hex digits for people */
};

/* `old` (may be NULL) lends its unchanged lists. A list that `old` has and that is refused now, or a
 * required one, is a failure; `log` hears of the others. */
int snapshot_load(struct snapshot **out,
                  const struct config *c,
                  const struct snapshot *old,
                  struct error *e);
void snapshot_free(struct snapshot *s); /* drops one reference */
/* LMOD_E_KEY says what is wrong with the file. */
int site_key_read(uint8_t out[SITE_KEY_BYTES], const char *path, struct error *e);
bool slot_stale(const struct slot *slot, uint64_t wall_ms);
struct file_mark file_mark_of(const char *path);
bool file_mark_same(const struct file_mark *a, const struct file_mark *b);

struct counters {
    atomic_ullong scans, matches, suppressed;
    atomic_ullong action[4], would[4], coverage[3], reason[REASONS];
    atomic_ullong reloads, reloads_failed;
    atomic_ullong recorded, unrecorded, refused; /* refused: of the unrecorded, by the quota */
    atomic_ullong forgotten;                     /* clean media whose row was not written */
    atomic_ullong reports;
};
enum { COUNTERS_KEPT = 14 }; /* that the store sums up */

/* What was not looked at or not recorded since the last gap event. */
struct gap {
    uint64_t reason[REASONS], unrecorded, refused;
    uint64_t from, next; /* ms since 1970, 0: nothing; ns: not told before */
};

struct live;
struct cache;
struct crowd;

struct engine {
    pthread_mutex_t lock; /* guards the pointers below; never held while waiting */
    struct snapshot *snapshot;
    struct media *media; /* NULL while the worker is missing */
    struct error media_error;
    struct error reload_error;
    struct file_mark *seen;       /* of each slot, then each pack of `snapshot`, when last tried */
    struct text_scratch *scratch; /* of texts that are done, for the next ones */
    pthread_mutex_t reload_lock;  /* one reload at a time */
    const struct config *config;
    engine_log_fn log;
    void *log_user;
    pid_t pid;
    uint32_t flags; /* ENGINE_* */
    uint64_t opened_ns;
    struct counters counters;
    struct store *store;
    struct error store_error; /* of the last call to it; under the lock, like the next three */
    struct live *live;
    uint64_t live_signal; /* of the store when `live` was read */
    struct gap gap;
    struct cache *cache;
    struct crowd *crowd;
    pthread_mutex_t live_lock, told_lock; /* one thread at a time merges, or tells counters */
    atomic_ullong live_next;              /* ns: not looked at before */
    atomic_bool live_stale;
    uint64_t told[COUNTERS_KEPT]; /* counters that the store has; under told_lock */
    atomic_ullong told_next;
    struct engine *next; /* all engines of the process, for fork */
};

struct snapshot *engine_snapshot(struct engine *e); /* caller frees */
struct media *engine_pool(struct engine *e);
void engine_say(const struct engine *e, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void engine_count(struct engine *e, const struct verdict *v);

/* Makes the verdict out of its parts; LMOD_E_MEMORY. `content`: the key, "" when unknown. */
struct record_done;
struct finding finding_of(const struct policy *p,
                          const struct matches *found,
                          const struct snapshot *s,
                          uint32_t reasons,
                          uint8_t coverage,
                          uint64_t start);
int verdict_make(struct verdict **out,
                 const struct finding *f,
                 const char *content,
                 const struct record_done *recorded,
                 struct error *e);
/* P8: nothing was looked at. */
int verdict_exempt(struct verdict **out,
                   const struct snapshot *s,
                   uint32_t surface,
                   uint64_t start,
                   struct error *e);

/* One scan of each kind, exemptions included; with `report` it is a person's report, which nobody is
 * exempt from. Not counted. */
int media_scan(struct verdict **out,
               struct engine *e,
               const struct subject *who,
               const struct content_in *in,
               const struct store_text *report,
               struct error *err);
int text_scan(struct verdict **out,
              struct engine *e,
              const struct subject *who,
              const struct content_in *in,
              const struct store_text *report,
              struct error *err);
int recall_run(struct verdict **out,
               struct engine *e,
               const struct subject *who,
               struct store_text ref,
               const struct store_text *report,
               struct error *err);

/* The content key of a text: over its fold view, so that it is the same for every spelling that folds
 * alike. False: out of memory. */
bool text_key(uint8_t out[SHA256_BYTES],
              const uint8_t site_key[SITE_KEY_BYTES],
              const struct text *text);

/* What the sketches of texts in the store are made with, which say nothing to who only has the store. False:
 * out of memory. */
bool text_sketch_key(struct sketch_key *out, const uint8_t site_key[SITE_KEY_BYTES]);

/* One more scan that could not be looked at in full (`reasons`), or whose event was not recorded. */
void gap_note(struct engine *e, uint32_t reasons, bool unrecorded, bool refused);

/* Remembers how the store is, and tells the log when that changes. */
void engine_store_state(struct engine *e, int status, const struct error *why);

/* What one text scan needs while it runs; kept for the next one. */
struct text_scratch;
void text_scratch_free(struct text_scratch *all);

/* The files of a snapshot, the slots and then the packs; how number `i` looked when it was loaded, and
 * how it looks now. */
size_t snapshot_files(const struct snapshot *s);
struct file_mark snapshot_mark(const struct snapshot *s, size_t i);
struct file_mark snapshot_mark_now(const struct snapshot *s, size_t i);

int selftest_load(struct selftest **out, struct error *e);

#endif
