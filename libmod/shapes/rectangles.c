/* Rectangles: every pair of vertical lines with every pair of horizontal ones, scored by what is seen
 * along their sides. */
#include "shapes/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAIRS_MAX = LINES_MAX * (LINES_MAX - 1) / 2,
    KEPT = 4096,    /* rectangles before the cut is raised */
    RAISED = 1024,  /* that stay then */
    CROSSED = 1500, /* that are looked into for lines across them */
    ASPECT = 4,
    NEAR = 2, /* pixels by which margins that are equal may differ */
};

#define WIDTH_LEAST    0.08f /* of the frame */
#define HEIGHT_LEAST   0.06f
#define AREA_LEAST     0.02f
#define WHOLE          0.972f /* with both sides longer it is the picture itself */
#define BIAS           0.12f  /* support that chance may give a side */
#define BIAS_PAIRED    0.03f  /* the same where symmetry speaks for it */
#define BIAS_SEAM      0.05f  /* the same where collages have their seams */
#define PAIRED_LEAST   0.10f
#define SEAM_NEAR      0.008f
#define SUPPORT_LEAST  0.04f
#define SUPPORT_PAIRED (-0.1f)
#define SIDE_BONUS     0.15f
#define CROSSING_FREE  0.06f
#define CROSSING_COST  4.0f
#define CROSSING_INSET 0.006f
#define SAME           0.008f /* of its size: rectangles this near are one */
#define TRIGGER        0.15f  /* without a rectangle of this score there is none at all */
#define SCORE_LEAST    0.08f

/* Two lines of an axis. */
struct pair {
    uint8_t first, last; /* lines */
    bool mirrored;       /* at equal distances from the ends, and neither is the frame's */
    uint32_t length;     /* pixels */
    uint32_t low, high;  /* margins */
    float share;         /* of the axis */
};

/* A rectangle that was kept: its lines. */
struct kept {
    float score, least;
    uint8_t line[4]; /* left, right, top, bottom */
};

struct rectangles {
    struct pair pair[2][PAIRS_MAX];
    size_t pairs[2];
    /* support of line `i` of an axis before line `j` of the other one, and samples there */
    float before[2][LINES_MAX][LINES_MAX];
    float samples[2][LINES_MAX];
    float seam[2][LINES_MAX]; /* bias of each line by where it is */
    struct kept kept[KEPT];
    size_t count;
    float cut;
};

struct rectangles *rectangles_new(void)
{
    return calloc(1, sizeof(struct rectangles));
}

/* --- tables --- */

static float seam_bias(const struct axis *a, uint32_t at)
{
    static const float seams[] = {1 / 3.0f, 0.5f, 2 / 3.0f};
    for (size_t i = 0; i < COUNT_OF(seams); i++)
        if (fabsf((float)at / (float)a->length - seams[i]) <= SEAM_NEAR)
            return BIAS_SEAM;
    return BIAS;
}

static void tabulate(struct rectangles *r, const struct axis axis[2])
{
    for (size_t n = 0; n < 2; n++) {
        const struct axis *a = &axis[n], *other = &axis[1 - n];
        for (size_t j = 0; j < other->lines; j++)
            r->samples[n][j] = (float)samples_before(a, other->line[j].at);
        for (size_t i = 0; i < a->lines; i++) {
            r->seam[n][i] = seam_bias(a, a->line[i].at);
            for (size_t j = 0; j < other->lines; j++) {
                uint32_t k = samples_before(a, other->line[j].at);
                r->before[n][i][j] = edge_support(a, &a->line[i], 0, k) * (float)k;
            }
        }
    }
}

/* Mean support of line `i` of axis `n` between the lines `from` and `to` of the other one. */
static float support(const struct rectangles *r, size_t n, size_t i, size_t from, size_t to)
{
    float samples = r->samples[n][to] - r->samples[n][from];
    return samples > 0 ? (r->before[n][i][to] - r->before[n][i][from]) / samples : 0;
}

