/* What is in a rectangle: its 64 × 64 luma, by PDQ's filter at the points that are needed only, and
 * repairs of what chats lay over pictures. */
#include "shapes/internal.h"

#include <math.h>
#include <string.h>

enum {
    TAPS = 8,    /* two passes of a window of at most four samples have seven */
    CORNER = 10, /* radius of rounded corners, in units of 1/360 of the frame's short side */
    CORNER_CHAT = 12,
    STAMP_WIDTH = 46, /* of a time stamp, in the same units */
    STAMP_HEIGHT = 21,
    STAMP_CELLS_X = 24, /* at most, of 64 */
    STAMP_CELLS_Y = 16,
    UNITS = 360,
};

#define CORNER_MOST 0.14f  /* of the rectangle's short side */
#define ARC         0.80f  /* squared radius beyond which a cell is not the picture's */
#define ARC_INSIDE  0.805f /* radius from which such a cell is copied */

/* What goes into one of the 64 points of an axis. */
struct taps {
    uint32_t count, pixel[TAPS];
    float weight[TAPS];
};

struct window {
    uint32_t low, high;
    float weight;
};

/* PDQ's moving mean of `size` samples at sample `i` of `n`: cut off at the ends. */
static struct window window_at(uint32_t i, uint32_t n, uint32_t size)
{
    uint32_t ahead = (size + 2) / 2 - 1, behind = size - 1 - ahead;
    struct window w = {i > behind ? i - behind : 0, i + ahead < n ? i + ahead : n - 1, 0};
    w.weight = 1 / (float)(w.high - w.low + 1);
    return w;
}

/* Taps of an axis of `length` pixels from `first`, of which there are `n` samples. */
static void taps_make(struct taps out[PDQ_LUMA], uint32_t first, uint32_t length, uint32_t n)
{
    uint32_t size = (n + 127) / 128;
    memset(out, 0, PDQ_LUMA * sizeof(*out));
    for (uint32_t c = 0; c < PDQ_LUMA; c++) {
        struct taps *t = &out[c];
        struct window outer = window_at((2 * c + 1) * n / (2 * PDQ_LUMA), n, size);
        uint32_t begin = window_at(outer.low, n, size).low;
        for (uint32_t i = outer.low; i <= outer.high; i++) {
            struct window inner = window_at(i, n, size);
            for (uint32_t k = inner.low; k <= inner.high && k - begin < TAPS; k++) {
                t->weight[k - begin] += outer.weight * inner.weight;
                t->pixel[k - begin] = first + (uint32_t)((uint64_t)k * length / n);
                t->count = t->count > k - begin ? t->count : k - begin + 1;
            }
        }
    }
}

static void add_row(const struct frame *f,
                    const struct taps across[PDQ_LUMA],
                    uint32_t y,
                    float weight,
                    float out[PDQ_LUMA])
{
    size_t row = (size_t)y * f->columns;
    const uint8_t *r = f->plane[0] + row, *g = f->plane[1] + row, *b = f->plane[2] + row;
    for (size_t c = 0; c < PDQ_LUMA; c++) {
        const struct taps *t = &across[c];
        float sum = 0;
        for (size_t k = 0; k < t->count; k++) {
            uint32_t x = t->pixel[k];
            sum +=
                t->weight[k] * (0.299f * (float)r[x] + 0.587f * (float)g[x] + 0.114f * (float)b[x]);
        }
        out[c] += weight * sum;
    }
}

void part_luma(const struct frame *f, const struct box *b, float out[PDQ_LUMA][PDQ_LUMA])
{
    struct taps across[PDQ_LUMA], down[PDQ_LUMA];
    uint32_t width = b->right - b->left, height = b->bottom - b->top;
    bool shrinks = width > PDQ_SIDE || height > PDQ_SIDE;
    taps_make(across, b->left, width, shrinks ? PDQ_SIDE : width);
    taps_make(down, b->top, height, shrinks ? PDQ_SIDE : height);
    for (size_t i = 0; i < PDQ_LUMA; i++) {
        memset(out[i], 0, sizeof(out[i]));
        for (size_t k = 0; k < down[i].count; k++)
            add_row(f, across, down[i].pixel[k], down[i].weight[k], out[i]);
    }
}

void part_bytes(float luma[PDQ_LUMA][PDQ_LUMA], uint8_t out[PDQ_LUMA * PDQ_LUMA])
{
    for (size_t i = 0; i < PDQ_LUMA; i++)
        for (size_t j = 0; j < PDQ_LUMA; j++) {
            float v = luma[i][j] + 0.5f;
            *out++ = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
}

/* --- repairs --- */

/* Cells outside the arc of a corner of radius `rx` × `ry` cells are copied from just inside, on the
 * ray to the arc's centre. `right`, `low`: which corner. */
static void repaint_corner(float m[PDQ_LUMA][PDQ_LUMA], float rx, float ry, bool right, bool low)
{
    for (size_t i = 0; (float)i + 0.5f < ry; i++)
        for (size_t j = 0; (float)j + 0.5f < rx; j++) {
            float dx = (rx - (float)j - 0.5f) / rx, dy = (ry - (float)i - 0.5f) / ry;
            float square = dx * dx + dy * dy;
            if (square <= ARC)
                continue;
            float back = ARC_INSIDE / sqrtf(square);
            size_t x = (size_t)(rx - dx * back * rx), y = (size_t)(ry - dy * back * ry);
            m[low ? PDQ_LUMA - 1 - i : i][right ? PDQ_LUMA - 1 - j : j] =
                m[low ? PDQ_LUMA - 1 - y : y][right ? PDQ_LUMA - 1 - x : x];
        }
}

static size_t stamp_cells(float units, float unit, uint32_t side, size_t most)
{
    float cells = ceilf(units * unit * PDQ_LUMA / (float)side);
    return cells < (float)most ? (size_t)cells : most;
}

/* The lower right is filled in from the column at its left and the row above. */
static void repaint_stamp(float m[PDQ_LUMA][PDQ_LUMA], size_t width, size_t height)
{
    size_t left = PDQ_LUMA - width, top = PDQ_LUMA - height;
    for (size_t i = top; i < PDQ_LUMA; i++)
        for (size_t j = left; j < PDQ_LUMA; j++) {
            float aside = 1 / (float)(j - left + 1), above = 1 / (float)(i - top + 1);
            m[i][j] = (m[i][left - 1] * aside + m[top - 1][j] * above) / (aside + above);
        }
}

void part_repaint(const struct frame *f,
                  const struct box *b,
                  enum overlay what,
                  float luma[PDQ_LUMA][PDQ_LUMA])
{
    uint32_t width = b->right - b->left, height = b->bottom - b->top;
    uint32_t shortest = f->columns < f->rows ? f->columns : f->rows;
    float unit = (float)shortest / UNITS;
    float most = CORNER_MOST * (float)(width < height ? width : height);
    float radius = unit * (what == OVERLAY_STAMP ? CORNER_CHAT : CORNER);
    radius = radius < most ? radius : most;
    for (int corner = 0; corner < 4; corner++)
        repaint_corner(luma, radius * PDQ_LUMA / (float)width, radius * PDQ_LUMA / (float)height,
                       corner & 1, corner & 2);
    if (what == OVERLAY_STAMP)
        repaint_stamp(luma, stamp_cells(STAMP_WIDTH, unit, width, STAMP_CELLS_X),
                      stamp_cells(STAMP_HEIGHT, unit, height, STAMP_CELLS_Y));
}
