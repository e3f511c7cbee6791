/* Disks that fail or are full, damage, and programs that hold the store: every call ends in time and
 * says what mends it, and what was reported recorded stays. */
#include "kit.h"
#include "testvfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CALLS_MAX = 400, SLOW_MS = 500 };

static struct store *open_on(struct tempdir *dir, const char *vfs)
{
    struct store *s = NULL;
    CU_ASSERT_TRUE_FATAL(testvfs_install() && tempdir_make(dir));
    testvfs_reset();
    struct store_options o = kit_options(dir);
    o.vfs = vfs;
    CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    return s;
}

/* Every n-th call of every kind fails once, from the making of the store to its 12th row: no call does
 * anything but work or fail, what was recorded is there, and the store is whole. */
static void fail_each(unsigned calls, int code, int expected, bool lasting)
{
    enum { ROWS = 12 };
    unsigned hits = 0;
    for (uint64_t n = 1; n < CALLS_MAX; n += n < 60 ? 1 : 7) {
        struct tempdir dir;
        struct store *s = open_on(&dir, "test");
        bool told[ROWS] = {false};
        testvfs_fail(calls, n, code, lasting);
        for (uint64_t i = 0; i < ROWS; i++) {
            int status = kit_put(s, i, NULL);
            told[i] = status == LMOD_OK;
            CU_ASSERT_TRUE(status == LMOD_OK || status == expected);
        }
        bool hit = testvfs_failed();
        hits += hit;
        testvfs_reset();
        store_close(s);
        sqlite3 *db = outsider(&dir);
        for (uint64_t i = 0; i < ROWS; i++) {
            char sql[128], id[STORE_ID];
            kit_id(id, i);
            (void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM event WHERE id = '%s'", id);
            CU_ASSERT_TRUE(!told[i] || ask(db, sql) == 1);
        }
        CU_ASSERT_EQUAL(ask(db, "SELECT count(*) FROM pragma_integrity_check"
                                " WHERE integrity_check <> 'ok'"),
                        0);
        (void)sqlite3_close(db);
        tempdir_remove(&dir);
        if (!hit)
            break;
    }
    CU_ASSERT_TRUE(hits > 0);
}

static void test_each_call_fails(void)
{
    fail_each(TESTVFS_WRITE, SQLITE_FULL, LMOD_E_STORE, false);
    fail_each(TESTVFS_WRITE, SQLITE_IOERR_WRITE, LMOD_E_STORE, false);
    fail_each(TESTVFS_WRITE, SQLITE_FULL, LMOD_E_STORE, true);
    fail_each(TESTVFS_SYNC, SQLITE_IOERR_FSYNC, LMOD_E_STORE, false);
    fail_each(TESTVFS_READ, SQLITE_IOERR_READ, LMOD_E_STORE, false);
    fail_each(TESTVFS_OPEN, SQLITE_CANTOPEN, LMOD_E_STORE, false);
    fail_each(TESTVFS_SHARE, SQLITE_IOERR_SHMMAP, LMOD_E_STORE, false);
    fail_each(TESTVFS_WRITE, SQLITE_IOERR_NOMEM, LMOD_E_MEMORY, false);
}

/* A lasting fault: what it is called, that asking goes on where it can, that all comes back by itself. */
static void test_full_disk(void)
{
    struct tempdir dir;
    struct store *s = open_on(&dir, "test");
    struct store_done done;
    struct store_found *f = NULL;
    struct kit_row k;
    struct error e;
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    testvfs_fail(TESTVFS_WRITE, 1, SQLITE_FULL, true);
    uint64_t from = time_now_ns();
    for (uint64_t n = 2; n < 1000; n++) {
        kit_row(&k, n);
        memset(&e, 0, sizeof(e));
        CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, &e), LMOD_E_STORE);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "disk is full"));
        CU_ASSERT_FALSE(done.refused);
    }
    CU_ASSERT_TRUE(time_now_ns() - from < SLOW_MS * UINT64_C(1000000)); /* mostly failing at once */
    kit_row(&k, 1);
    CU_ASSERT_EQUAL(store_content(s, k.ck, 0, &f, NULL), LMOD_OK);
    free(f);
    testvfs_reset();
    from = time_now_ns();
    while (kit_put(s, 5000, NULL) != LMOD_OK && time_now_ns() - from < UINT64_C(5000000000))
        (void)usleep(1000);
    CU_ASSERT_TRUE(time_now_ns() - from < UINT64_C(2000000000)); /* tried again every second */
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 2);
    kit_close(s, &dir);
}

/* One fault is not a lasting one: the next call tries again. */
static void test_one_fault(void)
{
    struct tempdir dir;
    struct store *s = open_on(&dir, "test");
    struct store_done done;
    struct kit_row k;
    struct error e = {0};
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    testvfs_fail(TESTVFS_SYNC, 1, SQLITE_IOERR_FSYNC, false);
    kit_row(&k, 2);
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, &e), LMOD_E_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "the disk failed"));
    CU_ASSERT_EQUAL(kit_put(s, 2, NULL), LMOD_OK);
    kit_close(s, &dir);
}

/* Scribbles over the middle of the file. */
static void damage(const struct tempdir *dir, off_t from)
{
    char noise[4096];
    struct stat st;
    memset(noise, 0xA5, sizeof(noise));
    int fd = open(tempdir_file(dir, "store.db"), O_RDWR | O_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && fstat(fd, &st) == 0);
    for (off_t at = from; at < st.st_size; at += (off_t)sizeof(noise))
        CU_ASSERT_EQUAL(pwrite(fd, noise, sizeof(noise), at), (ssize_t)sizeof(noise));
    (void)close(fd);
}

