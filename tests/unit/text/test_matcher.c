/* The matcher against a search that looks for every literal at every place: the same hits, in the
 * promised order. */
#include <string.h>

#include "tap.h"
#include "text/text.h"

enum { HITS = 40000, LITERALS = 60, TEXT = 400, ROUNDS = 3000 };

struct hit {
    uint32_t which, from, to;
};
static struct hit found[HITS], wanted[HITS];
static size_t found_size, wanted_size;
static size_t stop_after;

static bool keep(void *user, uint32_t which, uint32_t from, uint32_t to)
{
    CU_ASSERT_PTR_NULL(user);
    if (found_size < HITS)
        found[found_size++] = (struct hit){which, from, to};
    return found_size != stop_after;
}

static int by_place(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->which < y->which ? -1 : x->which > y->which;
}

static void naive(const struct text_literal *l, size_t n, const char *bytes, uint32_t size)
{
    wanted_size = 0;
    for (uint32_t from = 0; from < size; from++)
        for (uint32_t i = 0; i < n; i++)
            if (l[i].size <= size - from && memcmp(l[i].bytes, bytes + from, l[i].size) == 0 &&
                wanted_size < HITS)
                wanted[wanted_size++] = (struct hit){i, from, from + l[i].size};
}

/* True when the matcher finds what the naive search finds. */
static bool same(const struct text_literal *l, size_t n, const char *bytes, uint32_t size)
{
    struct matcher *m = NULL;
    CU_ASSERT_EQUAL_FATAL(matcher_new(&m, l, n), LMOD_OK);
    found_size = stop_after = 0;
    /* Of exactly its size, so that a sanitizer sees a byte read too far. */
    char *exact = malloc(size ? size : 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
    memcpy(exact, bytes, size);
    matcher_run(m, exact, size, keep, NULL);
    free(exact);
    matcher_free(m);
    naive(l, n, bytes, size);
    bool ascending = true;
    for (size_t i = 1; i < found_size; i++)
        ascending = ascending && found[i - 1].from <= found[i].from;
    qsort(found, found_size, sizeof(*found), by_place);
    return ascending && found_size == wanted_size &&
           memcmp(found, wanted, wanted_size * sizeof(*found)) == 0;
}

static uint32_t next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void test_random(void)
{
    uint32_t state = 7, wrong = 0, hits = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char text[TEXT], bytes[LITERALS][80];
        struct text_literal l[LITERALS];
        uint32_t letters = 1 + next(&state) % 4, size = next(&state) % (TEXT + 1);
        uint32_t longest = 1 + next(&state) % (round % 8 == 0 ? 80 : 9);
        size_t n = next(&state) % (LITERALS + 1);
        for (uint32_t i = 0; i < size; i++)
            text[i] = (char)('a' + next(&state) % letters);
        for (size_t i = 0; i < n; i++) {
            l[i] = (struct text_literal){bytes[i], 1 + next(&state) % longest};
            for (uint32_t k = 0; k < l[i].size; k++)
                bytes[i][k] = (char)('a' + next(&state) % letters);
            if (next(&state) % 4 == 0 && size >= l[i].size)
                memcpy(bytes[i], text + next(&state) % (size - l[i].size + 1), l[i].size);
        }
        wrong += !same(l, n, text, size);
        hits += found_size > 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(hits > ROUNDS / 2);
}

/* Sorted output of a search as "which@from-to". */
static void check(const char *text, const char *const *words, size_t n)
{
    struct text_literal l[16];
    for (size_t i = 0; i < n; i++)
        l[i] = (struct text_literal){words[i], (uint32_t)strlen(words[i])};
    CU_ASSERT(same(l, n, text, (uint32_t)strlen(text)));
}

static void test_overlaps(void)
{
    static const char *const words[] = {"he", "she",    "hers", "her",
                                        "he", "ushers", "s",    "\xe5\x81"};
    check("ushers she hershe \xe5\x81\xb7", words, 8);
    CU_ASSERT_EQUAL(found_size, 21);
    check("", words, 8);
    check("s", words, 8);
    CU_ASSERT_EQUAL(found_size, 1);
    check("ushers", words, 0);
    CU_ASSERT_EQUAL(found_size, 0);
}

/* A literal whose rare bytes stand far from its start. */
static void test_long(void)
{
    char word[300], text[700];
    memset(word, 'e', sizeof(word));
    word[299] = '#';
    memset(text, 'e', sizeof(text));
    text[500] = '#';
    struct text_literal l[] = {{word, 300}, {word + 290, 10}, {word, 299}};
    CU_ASSERT(same(l, 3, text, sizeof(text)));
    CU_ASSERT(found_size > 2);
}

static void test_stops(void)
{
    struct matcher *m = NULL;
    struct text_literal l = {"ab", 2};
    CU_ASSERT_EQUAL_FATAL(matcher_new(&m, &l, 1), LMOD_OK);
    found_size = 0;
    stop_after = 2;
    matcher_run(m, "abababab", 8, keep, NULL);
    CU_ASSERT_EQUAL(found_size, 2);
    matcher_free(m);
    matcher_free(NULL);
}

static void test_refuses(void)
{
    struct matcher *m = (struct matcher *)&found;
    struct text_literal l[] = {{"ab", 2}, {"", 0}};
    CU_ASSERT_EQUAL(matcher_new(&m, l, 2), LMOD_E_ARGUMENT);
    CU_ASSERT_PTR_NULL(m);
}

int main(void)
{
    return TAP_RUN("text/matcher", {"same hits as a naive search", test_random},
                   {"overlapping and equal literals", test_overlaps}, {"long literals", test_long},
                   {"a false return ends the search", test_stops},
                   {"an empty literal is refused", test_refuses});
}
