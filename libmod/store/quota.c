/*
 * The quota: what is refused when the file is nearly full, and what goes before an event is refused.
 * Nothing that somebody still has to see, deliver or act on ever goes.
 */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    SEEN_PERCENT = 50, /* rows without an event: they are many, and only of use to later lists */
    LOW_PERCENT = 80,
    MEDIUM_PERCENT = 95,
    HIGH_PERCENT = 100,
    OPS_PERCENT = 110, /* gap and list events, which say that others are refused */
    LOOKED_AT = 1024,  /* events looked at in one go … */
    EVICTED = 128,     /* … of which so many go at most */
    EVICT_WAIT_MS = 1000,
};

static uint64_t pragma(struct store *s, const char *sql)
{
    sqlite3_stmt *stmt = store_statement(s, sql);
    uint64_t value = stmt && sqlite3_step(stmt) == SQLITE_ROW ? column_u64(stmt, 0) : 0;
    if (stmt)
        (void)sqlite3_reset(stmt);
    return value;
}

uint64_t store_used(struct store *s)
{
    uint64_t pages = pragma(s, "PRAGMA page_count"), unused = pragma(s, "PRAGMA freelist_count");
    return (pages - unused) * pragma(s, "PRAGMA page_size");
}

static unsigned percent_for(const struct store_event *ev)
{
    if (!ev)
        return SEEN_PERCENT;
    if (ev->type &&
        (strcmp(ev->type, "libmod.gap.v1") == 0 || strcmp(ev->type, "libmod.list.v1") == 0))
        return OPS_PERCENT;
    if (ev->severity >= SEVERITY_HIGH)
        return HIGH_PERCENT;
    return ev->severity == SEVERITY_MEDIUM ? MEDIUM_PERCENT : LOW_PERCENT;
}

bool quota_refuses(const struct store *s, const struct store_event *ev, uint64_t used)
{
    return s->options.quota && used >= s->options.quota / 100 * percent_for(ev);
}

/* ---- eviction ---- */

struct gone {
    uint64_t seq;
    char ck[CK_BYTES];
};

/* Decisions `d` about event `e`. */
#define ABOUT                                                                                      \
    "SELECT 1 FROM decision d WHERE d.event_id = e.id UNION ALL"                                   \
    " SELECT 1 FROM decision d WHERE d.ck = e.ck AND d.scope = 'content' AND d.at >= e.at"
/* … that a host still has to carry out. */
#define WAITING                                                                                    \
    "SELECT 1 FROM decision d JOIN delivery v ON v.decision = d.id"                                \
    " WHERE d.event_id = e.id AND v.acked IS NULL UNION ALL"                                       \
    " SELECT 1 FROM decision d JOIN delivery v ON v.decision = d.id"                               \
    " WHERE d.ck = e.ck AND v.acked IS NULL"

/* The next events, oldest first, that are delivered or, where nobody delivers, decided or old.
 * `*looked`: the last seq that was looked at. */
static int
find_gone(struct store *s, struct gone *gone, size_t *n, uint64_t *looked, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT seq, ck, (sent IS NOT NULL OR (?3 = 0 AND (at < ?4 OR EXISTS(" ABOUT "))))"
           " AND NOT EXISTS(" WAITING ") FROM event e WHERE seq > ?1 ORDER BY seq LIMIT ?2");
    uint64_t now = time_wall_ms(), keep = s->options.keep_ms;
    bind_u64(stmt, 1, s->evict_at);
    bind_u64(stmt, 2, LOOKED_AT);
    bind_u64(stmt, 3, s->options.relayed);
    bind_u64(stmt, 4, now > keep ? now - keep : 0);
    int rc;
    *n = 0;
    *looked = 0;
    while (*n < EVICTED && (rc = store_step(s, stmt, "making room", e)) == STORE_ROW) {
        *looked = column_u64(stmt, 0);
        struct store_text ck = column_bytes(stmt, 1);
        if (!column_u64(stmt, 2))
            continue;
        struct gone *g = &gone[(*n)++];
        *g = (struct gone){.seq = *looked};
        if (ck.at && ck.size < sizeof(g->ck))
            memcpy(g->ck, ck.at, ck.size);
    }
    if (*n == EVICTED) {
        (void)sqlite3_reset(stmt);
        return LMOD_OK;
    }
    return rc < 0 ? rc : LMOD_OK;
}

/* The event; and when it was the last of its content, what is known of that, too. */
static int remove_event(struct store *s, const struct gone *g, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, "DELETE FROM event WHERE seq = ?1");
    bind_u64(stmt, 1, g->seq);
    int status = store_run(s, stmt, "making room", e);
    if (status != LMOD_OK || !g->ck[0])
        return status;
    stmt = store_statement(s, "DELETE FROM item WHERE ck = ?1"
                              " AND NOT EXISTS(SELECT 1 FROM event WHERE ck = ?1)");
    bind_text(stmt, 1, g->ck);
    status = store_run(s, stmt, "making room", e);
    if (status != LMOD_OK)
        return status;
    stmt = store_statement(s, "DELETE FROM content WHERE ck = ?1"
                              " AND NOT EXISTS(SELECT 1 FROM event WHERE ck = ?1)");
    bind_text(stmt, 1, g->ck);
    return store_run(s, stmt, "making room", e);
}

static int evict(struct store *s, struct error *e)
{
    size_t n = 0;
    uint64_t looked = 0;
    struct gone *gone = array_new(EVICTED, sizeof(*gone));
    if (!gone)
        return error_memory(e);
    int status = find_gone(s, gone, &n, &looked, e);
    for (size_t i = 0; i < n && status == LMOD_OK; i++)
        status = remove_event(s, &gone[i], e);
    free(gone);
    if (status != LMOD_OK)
        return status;
    s->evict_at = looked;
    if (looked == 0) /* the end: from the beginning again, after a while */
        s->evict_due = time_now_ns() + EVICT_WAIT_MS * UINT64_C(1000000);
    return LMOD_OK;
}

int quota_make_room(struct store *s, const struct put *batch, uint64_t *used, struct error *e)
{
    bool short_of_it = false;
    *used = s->options.quota ? store_used(s) : 0;
    for (const struct put *p = batch; p && !short_of_it; p = p->next)
        short_of_it = p->row.event && quota_refuses(s, p->row.event, *used);
    if (!short_of_it || time_now_ns() < s->evict_due)
        return LMOD_OK;
    int status = evict(s, e);
    *used = store_used(s);
    return status;
}
