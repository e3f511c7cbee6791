/* The review queue and the stream of events. */
#include "desk.h"

/* The last digits of the events that a filter gives, in order: "3 1 2". */
struct listed {
    char order[1024];
    uint64_t stop_after, n;
};

static int note(void *user, const struct store_listed *row)
{
    struct listed *l = user;
    size_t at = strlen(l->order);
    (void)snprintf(l->order + at, sizeof(l->order) - at, "%s%s", at ? " " : "",
                   row->id + strlen(row->id) - 1);
    return ++l->n == l->stop_after ? LMOD_E_IO : LMOD_OK;
}

static const char *order(struct store *s, struct store_filter f)
{
    static struct listed l;
    struct error e = {0};
    l = (struct listed){.n = 0};
    int status = store_list(s, &f, 0, note, &l, &e);
    if (status != LMOD_OK)
        (void)snprintf(l.order, sizeof(l.order), "%d %s", status, e.text);
    return l.order;
}

/* ---- order and filters ---- */

static const struct {
    uint64_t n, deadline, at;
    uint8_t prio;
    const char *type, *harm;
} events[] = {
    {1, 0, 100, 9, "libmod.match.v1", "m.adult.ncii"},
    {2, 900, 200, 1, "libmod.match.v1", "m.adult.ncii"},
    {3, 800, 300, 1, "libmod.report.v1", "other"},
    {4, 900, 150, 5, "libmod.match.v1", NULL},
    {5, 0, 90, 9, "libmod.match.v1", "other"},
    {6, 900, 190, 1, "libmod.match.v1", "other"},
    {7, 10, 500, 9, "libmod.gap.v1", NULL},
    {8, 0, 600, 0, "libmod.match.v1", "other"},
};

static bool put_events(struct store *s)
{
    bool ok = true;
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        struct kit_row k;
        desk_row(&k, events[i].n);
        k.event.deadline = events[i].deadline ? T0 + events[i].deadline : 0;
        k.event.at = T0 + events[i].at;
        k.event.prio = events[i].prio;
        k.event.type = events[i].type;
        if (events[i].harm)
            (void)snprintf(k.body, sizeof(k.body), "{\"queue\":{\"harm\":\"%s\"}}", events[i].harm);
        else
            (void)snprintf(k.body, sizeof(k.body), "%s", events[i].n == 4 ? "not JSON" : "{}");
        k.event.body = text_of(k.body);
        ok = ok && desk_put(s, &k);
    }
    return ok;
}

static void test_order_and_filters(void)
{
    static const struct {
        struct store_filter filter;
        const char *order;
    } want[] = {
        {{0}, "1 2 3 4 5 6 7 8"},
        {{.review = true}, "1 2 3 4 5 6 8"},
        {{.review = true, .by_deadline = true}, "3 4 6 2 5 1 8"},
        {{.by_deadline = true}, "7 3 4 6 2 5 1 8"},
        {{.review = true, .by_deadline = true, .limit = 3}, "3 4 6"},
        {{.limit = 2}, "1 2"},
        {{.after = 6}, "7 8"},
        {{.after = 3, .limit = 2}, "4 5"},
        {{.since = T0 + 200}, "2 3 7 8"},
        {{.review = true, .harm = "other"}, "3 5 6 8"},
        {{.review = true, .harm = "other", .by_deadline = true}, "3 6 5 8"},
        {{.harm = "none.such"}, ""},
        {{.review = true, .status = QUEUE_OPEN}, "1 2 4 5 6 8"},
        {{.review = true, .status = QUEUE_DECIDED}, "3"},
        {{.review = true, .status = QUEUE_OPEN, .by_deadline = true}, "4 6 2 5 1 8"},
        {{.status = QUEUE_OPEN, .harm = "other"}, "5 6 8"},
    };
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    CU_ASSERT_TRUE(put_events(s));
    CU_ASSERT_EQUAL(desk_decide(s, 1, 3, DECIDE_DISMISS), LMOD_OK);
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        CU_ASSERT_STRING_EQUAL(order(s, want[i].filter), want[i].order);
        if (strcmp(order(s, want[i].filter), want[i].order) != 0)
            printf("# %zu: %s\n", i, order(s, want[i].filter));
    }
    kit_close(s, &dir);
}

