/* Config: files, changes by key, sharing, values with their origin, and the hash. */
#include "engine/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libmod/subject.h>

#include "engine/config_own.h"

#include "tap.h"
#include "tempdir.h"

#define HEAD "format: libmod/1\nsite: {key_file: site.key}\n"

/* Everything of the contract that this release has. */
static const char full[] =
    "format: libmod/1\n"
    "mode: observe                     # observe | enforce\n"
    "selftest: false\n"
    "site: {name: example.org, key_file: site.key}\n"
    "state_dir: /var/lib/libmod\n"
    "lists:\n"
    "  - {id: ban,   file: lists/ban.lml,   harm: m.adult.ncii,      action: hold,  severity: "
    "high, "
    "radius: 31, required: false, authority: false}\n"
    "  - {id: links, file: /x/links.lml, harm: m.tos.ban_evasion, action: block, stale_after: 7d, "
    "mode: observe, radius: 9, required: true, authority: true}\n"
    "allow: [lists/ok.lml]\n"
    "policy:\n"
    "  perceptual_max: hold\n"
    "  deadlines: {m.tos.hacking: 7d, m.adult.ncii: 48h}\n"
    "  surfaces: {direct_message: {scan: false}, invite: {max: hold, failure: {list: block, "
    "unrecorded: hold}}}\n"
    "  exempt: {senders: [], rooms: [\"#moderation:example.org\"]}\n"
    "  failure: {limit: flag, undecodable: flag, timeout: hold, too_large: flag, list: allow, "
    "unsupported: allow, worker: allow, unrecorded: flag}\n"
    "media: {workers: 2, max_bytes: 20MiB, max_pixels: 50M, wall_ms: 3000, frames: 16, "
    "sandbox: strict, formats: [jpeg, png, webp, gif], seen: false}\n"
    "local: {harm: m.tos.ban_evasion, action: flag, severity: low, radius: 12}\n"
    "events: {sync: normal, quota: 2GiB, keep: 30d, preview: true}\n"
    "brake: {distinct_per_hour: 20}\n";

static const struct config *parse_at(const char *base, const char *text, struct error *e)
{
    const struct config *c = NULL;
    const struct config_source s = {"libmod.yaml", base, text, strlen(text)};
    int status = config_parse(&c, &s, e);
    CU_ASSERT_EQUAL(status == LMOD_OK, c != NULL);
    return c;
}

static const struct config *parse(const char *text)
{
    struct error e = {0};
    const struct config *c = parse_at("/etc/libmod", text, &e);
    CU_ASSERT_STRING_EQUAL(e.text, "");
    return c;
}

static void test_full(void)
{
    const struct config *c = parse(full);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_EQUAL(c->mode, MODE_OBSERVE);
    CU_ASSERT_FALSE(c->selftest);
    CU_ASSERT_STRING_EQUAL(c->site_name, "example.org");
    CU_ASSERT_STRING_EQUAL(c->key_file, "/etc/libmod/site.key");
    CU_ASSERT_STRING_EQUAL(c->state_dir, "/var/lib/libmod");
    CU_ASSERT_EQUAL_FATAL(c->list_count, 2);
    CU_ASSERT_STRING_EQUAL(c->lists[0].id, "ban");
    CU_ASSERT_STRING_EQUAL(c->lists[0].file, "/etc/libmod/lists/ban.lml");
    CU_ASSERT_STRING_EQUAL(c->lists[0].harm, "m.adult.ncii");
    CU_ASSERT_EQUAL(c->lists[0].action, ACTION_HOLD);
    CU_ASSERT_EQUAL(c->lists[0].severity, SEVERITY_HIGH);
    CU_ASSERT_EQUAL(c->lists[0].radius, 31);
    CU_ASSERT_EQUAL(c->lists[0].mode, UNSET);
    CU_ASSERT_EQUAL(c->lists[0].stale_after_ms, 0);
    CU_ASSERT_FALSE(c->lists[0].required || c->lists[0].authority);
    CU_ASSERT_STRING_EQUAL(c->lists[1].file, "/x/links.lml");
    CU_ASSERT_EQUAL(c->lists[1].severity, SEVERITY_MEDIUM);
    CU_ASSERT_EQUAL(c->lists[1].mode, MODE_OBSERVE);
    CU_ASSERT_EQUAL(c->lists[1].radius, 9);
    CU_ASSERT_EQUAL(c->lists[1].stale_after_ms, 7ull * 86400000);
    CU_ASSERT_TRUE(c->lists[1].required && c->lists[1].authority);
    CU_ASSERT_EQUAL_FATAL(c->allow_count, 1);
    CU_ASSERT_STRING_EQUAL(c->allow[0], "/etc/libmod/lists/ok.lml");
    CU_ASSERT_FALSE(c->surface[LMOD_SURFACE_DIRECT_MESSAGE].scan);
    CU_ASSERT_TRUE(c->surface[LMOD_SURFACE_INVITE].scan);
    CU_ASSERT_EQUAL(c->surface[LMOD_SURFACE_INVITE].max, ACTION_HOLD);
    CU_ASSERT_EQUAL(c->surface[LMOD_SURFACE_INVITE].failure[6], ACTION_BLOCK);
    CU_ASSERT_EQUAL(c->surface[LMOD_SURFACE_INVITE].failure[0], UNSET);
    CU_ASSERT_EQUAL(c->exempt_sender_count, 0);
    CU_ASSERT_EQUAL_FATAL(c->exempt_room_count, 1);
    CU_ASSERT_STRING_EQUAL(c->exempt_rooms[0], "#moderation:example.org");
    CU_ASSERT_EQUAL(c->failure[1], ACTION_HOLD);
    config_free(c);
}

