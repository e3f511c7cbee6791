/* Rectangles are found where pictures were put, and nowhere else. */
#include "canvas.h"
#include "tap.h"

#include "base/base.h"

enum { LISTED = 1, BACKDROP = 900 }; /* seeds */

static struct pdq_scratch *scratch;
static struct shapes *shapes;
static struct shape found[SHAPES_MAX];

static size_t find(const struct canvas *c)
{
    if (!shapes_begin(shapes, c->width, c->height))
        return 0;
    for (uint32_t y = 0; y < c->height; y++)
        if (shapes_wants(shapes, y))
            shapes_row(shapes, y, canvas_at(c, 0, y), 3, 3);
    return shapes_find(shapes, scratch, found, SHAPES_MAX);
}

static unsigned distance(const struct shape *s, const struct pdq *h)
{
    return pdq_distance(&s->hash[STRATEGY_PLAIN], h);
}

/* The part nearest to a hash; NULL: none within the radius. */
static const struct shape *nearest(size_t n, const struct pdq *h)
{
    const struct shape *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (distance(&found[i], h) <= PDQ_RADIUS &&
            (!best || distance(&found[i], h) < distance(best, h)))
            best = &found[i];
    return best;
}

static bool close_to(uint32_t a, uint32_t b, uint32_t side)
{
    return (a > b ? a - b : b - a) <= side / 100 + 2;
}

struct scene {
    const char *what;
    uint32_t width, height;
    int backdrop;            /* a grey; -1: another picture */
    struct place at, beside; /* the picture; another one, when it has a width */
    enum strategy strategy;
};

static struct canvas paint(const struct scene *s)
{
    struct canvas c = canvas_new(s->width, s->height, (uint8_t)s->backdrop);
    struct place all = {0, 0, s->width, s->height};
    CU_ASSERT_PTR_NOT_NULL_FATAL(c.pixel);
    if (s->backdrop < 0)
        canvas_photo(&c, &all, BACKDROP);
    canvas_photo(&c, &s->at, LISTED);
    if (s->beside.w)
        canvas_photo(&c, &s->beside, BACKDROP + 1);
    return c;
}

static const struct scene scenes[] = {
    {"black border", 640, 480, 0, {30, 30, 580, 420}, {0}, STRATEGY_TRIM},
    {"white border", 640, 480, 255, {12, 12, 616, 456}, {0}, STRATEGY_TRIM},
    {"uneven border", 640, 480, 0, {20, 60, 600, 400}, {0}, STRATEGY_TRIM},
    {"letterbox", 540, 960, 0, {0, 300, 540, 360}, {0}, STRATEGY_TRIM},
    {"caption", 640, 560, 255, {0, 80, 640, 480}, {0}, STRATEGY_TRIM},
    {"in an app", 540, 960, 250, {0, 120, 540, 400}, {0}, STRATEGY_SCREENSHOT},
    {"in a window", 1280, 720, 240, {300, 90, 560, 420}, {0}, STRATEGY_SCREENSHOT},
    {"in another picture", 800, 600, -1, {420, 60, 320, 240}, {0}, STRATEGY_SCREENSHOT},
    {"cell, no gap", 800, 300, 0, {0, 0, 400, 300}, {400, 0, 400, 300}, STRATEGY_CELL},
    {"cell, a gap", 400, 610, 255, {0, 310, 400, 300}, {0, 0, 400, 300}, STRATEGY_CELL},
    {"larger than the frame", 4400, 3000, 0, {400, 300, 3600, 2400}, {0}, STRATEGY_TRIM},
};

static void test_scenes(void)
{
    for (size_t i = 0; i < COUNT_OF(scenes); i++) {
        const struct scene *s = &scenes[i];
        struct canvas c = paint(s);
        struct pdq_result alone = canvas_hash(&c, &s->at, scratch);
        const struct shape *hit = nearest(find(&c), &alone.hash[STRATEGY_PLAIN]);
        free(c.pixel);
        CU_ASSERT_PTR_NOT_NULL(hit);
        if (!hit) {
            printf("# not found: %s\n", s->what);
            continue;
        }
        bool right = close_to(hit->x, s->at.x, s->at.w) && close_to(hit->y, s->at.y, s->at.h) &&
                     close_to(hit->w, s->at.w, s->at.w) && close_to(hit->h, s->at.h, s->at.h);
        CU_ASSERT_TRUE(right);
        CU_ASSERT_EQUAL(hit->strategy, s->strategy);
        CU_ASSERT_TRUE(hit->quality >= PDQ_QUALITY_MIN);
        if (!right || hit->strategy != s->strategy)
            printf("# %s: %u, %u, %u × %u, %s\n", s->what, hit->x, hit->y, hit->w, hit->h,
                   term_name(strategy_terms, hit->strategy));
    }
}

