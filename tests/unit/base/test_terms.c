/* The field's words: names and numbers that files and public headers rely on. */
#include "base/base.h"

#include <string.h>

#include <libmod/subject.h>
#include <libmod/verdict.h>

#include "tap.h"

static const struct {
    const char *what;
    const struct term *table;
} tables[] = {
    {"action", action_terms},   {"coverage", coverage_terms}, {"recorded", recorded_terms},
    {"mode", mode_terms},       {"severity", severity_terms}, {"kind", match_kind_terms},
    {"signal", signal_terms},   {"strategy", strategy_terms}, {"reason", reason_terms},
    {"surface", surface_terms},
};

static void test_both_ways(void)
{
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        for (const struct term *t = tables[i].table; t->name; t++) {
            uint32_t value = 12345;
            CU_ASSERT_STRING_EQUAL(term_name(tables[i].table, t->value), t->name);
            CU_ASSERT_TRUE(term_value(tables[i].table, t->name, strlen(t->name), &value));
            CU_ASSERT_EQUAL(value, t->value);
        }
}

static void test_unknown(void)
{
    uint32_t value = 12345;
    CU_ASSERT_STRING_EQUAL(term_name(action_terms, 15), "?");
    CU_ASSERT_FALSE(term_value(action_terms, "Hold", 4, &value));
    CU_ASSERT_FALSE(term_value(action_terms, "holdX", 5, &value));
    CU_ASSERT_TRUE(term_value(action_terms, "holdX", 4, &value));
    CU_ASSERT_FALSE(term_value(action_terms, "", 0, &value));
    CU_ASSERT_EQUAL(value, ACTION_HOLD);
}

/* Numbers outside the library: in headers, in list files. */
static void test_pinned(void)
{
    static const struct {
        const struct term *table;
        const char *name;
        uint32_t value;
    } cases[] = {
        {action_terms, "allow", LMOD_ALLOW},
        {action_terms, "flag", LMOD_FLAG},
        {action_terms, "hold", LMOD_HOLD},
        {action_terms, "block", LMOD_BLOCK},
        {coverage_terms, "complete", LMOD_COMPLETE},
        {coverage_terms, "partial", LMOD_PARTIAL},
        {coverage_terms, "not_run", LMOD_NOT_RUN},
        {recorded_terms, "none", LMOD_RECORDED_NONE},
        {recorded_terms, "ok", LMOD_RECORDED_OK},
        {recorded_terms, "failed", LMOD_RECORDED_FAILED},
        {signal_terms, "md5", 1},
        {signal_terms, "sha1", 2},
        {signal_terms, "sha256", 3},
        {signal_terms, "pdq", 4},
        {signal_terms, "link", 5},
        {signal_terms, "text", 6},
        {surface_terms, "direct_message", LMOD_SURFACE_DIRECT_MESSAGE},
        {surface_terms, "upload", LMOD_SURFACE_UPLOAD},
        {surface_terms, "report", LMOD_SURFACE_REPORT},
        {strategy_terms, "mirror", STRATEGY_MIRROR},
        {strategy_terms, "transverse", DIHEDRALS - 1},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t value = 12345;
        CU_ASSERT_TRUE(term_value(cases[i].table, cases[i].name, strlen(cases[i].name), &value));
        CU_ASSERT_EQUAL(value, cases[i].value);
    }
}

static void test_complete(void)
{
    size_t n = 0;
    uint32_t bits = 0;
    for (const struct term *t = surface_terms; t->name; t++)
        n++;
    CU_ASSERT_EQUAL(n, LMOD_SURFACE_REPORT + 1);
    for (const struct term *t = reason_terms; t->name; t++)
        bits |= t->value;
    CU_ASSERT_EQUAL(bits, (1u << REASONS) - 1);
}

int main(void)
{
    return TAP_RUN("base/terms", {"every word both ways", test_both_ways},
                   {"unknown words and numbers", test_unknown},
                   {"numbers of headers and files", test_pinned},
                   {"no surface and no reason is missing", test_complete});
}
