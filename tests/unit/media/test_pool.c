/* What a job gets back, from good workers and from every kind of bad one. */
#include "fixture.h"

static void test_open(void)
{
    static const struct {
        const char *name, *text;
    } bad[] = {{"missing", "No such file"},
               {"plain", "not an executable"},
               {".", "not an executable"},
               {"plain/below", "Not a directory"}};
    struct fixture f;
    struct error e;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_TRUE(tempdir_write(&f.dir, "plain", "text", 4));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct media_options o = fixture_options(&f);
        struct media *m = f.pool;
        o.worker = tempdir_file(&f.dir, bad[i].name);
        CU_ASSERT_EQUAL(media_open(&m, &o, &e), LMOD_E_WORKER);
        CU_ASSERT_PTR_NULL(m);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, bad[i].text));
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, o.worker));
    }
    CU_ASSERT_EQUAL(stats_of(f.pool).spawns, 0); /* opening starts nothing */
    CU_ASSERT_TRUE(childless());
    end(&f);
}

static void test_good(void)
{
    struct fixture f;
    struct content c = content_of("good");
    struct media_result r;
    begin(&f, 2, LONG_MS);
    for (int i = 0; i < 3; i++) {
        media_hash(f.pool, -1, c.bytes, sizeof(c.bytes), c.digest, in_ms(LONG_MS), &r);
        CU_ASSERT_EQUAL(r.reasons, 0);
        CU_ASSERT_EQUAL(r.reply.count, 1);
        CU_ASSERT_EQUAL(r.reply.format, FORMAT_JPEG);
        CU_ASSERT_EQUAL(r.reply.width, CONTENT); /* all of it was readable */
        CU_ASSERT_EQUAL(r.reply.height, 2);      /* and sealed */
    }
    CU_ASSERT_EQUAL(hash_by(f.pool, "good", 0), 0); /* no deadline */
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_EQUAL(s.jobs, 4);
    CU_ASSERT_EQUAL(s.ok, 4);
    CU_ASSERT_EQUAL(s.spawns, 1); /* one at a time needs one worker */
    CU_ASSERT_EQUAL(s.workers, 1);
    CU_ASSERT_TRUE(s.greeted && s.hello.layers == LAYER_ENVIRONMENT);
    CU_ASSERT_EQUAL(s.rss_kib_max, 1000);
    CU_ASSERT_STRING_EQUAL(s.trouble, "");
    end(&f);
}

/* Content that needs no worker to be refused. */
static void test_refused_here(void)
{
    struct fixture f;
    struct media_result r;
    uint8_t digest[32] = {7};
    static const uint8_t gif[] = "GIF89a..........................";
    static const uint8_t text[] = "hello, this is not a picture at all";
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};
    const struct {
        const void *bytes;
        uint64_t size;
        uint32_t reasons, format;
    } t[] = {{text, sizeof(text), REASON_UNSUPPORTED, 0},
             {gif, sizeof(gif), REASON_UNSUPPORTED, FORMAT_GIF}, /* not among the formats */
             {text, 0, REASON_UNDECODABLE, 0},
             {jpeg, (1 << 20) + 1, REASON_TOO_LARGE, 0},
             {jpeg, 2, REASON_UNSUPPORTED, 0}};
    begin(&f, 1, LONG_MS);
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        media_hash(f.pool, -1, t[i].bytes, t[i].size, digest, 0, &r);
        CU_ASSERT_EQUAL(r.reasons, t[i].reasons);
        CU_ASSERT_EQUAL(r.reply.format, t[i].format);
        CU_ASSERT_EQUAL(r.reply.count, 0);
    }
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.spawns == 0 && s.jobs == 5 && s.unsupported == 3);
    CU_ASSERT_TRUE(s.too_large == 1 && s.undecodable == 1 && s.ok == 0);
    end(&f);
}

