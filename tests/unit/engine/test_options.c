/* The option table: every key with a good and a bad value, what later features need, and the
 * reference page and schema that are made from it. UPDATE_DOCS=1 in the environment writes them. */
#include "engine/options.h"

#include <stdlib.h>
#include <string.h>

#include "engine/config.h"
#include "tap.h"

#define HEAD     "format: libmod/1\nsite: {key_file: site.key}\n"
#define ITEM     "lists:\n  - {id: a, file: f, harm: other, action: hold"
#define ID_WORDS "an id: a-z, then a-z 0-9 _ . -, at most 64 characters"

/* Both texts follow HEAD, or are whole when they begin with "format". */
static const struct {
    const char *key, *shown, *good, *value; /* value: as JSON */
    const char *bad;
    uint32_t line, column;
    const char *text;
} rows[] = {
    {"format", "format", "", "\"libmod/1\"", "format: libmod/2\npacks: []\n", 1, 9,
     "\"format\" must be libmod/1, not \"libmod/2\""},
    {"mode", "mode", "mode: enforce", "\"enforce\"", "mode: enforced", 3, 7,
     "\"mode\" must be observe or enforce, not \"enforced\"; did you mean \"enforce\"?"},
    {"selftest", "selftest", "selftest: true", "true", "selftest: yes", 3, 11,
     "\"selftest\" must be true or false, not \"yes\""},
    {"site.name", "site.name", "format: libmod/1\nsite: {key_file: k, name: a.org}", "\"a.org\"",
     "format: libmod/1\nsite: {key_file: k, name: [a]}", 2, 27,
     "\"site.name\" must be a text, not a list"},
    {"site.key_file", "site.key_file", "format: libmod/1\nsite: {key_file: /etc/k}", "\"/etc/k\"",
     "format: libmod/1\nsite:\n  key_file: {a: b}\n", 3, 13,
     "\"site.key_file\" must be a path, not a map"},
    {"state_dir", "state_dir", "state_dir: var", "\"base/var\"", "state_dir: \"\"", 3, 12,
     "\"state_dir\" must not be empty"},
    {"lists[].id", "lists[0].id", "lists: [{id: a_b.c-9, file: f, harm: other, action: hold}]",
     "\"a_b.c-9\"", "lists: [{id: 9a}]", 3, 14, "\"lists[0].id\" must be " ID_WORDS ", not \"9a\""},
    {"lists[].file", "lists[0].file", ITEM "}", "\"base/f\"", "lists: [{file: \"a\\tb\"}]", 3, 16,
     "\"lists[0].file\" must not have control characters"},
    {"lists[].harm", "lists[0].harm", "lists: [{id: a, file: f, harm: m.a_1.b, action: hold}]",
     "\"m.a_1.b\"", "lists: [{harm: m.adult.}]", 3, 16,
     "\"lists[0].harm\" must be a harm id such as m.adult.ncii, or other, not \"m.adult.\""},
    {"lists[].action", "lists[0].action", ITEM "}", "\"hold\"", "lists: [{action: blok}]", 3, 18,
     "\"lists[0].action\" must be allow, flag, hold or block, not \"blok\"; did you mean "
     "\"block\"?"},
    {"lists[].severity", "lists[0].severity", ITEM ", severity: critical}", "\"critical\"",
     ITEM ", severity: 5}", 4, 59,
     "\"lists[0].severity\" must be info, low, medium, high or critical, not \"5\""},
    {"lists[].radius", "lists[0].radius", ITEM ", radius: 0}", "0", ITEM ", radius: 32}", 4, 57,
     "\"lists[0].radius\" must be a whole number from 0 to 31, not \"32\""},
    {"lists[].required", "lists[0].required", ITEM ", required: true}", "true",
     ITEM ", required: on}", 4, 59, "\"lists[0].required\" must be true or false, not \"on\""},
    {"lists[].authority", "lists[0].authority", ITEM ", authority: true}", "true",
     ITEM ", authority: 'true'}", 4, 60,
     "\"lists[0].authority\" must be true or false, not \"true\" in quotes"},
    {"lists[].stale_after", "lists[0].stale_after", ITEM ", stale_after: 48h}", "\"2d\"",
     ITEM ", stale_after: 7}", 4, 62,
     "\"lists[0].stale_after\" must be a time such as 7d or 48h, from 1ms to 3650d, not \"7\""},
    {"lists[].mode", "lists[0].mode", ITEM ", mode: observe}", "\"observe\"", ITEM ", mode: off}",
     4, 55, "\"lists[0].mode\" must be observe or enforce, not \"off\""},
    {"local.harm", "local.harm", "local: {harm: other}", "\"other\"", "local: {harm: ncii}", 3, 15,
     "\"local.harm\" must be a harm id such as m.adult.ncii, or other, not \"ncii\""},
    {"local.action", "local.action", "local: {action: block}", "\"block\"", "local: {action: alow}",
     3, 17,
     "\"local.action\" must be allow, flag, hold or block, not \"alow\"; did you mean \"allow\"?"},
    {"local.severity", "local.severity", "local: {severity: low}", "\"low\"",
     "local: {severity: 1}", 3, 19,
     "\"local.severity\" must be info, low, medium, high or critical, not \"1\""},
    {"local.radius", "local.radius", "local: {radius: 0}", "0", "local: {radius: 32}", 3, 17,
     "\"local.radius\" must be a whole number from 0 to 31, not \"32\""},
    {"allow", "allow", "allow: [a, /b]", "[\"base/a\",\"/b\"]", "allow: lists/ok.lml", 3, 8,
     "\"allow\" must be a list of paths, not \"lists/ok.lml\": write [ ] around it, and commas "
     "between several"},
    {"policy.perceptual_max", "policy.perceptual_max", "policy: {perceptual_max: block}",
     "\"block\"", "policy:\n  perceptual_max: holt\n", 4, 19,
     "\"policy.perceptual_max\" must be allow, flag, hold or block, not \"holt\"; did you mean "
     "\"hold\"?"},
    {"policy.deadlines", "policy.deadlines", "policy: {deadlines: {other: 90m, m.adult.ncii: 48h}}",
     "{\"m.adult.ncii\":\"2d\",\"other\":\"90m\"}", "policy: {deadlines: 48h}", 3, 21,
     "\"policy.deadlines\" must be a map of times such as {m.adult.ncii: 48h}, from 1ms to 3650d, "
     "not \"48h\""},
    {"policy.surfaces.*.scan", "policy.surfaces.edit.scan",
     "policy: {surfaces: {edit: {scan: false}}}", "false", "policy: {surfaces: {edit: {scan: 0}}}",
     3, 34, "\"policy.surfaces.edit.scan\" must be true or false, not \"0\""},
    {"policy.surfaces.*.mode", "policy.surfaces.edit.mode",
     "policy: {surfaces: {edit: {mode: observe}}}", "\"observe\"",
     "policy: {surfaces: {edit: {mode: {}}}}", 3, 34,
     "\"policy.surfaces.edit.mode\" must be observe or enforce, not a map"},
    {"policy.surfaces.*.max", "policy.surfaces.report.max",
     "policy: {surfaces: {report: {max: allow}}}", "\"allow\"",
     "policy: {surfaces: {report: {max: 10}}}", 3, 35,
     "\"policy.surfaces.report.max\" must be allow, flag, hold or block, not \"10\""},
    {"policy.exempt.senders", "policy.exempt.senders", "policy: {exempt: {senders: ['@a:b']}}",
     "[\"@a:b\"]", "policy: {exempt: {senders: [a, {b: c}]}}", 3, 32,
     "\"policy.exempt.senders[1]\" must be a text, not a map"},
    {"policy.exempt.rooms", "policy.exempt.rooms", "policy: {exempt: {rooms: ['#a:b', '!c']}}",
     "[\"#a:b\",\"!c\"]", "policy: {exempt: {rooms: [~]}}", 3, 27,
     "\"policy.exempt.rooms[0]\" must not be empty"},
    {"packs", "packs", "packs: [a.yaml]", "[\"base/a.yaml\"]", "packs: {a: b}", 3, 8,
     "\"packs\" must be a list of paths, not a map"},
    {"policy.thresholds.flag", "policy.thresholds.flag", "policy: {thresholds: {flag: 3}}", "3",
     "policy: {thresholds: {flag: -1}}", 3, 29,
     "\"policy.thresholds.flag\" must be a whole number from 0 to 10000, not \"-1\""},
    {"policy.thresholds.hold", "policy.thresholds.hold", "policy: {thresholds: {hold: 0}}", "0",
     "policy: {thresholds: {hold: x}}", 3, 29,
     "\"policy.thresholds.hold\" must be a whole number from 0 to 10000, not \"x\""},
    {"policy.thresholds.block", "policy.thresholds.block", "policy: {thresholds: {block: 20}}",
     "20", "policy: {thresholds: {block: 10001}}", 3, 30,
     "\"policy.thresholds.block\" must be a whole number from 0 to 10000, not \"10001\""},
    {"text.max_bytes", "text.max_bytes", "text: {max_bytes: 1KiB}", "1024", "text: {max_bytes: 0}",
     3, 19, "\"text.max_bytes\" must be a size such as 20MiB or 50M, from 1 to 16MiB, not \"0\""},
    {"text.budget_us", "text.budget_us", "text: {budget_us: 500}", "500", "text: {budget_us: 0}", 3,
     19, "\"text.budget_us\" must be a whole number from 1 to 10000000, not \"0\""},
    {"text.match_limit", "text.match_limit", "text: {match_limit: 9}", "9",
     "text: {match_limit: 0}", 3, 21,
     "\"text.match_limit\" must be a whole number from 1 to 10000000, not \"0\""},
    {"media.workers", "media.workers", "media: {workers: 64}", "64", "media: {workers: 0}", 3, 18,
     "\"media.workers\" must be a whole number from 1 to 64, not \"0\""},
    {"media.max_bytes", "media.max_bytes", "media: {max_bytes: 3 KiB}", "3072",
     "media: {max_bytes: 2GiB}", 3, 20,
     "\"media.max_bytes\" must be a size such as 20MiB or 50M, from 1 to 1GiB, not \"2GiB\""},
    {"media.max_pixels", "media.max_pixels", "media: {max_pixels: 5k}", "5000",
     "media: {max_pixels: 5mio}", 3, 21,
     "\"media.max_pixels\" must be a size such as 20MiB or 50M, from 1 to 1G, not \"5mio\""},
    {"media.wall_ms", "media.wall_ms", "media: {wall_ms: 250}", "250", "media: {wall_ms: 3s}", 3,
     18, "\"media.wall_ms\" must be a whole number from 1 to 600000, not \"3s\""},
    {"media.frames", "media.frames", "media: {frames: 64}", "64", "media: {frames: 016}", 3, 17,
     "\"media.frames\" must be a whole number from 1 to 64, not \"016\""},
    {"media.sandbox", "media.sandbox", "media: {sandbox: off}", "\"off\"",
     "media: {sandbox: stric}", 3, 18,
     "\"media.sandbox\" must be strict, basic or off, not \"stric\"; did you mean \"strict\"?"},
    {"media.formats", "media.formats", "media: {formats: [gif, jpeg]}", "[\"jpeg\",\"gif\"]",
     "media: {formats: [jpeg, heif]}", 3, 25,
     "\"heif\" in \"media.formats\" needs its decoder, which this release does not have"},
    {"media.worker", "media.worker", "media: {worker: ./w}", "\"base/./w\"", "media: {worker: }", 3,
     9, "\"media.worker\" has no value: give it one or remove the key"},
    {"media.seen", "media.seen", "media: {seen: false}", "false", "media: {seen: never}", 3, 15,
     "\"media.seen\" must be true or false, not \"never\""},
    {"events.sync", "events.sync", "events: {sync: normal}", "\"normal\"", "events: {sync: norml}",
     3, 16, "\"events.sync\" must be normal or full, not \"norml\"; did you mean \"normal\"?"},
    {"events.quota", "events.quota", "events: {quota: 1024GiB}", "1099511627776",
     "events: {quota: 1023KiB}", 3, 17,
     "\"events.quota\" must be a size such as 20MiB or 50M, from 1MiB to 1024GiB, not \"1023KiB\""},
    {"events.keep", "events.keep", "events: {keep: 1h}", "\"1h\"", "events: {keep: 59m}", 3, 16,
     "\"events.keep\" must be a time such as 7d or 48h, from 1h to 3650d, not \"59m\""},
    {"events.preview", "events.preview", "events: {preview: true}", "true", "events: {preview: 1}",
     3, 19, "\"events.preview\" must be true or false, not \"1\""},
    {"brake.distinct_per_hour", "brake.distinct_per_hour", "brake: {distinct_per_hour: 0}", "0",
     "brake: {distinct_per_hour: 1000001}", 3, 28,
     "\"brake.distinct_per_hour\" must be a whole number from 0 to 1000000, not \"1000001\""},
};

