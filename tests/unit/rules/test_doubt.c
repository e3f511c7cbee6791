/* For authors: what can never hold, what another rule makes needless, and what takes long. */
#include <time.h>

#include "support.h"
#include "tap.h"

static bool write_warning(void *user, const struct rules_note *n)
{
    if (n->level == RULES_WARNING && !strstr(n->text, "test"))
        buffer_printf(user, "%s %u:%u %s\n", n->rule, n->line, n->column, n->text);
    return true;
}

/* The warnings of a pack in one line each; those about missing tests are left out. */
static void expect(size_t i, const char *lists, const char *rules, const char *says)
{
    struct buffer out = BUFFER_INIT;
    struct error e = {0};
    struct rules *r = NULL;
    char text[16384];
    (void)snprintf(text, sizeof(text), HEAD "lists: {%s}\nrules:\n%s", lists, rules);
    CU_ASSERT_EQUAL(pack_load(&r, text, &e), LMOD_OK);
    if (r)
        CU_ASSERT_EQUAL(rules_check(r, write_warning, &out, &e), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(out.data ? out.data : "", says);
    if (!r || strcmp(out.data ? out.data : "", says) != 0)
        printf("# %zu: %s%s\n", i, e.text, out.data ? out.data : "");
    buffer_finish(&out);
    rules_free(r);
}

#define RULE(id, rest) "- {id: " id ", title: T, harm: other, " rest "}\n"
#define WHEN(when)     RULE("a", "action: flag, when: " when)
#define BESIDE                                                                                     \
    "this holds wherever what stands beside the \"not\" does: the two together never hold\n"

static void test_never(void)
{
    static const struct {
        const char *lists, *rule, *says;
    } rows[] = {
        {"l: {words: [x, y]}", WHEN("{count: {of: l, min: 2, distinct: true}}"), ""},
        {"l: {words: [x, y]}", WHEN("{count: {of: l, min: 3}}"), ""},
        {"l: {words: [x, y], view: [raw, fold]}", WHEN("{count: {of: l, min: 3, distinct: true}}"),
         "a 5:8 this rule can never hold\n"
         "a 5:54 this count never reaches 3: there are only 2 different entries\n"},
        {"", WHEN("{count: {of: {link: {}}, min: 3, distinct: true}}"), ""},
        {"l: {words: [x]}", WHEN("{any: [{word: y}, {count: {of: l, min: 2, distinct: true}}]}"),
         "a 5:72 this count never reaches 2: there are only 1 different entries\n"},
        {"", WHEN("{word: x}, scope: {surfaces: {not: ['*']}}"),
         "a 5:8 the scope leaves no surface: this rule can never hold\n"},
        {"", WHEN("{word: x}, scope: {surfaces: {not: ['m*']}}"), ""},
        {"l: {words: [x, y]}", WHEN("{all: [{list: l}], not: [{word: [x, y, z]}]}"),
         "a 5:8 this rule can never hold\na 5:79 " BESIDE},
        {"l: {words: [x, y]}",
         WHEN("{all: [{near: {of: [l, {word: z}], within: 9}}], not: [{any: [{word: q}, {list: "
              "l}]}]}"),
         "a 5:8 this rule can never hold\na 5:109 " BESIDE},
        {"", WHEN("{all: [{word: x}], not: [{all: [{word: x}, {word: y}]}]}"), ""},
        {"", WHEN("{all: [{word: x}, {word: y}], not: [{all: [{word: y}, {word: x}]}]}"),
         "a 5:8 this rule can never hold\na 5:90 " BESIDE},
        {"", WHEN("{any: [{word: x}, {all: [{word: y}], not: [{word: y}]}]}"), "a 5:97 " BESIDE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(i, rows[i].lists, rows[i].rule, rows[i].says);
}

#define SILENT(word) "\"" word "\" can never count: this \"not\" holds wherever it stands\n"

static void test_silenced(void)
{
    static const struct {
        const char *rule, *says;
    } rows[] = {
        {WHEN("{all: [{word: [x, y]}], not: [{word: [y, z]}]}"), "a 5:83 " SILENT("y")},
        {WHEN("{all: [{word: [free report, offer]}], not: [{word: report}]}"),
         "a 5:97 " SILENT("free report")},
        {WHEN("{all: [{word: [反偷拍, 资源]}], not: [{word: 偷拍}]}"), "a 5:86 " SILENT("反偷拍")},
        /* an edge that the one demands and the other does not */
        {WHEN("{all: [{word: [偷拍, 资源]}], not: [{word: 偷拍, bound: word}]}"), ""},
        {WHEN("{all: [{word: [reports, x], bound: none}], not: [{word: report}]}"), ""},
        {WHEN("{all: [{word: [report, x], bound: none}], not: [{word: report, bound: start}]}"),
         ""},
        {WHEN("{all: [{near: {of: [{word: [x, y]}, {word: z}], within: 9}}], not: [{re: '[yq]'}]}"),
         "a 5:121 " SILENT("y")},
        {WHEN("{all: [{word: [x, y]}], not: [{all: [{word: y}, {word: z}]}]}"), ""},
        /* what sounds like it is not what the `not` has */
        {WHEN("{all: [{word: 摄像头, view: [fold, pinyin]}], not: [{word: 摄像头}]}"), ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(i, "", rows[i].rule, rows[i].says);
}

#define TWO(a, b) RULE("a", a) RULE("b", b)

static void test_rivals(void)
{
    static const struct {
        const char *rules, *says;
    } rows[] = {
        {TWO("action: flag, when: {word: [x, y]}", "action: flag, when: {word: [y, x]}"),
         "b 6:8 this is the same as rule \"a\" (line 5): flag, medium\n"},
        {TWO("action: flag, when: {all: [{word: x}, {word: y}]}",
             "action: hold, when: {all: [{word: y}, {word: x}]}"),
         "b 6:8 rule \"a\" (line 5) has the same condition and another effect: flag, medium\n"},
        {TWO("action: hold, when: {word: [x, y]}",
             "action: flag, when: {all: [{word: x}, {word: z}]}"),
         "b 6:8 wherever this rule holds, so does rule \"a\" (line 5), which does no less: hold, "
         "medium\n"},
        {TWO("action: flag, when: {near: {of: [{word: x}, {word: z}], within: 5}}",
             "action: flag, when: {near: {of: [{word: [x, y]}, {word: z}], within: 9}}"),
         "a 5:8 wherever this rule holds, so does rule \"b\" (line 6), which does no less: flag, "
         "medium\n"},
        {TWO("action: flag, when: {any: [{word: x}, {word: y}]}",
             "action: flag, when: {word: [x, y, z]}"),
         "a 5:8 wherever this rule holds, so does rule \"b\" (line 6), which does no less: flag, "
         "medium\n"},
        /* what is narrower may do more, be of another place, or score */
        {TWO("action: flag, when: {word: [x, y]}", "action: hold, when: {word: x}"), ""},
        {TWO("action: hold, when: {word: [x, y]}, scope: {direct: true}",
             "action: flag, when: {word: x}"),
         ""},
        {TWO("action: hold, when: {word: [x, y]}, mode: observe", "action: flag, when: {word: x}"),
         ""},
        {TWO("action: hold, when: {word: [x, y]}", "score: 2, when: {word: x}"), ""},
        {TWO("action: hold, when: {all: [{word: [x, y]}], not: [{word: z}]}",
             "action: flag, when: {word: x}"),
         ""},
        {TWO("action: flag, when: {near: {of: [{word: x}, {word: z}], within: 9}}",
             "action: flag, when: {near: {of: [{word: x}, {word: z}], within: 5, ordered: true}}"),
         "b 6:8 wherever this rule holds, so does rule \"a\" (line 5), which does no less: flag, "
         "medium\n"},
        {TWO("action: flag, when: {near: {of: [{word: x}, {word: z}], within: 9, ordered: true}}",
             "action: flag, when: {near: {of: [{word: x}, {word: z}], within: 5}}"),
         ""},
        {TWO("action: flag, when: {count: {of: {word: x}, min: 2}}",
             "action: flag, when: {count: {of: {word: x}, min: 3}}"),
         "b 6:8 wherever this rule holds, so does rule \"a\" (line 5), which does no less: flag, "
         "medium\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect(i, "", rows[i].rules, rows[i].says);
}

/* Groups in groups: what is too deep to be compared is left alone, and costs little. */
static void test_deep(void)
{
    struct buffer rules = BUFFER_INIT;
    for (unsigned r = 0; r < 30; r++) {
        buffer_printf(&rules, "- {id: r%u, title: T, harm: other, action: flag, when: ", r);
        for (unsigned k = 0; k < 13; k++)
            buffer_printf(&rules, "{all: [{word: x%u}, ", k);
        buffer_printf(&rules, "{any: [{word: a%u}, {word: b}]}", r);
        for (unsigned k = 0; k < 13; k++)
            buffer_str(&rules, "]}");
        buffer_str(&rules, "}\n");
    }
    buffer_append(&rules, "", 1);
    struct timespec from, to;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    expect(0, "", rules.data, "");
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    CU_ASSERT_TRUE(to.tv_sec - from.tv_sec < 20); /* minutes without a bound */
    buffer_finish(&rules);
}

static void test_across(void)
{
    static const char one[] = HEAD "rules:\n" RULE("a", "action: flag, when: {word: x}") //
        RULE("c", "action: flag, when: {word: q}");
    static const char two[] = "format: libmod-rules/1\npack: {id: q, version: v2}\nrules:\n"
                              "- {id: a, title: T, harm: m.spam, action: flag, when: {word: y}}\n"
                              "- {id: b, title: T, harm: other, action: flag, when: {word: x}}\n"
                              "- {id: c, title: T, harm: other, action: flag, when: {word: r}}\n";
    const struct rules_source s[] = {{"p.yaml", one, sizeof(one) - 1},
                                     {"q.yaml", two, sizeof(two) - 1}};
    struct buffer out = BUFFER_INIT;
    struct error e = {0};
    struct rules *r = NULL;
    CU_ASSERT_EQUAL_FATAL(rules_parse(&r, s, 2, &e), LMOD_OK);
    CU_ASSERT_EQUAL(rules_check(r, write_warning, &out, &e), LMOD_OK);
    CU_ASSERT_EQUAL(out.size, 0); /* each pack by itself */
    CU_ASSERT_EQUAL(rules_check_across(r, write_warning, &out, &e), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(
        out.data ? out.data : "",
        "a 4:8 rule \"a\" of pack \"p\" (p.yaml:4) has the same id and another harm, other\n"
        "b 5:8 this is the same as rule \"a\" (p.yaml:4): flag, medium\n");
    buffer_finish(&out);
    rules_free(r);
}

struct costs {
    double worst;
    uint32_t slow, rows;
};

static bool take_cost(void *user, const struct rules_note *n)
{
    struct costs *c = user;
    c->slow += n->level == RULES_WARNING && strstr(n->text, "that was made for it");
    if (n->level == RULES_INFO) {
        c->rows += n->cost != NULL && n->worst_us > 0;
        c->worst = n->worst_us;
    }
    return true;
}

/* The texts find what makes a pattern explode, and let others be. */
static void test_stress(void)
{
    static const struct {
        const char *when;
        uint32_t slow;
    } rows[] = {
        {"{word: x}", 0},
        {"{re: 'h[e3]llo w\\w{0,8}'}", 0},
        {"{re: '(a+)+[xy]z'}", 1},
        {"{re: '(b|bb)+[xy]'}", 1},
        {"{re: '([a-z]+ ?)*[0-9]q'}", 1},
        {"{re: 'name.{0,300}.{0,300}.{0,300}\\d'}", 1},
        {"{all: [{word: x}, {re: '(k+)+$'}]}", 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct costs c = {0};
        struct error e = {0};
        struct rules *r = pack_when("", rows[i].when, "");
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        CU_ASSERT_EQUAL(rules_check(r, take_cost, &c, &e), LMOD_OK);
        CU_ASSERT_EQUAL(c.slow, rows[i].slow);
        CU_ASSERT_EQUAL(c.rows, 1);
        if (c.slow != rows[i].slow)
            printf("# %zu: %.0f\n", i, c.worst);
        rules_free(r);
    }
}

int main(void)
{
    return TAP_RUN("rules/doubt", {"what can never hold", test_never},
                   {"words that a not silences", test_silenced},
                   {"rules that others make needless", test_rivals}, {"deep nests", test_deep},
                   {"rules of two packs", test_across}, {"stress texts", test_stress});
}