/* The keys of what is recorded. */
static void test_store_keys(void)
{
    const struct config *c = parse(full);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_STRING_EQUAL(c->local.harm, "m.tos.ban_evasion");
    CU_ASSERT_EQUAL(c->local.action, ACTION_FLAG);
    CU_ASSERT_EQUAL(c->local.severity, SEVERITY_LOW);
    CU_ASSERT_EQUAL(c->local.radius, 12);
    CU_ASSERT_EQUAL_FATAL(c->deadline_count, 2);
    CU_ASSERT_STRING_EQUAL(c->deadlines[0].harm, "m.adult.ncii");
    CU_ASSERT_EQUAL(c->deadlines[0].ms, 48ull * 3600000);
    CU_ASSERT_STRING_EQUAL(c->deadlines[1].harm, "m.tos.hacking");
    CU_ASSERT_EQUAL(c->deadlines[1].ms, 7ull * 86400000);
    CU_ASSERT_EQUAL(c->unrecorded, ACTION_FLAG);
    CU_ASSERT_EQUAL(c->surface[LMOD_SURFACE_INVITE].unrecorded, ACTION_HOLD);
    CU_ASSERT_EQUAL(c->surface[LMOD_SURFACE_EDIT].unrecorded, UNSET);
    CU_ASSERT_FALSE(c->media.seen);
    CU_ASSERT_EQUAL(c->events.sync, SYNC_NORMAL);
    CU_ASSERT_EQUAL(c->events.quota, 2ull << 30);
    CU_ASSERT_EQUAL(c->events.keep_ms, 30ull * 86400000);
    CU_ASSERT_TRUE(c->events.preview);
    CU_ASSERT_EQUAL(c->brake.distinct_per_hour, 20);
    config_free(c);
    c = parse(HEAD);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_STRING_EQUAL(c->local.harm, "m.adult.ncii");
    CU_ASSERT_EQUAL(c->local.action, ACTION_HOLD);
    CU_ASSERT_EQUAL(c->local.severity, SEVERITY_HIGH);
    CU_ASSERT_EQUAL(c->local.radius, 31);
    CU_ASSERT_EQUAL(c->deadline_count, 0);
    CU_ASSERT_EQUAL(c->unrecorded, ACTION_ALLOW);
    CU_ASSERT_EQUAL(c->surface[LMOD_SURFACE_INVITE].unrecorded, UNSET);
    CU_ASSERT_TRUE(c->media.seen);
    CU_ASSERT_EQUAL(c->events.sync, SYNC_FULL);
    CU_ASSERT_EQUAL(c->events.quota, 1ull << 30);
    CU_ASSERT_EQUAL(c->events.keep_ms, 400ull * 86400000);
    CU_ASSERT_FALSE(c->events.preview);
    CU_ASSERT_EQUAL(c->brake.distinct_per_hour, 50);
    config_free(c);
}

