/* Look-ups: digests of every type, PDQ within a radius, and what must never match. */
#include "support.h"

static struct tempdir dir;

static struct list *list_of(struct list_source *s)
{
    const char *path = tempdir_file(&dir, "find.lml");
    CU_ASSERT_EQUAL_FATAL(write_source(path, s, NULL), LMOD_OK);
    return open_ok(path);
}

/* list_near() without a deadline. */
static size_t near(const struct list *l,
                   const struct pdq *q,
                   size_t count,
                   unsigned radius,
                   struct list_hit *out,
                   size_t cap,
                   size_t *total)
{
    size_t n = 0;
    CU_ASSERT_EQUAL(list_near(l, q, count, radius, 0, out, cap, &n, total), LMOD_OK);
    return n;
}

static const char *id_of(const struct list *l, uint32_t index)
{
    struct list_entry entry;
    list_entry_get(l, index, &entry);
    return entry.id;
}

static void test_every_type(void)
{
    struct list *l = list_of(small_source());
    for (enum signal s = SIGNAL_MD5; s <= SIGNAL_LINK; s++) {
        CU_ASSERT_STRING_EQUAL(found(l, s, 0), "entry-0");
        CU_ASSERT_STRING_EQUAL(found(l, s, 1), "entry-1");
        CU_ASSERT_STRING_EQUAL(found(l, s, 2), "");                               /* withdrawn */
        CU_ASSERT_STRING_EQUAL(found(l, s, 3), s == SIGNAL_PDQ ? "" : "entry-3"); /* weak */
        CU_ASSERT_STRING_EQUAL(found(l, s, 4), "");
    }
    uint8_t key[LIST_KEY_MAX] = {0};
    CU_ASSERT_EQUAL(list_find(l, SIGNAL_TEXT, key, NULL, 0), 0);
    list_close(l);
}

static void test_one_digest_many_entries(void)
{
    struct list_source *s = list_source_new();
    add(s, SIGNAL_SHA256, 1, "b");
    add(s, SIGNAL_SHA256, 1, "c");
    add(s, SIGNAL_SHA256, 1, "a");
    add(s, SIGNAL_SHA256, 1, "a");
    struct list_row gone = row_of(SIGNAL_SHA256, 1, "d");
    gone.status = ENTRY_DISABLED;
    add_row(s, &gone);
    struct list *l = list_of(s);
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_SHA256, 1), "a b c");
    struct list_hit hit[2];
    CU_ASSERT_EQUAL(list_find(l, SIGNAL_SHA256, gone.value, hit, 2),
                    3); /* says how many there are */
    list_close(l);
}

/* Keys that are not spread like digests still are all found. */
static void test_uneven_keys(void)
{
    enum { MANY = 3000 };
    struct list_source *s = list_source_new();
    struct list_row row = {.signal = SIGNAL_MD5, .entry = "e"};
    for (uint32_t i = 0; i < MANY; i++) {
        memset(row.value, i % 3 ? 0 : 0xff, 16);
        memcpy(row.value + (i % 2 ? 0 : 12), &i, sizeof(i));
        add_row(s, &row);
    }
    struct list *l = list_of(s);
    size_t missed = 0;
    for (uint32_t i = 0; i < MANY; i++) {
        struct list_hit hit;
        memset(row.value, i % 3 ? 0 : 0xff, 16);
        memcpy(row.value + (i % 2 ? 0 : 12), &i, sizeof(i));
        missed += list_find(l, SIGNAL_MD5, row.value, &hit, 1) != 1;
    }
    CU_ASSERT_EQUAL(missed, 0);
    memset(row.value, 0x77, 16);
    CU_ASSERT_EQUAL(list_find(l, SIGNAL_MD5, row.value, NULL, 0), 0);
    list_close(l);
}

