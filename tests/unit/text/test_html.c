/* HTML reduced to what a reader sees, every byte with its place. */
#include <string.h>

#include "tap.h"
#include "text/text.h"

static const struct {
    const char *html, *seen;
} rows[] = {
    {"plain words", "plain words"},
    {"dis</n>cord", "discord"},
    {"s<b>p</b>y<i></i>cam", "spycam"},
    {"one<br>two<p>three</p>", "one\ntwo\nthree\n"},
    {"a &amp; b &lt;c&gt; &#115;&#x70;y", "a & b <c> spy"},
    {"s&#8203;py", "s\xe2\x80\x8bpy"},
    {"&unknown; & &;", "&unknown; & &;"},
    {"&#0; &#xD800; &#99999999;", "\xef\xbf\xbd \xef\xbf\xbd &#99999999;"},
    {"<a href=\"https://t.me/+AbC\">here</a>", " https://t.me/+AbC here"},
    {"<a class=x href='t.me/x?a=1&amp;b=2'>x</a>", " t.me/x?a=1&b=2 x"},
    {"<a href=t.me/y>x</a>", " t.me/y x"},
    {"<a title=\"1 > 2\" href=\"u\">x</a>", " u x"},
    {"a<!-- hidden -->b", "ab"},
    {"a<!doctype html>b", "ab"},
    {"a<script>var x = 'spy';</script>b", "ab"},
    {"a<STYLE>x</style >b", "ab"},
    {"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
    {"a <3 b", "a <3 b"},
    {"cut <a href=\"x", "cut  x"},
    {"cut <!-- for ever", "cut "},
    {"cut <script>for ever", "cut "},
    {"<", "<"},
    {"</", "</"},
    {"", ""},
    {"bad \xff byte", "bad \xef\xbf\xbd byte"},
};

static void test_seen(void)
{
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CU_ASSERT_EQUAL_FATAL(text_run_html(t, rows[i].html, strlen(rows[i].html), 0), LMOD_OK);
        const struct text_view *v = text_get(t, VIEW_RAW);
        bool same = v->size == strlen(rows[i].seen) && memcmp(v->bytes, rows[i].seen, v->size) == 0;
        CU_ASSERT_TRUE(same);
        if (!same)
            printf("# %s -> %s\n", rows[i].html, v->bytes);
    }
    text_free(t);
}

static void test_places(void)
{
    static const char html[] = "my s<b>p</b>y<br>&#99;am";
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL_FATAL(
        text_run_html(t, html, strlen(html), 1u << VIEW_FOLD | 1u << VIEW_SQUEEZE), LMOD_OK);
    const struct text_view *v = text_get(t, VIEW_SQUEEZE);
    const char *at = strstr(v->bytes, "spycam");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    uint32_t from = (uint32_t)(at - v->bytes);
    struct text_span s = text_span(v, from, from + 6);
    CU_ASSERT_EQUAL(s.from, 3);
    CU_ASSERT_EQUAL(s.to, strlen(html));
    text_free(t);
}

/* Whatever comes is read, and its places ascend. */
static void test_anything(void)
{
    static const char part[] = "<>&;#/!-'\"= \nab1x\xc3\xa9\xff";
    struct text *t = text_new();
    uint32_t state = 3;
    char html[128];
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (int round = 0; round < 4000; round++) {
        uint32_t size = (state >> 16) % sizeof(html);
        for (uint32_t i = 0; i < size; i++) {
            state = state * 1664525u + 1013904223u;
            html[i] = part[(state >> 16) % (sizeof(part) - 1)];
        }
        state = state * 1664525u + 1013904223u;
        CU_ASSERT_EQUAL_FATAL(text_run_html(t, html, size, 1u << VIEW_SQUEEZE), LMOD_OK);
        const struct text_view *v = text_get(t, VIEW_RAW);
        bool good = v->map[v->size] == size && utf8_valid(v->bytes, v->size);
        for (uint32_t i = 0; i < v->size && good; i++)
            good = v->map[i] <= v->map[i + 1];
        CU_ASSERT_TRUE_FATAL(good);
    }
    text_free(t);
}

int main(void)
{
    return TAP_RUN("text/html", {"what a reader sees", test_seen}, {"places", test_places},
                   {"anything", test_anything});
}