static const struct config *parse(const char *text, struct error *e)
{
    const struct config *c = NULL;
    struct buffer whole = BUFFER_INIT;
    buffer_printf(&whole, "%s%s", strncmp(text, "format", 6) == 0 ? "" : HEAD, text);
    const struct config_source s = {"libmod.yaml", "base", whole.data, whole.size};
    int status = config_parse(&c, &s, e);
    CU_ASSERT_EQUAL(status == LMOD_OK, c != NULL);
    buffer_finish(&whole);
    return c;
}

/* The shown value as JSON; caller frees. */
static char *value_of(const struct config *c, const char *key)
{
    json_t *all = config_values(c), *row;
    char *text = NULL;
    size_t i;
    json_array_foreach(json_object_get(all, "values"), i,
                       row) if (strcmp(json_string_value(json_object_get(row, "key")), key) == 0)
        text = js_dump(json_object_get(row, "value"), NULL);
    json_decref(all);
    return text;
}

static void expect_value(const char *text, const char *key, const char *value)
{
    struct error e = {0};
    const struct config *c = parse(text, &e);
    CU_ASSERT_STRING_EQUAL(e.text, "");
    char *is = c ? value_of(c, key) : NULL;
    CU_ASSERT_STRING_EQUAL(is ? is : "(none)", value);
    if (!is || strcmp(is, value) != 0)
        printf("# %s: %s, not %s %s\n", key, value, is ? is : "(none)", e.text);
    free(is);
    config_free(c);
}

