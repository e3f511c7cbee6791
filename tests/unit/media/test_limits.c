/* Time: deadlines, wall limits, late workers, turns, and workers that do not start. */
#include "fixture.h"

enum { SHORT_MS = 60, WALL_MS = 400, TOLERANCE_MS = 1000 };

/* Milliseconds since `from`. */
static uint64_t since_ms(uint64_t from)
{
    return (time_now_ns() - from) / ns_of_ms(1);
}

/* At the deadline the job returns; the worker goes on, and serves again once it has replied. */
static void test_deadline(void)
{
    struct fixture f;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    uint64_t from = time_now_ns();
    CU_ASSERT_EQUAL(hash_by(f.pool, "slow 200", in_ms(SHORT_MS)), REASON_TIMEOUT);
    CU_ASSERT_TRUE(since_ms(from) >= SHORT_MS && since_ms(from) < 200);
    CU_ASSERT_EQUAL(stats_of(f.pool).workers, 1);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    uint64_t took = since_ms(from);
    CU_ASSERT_TRUE(took >= 200 && took < 200 + TOLERANCE_MS);
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.spawns == 1 && s.timeouts == 1 && s.deaths == 0);
    end(&f);
}

/* Milliseconds past its deadline that such a job returns at, the best of a few on a busy machine. */
static uint64_t overrun(struct media *m, const char *mode)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 5 && best > 10; i++) {
        uint64_t dl = in_ms(SHORT_MS);
        CU_ASSERT_EQUAL(hash_by(m, mode, dl), REASON_TIMEOUT);
        uint64_t now = time_now_ns();
        CU_ASSERT_TRUE(now >= dl);
        best = (now - dl) / ns_of_ms(1) < best ? (now - dl) / ns_of_ms(1) : best;
    }
    return best;
}

/* Whatever the worker does, the deadline holds to a few milliseconds. */
static void test_accuracy(void)
{
    static const char *const modes[] = {"hang", "stuck"};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct fixture f;
        begin(&f, 1, LONG_MS);
        CU_ASSERT_TRUE(overrun(f.pool, modes[i]) <= 10); /* first running, then in line */
        end(&f);
    }
    struct fixture f;
    begin(&f, 1, LONG_MS);
    set_start(&f, "silent");
    CU_ASSERT_TRUE(overrun(f.pool, "good") <= 10);
    end(&f);
}

static void test_past_deadline(void)
{
    struct fixture f;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_EQUAL(hash_by(f.pool, "good", 1), REASON_TIMEOUT);
    CU_ASSERT_EQUAL(stats_of(f.pool).spawns, 0);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    CU_ASSERT_EQUAL(hash_by(f.pool, "good", 1), REASON_TIMEOUT);
    struct error e;
    CU_ASSERT_EQUAL(media_ping(f.pool, 1, &e), LMOD_E_TIMEOUT);
    end(&f);
}

/* The worker's own alarm ends it, or we do; either is a time-out and no death. */
static void test_wall(void)
{
    static const char *const modes[] = {"hang", "stuck"};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct fixture f;
        begin(&f, 1, WALL_MS);
        CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
        uint64_t from = time_now_ns();
        CU_ASSERT_EQUAL(hash(f.pool, modes[i]), REASON_TIMEOUT);
        uint64_t took = since_ms(from);
        CU_ASSERT_TRUE(took + 1 >= WALL_MS && took < WALL_MS + TOLERANCE_MS);
        CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
        struct media_stats s = stats_of(f.pool);
        CU_ASSERT_TRUE(s.spawns == 2 && s.timeouts == 1 && s.deaths == 0 && s.retries == 0);
        end(&f);
        CU_ASSERT_TRUE(childless());
    }
}

/* What a late worker does is seen by the next job, whatever it is. */
static void test_late(void)
{
    static const struct {
        const char *mode;
        uint32_t wall_ms;
        uint64_t spawns, deaths;
    } t[] = {{"slow 90", LONG_MS, 1, 0},
             {"hang", WALL_MS, 2, 0},
             {"stuck", WALL_MS, 2, 0},
             {"slow 90 then crash", LONG_MS, 2, 1},
             {"slow 90 then garbage", LONG_MS, 2, 1}};
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        struct fixture f;
        begin(&f, 1, t[i].wall_ms);
        CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
        CU_ASSERT_EQUAL(hash_by(f.pool, t[i].mode, in_ms(SHORT_MS)), REASON_TIMEOUT);
        CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
        struct media_stats s = stats_of(f.pool);
        CU_ASSERT_EQUAL(s.spawns, t[i].spawns);
        CU_ASSERT_EQUAL(s.deaths, t[i].deaths);
        CU_ASSERT_EQUAL(s.timeouts, 1);
        end(&f);
        CU_ASSERT_TRUE(childless());
    }
}

