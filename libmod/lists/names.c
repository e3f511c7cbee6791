/* A table of distinct strings: open addressing over one growing pool, and sorting it. */
#include "lists/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "lists/sort.h"

enum { NAMES_MAX = 1 << 30 };             /* so that 32 bits of hash spread over all slots */
enum { STEP = 8, NAME_BYTES = STEP + 4 }; /* a sort record: 8 bytes of the string and its number */

void names_finish(struct names *t)
{
    free(t->text);
    free(t->at);
    free(t->slots);
    memset(t, 0, sizeof(*t));
}

static uint32_t hash(const char *text, size_t length)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    return (uint32_t)(h >> 32);
}

static uint32_t slot_number(uint64_t slot)
{
    return (uint32_t)slot - 1;
}

/* The slot that holds `text`, or the empty one where it belongs. */
static uint64_t *slot_of(const struct names *t, const char *text, size_t length, uint32_t h)
{
    size_t mask = t->slot_count - 1, i = h & mask;
    for (; t->slots[i]; i = (i + 1) & mask) {
        if (t->slots[i] >> 32 != h)
            continue;
        const char *have = names_text(t, slot_number(t->slots[i]));
        if (strncmp(have, text, length) == 0 && have[length] == '\0')
            break;
    }
    return &t->slots[i];
}

static bool grow_slots(struct names *t)
{
    if (t->n < t->slot_count / 2)
        return true;
    size_t count = t->slot_count ? t->slot_count * 2 : 64, mask = count - 1;
    uint64_t *slots = array_new(count, sizeof(*slots));
    if (!slots)
        return false;
    for (size_t k = 0; k < t->slot_count; k++) {
        size_t i = (size_t)(t->slots[k] >> 32) & mask;
        while (t->slots[k] && slots[i])
            i = (i + 1) & mask;
        if (t->slots[k])
            slots[i] = t->slots[k];
    }
    free(t->slots);
    t->slots = slots;
    t->slot_count = count;
    return true;
}

bool names_find(const struct names *t, const char *text, size_t length, uint32_t *number)
{
    const uint64_t *slot = t->slots ? slot_of(t, text, length, hash(text, length)) : NULL;
    if (!slot || !*slot)
        return false;
    *number = slot_number(*slot);
    return true;
}

bool names_intern(struct names *t, const char *text, size_t length, uint32_t *number)
{
    size_t end;
    uint32_t h = hash(text, length);
    if (!grow_slots(t))
        return false;
    uint64_t *slot = slot_of(t, text, length, h);
    if (*slot) {
        *number = slot_number(*slot);
        return true;
    }
    if (t->n >= NAMES_MAX || !size_add(t->size, length + 1, &end) ||
        !array_grow((void **)&t->text, &t->cap, end, 1) ||
        !array_grow((void **)&t->at, &t->at_cap, t->n + 1, sizeof(*t->at)))
        return false;
    memcpy(t->text + t->size, text, length);
    t->text[end - 1] = '\0';
    t->at[t->n] = t->size;
    t->size = end;
    *number = (uint32_t)t->n++;
    *slot = (uint64_t)h << 32 | (*number + 1);
    return true;
}

static uint32_t number_of(const uint8_t *record)
{
    uint32_t number;
    memcpy(&number, record + STEP, sizeof(number));
    return number;
}

/* Sorts records of strings that agree in their first `depth` bytes: by the next 8, and again from
 * there where those are equal. The strings are distinct, so an equal run has not ended yet. */
static void sort_names(const struct names *t, uint8_t *v, size_t n, size_t depth)
{
    for (size_t i = 0; i < n; i++) {
        uint8_t *record = v + i * NAME_BYTES;
        const char *text = names_text(t, number_of(record)) + depth;
        size_t length = strnlen(text, STEP);
        memset(record, 0, STEP);
        memcpy(record, text, length);
    }
    records_sort(v, n, NAME_BYTES, STEP);
    for (size_t from = 0, to; from < n; from = to) {
        uint8_t *first = v + from * NAME_BYTES;
        for (to = from + 1; to < n && memcmp(first, v + to * NAME_BYTES, STEP) == 0;)
            to++;
        if (to - from > 1)
            sort_names(t, first, to - from, depth + STEP);
    }
}

uint32_t *names_rank(const struct names *t)
{
    uint8_t *records = array_new(t->n, NAME_BYTES);
    uint32_t *rank = array_new(t->n, sizeof(*rank));
    if (!records || !rank) {
        free(records);
        free(rank);
        return NULL;
    }
    for (size_t i = 0; i < t->n; i++) {
        uint32_t number = (uint32_t)i;
        memcpy(records + i * NAME_BYTES + STEP, &number, sizeof(number));
    }
    sort_names(t, records, t->n, 0);
    for (size_t i = 0; i < t->n; i++)
        rank[number_of(records + i * NAME_BYTES)] = (uint32_t)i;
    free(records);
    return rank;
}

uint32_t *names_order(struct names *t)
{
    uint64_t *at = array_new(t->n, sizeof(*at));
    uint32_t *rank = at ? names_rank(t) : NULL;
    if (!rank) {
        free(at);
        return NULL;
    }
    for (size_t i = 0; i < t->n; i++)
        at[rank[i]] = t->at[i];
    free(t->at);
    t->at = at;
    t->at_cap = t->n;
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i])
            t->slots[i] = (t->slots[i] >> 32) << 32 | (rank[slot_number(t->slots[i])] + 1);
    return rank;
}
