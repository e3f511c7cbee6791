/*
 * The hosts' work on decisions: many processes of a host, one that acts. Whoever claims a decision
 * holds it for its lease; when it dies in between, the next one gets it. Decisions of one content
 * never overtake each other.
 */
#include "store/decide.h"

#include <stdlib.h>
#include <string.h>

enum {
    LEASE_MAX_S = 86400, /* a lease that ends later was written by a clock that was wrong */
    ROUNDS = 64,         /* how often others may be quicker */
};

/* Of delivery `v`, with the time as ?2. */
#define LEASED(v) "(" v ".lease_until > ?2 AND " v ".lease_until <= ?2 + 86400000)"
#define FREE      "v.acked IS NULL AND NOT " LEASED("v")
/* … and its decision `d`: another one of the same content or event is being worked on. An earlier one
 * that is not is the one to claim first. */
#define BLOCKED                                                                                    \
    "EXISTS(SELECT 1 FROM decision o CROSS JOIN delivery w ON w.decision = o.id"                   \
    " AND w.host = v.host WHERE (o.ck = d.ck OR o.event_id = d.event_id) AND o.id <> d.id"         \
    " AND w.acked IS NULL AND " LEASED("w") ")"

/* ---- what is claimed, in one allocation: measured first, then filled ---- */

struct claim {
    struct store_claimed *c; /* NULL: measuring */
    char *text;
    size_t size, items;
};

static struct store_text keep(struct claim *k, struct store_text from)
{
    char *to = k->text;
    k->size += from.at ? from.size + 1 : 0;
    if (!k->c || !from.at)
        return (struct store_text){NULL, 0};
    memcpy(to, from.at, from.size);
    to[from.size] = '\0';
    k->text += from.size + 1;
    return (struct store_text){to, from.size};
}

/* A column that is never missing, but may be empty: which has no blob. */
static const char *keep_column(struct claim *k, sqlite3_stmt *stmt, int at)
{
    struct store_text t = column_bytes(stmt, at);
    return keep(k, t.at ? t : (struct store_text){"", 0}).at;
}

static int keep_decision(struct store *s, struct claim *k, const char *id, struct error *e)
{
    struct store_claimed unused, *c = k->c ? k->c : &unused;
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT id, event_id, action, scope, ck, reason, at FROM decision"
                           " WHERE id = ?1");
    bind_text(stmt, 1, id);
    int rc = store_step(s, stmt, "reading decisions", e);
    if (rc != STORE_ROW)
        return rc < 0 ? rc : LMOD_E_INTERNAL;
    column_copy(stmt, 0, c->decision, sizeof(c->decision));
    column_copy(stmt, 1, c->event, sizeof(c->event));
    c->action = keep_column(k, stmt, 2);
    c->scope = keep_column(k, stmt, 3);
    c->content = keep_column(k, stmt, 4);
    c->reason = keep(k, column_bytes(stmt, 5)).at;
    c->at = column_u64(stmt, 6);
    (void)sqlite3_reset(stmt);
    return LMOD_OK;
}

static sqlite3_stmt *items_of(struct store *s, const char *scope)
{
    if (strcmp(scope, "content") == 0)
        return store_statement(s, "SELECT " ITEM_COLUMNS " FROM decision d JOIN item i"
                                  " ON i.ck = d.ck WHERE d.id = ?1 AND i.host = ?2 ORDER BY i.id");
    if (strcmp(scope, "sender") == 0)
        return store_statement(
            s, "SELECT " ITEM_COLUMNS " FROM decision d JOIN event e ON e.id = d.event_id"
               " JOIN item o ON o.id = e.item JOIN item i ON i.host = o.host"
               " AND i.sender = o.sender WHERE d.id = ?1 AND i.host = ?2 ORDER BY i.id");
    if (strcmp(scope, "room") == 0)
        return store_statement(
            s, "SELECT " ITEM_COLUMNS " FROM decision d JOIN event e ON e.id = d.event_id"
               " JOIN item o ON o.id = e.item JOIN item i ON i.host = o.host"
               " AND i.room = o.room WHERE d.id = ?1 AND i.host = ?2 ORDER BY i.id");
    return store_statement(s, "SELECT " ITEM_COLUMNS " FROM decision d JOIN event e"
                              " ON e.id = d.event_id JOIN item i ON i.id = e.item"
                              " WHERE d.id = ?1 AND i.host = ?2");
}