static void find_pairs(struct rectangles *r, const struct axis *a, size_t n)
{
    float least = (n ? HEIGHT_LEAST : WIDTH_LEAST) * (float)a->length;
    r->pairs[n] = 0;
    for (size_t i = 0; i < a->lines; i++)
        for (size_t k = i + 1; k < a->lines; k++) {
            const struct line *first = &a->line[i], *last = &a->line[k];
            uint32_t length = last->at - first->at, low = first->at, high = a->length - last->at;
            if (length < SIDE_LEAST || (float)length < least)
                continue;
            bool same = low > high ? low - high <= NEAR : high - low <= NEAR;
            r->pair[n][r->pairs[n]++] = (struct pair){
                .first = (uint8_t)i,
                .last = (uint8_t)k,
                .mirrored = same && !first->outer && !last->outer,
                .length = length,
                .low = low,
                .high = high,
                .share = (float)length / (float)a->length,
            };
        }
}

/* --- scores --- */

/* What is seen of the four sides: left, right, top, bottom. */
struct sides {
    float support[4], bias[4], length[4];
    bool outer[4], paired[4];
};

static void pair_up(struct sides *s, const struct pair *p, size_t first)
{
    size_t weak = s->support[first] < s->support[first + 1] ? first : first + 1;
    size_t strong = 2 * first + 1 - weak;
    if (p->mirrored && s->support[strong] > PAIRED_LEAST)
        s->paired[weak] = true;
}

/* A border that is equally wide on all four sides needs to be seen on one. */
static void pair_all(struct sides *s, const struct pair *x, const struct pair *y)
{
    size_t best = 0;
    uint32_t low = x->low < y->low ? x->low : y->low, high = x->low > y->low ? x->low : y->low;
    if (!x->mirrored || !y->mirrored || high - low > NEAR)
        return;
    for (size_t k = 1; k < 4; k++)
        if (s->support[k] > s->support[best])
            best = k;
    for (size_t k = 0; k < 4; k++)
        s->paired[k] |= k != best;
}

/* The score by the sides; 0: no rectangle. `*least`: the weakest support of a side. */
static float score_of(const struct sides *s, float *least)
{
    float evidence = 0, length = 0, margin = 1;
    int sides = 0;
    *least = 1;
    for (size_t k = 0; k < 4; k++) {
        if (s->outer[k]) {
            *least = -1;
            continue;
        }
        if (s->support[k] < (s->paired[k] ? SUPPORT_PAIRED : SUPPORT_LEAST))
            return 0;
        float over = s->support[k] - s->bias[k];
        evidence += s->length[k] * over;
        length += s->length[k];
        sides++;
        if (!s->paired[k] && over < margin)
            margin = over;
        if (s->support[k] < *least)
            *least = s->support[k];
    }
    if (evidence <= 0 || sides == 0)
        return 0;
    float score = evidence / length * sqrtf(evidence) + 0.5f * margin;
    return score * (1 + SIDE_BONUS * (float)(sides - 1));
}

static bool sized(const struct pair *x, const struct pair *y)
{
    return (uint64_t)x->length <= (uint64_t)ASPECT * y->length &&
           (uint64_t)y->length <= (uint64_t)ASPECT * x->length &&
           x->share * y->share >= AREA_LEAST && (x->share <= WHOLE || y->share <= WHOLE);
}

static float look(const struct rectangles *r,
                  const struct axis axis[2],
                  const struct pair *x,
                  const struct pair *y,
                  float *least)
{
    const size_t line[4] = {x->first, x->last, y->first, y->last};
    struct sides s = {.length = {y->share, y->share, x->share, x->share}};
    for (size_t k = 0; k < 4; k++) {
        const struct pair *along = k < 2 ? y : x;
        s.outer[k] = axis[k / 2].line[line[k]].outer;
        s.support[k] = s.outer[k] ? 0 : support(r, k / 2, line[k], along->first, along->last);
        if (s.support[k] < SUPPORT_PAIRED)
            return 0;
    }
    pair_up(&s, x, 0);
    pair_up(&s, y, 2);
    pair_all(&s, x, y);
    for (size_t k = 0; k < 4; k++)
        s.bias[k] = s.paired[k] ? BIAS_PAIRED : r->seam[k / 2][line[k]];
    return score_of(&s, least);
}

/* --- the best of them --- */

