/* What the files of this room share. Lengths are in pixels of the frame unless they say otherwise. */
#ifndef SHAPES_INTERNAL_H
#define SHAPES_INTERNAL_H

#include "shapes/shapes.h"

enum {
    SIDE_MAX = 2048,        /* of the frame: larger pictures are thinned out */
    SIDE_LEAST = 96,        /* of a rectangle */
    SAMPLES_MAX = 384,      /* lines of pixels in which edges are looked for, for each axis */
    STRIDE = SIDE_MAX + 16, /* positions of an axis: 0 … length */
    PHASES = 16,            /* of a grid that JPEG leaves */
    MAPS = 2,               /* sharp edges; edges smeared over one pixel */
    LINES_BEST = 26,        /* edges of an axis, the frame's own not counted */
    LINES_MAX = 66,
    RECTANGLES = 40,
};

/* The picture, one plane for each colour. No averaging: seams must stay one pixel wide. */
struct frame {
    uint32_t width, height;  /* of the picture */
    uint32_t step_x, step_y; /* every which pixel of it is kept */
    uint32_t columns, rows;  /* that are kept */
    uint8_t *plane[3];       /* rows of `columns` */
    uint8_t *turned[3];      /* sampled columns, rows of `rows`: made by frame_turn() */
};

/* A likely edge: between the pixels `at` - 1 and `at`. */
struct line {
    uint32_t at;
    uint8_t map;
    bool outer; /* so near the end of the axis that it is no evidence for or against anything */
};

/* Edges across one axis: for vertical edges positions are columns and samples are rows. */
struct axis {
    uint32_t length, across; /* pixels of this axis and of the other */
    uint32_t samples;
    float *sums[MAPS];           /* along each edge, row `k`: of the samples before `k` */
    float grid[MAPS][PHASES];    /* what JPEG adds to each phase */
    struct line line[LINES_MAX]; /* ascending once they are complete */
    size_t lines;
};

/* A rectangle by its edges. */
struct box {
    uint32_t left, right, top, bottom;
    float score;
    float least; /* support of its weakest side; below 0: a side is the frame's own */
};

struct shapes {
    struct frame frame;
    struct axis axis[2]; /* vertical edges, horizontal edges */
    struct rectangles *rectangles;
    void *memory;
};

void frame_begin(struct frame *f, uint32_t width, uint32_t height);
void frame_turn(struct frame *f, uint32_t samples);

/* The pixel of the other axis that sample `k` lies on, and the number of samples before pixel `at`. */
static inline uint32_t sample_pixel(const struct axis *a, uint32_t k)
{
    return (2 * k + 1) * a->across / (2 * a->samples);
}

static inline uint32_t samples_before(const struct axis *a, uint32_t at)
{
    return (at * a->samples + a->across / 2) / a->across;
}

/* Sums and grid of both axes. */
void edges_find(struct shapes *s);

/* Mean support of an edge over samples `from` to before `to`, the grid's part taken off. */
float edge_support(const struct axis *a, const struct line *l, uint32_t from, uint32_t to);

/* The lines of both axes, with what symmetry suggests. */
void lines_find(struct axis axis[2]);

struct rectangles *rectangles_new(void);

/* The likely rectangles, best first, at most RECTANGLES; none when nothing is evident. */
size_t rectangles_find(struct rectangles *r, const struct axis axis[2], struct box *out);

/* The 64 × 64 luma of a rectangle, as PDQ makes it but for rounding. */
void part_luma(const struct frame *f, const struct box *b, float out[PDQ_LUMA][PDQ_LUMA]);

/* What chats lay over pictures. */
enum overlay { OVERLAY_NONE, OVERLAY_CORNERS, OVERLAY_STAMP };

/* Paints over rounded corners and, at the lower right, a time stamp. */
void part_repaint(const struct frame *f,
                  const struct box *b,
                  enum overlay what,
                  float luma[PDQ_LUMA][PDQ_LUMA]);

void part_bytes(float luma[PDQ_LUMA][PDQ_LUMA], uint8_t out[PDQ_LUMA * PDQ_LUMA]);

/* shapes_poor() for a rectangle, which must say more than a whole picture. */
bool gates_part_poor(const uint8_t luma[PDQ_LUMA * PDQ_LUMA]);

#endif
