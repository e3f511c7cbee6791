/* Pictures for this room's tests: random blobs, painted into each other. */
#ifndef SHAPES_CANVAS_H
#define SHAPES_CANVAS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "noise.h"
#include "shapes/shapes.h"

/* RGB, row by row. */
struct canvas {
    uint32_t width, height;
    uint8_t *pixel;
};

struct place {
    uint32_t x, y, w, h;
};

static inline struct canvas canvas_new(uint32_t width, uint32_t height, uint8_t grey)
{
    struct canvas c = {width, height, malloc((size_t)width * height * 3)};
    if (c.pixel)
        memset(c.pixel, grey, (size_t)width * height * 3);
    return c;
}

static inline uint8_t *canvas_at(const struct canvas *c, uint32_t x, uint32_t y)
{
    return c->pixel + ((size_t)y * c->width + x) * 3;
}

/* A photograph-like picture, another one for each seed, of coarse and fine blobs and some grain. */
static inline void canvas_photo(const struct canvas *c, const struct place *p, uint32_t seed)
{
    uint32_t coarse = (p->w < p->h ? p->w : p->h) / 5 + 1, fine = coarse / 5 + 1;
    for (uint32_t y = 0; y < p->h; y++)
        for (uint32_t x = 0; x < p->w; x++)
            for (uint32_t b = 0; b < 3; b++) {
                uint32_t v = blended(x, y, seed * 8 + b / 2, coarse) * 12 +
                             blended(x, y, seed * 8 + b + 3, fine) * 3 + mixed(x, y, seed * 8 + 7);
                canvas_at(c, p->x + x, p->y + y)[b] = (uint8_t)(v / 16);
            }
}

static inline void canvas_fill(const struct canvas *c, const struct place *p, uint8_t grey)
{
    for (uint32_t y = 0; y < p->h; y++)
        memset(canvas_at(c, p->x, p->y + y), grey, (size_t)p->w * 3);
}

/* The hash of a place by itself. */
static inline struct pdq_result
canvas_hash(const struct canvas *c, const struct place *p, struct pdq_scratch *scratch)
{
    struct pdq_sampler s;
    struct pdq_result r;
    pdq_sampler_begin(&s, scratch, p->w, p->h, 1);
    for (uint32_t y = 0; y < p->h; y++)
        pdq_sampler_row(&s, y, canvas_at(c, p->x, p->y + y), 3, 3);
    pdq_sampler_hash(&s, scratch, &r);
    return r;
}

#endif
