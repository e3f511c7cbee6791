/* The hosts' work on decisions: one acts, another takes over, nothing overtakes. */
#include "desk.h"

#include <sys/wait.h>

#define CHAT text_of("chat.example.org")

/* The last digits of the decision that was claimed, "" for none. */
static const char *claim(struct store *s, const char *host, uint32_t lease_s)
{
    static char last[8];
    struct store_claimed *c = NULL;
    struct error e = {0};
    int status = store_claim(s, text_of(host), "worker-1", lease_s, 0, &c, &e);
    CU_ASSERT_TRUE(status == LMOD_OK || (status == LMOD_E_NOT_FOUND && e.text[0]));
    CU_ASSERT_EQUAL(status == LMOD_OK, c != NULL);
    last[0] = '\0';
    if (c)
        (void)snprintf(last, sizeof(last), "%s", c->decision + strlen(c->decision) - 1);
    free(c);
    return last;
}

static int ack(struct store *s, uint64_t n, const char *host, bool again)
{
    struct decision d = desk_decision(n, 0, 0);
    return store_ack(s, d.id, text_of(host), 7, again, 0, NULL);
}

static bool waiting(struct store *s)
{
    bool yes = false;
    CU_ASSERT_EQUAL(store_waiting(s, 0, &yes, NULL), LMOD_OK);
    return yes;
}

/* Events 1 … n of different contents, each with its decision. */
static struct store *open_decided(struct tempdir *dir, uint64_t n)
{
    struct store *s = kit_open(dir);
    for (uint64_t i = 1; i <= n; i++) {
        CU_ASSERT_TRUE(desk_event(s, i));
        CU_ASSERT_EQUAL(desk_decide(s, i, i, DECIDE_REMOVE), LMOD_OK);
    }
    return s;
}

static void test_oldest_first(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    static const uint64_t moment[] = {0, 30, 10, 20};
    CU_ASSERT_FALSE(waiting(s));
    for (uint64_t i = 1; i <= 3; i++) {
        struct decision d = desk_decision(i, i, DECIDE_REMOVE);
        struct store_decided out;
        d.at = T0 + DAY + moment[i];
        CU_ASSERT_TRUE(desk_event(s, i));
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    }
    CU_ASSERT_TRUE(waiting(s));
    CU_ASSERT_STRING_EQUAL(claim(s, "forum.example.org", 60), "");
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "2");
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "3");
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "");
    CU_ASSERT_FALSE(waiting(s));
    kit_close(s, &dir);
}

static void test_what_is_claimed(void)
{
    struct tempdir dir;
    struct store *s = open_decided(&dir, 1);
    struct store_claimed *c = NULL;
    struct kit_row k;
    kit_row(&k, 1);
    uint64_t before = time_wall_ms();
    CU_ASSERT_EQUAL_FATAL(store_claim(s, CHAT, "worker-1", 30, 0, &c, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(c->decision, "0198dddd-0000-7000-8000-000000000001");
    CU_ASSERT_STRING_EQUAL(c->event, k.id);
    CU_ASSERT_STRING_EQUAL(c->content, k.ck);
    CU_ASSERT_STRING_EQUAL(c->action, "remove");
    CU_ASSERT_STRING_EQUAL(c->scope, "item");
    CU_ASSERT_STRING_EQUAL(c->reason, "house rules");
    CU_ASSERT_EQUAL(c->at, T0 + DAY + 1);
    CU_ASSERT_EQUAL(c->tries, 1);
    CU_ASSERT_TRUE(c->lease_until >= before + 30000 && c->lease_until <= time_wall_ms() + 30000);
    CU_ASSERT_EQUAL_FATAL(c->items, 1);
    CU_ASSERT_STRING_EQUAL(c->item[0].host.at, "chat.example.org");
    CU_ASSERT_STRING_EQUAL(c->item[0].ref.at, "upload/1");
    CU_ASSERT_EQUAL(c->item[0].ref.size, strlen("upload/1"));
    CU_ASSERT_STRING_EQUAL(c->item[0].room.at, "!room:example.org");
    CU_ASSERT_STRING_EQUAL(c->item[0].sender.at, "@sender:example.org");
    CU_ASSERT_EQUAL(c->item[0].surface, 1);
    free(c);
    kit_close(s, &dir);
}

/* ---- leases ---- */

static void test_acknowledge(void)
{
    struct tempdir dir;
    struct store *s = open_decided(&dir, 1);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
    CU_ASSERT_EQUAL(ack(s, 1, "forum.example.org", false), LMOD_E_NOT_FOUND);
    CU_ASSERT_EQUAL(ack(s, 2, "chat.example.org", false), LMOD_E_NOT_FOUND);
    CU_ASSERT_EQUAL(ack(s, 1, "chat.example.org", false), LMOD_OK);
    CU_ASSERT_EQUAL(ack(s, 1, "chat.example.org", false), LMOD_OK);
    CU_ASSERT_EQUAL(ack(s, 1, "chat.example.org", true), LMOD_OK); /* too late: it is done */
    CU_ASSERT_TRUE(change_file(&dir, "UPDATE delivery SET lease_until = 1"));
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "");
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT outcome FROM delivery WHERE acked IS NOT NULL"), 7);
    kit_close(s, &dir);
}

static void test_again(void)
{
    struct tempdir dir;
    struct store *s = open_decided(&dir, 1);
    struct store_claimed *c = NULL;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
        CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "");
        CU_ASSERT_EQUAL(ack(s, 1, "chat.example.org", true), LMOD_OK);
        CU_ASSERT_TRUE(waiting(s));
    }
    CU_ASSERT_EQUAL_FATAL(store_claim(s, CHAT, NULL, 60, 0, &c, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(c->tries, 4);
    free(c);
    kit_close(s, &dir);
}

/* A host process that dies between the claim and the acknowledgement. */
static void test_crash(void)
{
    struct tempdir dir;
    struct store *s = open_decided(&dir, 1);
    struct store_options o = kit_options(&dir);
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        struct store *own = NULL;
        if (store_open(&own, &o, NULL) != LMOD_OK ||
            strcmp(claim(own, "chat.example.org", 60), "1"))
            _exit(1);
        _exit(0); /* without closing anything */
    }
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "");
    CU_ASSERT_FALSE(waiting(s));
    CU_ASSERT_TRUE(change_file(&dir, "UPDATE delivery SET lease_until = lease_until - 61000"));
    CU_ASSERT_TRUE(waiting(s));
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
    kit_close(s, &dir);
}

