/* Many processes on one store: everybody's rows arrive, whatever is forked, closed or deleted. */
#include "kit.h"
#include "testvfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 8, ROWS = 250, FORKS = 200 };

/* Nobody waits for the disk here: what is tested are locks, and a slow disk looks like a lock. */
static struct store *open_quick(const struct tempdir *dir)
{
    struct store_options o = kit_options(dir);
    struct store *s = NULL;
    o.vfs = "test";
    return testvfs_install() && store_open(&s, &o, NULL) == LMOD_OK ? s : NULL;
}

static struct store *make_quick(struct tempdir *dir)
{
    struct store *s = tempdir_make(dir) ? open_quick(dir) : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    return s;
}

/* Waits for `pid`; what it exited with, 255 when it did not. */
static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 255;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/* A process of its own: opens the store, puts its rows, says how many failed. */
static int write_rows(const struct tempdir *dir, uint64_t from, unsigned rows)
{
    struct store *s = open_quick(dir);
    unsigned failed = !s;
    for (unsigned i = 0; i < rows && !failed; i++) {
        struct kit_row k;
        struct store_done done;
        struct error e;
        kit_row(&k, from + i);
        if (store_put(s, &k.row, 0, &done, &e) == LMOD_OK)
            continue;
        failed++;
        fprintf(stderr, "# row %u: %s\n", i, e.text);
    }
    store_close(s);
    return failed ? 1 : 0;
}

static void test_eight_at_once(void)
{
    struct tempdir dir;
    pid_t pid[PROCESSES];
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
    for (unsigned i = 0; i < PROCESSES; i++) { /* they also make the store together */
        pid[i] = fork();
        if (pid[i] == 0)
            _exit(write_rows(&dir, (uint64_t)i * ROWS, ROWS));
    }
    for (unsigned i = 0; i < PROCESSES; i++)
        CU_ASSERT_EQUAL(wait_for(pid[i]), 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(DISTINCT id) FROM event"), PROCESSES * ROWS);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), PROCESSES * ROWS);
    tempdir_remove(&dir);
}

static pid_t fork_store(struct store *s)
{
    store_fork(s, FORK_PREPARE);
    pid_t pid = fork();
    store_fork(s, pid == 0 ? FORK_CHILD : FORK_PARENT);
    return pid;
}

/* Parent and children record in turns; each child is forked from a store that is in use. */
static void test_forks(void)
{
    struct tempdir dir;
    struct store *s = make_quick(&dir);
    unsigned failed = 0;
    for (unsigned i = 0; i < FORKS; i++) {
        failed += kit_put(s, 2 * i, NULL) != LMOD_OK;
        pid_t pid = fork_store(s);
        if (pid == 0) {
            int status = kit_put(s, 2 * i + 1, NULL);
            store_close(s);
            _exit(status == LMOD_OK ? 0 : 1);
        }
        failed += wait_for(pid) != 0;
    }
    CU_ASSERT_EQUAL(failed, 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(DISTINCT id) FROM event"), 2 * FORKS);
    kit_close(s, &dir);
}

/* Threads that put all the time while the process forks: the child starts with an empty queue and can
 * record at once; nobody in the parent notices. */
struct busy {
    struct store *store;
    uint64_t from, n;
    const bool *stop;
    unsigned failed;
};

static void *keep_putting(void *user)
{
    struct busy *b = user;
    while (!__atomic_load_n(b->stop, __ATOMIC_RELAXED))
        b->failed += kit_put(b->store, b->from + b->n++, NULL) != LMOD_OK;
    return NULL;
}

static void test_forks_while_threads_put(void)
{
    enum { BUSY = 6 };
    struct tempdir dir;
    if (SANITIZED)
        TAP_SKIP("the allocator of a sanitizer may be locked for ever after a fork");
    struct store *s = make_quick(&dir);
    bool stop = false;
    pthread_t t[BUSY];
    struct busy b[BUSY];
    unsigned failed = 0;
    uint64_t rows = FORKS / 2;
    for (unsigned i = 0; i < BUSY; i++) {
        b[i] = (struct busy){.store = s, .from = 1000000u * (i + 1), .stop = &stop};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&t[i], NULL, keep_putting, &b[i]), 0);
    }
    for (unsigned i = 0; i < FORKS / 2; i++) {
        pid_t pid = fork_store(s);
        if (pid == 0)
            _exit(kit_put(s, i, NULL) == LMOD_OK ? 0 : 1);
        failed += wait_for(pid) != 0;
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (unsigned i = 0; i < BUSY; i++) {
        (void)pthread_join(t[i], NULL);
        failed += b[i].failed;
        rows += b[i].n;
    }
    CU_ASSERT_EQUAL(failed, 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(DISTINCT id) FROM event"), (int64_t)rows);
    kit_close(s, &dir);
}

/* Forked, the parent gone, an outsider opens and closes the store, and only then the child records. */
static void test_orphan_and_outsider(void)
{
    enum { BEFORE = 20, AFTER = 50 };
    struct tempdir dir;
    int go[2], done[2];
    char byte = 0;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir) && pipe(go) == 0 && pipe(done) == 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct store *s = open_quick(&dir);
        unsigned failed = !s;
        for (uint64_t n = 0; n < BEFORE; n++)
            failed += kit_put(s, n, NULL) != LMOD_OK;
        if (fork_store(s) != 0)
            _exit(failed ? 1 : 0); /* without closing anything */
        failed += read(go[0], &byte, 1) != 1;
        for (uint64_t n = 0; n < AFTER; n++)
            failed += kit_put(s, BEFORE + n, NULL) != LMOD_OK;
        byte = failed ? 1 : 0;
        _exit(write(done[1], &byte, 1) == 1 ? 0 : 1);
    }
    CU_ASSERT_EQUAL(wait_for(parent), 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), BEFORE);
    CU_ASSERT_EQUAL(write(go[1], "x", 1), 1);
    CU_ASSERT_EQUAL(read(done[0], &byte, 1), 1);
    CU_ASSERT_EQUAL(byte, 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), BEFORE + AFTER);
    for (unsigned i = 0; i < 2; i++) {
        (void)close(go[i]);
        (void)close(done[i]);
    }
    tempdir_remove(&dir);
}

