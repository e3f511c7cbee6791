/* Upkeep: what has grown old goes, and nothing that somebody still needs. */
#include "desk.h"

#define HOST text_of("chat.example.org")

/* A store that keeps for a day, or for ever; everything at T0 has grown old. */
static struct store *open_keeping(struct tempdir *dir, bool relayed)
{
    struct store *s = NULL;
    CU_ASSERT_TRUE_FATAL(tempdir_make(dir));
    struct store_options o = kit_options(dir);
    o.keep_ms = DAY;
    o.relayed = relayed;
    CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    return s;
}

/* A whole pass; the number of calls it took. */
static unsigned tidy(struct store *s)
{
    bool more = true;
    unsigned calls = 0;
    for (; more && calls < 1000; calls++)
        CU_ASSERT_EQUAL(store_tidy(s, 0, &more, NULL), LMOD_OK);
    CU_ASSERT_FALSE(more);
    return calls;
}

/* Something new, so that the last item of the store is none of those that are looked at. */
static void put_new(struct store *s)
{
    struct kit_row k;
    kit_row(&k, 999);
    CU_ASSERT_TRUE(desk_put(s, &k));
}

/* ---- what goes ---- */

enum state { OPEN_EVENT, DECIDED, REOPENED };

static const struct {
    bool relayed, old, sent;
    enum state state;
    const char *type;
    bool body, rows; /* whether they stay */
} cases[] = {
    {false, true, false, OPEN_EVENT, "libmod.match.v1", true, true},
    {false, true, false, DECIDED, "libmod.match.v1", false, false},
    {false, true, false, REOPENED, "libmod.match.v1", true, true},
    {false, true, true, OPEN_EVENT, "libmod.match.v1", false, true},
    {false, true, true, DECIDED, "libmod.report.v1", false, false},
    {false, true, false, OPEN_EVENT, "libmod.list.v1", false, false},
    {false, false, false, DECIDED, "libmod.match.v1", true, true},
    {false, false, true, DECIDED, "libmod.match.v1", true, true},
    {true, true, false, OPEN_EVENT, "libmod.match.v1", true, true},
    {true, true, false, DECIDED, "libmod.match.v1", true, false},
    {true, true, true, OPEN_EVENT, "libmod.match.v1", false, true},
    {true, true, true, DECIDED, "libmod.match.v1", false, false},
    {true, true, false, OPEN_EVENT, "libmod.gap.v1", true, false},
    {true, false, true, DECIDED, "libmod.match.v1", true, true},
};

static void test_what_goes(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct tempdir dir;
        struct store *s = open_keeping(&dir, cases[i].relayed);
        struct kit_row k;
        struct decision d = desk_decision(1, 1, DECIDE_DISMISS);
        desk_row(&k, 1);
        if (!cases[i].old)
            k.content.at = k.item.at = k.event.at = time_wall_ms();
        k.event.type = cases[i].type;
        CU_ASSERT_TRUE(desk_put(s, &k));
        put_new(s);
        if (cases[i].sent)
            CU_ASSERT_EQUAL(store_sent(s, &(uint64_t){1}, 1, 0, NULL), LMOD_OK);
        if (cases[i].state != OPEN_EVENT) {
            CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_DISMISS), LMOD_OK);
            CU_ASSERT_EQUAL(store_ack(s, d.id, HOST, 0, false, 0, NULL), LMOD_OK);
        }
        if (cases[i].state == REOPENED)
            CU_ASSERT_EQUAL(desk_undo(s, 2, 1), LMOD_OK);
        (void)tidy(s);
        CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 2);
        int64_t body = ask_file(&dir, "SELECT body IS NOT NULL FROM event WHERE seq = 1");
        int64_t content = ask_file(&dir, "SELECT count(*) FROM content") - 1;
        int64_t item = ask_file(&dir, "SELECT count(*) FROM item") - 1;
        CU_ASSERT_EQUAL(body, cases[i].body);
        CU_ASSERT_EQUAL(content, cases[i].rows);
        CU_ASSERT_EQUAL(item, cases[i].rows);
        if (body != cases[i].body || content != cases[i].rows || item != cases[i].rows)
            printf("# case %zu: body %d content %d item %d\n", i, (int)body, (int)content,
                   (int)item);
        kit_close(s, &dir);
    }
}

/* Content that was only seen, and is seen no more; what is still seen stays. */
static void test_seen_rows(void)
{
    struct tempdir dir;
    struct store *s = open_keeping(&dir, false);
    struct kit_row k;
    for (uint64_t n = 1; n <= 3; n++) {
        desk_row(&k, n);
        k.row.event = NULL;
        CU_ASSERT_TRUE(desk_put(s, &k));
    }
    k.content.at = k.item.at = time_wall_ms();
    CU_ASSERT_TRUE(desk_put(s, &k));
    (void)tidy(s);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), 1);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item WHERE ref = 'upload/3'"), 1);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 1);
    kit_close(s, &dir);
}

/* ---- what must stay ---- */

