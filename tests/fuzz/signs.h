/* Characters of views for the fuzz targets that make a view again: in, what is wanted, what there is. */
#ifndef FUZZ_SIGNS_H
#define FUZZ_SIGNS_H

#include <stdlib.h>

#include "text/text.h"
#include "text/views.h"

enum { INPUT_MAX = 4096, OUT_MAX = 70 * INPUT_MAX };

/* A character and the raw bytes that it stands for. */
struct sign {
    uint32_t c, from, to;
};

static inline void must(bool so)
{
    if (!so)
        abort();
}

/* The characters of a fold view, each up to where the next raw character begins; how many. */
static inline size_t signs_read(struct sign *to, const struct text_view *v)
{
    unsigned length;
    size_t n = 0;
    for (uint32_t i = 0; i < v->size; i += length) {
        uint32_t c = utf8_get((const uint8_t *)v->bytes + i, &length), next = i;
        while (next < v->size && v->map[next] <= v->map[i])
            next++;
        to[n++] = (struct sign){c, v->map[i], v->map[next]};
    }
    return n;
}

/* The view of `size` raw bytes has these characters, and its places are of the text. */
static inline void
signs_compare(const struct sign *want, size_t n, const struct text_view *v, size_t size)
{
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned length = 0;
        must(at < v->size && utf8_get((const uint8_t *)v->bytes + at, &length) == want[i].c);
        for (; length > 0; length--, at++)
            must(v->map[at] == want[i].from && v->ends[at] == want[i].to);
    }
    must(at == v->size && v->map[at] == size);
    for (uint32_t i = 0; i < v->size; i++)
        must(v->map[i] <= v->map[i + 1] && v->map[i] < v->ends[i] && v->ends[i] <= size);
}

#endif
