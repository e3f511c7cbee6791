/* The worker as the pool sees it: how it starts and ends, what it refuses, and its limits. */
#include "worker_client.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* Landlock and namespaces depend on the machine, the others do not. */
static void everything_is_on(const char *mode)
{
    const uint32_t always = LAYER_ENVIRONMENT | LAYER_NO_NEW_PRIVS | LAYER_NOT_DUMPABLE |
                            LAYER_LOADERS | LAYER_RLIMITS | LAYER_SECCOMP;
    struct worker w;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, mode, "15", NULL));
    CU_ASSERT_EQUAL(w.hello.formats, EVERY_FORMAT);
    CU_ASSERT_EQUAL(w.hello.failed, 0);
    CU_ASSERT_EQUAL(w.hello.layers & always, always);
    CU_ASSERT_EQUAL((w.hello.layers & LAYER_LANDLOCK) != 0, w.hello.landlock_abi > 0);
    CU_ASSERT_EQUAL(worker_stop(&w), 0);
}

static void test_on(void)
{
    if (IS_SANITIZED)
        TAP_SKIP("a sanitized worker runs with the sandbox off");
    everything_is_on("strict");
    everything_is_on("basic");
}

/* From here on the kernel refuses every further filter, as some containers do. */
static bool forbid_filters(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {COUNT_OF(code), code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum { NO_FILTER = 1, STRICT_WRONG = 2, BASIC_WRONG = 4, EXIT_NO_SANDBOX = 4 };

/* Bits of what went wrong. */
static int without_filters(void)
{
    struct worker w;
    int wrong = 0;
    if (!forbid_filters())
        return NO_FILTER;
    bool greeted = worker_start(&w, "strict", "15", NULL);
    int status = worker_stop(&w);
    if (!greeted || w.hello.failed != LAYER_SECCOMP || (w.hello.layers & LAYER_SECCOMP) ||
        !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_NO_SANDBOX)
        wrong |= STRICT_WRONG;
    greeted = worker_start(&w, "basic", "15", NULL);
    if (!greeted || w.hello.failed || (w.hello.layers & LAYER_SECCOMP) ||
        !(w.hello.layers & LAYER_RLIMITS) || worker_stop(&w) != 0)
        wrong |= BASIC_WRONG;
    return wrong;
}

/* Strict says what is missing and refuses to work; basic goes on and does not claim it. */
static void test_without_seccomp(void)
{
    int status = -1;
    if (IS_SANITIZED)
        TAP_SKIP("a sanitized worker runs with the sandbox off");
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(without_filters());
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
    if (WEXITSTATUS(status) == NO_FILTER)
        TAP_SKIP("seccomp filters are not available here");
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static void test_off(void)
{
    struct worker w;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, "off", "15", NULL));
    CU_ASSERT_EQUAL(w.hello.layers, 0);
    CU_ASSERT_EQUAL(w.hello.landlock_abi, 0);
    CU_ASSERT_EQUAL(worker_stop(&w), 0);
}

static void test_formats_are_what_was_asked_for(void)
{
    static const struct {
        const char *asked;
        uint32_t formats;
    } cases[] = {{"1", FORMAT_JPEG}, {"10", FORMAT_PNG | FORMAT_GIF}, {"63", EVERY_FORMAT}};
    struct bytes png = saved(picture(100, 80, 1), ".png");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct worker w;
        CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, cases[i].asked, NULL));
        CU_ASSERT_EQUAL(w.hello.formats, cases[i].formats);
        const struct wire_reply *r = worker_hash(&w, png.at, png.size);
        CU_ASSERT_EQUAL(r->outcome,
                        cases[i].formats & FORMAT_PNG ? OUTCOME_OK : OUTCOME_UNSUPPORTED);
        CU_ASSERT_EQUAL(r->format, FORMAT_PNG);
        (void)worker_stop(&w);
    }
    g_free(png.at);
}

static void test_request_narrows_formats(void)
{
    struct worker w;
    struct bytes png = saved(picture(100, 80, 1), ".png");
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    struct wire_request q = worker_request(&w, png.size);
    q.formats = FORMAT_JPEG;
    const struct wire_reply *r = worker_hash_as(&w, &q, png.at, png.size);
    CU_ASSERT_EQUAL(r->outcome, OUTCOME_UNSUPPORTED);
    CU_ASSERT_EQUAL(r->count, 0);
    (void)worker_stop(&w);
    g_free(png.at);
}

static void test_ping(void)
{
    struct worker w;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    for (int i = 0; i < 100; i++) {
        struct wire_request q = {.id = (uint64_t)i + 7, .job = JOB_PING};
        const struct wire_reply *r = worker_ask(&w, &q, -1);
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
        CU_ASSERT_EQUAL(r->count, 0);
        CU_ASSERT_TRUE(r->rss_kib > 1024);
    }
    CU_ASSERT_EQUAL(worker_stop(&w), 0);
}

