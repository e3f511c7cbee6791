/*
 * Linear search by Hamming distance, with the widest instructions that the machine has.
 *
 * Every path works alike: it looks at the first 128 bits of a group of hashes, and only a group in
 * which some hash is within the radius there is looked at in full. Two hashes that have nothing to do
 * with each other differ in 64 ± 5.7 of 128 bits, so at radius 31 nearly every group is done with.
 */
#include "hash/hash.h"

#include <endian.h>
#include <stdatomic.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define PATHS_X86 1
#endif

enum {
    GROUP = 8, /* hashes that are looked at together */
    AHEAD = 8, /* rows that are fetched while others are looked at */
};

#define ALWAYS_INLINE static inline __attribute__((always_inline))

struct scan {
    const struct pdq *needles;
    size_t count;
    unsigned radius;
    struct hamming_hit *out;
    size_t cap, total;
};

/* Items of an index on their way through hamming_sift(). */
struct sift {
    unsigned shift;
    uint32_t tag, mask; /* `mask`: the bits below `shift` */
    unsigned most;
};

/* Rows on their way through hamming_pick(). */
struct pick {
    const struct pdq *haystack;
    size_t n;
    const struct pdq *needle;
    unsigned radius;
};

typedef void path_run(struct scan *s, const struct pdq *haystack, size_t n);
typedef size_t path_sift(const struct sift *s, const uint32_t *items, size_t n, uint32_t *out);
typedef size_t
path_pick(const struct pick *p, const uint32_t *rows, size_t count, struct hamming_hit *out);

struct path {
    const char *name;
    path_run *run;
    path_sift *sift;
    path_pick *pick;
    bool (*available)(void);
};

ALWAYS_INLINE uint64_t word(const struct pdq *h, size_t i)
{
    uint64_t w;
    memcpy(&w, h->b + 8 * i, sizeof(w));
    return w;
}

/* Set bits of every byte, without a machine instruction for it. */
ALWAYS_INLINE uint64_t byte_sums(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    return (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
}

/* Set bits of two words. */
ALWAYS_INLINE unsigned bits_plain(uint64_t x, uint64_t y)
{
    return (unsigned)((byte_sums(x) + byte_sums(y)) * 0x0101010101010101u >> 56);
}

ALWAYS_INLINE unsigned bits_of(const struct pdq *a, const struct pdq *b)
{
    return bits_plain(word(a, 0) ^ word(b, 0), word(a, 1) ^ word(b, 1)) +
           bits_plain(word(a, 2) ^ word(b, 2), word(a, 3) ^ word(b, 3));
}

/* Looks at `n` hashes in full; `base` is the index of the first. */
static void look(struct scan *s, const struct pdq *h, size_t n, size_t base)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < s->count; k++) {
            const struct pdq *needle = &s->needles[k];
            unsigned d = bits_of(&h[i], needle);
            if (d > s->radius)
                continue;
            if (s->total < s->cap)
                s->out[s->total] = (struct hamming_hit){
                    .index = (uint32_t)(base + i), .needle = (uint16_t)k, .distance = (uint16_t)d};
            s->total++;
        }
}

static void run_scalar(struct scan *s, const struct pdq *h, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t a = word(&h[i], 0), b = word(&h[i], 1);
        for (size_t k = 0; k < s->count; k++) {
            const struct pdq *needle = &s->needles[k];
            if (bits_plain(a ^ word(needle, 0), b ^ word(needle, 1)) > s->radius)
                continue;
            look(s, &h[i], 1, i);
            break;
        }
    }
}

static size_t sift_scalar(const struct sift *s, const uint32_t *items, size_t n, uint32_t *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t item = le32toh(items[i]);
        out[kept] = item & s->mask;
        kept += bits_plain((uint64_t)item >> s->shift ^ s->tag, 0) <= s->most;
    }
    return kept;
}

/* Loops over rows that lie anywhere; `DISTANCE` is of two hashes. */
#define PICK(DISTANCE)                                                                             \
    size_t found = 0;                                                                              \
    for (size_t i = 0; i < count; i++) {                                                           \
        if (i + AHEAD < count && rows[i + AHEAD] < p->n)                                           \
            __builtin_prefetch(&p->haystack[rows[i + AHEAD]]);                                     \
        if (rows[i] >= p->n)                                                                       \
            continue;                                                                              \
        unsigned d = DISTANCE(&p->haystack[rows[i]], p->needle);                                   \
        if (d <= p->radius)                                                                        \
            out[found++] = (struct hamming_hit){.index = rows[i], .distance = (uint16_t)d};        \
    }                                                                                              \
    return found

static size_t
pick_scalar(const struct pick *p, const uint32_t *rows, size_t count, struct hamming_hit *out)
{
    PICK(bits_of);
}

static bool always(void)
{
    return true;
}

#ifdef PATHS_X86

__attribute__((target("popcnt"))) static void
run_popcnt(struct scan *s, const struct pdq *h, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t a = word(&h[i], 0), b = word(&h[i], 1);
        for (size_t k = 0; k < s->count; k++) {
            const struct pdq *needle = &s->needles[k];
            unsigned d = (unsigned)__builtin_popcountll(a ^ word(needle, 0)) +
                         (unsigned)__builtin_popcountll(b ^ word(needle, 1));
            if (d > s->radius)
                continue;
            look(s, &h[i], 1, i);
            break;
        }
    }
}