static void expect_error(const char *bad, uint32_t line, uint32_t column, const char *text)
{
    struct error e = {0};
    CU_ASSERT_PTR_NULL(parse(bad, &e));
    CU_ASSERT_EQUAL(e.status, LMOD_E_CONFIG);
    CU_ASSERT_STRING_EQUAL(e.file, "libmod.yaml");
    CU_ASSERT_EQUAL(e.line, line);
    CU_ASSERT_EQUAL(e.column, column);
    CU_ASSERT_STRING_EQUAL(e.text, text);
    const char *caret = strchr(e.excerpt, '\n');
    CU_ASSERT(caret && strlen(caret) == column + 3 && caret[column + 2] == '^');
    if (e.line != line || e.column != column || strcmp(e.text, text) != 0)
        printf("# %u:%u: %s\n", e.line, e.column, e.text);
}

static void test_good(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_value(rows[i].good, rows[i].shown, rows[i].value);
}

static void test_bad(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        expect_error(rows[i].bad, rows[i].line, rows[i].column, rows[i].text);
}

/* A new key without a row above is a test that was forgotten. */
static void test_all_covered(void)
{
    for (const struct option *o = options; o < options + option_count; o++) {
        bool covered = o->type == OPTION_LATER || strstr(o->key, "failure.");
        for (size_t i = 0; i < COUNT_OF(rows); i++)
            covered = covered || strcmp(rows[i].key, o->key) == 0;
        CU_ASSERT_TRUE(covered);
        CU_ASSERT_TRUE(o->doc[0] && o->doc[strlen(o->doc) - 1] == '.');
    }
}

