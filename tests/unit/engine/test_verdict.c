/* The verdict as JSON and by field, over what contract and hosts rely on. */
#include "engine/record.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static struct matches sample(void)
{
    struct matches m = {.n = 2, .dropped = 3};
    m.v[0] = (struct match){
        .kind = MATCH_LIST,
        .signal = SIGNAL_PDQ,
        .strategy = STRATEGY_MIRROR,
        .distance = 12,
        .action = ACTION_HOLD,
        .mode = MODE_OBSERVE,
        .severity = SEVERITY_HIGH,
        .source = "ban",
        .version = "2026-11-01",
        .entry = "e42 \xff\"\n",
        .harm = "m.adult.ncii",
    };
    m.v[1] = (struct match){
        .kind = MATCH_LIST,
        .signal = SIGNAL_SHA256,
        .strategy = STRATEGY_EXACT,
        .action = ACTION_BLOCK,
        .mode = MODE_ENFORCE,
        .suppressed = true,
        .source = "ban",
        .version = "1",
        .entry = "e43",
        .harm = "other",
    };
    return m;
}

static struct verdict *make(const struct matches *matches, uint32_t reasons)
{
    struct verdict *v = NULL;
    static const struct matches none;
    const struct matches *m = matches ? matches : &none;
    const struct finding f = {
        .action = ACTION_ALLOW,
        .would = ACTION_HOLD,
        .mode = MODE_OBSERVE,
        .coverage = reasons ? COVERAGE_PARTIAL : COVERAGE_COMPLETE,
        .reasons = reasons,
        .match = m->v,
        .count = m->n,
        .dropped = m->dropped,
        .config = "9f31c2aa",
        .took_us = 91234,
    };
    const struct record_done nothing = {.state = RECORDED_NONE};
    CU_ASSERT_EQUAL_FATAL(verdict_make(&v, &f, "", &nothing, NULL), LMOD_OK);
    return v;
}

static void test_json(void)
{
    struct matches m = sample();
    struct verdict *v = make(&m, REASON_TIMEOUT | REASON_LIST);
    size_t length = 0;
    const char *text = verdict_json(v, &length);
    static const char expected[] =
        "{\"v\":1,\"action\":\"allow\",\"would\":\"hold\",\"mode\":\"observe\","
        "\"coverage\":\"partial\",\"reasons\":[\"timeout\",\"list\"],\"recorded\":\"none\","
        "\"event\":null,\"content\":null,\"score\":{},\"dropped\":3,\"matches\":["
        "{\"kind\":\"list\",\"source\":\"ban\",\"rule\":null,\"version\":\"2026-11-01\","
        "\"entry\":\"e42 \xEF\xBF\xBD\\\"\\n\",\"signal\":\"pdq\",\"distance\":12,"
        "\"strategy\":\"mirror\",\"frame\":0,\"view\":null,\"start\":null,\"end\":null,"
        "\"harm\":\"m.adult.ncii\",\"severity\":\"high\",\"action\":\"hold\",\"mode\":\"observe\","
        "\"suppressed\":false},"
        "{\"kind\":\"list\",\"source\":\"ban\",\"rule\":null,\"version\":\"1\",\"entry\":\"e43\","
        "\"signal\":\"sha256\",\"distance\":0,\"strategy\":\"exact\",\"frame\":null,\"view\":null,"
        "\"start\":null,\"end\":null,\"harm\":\"other\",\"severity\":\"info\",\"action\":\"block\","
        "\"mode\":\"enforce\",\"suppressed\":true}],"
        "\"engine\":{\"version\":\"0.1.0\",\"config\":\"9f31c2aa\",\"took_us\":91234}}";
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, expected);
    CU_ASSERT_EQUAL(length, strlen(expected));
    CU_ASSERT_PTR_EQUAL(verdict_json(v, NULL), text);
    verdict_free(v);
}

static void test_fields(void)
{
    struct matches m = sample();
    struct verdict *v = make(&m, 0);
    memset(&m, 0, sizeof(m)); /* the verdict keeps its own copies */
    CU_ASSERT_STRING_EQUAL(verdict_field(v, 0, "source"), "ban");
    CU_ASSERT_STRING_EQUAL(verdict_field(v, 0, "distance"), "12");
    CU_ASSERT_STRING_EQUAL(verdict_field(v, 1, "suppressed"), "true");
    CU_ASSERT_STRING_EQUAL(verdict_field(v, SIZE_MAX, "would"), "hold");
    CU_ASSERT_STRING_EQUAL(verdict_field(v, SIZE_MAX, "engine.config"), "9f31c2aa");
    CU_ASSERT_STRING_EQUAL(verdict_field(v, SIZE_MAX, "matches.1.entry"), "e43");
    CU_ASSERT_PTR_NULL(verdict_field(v, 0, "rule"));
    CU_ASSERT_PTR_NULL(verdict_field(v, 0, "nonsense"));
    CU_ASSERT_PTR_NULL(verdict_field(v, 2, "source"));
    CU_ASSERT_PTR_NULL(verdict_field(v, SIZE_MAX, "event"));
    CU_ASSERT_PTR_EQUAL(verdict_field(v, 0, "distance"), verdict_field(v, 0, "distance"));
    verdict_free(v);
}

static void test_empty(void)
{
    struct verdict *v = make(NULL, 0);
    CU_ASSERT_EQUAL(v->count, 0);
    CU_ASSERT_STRING_EQUAL(verdict_field(v, SIZE_MAX, "matches"), "[]");
    CU_ASSERT_STRING_EQUAL(verdict_field(v, SIZE_MAX, "coverage"), "complete");
    verdict_free(v);
    verdict_free(NULL);
}

int main(void)
{
    return TAP_RUN("engine/verdict", {"the JSON to the letter", test_json},
                   {"fields by name", test_fields}, {"a verdict without matches", test_empty});
}
