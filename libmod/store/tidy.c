/*
 * The outbox and upkeep: what was delivered, and what has grown old. A pass over events, items and
 * contents goes by windows of so few rows that no writer waits long for it.
 */
#include "store/decide.h"

#include <string.h>

enum { WINDOW = 200 };

/* ---- the outbox ---- */

static int mark_sent(struct store *s, const uint64_t *seq, size_t n, uint64_t dl, struct error *e)
{
    uint64_t now = time_wall_ms();
    /* A mark that a power cut takes back is delivered once more. */
    int status = store_begin(s, false, dl, e);
    if (status != LMOD_OK)
        return status;
    for (size_t i = 0; i < n && status == LMOD_OK; i++) {
        sqlite3_stmt *stmt =
            store_statement(s, "UPDATE event SET sent = ?2 WHERE seq = ?1 AND sent IS NULL");
        bind_u64(stmt, 1, seq[i]);
        bind_u64(stmt, 2, now);
        status = store_run(s, stmt, "marking events", e);
    }
    return store_end(s, status, false, e);
}

int store_sent(struct store *s, const uint64_t *seq, size_t n, uint64_t dl, struct error *e)
{
    int status = LMOD_OK;
    for (size_t done = 0, part; done < n && status == LMOD_OK; done += part) {
        part = n - done < WINDOW ? n - done : WINDOW;
        status = store_enter(s, dl, e);
        if (status != LMOD_OK)
            return status;
        status = mark_sent(s, seq + done, part, dl, e);
        store_leave(s);
    }
    return status;
}

/* ---- what has grown old ---- */

/* Of content key `k`: an open event needs it, or a host has work to do on it. */
#define NEEDED(k)                                                                                  \
    "(EXISTS(SELECT 1 FROM event e WHERE e.ck = " k " AND " OPEN ")"                               \
    " OR EXISTS(SELECT 1 FROM decision d JOIN delivery v ON v.decision = d.id"                     \
    " WHERE d.ck = " k " AND v.acked IS NULL))"

/* One kind of rows. Of a window, ?1 and ?2 are its first and last row, ?3 the age, ?4 `relayed`. */
struct kind {
    const char *window; /* the last row of the window after ?1 of ?2 rows, and how many these are */
    const char *some;   /* whether anything in it may go */
    const char *go;     /* NULL: items_go() */
};

#define BODY_GOES                                                                                  \
    "e.seq > ?1 AND e.seq <= ?2 AND e.body IS NOT NULL AND e.at < ?3 AND (e.sent IS NOT NULL"      \
    " OR (?4 = 0 AND (" DECIDED " OR NOT " REVIEWABLE ")))"

/* The newest item stays: its number must not be given to another one, which old events would then
 * mean. */
#define ITEM_MAY_GO                                                                                \
    "i.id > ?1 AND i.id <= ?2 AND i.at < ?3 AND ?4 >= 0 AND i.id < (SELECT max(id) FROM item)"

#define CONTENT_GOES                                                                               \
    "c.rowid > ?1 AND c.rowid <= ?2 AND c.last < ?3 AND ?4 >= 0"                                   \
    " AND NOT EXISTS(SELECT 1 FROM item i WHERE i.ck = c.ck) AND NOT " NEEDED("c.ck")

static const struct kind kinds[STORE_TIDIED] = {
    {"SELECT max(seq), count(*) FROM (SELECT seq FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2)",
     "SELECT 1 FROM event e WHERE " BODY_GOES " LIMIT 1",
     "UPDATE event AS e SET body = NULL WHERE " BODY_GOES},
    {"SELECT max(id), count(*) FROM (SELECT id FROM item WHERE id > ?1 ORDER BY id LIMIT ?2)",
     "SELECT i.id, i.ck FROM item i WHERE " ITEM_MAY_GO, NULL},
    {"SELECT max(rowid), count(*)"
     " FROM (SELECT rowid FROM content WHERE rowid > ?1 ORDER BY rowid LIMIT ?2)",
     "SELECT 1 FROM content c WHERE " CONTENT_GOES " LIMIT 1",
     "DELETE FROM content AS c WHERE " CONTENT_GOES},
};

