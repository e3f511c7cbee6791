/* Reading contents, items and entries. A reader waits for nobody: WAL gives it the last commit. */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- contents ---- */

#define CONTENT_COLUMNS                                                                            \
    "c.ck, c.kind, c.mime, c.bytes, c.w, c.h, c.sha256, c.sha1, c.md5, c.pdq, c.quality,"          \
    " c.cluster, c.first, c.last, c.gen, c.verdict, c.hashes"
enum { CONTENT_COLUMN_COUNT = 17 };

/* Copies what the statement lends behind the struct; measures first, with `at` NULL. */
struct copying {
    char *at;
    size_t size;
};

static const void *copy(struct copying *c, struct store_text from)
{
    char *to = c->at;
    c->size += from.at ? from.size + 1 : 0;
    if (!to || !from.at)
        return NULL;
    memcpy(to, from.at, from.size);
    to[from.size] = '\0';
    c->at += from.size + 1;
    return to;
}

static struct store_text copy_text(struct copying *c, struct store_text from)
{
    return (struct store_text){copy(c, from), from.size};
}

/* A digest of exactly `size` bytes. */
static const uint8_t *copy_blob(struct copying *c, struct store_text from, size_t size)
{
    return from.size == size ? copy(c, from) : NULL;
}

static void found_read(struct store_found *f, struct copying *to, sqlite3_stmt *row, bool item)
{
    struct store_content *c = &f->content;
    uint32_t kind = 0;
    const char *name = column_text(row, 1);
    if (name)
        (void)term_value(content_kind_terms, name, strlen(name), &kind);
    c->ck = copy(to, column_bytes(row, 0));
    c->kind = (enum content_kind)kind;
    c->mime = copy(to, column_bytes(row, 2));
    c->bytes = column_u64(row, 3);
    c->width = (uint32_t)column_u64(row, 4);
    c->height = (uint32_t)column_u64(row, 5);
    c->sha256 = copy_blob(to, column_bytes(row, 6), SHA256_BYTES);
    c->sha1 = copy_blob(to, column_bytes(row, 7), SHA1_BYTES);
    c->md5 = copy_blob(to, column_bytes(row, 8), MD5_BYTES);
    c->pdq = copy_blob(to, column_bytes(row, 9), PDQ_BYTES);
    c->quality = (uint8_t)column_u64(row, 10);
    c->cluster = copy(to, column_bytes(row, 11));
    f->first = column_u64(row, 12);
    f->last = c->at = column_u64(row, 13);
    c->gen = column_u64(row, 14);
    c->verdict = copy_text(to, column_bytes(row, 15));
    c->hashes = copy_text(to, column_bytes(row, 16));
    if (!item)
        return;
    f->item = store_item_read(row, CONTENT_COLUMN_COUNT);
    f->item.host = copy_text(to, f->item.host);
    f->item.ref = copy_text(to, f->item.ref);
    f->item.room = copy_text(to, f->item.room);
    f->item.sender = copy_text(to, f->item.sender);
}

static int found_make(struct store_found **out, sqlite3_stmt *row, bool item, struct error *e)
{
    struct store_found draft = {0};
    struct copying c = {NULL, 0};
    found_read(&draft, &c, row, item);
    struct store_found *f = calloc(1, sizeof(*f) + c.size);
    if (!f)
        return error_memory(e);
    c = (struct copying){(char *)(f + 1), 0};
    found_read(f, &c, row, item);
    *out = f;
    return LMOD_OK;
}

static int
find(struct store *s, sqlite3_stmt *stmt, bool item, struct store_found **out, struct error *e)
{
    int rc = store_step(s, stmt, "reading contents", e);
    if (rc < 0)
        return rc;
    if (rc == STORE_DONE)
        return error_set(e, LMOD_E_NOT_FOUND,
                         item ? "no content is known by this reference" : "no such content");
    int status = found_make(out, stmt, item, e);
    (void)sqlite3_reset(stmt);
    return status;
}

