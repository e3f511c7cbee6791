/*
 * Recall, reports and decisions at their edges: what is refused and how, what comes when there is
 * nothing, copies of a process, a store that is not there; and once the whole circle.
 */
#include <time.h>

#include "host.h"
#include "tap.h"

#define HOST    "example.org"
#define UNKNOWN "01a210b4-f93e-7000-91de-fe376cd8bef5" /* an id that nobody has */

static struct tempdir site;
static lmod_engine *engine;

/* ---- what the tests do ---- */

/* Reports a text as `item`; the event's id, "" when it was not recorded. */
static const char *report_text(lmod_engine *e, const char *item, const char *text)
{
    static char id[64];
    lmod_verdict *v = NULL;
    lmod_subject *who = host_subject(HOST, item);
    id[0] = '\0';
    if (lmod_report(&v, e, who, LMOD_CONTENT_TEXT, text, strlen(text), NULL, 0, NULL) == LMOD_OK &&
        lmod_verdict_recorded(v) == LMOD_RECORDED_OK)
        (void)snprintf(id, sizeof(id), "%s", lmod_verdict_field(v, LMOD_WHOLE, "event"));
    lmod_verdict_free(v);
    lmod_subject_free(who);
    return id;
}

static int32_t decide(lmod_engine *e, const char *event, const char *action, lmod_doc **out)
{
    char json[256];
    int n = snprintf(json, sizeof(json), "{\"event_id\":\"%s\",\"action\":\"%s\"}", event, action);
    return lmod_decide(out, e, json, (size_t)n, NULL);
}

static int32_t next(lmod_engine *e, const char *host, lmod_doc **out)
{
    return lmod_decision_next(out, e, host, strlen(host), 60, NULL);
}

static int32_t ack(lmod_engine *e, const char *decision, uint32_t outcome)
{
    return lmod_decision_ack(e, decision, HOST, strlen(HOST), outcome, NULL);
}

/* ---- recall ---- */

static void test_recall_refuses(void)
{
    static char text[LMOD_SUBJECT_MAX + 1];
    const struct {
        lmod_engine *engine;
        const char *ref;
        size_t length;
        int32_t status;
    } rows[] = {
        {NULL, "a", 1, LMOD_E_ARGUMENT},
        {engine, NULL, 1, LMOD_E_ARGUMENT},
        {engine, NULL, 0, LMOD_E_ARGUMENT},
        {engine, "a", 0, LMOD_E_ARGUMENT},
        {engine, text, sizeof(text), LMOD_E_ARGUMENT},
        {engine, text, sizeof(text) - 1, LMOD_E_NOT_FOUND},
        {engine, "nobody scanned it", 17, LMOD_E_NOT_FOUND},
        {engine, "\xff\0'; --", 7, LMOD_E_NOT_FOUND},
    };
    CU_ASSERT_EQUAL(lmod_recall(NULL, engine, NULL, "a", 1, NULL), LMOD_E_ARGUMENT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        lmod_verdict *v = HOST_RUBBISH;
        lmod_error *error = HOST_RUBBISH;
        int32_t got = lmod_recall(&v, rows[i].engine, NULL, rows[i].ref, rows[i].length, &error);
        CU_ASSERT(host_refused(got, rows[i].status, v, error));
    }
}

/* By host and reference, both byte for byte; without a host is a host of its own. */
static void test_recall(void)
{
    static const char ref[] = "mxc://\xff\0x";
    const size_t length = sizeof(ref) - 1;
    lmod_subject *here = host_subject(HOST, NULL), *elsewhere = host_subject("example.com", NULL);
    lmod_verdict *v = NULL;
    size_t size;
    void *bytes = host_read(&site, "listed.png", &size);
    CU_ASSERT_EQUAL(lmod_subject_set(here, LMOD_KEY_ITEM, ref, length), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_scan_bytes(&v, engine, here, bytes, size, NULL), LMOD_OK);
    lmod_verdict_free(v);
    free(bytes);
    CU_ASSERT_EQUAL(lmod_recall(&v, engine, here, ref, length, NULL), LMOD_OK);
    CU_ASSERT(host_is(v, &host_expected[0]));
    CU_ASSERT_EQUAL(lmod_recall(&v, engine, here, ref, length - 2, NULL), LMOD_E_NOT_FOUND);
    CU_ASSERT_EQUAL(lmod_recall(&v, engine, elsewhere, ref, length, NULL), LMOD_E_NOT_FOUND);
    CU_ASSERT_EQUAL(lmod_recall(&v, engine, NULL, ref, length, NULL), LMOD_E_NOT_FOUND);
    lmod_subject_free(here);
    lmod_subject_free(elsewhere);
}

