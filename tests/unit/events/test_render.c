/* Matches, reasons and scores as JSON, and matches read back. */
#include "events/events.h"

#include <stdlib.h>
#include <string.h>

#include "sample_events.h"
#include "tap.h"

/* Compares with JSON text, and frees what was rendered. */
static void check(json_t *got, const char *want)
{
    char *text = js_dump(got, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, want);
    if (strcmp(text, want) != 0)
        printf("# got  %s\n# want %s\n", text, want);
    free(text);
    json_decref(got);
}

static void test_match(void)
{
    check(match_render(&sample_picture[0]),
          "{\"kind\":\"list\",\"source\":\"ban\",\"rule\":null,\"version\":\"2026-11-01\","
          "\"entry\":\"e42\",\"signal\":\"pdq\",\"distance\":12,\"strategy\":\"mirror\","
          "\"frame\":3,\"view\":null,\"start\":null,\"end\":null,\"harm\":\"m.adult.ncii\","
          "\"severity\":\"high\",\"action\":\"hold\",\"mode\":\"enforce\",\"suppressed\":false}");
    check(match_render(&sample_picture[1]),
          "{\"kind\":\"list\",\"source\":\"partner\",\"rule\":null,\"version\":\"7\","
          "\"entry\":\"p1\",\"signal\":\"sha256\",\"distance\":0,\"strategy\":\"exact\","
          "\"frame\":null,\"view\":null,\"start\":null,\"end\":null,\"harm\":\"m.adult.ncii\","
          "\"severity\":\"critical\",\"action\":\"flag\",\"mode\":\"observe\","
          "\"suppressed\":true}");
    check(match_render(&sample_text[0]),
          "{\"kind\":\"rule\",\"source\":\"ncii-en\",\"rule\":\"ncii.covert.sale\","
          "\"version\":\"2026.11.1\",\"entry\":null,\"signal\":null,\"distance\":null,"
          "\"strategy\":null,\"frame\":null,\"view\":\"squeeze\",\"start\":12,\"end\":30,"
          "\"harm\":\"m.adult.ncii\",\"severity\":\"medium\",\"action\":\"flag\","
          "\"mode\":\"observe\",\"suppressed\":false}");
    check(match_render(&sample_text[2]),
          "{\"kind\":\"score\",\"source\":null,\"rule\":null,\"version\":null,\"entry\":null,"
          "\"signal\":null,\"distance\":null,\"strategy\":null,\"frame\":null,\"view\":null,"
          "\"start\":null,\"end\":null,\"harm\":\"m.adult.ncii\",\"severity\":\"info\","
          "\"action\":\"hold\",\"mode\":\"observe\",\"suppressed\":false}");
}

static void test_every_term(void)
{
    struct match m = sample_picture[0];
    for (const struct term *t = signal_terms; t->name; t++) {
        m.signal = (uint8_t)t->value;
        json_t *o = match_render(&m);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(o, "signal")), t->name);
        /* Only a picture has frames. */
        CU_ASSERT_EQUAL(json_is_integer(json_object_get(o, "frame")), t->value == SIGNAL_PDQ);
        json_decref(o);
    }
    for (const struct term *t = strategy_terms; t->name; t++) {
        m.strategy = (uint8_t)t->value;
        json_t *o = match_render(&m);
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(o, "strategy")), t->name);
        json_decref(o);
    }
}

static void test_reasons(void)
{
    check(reasons_render(0), "[]");
    check(reasons_render(REASON_LIST | REASON_LIMIT), "[\"limit\",\"list\"]");
    check(reasons_render((1u << REASONS) - 1),
          "[\"limit\",\"timeout\",\"too_large\",\"undecodable\",\"unsupported\",\"worker\","
          "\"list\",\"exempt\"]");
}

static void test_scores(void)
{
    static const struct finding_score some[] = {{"m.adult.ncii", 4, 0},
                                                {"m.spam", 0.1F, 0.1F},
                                                {"m.tos", 1234.5678F, 0},
                                                {"x", 0.3F, 0},
                                                {"y", 0.7F, 0}};
    struct finding f = {.score = some};
    check(scores_render(&f), "{}");
    f.scores = COUNT_OF(some);
    check(scores_render(&f), "{\"m.adult.ncii\":4.0,\"m.spam\":0.1,\"m.tos\":1234.5677,"
                             "\"x\":0.3,\"y\":0.7}");
}

