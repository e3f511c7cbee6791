/* Local entries by hand. */
#include "desk.h"

static const uint8_t digest[32] = {1, 2, 3};
static const uint8_t other[32] = {9, 9, 9};

static int edit(struct store *s,
                bool add,
                const char *list,
                const char *sig,
                size_t size,
                uint64_t n,
                struct store_decided *out)
{
    const struct store_signal_row row = {sig, digest, size};
    struct decision d = desk_decision(n, 0, 0);
    struct error e = {0};
    int status = add ? store_list_add(s, list, &row, 1, &d, 0, out, &e)
                     : store_list_withdraw(s, list, &row, 1, &d, 0, out, &e);
    CU_ASSERT_TRUE(status == LMOD_OK || e.text[0]);
    return status;
}

static void test_what_goes(void)
{
    static const struct {
        bool add;
        const char *list, *sig;
        size_t size;
        int status;
    } call[] = {
        {true, "local", "sha256", 32, LMOD_OK},
        {true, "local", "pdq", 32, LMOD_OK},
        {true, "local", "md5", 16, LMOD_OK},
        {true, "local", "sha1", 20, LMOD_OK},
        {true, "local", "link", 32, LMOD_OK},
        {true, "local", "text", 32, LMOD_OK},
        {true, "allow", "sha256", 32, LMOD_OK},
        {true, "allow", "link", 32, LMOD_OK},
        {true, "allow", "md5", 16, LMOD_E_STATE},
        {true, "allow", "sha1", 20, LMOD_E_STATE},
        {false, "allow", "md5", 16, LMOD_OK}, /* nothing to withdraw */
        {true, "local", "sha256", 31, LMOD_E_ARGUMENT},
        {true, "local", "md5", 32, LMOD_E_ARGUMENT},
        {true, "local", "crc", 4, LMOD_E_ARGUMENT},
        {true, "local", "key", 7, LMOD_E_ARGUMENT},
        {true, "ban", "sha256", 32, LMOD_E_ARGUMENT},
        {false, "ban", "sha256", 32, LMOD_E_ARGUMENT},
        {true, "brake", "key", 7, LMOD_E_ARGUMENT},
        {false, "brake", "key", 7, LMOD_OK},
        {false, "brake", "sha256", 32, LMOD_E_ARGUMENT},
    };
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    uint64_t gen = 0;
    for (size_t i = 0; i < COUNT_OF(call); i++) {
        struct store_decided out;
        int status = edit(s, call[i].add, call[i].list, call[i].sig, call[i].size, i + 1, &out);
        CU_ASSERT_EQUAL(status, call[i].status);
        if (status == LMOD_OK) {
            CU_ASSERT_EQUAL(out.gen, ++gen);
            CU_ASSERT_EQUAL(out.entries, call[i].add);
        }
        CU_ASSERT_EQUAL(store_signal(s), gen);
    }
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision WHERE event_id IS NULL"
                                   " AND ck IS NULL AND scope = 'content'"),
                    (int64_t)gen);
    kit_close(s, &dir);
}

/* A text and what is like it: the local list takes both, the allow list the text alone, and no bytes that are
 * no sketch. */