/* Copied without fork handlers: refused, and closing it does the other no harm. */
static void test_copied_without_handlers(void)
{
    struct tempdir dir;
    struct store *s = make_quick(&dir);
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (pid == 0) {
        struct store_found *f = NULL;
        struct error e;
        bool ok = kit_put(s, 2, NULL) == LMOD_E_FORKED &&
                  store_content(s, "h1:x", 0, &f, &e) == LMOD_E_FORKED;
        store_fork(s, FORK_PREPARE); /* it forks in its turn: still not its store */
        store_fork(s, FORK_CHILD);
        ok = ok && kit_put(s, 3, NULL) == LMOD_E_FORKED;
        store_close(s);
        _exit(ok ? 0 : 1);
    }
    CU_ASSERT_EQUAL(wait_for(pid), 0);
    CU_ASSERT_EQUAL(kit_put(s, 4, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 2);
    kit_close(s, &dir);
}

/* Somebody moves the files away while they are open: rows go into a new store, not into the void. */
static void test_moved_away(void)
{
    struct tempdir dir;
    struct store *s = make_quick(&dir);
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(rename(tempdir_file(&dir, "store.db"), tempdir_file(&dir, "old.db")), 0);
    (void)rename(tempdir_file(&dir, "store.db-wal"), tempdir_file(&dir, "old.db-wal"));
    (void)unlink(tempdir_file(&dir, "store.db-shm"));
    CU_ASSERT_EQUAL(kit_put(s, 2, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 1);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/processes", {"eight processes at once", test_eight_at_once},
                   {"forks", test_forks}, {"forks while threads put", test_forks_while_threads_put},
                   {"an orphan and an outsider", test_orphan_and_outsider},
                   {"copied without fork handlers", test_copied_without_handlers},
                   {"the files move away", test_moved_away});
}