/* ---- reports ---- */

static void test_report_refuses(void)
{
    static char reason[LMOD_SUBJECT_MAX + 1];
    lmod_subject *item = host_subject(HOST, "an item"), *none = host_subject(HOST, NULL);
    const struct {
        lmod_engine *engine;
        const lmod_subject *who;
        uint32_t kind;
        const void *content;
        size_t length;
        const void *reason;
        size_t reason_length;
    } rows[] = {
        {NULL, item, LMOD_CONTENT_TEXT, "x", 1, NULL, 0},
        {engine, item, LMOD_CONTENT_TEXT, NULL, 1, NULL, 0},
        {engine, item, LMOD_CONTENT_MEDIA, NULL, 1, NULL, 0},
        {engine, item, LMOD_CONTENT_TEXT, "x", 1, NULL, 1},
        {engine, item, LMOD_CONTENT_TEXT, "x", 1, reason, sizeof(reason)},
        {engine, item, LMOD_CONTENT_TEXT + 1, "x", 1, NULL, 0},
        {engine, item, UINT32_MAX, "x", 1, NULL, 0},
        {engine, item, LMOD_CONTENT_ITEM, "x", 1, NULL, 0},
        {engine, none, LMOD_CONTENT_ITEM, NULL, 0, NULL, 0},
        {engine, NULL, LMOD_CONTENT_ITEM, NULL, 0, NULL, 0},
    };
    CU_ASSERT_EQUAL(lmod_report(NULL, engine, item, LMOD_CONTENT_TEXT, "x", 1, NULL, 0, NULL),
                    LMOD_E_ARGUMENT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        lmod_verdict *v = HOST_RUBBISH;
        lmod_error *error = HOST_RUBBISH;
        int32_t got = lmod_report(&v, rows[i].engine, rows[i].who, rows[i].kind, rows[i].content,
                                  rows[i].length, rows[i].reason, rows[i].reason_length, &error);
        CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, v, error));
    }
    lmod_subject_free(item);
    lmod_subject_free(none);
}

/* As small, as large and as odd as it may be: it is an event. */
static void test_report_takes(void)
{
    static char reason[LMOD_SUBJECT_MAX];
    lmod_subject *item = host_subject(HOST, "odd");
    const struct {
        const lmod_subject *who;
        uint32_t kind, coverage;
        const void *content;
        size_t length, reason_length;
    } rows[] = {
        {item, LMOD_CONTENT_TEXT, LMOD_COMPLETE, NULL, 0, 0},
        {item, LMOD_CONTENT_TEXT, LMOD_COMPLETE, "\xff\0\xfe", 3, sizeof(reason)},
        {NULL, LMOD_CONTENT_TEXT, LMOD_COMPLETE, "no subject", 10, 1},
        {item, LMOD_CONTENT_MEDIA, LMOD_PARTIAL, NULL, 0, 0},
        {NULL, LMOD_CONTENT_MEDIA, LMOD_PARTIAL, "x", 1, 0},
        {item, LMOD_CONTENT_ITEM, LMOD_PARTIAL, NULL, 0, 1}, /* the empty file */
    };
    memset(reason, 0xff, sizeof(reason));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        lmod_verdict *v = NULL;
        int32_t got = lmod_report(&v, engine, rows[i].who, rows[i].kind, rows[i].content,
                                  rows[i].length, reason, rows[i].reason_length, NULL);
        CU_ASSERT_EQUAL(got, LMOD_OK);
        CU_ASSERT_EQUAL(lmod_verdict_recorded(v), LMOD_RECORDED_OK);
        CU_ASSERT_EQUAL(lmod_verdict_coverage(v), rows[i].coverage);
        CU_ASSERT_PTR_NOT_NULL(lmod_verdict_field(v, LMOD_WHOLE, "event"));
        lmod_verdict_free(v);
    }
    lmod_subject_free(item);
}

/* ---- decisions ---- */

