/*
 * The tables (docs/rooms/store.md); `content.hashes`: docs/adr/0015. They are only ever added to;
 * `meta.min_reader` turns older releases away from what they would not understand.
 */
#include "store/internal.h"

#include <stdio.h>
#include <string.h>

static const char tables[] =
    "CREATE TABLE meta(k TEXT PRIMARY KEY, v) WITHOUT ROWID;"
    "CREATE TABLE counter(k TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE content(ck TEXT PRIMARY KEY, kind TEXT NOT NULL, mime TEXT, bytes INTEGER,"
    " w INTEGER, h INTEGER, sha256 BLOB, sha1 BLOB, md5 BLOB, pdq BLOB, quality INTEGER,"
    " cluster TEXT, first INTEGER NOT NULL, last INTEGER NOT NULL, gen INTEGER, verdict TEXT,"
    " hashes BLOB);"
    "CREATE TABLE item(id INTEGER PRIMARY KEY, host TEXT NOT NULL, ref TEXT,"
    " surface INTEGER, room TEXT, sender TEXT, ck TEXT NOT NULL, at INTEGER NOT NULL,"
    " UNIQUE(host, ref, ck));"
    "CREATE TABLE event(seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " dedupe BLOB UNIQUE, type TEXT NOT NULL, prio INTEGER NOT NULL, deadline INTEGER,"
    " at INTEGER NOT NULL, ck TEXT, item INTEGER, body TEXT, sent INTEGER);"
    "CREATE TABLE decision(id TEXT PRIMARY KEY, event_id TEXT, ck TEXT, scope TEXT NOT NULL,"
    " action TEXT NOT NULL, reason TEXT, reviewer TEXT, at INTEGER NOT NULL, src TEXT)"
    " WITHOUT ROWID;"
    "CREATE TABLE delivery(decision TEXT, host TEXT, lease_by TEXT,"
    " lease_until INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0, acked INTEGER,"
    " outcome INTEGER, PRIMARY KEY(decision, host)) WITHOUT ROWID;"
    "CREATE TABLE entry(id INTEGER PRIMARY KEY, list TEXT NOT NULL, sig TEXT NOT NULL,"
    " value BLOB NOT NULL, harm TEXT, action INTEGER, status TEXT NOT NULL, decision TEXT,"
    " gen INTEGER NOT NULL, UNIQUE(list, sig, value));"
    "CREATE INDEX content_sha256 ON content(sha256) WHERE sha256 IS NOT NULL;"
    "CREATE INDEX content_cluster ON content(cluster) WHERE cluster <> ck;"
    "CREATE INDEX content_last ON content(last);"
    "CREATE INDEX item_ck ON item(ck);"
    "CREATE INDEX event_ck ON event(ck);"
    "CREATE INDEX event_at ON event(at);"
    "CREATE INDEX event_unsent ON event(seq) WHERE sent IS NULL;"
    "CREATE INDEX event_item ON event(item) WHERE ck IS NULL;"
    "CREATE INDEX decision_event ON decision(event_id);"
    "CREATE INDEX decision_ck ON decision(ck, scope, at);"
    "CREATE INDEX delivery_open ON delivery(host) WHERE acked IS NULL;"
    "CREATE INDEX entry_gen ON entry(gen);"
    "INSERT INTO meta(k, v) VALUES('gen', 0), ('min_reader', 1);"
    "PRAGMA user_version=1";

/* One number, or a failure. */
static int number(struct store *s, const char *sql, uint64_t *out, struct error *e)
{
    sqlite3_stmt *st = store_statement(s, sql);
    int rc = store_step(s, st, "opening it", e);
    *out = rc == STORE_ROW ? column_u64(st, 0) : 0;
    if (rc == STORE_ROW)
        (void)sqlite3_reset(st);
    return rc < 0 ? rc : LMOD_OK;
}