static bool make_gate(const struct fixture *f, int *gate)
{
    const char *path = tempdir_file(&f->dir, "gate");
    *gate = mkfifo(path, 0600) == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
    return *gate >= 0;
}

struct task {
    struct media *pool;
    char mode[16];
    uint64_t dl;
    uint32_t reasons;
    pthread_t thread;
};

static void *task_run(void *arg)
{
    struct task *t = arg;
    t->reasons = hash_by(t->pool, t->mode, t->dl);
    return NULL;
}

static void task_start(struct task *t, struct media *pool, const char *mode, uint64_t dl)
{
    t->pool = pool;
    t->dl = dl;
    (void)snprintf(t->mode, sizeof(t->mode), "%s", mode);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&t->thread, NULL, task_run, t), 0);
}

static uint32_t task_join(struct task *t)
{
    CU_ASSERT_EQUAL(pthread_join(t->thread, NULL), 0);
    return t->reasons;
}

/* Jobs that wait are served in the order in which they came. */
static void test_turns(void)
{
    enum { JOBS = 9 };
    struct fixture f;
    struct task holder, task[JOBS];
    struct buffer order = BUFFER_INIT;
    int gate;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_FATAL(make_gate(&f, &gate));
    task_start(&holder, f.pool, "hold", 0);
    await_state(f.pool, SLOT_BUSY, 1);
    for (size_t i = 0; i < JOBS; i++) {
        char mode[] = "note0";
        mode[4] = (char)('0' + i);
        task_start(&task[i], f.pool, mode, 0);
        await_waiters(f.pool, i + 1);
    }
    CU_ASSERT_EQUAL(write(gate, "x", 1), 1);
    CU_ASSERT_EQUAL(task_join(&holder), 0);
    for (size_t i = 0; i < JOBS; i++)
        CU_ASSERT_EQUAL(task_join(&task[i]), 0);
    CU_ASSERT_EQUAL(file_read(&order, tempdir_file(&f.dir, "order"), 64, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(order.data, "012345678");
    buffer_finish(&order);
    (void)close(gate);
    end(&f);
}

/* A job that gives up in line makes room for those behind it. */
static void test_waits_until_deadline(void)
{
    struct fixture f;
    struct task holder, behind;
    int gate;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_FATAL(make_gate(&f, &gate));
    task_start(&holder, f.pool, "hold", 0);
    await_state(f.pool, SLOT_BUSY, 1);
    uint64_t from = time_now_ns();
    struct task first;
    task_start(&first, f.pool, "good", in_ms(SHORT_MS));
    await_waiters(f.pool, 1);
    task_start(&behind, f.pool, "good", 0);
    CU_ASSERT_EQUAL(task_join(&first), REASON_TIMEOUT);
    uint64_t took = since_ms(from);
    CU_ASSERT_TRUE(took >= SHORT_MS && took < SHORT_MS + TOLERANCE_MS);
    CU_ASSERT_EQUAL(write(gate, "x", 1), 1);
    CU_ASSERT_EQUAL(task_join(&holder), 0);
    CU_ASSERT_EQUAL(task_join(&behind), 0);
    (void)close(gate);
    end(&f);
}

struct crowd {
    struct media *pool;
    unsigned seed, ok;
    pthread_t thread;
};

static void *crowd_run(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < 60; i++) {
        char mode[32];
        (void)snprintf(mode, sizeof(mode), "%s %u %d", i % 15 == 7 ? "crash-old" : "good", c->seed,
                       i);
        c->ok += hash(c->pool, mode) == 0;
    }
    return NULL;
}

/* Eight threads over two workers: all are served, by no more than two workers at a time. */
static void test_crowd(void)
{
    struct fixture f;
    struct crowd crowd[8];
    begin(&f, 2, LONG_MS);
    for (unsigned i = 0; i < COUNT_OF(crowd); i++) {
        crowd[i] = (struct crowd){.pool = f.pool, .seed = i};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&crowd[i].thread, NULL, crowd_run, &crowd[i]), 0);
    }
    for (unsigned i = 0; i < COUNT_OF(crowd); i++) {
        CU_ASSERT_EQUAL(pthread_join(crowd[i].thread, NULL), 0);
        CU_ASSERT_EQUAL(crowd[i].ok, 60);
    }
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.ok == 480 && s.workers <= 2 && s.deaths == s.retries);
    CU_ASSERT_TRUE(s.spawns <= 2 + s.deaths);
    end(&f);
    CU_ASSERT_TRUE(childless());
}

