/* Entries and how other processes learn of them: the brake, gens, the gen file. */
#include "kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 3, HOUR_MS = 3600 * 1000 };

/* Content number `n` hits the keys at `at`; which of them fell. */
static uint64_t hit(struct store *s, uint64_t n, uint64_t at, const char *const *keys, size_t count)
{
    struct kit_row k;
    struct store_done done;
    kit_row(&k, n);
    k.event.at = k.content.at = at;
    k.event.dedupe = NULL;
    kit_id(k.id, at % 1000000 * 10000 + n);
    k.row.brake = keys;
    k.row.brake_count = count;
    k.row.brake_max = MOST;
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    return done.braked;
}

struct seen {
    unsigned n, active;
    uint64_t last_gen;
    char value[64];
    bool ordered;
    int stop; /* what the callback returns */
};

static int see(void *user, const struct store_entry *row)
{
    struct seen *seen = user;
    seen->ordered = (seen->n == 0 || row->gen >= seen->last_gen) && row->gen > 0;
    seen->n++;
    seen->active += row->active;
    seen->last_gen = row->gen;
    (void)snprintf(seen->value, sizeof(seen->value), "%s/%s/%.*s", row->list, row->sig,
                   (int)row->size, (const char *)row->value);
    return seen->stop;
}

static void test_brake(void)
{
    static const char *const keys[] = {"ban/e1", "ban/e10", "pack/rule.a"};
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct seen seen = {0};
    uint64_t now = time_wall_ms(), gen = 0, before = store_signal(s);
    for (uint64_t n = 0; n < MOST; n++)
        CU_ASSERT_EQUAL(hit(s, n, now, keys, 1), 0);
    CU_ASSERT_EQUAL(hit(s, 0, now, keys, 1), 0);       /* the same content again counts once */
    CU_ASSERT_EQUAL(hit(s, 100, now, keys + 1, 1), 0); /* another key, though it begins alike */
    CU_ASSERT_EQUAL(store_signal(s), before);
    CU_ASSERT_EQUAL(hit(s, MOST, now, keys, 3), 1); /* of three keys the first one fell */
    CU_ASSERT_NOT_EQUAL(store_signal(s), before);
    before = store_signal(s);
    CU_ASSERT_EQUAL(hit(s, MOST + 1, now, keys, 1), 0); /* it lies on the ground already */
    CU_ASSERT_EQUAL(store_signal(s), before);
    CU_ASSERT_EQUAL(store_entries(s, 0, 0, see, &seen, &gen, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(seen.n, 1);
    CU_ASSERT_EQUAL(seen.active, 1);
    CU_ASSERT_STRING_EQUAL(seen.value, "brake/key/ban/e1");
    CU_ASSERT_EQUAL(gen, seen.last_gen);
    kit_close(s, &dir);
}

static void test_brake_forgets(void)
{
    static const char *const keys[] = {"ban/e1"};
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    uint64_t now = time_wall_ms();
    for (uint64_t n = 0; n < 200; n++) /* never more than MOST within an hour */
        CU_ASSERT_EQUAL(hit(s, n, now + n * (HOUR_MS / MOST), keys, 1), 0);
    /* what is older than an hour does not pile up */
    CU_ASSERT_TRUE(ask_file(&dir, "SELECT count(*) FROM counter WHERE k LIKE 'brake/%'") < 20);
    kit_close(s, &dir);
}

static void test_no_brake(void)
{
    static const char *const keys[] = {"ban/e1"};
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    for (uint64_t n = 0; n < 10; n++) {
        struct kit_row k;
        kit_row(&k, n);
        k.row.brake = keys;
        k.row.brake_count = 1;
        CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(done.braked, 0);
    }
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM counter"), 0);
    kit_close(s, &dir);
}

static void test_entries_since(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct seen seen = {0};
    uint64_t gen = 99;
    CU_ASSERT_EQUAL(store_entries(s, 0, 0, see, &seen, &gen, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(seen.n, 0);
    CU_ASSERT_EQUAL(gen, 0);
    CU_ASSERT_TRUE(change_file(
        &dir, "INSERT INTO entry(list, sig, value, harm, action, status, decision, gen) VALUES"
              " ('local', 'sha256', x'02', 'm.spam', 20, 'active', 'd2', 2),"
              " ('allow', 'text', x'01', NULL, NULL, 'withdrawn', 'd1', 1),"
              " ('local', 'sha256', x'03', NULL, NULL, 'active', 'd3', 3);"
              "UPDATE meta SET v = 7 WHERE k = 'gen'"));
    CU_ASSERT_EQUAL(store_entries(s, 0, 0, see, &seen, &gen, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(seen.n, 3);
    CU_ASSERT_EQUAL(seen.active, 2);
    CU_ASSERT_TRUE(seen.ordered);
    CU_ASSERT_EQUAL(gen, 7);
    seen = (struct seen){0};
    CU_ASSERT_EQUAL(store_entries(s, 2, 0, see, &seen, &gen, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(seen.n, 1);
    seen = (struct seen){.stop = LMOD_E_MEMORY};
    CU_ASSERT_EQUAL(store_entries(s, 0, 0, see, &seen, &gen, NULL), LMOD_E_MEMORY);
    CU_ASSERT_EQUAL(seen.n, 1);
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK); /* nothing of it hangs about */
    kit_close(s, &dir);
}

static int see_columns(void *user, const struct store_entry *row)
{
    struct store_entry *out = user;
    if (row->gen == 1)
        CU_ASSERT_TRUE(row->harm && strcmp(row->harm, "m.spam") == 0 && row->action == 20 &&
                       row->decision && strcmp(row->decision, "d1") == 0);
    *out = *row;
    return LMOD_OK;
}

static void test_entry_columns(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_entry last = {0};
    uint64_t gen = 0;
    CU_ASSERT_EQUAL(store_ping(s, 0, NULL, NULL), LMOD_OK);
    CU_ASSERT_TRUE(change_file(
        &dir, "INSERT INTO entry(list, sig, value, harm, action, status, decision, gen) VALUES"
              " ('local', 'pdq', zeroblob(32), 'm.spam', 20, 'active', 'd1', 1),"
              " ('local', 'md5', zeroblob(16), NULL, NULL, 'withdrawn', NULL, 2)"));
    CU_ASSERT_EQUAL(store_entries(s, 0, 0, see_columns, &last, &gen, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(last.size, 16);
    CU_ASSERT_PTR_NULL(last.harm);
    CU_ASSERT_PTR_NULL(last.decision);
    CU_ASSERT_EQUAL(last.action, UNSET_ACTION);
    CU_ASSERT_FALSE(last.active);
    kit_close(s, &dir);
}

/* Makes one key fall, so that the gen is bumped. */
static void bump(struct store *s, uint64_t round)
{
    char name[32];
    const char *keys[] = {name};
    (void)snprintf(name, sizeof(name), "ban/e%llu", (unsigned long long)round);
    uint64_t fell = 0;
    for (uint64_t n = 0; n <= MOST; n++)
        fell = hit(s, round * 10 + n, time_wall_ms(), keys, 1);
    CU_ASSERT_EQUAL(fell, 1);
}

static void test_signal_elsewhere(void)
{
    struct tempdir dir;
    struct store *a = kit_open(&dir), *b = NULL;
    struct store_options o = kit_options(&dir);
    CU_ASSERT_EQUAL_FATAL(store_open(&b, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_signal(b), 0); /* before there is a store at all */
    bump(a, 1);
    uint64_t first = store_signal(b);
    CU_ASSERT_NOT_EQUAL(first, 0);
    bump(a, 2);
    CU_ASSERT_NOT_EQUAL(store_signal(b), first);
    CU_ASSERT_EQUAL(store_signal(b), store_signal(a));
    CU_ASSERT_EQUAL((int64_t)store_signal(b), ask_file(&dir, "SELECT v FROM meta WHERE k = 'gen'"));
    store_close(b);
    kit_close(a, &dir);
}

/* The file is not the truth: gone, replaced or behind, it comes right. */
static void test_gen_file_mends(void)
{
    static const char zeros[8];
    struct tempdir dir;
    struct store *s = kit_open(&dir), *other = NULL;
    struct store_options o = kit_options(&dir);
    bump(s, 1);
    uint64_t gen = store_signal(s);
    CU_ASSERT_EQUAL(unlink(tempdir_file(&dir, "gen")), 0);
    bump(s, 2);
    CU_ASSERT_EQUAL(store_open(&other, &o, NULL), LMOD_OK);
    CU_ASSERT_TRUE(store_signal(other) > gen);
    store_close(other);
    /* as if somebody had died between the commit and the file: the next writer finds it */
    CU_ASSERT_TRUE(tempdir_write(&dir, "gen", zeros, sizeof(zeros)));
    CU_ASSERT_EQUAL(store_open(&other, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(kit_put(other, 5000, NULL), LMOD_OK);
    CU_ASSERT_TRUE(store_signal(other) > gen);
    store_close(other);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/entries", {"the brake", test_brake},
                   {"the brake forgets after an hour", test_brake_forgets},
                   {"no brake", test_no_brake}, {"entries since a gen", test_entries_since},
                   {"columns of an entry", test_entry_columns},
                   {"the signal in another process", test_signal_elsewhere},
                   {"the gen file comes right", test_gen_file_mends});
}
