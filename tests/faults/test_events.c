/*
 * The circle from finding to decision under faults: what must hit is never called clean, an event that
 * is said to be recorded is in the store, one that is not is counted, a decision that was accepted is
 * in force, one that failed may be sent again, and the store is whole whatever happened.
 */
#include "faults.h"

#include "host.h"
#include "shim.h"
#include "store/store.h"
#include "state.h"

static const char pack[] = "format: libmod-rules/1\n"
                           "pack: {id: words, version: '1'}\n"
                           "rules:\n"
                           "  - {id: parrot, title: Parrots, harm: m.adult.ncii, severity: high,\n"
                           "     action: hold, when: {word: parrot}}\n";

static const char hit[] = "a parrot", clean[] = "nothing to see", plain[] = "plain words";

static struct tempdir site;
static lmod_engine *engine, *other;
static void *picture;
static size_t picture_size;

/* Of the events that were there before: of a text, of a picture, of plain words, reported. */
static char text_event[40], picture_event[40], plain_event[40], handed_on[40];

/* What the last call said. */
static struct {
    lmod_verdict *verdict; /* NULL: it failed */
    bool acked, tried_to_ack;
} said;

static uint32_t recorded(void)
{
    return lmod_verdict_recorded(said.verdict);
}

/* Not under faults: it needs memory. */
static const char *event(void)
{
    const char *id = lmod_verdict_field(said.verdict, LMOD_WHOLE, "event");
    return id ? id : "";
}

static void forget(void)
{
    lmod_verdict_free(said.verdict);
    memset(&said, 0, sizeof(said));
}

static lmod_engine *open_engine(void)
{
    lmod_config *config = NULL;
    lmod_engine *out = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/libmod.yaml", site.path);
    if (lmod_config_load(&config, path, NULL) == LMOD_OK)
        (void)lmod_engine_open(&out, config, LMOD_ABI, NULL);
    lmod_config_free(config);
    return out;
}

static lmod_subject *subject_of(const char *item)
{
    lmod_subject *who = NULL;
    if (lmod_subject_new(&who) != LMOD_OK)
        return NULL;
    bool ok = lmod_subject_set(who, LMOD_KEY_HOST, "host", 4) == LMOD_OK &&
              lmod_subject_set(who, LMOD_KEY_ITEM, item, strlen(item)) == LMOD_OK &&
              lmod_subject_set(who, LMOD_KEY_ROOM, "room", 4) == LMOD_OK;
    if (ok)
        return who;
    lmod_subject_free(who);
    return NULL;
}

/* ---- what is said ---- */

enum content { HIT, CLEAN, ANY };

/* Right or a failure; it is what was said from then on. */
static bool honest(int32_t status, lmod_verdict *verdict, enum content content)
{
    lmod_verdict_free(said.verdict);
    said.verdict = verdict;
    if (!verdict)
        return status < 0;
    bool complete = lmod_verdict_coverage(verdict) == LMOD_COMPLETE;
    bool matched = lmod_verdict_count(verdict) > 0;
    bool ok = status == LMOD_OK;
    if (content == HIT)
        ok = ok && (!complete || (matched && lmod_verdict_action(verdict) >= LMOD_HOLD));
    else if (content == CLEAN)
        ok = ok && !matched && recorded() == LMOD_RECORDED_NONE;
    if (!ok)
        printf("# %s\n", lmod_verdict_json(verdict, NULL));
    return ok;
}

static bool scan(lmod_engine *e, const char *item, const char *text, enum content content)
{
    lmod_verdict *verdict = NULL;
    lmod_subject *who = subject_of(item);
    int32_t status =
        who ? lmod_scan_text(&verdict, e, who, text, strlen(text), NULL) : LMOD_E_MEMORY;
    lmod_subject_free(who);
    return honest(status, verdict, content);
}

static bool scan_picture(lmod_engine *e, const char *item, enum content content)
{
    lmod_verdict *verdict = NULL;
    lmod_subject *who = subject_of(item);
    int32_t status =
        who ? lmod_scan_bytes(&verdict, e, who, picture, picture_size, NULL) : LMOD_E_MEMORY;
    lmod_subject_free(who);
    return honest(status, verdict, content);
}

static bool recall(const char *ref, enum content content)
{
    lmod_verdict *verdict = NULL;
    lmod_subject *who = subject_of("message");
    int32_t status = who ? lmod_recall(&verdict, engine, who, ref, strlen(ref), NULL) : -1;
    lmod_subject_free(who);
    return honest(status, verdict, content);
}

