/* The pool with the real worker: a small picture, deadlines, a fork, and the price of a round trip. */
#include "fixture.h"

enum { WIDTH = 64, HEIGHT = 64, COLOURS = 128 };

/* The built worker and the sandbox it can run in here; NULL: there is none. */
#ifdef REAL_WORKER
static const char *const worker_path = REAL_WORKER;
#else
static const char *const worker_path = NULL;
#endif
#ifdef SANITIZED
static const enum sandbox_mode sandbox = SANDBOX_OFF;
#else
static const enum sandbox_mode sandbox = SANDBOX_BASIC;
#endif

static bool open_real(struct media **m, uint32_t workers)
{
    struct media_options o = {.worker = worker_path,
                              .workers = workers,
                              .sandbox = sandbox,
                              .formats = FORMAT_JPEG | FORMAT_PNG | FORMAT_WEBP | FORMAT_GIF,
                              .max_bytes = 1 << 20,
                              .max_pixels = 1000000,
                              .wall_ms = LONG_MS,
                              .frames = 4};
    return worker_path && access(worker_path, X_OK) == 0 && media_open(m, &o, NULL) == LMOD_OK;
}

/* A GIF of random grey 8×8 squares, every pixel a code of eight bits and a clear code in time. */
static struct buffer gif(uint32_t seed)
{
    struct buffer b = BUFFER_INIT;
    uint8_t block[126];
    buffer_append(&b, "GIF89a", 6);
    buffer_u16(&b, WIDTH);
    buffer_u16(&b, HEIGHT);
    buffer_append(&b, "\xf6\0\0", 3); /* a table of 128 colours */
    for (unsigned i = 0; i < COLOURS; i++)
        buffer_append(&b, (uint8_t[]){(uint8_t)(2 * i), (uint8_t)(2 * i), (uint8_t)(2 * i)}, 3);
    buffer_append(&b, ",\0\0\0\0", 5);
    buffer_u16(&b, WIDTH);
    buffer_u16(&b, HEIGHT);
    buffer_append(&b, "\0\x07", 2);
    for (unsigned y = 0; y < HEIGHT; y++) {
        block[0] = WIDTH + 1;
        block[1] = COLOURS; /* clear */
        for (unsigned x = 0; x < WIDTH; x++) {
            uint32_t square = (x / 8 + 8 * (y / 8) + seed) * 2654435761u;
            block[2 + x] = (uint8_t)(square >> 25);
        }
        buffer_append(&b, block, WIDTH + 2);
    }
    buffer_append(&b, "\x01\x81\0;", 4); /* end of the picture and of the file */
    return b;
}

static uint32_t hash_gif(struct media *m, uint32_t seed, struct media_result *r)
{
    struct buffer b = gif(seed);
    uint8_t digest[32] = {(uint8_t)seed};
    media_hash(m, -1, b.data, b.size, digest, in_ms(LONG_MS), r);
    buffer_finish(&b);
    return r->reasons;
}

static void test_picture(void)
{
    struct media *m;
    struct media_result a, b;
    if (!open_real(&m, 1))
        TAP_SKIP("the media worker is not built");
    CU_ASSERT_EQUAL(hash_gif(m, 1, &a), 0);
    CU_ASSERT_TRUE(a.reply.format == FORMAT_GIF && a.reply.width == WIDTH);
    CU_ASSERT_TRUE_FATAL(a.reply.count >= 1);
    CU_ASSERT_EQUAL(hash_gif(m, 1, &b), 0);
    CU_ASSERT_EQUAL(
        memcmp(&a.reply.candidate[0], &b.reply.candidate[0], sizeof(a.reply.candidate[0])), 0);
    CU_ASSERT_EQUAL(hash_gif(m, 2, &b), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(a.reply.candidate[0].hash, b.reply.candidate[0].hash, WIRE_HASH), 0);
    struct media_stats s = stats_of(m);
    CU_ASSERT_TRUE(s.spawns == 1 && s.ok == 3 && s.rss_kib_max > 0);
    CU_ASSERT_TRUE(s.greeted && !s.hello.failed);
    media_close(m);
    CU_ASSERT_TRUE(childless());
}

