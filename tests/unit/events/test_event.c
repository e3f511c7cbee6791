/* Events: keys, ids, weight, and the data of each type. */
#include "events/events.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmod/version.h>

#include "sample_events.h"
#include "tap.h"

/* ---- keys ---- */

/* HMAC-SHA-256 of "sender", a zero byte and the id, by another implementation (Python's hmac). */
static void test_key(void)
{
    char key[CONTENT_KEY], other[CONTENT_KEY];
    CU_ASSERT_TRUE(event_key(key, sample_site_key, "sender", "@sender:example.org", 19));
    CU_ASSERT_STRING_EQUAL(key,
                           "h1:561144442a1bfd7fc5db908fd3d069e2539f9697078e7a546eb03face9d4c14f");
    /* The same bytes in another place, or another site, have nothing in common with it. */
    CU_ASSERT_TRUE(event_key(other, sample_site_key, "room", "@sender:example.org", 19));
    CU_ASSERT_STRING_NOT_EQUAL(key, other);
    static const uint8_t site[SITE_KEY_BYTES] = {1};
    CU_ASSERT_TRUE(event_key(other, site, "sender", "@sender:example.org", 19));
    CU_ASSERT_STRING_NOT_EQUAL(key, other);
}

/* ---- ids ---- */

enum { IDS = 10000, THREADS = 8 };

static bool is_uuid7(const char *id)
{
    if (strlen(id) != STORE_ID - 1)
        return false;
    for (size_t i = 0; i < STORE_ID - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? id[i] != '-' : !strchr("0123456789abcdef", id[i]))
            return false;
    }
    return id[14] == '7' && strchr("89ab", id[19]);
}

static uint64_t time_of_id(const char *id)
{
    char hex[13];
    (void)snprintf(hex, sizeof(hex), "%.8s%.4s", id, id + 9);
    return strtoull(hex, NULL, 16);
}

static char (*make_ids(uint64_t at, uint64_t step))[STORE_ID]
{
    char(*ids)[STORE_ID] = calloc(IDS, sizeof(*ids));
    for (size_t i = 0; ids && i < IDS; i++)
        if (!event_id(ids[i], at + i * step)) {
            free(ids);
            return NULL;
        }
    return ids;
}

/* All in one ms, more than its 4096 places: they ascend, and the time runs ahead by a few ms at most. */
static void test_ids(void)
{
    uint64_t at = time_wall_ms() + 1000;
    char(*ids)[STORE_ID] = make_ids(at, 0);
    size_t bad = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(ids);
    for (size_t i = 0; i < IDS; i++)
        bad += !is_uuid7(ids[i]) || (i && strcmp(ids[i - 1], ids[i]) >= 0);
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT_EQUAL(time_of_id(ids[0]), at);
    CU_ASSERT_EQUAL(time_of_id(ids[IDS - 1]), at + IDS / 4096);
    free(ids);
}

/* The clock goes on, and is set back. */
static void test_clock(void)
{
    uint64_t at = time_wall_ms() + 10000;
    char(*ids)[STORE_ID] = make_ids(at, 3), back[STORE_ID], later[STORE_ID];
    size_t bad = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(ids);
    for (size_t i = 0; i < IDS; i++)
        bad += time_of_id(ids[i]) != at + 3 * i;
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT_TRUE(event_id(back, at - 5000));
    CU_ASSERT(strcmp(back, ids[IDS - 1]) > 0);
    CU_ASSERT_TRUE(event_id(later, at + 3 * IDS + 1));
    CU_ASSERT(strcmp(later, back) > 0);
    CU_ASSERT_EQUAL(time_of_id(later), at + 3 * IDS + 1);
    free(ids);
}

static void *make_in_thread(void *at)
{
    return make_ids(*(const uint64_t *)at, 0);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* In each thread they ascend, and no two are the same, not even without their random half. */
static void test_threads(void)
{
    uint64_t at = time_wall_ms() + 100000;
    pthread_t thread[THREADS];
    char(*all)[STORE_ID] = calloc((size_t)THREADS * IDS, sizeof(*all));
    size_t bad = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(all);
    for (size_t t = 0; t < THREADS; t++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[t], NULL, make_in_thread, &at), 0);
    for (size_t t = 0; t < THREADS; t++) {
        void *made = NULL;
        CU_ASSERT_EQUAL_FATAL(pthread_join(thread[t], &made), 0);
        CU_ASSERT_PTR_NOT_NULL_FATAL(made);
        memcpy(all[t * IDS], made, (size_t)IDS * STORE_ID);
        free(made);
        for (size_t i = 1; i < IDS; i++)
            bad += strcmp(all[t * IDS + i - 1], all[t * IDS + i]) >= 0;
    }
    qsort(all, (size_t)THREADS * IDS, sizeof(*all), by_id);
    for (size_t i = 1; i < (size_t)THREADS * IDS; i++)
        bad += strncmp(all[i - 1], all[i], 18) == 0;
    CU_ASSERT_EQUAL(bad, 0);
    free(all);
}

