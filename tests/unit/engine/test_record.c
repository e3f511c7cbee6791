/*
 * From finding to decision and back: events in a real store, recall, reports, decisions in force in
 * another engine, the brake, gaps, and what a broken store does to a verdict.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libmod/libmod.h>

#include "engine/engine.h"
#include "store/store.h"
#include "tap.h"
#include "tempdir.h"

static const char pack[] = "format: libmod-rules/1\n"
                           "pack: {id: words, version: '1'}\n"
                           "rules:\n"
                           "  - id: parrot\n"
                           "    title: Parrots\n"
                           "    harm: m.adult.ncii\n"
                           "    severity: high\n"
                           "    action: hold\n"
                           "    when: {word: parrot}\n";

/* Two engines on one state directory, as two processes have them. */
struct site {
    struct tempdir dir;
    struct engine *engine[2];
    struct buffer picture;
};

static struct engine *open_engine(struct site *s, const char *more)
{
    struct buffer b = BUFFER_INIT;
    const struct config *c = NULL;
    struct engine *e = NULL;
    struct error why = {0};
    buffer_printf(&b,
                  "format: libmod/1\nsite: {name: example.org, key_file: site.key}\n"
                  "mode: enforce\nstate_dir: state\npacks: [pack.yaml]\n"
                  "media: {worker: %s, sandbox: %s, workers: 1, wall_ms: 20000}\n%s",
                  TEST_WORKER, TEST_SANDBOX, more);
    const struct config_source source = {
        .name = "config", .base = s->dir.path, .text = b.data, .length = b.size};
    int status = config_parse(&c, &source, &why);
    if (status == LMOD_OK)
        status = engine_open(&e, c, ENGINE_RECORD, NULL, NULL, &why);
    if (status != LMOD_OK)
        printf("# %s:%u: %s\n", why.file, why.line, why.text);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
    config_free(c);
    buffer_finish(&b);
    return e;
}

static void begin(struct site *s, const char *more)
{
    *s = (struct site){.picture = BUFFER_INIT};
    CU_ASSERT_TRUE_FATAL(tempdir_make(&s->dir));
    CU_ASSERT_TRUE_FATAL(
        tempdir_write(&s->dir, "site.key", "0123456789abcdef0123456789abcdef", 32));
    CU_ASSERT_TRUE_FATAL(tempdir_write(&s->dir, "pack.yaml", pack, sizeof(pack) - 1));
    CU_ASSERT_EQUAL_FATAL(mkdir(tempdir_file(&s->dir, "state"), 0700), 0);
    selftest_picture(&s->picture);
    for (size_t i = 0; i < 2; i++)
        s->engine[i] = open_engine(s, more);
}

static void end(struct site *s)
{
    engine_close(s->engine[0]);
    engine_close(s->engine[1]);
    buffer_finish(&s->picture);
    tempdir_remove(&s->dir);
}

static struct subject subject_of(const char *item)
{
    return (struct subject){
        .host = "example.org",
        .host_length = 11,
        .room = "!room",
        .room_length = 5,
        .sender = "@sender",
        .sender_length = 7,
        .item = item,
        .item_length = item ? strlen(item) : 0,
        .surface = LMOD_SURFACE_MESSAGE,
        .encrypted = UNSET,
        .direct = UNSET,
    };
}

static struct verdict *text(struct engine *e, const char *item, const char *words)
{
    struct verdict *v = NULL;
    const struct subject who = subject_of(item);
    CU_ASSERT_EQUAL_FATAL(engine_text(&v, e, &who, words, strlen(words), NULL), LMOD_OK);
    return v;
}

static struct verdict *picture(struct site *s, size_t engine, const char *item)
{
    struct verdict *v = NULL;
    const struct subject who = subject_of(item);
    CU_ASSERT_EQUAL_FATAL(
        engine_media(&v, s->engine[engine], &who, -1, s->picture.data, s->picture.size, NULL),
        LMOD_OK);
    return v;
}

static struct verdict *
report(struct site *s, enum content_kind kind, const char *item, const char *words)
{
    struct verdict *v = NULL;
    const struct subject who = subject_of(item);
    const struct content_in in = kind == CONTENT_MEDIA
                                     ? (struct content_in){-1, s->picture.data, s->picture.size}
                                     : (struct content_in){-1, words, words ? strlen(words) : 0};
    CU_ASSERT_EQUAL_FATAL(engine_report(&v, s->engine[0], &who, kind, &in, "please", 6, NULL),
                          LMOD_OK);
    return v;
}

