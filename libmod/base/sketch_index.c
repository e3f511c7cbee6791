/*
 * Which of many sketches are near one. Of n values a near set has at least c = sketch_needs(n); so of any n - c + m
 * of them it has at least m. The rarest so many are asked which rows have them, and rows that have m are compared. The
 * most frequent ones, which half of all rows may have, are not asked.
 */
#include "base/base.h"
#include "base/sketch.h"

#include <stdlib.h>
#include <string.h>

enum {
    LOOKS_MAX = 2048,     /* rows that are compared for one question */
    COUNTS_MAX = 1 << 20, /* rows that are counted for one question, once for each value */
    BLOCK = 1 << 14,      /* rows that are counted together */
};

/* The rows that have a value. `value` 0: a free slot. */
struct posting {
    uint32_t value, from, n;
};

struct sketch_index {
    const uint8_t *rows;
    struct posting *slot;
    size_t mask;
    uint64_t seed; /* so that nobody can make a list whose values meet in one slot */
    uint32_t *row; /* of all postings; ascending in each */
    size_t n;
};

static struct posting *find(const struct sketch_index *x, uint32_t value)
{
    size_t at = (size_t)((value ^ x->seed) * UINT64_C(0x9e3779b97f4a7c15) >> 24) & x->mask;
    while (x->slot[at].value && x->slot[at].value != value)
        at = (at + 1) & x->mask;
    return &x->slot[at];
}

struct source {
    size_t n;
    sketch_wanted wanted;
    const void *user;
};

/* All values of all rows: first they are counted, then their rows are noted. */
static size_t each_value(struct sketch_index *x, const struct source *from, bool note)
{
    struct sketch s;
    size_t values = 0;
    for (size_t i = 0; i < from->n; i++) {
        if ((from->wanted && !from->wanted(from->user, i)) ||
            !sketch_read(&s, x->rows + i * SKETCH_BYTES))
            continue;
        values += s.n;
        for (uint32_t k = 0; x->slot && k < s.n; k++) {
            struct posting *p = find(x, s.v[k]);
            p->value = s.v[k];
            if (note)
                x->row[p->from + p->n] = (uint32_t)i;
            p->n++;
        }
    }
    return values;
}

static bool fill(struct sketch_index *x, const struct source *of)
{
    size_t slots = 64, values = each_value(x, of, false), from = 0;
    if (values > UINT32_MAX / 2)
        return false;
    while (slots < values + values / 2 + 1)
        slots *= 2;
    x->slot = array_new(slots, sizeof(*x->slot));
    x->row = array_new(values + 1, sizeof(*x->row));
    if (!x->slot || !x->row)
        return false;
    x->mask = slots - 1;
    (void)each_value(x, of, false);
    for (size_t i = 0; i < slots; i++) {
        x->slot[i].from = (uint32_t)from;
        from += x->slot[i].n;
        x->slot[i].n = 0;
    }
    (void)each_value(x, of, true);
    return true;
}

struct sketch_index *
sketch_index_new(const uint8_t *rows, size_t n, sketch_wanted wanted, const void *user)
{
    const struct source of = {n, wanted, user};
    struct sketch_index *x = calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->rows = rows;
    x->n = n;
    x->seed = (uint64_t)(uintptr_t)x + time_now_ns();
    if (fill(x, &of))
        return x;
    sketch_index_free(x);
    return NULL;
}

void sketch_index_free(struct sketch_index *x)
{
    if (!x)
        return;
    free(x->slot);
    free(x->row);
    free(x);
}

/* ---- asking ---- */

struct asking {
    const struct sketch_index *x;
    const struct sketch *q;
    struct sketch_hit *out;
    size_t cap, n, found, looks, counts;
    const struct posting *posting[SKETCH_VALUES]; /* those with the fewest rows first */
    uint32_t at[SKETCH_VALUES];                   /* rows of each that are done */
    uint32_t ask, least;                          /* so many are asked; so many a near row has */
    uint8_t count[BLOCK];
};

static bool nearer(const struct sketch_hit *a, const struct sketch_hit *b)
{
    return a->distance != b->distance ? a->distance < b->distance : a->row < b->row;
}

/* Kept in order; the farthest goes when there is no more room. */
static void keep(struct asking *a, struct sketch_hit hit)
{
    a->found++;
    size_t at = a->n < a->cap ? a->n++ : a->cap;
    if (at == a->cap && (at == 0 || !nearer(&hit, &a->out[--at])))
        return;
    for (; at > 0 && nearer(&hit, &a->out[at - 1]); at--)
        a->out[at] = a->out[at - 1];
    a->out[at] = hit;
}

static void look(struct asking *a, uint32_t row)
{
    struct sketch s;
    unsigned distance;
    a->looks++;
    if (sketch_read(&s, a->x->rows + (size_t)row * SKETCH_BYTES) &&
        sketch_near(a->q, &s, &distance))
        keep(a, (struct sketch_hit){row, (uint8_t)distance});
}

static void choose(struct asking *a)
{
    const struct posting **to = a->posting;
    uint32_t n = a->q->n, needs = sketch_needs(n);
    for (uint32_t i = 0; i < n; i++) {
        const struct posting *p = find(a->x, a->q->v[i]);
        uint32_t at = i;
        for (; at > 0 && to[at - 1]->n > p->n; at--)
            to[at] = to[at - 1];
        to[at] = p;
        a->at[i] = 0;
    }
    a->least = needs - needs / 4;
    a->ask = n - needs + a->least;
}

static bool done(const struct asking *a)
{
    return a->looks >= LOOKS_MAX || a->counts >= COUNTS_MAX;
}

/* The rows [from, from + BLOCK). */
static void look_at_block(struct asking *a, size_t from)
{
    memset(a->count, 0, a->x->n - from < BLOCK ? a->x->n - from : BLOCK);
    for (uint32_t i = 0; i < a->ask; i++) {
        const struct posting *p = a->posting[i];
        const uint32_t *row = a->x->row + p->from;
        uint32_t k = a->at[i];
        for (; k < p->n && row[k] < from + BLOCK && !done(a); k++, a->counts++)
            if (++a->count[row[k] - from] == a->least)
                look(a, row[k]);
        a->at[i] = k;
    }
}

size_t sketch_index_near(const struct sketch_index *x,
                         const struct sketch *q,
                         struct sketch_hit *out,
                         size_t cap,
                         bool *cut)
{
    struct asking a;
    *cut = false;
    if (q->n < SKETCH_LEAST)
        return 0;
    a.x = x;
    a.q = q;
    a.out = out;
    a.cap = cap;
    a.n = a.found = a.looks = a.counts = 0;
    choose(&a);
    for (size_t from = 0; from < x->n && !done(&a); from += BLOCK)
        look_at_block(&a, from);
    *cut = done(&a);
    return a.found;
}
