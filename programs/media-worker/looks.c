/* Looks at frames and the choice among them. */
#include "looks.h"

#include <stdlib.h>
#include <string.h>

void looks_clear(struct looks *l)
{
    free(l->look);
    free(l->view);
    *l = (struct looks){.look = NULL};
}

bool looks_begin(struct looks *l, uint16_t frame)
{
    void *look = l->look;
    if (l->n >= LOOKS_MAX || !array_grow(&look, &l->look_cap, l->n + 1, sizeof(*l->look)))
        return false;
    l->look = look;
    l->look[l->n++] = (struct look){.frame = frame, .first = l->views};
    return true;
}

bool looks_add(struct looks *l, uint8_t strategy, const struct pdq_result *hashed)
{
    void *view = l->view;
    if (!array_grow(&view, &l->view_cap, l->views + 1, sizeof(*l->view)))
        return false;
    l->view = view;
    struct look *look = &l->look[l->n - 1];
    if (l->views == 0)
        memcpy(l->luma, hashed->luma, sizeof(l->luma));
    if (look->views == 0 && !l->strong)
        memcpy(l->strong_luma, hashed->luma, sizeof(l->luma));
    struct view *v = &l->view[l->views++];
    v->strategy = strategy;
    v->quality = hashed->quality;
    v->weak = hashed->quality < PDQ_QUALITY_MIN || shapes_poor(hashed->luma);
    memcpy(v->hash, hashed->hash, sizeof(v->hash));
    look->views++;
    look->strong |= !v->weak;
    l->strong |= look->strong;
    return true;
}

static bool near(const struct view *a, const struct view *b)
{
    struct pdq left, right;
    memcpy(left.b, a->hash[STRATEGY_PLAIN], sizeof(left.b));
    memcpy(right.b, b->hash[STRATEGY_PLAIN], sizeof(right.b));
    return pdq_distance(&left, &right) <= REPEAT_BITS;
}

/* Every view of `a` looks like the same view of `b`. */
static bool alike(const struct looks *l, const struct look *a, const struct look *b)
{
    if (a->views != b->views)
        return false;
    for (size_t i = 0; i < a->views; i++)
        if (!near(&l->view[a->first + i], &l->view[b->first + i]))
            return false;
    return true;
}

struct choice {
    const struct looks *looks;
    uint16_t order[LOOKS_MAX]; /* in which looks are considered */
    bool seen[LOOKS_MAX], chosen[LOOKS_MAX];
    uint16_t picked[WIRE_CANDIDATES];
    size_t ordered, picks, views;
    uint32_t frames;
    bool over; /* something distinct had no room */
};

static void visit(struct choice *c, size_t at)
{
    if (c->seen[at])
        return;
    c->seen[at] = true;
    c->order[c->ordered++] = (uint16_t)at;
}

/* The ends, the middle, the quarters …: wherever the budget ends, the chosen ones are spread evenly
 * over the file. */
static void spread(struct choice *c)
{
    size_t last = c->looks->n - 1;
    visit(c, 0);
    visit(c, last);
    for (size_t parts = 2; c->ordered <= last; parts *= 2)
        for (size_t i = 1; i < parts; i += 2)
            visit(c, last * i / parts);
}

static void consider(struct choice *c, size_t at)
{
    const struct look *look = &c->looks->look[at];
    for (size_t i = 0; i < c->picks; i++)
        if (alike(c->looks, look, &c->looks->look[c->picked[i]]))
            return;
    if (c->picks >= c->frames || c->views + look->views > WIRE_CANDIDATES) {
        c->over = true;
        return;
    }
    c->picked[c->picks++] = (uint16_t)at;
    c->chosen[at] = true;
    c->views += look->views;
}

static void report(const struct looks *l, const struct look *look, struct wire_reply *reply)
{
    for (size_t i = 0; i < look->views; i++) {
        const struct view *v = &l->view[look->first + i];
        struct wire_candidate *out = &reply->candidate[reply->count++];
        *out = (struct wire_candidate){.strategy = v->strategy,
                                       .quality = v->quality,
                                       .weak = v->weak,
                                       .frame = look->frame,
                                       .w = reply->width,
                                       .h = reply->height};
        memcpy(out->hash, v->hash, sizeof(out->hash));
    }
}

/* As many parts as there is room for, likeliest first. */
static void report_parts(const struct looks *l, struct wire_reply *reply)
{
    for (size_t i = 0; i < l->parts && reply->count < WIRE_CANDIDATES; i++) {
        const struct shape *part = &l->part[i];
        struct wire_candidate *out = &reply->candidate[reply->count++];
        *out = (struct wire_candidate){.strategy = part->strategy,
                                       .quality = part->quality,
                                       .x = part->x,
                                       .y = part->y,
                                       .w = part->w,
                                       .h = part->h};
        memcpy(out->hash, part->hash, sizeof(out->hash));
    }
}

void looks_choose(const struct looks *l, uint32_t frames, struct wire_reply *reply)
{
    struct choice c = {.looks = l, .frames = frames};
    spread(&c);
    if (!l->strong)
        consider(&c, 0);
    /* The first strong frame of the file first, because the reply's luma is its. A weak frame can
     * match nothing: it takes a place only when there is nothing better. */
    for (size_t i = 0; i < l->n && c.picks == 0; i++)
        if (l->look[i].strong)
            consider(&c, i);
    for (size_t i = 0; i < l->n; i++)
        if (l->look[c.order[i]].strong)
            consider(&c, c.order[i]);
    for (size_t i = 0; i < l->n; i++)
        if (c.chosen[i])
            report(l, &l->look[i], reply);
    report_parts(l, reply);
    memcpy(reply->luma, l->strong ? l->strong_luma : l->luma, sizeof(reply->luma));
    reply->flags |=
        (uint16_t)((c.over ? REPLY_SAMPLED : 0) | (l->strong || l->parts ? 0 : REPLY_WEAK));
}