/* More jobs than a worker may have descriptors: each file is given back. */
static void test_many_jobs(void)
{
    static const char *const suffixes[] = {".jpg", ".png", ".webp", ".gif"};
    struct worker w;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    for (unsigned i = 0; i < 60; i++) {
        struct bytes b = saved(picture(200, 150, i), suffixes[i % 4]);
        const struct wire_reply *r = worker_hash(&w, b.at, b.size);
        g_free(b.at);
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
        CU_ASSERT_EQUAL(r->count, 1);
        CU_ASSERT_TRUE(r->cpu_us > 0);
        CU_ASSERT_TRUE(IS_SANITIZED || r->rss_kib < 64 * 1024);
    }
    CU_ASSERT_EQUAL(worker_stop(&w), 0);
}

/* --- ends --- */

static int status_after(const void *packet, size_t size, int fd)
{
    struct worker w;
    int status = -1;
    char reply;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    CU_ASSERT_TRUE(worker_send(&w, packet, size, fd));
    CU_ASSERT_TRUE(recv(w.socket, &reply, sizeof(reply), 0) <= 0);
    status = worker_stop(&w);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_bad_requests(void)
{
    enum { BAD_REQUEST = 3 };
    uint8_t packet[WIRE_REQUEST_SIZE + 1] = {0};
    int fd = memory_file("x", 1);
    struct wire_request q = {.id = 1, .job = JOB_HASH, .size = 1, .max_pixels = 1, .wall_ms = 1};
    CU_ASSERT_EQUAL(status_after(packet, WIRE_REQUEST_SIZE, -1), BAD_REQUEST);
    wire_request_write(packet, &q); /* no frames */
    CU_ASSERT_EQUAL(status_after(packet, WIRE_REQUEST_SIZE, fd), BAD_REQUEST);
    q.frames = 1;
    wire_request_write(packet, &q);
    CU_ASSERT_EQUAL(status_after(packet, WIRE_REQUEST_SIZE, -1), BAD_REQUEST);
    CU_ASSERT_EQUAL(status_after(packet, WIRE_REQUEST_SIZE - 1, fd), BAD_REQUEST);
    CU_ASSERT_EQUAL(status_after(packet, WIRE_REQUEST_SIZE + 1, fd), BAD_REQUEST);
    q.job = JOB_PING;
    wire_request_write(packet, &q);
    CU_ASSERT_EQUAL(status_after(packet, WIRE_REQUEST_SIZE, fd), BAD_REQUEST);
    (void)close(fd);
}

/* A file that is shorter than was said, as when the host cuts it meanwhile: the library knows this
 * signal, and that it says nothing about the content. */
static void test_file_cut_meanwhile(void)
{
    struct worker w;
    if (IS_SANITIZED)
        TAP_SKIP("a sanitizer handles the signal");
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    struct wire_request q = worker_request(&w, 100000);
    CU_ASSERT_EQUAL(worker_hash_as(&w, &q, "", 0)->outcome, GONE);
    int status = worker_stop(&w);
    CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
}

static void test_leaves_when_idle(void)
{
    struct worker w;
    char nothing;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", "--idle-ms=20"));
    CU_ASSERT_EQUAL(recv(w.socket, &nothing, sizeof(nothing), 0), 0);
    CU_ASSERT_EQUAL(worker_stop(&w), 0);
}

static void test_usage(void)
{
    enum { USAGE = 2 };
    static const char *const bad[] = {"--idle-ms=", "--idle-ms=0", "--idle-ms=1x", "--else=1"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct worker w;
        CU_ASSERT_FALSE(worker_start(&w, SANDBOX, "15", bad[i]));
        int status = worker_stop(&w);
        CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == USAGE);
    }
}

static void test_time_is_up(void)
{
    struct worker w;
    struct bytes png = saved(picture(6000, 4000, 1), ".png[compression=1]");
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    struct wire_request q = worker_request(&w, png.size);
    q.wall_ms = 20;
    const struct wire_reply *r = worker_hash_as(&w, &q, png.at, png.size);
    if (r->outcome != GONE) { /* it noticed by itself, and serves on */
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_TIMEOUT);
        CU_ASSERT_EQUAL(r->count, 0);
        CU_ASSERT_EQUAL(worker_stop(&w), 0);
    } else {
        int status = worker_stop(&w);
        CU_ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
    }
    g_free(png.at);
}

/* --- limits --- */

static void big(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t crc(const uint8_t *p, size_t n)
{
    uint32_t c = ~0u;
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    }
    return ~c;
}

static void chunk(struct buffer *b, const char *type, const void *body, size_t size)
{
    uint8_t word[4];
    size_t from = b->size + 4;
    big(word, (uint32_t)size);
    buffer_append(b, word, 4);
    buffer_append(b, type, 4);
    buffer_append(b, body, size);
    big(word, crc((const uint8_t *)b->data + from, size + 4));
    buffer_append(b, word, 4);
}