static void test_sketches(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct sketch like;
    uint8_t bytes[SKETCH_BYTES], wrong[SKETCH_BYTES] = {1, 2, 3};
    sketch_init(&like);
    for (uint64_t i = 0; i < 20; i++)
        sketch_add(&like, i, NULL);
    sketch_write(&like, bytes);
    const struct store_signal_row row[] = {{"text", digest, 32}, {"text", bytes, sizeof(bytes)}};
    const struct store_signal_row bad = {"text", wrong, sizeof(wrong)};
    struct decision d = desk_decision(1, 0, 0);
    struct store_decided out;
    CU_ASSERT_EQUAL(store_list_add(s, "allow", row, 2, &d, 0, &out, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(store_list_add(s, "local", &bad, 1, &d, 0, &out, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(store_list_add(s, "local", row, 2, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 2);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM entry WHERE status = 'active'"), 2);
    d = desk_decision(2, 0, 0);
    CU_ASSERT_EQUAL(store_list_withdraw(s, "local", row, 2, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 2);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM entry WHERE status = 'active'"), 0);
    kit_close(s, &dir);
}

/* Rows of one call are one content: they share a name. */
static void test_rows_of_a_content(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    const struct store_signal_row row[] = {
        {"sha256", digest, 32}, {"md5", digest, 16}, {"pdq", other, 32}};
    struct decision d = desk_decision(1, 0, 0);
    struct store_decided out;
    CU_ASSERT_EQUAL(store_list_add(s, "local", row, 2, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 2);
    CU_ASSERT_EQUAL(store_list_add(s, "local", row, 2, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 0); /* the same id: nothing changes */
    d = desk_decision(2, 0, 0);
    CU_ASSERT_EQUAL(store_list_add(s, "local", row, 3, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 1);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM entry WHERE decision LIKE '%1'"), 2);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM entry WHERE decision LIKE '%2'"), 1);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM decision WHERE reviewer = 'reviewer-7'"
                                   " AND reason = 'house rules' AND src = 'modctl'"),
                    2);
    d = desk_decision(3, 0, 0);
    CU_ASSERT_EQUAL(store_list_withdraw(s, "local", row, 3, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 3);
    CU_ASSERT_EQUAL(desk_active(&dir, "local"), 0);
    d = desk_decision(4, 0, 0);
    CU_ASSERT_EQUAL(store_list_withdraw(s, "local", row, 3, &d, 0, &out, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 0);
    kit_close(s, &dir);
}

/* An entry by hand finds what was seen before, by any of its signals. */
static void test_earlier(void)
{
    static const char *const sig[] = {"sha256", "sha1", "md5", "pdq"};
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct kit_row k;
    struct store_decided out;
    CU_ASSERT_TRUE(desk_event(s, 1));
    CU_ASSERT_TRUE(desk_event(s, 2));
    kit_row(&k, 1);
    for (uint64_t i = 0; i < COUNT_OF(sig); i++) {
        const uint8_t *value[] = {k.sha256, k.sha1, k.md5, k.pdq};
        static const size_t size[] = {32, 20, 16, 32};
        const struct store_signal_row row = {sig[i], value[i], size[i]};
        struct decision d = desk_decision(i + 1, 0, 0);
        CU_ASSERT_EQUAL(store_list_add(s, "local", &row, 1, &d, 0, &out, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(out.earlier, 1);
        CU_ASSERT_STRING_EQUAL(out.event, "");
    }
    CU_ASSERT_STRING_EQUAL(desk_look(s, 1).action, ""); /* a list entry decides no event */
    kit_close(s, &dir);
}

static void test_local_beats_an_earlier_allow(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_decided out;
    CU_ASSERT_EQUAL(edit(s, true, "allow", "sha256", 32, 1, &out), LMOD_OK);
    CU_ASSERT_EQUAL(edit(s, true, "local", "sha256", 32, 2, &out), LMOD_OK);
    CU_ASSERT_EQUAL(out.entries, 1);
    CU_ASSERT_EQUAL(desk_active(&dir, "allow"), 0);
    CU_ASSERT_EQUAL(desk_active(&dir, "local"), 1);
    kit_close(s, &dir);
}

/* An entry that is let off the brake counts anew. */
static void test_brake(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    const char *key = "ban/e42";
    const struct store_signal_row row = {"key", (const uint8_t *)key, strlen(key)};
    struct decision d = desk_decision(1, 0, 0);
    struct store_decided out;
    struct store_done done;
    for (uint64_t n = 1; n <= 5; n++) {
        struct kit_row k;
        desk_row(&k, n);
        k.row.brake = &key;
        k.row.brake_count = 1;
        k.row.brake_max = 2;
        CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(done.braked, n == 3);
        if (n == 3) {
            CU_ASSERT_EQUAL(store_list_withdraw(s, "brake", &row, 1, &d, 0, &out, NULL), LMOD_OK);
            CU_ASSERT_EQUAL(out.entries, 1);
            CU_ASSERT_EQUAL(desk_active(&dir, "brake"), 0);
        }
    }
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN("store/edit", {"what can be added and withdrawn", test_what_goes},
                   {"rows of one content", test_rows_of_a_content},
                   {"a text and what is like it", test_sketches},
                   {"earlier events by each signal", test_earlier},
                   {"local beats an earlier allow", test_local_beats_an_earlier_allow},
                   {"off the brake", test_brake});
}