/* Workers that do not start: reason worker at once, with a text, and no storm of new ones. */
static void test_no_start(void)
{
    static const struct {
        const char *how, *text;
        uint64_t spawns;
    } t[] = {{"exit", "status 3", 2},
             {"abort", "signal 6", 2},
             {"garbage", "not a media worker", 1},
             {"refuse", "\"seccomp\"", 1}};
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        struct fixture f;
        struct error e;
        begin(&f, 2, LONG_MS);
        set_start(&f, t[i].how);
        CU_ASSERT_EQUAL(hash(f.pool, "good"), REASON_WORKER);
        CU_ASSERT_EQUAL(hash(f.pool, "good"), REASON_WORKER);
        struct media_stats s = stats_of(f.pool);
        CU_ASSERT_EQUAL(s.spawns, t[i].spawns);
        CU_ASSERT_EQUAL(s.deaths, 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(s.trouble, t[i].text));
        CU_ASSERT_EQUAL(media_ping(f.pool, in_ms(LONG_MS), &e), LMOD_E_WORKER);
        CU_ASSERT_STRING_EQUAL(e.text, s.trouble);
        set_start(&f, ""); /* mended: works again within the back-off, without being told */
        uint64_t dl = in_ms(LONG_MS);
        while (hash(f.pool, "good") != 0 && time_now_ns() < dl)
            (void)sched_yield();
        s = stats_of(f.pool);
        CU_ASSERT_TRUE(s.ok == 1 && !s.trouble[0] && s.spawns == t[i].spawns + 1);
        end(&f);
        CU_ASSERT_TRUE(childless());
    }
}

/* Strict is strict, even when a worker does not know that it is not locked in. */
static void test_strict(void)
{
    struct fixture f;
    struct media *m;
    begin(&f, 1, LONG_MS);
    struct media_options o = fixture_options(&f);
    o.sandbox = SANDBOX_STRICT;
    CU_ASSERT_EQUAL_FATAL(media_open(&m, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(hash(m, "good"), REASON_WORKER);
    CU_ASSERT_PTR_NOT_NULL(strstr(stats_of(m).trouble, "\"seccomp\""));
    media_close(m);
    end(&f);
}

/* A worker that never becomes ready costs a job its deadline only, and is ended in its time. */
static void test_no_hello(void)
{
    struct fixture f;
    begin(&f, 1, LONG_MS);
    set_start(&f, "silent");
    uint64_t from = time_now_ns();
    CU_ASSERT_EQUAL(hash_by(f.pool, "good", in_ms(SHORT_MS)), REASON_TIMEOUT);
    uint64_t took = since_ms(from);
    CU_ASSERT_TRUE(took >= SHORT_MS && took < SHORT_MS + TOLERANCE_MS);
    CU_ASSERT_EQUAL(hash_by(f.pool, "good", in_ms(SHORT_MS)), REASON_TIMEOUT);
    CU_ASSERT_EQUAL(stats_of(f.pool).spawns, 1); /* it is still given its chance */
    CU_ASSERT_TRUE(f.pool->slots[0].kill_at <= from + ns_of_ms(START_MS + TOLERANCE_MS));
    f.pool->slots[0].kill_at = 1; /* as if the time for starting were over */
    CU_ASSERT_EQUAL(hash(f.pool, "good"), REASON_WORKER);
    CU_ASSERT_PTR_NOT_NULL(strstr(stats_of(f.pool).trouble, "does not become ready"));
    end(&f);
    CU_ASSERT_TRUE(childless());
}

static void test_ping(void)
{
    enum { PINGS = 900 };
    static uint64_t took[PINGS];
    struct fixture f;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_EQUAL(media_ping(f.pool, in_ms(LONG_MS), NULL), LMOD_OK);
    for (size_t i = 0; i < PINGS; i++) {
        uint64_t from = time_now_ns();
        CU_ASSERT_EQUAL(media_ping(f.pool, from + ns_of_ms(LONG_MS), NULL), LMOD_OK);
        took[i] = time_now_ns() - from;
    }
    uint64_t best = took[0];
    for (size_t i = 0; i < PINGS; i++)
        best = took[i] < best ? took[i] : best;
    CU_ASSERT_TRUE(best < ns_of_ms(1));
    CU_ASSERT_EQUAL(stats_of(f.pool).spawns, 1);
    CU_ASSERT_EQUAL(stats_of(f.pool).jobs, 0); /* a ping is no job */
    end(&f);
}

int main(void)
{
    return TAP_RUN("media/limits", {"returns by the deadline", test_deadline},
                   {"the deadline holds whatever happens", test_accuracy},
                   {"a deadline that has passed", test_past_deadline},
                   {"one job's time is limited", test_wall}, {"late workers", test_late},
                   {"first come, first served", test_turns},
                   {"waits no longer than its deadline", test_waits_until_deadline},
                   {"eight threads over two workers", test_crowd},
                   {"workers that do not start", test_no_start},
                   {"strict without seccomp", test_strict},
                   {"workers that are never ready", test_no_hello}, {"ping", test_ping});
}