static void test_broken_picture(void)
{
    struct media *m;
    struct media_result r;
    struct buffer b = gif(3);
    uint8_t digest[32] = {3};
    if (!open_real(&m, 1))
        TAP_SKIP("the media worker is not built");
    media_hash(m, -1, b.data, b.size / 2, digest, in_ms(LONG_MS), &r);
    CU_ASSERT_TRUE(r.reasons & REASON_UNDECODABLE);
    media_hash(m, -1, b.data, 20, digest, in_ms(LONG_MS), &r);
    CU_ASSERT_EQUAL(r.reasons, REASON_UNDECODABLE);
    CU_ASSERT_EQUAL(hash_gif(m, 3, &r), 0);
    CU_ASSERT_EQUAL(stats_of(m).deaths, 0);
    buffer_finish(&b);
    media_close(m);
}

/* A file of the host, shared with the worker; then said to be longer than it is. */
static void test_file(void)
{
    struct media *m;
    struct media_result r;
    struct tempdir dir;
    struct buffer b = gif(4);
    uint8_t digest[32] = {4};
    if (!open_real(&m, 1))
        TAP_SKIP("the media worker is not built");
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir) && tempdir_write(&dir, "gif", b.data, b.size));
    int fd = open(tempdir_file(&dir, "gif"), O_RDONLY | O_CLOEXEC);
    media_hash(m, fd, NULL, b.size, digest, in_ms(LONG_MS), &r);
    CU_ASSERT_TRUE(r.reasons == 0 && r.reply.count >= 1);
    media_hash(m, fd, NULL, b.size + 500000, digest, in_ms(LONG_MS), &r);
    CU_ASSERT_EQUAL(r.reasons, REASON_UNDECODABLE);
    (void)close(fd);
    media_close(m);
    tempdir_remove(&dir);
    buffer_finish(&b);
}

static void test_real_fork(void)
{
    struct media *m;
    struct media_result r;
    if (!open_real(&m, 1))
        TAP_SKIP("the media worker is not built");
    CU_ASSERT_EQUAL(hash_gif(m, 5, &r), 0);
    (void)fflush(stdout);
    media_fork(m, FORK_PREPARE);
    pid_t pid = fork();
    media_fork(m, pid == 0 ? FORK_CHILD : FORK_PARENT);
    if (pid == 0)
        _exit(hash_gif(m, 5, &r) == 0 && stats_of(m).spawns == 1 ? 0 : 1);
    int status = -1;
    CU_ASSERT_TRUE(waitpid(pid, &status, 0) == pid && status == 0);
    CU_ASSERT_EQUAL(hash_gif(m, 5, &r), 0);
    CU_ASSERT_EQUAL(stats_of(m).spawns, 1);
    media_close(m);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void test_round_trip(void)
{
    enum { PINGS = 900 };
    static uint64_t took[PINGS];
    struct media *m;
    if (!open_real(&m, 1))
        TAP_SKIP("the media worker is not built");
    uint64_t from = time_now_ns();
    CU_ASSERT_EQUAL(media_ping(m, in_ms(LONG_MS), NULL), LMOD_OK);
    printf("# start %.1f ms\n", (double)(time_now_ns() - from) / 1e6);
    for (size_t i = 0; i < PINGS; i++) {
        from = time_now_ns();
        CU_ASSERT_EQUAL(media_ping(m, from + ns_of_ms(LONG_MS), NULL), LMOD_OK);
        took[i] = time_now_ns() - from;
    }
    qsort(took, PINGS, sizeof(took[0]), by_size);
    printf("# round trip p50 %.1f us, p99 %.1f us\n", (double)took[PINGS / 2] / 1e3,
           (double)took[PINGS * 99 / 100] / 1e3);
    CU_ASSERT_TRUE(took[0] < ns_of_ms(1));
    media_close(m);
}

int main(void)
{
    return TAP_RUN("media/worker", {"hashes a picture", test_picture},
                   {"a broken picture", test_broken_picture}, {"a file", test_file},
                   {"fork", test_real_fork}, {"round trip", test_round_trip});
}
