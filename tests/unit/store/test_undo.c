/* Taking decisions back, and deciding again. */
#include "desk.h"

#define HOUR (DAY / 24)

/* remove, hold, add_to_list: the item comes back, its content is allowed, the event stays decided. */
static void test_restores(void)
{
    static const enum decision_action action[] = {DECIDE_REMOVE, DECIDE_HOLD, DECIDE_ADD_TO_LIST};
    for (size_t i = 0; i < COUNT_OF(action); i++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct decision d = desk_decision(1, 1, action[i]);
        struct store_decided out;
        CU_ASSERT_TRUE(desk_event(s, 1));
        d.scope = SCOPE_CONTENT;
        CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
        struct decision undo = desk_decision(2, 1, 0);
        undo.at = d.at - HOUR; /* by a clock that is behind */
        undo.reviewer = "reviewer-8";
        CU_ASSERT_EQUAL(store_undo(s, &undo, 0, &out, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(out.entries, action[i] == DECIDE_HOLD ? 2 : 4);
        CU_ASSERT_STRING_EQUAL(out.event, d.event);
        CU_ASSERT_EQUAL(out.gen, 2);
        CU_ASSERT_EQUAL(store_signal(s), 2);
        CU_ASSERT_EQUAL(desk_active(&dir, "local"), 0);
        CU_ASSERT_EQUAL(desk_active(&dir, "allow"), 2);
        struct desk_state now = desk_look(s, 1);
        CU_ASSERT_STRING_EQUAL(now.action, "restore");
        CU_ASSERT_STRING_EQUAL(now.scope, "content");
        CU_ASSERT_STRING_EQUAL(now.reviewer, "reviewer-8");
        CU_ASSERT_EQUAL(desk_decide(s, 3, 1, DECIDE_REMOVE), LMOD_E_STATE);
        CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM delivery WHERE acked IS NULL"
                                       " AND decision LIKE '%2'"),
                        1);
        kit_close(s, &dir);
    }
}

/* dismiss, withdraw, restore: the event is open again and can be decided anew. */
static void test_reopens(void)
{
    static const enum decision_action action[] = {DECIDE_DISMISS, DECIDE_WITHDRAW, DECIDE_RESTORE};
    for (size_t i = 0; i < COUNT_OF(action); i++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        CU_ASSERT_TRUE(desk_event(s, 1));
        CU_ASSERT_EQUAL(desk_decide(s, 1, 1, action[i]), LMOD_OK);
        CU_ASSERT_EQUAL(desk_undo(s, 2, 1), LMOD_OK);
        CU_ASSERT_EQUAL(desk_active(&dir, "allow"), 0);
        CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action, "");
        CU_ASSERT_EQUAL(desk_look(s, 1).count, 1);
        CU_ASSERT_EQUAL(desk_undo(s, 3, 1), LMOD_E_STATE);
        CU_ASSERT_EQUAL(desk_decide(s, 4, 1, DECIDE_REMOVE), LMOD_OK);
        CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action, "remove");
        CU_ASSERT_EQUAL(desk_active(&dir, "local"), 2);
        /* All of it is remembered. */
        CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision WHERE reviewer IS NOT NULL"),
                        3);
        kit_close(s, &dir);
    }
}

static void test_same_id(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_DISMISS), LMOD_OK);
    struct decision d = desk_decision(2, 1, 0);
    struct store_decided out;
    CU_ASSERT_EQUAL(store_undo(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 2);
    CU_ASSERT_EQUAL(store_undo(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 0);
    CU_ASSERT_STRING_EQUAL(out.event, d.event);
    /* Neither does the decision that was undone come back when it is told once more. */
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_DISMISS), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action, "");
    CU_ASSERT_EQUAL(desk_active(&dir, "allow"), 0);
    kit_close(s, &dir);
}

