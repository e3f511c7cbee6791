/*
 * The C side of bench/similar: near-duplicate texts by libmod's sketches, and of the same features by
 * SimHash (64 bits) and MinHash (64 values, near at the same thresholds, found by 16 bands of 4).
 *
 *     pairs    reads lines A TAB B; for each: near (0, 1), MinHash near, MinHash found, bits of SimHash
 *     wrong    reads lines; over all pairs: how many, near, MinHash near, by bits of SimHash 0 … 32
 *     speed    reads lines; ns of CPU time a text: the fold view; a sketch, with a key, SimHash,
 *              MinHash; of looking up in an index of all of them; of making that index
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text/text.h"

enum { MINS = 64, BAND = 4, BITS = 33 };

struct known {
    struct sketch sketch;
    uint64_t simhash;
    uint32_t min[MINS], features;
};

struct features {
    uint64_t *v;
    size_t n, cap;
};

static _Noreturn void fail(const char *what)
{
    (void)fprintf(stderr, "similar-bench: %s\n", what);
    exit(1);
}

static double cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void note(void *user, uint64_t feature)
{
    struct features *f = user;
    void *v = f->v;
    if (!array_grow(&v, &f->cap, f->n + 1, sizeof(*f->v)))
        fail("out of memory");
    f->v = v;
    f->v[f->n++] = feature;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* A set: none twice. */
static void settle(struct features *f)
{
    size_t n = 0;
    qsort(f->v, f->n, sizeof(*f->v), by_value);
    for (size_t i = 0; i < f->n; i++)
        if (n == 0 || f->v[n - 1] != f->v[i])
            f->v[n++] = f->v[i];
    f->n = n;
}

static uint64_t simhash(const struct features *f)
{
    int sum[64] = {0};
    uint64_t out = 0;
    for (size_t i = 0; i < f->n; i++) {
        uint64_t h = mix(f->v[i]);
        for (unsigned b = 0; b < 64; b++)
            sum[b] += (h >> b & 1) ? 1 : -1;
    }
    for (unsigned b = 0; b < 64; b++)
        out |= (uint64_t)(sum[b] > 0) << b;
    return out;
}

static void minhash(const struct features *f, uint32_t min[MINS])
{
    memset(min, 0xff, MINS * sizeof(min[0]));
    for (size_t i = 0; i < f->n; i++) {
        uint64_t h = mix(f->v[i]);
        uint32_t a = (uint32_t)h, b = (uint32_t)(h >> 32) | 1;
        for (uint32_t k = 0; k < MINS; k++) { /* a + k * b, mixed once more */
            uint32_t x = (a + k * b) * UINT32_C(0x9e3779b1);
            x = (x ^ x >> 15) * UINT32_C(0x85ebca6b);
            x ^= x >> 13;
            min[k] = x < min[k] ? x : min[k];
        }
    }
}

static void run_text(struct text *t, const char *bytes, size_t size)
{
    if (text_run(t, bytes, size, 1u << VIEW_FOLD) != LMOD_OK)
        fail("out of memory");
}

static struct known know(struct text *t, struct features *f, const char *bytes, size_t size)
{
    struct known k;
    run_text(t, bytes, size);
    f->n = 0;
    (void)text_sketch(t, NULL, &k.sketch);
    (void)text_features(t, note, f);
    settle(f);
    k.features = (uint32_t)f->n;
    k.simhash = simhash(f);
    minhash(f, k.min);
    return k;
}

static bool min_near(const struct known *a, const struct known *b)
{
    uint32_t same = 0, n = a->features < b->features ? a->features : b->features;
    for (uint32_t i = 0; i < MINS; i++)
        same += a->min[i] == b->min[i];
    n = n < SKETCH_VALUES ? n : SKETCH_VALUES;
    return n >= SKETCH_LEAST && same * n >= sketch_needs(n) * MINS;
}

static bool min_found(const struct known *a, const struct known *b)
{
    bool found = false;
    for (uint32_t i = 0; i < MINS; i += BAND)
        found |= memcmp(&a->min[i], &b->min[i], BAND * sizeof(a->min[0])) == 0;
    return found;
}

static unsigned bits(const struct known *a, const struct known *b)
{
    return (unsigned)__builtin_popcountll(a->simhash ^ b->simhash);
}

static void pairs(struct text *t, struct features *f)
{
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
        char *tab = memchr(line, '\t', (size_t)n);
        unsigned distance;
        if (!tab)
            fail("a line is A TAB B");
        struct known a = know(t, f, line, (size_t)(tab - line));
        struct known b = know(t, f, tab + 1, (size_t)(line + n - tab) - 2);
        printf("%d %d %d %u\n", sketch_near(&a.sketch, &b.sketch, &distance), min_near(&a, &b),
               min_found(&a, &b), bits(&a, &b));
    }
    free(line);
}

