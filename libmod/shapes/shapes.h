/*
 * shapes: where in a picture another one may lie: inside a border or letterbox, in a screenshot or
 * chat, as a cell of a collage, under a caption. Finds rectangles by their edges, hashes what is in
 * them, and says which pictures are too poor to be compared at all. Pure: no I/O, no allocation but
 * shapes_new(), one thread at a time for each `struct shapes`.
 *
 * The cue: where a picture is pasted, the step between two neighbouring pixels is larger than the
 * steps beside it, at the same column over a long run. docs/rooms/shapes.md.
 */
#ifndef SHAPES_SHAPES_H
#define SHAPES_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "hash/hash.h"

enum {
    SHAPES_MAX = 60, /* hashes of parts of one picture */
};

/* A part of a picture and its hashes. */
struct shape {
    uint8_t strategy;    /* STRATEGY_TRIM, STRATEGY_SCREENSHOT or STRATEGY_CELL */
    uint8_t quality;     /* PDQ_QUALITY_MIN–100 */
    uint32_t x, y, w, h; /* in pixels of the picture; never the whole of it */
    struct pdq hash[DIHEDRALS];
};

struct shapes;
struct shapes *
shapes_new(void); /* about 28 MiB, used as far as pictures need it; NULL: no memory */
void shapes_free(struct shapes *s);

/* A new picture of `width` × `height`, then its rows from the top; rows that never come are black.
 * False: it is too small to have parts, and nothing else may be called. */
bool shapes_begin(struct shapes *s, uint32_t width, uint32_t height);

/* Whether row `y` is looked at; the others need not be fed. */
bool shapes_wants(const struct shapes *s, uint32_t y);

/* Row `y`: `bands` 1 (grey) or 3 (RGB) interleaved 8-bit samples, `step` bytes from pixel to pixel. */
void shapes_row(struct shapes *s, uint32_t y, const uint8_t *pixels, uint32_t bands, size_t step);

/* The parts that have rectangles around them and enough to see, likeliest first, at most `cap` of them
 * and SHAPES_MAX. None at all when no rectangle is evident. */
size_t shapes_find(struct shapes *s, struct pdq_scratch *scratch, struct shape *out, size_t cap);

/* Whether a picture with this 64 × 64 luma says too little to be compared: flat, nearly all of one
 * grey, or a repeating pattern. What has too low a quality must be looked for by the caller. */
bool shapes_poor(const uint8_t luma[PDQ_LUMA * PDQ_LUMA]);

#endif