static void test_decide_refuses(void)
{
    static char deep[200000];
    memset(deep, '[', sizeof(deep));
    static const char content[] =
        "{\"content_key\":\"h1:00000000000000000000000000000000000000000000"
        "00000000000000000000\",\"action\":\"hold\"}";
    const struct {
        lmod_engine *engine;
        const char *json;
        size_t length;
        int32_t status;
    } rows[] = {
        {NULL, "{}", 2, LMOD_E_ARGUMENT},
        {engine, NULL, 2, LMOD_E_ARGUMENT},
        {engine, "", 0, LMOD_E_ARGUMENT},
        {engine, "{}", 2, LMOD_E_ARGUMENT},
        {engine, "{\0}", 3, LMOD_E_ARGUMENT},
        {engine, deep, sizeof(deep), LMOD_E_ARGUMENT},
        {engine, content, sizeof(content) - 1, LMOD_E_NOT_FOUND},
        {engine, content, sizeof(content) - 2, LMOD_E_ARGUMENT},
    };
    CU_ASSERT_EQUAL(lmod_decide(NULL, engine, "{}", 2, NULL), LMOD_E_ARGUMENT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        lmod_doc *doc = HOST_RUBBISH;
        lmod_error *error = HOST_RUBBISH;
        int32_t got = lmod_decide(&doc, rows[i].engine, rows[i].json, rows[i].length, &error);
        CU_ASSERT(host_refused(got, rows[i].status, doc, error));
    }
    lmod_doc *doc = HOST_RUBBISH;
    CU_ASSERT_EQUAL(decide(engine, UNKNOWN, "remove", &doc), LMOD_E_NOT_FOUND);
    CU_ASSERT_PTR_NULL(doc);
}

static void test_next_refuses(void)
{
    static char host[LMOD_SUBJECT_MAX + 1];
    const struct {
        lmod_engine *engine;
        const char *host;
        size_t length;
        uint32_t lease_s;
    } rows[] = {
        {NULL, HOST, strlen(HOST), 60},
        {engine, NULL, 1, 60},
        {engine, host, sizeof(host), 60},
        {engine, HOST, strlen(HOST), 0},
        {engine, HOST, strlen(HOST), LMOD_LEASE_MAX + 1},
        {engine, HOST, strlen(HOST), UINT32_MAX},
    };
    CU_ASSERT_EQUAL(lmod_decision_next(NULL, engine, HOST, strlen(HOST), 60, NULL),
                    LMOD_E_ARGUMENT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        lmod_doc *doc = HOST_RUBBISH;
        lmod_error *error = HOST_RUBBISH;
        int32_t got = lmod_decision_next(&doc, rows[i].engine, rows[i].host, rows[i].length,
                                         rows[i].lease_s, &error);
        CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, doc, error));
    }
}

static void test_ack_refuses(void)
{
    static const uint32_t odd[] = {1, LMOD_OUTCOME_AGAIN + 1, UINT32_MAX};
    static const char *const id[] = {"", "x", UNKNOWN "x"};
    lmod_error *error = HOST_RUBBISH;
    CU_ASSERT_EQUAL(lmod_decision_ack(NULL, UNKNOWN, HOST, 11, 0, &error), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_error_status(error), LMOD_E_ARGUMENT);
    lmod_error_free(error);
    CU_ASSERT_EQUAL(lmod_decision_ack(engine, NULL, HOST, 11, 0, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_decision_ack(engine, UNKNOWN, NULL, 1, 0, NULL), LMOD_E_ARGUMENT);
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        CU_ASSERT_EQUAL(ack(engine, UNKNOWN, odd[i]), LMOD_E_ARGUMENT);
        CU_ASSERT_EQUAL(ack(engine, id[i], LMOD_OUTCOME_DONE), LMOD_E_ARGUMENT);
    }
    CU_ASSERT_EQUAL(ack(engine, UNKNOWN, LMOD_OUTCOME_DONE), LMOD_E_NOT_FOUND);
}

