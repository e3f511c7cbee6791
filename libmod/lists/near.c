/* Looking up PDQ: by the index where the list has one, else and where that is quicker by looking at
 * every row. Both are exact. */
#include "lists/format.h"

#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_HASHES = 4096, /* 128 KiB: stays in the cache while all passes of needles go over it */
    HITS = 256,          /* of one scan; when there are more, the block is halved */
};

/* Entries found so far, each with its nearest: a growing hash table. */
struct found {
    struct list_hit *slots; /* distance UINT16_MAX: empty */
    size_t slot_count, n;
};

static bool nearer(const struct list_hit *a, const struct list_hit *b)
{
    return a->distance != b->distance ? a->distance < b->distance : a->needle < b->needle;
}

static struct list_hit *slot_of(const struct found *f, uint32_t entry)
{
    size_t mask = f->slot_count - 1, i = entry * (size_t)0x9e3779b1u & mask;
    while (f->slots[i].distance != UINT16_MAX && f->slots[i].entry != entry)
        i = (i + 1) & mask;
    return &f->slots[i];
}

static bool grow(struct found *f)
{
    struct found bigger = {.slot_count = f->slot_count ? 2 * f->slot_count : 64, .n = f->n};
    bigger.slots = array_new(bigger.slot_count, sizeof(*bigger.slots));
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < bigger.slot_count; i++)
        bigger.slots[i].distance = UINT16_MAX;
    for (size_t i = 0; i < f->slot_count; i++)
        if (f->slots[i].distance != UINT16_MAX)
            *slot_of(&bigger, f->slots[i].entry) = f->slots[i];
    free(f->slots);
    *f = bigger;
    return true;
}

static bool found_add(struct found *f, const struct list_hit *hit)
{
    if (2 * f->n >= f->slot_count && !grow(f))
        return false;
    struct list_hit *slot = slot_of(f, hit->entry);
    if (slot->distance == UINT16_MAX)
        f->n++;
    if (slot->distance == UINT16_MAX || nearer(hit, slot))
        *slot = *hit;
    return true;
}

static int by_distance(const void *a, const void *b)
{
    const struct list_hit *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* Moves the nearest `cap` entries to `out`; takes the table's order apart. */
static size_t found_take(struct found *f, struct list_hit *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < f->slot_count; i++)
        if (f->slots[i].distance != UINT16_MAX)
            f->slots[n++] = f->slots[i];
    if (n > 1)
        qsort(f->slots, n, sizeof(*f->slots), by_distance);
    n = n < cap ? n : cap;
    if (n > 0)
        memcpy(out, f->slots, n * sizeof(*out));
    return n;
}

/* ---- looking at every row ---- */

/* One pass: at most HAMMING_NEEDLES queries. */
struct pass {
    const struct pdq *queries;
    const uint16_t *number; /* of each query; NULL: `first` and on */
    size_t count, first;
    unsigned radius;
};

/* A row that is near the query of this number. False: out of memory. */
static bool
take(const struct list *l, struct found *f, size_t row, size_t needle, unsigned distance)
{
    const struct column *c = &l->column[SIGNAL_PDQ];
    struct list_hit hit = {.entry = lml_active(l, c, row),
                           .distance = (uint16_t)distance,
                           .needle = (uint16_t)needle,
                           .quality = c->quality[row]};
    return hit.entry == UINT32_MAX || hit.quality < PDQ_QUALITY_MIN || found_add(f, &hit);
}

/* Scans `n` rows from `from`. */
static bool scan(const struct list *l, const struct pass *p, size_t from, size_t n, struct found *f)
{
    const struct pdq *hashes = (const struct pdq *)(const void *)l->column[SIGNAL_PDQ].keys;
    struct hamming_hit hits[HITS];
    size_t total = hamming_scan(hashes + from, n, p->queries, p->count, p->radius, hits, HITS);
    if (total > HITS) /* n is over 1 then: one row has at most HAMMING_NEEDLES hits */
        return scan(l, p, from, n / 2, f) && scan(l, p, from + n / 2, n - n / 2, f);
    for (size_t i = 0; i < total; i++) {
        size_t needle = hits[i].needle;
        size_t number = p->number ? p->number[needle] : p->first + needle;
        if (!take(l, f, from + hits[i].index, number, hits[i].distance))
            return false;
    }
    return true;
}

