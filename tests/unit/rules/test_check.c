/* For authors: the tests of a pack run, and a `not` that no test needs. */
#include "support.h"
#include "tap.h"

static bool write_test(void *user, const struct rules_test *t)
{
    buffer_printf(user, "%s%u:%s ", t->kind, t->n, t->ok ? "ok" : t->why);
    return true;
}

static bool write_note(void *user, const struct rules_note *n)
{
    if (n->level == RULES_ERROR)
        buffer_printf(user, "%u:%u %.39s", n->line, n->column, n->text);
    return true;
}

static void test_run(void)
{
    static const struct {
        const char *when, *tests, *results;
    } rows[] = {
        {"{word: x}", "{hit: [x, an x], miss: [y]}", "hit1:ok hit2:ok miss1:ok "},
        {"{word: x}", "{hit: [y], miss: [x]}", "hit1:does not hit miss1:hits "},
        {"{word: x}", "{hit: [{text: an x, span: [3, 4], view: fold}]}", "hit1:ok "},
        {"{word: x}", "{hit: [{text: an x, span: [0, 4]}]}", "hit1:hits at [3, 4] "},
        {"{word: x}", "{hit: [{text: x, view: raw}]}", "hit1:hits in view fold "},
        {"{all: [{word: x}], not: [{word: y}]}", "{hit: [x], miss: [x y]}",
         "hit1:ok miss1:ok not1:ok "},
        {"{re: '(a+)+$'}", "{miss: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!]}",
         "miss1:a limit was hit "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = BUFFER_INIT;
        struct error e = {0};
        char more[256];
        (void)snprintf(more, sizeof(more), "    tests: %s\n", rows[i].tests);
        struct rules *r = pack_when("", rows[i].when, more);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        CU_ASSERT_EQUAL(rules_test_run(r, write_test, &out, &e), LMOD_OK);
        CU_ASSERT_STRING_EQUAL(out.data ? out.data : "", rows[i].results);
        buffer_finish(&out);
        rules_free(r);
    }
}

static void test_subject(void)
{
    struct buffer out = BUFFER_INIT;
    struct error e = {0};
    struct rules *r = pack_when("", "{word: x}",
                                "    scope: {surfaces: [message]}\n"
                                "    tests: {hit: [{text: x, subject: {surface: message}}],\n"
                                "            miss: [{text: x, subject: {surface: bio}}]}\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_EQUAL(rules_test_run(r, write_test, &out, &e), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(out.data ? out.data : "", "hit1:ok miss1:ok ");
    buffer_finish(&out);
    rules_free(r);
}

static void test_not_without_test(void)
{
    static const char *const tests[] = {"", "    tests: {hit: [x], miss: [z y]}\n"};
    for (size_t i = 0; i < COUNT_OF(tests); i++) {
        struct buffer out = BUFFER_INIT;
        struct error e = {0};
        struct rules *r = pack_when("", "{all: [{word: x}], not: [{word: y}]}", tests[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        CU_ASSERT_EQUAL(rules_check(r, write_note, &out, &e), LMOD_OK);
        CU_ASSERT_STRING_EQUAL(out.data ? out.data : "",
                               "9:35 no miss test would hit without this \"no");
        buffer_finish(&out);
        rules_free(r);
    }
}

static bool write_help(void *user, const struct rules_test *t)
{
    if (t->ok)
        return true;
    buffer_printf(user, "%s%u: %.*s", t->kind, t->n, (int)t->size, t->text ? t->text : "");
    if (t->view)
        buffer_printf(user, " [%u, %u] %s", t->from, t->to, t->view);
    if (t->wanted)
        buffer_printf(user, " wanted [%u, %u]", t->want_from, t->want_to);
    if (t->cause)
        buffer_printf(user, "; %s", t->cause);
    for (size_t i = 0; i < t->others_count; i++)
        buffer_printf(user, "; %s", t->others[i]);
    buffer_printf(user, "\n");
    return true;
}

/* What helps to mend a test that fails. */
static void test_help(void)
{
    static const struct {
        const char *when, *more, *says;
    } rows[] = {
        {"{word: x}", "    tests: {hit: [y]}\n", "hit1: y; the condition at 9:11 does not hold\n"},
        {"{all: [{word: x}, {word: y}]}", "    tests: {hit: [x]}\n",
         "hit1: x; the condition at 9:29 does not hold\n"},
        {"{any: [{word: x}, {word: y}]}", "    tests: {hit: [z]}\n",
         "hit1: z; the condition at 9:11 does not hold\n"},
        {"{all: [{word: x}], not: [{word: y}]}", "    tests: {hit: [x y], miss: [y x]}\n",
         "hit1: x y; the \"not\" at 9:35 holds\n"},
        {"{near: {of: [{word: x}, {word: y}], within: 3}}", "    tests: {hit: [x, x then y]}\n",
         "hit1: x; number 2 of the near at 9:11 is not there\n"
         "hit2: x then y; the near at 9:11: all are there, not near\n"},
        {"{count: {of: {word: x}, min: 2}}", "    tests: {hit: [x]}\n",
         "hit1: x; the count at 9:11 does not hold\n"},
        {"{word: x}",
         "    scope: {surfaces: [bio]}\n    tests: {hit: [{text: x, subject: {surface: chat}}]}\n",
         "hit1: x; its subject is out of scope\n"},
        {"{word: x}", "    tests: {miss: [an x], hit: [{text: an x, span: [0, 2]}]}\n",
         "hit1: an x [3, 4] fold wanted [0, 2]\nmiss1: an x [3, 4] fold\n"},
        {"{word: x}",
         "    tests: {hit: [a z]}\n"
         "  - {id: o, title: T, harm: other, score: 1, when: {word: [y, z]}}\n"
         "  - {id: n, title: T, harm: other, score: 1, when: {word: y}}\n",
         "hit1: a z; the condition at 9:11 does not hold; o\n"},
        {"{word: x}",
         "    view: raw\n    tests: {hit: [x], evade: {min_recall: 1, kinds: [fullwidth]}}\n",
         "fullwidth1: \xef\xbd\x98\n"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = BUFFER_INIT;
        struct error e = {0};
        struct rules *r = pack_when("", rows[i].when, rows[i].more);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        CU_ASSERT_EQUAL(rules_test_run(r, write_help, &out, &e), LMOD_OK);
        CU_ASSERT_STRING_EQUAL(out.data ? out.data : "", rows[i].says);
        if (strcmp(out.data ? out.data : "", rows[i].says) != 0)
            printf("# %zu: %s\n", i, out.data ? out.data : "");
        buffer_finish(&out);
        rules_free(r);
    }
}

int main(void)
{
    return TAP_RUN("rules/check", {"tests of rules", test_run}, {"subject of a test", test_subject},
                   {"a not without a test", test_not_without_test},
                   {"what helps to mend a test", test_help});
}
