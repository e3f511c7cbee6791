/* The index of PDQ hashes: it finds what comparing with every hash finds, whatever the hashes, and a
 * damaged one costs time and never an answer that could be had. */
#include "support.h"

#include "crypto/crypto.h"
#include "lists/index.h"

static struct tempdir dir;

enum { ROWS = 3000 };

/* Hashes with an index of their own. */
struct bed {
    struct pdq *hash;
    uint32_t *parts;
    struct index x;
};

/* A layout as a list of millions has it, in which `sub` bits of the next chunk are in the bucket. */
static struct index_layout wide(size_t n, unsigned sub)
{
    struct index_layout l = index_layout(n);
    if (sub == 0)
        return l;
    l.row_bits = 22 + sub;
    l.sub_bits = sub;
    l.tag_bits = 32 - l.row_bits;
    l.buckets = (size_t)1 << (16 + sub);
    l.part = l.buckets + 1 + n;
    return l;
}

static void bed_init(struct bed *b, struct pdq *hash, size_t n, unsigned sub)
{
    struct index_maker m;
    const struct index_layout l = wide(n, sub);
    CU_ASSERT_TRUE_FATAL(index_maker_init(&m, &l));
    b->hash = hash;
    b->parts = malloc(INDEX_CHUNKS * l.part * sizeof(*b->parts));
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->parts);
    for (unsigned i = 0; i < INDEX_CHUNKS; i++) {
        index_make(&m, i, hash->b, sizeof(*hash));
        memcpy(b->parts + i * l.part, m.part, l.part * sizeof(*m.part));
    }
    index_maker_finish(&m);
    b->x = (struct index){l, b->parts, hash};
}

static void bed_finish(struct bed *b)
{
    free(b->parts);
}

/* What an answer says: for each row its distance, or none. */
enum { NONE = UINT16_MAX };
struct answer {
    uint16_t distance[ROWS];
    size_t told, most;
};

static bool note(void *user, uint32_t row, unsigned distance)
{
    struct answer *a = user;
    CU_ASSERT_TRUE_FATAL(row < ROWS && (a->distance[row] == NONE || a->distance[row] == distance));
    a->distance[row] = (uint16_t)distance;
    return ++a->told < a->most;
}

/* Whether the index says the same as comparing with every hash; a costly question says nothing. */
static bool same(const struct bed *b, const struct pdq *q, unsigned radius, bool costly)
{
    struct answer a = {.most = SIZE_MAX};
    memset(a.distance, 0xff, sizeof(a.distance));
    enum index_answer answer = index_near(&b->x, q, radius, note, &a);
    if (answer != INDEX_DONE)
        return costly && answer == INDEX_COSTLY;
    for (size_t i = 0; i < b->x.layout.n; i++) {
        unsigned d = pdq_distance(&b->hash[i], q);
        if (a.distance[i] != (d <= radius ? d : NONE))
            return false;
    }
    return !costly;
}

static void random_hashes(struct pdq *hash, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++)
        stream_bytes(&seed, hash[i].b, sizeof(hash[i].b));
}

/* Flips `bits[chunk]` bits of every chunk, from a place that `seed` picks. */
static struct pdq flip_chunks(struct pdq h, const uint8_t bits[INDEX_CHUNKS], uint64_t seed)
{
    for (size_t chunk = 0; chunk < INDEX_CHUNKS; chunk++) {
        unsigned from = (unsigned)(stream(&seed) & 15);
        for (unsigned i = 0; i < bits[chunk]; i++) {
            unsigned bit = (from + 7 * i) & 15;
            h.b[2 * chunk + bit / 8] = (uint8_t)(h.b[2 * chunk + bit / 8] ^ 1u << bit % 8);
        }
    }
    return h;
}

static const unsigned radii[] = {0, 1, 8, 10, 15, 16, 20, 24, 31};

static void test_random(void)
{
    static struct pdq hash[ROWS];
    random_hashes(hash, ROWS, 1);
    for (unsigned sub = 0; sub <= 3; sub += 3) {
        struct bed b;
        bed_init(&b, hash, ROWS, sub);
        size_t wrong = 0;
        for (uint64_t i = 0; i < 300; i++) {
            struct pdq q = flipped(hash[(i * 37) % ROWS], (unsigned)(i % 34), i);
            for (size_t r = 0; r < COUNT_OF(radii); r++)
                wrong += !same(&b, &q, radii[r], false);
        }
        CU_ASSERT_EQUAL(wrong, 0);
        bed_finish(&b);
    }
}

/* All of 31 bits where the pigeonhole is tightest: two in every chunk but one, which has one; runs that
 * go round the end; everything in few chunks. */
