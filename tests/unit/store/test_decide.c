/* Deciding: what becomes of the event, of the lists, of the hosts; once and no more. */
#include "desk.h"

#include <pthread.h>
#include <sys/wait.h>

/* ---- effects ---- */

static const struct {
    enum decision_action action;
    bool no_list;
    uint32_t entries;
    int local, allow, delivered;
} effects[] = {
    {DECIDE_REMOVE, false, 2, 2, 0, 1},      {DECIDE_REMOVE, true, 0, 0, 0, 1},
    {DECIDE_HOLD, false, 0, 0, 0, 1},        {DECIDE_RESTORE, false, 0, 0, 0, 1},
    {DECIDE_ADD_TO_LIST, false, 2, 2, 0, 0}, {DECIDE_DISMISS, false, 2, 0, 2, 1},
    {DECIDE_WITHDRAW, false, 2, 0, 2, 1},
};

static void test_effects(void)
{
    for (size_t i = 0; i < COUNT_OF(effects); i++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct decision d = desk_decision(1, 1, effects[i].action);
        struct store_decided out;
        d.no_list = effects[i].no_list;
        CU_ASSERT_TRUE(desk_event(s, 1));
        uint64_t before = store_signal(s);
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(out.entries, effects[i].entries);
        CU_ASSERT_STRING_EQUAL(out.decision, d.id);
        CU_ASSERT_STRING_EQUAL(out.event, d.event);
        CU_ASSERT_EQUAL(out.gen, 1);
        CU_ASSERT_NOT_EQUAL(store_signal(s), before);
        CU_ASSERT_EQUAL(desk_active(&dir, "local"), effects[i].local);
        CU_ASSERT_EQUAL(desk_active(&dir, "allow"), effects[i].allow);
        CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM delivery"), effects[i].delivered);
        CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action,
                               term_name(decision_action_terms, effects[i].action));
        CU_ASSERT_STRING_EQUAL(desk_look(s, 1).reviewer, "reviewer-7");
        kit_close(s, &dir);
    }
}

struct seen {
    unsigned rows, sha256, pdq, text;
    bool wrong;
    uint8_t value[32];
};

static int see_entry(void *user, const struct store_entry *row)
{
    struct seen *seen = user;
    seen->rows++;
    seen->sha256 += strcmp(row->sig, "sha256") == 0;
    seen->pdq += strcmp(row->sig, "pdq") == 0;
    seen->text += strcmp(row->sig, "text") == 0;
    seen->wrong = seen->wrong || row->size != 32 || !row->active || row->action != UNSET_ACTION ||
                  strcmp(row->decision, "0198dddd-0000-7000-8000-000000000001") != 0;
    seen->wrong = seen->wrong || !row->harm || strcmp(row->harm, "m.adult.ncii") != 0;
    if (row->size == 32)
        memcpy(seen->value, row->value, 32);
    return LMOD_OK;
}

static void test_entries_of_a_picture(void)
{
    for (unsigned quality = 49; quality <= 50; quality++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct kit_row k;
        struct seen seen = {0};
        uint64_t gen;
        desk_row(&k, 1);
        k.content.quality = (uint8_t)quality;
        CU_ASSERT_TRUE(desk_put(s, &k));
        CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_REMOVE), LMOD_OK);
        CU_ASSERT_EQUAL(store_entries(s, 0, 0, see_entry, &seen, &gen, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(seen.sha256, 1);
        CU_ASSERT_EQUAL(seen.pdq, quality >= 50);
        CU_ASSERT_EQUAL(seen.rows, seen.sha256 + seen.pdq);
        CU_ASSERT_FALSE(seen.wrong);
        kit_close(s, &dir);
    }
}

/* A text joins by its content key, and the next one is counted by it. */
static void test_text(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct seen seen = {0};
    struct store_decided out;
    struct decision d = desk_decision(1, 1, DECIDE_DISMISS);
    uint64_t gen;
    desk_text(&k, 1);
    CU_ASSERT_TRUE(desk_put(s, &k));
    desk_text(&k, 2);
    desk_like(&k, 1);
    CU_ASSERT_TRUE(desk_put(s, &k));
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.earlier, 1);
    CU_ASSERT_EQUAL(store_entries(s, 0, 0, see_entry, &seen, &gen, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(seen.rows, 1);
    CU_ASSERT_EQUAL(seen.text, 1);
    CU_ASSERT_EQUAL(memcmp(seen.value, k.sha256, 32), 0); /* which its key is made of here */
    kit_close(s, &dir);
}

/* What was allowed by mistake is not allowed any more when it is removed. */
static void test_remove_beats_an_earlier_dismiss(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_DISMISS), LMOD_OK);
    desk_row(&k, 2);
    desk_like(&k, 1);
    CU_ASSERT_TRUE(desk_put(s, &k));
    struct decision d = desk_decision(2, 2, DECIDE_REMOVE);
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 4);
    CU_ASSERT_EQUAL(desk_active(&dir, "local"), 2);
    CU_ASSERT_EQUAL(desk_active(&dir, "allow"), 0);
    kit_close(s, &dir);
}