/* Where the window after `from` ends, and whether it is a full one. */
static int window_end(
    struct store *s, const struct kind *k, uint64_t from, uint64_t *to, bool *full, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, k->window);
    bind_u64(stmt, 1, from);
    bind_u64(stmt, 2, WINDOW);
    int rc = store_step(s, stmt, "reading old rows", e);
    if (rc == STORE_ROW) {
        *to = column_u64(stmt, 0);
        *full = column_u64(stmt, 1) == WINDOW;
    }
    (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

static sqlite3_stmt *bind_window(struct store *s, const char *sql, uint64_t from, uint64_t to)
{
    uint64_t now = time_wall_ms(), keep = s->options.keep_ms;
    sqlite3_stmt *stmt = store_statement(s, sql);
    bind_u64(stmt, 1, from);
    bind_u64(stmt, 2, to);
    bind_u64(stmt, 3, now > keep ? now - keep : 0);
    bind_u64(stmt, 4, s->options.relayed);
    return stmt;
}

/* An item without a content is known to its event alone. */
static sqlite3_stmt *item_needed(struct store *s, uint64_t id, const char *ck)
{
    sqlite3_stmt *stmt = NULL;
    if (ck[0]) {
        stmt = store_statement(s, "SELECT " NEEDED("?1"));
        bind_text(stmt, 1, ck);
        return stmt;
    }
    stmt = store_statement(s, "SELECT EXISTS(SELECT 1 FROM event e WHERE e.ck IS NULL"
                              " AND e.item = ?1 AND (" OPEN " OR EXISTS(SELECT 1 FROM decision d"
                              " JOIN delivery v ON v.decision = d.id"
                              " WHERE d.event_id = e.id AND v.acked IS NULL)))");
    bind_u64(stmt, 1, id);
    return stmt;
}

/* Items of one content stand or fall together, and may be many: each content is asked about once. */
static int item_stays(
    struct store *s, struct memo *asked, uint64_t id, const char *ck, bool *stays, struct error *e)
{
    bool fresh = true;
    uint64_t own = 0, *needed = ck[0] ? memo_at(asked, ck, &fresh) : &own;
    if (!needed)
        return error_memory(e);
    int status = LMOD_OK;
    if (fresh)
        status = statement_number(s, item_needed(s, id, ck), needed, "reading old rows", e);
    *stays = *needed != 0;
    return status;
}

static int items_go(struct store *s, sqlite3_stmt *may, struct error *e)
{
    int rc = STORE_DONE;
    size_t n = 0;
    uint64_t gone[WINDOW];
    struct memo asked = {NULL};
    while (n < WINDOW && (rc = store_step(s, may, "reading old rows", e)) == STORE_ROW) {
        bool stays = true;
        const char *ck = column_text(may, 1);
        gone[n] = column_u64(may, 0);
        if ((rc = item_stays(s, &asked, gone[n], ck ? ck : "", &stays, e)) < 0)
            break;
        n += !stays;
    }
    for (size_t i = 0; i < n && rc >= 0; i++) {
        sqlite3_stmt *stmt = store_statement(s, "DELETE FROM item WHERE id = ?1");
        bind_u64(stmt, 1, gone[i]);
        rc = store_run(s, stmt, "removing old rows", e);
    }
    memo_finish(&asked);
    return rc < 0 ? rc : LMOD_OK;
}

/* Looks before it writes: mostly there is nothing, and writers need not wait. */
static int tidy_window(
    struct store *s, const struct kind *k, uint64_t from, uint64_t to, uint64_t dl, struct error *e)
{
    sqlite3_stmt *stmt = bind_window(s, k->some, from, to);
    int status = store_step(s, stmt, "reading old rows", e);
    (void)sqlite3_reset(stmt);
    if (status != STORE_ROW)
        return status;
    status = store_begin(s, false, dl, e);
    if (status != LMOD_OK)
        return status;
    status = k->go ? store_run(s, bind_window(s, k->go, from, to), "removing old rows", e)
                   : items_go(s, bind_window(s, k->some, from, to), e);
    return store_end(s, status, false, e);
}

int store_tidy(struct store *s, uint64_t dl, bool *more, struct error *e)
{
    struct tidying *t = &s->tidying;
    uint64_t to = 0;
    bool full = false;
    *more = false;
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    status = window_end(s, &kinds[t->kind], t->after, &to, &full, e);
    if (status == LMOD_OK && to > t->after)
        status = tidy_window(s, &kinds[t->kind], t->after, to, dl, e);
    if (status == LMOD_OK) {
        t->after = full ? to : 0;
        t->kind = full ? t->kind : (t->kind + 1) % STORE_TIDIED;
        *more = full || t->kind != 0;
    }
    store_leave(s);
    return status;
}
