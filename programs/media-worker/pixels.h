/* pixels: one row as a loader gives it, made into 8-bit grey or RGB and, perhaps, transparency. */
#ifndef WORKER_PIXELS_H
#define WORKER_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a loader gives. */
struct layout {
    uint32_t width;
    uint32_t bands; /* 1–4 interleaved samples */
    bool wide;      /* 16 bits a sample, else 8 */
    bool cmyk;      /* four bands of ink, not RGB and alpha */
};

/* A row of 8-bit samples: `bands` 1 or 3, `step` bytes from pixel to pixel. */
struct span {
    const uint8_t *at;
    uint32_t bands;
    size_t step;
};

struct pixels {
    struct layout layout;
    bool alpha;                        /* the last band is transparency */
    uint8_t *narrow, *colour, *behind; /* one row each: 16 to 8 bits, CMYK to RGB, over a colour */
};

/* False when memory runs out or the layout is none that we know. */
bool pixels_begin(struct pixels *p, const struct layout *layout);
void pixels_end(struct pixels *p);

/* The colours of a row, and its transparency: NULL when every pixel of the row is opaque, else the
 * first alpha sample, as far apart as the colours. Valid until the next call. */
struct span pixels_row(struct pixels *p, const void *row, const uint8_t **alpha);

/* The row laid over a background, 0 black to 255 white. Valid until the next call. */
struct span
pixels_over(struct pixels *p, const struct span *row, const uint8_t *alpha, uint8_t background);

#endif