__attribute__((target("popcnt"))) static size_t
sift_popcnt(const struct sift *s, const uint32_t *items, size_t n, uint32_t *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        out[kept] = items[i] & s->mask;
        kept += (unsigned)__builtin_popcountll((uint64_t)items[i] >> s->shift ^ s->tag) <= s->most;
    }
    return kept;
}

__attribute__((target("popcnt"))) ALWAYS_INLINE unsigned bits_popcnt(const struct pdq *a,
                                                                     const struct pdq *b)
{
    return (unsigned)__builtin_popcountll(word(a, 0) ^ word(b, 0)) +
           (unsigned)__builtin_popcountll(word(a, 1) ^ word(b, 1)) +
           (unsigned)__builtin_popcountll(word(a, 2) ^ word(b, 2)) +
           (unsigned)__builtin_popcountll(word(a, 3) ^ word(b, 3));
}

__attribute__((target("popcnt"))) static size_t
pick_popcnt(const struct pick *p, const uint32_t *rows, size_t count, struct hamming_hit *out)
{
    PICK(bits_popcnt);
}

static bool has_popcnt(void)
{
    return __builtin_cpu_supports("popcnt");
}

#define AVX2 __attribute__((target("avx2")))

/* Set bits of every byte. */
AVX2 ALWAYS_INLINE __m256i byte_bits(__m256i x)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(x, nibble));
    __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble));
    return _mm256_add_epi8(low, high);
}

/* The first halves of two hashes. */
AVX2 ALWAYS_INLINE __m256i halves(const struct pdq *a, const struct pdq *b)
{
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)a->b);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)b->b);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* Distances of the first halves of four hashes as 64-bit numbers, in any order. */
AVX2 ALWAYS_INLINE __m256i four_halves(__m256i a, __m256i b, __m256i needle)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i x = _mm256_sad_epu8(byte_bits(_mm256_xor_si256(a, needle)), zero);
    __m256i y = _mm256_sad_epu8(byte_bits(_mm256_xor_si256(b, needle)), zero);
    return _mm256_add_epi64(_mm256_unpacklo_epi64(x, y), _mm256_unpackhi_epi64(x, y));
}

AVX2 static void run_avx2(struct scan *s, const struct pdq *h, size_t n)
{
    const __m256i limit = _mm256_set1_epi32((int)s->radius + 1);
    __m256i needle[HAMMING_NEEDLES];
    size_t i = 0;
    for (size_t k = 0; k < s->count; k++)
        needle[k] = halves(&s->needles[k], &s->needles[k]);
    for (; i + GROUP <= n; i += GROUP) {
        __m256i a = halves(&h[i], &h[i + 1]), b = halves(&h[i + 2], &h[i + 3]);
        __m256i c = halves(&h[i + 4], &h[i + 5]), d = halves(&h[i + 6], &h[i + 7]);
        __m256i near = _mm256_setzero_si256();
        for (size_t k = 0; k < s->count; k++) {
            __m256i x = four_halves(a, b, needle[k]), y = four_halves(c, d, needle[k]);
            /* Two distances, 0 to 128, in one 64-bit lane. */
            __m256i both = _mm256_or_si256(x, _mm256_slli_epi64(y, 32));
            near = _mm256_or_si256(near, _mm256_cmpgt_epi32(limit, both));
        }
        if (!_mm256_testz_si256(near, near))
            look(s, &h[i], GROUP, i);
    }
    look(s, &h[i], n - i, i);
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt");
}

#define AVX512 __attribute__((target("avx512f,avx512vpopcntdq,popcnt")))

/* The first (`which` 0) or second word of eight hashes. By value and one at a time: gcc 12 does not
 * align variables of 64 bytes whose address is taken when it builds for AddressSanitizer. */
AVX512 ALWAYS_INLINE __m512i words(const struct pdq *h, int which)
{
    const __m512i pick = _mm512_setr_epi64(0, 4, 8, 12, 1, 5, 9, 13);
    const uint8_t *at = h->b;
    __m512i a =
        _mm512_permutex2var_epi64(_mm512_loadu_si512(at), pick, _mm512_loadu_si512(at + 64));
    __m512i b =
        _mm512_permutex2var_epi64(_mm512_loadu_si512(at + 128), pick, _mm512_loadu_si512(at + 192));
    return which ? _mm512_shuffle_i64x2(a, b, 0xee) : _mm512_shuffle_i64x2(a, b, 0x44);
}

AVX512 ALWAYS_INLINE __m512i half_distance(__m512i first,
                                           __m512i second,
                                           uint64_t needle_first,
                                           uint64_t needle_second)
{
    __m512i x = _mm512_xor_si512(first, _mm512_set1_epi64((long long)needle_first));
    __m512i y = _mm512_xor_si512(second, _mm512_set1_epi64((long long)needle_second));
    return _mm512_add_epi64(_mm512_popcnt_epi64(x), _mm512_popcnt_epi64(y));
}

