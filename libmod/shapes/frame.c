/* The picture as it is kept: planes of at most SIDE_MAX × SIDE_MAX, thinned out by nearest neighbour. */
#include "shapes/internal.h"

#include <string.h>

enum { TURN_ROWS = 8 }; /* rows that are turned together, for the cache's sake */

static uint32_t step_of(uint32_t side)
{
    return side / SIDE_MAX + (side % SIDE_MAX != 0);
}

void frame_begin(struct frame *f, uint32_t width, uint32_t height)
{
    f->width = width;
    f->height = height;
    f->step_x = step_of(width);
    f->step_y = step_of(height);
    f->columns = (width - 1) / f->step_x + 1;
    f->rows = (height - 1) / f->step_y + 1;
    for (size_t c = 0; c < COUNT_OF(f->plane); c++)
        memset(f->plane[c], 0, (size_t)f->columns * f->rows);
}

bool shapes_wants(const struct shapes *s, uint32_t y)
{
    return y < s->frame.height && y % s->frame.step_y == 0;
}

void shapes_row(struct shapes *s, uint32_t y, const uint8_t *pixels, uint32_t bands, size_t step)
{
    const struct frame *f = &s->frame;
    if (!shapes_wants(s, y))
        return;
    size_t row = (size_t)(y / f->step_y) * f->columns, apart = step * f->step_x;
    size_t green = bands < 3 ? 0 : 1, blue = bands < 3 ? 0 : 2;
    uint8_t *r = f->plane[0] + row, *g = f->plane[1] + row, *b = f->plane[2] + row;
    for (uint32_t x = 0; x < f->columns; x++, pixels += apart) {
        r[x] = pixels[0];
        g[x] = pixels[green];
        b[x] = pixels[blue];
    }
}

void frame_turn(struct frame *f, uint32_t samples)
{
    for (size_t c = 0; c < COUNT_OF(f->plane); c++)
        for (uint32_t y = 0; y < f->rows; y += TURN_ROWS) {
            uint32_t n = f->rows - y < TURN_ROWS ? f->rows - y : TURN_ROWS;
            for (uint32_t k = 0; k < samples; k++) {
                uint32_t x = (2 * k + 1) * f->columns / (2 * samples);
                const uint8_t *in = f->plane[c] + (size_t)y * f->columns + x;
                uint8_t *out = f->turned[c] + (size_t)k * f->rows + y;
                for (uint32_t i = 0; i < n; i++)
                    out[i] = in[(size_t)i * f->columns];
            }
        }
}