static void test_tight(void)
{
    static struct pdq hash[ROWS];
    random_hashes(hash, ROWS, 2);
    for (unsigned sub = 0; sub <= 3; sub++) {
        struct bed b;
        size_t wrong = 0;
        bed_init(&b, hash, ROWS, sub);
        for (uint64_t i = 0; i < 16 * 40; i++) {
            uint8_t bits[INDEX_CHUNKS] = {0};
            uint64_t seed = i;
            size_t at = i % INDEX_CHUNKS;
            unsigned left = INDEX_RADIUS;
            if (i / INDEX_CHUNKS % 4 == 0) {
                memset(bits, 2, sizeof(bits));
                bits[at] = 1;
            } else if (i / INDEX_CHUNKS % 4 == 1) { /* one and three by turns, and one less */
                for (size_t k = 0; k < INDEX_CHUNKS; k++)
                    bits[(at + k) % INDEX_CHUNKS] = k % 2 ? 3 : 1;
                bits[at]--;
            } else if (i / INDEX_CHUNKS % 4 == 2) {
                bits[at] = 16;
                bits[(at + 5) % INDEX_CHUNKS] = 15;
            } else {
                for (; left > 0; left--) {
                    size_t k = stream(&seed) % INDEX_CHUNKS;
                    bits[k]++;
                }
            }
            struct pdq q = flip_chunks(hash[i % ROWS], bits, i);
            for (size_t r = 0; r < COUNT_OF(radii); r++)
                wrong += !same(&b, &q, radii[r], false);
        }
        CU_ASSERT_EQUAL(wrong, 0);
        bed_finish(&b);
    }
}

/* Near-duplicates of few pictures: every chunk has buckets that are full, and all of them match. */
static void test_clusters(void)
{
    static struct pdq hash[ROWS];
    struct bed b;
    size_t wrong = 0, costly = 0;
    random_hashes(hash, ROWS, 3);
    for (size_t i = 0; i < ROWS; i++)
        hash[i] = flipped(hash[i % 150], (unsigned)(i % 40), i);
    bed_init(&b, hash, ROWS, 0);
    for (uint64_t i = 0; i < 200; i++) {
        struct answer a = {.most = SIZE_MAX};
        struct pdq q = flipped(hash[i], (unsigned)(i % 20), 1000 + i);
        memset(a.distance, 0xff, sizeof(a.distance));
        bool dear = index_near(&b.x, &q, 31, note, &a) == INDEX_COSTLY;
        costly += dear;
        wrong += !same(&b, &q, 31, dear);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(costly < 200);
    bed_finish(&b);
}

/* Hashes that fill one bucket of every chunk: the question is handed back, and others are not. */
static void test_poison(void)
{
    static struct pdq hash[ROWS];
    struct bed b;
    struct pdq zero = {{0}}, one = {{1}};
    random_hashes(hash, ROWS, 4);
    memset(hash, 0, ROWS / 3 * sizeof(*hash));
    bed_init(&b, hash, ROWS, 0);
    CU_ASSERT_TRUE(same(&b, &zero, 31, true));
    CU_ASSERT_TRUE(same(&b, &one, 31, true));
    CU_ASSERT_TRUE(same(&b, &hash[ROWS - 1], 31, false));
    CU_ASSERT_TRUE(same(&b, &hash[ROWS - 1], 32, true)); /* no index can answer that */
    bed_finish(&b);
}

static void test_stop(void)
{
    static struct pdq hash[ROWS];
    struct bed b;
    struct answer a = {.most = 1};
    random_hashes(hash, ROWS, 5);
    memset(a.distance, 0xff, sizeof(a.distance));
    bed_init(&b, hash, ROWS, 0);
    CU_ASSERT_EQUAL(index_near(&b.x, &hash[7], 31, note, &a), INDEX_STOPPED);
    CU_ASSERT_EQUAL(a.told, 1);
    bed_finish(&b);
}

/* Any value in any place: no row that is not there, no distance that is not so. */
static void test_wild(void)
{
    static struct pdq hash[ROWS];
    uint64_t state = 6;
    random_hashes(hash, ROWS, 6);
    for (unsigned sub = 0; sub <= 2; sub += 2)
        for (unsigned kind = 0; kind < 4; kind++) {
            struct bed b;
            bed_init(&b, hash, ROWS, sub);
            size_t values = INDEX_CHUNKS * b.x.layout.part;
            for (size_t i = 0; i < values; i++)
                b.parts[i] = kind == 0   ? UINT32_MAX
                             : kind == 1 ? (uint32_t)stream(&state)
                             : kind == 2 ? (uint32_t)(stream(&state) % (ROWS + 2))
                             : i % 97    ? b.parts[i]
                                         : (uint32_t)stream(&state);
            size_t wrong = 0;
            for (size_t k = 0; k < 100; k++) {
                struct answer a = {.most = SIZE_MAX};
                memset(a.distance, 0xff, sizeof(a.distance));
                (void)index_near(&b.x, &hash[k], 31, note, &a);
                for (size_t i = 0; i < ROWS; i++)
                    wrong +=
                        a.distance[i] != NONE &&
                        (a.distance[i] > 31 || a.distance[i] != pdq_distance(&hash[i], &hash[k]));
            }
            CU_ASSERT_EQUAL(wrong, 0);
            bed_finish(&b);
        }
}

static void test_layouts(void)
{
    static const size_t sizes[] = {1,        2,       65536,   65537,    1000000,
                                   10000000, 4194304, 4194305, 60000000, UINT32_MAX};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct index_layout l = index_layout(sizes[i]);
        CU_ASSERT_TRUE(l.row_bits <= 32 && (sizes[i] - 1) >> l.row_bits == 0);
        CU_ASSERT_TRUE(l.sub_bits + l.tag_bits <= 16 && l.row_bits + l.tag_bits <= 32);
        CU_ASSERT_EQUAL(l.part, ((size_t)1 << (16 + l.sub_bits)) + 1 + sizes[i]);
        CU_ASSERT_TRUE(sizes[i] < INDEX_LEAST || l.sub_bits + l.tag_bits >= 10);
    }
}

