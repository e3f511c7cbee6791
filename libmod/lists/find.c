/* Looking things up: digests by their order, PDQ by an exact scan, texts by their index, and what an
 * entry says. */
#include "lists/format.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_HASHES = 4096, /* 128 KiB: stays in the cache while all passes of needles go over it */
    HITS = 256,          /* of one scan; when there are more, the block is halved */
    GUESSES = 12,        /* interpolation steps before it falls back to halving */
    TEXT_HITS = 128,     /* texts near one, the nearest */
};

static void text_at(const struct list *l, uint64_t offset, const char **out)
{
    *out = offset < l->strings_size ? l->strings + offset : "";
}

void list_entry_get(const struct list *l, uint32_t index, struct list_entry *out)
{
    *out = (struct list_entry){"", "", "", ENTRY_DISABLED};
    if (index >= l->entry_count)
        return;
    const uint8_t *p = l->entries + (size_t)index * l->entry_item;
    text_at(l, lml_u64(p), &out->id);
    text_at(l, lml_u32(p + 8), &out->labels);
    text_at(l, lml_u32(p + 12), &out->opinion);
    if (p[16] <= ENTRY_DISABLED)
        out->status = (enum entry_status)p[16];
}

uint32_t lml_active(const struct list *l, const struct column *c, size_t i)
{
    uint32_t entry = lml_u32(c->entries + 4 * i);
    if (entry >= l->entry_count || l->entries[(size_t)entry * l->entry_item + 16] != ENTRY_ACTIVE)
        return UINT32_MAX;
    return entry;
}

static uint64_t leading(const uint8_t *key)
{
    uint64_t value;
    memcpy(&value, key, sizeof(value));
    return be64toh(value);
}

/*
 * The first row whose key is not below `key`. Digests are spread evenly, so guessing the place finds
 * it in a few steps; keys that are not only cost the halving of a binary search.
 */
static size_t lower_bound(const struct column *c, const uint8_t *key)
{
    size_t low = 0, high = c->n; /* the answer is in low … high */
    uint64_t want = leading(key), least = 0, most = UINT64_MAX;
    for (unsigned guess = 0; low < high; guess++) {
        size_t span = high - low, at = low + span / 2;
        if (guess < GUESSES && span > 8 && want >= least && want <= most && most > least)
            at = low + (size_t)((unsigned __int128)(want - least) * (span - 1) / (most - least));
        const uint8_t *have = c->keys + at * c->key;
        if (memcmp(have, key, c->key) < 0) {
            low = at + 1;
            least = leading(have);
        } else {
            high = at;
            most = leading(have);
        }
    }
    return low;
}

size_t
list_find(const struct list *l, enum signal s, const uint8_t *key, struct list_hit *out, size_t cap)
{
    size_t n = 0;
    if (!signal_bytes(s))
        return 0;
    const struct column *c = &l->column[s];
    for (size_t i = lower_bound(c, key); i < c->n && !memcmp(c->keys + i * c->key, key, c->key);
         i++) {
        uint32_t entry = lml_active(l, c, i);
        if (entry == UINT32_MAX || (c->quality && c->quality[i] < PDQ_QUALITY_MIN))
            continue;
        if (n < cap)
            out[n] = (struct list_hit){.entry = entry, .quality = c->quality ? c->quality[i] : 100};
        n++;
    }
    return n;
}

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

/* One pass: at most HAMMING_NEEDLES queries, the first of them number `first`. */
struct pass {
    const struct pdq *queries;
    size_t count, first;
    unsigned radius;
};

/* Scans `n` rows from `from`. */
static bool scan(const struct list *l, const struct pass *p, size_t from, size_t n, struct found *f)
{
    const struct column *c = &l->column[SIGNAL_PDQ];
    const struct pdq *hashes = (const struct pdq *)(const void *)c->keys;
    struct hamming_hit hits[HITS];
    size_t total = hamming_scan(hashes + from, n, p->queries, p->count, p->radius, hits, HITS);
    if (total > HITS) /* n is over 1 then: one row has at most HAMMING_NEEDLES hits */
        return scan(l, p, from, n / 2, f) && scan(l, p, from + n / 2, n - n / 2, f);
    for (size_t i = 0; i < total; i++) {
        size_t row = from + hits[i].index;
        struct list_hit hit = {.entry = lml_active(l, c, row),
                               .distance = hits[i].distance,
                               .needle = (uint16_t)(p->first + hits[i].needle),
                               .quality = c->quality[row]};
        if (hit.entry == UINT32_MAX || hit.quality < PDQ_QUALITY_MIN)
            continue;
        if (!found_add(f, &hit))
            return false;
    }
    return true;
}

/* All queries over one block of rows. */
static bool scan_block(const struct list *l,
                       const struct pdq *queries,
                       size_t count,
                       unsigned radius,
                       size_t from,
                       struct found *f)
{
    size_t rows = l->column[SIGNAL_PDQ].n - from;
    for (size_t first = 0; first < count; first += HAMMING_NEEDLES) {
        struct pass p = {queries + first, count - first, first, radius};
        if (p.count > HAMMING_NEEDLES)
            p.count = HAMMING_NEEDLES;
        if (!scan(l, &p, from, rows < BLOCK_HASHES ? rows : BLOCK_HASHES, f))
            return false;
    }
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
    int status = LMOD_OK;
    for (size_t from = 0; status == LMOD_OK && from < l->column[SIGNAL_PDQ].n;
         from += BLOCK_HASHES) {
        if (dl && time_now_ns() >= dl)
            status = LMOD_E_TIMEOUT;
        else if (!scan_block(l, queries, count, radius, from, &f))
            status = LMOD_E_MEMORY;
    }
    *n = found_take(&f, out, cap);
    *total = f.n;
    free(f.slots);
    return status;
}

size_t list_near_text(
    const struct list *l, const struct sketch *q, struct list_hit *out, size_t cap, bool *cut)
{
    struct sketch_hit hit[TEXT_HITS];
    size_t n = 0;
    *cut = false;
    if (!l->texts)
        return 0;
    size_t found = sketch_index_near(l->texts, q, hit, TEXT_HITS, cut);
    for (size_t i = 0; i < found && i < TEXT_HITS; i++) {
        uint32_t entry = lml_active(l, &l->column[SIGNAL_TEXT], hit[i].row);
        size_t k = 0;
        while (k < n && k < cap && out[k].entry != entry)
            k++;
        if (k < n && k < cap)
            continue;
        if (n < cap)
            out[n] = (struct list_hit){.entry = entry, .distance = hit[i].distance, .quality = 100};
        n++;
    }
    return n;
}
