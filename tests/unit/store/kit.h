/* What the tests of the store share: a state directory with a store, rows to put, looking inside. */
#ifndef STORE_KIT_H
#define STORE_KIT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "store/store.h"

#include "tap.h"
#include "tempdir.h"

#define MIB (UINT64_C(1) << 20)
#define DAY (UINT64_C(24) * 3600 * 1000)

static inline struct store_text text_of(const char *s)
{
    return (struct store_text){s, s ? strlen(s) : 0};
}

static inline struct store_options kit_options(const struct tempdir *dir)
{
    return (struct store_options){
        .dir = dir->path, .quota = 1024 * MIB, .keep_ms = 400 * DAY, .sync_full = true};
}

/* A store in a new directory; NULL (and a failed assertion) when that did not work. */
static inline struct store *kit_open(struct tempdir *dir)
{
    struct store *s = NULL;
    if (tempdir_make(dir)) {
        struct store_options o = kit_options(dir);
        (void)store_open(&s, &o, NULL);
    }
    CU_ASSERT_PTR_NOT_NULL(s);
    return s;
}

/* A row with all its parts, told apart by a number. */
struct kit_row {
    struct store_row row;
    struct store_content content;
    struct store_item item;
    struct store_event event;
    uint8_t sha256[SHA256_BYTES], sha1[SHA1_BYTES], md5[MD5_BYTES], pdq[32], dedupe[SHA256_BYTES];
    char ck[68], id[STORE_ID], ref[32], body[2048];
};

static inline void kit_id(char out[STORE_ID], uint64_t n)
{
    (void)snprintf(out, STORE_ID, "0198c0de-0000-7000-8000-%012llx",
                   (unsigned long long)n & 0xffffffffffff);
}

static inline void kit_row(struct kit_row *k, uint64_t n)
{
    uint8_t digest[SHA256_BYTES];
    char hex[65], number[32];
    memset(k, 0, sizeof(*k));
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
    (void)sha256_of(digest, number, strlen(number));
    hex_write(digest, sizeof(digest), hex);
    (void)snprintf(k->ck, sizeof(k->ck), "h1:%s", hex);
    memcpy(k->sha256, digest, sizeof(k->sha256));
    memcpy(k->sha1, digest, sizeof(k->sha1));
    memcpy(k->md5, digest, sizeof(k->md5));
    memcpy(k->pdq, digest, sizeof(k->pdq));
    memcpy(k->dedupe, digest, sizeof(k->dedupe));
    kit_id(k->id, n);
    (void)snprintf(k->ref, sizeof(k->ref), "upload/%s", number);
    (void)snprintf(k->body, sizeof(k->body), "{\"n\":%s,\"pad\":\"%.600s\"}", number,
                   "0123456789012345678901234567890123456789012345678901234567890123456789"
                   "0123456789012345678901234567890123456789012345678901234567890123456789"
                   "0123456789012345678901234567890123456789012345678901234567890123456789"
                   "0123456789012345678901234567890123456789012345678901234567890123456789"
                   "0123456789012345678901234567890123456789012345678901234567890123456789");
    k->content = (struct store_content){.ck = k->ck,
                                        .kind = CONTENT_MEDIA,
                                        .mime = "image/png",
                                        .bytes = 4711,
                                        .width = 640,
                                        .height = 480,
                                        .sha256 = k->sha256,
                                        .sha1 = k->sha1,
                                        .md5 = k->md5,
                                        .pdq = k->pdq,
                                        .quality = 90,
                                        .cluster = "list/e42",
                                        .at = time_wall_ms(),
                                        .gen = 3,
                                        .verdict = text_of("{\"v\":1}"),
                                        .hashes = text_of("hashes")};
    k->item = (struct store_item){.host = text_of("chat.example.org"),
                                  .ref = text_of(k->ref),
                                  .room = text_of("!room:example.org"),
                                  .sender = text_of("@sender:example.org"),
                                  .surface = 1,
                                  .at = k->content.at};
    k->event = (struct store_event){.id = k->id,
                                    .dedupe = k->dedupe,
                                    .type = "libmod.match.v1",
                                    .prio = 5,
                                    .severity = SEVERITY_HIGH,
                                    .at = k->content.at,
                                    .body = text_of(k->body)};
    k->row = (struct store_row){.content = &k->content, .item = &k->item, .event = &k->event};
}

/* Puts row number `n`. */
static inline int kit_put(struct store *s, uint64_t n, struct store_done *done)
{
    struct kit_row k;
    struct store_done own;
    kit_row(&k, n);
    return store_put(s, &k.row, 0, done ? done : &own, NULL);
}

/* Another program that looks into the file: SQLite alone. NULL when it cannot. */
static inline sqlite3 *outsider(const struct tempdir *dir)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(tempdir_file(dir, "store.db"), &db, SQLITE_OPEN_READWRITE, NULL) !=
        SQLITE_OK) {
        (void)sqlite3_close(db);
        return NULL;
    }
    (void)sqlite3_busy_timeout(db, 5000);
    (void)sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL); /* only for speed */
    return db;
}

/* The first value of a query as a number, -1 when there is none. */
static inline int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    int64_t value = -1;
    if (db && sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
        sqlite3_step(st) == SQLITE_ROW)
        value = sqlite3_column_int64(st, 0);
    (void)sqlite3_finalize(st);
    return value;
}

/* The same by a program that opens the file, asks, and closes it (checkpoint and all). */
static inline int64_t ask_file(const struct tempdir *dir, const char *sql)
{
    sqlite3 *db = outsider(dir);
    int64_t value = ask(db, sql);
    (void)sqlite3_close(db);
    return value;
}

/* Runs a statement as another program; false when it failed. */
static inline bool change_file(const struct tempdir *dir, const char *sql)
{
    sqlite3 *db = outsider(dir);
    bool ok = db && sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
    (void)sqlite3_close(db);
    return ok;
}

static inline uint64_t in_ms(uint64_t ms)
{
    return time_now_ns() + ms * UINT64_C(1000000);
}

static inline void kit_close(struct store *s, struct tempdir *dir)
{
    store_close(s);
    tempdir_remove(dir);
}

#endif