static void test_failure(void)
{
    static const struct {
        const char *reason, *initial;
    } all[] = {{"limit", "flag"},     {"undecodable", "flag"}, {"timeout", "flag"},
               {"too_large", "flag"}, {"list", "allow"},       {"unsupported", "allow"},
               {"worker", "allow"},   {"unrecorded", "allow"}};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        char text[256], key[128], value[32];
        (void)snprintf(key, sizeof(key), "policy.failure.%s", all[i].reason);
        (void)snprintf(value, sizeof(value), "\"%s\"", all[i].initial);
        expect_value("", key, value);
        (void)snprintf(text, sizeof(text), "policy: {failure: {%s: block}}", all[i].reason);
        expect_value(text, key, "\"block\"");
        (void)snprintf(text, sizeof(text), "policy: {surfaces: {chat: {failure: {%s: hold}}}}",
                       all[i].reason);
        expect_value(text, key, value);
        (void)snprintf(key, sizeof(key), "policy.surfaces.chat.failure.%s", all[i].reason);
        expect_value(text, key, "\"hold\"");
        expect_value("policy: {surfaces: {chat: {}}}", key, "null");
        (void)snprintf(text, sizeof(text), "policy:\n  failure:\n    %s: no\n", all[i].reason);
        (void)snprintf(key, sizeof(key),
                       "\"policy.failure.%s\" must be allow, flag, hold or block, not \"no\"",
                       all[i].reason);
        expect_error(text, 5, (uint32_t)strlen(all[i].reason) + 7, key);
    }
    expect_error("policy: {failure: {exempt: flag}}", 3, 20,
                 "unknown key \"exempt\" in policy.failure; known: limit, undecodable, timeout, "
                 "too_large, list, unsupported, worker, unrecorded");
}