int store_recall(struct store *s,
                 struct store_text host,
                 struct store_text ref,
                 uint64_t dl,
                 struct store_found **out,
                 struct error *e)
{
    *out = NULL;
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT " CONTENT_COLUMNS ", " ITEM_COLUMNS " FROM item i JOIN content c ON c.ck = i.ck"
           " WHERE i.host = coalesce(?1, '') AND i.ref = ?2 ORDER BY i.at DESC, i.id DESC LIMIT 1");
    bind_bytes(stmt, 1, host);
    bind_bytes(stmt, 2, ref);
    status = find(s, stmt, true, out, e);
    store_leave(s);
    return status;
}

int store_content(
    struct store *s, const char *ck, uint64_t dl, struct store_found **out, struct error *e)
{
    *out = NULL;
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT " CONTENT_COLUMNS " FROM content c WHERE c.ck = ?1");
    bind_text(stmt, 1, ck);
    status = find(s, stmt, false, out, e);
    store_leave(s);
    return status;
}

/* ---- texts by what is like them ---- */

static int each_like(struct store *s,
                     uint64_t *after,
                     uint64_t from,
                     store_like_fn each,
                     void *user,
                     struct error *e)
{
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT rowid, ck, cluster, hashes FROM content WHERE rowid > ?1"
                           " AND kind = 'text' AND hashes IS NOT NULL ORDER BY rowid");
    int rc = STORE_ROW, status = LMOD_OK;
    bind_u64(stmt, 1, from);
    while (status == LMOD_OK && (rc = store_step(s, stmt, "reading contents", e)) == STORE_ROW) {
        const struct store_like row = {column_text(stmt, 1), column_text(stmt, 2),
                                       column_bytes(stmt, 3)};
        *after = column_u64(stmt, 0);
        if (row.ck)
            status = each(user, &row);
    }
    (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : status;
}

int store_likes(struct store *s,
                uint64_t *after,
                uint64_t max,
                uint64_t dl,
                store_like_fn each,
                void *user,
                struct error *e)
{
    uint64_t newest = 0;
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    sqlite3_stmt *stmt = store_statement(s, "SELECT max(rowid) FROM content");
    int rc = store_step(s, stmt, "reading contents", e);
    if (rc == STORE_ROW) {
        newest = column_u64(stmt, 0);
        (void)sqlite3_reset(stmt);
    }
    if (rc >= 0 && newest < *after)
        *after = 0; /* another file, or all rows went: their numbers are given again */
    uint64_t from = newest > max && *after < newest - max ? newest - max : *after;
    status = rc < 0 ? rc : each_like(s, after, from, each, user, e);
    store_leave(s);
    return status;
}

/* ---- entries ---- */

static struct store_entry entry_read(sqlite3_stmt *row)
{
    struct store_text value = column_bytes(row, 2);
    const char *status = column_text(row, 5);
    return (struct store_entry){
        .list = column_text(row, 0),
        .sig = column_text(row, 1),
        .value = (const uint8_t *)value.at,
        .size = value.size,
        .harm = column_text(row, 3),
        .action = sqlite3_column_type(row, 4) == SQLITE_NULL ? (uint8_t)UNSET_ACTION
                                                             : (uint8_t)column_u64(row, 4),
        .decision = column_text(row, 6),
        .active = status && strcmp(status, "active") == 0,
        .gen = column_u64(row, 7),
    };
}

static int
each_entry(struct store *s, uint64_t since, store_entry_fn each, void *user, struct error *e)
{
    sqlite3_stmt *stmt =
        store_statement(s, "SELECT list, sig, value, harm, action, status, decision, gen FROM entry"
                           " WHERE gen > ?1 ORDER BY gen, id");
    int rc = STORE_ROW, status = LMOD_OK;
    bind_u64(stmt, 1, since);
    while (status == LMOD_OK && (rc = store_step(s, stmt, "reading entries", e)) == STORE_ROW) {
        const struct store_entry row = entry_read(stmt);
        if (row.list && row.sig && row.value)
            status = each(user, &row);
    }
    (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : status;
}

int store_entries(struct store *s,
                  uint64_t since,
                  uint64_t dl,
                  store_entry_fn each,
                  void *user,
                  uint64_t *gen,
                  struct error *e)
{
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    status = store_gen_now(s, gen, e); /* first: what comes after it is read once more next time */
    if (status == LMOD_OK)
        status = each_entry(s, since, each, user, e);
    store_leave(s);
    return status;
}
