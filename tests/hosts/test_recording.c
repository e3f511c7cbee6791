/*
 * Hosts that fork and record, with somebody else at the store: every event that was reported as
 * recorded is there, each once, every one that was not is counted, and nobody waits for ever.
 * outsider.c is the somebody else.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "host.h"
#include "tap.h"

#ifdef RELEASE
enum { FORKS = 1000, THREADED_FORKS = 200 };
#else
enum { FORKS = 120, THREADED_FORKS = 40 }; /* forking costs much more under a sanitizer */
#endif
enum {
    RECORDERS = 2,
    ID = 36,
    FAILED_PERCENT = 5, /* a disk that stalls for longer than a writer's patience */
};

static struct tempdir site;
static lmod_engine *engine;
static atomic_bool stop;
static atomic_ulong unrecorded; /* by this process */

static uint64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* ---- recording, and keeping account of it ---- */

/* Appends to a file of the site, in one write that no other process cuts. */
static bool note(const char *name, const char *line, size_t size)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", site.path, name);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    bool ok = write(fd, line, size) == (ssize_t)size;
    (void)close(fd);
    return ok;
}

static unsigned long noted(const char *name, unsigned long each)
{
    struct stat st;
    return stat(tempdir_file(&site, name), &st) == 0 ? (unsigned long)st.st_size / each : 0;
}

/* Events that were recorded, and those that were not, by all processes. */
static unsigned long recorded_ids(void)
{
    return noted("ids", ID + 1);
}

static unsigned long failures(void)
{
    return noted("failed", 1);
}

/* Records one event of its own and notes its id, or that it failed. */
static bool record(const char *who, int number)
{
    char text[64], line[ID + 2];
    lmod_verdict *v = NULL;
    int n = snprintf(text, sizeof(text), "%s %d", who, number);
    lmod_subject *where = host_subject("example.org", text);
    int32_t got = lmod_report(&v, engine, where, LMOD_CONTENT_TEXT, text, (size_t)n, NULL, 0, NULL);
    bool ok = got == LMOD_OK;
    if (ok && lmod_verdict_recorded(v) == LMOD_RECORDED_OK) {
        (void)snprintf(line, sizeof(line), "%s\n", lmod_verdict_field(v, LMOD_WHOLE, "event"));
        ok = note("ids", line, ID + 1);
    } else if (ok) {
        ok = lmod_verdict_recorded(v) == LMOD_RECORDED_FAILED && note("failed", "x", 1);
        atomic_fetch_add(&unrecorded, 1);
    }
    lmod_verdict_free(v);
    lmod_subject_free(where);
    if (!ok)
        printf("# %s: %s\n", text, lmod_status_name(got));
    return ok;
}

/* ---- the outsider ---- */