static bool make_uuid(char out[STORE_ID])
{
    uint8_t b[16];
    char hex[33];
    if (!random_bytes(b, sizeof(b)))
        return false;
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    hex_write(b, sizeof(b), hex);
    (void)snprintf(out, STORE_ID, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
    return true;
}

static int make_meta(struct store *s, struct error *e)
{
    char uuid[STORE_ID];
    if (!make_uuid(uuid))
        return error_memory(e);
    sqlite3_stmt *st =
        store_statement(s, "INSERT INTO meta(k, v) VALUES('uuid', ?1), ('created', ?2)");
    bind_text(st, 1, uuid);
    bind_u64(st, 2, time_wall_ms());
    return store_run(s, st, "making its tables", e);
}

/* SQLite does not wait for others here: two that make the store at once would be in each other's way. */
static bool go_wal(struct store *s)
{
    int rc, count = 0;
    do
        rc = sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    while ((rc & 0xff) == SQLITE_BUSY && store_again(s, count++));
    return rc == SQLITE_OK;
}

/* Somebody else may be making them: who comes second finds them there. */
static int make_tables(struct store *s, struct error *e)
{
    uint64_t there = 0;
    if (!go_wal(s) || sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(s, "making its tables", e);
    int status = number(s, "SELECT count(*) FROM sqlite_master", &there, e);
    if (status == LMOD_OK && !there) {
        if (sqlite3_exec(s->db, tables, NULL, NULL, NULL) != SQLITE_OK)
            status = store_fail(s, "making its tables", e);
        if (status == LMOD_OK)
            status = make_meta(s, e);
    }
    if (status == LMOD_OK && sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        status = store_fail(s, "making its tables", e);
    if (!sqlite3_get_autocommit(s->db))
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* Without its log beside it the file is not what this room writes: sharing it would not be safe. */
static int check_journal(struct store *s, struct error *e)
{
    sqlite3_stmt *st = store_statement(s, "PRAGMA journal_mode=WAL");
    int rc = store_step(s, st, "opening it", e);
    if (rc < 0)
        return rc;
    const char *mode = rc == STORE_ROW ? column_text(st, 0) : NULL;
    bool wal = mode && strcmp(mode, "wal") == 0;
    (void)sqlite3_reset(st);
    if (wal)
        return LMOD_OK;
    return error_at(e, LMOD_E_STORE, s->path, 0, 0,
                    "this file system cannot share memory between programs; put state_dir on a "
                    "local one");
}

static int read_uuid(struct store *s, struct error *e)
{
    sqlite3_stmt *st = store_statement(s, "SELECT v FROM meta WHERE k = 'uuid'");
    int rc = store_step(s, st, "reading its uuid", e);
    const char *uuid = rc == STORE_ROW ? column_text(st, 0) : NULL;
    (void)snprintf(s->uuid, sizeof(s->uuid), "%s", uuid ? uuid : "");
    if (rc == STORE_ROW)
        (void)sqlite3_reset(st);
    return rc < 0 ? rc : LMOD_OK;
}

int store_schema(struct store *s, struct error *e)
{
    uint64_t tables_there = 0, ours = 0, reader = 0;
    int status = number(s, "SELECT count(*) FROM sqlite_master", &tables_there, e);
    if (status == LMOD_OK && !tables_there)
        status = make_tables(s, e);
    if (status == LMOD_OK)
        status = number(s,
                        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN"
                        " ('meta', 'content', 'item', 'event', 'decision', 'delivery', 'entry')",
                        &ours, e);
    if (status == LMOD_OK && ours != 7)
        return error_at(e, LMOD_E_STORE, s->path, 0, 0,
                        "another program's database; move it away, then a new store is made");
    if (status == LMOD_OK)
        status = number(s, "SELECT v FROM meta WHERE k = 'min_reader'", &reader, e);
    if (status == LMOD_OK && reader > STORE_VERSION)
        return error_at(e, LMOD_E_STATE, s->path, 0, 0,
                        "made by a newer release, which this one (store version %d) cannot follow; "
                        "update libmod",
                        STORE_VERSION);
    if (status == LMOD_OK)
        status = check_journal(s, e);
    return status == LMOD_OK ? read_uuid(s, e) : status;
}
