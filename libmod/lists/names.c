/* A table of distinct strings: open addressing over one growing pool, and sorting it. */
#include "lists/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "lists/sort.h"

enum { STEP = 8, NAME_BYTES = STEP + 4 }; /* a sort record: 8 bytes of the string and its number */

void names_finish(struct names *t)
{
    free(t->text);
    free(t->at);
    free(t->slots);
    memset(t, 0, sizeof(*t));
}

static uint64_t hash(const char *text, size_t length)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

/* The slot that holds `text`, or the empty one where it belongs. */
static size_t slot_of(const struct names *t, const char *text, size_t length)
{
    size_t mask = t->slot_count - 1, i = (size_t)hash(text, length) & mask;
    for (; t->slots[i]; i = (i + 1) & mask) {
        const char *have = names_text(t, t->slots[i] - 1);
        if (strncmp(have, text, length) == 0 && have[length] == '\0')
            break;
    }
    return i;
}

static void fill_slots(struct names *t)
{
    memset(t->slots, 0, t->slot_count * sizeof(*t->slots));
    for (size_t i = 0; i < t->n; i++) {
        const char *text = names_text(t, i);
        t->slots[slot_of(t, text, strlen(text))] = (uint32_t)i + 1;
    }
}

static bool grow_slots(struct names *t)
{
    if (t->n < t->slot_count / 2)
        return true;
    size_t count = t->slot_count ? t->slot_count * 2 : 64;
    uint32_t *slots = array_new(count, sizeof(*slots));
    if (!slots)
        return false;
    free(t->slots);
    t->slots = slots;
    t->slot_count = count;
    fill_slots(t);
    return true;
}

bool names_find(const struct names *t, const char *text, size_t length, uint32_t *number)
{
    size_t slot = t->slots ? slot_of(t, text, length) : 0;
    if (!t->slots || !t->slots[slot])
        return false;
    *number = t->slots[slot] - 1;
    return true;
}

bool names_intern(struct names *t, const char *text, size_t length, uint32_t *number)
{
    size_t end;
    if (!grow_slots(t))
        return false;
    size_t slot = slot_of(t, text, length);
    if (t->slots[slot]) {
        *number = t->slots[slot] - 1;
        return true;
    }
    if (t->n >= UINT32_MAX - 1 || !size_add(t->size, length + 1, &end) ||
        !array_grow((void **)&t->text, &t->cap, end, 1) ||
        !array_grow((void **)&t->at, &t->at_cap, t->n + 1, sizeof(*t->at)))
        return false;
    memcpy(t->text + t->size, text, length);
    t->text[end - 1] = '\0';
    t->at[t->n] = t->size;
    t->size = end;
    *number = (uint32_t)t->n++;
    t->slots[slot] = *number + 1;
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
    if (t->slots)
        fill_slots(t);
    return rank;
}
