/* Frames of the wire: what is written is read back, and nothing else is read. */
#include "tap.h"
#include "wire/wire.h"

#include <string.h>

static const struct wire_hello hello = {.version = WIRE_VERSION,
                                        .layers = LAYER_LANDLOCK | LAYER_SECCOMP,
                                        .landlock_abi = 7,
                                        .formats = FORMAT_JPEG | FORMAT_GIF};
static const struct wire_request request = {.id = UINT64_C(0x1122334455667788),
                                            .job = JOB_HASH,
                                            .formats = FORMAT_PNG,
                                            .size = UINT64_C(0x123456789a),
                                            .max_pixels = 50000000,
                                            .wall_ms = 3000,
                                            .frames = 16};

/* A reply about a picture of 640 × 480 with `count` candidates, each different. */
static struct wire_reply *reply_of(uint32_t count)
{
    static struct wire_reply p;
    memset(&p, 0, sizeof(p));
    p.id = 42;
    p.orientation = 6;
    p.flags = REPLY_TRUNCATED | REPLY_WEAK;
    p.format = FORMAT_WEBP;
    p.width = 640;
    p.height = 480;
    p.frames = 64;
    p.cpu_us = 12345;
    p.rss_kib = 67890;
    p.count = count;
    for (size_t i = 0; i < WIRE_LUMA; i++)
        p.luma[i] = (uint8_t)(i * 7);
    for (uint32_t i = 0; i < count; i++) {
        struct wire_candidate *c = &p.candidate[i];
        c->strategy = i % 2 ? STRATEGY_DISPLAYED : STRATEGY_PLAIN;
        c->quality = (uint8_t)(100 - i);
        c->weak = i % 3 == 1;
        c->frame = (uint16_t)i;
        c->x = i;
        c->y = 2 * i;
        c->w = 640 - i;
        c->h = 480 - 2 * i;
        memset(c->hash, (int)(i + 1), sizeof(c->hash));
    }
    return &p;
}

static void test_hello(void)
{
    uint8_t bytes[WIRE_HELLO_SIZE];
    struct wire_hello read;
    wire_hello_write(bytes, &hello);
    CU_ASSERT_TRUE_FATAL(wire_hello_read(&read, bytes, sizeof(bytes)));
    CU_ASSERT_EQUAL(read.version, hello.version);
    CU_ASSERT_EQUAL(read.layers, hello.layers);
    CU_ASSERT_EQUAL(read.landlock_abi, hello.landlock_abi);
    CU_ASSERT_EQUAL(read.formats, hello.formats);
    CU_ASSERT_EQUAL(read.failed, 0);
}

static void test_request(void)
{
    uint8_t bytes[WIRE_REQUEST_SIZE];
    struct wire_request read;
    wire_request_write(bytes, &request);
    CU_ASSERT_TRUE_FATAL(wire_request_read(&read, bytes, sizeof(bytes)));
    CU_ASSERT_EQUAL(read.id, request.id);
    CU_ASSERT_EQUAL(read.job, request.job);
    CU_ASSERT_EQUAL(read.formats, request.formats);
    CU_ASSERT_EQUAL(read.size, request.size);
    CU_ASSERT_EQUAL(read.max_pixels, request.max_pixels);
    CU_ASSERT_EQUAL(read.wall_ms, request.wall_ms);
    CU_ASSERT_EQUAL(read.frames, request.frames);
}

static void test_ping_needs_no_limits(void)
{
    const struct wire_request ping = {.id = 1, .job = JOB_PING};
    uint8_t bytes[WIRE_REQUEST_SIZE];
    struct wire_request read;
    wire_request_write(bytes, &ping);
    CU_ASSERT_TRUE(wire_request_read(&read, bytes, sizeof(bytes)));
    CU_ASSERT_EQUAL(read.job, JOB_PING);
}

static void test_reply(void)
{
    static const uint32_t counts[] = {0, 1, 2, WIRE_CANDIDATES};
    static uint8_t bytes[WIRE_REPLY_MAX], again[WIRE_REPLY_MAX];
    static struct wire_reply read;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        const struct wire_reply *p = reply_of(counts[i]);
        size_t size = wire_reply_write(bytes, p);
        CU_ASSERT_EQUAL(size, WIRE_REPLY_HEAD + counts[i] * (size_t)WIRE_CANDIDATE_SIZE);
        CU_ASSERT_TRUE_FATAL(wire_reply_read(&read, bytes, size));
        CU_ASSERT_EQUAL(read.count, counts[i]);
        CU_ASSERT_EQUAL(read.rss_kib, 67890);
        CU_ASSERT_EQUAL(memcmp(read.luma, p->luma, sizeof(read.luma)), 0);
        for (uint32_t k = 0; k < counts[i]; k++)
            CU_ASSERT_EQUAL(memcmp(&read.candidate[k], &p->candidate[k], sizeof(read.candidate[k])),
                            0);
        CU_ASSERT_EQUAL(wire_reply_write(again, &read), size);
        CU_ASSERT_EQUAL(memcmp(bytes, again, size), 0);
    }
}