/* A copied process goes on from the same place: its ids differ by their random half. */
static void test_fork(void)
{
    uint64_t at = time_wall_ms() + 200000;
    char(*child)[STORE_ID] = mmap(NULL, (size_t)IDS * STORE_ID, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = -1;
    CU_ASSERT_TRUE_FATAL(child != MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0) {
        bool ok = true;
        for (size_t i = 0; i < IDS; i++)
            ok = event_id(child[i], at) && ok;
        _exit(ok ? 0 : 1);
    }
    CU_ASSERT_TRUE_FATAL(pid > 0);
    char(*own)[STORE_ID] = make_ids(at, 0);
    CU_ASSERT_TRUE_FATAL(waitpid(pid, &status, 0) == pid && status == 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(own);
    size_t same = 0;
    for (size_t i = 0; i < IDS; i++)
        same += strcmp(own[i], child[i]) == 0;
    CU_ASSERT_EQUAL(strncmp(own[0], child[0], 18), 0);
    CU_ASSERT_EQUAL(same, 0);
    free(own);
    (void)munmap(child, (size_t)IDS * STORE_ID);
}

/* ---- weight ---- */

static void check_weight(const struct match *m,
                         uint32_t n,
                         uint8_t would,
                         const char *harm,
                         uint8_t severity,
                         uint8_t prio)
{
    const struct finding f = {.match = m, .count = n, .would = would};
    struct event ev = {.prio = 77};
    event_weigh(&ev, &f);
    CU_ASSERT_TRUE(harm ? ev.harm && strcmp(ev.harm, harm) == 0 : !ev.harm);
    CU_ASSERT_EQUAL(ev.severity, severity);
    CU_ASSERT_EQUAL(ev.prio, prio);
}

static void test_weight(void)
{
    for (uint8_t s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++) {
        const struct match m = {.harm = "h", .severity = s, .action = ACTION_FLAG};
        check_weight(&m, 1, ACTION_FLAG, "h", s, (uint8_t)(2 * s));
        check_weight(&m, 1, ACTION_HOLD, "h", s, (uint8_t)(2 * s + 1));
        check_weight(&m, 1, ACTION_BLOCK, "h", s, (uint8_t)(2 * s + 1));
    }
    check_weight(NULL, 0, ACTION_FLAG, NULL, SEVERITY_LOW, 2);
    check_weight(NULL, 0, ACTION_HOLD, NULL, SEVERITY_LOW, 3);
}

/* The highest action leads, among equals the highest severity; suppressed ones do not count. */
static void test_leading(void)
{
    struct match m[] = {
        {.harm = "a", .severity = SEVERITY_CRITICAL, .action = ACTION_FLAG},
        {.harm = "b", .severity = SEVERITY_MEDIUM, .action = ACTION_HOLD},
        {.harm = "c", .severity = SEVERITY_HIGH, .action = ACTION_HOLD},
        {.harm = "d", .severity = SEVERITY_CRITICAL, .action = ACTION_BLOCK, .suppressed = true},
    };
    check_weight(m, 4, ACTION_HOLD, "c", SEVERITY_HIGH, 7);
    check_weight(m, 2, ACTION_HOLD, "b", SEVERITY_MEDIUM, 5);
    check_weight(&m[3], 1, ACTION_FLAG, NULL, SEVERITY_LOW, 2);
}

/* A sum is as severe as the worst of what it sums up. */
static void test_sum(void)
{
    struct match m[] = {
        {.kind = MATCH_RULE, .harm = "a", .severity = SEVERITY_LOW},
        {.kind = MATCH_RULE, .harm = "a", .severity = SEVERITY_HIGH},
        {.kind = MATCH_RULE, .harm = "b", .severity = SEVERITY_CRITICAL},
        {.kind = MATCH_RULE, .harm = "a", .severity = SEVERITY_CRITICAL, .suppressed = true},
        {.kind = MATCH_SCORE, .harm = "a", .action = ACTION_HOLD},
    };
    check_weight(m, 5, ACTION_HOLD, "a", SEVERITY_HIGH, 7);
}

/* ---- the data ---- */

static json_t *data_of(const struct event *ev)
{
    struct buffer out = BUFFER_INIT;
    CU_ASSERT_TRUE_FATAL(event_render(&out, ev));
    CU_ASSERT_PTR_NULL(memchr(out.data, '\n', out.size));
    json_t *data = json_loadb(out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    buffer_finish(&out);
    return data;
}

/* One member of `data` is this JSON, and its keys stand in this order. */
static void check_part(const json_t *data, const char *key, const char *want)
{
    char *text = js_dump(json_object_get(data, key), NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, want);
    if (strcmp(text, want) != 0)
        printf("# %s\n# got  %s\n# want %s\n", key, text, want);
    free(text);
}

static void check_keys(const json_t *data, const char *want)
{
    struct buffer b = BUFFER_INIT;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)data, key, value) buffer_printf(&b, "%s ", key);
    CU_ASSERT_STRING_EQUAL(b.data, want);
    buffer_finish(&b);
}

static void test_match(void)
{
    struct event ev;
    sample_match_picture(&ev);
    json_t *data = data_of(&ev);
    check_keys(data, "v content context matches verdict queue cluster preview engine ");
    check_part(data, "v", "1");
    check_part(data, "content",
               "{\"kind\":\"media\",\"mime\":\"image/jpeg\",\"bytes\":123456,\"width\":1024,"
               "\"height\":768,\"key\":\"" SAMPLE_KEY "\"}");
    check_part(data, "context",
               "{\"host\":\"example.org\",\"surface\":\"upload\","
               "\"room\":\"h1:502fc225b3816243cfb6672537f2d24b4b716bcf3b004f721cebde4fdf07f36a\","
               "\"sender\":\"h1:561144442a1bfd7fc5db908fd3d069e2539f9697078e7a546eb03face9d4c14f\","
               "\"item\":\"h1:7cbfd4179ab18b2762d87c02ebc82a96ac7dff048c55f74d1cbf926a9f527487\","
               "\"at\":\"2026-11-01T11:59:59.000Z\",\"encrypted\":false}");
    json_t *matches = matches_render(&sample_found_picture);
    CU_ASSERT_TRUE(json_equal(json_object_get(data, "matches"), matches));
    json_decref(matches);
    check_part(data, "verdict",
               "{\"action\":\"hold\",\"would\":\"hold\",\"mode\":\"enforce\","
               "\"coverage\":\"complete\",\"reasons\":[],\"score\":{},\"dropped\":0,"
               "\"policy\":\"0d5e8b11\",\"config\":\"9f31c2aa\"}");
    check_part(data, "queue",
               "{\"priority\":7,\"deadline\":\"2026-11-03T12:00:00.123Z\","
               "\"harm\":\"m.adult.ncii\",\"severity\":\"high\"}");
    check_part(data, "cluster", "{\"id\":\"ban/e42\"}");
    check_part(data, "engine", "{\"version\":\"" LMOD_VERSION "\",\"abi\":1,\"took_us\":91234}");
    json_decref(data);
}

static void test_text(void)
{
    struct event ev;
    sample_match_text(&ev);
    json_t *data = data_of(&ev);
    check_part(data, "content",
               "{\"kind\":\"text\",\"mime\":null,\"bytes\":61,\"width\":null,\"height\":null,"
               "\"key\":\"" SAMPLE_KEY "\"}");
    check_part(data, "verdict",
               "{\"action\":\"allow\",\"would\":\"hold\",\"mode\":\"observe\","
               "\"coverage\":\"partial\",\"reasons\":[\"limit\",\"list\"],"
               "\"score\":{\"m.adult.ncii\":10.1},\"dropped\":2,"
               "\"policy\":\"0d5e8b11\",\"config\":\"9f31c2aa\"}");
    check_part(data, "queue",
               "{\"priority\":5,\"deadline\":null,\"harm\":\"m.adult.ncii\","
               "\"severity\":\"medium\"}");
    check_part(data, "preview", "null");
    CU_ASSERT_TRUE(json_is_true(js_at(data, "context.encrypted")));
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(data, "context.surface")), "direct_message");
    json_decref(data);
}

