/* Hosts that fork, reap everything, ignore SIGCHLD or close their standard descriptors; and a long
 * run with workers that die at random. */
#include "fixture.h"

static struct fixture shared; /* for bodies that run in a child process */

static pid_t fork_pool(struct media *m)
{
    (void)fflush(stdout);
    media_fork(m, FORK_PREPARE);
    pid_t pid = fork();
    media_fork(m, pid == 0 ? FORK_CHILD : FORK_PARENT);
    return pid;
}

static bool ended_well(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static size_t count_sockets(void)
{
    size_t n = 0;
    for (int fd = 0; fd < 256; fd++) {
        struct stat st;
        n += fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
    }
    return n;
}

/* In the child of a fork: nothing of the parent's workers is left, and jobs work. */
static bool child_goes_on(struct media *m)
{
    if (count_sockets() != 0 || stats_of(m).workers != 0)
        return false;
    bool ok = hash(m, "good") == 0 && hash(m, "crash") == REASON_UNDECODABLE;
    struct media_stats s = stats_of(m);
    ok = ok && s.spawns >= 2 && s.jobs == 2 && s.deaths == 2;
    media_close(m);
    return ok && childless();
}

static void test_fork(void)
{
    struct fixture f;
    begin(&f, 2, LONG_MS);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork_pool(f.pool);
        if (pid == 0)
            _exit(child_goes_on(f.pool) ? 0 : 1);
        CU_ASSERT_TRUE(ended_well(pid));
        CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    }
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.spawns == 1 && s.deaths == 0 && s.ok == 4); /* the same worker all along */
    end(&f);
    CU_ASSERT_TRUE(childless());
}

/* A copy that no fork handler knew of may still close what it has, without harm to the original. */
static void test_unknown_copy(void)
{
    struct fixture f;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        media_close(f.pool);
        _exit(count_sockets() == 0 ? 0 : 1);
    }
    CU_ASSERT_TRUE(ended_well(pid));
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    CU_ASSERT_EQUAL(stats_of(f.pool).spawns, 1);
    end(&f);
}

struct runner {
    struct media *pool;
    unsigned number, ok;
    bool stop; /* atomic */
    pthread_t thread;
};

static void *runner_run(void *arg)
{
    struct runner *r = arg;
    unsigned done = 0;
    while (!__atomic_load_n(&r->stop, __ATOMIC_ACQUIRE)) {
        char mode[32];
        (void)snprintf(mode, sizeof(mode), "%s %u", done % 8 == 5 ? "crash-old" : "slow 2",
                       r->number);
        r->ok += hash(r->pool, mode) == 0;
        done++;
    }
    return r->ok == done ? arg : NULL;
}

/* Forks while jobs run, wait and start workers on other threads: both sides go on. */
static void test_fork_amid_jobs(void)
{
    struct fixture f;
    struct runner runner[3];
    begin(&f, 2, LONG_MS);
    for (size_t i = 0; i < COUNT_OF(runner); i++) {
        runner[i] = (struct runner){.pool = f.pool, .number = (unsigned)i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&runner[i].thread, NULL, runner_run, &runner[i]), 0);
    }
    for (int i = 0; i < 30; i++) {
        pid_t pid = fork_pool(f.pool);
        if (pid == 0)
            _exit(child_goes_on(f.pool) ? 0 : 1);
        CU_ASSERT_TRUE(ended_well(pid));
    }
    for (size_t i = 0; i < COUNT_OF(runner); i++) {
        void *good = NULL;
        __atomic_store_n(&runner[i].stop, true, __ATOMIC_RELEASE);
        CU_ASSERT_EQUAL(pthread_join(runner[i].thread, &good), 0);
        CU_ASSERT_PTR_NOT_NULL(good); /* every job of the parent was done */
    }
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.ok == s.jobs && s.deaths == s.retries && s.undecodable == 0);
    end(&f);
    CU_ASSERT_TRUE(childless());
}

