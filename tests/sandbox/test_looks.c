/* The choice among the frames that were looked at. */
#include "looks.h"
#include "tap.h"

#include <string.h>

#include "base/base.h"

/* A hash of its own for every number: bits far apart from every other. */
static struct pdq_result hashed(uint32_t number, uint8_t quality)
{
    struct pdq_result r;
    uint32_t state = number * 2654435761u + 1;
    memset(&r, 0, sizeof(r));
    r.quality = quality;
    for (size_t i = 0; i < sizeof(r.luma); i++) {
        state = state * 1664525u + 1013904223u;
        r.luma[i] = (uint8_t)(state >> 24);
    }
    r.luma[0] = (uint8_t)number;
    for (size_t i = 0; i < PDQ_BYTES; i++) {
        state = state * 1664525u + 1013904223u;
        r.hash[0].b[i] = (uint8_t)(state >> 24);
    }
    return r;
}

static void look(struct looks *l, uint16_t frame, uint32_t number, uint8_t quality)
{
    struct pdq_result r = hashed(number, quality);
    CU_ASSERT_TRUE_FATAL(looks_begin(l, frame));
    CU_ASSERT_TRUE_FATAL(looks_add(l, STRATEGY_PLAIN, &r));
}

static struct wire_reply *choose(const struct looks *l, uint32_t frames)
{
    static struct wire_reply reply;
    memset(&reply, 0, sizeof(reply));
    reply.width = 20;
    reply.height = 10;
    looks_choose(l, frames, &reply);
    return &reply;
}

static void test_one(void)
{
    struct looks l = {.n = 0};
    look(&l, 0, 7, 100);
    struct wire_reply *r = choose(&l, 16);
    CU_ASSERT_EQUAL(r->count, 1);
    CU_ASSERT_EQUAL(r->flags, 0);
    CU_ASSERT_EQUAL(r->luma[0], 7);
    CU_ASSERT_EQUAL(r->candidate[0].w, 20);
    CU_ASSERT_EQUAL(r->candidate[0].h, 10);
    looks_clear(&l);
    CU_ASSERT_EQUAL(l.n, 0);
}

static void test_repeats(void)
{
    struct looks l = {.n = 0};
    for (uint16_t i = 0; i < 100; i++)
        look(&l, i, i % 4, 100);
    struct wire_reply *r = choose(&l, 4);
    CU_ASSERT_EQUAL(r->count, 4);
    CU_ASSERT_EQUAL(r->flags, 0);
    r = choose(&l, 3);
    CU_ASSERT_EQUAL(r->count, 3);
    CU_ASSERT_EQUAL(r->flags, REPLY_SAMPLED);
    looks_clear(&l);
}

static void test_nearness(void)
{
    struct looks l = {.n = 0};
    struct pdq_result r = hashed(1, 100);
    look(&l, 0, 1, 100);
    r.hash[0].b[0] ^= 0xff; /* eight bits: a repeat */
    CU_ASSERT_TRUE(looks_begin(&l, 1) && looks_add(&l, STRATEGY_PLAIN, &r));
    CU_ASSERT_EQUAL(choose(&l, 16)->count, 1);
    r.hash[0].b[1] ^= 1; /* nine from the first */
    CU_ASSERT_TRUE(looks_begin(&l, 2) && looks_add(&l, STRATEGY_PLAIN, &r));
    CU_ASSERT_EQUAL(choose(&l, 16)->count, 2);
    looks_clear(&l);
}

/* Of many distinct frames the chosen ones are even, in order, and include both ends. */
static void test_spread(void)
{
    static const uint16_t want[] = {0, 250, 500, 750, 1000};
    struct looks l = {.n = 0};
    for (uint16_t i = 0; i <= 1000; i++)
        look(&l, i, i, 100);
    struct wire_reply *r = choose(&l, COUNT_OF(want));
    CU_ASSERT_EQUAL_FATAL(r->count, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++)
        CU_ASSERT_EQUAL(r->candidate[i].frame, want[i]);
    CU_ASSERT_EQUAL(r->flags, REPLY_SAMPLED);
    for (uint32_t n = 1; n <= WIRE_CANDIDATES; n++)
        CU_ASSERT_EQUAL(choose(&l, n)->count, n);
    looks_clear(&l);
}