static bool report(const char *item, uint32_t kind, const void *content, size_t size)
{
    lmod_verdict *verdict = NULL;
    lmod_subject *who = subject_of(item);
    int32_t status = who ? lmod_report(&verdict, engine, who, kind, content, size, "why", 3, NULL)
                         : LMOD_E_MEMORY;
    lmod_subject_free(who);
    return honest(status, verdict, ANY) &&
           (status < 0 || recorded() == LMOD_RECORDED_OK || recorded() == LMOD_RECORDED_FAILED);
}

static int32_t decide(lmod_engine *e, const char *id, const char *event, const char *action)
{
    lmod_doc *doc = NULL;
    char json[256];
    (void)snprintf(json, sizeof(json),
                   "{\"id\":\"01990000-0000-7000-8000-%s\",\"event_id\":\"%s\",\"action\":\"%s\","
                   "\"scope\":\"content\"}",
                   id, event, action);
    int32_t status = lmod_decide(&doc, e, json, strlen(json), NULL);
    if ((status == LMOD_OK) != (doc != NULL))
        status = LMOD_E_INTERNAL;
    lmod_doc_free(doc);
    return status;
}

/* ---- what is so ---- */

struct look {
    const char *id;
    bool found, decided;
};

static int look_at(void *user, const struct store_listed *row)
{
    struct look *l = user;
    l->found = strcmp(row->id, l->id) == 0;
    l->decided = row->action != NULL;
    return LMOD_OK;
}

/* Whether something was written since the faults ended: until then the gen file may be behind. */
static bool mended;

static void tell(void *user, const char *finding)
{
    if (!mended && strncmp(finding, "the gen file says ", 18) == 0)
        return;
    *(bool *)user = false;
    printf("# store: %s\n", finding);
}

/* Looks into the store: it is whole, and the event (if any) is there. */
static struct look look_up(const char *id)
{
    struct look l = {.id = id};
    struct store *s = NULL;
    char path[512];
    bool whole = true;
    (void)snprintf(path, sizeof(path), "%s/state", site.path);
    const struct store_options o = {
        .dir = path, .quota = UINT64_C(1) << 30, .keep_ms = UINT64_C(400) * 24 * 3600 * 1000};
    const struct store_filter f = {.id = id};
    if (store_open(&s, &o, NULL) != LMOD_OK || store_check(s, tell, &whole, NULL) != LMOD_OK ||
        !whole)
        printf("# the store is not whole\n");
    else if (id[0] && store_list(s, &f, 0, look_at, &l, NULL) != LMOD_OK)
        l.found = false;
    else if (!id[0])
        l.found = true;
    store_close(s);
    return l;
}

static bool counted(const char *field, unsigned n)
{
    lmod_doc *doc = NULL;
    if (lmod_engine_stats(&doc, engine, NULL) != LMOD_OK)
        return false;
    const char *text = lmod_doc_field(doc, field);
    bool ok = text && strtoul(text, NULL, 10) == n;
    if (!ok)
        printf("# %s is %s, not %u\n", field, text ? text : "missing", n);
    lmod_doc_free(doc);
    return ok;
}

/* What was said of the event is so, and was counted as said. */
static bool is_true(void)
{
    bool ok = true;
    if (said.verdict)
        ok = counted("store.unrecorded", recorded() == LMOD_RECORDED_FAILED) &&
             counted("store.recorded", recorded() == LMOD_RECORDED_OK);
    bool named = recorded() == LMOD_RECORDED_OK;
    if (named && !event()[0])
        return false;
    return look_up(named ? event() : "").found && ok;
}

static bool polled(lmod_engine *e)
{
    uint32_t need;
    return lmod_engine_poll(e, &need, NULL) == LMOD_OK;
}

static bool is_recorded(void)
{
    mended = true;
    return recorded() == LMOD_RECORDED_OK && look_up(event()).found;
}

/* What was said is so; then, where the store is left alone for a moment, an engine of its own. */
static bool settled(void)
{
    bool ok = engine && is_true();
    if (ok && fault_lasted()) {
        lmod_engine_close(engine);
        engine = open_engine();
    }
    return ok && engine && polled(engine);
}

/* Everything goes on as if nothing had been. */
static bool works(void)
{
    return settled() && scan(engine, "again", hit, HIT) && is_recorded() &&
           scan(engine, "again", clean, CLEAN);
}

static bool works_with_pictures(void)
{
    return works() && scan_picture(engine, "again", HIT) && is_recorded();
}

/* ---- before and after ---- */

static bool prepare(void)
{
    forget();
    mended = false;
    return state_restore(&site) && (engine = open_engine()) != NULL;
}

static bool prepare_pictures(void)
{
    return prepare() && host_scan(engine, &site, &host_expected[2]); /* the worker is there */
}

