/*
 * The review queue and the stream of events. A first statement walks the events in order, by keys
 * alone; a second one reads the rest of each that is asked for. The first stays open meanwhile, so
 * that all of it is read from one state of the store.
 */
#include "store/decide.h"

#include <string.h>

/* ---- which events, in which order: parameters ?1 since, ?2 after, ?3 review, ?4 status, ?5 harm,
 *      ?6 limit (-1: all); columns seq, decision ---- */

#define LAST "(SELECT d.id FROM decision d WHERE " ABOUT " ORDER BY d.at DESC, d.id DESC LIMIT 1)"
#define PICK                                                                                       \
    "e.at >= ?1 AND e.seq > ?2 AND (?4 <> 1 OR " OPEN ") AND (?4 <> 2 OR " DECIDED ")"             \
    " AND (?5 IS NULL OR " HARM " = ?5)"

static sqlite3_stmt *walk_by_seq(struct store *s)
{
    return store_statement(s, "SELECT e.seq FROM event e WHERE " PICK " AND (?3 = 0 OR " REVIEWABLE
                              ") ORDER BY e.seq LIMIT ?6");
}

static sqlite3_stmt *walk_by_deadline(struct store *s)
{
    return store_statement(
        s, "SELECT e.seq FROM event e WHERE " PICK " AND " REVIEWABLE
           " ORDER BY e.deadline IS NULL, e.deadline, e.prio DESC, e.at, e.seq LIMIT ?6");
}

static sqlite3_stmt *walk_all_by_deadline(struct store *s)
{
    return store_statement(
        s, "SELECT e.seq FROM event e WHERE " PICK
           " ORDER BY e.deadline IS NULL, e.deadline, e.prio DESC, e.at, e.seq LIMIT ?6");
}

/* Two of those whose ids begin with `id`, to know whether there is one. */
static sqlite3_stmt *walk_by_id(struct store *s, const char *id)
{
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT e.seq FROM event e WHERE e.id >= ?1 AND e.id < ?1 || '~'"
                           " ORDER BY e.id LIMIT 2");
    bind_text(stmt, 1, id);
    return stmt;
}

static sqlite3_stmt *walk(struct store *s, const struct store_filter *f)
{
    sqlite3_stmt *stmt = !f->by_deadline ? walk_by_seq(s)
                         : f->review     ? walk_by_deadline(s)
                                         : walk_all_by_deadline(s);
    bind_u64(stmt, 1, f->since);
    bind_u64(stmt, 2, f->after);
    if (!f->by_deadline)
        bind_u64(stmt, 3, f->review);
    bind_u64(stmt, 4, f->status == QUEUE_OPEN ? 1 : f->status == QUEUE_DECIDED ? 2 : 0);
    bind_text(stmt, 5, f->harm);
    bind_u64(stmt, 6, f->limit ? f->limit : UINT64_MAX);
    return stmt;
}

/* ---- one event ---- */

#define EVENT_COLUMNS                                                                              \
    "e.seq, e.id, e.type, e.ck, c.cluster, e.body, c.kind, e.at, e.deadline, e.sent, "             \
    "e.prio, " ITEM_COLUMNS
#define EVENT_JOINS                                                                                \
    " FROM event e LEFT JOIN content c ON c.ck = e.ck LEFT JOIN item i ON i.id = e.item"
enum { ITEM_AT = 11, HARM_AT = 17, DECISION_AT = 18 };

static sqlite3_stmt *details(struct store *s, bool review)
{
    if (review)
        return store_statement(s, "SELECT " EVENT_COLUMNS ", " HARM ", d.id, d.action, d.scope,"
                                  " d.reason, d.reviewer, d.at" EVENT_JOINS
                                  " LEFT JOIN decision d ON d.id = " LAST " WHERE e.seq = ?1");
    return store_statement(s, "SELECT " EVENT_COLUMNS EVENT_JOINS " WHERE e.seq = ?1");
}

