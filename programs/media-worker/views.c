/* Views of one picture: a sampler for each. */
#include "views.h"

enum { WHITE = 255 };

static const uint8_t backgrounds[BACKGROUNDS] = {0, WHITE, 0}; /* the first: alpha dropped */

/* Whether view `i` (background × turn) is in use. */
static bool used(const struct views *v, unsigned i)
{
    return (i % TURNS == 0 || v->orientation > 1) && (i / TURNS == 0 || v->pixels.alpha);
}

bool views_open(struct views *v, const struct layout *layout, uint32_t height, uint32_t orientation)
{
    v->width = layout->width;
    v->height = height;
    v->orientation = orientation;
    if (height == 0 || !pixels_begin(&v->pixels, layout))
        return false;
    for (unsigned i = 0; i < VIEWS; i++) {
        if (used(v, i) && !v->scratch[i])
            v->scratch[i] = pdq_scratch_new();
        if (used(v, i) && !v->scratch[i]) {
            views_close(v);
            return false;
        }
    }
    return true;
}

void views_close(struct views *v)
{
    pixels_end(&v->pixels);
}

void views_begin(struct views *v)
{
    v->transparent = v->parted = false;
    for (unsigned i = 0; i < VIEWS; i++)
        if (used(v, i))
            pdq_sampler_begin(&v->sampler[i], v->scratch[i], v->width, v->height,
                              i % TURNS ? v->orientation : 1);
}

bool views_want_parts(struct views *v)
{
    if (!v->shapes)
        v->shapes = shapes_new();
    v->parted = v->shapes && shapes_begin(v->shapes, v->width, v->height);
    return v->shapes != NULL;
}

static void feed(struct views *v, unsigned background, uint32_t y, const struct span *row)
{
    for (unsigned t = 0; t < TURNS; t++) {
        unsigned i = background * TURNS + t;
        if (used(v, i))
            pdq_sampler_row(&v->sampler[i], y, row->at, row->bands, row->step);
    }
}

/* Five of six rows of a large picture are not looked at: they need not be converted. */
static bool wanted(const struct views *v, uint32_t y)
{
    return pdq_sampler_wants(&v->sampler[0], y) || (v->parted && shapes_wants(v->shapes, y)) ||
           (v->orientation > 1 && pdq_sampler_wants(&v->sampler[1], y));
}

static void feed_parts(struct views *v, uint32_t y, const struct span *row)
{
    if (v->parted)
        shapes_row(v->shapes, y, row->at, row->bands, row->step);
}

void views_row(struct views *v, uint32_t y, const void *row)
{
    const uint8_t *alpha;
    if (!wanted(v, y))
        return;
    struct span plain = pixels_row(&v->pixels, row, &alpha);
    feed(v, 0, y, &plain);
    if (!alpha)
        feed_parts(v, y, &plain);
    if (!v->pixels.alpha)
        return;
    if (alpha)
        v->transparent = true;
    for (unsigned b = 1; b < BACKGROUNDS; b++) {
        struct span over = alpha ? pixels_over(&v->pixels, &plain, alpha, backgrounds[b]) : plain;
        feed(v, b, y, &over);
        if (alpha && backgrounds[b] == WHITE)
            feed_parts(v, y, &over);
    }
}

bool views_look(struct views *v, struct looks *looks, uint16_t frame)
{
    unsigned last = v->transparent ? VIEWS : TURNS;
    struct pdq_result hashed;
    if (!looks_begin(looks, frame))
        return false;
    for (unsigned i = 0; i < last; i++) {
        if (!used(v, i))
            continue;
        pdq_sampler_hash(&v->sampler[i], v->scratch[i], &hashed);
        if (!looks_add(looks, i % TURNS ? STRATEGY_DISPLAYED : STRATEGY_PLAIN, &hashed))
            return false;
    }
    return true;
}

size_t views_parts(struct views *v, struct shape *out, size_t cap)
{
    return v->parted ? shapes_find(v->shapes, v->scratch[0], out, cap) : 0;
}
