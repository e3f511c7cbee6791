/* Decisions: what is read and what is refused, and what hosts and moderators are told. */
#include "events/events.h"

#include <stdlib.h>
#include <string.h>

#include <libmod/subject.h>

#include "tap.h"

#define ID    "019c0de0-1f00-7000-8000-0123456789ab"
#define EVENT "\"event_id\":\"019c0de0-1f00-7000-8000-0123456789ab\""
#define KEY   "h1:7eb0cb37e5a90fbc4c8d3f0e2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"

/* ---- good ones ---- */

static void parse(struct decision *d, json_t **doc, const char *text)
{
    struct error e = {0};
    int status = decision_parse(d, doc, text, strlen(text), &e);
    if (status != LMOD_OK)
        printf("# %s\n# %s\n", text, e.text);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
}

static void test_full(void)
{
    struct decision d;
    json_t *doc;
    parse(&d, &doc,
          "{\"id\":\"019c0de0-1f00-7000-8000-00000000000f\"," EVENT ",\"scope\":\"sender\","
          "\"action\":\"remove\",\"reason\":\"known copy\",\"reviewer\":\"r7\","
          "\"decided_at\":\"2026-11-01T13:00:00.5+01:00\",\"no_list\":true}");
    CU_ASSERT_STRING_EQUAL(d.id, "019c0de0-1f00-7000-8000-00000000000f");
    CU_ASSERT_STRING_EQUAL(d.event, ID);
    CU_ASSERT_STRING_EQUAL(d.content, "");
    CU_ASSERT_EQUAL(d.scope, SCOPE_SENDER);
    CU_ASSERT_EQUAL(d.action, DECIDE_REMOVE);
    CU_ASSERT_STRING_EQUAL(d.reason, "known copy");
    CU_ASSERT_STRING_EQUAL(d.reviewer, "r7");
    CU_ASSERT_STRING_EQUAL(d.src, "host");
    CU_ASSERT_EQUAL(d.at, 1793534400500);
    CU_ASSERT_TRUE(d.no_list);
    json_decref(doc);
}

/* What is not said: an id of its own, now, the item, on the list. */
static void test_least(void)
{
    struct decision d, next;
    json_t *doc;
    uint64_t before = time_wall_ms();
    parse(&d, &doc, "{\"action\":\"dismiss\"," EVENT "}");
    CU_ASSERT_EQUAL(strlen(d.id), STORE_ID - 1);
    CU_ASSERT_EQUAL(d.scope, SCOPE_ITEM);
    CU_ASSERT_EQUAL(d.action, DECIDE_DISMISS);
    CU_ASSERT_PTR_NULL(d.reason);
    CU_ASSERT_PTR_NULL(d.reviewer);
    CU_ASSERT(d.at >= before && d.at <= time_wall_ms());
    CU_ASSERT_FALSE(d.no_list);
    json_decref(doc);
    parse(&next, &doc,
          " {\"id\":null,\"action\":\"hold\"," EVENT ",\"content_key\":null,\"scope\":null,"
          "\"reason\":null,\"reviewer\":null,\"decided_at\":null}\n");
    CU_ASSERT(strcmp(next.id, d.id) > 0);
    json_decref(doc);
}

static void test_terms(void)
{
    for (const struct term *a = decision_action_terms; a->name; a++)
        for (const struct term *s = decision_scope_terms; s->name; s++) {
            char text[256];
            struct decision d;
            json_t *doc;
            (void)snprintf(text, sizeof(text), "{" EVENT ",\"action\":\"%s\",\"scope\":\"%s\"}",
                           a->name, s->name);
            parse(&d, &doc, text);
            CU_ASSERT_EQUAL(d.action, a->value);
            CU_ASSERT_EQUAL(d.scope, s->value);
            json_decref(doc);
        }
}

