/* How many events a new entry matches: what a moderator wants to know right after deciding. Read in
 * slices, so that scans of this process get their turn, and outside the decision's transaction. */
#include "store/decide.h"

#include <string.h>

enum {
    WAIT_MS = 2000,
    SLICE = 1000, /* contents */
    LOCAL_RADIUS = 31,
    ALLOW_RADIUS = 10,
};

struct counting {
    const struct store_signal_row *row;
    size_t n;
    unsigned radius;
    const char *except; /* an event that does not count */
    uint64_t after;     /* rowid of the last content that was looked at */
    uint64_t found;
    bool more;
};

static unsigned hamming(const uint8_t *a, const uint8_t *b)
{
    unsigned n = 0;
    for (size_t i = 0; i < PDQ_BYTES; i += 8) {
        uint64_t x, y;
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        n += (unsigned)__builtin_popcountll(x ^ y);
    }
    return n;
}

/* Of texts: the same one, or one like it. */
static bool same_text(const struct store_signal_row *r, sqlite3_stmt *stmt)
{
    uint8_t key[32];
    struct sketch a, b;
    unsigned distance;
    struct store_text ck = column_bytes(stmt, 1), sketch = column_bytes(stmt, 7);
    if (r->size == SKETCH_BYTES)
        return sketch.size == SKETCH_BYTES && sketch_read(&a, (const uint8_t *)sketch.at) &&
               sketch_read(&b, r->value) && sketch_near(&a, &b, &distance);
    return ck.size > 3 && hex_read(ck.at + 3, ck.size - 3, key, sizeof(key)) &&
           r->size == sizeof(key) && memcmp(key, r->value, sizeof(key)) == 0;
}

/* Columns: rowid, ck, sha256, sha1, md5, pdq, quality, the sketch of a text. */
static bool same(const struct counting *c, const struct store_signal_row *r, sqlite3_stmt *stmt)
{
    static const struct {
        const char *sig;
        int column;
    } digests[] = {{"sha256", 2}, {"sha1", 3}, {"md5", 4}};
    for (size_t i = 0; i < COUNT_OF(digests); i++) {
        if (strcmp(r->sig, digests[i].sig) != 0)
            continue;
        struct store_text have = column_bytes(stmt, digests[i].column);
        return have.size == r->size && memcmp(have.at, r->value, r->size) == 0;
    }
    if (strcmp(r->sig, "pdq") == 0) {
        struct store_text have = column_bytes(stmt, 5);
        return have.size == PDQ_BYTES && r->size == PDQ_BYTES &&
               column_u64(stmt, 6) >= PDQ_QUALITY &&
               hamming((const uint8_t *)have.at, r->value) <= c->radius;
    }
    return strcmp(r->sig, "text") == 0 && same_text(r, stmt);
}

static bool matches(const struct counting *c, sqlite3_stmt *stmt)
{
    for (size_t i = 0; i < c->n; i++)
        if (same(c, &c->row[i], stmt))
            return true;
    return false;
}

static int count_events(struct store *s, struct counting *c, const char *ck, struct error *e)
{
    uint64_t n = 0;
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT count(*) FROM event e WHERE e.ck = ?1 AND e.id <> ?2"
                           " AND " REVIEWABLE);
    bind_text(stmt, 1, ck);
    bind_text(stmt, 2, c->except);
    int status = statement_number(s, stmt, &n, "counting events", e);
    c->found += n;
    return status;
}

/* Runs a statement over contents and counts the events of those that match. */
static int count_contents(struct store *s, struct counting *c, sqlite3_stmt *stmt, struct error *e)
{
    int rc;
    uint64_t seen = 0;
    for (; (rc = store_step(s, stmt, "counting events", e)) == STORE_ROW; seen++) {
        c->after = column_u64(stmt, 0);
        if (matches(c, stmt) && (rc = count_events(s, c, column_text(stmt, 1), e)) < 0)
            break;
    }
    (void)sqlite3_reset(stmt);
    c->more = rc == STORE_DONE && seen == SLICE;
    return rc;
}

#define COLUMNS                                                                                    \
    "SELECT rowid, ck, sha256, sha1, md5, pdq, quality, iif(kind = 'text', hashes, NULL)"          \
    " FROM content WHERE "

/* By digest and content key, which have an index; one row of the list. */
static int count_exact(struct store *s, struct counting *c, size_t i, struct error *e)
{
    const struct store_signal_row *r = &c->row[i];
    char ck[CK_BYTES] = "h1:";
    sqlite3_stmt *stmt = NULL;
    if (strcmp(r->sig, "sha256") == 0) {
        stmt = store_statement(s, COLUMNS "sha256 = ?1");
        bind_blob(stmt, 1, r->value, r->size);
    } else if (strcmp(r->sig, "text") == 0 && r->size == 32) {
        stmt = store_statement(s, COLUMNS "ck = ?1");
        hex_write(r->value, r->size, ck + 3);
        bind_text(stmt, 1, ck);
    } else {
        return LMOD_OK;
    }
    return count_contents(s, c, stmt, e);
}

/* The next slice of all contents. */
static int count_slice(struct store *s, struct counting *c, uint64_t dl, struct error *e)
{
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt = store_statement(s, COLUMNS "rowid > ?1 ORDER BY rowid LIMIT ?2");
    bind_u64(stmt, 1, c->after);
    bind_u64(stmt, 2, SLICE);
    status = count_contents(s, c, stmt, e);
    store_leave(s);
    return status;
}

uint64_t earlier_count(struct store *s,
                       const struct store_signal_row *row,
                       size_t n,
                       bool allow,
                       const char *except,
                       uint64_t dl)
{
    struct counting c = {row, n, allow ? ALLOW_RADIUS : LOCAL_RADIUS, except, 0, 0, false};
    struct error e;
    bool scan = false;
    uint64_t until = time_nearer(dl, time_now_ns() + WAIT_MS * (uint64_t)1000000u);
    if (store_enter(s, until, &e) != LMOD_OK)
        return 0;
    int status = LMOD_OK;
    for (size_t i = 0; i < n && status == LMOD_OK; i++) {
        scan = scan || strcmp(row[i].sig, "pdq") == 0 || strcmp(row[i].sig, "sha1") == 0 ||
               strcmp(row[i].sig, "md5") == 0 || row[i].size == SKETCH_BYTES;
        status = count_exact(s, &c, i, &e);
    }
    store_leave(s);
    uint64_t exact = c.found;
    c.found = c.after = 0;
    while (status == LMOD_OK && scan && time_now_ns() < until) {
        status = count_slice(s, &c, until, &e);
        if (!c.more)
            break;
    }
    return c.found > exact ? c.found : exact; /* at least: time may have run out */
}