/* A clock that was wrong by a year does not hold a decision for a year. */
static void test_lease_of_a_wrong_clock(void)
{
    struct tempdir dir;
    struct store *s = open_decided(&dir, 1);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", UINT32_MAX), "1");
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), ""); /* cut to a day */
    CU_ASSERT_TRUE(
        change_file(&dir, "UPDATE delivery SET lease_until = lease_until + 31536000000"));
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
    kit_close(s, &dir);
}

/* ---- order within a content ---- */

static void test_no_overtaking(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_TRUE(desk_event(s, 3));
    desk_row(&k, 2);
    desk_like(&k, 1);
    CU_ASSERT_TRUE(desk_put(s, &k));
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_HOLD), LMOD_OK);
    CU_ASSERT_EQUAL(desk_decide(s, 2, 2, DECIDE_RESTORE), LMOD_OK);
    CU_ASSERT_EQUAL(desk_decide(s, 3, 3, DECIDE_REMOVE), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "3"); /* another content */
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "");
    CU_ASSERT_FALSE(waiting(s));
    CU_ASSERT_EQUAL(ack(s, 1, "chat.example.org", true), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
    CU_ASSERT_EQUAL(ack(s, 1, "chat.example.org", false), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "2");
    kit_close(s, &dir);
}

/* A decision that comes late, with an earlier time, waits for the one that is worked on. */
static void test_late_decision(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    desk_row(&k, 2);
    desk_like(&k, 1);
    CU_ASSERT_TRUE(desk_put(s, &k));
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_HOLD), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "1");
    struct decision d = desk_decision(2, 2, DECIDE_REMOVE);
    d.at = T0 + 5;
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "");
    CU_ASSERT_EQUAL(ack(s, 1, "chat.example.org", false), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), "2");
    kit_close(s, &dir);
}

/* Decisions of one moment keep the order in which they were made, whatever their ids. */
static void test_one_moment(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    for (uint64_t n = 1; n <= 5; n++) {
        desk_row(&k, n);
        desk_like(&k, 1);
        CU_ASSERT_TRUE(desk_put(s, &k));
        struct decision d = desk_decision(10 - n, n, DECIDE_REMOVE);
        d.at = T0 + DAY;
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    }
    for (uint64_t n = 1; n <= 5; n++) {
        char want[2] = {(char)('0' + 10 - n), '\0'};
        CU_ASSERT_STRING_EQUAL(claim(s, "chat.example.org", 60), want);
        CU_ASSERT_EQUAL(ack(s, 10 - n, "chat.example.org", false), LMOD_OK);
    }
    kit_close(s, &dir);
}

/* ---- scopes ---- */

