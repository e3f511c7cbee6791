/* Linear search by Hamming distance: every path finds the same, and what counting bits one by one
 * finds. */
#include <endian.h>
#include <string.h>

#include "hash/hash.h"
#include "tap.h"

static const char *const paths[] = {"scalar", "popcnt", "avx2", "avx512"};

static uint64_t stream(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static struct pdq random_hash(uint64_t *state)
{
    struct pdq h;
    for (size_t i = 0; i < PDQ_BYTES; i++)
        h.b[i] = (uint8_t)(stream(state) >> 56);
    return h;
}

/* Flips exactly `bits` bits, beginning at bit `from` and stepping by a number that is odd. */
static struct pdq flipped(struct pdq h, unsigned bits, unsigned from)
{
    for (unsigned i = 0; i < bits; i++) {
        unsigned bit = (from + i * 77) % 256;
        h.b[bit / 8] = (uint8_t)(h.b[bit / 8] ^ 1u << bit % 8);
    }
    return h;
}

static unsigned distance(const struct pdq *a, const struct pdq *b)
{
    unsigned d = 0;
    for (size_t i = 0; i < PDQ_BYTES; i++)
        for (unsigned x = a->b[i] ^ b->b[i]; x; x &= x - 1)
            d++;
    return d;
}

enum { ROWS = 1000, CAP = 20000 };
static struct pdq haystack[ROWS + 1], needles[HAMMING_NEEDLES];
static struct hamming_hit hits[CAP], wanted[CAP];

static void fill(void)
{
    uint64_t state = 1;
    static const unsigned planted[] = {0, 1, 31, 32, 33};
    for (size_t i = 0; i <= ROWS; i++)
        haystack[i] = random_hash(&state);
    for (size_t k = 0; k < HAMMING_NEEDLES; k++) {
        needles[k] = random_hash(&state);
        for (size_t p = 0; p < sizeof(planted) / sizeof(planted[0]); p++)
            haystack[(k * 61 + p * 7) % ROWS] =
                flipped(needles[k], planted[p], (unsigned)(13 * k + p));
    }
}

static size_t by_hand(const struct pdq *h, size_t n, size_t count, unsigned radius)
{
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < count; k++) {
            unsigned d = distance(&h[i], &needles[k]);
            if (d <= radius && total < CAP)
                wanted[total++] = (struct hamming_hit){(uint32_t)i, (uint16_t)k, (uint16_t)d};
        }
    return total;
}

static bool same(const struct pdq *h, size_t n, size_t count, unsigned radius)
{
    size_t total = by_hand(h, n, count, radius);
    return hamming_scan(h, n, needles, count, radius, hits, CAP) == total &&
           memcmp(hits, wanted, total * sizeof(*hits)) == 0;
}

/* The inner loops of an index, beside bits counted one by one. */
static bool same_sift(size_t n, unsigned shift, uint32_t tag, unsigned most)
{
    static uint32_t items[ROWS], out[ROWS + HAMMING_SPARE];
    uint64_t state = shift + n;
    size_t kept = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        items[i] = htole32((uint32_t)stream(&state));
    kept = hamming_sift(items, n, shift, tag, most, out);
    for (size_t i = 0; i < n; i++) {
        uint64_t item = le32toh(items[i]);
        unsigned d = 0;
        for (uint64_t x = item >> shift ^ tag; x; x &= x - 1)
            d++;
        if (d <= most && (at >= kept || out[at++] != (item & ((UINT64_C(1) << shift) - 1))))
            return false;
    }
    return at == kept;
}

static bool same_pick(size_t count, unsigned radius)
{
    static uint32_t rows[ROWS];
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        rows[i] = (uint32_t)(i * 7919 % (ROWS + 50)); /* some are not there */
    size_t n = hamming_pick(haystack, ROWS, rows, count, &needles[3], radius, hits);
    for (size_t i = 0; i < count; i++) {
        unsigned d = rows[i] < ROWS ? distance(&haystack[rows[i]], &needles[3]) : 999;
        if (d <= radius &&
            (at >= n || hits[at].index != rows[i] || hits[at].distance != d || hits[at++].needle))
            return false;
    }
    return at == n;
}