/* Queries that every row is compared with. */
struct queue {
    const struct pdq *query;
    const uint16_t *number; /* which of the caller's queries it is; NULL: they are all */
    size_t n;
};

/* All queries over one block of rows. */
static bool scan_block(
    const struct list *l, const struct queue *q, unsigned radius, size_t from, struct found *f)
{
    size_t rows = l->column[SIGNAL_PDQ].n - from;
    for (size_t first = 0; first < q->n; first += HAMMING_NEEDLES) {
        struct pass p = {q->query + first, q->number ? q->number + first : NULL, q->n - first,
                         first, radius};
        if (p.count > HAMMING_NEEDLES)
            p.count = HAMMING_NEEDLES;
        if (!scan(l, &p, from, rows < BLOCK_HASHES ? rows : BLOCK_HASHES, f))
            return false;
    }
    return true;
}

static int
scan_all(const struct list *l, const struct queue *q, unsigned radius, uint64_t dl, struct found *f)
{
    for (size_t from = 0; q->n > 0 && from < l->column[SIGNAL_PDQ].n; from += BLOCK_HASHES) {
        if (dl && time_now_ns() >= dl)
            return LMOD_E_TIMEOUT;
        if (!scan_block(l, q, radius, from, f))
            return LMOD_E_MEMORY;
    }
    return LMOD_OK;
}

/* ---- asking the index ---- */

struct asked {
    const struct list *l;
    struct found *f;
    size_t needle;
};

static bool take_row(void *user, uint32_t row, unsigned distance)
{
    const struct asked *a = user;
    return take(a->l, a->f, row, a->needle, distance);
}

/* Queries that the index hands back; there are none as a rule. */
struct left {
    struct pdq *query;
    uint16_t *number;
    size_t n;
};

/* Keeps query `i` of `count`. */
static bool keep(struct left *left, const struct pdq *queries, size_t count, size_t i)
{
    if (!left->query) {
        left->query = array_new(count, sizeof(*left->query));
        left->number = array_new(count, sizeof(*left->number));
    }
    if (!left->query || !left->number)
        return false;
    left->query[left->n] = queries[i];
    left->number[left->n++] = (uint16_t)i;
    return true;
}

static int ask_all(const struct list *l,
                   const struct queue *q,
                   unsigned radius,
                   uint64_t dl,
                   struct left *left,
                   struct found *f)
{
    for (size_t i = 0; i < q->n; i++) {
        if (dl && time_now_ns() >= dl)
            return LMOD_E_TIMEOUT;
        struct asked a = {l, f, i};
        enum index_answer answer = index_near(&l->index, &q->query[i], radius, take_row, &a);
        if (answer == INDEX_STOPPED || (answer == INDEX_COSTLY && !keep(left, q->query, q->n, i)))
            return LMOD_E_MEMORY;
    }
    return LMOD_OK;
}

int list_near(const struct list *l,
              const struct pdq *queries,
              size_t count,
              unsigned radius,
              uint64_t dl,
              struct list_hit *out,
              size_t cap,
              size_t *n,
              size_t *total)
{
    struct found f = {NULL, 0, 0};
    struct queue q = {queries, NULL, count};
    struct left left = {NULL, NULL, 0};
    int status = LMOD_OK;
    if (l->index.parts) {
        status = ask_all(l, &q, radius, dl, &left, &f);
        q = (struct queue){left.query, left.number, left.n};
    }
    if (status == LMOD_OK)
        status = scan_all(l, &q, radius, dl, &f);
    *n = found_take(&f, out, cap);
    *total = f.n;
    free(f.slots);
    free(left.query);
    free(left.number);
    return status;
}
