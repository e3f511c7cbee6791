/* What the store holds, and whether it is sound. */
#include "store/decide.h"

#include <string.h>
#include <time.h>

/* ---- stats ---- */

static int
one_number(struct store *s, sqlite3_stmt *stmt, uint64_t *out, int status, struct error *e)
{
    return status == LMOD_OK ? statement_number(s, stmt, out, "counting", e) : status;
}

#define COUNT(table) store_statement(s, "SELECT count(*) FROM " table)

/* Open and decided events in one walk. */
static int count_events(struct store *s, struct store_stats *out, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT count(*), sum(open), sum(NOT open), min(CASE WHEN open THEN at END),"
           " sum(open AND deadline < ?1) FROM (SELECT e.at AS at, e.deadline AS deadline,"
           " NOT " DECIDED " AS open FROM event e WHERE " REVIEWABLE ")");
    bind_u64(stmt, 1, time_wall_ms());
    int rc = store_step(s, stmt, "counting", e);
    if (rc == STORE_ROW) {
        out->open = column_u64(stmt, 1);
        out->decided = column_u64(stmt, 2);
        out->oldest_open = column_u64(stmt, 3);
        out->overdue = column_u64(stmt, 4);
    }
    (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

static int count_all(struct store *s, struct store_stats *out, struct error *e)
{
    int status = store_run(s, store_statement(s, "BEGIN"), "counting", e);
    if (status != LMOD_OK)
        return status;
    status = count_events(s, out, e);
    status = one_number(s, COUNT("event"), &out->events, status, e);
    status = one_number(s, COUNT("event WHERE sent IS NULL"), &out->undelivered, status, e);
    status = one_number(s, COUNT("content"), &out->contents, status, e);
    status = one_number(s, COUNT("item"), &out->items, status, e);
    status = one_number(s, COUNT("entry WHERE list = 'local' AND status = 'active'"), &out->local,
                        status, e);
    status = one_number(s, COUNT("entry WHERE list = 'allow' AND status = 'active'"), &out->allow,
                        status, e);
    status = one_number(s, COUNT("entry WHERE list = 'brake' AND status = 'active'"), &out->braked,
                        status, e);
    status = one_number(s, COUNT("delivery WHERE acked IS NULL"), &out->waiting, status, e);
    if (status == LMOD_OK)
        status = store_gen_now(s, &out->gen, e);
    out->bytes = store_used(s);
    return store_end(s, status, false, e);
}

int store_stats_get(struct store *s, uint64_t dl, struct store_stats *out, struct error *e)
{
    memset(out, 0, sizeof(*out));
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    status = count_all(s, out, e);
    memcpy(out->uuid, s->uuid, sizeof(out->uuid));
    store_leave(s);
    out->quota = s->options.quota;
    if (status != LMOD_OK)
        memset(out, 0, sizeof(*out));
    return status;
}

int store_counters(struct store *s,
                   uint64_t dl,
                   void (*each)(void *user, const char *key, uint64_t n),
                   void *user,
                   struct error *e)
{
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    /* The brake keeps times there, not counts. */
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT k, n FROM counter WHERE k NOT BETWEEN 'brake/' AND 'brake0' ORDER BY k");
    while ((status = store_step(s, stmt, "reading counters", e)) == STORE_ROW)
        each(user, column_text(stmt, 0), column_u64(stmt, 1));
    store_leave(s);
    return status;
}

/* ---- the check ---- */

struct checking {
    void (*each)(void *user, const char *finding);
    void *user;
};

/* Tells every row of a statement of one column. */
static int tell_rows(struct store *s, const struct checking *c, sqlite3_stmt *stmt, struct error *e)
{
    int rc;
    while ((rc = store_step(s, stmt, "checking", e)) == STORE_ROW) {
        const char *text = column_text(stmt, 0);
        if (text && strcmp(text, "ok") != 0)
            c->each(c->user, text);
    }
    return rc;
}

/* What refers to what; each row is a finding. */
static const char *const ours[] = {
    "SELECT 'event ' || e.id || ' is open, but its content ' || e.ck || ' is gone' FROM event e"
    " WHERE e.ck IS NOT NULL AND NOT EXISTS(SELECT 1 FROM content c WHERE c.ck = e.ck) AND " OPEN,
    "SELECT 'event ' || e.id || ' is open, but its item is gone' FROM event e WHERE e.item IS NOT"
    " NULL AND NOT EXISTS(SELECT 1 FROM item i WHERE i.id = e.item) AND " OPEN,
    "SELECT 'event ' || e.id || ' is open, but its body is gone' FROM event e"
    " WHERE e.body IS NULL AND e.sent IS NULL AND " OPEN,
    "SELECT 'item ' || i.id || ' of host ' || i.host || ' has an unknown content ' || i.ck"
    " FROM item i WHERE i.ck <> '' AND NOT EXISTS(SELECT 1 FROM content c WHERE c.ck = i.ck)",
    "SELECT 'host ' || v.host || ' waits for decision ' || v.decision || ', which is gone'"
    " FROM delivery v WHERE NOT EXISTS(SELECT 1 FROM decision d WHERE d.id = v.decision)",
    "SELECT 'an entry of list ' || n.list || ' was made by decision ' || n.decision || ', which is"
    " gone' FROM entry n WHERE n.list IN ('local', 'allow') AND n.decision IS NOT NULL"
    " AND NOT EXISTS(SELECT 1 FROM decision d WHERE d.id = n.decision)",
    "SELECT 'entry ' || n.id || ' of list ' || n.list || ' is malformed' FROM entry n"
    " WHERE n.list NOT IN ('local', 'allow', 'brake') OR n.status NOT IN ('active', 'withdrawn')"
    " OR length(n.value) IS NOT CASE n.sig WHEN 'md5' THEN 16 WHEN 'sha1' THEN 20"
    " WHEN 'key' THEN length(n.value) WHEN 'text' THEN iif(n.list = 'local' AND"
    " length(n.value) = 256, 256, 32) ELSE 32 END", /* a text's key, or a sketch of it */
    "SELECT 'entry ' || n.id || ' is newer than the store: gen ' || n.gen FROM entry n"
    " WHERE n.gen > (SELECT v FROM meta WHERE k = 'gen')",
};

/* The file follows a commit at once, but not in the same moment. */
static int check_gen(struct store *s, const struct checking *c, struct error *e)
{
    const struct timespec moment = {0, 2000000};
    uint64_t gen = 0, told = 0;
    for (int i = 0; i < 50; i++) {
        int status = store_gen_now(s, &gen, e);
        if (status != LMOD_OK)
            return status;
        told = store_signal(s);
        if (gen == told)
            return LMOD_OK;
        (void)nanosleep(&moment, NULL);
    }
    struct buffer b = BUFFER_INIT;
    buffer_printf(&b, "the gen file says %llu, the store %llu; any decision mends it",
                  (unsigned long long)told, (unsigned long long)gen);
    if (!b.failed)
        c->each(c->user, b.data);
    buffer_finish(&b);
    return LMOD_OK;
}

int store_check(struct store *s,
                void (*each)(void *user, const char *finding),
                void *user,
                struct error *e)
{
    struct checking c = {each, user};
    int status = store_enter(s, 0, e);
    if (status != LMOD_OK)
        return status;
    status = tell_rows(s, &c, store_statement(s, "PRAGMA integrity_check"), e);
    for (size_t i = 0; i < COUNT_OF(ours) && status == LMOD_OK; i++)
        status = tell_rows(s, &c, store_statement(s, ours[i]), e);
    if (status == LMOD_OK)
        status = check_gen(s, &c, e);
    store_leave(s);
    return status;
}