static void test_one_bad_row_takes_the_entry(void)
{
    static const enum entry_status all[] = {ENTRY_WITHDRAWN, ENTRY_EXPIRED, ENTRY_DISABLED};
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct list_source *s = list_source_new();
        add(s, SIGNAL_MD5, 1, "e");
        struct list_row row = row_of(SIGNAL_PDQ, 1, "e");
        row.status = all[i];
        add_row(s, &row);
        add(s, SIGNAL_SHA1, 1, "e");
        add(s, SIGNAL_SHA1, 1, "other");
        struct list *l = list_of(s);
        struct list_info info;
        list_info_get(l, &info);
        CU_ASSERT_EQUAL(info.entries, 2);
        CU_ASSERT_EQUAL(info.active, 1);
        CU_ASSERT_EQUAL(info.signals[SIGNAL_MD5], 0);
        CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 1), "");
        CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_SHA1, 1), "other");
        struct pdq q = pdq_of(1);
        struct list_hit hit;
        size_t total;
        CU_ASSERT_EQUAL(near(l, &q, 1, 31, &hit, 1, &total), 0);
        CU_ASSERT_EQUAL(total, 0);
        struct list_entry entry;
        list_entry_get(l, 0, &entry);
        CU_ASSERT_EQUAL(entry.status, all[i]);
        list_close(l);
    }
}

static void test_within_radius(void)
{
    struct list_source *s = list_source_new();
    for (uint64_t i = 0; i < 500; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "e%03u", (unsigned)i);
        add(s, SIGNAL_PDQ, i, id);
    }
    struct list *l = list_of(s);
    static const unsigned distance[] = {0, 1, 30, 31, 32, 60};
    for (size_t i = 0; i < COUNT_OF(distance); i++) {
        struct pdq q = flipped(pdq_of(123), distance[i], i);
        struct list_hit hit = {0};
        size_t total, n = near(l, &q, 1, 31, &hit, 1, &total);
        CU_ASSERT_EQUAL(n, distance[i] <= 31);
        CU_ASSERT_EQUAL(total, n);
        if (n) {
            CU_ASSERT_STRING_EQUAL(id_of(l, hit.entry), "e123");
            CU_ASSERT_EQUAL(hit.distance, distance[i]);
            CU_ASSERT_EQUAL(hit.quality, 100);
        }
    }
    list_close(l);
}

static void test_many_queries(void)
{
    enum { ROWS = 9000, QUERIES = 40 };
    struct list_source *s = list_source_new();
    for (uint64_t i = 0; i < ROWS; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "e%04u", (unsigned)i);
        add(s, SIGNAL_PDQ, i, id);
    }
    struct list *l = list_of(s);
    struct pdq q[QUERIES];
    for (uint64_t k = 0; k < QUERIES; k++)
        q[k] = flipped(pdq_of(k * 220), (unsigned)(k % 31), k);
    struct list_hit hit[QUERIES];
    size_t total, n = near(l, q, QUERIES, 31, hit, QUERIES, &total), wrong = 0;
    CU_ASSERT_EQUAL(n, QUERIES);
    for (size_t i = 0; i < n; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "e%04u", hit[i].needle * 220u);
        wrong += strcmp(id_of(l, hit[i].entry), id) != 0 || hit[i].distance != hit[i].needle % 31;
        wrong += i > 0 && hit[i].distance < hit[i - 1].distance;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    list_close(l);
}

