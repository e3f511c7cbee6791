/*
 * The power goes at a random write or sync, and what was not synced is lost in part. Whatever was
 * reported as recorded is there afterwards, and the file is sound. STORE_CUTS in the
 * environment: how many cuts.
 */
#include "kit.h"
#include "testvfs.h"

#include <pthread.h>

enum { WRITERS = 4, CUTS_OF_ONE_STORE = 25, ROWS_MAX = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t numbers;       /* given to rows so far */
static uint8_t told[ROWS_MAX]; /* by number: reported as recorded */

/* Puts rows until the power is gone. */
static void *writer(void *user)
{
    struct store *s = user;
    for (;;) {
        (void)pthread_mutex_lock(&lock);
        uint64_t n = numbers++;
        (void)pthread_mutex_unlock(&lock);
        if (n >= ROWS_MAX || kit_put(s, n, NULL) != LMOD_OK)
            return NULL;
        (void)pthread_mutex_lock(&lock);
        told[n] = 1;
        (void)pthread_mutex_unlock(&lock);
    }
}

static void write_until_dark(struct store *s, unsigned threads)
{
    pthread_t t[WRITERS];
    unsigned n = 0;
    for (unsigned i = 1; i < threads; i++)
        n += pthread_create(&t[n], NULL, writer, s) == 0;
    (void)writer(s);
    while (n > 0)
        (void)pthread_join(t[--n], NULL);
}

/* How many rows were reported and are not there. */
static uint64_t lost_rows(sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    uint64_t lost = 0;
    (void)sqlite3_prepare_v2(db, "SELECT count(*) FROM event JOIN content USING(ck) WHERE id = ?1",
                             -1, &st, NULL);
    for (uint64_t n = 0; n < numbers && n < ROWS_MAX; n++) {
        char id[STORE_ID];
        if (!told[n])
            continue;
        kit_id(id, n);
        (void)sqlite3_bind_text(st, 1, id, -1, SQLITE_STATIC);
        lost += sqlite3_step(st) != SQLITE_ROW || sqlite3_column_int(st, 0) != 1;
        (void)sqlite3_reset(st);
    }
    (void)sqlite3_finalize(st);
    return lost;
}

static bool is_sound(sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    bool sound = sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL) == SQLITE_OK &&
                 sqlite3_step(st) == SQLITE_ROW &&
                 strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
    (void)sqlite3_finalize(st);
    return sound;
}

/* Looks at the files after a cut: first opened by us, who make no checkpoint, or by another. */
static void check(const struct tempdir *dir, bool by_us, uint64_t *lost, unsigned *unsound)
{
    struct store_options o = kit_options(dir);
    struct store *s = NULL;
    if (by_us && store_open(&s, &o, NULL) == LMOD_OK)
        CU_ASSERT_EQUAL(store_ping(s, 0, NULL, NULL), LMOD_OK);
    store_close(s);
    sqlite3 *db = outsider(dir);
    bool any = ask(db, "SELECT count(*) FROM sqlite_master") > 0;
    *unsound += !is_sound(db);
    if (any)
        *lost += lost_rows(db);
    else
        for (uint64_t n = 0; n < numbers; n++)
            *lost += told[n];
    if (by_us) /* the next round finds the log as the cut left it */
        (void)sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_close(db);
}

/* One cut; the power lasts for `changes` writes and syncs. */
static void cut(const struct tempdir *dir, uint64_t changes, unsigned threads, uint64_t seed)
{
    struct store_options o = kit_options(dir);
    struct store *s = NULL;
    o.vfs = "test";
    testvfs_power(changes);
    CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    write_until_dark(s, threads);
    store_close(s);
    CU_ASSERT_TRUE(testvfs_is_dark());
    testvfs_cut(seed);
}

static void test_cuts(void)
{
    const char *wanted = getenv("STORE_CUTS");
    unsigned cuts = wanted ? (unsigned)strtoul(wanted, NULL, 10) : CUTS, unsound = 0;
    uint64_t lost = 0, recorded = 0, seed = 20261101;
    struct tempdir dir;
    CU_ASSERT_TRUE_FATAL(testvfs_install());
    for (unsigned i = 0; i < cuts; i++) {
        if (i % CUTS_OF_ONE_STORE == 0) {
            CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
            numbers = 0;
            memset(told, 0, sizeof(told));
        }
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t r = seed >> 33;
        /* mostly within a few commits; sometimes far enough for checkpoints */
        cut(&dir, 1 + r % (i % 8 == 7 ? 4000 : 150), i % 3 == 2 ? WRITERS : 1, seed);
        check(&dir, i % 2 == 0, &lost, &unsound);
        if ((i + 1) % CUTS_OF_ONE_STORE == 0 || i + 1 == cuts) {
            for (uint64_t n = 0; n < numbers && n < ROWS_MAX; n++)
                recorded += told[n];
            tempdir_remove(&dir);
        }
    }
    printf("# %u cuts, %llu events recorded, %llu lost, %u files unsound\n", cuts,
           (unsigned long long)recorded, (unsigned long long)lost, unsound);
    CU_ASSERT_TRUE(recorded > cuts);
    CU_ASSERT_EQUAL(lost, 0);
    CU_ASSERT_EQUAL(unsound, 0);
}

int main(void)
{
    return TAP_RUN("store/power", {"power cuts lose nothing recorded", test_cuts});
}
