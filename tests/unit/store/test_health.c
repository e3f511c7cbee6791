/* Statistics, counters, the check, the copy. */
#include "desk.h"

#include <sys/stat.h>

/* ---- numbers ---- */

static void test_stats(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_stats t;
    char uuid[STORE_ID];
    CU_ASSERT_EQUAL(store_stats_get(s, 0, &t, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(t.events + t.open + t.decided + t.contents + t.items + t.waiting + t.gen, 0);
    CU_ASSERT_EQUAL(t.oldest_open, 0);
    for (uint64_t n = 1; n <= 5; n++) {
        struct kit_row k;
        desk_row(&k, n);
        if (n == 3)
            k.event.deadline = T0 + DAY; /* has passed */
        if (n == 4)
            k.event.deadline = time_wall_ms() + DAY;
        if (n == 5)
            k.event.type = "libmod.gap.v1";
        CU_ASSERT_TRUE(desk_put(s, &k));
    }
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_REMOVE), LMOD_OK);
    CU_ASSERT_EQUAL(desk_decide(s, 2, 2, DECIDE_ADD_TO_LIST), LMOD_OK);
    CU_ASSERT_EQUAL(store_sent(s, &(uint64_t){1}, 1, 0, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_stats_get(s, 0, &t, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_ping(s, 0, uuid, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(t.uuid, uuid);
    CU_ASSERT_EQUAL(t.events, 5);
    CU_ASSERT_EQUAL(t.open, 2);
    CU_ASSERT_EQUAL(t.decided, 2);
    CU_ASSERT_EQUAL(t.undelivered, 4);
    CU_ASSERT_EQUAL(t.contents, 5);
    CU_ASSERT_EQUAL(t.items, 5);
    CU_ASSERT_EQUAL(t.local, 4);
    CU_ASSERT_EQUAL(t.allow, 0);
    CU_ASSERT_EQUAL(t.braked, 0);
    CU_ASSERT_EQUAL(t.waiting, 1);
    CU_ASSERT_EQUAL(t.gen, 2);
    CU_ASSERT_EQUAL(t.oldest_open, T0 + 3);
    CU_ASSERT_EQUAL(t.overdue, 1);
    CU_ASSERT_EQUAL(t.quota, 1024 * MIB);
    CU_ASSERT_TRUE(t.bytes > 4096 && t.bytes < MIB);
    kit_close(s, &dir);
}

static void note_counter(void *user, const char *key, uint64_t n)
{
    char *text = user;
    size_t at = strlen(text);
    (void)snprintf(text + at, 200 - at, "%s=%llu ", key, (unsigned long long)n);
}

static void test_counters(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    const char *key = "ban/e1";
    const struct store_count c[] = {{"scans", 3}, {"gap.worker", 1}, {"scans", 4}};
    char text[200] = "";
    CU_ASSERT_EQUAL(store_count(s, c, COUNT_OF(c), 0, NULL), LMOD_OK);
    desk_row(&k, 1);
    k.row.brake = &key;
    k.row.brake_count = 1;
    k.row.brake_max = 50;
    CU_ASSERT_TRUE(desk_put(s, &k)); /* which counts for the brake: nobody's business */
    CU_ASSERT_EQUAL(store_counters(s, 0, note_counter, text, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(text, "gap.worker=1 scans=7 ");
    kit_close(s, &dir);
}

/* ---- the check ---- */

struct findings {
    unsigned n;
    char first[300];
};

static void note_finding(void *user, const char *finding)
{
    struct findings *f = user;
    if (f->n++ == 0)
        (void)snprintf(f->first, sizeof(f->first), "%s", finding);
}

static void fill(struct store *s)
{
    for (uint64_t n = 1; n <= 3; n++)
        CU_ASSERT_TRUE(desk_event(s, n));
    CU_ASSERT_EQUAL(desk_decide(s, 1, 1, DECIDE_REMOVE), LMOD_OK);
    CU_ASSERT_EQUAL(desk_decide(s, 2, 2, DECIDE_DISMISS), LMOD_OK);
    CU_ASSERT_EQUAL(desk_undo(s, 3, 2), LMOD_OK);
}

static void test_sound(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct findings f = {0};
    CU_ASSERT_EQUAL(store_check(s, note_finding, &f, NULL), LMOD_OK);
    fill(s);
    CU_ASSERT_EQUAL(store_check(s, note_finding, &f, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(f.n, 0);
    if (f.n)
        printf("# %s\n", f.first);
    kit_close(s, &dir);
}

static void test_findings(void)
{
    static const struct {
        const char *damage, *says;
    } bad[] = {
        {"DELETE FROM content WHERE ck = (SELECT ck FROM event WHERE seq = 3);"
         "DELETE FROM item WHERE id = (SELECT item FROM event WHERE seq = 3);"
         "UPDATE event SET item = NULL WHERE seq = 3",
         "event 0198c0de-0000-7000-8000-000000000003 is open, but its content h1:"},
        {"DELETE FROM item WHERE id = (SELECT item FROM event WHERE seq = 2)",
         "event 0198c0de-0000-7000-8000-000000000002 is open, but its item is gone"},
        {"UPDATE event SET body = NULL WHERE seq = 2", "is open, but its body is gone"},
        {"DELETE FROM content WHERE ck = (SELECT ck FROM event WHERE seq = 1)",
         "has an unknown content"},
        {"DELETE FROM decision WHERE id LIKE '%1';"
         "UPDATE entry SET decision = NULL WHERE list = 'local'",
         "host chat.example.org waits for decision"},
        {"UPDATE entry SET decision = 'none' WHERE list = 'local' AND sig = 'pdq'",
         "an entry of list local was made by decision none, which is gone"},
        {"UPDATE entry SET status = 'asleep' WHERE list = 'allow' AND sig = 'pdq'",
         "of list allow is malformed"},
        {"UPDATE entry SET value = x'00' WHERE list = 'local' AND sig = 'sha256'",
         "of list local is malformed"},
        {"UPDATE entry SET gen = 77 WHERE list = 'local' AND sig = 'sha256'",
         "is newer than the store: gen 77"},
        {"UPDATE meta SET v = 9 WHERE k = 'gen'", "the gen file says 3, the store 9"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct tempdir dir;
        struct store *s = kit_open(&dir);
        struct findings f = {0};
        fill(s);
        CU_ASSERT_TRUE(change_file(&dir, bad[i].damage));
        CU_ASSERT_EQUAL(store_check(s, note_finding, &f, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(f.n, 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(f.first, bad[i].says));
        if (f.n != 1 || !strstr(f.first, bad[i].says))
            printf("# %zu: %u %s\n", i, f.n, f.first);
        kit_close(s, &dir);
    }
}

/* ---- the copy ---- */

static void test_backup(void)
{
    struct tempdir dir, place;
    struct store *s = kit_open(&dir), *copy = NULL;
    struct store_stats was, is;
    struct findings f = {0};
    struct stat st;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&place));
    fill(s);
    CU_ASSERT_EQUAL(chmod(tempdir_file(&dir, "store.db"), 0640), 0);
    CU_ASSERT_EQUAL(store_backup(s, tempdir_file(&place, "store.db"), NULL), LMOD_OK);
    CU_ASSERT_EQUAL(stat(tempdir_file(&place, "store.db"), &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0640);
    CU_ASSERT_NOT_EQUAL(access(tempdir_file(&place, "store.db-wal"), F_OK), 0);
    /* Put in place it is a store like any other, in the same mode. */
    CU_ASSERT_EQUAL(ask_file(&place, "SELECT count(*) FROM pragma_journal_mode"
                                     " WHERE journal_mode = 'wal'"),
                    1);
    struct store_options o = kit_options(&place);
    CU_ASSERT_EQUAL_FATAL(store_open(&copy, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_stats_get(s, 0, &was, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_stats_get(copy, 0, &is, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(was.uuid, is.uuid);
    CU_ASSERT_EQUAL(was.events, is.events);
    CU_ASSERT_EQUAL(was.local, is.local);
    CU_ASSERT_EQUAL(was.gen, is.gen);
    CU_ASSERT_TRUE(desk_event(copy, 4));
    CU_ASSERT_EQUAL(desk_decide(copy, 4, 4, DECIDE_HOLD), LMOD_OK);
    CU_ASSERT_EQUAL(store_check(copy, note_finding, &f, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(f.n, 0);
    store_close(copy);
    tempdir_remove(&place);
    kit_close(s, &dir);
}

static void test_backup_refused(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct error e;
    fill(s);
    CU_ASSERT_TRUE(tempdir_write(&dir, "copy.db", "mine", 4));
    CU_ASSERT_EQUAL(store_backup(s, tempdir_file(&dir, "copy.db"), &e), LMOD_E_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "is there already"));
    struct stat st;
    CU_ASSERT_EQUAL(stat(tempdir_file(&dir, "copy.db"), &st), 0);
    CU_ASSERT_EQUAL(st.st_size, 4);
    CU_ASSERT_EQUAL(store_backup(s, tempdir_file(&dir, "none/copy.db"), &e), LMOD_E_IO);
    CU_ASSERT_EQUAL(desk_decide(s, 9, 3, DECIDE_HOLD), LMOD_OK); /* and it is free again */
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/health", {"stats", test_stats}, {"counters", test_counters},
                   {"a sound store", test_sound}, {"findings", test_findings},
                   {"a copy is a store", test_backup}, {"a copy refused", test_backup_refused});
}