/* The other orientations come with the part: in a frame, mirrored. */
static void test_orientations(void)
{
    struct canvas c = canvas_new(640, 480, 0), plain = canvas_new(500, 360, 0);
    struct place at = {70, 60, 500, 360}, all = {0, 0, 500, 360};
    CU_ASSERT_TRUE_FATAL(c.pixel && plain.pixel);
    canvas_photo(&plain, &all, LISTED);
    for (uint32_t y = 0; y < at.h; y++)
        for (uint32_t x = 0; x < at.w; x++)
            memcpy(canvas_at(&c, at.x + at.w - 1 - x, at.y + y), canvas_at(&plain, x, y), 3);
    struct pdq_result listed = canvas_hash(&plain, &all, scratch);
    size_t n = find(&c);
    unsigned best = 256;
    for (size_t i = 0; i < n; i++) {
        unsigned d = pdq_distance(&found[i].hash[STRATEGY_MIRROR], &listed.hash[STRATEGY_PLAIN]);
        best = d < best ? d : best;
    }
    CU_ASSERT_TRUE(best <= PDQ_RADIUS);
    free(c.pixel);
    free(plain.pixel);
}

static bool outside_corner(uint32_t x, uint32_t y, uint32_t w, uint32_t h, uint32_t radius)
{
    uint32_t dx = x < radius ? radius - x : x >= w - radius ? x - (w - radius) + 1 : 0;
    uint32_t dy = y < radius ? radius - y : y >= h - radius ? y - (h - radius) + 1 : 0;
    return dx && dy && dx * dx + dy * dy > radius * radius;
}

/* A picture in a chat: rounded corners and a stamp cost bits, and repainting gets them back. */
static void test_chat(void)
{
    struct canvas c = canvas_new(720, 1280, 236);
    struct place at = {200, 300, 490, 360};
    unsigned repaired = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(c.pixel);
    for (uint32_t seed = 1; seed <= 12; seed++) {
        canvas_fill(&c, &(struct place){0, 0, 720, 1280}, 236);
        canvas_photo(&c, &at, seed);
        struct pdq_result alone = canvas_hash(&c, &at, scratch);
        for (uint32_t y = 0; y < at.h; y++)
            for (uint32_t x = 0; x < at.w; x++)
                if (outside_corner(x, y, at.w, at.h, 24))
                    memset(canvas_at(&c, at.x + x, at.y + y), 236, 3);
        canvas_fill(&c, &(struct place){at.x + at.w - 90, at.y + at.h - 40, 80, 30}, 20);
        struct pdq_result dressed = canvas_hash(&c, &at, scratch);
        const struct shape *hit = nearest(find(&c), &alone.hash[STRATEGY_PLAIN]);
        CU_ASSERT_PTR_NOT_NULL(hit);
        repaired +=
            hit && distance(hit, &alone.hash[STRATEGY_PLAIN]) <
                       pdq_distance(&dressed.hash[STRATEGY_PLAIN], &alone.hash[STRATEGY_PLAIN]);
    }
    CU_ASSERT_TRUE(repaired >= 10);
    free(c.pixel);
}

/* Pictures in which nothing was put. */
static void test_nothing(void)
{
    struct canvas c = canvas_new(640, 480, 77);
    struct place all = {0, 0, 640, 480};
    CU_ASSERT_PTR_NOT_NULL_FATAL(c.pixel);
    CU_ASSERT_EQUAL(find(&c), 0);
    for (uint32_t seed = 1; seed <= 20; seed++) {
        canvas_photo(&c, &all, seed);
        CU_ASSERT_EQUAL(find(&c), 0);
    }
    for (uint32_t i = 0; i < 640 * 480 * 3; i++)
        c.pixel[i] = (uint8_t)mixed(i, 0, 1);
    CU_ASSERT_EQUAL(find(&c), 0);
    free(c.pixel);
}

