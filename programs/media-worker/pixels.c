/* Conversion of rows, without any operation of libvips: its colour management reads profiles. */
#include "pixels.h"

#include <stdlib.h>

bool pixels_begin(struct pixels *p, const struct layout *layout)
{
    const struct layout *l = layout;
    *p = (struct pixels){.layout = *l};
    if (l->width == 0 || l->bands < 1 || l->bands > 4 || (l->cmyk && l->bands != 4))
        return false;
    p->alpha = !l->cmyk && (l->bands == 2 || l->bands == 4);
    bool ok = true;
    if (l->wide) {
        p->narrow = calloc(l->width, l->bands);
        ok &= p->narrow != NULL;
    }
    if (l->cmyk) {
        p->colour = calloc(l->width, 3);
        ok &= p->colour != NULL;
    }
    if (p->alpha) {
        p->behind = calloc(l->width, 3);
        ok &= p->behind != NULL;
    }
    if (!ok)
        pixels_end(p);
    return ok;
}

void pixels_end(struct pixels *p)
{
    free(p->narrow);
    free(p->colour);
    free(p->behind);
    *p = (struct pixels){.alpha = false};
}

static const uint8_t *narrowed(struct pixels *p, const void *row)
{
    const uint16_t *wide = row;
    size_t n = (size_t)p->layout.width * p->layout.bands;
    for (size_t i = 0; i < n; i++)
        p->narrow[i] = (uint8_t)(wide[i] >> 8);
    return p->narrow;
}

/* Ink to light: (255 − c)(255 − k) / 255. Loaders have undone Adobe's inversion already. */
static const uint8_t *uninked(struct pixels *p, const uint8_t *row)
{
    for (size_t i = 0; i < p->layout.width; i++) {
        unsigned light = 255u - row[4 * i + 3];
        for (size_t c = 0; c < 3; c++)
            p->colour[3 * i + c] = (uint8_t)(((255u - row[4 * i + c]) * light + 127) / 255);
    }
    return p->colour;
}

static bool opaque(const uint8_t *alpha, size_t n, size_t step)
{
    uint8_t all = 255;
    for (size_t i = 0; i < n; i++)
        all &= alpha[i * step];
    return all == 255;
}

struct span pixels_row(struct pixels *p, const void *row, const uint8_t **alpha)
{
    const struct layout *l = &p->layout;
    const uint8_t *at = l->wide ? narrowed(p, row) : row;
    *alpha = NULL;
    if (l->cmyk)
        return (struct span){uninked(p, at), 3, 3};
    if (!p->alpha)
        return (struct span){at, l->bands == 1 ? 1 : 3, l->bands};
    const struct span colours = {at, l->bands - 1, l->bands};
    if (!opaque(at + colours.bands, l->width, colours.step))
        *alpha = at + colours.bands;
    return colours;
}

struct span
pixels_over(struct pixels *p, const struct span *row, const uint8_t *alpha, uint8_t background)
{
    uint8_t *out = p->behind;
    for (size_t i = 0; i < p->layout.width; i++) {
        unsigned a = alpha[i * row->step], rest = (255u - a) * background;
        for (size_t c = 0; c < row->bands; c++)
            *out++ = (uint8_t)((row->at[i * row->step + c] * a + rest + 127) / 255);
    }
    return (struct span){p->behind, row->bands, row->bands};
}
