/* Near-duplicate texts: what changes a sketch, how much, and what does not. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "text/text.h"

static struct sketch of(const char *text)
{
    struct text *t = text_new();
    struct sketch s;
    CU_ASSERT_FATAL(t && text_run(t, text, strlen(text), 1u << VIEW_FOLD) == LMOD_OK);
    CU_ASSERT(text_sketch(t, NULL, &s));
    text_free(t);
    return s;
}

static unsigned distance(const char *a, const char *b, bool *near)
{
    struct sketch x = of(a), y = of(b);
    unsigned d = 0;
    *near = sketch_near(&x, &y, &d);
    return d;
}

/* Lists that were built hold these values. */
static void test_frozen(void)
{
    static const struct {
        const char *text;
        uint32_t n, first, last;
    } rows[] = {
        {"buy the garden", 5, 0x2ff30e9d, 0xa5d77bdd},
        {"今天天气好", 8, 0x351c8654, 0xe89091f5},
        {"Привет, мир 2026", 6, 0x501bdb96, 0xd289d86a},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sketch s = of(rows[i].text);
        CU_ASSERT_EQUAL(s.n, rows[i].n);
        CU_ASSERT_EQUAL(s.v[0], rows[i].first);
        CU_ASSERT_EQUAL(s.v[s.n - 1], rows[i].last);
        if (s.v[0] != rows[i].first || s.v[s.n - 1] != rows[i].last)
            printf("# {\"%s\", %u, 0x%08x, 0x%08x},\n", rows[i].text, (unsigned)s.n,
                   (unsigned)s.v[0], (unsigned)s.v[s.n - 1]);
    }
}

/* The same text in another dress. */
static void test_alike(void)
{
    static const char *const pairs[][2] = {
        {"Summer hats for sale, write tonight", "write tonight: SUMMER HATS for sale!!!"},
        {"Summer hats for sale", "ｓｕｍｍｅｒ　ｈａｔｓ ｆｏｒ ｓａｌｅ"},
        {"summer hats for sale", "s u m m e r hats for s.a.l.e"},
        {"summer hats for sale", "5umm3r h@ts f0r $ale"},
        {"summer hats for sale", "1. summmer hats forr sale"},
        {"don't come home", "dont come home"},
        {"夏季帽子，大量出售。", "夏季 帽子 大量 出售 😀"},
        {"夏季帽子大量出售", "夏_季_帽_子_大_量_出_售"},
        {"請聯繫店主", "请联系店主"},
        {"новые шляпы в продаже", "НОВЫЕ ШЛЯПЫ — в продаже"},
    };
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        bool near = false;
        unsigned d = distance(pairs[i][0], pairs[i][1], &near);
        bool same = d == 0 || (i == 4 && d < 25);
        CU_ASSERT(near && same);
        if (!near || !same)
            printf("# %s | %s: %u\n", pairs[i][0], pairs[i][1], d);
    }
}

static void test_near_and_far(void)
{
    static const struct {
        const char *a, *b;
        bool near;
    } rows[] = {
        {"best summer hats for sale, write to us tonight",
         "best winter hats for sale, write to us tonight", true},
        {"best summer hats for sale, write to us tonight",
         "write to us tonight, best summer hats for sale", true},
        {"best summer hats for sale, write to us tonight",
         "the best way to learn is to write every day", false},
        {"新到夏季帽子大量出售，有意者今晚联系店主", "有意者今晚联系店主，新到冬季帽子大量出售",
         true},
        {"新到夏季帽子大量出售，有意者今晚联系店主", "今晚我们去看电影吧，听说那部片子不错的",
         false},
        {"see you at the garden", "meet me at the station", false},
        {"see you at the garden", "see you at the station", true},
        {"ok thanks", "ok thanks a lot", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        bool near = false;
        unsigned d = distance(rows[i].a, rows[i].b, &near);
        CU_ASSERT_EQUAL(near, rows[i].near);
        if (near != rows[i].near)
            printf("# %s | %s: %u\n", rows[i].a, rows[i].b, d);
    }
}

static void test_little(void)
{
    static const char *const texts[] = {"",   "hi",      "!!! ... ???", "😀😀😀",
                                        "好", "the and", "\xff\xfe"};
    struct sketch s;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        CU_ASSERT_EQUAL(text_listed(&s, texts[i], strlen(texts[i])), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(text_listed(&s, "buy now", 7), LMOD_OK);
    CU_ASSERT_EQUAL(text_listed(&s, "好天气", strlen("好天气")), LMOD_OK);
    struct text *t = text_new();
    CU_ASSERT_FATAL(t && text_run(t, "buy now", 7, 0) == LMOD_OK);
    CU_ASSERT_FALSE(text_sketch(t, NULL, &s));
    CU_ASSERT_EQUAL(s.n, 0);
    text_free(t);
}

int main(void)
{
    return TAP_RUN("text/sketch", {"the same on every machine", test_frozen},
                   {"another dress", test_alike}, {"near and far", test_near_and_far},
                   {"too little", test_little});
}