AVX512 static void run_avx512(struct scan *s, const struct pdq *h, size_t n)
{
    const __m512i radius = _mm512_set1_epi64((long long)s->radius);
    const size_t step = 2 * (size_t)GROUP;
    uint64_t needle[HAMMING_NEEDLES][2] = {{0}};
    size_t i = 0;
    for (size_t k = 0; k < s->count; k++)
        for (size_t w = 0; w < 2; w++)
            needle[k][w] = word(&s->needles[k], w);
    for (; i + step <= n; i += step) {
        __m512i a0 = words(&h[i], 0), a1 = words(&h[i], 1);
        __m512i b0 = words(&h[i + GROUP], 0), b1 = words(&h[i + GROUP], 1);
        __m512i least_a = _mm512_set1_epi64(256), least_b = least_a;
        for (size_t k = 0; k < s->count; k++) {
            least_a = _mm512_min_epu64(least_a, half_distance(a0, a1, needle[k][0], needle[k][1]));
            least_b = _mm512_min_epu64(least_b, half_distance(b0, b1, needle[k][0], needle[k][1]));
        }
        if (_mm512_cmple_epu64_mask(_mm512_min_epu64(least_a, least_b), radius))
            look(s, &h[i], step, i);
    }
    look(s, &h[i], n - i, i);
}

/* Stores whole vectors: storing under a mask is slow on some machines. That is what HAMMING_SPARE is
 * for. */
AVX512 static size_t
sift_avx512(const struct sift *s, const uint32_t *items, size_t n, uint32_t *out)
{
    const __m512i tag = _mm512_set1_epi32((int)s->tag), most = _mm512_set1_epi32((int)s->most);
    const __m512i mask = _mm512_set1_epi32((int)s->mask);
    const __m128i shift = _mm_cvtsi32_si128((int)s->shift);
    size_t kept = 0;
    for (size_t i = 0; i < n; i += HAMMING_SPARE) {
        size_t left = n - i;
        __mmask16 there = (__mmask16)(left < HAMMING_SPARE ? (1u << left) - 1 : 0xffffu);
        __m512i item = _mm512_maskz_loadu_epi32(there, items + i);
        __m512i differ = _mm512_xor_si512(_mm512_srl_epi32(item, shift), tag);
        __mmask16 near = _mm512_mask_cmple_epu32_mask(there, _mm512_popcnt_epi32(differ), most);
        __m512i rows = _mm512_maskz_compress_epi32(near, _mm512_and_si512(item, mask));
        _mm512_storeu_si512(out + kept, rows);
        kept += (size_t)__builtin_popcount(near);
    }
    return kept;
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq") &&
           __builtin_cpu_supports("popcnt");
}

#endif

/* The best one first. */
static const struct path paths[] = {
#ifdef PATHS_X86
    {"avx512", run_avx512, sift_avx512, pick_popcnt, has_avx512},
    {"avx2", run_avx2, sift_popcnt, pick_popcnt, has_avx2},
    {"popcnt", run_popcnt, sift_popcnt, pick_popcnt, has_popcnt},
#endif
    {"scalar", run_scalar, sift_scalar, pick_scalar, always},
};

static _Atomic(const struct path *) chosen;

static const struct path *find_path(const char *name)
{
#ifdef PATHS_X86
    __builtin_cpu_init();
#endif
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        if ((!name || strcmp(paths[i].name, name) == 0) && paths[i].available())
            return &paths[i];
    return NULL;
}

/* Threads that come first at the same time all find the same one. */
static const struct path *path(void)
{
    const struct path *p = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (!p) {
        p = find_path(NULL);
        atomic_store_explicit(&chosen, p, memory_order_relaxed);
    }
    return p;
}

size_t hamming_scan(const struct pdq *haystack,
                    size_t n,
                    const struct pdq *needles,
                    size_t count,
                    unsigned radius,
                    struct hamming_hit *out,
                    size_t cap)
{
    if (count > HAMMING_NEEDLES)
        count = HAMMING_NEEDLES;
    struct scan s = {needles, count, radius < 256 ? radius : 256, out, cap, 0};
    if (n > 0 && count > 0)
        path()->run(&s, haystack, n);
    return s.total;
}

size_t hamming_sift(
    const uint32_t *items, size_t n, unsigned shift, uint32_t tag, unsigned most, uint32_t *out)
{
    struct sift s = {shift, tag, (uint32_t)((UINT64_C(1) << shift) - 1), most};
    return path()->sift(&s, items, n, out);
}

size_t hamming_pick(const struct pdq *haystack,
                    size_t n,
                    const uint32_t *rows,
                    size_t count,
                    const struct pdq *needle,
                    unsigned radius,
                    struct hamming_hit *out)
{
    struct pick p = {haystack, n, needle, radius};
    return path()->pick(&p, rows, count, out);
}

const char *hamming_path(void)
{
    return path()->name;
}

bool hamming_force(const char *name)
{
    const struct path *p = find_path(name);
    if (p)
        atomic_store_explicit(&chosen, p, memory_order_relaxed);
    return p != NULL;
}