static int keep_items(struct store *s,
                      struct claim *k,
                      const char *id,
                      const char *scope,
                      struct store_text host,
                      struct error *e)
{
    int rc;
    sqlite3_stmt *stmt = items_of(s, scope);
    bind_text(stmt, 1, id);
    bind_bytes(stmt, 2, host);
    k->items = 0;
    while ((rc = store_step(s, stmt, "reading items", e)) == STORE_ROW) {
        struct store_item i = store_item_read(stmt, 0);
        i.host = keep(k, i.host);
        i.ref = keep(k, i.ref);
        i.room = keep(k, i.room);
        i.sender = keep(k, i.sender);
        if (k->c)
            k->c->item[k->items] = i;
        k->items++;
    }
    return rc;
}

/* Inside a transaction, so that both times find the same. */
static int read_claim(struct store *s,
                      const char *id,
                      const char *scope,
                      struct store_text host,
                      struct store_claimed **out,
                      struct error *e)
{
    struct claim k = {0};
    int status = keep_decision(s, &k, id, e);
    if (status == LMOD_OK)
        status = keep_items(s, &k, id, scope, host, e);
    if (status != LMOD_OK)
        return status;
    struct store_claimed *c = calloc(1, sizeof(*c) + k.items * sizeof(*c->item) + k.size);
    if (!c)
        return error_memory(e);
    c->item = (struct store_item *)(void *)(c + 1);
    c->items = k.items;
    k = (struct claim){.c = c, .text = (char *)(c->item + k.items)};
    status = keep_decision(s, &k, id, e);
    if (status == LMOD_OK)
        status = keep_items(s, &k, id, scope, host, e);
    if (status == LMOD_OK)
        *out = c;
    else
        free(c);
    return status;
}

/* ---- claiming ---- */

static int
is_blocked(struct store *s, const char *id, struct store_text host, uint64_t now, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, "SELECT 1 FROM delivery v JOIN decision d"
                                            " ON d.id = v.decision WHERE v.decision = ?3"
                                            " AND v.host = ?1 AND " BLOCKED);
    bind_bytes(stmt, 1, host);
    bind_u64(stmt, 2, now);
    bind_text(stmt, 3, id);
    int rc = store_step(s, stmt, "reading decisions", e);
    (void)sqlite3_reset(stmt);
    return rc;
}

/* The oldest one that can be claimed, read whole. */
static int find_inside(struct store *s,
                       struct store_text host,
                       uint64_t now,
                       struct store_claimed **out,
                       struct error *e)
{
    char id[STORE_ID], scope[16];
    int rc, blocked = STORE_ROW;
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT d.id, d.scope FROM delivery v CROSS JOIN decision d ON d.id = v.decision"
           " WHERE v.host = ?1 AND " FREE " ORDER BY d.at, d.id");
    bind_bytes(stmt, 1, host);
    bind_u64(stmt, 2, now);
    while (blocked == STORE_ROW &&
           (rc = store_step(s, stmt, "reading decisions", e)) != STORE_DONE) {
        if (rc < 0)
            return rc;
        column_copy(stmt, 0, id, sizeof(id));
        column_copy(stmt, 1, scope, sizeof(scope));
        blocked = is_blocked(s, id, host, now, e);
    }
    if (blocked == STORE_ROW)
        return error_set(e, LMOD_E_NOT_FOUND, "no decision waits for this host");
    return blocked < 0 ? blocked : read_claim(s, id, scope, host, out, e);
}

static int find(struct store *s,
                struct store_text host,
                uint64_t now,
                struct store_claimed **out,
                struct error *e)
{
    int status = store_run(s, store_statement(s, "BEGIN"), "reading decisions", e);
    if (status == LMOD_OK)
        status = store_end(s, find_inside(s, host, now, out, e), false, e);
    return status;
}