/* Where a field lies, so that a change of the layout is noticed: both sides may be of different
 * builds for a moment. */
static void test_layout_is_pinned(void)
{
    uint8_t bytes[WIRE_REQUEST_SIZE];
    wire_request_write(bytes, &request);
    CU_ASSERT_EQUAL(memcmp(bytes, "LMWQ\2\0\0\0\x88\x77\x66\x55\x44\x33\x22\x11", 16), 0);
    CU_ASSERT_EQUAL(bytes[24], 0x9a);
    CU_ASSERT_EQUAL(WIRE_CANDIDATE_SIZE, 280);
    CU_ASSERT_EQUAL(WIRE_REPLY_MAX, 56 + 4096 + 64 * 280);
}

static void test_every_other_length(void)
{
    static uint8_t bytes[WIRE_REPLY_MAX + 1];
    static struct wire_reply reply;
    struct wire_hello h;
    struct wire_request q;
    wire_hello_write(bytes, &hello);
    for (size_t n = 0; n < WIRE_HELLO_SIZE + 8; n++)
        CU_ASSERT_EQUAL(wire_hello_read(&h, bytes, n), n == WIRE_HELLO_SIZE);
    wire_request_write(bytes, &request);
    for (size_t n = 0; n < WIRE_REQUEST_SIZE + 8; n++)
        CU_ASSERT_EQUAL(wire_request_read(&q, bytes, n), n == WIRE_REQUEST_SIZE);
    for (uint32_t count = 0; count < 3; count++) {
        size_t size = wire_reply_write(bytes, reply_of(count));
        for (size_t n = 0; n < size + 300; n++)
            CU_ASSERT_EQUAL(wire_reply_read(&reply, bytes, n), n == size);
    }
}

/* A good message with one value replaced: offset, size and value. */
struct edit {
    const char *what;
    size_t at, size;
    uint32_t value;
};

static void edit(uint8_t *bytes, const struct edit *e)
{
    for (size_t i = 0; i < e->size; i++)
        bytes[e->at + i] = (uint8_t)(e->value >> (8 * i));
}

static void refused(bool read, const char *what)
{
    if (read)
        printf("# accepted: %s\n", what);
    CU_ASSERT_FALSE(read);
}

static void test_hello_out_of_range(void)
{
    static const struct edit edits[] = {
        {"magic", 0, 1, 0},
        {"version", 4, 2, 1},
        {"reserved", 6, 2, 1},
        {"layer", 8, 4, 1u << LAYERS},
        {"landlock abi", 12, 4, 0},
        {"format", 16, 4, 64},
        {"two failed", 20, 4, 3},
        {"failed layer", 20, 4, 256},
        {"failed and on", 20, 4, LAYER_SECCOMP},
        {"tail", 31, 1, 1},
    };
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        uint8_t bytes[WIRE_HELLO_SIZE];
        struct wire_hello h;
        wire_hello_write(bytes, &hello);
        edit(bytes, &edits[i]);
        refused(wire_hello_read(&h, bytes, sizeof(bytes)), edits[i].what);
    }
}

static void test_request_out_of_range(void)
{
    static const struct edit edits[] = {
        {"magic", 3, 1, 0}, {"version", 4, 2, 0},    {"reserved", 7, 1, 1},
        {"job", 16, 4, 2},  {"format", 20, 4, 64},   {"pixels", 32, 4, 0},
        {"wall", 40, 4, 0}, {"no frames", 44, 4, 0}, {"frames", 44, 4, 65},
    };
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        uint8_t bytes[WIRE_REQUEST_SIZE];
        struct wire_request q;
        wire_request_write(bytes, &request);
        edit(bytes, &edits[i]);
        refused(wire_request_read(&q, bytes, sizeof(bytes)), edits[i].what);
    }
}

static void test_reply_out_of_range(void)
{
    enum { FIRST = WIRE_REPLY_HEAD };
    static const struct edit edits[] = {
        {"magic", 0, 4, 0},
        {"version", 4, 2, 1},
        {"flag", 6, 2, 8},
        {"outcome", 16, 1, 6},
        {"failed with candidates", 16, 1, OUTCOME_TIMEOUT},
        {"orientation 0", 17, 1, 0},
        {"orientation 9", 17, 1, 9},
        {"reserved", 18, 2, 1},
        {"two formats", 20, 4, 3},
        {"format", 20, 4, 64},
        {"width", 24, 4, 100},
        {"no height", 28, 4, 0},
        {"frames", 32, 4, 1},
        {"count", 44, 4, WIRE_CANDIDATES + 1},
        {"fewer", 44, 4, 1},
        {"count that overflows", 44, 4, 0xffffffff},
        {"reserved tail", 48, 4, 1},
        {"strategy of a comparison", FIRST, 1, STRATEGY_MIRROR},
        {"strategy of a digest", FIRST, 1, STRATEGY_EXACT},
        {"strategy", FIRST, 1, 255},
        {"quality", FIRST + 1, 1, 101},
        {"frame", FIRST + 2, 2, 64},
        {"x", FIRST + 4, 4, 640},
        {"x and w overflow", FIRST + 4, 4, 0xffffffff},
        {"no w", FIRST + 12, 4, 0},
        {"w", FIRST + 12, 4, 641},
        {"h", FIRST + 16, 4, 0xffffffff},
        {"weak", FIRST + 20, 4, 2},
    };
    for (size_t i = 0; i < COUNT_OF(edits); i++) {
        static uint8_t bytes[WIRE_REPLY_MAX];
        static struct wire_reply p;
        size_t size = wire_reply_write(bytes, reply_of(2));
        edit(bytes, &edits[i]);
        p.count = 7;
        refused(wire_reply_read(&p, bytes, size), edits[i].what);
        CU_ASSERT_EQUAL(p.count, 0);
    }
}

