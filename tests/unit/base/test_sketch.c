/* Sketches: the same on every machine, comparable whatever the order, found among many. */
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "tap.h"

/* The sketch of the features from … to, backwards and each twice. */
static struct sketch of(uint64_t from, uint64_t to, const struct sketch_key *key)
{
    struct sketch s;
    sketch_init(&s);
    for (uint64_t i = to; i > from; i--) {
        sketch_add(&s, i - 1, key);
        sketch_add(&s, i - 1, key);
    }
    return s;
}

static bool same(const struct sketch *a, const struct sketch *b)
{
    return a->n == b->n && memcmp(a->v, b->v, a->n * sizeof(a->v[0])) == 0;
}

static void test_frozen(void)
{
    static const uint8_t key[SKETCH_KEY] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    static const uint32_t plain[] = {0x00000001, 0x1e535eed, 0x5692161d, 0xdbd23897};
    static const uint32_t keyed[] = {0x2b91b2b0, 0x2cf030f1, 0x39d3851c, 0x3e08f73a};
    const struct sketch_key k = sketch_key_of(key);
    struct sketch a = of(0, 4, NULL), b = of(0, 4, &k);
    uint8_t bytes[SKETCH_BYTES];
    CU_ASSERT_EQUAL_FATAL(a.n, 4);
    CU_ASSERT_EQUAL_FATAL(b.n, 4);
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(a.v[i], plain[i]);
        CU_ASSERT_EQUAL(b.v[i], keyed[i]);
        if (a.v[i] != plain[i] || b.v[i] != keyed[i])
            printf("# %zu: 0x%08x 0x%08x\n", i, (unsigned)a.v[i], (unsigned)b.v[i]);
    }
    sketch_write(&a, bytes);
    CU_ASSERT_EQUAL(bytes[3], 1);
    CU_ASSERT_EQUAL(bytes[4], 0x1e);
    CU_ASSERT_EQUAL(bytes[16], 0);
    sketch_init(&b); /* of the authors' test vectors */
    sketch_add(&b, UINT64_C(0x0706050403020100), &k);
    CU_ASSERT_EQUAL(b.v[0], 0x93f5f579);
}

static void test_order_does_not_count(void)
{
    struct sketch a = of(0, 40, NULL), b;
    sketch_init(&b);
    for (uint64_t i = 0; i < 40; i++)
        sketch_add(&b, i, NULL);
    CU_ASSERT(same(&a, &b));
    CU_ASSERT_EQUAL(a.n, 40);
    a = of(0, 5000, NULL);
    CU_ASSERT_EQUAL(a.n, SKETCH_VALUES);
    for (uint32_t i = 1; i < a.n; i++)
        CU_ASSERT(a.v[i - 1] < a.v[i]);
}

static void test_stored(void)
{
    static const uint32_t sizes[] = {SKETCH_LEAST, 5, 63, 64, 1000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct sketch a = of(7, 7 + sizes[i], NULL), b;
        uint8_t bytes[SKETCH_BYTES];
        sketch_write(&a, bytes);
        CU_ASSERT(sketch_read(&b, bytes));
        CU_ASSERT(same(&a, &b));
        if (a.n < SKETCH_VALUES) { /* a value behind a gap */
            bytes[SKETCH_BYTES - 1] = 0xff;
            CU_ASSERT(a.n == SKETCH_VALUES - 1 || !sketch_read(&b, bytes));
            sketch_write(&a, bytes);
        }
        memcpy(bytes + 4, bytes, 4); /* not ascending */
        CU_ASSERT_FALSE(sketch_read(&b, bytes));
    }
    struct sketch a = of(0, SKETCH_LEAST - 1, NULL), b;
    uint8_t bytes[SKETCH_BYTES];
    sketch_write(&a, bytes);
    CU_ASSERT_FALSE(sketch_read(&b, bytes));
}