/* By content there is no item; hex in any case is the same key. */
static void test_content(void)
{
    static const char *const scopes[] = {"", ",\"scope\":\"item\"", ",\"scope\":\"content\""};
    for (size_t i = 0; i < COUNT_OF(scopes); i++) {
        char text[256];
        struct decision d;
        json_t *doc;
        (void)snprintf(text, sizeof(text),
                       "{\"content_key\":\"h1:7EB0CB37E5A90FBC4C8D3F0E2A1B5C6D7E8F90A1B2C3D4E5F6071"
                       "8293A4B5C6D\",\"action\":\"withdraw\"%s}",
                       scopes[i]);
        parse(&d, &doc, text);
        CU_ASSERT_STRING_EQUAL(d.event, "");
        CU_ASSERT_STRING_EQUAL(d.content, KEY);
        CU_ASSERT_EQUAL(d.scope, SCOPE_CONTENT);
        json_decref(doc);
    }
}

/* A made id is of now, however long ago the decision was. The first test: ids ascend, so that any
 * earlier one would hide an old time. */
static void test_made_id(void)
{
    struct decision d;
    json_t *doc;
    char hex[13];
    uint64_t before = time_wall_ms();
    parse(&d, &doc, "{" EVENT ",\"action\":\"hold\",\"decided_at\":\"1999-12-31\"}");
    CU_ASSERT_EQUAL(d.at, 946598400000);
    (void)snprintf(hex, sizeof(hex), "%.8s%.4s", d.id, d.id + 9);
    uint64_t made = strtoull(hex, NULL, 16);
    CU_ASSERT(made >= before && made <= time_wall_ms());
    json_decref(doc);
}

/* A decision covers what was found before it, so one of tomorrow is one of now. */
static void test_future(void)
{
    static const char *const times[] = {"9999-12-31", "9999-12-31T23:59:59-23:59",
                                        "2999-01-01T00:00:00Z"};
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char text[256];
        struct decision d;
        json_t *doc;
        uint64_t before = time_wall_ms();
        (void)snprintf(text, sizeof(text), "{" EVENT ",\"action\":\"hold\",\"decided_at\":\"%s\"}",
                       times[i]);
        parse(&d, &doc, text);
        CU_ASSERT(d.at >= before && d.at <= time_wall_ms());
        json_decref(doc);
    }
}

/* ---- bad ones ---- */