/* A host that was away finds what it is to act on, however long it was. */
static void test_hosts_work_stays(void)
{
    for (int content = 0; content < 2; content++) {
        struct tempdir dir;
        struct store *s = open_keeping(&dir, false);
        struct kit_row k;
        struct store_claimed *c = NULL;
        desk_row(&k, 1);
        if (!content)
            k.row.content = NULL;
        CU_ASSERT_TRUE(desk_put(s, &k));
        put_new(s);
        CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_REMOVE), LMOD_OK);
        (void)tidy(s);
        CU_ASSERT_EQUAL_FATAL(store_claim(s, HOST, "w", 60, 0, &c, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(c->items, 1);
        CU_ASSERT_EQUAL(store_ack(s, c->decision, HOST, 0, false, 0, NULL), LMOD_OK);
        free(c);
        (void)tidy(s);
        CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 1);
        kit_close(s, &dir);
    }
}

/* As long as one event of a content is open, all that is known of it stays. */
static void test_one_open_event_keeps_a_content(void)
{
    struct tempdir dir;
    struct store *s = open_keeping(&dir, false);
    struct kit_row k;
    struct decision d = desk_decision(2, 2, DECIDE_REMOVE);
    struct store_decided out;
    struct store_claimed *c = NULL;
    for (uint64_t n = 1; n <= 3; n++) {
        desk_row(&k, n);
        desk_like(&k, 1);
        k.content.at = T0;
        CU_ASSERT_TRUE(desk_put(s, &k));
    }
    put_new(s);
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_ADD_TO_LIST), LMOD_OK);
    CU_ASSERT_EQUAL(desk_decide(s, 3, 3, DECIDE_ADD_TO_LIST), LMOD_OK);
    (void)tidy(s);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 4);
    d.scope = SCOPE_CONTENT;
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL_FATAL(store_claim(s, HOST, "w", 60, 0, &c, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(c->items, 3);
    CU_ASSERT_EQUAL(store_ack(s, c->decision, HOST, 0, false, 0, NULL), LMOD_OK);
    free(c);
    (void)tidy(s);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 1);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), 1);
    kit_close(s, &dir);
}

/* The number of an item that went is not given to another one, which an old event would then mean. */
static void test_numbers_are_not_reused(void)
{
    struct tempdir dir;
    struct store *s = open_keeping(&dir, false);
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_ADD_TO_LIST), LMOD_OK);
    (void)tidy(s);
    CU_ASSERT_TRUE(desk_event(s, 2));
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(DISTINCT item) FROM event"), 2);
    (void)tidy(s);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 1);
    CU_ASSERT_EQUAL(desk_decide(s, 2, 2, DECIDE_REMOVE), LMOD_OK);
    kit_close(s, &dir);
}

/* A decision that is undone when its content is gone does what still can be done. */
static void test_undo_after_tidy(void)
{
    struct tempdir dir;
    struct store *s = open_keeping(&dir, false);
    CU_ASSERT_TRUE(desk_event(s, 1));
    put_new(s);
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_ADD_TO_LIST), LMOD_OK);
    (void)tidy(s);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), 1);
    CU_ASSERT_EQUAL(desk_active(&dir, "local"), 2);
    CU_ASSERT_EQUAL(desk_undo(s, 2, 1), LMOD_OK);
    CU_ASSERT_EQUAL(desk_active(&dir, "local"), 0);
    CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action, "restore");
    kit_close(s, &dir);
}

/* ---- how it goes ---- */

/* Many rows go in many calls, each of a bounded number; the second pass finds nothing. */
static void test_batches(void)
{
    struct tempdir dir;
    struct store *s = open_keeping(&dir, true);
    bool more = false;
    int64_t left = 2600, before = left;
    CU_ASSERT_EQUAL(store_ping(s, 0, NULL, NULL), LMOD_OK);
    CU_ASSERT_TRUE(change_file(
        &dir, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2600)"
              " INSERT INTO event(id, type, prio, at, ck, body, sent)"
              " SELECT 'e' || i, 'libmod.match.v1', 5, 1, 'h1:' || i, 'x', 1 FROM n;"
              "INSERT INTO decision(id, event_id, scope, action, at)"
              " SELECT 'd' || seq, id, 'item', 'hold', 2 FROM event;"
              "INSERT INTO content(ck, kind, first, last) SELECT ck, 'text', 1, 1 FROM event;"
              "INSERT INTO item(host, ref, ck, at) SELECT 'h', seq, ck, 1 FROM event"));
    do {
        CU_ASSERT_EQUAL(store_tidy(s, 0, &more, NULL), LMOD_OK);
        left = ask_file(&dir, "SELECT count(*) FROM event WHERE body IS NOT NULL");
        CU_ASSERT_TRUE(before - left <= 500);
        before = left;
    } while (left && more);
    CU_ASSERT_EQUAL(left, 0);
    CU_ASSERT_TRUE(tidy(s) > 8);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 1); /* the newest */
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), 1);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 2600);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/tidy", {"what goes", test_what_goes}, {"rows only seen", test_seen_rows},
                   {"a host's work stays", test_hosts_work_stays},
                   {"one open event keeps a content", test_one_open_event_keeps_a_content},
                   {"numbers are not reused", test_numbers_are_not_reused},
                   {"an undo after that", test_undo_after_tidy}, {"in batches", test_batches});
}
