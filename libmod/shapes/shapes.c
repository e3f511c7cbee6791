/* From a frame to hashed parts: edges, lines, rectangles, then what is in each. */
#include "shapes/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    OVERLAID = 10, /* of the best rectangles are tried as pictures of a chat */
    PLANE = SIDE_MAX * SIDE_MAX,
    TURNED = SAMPLES_MAX * SIDE_MAX,
    SUMS = (SAMPLES_MAX + 1) * STRIDE,
    MAPPED = 2 * MAPS, /* edge maps of both axes */
};

#define OVERLAID_SUPPORT 0.1f  /* of each of the four sides of such a picture */
#define OVERLAID_AREA    0.6f  /* of the frame at most */
#define TRIMMED_AREA     0.6f  /* of the frame: what is left of it is a border, wherever it lies */
#define CENTRED          0.02f /* of the axis: margins that differ by less are equal */
#define BESIDE           0.04f /* of the axis: at most between two cells */
#define ALIKE            0.03f /* of the axis: by which sides of cells may differ */

struct shapes *shapes_new(void)
{
    struct shapes *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->memory = calloc(1, 3 * (size_t)(PLANE + TURNED) + MAPPED * (size_t)SUMS * sizeof(float));
    s->rectangles = rectangles_new();
    if (!s->memory || !s->rectangles) {
        shapes_free(s);
        return NULL;
    }
    float *sums = s->memory;
    for (size_t i = 0; i < MAPPED; i++, sums += SUMS)
        s->axis[i / MAPS].sums[i % MAPS] = sums;
    uint8_t *bytes = (uint8_t *)sums;
    for (size_t c = 0; c < 3; c++, bytes += PLANE + TURNED) {
        s->frame.plane[c] = bytes;
        s->frame.turned[c] = bytes + PLANE;
    }
    return s;
}

void shapes_free(struct shapes *s)
{
    if (!s)
        return;
    free(s->memory);
    free(s->rectangles);
    free(s);
}

bool shapes_begin(struct shapes *s, uint32_t width, uint32_t height)
{
    if (width <= SIDE_LEAST || height <= SIDE_LEAST)
        return false;
    frame_begin(&s->frame, width, height);
    return true;
}

/* --- what a rectangle is called --- */

static bool near(uint32_t a, uint32_t b, uint32_t axis, float share)
{
    return (float)(a > b ? a - b : b - a) <= share * (float)axis;
}

/* Between `from` and `to` of an axis: at an end of it, or in its middle. */
static bool placed(uint32_t from, uint32_t to, uint32_t axis)
{
    return near(from, 0, axis, CENTRED) || near(to, axis, axis, CENTRED) ||
           near(from, axis - to, axis, CENTRED);
}

/* A rectangle along one axis and across it. */
struct extent {
    uint32_t low, high, left, right;
};

static struct extent extent_of(const struct box *b, bool down)
{
    if (down)
        return (struct extent){b->top, b->bottom, b->left, b->right};
    return (struct extent){b->left, b->right, b->top, b->bottom};
}

/* Whether a row (`down`: a column) of rectangles of the same height leads from `from` to both ends of
 * the frame. */
static bool fills(const struct frame *f, const struct box *box, size_t n, size_t from, bool down)
{
    uint32_t length = down ? f->rows : f->columns, across = down ? f->columns : f->rows;
    struct extent whole = extent_of(&box[from], down);
    for (bool grown = true; grown;) {
        grown = false;
        for (size_t i = 0; i < n; i++) {
            struct extent e = extent_of(&box[i], down);
            if (!near(e.left, whole.left, across, ALIKE) ||
                !near(e.right, whole.right, across, ALIKE))
                continue;
            if (e.high > whole.high && near(e.low, whole.high, length, BESIDE)) {
                whole.high = e.high;
                grown = true;
            }
            if (e.low < whole.low && near(e.high, whole.low, length, BESIDE)) {
                whole.low = e.low;
                grown = true;
            }
        }
    }
    return near(whole.low, 0, length, BESIDE) && near(whole.high, length, length, BESIDE);
}