static void test_refused(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct decision d = desk_decision(1, 0, 0);
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_EQUAL(desk_undo(s, 1, 1), LMOD_E_STATE);
    CU_ASSERT_EQUAL(desk_undo(s, 1, 2), LMOD_E_NOT_FOUND);
    CU_ASSERT_EQUAL(store_undo(s, &d, 0, &out, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision"), 0);
    kit_close(s, &dir);
}

/* Back and forth: whatever is said last holds, for the event and for the lists. */
static void test_chain(void)
{
    static const struct {
        enum decision_action action; /* 0: undo */
        const char *then;
        int local, allow;
    } step[] = {
        {DECIDE_REMOVE, "remove", 2, 0},
        {0, "restore", 0, 2},
        {0, "", 0, 0},
        {DECIDE_DISMISS, "dismiss", 0, 2},
        {0, "", 0, 0},
        {DECIDE_HOLD, "hold", 0, 0},
        {0, "restore", 0, 2},
        {0, "", 0, 0},
        {DECIDE_REMOVE, "remove", 2, 0},
        {0, "restore", 0, 2},
    };
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    CU_ASSERT_TRUE(desk_event(s, 1));
    for (uint64_t i = 0; i < COUNT_OF(step); i++) {
        CU_ASSERT_EQUAL(step[i].action ? desk_decide(s, i + 1, 1, step[i].action)
                                       : desk_undo(s, i + 1, 1),
                        LMOD_OK);
        CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action, step[i].then);
        CU_ASSERT_EQUAL(desk_active(&dir, "local"), step[i].local);
        CU_ASSERT_EQUAL(desk_active(&dir, "allow"), step[i].allow);
        CU_ASSERT_EQUAL(store_signal(s), i + 1);
    }
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision"), COUNT_OF(step));
    kit_close(s, &dir);
}

/* A decision about a content is undone for all its events; one about another item stays. */
static void test_content_wide(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    for (uint64_t n = 2; n <= 3; n++) {
        desk_row(&k, n);
        desk_like(&k, 1);
        CU_ASSERT_TRUE(desk_put(s, &k));
    }
    CU_ASSERT_EQUAL(desk_decide(s, 1, 3, DECIDE_RESTORE), LMOD_OK);
    struct decision d = desk_decision(2, 1, DECIDE_DISMISS);
    d.scope = SCOPE_CONTENT;
    CU_ASSERT_EQUAL(store_decide(s, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(desk_look(s, 2).action, "dismiss");
    CU_ASSERT_STRING_EQUAL(desk_look(s, 3).action, "dismiss");
    CU_ASSERT_EQUAL(desk_undo(s, 3, 2), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action, "");
    CU_ASSERT_STRING_EQUAL(desk_look(s, 2).action, "");
    CU_ASSERT_STRING_EQUAL(desk_look(s, 3).action, "restore");
    CU_ASSERT_EQUAL(desk_look(s, 1).count, 2);
    kit_close(s, &dir);
}

/* What no host has begun with is not begun; what one works on it ends, and the restore waits. */
static void test_hosts(void)
{
    for (int i = 0; i < 4; i++) {
        bool claimed = i & 1, content = i & 2;
        struct tempdir dir;
        struct kit_row k;
        struct store *s = kit_open(&dir);
        struct store_claimed *c = NULL;
        struct store_text host = text_of("chat.example.org");
        desk_row(&k, 1);
        if (!content)
            k.row.content = NULL;
        CU_ASSERT_TRUE(desk_put(s, &k));
        CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_REMOVE), LMOD_OK);
        if (claimed) {
            CU_ASSERT_EQUAL(store_claim(s, host, "a", 60, 0, &c, NULL), LMOD_OK);
            free(c);
        }
        CU_ASSERT_EQUAL(desk_undo(s, 2, 1), LMOD_OK);
        if (claimed) {
            CU_ASSERT_EQUAL(store_claim(s, host, "b", 60, 0, &c, NULL), LMOD_E_NOT_FOUND);
            CU_ASSERT_EQUAL(
                store_ack(s, "0198dddd-0000-7000-8000-000000000001", host, 0, false, 0, NULL),
                LMOD_OK);
        }
        CU_ASSERT_EQUAL_FATAL(store_claim(s, host, "b", 60, 0, &c, NULL), LMOD_OK);
        CU_ASSERT_STRING_EQUAL(c->action, "restore");
        CU_ASSERT_EQUAL(store_ack(s, c->decision, host, 0, false, 0, NULL), LMOD_OK);
        free(c);
        CU_ASSERT_EQUAL(store_claim(s, host, "b", 60, 0, &c, NULL), LMOD_E_NOT_FOUND);
        kit_close(s, &dir);
    }
}

/* Nobody has to act on a dismissal that was undone; a host that is at it may end it. */
static void test_reopened(void)
{
    for (int claimed = 0; claimed < 2; claimed++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct store_claimed *c = NULL;
        struct store_text host = text_of("chat.example.org");
        CU_ASSERT_TRUE(desk_event(s, 1));
        CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_DISMISS), LMOD_OK);
        if (claimed)
            CU_ASSERT_EQUAL_FATAL(store_claim(s, host, "a", 0, 0, &c, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(desk_undo(s, 2, 1), LMOD_OK);
        if (claimed)
            CU_ASSERT_EQUAL(store_ack(s, c->decision, host, 3, false, 0, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM delivery WHERE outcome = 3"), claimed);
        free(c);
        CU_ASSERT_EQUAL(store_claim(s, host, "b", 60, 0, &c, NULL), LMOD_E_NOT_FOUND);
        kit_close(s, &dir);
    }
}

int main(void)
{
    return TAP_RUN("store/undo", {"remove, hold, add_to_list are restored", test_restores},
                   {"dismiss, withdraw, restore reopen the event", test_reopens},
                   {"the same id twice", test_same_id}, {"nothing to undo", test_refused},
                   {"back and forth", test_chain}, {"content-wide decisions", test_content_wide},
                   {"what hosts then do", test_hosts},
                   {"nothing is left to do when it is reopened", test_reopened});
}