/* Report, decide, act, acknowledge; and what each says the second time. */
static void test_circle(void)
{
    char event[64], decision[64];
    lmod_doc *doc = HOST_RUBBISH;
    lmod_error *error = HOST_RUBBISH;
    uint32_t need = 0;
    CU_ASSERT_EQUAL(lmod_decision_next(&doc, engine, HOST, strlen(HOST), 1, &error), LMOD_OK);
    CU_ASSERT(!doc && !error);
    (void)snprintf(event, sizeof(event), "%s", report_text(engine, "$circle", "a circle"));
    CU_ASSERT_EQUAL_FATAL(decide(engine, event, "remove", &doc), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "event"), event);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "entries"), "1");
    (void)snprintf(decision, sizeof(decision), "%s", lmod_doc_field(doc, "decision"));
    lmod_doc_free(doc);
    CU_ASSERT_EQUAL(decide(engine, event, "dismiss", &doc), LMOD_E_STATE);
    CU_ASSERT_EQUAL(lmod_engine_poll(engine, &need, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(need, LMOD_NEED_DECISIONS);
    CU_ASSERT_EQUAL(next(engine, "example.com", &doc), LMOD_OK);
    CU_ASSERT_PTR_NULL(doc);
    CU_ASSERT_EQUAL(next(engine, "", &doc), LMOD_OK);
    CU_ASSERT_PTR_NULL(doc);
    CU_ASSERT_EQUAL(next(engine, HOST, &doc), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "decision"), decision);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "items.0.item"), "$circle");
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "items.0.sender"), "@sender");
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, "items.1"));
    lmod_doc_free(doc);
    CU_ASSERT_EQUAL(next(engine, HOST, &doc), LMOD_OK);
    CU_ASSERT_PTR_NULL(doc);
    CU_ASSERT_EQUAL(lmod_decision_ack(engine, decision, "example.com", 11, 0, NULL),
                    LMOD_E_NOT_FOUND);
    CU_ASSERT_EQUAL(ack(engine, decision, LMOD_OUTCOME_AGAIN), LMOD_OK);
    CU_ASSERT_EQUAL(next(engine, HOST, &doc), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "tries"), "2");
    lmod_doc_free(doc);
    CU_ASSERT_EQUAL(ack(engine, decision, LMOD_OUTCOME_DONE), LMOD_OK);
    CU_ASSERT_EQUAL(ack(engine, decision, LMOD_OUTCOME_DONE), LMOD_OK);
    CU_ASSERT_EQUAL(next(engine, HOST, &doc), LMOD_OK);
    CU_ASSERT_PTR_NULL(doc);
}

/* What a decision says stays when its engine is gone. */
static void test_documents_stay(void)
{
    lmod_engine *own = host_engine(&site);
    lmod_doc *done = NULL, *work = NULL;
    CU_ASSERT_EQUAL(decide(own, report_text(own, "$stay", "it stays"), "hold", &done), LMOD_OK);
    CU_ASSERT_EQUAL(next(own, HOST, &work), LMOD_OK);
    lmod_engine_close(own);
    const char *decision = lmod_doc_field(work, "decision");
    CU_ASSERT_STRING_EQUAL(decision, lmod_doc_field(done, "decision"));
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(work, "action"), "hold");
    CU_ASSERT_EQUAL(ack(engine, decision, LMOD_OUTCOME_GONE), LMOD_OK); /* by another engine */
    lmod_doc_free(done);
    lmod_doc_free(work);
}

/* ---- another process ---- */

static int32_t action_of(lmod_engine *e, const char *text)
{
    lmod_verdict *v = NULL;
    lmod_subject *who = host_subject(HOST, "$like");
    int32_t action = -1;
    if (lmod_scan_text(&v, e, who, text, strlen(text), NULL) == LMOD_OK)
        action = (int32_t)lmod_verdict_action(v);
    lmod_verdict_free(v);
    lmod_subject_free(who);
    return action;
}

