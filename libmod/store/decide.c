/* People's decisions: one transaction for the decision, its effects on entries, the hosts' work. */
#include "store/decide.h"

#include <string.h>

enum { TIE_MS = 1000 };

/* ---- what is decided ---- */

static int find_event(struct store *s, struct target *t, const char *id, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, "SELECT e.id, e.ck, e.item, e.at, " REVIEWABLE ", " HARM
                                            " FROM event e WHERE e.id = ?1");
    bind_text(stmt, 1, id);
    int rc = store_step(s, stmt, "reading events", e);
    if (rc == STORE_DONE)
        return error_set(e, LMOD_E_NOT_FOUND, "there is no event %s", id);
    if (rc < 0)
        return rc;
    column_copy(stmt, 0, t->event, sizeof(t->event));
    column_copy(stmt, 1, t->ck, sizeof(t->ck));
    t->item = column_u64(stmt, 2);
    t->at = column_u64(stmt, 3);
    bool reviewable = column_u64(stmt, 4) != 0;
    column_copy(stmt, 5, t->harm, sizeof(t->harm));
    (void)sqlite3_reset(stmt);
    if (!reviewable)
        return error_set(e, LMOD_E_STATE, "event %s tells of the engine: nothing to decide", id);
    return LMOD_OK;
}

int deciding_find(struct store *s, struct deciding *w, struct error *e)
{
    struct target *t = &w->target;
    const char *ck = w->d->content;
    if (w->d->event[0]) {
        int status = find_event(s, t, w->d->event, e);
        if (status != LMOD_OK || !t->ck[0])
            return status;
        ck = t->ck;
    }
    int rc = signals_read(s, ck, &t->signals, e);
    if (rc < 0 || t->event[0]) /* with nothing to put on a list when its content has grown old */
        return rc < 0 ? rc : LMOD_OK;
    if (rc == STORE_DONE)
        return error_set(e, LMOD_E_NOT_FOUND, "there is no content %s", ck);
    memcpy(t->ck, ck, strlen(ck) + 1);
    return LMOD_OK;
}

int deciding_last(struct store *s, const struct target *t, struct last *out, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT d.id, d.action, d.scope, coalesce(d.reviewer, d.src, 'somebody'), d.at"
           " FROM decision d JOIN event e ON e.id = ?1 WHERE " ABOUT
           " ORDER BY d.at DESC, d.id DESC LIMIT 1");
    bind_text(stmt, 1, t->event);
    int rc = store_step(s, stmt, "reading decisions", e);
    if (rc != STORE_ROW)
        return rc;
    column_copy(stmt, 0, out->id, sizeof(out->id));
    column_copy(stmt, 1, out->action, sizeof(out->action));
    column_copy(stmt, 2, out->scope, sizeof(out->scope));
    column_copy(stmt, 3, out->reviewer, sizeof(out->reviewer));
    out->at = column_u64(stmt, 4);
    (void)sqlite3_reset(stmt);
    return STORE_ROW;
}

static int refuse_decided(struct store *s, const struct deciding *w, struct error *e)
{
    struct last last;
    char when[32];
    if (!w->target.event[0])
        return LMOD_OK;
    int rc = deciding_last(s, &w->target, &last, e);
    if (rc != STORE_ROW)
        return rc;
    time_iso(last.at, when);
    return error_set(e, LMOD_E_STATE, "decided already: %s by %s at %s", last.action, last.reviewer,
                     when);
}

/* ---- rows ---- */

int deciding_keep(struct store *s,
                  const struct deciding *w,
                  const char *action,
                  const char *scope,
                  struct error *e)
{
    const struct decision *d = w->d;
    const struct target *t = &w->target;
    sqlite3_stmt *stmt = store_statement(
        s, "INSERT INTO decision(id, event_id, ck, scope, action, reason, reviewer, at, src)"
           " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)");
    bind_text(stmt, 1, d->id);
    bind_text(stmt, 2, t->event[0] ? t->event : NULL);
    bind_text(stmt, 3, t->ck[0] ? t->ck : NULL);
    bind_text(stmt, 4, scope);
    bind_text(stmt, 5, action);
    bind_text(stmt, 6, d->reason);
    bind_text(stmt, 7, d->reviewer);
    bind_u64(stmt, 8, w->at);
    bind_text(stmt, 9, d->src);
    return store_run(s, stmt, "keeping a decision", e);
}

int deciding_deliver(struct store *s, const struct deciding *w, const char *scope, struct error *e)
{
    bool content = strcmp(scope, "content") == 0;
    sqlite3_stmt *stmt =
        content ? store_statement(s, "INSERT OR IGNORE INTO delivery(decision, host)"
                                     " SELECT DISTINCT ?1, host FROM item WHERE ck = ?2")
                : store_statement(s, "INSERT OR IGNORE INTO delivery(decision, host)"
                                     " SELECT ?1, host FROM item WHERE id = ?2 AND"
                                     " CASE ?3 WHEN 'sender' THEN sender IS NOT NULL"
                                     " WHEN 'room' THEN room IS NOT NULL ELSE 1 END");
    bind_text(stmt, 1, w->d->id);
    if (content) {
        bind_text(stmt, 2, w->target.ck[0] ? w->target.ck : NULL);
    } else {
        bind_u64(stmt, 2, w->target.item);
        bind_text(stmt, 3, scope);
    }
    return store_run(s, stmt, "keeping a decision", e);
}

