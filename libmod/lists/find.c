/* Looking things up: digests by their order, texts by their index, and what an entry says. PDQ:
 * near.c. */
#include "lists/format.h"

#include <endian.h>
#include <string.h>

enum {
    GUESSES = 12,    /* interpolation steps before it falls back to halving */
    TEXT_HITS = 128, /* texts near one, the nearest */
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