/* ---- many texts ---- */

struct texts {
    char **line;
    struct known *known;
    size_t n, cap, known_cap;
};

static void read_texts(struct texts *all, struct text *t, struct features *f)
{
    char *line = NULL;
    size_t cap = 0;
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0; all->n++) {
        void *lines = all->line, *known = all->known;
        if (!array_grow(&lines, &all->cap, all->n + 1, sizeof(*all->line)) ||
            !array_grow(&known, &all->known_cap, all->n + 1, sizeof(*all->known)))
            fail("out of memory");
        all->line = lines;
        all->known = known;
        line[n - 1] = '\0';
        all->line[all->n] = strdup(line);
        all->known[all->n] = know(t, f, line, (size_t)n - 1);
    }
    free(line);
}

static void wrong(const struct texts *all)
{
    uint64_t count = 0, near = 0, min = 0, by_bits[BITS] = {0};
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = i + 1; k < all->n; k++, count++) {
            const struct known *a = &all->known[i], *b = &all->known[k];
            unsigned distance, differ = bits(a, b);
            near += sketch_near(&a->sketch, &b->sketch, &distance);
            min += min_near(a, b);
            if (differ < BITS)
                by_bits[differ]++;
        }
    printf("%" PRIu64 " %" PRIu64 " %" PRIu64, count, near, min);
    for (unsigned i = 0; i < BITS; i++)
        printf(" %" PRIu64, by_bits[i]);
    printf("\n");
}

static volatile uint64_t sink; /* so that nothing is left out */

enum work { FOLD, PLAIN, KEYED, SIMHASH, MINHASH, WORKS };

static double measure(const struct texts *all, struct text *t, struct features *f, enum work what)
{
    static const uint8_t bytes[SKETCH_KEY] = {1, 2, 3};
    const struct sketch_key key = sketch_key_of(bytes);
    double spent = 0;
    for (size_t i = 0; i < all->n; i++) {
        struct sketch s = {0, {0}};
        uint32_t min[MINS] = {0};
        double begin = cpu_ns();
        run_text(t, all->line[i], strlen(all->line[i]));
        double folded = cpu_ns();
        f->n = 0;
        for (int again = 0; again < 16 && what != FOLD; again++) {
            f->n = 0;
            if (what == PLAIN || what == KEYED)
                (void)text_sketch(t, what == KEYED ? &key : NULL, &s);
            else
                (void)text_features(t, note, f);
            if (what == SIMHASH)
                sink += simhash(f);
            else if (what == MINHASH)
                minhash(f, min);
            sink += s.v[0] + min[0];
        }
        spent += what == FOLD ? folded - begin : (cpu_ns() - folded) / 16;
    }
    return spent / (double)all->n;
}

static void speed(const struct texts *all, struct text *t, struct features *f)
{
    uint8_t *rows = calloc(all->n + 1, SKETCH_BYTES);
    struct sketch_hit hit[16];
    bool cut;
    if (!rows)
        fail("out of memory");
    for (size_t i = 0; i < all->n; i++)
        sketch_write(&all->known[i].sketch, rows + i * SKETCH_BYTES);
    for (int what = FOLD; what < WORKS; what++)
        printf("%.0f ", measure(all, t, f, (enum work)what));
    double begin = cpu_ns();
    struct sketch_index *x = sketch_index_new(rows, all->n / 2, NULL, NULL);
    double made = cpu_ns();
    if (!x)
        fail("out of memory");
    for (size_t i = all->n / 2; i < all->n; i++) /* of texts that are not in it */
        sink += sketch_index_near(x, &all->known[i].sketch, hit, COUNT_OF(hit), &cut);
    printf("%.0f %.0f\n", (cpu_ns() - made) / (double)(all->n - all->n / 2), made - begin);
    sketch_index_free(x);
    free(rows);
}

int main(int argc, char **argv)
{
    struct text *t = text_new();
    struct features f = {NULL, 0, 0};
    struct texts all = {NULL, NULL, 0, 0, 0};
    const char *what = argc == 2 ? argv[1] : "";
    if (!t)
        fail("out of memory");
    if (strcmp(what, "pairs") == 0) {
        pairs(t, &f);
    } else {
        read_texts(&all, t, &f);
        (strcmp(what, "speed") == 0 ? speed(&all, t, &f) : wrong(&all));
    }
    for (size_t i = 0; i < all.n; i++)
        free(all.line[i]);
    free(all.line);
    free(all.known);
    free(f.v);
    text_free(t);
    return 0;
}
