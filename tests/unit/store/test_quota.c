/* The quota: who is refused when, what goes to make room, and what never does. */
#include "kit.h"
#include "testvfs.h"

enum { ROUNDS = 4000, MORE = 60 };

/* A store of a small quota, which does not wait for the disk. */
static struct store *open_small(const struct tempdir *dir, bool relayed)
{
    struct store *s = NULL;
    struct store_options o = kit_options(dir);
    o.quota = MIB;
    o.relayed = relayed;
    o.vfs = "test";
    CU_ASSERT_TRUE_FATAL(testvfs_install());
    CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    return s;
}

static struct store *make_small(struct tempdir *dir, bool relayed)
{
    CU_ASSERT_TRUE_FATAL(tempdir_make(dir));
    return open_small(dir, relayed);
}

static int
put_as(struct store *s, uint64_t n, uint8_t severity, const char *type, struct store_done *done)
{
    struct kit_row k;
    kit_row(&k, n);
    k.event.severity = severity;
    k.event.type = type;
    return store_put(s, &k.row, 0, done, NULL);
}

/* Puts until one is refused; how many went in. */
static uint64_t fill(struct store *s, uint64_t from, uint8_t severity, const char *type)
{
    struct store_done done;
    for (uint64_t n = 0; n < ROUNDS; n++) {
        int status = put_as(s, from + n, severity, type, &done);
        if (status == LMOD_OK)
            continue;
        CU_ASSERT_EQUAL(status, LMOD_E_STORE);
        CU_ASSERT_TRUE(done.refused);
        CU_ASSERT_FALSE(done.fresh);
        return n;
    }
    CU_FAIL("nothing was ever refused");
    return 0;
}

static uint64_t used_percent(const struct tempdir *dir)
{
    sqlite3 *db = outsider(dir);
    int64_t pages = ask(db, "PRAGMA page_count"), unused = ask(db, "PRAGMA freelist_count");
    int64_t size = ask(db, "PRAGMA page_size");
    (void)sqlite3_close(db);
    return (uint64_t)((pages - unused) * size * 100) / MIB;
}

/* Each severity has its own limit; what stands above it still goes in. */
static void test_levels(void)
{
    static const struct {
        uint8_t severity;
        const char *type;
        uint64_t percent;
    } level[] = {
        {SEVERITY_INFO, "libmod.match.v1", 80},      {SEVERITY_LOW, "libmod.match.v1", 80},
        {SEVERITY_MEDIUM, "libmod.match.v1", 95},    {SEVERITY_HIGH, "libmod.match.v1", 100},
        {SEVERITY_CRITICAL, "libmod.match.v1", 100}, {SEVERITY_INFO, "libmod.gap.v1", 110},
        {SEVERITY_INFO, "libmod.list.v1", 110},
    };
    struct tempdir dir;
    struct store *s = make_small(&dir, false);
    uint64_t n = 0;
    for (size_t i = 0; i < COUNT_OF(level); i++) {
        n += 1 + fill(s, n, level[i].severity, level[i].type);
        uint64_t used = used_percent(&dir);
        CU_ASSERT_TRUE(used >= level[i].percent && used <= level[i].percent + 2);
    }
    /* nothing was open to eviction, so nothing went: what did not go in are the seven refused */
    CU_ASSERT_EQUAL((uint64_t)ask_file(&dir, "SELECT count(*) FROM event"), n - COUNT_OF(level));
    kit_close(s, &dir);
}

static void test_refusal_says_why(void)
{
    struct tempdir dir;
    struct store *s = make_small(&dir, false);
    struct store_done done;
    struct kit_row k;
    struct error e = {0};
    uint64_t n = fill(s, 0, SEVERITY_LOW, "libmod.match.v1");
    kit_row(&k, 100000);
    k.event.severity = SEVERITY_LOW;
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, &e), LMOD_E_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "events.quota"));
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event WHERE id LIKE '%186a0'"), 0);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content WHERE ck IN"
                                   " (SELECT ck FROM event)"),
                    (int64_t)n);
    /* an event that is there already is still ok */
    CU_ASSERT_EQUAL(put_as(s, 0, SEVERITY_LOW, "libmod.match.v1", &done), LMOD_OK);
    CU_ASSERT_FALSE(done.fresh);
    kit_close(s, &dir);
}

