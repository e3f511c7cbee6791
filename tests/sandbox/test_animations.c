/* Animations through the worker: distinct frames, a budget that is spread, honesty about the rest. */
#include "worker_client.h"

enum { SIDE = 160, FRAMES_MAX = 64 };

static struct worker worker;

/* Frames shown one after another, each a kind of picture(). */
static struct bytes animation(const unsigned *kinds, int n, const char *suffix)
{
    VipsImage *frame[FRAMES_MAX], *roll, *out;
    int delay[FRAMES_MAX];
    for (int i = 0; i < n; i++) {
        frame[i] = picture(SIDE, SIDE, kinds[i]);
        delay[i] = 50;
    }
    CU_ASSERT_EQUAL_FATAL(vips_arrayjoin(frame, &roll, n, "across", 1, NULL), 0);
    out = vips_image_copy_memory(roll);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    vips_image_set_int(out, VIPS_META_PAGE_HEIGHT, SIDE);
    vips_image_set_array_int(out, "delay", delay, n);
    for (int i = 0; i < n; i++)
        g_object_unref(frame[i]);
    g_object_unref(roll);
    return saved(out, suffix);
}

static const char *const suffixes[] = {".gif", ".webp[Q=80]", ".webp[lossless]"};

static const struct wire_reply *ask(const struct bytes *b, size_t size, uint32_t frames)
{
    struct wire_request q = worker_request(&worker, size);
    q.frames = frames;
    return worker_hash_as(&worker, &q, b->at, size);
}

static void begin(void)
{
    CU_ASSERT_TRUE_FATAL(worker_start(&worker, SANDBOX, "15", NULL));
}

static void end(void)
{
    CU_ASSERT_EQUAL(worker_stop(&worker), 0);
}

static void test_distinct_frames(void)
{
    static const unsigned kinds[] = {1, 1, 2, 2, 1, 3, 3, 2};
    begin();
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        struct bytes b = animation(kinds, COUNT_OF(kinds), suffixes[i]);
        const struct wire_reply *r = ask(&b, b.size, 16);
        CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK);
        CU_ASSERT_EQUAL(r->flags, 0);
        CU_ASSERT_EQUAL(r->width, SIDE);
        CU_ASSERT_EQUAL(r->height, SIDE);
        CU_ASSERT_EQUAL(r->count, 3);
        CU_ASSERT_TRUE(r->frames >= 4 && r->frames <= COUNT_OF(kinds));
        CU_ASSERT_EQUAL(r->candidate[0].frame, 0);
        for (uint32_t k = 0; k < r->count; k++)
            CU_ASSERT_EQUAL(r->candidate[k].h, SIDE);
        g_free(b.at);
    }
    end();
}

/* One picture hidden in the middle of many repeats of another. */
static void test_one_frame_among_many(void)
{
    unsigned kinds[40];
    uint8_t want[WIRE_HASH];
    begin();
    struct bytes still = saved(picture(SIDE, SIDE, 9), ".png");
    const struct wire_reply *r = worker_hash(&worker, still.at, still.size);
    CU_ASSERT_TRUE_FATAL(r->count == 1);
    memcpy(want, r->candidate[0].hash[0], sizeof(want));
    g_free(still.at);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        kinds[i] = i == 23 ? 9 : 1 + i % 2;
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        struct bytes b = animation(kinds, COUNT_OF(kinds), suffixes[i]);
        r = ask(&b, b.size, 16);
        CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK && r->count == 3);
        unsigned best = 256;
        for (uint32_t k = 0; k < r->count; k++)
            best =
                distance(&r->candidate[k], want) < best ? distance(&r->candidate[k], want) : best;
        CU_ASSERT_TRUE(best <= 20);
        g_free(b.at);
    }
    end();
}

static void test_budget_is_spread(void)
{
    unsigned kinds[33];
    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        kinds[i] = i + 1;
    begin();
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        struct bytes b = animation(kinds, COUNT_OF(kinds), suffixes[i]);
        const struct wire_reply *r = ask(&b, b.size, 5);
        CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK);
        CU_ASSERT_EQUAL(r->frames, 33);
        CU_ASSERT_EQUAL(r->flags, REPLY_SAMPLED);
        CU_ASSERT_EQUAL_FATAL(r->count, 5);
        for (uint32_t k = 0; k < 5; k++)
            CU_ASSERT_EQUAL(r->candidate[k].frame, 8 * k);
        g_free(b.at);
    }
    end();
}

static void test_cut(void)
{
    unsigned kinds[20];
    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        kinds[i] = i + 1;
    begin();
    struct bytes b = animation(kinds, COUNT_OF(kinds), ".gif");
    const struct wire_reply *r = ask(&b, b.size / 2, 64);
    CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK);
    CU_ASSERT_EQUAL(r->flags & REPLY_TRUNCATED, REPLY_TRUNCATED);
    CU_ASSERT_TRUE(r->count >= 5 && r->count <= 11);
    g_free(b.at);
    b = animation(kinds, COUNT_OF(kinds), ".webp[Q=80]");
    r = ask(&b, b.size / 2, 64);
    CU_ASSERT_TRUE(r->outcome == OUTCOME_UNDECODABLE || (r->flags & REPLY_TRUNCATED));
    g_free(b.at);
    end();
}

/* With little time left some frames are still looked at, and the reply says that others were not. */
static void test_short_of_time(void)
{
    unsigned kinds[64];
    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        kinds[i] = i + 1;
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        struct bytes b = animation(kinds, COUNT_OF(kinds), suffixes[i]);
        begin();
        struct wire_request q = worker_request(&worker, b.size);
        q.frames = 64;
        q.wall_ms = 16;
        const struct wire_reply *r = worker_hash_as(&worker, &q, b.at, b.size);
        g_free(b.at);
        if (r->outcome == GONE) { /* a slow machine: the alarm was faster */
            (void)worker_stop(&worker);
            continue;
        }
        CU_ASSERT_TRUE(r->outcome == OUTCOME_TIMEOUT || (r->outcome == OUTCOME_OK && r->count > 0));
        CU_ASSERT_TRUE(r->count == 64 || r->outcome == OUTCOME_TIMEOUT ||
                       (r->flags & REPLY_SAMPLED));
        end();
    }
}

int main(int argc, char **argv)
{
    if (argc < 1 || VIPS_INIT(argv[0]) != 0)
        return 99;
    return TAP_RUN("sandbox/animations", {"distinct frames", test_distinct_frames},
                   {"one frame among many", test_one_frame_among_many},
                   {"the budget is spread", test_budget_is_spread}, {"cut", test_cut},
                   {"short of time", test_short_of_time});
}