static void test_matches(void)
{
    struct finding f = {.match = sample_text};
    check(matches_render(&f), "[]");
    f.count = COUNT_OF(sample_text);
    json_t *array = matches_render(&f);
    CU_ASSERT_EQUAL_FATAL(json_array_size(array), COUNT_OF(sample_text));
    for (size_t i = 0; i < COUNT_OF(sample_text); i++) {
        json_t *alone = match_render(&sample_text[i]);
        CU_ASSERT_TRUE(json_equal(json_array_get(array, i), alone));
        json_decref(alone);
    }
    json_decref(array);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static void check_same(const struct match *a, const struct match *b)
{
    CU_ASSERT_TRUE(same_text(a->source, b->source) && same_text(a->version, b->version) &&
                   same_text(a->entry, b->entry) && same_text(a->rule, b->rule) &&
                   same_text(a->view, b->view) && same_text(a->harm, b->harm));
    CU_ASSERT_TRUE(a->kind == b->kind && a->action == b->action && a->mode == b->mode &&
                   a->severity == b->severity && a->signal == b->signal &&
                   a->own_action == b->own_action && a->suppressed == b->suppressed &&
                   a->authority == b->authority);
    CU_ASSERT_TRUE(a->distance == b->distance && a->frame == b->frame && a->from == b->from &&
                   a->to == b->to && a->strategy == b->strategy);
    CU_ASSERT_DOUBLE_EQUAL(a->score, b->score, 1e-6);
}

/* What the store keeps of a match is all of it. */
static void test_back(void)
{
    const struct match *all[] = {&sample_picture[0], &sample_picture[1], &sample_text[0],
                                 &sample_text[1], &sample_text[2]};
    json_t *array = json_array();
    for (size_t i = 0; i < COUNT_OF(all); i++)
        CU_ASSERT_TRUE(js_push(array, match_store(all[i])));
    /* By way of text, as in the store. */
    char *text = js_dump(array, NULL);
    json_decref(array);
    array = json_loads(text, 0, NULL);
    struct matches *found = calloc(1, sizeof(*found));
    CU_ASSERT_TRUE_FATAL(found && matches_read(found, array));
    CU_ASSERT_EQUAL_FATAL(found->n, COUNT_OF(all));
    for (size_t i = 0; i < COUNT_OF(all); i++)
        check_same(&found->v[i], all[i]);
    free(found);
    free(text);
    json_decref(array);
}

static void test_too_many(void)
{
    json_t *array = json_array();
    for (size_t i = 0; i < MATCHES_MAX + 5; i++)
        CU_ASSERT_TRUE(js_push(array, match_store(&sample_picture[0])));
    struct matches *found = calloc(1, sizeof(*found));
    CU_ASSERT_TRUE_FATAL(found && matches_read(found, array));
    CU_ASSERT_EQUAL(found->n, MATCHES_MAX);
    free(found);
    json_decref(array);
}

static void test_not_read(void)
{
    static const char *const bad[] = {
        "null",
        "{}",
        "[1]",
        "[null]",
        "[{}]",
        "[{\"kind\":\"list\",\"source\":\"a\",\"harm\":\"h\"}]",
        "[{\"kind\":\"list\",\"source\":\"a\",\"harm\":\"h\",\"signal\":\"pdf\"}]",
    };
    struct matches *found = calloc(1, sizeof(*found));
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_FALSE(matches_read(found, NULL));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        json_t *array = json_loads(bad[i], JSON_DECODE_ANY, NULL);
        CU_ASSERT_FALSE(matches_read(found, array));
        json_decref(array);
    }
    free(found);
}

/* One field of a good match is wrong or gone. */
static void test_each_field(void)
{
    static const struct {
        const char *key, *value; /* NULL: gone */
        bool rule;               /* of a rule's match, else of a list's */
    } cases[] = {
        {"kind", NULL},       {"kind", "null"},      {"kind", "\"?\""},      {"kind", "1"},
        {"source", NULL},     {"source", "7"},       {"harm", NULL},         {"harm", "null"},
        {"signal", "\"x\""},  {"strategy", "\"x\""}, {"severity", "\"x\""},  {"action", "\"x\""},
        {"mode", "\"x\""},    {"severity", NULL},    {"action", NULL},       {"mode", NULL},
        {"own_action", "[]"}, {"rule", NULL, true},  {"source", NULL, true},
    };
    struct matches *found = calloc(1, sizeof(*found));
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *array = json_array(), *o;
        o = match_store(cases[i].rule ? &sample_text[0] : &sample_picture[0]);
        json_t *value = cases[i].value ? json_loads(cases[i].value, JSON_DECODE_ANY, NULL) : NULL;
        CU_ASSERT_TRUE(value ? js_put(o, cases[i].key, value)
                             : json_object_del(o, cases[i].key) == 0);
        CU_ASSERT_TRUE(js_push(array, o));
        if (matches_read(found, array)) {
            CU_FAIL("a match that is none is read");
            printf("# %s = %s\n", cases[i].key, cases[i].value ? cases[i].value : "gone");
        }
        json_decref(array);
    }
    free(found);
}

/* Numbers that no engine wrote neither wrap nor fail. */
static void test_wild_numbers(void)
{
    json_t *array = json_array(), *o = match_store(&sample_text[0]);
    CU_ASSERT_TRUE(js_int(o, "start", -5) && js_int(o, "end", INT64_MAX));
    CU_ASSERT_TRUE(js_push(array, o));
    struct matches *found = calloc(1, sizeof(*found));
    CU_ASSERT_TRUE_FATAL(found && matches_read(found, array));
    CU_ASSERT_EQUAL(found->v[0].from, 0);
    CU_ASSERT_EQUAL(found->v[0].to, UINT32_MAX);
    free(found);
    json_decref(array);
}

int main(void)
{
    return TAP_RUN("events/render", {"a match, every field", test_match},
                   {"every signal and strategy", test_every_term}, {"reasons", test_reasons},
                   {"scores as people write them", test_scores}, {"matches", test_matches},
                   {"a stored match comes back whole", test_back},
                   {"more than can be kept", test_too_many},
                   {"what is no list of matches", test_not_read},
                   {"each field is checked", test_each_field}, {"wild numbers", test_wild_numbers});
}
