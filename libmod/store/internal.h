/*
 * Inside store: one connection, and the turns of threads on it.
 *
 *     turn.c       the object, whose turn it is, forks         put.c    one row of a scan
 *     connect.c    opening, settings, waiting for others       brake.c  what hits too often
 *     schema.c     the tables                                  quota.c  what is refused, what goes
 *     statement.c  statements, SQLite's errors in our words    read.c   contents, items, entries
 *     write.c      transactions                                signal.c the gen file
 *     group.c      one commit for the rows of many threads     terms.c  words
 *
 * decide.h has what follows it: decisions, the queue, upkeep.
 *
 * A call goes like this:
 *
 *     int status = store_enter(s, dl, e);
 *     if (status != LMOD_OK)
 *         return status;
 *     status = store_begin(s, true, dl, e);
 *     if (status == LMOD_OK)
 *         status = store_end(s, do_it(s, …), signal, e);
 *     store_leave(s);
 *
 * `lock` is held for moments only, never while something waits for the disk or another program. What
 * stands under "the connection" belongs to the thread that has entered. What runs between enter and
 * leave, callbacks too, must neither call the store nor fork.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <pthread.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "base/base.h"
#include "store/store.h"

enum {
    STATEMENTS = 128,    /* most different statements of the room */
    BATCH_MAX = 64,      /* rows of one commit */
    BELLS = 64,          /* a few may share one: they look again */
    RETRY_MS = 1000,     /* how often a store that keeps failing is tried again */
    PATIENCE_MS = 1000,  /* STORE_STALL_MS where one of us is seen to hold the lock */
    STORE_TIDIED = 3,    /* kinds of rows that grow old: events, items, contents */
    GEN_CHECK_MS = 1000, /* how often the gen file is compared with what it should be */
    PDQ_BYTES = 32,
    CK_BYTES = 3 + 64 + 1, /* "h1:…" with its NUL */
};

struct put;

/* How far a pass over old rows has come. */
struct tidying {
    unsigned kind;
    uint64_t after; /* its last row that was looked at */
};

struct statement {
    const char *sql; /* by its address: literals only */
    sqlite3_stmt *stmt;
};

/* A failure that lasts. After the second one in a row calls fail at once until `until` (ns). */
struct trouble {
    unsigned count;
    uint64_t until;
    struct error error;
};

struct store {
    struct store_options options; /* its strings are ours */
    char *path, *wal, *gen_path;
    pid_t pid; /* who may use it */

    pthread_mutex_t lock;
    pthread_condattr_t monotonic;
    pthread_cond_t turn;
    bool taken;                 /* somebody has entered */
    bool prepared;              /* from FORK_PREPARE to what follows it */
    bool leading;               /* somebody commits the queue, or is about to */
    struct put *first, **last;  /* the queue, oldest first */
    pthread_cond_t bell[BELLS]; /* of those in the queue, in turns */
    uint8_t next_bell;

    /* the connection */
    sqlite3 *db; /* NULL: not connected */
    struct statement statement[STATEMENTS];
    size_t statements;
    bool normal;          /* synchronous is NORMAL at the moment */
    bool writing;         /* inside store_begin() … store_end() */
    bool broken;          /* a lasting failure since enter: the connection goes with leave */
    bool late;            /* BUSY because `dl` passed */
    uint64_t dl;          /* of the call under way; 0 while writing */
    uint64_t seen, since; /* what others' writes are seen by; ns: since when there is none */
    uint64_t random;      /* for the pauses */
    uint64_t gen_new;     /* meta.gen as this transaction bumped it; 0: it did not */
    uint64_t gen_due;     /* ns: when the gen file is compared again */
    uint64_t evict_at;    /* seq up to which nothing may go */
    uint64_t evict_due;   /* ns: when it is looked at from the beginning again */
    char brake_at[512];   /* how far old brake counters are purged in this round */
    struct tidying tidying;
    char uuid[STORE_ID];
    struct trouble reading, recording;

    pthread_mutex_t signal_lock;
    int gen_fd; /* -1: not there yet */
    bool holding;
    uint64_t gen_checked;
};

/* ---- turns ---- */

/* This thread's turn within `dl`, connecting when needed. On failure there is nothing to leave. */
int store_enter(struct store *s, uint64_t dl, struct error *e);
/* Also resets every statement and rolls back what was not ended. */
void store_leave(struct store *s);
/* LMOD_E_FORKED in a process that was copied without fork handlers. */
int store_own(const struct store *s, struct error *e);
/* Under `lock`: waits for `c`; false when `dl` (0: none) has passed. */
bool store_wait(struct store *s, pthread_cond_t *c, uint64_t dl);

/* ---- transactions ---- */

/* BEGIN IMMEDIATE by the stall rule; `durable` false: without an fsync of its own. From here to
 * store_end() nothing waits for other programs and no deadline interrupts. */
int store_begin(struct store *s, bool durable, uint64_t dl, struct error *e);
/* COMMIT when `status` is LMOD_OK, else ROLLBACK. `signal`: store_gen_next() was called, tell the
 * others. The final status. */
int store_end(struct store *s, int status, bool signal, struct error *e);
/* A transaction that cannot even be rolled back goes with its connection. */
void store_roll_back(struct store *s);
/* Bumps meta.gen inside a transaction. */
int store_gen_next(struct store *s, uint64_t *gen, struct error *e);
int store_gen_now(struct store *s, uint64_t *gen, struct error *e);

/* ---- statements ---- */

/* A cached statement, reset and without bindings; `sql` is a literal. NULL: store_fail() says why.
 * What is bound is not copied. */
sqlite3_stmt *store_statement(struct store *s, const char *sql);

/* The last SQLite error as a status and a message with its mend; `what`: "recording an event". After a
 * failure that lasts the connection goes when the thread leaves; statements are good until then. */
