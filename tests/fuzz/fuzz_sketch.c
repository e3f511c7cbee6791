/*
 * Near-duplicates of any bytes: the sketch of a text is that of its features one by one, whatever they are; bytes
 * that are read as a stored sketch are written as they were; and an index over such bytes finds what comparing
 * all finds. The first byte says whether the text is HTML.
 */
#include <stdlib.h>
#include <string.h>

#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16384, ROWS_MAX = 64 };

static void must(bool so)
{
    if (!so)
        abort();
}

struct values {
    uint32_t *v;
    size_t n, cap;
    bool failed;
};

static void note(void *user, uint64_t feature)
{
    struct values *all = user;
    struct sketch one;
    void *v = all->v;
    sketch_init(&one);
    sketch_add(&one, feature, NULL);
    must(one.n == 1);
    all->failed |= !array_grow(&v, &all->cap, all->n + 1, sizeof(*all->v));
    all->v = v;
    if (!all->failed)
        all->v[all->n++] = one.v[0];
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The smallest of all, each once. */
static void compare(const struct sketch *s, struct values *all)
{
    uint32_t n = 0;
    if (all->n)
        qsort(all->v, all->n, sizeof(*all->v), by_value);
    for (size_t i = 0; i < all->n && n < SKETCH_VALUES; i++)
        if (i == 0 || all->v[i] != all->v[i - 1])
            must(n < s->n && s->v[n++] == all->v[i]);
    must(n == s->n);
}

static void check_text(const uint8_t *data, size_t size)
{
    struct text *t = text_new();
    struct values all = {NULL, 0, 0, false};
    struct sketch s, keyed;
    const struct sketch_key key = {{1, 2}};
    unsigned distance;
    int (*run)(struct text *, const void *, size_t, uint32_t) =
        size && data[0] & 1 ? text_run_html : text_run;
    if (t && run(t, data + (size > 0), size - (size > 0), 1u << VIEW_FOLD) == LMOD_OK) {
        must(text_sketch(t, NULL, &s) && text_features(t, note, &all));
        must(text_sketch(t, &key, &keyed) && keyed.n <= SKETCH_VALUES);
        if (!all.failed)
            compare(&s, &all);
        must(sketch_near(&s, &s, &distance) == (s.n >= SKETCH_LEAST));
        must(s.n == 0 || distance == 0);
    }
    free(all.v);
    text_free(t);
}

static void check_rows(const uint8_t *data, size_t rows)
{
    struct sketch_hit hit[ROWS_MAX];
    struct sketch q, other;
    uint8_t again[SKETCH_BYTES];
    bool cut;
    struct sketch_index *x = sketch_index_new(data, rows, NULL, NULL);
    for (size_t i = 0; i < rows; i++) {
        if (!sketch_read(&q, data + i * SKETCH_BYTES))
            continue;
        sketch_write(&q, again);
        must(memcmp(again, data + i * SKETCH_BYTES, sizeof(again)) == 0);
        size_t n = x ? sketch_index_near(x, &q, hit, ROWS_MAX, &cut) : 0, near = 0;
        for (size_t k = 0; k < rows; k++) {
            unsigned distance;
            near +=
                sketch_read(&other, data + k * SKETCH_BYTES) && sketch_near(&q, &other, &distance);
        }
        must(!x || n == near);
    }
    sketch_index_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAX)
        return 0;
    check_text(data, size);
    check_rows(data, size / SKETCH_BYTES < ROWS_MAX ? size / SKETCH_BYTES : ROWS_MAX);
    return 0;
}
