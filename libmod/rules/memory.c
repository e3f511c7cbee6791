/* Memory that lives as long as the rules: an arena, and the table by which terms are shared. */
#include "rules/pack.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 65536, TABLE_MIN = 256 };

struct block {
    struct block *next;
    size_t used, cap;
    _Alignas(max_align_t) char bytes[];
};

void *keep(struct rules *r, size_t n, size_t item)
{
    struct block *b = r->blocks;
    size_t need;
    if (!size_mul(n, item, &need) || !size_add(need, sizeof(max_align_t) - 1, &need))
        return NULL;
    need -= need % sizeof(max_align_t);
    if (!b || b->cap - b->used < need) {
        size_t cap = need > BLOCK ? need : BLOCK, whole;
        if (!size_add(cap, sizeof(*b), &whole) || !(b = calloc(1, whole)))
            return NULL;
        b->cap = cap;
        b->next = r->blocks;
        r->blocks = b;
    }
    void *at = b->bytes + b->used;
    b->used += need;
    return at;
}

const char *keep_text(struct rules *r, const char *bytes, size_t size)
{
    char *copy = size < SIZE_MAX ? keep(r, size + 1, 1) : NULL;
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

void keep_free(struct rules *r)
{
    while (r->blocks) {
        struct block *next = r->blocks->next;
        free(r->blocks);
        r->blocks = next;
    }
}

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size)
{
    const unsigned char *p = bytes;
    uint64_t h = seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

static bool table_grow(struct table *t)
{
    size_t cap = t->cap ? t->cap * 2 : TABLE_MIN;
    struct slot_key *slot = array_new(cap, sizeof(*slot));
    if (!slot)
        return false;
    for (size_t i = 0; i < t->cap; i++) {
        size_t at = (size_t)t->slot[i].hash & (cap - 1);
        if (!t->slot[i].number)
            continue;
        while (slot[at].number)
            at = (at + 1) & (cap - 1);
        slot[at] = t->slot[i];
    }
    free(t->slot);
    t->slot = slot;
    t->cap = cap;
    return true;
}

struct slot_key *table_find(struct table *t,
                            uint64_t hash,
                            bool (*same)(const void *user, uint32_t number),
                            const void *user)
{
    if (t->used * 2 >= t->cap && !table_grow(t))
        return NULL;
    for (size_t at = (size_t)hash & (t->cap - 1);; at = (at + 1) & (t->cap - 1)) {
        struct slot_key *k = &t->slot[at];
        if (!k->number) {
            k->hash = hash;
            return k;
        }
        if (k->hash == hash && same(user, k->number - 1))
            return k;
    }
}