static int decide_by(struct engine *e, const char *event, const char *action, const char *scope)
{
    char json[256];
    json_t *out = NULL;
    (void)snprintf(json, sizeof(json), "{\"event_id\":\"%s\",\"action\":\"%s\",\"scope\":\"%s\"}",
                   event, action, scope);
    int status = engine_decide(&out, e, json, strlen(json), NULL);
    json_decref(out);
    return status;
}

/* What decisions are: in force in the other engine at its next poll, or within LIVE_CHECK_MS. */
static void poll_engine(struct engine *e, uint32_t expected)
{
    uint32_t need = 0;
    CU_ASSERT_EQUAL(engine_poll(e, &need, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(need & LMOD_NEED_DECISIONS, expected);
}

#define CHECK(verdict_, action_, recorded_)                                                        \
    do {                                                                                           \
        struct verdict *got = (verdict_);                                                          \
        CU_ASSERT_EQUAL(got->action, (action_));                                                   \
        CU_ASSERT_EQUAL(got->recorded, (recorded_));                                               \
        CU_ASSERT_EQUAL(got->event[0] != '\0', (recorded_) == RECORDED_OK);                        \
        verdict_free(got);                                                                         \
    } while (0)

/* ---- events ---- */

static int count_row(void *user, const struct store_listed *row)
{
    size_t *n = user;
    (*n)++;
    CU_ASSERT_PTR_NOT_NULL(row->body);
    CU_ASSERT_PTR_NULL(row->body ? strstr(row->body, "parrot for") : NULL); /* no content */
    CU_ASSERT_PTR_NULL(row->body ? strstr(row->body, "@sender") : NULL);    /* no clear id */
    return LMOD_OK;
}

static size_t events_of(struct site *s)
{
    size_t n = 0;
    struct store *store = NULL;
    struct error e = {0};
    const struct store_options o = {.dir = tempdir_file(&s->dir, "state"), .quota = 1 << 30};
    const struct store_filter f = {.review = true};
    CU_ASSERT_EQUAL_FATAL(store_open(&store, &o, &e), LMOD_OK);
    CU_ASSERT_EQUAL(store_list(store, &f, 0, count_row, &n, &e), LMOD_OK);
    store_close(store);
    return n;
}

static void test_recorded(void)
{
    struct site s;
    begin(&s, "");
    CHECK(text(s.engine[0], "$1", "nothing to see"), ACTION_ALLOW, RECORDED_NONE);
    CU_ASSERT_EQUAL(events_of(&s), 0);
    CHECK(text(s.engine[0], "$2", "a parrot for sale"), ACTION_HOLD, RECORDED_OK);
    CU_ASSERT_EQUAL(events_of(&s), 1);
    end(&s);
}

/* The same finding from two processes is one event; another item, another event; a text without an
 * item is always an event of its own. */
static void test_dedupe(void)
{
    struct site s;
    begin(&s, "");
    struct verdict *a = text(s.engine[0], "$1", "a parrot");
    struct verdict *b = text(s.engine[1], "$1", "a parrot");
    CU_ASSERT_STRING_EQUAL(a->event, b->event);
    CU_ASSERT_EQUAL(b->recorded, RECORDED_OK);
    verdict_free(a);
    verdict_free(b);
    CHECK(text(s.engine[0], "$2", "a parrot"), ACTION_HOLD, RECORDED_OK);
    CU_ASSERT_EQUAL(events_of(&s), 2);
    CHECK(text(s.engine[0], NULL, "a parrot"), ACTION_HOLD, RECORDED_OK);
    CHECK(text(s.engine[0], NULL, "a parrot"), ACTION_HOLD, RECORDED_OK);
    CU_ASSERT_EQUAL(events_of(&s), 4);
    end(&s);
}

static int see_deadline(void *user, const struct store_listed *row)
{
    uint64_t *left = user;
    *left = row->deadline - row->at;
    return LMOD_OK;
}

static void test_deadline(void)
{
    struct site s;
    struct store *store = NULL;
    uint64_t left = 0;
    const struct store_filter f = {.review = true};
    begin(&s, "policy: {deadlines: {m.adult.ncii: 48h}}\n");
    CHECK(text(s.engine[0], "$1", "a parrot"), ACTION_HOLD, RECORDED_OK);
    const struct store_options o = {.dir = tempdir_file(&s.dir, "state"), .quota = 1 << 30};
    CU_ASSERT_EQUAL_FATAL(store_open(&store, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_list(store, &f, 0, see_deadline, &left, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(left, 48u * 3600 * 1000);
    store_close(store);
    end(&s);
}

/* P7: what cannot be recorded is said, counted, and gets the action of policy.failure. */
static void test_unrecorded(void)
{
    static const char more[] = "policy: {failure: {unrecorded: block}}\n";
    struct site s;
    begin(&s, more);
    CHECK(text(s.engine[0], "$1", "a parrot"), ACTION_HOLD, RECORDED_OK);
    engine_close(s.engine[1]);
    engine_close(s.engine[0]);
    CU_ASSERT_TRUE(tempdir_write(&s.dir, "state/store.db", "this is no database, is it?", 27));
    (void)remove(tempdir_file(&s.dir, "state/store.db-wal"));
    (void)remove(tempdir_file(&s.dir, "state/store.db-shm"));
    s.engine[0] = open_engine(&s, more);
    s.engine[1] = open_engine(&s, more);
    for (int i = 0; i < 3; i++)
        CHECK(text(s.engine[0], "$2", "a parrot"), ACTION_BLOCK, RECORDED_FAILED);
    CHECK(text(s.engine[0], "$3", "nothing"), ACTION_ALLOW, RECORDED_NONE);
    json_t *stats = engine_stats(s.engine[0]);
    CU_ASSERT_EQUAL(json_integer_value(js_at(stats, "store.unrecorded")), 3);
    CU_ASSERT_PTR_NOT_NULL(json_string_value(js_at(stats, "store.error")));
    json_decref(stats);
    end(&s);
}

/* ---- the circle ---- */

static void test_picture_circle(void)
{
    struct site s;
    begin(&s, "");
    CHECK(picture(&s, 1, "mxc://a"), ACTION_ALLOW, RECORDED_NONE);
    struct verdict *r = report(&s, CONTENT_MEDIA, "mxc://b", NULL);
    CU_ASSERT_EQUAL_FATAL(r->recorded, RECORDED_OK);
    CU_ASSERT_EQUAL(decide_by(s.engine[0], r->event, "remove", "item"), LMOD_OK);
    CHECK(picture(&s, 0, "mxc://c"), ACTION_HOLD, RECORDED_OK); /* here at once */
    poll_engine(s.engine[1], LMOD_NEED_DECISIONS);
    struct verdict *v = picture(&s, 1, "mxc://d");
    CU_ASSERT_EQUAL(v->action, ACTION_HOLD);
    CU_ASSERT_STRING_EQUAL(v->match[0].source, "local");
    verdict_free(v);
    CU_ASSERT_EQUAL(decide_by(s.engine[1], r->event, "dismiss", "item"), LMOD_E_STATE);
    verdict_free(r);
    end(&s);
}

static void test_text_circle(void)
{
    struct site s;
    begin(&s, "");
    struct verdict *r = report(&s, CONTENT_TEXT, "$1", "An Album for SALE");
    CU_ASSERT_EQUAL_FATAL(r->recorded, RECORDED_OK);
    CHECK(text(s.engine[1], "$2", "an album for sale"), ACTION_ALLOW, RECORDED_NONE);
    CU_ASSERT_EQUAL(decide_by(s.engine[0], r->event, "remove", "content"), LMOD_OK);
    poll_engine(s.engine[1], LMOD_NEED_DECISIONS);
    CHECK(text(s.engine[1], "$3", "a song for the garden"), ACTION_ALLOW, RECORDED_NONE);
    CHECK(text(s.engine[1], "$4", "\xef\xbd\x81n ALBUM for sale"), ACTION_HOLD, RECORDED_OK);
    CHECK(text(s.engine[1], "$5", "for sale now: an album"), ACTION_HOLD, RECORDED_OK);
    verdict_free(r);
    end(&s);
}

/* Dismissed: the same content passes, whatever rule or limit it meets; the rule stays. */
static void test_dismiss(void)
{
    struct site s;
    begin(&s, "");
    struct verdict *v = text(s.engine[0], "$1", "my parrot sings");
    CU_ASSERT_EQUAL(decide_by(s.engine[0], v->event, "dismiss", "item"), LMOD_OK);
    verdict_free(v);
    v = text(s.engine[0], "$2", "My PARROT sings");
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
    CU_ASSERT_EQUAL(v->count, 1);
    CU_ASSERT_TRUE(v->match[0].suppressed);
    CU_ASSERT_EQUAL(v->recorded, RECORDED_NONE);
    verdict_free(v);
    CHECK(text(s.engine[0], "$3", "another parrot"), ACTION_HOLD, RECORDED_OK);
    end(&s);
}

static void test_claims(void)
{
    struct site s;
    json_t *next = NULL;
    const struct store_text host = {"example.org", 11};
    begin(&s, "");
    struct verdict *r = report(&s, CONTENT_TEXT, "$1", "an album");
    CU_ASSERT_EQUAL(engine_decision_next(&next, s.engine[0], host, 60, NULL), LMOD_OK);
    CU_ASSERT_PTR_NULL(next);
    CU_ASSERT_EQUAL(decide_by(s.engine[0], r->event, "remove", "item"), LMOD_OK);
    CU_ASSERT_EQUAL(engine_decision_next(&next, s.engine[0], host, 60, NULL), LMOD_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(next);
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(next, "action")), "remove");
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(next, "items.0.item")), "$1");
    CU_ASSERT_STRING_EQUAL(json_string_value(js_at(next, "items.0.sender")), "@sender");
    json_t *other = NULL; /* leased: nobody else gets it */
    CU_ASSERT_EQUAL(engine_decision_next(&other, s.engine[1], host, 60, NULL), LMOD_OK);
    CU_ASSERT_PTR_NULL(other);
    const char *id = json_string_value(js_at(next, "decision"));
    CU_ASSERT_EQUAL(engine_decision_ack(s.engine[0], id, host, LMOD_OUTCOME_DONE, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(engine_decision_ack(s.engine[0], id, host, LMOD_OUTCOME_DONE, NULL), LMOD_OK);
    poll_engine(s.engine[1], 0);
    json_decref(next);
    verdict_free(r);
    end(&s);
}

/* ---- recall ---- */

static void test_recall(void)
{
    struct site s;
    struct verdict *v = NULL;
    const struct subject who = subject_of("$message");
    begin(&s, "");
    CU_ASSERT_EQUAL(engine_recall(&v, s.engine[1], &who, "mxc://a", 7, NULL), LMOD_E_NOT_FOUND);
    CHECK(picture(&s, 0, "mxc://a"), ACTION_ALLOW, RECORDED_NONE);
    CU_ASSERT_EQUAL_FATAL(engine_recall(&v, s.engine[1], &who, "mxc://a", 7, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
    CU_ASSERT_EQUAL(v->coverage, COVERAGE_COMPLETE);
    verdict_free(v);
    /* A later decision finds the earlier upload. */
    struct verdict *r = report(&s, CONTENT_MEDIA, "mxc://b", NULL);
    CU_ASSERT_EQUAL(decide_by(s.engine[0], r->event, "remove", "item"), LMOD_OK);
    verdict_free(r);
    poll_engine(s.engine[1], LMOD_NEED_DECISIONS);
    CU_ASSERT_EQUAL_FATAL(engine_recall(&v, s.engine[1], &who, "mxc://a", 7, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(v->action, ACTION_HOLD);
    CU_ASSERT_EQUAL(v->recorded, RECORDED_OK);
    verdict_free(v);
    end(&s);
}

static void test_recall_text(void)
{
    struct site s;
    struct verdict *v = NULL;
    struct subject who = subject_of("$pin");
    begin(&s, "policy: {surfaces: {room_topic: {max: flag}}}\n");
    CHECK(text(s.engine[0], "$1", "a parrot for sale"), ACTION_HOLD, RECORDED_OK);
    CU_ASSERT_EQUAL_FATAL(engine_recall(&v, s.engine[1], &who, "$1", 2, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(v->action, ACTION_HOLD);
    CU_ASSERT_EQUAL_FATAL(v->count, 1);
    CU_ASSERT_STRING_EQUAL(v->match[0].rule, "parrot");
    CU_ASSERT_EQUAL(v->match[0].from, 2);
    verdict_free(v);
    who.surface = LMOD_SURFACE_ROOM_TOPIC; /* the policy of where it appears now */
    CU_ASSERT_EQUAL_FATAL(engine_recall(&v, s.engine[1], &who, "$1", 2, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(v->action, ACTION_FLAG);
    verdict_free(v);
    end(&s);
}

/* A text that was recorded meets what was decided since about one like it, by the sketch that was kept. */
static void test_recall_like_text(void)
{
    struct site s;
    struct verdict *v = NULL;
    const struct subject who = subject_of("$pin");
    begin(&s, "");
    CHECK(text(s.engine[0], "$1", "the green parrot sings in our garden tonight"), ACTION_HOLD,
          RECORDED_OK);
    struct verdict *r =
        report(&s, CONTENT_TEXT, "$2", "tonight the green bird sings in our garden");
    CU_ASSERT_EQUAL(decide_by(s.engine[0], r->event, "remove", "item"), LMOD_OK);
    poll_engine(s.engine[1], LMOD_NEED_DECISIONS);
    CU_ASSERT_EQUAL_FATAL(engine_recall(&v, s.engine[1], &who, "$1", 2, NULL), LMOD_OK);
    CU_ASSERT_EQUAL_FATAL(v->count, 2);
    CU_ASSERT_STRING_EQUAL(v->match[0].source, "local");
    CU_ASSERT_EQUAL(v->match[0].signal, SIGNAL_TEXT);
    CU_ASSERT_EQUAL(v->match[0].strategy, STRATEGY_PLAIN);
    CU_ASSERT(v->match[0].distance > 0);
    CU_ASSERT_STRING_EQUAL(v->match[1].rule, "parrot");
    verdict_free(v);
    verdict_free(r);
    end(&s);
}

/* A report by reference: what was scanned, or the item alone. */
static void test_report_item(void)
{
    struct site s;
    begin(&s, "");
    CHECK(picture(&s, 0, "mxc://a"), ACTION_ALLOW, RECORDED_NONE);
    struct verdict *r = report(&s, (enum content_kind)0, "mxc://a", NULL);
    CU_ASSERT_EQUAL(r->recorded, RECORDED_OK);
    CU_ASSERT_STRING_NOT_EQUAL(r->content, "");
    struct verdict *again = report(&s, (enum content_kind)0, "mxc://a", NULL);
    CU_ASSERT_STRING_EQUAL(r->event, again->event);
    verdict_free(again);
    verdict_free(r);
    r = report(&s, (enum content_kind)0, "$unknown", NULL);
    CU_ASSERT_EQUAL(r->recorded, RECORDED_OK);
    CU_ASSERT_STRING_EQUAL(r->content, "");
    CU_ASSERT_EQUAL(decide_by(s.engine[0], r->event, "remove", "item"), LMOD_OK);
    verdict_free(r);
    end(&s);
}

/* ---- the brake ---- */

static void test_brake(void)
{
    struct site s;
    char words[64];
    begin(&s, "brake: {distinct_per_hour: 5}\n");
    for (int i = 0; i < 6; i++) {
        (void)snprintf(words, sizeof(words), "parrot number %d", i);
        CHECK(text(s.engine[0], NULL, words), ACTION_HOLD, RECORDED_OK);
        CHECK(text(s.engine[0], NULL, words), ACTION_HOLD, RECORDED_OK); /* not a different one */
    }
    for (size_t i = 0; i < 2; i++) { /* the sixth made it fall, in every process */
        poll_engine(s.engine[i], 0);
        struct verdict *v = text(s.engine[i], NULL, "one more parrot");
        CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
        CU_ASSERT_EQUAL(v->would, ACTION_HOLD);
        CU_ASSERT_EQUAL(v->match[0].mode, MODE_OBSERVE);
        verdict_free(v);
    }
    end(&s);
}

/* ---- the result cache ---- */

static void test_cache(void)
{
    struct site s;
    begin(&s, "");
    for (int i = 0; i < 5; i++)
        CHECK(picture(&s, 0, "mxc://a"), ACTION_ALLOW, RECORDED_NONE);
    json_t *stats = engine_stats(s.engine[0]);
    CU_ASSERT_EQUAL(json_integer_value(js_at(stats, "worker.jobs")), 1);
    json_decref(stats);
    end(&s);
}

int main(void)
{
    return TAP_RUN("engine/record", {"a finding is an event", test_recorded},
                   {"the same finding is the same event", test_dedupe},
                   {"review deadlines", test_deadline},
                   {"a broken store is said and counted", test_unrecorded},
                   {"a picture is reported, removed, and held elsewhere", test_picture_circle},
                   {"a text is reported, removed, and held elsewhere", test_text_circle},
                   {"what was dismissed passes", test_dismiss},
                   {"decisions are leased and acknowledged", test_claims},
                   {"a recalled picture meets the decisions of now", test_recall},
                   {"a recalled text is judged for where it appears", test_recall_text},
                   {"a text like a removed one is recalled", test_recall_like_text},
                   {"reports by reference", test_report_item},
                   {"an entry that hits too much falls to observe", test_brake},
                   {"the same bytes are decoded once", test_cache});
}