/* Nothing known, nothing matched: the same keys, null. */
static void test_least(void)
{
    struct event ev;
    sample_match_incomplete(&ev);
    ev.kind = 0;
    ev.content = "";
    ev.cluster = "";
    json_t *data = data_of(&ev);
    check_keys(data, "v content context matches verdict queue cluster preview engine ");
    check_part(data, "content",
               "{\"kind\":null,\"mime\":null,\"bytes\":null,\"width\":null,\"height\":null,"
               "\"key\":null}");
    check_part(data, "context",
               "{\"host\":null,\"surface\":\"other\",\"room\":null,\"sender\":null,"
               "\"item\":null,\"at\":null,\"encrypted\":null}");
    check_part(data, "matches", "[]");
    check_part(data, "cluster", "{\"id\":null}");
    check_part(data, "queue",
               "{\"priority\":2,\"deadline\":null,\"harm\":null,\"severity\":\"low\"}");
    json_decref(data);
}

/* A host may send anything as a time and a name. */
static void test_wild(void)
{
    struct event ev;
    sample_match_picture(&ev);
    ev.sent_at = UINT64_MAX;
    ev.deadline = 253402300800000;
    ev.encrypted = 2;
    ev.host = (struct store_text){"a\xFF\n\0b", 5};
    json_t *data = data_of(&ev);
    CU_ASSERT_TRUE(json_is_null(js_at(data, "context.at")));
    CU_ASSERT_TRUE(json_is_null(js_at(data, "queue.deadline")));
    CU_ASSERT_TRUE(json_is_null(js_at(data, "context.encrypted")));
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(data, "context.host")),
                           "a\xEF\xBF\xBD\n\xEF\xBF\xBD"
                           "b");
    json_decref(data);
}

