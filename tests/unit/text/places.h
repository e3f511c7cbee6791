/* Where the bytes of a view say that they come from, over texts of pieces in any order. */
#ifndef TESTS_TEXT_PLACES_H
#define TESTS_TEXT_PLACES_H

#include "tap.h"
#include "text/text.h"

/* Whatever comes: places ascend and lie in the text, ends lie behind their beginnings. */
static inline void places_hold(enum view view, const char *pieces, size_t size_of_pieces)
{
    struct text *t = text_new();
    uint32_t state = 7;
    char raw[96];
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (int round = 0; round < 2000; round++) {
        uint32_t size = (state >> 16) % sizeof(raw);
        for (uint32_t i = 0; i < size; i++) {
            state = state * 1664525u + 1013904223u;
            raw[i] = pieces[(state >> 16) % size_of_pieces];
        }
        state = state * 1664525u + 1013904223u;
        CU_ASSERT_EQUAL_FATAL(text_run(t, raw, size, 1u << view), LMOD_OK);
        const struct text_view *v = text_get(t, view);
        bool good = v->map[v->size] == size;
        for (uint32_t i = 0; i < v->size && good; i++)
            good = v->map[i] <= v->map[i + 1] && v->map[i] < v->ends[i] && v->ends[i] <= size;
        CU_ASSERT_TRUE_FATAL(good);
    }
    text_free(t);
}

#endif
