/* Many threads at once: one commit for many rows, and nobody waits beyond a deadline. */
#include "kit.h"
#include "testvfs.h"

#include <pthread.h>

enum { THREADS = 64, ROWS = 40 };

struct work {
    struct store *store;
    uint64_t from; /* number of the first row */
    unsigned rows, failed;
    uint64_t dl_ms;
    struct store_done done;
    uint64_t slowest; /* ns */
};

static void *put_rows(void *user)
{
    struct work *w = user;
    for (unsigned i = 0; i < w->rows; i++) {
        struct kit_row k;
        kit_row(&k, w->from + i);
        uint64_t from = time_now_ns(), dl = w->dl_ms ? in_ms(w->dl_ms) : 0;
        int status = store_put(w->store, &k.row, dl, &w->done, NULL);
        uint64_t took = time_now_ns() - from;
        w->slowest = took > w->slowest ? took : w->slowest;
        w->failed += status != LMOD_OK;
    }
    return NULL;
}

/* Runs `work` on so many threads, each with rows of its own; how many calls did not as they should. */
static unsigned on_threads(const struct work *work, unsigned threads)
{
    pthread_t t[THREADS];
    struct work w[THREADS];
    unsigned failed = 0;
    for (unsigned i = 0; i < threads; i++) {
        w[i] = *work;
        w[i].from += (uint64_t)i * work->rows;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, put_rows, &w[i]), 0);
    }
    for (unsigned i = 0; i < threads; i++) {
        (void)pthread_join(t[i], NULL);
        failed += w[i].failed;
    }
    return failed;
}

static void test_shared_syncs(void)
{
    struct tempdir dir;
    struct store *s = NULL;
    CU_ASSERT_TRUE_FATAL(testvfs_install() && tempdir_make(&dir));
    struct store_options o = kit_options(&dir);
    o.vfs = "test";
    CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_ping(s, 0, NULL, NULL), LMOD_OK);
    testvfs_reset();
    CU_ASSERT_EQUAL(kit_put(s, 999999, NULL), LMOD_OK);
    CU_ASSERT_TRUE(testvfs_syncs() > 0); /* alone it has one of its own */
    testvfs_reset();
    CU_ASSERT_EQUAL(on_threads(&(struct work){.store = s, .rows = ROWS}, THREADS), 0);
    printf("# %d rows of %d threads: %llu syncs\n", THREADS * ROWS, THREADS,
           (unsigned long long)testvfs_syncs());
    CU_ASSERT_TRUE(testvfs_syncs() * 4 < THREADS * ROWS);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), THREADS * ROWS + 1);
    kit_close(s, &dir);
}

/* Rows without an event do not wait for the disk. */
static void test_seen_rows_do_not_sync(void)
{
    struct tempdir dir;
    struct store *s = NULL;
    struct store_done done;
    CU_ASSERT_TRUE_FATAL(testvfs_install() && tempdir_make(&dir));
    struct store_options o = kit_options(&dir);
    o.vfs = "test";
    CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_ping(s, 0, NULL, NULL), LMOD_OK);
    testvfs_reset();
    for (uint64_t n = 0; n < 10; n++) {
        struct kit_row k;
        kit_row(&k, n);
        k.row.event = NULL;
        CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
        CU_ASSERT_STRING_EQUAL(done.event, "");
    }
    CU_ASSERT_EQUAL(testvfs_syncs(), 0);
    CU_ASSERT_EQUAL(kit_put(s, 10, NULL), LMOD_OK);
    CU_ASSERT_TRUE(testvfs_syncs() > 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), 11);
    kit_close(s, &dir);
}

/* One finding from many threads: one event, and all know its id. */
static void *put_the_same(void *user)
{
    struct work *w = user;
    struct kit_row k;
    kit_row(&k, 7);
    kit_id(k.id, w->from);
    w->failed = store_put(w->store, &k.row, 0, &w->done, NULL) != LMOD_OK;
    return NULL;
}

static void test_one_event_from_many_threads(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done again;
    struct kit_row k;
    pthread_t t[THREADS];
    struct work w[THREADS];
    unsigned fresh = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        w[i] = (struct work){.store = s, .from = 100 + i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, put_the_same, &w[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        (void)pthread_join(t[i], NULL);
    kit_row(&k, 7);
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &again, NULL), LMOD_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        fresh += w[i].done.fresh;
        CU_ASSERT_EQUAL(w[i].failed, 0);
        CU_ASSERT_STRING_EQUAL(w[i].done.event, again.event);
    }
    CU_ASSERT_EQUAL(fresh, 1);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 1);
    kit_close(s, &dir);
}

/* Another program holds the write lock and gets on, so that nobody gives up, but deadlines pass: each
 * thread is back near its own, and afterwards nothing of it hangs about. */
static void test_deadlines(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    pthread_t t[THREADS];
    struct work w[THREADS];
    CU_ASSERT_EQUAL(kit_put(s, 0, &done), LMOD_OK);
    sqlite3 *db = outsider(&dir);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    for (unsigned i = 0; i < THREADS; i++) {
        w[i] = (struct work){.store = s, .from = 1000 + i, .rows = 1, .dl_ms = 5 + i % 25};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, put_rows, &w[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(t[i], NULL);
        CU_ASSERT_EQUAL(w[i].failed, 1);
        CU_ASSERT_TRUE(w[i].slowest < 500 * UINT64_C(1000000));
    }
    CU_ASSERT_EQUAL(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(db);
    CU_ASSERT_EQUAL(kit_put(s, 2000, &done), LMOD_OK);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 2);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/group", {"64 threads share their syncs", test_shared_syncs},
                   {"seen rows do not sync", test_seen_rows_do_not_sync},
                   {"one event from many threads", test_one_event_from_many_threads},
                   {"deadlines pass while another writes", test_deadlines});
}