/* Rows that are there already do not count; withdrawn ones come back with a new gen. */
static void test_entries_are_counted_when_they_change(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_decided out;
    struct kit_row k;
    static const struct {
        enum decision_action action;
        uint32_t entries;
    } step[] = {
        {DECIDE_REMOVE, 2},   {DECIDE_ADD_TO_LIST, 0}, {DECIDE_WITHDRAW, 4},
        {DECIDE_WITHDRAW, 0}, {DECIDE_REMOVE, 4},
    };
    for (uint64_t i = 0; i < COUNT_OF(step); i++) {
        desk_row(&k, i + 1);
        desk_like(&k, 1);
        CU_ASSERT_TRUE(desk_put(s, &k));
        struct decision d = desk_decision(i + 1, i + 1, step[i].action);
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(out.entries, step[i].entries);
        CU_ASSERT_EQUAL(out.gen, i + 1);
    }
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM entry WHERE list = 'local' AND gen = 5"
                                   " AND decision = '0198dddd-0000-7000-8000-000000000005'"),
                    2);
    kit_close(s, &dir);
}

/* ---- earlier events ---- */

static void flip_bits(uint8_t *pdq, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        pdq[i / 8] = (uint8_t)(pdq[i / 8] ^ (1u << i % 8));
}

static void test_earlier(void)
{
    static const struct {
        unsigned distance;
        uint8_t quality;
        const char *type;
        bool local, allow;
    } other[] = {
        {0, 90, "libmod.match.v1", true, true},    {10, 90, "libmod.report.v1", true, true},
        {11, 90, "libmod.match.v1", true, false},  {31, 90, "libmod.match.v1", true, false},
        {32, 90, "libmod.match.v1", false, false}, {5, 49, "libmod.match.v1", false, false},
        {5, 90, "libmod.gap.v1", false, false},
    };
    for (int allow = 0; allow < 2; allow++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct store_decided out;
        uint64_t want = 0;
        CU_ASSERT_TRUE(desk_event(s, 1));
        for (uint64_t i = 0; i < COUNT_OF(other); i++) {
            struct kit_row k, first;
            desk_row(&k, 2 + i);
            kit_row(&first, 1);
            memcpy(k.pdq, first.pdq, sizeof(k.pdq));
            flip_bits(k.pdq, other[i].distance);
            k.content.quality = other[i].quality;
            k.event.type = other[i].type;
            CU_ASSERT_TRUE(desk_put(s, &k));
            want += allow ? other[i].allow : other[i].local;
        }
        struct decision d = desk_decision(1, 1, allow ? DECIDE_DISMISS : DECIDE_REMOVE);
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(out.earlier, want);
        kit_close(s, &dir);
    }
}

/* More contents than one slice has. */
static void test_earlier_of_many(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_TRUE(change_file(
        &dir, "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
              " INSERT INTO content(ck, kind, pdq, quality, first, last)"
              " SELECT 'h1:' || i, 'media', (SELECT pdq FROM content LIMIT 1), 90, 0, 0 FROM n;"
              "INSERT INTO event(id, type, prio, at, ck)"
              " SELECT 'e' || ck, 'libmod.match.v1', 5, 0, ck FROM content WHERE bytes IS NULL"));
    struct decision d = desk_decision(1, 1, DECIDE_REMOVE);
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.earlier, 2499);
    kit_close(s, &dir);
}

/* ---- refusals ---- */

static void test_decided_once(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct decision d = desk_decision(1, 1, DECIDE_REMOVE);
    struct store_decided out;
    struct error e;
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK); /* the same id */
    CU_ASSERT_STRING_EQUAL(out.event, d.event);
    CU_ASSERT_STRING_EQUAL(out.decision, d.id);
    CU_ASSERT_EQUAL(out.entries, 0);
    CU_ASSERT_EQUAL(out.gen, 1);
    d = desk_decision(2, 1, DECIDE_DISMISS);
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, &e), LMOD_E_STATE);
    CU_ASSERT_STRING_EQUAL(e.text, "decided already: remove by reviewer-7 at 2023-11-15T22:13:20Z");
    CU_ASSERT_STRING_EQUAL(out.decision, "");
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision"), 1);
    CU_ASSERT_EQUAL(desk_active(&dir, "allow"), 0);
    kit_close(s, &dir);
}

