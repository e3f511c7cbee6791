/* Recording: what a row leaves in the tables, the same finding twice, rows that fail. */
#include "kit.h"

static void test_all_parts(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    CU_ASSERT_EQUAL(kit_put(s, 1, &done), LMOD_OK);
    CU_ASSERT_TRUE(done.fresh);
    CU_ASSERT_STRING_EQUAL(done.event, "0198c0de-0000-7000-8000-000000000001");
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event e JOIN content c ON c.ck = e.ck"
                                   " JOIN item i ON i.id = e.item AND i.ck = c.ck"
                                   " WHERE e.type = 'libmod.match.v1' AND e.prio = 5"
                                   " AND e.deadline IS NULL AND e.sent IS NULL"
                                   " AND json_extract(e.body, '$.n') = 1"
                                   " AND c.kind = 'media' AND c.w = 640 AND c.h = 480"
                                   " AND c.bytes = 4711 AND length(c.sha256) = 32"
                                   " AND length(c.pdq) = 32 AND c.quality = 90"
                                   " AND c.hashes = x'686173686573' AND c.first = c.last"
                                   " AND i.host = 'chat.example.org' AND i.ref = 'upload/1'"
                                   " AND i.sender = '@sender:example.org' AND i.surface = 1"),
                    1);
    kit_close(s, &dir);
}

static void test_same_finding_twice(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct kit_row k;
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    kit_row(&k, 1);
    k.event.id = "0198c0de-0000-7000-8000-00000000ffff";
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    CU_ASSERT_FALSE(done.fresh);
    CU_ASSERT_STRING_EQUAL(done.event, "0198c0de-0000-7000-8000-000000000001");
    /* Without dedupe each is an event of its own, but never one id twice. */
    k.event.dedupe = NULL;
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    CU_ASSERT_TRUE(done.fresh);
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    CU_ASSERT_FALSE(done.fresh);
    CU_ASSERT_STRING_EQUAL(done.event, "0198c0de-0000-7000-8000-00000000ffff");
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 2);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 1);
    kit_close(s, &dir);
}

static void test_content_keeps_what_it_knows(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct kit_row k;
    struct store_found *f = NULL;
    kit_row(&k, 1);
    k.content.at = k.event.at = 1000;
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    struct store_content later = {.ck = k.ck,
                                  .kind = CONTENT_MEDIA,
                                  .mime = "image/webp",
                                  .cluster = k.ck,
                                  .at = 5000,
                                  .gen = 9};
    struct store_row row = {.content = &later};
    CU_ASSERT_EQUAL(store_put(s, &row, 0, &done, NULL), LMOD_OK);
    later.at = 3000; /* comes late: does not turn the clock back */
    CU_ASSERT_EQUAL(store_put(s, &row, 0, &done, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_content(s, k.ck, 0, &f, NULL), LMOD_OK);
    if (f) {
        CU_ASSERT_EQUAL(f->first, 1000);
        CU_ASSERT_EQUAL(f->last, 5000);
        CU_ASSERT_STRING_EQUAL(f->content.mime, "image/webp");
        CU_ASSERT_STRING_EQUAL(f->content.cluster, k.ck);
        CU_ASSERT_EQUAL(f->content.bytes, 4711);
        CU_ASSERT_EQUAL(f->content.quality, 90);
        CU_ASSERT_TRUE(f->content.pdq && memcmp(f->content.pdq, k.pdq, 32) == 0);
        CU_ASSERT_TRUE(f->content.md5 && memcmp(f->content.md5, k.md5, 16) == 0);
        /* no verdict came, so the old one stays, with what it was compared with */
        CU_ASSERT_EQUAL(f->content.gen, 3);
        CU_ASSERT_STRING_EQUAL(f->content.verdict.at, "{\"v\":1}");
    }
    free(f);
    kit_close(s, &dir);
}

/* Two senders of one text without a reference must not become one item: a decision about the sender
 * would hit the wrong one. */
static void test_items_without_reference(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct kit_row k;
    for (uint64_t n = 1; n <= 2; n++) {
        kit_row(&k, 1);
        kit_id(k.id, n);
        k.event.dedupe = NULL;
        k.item.ref = text_of(NULL);
        k.item.sender = text_of(n == 1 ? "@a:example.org" : "@b:example.org");
        CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    }
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event e JOIN item i ON i.id = e.item WHERE"
                                   " (e.id LIKE '%1' AND i.sender = '@a:example.org') OR"
                                   " (e.id LIKE '%2' AND i.sender = '@b:example.org')"),
                    2);
    k.row.event = NULL; /* only remembered: such an item says nothing */
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 2);
    kit_close(s, &dir);
}