/* Opens an engine of its own, says so, and from the word "go" on scans a text until it is held: at most a second. */
static bool held_here(int ready, int go, const char *text)
{
    char word;
    struct timespec begin, now;
    lmod_engine *own = host_engine(&site);
    bool open = own && action_of(own, text) == LMOD_ALLOW;
    if (!open || write(ready, "y", 1) != 1 || read(go, &word, 1) != 1)
        return false;
    (void)clock_gettime(CLOCK_MONOTONIC, &begin);
    int32_t action = LMOD_ALLOW;
    do {
        action = action_of(own, text);
        (void)clock_gettime(CLOCK_MONOTONIC, &now);
    } while (action == LMOD_ALLOW &&
             (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 < 1000);
    lmod_engine_close(own);
    return action == LMOD_HOLD;
}

/* A removed text holds a copy with other words in a process that runs already, within a second. */
static void test_texts_like_it(void)
{
    int ready[2] = {-1, -1}, go[2] = {-1, -1};
    char answer = 'n', event[64];
    pid_t pid;
    lmod_doc *doc = NULL;
    CU_ASSERT_FATAL(pipe2(ready, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
    HOST_CHILD(pid, held_here(ready[1], go[0], "tonight: the best winter hats are for sale again"));
    CU_ASSERT_EQUAL(read(ready[0], &answer, 1), 1);
    (void)snprintf(event, sizeof(event), "%s",
                   report_text(engine, "$hats", "the best summer hats are for sale again tonight"));
    CU_ASSERT_EQUAL(decide(engine, event, "remove", &doc), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "entries"), "2");
    lmod_doc_free(doc);
    CU_ASSERT_EQUAL(write(go[1], "g", 1), 1);
    CU_ASSERT_EQUAL(host_wait(pid), 0);
    CU_ASSERT_EQUAL(action_of(engine, "a hat is what one needs on a winter night"), LMOD_ALLOW);
    for (size_t i = 0; i < 2; i++) {
        (void)close(ready[i]);
        (void)close(go[i]);
    }
}

/* ---- copies of a process, and no store ---- */

static bool all_say(lmod_engine *e, int32_t status)
{
    lmod_verdict *v = HOST_RUBBISH;
    lmod_doc *doc = HOST_RUBBISH;
    lmod_error *error = NULL;
    lmod_subject *who = host_subject(HOST, "an item");
    int32_t got = lmod_recall(&v, e, who, "x", 1, &error);
    bool ok = host_refused(got, status, v, error);
    v = HOST_RUBBISH;
    got = lmod_report(&v, e, who, LMOD_CONTENT_ITEM, NULL, 0, NULL, 0, &error);
    ok &= host_refused(got, status, v, error);
    ok &= decide(e, UNKNOWN, "remove", &doc) == status && !doc;
    doc = HOST_RUBBISH;
    ok &= next(e, HOST, &doc) == status && !doc;
    ok &= ack(e, UNKNOWN, LMOD_OUTCOME_DONE) == status;
    lmod_subject_free(who);
    return ok;
}

static void test_copy_is_told(void)
{
    CU_ASSERT(report_text(engine, "$before", "before")[0]);
    (void)fflush(NULL);
    pid_t pid = _Fork();
    if (pid == 0) {
        bool ok = all_say(engine, LMOD_E_FORKED) && !report_text(engine, "$in", "a copy")[0];
        lmod_engine_close(engine);
        lmod_engine *own = host_engine(&site);
        ok = ok && own && report_text(own, "$own", "its own")[0];
        lmod_engine_close(own);
        (void)fflush(NULL);
        _exit(ok ? 0 : 1);
    }
    CU_ASSERT_EQUAL(host_wait(pid), 0);
    CU_ASSERT(report_text(engine, "$after", "after")[0]);
}

/* The state directory is a file: scans and reports go on, and say so. No scan is complete without
 * the decisions. */
static void test_no_store(void)
{
    struct tempdir own;
    lmod_verdict *v = NULL;
    lmod_doc *doc = NULL;
    CU_ASSERT_FATAL(host_site(&own));
    CU_ASSERT_EQUAL(rmdir(tempdir_file(&own, "state")), 0);
    CU_ASSERT(tempdir_write(&own, "state", "x", 1));
    lmod_engine *e = host_engine(&own);
    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    for (size_t i = 0; i < HOST_EXPECTED; i++) {
        struct expected x = host_expected[i];
        x.coverage = LMOD_PARTIAL;
        CU_ASSERT(host_scan(e, &own, &x));
    }
    CU_ASSERT_EQUAL(lmod_report(&v, e, NULL, LMOD_CONTENT_TEXT, "x", 1, NULL, 0, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_verdict_recorded(v), LMOD_RECORDED_FAILED);
    CU_ASSERT_PTR_NULL(lmod_verdict_field(v, LMOD_WHOLE, "event"));
    lmod_verdict_free(v);
    CU_ASSERT(all_say(e, LMOD_E_STORE));
    CU_ASSERT_EQUAL(lmod_engine_stats(&doc, e, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "store.recorded"), "0");
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "store.unrecorded"), "4");
    CU_ASSERT_PTR_NOT_NULL(lmod_doc_field(doc, "store.error"));
    lmod_doc_free(doc);
    lmod_engine_close(e);
    tempdir_remove(&own);
}

int main(void)
{
    bool ready = host_site(&site) && (engine = host_engine(&site)) != NULL;
    int result =
        !ready
            ? 99
            : TAP_RUN("hosts/decisions", {"recall refuses", test_recall_refuses},
                      {"recall by host and reference", test_recall},
                      {"report refuses", test_report_refuses},
                      {"report takes what is odd", test_report_takes},
                      {"decide refuses", test_decide_refuses}, {"next refuses", test_next_refuses},
                      {"ack refuses", test_ack_refuses},
                      {"report, decide, act, acknowledge", test_circle},
                      {"documents outlive the engine", test_documents_stay},
                      {"texts like a removed one", test_texts_like_it},
                      {"a copied process is told", test_copy_is_told}, {"no store", test_no_store});
    lmod_engine_close(engine);
    tempdir_remove(&site);
    return result;
}