static void test_damage(void)
{
    static const off_t from[] = {0, 100, 4096};
    for (size_t i = 0; i < COUNT_OF(from); i++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct store_done done;
        struct kit_row k;
        for (uint64_t n = 0; n < 50; n++)
            CU_ASSERT_EQUAL(kit_put(s, n, NULL), LMOD_OK);
        store_close(s);
        CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 50); /* all into the file */
        damage(&dir, from[i]);
        struct store_options o = kit_options(&dir);
        CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
        for (uint64_t n = 0; n < 20; n++) {
            struct error e = {0};
            kit_row(&k, 100 + n);
            CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, &e), LMOD_E_STORE);
            CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "damaged"));
            CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "modctl store backup"));
        }
        kit_close(s, &dir);
    }
}

/* Another program that holds the store and does nothing. How long a call takes with no deadline of its
 * own, and what it says. */
static void held_by(const char *how, bool reading_too)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct kit_row k;
    struct error e = {0};
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    if (reading_too) /* then we must not be connected when it comes */
        store_close(s);
    sqlite3 *db = outsider(&dir);
    CU_ASSERT_EQUAL(sqlite3_exec(db, how, NULL, NULL, NULL), SQLITE_OK);
    struct store_options o = kit_options(&dir);
    if (reading_too)
        CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    kit_row(&k, 2);
    uint64_t from = time_now_ns();
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, &e), LMOD_E_STORE);
    uint64_t took = (time_now_ns() - from) / 1000000;
    CU_ASSERT_TRUE(took >= STORE_STALL_MS && took < SLOW_MS);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "locked by another program"));
    from = time_now_ns();
    CU_ASSERT_EQUAL(store_put(s, &k.row, in_ms(10), &done, &e), LMOD_E_TIMEOUT);
    CU_ASSERT_TRUE((time_now_ns() - from) / 1000000 < STORE_STALL_MS);
    struct store_found *f = NULL;
    kit_row(&k, 1);
    if (!reading_too)
        CU_ASSERT_EQUAL(store_content(s, k.ck, in_ms(10), &f, &e), LMOD_OK);
    free(f);
    (void)sqlite3_close(db);
    kit_row(&k, 2);
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, &e), LMOD_OK);
    kit_close(s, &dir);
}

static void test_held(void)
{
    held_by("BEGIN IMMEDIATE", false);
    held_by("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE;"
            "UPDATE meta SET v = v WHERE k = 'gen'",
            true);
}

/* It is one of us that holds the store and is slow: then the caller's deadline counts. */
static void test_slow_comrade(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct kit_row k;
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 8, .l_len = 1};
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    sqlite3 *db = outsider(&dir);
    int fd = open(tempdir_file(&dir, "gen"), O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(fcntl(fd, F_OFD_SETLK, &lock), 0);
    kit_row(&k, 2);
    uint64_t from = time_now_ns();
    CU_ASSERT_EQUAL(store_put(s, &k.row, in_ms(3 * STORE_STALL_MS), &done, NULL), LMOD_E_TIMEOUT);
    CU_ASSERT_TRUE((time_now_ns() - from) / 1000000 >= 2 * STORE_STALL_MS);
    (void)close(fd); /* it died, and something else is still there */
    CU_ASSERT_EQUAL(store_put(s, &k.row, in_ms(SLOW_MS), &done, NULL), LMOD_E_STORE);
    (void)sqlite3_close(db);
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    kit_close(s, &dir);
}

/* Another program that holds the lock for long, and writes to the log all the time. */
struct writer {
    const struct tempdir *dir;
    uint64_t widest; /* ns: the longest time without a write */
};

static void *write_on(void *user)
{
    struct writer *w = user;
    sqlite3 *db = outsider(w->dir);
    uint64_t end = in_ms(4 * STORE_STALL_MS), last = time_now_ns();
    (void)sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    while (last < end) {
        (void)usleep(5000);
        (void)utimensat(AT_FDCWD, tempdir_file(w->dir, "store.db-wal"), NULL, 0);
        uint64_t now = time_now_ns();
        w->widest = now - last > w->widest ? now - last : w->widest;
        last = now;
    }
    (void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    (void)sqlite3_close(db);
    return NULL;
}

/* Whoever waits for one who gets on is not sent away. A machine so busy that the writer itself stood
 * still says nothing, and gets another go. */
static void test_patience(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct writer w;
    unsigned failed = 0;
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    for (unsigned go = 0; go < 20; go++) {
        pthread_t t;
        w = (struct writer){.dir = &dir};
        failed = 0;
        CU_ASSERT_EQUAL_FATAL(pthread_create(&t, NULL, write_on, &w), 0);
        for (uint64_t n = 0; n < 40; n++) {
            failed += kit_put(s, 100 * (go + 1) + n, NULL) != LMOD_OK;
            (void)usleep(5000);
        }
        (void)pthread_join(t, NULL);
        if (w.widest < STORE_STALL_MS / 2 * UINT64_C(1000000))
            break;
    }
    CU_ASSERT_EQUAL(failed, 0);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/faults", {"each call of the disk fails", test_each_call_fails},
                   {"a full disk", test_full_disk}, {"one fault", test_one_fault},
                   {"a damaged file", test_damage}, {"held by another program", test_held},
                   {"held by one of us", test_slow_comrade},
                   {"patience with those who get on", test_patience});
}