/* ---- the transaction ---- */

/* Two decisions about one content in the same moment keep their order. */
static int place_in_time(struct store *s, struct deciding *w, struct error *e)
{
    uint64_t last = 0;
    w->at = w->d->at ? w->d->at : time_wall_ms();
    if (!w->target.ck[0])
        return LMOD_OK;
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT max(at) FROM decision WHERE ck = ?1 AND at < ?2");
    bind_text(stmt, 1, w->target.ck);
    bind_u64(stmt, 2, w->at + TIE_MS);
    int status = statement_number(s, stmt, &last, "reading decisions", e);
    if (last >= w->at)
        w->at = last + 1;
    return status;
}

static int know_id(struct store *s, struct deciding *w, struct error *e)
{
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT ltrim(coalesce(event_id, ''), '-') FROM decision WHERE id = ?1");
    bind_text(stmt, 1, w->d->id);
    int rc = store_step(s, stmt, "reading decisions", e);
    w->known = rc == STORE_ROW;
    if (w->known)
        column_copy(stmt, 0, w->out->event, sizeof(w->out->event));
    (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

static int run_inside(struct store *s, struct deciding *w, deciding_fn work, struct error *e)
{
    int status = know_id(s, w, e);
    if (status != LMOD_OK)
        return status;
    memcpy(w->out->decision, w->d->id, sizeof(w->out->decision));
    if (w->known)
        return store_gen_now(s, &w->out->gen, e);
    status = store_gen_next(s, &w->gen, e);
    if (status == LMOD_OK && !w->list)
        status = deciding_find(s, w, e);
    if (status == LMOD_OK)
        status = place_in_time(s, w, e);
    if (status == LMOD_OK)
        status = work(s, w, e);
    memcpy(w->out->event, w->target.event, sizeof(w->out->event));
    w->out->gen = w->gen;
    return status;
}

int deciding_run(
    struct store *s, struct deciding *w, deciding_fn work, uint64_t dl, struct error *e)
{
    const struct signals *g = &w->target.signals;
    if (!w->d->id[0])
        return error_set(e, LMOD_E_ARGUMENT, "a decision needs an id");
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    status = store_begin(s, true, dl, e);
    if (status == LMOD_OK) {
        status = run_inside(s, w, work, e);
        status = store_end(s, status, !w->known, e);
    }
    store_leave(s);
    if (status != LMOD_OK)
        memset(w->out, 0, sizeof(*w->out));
    else if (w->counted) /* it is decided, whatever becomes of the count */
        w->out->earlier = earlier_count(s, w->list ? w->row : g->row, w->list ? w->n : g->join,
                                        w->allow, w->target.event, dl);
    return status;
}

/* ---- deciding ---- */

static int change_lists(struct store *s, struct deciding *w, struct error *e)
{
    int status = LMOD_OK;
    switch (w->d->action) {
    case DECIDE_REMOVE:
        return w->d->no_list ? LMOD_OK : signals_join(s, w, "local", e);
    case DECIDE_ADD_TO_LIST:
        return signals_join(s, w, "local", e);
    case DECIDE_WITHDRAW:
        status = signals_leave(s, w, "local", e);
        return status == LMOD_OK ? signals_join(s, w, "allow", e) : status;
    case DECIDE_DISMISS:
        return signals_join(s, w, "allow", e);
    default:
        return LMOD_OK;
    }
}

static int decide(struct store *s, struct deciding *w, struct error *e)
{
    /* A content is decided as a whole when nothing says which of its items. */
    enum decision_scope by = w->target.event[0] ? w->d->scope : SCOPE_CONTENT;
    const char *scope = term_name(decision_scope_terms, by);
    int status = refuse_decided(s, w, e);
    if (status != LMOD_OK)
        return status;
    if (by == SCOPE_CONTENT && !w->target.ck[0])
        return error_set(e, LMOD_E_STATE, "the event has no content: decide its item");
    status = deciding_keep(s, w, term_name(decision_action_terms, w->d->action), scope, e);
    if (status == LMOD_OK)
        status = change_lists(s, w, e);
    if (status == LMOD_OK && w->d->action != DECIDE_ADD_TO_LIST)
        status = deciding_deliver(s, w, scope, e);
    return status;
}

int store_decide(struct store *s,
                 const struct decision *d,
                 uint64_t dl,
                 struct store_decided *out,
                 struct error *e)
{
    struct deciding w = {.d = d, .out = out};
    memset(out, 0, sizeof(*out));
    if (d->action < DECIDE_REMOVE || d->action > DECIDE_WITHDRAW)
        return error_set(e, LMOD_E_ARGUMENT, "%d is no decision", (int)d->action);
    if (d->scope < SCOPE_ITEM || d->scope > SCOPE_ROOM)
        return error_set(e, LMOD_E_ARGUMENT, "%d is no scope", (int)d->scope);
    if (!d->event[0] && !d->content[0])
        return error_set(e, LMOD_E_ARGUMENT, "a decision needs an event or a content");
    if (!d->event[0] && d->scope > SCOPE_CONTENT)
        return error_set(e, LMOD_E_ARGUMENT,
                         "a decision about a content has no sender or room: name the event");
    return deciding_run(s, &w, decide, dl, e);
}