static void test_item_learns(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct store_found *f = NULL;
    struct kit_row k;
    kit_row(&k, 1);
    k.item.room = text_of(NULL);
    k.row.event = NULL;
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    k.item.room = text_of("!later:example.org");
    k.item.sender = text_of(NULL);
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_recall(s, k.item.host, k.item.ref, 0, &f, NULL), LMOD_OK);
    if (f) {
        CU_ASSERT_STRING_EQUAL(f->item.room.at, "!later:example.org");
        CU_ASSERT_STRING_EQUAL(f->item.sender.at, "@sender:example.org");
        CU_ASSERT_STRING_EQUAL(f->content.ck, k.ck);
    }
    free(f);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM item"), 1);
    kit_close(s, &dir);
}

static void test_recall(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct store_found *f = NULL;
    struct kit_row k;
    struct error e;
    for (uint64_t n = 1; n <= 2; n++) { /* the host gave the reference a new content */
        kit_row(&k, n);
        k.item.ref = text_of("mxc://example.org/abc");
        k.item.at = 1000 * n;
        CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    }
    CU_ASSERT_EQUAL(store_recall(s, k.item.host, k.item.ref, 0, &f, NULL), LMOD_OK);
    CU_ASSERT_TRUE(f && strcmp(f->content.ck, k.ck) == 0);
    CU_ASSERT_TRUE(f && f->item.at == 2000 && f->item.surface == 1);
    CU_ASSERT_TRUE(f && f->content.hashes.size == 6 && !memcmp(f->content.hashes.at, "hashes", 6));
    free(f);
    CU_ASSERT_EQUAL(store_recall(s, text_of("other.example"), k.item.ref, 0, &f, &e),
                    LMOD_E_NOT_FOUND);
    CU_ASSERT_PTR_NULL(f);
    CU_ASSERT_EQUAL(store_content(s, "h1:unknown", 0, &f, &e), LMOD_E_NOT_FOUND);
    kit_close(s, &dir);
}

/* Bytes that SQL or C strings would end at, in all texts that come from outside. */
static void test_any_bytes(void)
{
    static const char odd[] = "a'b\";--\0c\xff";
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct store_found *f = NULL;
    struct kit_row k;
    kit_row(&k, 1);
    k.item.host = k.item.ref = k.item.room = (struct store_text){odd, sizeof(odd) - 1};
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_recall(s, k.item.host, k.item.ref, 0, &f, NULL), LMOD_OK);
    CU_ASSERT_TRUE(f && f->item.room.size == sizeof(odd) - 1 &&
                   memcmp(f->item.room.at, odd, sizeof(odd) - 1) == 0);
    free(f);
    kit_close(s, &dir);
}

/* A row that cannot be written leaves nothing behind, and the store goes on. */
static void test_a_bad_row(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct store_done done;
    struct kit_row k;
    struct error e;
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    kit_row(&k, 2);
    k.event.type = NULL;
    CU_ASSERT_EQUAL(store_put(s, &k.row, 0, &done, &e), LMOD_E_INTERNAL);
    CU_ASSERT_FALSE(done.fresh);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM content"), 1);
    CU_ASSERT_EQUAL(kit_put(s, 2, NULL), LMOD_OK);
    kit_close(s, &dir);
}

static void test_counters(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    const struct store_count c[] = {{"unrecorded", 2}, {"scans", 40}};
    CU_ASSERT_EQUAL(store_count(s, c, 2, 0, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_count(s, c, 1, 0, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT n FROM counter WHERE k = 'unrecorded'"), 4);
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT n FROM counter WHERE k = 'scans'"), 40);
    kit_close(s, &dir);
}

int main(void)
{
    return TAP_RUN(
        "store/put", {"all parts of a row", test_all_parts},
        {"the same finding twice is one event", test_same_finding_twice},
        {"a content keeps what it knows", test_content_keeps_what_it_knows},
        {"items without a reference stay apart", test_items_without_reference},
        {"an item learns", test_item_learns}, {"recall gives the newest content", test_recall},
        {"texts may hold any bytes", test_any_bytes},
        {"a row that fails leaves nothing", test_a_bad_row}, {"counters add up", test_counters});
}