static void test_refused(void)
{
    static const struct {
        const char *event, *content, *id;
        int action, scope, status;
    } bad[] = {
        {"0198c0de-0000-7000-8000-00000000dead", "", "x", 1, 1, LMOD_E_NOT_FOUND},
        {"", "h1:00", "x", 1, 2, LMOD_E_NOT_FOUND},
        {"", "", "x", 1, 1, LMOD_E_ARGUMENT},
        {"", "h1:00", "x", 1, SCOPE_SENDER, LMOD_E_ARGUMENT},
        {"0198c0de-0000-7000-8000-000000000001", "", "x", 7, 1, LMOD_E_ARGUMENT},
        {"0198c0de-0000-7000-8000-000000000001", "", "x", 0, 1, LMOD_E_ARGUMENT},
        {"0198c0de-0000-7000-8000-000000000001", "", "x", 1, 0, LMOD_E_ARGUMENT},
        {"0198c0de-0000-7000-8000-000000000001", "", "", 1, 1, LMOD_E_ARGUMENT},
        {"0198c0de-0000-7000-8000-000000000002", "", "x", 1, 1, LMOD_E_STATE}, /* a gap */
    };
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    CU_ASSERT_TRUE(desk_event(s, 1));
    desk_row(&k, 2);
    k.event.type = "libmod.gap.v1";
    k.row.content = NULL;
    k.row.item = NULL;
    CU_ASSERT_TRUE(desk_put(s, &k));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct decision d = {.action = (enum decision_action)bad[i].action,
                             .scope = (enum decision_scope)bad[i].scope,
                             .src = "host"};
        struct store_decided out;
        struct error e = {0};
        (void)snprintf(d.id, sizeof(d.id), "%s", bad[i].id);
        (void)snprintf(d.event, sizeof(d.event), "%s", bad[i].event);
        (void)snprintf(d.content, sizeof(d.content), "%s", bad[i].content);
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, &e), bad[i].status);
        CU_ASSERT_NOT_EQUAL(e.text[0], '\0');
    }
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision"), 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT v FROM meta WHERE k = 'gen'"), 0);
    kit_close(s, &dir);
}

/* Whatever fails last: nothing of the decision is left, and it can be made again. */
static void test_all_or_nothing(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct decision d = desk_decision(1, 1, DECIDE_REMOVE);
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_TRUE(change_file(&dir, "CREATE TRIGGER fails BEFORE INSERT ON delivery"
                                     " BEGIN SELECT RAISE(ABORT, 'no'); END"));
    CU_ASSERT_NOT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 0);
    CU_ASSERT_STRING_EQUAL(out.decision, "");
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision"), 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM entry"), 0);
    CU_ASSERT_EQUAL(store_signal(s), 0);
    CU_ASSERT_TRUE(change_file(&dir, "DROP TRIGGER fails"));
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.gen, 1);
    kit_close(s, &dir);
}

static void test_deadline(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct decision d = desk_decision(1, 1, DECIDE_REMOVE);
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    sqlite3 *other = outsider(&dir);
    CU_ASSERT_EQUAL(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    CU_ASSERT_EQUAL(store_decide(s, &d, in_ms(5), &out, NULL), LMOD_E_TIMEOUT);
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_E_STORE); /* nobody gets on */
    CU_ASSERT_EQUAL(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    (void)sqlite3_close(other);
    CU_ASSERT_EQUAL(store_decide(s, &d, in_ms(60000), &out, NULL), LMOD_OK);
    kit_close(s, &dir);
}

/* ---- scopes ---- */

/* A decision about a content is one about all its events so far, and about none to come. */
static void test_by_content(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    struct decision d = desk_decision(1, 0, DECIDE_REMOVE);
    CU_ASSERT_TRUE(desk_event(s, 1));
    for (uint64_t n = 2; n <= 4; n++) {
        desk_row(&k, n);
        desk_like(&k, 1);
        k.item.host = text_of(n == 2 ? "forum.example.org" : "chat.example.org");
        if (n == 4)
            k.event.at = d.at + 1;
        CU_ASSERT_TRUE(desk_put(s, &k));
    }
    CU_ASSERT_TRUE(desk_event(s, 5));
    (void)snprintf(d.content, sizeof(d.content), "%s", k.ck);
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(out.event, "");
    CU_ASSERT_EQUAL(out.entries, 2);
    CU_ASSERT_EQUAL(out.earlier, 4);
    static const char *const action[] = {"remove", "remove", "remove", "", ""};
    for (uint64_t n = 1; n <= 5; n++)
        CU_ASSERT_STRING_EQUAL(desk_look(s, n).action, action[n - 1]);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM delivery"), 2);
    CU_ASSERT_EQUAL(desk_decide(s, 2, 3, DECIDE_DISMISS), LMOD_E_STATE);
    CU_ASSERT_EQUAL(desk_decide(s, 3, 4, DECIDE_DISMISS), LMOD_OK);
    kit_close(s, &dir);
}

/* A user's report of something that the library never saw. */
static void test_item_without_content(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    struct decision d = desk_decision(1, 1, DECIDE_REMOVE);
    desk_row(&k, 1);
    k.row.content = NULL;
    k.event.type = "libmod.report.v1";
    CU_ASSERT_TRUE(desk_put(s, &k));
    d.scope = SCOPE_CONTENT;
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_E_STATE);
    d.scope = SCOPE_ITEM;
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM delivery WHERE host = 'chat.example.org'"
                                   " AND lease_until = 0 AND tries = 0 AND acked IS NULL"),
                    1);
    kit_close(s, &dir);
}