/* Sorts by score, best first: a heap sort, because libc's qsort may ask the kernel about memory. */
static void sink(struct kept *v, size_t at, size_t n)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < n && v[child + 1].score < v[child].score)
            child++;
        if (child >= n || v[at].score <= v[child].score)
            return;
        struct kept t = v[at];
        v[at] = v[child];
        v[child] = t;
        at = child;
    }
}

static void sort(struct kept *v, size_t n)
{
    for (size_t i = n / 2; i > 0; i--)
        sink(v, i - 1, n);
    for (size_t i = n; i > 1; i--) {
        struct kept t = v[0];
        v[0] = v[i - 1];
        v[i - 1] = t;
        sink(v, 0, i - 1);
    }
}

static void keep(struct rectangles *r, const struct kept *k)
{
    if (k->score <= r->cut)
        return;
    if (r->count == KEPT) {
        sort(r->kept, KEPT);
        r->count = RAISED;
        r->cut = r->kept[RAISED - 1].score;
    }
    r->kept[r->count++] = *k;
}

static void collect(struct rectangles *r, const struct axis axis[2])
{
    r->count = 0;
    r->cut = SCORE_LEAST;
    for (size_t i = 0; i < r->pairs[0]; i++)
        for (size_t j = 0; j < r->pairs[1]; j++) {
            const struct pair *x = &r->pair[0][i], *y = &r->pair[1][j];
            if (!sized(x, y))
                continue;
            struct kept k = {.line = {x->first, x->last, y->first, y->last}};
            k.score = look(r, axis, x, y, &k.least);
            keep(r, &k);
        }
    sort(r->kept, r->count);
}

/* A line right across means that it is two rectangles: the strongest one takes its toll. */
static float crossing(const struct rectangles *r,
                      const struct axis *a,
                      size_t n,
                      const uint8_t *own,
                      const uint8_t *along)
{
    float inset = CROSSING_INSET * (float)a->length, most = 0;
    for (size_t i = own[0] + 1u; i < own[1]; i++) {
        if ((float)(a->line[i].at - a->line[own[0]].at) < inset ||
            (float)(a->line[own[1]].at - a->line[i].at) < inset)
            continue;
        float across = support(r, n, i, along[0], along[1]);
        most = across > most ? across : most;
    }
    return most;
}

static void penalise(struct rectangles *r, const struct axis axis[2])
{
    if (r->count > CROSSED)
        r->count = CROSSED;
    for (size_t i = 0; i < r->count; i++) {
        struct kept *k = &r->kept[i];
        float x = crossing(r, &axis[0], 0, k->line, k->line + 2);
        float y = crossing(r, &axis[1], 1, k->line + 2, k->line);
        float over = (x > y ? x : y) - CROSSING_FREE;
        if (over > 0)
            k->score /= 1 + CROSSING_COST * over;
    }
    sort(r->kept, r->count);
}

static bool apart(uint32_t a, uint32_t b, uint32_t size)
{
    return (float)(a > b ? a - b : b - a) > SAME * (float)size;
}

static bool same(const struct box *a, const struct box *b)
{
    uint32_t width = a->right - a->left, height = a->bottom - a->top;
    return !apart(a->left, b->left, width) && !apart(a->right, b->right, width) &&
           !apart(a->top, b->top, height) && !apart(a->bottom, b->bottom, height);
}

size_t rectangles_find(struct rectangles *r, const struct axis axis[2], struct box *out)
{
    size_t n = 0;
    tabulate(r, axis);
    for (size_t i = 0; i < 2; i++)
        find_pairs(r, &axis[i], i);
    collect(r, axis);
    penalise(r, axis);
    if (r->count == 0 || r->kept[0].score < TRIGGER)
        return 0;
    for (size_t i = 0; i < r->count && n < RECTANGLES && r->kept[i].score >= SCORE_LEAST; i++) {
        const struct kept *k = &r->kept[i];
        struct box b = {axis[0].line[k->line[0]].at,
                        axis[0].line[k->line[1]].at,
                        axis[1].line[k->line[2]].at,
                        axis[1].line[k->line[3]].at,
                        k->score,
                        k->least};
        bool repeats = false;
        for (size_t j = 0; j < n && !repeats; j++)
            repeats = same(&b, &out[j]);
        if (!repeats)
            out[n++] = b;
    }
    return n;
}