/* `*won` false: meanwhile it was claimed, acknowledged or undone, or is no longer the next one. */
static int lease(struct store *s,
                 struct store_claimed *c,
                 struct store_text host,
                 const char *who,
                 uint64_t dl,
                 bool *won,
                 struct error *e)
{
    int status = store_begin(s, false, dl, e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt = store_statement(
        s, "UPDATE delivery AS v SET lease_by = ?4, lease_until = ?5, tries = tries + 1"
           " FROM decision d WHERE v.decision = ?3 AND v.host = ?1 AND d.id = v.decision"
           " AND " FREE " AND NOT " BLOCKED " RETURNING tries");
    bind_bytes(stmt, 1, host);
    bind_u64(stmt, 2, time_wall_ms());
    bind_text(stmt, 3, c->decision);
    bind_text(stmt, 4, who);
    bind_u64(stmt, 5, c->lease_until);
    status = store_step(s, stmt, "claiming a decision", e);
    *won = status == STORE_ROW;
    if (*won) {
        c->tries = (uint32_t)column_u64(stmt, 0);
        status = store_run(s, stmt, "claiming a decision", e); /* to its end */
    }
    return store_end(s, status, false, e);
}

int store_claim(struct store *s,
                struct store_text host,
                const char *who,
                uint32_t lease_s,
                uint64_t dl,
                struct store_claimed **out,
                struct error *e)
{
    bool won = false;
    struct store_claimed *c = NULL;
    struct store_text of = host.at ? host : (struct store_text){"", 0};
    *out = NULL;
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    for (int i = 0; i < ROUNDS && status == LMOD_OK && !won; i++) {
        uint64_t now = time_wall_ms();
        free(c);
        c = NULL;
        status = find(s, of, now, &c, e);
        if (status != LMOD_OK || !c)
            break;
        c->lease_until = now + (uint64_t)(lease_s < LEASE_MAX_S ? lease_s : LEASE_MAX_S) * 1000;
        status = lease(s, c, of, who, dl, &won, e);
    }
    store_leave(s);
    if (status == LMOD_OK && !won)
        status = error_set(e, LMOD_E_NOT_FOUND, "others were quicker");
    if (status == LMOD_OK)
        *out = c;
    else
        free(c);
    return status;
}

/* ---- acknowledging ---- */

static int acknowledge(struct store *s,
                       const char *decision,
                       struct store_text host,
                       uint32_t outcome,
                       bool again,
                       struct error *e)
{
    sqlite3_stmt *stmt =
        again ? store_statement(s, "UPDATE delivery SET lease_by = NULL, lease_until = 0"
                                   " WHERE decision = ?1 AND host = ?2 AND acked IS NULL")
              : store_statement(s, "UPDATE delivery SET acked = ?3, outcome = ?4"
                                   " WHERE decision = ?1 AND host = ?2 AND outcome IS NULL");
    bind_text(stmt, 1, decision);
    bind_bytes(stmt, 2, host);
    if (!again) {
        bind_u64(stmt, 3, time_wall_ms());
        bind_u64(stmt, 4, outcome);
    }
    int status = store_run(s, stmt, "acknowledging a decision", e);
    if (status != LMOD_OK || sqlite3_changes(s->db) > 0)
        return status;
    stmt = store_statement(s, "SELECT 1 FROM delivery WHERE decision = ?1 AND host = ?2");
    bind_text(stmt, 1, decision);
    bind_bytes(stmt, 2, host);
    int rc = store_step(s, stmt, "acknowledging a decision", e);
    (void)sqlite3_reset(stmt);
    if (rc == STORE_DONE)
        return error_set(e, LMOD_E_NOT_FOUND, "no decision %s is for this host", decision);
    return rc < 0 ? rc : LMOD_OK;
}

int store_ack(struct store *s,
              const char *decision,
              struct store_text host,
              uint32_t outcome,
              bool again,
              uint64_t dl,
              struct error *e)
{
    struct store_text of = host.at ? host : (struct store_text){"", 0};
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    status = store_begin(s, true, dl, e);
    if (status == LMOD_OK) {
        status = acknowledge(s, decision, of, outcome, again, e);
        status = store_end(s, status, false, e);
    }
    store_leave(s);
    return status;
}

int store_waiting(struct store *s, uint64_t dl, bool *waiting, struct error *e)
{
    *waiting = false;
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT 1 FROM delivery v CROSS JOIN decision d ON d.id = v.decision WHERE " FREE
           " AND NOT " BLOCKED " LIMIT 1");
    bind_u64(stmt, 2, time_wall_ms());
    status = store_step(s, stmt, "reading decisions", e);
    *waiting = status == STORE_ROW;
    store_leave(s);
    return status < 0 ? status : LMOD_OK;
}