/* Whatever number of looks there is, each is considered: the last distinct one is found. */
static void test_every_look_is_considered(void)
{
    for (uint16_t n = 1; n < 70; n++)
        for (uint16_t odd = 0; odd < n; odd++) {
            struct looks l = {.n = 0};
            for (uint16_t i = 0; i < n; i++)
                look(&l, i, i == odd, 100);
            CU_ASSERT_EQUAL(choose(&l, 16)->count, n == 1 ? 1 : 2);
            looks_clear(&l);
        }
}

static void test_weak_frames(void)
{
    struct looks l = {.n = 0};
    for (uint16_t i = 0; i < 10; i++)
        look(&l, i, i, 49);
    struct wire_reply *r = choose(&l, 4);
    CU_ASSERT_EQUAL(r->count, 1);
    CU_ASSERT_EQUAL(r->flags, REPLY_WEAK);
    CU_ASSERT_EQUAL(r->candidate[0].frame, 0);
    look(&l, 10, 10, 50);
    look(&l, 11, 11, 90);
    r = choose(&l, 4);
    CU_ASSERT_EQUAL(r->flags, 0);
    CU_ASSERT_EQUAL_FATAL(r->count, 2);
    CU_ASSERT_EQUAL(r->candidate[0].frame, 10);
    CU_ASSERT_EQUAL(r->luma[0], 10);
    looks_clear(&l);
}

/* Views of one frame stay together, and never pass the wire's limit. */
static void test_views(void)
{
    struct looks l = {.n = 0};
    for (uint16_t i = 0; i < 40; i++) {
        CU_ASSERT_TRUE_FATAL(looks_begin(&l, i));
        for (uint32_t k = 0; k < 3; k++) {
            struct pdq_result r = hashed(k == 0 ? 0 : i * 3u + k, 100);
            CU_ASSERT_TRUE_FATAL(looks_add(&l, STRATEGY_PLAIN, &r));
        }
    }
    struct wire_reply *r = choose(&l, 64);
    CU_ASSERT_EQUAL(r->count, 63);
    CU_ASSERT_EQUAL(r->flags, REPLY_SAMPLED);
    for (uint32_t i = 0; i < r->count; i++)
        CU_ASSERT_EQUAL(r->candidate[i].frame, r->candidate[i - i % 3].frame);
    looks_clear(&l);
}

/* Parts come after the frames, as many as there is room for. */
static void test_parts(void)
{
    static struct looks l;
    look(&l, 0, 1, 49);
    for (size_t i = 0; i < SHAPES_MAX; i++)
        l.part[i] =
            (struct shape){.strategy = STRATEGY_TRIM, .quality = 77, .x = 1, .w = 2, .h = 3};
    l.parts = 2;
    struct wire_reply *r = choose(&l, 16);
    CU_ASSERT_EQUAL(r->count, 3);
    CU_ASSERT_EQUAL(r->flags, 0);
    CU_ASSERT_TRUE(r->candidate[0].weak);
    CU_ASSERT_EQUAL(r->candidate[2].strategy, STRATEGY_TRIM);
    CU_ASSERT_EQUAL(r->candidate[2].quality, 77);
    CU_ASSERT_FALSE(r->candidate[2].weak);
    CU_ASSERT_EQUAL(r->candidate[2].w, 2);
    for (uint16_t i = 1; i < 8; i++)
        look(&l, i, i + 1u, 100);
    l.parts = SHAPES_MAX;
    CU_ASSERT_EQUAL(choose(&l, 16)->count, WIRE_CANDIDATES);
    looks_clear(&l);
    CU_ASSERT_EQUAL(l.parts, 0);
}

static void test_limit(void)
{
    struct looks l = {.n = 0};
    for (uint32_t i = 0; i < LOOKS_MAX; i++)
        look(&l, (uint16_t)i, i % 3, 100);
    CU_ASSERT_FALSE(looks_begin(&l, 0));
    CU_ASSERT_EQUAL(choose(&l, 16)->count, 3);
    looks_clear(&l);
}

int main(void)
{
    return TAP_RUN("sandbox/looks", {"one", test_one}, {"repeats", test_repeats},
                   {"nearness", test_nearness}, {"spread", test_spread},
                   {"every look is considered", test_every_look_is_considered},
                   {"weak frames", test_weak_frames}, {"views", test_views}, {"parts", test_parts},
                   {"limit", test_limit});
}
