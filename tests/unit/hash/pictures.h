/*
 * Pictures by formula, in whole numbers, so that any language draws the same: tests/golden/pictures.py
 * is the other half. The flat ones have hashes that are nothing but rounding: a single fused or
 * reordered sum changes them.
 */
#ifndef HASH_PICTURES_H
#define HASH_PICTURES_H

#include <stdint.h>
#include <stdlib.h>

#include "noise.h"

enum picture_kind { FLAT, STEPS, PLAID, RINGS, NOISE, CLOUDS, FAINT, HALVES };

static inline uint8_t
pixel_of(enum picture_kind kind, uint32_t x, uint32_t y, uint32_t c, uint32_t width)
{
    switch (kind) {
    case FLAT:
        return (uint8_t)(90 + 50 * c);
    case STEPS:
        return (uint8_t)(x * 8 / width * 32);
    case PLAID:
        return ((x / 9) ^ (y / 13)) & 1 ? 200 : 40;
    case RINGS:
        return (uint8_t)((x * x + y * y) / (97 + 8 * c));
    case NOISE:
        return (uint8_t)mixed(x, y, c);
    case CLOUDS:
        return (uint8_t)((blended(x, y, c, 48) * 3 + blended(x, y, c, 11)) / 4);
    case FAINT:
        return (uint8_t)(100 + mixed(x, y, 0) % 2);
    default:
        return x < width / 2 ? 0 : 255;
    }
}

/* `width` × `height` × `bands` samples, row by row; the caller frees. NULL: out of memory. */
static inline uint8_t *
picture_draw(enum picture_kind kind, uint32_t width, uint32_t height, uint32_t bands)
{
    uint8_t *pixels = malloc((size_t)width * height * bands + 1);
    uint8_t *out = pixels;
    for (uint32_t y = 0; pixels && y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (uint32_t c = 0; c < bands; c++)
                *out++ = pixel_of(kind, x, y, c, width);
    return pixels;
}

#endif
