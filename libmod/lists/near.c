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

/* One pass: at most HAMMING_NEEDLES queries, the first of them number `first` of the list's. */
struct pass {
    const struct pdq *queries;
    const uint16_t *number; /* of each query */
    size_t count;
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
    for (size_t i = 0; i < total; i++)
        if (!take(l, f, from + hits[i].index, p->number[hits[i].needle], hits[i].distance))
            return false;
    return true;
}

/* Queries that every row is compared with. */
struct queue {
    struct pdq *query;
    uint16_t *number; /* which of the caller's queries it is */
    size_t n;
};

/* All queries over one block of rows. */
static bool scan_block(
    const struct list *l, const struct queue *q, unsigned radius, size_t from, struct found *f)
{
    size_t rows = l->column[SIGNAL_PDQ].n - from;
    for (size_t first = 0; first < q->n; first += HAMMING_NEEDLES) {
        struct pass p = {q->query + first, q->number + first, q->n - first, radius};
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

/* Asks the index for every query; those that it would not answer cheaply are left in the queue. */
static int
ask_all(const struct list *l, struct queue *q, unsigned radius, uint64_t dl, struct found *f)
{
    size_t left = 0;
    for (size_t i = 0; i < q->n; i++) {
        if (dl && time_now_ns() >= dl)
            return LMOD_E_TIMEOUT;
        struct asked a = {l, f, q->number[i]};
        enum index_answer answer = index_near(&l->index, &q->query[i], radius, take_row, &a);
        if (answer == INDEX_STOPPED)
            return LMOD_E_MEMORY;
        if (answer == INDEX_DONE)
            continue;
        q->query[left] = q->query[i];
        q->number[left++] = q->number[i];
    }
    q->n = left;
    return LMOD_OK;
}

static bool queue_init(struct queue *q, const struct pdq *queries, size_t count)
{
    q->n = count;
    q->query = array_new(count, sizeof(*q->query));
    q->number = array_new(count, sizeof(*q->number));
    if (!q->query || !q->number)
        return false;
    memcpy(q->query, queries, count * sizeof(*queries));
    for (size_t i = 0; i < count; i++)
        q->number[i] = (uint16_t)i;
    return true;
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
    struct queue q = {NULL, NULL, 0};
    int status = LMOD_OK;
    if (count > 0 && l->column[SIGNAL_PDQ].n > 0 && !queue_init(&q, queries, count))
        status = LMOD_E_MEMORY;
    if (status == LMOD_OK && l->index.parts)
        status = ask_all(l, &q, radius, dl, &f);
    if (status == LMOD_OK)
        status = scan_all(l, &q, radius, dl, &f);
    *n = found_take(&f, out, cap);
    *total = f.n;
    free(f.slots);
    free(q.query);
    free(q.number);
    return status;
}