/* A map of deadlines is wrong where one of its members is. */
static void test_deadlines(void)
{
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *message;
    } all[] = {
        {"policy: {deadlines: {ncii: 48h}}", 3, 22,
         "a key of \"policy.deadlines\" must be a harm id such as m.adult.ncii, or other, not "
         "\"ncii\""},
        {"policy: {deadlines: {\"m.a\\0b\": 48h}}", 3, 22,
         "a key of \"policy.deadlines\" must be a harm id such as m.adult.ncii, or other, not "
         "\"m.a?b\""},
        {"policy: {deadlines: {m.adult.ncii: 48}}", 3, 36,
         "\"policy.deadlines.m.adult.ncii\" must be a time such as 7d or 48h, from 1ms to 3650d, "
         "not \"48\""},
        {"policy: {deadlines: {m.adult.ncii: [1h]}}", 3, 36,
         "\"policy.deadlines.m.adult.ncii\" must be a time such as 7d or 48h, from 1ms to 3650d, "
         "not a list"},
        {"policy:\n  deadlines:\n    other: 0s\n", 5, 12,
         "\"policy.deadlines.other\" must be a time such as 7d or 48h, from 1ms to 3650d, not "
         "\"0s\""},
        {"policy:\n  deadlines:\n    other:\n", 5, 5,
         "\"policy.deadlines.other\" has no value: give it one or remove the key"},
        {"policy:\n  deadlines:\n    other: 1h\n    other: 2h\n", 6, 5,
         "key \"other\" is given twice, first on line 5"},
        {"policy: {deadlines: [other]}", 3, 21,
         "\"policy.deadlines\" must be a map of times such as {m.adult.ncii: 48h}, from 1ms to "
         "3650d, not a list"},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        expect_error(all[i].text, all[i].line, all[i].column, all[i].message);
    expect_value("", "policy.deadlines", "{}");
    expect_value("policy: {deadlines: {}}", "policy.deadlines", "{}");
}

/* Each is refused at its key with the name of what it needs. */
static void test_later(void)
{
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *message;
    } all[] = {
        {"kafka: {}", 3, 1, "\"kafka\" needs the Kafka relay"},
        {"media: {formats: [tiff]}", 3, 19, "\"tiff\" in \"media.formats\" needs its decoder"},
    };
    size_t later = 0;
    for (const struct option *o = options; o < options + option_count; o++)
        later += (o->type == OPTION_LATER) + (o->refused & 1u);
    CU_ASSERT_EQUAL(later, COUNT_OF(all) - 1);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "%s, which this release does not have", all[i].message);
        expect_error(all[i].text, all[i].line, all[i].column, text);
    }
}

