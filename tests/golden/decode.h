/*
 * A picture file's rows, decoded by libvips through one region in strips of 16 rows: 8-bit grey or
 * RGB, never turned, nothing converted by colour management. For golden tests and benchmarks.
 */
#ifndef GOLDEN_DECODE_H
#define GOLDEN_DECODE_H

#include <stdbool.h>
#include <stdint.h>

struct picture {
    struct _VipsImage *image;
    uint32_t width, height;
    uint32_t bands; /* of the rows handed out: 1 or 3 */
};

/* Row `y` with `bands` samples a pixel, `step` bytes from pixel to pixel. */
typedef void (*picture_row)(
    void *user, uint32_t y, const uint8_t *pixels, uint32_t bands, uint32_t step);

bool picture_open(struct picture *p, const char *path);
bool picture_rows(struct picture *p, picture_row each, void *user);
void picture_close(struct picture *p);

#endif
