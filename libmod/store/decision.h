/*
 * store, second half of the door: people's decisions, local entries by hand, the review queue, the
 * hosts' work on decisions, the outbox, the health of the file. Include "store/store.h". Callbacks
 * must neither call the store nor fork.
 */
#ifndef STORE_DECISION_H
#define STORE_DECISION_H

/* ---- decisions ---- */

enum decision_action {
    DECIDE_REMOVE = 1,
    DECIDE_HOLD,
    DECIDE_RESTORE,
    DECIDE_DISMISS,
    DECIDE_ADD_TO_LIST,
    DECIDE_WITHDRAW,
};
enum decision_scope { SCOPE_ITEM = 1, SCOPE_CONTENT, SCOPE_SENDER, SCOPE_ROOM };
extern const struct term decision_action_terms[], decision_scope_terms[];

struct decision {
    char id[STORE_ID]; /* made by who decides: the same id again changes nothing and is LMOD_OK */
    char event[STORE_ID];     /* empty: by content */
    char content[3 + 64 + 1]; /* "h1:…"; empty: that of the event */
    enum decision_action action;
    enum decision_scope scope;
    const char *reason, *reviewer; /* may be NULL */
    const char *src;               /* "modctl", "host", "kafka" */
    uint64_t at;                   /* ms since 1970; 0: now */
    bool no_list;                  /* remove without adding to the local list */
};

struct store_decided {
    char decision[STORE_ID], event[STORE_ID];
    uint32_t entries; /* local or allow rows that changed */
    uint64_t earlier; /* match and report events of contents that these rows match, this one not
                       * counted; at least, where 2 s or the deadline did not suffice */
    uint64_t gen;
};

/*
 * One transaction: the decision, its effects on local and allow entries, the hosts' work.
 *  remove      = the item goes; the content's signals join the local list unless no_list
 *  hold        = the item stays away; restore = it comes back: no effect on lists
 *  add_to_list = signals join the local list
 *  withdraw    = signals leave the local list and join the allow list
 *  dismiss     = signals join the allow list (media: sha256 and pdq; text: its content key)
 * What joins the local list leaves the allow list, which would win. A picture without a PDQ of
 * quality joins by its sha256 alone, an item without a content by nothing. All but add_to_list are
 * work for every host that has an item: the event's, with scope content every item of the content.
 *
 * Scope content decides all events of the content that are not newer than the decision; a decision by
 * content always has this scope. The others decide the one event.
 *
 * LMOD_E_STATE when the event is decided already, is not for people (gap, list), or has no content
 * to decide by; LMOD_E_NOT_FOUND when there is no such event or content; LMOD_E_ARGUMENT.
 */
int store_decide(struct store *s,
                 const struct decision *d,
                 uint64_t dl,
                 struct store_decided *out,
                 struct error *e);

/* Takes the event's last decision back. Of remove, hold and add_to_list: restore and withdraw, with
 * its scope; the event stays decided. What no host has claimed yet of it need not be done any more. Of
 * dismiss, withdraw and restore: the allow entries it made are withdrawn, nothing is left to do for
 * hosts, the event is open again, and with scope content all others that it decided. LMOD_E_STATE when
 * it is not decided. `d` says id (the same id again changes nothing), event, reviewer, reason, src, at. */
int store_undo(struct store *s,
               const struct decision *d,
               uint64_t dl,
               struct store_decided *out,
               struct error *e);

/* ---- local entries by hand ---- */

struct store_signal_row {
    const char *sig; /* a name of signal_terms, or "key" */
    const uint8_t *value;
    size_t size;
};

/* Adds the rows of one content to `list` ("local", "allow"), or withdraws them from it ("brake" too).
 * `decision` (src, reviewer, reason, at, id) is kept as the reason why; it decides no event, and its id
 * is the entry's name. Rows that are there already (not there, when withdrawing) do not count as
 * changed. What joins the local list leaves the allow list (not counted); what is withdrawn from the
 * brake counts anew. Allow: md5 and sha1 are LMOD_E_STATE. LMOD_E_ARGUMENT: no such list or signal. */
int store_list_add(struct store *s,
                   const char *list,
                   const struct store_signal_row *row,
                   size_t n,
                   const struct decision *d,
                   uint64_t dl,
                   struct store_decided *out,
                   struct error *e);
int store_list_withdraw(struct store *s,
                        const char *list,
                        const struct store_signal_row *row,
                        size_t n,
                        const struct decision *d,
                        uint64_t dl,
                        struct store_decided *out,
                        struct error *e);

/* ---- the review queue ---- */