static void finish(void)
{
    lmod_engine_close(engine);
    lmod_engine_close(other);
    engine = other = NULL;
    forget();
}

/* ---- scenarios ---- */

static bool run_text_hit(void)
{
    return scan(engine, "new", hit, HIT);
}

static bool run_text_clean(void)
{
    return scan(engine, "new", clean, CLEAN);
}

static bool run_picture(void)
{
    return scan_picture(engine, "new", HIT);
}

static bool run_recall_text(void)
{
    return recall("text", HIT);
}

static bool run_recall_picture(void)
{
    return recall("picture", HIT);
}

static bool run_recall_clean(void)
{
    return recall("clean", CLEAN);
}

static bool run_report_text(void)
{
    return report("new", LMOD_CONTENT_TEXT, plain, strlen(plain));
}

static bool run_report_picture(void)
{
    return report("new", LMOD_CONTENT_MEDIA, picture, picture_size);
}

static bool run_report_known(void)
{
    return report("text", LMOD_CONTENT_ITEM, NULL, 0);
}

static bool run_report_unknown(void)
{
    return report("never seen", LMOD_CONTENT_ITEM, NULL, 0);
}

/* The plain words are removed: from then on they match by themselves. */
static bool run_remove(void)
{
    int32_t status = decide(engine, "000000000001", plain_event, "remove");
    return status != LMOD_OK || scan(engine, "new", plain, HIT);
}

static bool after_remove(void)
{
    forget();
    return settled() && decide(engine, "000000000001", plain_event, "remove") == LMOD_OK &&
           look_up(plain_event).decided && scan(engine, "new", plain, HIT) && is_recorded();
}

/* The picture is dismissed: its event is answered, and it is allowed. */
static bool run_dismiss(void)
{
    (void)decide(engine, "000000000002", picture_event, "dismiss");
    return true;
}

static bool after_dismiss(void)
{
    lmod_verdict *verdict = NULL;
    if (!settled() || decide(engine, "000000000002", picture_event, "dismiss") != LMOD_OK)
        return false;
    mended = true;
    if (!look_up(picture_event).decided ||
        lmod_scan_bytes(&verdict, engine, NULL, picture, picture_size, NULL) != LMOD_OK)
        return false;
    bool ok = lmod_verdict_action(verdict) == LMOD_ALLOW;
    lmod_verdict_free(verdict);
    return ok;
}

static bool acked(const char *id, uint32_t outcome)
{
    return lmod_decision_ack(engine, id, "host", 4, outcome, NULL) == LMOD_OK;
}

/* The id of the next decision for the host; "" when there is none. */
static bool next(char id[40])
{
    lmod_doc *doc = NULL;
    id[0] = '\0';
    if (lmod_decision_next(&doc, engine, "host", 4, 60, NULL) != LMOD_OK)
        return !doc;
    const char *text = lmod_doc_field(doc, "decision");
    (void)snprintf(id, 40, "%s", text ? text : "");
    lmod_doc_free(doc);
    return true;
}

static bool run_work(void)
{
    char id[40];
    if (!next(id))
        return false;
    said.tried_to_ack = id[0];
    said.acked = id[0] && acked(id, LMOD_OUTCOME_DONE);
    return !id[0] || strcmp(id, handed_on) == 0;
}

/* What was not acknowledged is given back and comes again; what was never does. */
static bool after_work(void)
{
    char id[40];
    if (!settled())
        return false;
    bool back = !said.acked && acked(handed_on, LMOD_OUTCOME_AGAIN);
    if (!next(id))
        return false;
    if (said.acked || (said.tried_to_ack && !id[0]))
        return !id[0];
    return back && strcmp(id, handed_on) == 0 && acked(id, LMOD_OUTCOME_DONE) && next(id) && !id[0];
}

/* Another process decided. */
static bool prepare_poll(void)
{
    if (!prepare() || !(other = open_engine()))
        return false;
    return decide(other, "000000000003", plain_event, "remove") == LMOD_OK;
}

static bool run_poll(void)
{
    uint32_t need = 0;
    return lmod_engine_poll(engine, &need, NULL) != LMOD_OK || scan(engine, "new", plain, HIT);
}

static bool after_poll(void)
{
    uint32_t need = 0;
    return settled() && lmod_engine_poll(engine, &need, NULL) == LMOD_OK &&
           need & LMOD_NEED_DECISIONS && scan(engine, "again", plain, HIT) && is_recorded();
}

/* Opening where something was decided: it is in force, or the scan says that it is not complete. */
static bool prepare_open(void)
{
    if (!prepare() || decide(engine, "000000000003", plain_event, "remove") != LMOD_OK)
        return false;
    finish();
    return true;
}