static void test_distance(void)
{
    /* Of so many features, so many are others: what is the distance, and is that near? */
    static const struct {
        uint64_t n, other;
        unsigned distance;
        bool near;
    } rows[] = {
        {4, 0, 0, true},     {4, 1, 40, false}, {8, 1, 22, true},   {8, 2, 40, true},
        {8, 3, 54, false},   {40, 0, 0, true},  {40, 8, 33, true},  {40, 15, 54, true},
        {40, 16, 57, false}, {20, 5, 40, true}, {20, 6, 46, false}, {20, 8, 57, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sketch a = of(0, rows[i].n, NULL);
        struct sketch b = of(rows[i].other, rows[i].n + rows[i].other, NULL);
        unsigned distance = 0, back = 0;
        CU_ASSERT_EQUAL(sketch_near(&a, &b, &distance), rows[i].near);
        CU_ASSERT_EQUAL(sketch_near(&b, &a, &back), rows[i].near);
        CU_ASSERT_EQUAL(distance, rows[i].distance);
        CU_ASSERT_EQUAL(back, distance);
    }
    struct sketch small = of(0, 3, NULL);
    unsigned distance;
    CU_ASSERT_FALSE(sketch_near(&small, &small, &distance));
}

/* Large sets are estimated: within four standard deviations of what is so. */
static void test_estimate(void)
{
    for (uint64_t n = 200; n < 20000; n *= 3)
        for (uint64_t seed = 0; seed < 20; seed++) {
            uint64_t from = seed * 1000003;
            struct sketch a = of(from, from + n, NULL),
                          b = of(from + n / 4, from + n + n / 4, NULL);
            unsigned distance = 0; /* three of five are in both */
            CU_ASSERT(sketch_near(&a, &b, &distance));
            CU_ASSERT(distance >= 40 - 25 && distance <= 40 + 25);
        }
}

static void test_keys(void)
{
    uint8_t bytes[SKETCH_KEY] = {1};
    const struct sketch_key k = sketch_key_of(bytes);
    bytes[15] = 1;
    const struct sketch_key other = sketch_key_of(bytes);
    struct sketch a = of(0, 40, &k), b = of(0, 40, &other), plain = of(0, 40, NULL);
    unsigned distance = 0;
    CU_ASSERT_FALSE(sketch_near(&a, &b, &distance));
    CU_ASSERT_EQUAL(distance, 100);
    CU_ASSERT_FALSE(sketch_near(&a, &plain, &distance));
    CU_ASSERT_EQUAL(distance, 100);
}

/* ---- the index, beside comparing all ---- */

enum { ROWS = 600 };

static uint64_t step(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Sets of every size, many of them like another one; a few common features are in most. */
static struct sketch made(uint64_t *state, uint64_t i)
{
    struct sketch s;
    uint64_t family = i % 37, n = 4 + step(state) % 120;
    sketch_init(&s);
    for (uint64_t k = 0; k < n; k++)
        sketch_add(&s, step(state) % 5 == 0 ? step(state) % 2000 : 1000000 * family + k, NULL);
    for (uint64_t k = 0; k < 3; k++)
        sketch_add(&s, UINT64_MAX - k, NULL);
    return s;
}

static bool odd_rows(const void *user, size_t row)
{
    (void)user;
    return row % 2 == 1;
}

static void compare(const uint8_t *rows, const struct sketch_index *x, bool odd)
{
    struct sketch_hit hit[ROWS];
    for (size_t q = 0; q < ROWS; q++) {
        struct sketch s, other;
        bool cut = true;
        size_t want = 0;
        if (!sketch_read(&s, rows + q * SKETCH_BYTES))
            continue;
        size_t n = sketch_index_near(x, &s, hit, ROWS, &cut);
        CU_ASSERT_FALSE(cut);
        for (size_t i = 0; i < ROWS; i++) {
            unsigned distance;
            if ((odd && i % 2 == 0) || !sketch_read(&other, rows + i * SKETCH_BYTES) ||
                !sketch_near(&s, &other, &distance))
                continue;
            size_t k = 0;
            while (k < n && hit[k].row != i)
                k++;
            CU_ASSERT_FATAL(k < n);
            CU_ASSERT_EQUAL(hit[k].distance, distance);
            want++;
        }
        CU_ASSERT_EQUAL(n, want);
        for (size_t k = 1; k < n; k++)
            CU_ASSERT(hit[k - 1].distance <= hit[k].distance);
    }
}

static void test_index(void)
{
    uint8_t *rows = calloc(ROWS, SKETCH_BYTES);
    uint64_t state = 11;
    CU_ASSERT_FATAL(rows != NULL);
    for (size_t i = 0; i + 1 < ROWS; i++) { /* the last one is none */
        struct sketch s = made(&state, i);
        sketch_write(&s, rows + i * SKETCH_BYTES);
    }
    struct sketch_index *all = sketch_index_new(rows, ROWS, NULL, NULL);
    struct sketch_index *some = sketch_index_new(rows, ROWS, odd_rows, NULL);
    CU_ASSERT_FATAL(all && some);
    compare(rows, all, false);
    compare(rows, some, true);
    sketch_index_free(all);
    sketch_index_free(some);
    sketch_index_free(NULL);
    free(rows);
}

/* Ten thousand of the same: the nearest few are told, and that there are more. */
static void test_many_alike(void)
{
    enum { ALIKE = 10000 };
    uint8_t *rows = calloc(ALIKE, SKETCH_BYTES);
    struct sketch s = of(0, 30, NULL), far = of(100, 120, NULL);
    struct sketch_hit hit[3];
    bool cut = false;
    CU_ASSERT_FATAL(rows != NULL);
    for (size_t i = 0; i < ALIKE; i++)
        sketch_write(&s, rows + i * SKETCH_BYTES);
    struct sketch_index *x = sketch_index_new(rows, ALIKE, NULL, NULL);
    CU_ASSERT_FATAL(x != NULL);
    CU_ASSERT(sketch_index_near(x, &s, hit, 3, &cut) > 3);
    CU_ASSERT(cut);
    CU_ASSERT_EQUAL(hit[0].distance, 0);
    CU_ASSERT_EQUAL(sketch_index_near(x, &far, hit, 3, &cut), 0);
    CU_ASSERT_FALSE(cut);
    sketch_index_free(x);
    free(rows);
}

int main(void)
{
    return TAP_RUN(
        "base/sketch", {"the same on every machine", test_frozen},
        {"the order does not count", test_order_does_not_count}, {"stored and read", test_stored},
        {"distances", test_distance}, {"sets of many features", test_estimate}, {"keys", test_keys},
        {"the index finds what comparing all finds", test_index}, {"many alike", test_many_alike});
}