/* ---- in a list ---- */

static const char *big_list(size_t rows)
{
    struct list_source *s = list_source_new();
    struct list_info info;
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    for (uint64_t i = 0; i < rows; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "e%06u", (unsigned)(i / 2)); /* two hashes each */
        struct list_row row = row_of(SIGNAL_PDQ, i, id);
        row.status = i % 100 == 0 ? ENTRY_WITHDRAWN : ENTRY_ACTIVE;
        row.quality = i % 100 == 5 ? 20 : 90;
        if (i >= 20000 && i < 30000) { /* near-duplicates of one picture */
            struct pdq h = flipped(pdq_of(20000), (unsigned)(i % 12), i);
            memcpy(row.value, h.b, sizeof(h.b));
        }
        add_row(s, &row);
    }
    const char *path = tempdir_file(&dir, "big.lml");
    CU_ASSERT_EQUAL_FATAL(write_source(path, s, &info), LMOD_OK);
    CU_ASSERT_EQUAL(info.indexed, rows >= INDEX_LEAST);
    return path;
}

/* All eight turns and negatives of one hash, as far as the index is concerned: sixteen queries. */
static size_t
ask(struct list *l, bool index, const struct pdq q[16], struct list_hit *hit, size_t cap, size_t *n)
{
    const struct index kept = l->index;
    size_t total = 0;
    if (!index)
        l->index.parts = NULL;
    CU_ASSERT_EQUAL(list_near(l, q, 16, 31, 0, hit, cap, n, &total), LMOD_OK);
    l->index = kept;
    return total;
}