static void test_defaults(void)
{
    const struct config *c = parse(HEAD "lists: [{id: a, file: f, harm: other, action: flag}]\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    CU_ASSERT_EQUAL(c->mode, MODE_OBSERVE);
    CU_ASSERT_STRING_EQUAL(c->site_name, "");
    CU_ASSERT_STRING_EQUAL(c->state_dir, "/var/lib/libmod");
    CU_ASSERT_EQUAL(c->lists[0].radius, 31);
    CU_ASSERT_EQUAL(c->allow_count, 0);
    CU_ASSERT_EQUAL(c->perceptual_max, ACTION_HOLD);
    for (size_t i = 0; i < SURFACES; i++) {
        CU_ASSERT_TRUE(c->surface[i].scan);
        CU_ASSERT_EQUAL(c->surface[i].mode, UNSET);
        CU_ASSERT_EQUAL(c->surface[i].max, UNSET);
    }
    static const uint8_t failure[REASONS - 1] = {ACTION_FLAG, ACTION_FLAG,  ACTION_FLAG,
                                                 ACTION_FLAG, ACTION_ALLOW, ACTION_ALLOW,
                                                 ACTION_ALLOW};
    CU_ASSERT_EQUAL(memcmp(c->failure, failure, sizeof(failure)), 0);
    CU_ASSERT_EQUAL(c->media.workers, 2);
    CU_ASSERT_EQUAL(c->media.max_bytes, 20u << 20);
    CU_ASSERT_EQUAL(c->media.max_pixels, 50000000);
    CU_ASSERT_EQUAL(c->media.wall_ms, 3000);
    CU_ASSERT_EQUAL(c->media.frames, 16);
    CU_ASSERT_EQUAL(c->media.sandbox, SANDBOX_STRICT);
    CU_ASSERT_EQUAL(c->media.formats, FORMAT_JPEG | FORMAT_PNG | FORMAT_WEBP | FORMAT_GIF);
    CU_ASSERT_EQUAL(c->media.worker[0], '/');
    CU_ASSERT_EQUAL(strlen(c->hash), 8);
    config_free(c);
}

static const struct {
    const char *text;
    uint32_t line, column;
    const char *message;
} wrong[] = {
    {"", 1, 1, "\"format\" is missing: write \"format: libmod/1\" as the first line"},
    {"mod: x\n", 1, 1, "\"format\" is missing: write \"format: libmod/1\" as the first line"},
    {"format: libmod/1\n", 1, 1,
     "\"site.key_file\" is missing: \"modctl init\" makes a key file and writes this key"},
    {"format: libmod/1\nsite:\n  name: x\n", 2, 1,
     "\"site.key_file\" is missing: \"modctl init\" makes a key file and writes this key"},
    {"- a\n", 1, 1, "the file must be a map of \"key: value\", not a list"},
    {"hello\n", 1, 1, "the file must be a map of \"key: value\", not \"hello\""},
    {HEAD "actoin: x\n", 3, 1,
     "unknown key \"actoin\"; known: format, mode, selftest, site, "
     "state_dir, lists, local, allow, packs, policy, text, media, "
     "events, brake, kafka"},
    {HEAD "meida: {}\n", 3, 1, "unknown key \"meida\"; did you mean \"media\"?"},
    {HEAD "media:\n  wal_ms: 1\n", 4, 3,
     "unknown key \"wal_ms\" in media; did you mean \"wall_ms\"?"},
    {HEAD "media.workers: 3\n", 3, 1,
     "unknown key \"media.workers\"; known: format, mode, selftest, site, state_dir, lists, "
     "local, allow, packs, policy, text, media, events, brake, kafka"},
    {HEAD "lists:\n  - {id: a, actoin: b}\n", 4, 13,
     "unknown key \"actoin\" in lists[0]; did you mean \"action\"?"},
    {HEAD "policy: {surfaces: {invites: {}}}\n", 3, 21,
     "unknown key \"invites\" in policy.surfaces; did you mean \"invite\"?"},
    {HEAD "policy: {surfaces: {invite: {maxx: hold}}}\n", 3, 30,
     "unknown key \"maxx\" in policy.surfaces.invite; did you mean \"max\"?"},
    {HEAD "policy: {surfaces: {'*': {}}}\n", 3, 21, NULL},
    {HEAD "policy: {'surfaces.invite': {max: hold}}\n", 3, 10, NULL},
    {HEAD "'lists[]': {id: a}\n", 3, 1, NULL},
    {HEAD "media:\n", 3, 1, "\"media\" has no value: give it one or remove the key"},
    {HEAD "policy: {surfaces: {invite: }}\n", 3, 21,
     "\"policy.surfaces.invite\" has no value: give it one or remove the key"},
    {HEAD "mode: ~\n", 3, 1, "\"mode\" has no value: give it one or remove the key"},
    {HEAD "media: [1]\n", 3, 8, "\"media\" must be a map of \"key: value\", not a list"},
    {HEAD "lists: {a: b}\n", 3, 8, "\"lists\" must be a list (\"- \" before each item), not a map"},
    {HEAD "lists:\n  - ban\n", 4, 5, "\"lists[0]\" must be a map of \"key: value\", not \"ban\""},
    {HEAD "lists:\n  - id: ban\n    file: x\n", 4, 5, "\"lists[0].harm\" is missing"},
    {HEAD "lists:\n  - {id: a, file: f, harm: other, action: hold}\n  - {id: a, file: g, harm: "
          "other, action: hold}\n",
     5, 10, "list id \"a\" is used twice"},
    {HEAD "lists: [{id: local, file: f, harm: other, action: hold}]\n", 3, 14,
     "list id \"local\" is reserved: choose another"},
    {HEAD "lists: [{id: allow, file: f, harm: other, action: hold}]\n", 3, 14,
     "list id \"allow\" is reserved: choose another"},
    {HEAD "lists: [{id: brake, file: f, harm: other, action: hold}]\n", 3, 14,
     "list id \"brake\" is reserved: choose another"},
    {HEAD "lists: [{id: libmod.selftest, file: f, harm: other, action: hold}]\n", 3, 14,
     "list id \"libmod.selftest\" is reserved: choose another"},
    {HEAD "media: {formats: [png, png]}\n", 3, 24, "\"png\" is listed twice in \"media.formats\""},
    {HEAD "media: {formats: []}\n", 3, 18, "\"media.formats\" must not be empty"},
    {HEAD "mode: observe\nmode: enforce\n", 4, 1, "key \"mode\" is given twice, first on line 3"},
    {HEAD "mode: &m observe\n", 3, 7,
     "anchors (&name) are not supported; quote a text that begins with \"&\""},
    {HEAD "\tmode: observe\n", 3, 1, "a tab cannot indent: use spaces"},
};

static void test_errors(void)
{
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct error e = {0};
        CU_ASSERT_PTR_NULL(parse_at(NULL, wrong[i].text, &e));
        CU_ASSERT_EQUAL(e.status, LMOD_E_CONFIG);
        CU_ASSERT_EQUAL(e.line, wrong[i].line);
        CU_ASSERT_EQUAL(e.column, wrong[i].column);
        if (wrong[i].message)
            CU_ASSERT_STRING_EQUAL(e.text, wrong[i].message);
        if (e.line != wrong[i].line || e.column != wrong[i].column ||
            (wrong[i].message && strcmp(e.text, wrong[i].message) != 0))
            printf("# case %zu: %u:%u: %s\n", i, e.line, e.column, e.text);
    }
}