static void test_outcomes(void)
{
    static const struct {
        const char *mode;
        uint32_t reasons, count;
    } t[] = {{"undecodable", REASON_UNDECODABLE, 0},
             {"unsupported", REASON_UNSUPPORTED, 0},
             {"too-large", REASON_TOO_LARGE, 0},
             {"timeout", REASON_TIMEOUT, 0},
             {"memory", REASON_LIMIT, 0},
             {"truncated", REASON_UNDECODABLE, 1},
             {"sampled", REASON_LIMIT, 1},
             {"none", REASON_WORKER, 0}};
    struct fixture f;
    begin(&f, 1, LONG_MS);
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        struct content c = content_of(t[i].mode);
        struct media_result r;
        media_hash(f.pool, -1, c.bytes, sizeof(c.bytes), c.digest, in_ms(LONG_MS), &r);
        CU_ASSERT_EQUAL(r.reasons, t[i].reasons);
        CU_ASSERT_EQUAL(r.reply.count, t[i].count); /* candidates are kept beside a reason */
    }
    CU_ASSERT_EQUAL(stats_of(f.pool).spawns, 1);
    end(&f);
}

/* Replies against the protocol: killed, reason worker, nothing of them kept, and the pool goes on. */
static void test_hostile(void)
{
    static const char *const modes[] = {"garbage", "oversize",     "wrong-id",
                                        "twice",   "wrong-format", "descriptor"};
    struct fixture f;
    begin(&f, 1, LONG_MS);
    size_t fds = descriptors_open();
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct content c = content_of(modes[i]);
        struct media_result r;
        media_hash(f.pool, -1, c.bytes, sizeof(c.bytes), c.digest, in_ms(LONG_MS), &r);
        if (!strcmp(modes[i], "twice")) { /* the second packet is found by the next job */
            CU_ASSERT_EQUAL(r.reasons, 0);
            CU_ASSERT_EQUAL(hash(f.pool, "good"), REASON_WORKER);
        } else {
            CU_ASSERT_EQUAL(r.reasons, REASON_WORKER);
            CU_ASSERT_TRUE(r.reply.count == 0 && r.reply.width == 0);
        }
        CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
        CU_ASSERT_EQUAL(stats_of(f.pool).deaths, i + 1);
    }
    CU_ASSERT_EQUAL(descriptors_open(), fds + 2); /* socket and pidfd of the one worker */
    end(&f);
    CU_ASSERT_TRUE(childless());
}

/* Two deaths over the same content: undecodable, and not tried a third time. */
static void test_deadly(void)
{
    static const char *const modes[] = {"crash", "sys", "bus", "close", "leave", "empty"};
    struct fixture f;
    begin(&f, 1, LONG_MS);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct media_stats before = stats_of(f.pool);
        CU_ASSERT_EQUAL(hash(f.pool, modes[i]), REASON_UNDECODABLE);
        struct media_stats after = stats_of(f.pool);
        CU_ASSERT_EQUAL(after.deaths - before.deaths, 2);
        CU_ASSERT_EQUAL(after.retries - before.retries, 1);
        CU_ASSERT_EQUAL(hash(f.pool, modes[i]), REASON_UNDECODABLE);
        after = stats_of(f.pool);
        CU_ASSERT_EQUAL(after.deaths - before.deaths, 2);
        CU_ASSERT_EQUAL(after.refused - before.refused, 1);
    }
    CU_ASSERT_EQUAL(stats_of(f.pool).sigsys, 2);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    end(&f);
    CU_ASSERT_TRUE(childless());
}

/* One death is not evidence: a fresh worker gets the same content. */
static void test_second_chance(void)
{
    struct fixture f;
    begin(&f, 1, LONG_MS);
    for (uint64_t i = 1; i <= 4; i++) {
        CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
        CU_ASSERT_EQUAL(hash(f.pool, "crash-old"), 0);
        struct media_stats s = stats_of(f.pool);
        CU_ASSERT_TRUE(s.deaths == i && s.retries == i && s.refused == 0);
    }
    end(&f);
}

/* A worker that left between two jobs, or between sending and reading, is simply replaced. */
static void test_idle_exit(void)
{
    struct fixture f;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_EQUAL(hash(f.pool, "exit after the reply"), 0);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    CU_ASSERT_EQUAL(hash(f.pool, "leave-old"), 0);
    (void)kill(f.pool->slots[0].child.pid, SIGKILL);
    struct pollfd gone = {f.pool->slots[0].child.pidfd, POLLIN, 0};
    CU_ASSERT_EQUAL(poll(&gone, 1, LONG_MS), 1);
    CU_ASSERT_EQUAL(hash(f.pool, "good"), 0);
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.deaths == 0 && s.retries == 0 && s.spawns == 4 && s.ok == 4);
    end(&f);
}

