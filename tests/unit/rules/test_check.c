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

int main(void)
{
    return TAP_RUN("rules/check", {"tests of rules", test_run}, {"subject of a test", test_subject},
                   {"a not without a test", test_not_without_test});
}