int store_fail(struct store *s, const char *what, struct error *e);

/* One step of a statement whose row, if any, is of no interest. NULL: it could not be prepared. */
int store_run(struct store *s, sqlite3_stmt *stmt, const char *what, struct error *e);

enum { STORE_DONE = 0, STORE_ROW = 1 };
/* One step: STORE_ROW; STORE_DONE (and reset); or a failure, which is negative. */
int store_step(struct store *s, sqlite3_stmt *stmt, const char *what, struct error *e);

static inline void bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
    if (stmt && text)
        (void)sqlite3_bind_text(stmt, at, text, -1, SQLITE_STATIC);
}

static inline void bind_bytes(sqlite3_stmt *stmt, int at, struct store_text t)
{
    if (stmt && t.at)
        (void)sqlite3_bind_text64(stmt, at, t.at, t.size, SQLITE_STATIC, SQLITE_UTF8);
}

static inline void bind_blob(sqlite3_stmt *stmt, int at, const void *bytes, size_t size)
{
    if (stmt && bytes)
        (void)sqlite3_bind_blob64(stmt, at, bytes, size, SQLITE_STATIC);
}

static inline void bind_u64(sqlite3_stmt *stmt, int at, uint64_t value)
{
    if (stmt)
        (void)sqlite3_bind_int64(stmt, at, (sqlite3_int64)value);
}

/* Zero is stored as NULL: not known. */
static inline void bind_known(sqlite3_stmt *stmt, int at, uint64_t value)
{
    if (value)
        bind_u64(stmt, at, value);
}

/* Columns are borrowed until the next step. NULL: 0, NULL, no bytes. */
static inline uint64_t column_u64(sqlite3_stmt *stmt, int at)
{
    return (uint64_t)sqlite3_column_int64(stmt, at);
}

static inline const char *column_text(sqlite3_stmt *stmt, int at)
{
    return (const char *)sqlite3_column_text(stmt, at);
}

static inline struct store_text column_bytes(sqlite3_stmt *stmt, int at)
{
    const void *p = sqlite3_column_blob(stmt, at);
    return (struct store_text){p, p ? (size_t)sqlite3_column_bytes(stmt, at) : 0};
}

/* host, ref, surface, room, sender, at: six columns from `at` on; borrowed from the statement. */
struct store_item store_item_read(sqlite3_stmt *stmt, int at);
#define ITEM_COLUMNS "i.host, i.ref, i.surface, i.room, i.sender, i.at"

/* ---- rows ---- */

/* A request to put one row: everything it needs, in one allocation. */
struct put {
    struct put *next;
    struct store_row row;
    struct store_content content;
    struct store_item item;
    struct store_event event;
    const char *brake[STORE_BRAKES];
    int status;
    struct error error;
    struct store_done done;
    bool signal;                             /* the gen was bumped */
    bool running, finished, abandoned, lead; /* under `lock` */
    uint8_t bell;                            /* which of the store's it waits for */
};

/* Whether the row has all that the tables insist on, so that it cannot fail by itself. */
bool put_is_whole(const struct store_row *r);

/* Inside a transaction: the row's status and done. A failure is one of the whole transaction; a row
 * that the quota refuses, with so many bytes used, is none. */
int put_row(struct store *s, struct put *p, uint64_t used, struct error *e);

/* In the child of a fork: drops what threads put that do not exist here. */
void put_forget(struct store *s);

/* Counts the row for its brake keys and lets fall to observe what hit too often. */
int brake_count(struct store *s, struct put *p, struct error *e);
/* A brake entry was withdrawn: what the key hit so far no longer counts. */
int brake_forget(struct store *s, const void *key, size_t size, struct error *e);

/* ---- the quota ---- */

/* Bytes of the file that hold something. */
uint64_t store_used(struct store *s);
/* Whether the quota refuses an event (NULL: a row without one) when so many bytes are used. */
bool quota_refuses(const struct store *s, const struct store_event *ev, uint64_t used);
/* Inside a transaction, before a batch of rows: `*used` bytes. When they would refuse an event of the
 * batch, a bounded number of the oldest events that may go does so first. */
int quota_make_room(struct store *s, const struct put *batch, uint64_t *used, struct error *e);

/* ---- the connection ---- */

/* Connects unless it is connected. */
int store_connect(struct store *s, struct error *e);
/* The name of the VFS to use: SQLite's own with shorter naps; NULL: that itself. */
const char *store_vfs(void);

/* Whether to try again what was refused for another program's sake, after a pause; `count`: how often it
 * was tried before. For what SQLite itself does not try again. */
bool store_again(struct store *s, int count);

/* Closes the connection, without a checkpoint. */
void store_disconnect(struct store *s);
/* Makes the tables of a new file, turns away from one that is not ours to read, reads the uuid. */
int store_schema(struct store *s, struct error *e);
/* A new, empty file of the state directory, with its owner and, for a group, its group's rights. One
 * that is there already is left alone. */
int store_place(struct store *s, const char *path, struct error *e);

/* The failure that lasts, or LMOD_OK when it may be tried. */
int trouble_now(const struct trouble *t, struct error *e);
void trouble_note(struct trouble *t, const struct error *e);

/* ---- the gen file ---- */

/* Makes it when it is missing. */
int store_signal_make(struct store *s, struct error *e);
void store_signal_write(struct store *s, uint64_t gen);
/* Inside a transaction, now and then: the file is there and says meta.gen. */
void store_signal_check(struct store *s);
/* Shows other processes that one of us is at work on the store, by a lock on the file; it goes with
 * the process. And whether another one shows it. */
void store_signal_hold(struct store *s, bool hold);
bool store_signal_held(struct store *s);

#endif