/* The whole message, as a person sees it. */
static void test_rendered(void)
{
    char text[2048];
    struct error e = {0};
    CU_ASSERT_PTR_NULL(parse_at(NULL, HEAD "kafka: {keys: []}\n", &e));
    error_render(&e, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text,
                           "libmod.yaml:3:1: \"kafka\" needs the Kafka relay, which this release "
                           "does not have\n"
                           "  kafka: {keys: []}\n"
                           "  ^");
}

static void test_load(void)
{
    struct tempdir t;
    struct error e = {0};
    const struct config *c = NULL;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_TRUE(tempdir_write(&t, "libmod.yaml", full, strlen(full)));
    CU_ASSERT_EQUAL_FATAL(config_load(&c, tempdir_file(&t, "libmod.yaml"), &e), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(c->key_file, tempdir_file(&t, "site.key"));
    CU_ASSERT_STRING_EQUAL(c->lists[0].file, tempdir_file(&t, "lists/ban.lml"));
    config_free(c);
    CU_ASSERT_EQUAL(config_load(&c, tempdir_file(&t, "none.yaml"), &e), LMOD_E_IO);
    CU_ASSERT_PTR_NULL(c);
    CU_ASSERT_STRING_EQUAL(e.file, tempdir_file(&t, "none.yaml"));
    CU_ASSERT_EQUAL(config_load(&c, t.path, &e), LMOD_E_IO);
    CU_ASSERT_TRUE(tempdir_write(&t, "bad.yaml", "format: x\n", 10));
    CU_ASSERT_EQUAL(config_load(&c, tempdir_file(&t, "bad.yaml"), &e), LMOD_E_CONFIG);
    CU_ASSERT_STRING_EQUAL(e.file, tempdir_file(&t, "bad.yaml"));
    /* Beside the current directory, paths stay as they are. */
    CU_ASSERT_EQUAL_FATAL(chdir(t.path), 0);
    CU_ASSERT_EQUAL(config_load(&c, "libmod.yaml", &e), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(c->key_file, "site.key");
    config_free(c);
    CU_ASSERT_EQUAL(chdir("/"), 0);
    tempdir_remove(&t);
}

/* The row of a key, borrowed from `all`. */
static const json_t *row_of(const json_t *all, const char *key)
{
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(all, "values"), i,
                       row) if (strcmp(json_string_value(json_object_get(row, "key")), key) ==
                                0) return row;
    return NULL;
}

static void
expect_origin(const struct config *c, const char *key, const char *value, const char *origin)
{
    json_t *all = config_values(c);
    const json_t *row = row_of(all, key);
    char *text = js_dump(json_object_get(row, "value"), NULL);
    const char *is = json_string_value(json_object_get(row, "origin"));
    CU_ASSERT_STRING_EQUAL(text ? text : "(none)", value);
    CU_ASSERT_STRING_EQUAL(is ? is : "(none)", origin);
    free(text);
    json_decref(all);
}

/* Applies one change, which must work; the former config goes. */
static const struct config *change(const struct config *c, const char *key, const char *value)
{
    struct error e = {0};
    const struct config *d = NULL;
    CU_ASSERT_EQUAL(config_with(&d, c, key, value, &e), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(e.text, "");
    if (!d)
        return c;
    config_free(c);
    return d;
}

static void test_with(void)
{
    const struct config *c = parse(full);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    expect_origin(c, "media.wall_ms", "3000", "file");
    c = change(c, "media.wall_ms", "2000");
    c = change(c, "mode", "enforce");
    c = change(c, "media.formats", "[jpeg, png]");
    c = change(c, "lists.0.radius", "7");
    c = change(c, "lists[1].mode", "enforce");
    c = change(c, "policy.surfaces.avatar.max", "flag");
    c = change(c, "media", "{frames: 3, workers: 5}");
    c = change(c, "media.wall_ms", "2500");
    c = change(c, "state_dir", "state");
    CU_ASSERT_EQUAL(c->media.wall_ms, 2500);
    CU_ASSERT_EQUAL(c->media.frames, 3);
    CU_ASSERT_EQUAL(c->mode, MODE_ENFORCE);
    CU_ASSERT_EQUAL(c->media.formats, FORMAT_JPEG | FORMAT_PNG);
    CU_ASSERT_EQUAL(c->lists[0].radius, 7);
    CU_ASSERT_EQUAL(c->lists[1].mode, MODE_ENFORCE);
    CU_ASSERT_EQUAL(c->surface[LMOD_SURFACE_AVATAR].max, ACTION_FLAG);
    expect_origin(c, "media.workers", "5", "set");
    expect_origin(c, "media.wall_ms", "2500", "set");
    expect_origin(c, "media.max_bytes", "20971520", "file");
    expect_origin(c, "lists[0].radius", "7", "set");
    expect_origin(c, "lists[0].id", "\"ban\"", "file");
    expect_origin(c, "lists[0].stale_after", "null", "default");
    expect_origin(c, "lists[1].stale_after", "\"7d\"", "file");
    expect_origin(c, "policy.surfaces.avatar.max", "\"flag\"", "set");
    expect_origin(c, "policy.surfaces.avatar.scan", "true", "default");
    expect_origin(c, "state_dir", "\"/etc/libmod/state\"", "set");
    c = change(c, "lists", "[{id: x, file: f, harm: other, action: hold}]");
    CU_ASSERT_EQUAL(c->list_count, 1);
    CU_ASSERT_STRING_EQUAL(c->lists[0].id, "x");
    CU_ASSERT_EQUAL(c->lists[0].radius, 31);
    config_free(c);
}

static void test_with_errors(void)
{
    static const struct {
        const char *key, *value, *message;
    } cases[] = {
        {"media.wal_ms", "1", "unknown key \"wal_ms\" in media; did you mean \"wall_ms\"?"},
        {"moed", "observe", "unknown key \"moed\"; did you mean \"mode\"?"},
        {"mode", "off", "\"mode\" must be observe or enforce, not \"off\""},
        {"mode", "", "\"mode\" has no value: give it one or remove the key"},
        {"mode", "{a", "\"mode\": this map is not closed: \",\" or \"}\" is missing"},
        {"media.workers", "65",
         "\"media.workers\" must be a whole number from 1 to 64, not \"65\""},
        {"media.workers.x", "1", "unknown key \"x\" in media.workers"},
        {"a\nb\xff", "{a", "\"a?b?\": this map is not closed: \",\" or \"}\" is missing"},
        {"media.", "1", NULL},
        {"", "1", NULL},
        {".", "1", NULL},
        {"lists.2.radius", "1", "\"lists\" has 2 items, numbered from 0: no \"2\""},
        {"lists.-1.radius", "1", "\"lists\" has 2 items, numbered from 0: no \"-1\""},
        {"lists[0].radios", "1", "unknown key \"radios\" in lists[0]; did you mean \"radius\"?"},
        {"lists.1.id", "ban", "list id \"ban\" is used twice"},
        {"lists.1", "{id: ban}", "list id \"ban\" is used twice"},
        {"lists", "[{id: x}]", "\"lists[0].file\" is missing"},
        {"kafka.brokers", "[a]",
         "\"kafka\" needs the Kafka relay, which this release does not have"},
        {"policy.deadlines", "{adult: 48h}",
         "a key of \"policy.deadlines\" must be a harm id such as m.adult.ncii, or other, not "
         "\"adult\""},
        {"policy.deadlines", "{other: 48}",
         "\"policy.deadlines.other\" must be a time such as 7d or 48h, from 1ms to 3650d, not "
         "\"48\""},
        {"policy.deadlines.other", "48h", "unknown key \"other\" in policy.deadlines"},
        {"policy.surfaces.edits.max", "flag",
         "unknown key \"edits\" in policy.surfaces; did you mean \"edit\"?"},
        {"format", "libmod/2", "\"format\" must be libmod/1, not \"libmod/2\""},
    };
    const struct config *c = parse(full), *d;
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error e = {0};
        d = c;
        CU_ASSERT_EQUAL(config_with(&d, c, cases[i].key, cases[i].value, &e), LMOD_E_CONFIG);
        CU_ASSERT_PTR_NULL(d);
        CU_ASSERT_EQUAL(e.line, 0);
        CU_ASSERT_STRING_EQUAL(e.file, "");
        CU_ASSERT_STRING_EQUAL(e.excerpt, "");
        if (cases[i].message)
            CU_ASSERT_STRING_EQUAL(e.text, cases[i].message);
        if (cases[i].message && strcmp(e.text, cases[i].message) != 0)
            printf("# case %zu: %s\n", i, e.text);
    }
    CU_ASSERT_EQUAL(c->mode, MODE_OBSERVE);
    config_free(c);
}

/* Equal values, equal hash: neither spelling, order, comments nor origin matter. */
static void test_hash(void)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        {HEAD, "# c\nsite:\n  key_file: ./../libmod/site.key\nformat: libmod/1\n", false},
        {HEAD, "# c\nsite:\n  key_file: \"site.key\"\nformat: 'libmod/1'\n", true},
        {HEAD, HEAD "mode: observe\n", true},
        {HEAD, HEAD "mode: enforce\n", false},
        {HEAD, HEAD "media: {max_bytes: 20480KiB}\n", true},
        {HEAD, HEAD "media: {max_bytes: 20480kB}\n", false},
        {HEAD, HEAD "policy: {surfaces: {edit: {scan: true}}}\n", true},
        {HEAD, HEAD "policy: {surfaces: {edit: {scan: false}}}\n", false},
        {HEAD, HEAD "policy: {exempt: {rooms: [a]}}\n", false},
        {HEAD, HEAD "policy: {deadlines: {other: 1h}}\n", false},
        {HEAD "policy: {deadlines: {other: 48h, m.a: 1h}}\n",
         HEAD "policy: {deadlines: {m.a: 60m, other: 2d}}\n", true},
        {HEAD, HEAD "policy: {failure: {unrecorded: hold}}\n", false},
        {HEAD, HEAD "policy: {surfaces: {edit: {failure: {unrecorded: hold}}}}\n", false},
        {HEAD, HEAD "local: {radius: 30}\nevents: {keep: 400d}\n", false},
        {HEAD, HEAD "local: {radius: 31}\nevents: {keep: 400d}\n", true},
        {HEAD, HEAD "events: {sync: normal}\n", false},
        {HEAD, HEAD "media: {seen: false}\n", false},
        {HEAD, HEAD "brake: {distinct_per_hour: 51}\n", false},
        {HEAD "media: {formats: [gif, png]}\n", HEAD "media: {formats: [png, gif]}\n", true},
        {HEAD "allow: [a]\n", HEAD "allow: [/etc/libmod/a]\n", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct config *a = parse(cases[i].a), *b = parse(cases[i].b);
        CU_ASSERT(a && b && (strcmp(a->hash, b->hash) == 0) == cases[i].equal);
        config_free(a);
        config_free(b);
    }
    const struct config *a = change(parse(HEAD), "mode", "enforce"),
                        *b = parse(HEAD "mode: enforce\n");
    CU_ASSERT_STRING_EQUAL(a->hash, b->hash);
    config_free(a);
    config_free(b);
}

