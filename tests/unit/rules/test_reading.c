/* Rules in view pinyin: what sounds alike is found at its place, and what a short word needs beside it. */
#include "support.h"
#include "tap.h"

#define LISTS                                                                                        \
    "lists: {a: {words: [偷拍, AI], view: [squeeze, pinyin]}, b: {words: [资源, 打包], view: " \
    "pinyin}}"

/* `span` of the raw text and the view of the match; NULL: no match. */
static const struct pack_case cases[] = {
    {"{word: 摄像头, view: pinyin}", "社象投", "社象投", "pinyin"},
    {"{word: 摄像头, view: pinyin}", "家里的摄 像 头坏了", "摄 像 头", "pinyin"},
    {"{word: 摄像头, view: pinyin}", "我有 shexiangtou 一个", "shexiangtou", "pinyin"},
    {"{word: 摄像头, view: pinyin}", "射xiang投", "射xiang投", "pinyin"},
    {"{word: 摄像头, view: pinyin}", "摄像机", NULL, NULL},
    {"{word: 摄像头, view: [squeeze, pinyin]}", "攝像頭", "攝像頭", "squeeze"},
    {"{word: 摄像头, view: [squeeze, pinyin]}", "社像頭", "社像頭", "pinyin"},
    {"{word: 银行卡, view: pinyin}", "淫航卡", "淫航卡", "pinyin"},
    {"{word: 银行卡, view: pinyin}", "引行卡", "引行卡", "pinyin"},
    {"{word: VIP群, view: pinyin}", "vip裙", "vip裙", "pinyin"},
    {"{word: VIP群, view: pinyin}", "xvip裙", NULL, NULL},
    {"{word: 进VIP, view: pinyin}", "近vip啦", "近vip", "pinyin"},
    {"{word: 进VIP, view: pinyin}", "近vips", NULL, NULL},
    {"{word: 摄像头, view: pinyin, bound: word}", "看社象投", NULL, NULL},
    {"{word: 摄像头, view: pinyin, bound: word}", "看 社象投!", "社象投", "pinyin"},
    {"{all: [{list: a}, {list: b}]}", "头排的字员", "头排的字员", "pinyin"},
    {"{all: [{list: a}, {list: b}]}", "头排", NULL, NULL},
    {"{all: [{list: a}, {list: b}]}", "爱 资源", NULL, NULL}, /* AI is no Chinese word */
    {"{near: {of: [a, b], within: 2}}", "头排，子元", "头排，子元", "pinyin"},
    {"{near: {of: [a, b], within: 2}}", "头排，我的子元", NULL, NULL},
    {"{near: {of: [a, a], within: 9}}", "偷拍", NULL, NULL}, /* in two views, one hit */
    {"{count: {of: a, min: 2}}", "偷拍", NULL, NULL},
    {"{count: {of: a, min: 2}}", "偷拍 头排", "偷拍 头排", "squeeze"},
    {"{count: {of: a, min: 2, distinct: true}}", "偷拍 头排", NULL, NULL},
    {"{all: [{word: [求, 想要], view: [squeeze, pinyin]}, {list: b}]}", "球 字元", NULL, NULL},
    {"{all: [{word: [求, 想要], view: [squeeze, pinyin]}, {list: b}]}", "求字元", "求字元",
     "squeeze"},
    {"{count: {of: b, min: 2, distinct: true}}", "字元 大宝", "字元 大宝", "pinyin"},
};

static void test_cases(void)
{
    pack_cases(LISTS, cases, COUNT_OF(cases));
}

/* Whether a condition loads; when not, where the leaf stands in it, in characters. */
static const struct {
    const char *when;
    uint32_t column; /* 0: it loads */
    const char *says;
} short_words[] = {
    {"{word: 偷拍, view: pinyin}", 11, "\"偷拍\" has fewer than 3 syllables"},
    {"{word: [摄像头, 偷拍], view: [fold, pinyin]}", 11, "under \"all\" or in \"near\""},
    {"{list: a}", 11, "\"偷拍\" has fewer than 3"},
    {"{any: [{word: x}, {list: b}]}", 29, "\"资源\" has fewer than 3"},
    {"{all: [{list: b}]}", 18, "fewer than 3"},
    {"{all: [{list: b}], not: [{word: x}]}", 18, "fewer than 3"},
    {"{all: [{any: [{list: b}, {word: x}]}]}", 25, "fewer than 3"},
    {"{count: {of: b, min: 1}}", 11, "fewer than 3"},
    {"{word: [x, 偷拍], view: pinyin}", 19, "view pinyin is of Chinese words"},
    {"{word: 偷の拍, view: pinyin}", 18, "view pinyin is of Chinese words"},
    {"{word: [偷拍的, 偷], view: pinyin}", 24, "of two syllables and more"},
    {"{re: 偷拍资源, view: pinyin}", 16, "a pattern cannot look at view pinyin"},
    {"{word: 偷拍资源, view: pinyin}", 0, NULL},
    {"{word: P图群, view: pinyin}", 0, NULL},
    {"{all: [{list: a}, {word: x}]}", 0, NULL},
    {"{all: [{word: x}], any: [{list: a}, {list: b}]}", 0, NULL},
    {"{near: {of: [a, b], within: 9}}", 0, NULL},
    {"{count: {of: [a, b], min: 2}}", 0, NULL},
    {"{all: [{word: x}], not: [{list: a}]}", 0, NULL},
    {"{word: [x, 偷, 偷拍的], view: [fold, pinyin]}", 0, NULL},
};

static void test_short_words(void)
{
    for (size_t i = 0; i < COUNT_OF(short_words); i++) {
        char text[1000];
        struct rules *r = NULL;
        struct error e = {0};
        (void)snprintf(text, sizeof(text),
                       HEAD LISTS "\nrules:\n  - id: r\n    title: T\n    harm: other\n"
                                  "    action: flag\n    when: %s\n",
                       short_words[i].when);
        int status = pack_load(&r, text, &e);
        bool good = short_words[i].column ? status == LMOD_E_RULES && e.line == 9 &&
                                                e.column == short_words[i].column &&
                                                strstr(e.text, short_words[i].says) != NULL
                                          : status == LMOD_OK;
        CU_ASSERT(good);
        if (!good)
            printf("# %s: %d, %u:%u %s\n", short_words[i].when, status, e.line, e.column, e.text);
        rules_free(r);
    }
}

int main(void)
{
    return TAP_RUN("rules/reading", {"what sounds alike", test_cases},
                   {"short words", test_short_words});
}
