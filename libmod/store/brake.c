/*
 * The brake: a list entry or rule that hits more contents within an hour than one would believe falls
 * to observe. Each pair of key and content is a counter "brake/KEY/CONTENT" that holds when it was
 * seen last; what fell is an entry of the list "brake".
 */
#include "store/internal.h"

#include <stdio.h>
#include <string.h>

enum { HOUR_MS = 3600 * 1000 };

static uint64_t hour_before(uint64_t ms)
{
    return ms > HOUR_MS ? ms - HOUR_MS : 0;
}

static int is_braked(struct store *s, const char *key, bool *braked, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, "SELECT 1 FROM entry WHERE list = 'brake'"
                                            " AND sig = 'key' AND value = ?1"
                                            " AND status = 'active'");
    bind_blob(stmt, 1, key, strlen(key));
    int rc = store_step(s, stmt, "looking at the brake", e);
    *braked = rc == STORE_ROW;
    if (*braked)
        (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

static int
note_content(struct store *s, const struct put *p, const char *key, uint64_t at, struct error *e)
{
    sqlite3_stmt *stmt =
        store_statement(s, "INSERT INTO counter VALUES('brake/' || ?1 || '/' || ?2, ?3)"
                           " ON CONFLICT(k) DO UPDATE SET n = max(n, excluded.n)");
    bind_text(stmt, 1, key);
    bind_text(stmt, 2, p->content.ck);
    bind_u64(stmt, 3, at);
    return store_run(s, stmt, "counting for the brake", e);
}

/* Whether `key` hit more than `most` contents within the hour. '0' is what follows '/'. */
static int too_many(
    struct store *s, const char *key, uint64_t since, uint32_t most, bool *yes, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT count(*) FROM (SELECT 1 FROM counter WHERE k > 'brake/' || ?1 || '/'"
           " AND k < 'brake/' || ?1 || '0' AND n > ?2 LIMIT ?3)");
    bind_text(stmt, 1, key);
    bind_u64(stmt, 2, since);
    bind_u64(stmt, 3, (uint64_t)most + 1);
    int rc = store_step(s, stmt, "counting for the brake", e);
    *yes = rc == STORE_ROW && column_u64(stmt, 0) > most;
    if (rc == STORE_ROW)
        (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

static int pull(struct store *s, struct put *p, size_t i, struct error *e)
{
    uint64_t gen = 0;
    int status = store_gen_next(s, &gen, e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt = store_statement(
        s, "INSERT INTO entry(list, sig, value, status, gen) VALUES('brake','key',?1,'active',?2)"
           " ON CONFLICT(list, sig, value) DO UPDATE SET status = 'active', gen = excluded.gen");
    bind_blob(stmt, 1, p->brake[i], strlen(p->brake[i]));
    bind_u64(stmt, 2, gen);
    p->done.braked |= (uint64_t)1 << i;
    p->signal = true;
    return store_run(s, stmt, "pulling the brake", e);
}

static int count_key(struct store *s, struct put *p, size_t i, struct error *e)
{
    bool yes = false;
    const char *key = p->brake[i];
    int status = is_braked(s, key, &yes, e);
    if (status != LMOD_OK || yes)
        return status;
    status = note_content(s, p, key, p->event.at, e);
    if (status == LMOD_OK)
        status = too_many(s, key, hour_before(p->event.at), p->row.brake_max, &yes, e);
    return status == LMOD_OK && yes ? pull(s, p, i, e) : status;
}

/* Counters older than an hour go a few at a time, in rounds over all of them: more than a row adds. */
static int purge(struct store *s, const struct put *p, struct error *e)
{
    char to[sizeof(s->brake_at)];
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT max(k) FROM (SELECT k FROM counter WHERE k > ?1 AND k < 'brake0'"
                           " ORDER BY k LIMIT ?2)");
    const char *from = s->brake_at[0] ? s->brake_at : "brake/";
    bind_text(stmt, 1, from);
    bind_u64(stmt, 2, 16 + 2 * p->row.brake_count);
    int rc = store_step(s, stmt, "counting for the brake", e);
    if (rc < 0)
        return rc;
    const char *last = rc == STORE_ROW ? column_text(stmt, 0) : NULL;
    int size = snprintf(to, sizeof(to), "%s", last ? last : "");
    (void)sqlite3_reset(stmt);
    int status = LMOD_OK;
    if (to[0]) {
        stmt = store_statement(s, "DELETE FROM counter WHERE k > ?1 AND k <= ?2 AND n < ?3");
        bind_text(stmt, 1, from);
        bind_text(stmt, 2, to);
        bind_u64(stmt, 3, hour_before(p->event.at));
        status = store_run(s, stmt, "counting for the brake", e);
    }
    if (size >=
        (int)sizeof(to)) /* of keys as long as this all but the first wait for the next round */
        to[sizeof(to) - 2] = '\x7f';
    memcpy(s->brake_at, to, sizeof(to));
    return status;
}

int brake_count(struct store *s, struct put *p, struct error *e)
{
    int status = LMOD_OK;
    if (!p->row.brake_max || !p->row.brake_count)
        return LMOD_OK;
    for (size_t i = 0; i < p->row.brake_count && status == LMOD_OK; i++)
        status = count_key(s, p, i, e);
    return status == LMOD_OK ? purge(s, p, e) : status;
}

int brake_forget(struct store *s, const void *key, size_t size, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, "DELETE FROM counter WHERE k > 'brake/' || ?1 || '/'"
                                            " AND k < 'brake/' || ?1 || '0'");
    bind_bytes(stmt, 1, (struct store_text){key, size});
    return store_run(s, stmt, "counting for the brake", e);
}