static void test_share(void)
{
    const struct config *c = parse(full), *other = config_share(c);
    CU_ASSERT_PTR_EQUAL(c, other);
    config_free(c);
    if (!other)
        return;
    CU_ASSERT_STRING_EQUAL(other->site_name, "example.org");
    config_free(other);
    config_free(NULL);
    CU_ASSERT_PTR_NULL(config_share(NULL));
}

/* Setting the same key for years does not pile up. */
static void test_many_changes(void)
{
    const struct config *c = parse(full);
    for (unsigned i = 0; i < 500; i++)
        c = change(c, "media.workers", i % 2 ? "3" : "4");
    CU_ASSERT_EQUAL(c->media.workers, 3);
    for (unsigned i = 0; i < 500; i++)
        c = change(c, "policy.deadlines", i % 2 ? "{other: 3h}" : "{m.adult.ncii: 4h}");
    CU_ASSERT_EQUAL(c->own->set_count, 2);
    expect_origin(c, "policy.deadlines", "{\"other\":\"3h\"}", "set");
    config_free(c);
}

/* What is shown can be written into a file again. */
static void test_order(void)
{
    static const char *const first[] = {"format",      "mode",          "selftest",
                                        "site.name",   "site.key_file", "state_dir",
                                        "lists[0].id", "lists[0].file"};
    const struct config *c = parse(full);
    json_t *all = config_values(c);
    const json_t *values = json_object_get(all, "values");
    for (size_t i = 0; i < COUNT_OF(first); i++)
        CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(values, i), "key")),
                               first[i]);
    CU_ASSERT_PTR_NOT_NULL(row_of(all, "lists[1].mode"));
    CU_ASSERT_PTR_NOT_NULL(row_of(all, "policy.surfaces.invite.max"));
    CU_ASSERT_PTR_NULL(row_of(all, "policy.surfaces.edit.max"));
    CU_ASSERT_PTR_NULL(row_of(all, "kafka"));
    json_decref(all);
    config_free(c);
}

int main(void)
{
    return TAP_RUN("engine/config", {"the contract's example", test_full},
                   {"defaults", test_defaults}, {"what is recorded", test_store_keys},
                   {"errors and their places", test_errors}, {"a rendered error", test_rendered},
                   {"loading a file", test_load}, {"changing keys", test_with},
                   {"changes that fail", test_with_errors}, {"the hash", test_hash},
                   {"sharing", test_share}, {"many changes", test_many_changes},
                   {"values in order", test_order});
}