/* A PNG with one chunk, `copies` times, put before its data. */
static struct buffer with_chunks(const char *type, const void *body, size_t size, int copies)
{
    enum { HEADER = 8 + 25 };
    struct bytes png = saved(picture(64, 64, 1), ".png[strip]");
    struct buffer b = BUFFER_INIT;
    buffer_append(&b, png.at, HEADER);
    for (int i = 0; i < copies; i++)
        chunk(&b, type, body, size);
    buffer_append(&b, (const char *)png.at + HEADER, png.size - HEADER);
    g_free(png.at);
    return b;
}

static void outcome_of(struct buffer *b, uint32_t outcome, uint32_t width)
{
    struct worker w;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    const struct wire_reply *r = worker_hash(&w, b->data, b->size);
    if (r->outcome != outcome)
        printf("# outcome %u\n", r->outcome);
    CU_ASSERT_EQUAL(r->outcome, outcome);
    CU_ASSERT_EQUAL(r->width, width);
    CU_ASSERT_EQUAL(worker_stop(&w), 0);
    buffer_finish(b);
}

static void test_png_of_ten_gigapixels(void)
{
    static const uint8_t data[] = {0x78, 0x9c, 3, 0, 0, 0, 0, 1};
    uint8_t header[13] = {0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0, 1, 0, 0, 0, 0}; /* 100 000 squared */
    struct buffer b = BUFFER_INIT;
    buffer_append(&b, "\x89PNG\r\n\x1a\n", 8);
    chunk(&b, "IHDR", header, sizeof(header));
    chunk(&b, "IDAT", data, sizeof(data));
    chunk(&b, "IEND", NULL, 0);
    outcome_of(&b, OUTCOME_TOO_LARGE, 100000);
}

static void test_png_text_bombs(void)
{
    static const char packed[] = "a\0\0\x78\x9c\x03\0\0\0\0\1";
    static uint8_t long_text[1000001] = "Comment";
    struct buffer b = with_chunks("zTXt", packed, sizeof(packed) - 1, 64);
    outcome_of(&b, OUTCOME_OK, 64);
    b = with_chunks("zTXt", packed, sizeof(packed) - 1, 65);
    outcome_of(&b, OUTCOME_TOO_LARGE, 0);
    b = with_chunks("tEXt", long_text, sizeof(long_text), 1);
    outcome_of(&b, OUTCOME_TOO_LARGE, 0);
}

static void test_animated_png_is_not_whole(void)
{
    static const uint8_t three[] = {0, 0, 0, 3, 0, 0, 0, 0};
    struct worker w;
    struct buffer b = with_chunks("acTL", three, sizeof(three), 1);
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    const struct wire_reply *r = worker_hash(&w, b.data, b.size);
    CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
    CU_ASSERT_EQUAL(r->frames, 3);
    CU_ASSERT_EQUAL(r->flags & REPLY_SAMPLED, REPLY_SAMPLED);
    (void)worker_stop(&w);
    buffer_finish(&b);
}

static void test_pixel_limit(void)
{
    static const char *const suffixes[] = {".jpg", ".png", ".webp", ".gif"};
    struct worker w;
    CU_ASSERT_TRUE_FATAL(worker_start(&w, SANDBOX, "15", NULL));
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        struct bytes b = saved(picture(300, 200, 1), suffixes[i]);
        struct wire_request q = worker_request(&w, b.size);
        q.max_pixels = 300 * 200;
        const struct wire_reply *r = worker_hash_as(&w, &q, b.at, b.size);
        CU_ASSERT_TRUE(r->outcome == OUTCOME_OK);
        q.max_pixels--;
        r = worker_hash_as(&w, &q, b.at, b.size);
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_TOO_LARGE);
        CU_ASSERT_EQUAL(r->width, 300);
        CU_ASSERT_EQUAL(r->height, 200);
        g_free(b.at);
    }
    (void)worker_stop(&w);
}

int main(int argc, char **argv)
{
    if (argc < 1 || VIPS_INIT(argv[0]) != 0)
        return 99;
    return TAP_RUN(
        "sandbox/worker", {"the sandbox is on", test_on}, {"without seccomp", test_without_seccomp},
        {"off", test_off}, {"formats are what was asked for", test_formats_are_what_was_asked_for},
        {"a request narrows the formats", test_request_narrows_formats}, {"ping", test_ping},
        {"many jobs", test_many_jobs}, {"bad requests", test_bad_requests},
        {"leaves when idle", test_leaves_when_idle},
        {"a file cut meanwhile", test_file_cut_meanwhile}, {"usage", test_usage},
        {"time is up", test_time_is_up}, {"png of ten gigapixels", test_png_of_ten_gigapixels},
        {"png text bombs", test_png_text_bombs},
        {"an animated png is not whole", test_animated_png_is_not_whole},
        {"pixel limit", test_pixel_limit});
}