static uint32_t hash_file(struct media *m, int fd, const char *mode, struct media_result *r)
{
    struct content c = content_of(mode);
    media_hash(m, fd, NULL, sizeof(c.bytes), c.digest, in_ms(LONG_MS), r);
    return r->reasons;
}

/* A read-only regular file is shared; anything that could be written through is copied. */
static void test_files(void)
{
    static const struct {
        const char *mode;
        int flags;
        uint32_t height;
    } t[] = {{"good", O_RDONLY, 1},
             {"good", O_RDWR, 2},
             {"bus-shared", O_RDONLY, 2}, /* SIGBUS on the host's file: once more with a copy */
             {"crash-old", O_RDONLY, 2}};
    struct fixture f;
    begin(&f, 1, LONG_MS);
    for (size_t i = 0; i < COUNT_OF(t); i++) {
        struct content c = content_of(t[i].mode);
        struct media_result r;
        CU_ASSERT_TRUE(tempdir_write(&f.dir, "picture", c.bytes, sizeof(c.bytes)));
        int fd = open(tempdir_file(&f.dir, "picture"), t[i].flags | O_CLOEXEC);
        (void)lseek(fd, 50, SEEK_SET);
        CU_ASSERT_EQUAL(hash_file(f.pool, fd, t[i].mode, &r), 0);
        CU_ASSERT_EQUAL(r.reply.width, CONTENT);
        CU_ASSERT_EQUAL(r.reply.height, t[i].height);
        CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), 50); /* the offset is the host's */
        (void)close(fd);
    }
    end(&f);
}

/* Descriptors and files that are not what the caller said. */
static void test_odd_files(void)
{
    struct fixture f;
    struct media_result r;
    struct content c = content_of("good");
    int pipes[2];
    begin(&f, 1, LONG_MS);
    CU_ASSERT_EQUAL(pipe2(pipes, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL(hash_file(f.pool, pipes[0], "good", &r), REASON_WORKER);
    CU_ASSERT_EQUAL(hash_file(f.pool, 999, "good", &r), REASON_WORKER);
    CU_ASSERT_TRUE(tempdir_write(&f.dir, "cut", c.bytes, sizeof(c.bytes) - 1));
    for (int flags = O_RDONLY; flags <= O_RDWR; flags += O_RDWR - O_RDONLY) {
        int fd = open(tempdir_file(&f.dir, "cut"), flags | O_CLOEXEC);
        CU_ASSERT_EQUAL(hash_file(f.pool, fd, "good", &r), REASON_UNDECODABLE);
        (void)close(fd);
    }
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    end(&f);
}

static void test_recycles(void)
{
    struct fixture f;
    begin(&f, 1, LONG_MS);
    CU_ASSERT_EQUAL(hash(f.pool, "fat"), 0);
    CU_ASSERT_EQUAL(stats_of(f.pool).recycled, 1);
    for (int i = 0; i < MEDIA_JOBS; i++)
        CU_ASSERT_EQUAL_FATAL(media_ping(f.pool, in_ms(LONG_MS), NULL), LMOD_OK);
    struct media_stats s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.recycled == 2 && s.spawns == 2 && s.rss_kib_max == MEDIA_RSS_KIB + 1);
    CU_ASSERT_EQUAL(media_ping(f.pool, in_ms(LONG_MS), NULL), LMOD_OK);
    s = stats_of(f.pool);
    CU_ASSERT_TRUE(s.spawns == 3 && s.deaths == 0 && s.workers == 1);
    end(&f);
}

int main(void)
{
    return TAP_RUN("media/pool", {"opens only an executable file", test_open},
                   {"a good worker", test_good}, {"refused without a worker", test_refused_here},
                   {"outcomes become reasons", test_outcomes}, {"hostile replies", test_hostile},
                   {"deadly content", test_deadly},
                   {"one death is no evidence", test_second_chance},
                   {"workers that left are replaced", test_idle_exit},
                   {"files are shared or copied", test_files},
                   {"files that are not what they seem", test_odd_files},
                   {"workers are recycled", test_recycles});
}