static void test_failure_has_no_flags(void)
{
    static uint8_t bytes[WIRE_REPLY_MAX];
    static struct wire_reply read;
    struct wire_reply *p = reply_of(0);
    p->outcome = OUTCOME_UNDECODABLE;
    CU_ASSERT_FALSE(wire_reply_read(&read, bytes, wire_reply_write(bytes, p)));
    p->flags = 0;
    CU_ASSERT_TRUE(wire_reply_read(&read, bytes, wire_reply_write(bytes, p)));
}

static void test_messages_are_told_apart(void)
{
    static uint8_t bytes[WIRE_REPLY_MAX];
    static struct wire_reply p;
    struct wire_hello h;
    struct wire_request q;
    wire_request_write(bytes, &request);
    CU_ASSERT_FALSE(wire_hello_read(&h, bytes, WIRE_HELLO_SIZE));
    CU_ASSERT_FALSE(wire_reply_read(&p, bytes, WIRE_REPLY_HEAD));
    wire_hello_write(bytes, &hello);
    CU_ASSERT_FALSE(wire_request_read(&q, bytes, WIRE_REQUEST_SIZE));
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Random changes to a good reply: whatever is accepted must be exactly what was written. */
static void test_random_changes(void)
{
    static uint8_t bytes[WIRE_REPLY_MAX], again[WIRE_REPLY_MAX];
    static struct wire_reply p;
    uint32_t state = 1, accepted = 0;
    for (int round = 0; round < 20000; round++) {
        size_t size = wire_reply_write(bytes, reply_of(next(&state) % 4));
        for (uint32_t n = 1 + next(&state) % 4; n; n--)
            bytes[next(&state) % (n % 2 ? size : 56)] = (uint8_t)next(&state);
        if (!wire_reply_read(&p, bytes, size))
            continue;
        accepted++;
        CU_ASSERT_EQUAL_FATAL(wire_reply_write(again, &p), size);
        CU_ASSERT_EQUAL_FATAL(memcmp(bytes, again, size), 0);
    }
    CU_ASSERT_TRUE(accepted > 0);
}

static void test_random_bytes(void)
{
    static uint8_t bytes[WIRE_REPLY_HEAD + WIRE_CANDIDATE_SIZE];
    static struct wire_reply p;
    struct wire_hello h;
    struct wire_request q;
    uint32_t state = 7;
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof(bytes); i++)
            bytes[i] = (uint8_t)next(&state);
        CU_ASSERT_FALSE(wire_hello_read(&h, bytes, WIRE_HELLO_SIZE));
        CU_ASSERT_FALSE(wire_request_read(&q, bytes, WIRE_REQUEST_SIZE));
        CU_ASSERT_FALSE(wire_reply_read(&p, bytes, sizeof(bytes)));
    }
}

static void test_terms(void)
{
    uint32_t value;
    CU_ASSERT_STRING_EQUAL(term_name(format_terms, FORMAT_WEBP), "webp");
    CU_ASSERT_STRING_EQUAL(term_name(layer_terms, LAYER_SECCOMP), "seccomp");
    CU_ASSERT_TRUE(term_value(sandbox_terms, "basic", 5, &value));
    CU_ASSERT_EQUAL(value, SANDBOX_BASIC);
    for (uint32_t i = 0; i < LAYERS; i++)
        CU_ASSERT_STRING_NOT_EQUAL(term_name(layer_terms, 1u << i), "?");
}

int main(void)
{
    return TAP_RUN("wire/wire", {"hello", test_hello}, {"request", test_request},
                   {"a ping needs no limits", test_ping_needs_no_limits}, {"reply", test_reply},
                   {"layout is pinned", test_layout_is_pinned},
                   {"every other length", test_every_other_length},
                   {"hello out of range", test_hello_out_of_range},
                   {"request out of range", test_request_out_of_range},
                   {"reply out of range", test_reply_out_of_range},
                   {"a failure has no flags", test_failure_has_no_flags},
                   {"messages are told apart", test_messages_are_told_apart},
                   {"random changes", test_random_changes}, {"random bytes", test_random_bytes},
                   {"terms", test_terms});
}
