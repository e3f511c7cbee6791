/*
 * store: the SQLite store (state_dir/store.db): contents that were seen, items of the hosts, events,
 * decisions, local entries. The outbox and the local review queue in one file, shared by every host
 * process, modrelay and modctl. The tables: docs/rooms/store.md.
 *
 * Any thread, any number of processes. Connects when first needed, so that opening never fails for
 * the store's sake. Every call that may wait takes a deadline `dl` (CLOCK_MONOTONIC ns, 0: none of
 * the caller's); besides, a writer gives up after STORE_STALL_MS in which nobody else got on either,
 * or after a second when it sees one of its own kind at work.
 * Nothing accepted is lost: a call that returns LMOD_OK has committed (and, with sync_full, fsynced).
 *
 * Errors of all calls: LMOD_E_STORE (unavailable: full, read-only, corrupt, locked; `e` says which
 * and what mends it), LMOD_E_STATE (made by a newer release, or refused by what is decided already),
 * LMOD_E_NOT_FOUND, LMOD_E_TIMEOUT (`dl` passed first), LMOD_E_MEMORY, LMOD_E_FORKED (the process was
 * copied without store_fork()). Callbacks run inside the store: they must neither call it nor fork.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "crypto/crypto.h"

enum {
    STORE_VERSION = 1,   /* PRAGMA user_version, and what meta.min_reader is compared with */
    STORE_ID = 37,       /* bytes of a UUID in text with its NUL */
    STORE_STALL_MS = 50, /* a writer's patience while nobody gets on */
    STORE_BRAKES = 64,   /* most brake keys of one row */
};

struct store;

struct store_options {
    const char *dir;         /* the state directory; copied */
    uint64_t quota, keep_ms; /* bytes of the file; age of what may go */
    bool sync_full;          /* false: the last moments before a power cut may be lost */
    bool relayed;            /* events wait for delivery, however old they get */
    uint32_t stall_ms;       /* a writer's patience while nobody gets on; 0: STORE_STALL_MS */
    const char *vfs;         /* SQLite VFS by name, for tests; NULL: the default one */
};

/* Only LMOD_E_MEMORY. */
int store_open(struct store **out, const struct store_options *o, struct error *e);
/* Closes without a checkpoint; in a process that was copied without store_fork() it only lets go. */
void store_close(struct store *s);
/* The one fork rule: PREPARE waits for a commit under way, takes the locks and closes the connection
 * without a checkpoint; both sides connect again when next needed. */
void store_fork(struct store *s, enum fork_phase phase);
/* Connects, or says why not. `uuid` (may be NULL) receives the store's id. */
int store_ping(struct store *s, uint64_t dl, char uuid[STORE_ID], struct error *e);

/* ---- recording ---- */

enum content_kind { CONTENT_MEDIA = 1, CONTENT_TEXT = 2 };
extern const struct term content_kind_terms[]; /* "media", "text": as stored */

/* Bytes that need not be terminated; `at` NULL: none. */
struct store_text {
    const char *at;
    size_t size;
};

/* A content, by its key. NULL or zero where it is not known. A row that is there keeps `first` and
 * what it knows that the new one does not. */
struct store_content {
    const char *ck; /* "h1:…" */
    enum content_kind kind;
    const char *mime;
    uint64_t bytes;
    uint32_t width, height;
    const uint8_t *sha256, *sha1, *md5, *pdq;
    uint8_t quality;           /* of pdq */
    const char *cluster;       /* the matched entry, else ck */
    uint64_t at;               /* ms since 1970: first and last */
    uint64_t gen;              /* of the local entries it was compared with */
    struct store_text verdict; /* JSON */
    struct store_text hashes;  /* what a later look-up needs; opaque here */
};

/* Where it was seen; clear ids, for the shims. Host and ref are the key. Without a ref it is a row of
 * its own, kept only for an event. */
struct store_item {
    struct store_text host, ref, room, sender;
    uint32_t surface; /* LMOD_SURFACE_* */
    uint64_t at;
};

