/* Generated evasions: what they change, and that the views see through them. */
#include <string.h>

#include "rules/evade.h"
#include "support.h"
#include "tap.h"

static const char text[] = "buy a hidden cam \xe5\x81\xb7\xe7\x94\xb5\xe8\xaf\x9d now";
enum { FROM = 6, TO = 26 }; /* "hidden cam" and the three Han behind it */

static void test_only_the_span(void)
{
    for (uint32_t k = 0; k < EVASIONS; k++)
        for (uint32_t v = 0; v < EVADE_VARIANTS; v++) {
            struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
            evade(&a, (enum evasion)k, v, text, strlen(text), FROM, TO);
            evade(&b, (enum evasion)k, v, text, strlen(text), FROM, TO);
            CU_ASSERT_TRUE_FATAL(!a.failed && a.size >= strlen(text) - TO + FROM);
            CU_ASSERT_TRUE(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
            CU_ASSERT_TRUE(memcmp(a.data, text, FROM) == 0);
            CU_ASSERT_STRING_EQUAL(a.data + a.size - strlen(text + TO), text + TO);
            CU_ASSERT_TRUE(utf8_valid(a.data, a.size));
            CU_ASSERT_TRUE(strcmp(a.data, text) != 0 || k == EVADE_HOMOGLYPH ||
                           k == EVADE_REPEATED);
            buffer_finish(&a);
            buffer_finish(&b);
        }
}

struct seen {
    uint32_t kinds, failed;
    double least;
};

static bool each(void *user, const struct rules_test *t)
{
    struct seen *s = user;
    s->failed += !t->ok;
    if (t->recall < 0)
        return true;
    s->kinds++;
    s->least = t->recall < s->least ? t->recall : s->least;
    return true;
}

static struct seen run(const char *pack)
{
    struct seen s = {.least = 1};
    struct error e = {0};
    struct rules *r = NULL;
    const struct rules_source source = {"p.yaml", pack, strlen(pack)};
    int status = rules_parse(&r, &source, 1, &e);
    if (status != LMOD_OK)
        printf("# %u:%u %s\n", e.line, e.column, e.text);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
    CU_ASSERT_EQUAL(rules_test_run(r, each, &s, &e), LMOD_OK);
    rules_free(r);
    return s;
}

#define PACK                                                                                       \
    "format: libmod-rules/1\npack: {id: p, version: '1'}\nrules:\n"                                \
    "  - {id: r, title: T, harm: other, action: flag, when: {word: [spycam, 'hidden cam', "        \
    "upskirt,"                                                                                     \
    " '\xe5\x81\xb7\xe6\x8b\x8d'], view: [fold, squeeze]},\n"                                      \
    "     tests: {hit: ['my spycam', 'hidden cams: hidden cam', upskirt!, "                        \
    "'\xe5\x81\xb7\xe6\x8b\x8d'],"                                                                 \
    " miss: [x], evade: "

static void test_found(void)
{
    struct seen s =
        run(PACK "{min_recall: 0.99, kinds: [fullwidth, circled, math, zero_width, "
                 "soft_hyphen, accents, zalgo, homoglyph, leet, spaced, repeated, emoji, "
                 "zh_spaced, zh_emoji, zh_symbol]}}}\n");
    CU_ASSERT_EQUAL(s.kinds, 15);
    CU_ASSERT_EQUAL(s.failed, 0);
    CU_ASSERT_TRUE(s.least >= 0.99);
}

static void test_hangul(void)
{
    struct seen s = run("format: libmod-rules/1\npack: {id: p, version: '1'}\nrules:\n"
                        "  - {id: r, title: T, harm: other, action: flag, view: squeeze,\n"
                        "     when: {word: '\xeb\xaa\xb0\xec\xb9\xb4'},\n"
                        "     tests: {hit: ['\xeb\xaa\xb0\xec\xb9\xb4'], miss: [x], evade: "
                        "{min_recall: 1, kinds: [zero_width, soft_hyphen, spaced, emoji]}}}\n");
    CU_ASSERT_EQUAL(s.kinds, 4);
    CU_ASSERT_EQUAL(s.failed, 0);
}

/* "偷电话资料" in traditional characters; a rule that looks at the raw text does not see it. */
#define TRADITIONAL(view)                                                                          \
    "format: libmod-rules/1\npack: {id: p, version: '1'}\nrules:\n"                                \
    "  - {id: r, title: T, harm: other, action: flag, view: " view ",\n"                           \
    "     when: {word: '\xe5\x81\xb7\xe7\x94\xb5\xe8\xaf\x9d\xe8\xb5\x84\xe6\x96\x99'},\n"         \
    "     tests: {hit: ['\xe5\x81\xb7\xe7\x94\xb5\xe8\xaf\x9d\xe8\xb5\x84\xe6\x96\x99'],\n"        \
    "             miss: [x], evade: {min_recall: 1, kinds: [traditional]}}}\n"

static void test_traditional(void)
{
    struct seen s = run(TRADITIONAL("fold"));
    CU_ASSERT_EQUAL(s.kinds, 1);
    CU_ASSERT_EQUAL(s.failed, 0);
    CU_ASSERT_TRUE(s.least >= 1);
    s = run(TRADITIONAL("raw"));
    CU_ASSERT_EQUAL(s.failed, 1);
}

/* "摄像头" by its sound: one character after the other, and all. */
#define HOMOPHONES(view, kind)                                                                     \
    "format: libmod-rules/1\npack: {id: p, version: '1'}\nrules:\n"                                \
    "  - {id: r, title: T, harm: other, action: flag, view: " view ", when: {word: 摄像头},\n"  \
    "     tests: {hit: [摄像头], miss: [x], evade: {min_recall: 1, kinds: [" kind "]}}}\n"

static void test_homophones(void)
{
    static const char *const kinds[] = {"homophone_one", "homophone_all"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char pack[1000];
        (void)snprintf(pack, sizeof(pack), HOMOPHONES("%s", "%s"), "pinyin", kinds[i]);
        struct seen s = run(pack);
        CU_ASSERT_TRUE(s.kinds == 1 && s.failed == 0);
        (void)snprintf(pack, sizeof(pack), HOMOPHONES("%s", "%s"), "squeeze", kinds[i]);
        s = run(pack);
        CU_ASSERT_TRUE(s.kinds == 1 && s.failed == 1 && s.least == 0);
    }
}

/* homophone_one changes one character, each in turn; homophone_all every one that has a like. */
static void test_homophones_changed(void)
{
    static const char word[] = "摄像头 x";
    uint32_t places = 0;
    for (uint32_t v = 0; v < EVADE_VARIANTS; v++) {
        struct buffer one = BUFFER_INIT, all = BUFFER_INIT;
        evade(&one, EVADE_HOMOPHONE_ONE, v, word, sizeof(word) - 1, 0, 9);
        evade(&all, EVADE_HOMOPHONE_ALL, v, word, sizeof(word) - 1, 0, 9);
        CU_ASSERT_TRUE_FATAL(one.size == sizeof(word) - 1 && all.size == one.size);
        uint32_t changed = 0;
        for (uint32_t i = 0; i < 9; i += 3) {
            bool here = memcmp(one.data + i, word + i, 3) != 0;
            changed += here;
            places |= (uint32_t)here << i / 3;
            CU_ASSERT_TRUE(memcmp(all.data + i, word + i, 3) != 0);
        }
        CU_ASSERT_EQUAL(changed, 1);
        buffer_finish(&one);
        buffer_finish(&all);
    }
    CU_ASSERT_EQUAL(places, 7);
    CU_ASSERT_EQUAL(homophones('a') + homophones(0x9fff), 0);
}

/* Letters that stand twice are found parted and alike, inside a word and between two. */
static void test_twice(void)
{
    struct seen s = run("format: libmod-rules/1\npack: {id: p, version: '1'}\nrules:\n"
                        "  - {id: r, title: T, harm: other, action: flag, view: squeeze,\n"
                        "     when: {word: [hidden, locker room, full collection]},\n"
                        "     tests: {miss: [hid, lock room], hit: [hid-den, h i d d e n, hiddden,"
                        " l o c k e r r o o m, lockeroom, loc.ker room, ful l col lection, "
                        "full-col*lection, fu11 collection]}}\n");
    CU_ASSERT_EQUAL(s.failed, 0);
}

/* Without the view that sees through it the recall falls, and the test says so. */
static void test_missed(void)
{
    struct seen s = run("format: libmod-rules/1\npack: {id: p, version: '1'}\nrules:\n"
                        "  - {id: r, title: T, harm: other, action: flag, when: {word: spycam},\n"
                        "     tests: {hit: [spycam], miss: [x], evade: {min_recall: 0.5, kinds: "
                        "[spaced, circled]}}}\n");
    CU_ASSERT_EQUAL(s.kinds, 2);
    CU_ASSERT_EQUAL(s.failed, 1);
    CU_ASSERT_EQUAL(s.least, 0);
}

int main(void)
{
    return TAP_RUN("rules/evade", {"only the span is disguised", test_only_the_span},
                   {"the views see through it", test_found}, {"Hangul is disguised", test_hangul},
                   {"traditional characters", test_traditional}, {"homophones", test_homophones},
                   {"which characters have homophones", test_homophones_changed},
                   {"letters that stand twice", test_twice}, {"what is not found", test_missed});
}
