/*
 * The index of PDQ hashes: multi-index hashing (Norouzi, Punjani and Fleet 2012) over sixteen chunks
 * of 16 bits in flat arrays, with the stronger pigeonhole of Qin and Xiao ("Pigeonring", 2018).
 *
 * Two hashes within 31 bits differ by at most 31/16 bits a chunk on average. So, going round the
 * chunks, there is one from which on no run has more than its share: at most 1 bit in the chunk itself
 * (31/16), and at most 3 in it and the one behind together (2 × 31/16). Each chunk is looked up with
 * none and each one of its bits flipped, and of what is found there only that is compared whose next
 * bits, which stand in the index, leave the two chunks within 3.
 */
#include "lists/index.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

enum {
    CHUNK_BITS = 16,
    PROBES = CHUNK_BITS + 1, /* of a chunk: as it is, and with each bit flipped */
    FULL_BITS = 22,   /* rows of more bits than this take bits of the next chunk into the bucket */
    SLICE = 512,      /* items that are sifted before their rows are looked at */
    COSTLY_PART = 16, /* more than this part of all rows in the buckets is costly */
    FETCHED = 384,    /* items that are on their way while others are looked at */
    LINE = 16,        /* items of a line of the cache */
};

struct index_layout index_layout(size_t n)
{
    struct index_layout l = {.n = n};
    while (l.row_bits < 32 && n > UINT64_C(1) << l.row_bits)
        l.row_bits++;
    l.sub_bits = l.row_bits > FULL_BITS ? l.row_bits - FULL_BITS : 0;
    l.tag_bits = 32 - l.row_bits;
    if (l.tag_bits > CHUNK_BITS)
        l.tag_bits = CHUNK_BITS;
    l.buckets = (size_t)1 << (CHUNK_BITS + l.sub_bits);
    l.part = l.buckets + 1 + n;
    return l;
}

/* 32 bits of a hash from those of `chunk` on; behind the last chunk comes the first. */
static uint32_t window_of(const uint8_t *hash, unsigned chunk)
{
    const uint8_t *a = hash + 2 * (size_t)chunk;
    const uint8_t *b = hash + 2 * (size_t)((chunk + 1) % INDEX_CHUNKS);
    return (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)b[0] << 8 | b[1];
}

static uint32_t bucket_of(const struct index_layout *l, uint32_t window)
{
    return window >> (CHUNK_BITS - l->sub_bits);
}

static uint32_t tag_of(const struct index_layout *l, uint32_t window)
{
    uint32_t mask = ((uint32_t)1 << l->tag_bits) - 1;
    return window >> (CHUNK_BITS - l->sub_bits - l->tag_bits) & mask;
}

/* ---- making ---- */

bool index_maker_init(struct index_maker *m, const struct index_layout *l)
{
    m->layout = *l;
    m->window = array_new(l->n, sizeof(*m->window));
    m->part = array_new(m->layout.part, sizeof(*m->part));
    if (m->window && m->part)
        return true;
    index_maker_finish(m);
    return false;
}

void index_maker_finish(struct index_maker *m)
{
    free(m->window);
    free(m->part);
    m->window = m->part = NULL;
}

void index_make(struct index_maker *m, unsigned chunk, const uint8_t *hashes, size_t step)
{
    const struct index_layout *l = &m->layout;
    uint32_t *next = m->part, *items = m->part + l->buckets + 1, sum = 0;
    memset(next, 0, (l->buckets + 1) * sizeof(*next));
    for (size_t i = 0; i < l->n; i++) {
        m->window[i] = window_of(hashes + i * step, chunk);
        next[bucket_of(l, m->window[i])]++;
    }
    for (size_t b = 0; b <= l->buckets; b++) {
        uint32_t here = next[b];
        next[b] = sum;
        sum += here;
    }
    for (size_t i = 0; i < l->n; i++) {
        uint64_t tag = tag_of(l, m->window[i]);
        items[next[bucket_of(l, m->window[i])]++] = htole32((uint32_t)(i | tag << l->row_bits));
    }
    /* Every bucket's beginning stands at its end now, which is where the next one begins. */
    memmove(next + 1, next, l->buckets * sizeof(*next));
    next[0] = 0;
    for (size_t b = 0; b <= l->buckets; b++)
        next[b] = htole32(next[b]);
}

/* ---- searching ---- */

/* The buckets of one value of a chunk: those of all bits of the next chunk that are in the number. */
struct run {
    uint32_t first; /* number of the first bucket */
    uint32_t from;  /* items in front of it */
    uint32_t n;     /* items in it */
    uint8_t chunk, flips;
};

struct search {
    const struct index *x;
    const struct pdq *needle;
    unsigned radius, pair; /* pair: the most bits of a chunk and the next one together */
    struct run run[INDEX_CHUNKS * PROBES];
    size_t runs;
    uint32_t row[2 * SLICE + HAMMING_SPARE];
    size_t rows;
    struct hamming_hit hit[2 * SLICE];
    index_tell *tell;
    void *user;
};