static void test_report(void)
{
    struct event ev;
    sample_report(&ev);
    json_t *data = data_of(&ev);
    check_keys(data, "v content context matches verdict queue cluster preview report engine ");
    check_part(data, "report", "{\"reason\":\"this is me, and I never agreed\"}");
    check_part(data, "queue",
               "{\"priority\":6,\"deadline\":null,\"harm\":\"m.adult.ncii\","
               "\"severity\":\"high\"}");
    json_decref(data);
    ev.reason = (struct store_text){NULL, 0};
    data = data_of(&ev);
    check_part(data, "report", "{\"reason\":null}");
    json_decref(data);
}

static void test_gap(void)
{
    struct event ev;
    sample_gap(&ev);
    json_t *data = data_of(&ev);
    check_keys(data, "v from to counts engine ");
    check_part(data, "counts", "{\"timeout\":17,\"list\":204,\"unrecorded\":3,\"refused\":1}");
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(data, "from")), "2026-11-01T11:59:00.123Z");
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(data, "to")), "2026-11-01T12:00:00.123Z");
    check_part(data, "engine", "{\"version\":\"" LMOD_VERSION "\",\"abi\":1,\"took_us\":null}");
    json_decref(data);
}

static void test_list(void)
{
    static const struct {
        void (*fill)(struct event *ev);
        const char *want;
    } cases[] = {
        {sample_list_loaded, "{\"list\":\"ban\",\"version\":\"2026-11-01\",\"entries\":41230,"
                             "\"entry\":null,\"state\":\"loaded\",\"why\":null}"},
        {sample_list_refused, "{\"list\":\"links\",\"version\":null,\"entries\":null,"
                              "\"entry\":null,\"state\":\"refused\","
                              "\"why\":\"links.lml: the file ends too early\"}"},
        {sample_list_braked, "{\"list\":null,\"version\":null,\"entries\":null,"
                             "\"entry\":\"ncii-en/ncii.covert.sale\",\"state\":\"braked\","
                             "\"why\":null}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct event ev;
        cases[i].fill(&ev);
        json_t *data = data_of(&ev), *outer = json_object();
        check_keys(data, "v list version entries entry state why engine ");
        CU_ASSERT_EQUAL(json_object_del(data, "v"), 0);
        CU_ASSERT_EQUAL(json_object_del(data, "engine"), 0);
        CU_ASSERT_TRUE(js_put(outer, "data", data));
        check_part(outer, "data", cases[i].want);
        json_decref(outer);
    }
}

/* No clear id is in any event but the host's name, and nothing of the text. */
static void test_private(void)
{
    static const char *const secret[] = {"!room", "@sender", "$item"};
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        struct event ev;
        struct buffer out = BUFFER_INIT;
        CU_ASSERT_TRUE_FATAL(sample_render(&samples[i], &ev, &out));
        for (size_t k = 0; k < COUNT_OF(secret); k++)
            CU_ASSERT_PTR_NULL(strstr(out.data, secret[k]));
        buffer_finish(&out);
    }
}

/* ---- the preview ---- */

static uint8_t digit_of(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (uint8_t)(at - digits) : 255;
}