struct store_event {
    const char *id;        /* UUIDv7 */
    const uint8_t *dedupe; /* SHA256_BYTES; NULL: an event of its own */
    const char *type;      /* "libmod.match.v1" … */
    uint8_t prio;          /* 0–9 */
    uint8_t severity;      /* enum severity: what goes first when the quota is near */
    uint64_t deadline;     /* ms since 1970; 0: none */
    uint64_t at;
    struct store_text body; /* JSON: the event's data */
};

struct store_row {
    const struct store_content *content; /* may be NULL */
    const struct store_item *item;       /* may be NULL: no reference of a host */
    const struct store_event *event;     /* NULL: only remembered, without an fsync of its own */
    const char *const *brake;            /* "source/entry": what hit, to be counted by content */
    size_t brake_count;                  /* at most STORE_BRAKES */
    uint32_t brake_max;                  /* distinct contents an hour; 0: never */
};

struct store_done {
    char event[STORE_ID]; /* of the event, or of the one that was there with this dedupe */
    bool fresh;           /* false: it was there */
    bool refused;         /* with LMOD_E_STORE: the quota refused it */
    uint64_t braked;      /* bit i: brake[i] fell to observe with this row */
};

/* Content, item and event in one transaction, committed together with what other threads put. */
int store_put(struct store *s,
              const struct store_row *r,
              uint64_t dl,
              struct store_done *out,
              struct error *e);

/* Adds to persistent counters; without an fsync of its own. */
struct store_count {
    const char *key;
    uint64_t n;
};
int store_count(
    struct store *s, const struct store_count *c, size_t n, uint64_t dl, struct error *e);

/* ---- asking ---- */

/* A content row and, from store_recall(), its item; one allocation, freed with free(). */
struct store_found {
    struct store_content content;
    struct store_item item;
    uint64_t first, last;
};

/* The newest content that `host` knows by `ref`. */
int store_recall(struct store *s,
                 struct store_text host,
                 struct store_text ref,
                 uint64_t dl,
                 struct store_found **out,
                 struct error *e);
int store_content(
    struct store *s, const char *ck, uint64_t dl, struct store_found **out, struct error *e);

/* Texts with a sketch, as they were first kept: those behind `*after`, at most the newest `max` of them; `*after` moves
 * on, also past what `each` refused. */
struct store_like {
    const char *ck, *cluster; /* borrowed for the call */
    struct store_text sketch;
};
typedef int (*store_like_fn)(void *user, const struct store_like *row);
int store_likes(struct store *s,
                uint64_t *after,
                uint64_t max,
                uint64_t dl,
                store_like_fn each,
                void *user,
                struct error *e);

/* ---- local entries ---- */

/* A row of `entry`. Lists: "local", "allow", and "brake" (sig "key": what fell to observe). */
struct store_entry {
    const char *list, *sig; /* sig: a name of signal_terms, or "key" */
    const uint8_t *value;
    size_t size;
    const char *harm;     /* NULL: the list's own */
    uint8_t action;       /* enum action, or UNSET_ACTION: the list's own */
    const char *decision; /* which made it: its name in verdicts */
    bool active;          /* false: withdrawn */
    uint64_t gen;
};
enum { UNSET_ACTION = 255 };

/* The signal that somebody decided something: changes with every decision and local entry, from any
 * process. One pread() of a small file (0.2 µs); no order. 0: nothing decided yet. */
uint64_t store_signal(struct store *s);

/* Rows with a gen above `since`, ascending by gen; `*gen` receives the store's gen. A callback that
 * does not return LMOD_OK ends it. */
typedef int (*store_entry_fn)(void *user, const struct store_entry *row);
int store_entries(struct store *s,
                  uint64_t since,
                  uint64_t dl,
                  store_entry_fn each,
                  void *user,
                  uint64_t *gen,
                  struct error *e);

#include "store/decision.h"

#endif