static void test_by_id(void)
{
    static const struct {
        const char *id, *order;
    } want[] = {
        {"0198c0de-0000-7000-8000-000000000003", "3"},
        {"0198c0de-0000-7000-8000-00000000001", "0"},
        {"0198c0de-0000-7000-8000-00000000000",
         "-90 several events begin with 0198c0de-0000-7000-8000-00000000000: give more of it"},
        {"0198", "-90 several events begin with 0198: give more of it"},
        {"", "-90 several events begin with : give more of it"},
        {"0199", "-91 there is no event 0199"},
        {"0198c0de-0000-7000-8000-0000000000033", "-91 there is no event "
                                                  "0198c0de-0000-7000-8000-0000000000033"},
        {"%", "-91 there is no event %"},
    };
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    CU_ASSERT_TRUE(put_events(s));
    CU_ASSERT_TRUE(desk_event(s, 16)); /* …0010 */
    for (size_t i = 0; i < COUNT_OF(want); i++)
        CU_ASSERT_STRING_EQUAL(order(s, (struct store_filter){.id = want[i].id}), want[i].order);
    kit_close(s, &dir);
}

static void test_callback_ends_it(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct listed l = {.stop_after = 2};
    struct store_filter f = {.review = true};
    CU_ASSERT_TRUE(put_events(s));
    CU_ASSERT_EQUAL(store_list(s, &f, 0, note, &l, NULL), LMOD_E_IO);
    CU_ASSERT_EQUAL(l.n, 2);
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_HOLD), LMOD_OK); /* the store is free again */
    kit_close(s, &dir);
}

/* ---- what a row says ---- */

static int check_row(void *user, const struct store_listed *r)
{
    unsigned *rows = user;
    ++*rows;
    CU_ASSERT_EQUAL(r->seq, 1);
    CU_ASSERT_STRING_EQUAL(r->id, "0198c0de-0000-7000-8000-000000000001");
    CU_ASSERT_STRING_EQUAL(r->type, "libmod.match.v1");
    CU_ASSERT_EQUAL(strncmp(r->ck, "h1:", 3), 0);
    CU_ASSERT_STRING_EQUAL(r->cluster, "ban/e42");
    CU_ASSERT_STRING_EQUAL(r->harm, "m.adult.ncii");
    CU_ASSERT_STRING_EQUAL(r->kind, "media");
    CU_ASSERT_STRING_EQUAL(r->body, "{\"queue\":{\"harm\":\"m.adult.ncii\"},\"n\":1}");
    CU_ASSERT_EQUAL(r->at, T0 + 1);
    CU_ASSERT_EQUAL(r->deadline, T0 + DAY);
    CU_ASSERT_EQUAL(r->sent, 0);
    CU_ASSERT_EQUAL(r->prio, 5);
    CU_ASSERT_EQUAL(r->count, 0);
    CU_ASSERT_EQUAL(r->item.host.size, strlen("chat.example.org"));
    CU_ASSERT_EQUAL(memcmp(r->item.ref.at, "upload/1", r->item.ref.size), 0);
    CU_ASSERT_EQUAL(r->item.surface, 1);
    CU_ASSERT_STRING_EQUAL(r->decision, "0198dddd-0000-7000-8000-000000000001");
    CU_ASSERT_STRING_EQUAL(r->action, "hold");
    CU_ASSERT_STRING_EQUAL(r->scope, "room");
    CU_ASSERT_STRING_EQUAL(r->reason, "house rules");
    CU_ASSERT_STRING_EQUAL(r->reviewer, "reviewer-7");
    CU_ASSERT_EQUAL(r->decided_at, T0 + DAY + 1);
    return LMOD_OK;
}