static const struct {
    const char *text, *want; /* want: what the error says */
} bad[] = {
    {"{" EVENT ",\"action\":\"remove\",\"reasn\":\"x\"}",
     "unknown key \"reasn\"; did you mean \"reason\"?"},
    {"{" EVENT ",\"action\":\"remove\",\"eventid\":\"x\"}", "did you mean \"event_id\"?"},
    {"{" EVENT ",\"action\":\"remove\",\"nonsense_here\":{}}", "unknown key \"nonsense_here\""},
    {"{" EVENT ",\"action\":\"remove\",\"\":1}", "unknown key \"\""},
    {"{" EVENT ",\"action\":\"remove\",\"Reason\":\"x\"}", "did you mean \"reason\"?"},
    {"{" EVENT ",\"action\":\"remov\"}",
     "\"remov\" is not a known action; did you mean \"remove\""},
    {"{" EVENT ",\"action\":\"\"}", "\"\" is not a known action"},
    {"{" EVENT ",\"action\":\"REMOVE\"}", "is not a known action"},
    {"{" EVENT ",\"action\":\"remove\",\"scope\":\"items\"}",
     "\"items\" is not a known scope; did you mean \"item\"?"},
    {"{" EVENT "}", "\"action\" is missing"},
    {"{" EVENT ",\"action\":null}", "\"action\" is missing"},
    {"{" EVENT ",\"action\":7}", "\"action\" must be a string"},
    {"{" EVENT ",\"action\":[\"remove\"]}", "\"action\" must be a string"},
    {"{" EVENT ",\"action\":\"remove\",\"scope\":true}", "\"scope\" must be a string"},
    {"{" EVENT ",\"action\":\"remove\",\"reason\":{}}", "\"reason\" must be a string"},
    {"{" EVENT ",\"action\":\"remove\",\"reviewer\":1.5}", "\"reviewer\" must be a string"},
    {"{" EVENT ",\"action\":\"remove\",\"decided_at\":1793534400}",
     "\"decided_at\" must be a string"},
    {"{" EVENT ",\"action\":\"remove\",\"decided_at\":\"yesterday\"}",
     "\"decided_at\" must be a time"},
    {"{" EVENT ",\"action\":\"remove\",\"decided_at\":\"2026-02-30\"}",
     "\"decided_at\" must be a time"},
    {"{" EVENT ",\"action\":\"remove\",\"no_list\":\"true\"}", "\"no_list\" must be true or false"},
    {"{" EVENT ",\"action\":\"remove\",\"no_list\":1}", "\"no_list\" must be true or false"},
    {"{" EVENT ",\"action\":\"remove\",\"id\":42}", "\"id\" must be a string"},
    {"{" EVENT ",\"action\":\"remove\",\"id\":\"\"}", "\"id\" must be a UUID in lower case"},
    {"{" EVENT ",\"action\":\"remove\",\"id\":\"019C0DE0-1f00-7000-8000-0123456789ab\"}",
     "\"id\" must be a UUID in lower case"},
    {"{" EVENT ",\"action\":\"remove\",\"id\":\"019c0de0-1f00-7000-8000-0123456789a\"}",
     "\"id\" must be a UUID"},
    {"{" EVENT ",\"action\":\"remove\",\"id\":\"019c0de0-1f00-7000-8000-0123456789abc\"}",
     "\"id\" is too long"},
    {"{" EVENT ",\"action\":\"remove\",\"id\":\"019c0de0 1f00-7000-8000-0123456789ab\"}",
     "\"id\" must be a UUID"},
    {"{\"event_id\":\"latest\",\"action\":\"remove\"}", "\"event_id\" must be a UUID"},
    {"{\"content_key\":\"h1:12\",\"action\":\"remove\"}",
     "\"content_key\" must be \"h1:\" and 64 hex digits"},
    {"{\"content_key\":\"h2:7eb0cb37e5a90fbc4c8d3f0e2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d\","
     "\"action\":\"remove\"}",
     "\"content_key\" must be"},
    {"{\"content_key\":\"h1:7eb0cb37e5a90fbc4c8d3f0e2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6g\","
     "\"action\":\"remove\"}",
     "\"content_key\" must be"},
    {"{\"content_key\":\"" KEY "0\",\"action\":\"remove\"}", "\"content_key\" is too long"},
    {"{\"content_key\":\"" KEY "\",\"action\":\"remove\",\"scope\":\"sender\"}",
     "\"scope\" sender and room need an \"event_id\""},
    {"{\"content_key\":\"" KEY "\",\"action\":\"remove\",\"scope\":\"room\"}",
     "\"scope\" sender and room need an \"event_id\""},
    {"{\"action\":\"remove\"}", "exactly one of \"event_id\" and \"content_key\""},
    {"{\"action\":\"remove\",\"event_id\":null}", "exactly one of"},
    {"{" EVENT ",\"content_key\":\"" KEY "\",\"action\":\"remove\"}", "exactly one of"},
    {"{" EVENT ",\"action\":\"remove\",\"action\":\"dismiss\"}",
     "not JSON: the same name twice (line 1)"},
    {"{" EVENT ",\"action\":\"rem\\u0000ove\"}", "not JSON"},
    {"{" EVENT ",\"act\\u0000ion\":\"remove\"}", "not JSON"},
    {"{" EVENT ",\"action\":\"re\xFFmove\"}", "not JSON"},
    {"{" EVENT ",\"action\":\"re\nmove\"}", "not JSON"},
    {"{" EVENT ",\"action\":\"remove\"} {}", "not JSON"},
    {"{" EVENT ",\"action\":\"remove\"", "not JSON"},
    {"{" EVENT ",\"action\":\"remove\",}", "not JSON"},
    {"{'action':'remove'}", "not JSON"},
    {"", "not JSON"},
    {" \n", "not JSON"},
    {"remove", "not JSON"},
    {"[]", "must be a JSON object"},
    {"[{" EVENT ",\"action\":\"remove\"}]", "must be a JSON object"},
    {"{}", "\"action\" is missing"},
};