static void test_entry_once_with_its_nearest(void)
{
    struct list_source *s = list_source_new();
    struct list_row row = {.signal = SIGNAL_PDQ, .entry = "e", .quality = 100};
    static const unsigned distance[] = {20, 5, 11};
    struct pdq base = pdq_of(9);
    for (size_t i = 0; i < COUNT_OF(distance); i++) {
        struct pdq h = flipped(base, distance[i], 50 + i);
        memcpy(row.value, h.b, sizeof(h.b));
        row.quality = (uint8_t)(60 + i);
        add_row(s, &row);
    }
    row.entry = "f";
    struct pdq h = flipped(base, 15, 3);
    memcpy(row.value, h.b, sizeof(h.b));
    add_row(s, &row);
    struct list *l = list_of(s);
    struct pdq q[2] = {pdq_of(1000), base};
    struct list_hit hit[4];
    size_t total, n = near(l, q, 2, 31, hit, 4, &total);
    CU_ASSERT_EQUAL_FATAL(n, 2);
    CU_ASSERT_EQUAL(total, 2);
    CU_ASSERT_STRING_EQUAL(id_of(l, hit[0].entry), "e");
    CU_ASSERT_EQUAL(hit[0].distance, 5);
    CU_ASSERT_EQUAL(hit[0].needle, 1);
    CU_ASSERT_EQUAL(hit[0].quality, 61);
    CU_ASSERT_STRING_EQUAL(id_of(l, hit[1].entry), "f");
    CU_ASSERT_EQUAL(hit[1].distance, 15);
    n = near(l, q, 2, 31, hit, 1, &total);
    CU_ASSERT_EQUAL(n, 1); /* the nearest of them, and how many there are */
    CU_ASSERT_EQUAL(total, 2);
    CU_ASSERT_STRING_EQUAL(id_of(l, hit[0].entry), "e");
    list_close(l);
}

static void test_weak_rows_never_match(void)
{
    struct list_source *s = list_source_new();
    struct list_row row = row_of(SIGNAL_PDQ, 1, "weak");
    row.quality = PDQ_QUALITY_MIN - 1;
    add_row(s, &row);
    row = row_of(SIGNAL_PDQ, 2, "strong");
    row.quality = PDQ_QUALITY_MIN;
    add_row(s, &row);
    struct list *l = list_of(s);
    struct pdq q[2] = {pdq_of(1), pdq_of(2)};
    struct list_hit hit[2];
    size_t total, n = near(l, q, 2, 31, hit, 2, &total);
    CU_ASSERT_EQUAL_FATAL(n, 1);
    CU_ASSERT_STRING_EQUAL(id_of(l, hit[0].entry), "strong");
    struct list_info info;
    list_info_get(l, &info);
    CU_ASSERT_EQUAL(info.weak, 1);
    CU_ASSERT_EQUAL(info.signals[SIGNAL_PDQ], 2);
    list_close(l);
}

/* More hits in a block than one scan returns: thousands of entries with the same picture. */
static void test_many_hits(void)
{
    enum { SAME = 6000 };
    struct list_source *s = list_source_new();
    for (unsigned i = 0; i < SAME; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "%u", i);
        add(s, SIGNAL_PDQ, 5, id);
    }
    struct list *l = list_of(s);
    struct pdq q[16];
    for (size_t i = 0; i < COUNT_OF(q); i++)
        q[i] = flipped(pdq_of(5), (unsigned)(16 - i), i);
    struct list_hit hit[10];
    size_t total, n = near(l, q, COUNT_OF(q), 31, hit, COUNT_OF(hit), &total);
    CU_ASSERT_EQUAL(n, 10);
    CU_ASSERT_EQUAL(total, SAME);
    CU_ASSERT_EQUAL(hit[9].distance, 1);
    CU_ASSERT_EQUAL(hit[9].needle, 15);
    list_close(l);
}

static void test_deadline(void)
{
    struct list *l = list_of(small_source());
    struct pdq q = pdq_of(0);
    struct list_hit hit;
    size_t n = 99, total = 99;
    CU_ASSERT_EQUAL(list_near(l, &q, 1, 31, 1, &hit, 1, &n, &total), LMOD_E_TIMEOUT);
    CU_ASSERT_EQUAL(n, 0);
    CU_ASSERT_EQUAL(total, 0);
    uint64_t later = time_now_ns() + 60000000000u;
    CU_ASSERT_EQUAL(list_near(l, &q, 1, 31, later, &hit, 1, &n, &total), LMOD_OK);
    CU_ASSERT_EQUAL(n, 1);
    list_close(l);
}

