/*
 * Edge maps. Each step between neighbours is compared with the steps beside it, which makes the
 * result independent of contrast, texture and blur: about 0 on average in anything that is not an
 * edge of one pixel, 0.3 to 0.9 on a pasted edge.
 */
#include "shapes/internal.h"

#include <string.h>

enum {
    PAD = 8,   /* positions before the first and after the last one */
    OUTER = 4, /* positions at both ends at which smeared edges are not defined */
    QUIET = 6, /* of the sorted phases: what a phase without a grid looks like */
    PER_PHASE = SIDE_MAX / PHASES + 1,
};

#define FLOOR      16.0f /* of the steps, in levels: noise is no edge */
#define GRID_LEAST 0.01f /* below, a phase is no grid */
#define GRID_SHARE 1.5f  /* how much of its excess is taken off */

/* One sampled line of pixels; everything has PAD floats around it that are zero. */
struct strip {
    float step[PAD + STRIDE + PAD];   /* between the pixels i - 1 and i */
    float stride[PAD + STRIDE + PAD]; /* between the pixels i - 1 and i + 1 */
    float sharp[PAD + STRIDE + PAD], smeared[PAD + STRIDE + PAD];
};

static void steps(const uint8_t *const line[3], uint32_t n, uint32_t apart, float *out)
{
    const uint8_t *r = line[0], *g = line[1], *b = line[2];
    for (uint32_t i = 0; i + apart < n; i++) {
        int step = (r[i + apart] > r[i] ? r[i + apart] - r[i] : r[i] - r[i + apart]) +
                   (g[i + apart] > g[i] ? g[i + apart] - g[i] : g[i] - g[i + apart]) +
                   (b[i + apart] > b[i] ? b[i + apart] - b[i] : b[i] - b[i + apart]);
        out[i] = (float)step;
    }
}

/* Adds one sampled line to the sums: row `k` + 1 is row `k` and this line. */
static void add_line(struct axis *a, struct strip *strip, const uint8_t *const line[3], uint32_t k)
{
    uint32_t n = a->length;
    float *step = strip->step + PAD, *stride = strip->stride + PAD;
    float *sharp = strip->sharp + PAD, *smeared = strip->smeared + PAD;
    steps(line, n, 1, step + 1);
    steps(line, n, 2, stride + 1);
    for (uint32_t i = 0; i < n; i++) {
        const float *s = step + i;
        sharp[i] = s[0] / (s[0] + s[-1] + s[1] + FLOOR);
        smeared[i] = stride[i] / (stride[i] + s[-1] + s[2] + FLOOR);
    }
    const float *before = a->sums[0] + (size_t)k * STRIDE;
    float *sum = a->sums[0] + (size_t)(k + 1) * STRIDE;
    sum[0] = 0;
    for (uint32_t i = 1; i < n; i++)
        sum[i] = before[i] + sharp[i] - 0.5f * (sharp[i - 1] + sharp[i + 1]);
    before = a->sums[1] + (size_t)k * STRIDE;
    sum = a->sums[1] + (size_t)(k + 1) * STRIDE;
    memset(sum, 0, (n + 1) * sizeof(*sum));
    for (uint32_t i = OUTER; i + OUTER < n; i++)
        sum[i] = before[i] + smeared[i] - 0.5f * (smeared[i - 2] + smeared[i + 2]);
    a->sums[0][(size_t)(k + 1) * STRIDE + n] = 0;
}

/* The median of v[0 … n-1], which is sorted by insertion: n is small, and libc's qsort may ask the
 * kernel about memory. */
static float median(float *v, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        float x = v[i];
        size_t k = i;
        for (; k > 0 && v[k - 1] > x; k--)
            v[k] = v[k - 1];
        v[k] = x;
    }
    return n ? v[n / 2] : 0;
}

/* JPEG's blocks leave edges everywhere at the same phase: what most edges of a phase have is not
 * evidence. */
static void find_grid(struct axis *a, size_t map)
{
    const float *sum = a->sums[map] + (size_t)a->samples * STRIDE;
    float typical[PHASES], sorted[PHASES], v[PER_PHASE];
    for (uint32_t phase = 0; phase < PHASES; phase++) {
        size_t n = 0;
        for (uint32_t i = phase; i < a->length; i += PHASES)
            if (i >= OUTER && i + OUTER < a->length)
                v[n++] = sum[i] / (float)a->samples;
        typical[phase] = median(v, n);
    }
    memcpy(sorted, typical, sizeof(sorted));
    (void)median(sorted, PHASES);
    for (uint32_t phase = 0; phase < PHASES; phase++) {
        float excess = typical[phase] - sorted[QUIET];
        a->grid[map][phase] = excess > GRID_LEAST ? GRID_SHARE * excess : 0;
    }
}

static void
find(struct axis *a, uint8_t *const plane[3], size_t apart, const uint32_t pixel[SAMPLES_MAX])
{
    struct strip strip;
    memset(&strip, 0, sizeof(strip));
    for (size_t map = 0; map < MAPS; map++)
        memset(a->sums[map], 0, (a->length + 1) * sizeof(float));
    for (uint32_t k = 0; k < a->samples; k++) {
        size_t at = pixel[k] * apart;
        const uint8_t *line[3] = {plane[0] + at, plane[1] + at, plane[2] + at};
        add_line(a, &strip, line, k);
    }
    for (size_t map = 0; map < MAPS; map++)
        find_grid(a, map);
}

static void measure(struct axis *a, uint32_t length, uint32_t across)
{
    a->length = length;
    a->across = across;
    a->samples = across < SAMPLES_MAX ? across : SAMPLES_MAX;
    a->lines = 0;
}

void edges_find(struct shapes *s)
{
    struct frame *f = &s->frame;
    struct axis *x = &s->axis[0], *y = &s->axis[1];
    uint32_t pixel[SAMPLES_MAX] = {0};
    measure(x, f->columns, f->rows);
    measure(y, f->rows, f->columns);
    for (uint32_t k = 0; k < x->samples; k++)
        pixel[k] = sample_pixel(x, k);
    find(x, f->plane, f->columns, pixel);
    frame_turn(f, y->samples);
    for (uint32_t k = 0; k < y->samples; k++)
        pixel[k] = k; /* sampled when the frame was turned */
    find(y, f->turned, f->rows, pixel);
}
