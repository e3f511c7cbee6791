/* Taking a decision back. */
#include "store/decide.h"

#include <string.h>

/* What no host has begun with need not be done. */
static int cancel_unclaimed(struct store *s, const struct last *last, uint64_t at, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "UPDATE delivery SET acked = ?2 WHERE decision = ?1 AND acked IS NULL AND tries = 0");
    bind_text(stmt, 1, last->id);
    bind_u64(stmt, 2, at);
    return store_run(s, stmt, "taking a decision back", e);
}

/* Also what the decision put there of a content that is not known any more. */
static int
leave_local(struct store *s, struct deciding *w, const struct last *last, struct error *e)
{
    int status = signals_leave(s, w, "local", e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt =
        store_statement(s, "UPDATE entry SET status = 'withdrawn', gen = ?2 WHERE list = 'local'"
                           " AND decision = ?1 AND status = 'active'");
    bind_text(stmt, 1, last->id);
    bind_u64(stmt, 2, w->gen);
    status = store_run(s, stmt, "writing entries", e);
    if (status == LMOD_OK)
        w->out->entries += (uint32_t)sqlite3_changes(s->db);
    return status;
}

/* remove, hold, add_to_list: the item comes back, its content is no longer listed but allowed. */
static int restore(struct store *s, struct deciding *w, const struct last *last, struct error *e)
{
    int status = deciding_keep(s, w, "restore", last->scope, e);
    if (status == LMOD_OK)
        status = leave_local(s, w, last, e);
    if (status == LMOD_OK)
        status = signals_join(s, w, "allow", e);
    if (status == LMOD_OK)
        status = cancel_unclaimed(s, last, w->at, e);
    return status == LMOD_OK ? deciding_deliver(s, w, last->scope, e) : status;
}

static int
leave_allow(struct store *s, struct deciding *w, const struct last *last, struct error *e)
{
    sqlite3_stmt *stmt =
        store_statement(s, "UPDATE entry SET status = 'withdrawn', gen = ?2 WHERE list = 'allow'"
                           " AND decision = ?1 AND status = 'active'");
    bind_text(stmt, 1, last->id);
    bind_u64(stmt, 2, w->gen);
    int status = store_run(s, stmt, "writing entries", e);
    if (status == LMOD_OK)
        w->out->entries += (uint32_t)sqlite3_changes(s->db);
    return status;
}

/* Every decision about the event becomes history, and this one with them. */
static int void_all(struct store *s, const struct deciding *w, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "UPDATE delivery SET acked = ?2 WHERE acked IS NULL AND decision IN"
           " (SELECT d.id FROM decision d JOIN event e ON e.id = ?1 WHERE " ABOUT ")");
    bind_text(stmt, 1, w->target.event);
    bind_u64(stmt, 2, w->at);
    int status = store_run(s, stmt, "taking a decision back", e);
    if (status != LMOD_OK)
        return status;
    stmt = store_statement(
        s, "UPDATE decision SET event_id = '-' || event_id, ck = '-' || ck WHERE id IN"
           " (SELECT d.id FROM decision d JOIN event e ON e.id = ?1 WHERE " ABOUT ")");
    bind_text(stmt, 1, w->target.event);
    return store_run(s, stmt, "taking a decision back", e);
}

/* dismiss, withdraw, restore: the event is open again. */
static int reopen(struct store *s, struct deciding *w, const struct last *last, struct error *e)
{
    int status = deciding_keep(s, w, "undo", last->scope, e);
    if (status == LMOD_OK)
        status = leave_allow(s, w, last, e);
    return status == LMOD_OK ? void_all(s, w, e) : status;
}

static int undo(struct store *s, struct deciding *w, struct error *e)
{
    struct last last;
    uint32_t action = 0;
    int rc = deciding_last(s, &w->target, &last, e);
    if (rc == STORE_DONE)
        return error_set(e, LMOD_E_STATE, "the event is not decided: there is nothing to undo");
    if (rc < 0)
        return rc;
    if (w->at <= last.at) /* it is the last one, whatever the clocks say */
        w->at = last.at + 1;
    (void)term_value(decision_action_terms, last.action, strlen(last.action), &action);
    if (action == DECIDE_REMOVE || action == DECIDE_HOLD || action == DECIDE_ADD_TO_LIST)
        return restore(s, w, &last, e);
    return reopen(s, w, &last, e);
}

int store_undo(struct store *s,
               const struct decision *d,
               uint64_t dl,
               struct store_decided *out,
               struct error *e)
{
    struct deciding w = {.d = d, .out = out};
    memset(out, 0, sizeof(*out));
    if (!d->event[0])
        return error_set(e, LMOD_E_ARGUMENT, "undo needs an event");
    return deciding_run(s, &w, undo, dl, e);
}