static void test_seen_rows_take_half(void)
{
    struct tempdir dir;
    struct store *s = make_small(&dir, false);
    struct store_done done = {.refused = false};
    uint64_t n = 0;
    for (int status = LMOD_OK; status == LMOD_OK && n < ROUNDS; n++) {
        struct kit_row k;
        kit_row(&k, n);
        k.row.event = NULL;
        status = store_put(s, &k.row, 0, &done, NULL);
    }
    CU_ASSERT_TRUE(done.refused);
    CU_ASSERT_TRUE(used_percent(&dir) >= 50 && used_percent(&dir) <= 52);
    CU_ASSERT_EQUAL(put_as(s, ROUNDS, SEVERITY_INFO, "libmod.match.v1", &done), LMOD_OK);
    kit_close(s, &dir);
}

/* What may go does, oldest first, and then there is room again. */
static void check_eviction(bool relayed, const char *change, const char *first_id_after, bool room)
{
    struct tempdir dir;
    struct store *s = make_small(&dir, relayed);
    struct store_done done;
    uint64_t n = fill(s, 0, SEVERITY_LOW, "libmod.match.v1");
    CU_ASSERT_TRUE(change_file(&dir, change));
    store_close(s); /* a new process: it does not remember that nothing could go a moment ago */
    s = open_small(&dir, relayed);
    uint64_t more = 0; /* a few may go in anyway: the change has moved things about */
    while (more < MORE &&
           put_as(s, n + 1 + more, SEVERITY_LOW, "libmod.match.v1", &done) == LMOD_OK)
        more++;
    CU_ASSERT_EQUAL(more == MORE, room);
    int64_t left = ask_file(&dir, "SELECT count(*) FROM event"), all = (int64_t)(n + more);
    CU_ASSERT_TRUE(room ? left < all : left == all);
    CU_ASSERT_EQUAL(ask_file(&dir, first_id_after), 1);
    /* what is left is whole */
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event e JOIN content USING(ck)"
                                   " JOIN item i ON i.id = e.item"),
                    left);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), left);
    kit_close(s, &dir);
}

static void test_eviction(void)
{
    static const char *any = "SELECT 1";
    /* delivered ones go, the ones after them stay */
    check_eviction(true, "UPDATE event SET sent = 1 WHERE seq <= 100",
                   "SELECT min(seq) = 101 FROM event", true);
    /* relayed: neither age nor decisions make an event that was not delivered go */
    check_eviction(true, "UPDATE event SET at = 1 WHERE seq <= 100", any, false);
    check_eviction(true,
                   "INSERT INTO decision(id, event_id, scope, action, at)"
                   " SELECT 'd' || seq, id, 'item', 'remove', 1 FROM event",
                   any, false);
    /* not relayed: decided or old */
    check_eviction(false, "UPDATE event SET at = 1 WHERE seq > 50 AND seq <= 150",
                   "SELECT count(*) = 50 FROM event WHERE seq <= 150", true);
    check_eviction(false,
                   "INSERT INTO decision(id, event_id, scope, action, at)"
                   " SELECT 'd' || seq, id, 'item', 'remove', 1 FROM event WHERE seq <= 100",
                   "SELECT min(seq) = 101 FROM event", true);
    /* … but not while a host has to act on it */
    check_eviction(false,
                   "INSERT INTO decision(id, event_id, scope, action, at)"
                   " SELECT 'd' || seq, id, 'item', 'remove', 1 FROM event;"
                   "INSERT INTO delivery(decision, host)"
                   " SELECT id, 'chat.example.org' FROM decision",
                   any, false);
    check_eviction(false, "SELECT 1", any, false);
}

int main(void)
{
    return TAP_RUN("store/quota", {"every severity has its level", test_levels},
                   {"a refusal says why", test_refusal_says_why},
                   {"seen rows take half of it", test_seen_rows_take_half},
                   {"what goes and what stays", test_eviction});
}