struct store_listed {
    uint64_t seq;
    const char *id, *type, *ck, *cluster, *body; /* borrowed for the call; body NULL: grown old */
    const char *harm;                            /* body's queue.harm, or NULL; see store_list() */
    const char *kind;                            /* "media", "text", or NULL */
    uint64_t at, deadline, sent;
    uint8_t prio;
    uint64_t count; /* open events of its cluster, itself included when open; see store_list() */
    struct store_item item; /* host and ref empty: none */
    /* the last decision about it; action NULL: open */
    const char *decision, *action, *scope, *reason, *reviewer;
    uint64_t decided_at;
};

enum queue_status { QUEUE_ALL, QUEUE_OPEN, QUEUE_DECIDED };

struct store_filter {
    const char *id;   /* one event by its id, or by the beginning of one when it is the only one */
    const char *harm; /* NULL: any */
    uint64_t since;   /* `at` from here */
    uint64_t after;   /* seq above this */
    bool review;      /* only what a person can decide: match and report events */
    enum queue_status status;
    bool by_deadline; /* by deadline (none: last), priority (highest first), age; else by seq */
    size_t limit;     /* 0: all */
};

typedef int (*store_listed_fn)(void *user, const struct store_listed *row);
/* One state of the store, a row at a time. `harm`, `count` and the decision are there with `review` or
 * `id` only: the stream does without. With `id` the rest of the filter is ignored. A callback that does
 * not return LMOD_OK ends it, and that is the status. LMOD_E_NOT_FOUND only with `id`; LMOD_E_STATE
 * when the beginning of an id fits several. */
int store_list(struct store *s,
               const struct store_filter *f,
               uint64_t dl,
               store_listed_fn each,
               void *user,
               struct error *e);

/* ---- the hosts' work on decisions ---- */

/* A decision that a host has to act on; one allocation, freed with free(). */
struct store_claimed {
    char decision[STORE_ID], event[STORE_ID];
    const char *action, *scope, *content, *reason; /* reason may be NULL */
    struct store_item
        *item; /* by scope: the one; those of the content; of the sender, of the room */
    size_t items;
    uint64_t at, lease_until;
    uint32_t tries; /* claims, this one included */
};

/* The oldest decision for `host` that nobody has acknowledged and no living lease holds; it is leased
 * to `who` for `lease_s` (at most a day). One that follows another one about the same content or event
 * waits until that is acknowledged. LMOD_E_NOT_FOUND: there is none. */
int store_claim(struct store *s,
                struct store_text host,
                const char *who,
                uint32_t lease_s,
                uint64_t dl,
                struct store_claimed **out,
                struct error *e);

/* `outcome` is kept; `again` gives the lease back instead, so that it is claimed once more, at once:
 * to wait before the next try, let the lease run out. Twice is fine. LMOD_E_NOT_FOUND: no such
 * decision for this host. */
int store_ack(struct store *s,
              const char *decision,
              struct store_text host,
              uint32_t outcome,
              bool again,
              uint64_t dl,
              struct error *e);

/* Whether store_claim() would find something for some host. */
int store_waiting(struct store *s, uint64_t dl, bool *waiting, struct error *e);

/* ---- outbox, upkeep, health ---- */

/* Marks events as delivered, those already marked excepted. What store_list() gives with `after` and sent == 0 is the outbox. */
int store_sent(struct store *s, const uint64_t *seq, size_t n, uint64_t dl, struct error *e);

/*
 * What is older than keep_ms goes: the bodies of events that are delivered or, when nobody delivers,
 * decided or not for people; items and contents that no open event and no host's work needs. A small
 * batch at a time, so that writers hardly wait; `*more`: the pass is not at its end.
 */
int store_tidy(struct store *s, uint64_t dl, bool *more, struct error *e);

struct store_stats {
    char uuid[STORE_ID];
    uint64_t events, open, decided, undelivered, contents, items, local, allow, braked, waiting;
    uint64_t bytes, quota, gen;
    uint64_t oldest_open; /* `at` of it; 0: none */
    uint64_t overdue;     /* open with a deadline that has passed */
};
int store_stats_get(struct store *s, uint64_t dl, struct store_stats *out, struct error *e);
/* Every persistent counter, by key; not what the brake keeps there. */
int store_counters(struct store *s,
                   uint64_t dl,
                   void (*each)(void *user, const char *key, uint64_t n),
                   void *user,
                   struct error *e);

/* SQLite's own integrity check, and ours of what refers to what; each finding is told, and is no
 * failure. Reads all of the file. */
int store_check(struct store *s,
                void (*each)(void *user, const char *finding),
                void *user,
                struct error *e);
/* A consistent copy with the store's mode and group, published by rename; `path` must not be there
 * (LMOD_E_STATE). Writers of other processes go on meanwhile. LMOD_E_IO: it cannot be written. */
int store_backup(struct store *s, const char *path, struct error *e);

#endif