static void test_row(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    struct decision d = desk_decision(1, 1, DECIDE_HOLD);
    struct store_filter f = {.review = true};
    unsigned rows = 0;
    desk_row(&k, 1);
    k.content.cluster = "ban/e42";
    k.event.deadline = T0 + DAY;
    d.scope = SCOPE_ROOM;
    CU_ASSERT_TRUE(desk_put(s, &k));
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_list(s, &f, 0, check_row, &rows, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(rows, 1);
    kit_close(s, &dir);
}

static int check_bare(void *user, const struct store_listed *r)
{
    unsigned *rows = user;
    ++*rows;
    CU_ASSERT_PTR_NULL(r->ck);
    CU_ASSERT_PTR_NULL(r->cluster);
    CU_ASSERT_PTR_NULL(r->harm);
    CU_ASSERT_PTR_NULL(r->kind);
    CU_ASSERT_PTR_NULL(r->body);
    CU_ASSERT_PTR_NULL(r->action);
    CU_ASSERT_EQUAL(r->item.host.size, 0);
    CU_ASSERT_EQUAL(r->item.ref.size, 0);
    CU_ASSERT_EQUAL(r->count, 1); /* itself */
    CU_ASSERT_NOT_EQUAL(r->sent, 0);
    return LMOD_OK;
}

static void test_bare_row(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_filter f = {.review = true};
    unsigned rows = 0;
    desk_row(&k, 1);
    k.event.body.at = NULL;
    k.row.content = NULL;
    k.row.item = NULL;
    CU_ASSERT_TRUE(desk_put(s, &k));
    CU_ASSERT_EQUAL(store_sent(s, &(uint64_t){1}, 1, 0, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_list(s, &f, 0, check_bare, &rows, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(rows, 1);
    kit_close(s, &dir);
}

/* ---- clusters ---- */

struct counts {
    uint64_t of[8];
};

static int note_count(void *user, const struct store_listed *row)
{
    struct counts *c = user;
    c->of[row->seq] = row->count;
    return LMOD_OK;
}

/* How many open events stand behind a row: of its content, and of others that the same entry hit. */
static void test_count(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct counts c = {{0}};
    struct store_filter f = {.review = true};
    for (uint64_t n = 1; n <= 6; n++) {
        desk_row(&k, n);
        k.content.cluster = n <= 4 ? "ban/e42" : NULL;
        if (n == 2)
            desk_like(&k, 1);
        k.event.type = n == 4 ? "libmod.list.v1" : "libmod.match.v1";
        CU_ASSERT_TRUE(desk_put(s, &k));
    }
    CU_ASSERT_EQUAL(desk_decide(s, 1, 3, DECIDE_DISMISS), LMOD_OK);
    CU_ASSERT_EQUAL(desk_decide(s, 2, 6, DECIDE_DISMISS), LMOD_OK);
    CU_ASSERT_EQUAL(store_list(s, &f, 0, note_count, &c, NULL), LMOD_OK);
    static const uint64_t want[] = {0, 2, 2, 2, 0, 1, 0};
    for (uint64_t n = 1; n <= 6; n++)
        CU_ASSERT_EQUAL(c.of[n], want[n]);
    kit_close(s, &dir);
}

/* ---- the outbox ---- */

static void test_outbox(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    uint64_t seq[1200];
    for (uint64_t i = 0; i < COUNT_OF(seq); i++)
        seq[i] = i + 1;
    CU_ASSERT_TRUE(put_events(s));
    CU_ASSERT_EQUAL(store_sent(s, seq, 3, 0, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT min(seq) FROM event WHERE sent IS NULL"), 4);
    int64_t first = ask_file(&dir, "SELECT sent FROM event WHERE seq = 1");
    CU_ASSERT_TRUE(first > 0);
    CU_ASSERT_TRUE(change_file(&dir, "UPDATE event SET sent = 1 WHERE seq = 1"));
    CU_ASSERT_EQUAL(store_sent(s, seq, COUNT_OF(seq), 0, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event WHERE sent IS NULL"), 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT sent FROM event WHERE seq = 1"), 1);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/queue", {"order and filters", test_order_and_filters},
                   {"one by its id or the beginning of it", test_by_id},
                   {"a callback ends it", test_callback_ends_it}, {"what a row says", test_row},
                   {"a row with nothing", test_bare_row}, {"open events of a cluster", test_count},
                   {"the outbox", test_outbox});
}