static struct store_listed listed_read(sqlite3_stmt *stmt, bool review)
{
    struct store_listed r = {
        .seq = column_u64(stmt, 0),
        .id = column_text(stmt, 1),
        .type = column_text(stmt, 2),
        .ck = column_text(stmt, 3),
        .cluster = column_text(stmt, 4),
        .body = column_text(stmt, 5),
        .kind = column_text(stmt, 6),
        .at = column_u64(stmt, 7),
        .deadline = column_u64(stmt, 8),
        .sent = column_u64(stmt, 9),
        .prio = (uint8_t)column_u64(stmt, 10),
        .item = store_item_read(stmt, ITEM_AT),
    };
    if (!review)
        return r;
    r.harm = column_text(stmt, HARM_AT);
    r.decision = column_text(stmt, DECISION_AT);
    r.action = column_text(stmt, DECISION_AT + 1);
    r.scope = column_text(stmt, DECISION_AT + 2);
    r.reason = column_text(stmt, DECISION_AT + 3);
    r.reviewer = column_text(stmt, DECISION_AT + 4);
    r.decided_at = column_u64(stmt, DECISION_AT + 5);
    return r;
}

/* ---- how many of its cluster are open ---- */

static int
count_cluster(struct store *s, struct memo *counts, struct store_listed *r, struct error *e)
{
    bool fresh = false;
    if (!r->cluster) { /* an item without a content stands for itself */
        r->count = r->action == NULL && (strcmp(r->type, "libmod.match.v1") == 0 ||
                                         strcmp(r->type, "libmod.report.v1") == 0);
        return LMOD_OK;
    }
    uint64_t *n = memo_at(counts, r->cluster, &fresh);
    if (!n)
        return error_memory(e);
    int status = LMOD_OK;
    if (fresh) {
        sqlite3_stmt *stmt = store_statement(
            s, "SELECT count(*) FROM content c CROSS JOIN event e ON e.ck = c.ck"
               " WHERE (c.ck = ?1 OR (c.cluster = ?1 AND c.cluster <> c.ck)) AND " OPEN);
        bind_text(stmt, 1, r->cluster);
        status = statement_number(s, stmt, n, "counting events", e);
    }
    r->count = *n;
    return status;
}

/* ---- all of it ---- */

struct listing {
    const struct store_filter *filter;
    store_listed_fn each;
    void *user;
    struct memo counts;
};

static int list_one(struct store *s, struct listing *l, uint64_t seq, struct error *e)
{
    bool review = l->filter->review || l->filter->id;
    sqlite3_stmt *stmt = details(s, review);
    bind_u64(stmt, 1, seq);
    int status = store_step(s, stmt, "reading events", e);
    if (status != STORE_ROW)
        return status;
    struct store_listed r = listed_read(stmt, review);
    status = LMOD_OK;
    if (review)
        status = count_cluster(s, &l->counts, &r, e);
    if (status == LMOD_OK)
        status = l->each(l->user, &r);
    (void)sqlite3_reset(stmt);
    return status;
}

static int list_all(struct store *s, struct listing *l, struct error *e)
{
    int rc;
    sqlite3_stmt *stmt = walk(s, l->filter);
    while ((rc = store_step(s, stmt, "reading events", e)) == STORE_ROW) {
        int status = list_one(s, l, column_u64(stmt, 0), e);
        if (status != LMOD_OK)
            return status;
    }
    return rc;
}

static int list_by_id(struct store *s, struct listing *l, const char *id, struct error *e)
{
    sqlite3_stmt *stmt = walk_by_id(s, id);
    int rc = store_step(s, stmt, "reading events", e);
    if (rc == STORE_DONE)
        return error_set(e, LMOD_E_NOT_FOUND, "there is no event %s", id);
    uint64_t seq = rc == STORE_ROW ? column_u64(stmt, 0) : 0;
    if (rc == STORE_ROW)
        rc = store_step(s, stmt, "reading events", e);
    if (rc == STORE_ROW)
        return error_set(e, LMOD_E_STATE, "several events begin with %s: give more of it", id);
    return rc < 0 ? rc : list_one(s, l, seq, e);
}

int store_list(struct store *s,
               const struct store_filter *f,
               uint64_t dl,
               store_listed_fn each,
               void *user,
               struct error *e)
{
    struct listing l = {.filter = f, .each = each, .user = user};
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    status = f->id ? list_by_id(s, &l, f->id, e) : list_all(s, &l, e);
    store_leave(s);
    memo_finish(&l.counts);
    return status;
}