static const uint32_t *part_of(const struct index *x, unsigned chunk)
{
    return x->parts + chunk * x->layout.part;
}

/* Finds the buckets; false when there is too much in them, or what they say cannot be. */
static bool plan(struct search *s)
{
    const struct index_layout *l = &s->x->layout;
    uint64_t items = 0;
    unsigned flips_most = s->radius / INDEX_CHUNKS;
    for (unsigned chunk = 0; chunk < INDEX_CHUNKS; chunk++) {
        const uint32_t *offset = part_of(s->x, chunk);
        uint32_t value = window_of(s->needle->b, chunk) >> CHUNK_BITS;
        for (unsigned probe = 0; probe < (flips_most ? PROBES : 1); probe++) {
            uint32_t flip = probe ? UINT32_C(1) << (probe - 1) : 0;
            size_t first = (size_t)(value ^ flip) << l->sub_bits;
            uint32_t from = le32toh(offset[first]);
            uint32_t to = le32toh(offset[first + ((size_t)1 << l->sub_bits)]);
            if (from > to || to > l->n)
                return false;
            if (from == to)
                continue;
            items += to - from;
            s->run[s->runs++] = (struct run){(uint32_t)first, from, to - from, (uint8_t)chunk,
                                             (uint8_t)(probe != 0)};
        }
    }
    return items <= l->n / COSTLY_PART;
}

/* Sends for the items of a run, but not for more than FETCHED. Inlined in any case: gcc drops calls of
 * a function that does nothing but prefetch. */
static inline __attribute__((always_inline)) void fetch(const struct search *s, const struct run *r)
{
    const uint32_t *items = part_of(s->x, r->chunk) + s->x->layout.buckets + 1 + r->from;
    for (size_t i = 0; i < r->n && i < FETCHED; i += LINE)
        __builtin_prefetch(items + i);
    __builtin_prefetch(items + r->n - 1);
}

/* Compares the rows that were kept with the needle. */
static bool compare(struct search *s)
{
    size_t n =
        hamming_pick(s->x->hashes, s->x->layout.n, s->row, s->rows, s->needle, s->radius, s->hit);
    s->rows = 0;
    for (size_t i = 0; i < n; i++)
        if (!s->tell(s->user, s->hit[i].index, s->hit[i].distance))
            return false;
    return true;
}

/* Of a few bits: those of the next chunk that are in a bucket's number. */
static unsigned bits_set(uint32_t bits)
{
    unsigned n = 0;
    for (; bits; bits &= bits - 1)
        n++;
    return n;
}

static bool
look_at_bucket(struct search *s, const uint32_t *items, size_t n, uint32_t tag, unsigned most)
{
    for (size_t part; n > 0; n -= part, items += part) {
        part = n < SLICE ? n : SLICE;
        s->rows += hamming_sift(items, part, s->x->layout.row_bits, tag, most, s->row + s->rows);
        if (s->rows >= SLICE && !compare(s))
            return false;
    }
    return true;
}

static enum index_answer look_at_run(struct search *s, const struct run *r)
{
    const struct index_layout *l = &s->x->layout;
    const uint32_t *offset = part_of(s->x, r->chunk), *items = offset + l->buckets + 1;
    uint32_t window = window_of(s->needle->b, r->chunk), tag = tag_of(l, window);
    uint32_t subs = (uint32_t)1 << l->sub_bits, want = bucket_of(l, window) & (subs - 1);
    uint32_t from = r->from;
    for (uint32_t sub = 0; sub < subs; sub++) {
        unsigned bits = r->flips + bits_set(sub ^ want);
        uint32_t to = le32toh(offset[r->first + sub + 1]);
        if (from > to || to > l->n)
            return INDEX_COSTLY;
        if (bits <= s->pair && from < to &&
            !look_at_bucket(s, items + from, to - from, tag, s->pair - bits))
            return INDEX_STOPPED;
        from = to;
    }
    return INDEX_DONE;
}

enum index_answer index_near(
    const struct index *x, const struct pdq *needle, unsigned radius, index_tell *tell, void *user)
{
    struct search s;
    s.x = x;
    s.needle = needle;
    s.radius = radius;
    s.pair = 2 * radius / INDEX_CHUNKS;
    s.tell = tell;
    s.user = user;
    s.runs = s.rows = 0;
    if (radius > INDEX_RADIUS || !plan(&s))
        return INDEX_COSTLY;
    for (size_t i = 0, sent = 0, under_way = 0; i < s.runs; i++) {
        for (; sent < s.runs && (sent <= i || under_way < FETCHED); sent++) {
            fetch(&s, &s.run[sent]);
            under_way += s.run[sent].n + LINE;
        }
        enum index_answer answer = look_at_run(&s, &s.run[i]);
        if (answer != INDEX_DONE)
            return answer;
        under_way -= s.run[i].n + LINE;
    }
    return compare(&s) ? INDEX_DONE : INDEX_STOPPED;
}