static void test_schema(void)
{
    json_t *schema = config_schema();
    CU_ASSERT_PTR_NOT_NULL_FATAL(schema);
    const json_t *media = js_at(schema, "properties.media");
    CU_ASSERT_TRUE(json_is_false(js_at(media, "additionalProperties")));
    CU_ASSERT_EQUAL(json_integer_value(js_at(media, "properties.workers.default")), 2);
    CU_ASSERT_EQUAL(json_integer_value(js_at(media, "properties.workers.maximum")), 64);
    CU_ASSERT_PTR_NULL(js_at(schema, "properties.kafka"));
    CU_ASSERT_TRUE(json_is_true(js_at(media, "properties.seen.default")));
    const json_t *deadlines = js_at(schema, "properties.policy.properties.deadlines");
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(deadlines, "type")), "object");
    CU_ASSERT_PTR_NOT_NULL(js_at(deadlines, "additionalProperties.pattern"));
    CU_ASSERT_PTR_NOT_NULL(js_at(deadlines, "propertyNames.pattern"));
    CU_ASSERT_PTR_NULL(js_at(media, "properties.worker.default")); /* it depends on the build */
    CU_ASSERT_EQUAL(json_array_size(js_at(schema, "properties.lists.items.required")), 4);
    CU_ASSERT_EQUAL(
        json_object_size(js_at(schema, "properties.policy.properties.surfaces.properties")),
        SURFACES);
    CU_ASSERT_PTR_NOT_NULL(js_at(schema, "$defs.surface.properties.failure.properties.worker"));
    json_decref(schema);
}

/* The file in the repository is what the table says now. */
static void expect_file(const char *path, const char *text)
{
    struct buffer is = BUFFER_INIT;
    struct error e = {0};
    if (!text) {
        CU_FAIL("out of memory");
        return;
    }
    if (getenv("UPDATE_DOCS"))
        CU_ASSERT_EQUAL(file_replace(path, text, strlen(text), 0644, &e), LMOD_OK);
    CU_ASSERT_EQUAL(file_read(&is, path, 1 << 20, &e), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(is.data ? is.data : e.text, text);
    buffer_finish(&is);
}

static void test_reference_file(void)
{
    struct buffer page = BUFFER_INIT;
    config_reference(&page);
    CU_ASSERT_FALSE(page.failed);
    expect_file(SOURCE_ROOT "/docs/reference/config.md", page.data);
    buffer_finish(&page);
}

static void test_schema_file(void)
{
    json_t *schema = config_schema();
    char *text = json_dumps(schema, JSON_INDENT(2));
    struct buffer page = BUFFER_INIT;
    buffer_printf(&page, "%s\n", text ? text : "");
    expect_file(SOURCE_ROOT "/docs/reference/libmod.schema.json", page.data);
    buffer_finish(&page);
    free(text);
    json_decref(schema);
}

/* The manual names every key, and each default. */
static void test_manual(void)
{
    struct buffer page = BUFFER_INIT;
    struct error e = {0};
    CU_ASSERT_EQUAL_FATAL(file_read(&page, SOURCE_ROOT "/docs/man/libmod.yaml.5", 1 << 20, &e),
                          LMOD_OK);
    for (const struct option *o = options; o < options + option_count; o++) {
        char tag[128];
        const char *key = strncmp(o->key, "lists[].", 8) == 0              ? o->key + 8
                          : strncmp(o->key, "policy.surfaces.*.", 18) == 0 ? o->key + 18
                                                                           : o->key;
        (void)snprintf(tag, sizeof(tag), "\n.It Cm %s", key);
        CU_ASSERT_PTR_NOT_NULL(strstr(page.data, tag));
        if (!strstr(page.data, tag))
            printf("# %s is missing\n", key);
    }
    buffer_finish(&page);
}

int main(void)
{
    return TAP_RUN("engine/options", {"a good value of every key", test_good},
                   {"a bad value of every key", test_bad},
                   {"no key without a test", test_all_covered}, {"failure policy", test_failure},
                   {"deadlines", test_deadlines}, {"later features", test_later},
                   {"JSON Schema", test_schema}, {"docs/reference/config.md", test_reference_file},
                   {"docs/reference/libmod.schema.json", test_schema_file},
                   {"libmod.yaml(5)", test_manual});
}