static void test_list(void)
{
    enum { HITS = 64 };
    struct list_hit a[HITS], b[HITS];
    struct error e = {0};
    const char *path = big_list(70000);
    CU_ASSERT_EQUAL(list_check(path, NULL, &e), LMOD_OK);
    struct list *l = open_ok(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(l->index.parts);
    size_t wrong = 0, hits = 0;
    for (uint64_t i = 0; i < 60; i++) {
        struct pdq q[16];
        size_t n = 0, m = 0;
        for (uint64_t k = 0; k < 16; k++)
            q[k] = flipped(pdq_of(i * 1009 + k), (unsigned)((i + k) % 33), i * k);
        if (i % 10 == 9) /* one that is answered by looking at everything */
            q[3] = flipped(pdq_of(20000), 9, i);
        size_t total = ask(l, true, q, a, HITS, &n);
        wrong += total != ask(l, false, q, b, HITS, &m) || n != m;
        for (size_t k = 0; k < n && k < m; k++)
            wrong += a[k].entry != b[k].entry || a[k].distance != b[k].distance ||
                     a[k].needle != b[k].needle || a[k].quality != b[k].quality;
        hits += total;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_TRUE(hits > 20000);
    struct pdq q = pdq_of(1);
    size_t n = 9, total = 9;
    CU_ASSERT_EQUAL(list_near(l, &q, 1, 31, 1, a, HITS, &n, &total), LMOD_E_TIMEOUT);
    CU_ASSERT_EQUAL(n, 0);
    list_close(l);
}

static void test_small_lists_have_none(void)
{
    struct list *l = open_ok(big_list(INDEX_LEAST - 1));
    CU_ASSERT_PTR_NULL(l->index.parts);
    list_close(l);
    l = open_ok(big_list(INDEX_LEAST));
    CU_ASSERT_PTR_NOT_NULL(l->index.parts);
    list_close(l);
}

/* Writes the bytes with `t` as their table, sealed as if nothing had happened. */
static const char *sealed(struct buffer *b, struct lml_table *t)
{
    struct error e = {0};
    for (uint32_t i = 0; i < t->n; i++)
        (void)sha256_of(t->v[i].sha256, b->data + t->v[i].offset, (size_t)t->v[i].size);
    CU_ASSERT_EQUAL_FATAL(lml_head_write(t, (uint8_t *)b->data, &e), LMOD_OK);
    CU_ASSERT_TRUE_FATAL(tempdir_write(&dir, "bad.lml", b->data, b->size));
    return tempdir_file(&dir, "bad.lml");
}

static struct section *index_of(struct lml_table *t)
{
    return &t->v[lml_section(t, SECTION_INDEX) - t->v];
}

/* Tables that do not fit. */
static void test_refused(void)
{
    const char *path = big_list(70000);
    for (unsigned kind = 0; kind < 4; kind++) {
        struct buffer b = bytes_of(path);
        struct lml_table t;
        struct error e = {0};
        struct list *l = NULL;
        CU_ASSERT_EQUAL_FATAL(lml_head_read(&t, (uint8_t *)b.data, b.size, b.size, path, &e),
                              LMOD_OK);
        struct section *s = index_of(&t);
        if (kind == 0) {
            s->count -= INDEX_CHUNKS;
            s->size -= INDEX_CHUNKS * 4;
        } else if (kind == 1) {
            s->count *= 2;
            s->item = 2;
        } else if (kind == 2) {
            s->count--;
            s->size -= 4;
        } else {
            t.v[lml_section(&t, SECTION_SIGNAL + SIGNAL_PDQ) - t.v].type = 999;
            lml_put64((uint8_t *)b.data + t.v[0].offset + 32 + 8 * SIGNAL_PDQ, 0);
        }
        CU_ASSERT_EQUAL(list_open(&l, sealed(&b, &t), NULL, &e), LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, kind == 3 ? "does not have" : "not that of its"));
        CU_ASSERT_PTR_NULL(l);
        buffer_finish(&b);
    }
}

/* An index with damage that the header does not show: a check sees every flipped bit, and beginnings
 * that cannot be make the search look at everything. */
static void test_damaged(void)
{
    enum { HITS = 8 };
    const char *path = big_list(70000);
    struct buffer b = bytes_of(path);
    struct lml_table t;
    struct error e = {0};
    CU_ASSERT_EQUAL_FATAL(lml_head_read(&t, (uint8_t *)b.data, b.size, b.size, path, &e), LMOD_OK);
    const struct section *s = index_of(&t);
    size_t part = (size_t)s->size / INDEX_CHUNKS;
    const size_t places[] = {0,        4,        4 * 65535, 4 * 65536,          4 * 65537,
                             part / 2, part - 1, part,      (size_t)s->size - 1};
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        char *at = b.data + s->offset + places[i];
        *at = (char)(*at ^ 1);
        CU_ASSERT_EQUAL(list_check(sealed(&b, &t), NULL, &e), LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "does not say where"));
        *at = (char)(*at ^ 1);
    }
    memset(b.data + s->offset, 0xff, (size_t)s->size);
    struct list *l = open_ok(sealed(&b, &t));
    struct pdq q[16];
    struct list_hit hit[HITS];
    size_t n;
    for (uint64_t k = 0; k < 16; k++)
        q[k] = flipped(pdq_of(101 + 2 * k), 31, k);
    CU_ASSERT_EQUAL(ask(l, true, q, hit, HITS, &n), ask(l, false, q, hit, HITS, &n));
    CU_ASSERT_EQUAL(n, HITS);
    list_close(l);
    buffer_finish(&b);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("lists/index", {"random hashes", test_random},
                     {"where the pigeonhole is tight", test_tight},
                     {"near-duplicates", test_clusters}, {"buckets that are poisoned", test_poison},
                     {"told to stop", test_stop}, {"any values in any place", test_wild},
                     {"layouts", test_layouts}, {"a list beside looking at everything", test_list},
                     {"small lists have none", test_small_lists_have_none},
                     {"tables that do not fit", test_refused}, {"damage is seen", test_damaged});
    tempdir_remove(&dir);
    return rc;
}