/* Starts it with pipes to its input and from its output. */
static pid_t outsider(const char *what, int *input, int *output)
{
    int in[2], out[2];
    pid_t pid = -1;
    const char *program = getenv("LIBMOD_OUTSIDER");
    char word[16], db[512], ids[512], *argv[] = {word, word, db, ids, NULL};
    posix_spawn_file_actions_t actions;
    (void)snprintf(word, sizeof(word), "%s", what);
    (void)snprintf(db, sizeof(db), "%s/state/store.db", site.path);
    (void)snprintf(ids, sizeof(ids), "%s/ids", site.path);
    if (!program || pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return -1;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    (void)posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    if (posix_spawn(&pid, program, &actions, NULL, argv, environ) != 0)
        pid = -1;
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(in[0]);
    (void)close(out[1]);
    *input = in[1];
    *output = out[0];
    return pid;
}

/* Ends its input, waits, and gives what it said. */
static bool outsider_end(pid_t pid, int input, int output, char *said, size_t size)
{
    (void)close(input);
    ssize_t n = read(output, said, size - 1);
    said[n > 0 ? n : 0] = '\0';
    (void)close(output);
    return host_wait(pid) == 0;
}

static bool outsider_visits(const char *what, char *said, size_t size)
{
    int input = -1, output = -1;
    pid_t pid = outsider(what, &input, &output);
    return pid > 0 && outsider_end(pid, input, output, said, size);
}

/* Everything that was noted is in the store, each once, and nothing else. */
static void check_all_there(void)
{
    char said[512], wanted[128];
    CU_ASSERT(outsider_visits("verify", said, sizeof(said)));
    (void)snprintf(wanted, sizeof(wanted), "events %lu lost 0 integrity ok\n", recorded_ids());
    printf("# %s", said);
    CU_ASSERT_STRING_EQUAL(said, wanted);
}

/* `attempts` since `before`: each was recorded or has failed, and few have. */
static void check_account(unsigned long attempts, unsigned long before, unsigned long failed_before)
{
    unsigned long failed = failures() - failed_before;
    CU_ASSERT_EQUAL(recorded_ids() - before + failed, attempts);
    CU_ASSERT(failed * 100 <= attempts * FAILED_PERCENT);
    printf("# %lu recorded, %lu failed and said so\n", attempts - failed, failed);
    check_all_there();
}

/* ---- the tests ---- */

/* A child that waits until the parent is gone and somebody else was there. */
static bool record_after(int go, int done)
{
    char c;
    return read(go, &c, 1) == 1 && record("orphan", 1) && record("orphan", 2) &&
           write(done, "y", 1) == 1 && read(go, &c, 1) == 1;
}

static bool record_fork_leave(int go, int done)
{
    pid_t pid;
    engine = host_engine(&site);
    if (!engine || !record("parent", 0))
        return false;
    HOST_CHILD(pid, record_after(go, done));
    return pid > 0;
}

/*
 * At a store that nobody else has open. SQLite's locks belong to the process that took them: with an
 * inherited connection the child would hold none, the outsider would be the last to close and take
 * the log away, and what the child then wrote to that log would be gone.
 */
static void test_parent_exits(void)
{
    int go[2] = {-1, -1}, done[2] = {-1, -1};
    pid_t pid;
    char said[512], answer = 'n';
    struct tempdir kept = site;
    lmod_engine *kept_engine = engine;
    CU_ASSERT_FATAL(host_site(&site));
    CU_ASSERT_FATAL(pipe2(go, O_CLOEXEC) == 0 && pipe2(done, O_CLOEXEC) == 0);
    HOST_CHILD(pid, record_fork_leave(go[0], done[1]));
    CU_ASSERT_EQUAL(host_wait(pid), 0);
    CU_ASSERT(outsider_visits("once", said, sizeof(said)));
    (void)close(done[1]);
    CU_ASSERT_EQUAL(write(go[1], "g", 1), 1);
    CU_ASSERT_EQUAL(read(done[0], &answer, 1), 1);
    CU_ASSERT_EQUAL(answer, 'y');
    check_all_there(); /* while the child is still there */
    CU_ASSERT_EQUAL(write(go[1], "g", 1), 1);
    CU_ASSERT_EQUAL(read(done[0], &answer, 1), 0); /* it is gone */
    check_all_there();
    CU_ASSERT_EQUAL(recorded_ids(), 3);
    (void)close(go[0]);
    (void)close(go[1]);
    (void)close(done[0]);
    tempdir_remove(&site);
    site = kept;
    engine = kept_engine;
}

/* What one child of many does: it records and goes, with or without closing; it leaves that to a
 * child of its own; or it is killed right after it was told that its event is safe. */
static bool live(int number, int done)
{
    pid_t pid;
    switch (number % 4) {
    case 0:
        return record("child", number);
    case 1: {
        bool ok = record("child", number);
        lmod_engine_close(engine);
        return ok;
    }
    case 2:
        HOST_CHILD(pid, record("grandchild", number) && write(done, "y", 1) == 1);
        return pid > 0;
    default:
        if (record("child", number))
            (void)raise(SIGKILL);
        return false;
    }
}

/* Forks once; how long it took until the child was gone. */
static uint64_t fork_once(int number, int done, bool beside)
{
    pid_t pid;
    uint64_t begin = now_us();
    HOST_CHILD(pid, live(number, done));
    if (beside)
        CU_ASSERT(record("parent beside", number));
    CU_ASSERT_EQUAL(host_wait(pid), number % 4 == 3 ? 200 + SIGKILL : 0);
    return now_us() - begin;
}

static void fork_often(int first, int count, bool beside)
{
    int done[2] = {-1, -1}, input = -1, output = -1;
    char said[512], answers[FORKS];
    uint64_t slowest = 0, begin = now_us();
    CU_ASSERT_FATAL(pipe2(done, O_CLOEXEC) == 0);
    pid_t other = outsider("loop", &input, &output);
    for (int i = first; i < first + count; i++) {
        uint64_t took = fork_once(i, done[1], beside);
        slowest = took > slowest ? took : slowest;
    }
    (void)close(done[1]);
    size_t orphans = 0;
    for (ssize_t n; (n = read(done[0], answers, sizeof(answers))) > 0;)
        orphans += (size_t)n;
    (void)close(done[0]);
    CU_ASSERT_EQUAL(orphans, (size_t)count / 4);
    CU_ASSERT(other > 0 && outsider_end(other, input, output, said, sizeof(said)));
    printf("# %d forks in %.1f s, slowest %.1f ms; outsider: %s", count,
           (double)(now_us() - begin) / 1e6, (double)slowest / 1e3, said);
}

static void test_forks(void)
{
    unsigned long before = recorded_ids(), failed = failures();
    fork_often(0, FORKS, true);
    check_account(2ul * FORKS, before, failed);
}

/* How often it recorded, or tried to. */
static void *record_on(void *data)
{
    const char *who = data;
    int n = 0;
    while (!atomic_load(&stop) && record(who, n))
        n++;
    return (void *)(uintptr_t)n;
}

/* The same while other threads of the parent are in the middle of commits. */
static void test_forks_among_threads(void)
{
#ifdef __SANITIZE_ADDRESS__
    TAP_SKIP("the sanitizer's allocator may deadlock in the child of a process with busy threads");
#endif
    static char names[RECORDERS][16];
    pthread_t thread[RECORDERS];
    void *recorded;
    unsigned long before = recorded_ids(), failed = failures(), attempts = THREADED_FORKS;
    for (int i = 0; i < RECORDERS; i++) {
        (void)snprintf(names[i], sizeof(names[i]), "thread %d", i);
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, record_on, names[i]), 0);
    }
    fork_often(FORKS, THREADED_FORKS, false);
    atomic_store(&stop, true);
    for (int i = 0; i < RECORDERS; i++) {
        CU_ASSERT_EQUAL(pthread_join(thread[i], &recorded), 0);
        CU_ASSERT(recorded != NULL);
        attempts += (unsigned long)recorded;
    }
    check_account(attempts, before, failed);
}

/* What the engine says of this process is exact. */
static void test_counters(void)
{
    char wanted[32];
    lmod_doc *doc = NULL;
    (void)snprintf(wanted, sizeof(wanted), "%lu", (unsigned long)atomic_load(&unrecorded));
    CU_ASSERT(record("the last", 0));
    CU_ASSERT_EQUAL(lmod_engine_stats(&doc, engine, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "store.unrecorded"), wanted);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "store.refused"), "0");
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, "store.error"));
    lmod_doc_free(doc);
}

int main(void)
{
    bool ready = host_site(&site) && (engine = host_engine(&site)) != NULL;
    int result = !ready ? 99
                        : TAP_RUN("hosts/recording",
                                  {"parent exits, an outsider comes and goes", test_parent_exits},
                                  {"many forks beside an outsider", test_forks},
                                  {"forks among recording threads", test_forks_among_threads},
                                  {"counters agree", test_counters});
    lmod_engine_close(engine);
    tempdir_remove(&site);
    return result;
}