/* ---- many at once ---- */

enum { EVENTS = 1000, DECIDERS = 3 };

struct decider {
    struct store *s;
    uint64_t base;
    unsigned won, lost, other;
};

static void *decide_all(void *user)
{
    struct decider *d = user;
    for (uint64_t n = 1; n <= EVENTS;) {
        int status = desk_decide(d->s, d->base + n, n, DECIDE_DISMISS);
        if (status == LMOD_E_STORE) /* a disk that stalls: what a caller does is try again */
            continue;
        d->won += status == LMOD_OK;
        d->lost += status == LMOD_E_STATE;
        d->other += status != LMOD_OK && status != LMOD_E_STATE;
        n++;
    }
    return NULL;
}

static int decide_as_another_process(const struct tempdir *dir, int out)
{
    struct store_options o = kit_options(dir);
    struct decider d = {.base = 1000000};
    if (store_open(&d.s, &o, NULL) != LMOD_OK)
        return 1;
    (void)decide_all(&d);
    store_close(d.s);
    unsigned counts[] = {d.won, d.lost, d.other};
    return write(out, counts, sizeof(counts)) == sizeof(counts) ? 0 : 1;
}

/* Two threads and another process decide the same events: each is decided by one of them. */
static void test_race(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct decider d[2] = {{s, 2000000, 0, 0, 0}, {s, 3000000, 0, 0, 0}};
    pthread_t thread[2];
    unsigned counts[3] = {0};
    int status = -1, pipes[2];
    for (uint64_t n = 1; n <= EVENTS; n++)
        CU_ASSERT_TRUE(desk_event(s, n));
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    pid_t child = fork(); /* its copy of `s` is not touched */
    if (child == 0)
        _exit(decide_as_another_process(&dir, pipes[1]));
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, decide_all, &d[i]), 0);
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        (void)pthread_join(thread[i], NULL);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_EQUAL(read(pipes[0], counts, sizeof(counts)), sizeof(counts));
    CU_ASSERT_EQUAL(d[0].won + d[1].won + counts[0], EVENTS);
    CU_ASSERT_EQUAL(d[0].lost + d[1].lost + counts[1], (DECIDERS - 1) * EVENTS);
    CU_ASSERT_EQUAL(d[0].other + d[1].other + counts[2], 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(DISTINCT event_id) FROM decision"), EVENTS);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision"), EVENTS);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM delivery"), EVENTS);
    CU_ASSERT_EQUAL(desk_active(&dir, "allow"), 2 * EVENTS);
    CU_ASSERT_EQUAL(store_signal(s), EVENTS);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN(
        "store/decide", {"each action has its effects", test_effects},
        {"a picture joins by its digest, and by PDQ of quality", test_entries_of_a_picture},
        {"a text joins by its content key", test_text},
        {"remove beats an earlier dismiss", test_remove_beats_an_earlier_dismiss},
        {"entries count when they change", test_entries_are_counted_when_they_change},
        {"earlier events are counted within the radius", test_earlier},
        {"earlier events of many contents", test_earlier_of_many},
        {"an event is decided once", test_decided_once},
        {"what cannot be decided is refused", test_refused},
        {"all or nothing", test_all_or_nothing}, {"within its deadline", test_deadline},
        {"a content's events so far", test_by_content},
        {"an item without a content", test_item_without_content},
        {"three decide the same thousand events", test_race});
}