static void test_items_by_scope(void)
{
    static const struct {
        enum decision_scope scope;
        size_t chat, forum; /* items each host gets */
    } want[] = {
        {SCOPE_ITEM, 1, 0}, {SCOPE_CONTENT, 2, 1}, {SCOPE_SENDER, 3, 0}, {SCOPE_ROOM, 4, 0}};
    /* Of event 1: the same content in 2 and 3, the sender in 2 and 4, the room in 2, 4 and 5. */
    static const struct {
        bool content, forum, sender, room;
    } item[] = {{true, false, true, true},
                {true, false, true, true},
                {true, true, true, true},
                {false, false, true, true},
                {false, false, false, true}};
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct store_decided out;
        for (uint64_t n = 1; n <= COUNT_OF(item); n++) {
            struct kit_row k;
            desk_row(&k, n);
            if (item[n - 1].content)
                desk_like(&k, 1);
            if (item[n - 1].forum)
                k.item.host = text_of("forum.example.org");
            if (!item[n - 1].sender)
                k.item.sender = text_of("@other:example.org");
            CU_ASSERT_TRUE(desk_put(s, &k));
        }
        struct decision d = desk_decision(1, 1, DECIDE_REMOVE);
        d.scope = want[i].scope;
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
        for (int forum = 0; forum < 2; forum++) {
            size_t n = forum ? want[i].forum : want[i].chat;
            struct store_claimed *c = NULL;
            int status = store_claim(s, text_of(forum ? "forum.example.org" : "chat.example.org"),
                                     "w", 60, 0, &c, NULL);
            CU_ASSERT_EQUAL(status, n ? LMOD_OK : LMOD_E_NOT_FOUND);
            CU_ASSERT_EQUAL(c ? c->items : 0, n);
            for (size_t j = 0; c && j < c->items; j++)
                CU_ASSERT_EQUAL(c->item[j].host.at[0], forum ? 'f' : 'c');
            free(c);
        }
        kit_close(s, &dir);
    }
}

/* Where neither room nor sender is known, nobody is told to act on all of them. */
static void test_unknown_sender(void)
{
    static const enum decision_scope scope[] = {SCOPE_SENDER, SCOPE_ROOM};
    for (size_t i = 0; i < COUNT_OF(scope); i++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct kit_row k;
        struct store_decided out;
        struct decision d = desk_decision(1, 1, DECIDE_REMOVE);
        d.scope = scope[i];
        desk_row(&k, 1);
        k.item.room = k.item.sender = (struct store_text){NULL, 0};
        CU_ASSERT_TRUE(desk_put(s, &k));
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
        CU_ASSERT_FALSE(waiting(s));
        kit_close(s, &dir);
    }
}

/* ---- many processes of one host ---- */

enum { DECISIONS = 300, ACTORS = 3 };

/* Claims and acknowledges until nothing is left; every fifth claim is left to its lease. */
static int act(const struct tempdir *dir, int out)
{
    struct store_options o = kit_options(dir);
    struct store *s = NULL;
    unsigned n = 0;
    if (store_open(&s, &o, NULL) != LMOD_OK)
        return 1;
    for (;;) {
        struct store_claimed *c = NULL;
        int status = store_claim(s, CHAT, "actor", n % 5 == 4 ? 0 : 60, 0, &c, NULL);
        if (status == LMOD_E_STORE)
            continue;
        if (status != LMOD_OK)
            break;
        if (n++ % 5 != 4) {
            while ((status = store_ack(s, c->decision, CHAT, 1, false, 0, NULL)) == LMOD_E_STORE)
                ;
            if (status != LMOD_OK || write(out, c->decision + 24, 12) != 12)
                return 1;
        }
        free(c);
    }
    store_close(s);
    return 0;
}

static void test_many_actors(void)
{
    struct tempdir dir;
    struct store *s = open_decided(&dir, DECISIONS);
    unsigned done[DECISIONS + 1] = {0}, wrong = 0;
    char id[13] = "";
    int pipes[2], status;
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    for (int i = 0; i < ACTORS; i++)
        if (fork() == 0)
            _exit(act(&dir, pipes[1]));
    (void)close(pipes[1]);
    while (read(pipes[0], id, 12) == 12) {
        unsigned long n = strtoul(id, NULL, 16);
        if (n <= DECISIONS)
            done[n]++;
    }
    for (int i = 0; i < ACTORS; i++) {
        CU_ASSERT_TRUE(wait(&status) > 0);
        CU_ASSERT_EQUAL(status, 0);
    }
    for (size_t n = 1; n <= DECISIONS; n++)
        wrong += done[n] < 1;
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM delivery WHERE acked IS NULL"), 0);
    (void)close(pipes[0]);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/claim", {"the oldest first", test_oldest_first},
                   {"what is claimed", test_what_is_claimed},
                   {"acknowledged once and for all", test_acknowledge}, {"given back", test_again},
                   {"a claimer that crashes", test_crash},
                   {"a lease of a wrong clock", test_lease_of_a_wrong_clock},
                   {"decisions of a content do not overtake", test_no_overtaking},
                   {"a decision that comes late", test_late_decision},
                   {"decisions of one moment", test_one_moment},
                   {"items by scope", test_items_by_scope},
                   {"an unknown sender or room", test_unknown_sender},
                   {"many actors lose nothing", test_many_actors});
}