static bool one_line(const char *text)
{
    for (const char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return false;
    return text[0] && utf8_valid(text, strlen(text));
}

/* Refused, with nothing left behind; `want` is in the error. */
static void check_bad(const void *bytes, size_t size, const char *want)
{
    struct decision d;
    struct error e = {0};
    json_t *doc = (json_t *)1;
    int status = decision_parse(&d, &doc, bytes, size, &e);
    CU_ASSERT_EQUAL(status, LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(e.status, LMOD_E_ARGUMENT);
    CU_ASSERT_PTR_NULL(doc);
    CU_ASSERT_PTR_NULL(d.src);
    CU_ASSERT_TRUE(one_line(e.text));
    CU_ASSERT_TRUE(strncmp(e.text, "decision: ", 10) == 0 && strstr(e.text, want));
    if (!strstr(e.text, want))
        printf("# %.200s\n# got  %s\n# want %s\n", (const char *)bytes, e.text, want);
    if (status == LMOD_OK)
        json_decref(doc);
}

static void test_bad(void)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        check_bad(bad[i].text, strlen(bad[i].text), bad[i].want);
    CU_ASSERT_EQUAL(decision_parse(&(struct decision){0}, &(json_t *){NULL}, "{}", 2, NULL),
                    LMOD_E_ARGUMENT);
}

/* A document with one text of `n` bytes; in *size how long it is. */
static char *with_text(const char *key, size_t n, const char *unit, size_t *size)
{
    struct buffer b = BUFFER_INIT;
    buffer_printf(&b, "{" EVENT ",\"action\":\"remove\",\"%s\":\"", key);
    for (size_t i = 0; i < n; i += strlen(unit))
        buffer_str(&b, unit);
    buffer_str(&b, "\"}");
    return buffer_take(&b, size);
}

static void test_limits(void)
{
    static const struct {
        const char *key;
        size_t max;
    } cases[] = {{"reason", 1000}, {"reviewer", 200}};
    struct decision d;
    json_t *doc;
    size_t size;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char *text = with_text(cases[i].key, cases[i].max, "\xC3\xA9", &size);
        parse(&d, &doc, text);
        json_decref(doc);
        free(text);
        text = with_text(cases[i].key, cases[i].max + 1, "x", &size);
        check_bad(text, size, "is too long");
        free(text);
    }
    char *text = with_text("reason", 64 * 1024, "x", &size);
    check_bad(text, size, "the document is too long");
    free(text);
}

/* Errors quote what somebody else wrote, cut at a character and without control characters. */
static void test_quotes(void)
{
    static const char *const units[] = {"\xF0\x9F\x98\x80", "\xE4\xBD\xA0", "x", "\\n",
                                        "\\u001b",          "\\u007f"};
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        struct buffer b = BUFFER_INIT;
        buffer_str(&b, "{" EVENT ",\"action\":\"remove\",\"a");
        for (size_t k = 0; k < 50; k++)
            buffer_str(&b, units[i]);
        buffer_str(&b, "\":1}");
        check_bad(b.data, b.size, "unknown key");
        buffer_finish(&b);
    }
    static const char action[] = "{" EVENT ",\"action\":\"a\\nb\\tc\"}";
    check_bad(action, sizeof(action) - 1, "\"a b c\" is not a known action");
}