/* Rectangles there are, but there is nothing in them. */
static void test_gated(void)
{
    struct canvas c = canvas_new(640, 480, 255);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c.pixel);
    canvas_fill(&c, &(struct place){100, 80, 400, 300}, 30);
    CU_ASSERT_EQUAL(find(&c), 0);
    for (uint32_t y = 80; y < 380; y++)
        for (uint32_t x = 100; x < 500; x++)
            memset(canvas_at(&c, x, y), (x / 20 ^ y / 20) & 1 ? 200 : 30, 3);
    size_t n = find(&c);
    for (size_t i = 0; i < n; i++)
        CU_ASSERT_TRUE(found[i].w < 300 || found[i].h < 220);
    free(c.pixel);
}

static void test_cap(void)
{
    struct canvas c = paint(&scenes[1]);
    size_t n = find(&c);
    struct shape first = found[0];
    CU_ASSERT_TRUE_FATAL(n > 2);
    CU_ASSERT_EQUAL(find(&c), n);
    CU_ASSERT_EQUAL(shapes_find(shapes, scratch, found, 2), 2);
    CU_ASSERT_EQUAL(pdq_distance(&found[0].hash[0], &first.hash[0]), 0);
    CU_ASSERT_EQUAL(shapes_find(shapes, scratch, found, 0), 0);
    free(c.pixel);
}

/* A picture must not be seen in the next one, nor rows that never came. */
static void test_nothing_stays(void)
{
    struct canvas c = paint(&scenes[0]);
    CU_ASSERT_TRUE(find(&c) > 0);
    CU_ASSERT_TRUE(shapes_begin(shapes, c.width, c.height));
    CU_ASSERT_EQUAL(shapes_find(shapes, scratch, found, SHAPES_MAX), 0);
    free(c.pixel);
}

static void test_grey(void)
{
    struct canvas c = paint(&scenes[0]);
    struct pdq_result alone = canvas_hash(&c, &scenes[0].at, scratch);
    CU_ASSERT_TRUE(shapes_begin(shapes, c.width, c.height));
    for (uint32_t y = 0; y < c.height; y++) /* the green of it */
        shapes_row(shapes, y, canvas_at(&c, 0, y) + 1, 1, 3);
    size_t n = shapes_find(shapes, scratch, found, SHAPES_MAX);
    CU_ASSERT_TRUE(n > 0);
    CU_ASSERT_PTR_NOT_NULL(nearest(n, &alone.hash[STRATEGY_PLAIN]));
    free(c.pixel);
}

/* Any size, any content: every rectangle lies in its picture. */
static void test_sizes(void)
{
    static const uint32_t sizes[][2] = {{1, 1},      {96, 500},    {97, 97},     {97, 2500},
                                        {128, 4097}, {2047, 2049}, {2500, 2500}, {6000, 500}};
    CU_ASSERT_FALSE(shapes_begin(shapes, 96, 500));
    CU_ASSERT_TRUE(shapes_begin(shapes, 97, 97));
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (uint32_t content = 0; content < 3; content++) {
            uint32_t w = sizes[i][0], h = sizes[i][1];
            struct canvas c = canvas_new(w, h, 9);
            CU_ASSERT_PTR_NOT_NULL_FATAL(c.pixel);
            struct place middle = {w / 10, h / 10, w - w / 5, h - h / 5};
            if (content == 1)
                canvas_photo(&c, &middle, LISTED);
            for (uint32_t k = 0; content == 2 && k < w * h * 3; k++)
                c.pixel[k] = (uint8_t)(mixed(k / 3 % w / 50, k / 3 / w / 70, 1));
            size_t n = find(&c);
            CU_ASSERT_TRUE(n <= SHAPES_MAX);
            for (size_t k = 0; k < n; k++) {
                const struct shape *s = &found[k];
                CU_ASSERT_TRUE(s->w > 0 && s->h > 0 && s->x < w && s->w <= w - s->x && s->y < h &&
                               s->h <= h - s->y);
                CU_ASSERT_TRUE(s->w < w || s->h < h);
            }
            free(c.pixel);
        }
}

int main(void)
{
    scratch = pdq_scratch_new();
    shapes = shapes_new();
    if (!scratch || !shapes)
        return 99;
    int status =
        TAP_RUN("shapes/shapes", {"scenes", test_scenes}, {"orientations", test_orientations},
                {"chat", test_chat}, {"nothing there", test_nothing}, {"nothing in it", test_gated},
                {"cap", test_cap}, {"nothing stays", test_nothing_stays}, {"grey", test_grey},
                {"sizes", test_sizes});
    shapes_free(shapes);
    pdq_scratch_free(scratch);
    return status;
}