static bool low_fds_free(void)
{
    return fcntl(0, F_GETFD) < 0 && fcntl(1, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
}

static bool closed_host(void)
{
    struct media_options o = fixture_options(&shared);
    struct media *m;
    for (int fd = 0; fd < 3; fd++)
        (void)close(fd);
    if (media_open(&m, &o, NULL) != LMOD_OK || hash(m, "good") != 0)
        return false;
    bool ok = low_fds_free() && hash(m, "crash") == REASON_UNDECODABLE && hash(m, "good") == 0 &&
              low_fds_free();
    media_close(m);
    return ok && childless();
}

static bool ignoring_host(void)
{
    struct media_options o = fixture_options(&shared);
    struct media *m;
    (void)signal(SIGCHLD, SIG_IGN);
    o.wall_ms = 400;
    if (media_open(&m, &o, NULL) != LMOD_OK)
        return false;
    bool ok = hash(m, "good") == 0 && hash(m, "crash") == REASON_UNDECODABLE &&
              hash(m, "crash-old") == 0 && hash(m, "hang") == REASON_TIMEOUT &&
              hash(m, "exit") == 0 && hash(m, "good") == 0;
    ok = ok && stats_of(m).deaths == 2 && stats_of(m).timeouts == 1;
    media_close(m);
    return ok && childless();
}

static void *reap_all(void *arg)
{
    const bool *stop = arg;
    while (!__atomic_load_n(stop, __ATOMIC_ACQUIRE))
        if (waitpid(-1, NULL, WNOHANG) <= 0)
            (void)sched_yield();
    return NULL;
}

static bool reaping_host(void)
{
    struct media_options o = fixture_options(&shared);
    struct media *m;
    pthread_t thread;
    bool stop = false;
    if (media_open(&m, &o, NULL) != LMOD_OK || pthread_create(&thread, NULL, reap_all, &stop))
        return false;
    bool ok = true;
    for (int i = 0; i < 20; i++)
        ok = ok && hash(m, "good") == 0 && hash(m, "crash-old") == 0;
    ok = ok && hash(m, "crash") == REASON_UNDECODABLE && hash(m, "good") == 0;
    media_close(m);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    return pthread_join(thread, NULL) == 0 && ok && childless();
}

/* One with a file size limit: a copy in memory would be SIGXFSZ in the host. */
static bool limited_host(void)
{
    struct media_options o = fixture_options(&shared);
    struct rlimit limit = {CONTENT - 1, CONTENT - 1};
    struct media *m;
    if (media_open(&m, &o, NULL) != LMOD_OK || setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return false;
    bool ok = hash(m, "good") == REASON_WORKER && media_ping(m, in_ms(LONG_MS), NULL) == LMOD_OK;
    media_close(m);
    return ok;
}

/* One without descriptors left: a gap, then all is well again. */
static bool starved_host(void)
{
    struct media_options o = fixture_options(&shared);
    struct media *m;
    if (media_open(&m, &o, NULL) != LMOD_OK)
        return false;
    struct rlimit limit, none;
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 3;
    (void)setrlimit(RLIMIT_NOFILE, &none);
    bool ok = hash(m, "good") == REASON_WORKER && stats_of(m).trouble[0];
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    uint64_t dl = in_ms(LONG_MS);
    while (hash(m, "good") != 0 && time_now_ns() < dl)
        (void)sched_yield();
    ok = ok && hash(m, "good") == 0;
    media_close(m);
    return ok;
}

static void odd_host(bool (*body)(void))
{
    begin(&shared, 1, LONG_MS);
    CU_ASSERT_TRUE(in_child(body));
    end(&shared);
}

static void test_closed_host(void)
{
    odd_host(closed_host);
}

static void test_ignoring_host(void)
{
    odd_host(ignoring_host);
}

static void test_reaping_host(void)
{
    odd_host(reaping_host);
}

static void test_limited_host(void)
{
    odd_host(limited_host);
}

static void test_starved_host(void)
{
    odd_host(starved_host);
}

/* A thousand jobs with every kind of death in between leave nothing behind. */
static void test_no_leak(void)
{
    static const char *const modes[] = {"crash-old", "garbage", "exit", "descriptor", "slow 5",
                                        "leave-old", "close",   "sys",  "fat"};
    size_t fds = descriptors_open();
    struct fixture f;
    uint32_t state = 1;
    begin(&f, 2, 2000);
    for (unsigned i = 0; i < 1000; i++) {
        char mode[32];
        state = state * 1664525u + 1013904223u; /* always the same jobs */
        bool bad = (state >> 28) == 0;
        (void)snprintf(mode, sizeof(mode), "%s %u",
                       bad ? modes[(state >> 16) % COUNT_OF(modes)] : "good", i);
        uint32_t reasons = hash_by(f.pool, mode, in_ms(i % 50 == 7 ? 3 : LONG_MS));
        if (!bad && i % 50 != 7)
            CU_ASSERT_TRUE(reasons == 0);
    }
    CU_ASSERT_TRUE(descriptors_open() <= fds + 5); /* the executable; two for each worker */
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.jobs == 1000 && s.workers <= 2 && s.deaths > 10);
    end(&f);
    CU_ASSERT_EQUAL(descriptors_open(), fds);
    CU_ASSERT_TRUE(childless());
}

int main(void)
{
    return TAP_RUN(
        "media/hosts", {"fork", test_fork},
        {"closed in a copy without fork handlers", test_unknown_copy},
        {"fork while jobs run", test_fork_amid_jobs},
        {"standard descriptors closed", test_closed_host}, {"SIGCHLD ignored", test_ignoring_host},
        {"a host that reaps everything", test_reaping_host},
        {"a file size limit", test_limited_host}, {"no descriptors left", test_starved_host},
        {"nothing leaks in a thousand jobs", test_no_leak});
}
