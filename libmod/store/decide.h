/*
 * Inside store: what the half of decision.h shares. decide.c and undo.c decide, edit.c changes local
 * and allow entries, earlier.c counts what they match, claim.c gives hosts their work, queue.c lists
 * events, tidy.c, health.c and backup.c keep the file well.
 *
 * An undone decision keeps its row, but its event_id and ck begin with '-': it is about nothing any
 * more, and no query has to know. The row that undid it has action "undo".
 */
#ifndef STORE_DECIDE_H
#define STORE_DECIDE_H

#include "store/internal.h"

enum { PDQ_QUALITY = 50 }; /* a PDQ hash below says nothing: PDQ_QUALITY_MIN of hash */

/* Of event `e`: whether a person can decide it, and whether a decision `d` is about it. */
#define REVIEWABLE "e.type IN ('libmod.match.v1', 'libmod.report.v1')"
#define ABOUT      "(d.event_id = e.id OR (d.ck = e.ck AND d.scope = 'content' AND d.at >= e.at))"
#define DECIDED                                                                                    \
    "(EXISTS(SELECT 1 FROM decision d WHERE d.event_id = e.id) OR EXISTS(SELECT 1 FROM decision d" \
    " WHERE d.ck = e.ck AND d.scope = 'content' AND d.at >= e.at))"
#define OPEN "(" REVIEWABLE " AND NOT " DECIDED ")"
#define HARM "CASE WHEN json_valid(e.body) THEN json_extract(e.body, '$.queue.harm') END"

/* ---- statements ---- */

/* The first column of the first row as a number; 0: no row. The statement is reset. */
int statement_number(
    struct store *s, sqlite3_stmt *stmt, uint64_t *out, const char *what, struct error *e);
/* Copies a column into `size` bytes, cut when it is longer; empty for NULL. */
void column_copy(sqlite3_stmt *stmt, int at, char *out, size_t size);

/* ---- one decision ---- */

/* The signals of one content. */
struct signals {
    uint8_t sha256[SHA256_BYTES], pdq[PDQ_BYTES], sha1[SHA1_BYTES], md5[MD5_BYTES];
    uint8_t sketch[SKETCH_BYTES];
    struct store_signal_row row[4];
    size_t n;
    size_t join;  /* the first of them join the local list; all of them leave */
    size_t allow; /* the first of them join the allow list */
};

/* The event or content that is decided. */
struct target {
    char event[STORE_ID], ck[CK_BYTES]; /* empty: none */
    char harm[64];                      /* empty: none */
    uint64_t item, at;                  /* item: 0: none */
    struct signals signals;
};

/* The last decision about an event. */
struct last {
    char id[STORE_ID], action[16], scope[16], reviewer[128];
    uint64_t at;
};

/* A decision on its way through its transaction. */
struct deciding {
    const struct decision *d;
    struct store_decided *out;
    struct target target;
    uint64_t at, gen;
    bool known;   /* the id was there already: nothing changes */
    bool counted; /* rows joined a list: earlier events are counted */
    bool allow;   /* … the allow list */
    const char *list;
    const struct store_signal_row *row; /* by hand */
    size_t n;
};

/* Runs `work` in one durable transaction, unless the decision's id is known; then counts. */
typedef int (*deciding_fn)(struct store *s, struct deciding *w, struct error *e);
int deciding_run(
    struct store *s, struct deciding *w, deciding_fn work, uint64_t dl, struct error *e);

/* Fills w->target from the decision's event, or content when it names none. */
int deciding_find(struct store *s, struct deciding *w, struct error *e);
/* STORE_ROW, or STORE_DONE: the event is open. */
int deciding_last(struct store *s, const struct target *t, struct last *out, struct error *e);
/* Keeps the row of the decision itself. */
int deciding_keep(struct store *s,
                  const struct deciding *w,
                  const char *action,
                  const char *scope,
                  struct error *e);
/* The hosts' work: every host that has an affected item. */
int deciding_deliver(struct store *s, const struct deciding *w, const char *scope, struct error *e);

/* ---- entries, inside a transaction ---- */

/* STORE_ROW, or STORE_DONE: there is no such content. */
int signals_read(struct store *s, const char *ck, struct signals *out, struct error *e);

/* The content's rows join `list` under w->d->id. Whatever joins the local list leaves the allow list,
 * which would win. Both count in w->out->entries. */
int signals_join(struct store *s, struct deciding *w, const char *list, struct error *e);
int signals_leave(struct store *s, struct deciding *w, const char *list, struct error *e);

/* ---- earlier events ---- */

/* Events of contents that one of `row` matches, by equality and by PDQ within the radius of the
 * allow or the local list. Outside a transaction; looks for at most 2 s, never fails. */
uint64_t earlier_count(struct store *s,
                       const struct store_signal_row *row,
                       size_t n,
                       bool allow,
                       const char *except,
                       uint64_t dl);

/* ---- a memory of numbers by name, for counts that would be made again and again ---- */

struct memo {
    void *root;
};

/* The number kept for `key`; `*fresh`: it was not there and is 0. NULL: memory ran out. */
uint64_t *memo_at(struct memo *m, const char *key, bool *fresh);
void memo_finish(struct memo *m);

#endif