static bool run_open(void)
{
    engine = open_engine();
    return !engine || scan(engine, "new", plain, HIT);
}

static bool after_open(void)
{
    if (!engine) {
        forget();
        engine = open_engine();
    }
    return settled() && scan(engine, "again", plain, HIT) && is_recorded();
}

/* A new store is made. */
static bool prepare_new(void)
{
    forget();
    state_clear(&site, "state");
    return true;
}

static bool run_new(void)
{
    engine = open_engine();
    return !engine || scan(engine, "new", hit, HIT);
}

static bool after_new(void)
{
    if (!engine) {
        forget();
        engine = open_engine();
    }
    return works();
}

/* The first gap is told at once, the second waits for its minute, or for the end. */
static bool prepare_close(void)
{
    static const char html[] = "text/html";
    lmod_subject *who = subject_of("new");
    bool ok = who && prepare() &&
              lmod_subject_set(who, LMOD_KEY_TEXT_FORMAT, html, sizeof(html) - 1) == LMOD_OK;
    for (int i = 0; ok && i < 2; i++) {
        lmod_verdict *verdict = NULL;
        ok = lmod_scan_text(&verdict, engine, who, "a", 1, NULL) == LMOD_OK;
        lmod_verdict_free(verdict);
    }
    lmod_subject_free(who);
    return ok;
}

static bool run_close(void)
{
    lmod_engine_close(engine);
    engine = NULL;
    return true;
}

static bool after_close(void)
{
    engine = open_engine();
    return works();
}

static const struct scenario scenarios[] = {
    {"text-hit", prepare, run_text_hit, works, finish},
    {"text-clean", prepare, run_text_clean, works, finish},
    {"picture", prepare_pictures, run_picture, works_with_pictures, finish},
    {"recall-text", prepare, run_recall_text, works, finish},
    {"recall-picture", prepare, run_recall_picture, works, finish},
    {"recall-clean", prepare, run_recall_clean, works, finish},
    {"report-text", prepare, run_report_text, works, finish},
    {"report-picture", prepare_pictures, run_report_picture, works_with_pictures, finish},
    {"report-known", prepare, run_report_known, works, finish},
    {"report-unknown", prepare, run_report_unknown, works, finish},
    {"remove", prepare, run_remove, after_remove, finish},
    {"dismiss", prepare, run_dismiss, after_dismiss, finish},
    {"work", prepare, run_work, after_work, finish},
    {"poll", prepare_poll, run_poll, after_poll, finish},
    {"open-decided", prepare_open, run_open, after_open, finish},
    {"open-new", prepare_new, run_new, after_new, finish},
    {"close", prepare_close, run_close, after_close, finish},
};

/* ---- the site ---- */

static bool write_config(void)
{
    static const char more[] = "packs: [pack.yaml]\n";
    size_t size;
    char *text = host_read(&site, "libmod.yaml", &size);
    bool ok = text && size && tempdir_write(&site, "pack.yaml", pack, sizeof(pack) - 1);
    if (ok) {
        memcpy(text + size, more, sizeof(more) - 1);
        ok = tempdir_write(&site, "libmod.yaml", text, size + sizeof(more) - 1);
    }
    free(text);
    return ok;
}

static void keep(char id[40])
{
    (void)snprintf(id, 40, "%s", event());
}

/* The state that every run begins with: three events, and a decision that the host has to act on. */
static bool make_state(void)
{
    bool ok = write_config() && (engine = open_engine()) && scan(engine, "text", hit, HIT) &&
              recorded() == LMOD_RECORDED_OK;
    keep(text_event);
    ok = ok && scan_picture(engine, "picture", HIT) && recorded() == LMOD_RECORDED_OK;
    keep(picture_event);
    ok = ok && report("plain", LMOD_CONTENT_TEXT, plain, strlen(plain)) &&
         recorded() == LMOD_RECORDED_OK;
    keep(plain_event);
    void *listed = picture;
    picture = host_read(&site, "clean.png", &picture_size);
    ok = ok && picture && scan_picture(engine, "clean", CLEAN);
    free(picture);
    picture = listed;
    ok = ok && decide(engine, "000000000009", text_event, "hold") == LMOD_OK && next(handed_on) &&
         acked(handed_on, LMOD_OUTCOME_AGAIN);
    finish();
    return ok && state_save(&site);
}

int main(int argc, char **argv)
{
    faults_place();
    bool ok = host_site(&site);
    picture = host_read(&site, "listed.png", &picture_size);
    size_t size = picture_size;
    ok = ok && make_state();
    picture_size = size;
    int code = 1;
    if (ok)
        code = faults_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
    else
        printf("Bail out! no site to scan against\n");
    free(picture);
    tempdir_remove(&site);
    return code;
}
