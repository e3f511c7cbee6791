/* The raw view, the maps back to raw bytes and the door of the room. */
#include <string.h>

#include "tap.h"
#include "text/text.h"

static struct text *run(const char *bytes, size_t size, uint32_t views)
{
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL_FATAL(text_run(t, bytes, size, views), LMOD_OK);
    return t;
}

/* One view of a text: its bytes, and its map as numbers with blanks between. */
static void check(enum view v, const char *bytes, size_t size, const char *want, const char *map)
{
    struct text *t = run(bytes, size, 1u << v);
    const struct text_view *made = text_get(t, v);
    char numbers[512] = "";
    size_t n = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    for (uint32_t i = 0; i <= made->size && n < sizeof(numbers) - 12; i++)
        n += (size_t)snprintf(numbers + n, sizeof(numbers) - n, i ? " %u" : "%u", made->map[i]);
    bool so = made->size == strlen(want) && memcmp(made->bytes, want, made->size) == 0 &&
              strcmp(numbers, map) == 0;
    if (!so)
        printf("# \"%.*s\" [%s], not \"%s\" [%s]\n", (int)made->size, made->bytes, numbers, want,
               map);
    CU_ASSERT(so);
    text_free(t);
}

#define BAD "\xef\xbf\xbd"

static void test_raw(void)
{
    static const struct {
        const char *bytes, *want, *map;
    } rows[] = {
        {"", "", "0"},
        {"aB", "aB", "0 1 2"},
        {"\xc3\xa9", "\xc3\xa9", "0 1 2"},
        {"a\xff"
         "b",
         "a" BAD "b", "0 1 1 1 2 3"},
        {"\xe4\xbd", BAD BAD, "0 0 0 1 1 1 2"},
        {"\xc0\xaf", BAD BAD, "0 0 0 1 1 1 2"},
        {"\xed\xa0\x80", BAD BAD BAD, "0 0 0 1 1 1 2 2 2 3"},
        {"\xf4\x90\x80\x80", BAD BAD BAD BAD, "0 0 0 1 1 1 2 2 2 3 3 3 4"},
        {"\xf0\x9f\x98\x80!", "\xf0\x9f\x98\x80!", "0 1 2 3 4 5"},
        {"\xe0\x80\x80", BAD BAD BAD, "0 0 0 1 1 1 2 2 2 3"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        check(VIEW_RAW, rows[i].bytes, strlen(rows[i].bytes), rows[i].want, rows[i].map);
}

static void test_raw_keeps_nul(void)
{
    struct text *t = run("a\0b", 3, 0);
    const struct text_view *v = text_get(t, VIEW_RAW);
    CU_ASSERT(v && v->size == 3 && memcmp(v->bytes, "a\0b", 3) == 0);
    text_free(t);
}

static void test_fold_maps(void)
{
    static const struct {
        const char *bytes, *want, *map;
    } rows[] = {
        {"Ab", "ab", "0 1 2"},
        {"\xc3\x9f!", "ss!", "0 0 2 3"}, /* sharp s: two bytes from one place */
        {"e\xcc\x81x", "ex", "0 3 4"},   /* the accent belongs to the e */
        {"a\xe2\x80\x8b"
         "b",
         "ab", "0 4 5"}, /* zero-width space */
        {"\xe9\xa0\xad\xe9\xab\xae", "\xe5\xa4\xb4\xe5\x8f\x91", "0 0 0 3 3 3 6"},
        {"\xe3\x81\x8b\xe3\x82\x99x", "\xe3\x81\x8cx", "0 0 0 6 7"}, /* kana and its mark */
        {"a\xff"
         "B",
         "a" BAD "b", "0 1 1 1 2 3"},
        {"\xcc\x81\xcc\x81"
         "a",
         "a", "4 5"},
        {"\xcc\x81", "", "2"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        check(VIEW_FOLD, rows[i].bytes, strlen(rows[i].bytes), rows[i].want, rows[i].map);
}

/* A hit covers whole characters and the marks behind them. */
static void test_spans(void)
{
    struct text *t = run("xe\xcc\x81\xe2\x80\x8by\xc3\x9fz", 11, 1u << VIEW_FOLD);
    const struct text_view *v = text_get(t, VIEW_FOLD); /* xeyssz */
    static const struct {
        uint32_t from, to, raw_from, raw_to;
    } rows[] = {{1, 2, 1, 7},  {0, 1, 0, 1},  {3, 4, 8, 10},
                {4, 5, 8, 10}, {2, 4, 7, 10}, {0, 6, 0, 11}};
    CU_ASSERT_PTR_NOT_NULL_FATAL(v);
    CU_ASSERT_EQUAL(v->size, 6);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct text_span s = text_span(v, rows[i].from, rows[i].to);
        CU_ASSERT_EQUAL(s.from, rows[i].raw_from);
        CU_ASSERT_EQUAL(s.to, rows[i].raw_to);
    }
    text_free(t);
}

static void test_scratch_is_used_again(void)
{
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    char big[5000];
    memset(big, 'A', sizeof(big));
    CU_ASSERT_EQUAL(text_run(t, big, sizeof(big), 2), LMOD_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text_get(t, VIEW_FOLD));
    const void *before = text_get(t, VIEW_FOLD)->bytes;
    CU_ASSERT_EQUAL(text_run(t, "Short", 5, 2), LMOD_OK);
    const struct text_view *v = text_get(t, VIEW_FOLD);
    CU_ASSERT(v && v->bytes == before && v->size == 5 && memcmp(v->bytes, "short", 5) == 0);
    CU_ASSERT_EQUAL(text_run(t, "x", 1, 0), LMOD_OK);
    CU_ASSERT_PTR_NULL(text_get(t, VIEW_FOLD));
    text_free(t);
    text_free(NULL);
}

static void test_no_views(void)
{
    struct text *t = text_new();
    struct buffer out = BUFFER_INIT;
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (unsigned v = VIEW_LINK; v < VIEWS_KNOWN + 1; v++) {
        CU_ASSERT_EQUAL(text_run(t, "x", 1, 1u << v), LMOD_E_ARGUMENT);
        CU_ASSERT_PTR_NULL(text_get(t, (enum view)v));
        CU_ASSERT_EQUAL(text_fold(&out, "x", 1, (enum view)v), LMOD_E_ARGUMENT);
    }
    CU_ASSERT_STRING_EQUAL(term_name(view_terms, VIEW_LINK), "link");
    buffer_finish(&out);
    text_free(t);
}

static void test_literals(void)
{
    struct buffer out = BUFFER_INIT;
    CU_ASSERT_EQUAL(text_fold(&out, "A\xff", 2, VIEW_RAW), LMOD_OK);
    CU_ASSERT_EQUAL(text_fold(&out, "MeGa", 4, VIEW_FOLD), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(out.data, "A" BAD "mega");
    buffer_finish(&out);
}

int main(void)
{
    return TAP_RUN("text/views", {"bad bytes", test_raw}, {"NUL", test_raw_keeps_nul},
                   {"maps of fold", test_fold_maps}, {"spans", test_spans},
                   {"scratch is used again", test_scratch_is_used_again},
                   {"what is no view of bytes", test_no_views}, {"literals", test_literals});
}