static size_t unbase64(const char *text, uint8_t *out)
{
    size_t n = 0, length = strlen(text);
    for (size_t i = 0; i + 4 <= length; i += 4) {
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++)
            v = v << 6 | (text[i + k] == '=' ? 0u : digit_of(text[i + k]));
        for (size_t k = 0; k < 3u - (text[i + 2] == '=') - (text[i + 3] == '='); k++)
            out[n++] = (uint8_t)(v >> (16 - 8 * k));
    }
    return n;
}

static void preview_of(const uint8_t *luma, uint8_t out[2000])
{
    struct event ev;
    sample_match_picture(&ev);
    ev.luma = luma;
    json_t *data = data_of(&ev);
    const char *text = json_string_value(js_at(data, "preview.data"));
    CU_ASSERT_EQUAL(json_integer_value(js_at(data, "preview.width")), 32);
    CU_ASSERT_EQUAL(json_integer_value(js_at(data, "preview.height")), 32);
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(data, "preview.format")), "grey8");
    CU_ASSERT_EQUAL_FATAL(text ? strlen(text) : 0, 1368);
    CU_ASSERT_EQUAL(unbase64(text, out), 1024);
    json_decref(data);
}

static void test_preview(void)
{
    uint8_t luma[64 * 64], out[2000];
    memset(luma, 200, sizeof(luma));
    preview_of(luma, out);
    for (size_t i = 0; i < 1024; i++)
        CU_ASSERT_EQUAL(out[i], 200);
    /* One white point on black is smeared over 3 × 3 and nearly gone. */
    memset(luma, 0, sizeof(luma));
    luma[30 * 64 + 10] = 255;
    preview_of(luma, out);
    size_t touched = 0;
    for (size_t i = 0; i < 1024; i++) {
        CU_ASSERT(out[i] <= 255 / 36);
        touched += out[i] > 0;
    }
    CU_ASSERT_EQUAL(touched, 9);
    for (size_t y = 14; y <= 16; y++)
        for (size_t x = 4; x <= 6; x++)
            CU_ASSERT_EQUAL(out[y * 32 + x], 255 / 36);
    /* A gradient keeps its direction: right is brighter than left, below than above. */
    preview_of(sample_luma(), out);
    for (size_t y = 1; y < 32; y++)
        for (size_t x = 1; x < 32; x++)
            CU_ASSERT(out[y * 32 + x] > out[y * 32 + x - 1] &&
                      out[y * 32 + x] > out[(y - 1) * 32 + x]);
}

/* ---- the envelope ---- */

static void test_envelope(void)
{
    struct store_listed row = {
        .id = SAMPLE_ID, .type = EVENT_GAP, .at = SAMPLE_AT, .body = "{\"v\":1,\"x\":[2]}"};
    json_t *outer = json_object();
    CU_ASSERT_TRUE(js_put(outer, "e", event_envelope(&row, "/libmod/example.org")));
    check_part(outer, "e",
               "{\"specversion\":\"1.0\",\"id\":\"" SAMPLE_ID
               "\",\"source\":\"/libmod/example.org\",\"type\":\"libmod.gap.v1\","
               "\"time\":\"2026-11-01T12:00:00.123Z\","
               "\"datacontenttype\":\"application/json\",\"data\":{\"v\":1,\"x\":[2]}}");
    row.body = NULL; /* grown old */
    CU_ASSERT_TRUE(js_put(outer, "e", event_envelope(&row, "x")));
    CU_ASSERT_TRUE(json_is_null(js_at(outer, "e.data")));
    row.body = "{\"cut";
    CU_ASSERT_TRUE(js_put(outer, "e", event_envelope(&row, "x")));
    CU_ASSERT_TRUE(json_is_null(js_at(outer, "e.data")));
    json_decref(outer);
}

int main(void)
{
    return TAP_RUN("events/event", {"keys of the site", test_key},
                   {"10 000 ids in one ms", test_ids}, {"ids as the clock goes", test_clock},
                   {"ids of eight threads", test_threads}, {"ids of a copied process", test_fork},
                   {"priority and severity", test_weight}, {"which match leads", test_leading},
                   {"severity of a sum", test_sum}, {"a match of a picture", test_match},
                   {"a match of a text", test_text}, {"nothing known", test_least},
                   {"wild times and names", test_wild}, {"a report", test_report},
                   {"a gap", test_gap}, {"a list", test_list}, {"no clear ids", test_private},
                   {"the preview", test_preview}, {"the envelope", test_envelope});
}
