/* The pinyin view: what sounds alike is alike, syllables are whole, and every byte knows its place. */
#include <string.h>

#include "places.h"

static const struct {
    const char *one, *other;
    bool alike;
} pairs[] = {
    {"偷拍", "头排", true},
    {"偷拍", "透派", true},
    {"偷拍", "投牌子", false},
    {"偷拍", "偷 拍", true},
    {"偷拍", "偷🌸、*拍！", true},
    {"偷拍", "偷x拍", false},
    {"偷拍", "偷1拍", false},
    {"偷拍", "偷の拍", false}, /* letters of other scripts are not left out */
    {"偷拍", "偷й拍", false},
    {"頭髮", "头发", true},
    {"聯繫", "连系", true},
    {"女人", "nvren", true},
    {"略", "lue", true},
    {"略", "lve", true},
    {"路", "lv", false},
    {"偷拍", "toupai", true}, /* typed */
    {"偷拍", "TOU Pai", true},
    {"偷拍", "偷ｐａｉ", true},
    {"偷拍资源", "toupaiziyuan", true},
    {"偷拍", "toupaix", false}, /* no syllables up to its end */
    {"方案", "fang'an", true},
    {"反感", "fang'an", false},
    {"反感", "fangan", true}, /* no syllable begins with a vowel */
    {"敏感", "mingan", true},
    {"西安", "xi'an", true},
    {"先", "xian", true},
    {"天安门", "tiananmen", true},
    {"相关", "xiangguan", true},
    {"热闹", "renao", true},
    {"女儿", "nver", true},
    {"阿", "a", false}, /* one letter is a letter */
    {"P图", "p图", true},
    {"VIP群", "vip裙", true},
    {"VIP群", "vipqun", false},
    {"嗯", "en", true},
    {"长", "张", true}, /* as it is read most often */
    {"我们", "women", true},
    {"hello", "hello", true},
    {"", "!? 🌸", true},
};

static void test_pairs(void)
{
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct buffer one = BUFFER_INIT, other = BUFFER_INIT;
        CU_ASSERT_EQUAL(text_fold(&one, pairs[i].one, strlen(pairs[i].one), VIEW_PINYIN), LMOD_OK);
        CU_ASSERT_EQUAL(text_fold(&other, pairs[i].other, strlen(pairs[i].other), VIEW_PINYIN),
                        LMOD_OK);
        bool alike =
            one.size == other.size && (!one.size || memcmp(one.data, other.data, one.size) == 0);
        CU_ASSERT_EQUAL(alike, pairs[i].alike);
        if (alike != pairs[i].alike)
            printf("# %s, %s\n", pairs[i].one, pairs[i].other);
        buffer_finish(&one);
        buffer_finish(&other);
    }
}

/* A syllable is two bytes, whatever it came from; letters and digits are themselves. */
static void test_sizes(void)
{
    static const struct {
        const char *raw;
        size_t size;
    } rows[] = {{"偷", 2},       {"窗", 2},     {"chuang", 2}, {"偷拍 toupai", 8}, {"abc", 3},
                {"ok 12 偷", 6}, {"한국어", 1}, {"の", 1},     {"𠮷", 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = BUFFER_INIT;
        CU_ASSERT_EQUAL(text_fold(&out, rows[i].raw, strlen(rows[i].raw), VIEW_PINYIN), LMOD_OK);
        CU_ASSERT_EQUAL(out.size, rows[i].size);
        buffer_finish(&out);
    }
}

static void test_spans(void)
{
    static const struct {
        const char *raw, *word, *found;
    } rows[] = {
        {"他头 排了", "偷拍", "头 排"},
        {"(toupai)", "偷拍", "toupai"},
        {"ziyuantoupai的", "偷拍", "toupai"},
        {"看頭-pai, 好", "偷拍", "頭-pai"},
        {"头\xe2\x80\x8b排\xe2\x80\x8b。", "偷拍", "头\xe2\x80\x8b排\xe2\x80\x8b"},
    };
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer word = BUFFER_INIT;
        CU_ASSERT_EQUAL(text_reading(&word, rows[i].word, strlen(rows[i].word), 0), LMOD_OK);
        buffer_append(&word, "", 1);
        CU_ASSERT_EQUAL_FATAL(text_run(t, rows[i].raw, strlen(rows[i].raw), 1u << VIEW_PINYIN),
                              LMOD_OK);
        const struct text_view *v = text_get(t, VIEW_PINYIN);
        const char *at = strstr(v->bytes, word.data);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        uint32_t from = (uint32_t)(at - v->bytes);
        struct text_span s = text_span(v, from, from + (uint32_t)strlen(word.data));
        CU_ASSERT_EQUAL(s.to - s.from, strlen(rows[i].found));
        CU_ASSERT_NSTRING_EQUAL(rows[i].raw + s.from, rows[i].found, strlen(rows[i].found));
        buffer_finish(&word);
    }
    text_free(t);
}

/* Words are found as any of their readings; texts have one. */
static void test_ways(void)
{
    static const struct {
        const char *word;
        uint32_t ways;
        const char *sounds; /* like the second way */
    } rows[] = {
        {"偷拍", 1, NULL},   {"银行", 2, "淫航"}, {"长长", 4, "常张"}, {"toupai", 0, NULL},
        {"偷の拍", 0, NULL}, {"12", 0, NULL},     {"", 0, NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = BUFFER_INIT, like = BUFFER_INIT;
        uint32_t n = 0;
        while (n < 10 && text_reading(&out, rows[i].word, strlen(rows[i].word), n) == LMOD_OK)
            n++;
        CU_ASSERT_EQUAL(n, rows[i].ways);
        out.size = 0;
        if (rows[i].sounds) {
            CU_ASSERT_EQUAL(text_reading(&out, rows[i].word, strlen(rows[i].word), 1), LMOD_OK);
            CU_ASSERT_EQUAL(text_fold(&like, rows[i].sounds, strlen(rows[i].sounds), VIEW_PINYIN),
                            LMOD_OK);
            CU_ASSERT_TRUE(out.size == like.size && memcmp(out.data, like.data, out.size) == 0);
        }
        buffer_finish(&out);
        buffer_finish(&like);
    }
}

/* Whatever comes: places ascend and lie in the text, ends lie behind their beginnings. */
static void test_places(void)
{
    static const char part[] = "angxi1! \xff偷拍長の😀é한";
    places_hold(VIEW_PINYIN, part, sizeof(part) - 1);
}

int main(void)
{
    return TAP_RUN("text/pinyin", {"what sounds alike", test_pairs}, {"sizes", test_sizes},
                   {"spans in the raw text", test_spans}, {"ways to read a word", test_ways},
                   {"places of anything", test_places});
}