/* The text of 20 features of which `other` are not those of the `i`-th. */
static size_t
near_text(const struct list *l, uint64_t i, uint64_t other, struct list_hit *hit, size_t cap)
{
    struct sketch q;
    bool cut = true;
    sketch_init(&q);
    for (uint64_t k = other; k < 20 + other; k++)
        sketch_add(&q, 100 * i + k, NULL);
    size_t n = list_near_text(l, &q, hit, cap, &cut);
    CU_ASSERT_FALSE(cut);
    return n;
}

static void test_texts(void)
{
    struct list *l = list_of(small_source());
    struct list_hit hit[4];
    struct list_entry entry;
    for (uint64_t i = 0; i < 4; i++) { /* the third is withdrawn */
        CU_ASSERT_EQUAL_FATAL(near_text(l, i, 0, hit, COUNT_OF(hit)), i != 2);
        if (i == 2)
            continue;
        list_entry_get(l, hit[0].entry, &entry);
        CU_ASSERT_EQUAL(entry.id[6], (char)('0' + i));
        CU_ASSERT_EQUAL(hit[0].distance, 0);
        CU_ASSERT_EQUAL(near_text(l, i, 4, hit, COUNT_OF(hit)), 1);
        CU_ASSERT_EQUAL(hit[0].distance, 33);
        CU_ASSERT_EQUAL(near_text(l, i, 10, hit, COUNT_OF(hit)), 0);
    }
    list_close(l);
}

/* An entry with several texts is found once, by the nearest. */
static void test_texts_of_one_entry(void)
{
    struct list_source *s = list_source_new();
    for (uint64_t k = 0; k < 5; k++) {
        struct list_row row = row_of(SIGNAL_TEXT, 0, k < 4 ? "one" : "two");
        struct sketch text;
        sketch_init(&text);
        for (uint64_t f = k; f < 20 + k; f++)
            sketch_add(&text, f, NULL);
        sketch_write(&text, row.value);
        add_row(s, &row);
    }
    struct list_row none = row_of(SIGNAL_TEXT, 0, "none");
    struct error e = {0};
    memset(none.value, 0, sizeof(none.value));
    CU_ASSERT_EQUAL(list_source_add(s, &none, &e), LMOD_E_LIST);
    struct list *l = list_of(s);
    struct list_hit hit[4];
    CU_ASSERT_EQUAL(near_text(l, 0, 1, hit, COUNT_OF(hit)), 2);
    CU_ASSERT_EQUAL(hit[0].distance, 0);
    CU_ASSERT_EQUAL(hit[1].distance, 26);
    CU_ASSERT_EQUAL(near_text(l, 0, 1, hit, 1), 2);
    list_close(l);
}

static void test_list_without_pdq(void)
{
    struct list_source *s = list_source_new();
    add(s, SIGNAL_MD5, 1, "e");
    struct list *l = list_of(s);
    struct pdq q = pdq_of(1);
    struct list_hit hit;
    size_t total;
    CU_ASSERT_EQUAL(near(l, &q, 1, 31, &hit, 1, &total), 0);
    CU_ASSERT_EQUAL(near(l, &q, 0, 31, &hit, 1, &total), 0);
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_SHA256, 1), "");
    CU_ASSERT_EQUAL(near_text(l, 1, 0, &hit, 1), 0);
    list_close(l);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("lists/find", {"every type is found", test_every_type},
                     {"a digest of several entries", test_one_digest_many_entries},
                     {"keys that are spread unevenly", test_uneven_keys},
                     {"one withdrawn row takes the entry", test_one_bad_row_takes_the_entry},
                     {"PDQ within the radius", test_within_radius},
                     {"many queries at once", test_many_queries},
                     {"an entry once, with its nearest", test_entry_once_with_its_nearest},
                     {"weak hashes never match", test_weak_rows_never_match},
                     {"thousands of hits", test_many_hits}, {"the deadline", test_deadline},
                     {"texts", test_texts}, {"texts of one entry", test_texts_of_one_entry},
                     {"a list without PDQ", test_list_without_pdq});
    tempdir_remove(&dir);
    return rc;
}
