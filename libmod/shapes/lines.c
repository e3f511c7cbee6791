/* Which edges of an axis may be sides of a rectangle. */
#include "shapes/internal.h"

#include <string.h>

enum {
    APART = 2,         /* positions within which only the best edge counts */
    MIRRORED_BEST = 8, /* edges whose mirror image is a line too */
    CROSSED_BEST = 4,  /* edges whose margin is one of the other axis too */
};

#define RUN_BIAS      0.12f  /* taken off every sample of a run: chance does not make runs */
#define RUN_LEAST     0.02f  /* score of a line, for each sample */
#define SMEARED_SHARE 0.9f   /* what a smeared edge is worth */
#define OUTER_SHARE   0.009f /* of the axis, at both ends: such lines are the frame's own */

float edge_support(const struct axis *a, const struct line *l, uint32_t from, uint32_t to)
{
    const float *sums = a->sums[l->map] + l->at;
    if (to <= from)
        return 0;
    float sum = sums[(size_t)to * STRIDE] - sums[(size_t)from * STRIDE];
    float mean = sum / (float)(to - from) - a->grid[l->map][l->at % PHASES];
    return l->map ? SMEARED_SHARE * mean : mean;
}

/* The best run along every position of one map: the largest sum of consecutive samples, each less
 * the bias. */
static void runs(const struct axis *a, size_t map, float best[STRIDE])
{
    float run[STRIDE], bias[STRIDE];
    uint32_t n = a->length;
    memset(run, 0, sizeof(run));
    memset(best, 0, STRIDE * sizeof(*best));
    for (uint32_t i = 0; i < n; i++)
        bias[i] = RUN_BIAS + a->grid[map][i % PHASES];
    for (uint32_t k = 0; k < a->samples; k++) {
        const float *before = a->sums[map] + (size_t)k * STRIDE, *after = before + STRIDE;
        for (uint32_t i = 0; i < n; i++) {
            float sum = run[i] + (after[i] - before[i] - bias[i]);
            run[i] = sum > 0 ? sum : 0;
            best[i] = run[i] > best[i] ? run[i] : best[i];
        }
    }
}

static bool known(const struct axis *a, uint32_t at)
{
    for (size_t i = 0; i < a->lines; i++)
        if (a->line[i].at == at)
            return true;
    return false;
}

static void add(struct axis *a, uint32_t at, uint8_t map)
{
    float margin = OUTER_SHARE * (float)a->length;
    bool outer = (float)at < margin || (float)(a->length - at) < margin;
    if (a->lines < LINES_MAX && !known(a, at))
        a->line[a->lines++] = (struct line){at, map, outer};
}

/* The edges with the best runs, best first. */
static void find_best(struct axis *a)
{
    float score[MAPS][STRIDE], *both = score[0];
    for (size_t map = 0; map < MAPS; map++)
        runs(a, map, score[map]);
    uint8_t map_of[STRIDE] = {0};
    for (uint32_t i = 0; i < a->length; i++) {
        float smeared = SMEARED_SHARE * score[1][i];
        map_of[i] = smeared > score[0][i];
        both[i] = map_of[i] ? smeared : score[0][i];
    }
    for (size_t n = 0; n < LINES_BEST; n++) {
        uint32_t best = 1;
        for (uint32_t i = 1; i < a->length; i++)
            if (both[i] > both[best])
                best = i;
        if (both[best] <= RUN_LEAST * (float)a->samples)
            break;
        add(a, best, map_of[best]);
        uint32_t from = best > APART ? best - APART : 0;
        for (uint32_t i = from; i <= best + APART; i++)
            both[i] = 0;
    }
}

/* The position within one pixel of `at` that has the most support over its whole length. */
static void add_near(struct axis *a, uint32_t at)
{
    struct line best = {.at = 0};
    float most = 0;
    for (uint32_t i = at - 1; i <= at + 1; i++)
        for (uint8_t map = 0; map < MAPS; map++) {
            struct line l = {.at = i, .map = map};
            float support = i < a->length ? edge_support(a, &l, 0, a->samples) : 0;
            if (best.at == 0 || support > most) {
                best = l;
                most = support;
            }
        }
    add(a, best.at, best.map);
}

/* Where borders are symmetric, a side that hardly shows is at the mirror image of one that does. */
static void complete(struct axis *a, const struct line best[LINES_BEST], size_t n)
{
    for (size_t i = 0; i < n && i < MIRRORED_BEST; i++)
        if (a->length - best[i].at > 1)
            add_near(a, a->length - best[i].at);
}

/* Borders are often as wide at the top as at the left. */
static void cross(struct axis *a, const struct axis *from, const struct line *best, size_t n)
{
    for (size_t i = 0; i < n && i < CROSSED_BEST; i++) {
        uint32_t at = best[i].at;
        uint32_t margin = at < from->length - at ? at : from->length - at;
        if (margin < 2 || margin >= a->length / 4)
            continue;
        add_near(a, margin);
        add_near(a, a->length - margin);
    }
}

static void sort(struct axis *a)
{
    for (size_t i = 1; i < a->lines; i++) {
        struct line l = a->line[i];
        size_t k = i;
        for (; k > 0 && a->line[k - 1].at > l.at; k--)
            a->line[k] = a->line[k - 1];
        a->line[k] = l;
    }
}

void lines_find(struct axis axis[2])
{
    struct line best[2][LINES_BEST];
    size_t n[2];
    for (size_t i = 0; i < 2; i++) {
        find_best(&axis[i]);
        n[i] = axis[i].lines;
        memcpy(best[i], axis[i].line, n[i] * sizeof(best[i][0]));
    }
    for (size_t i = 0; i < 2; i++) {
        struct axis *a = &axis[i];
        complete(a, best[i], n[i]);
        cross(a, &axis[1 - i], best[1 - i], n[1 - i]);
        add(a, 0, 0);
        add(a, a->length, 0);
        sort(a);
    }
}