/* Nested as no decision is: refused before the parser recurses. Brackets in texts do not count. */
static void test_deep(void)
{
    enum { DEPTH = 60000 };
    char *text = malloc(DEPTH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, '[', DEPTH);
    check_bad(text, DEPTH, "nested too deep");
    for (size_t i = 0; i + 5 <= DEPTH; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    check_bad(text, DEPTH, "nested too deep");
    free(text);
    struct decision d;
    json_t *doc;
    parse(&d, &doc,
          "{" EVENT ",\"action\":\"remove\",\"reason\":\"[[[[[[[[[[[[{{{{{{{{{{\\\"[[[[[[[[[[[\"}");
    CU_ASSERT_STRING_EQUAL(d.reason, "[[[[[[[[[[[[{{{{{{{{{{\"[[[[[[[[[[[");
    json_decref(doc);
}

static void test_nul(void)
{
    static const char good[] = "{" EVENT ",\"action\":\"remove\",\"reason\":\"abc\"}";
    char text[sizeof(good)];
    for (size_t i = 0; i < sizeof(good) - 1; i++) {
        memcpy(text, good, sizeof(good));
        text[i] = '\0';
        check_bad(text, sizeof(good) - 1, "decision: ");
    }
    check_bad(good, sizeof(good), "not JSON"); /* the NUL at its end */
    check_bad(NULL, 0, "not JSON");
}

/* Cut at any byte it is refused, and read no further. */
static void test_cut(void)
{
    static const char good[] = "{" EVENT ",\"action\":\"remove\",\"reason\":\"a\\u00e9\"}";
    for (size_t n = 0; n < sizeof(good) - 1; n++) {
        char *text = malloc(n ? n : 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        memcpy(text, good, n);
        check_bad(text, n, "not JSON");
        free(text);
    }
}

/* ---- what is told ---- */

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

static void test_decided(void)
{
    const struct decision d = {.action = DECIDE_ADD_TO_LIST, .scope = SCOPE_CONTENT};
    struct store_decided done = {
        .decision = "019c0de0-1f00-7000-8000-00000000000f", .entries = 4, .earlier = 12, .gen = 9};
    check(decided_render(&d, &done),
          "{\"decision\":\"019c0de0-1f00-7000-8000-00000000000f\",\"event\":null,"
          "\"action\":\"add_to_list\",\"scope\":\"content\",\"entries\":4,\"earlier\":12}");
    memcpy(done.event, ID, sizeof(ID));
    check(decided_render(&d, &done),
          "{\"decision\":\"019c0de0-1f00-7000-8000-00000000000f\",\"event\":\"" ID
          "\",\"action\":\"add_to_list\",\"scope\":\"content\",\"entries\":4,\"earlier\":12}");
}

static void test_claimed(void)
{
    struct store_item items[] = {
        {.host = {"example.org", 11},
         .ref = {"$item", 5},
         .room = {"!room", 5},
         .sender = {"@send", 5},
         .surface = LMOD_SURFACE_UPLOAD},
        {.host = {"example.org", 11}, .ref = {"b\xFF", 2}, .surface = LMOD_SURFACE_MESSAGE},
    };
    struct store_claimed c = {
        .decision = "019c0de0-1f00-7000-8000-00000000000f",
        .event = ID,
        .action = "remove",
        .scope = "content",
        .content = KEY,
        .reason = "known copy",
        .item = items,
        .items = COUNT_OF(items),
        .at = 1793534400123,
        .lease_until = 1793534460000,
        .tries = 2,
    };
    check(claimed_render(&c),
          "{\"decision\":\"019c0de0-1f00-7000-8000-00000000000f\",\"event\":\"" ID
          "\",\"action\":\"remove\",\"scope\":\"content\",\"reason\":\"known "
          "copy\",\"content\":\"" KEY "\",\"at\":\"2026-11-01T12:00:00.123Z\",\"tries\":2,"
          "\"lease_until\":\"2026-11-01T12:01:00.000Z\",\"items\":["
          "{\"item\":\"$item\",\"surface\":\"upload\",\"room\":\"!room\",\"sender\":\"@send\"},"
          "{\"item\":\"b\xEF\xBF\xBD\",\"surface\":\"message\",\"room\":null,\"sender\":null}]}");
    c = (struct store_claimed){
        .decision = "019c0de0-1f00-7000-8000-00000000000f", .action = "hold", .scope = "item"};
    json_t *o = claimed_render(&c);
    CU_ASSERT_TRUE(json_is_null(json_object_get(o, "event")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(o, "reason")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(o, "content")));
    CU_ASSERT_EQUAL(json_array_size(json_object_get(o, "items")), 0);
    CU_ASSERT_TRUE(json_is_array(json_object_get(o, "items")));
    json_decref(o);
}

int main(void)
{
    return TAP_RUN("events/decision", {"a made id is of now", test_made_id},
                   {"everything said", test_full}, {"as little as possible", test_least},
                   {"every action and scope", test_terms}, {"by content key", test_content},
                   {"decided in the future", test_future}, {"what is refused, and why", test_bad},
                   {"longest texts", test_limits}, {"what errors quote", test_quotes},
                   {"nesting", test_deep}, {"NUL", test_nul}, {"cut at each byte", test_cut},
                   {"what a moderator is told", test_decided},
                   {"what a host is told", test_claimed});
}