/* One of several that fill the frame; what does so by itself is trimmed or whole. */
static bool is_cell(const struct frame *f, const struct box *box, size_t n, size_t i)
{
    const struct box *b = &box[i];
    bool alone = near(b->left, 0, f->columns, BESIDE) &&
                 near(b->right, f->columns, f->columns, BESIDE) &&
                 near(b->top, 0, f->rows, BESIDE) && near(b->bottom, f->rows, f->rows, BESIDE);
    return !alone && fills(f, box, n, i, false) && fills(f, box, n, i, true);
}

static uint8_t name_of(const struct frame *f, const struct box *box, size_t n, size_t i)
{
    const struct box *b = &box[i];
    float area = (float)(b->right - b->left) * (float)(b->bottom - b->top) /
                 ((float)f->columns * (float)f->rows);
    if (is_cell(f, box, n, i))
        return STRATEGY_CELL;
    if (area >= TRIMMED_AREA ||
        (placed(b->left, b->right, f->columns) && placed(b->top, b->bottom, f->rows)))
        return STRATEGY_TRIM;
    return STRATEGY_SCREENSHOT;
}

/* --- hashing --- */

/* Between a frame's line and the picture's pixels. */
static uint32_t stretched(uint32_t at, uint32_t step, uint32_t most)
{
    return at * step < most ? at * step : most;
}

static bool hash(struct pdq_scratch *scratch, float luma[PDQ_LUMA][PDQ_LUMA], struct shape *out)
{
    struct pdq_result hashed;
    pdq_luma_hash(scratch, (const float(*)[PDQ_LUMA])luma, &hashed);
    out->quality = hashed.quality;
    memcpy(out->hash, hashed.hash, sizeof(out->hash));
    return hashed.quality >= PDQ_QUALITY_MIN;
}

static struct shape place_of(const struct frame *f, const struct box *b)
{
    uint32_t x = stretched(b->left, f->step_x, f->width);
    uint32_t y = stretched(b->top, f->step_y, f->height);
    return (struct shape){.x = x,
                          .y = y,
                          .w = stretched(b->right, f->step_x, f->width) - x,
                          .h = stretched(b->bottom, f->step_y, f->height) - y};
}

static bool overlaid(const struct frame *f, const struct box *b)
{
    float area = (float)(b->right - b->left) * (float)(b->bottom - b->top);
    return b->least >= OVERLAID_SUPPORT &&
           area < OVERLAID_AREA * (float)f->columns * (float)f->rows;
}

/* One rectangle into `out`, in up to three ways; returns how many have enough to see. */
static size_t look(const struct frame *f,
                   const struct box *b,
                   bool chat,
                   struct pdq_scratch *scratch,
                   struct shape *out,
                   size_t cap)
{
    float luma[PDQ_LUMA][PDQ_LUMA], painted[PDQ_LUMA][PDQ_LUMA];
    uint8_t bytes[PDQ_LUMA * PDQ_LUMA];
    size_t n = 0;
    part_luma(f, b, luma);
    part_bytes(luma, bytes);
    if (gates_part_poor(bytes))
        return 0;
    for (int what = OVERLAY_NONE; what <= OVERLAY_STAMP && n < cap; what++) {
        memcpy(painted, luma, sizeof(luma));
        if (what != OVERLAY_NONE)
            part_repaint(f, b, (enum overlay)what, painted);
        out[n] = place_of(f, b);
        n += hash(scratch, painted, &out[n]);
        if (n == 0 || !chat)
            break;
    }
    return n;
}

size_t shapes_find(struct shapes *s, struct pdq_scratch *scratch, struct shape *out, size_t cap)
{
    struct box box[RECTANGLES], good[RECTANGLES];
    uint8_t from[SHAPES_MAX];
    size_t n = 0, goods = 0;
    cap = cap < SHAPES_MAX ? cap : SHAPES_MAX;
    edges_find(s);
    lines_find(s->axis);
    size_t boxes = rectangles_find(s->rectangles, s->axis, box);
    for (size_t i = 0; i < boxes && n < cap; i++) {
        bool chat = i < OVERLAID && overlaid(&s->frame, &box[i]);
        size_t ways = look(&s->frame, &box[i], chat, scratch, out + n, cap - n);
        for (size_t k = 0; k < ways; k++)
            from[n++] = (uint8_t)goods;
        if (ways > 0)
            good[goods++] = box[i];
    }
    for (size_t i = 0; i < n; i++)
        out[i].strategy = name_of(&s->frame, good, goods, from[i]);
    return n;
}