static size_t wrong_of_index(void)
{
    static const unsigned shifts[] = {16, 17, 20, 24, 31, 32};
    static const size_t sizes[] = {0, 1, 15, 16, 17, 31, 32, 33, 1000};
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
        for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
            for (unsigned most = 0; most <= 3; most++)
                wrong += !same_sift(sizes[k], shifts[i], shifts[i] < 32 ? 1 : 0, most);
    for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++)
        for (unsigned radius = 31; radius <= 256; radius += 75)
            wrong += !same_pick(sizes[k], radius);
    return wrong;
}

static void check_path(const char *name)
{
    static const unsigned radii[] = {0, 10, 31, 32, 90, 128, 300};
    static const size_t sizes[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 100, 999, 1000};
    if (!hamming_force(name))
        TAP_SKIP("this machine does not have these instructions");
    CU_ASSERT_STRING_EQUAL(hamming_path(), name);
    size_t wrong = 0;
    for (size_t count = 1; count <= HAMMING_NEEDLES; count++)
        for (size_t r = 0; r < sizeof(radii) / sizeof(radii[0]); r++)
            wrong += !same(haystack, ROWS, count, radii[r]);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        wrong += !same(haystack, sizes[i], HAMMING_NEEDLES, 31);
    /* Four bytes off: what the door promises and no more. */
    static uint8_t room[(ROWS + 1) * PDQ_BYTES];
    for (size_t off = 4; off < PDQ_BYTES; off += 4) {
        struct pdq *moved = (struct pdq *)(void *)(room + off);
        memcpy(moved, haystack, ROWS * PDQ_BYTES);
        wrong += !same(moved, ROWS, 5, 31);
    }
    wrong += wrong_of_index();
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(hamming_force(NULL));
}

static void test_scalar(void)
{
    check_path(paths[0]);
}

static void test_popcnt(void)
{
    check_path(paths[1]);
}

static void test_avx2(void)
{
    check_path(paths[2]);
}

static void test_avx512(void)
{
    check_path(paths[3]);
}

static void test_planted(void)
{
    size_t total = hamming_scan(haystack, ROWS, needles, HAMMING_NEEDLES, 31, hits, CAP);
    CU_ASSERT_EQUAL(total, 3 * HAMMING_NEEDLES); /* at 0, 1 and 31, not at 32 and 33 */
    size_t seen[32] = {0};
    for (size_t i = 0; i < total; i++)
        seen[hits[i].distance]++;
    CU_ASSERT_EQUAL(seen[0], HAMMING_NEEDLES);
    CU_ASSERT_EQUAL(seen[1], HAMMING_NEEDLES);
    CU_ASSERT_EQUAL(seen[31], HAMMING_NEEDLES);
}

static void test_cap(void)
{
    for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
        if (!hamming_force(paths[p]))
            continue;
        size_t total = by_hand(haystack, ROWS, HAMMING_NEEDLES, 31);
        memset(hits, 0xaa, sizeof(hits));
        CU_ASSERT_EQUAL(hamming_scan(haystack, ROWS, needles, HAMMING_NEEDLES, 31, hits, 5), total);
        CU_ASSERT_EQUAL(memcmp(hits, wanted, 5 * sizeof(*hits)), 0);
        CU_ASSERT_EQUAL(hits[5].index, 0xaaaaaaaau); /* untouched */
        CU_ASSERT_EQUAL(hamming_scan(haystack, ROWS, needles, 4, 31, NULL, 0), 12);
    }
    CU_ASSERT_TRUE(hamming_force(NULL));
}

static void test_unknown_path(void)
{
    CU_ASSERT_FALSE(hamming_force("abacus"));
    CU_ASSERT_STRING_NOT_EQUAL(hamming_path(), "");
}

int main(void)
{
    fill();
    return TAP_RUN("hash/hamming", {"scalar", test_scalar}, {"popcnt", test_popcnt},
                   {"avx2", test_avx2}, {"avx512", test_avx512},
                   {"planted hashes are found", test_planted},
                   {"never more than asked for", test_cap}, {"unknown path", test_unknown_path});
}
