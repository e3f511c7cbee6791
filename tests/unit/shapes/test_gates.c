/* Which pictures say too little to be compared. */
#include "canvas.h"
#include "tap.h"

#include "base/base.h"

enum { SIDE = 512 };

static struct pdq_scratch *scratch;

static const struct place whole = {0, 0, SIDE, SIDE};

static void paint_flat(const struct canvas *c)
{
    canvas_fill(c, &whole, 120);
}

static void paint_black(const struct canvas *c)
{
    canvas_fill(c, &whole, 0);
}

static void by_cells(const struct canvas *c, uint32_t across, uint32_t down, bool stripes)
{
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++) {
            uint32_t odd = stripes ? x / across : x / across ^ y / down;
            memset(canvas_at(c, x, y), odd & 1 ? 210 : 40, 3);
        }
}

static void paint_plaid(const struct canvas *c)
{
    for (uint32_t y = 0; y < SIDE; y++)
        for (uint32_t x = 0; x < SIDE; x++)
            memset(canvas_at(c, x, y), (int)(30 + x / 24 % 3 * 50 + y / 24 % 3 * 50), 3);
}

static void paint_checker(const struct canvas *c)
{
    by_cells(c, 32, 32, false);
}

static void paint_stripes(const struct canvas *c)
{
    by_cells(c, 40, 0, true);
}

/* Some lines of small marks on white, as words are: a note. */
static void paint_text(const struct canvas *c)
{
    canvas_fill(c, &whole, 250);
    for (uint32_t y = 20; y < SIDE / 3; y += 26)
        for (uint32_t x = 20; x + 30 < SIDE; x += 7)
            if (mixed(x, y, 3) % 5) {
                struct place mark = {x, y + mixed(x, y, 4) % 4, 2 + mixed(x, y, 5) % 3, 9};
                canvas_fill(c, &mark, 30);
            }
}

/* Bubbles with words: a chat without pictures. */
static void paint_chat(const struct canvas *c)
{
    canvas_fill(c, &whole, 235);
    for (uint32_t y = 12; y + 60 < SIDE; y += 64) {
        struct place bubble = {mixed(0, y, 1) % 2 ? 20u : 180u, y, 300, 48};
        canvas_fill(c, &bubble, 255);
        for (uint32_t x = bubble.x + 10; x + 20 < bubble.x + bubble.w; x += 8) {
            struct place mark = {x, y + 12, 3, 8}, below = {x + 3, y + 28, 3, 8};
            canvas_fill(c, &mark, 40);
            canvas_fill(c, &below, 40);
        }
    }
}

static void paint_photo(const struct canvas *c)
{
    canvas_photo(c, &whole, 5);
}

/* A wide picture on a tall screen: two thirds of it are black. */
static void paint_letterbox(const struct canvas *c)
{
    struct place middle = {0, SIDE / 3, SIDE, SIDE / 3};
    canvas_fill(c, &whole, 0);
    canvas_photo(c, &middle, 6);
}

static void test_poor(void)
{
    static const struct {
        const char *what;
        void (*paint)(const struct canvas *c);
        bool poor;
    } cases[] = {
        {"flat", paint_flat, true},
        {"black", paint_black, true},
        {"plaid", paint_plaid, true},
        {"checker", paint_checker, true},
        {"stripes", paint_stripes, true},
        {"text", paint_text, true},
        {"chat", paint_chat, true},
        {"photo", paint_photo, false},
        {"letterbox", paint_letterbox, false},
    };
    struct canvas c = canvas_new(SIDE, SIDE, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c.pixel);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        cases[i].paint(&c);
        struct pdq_result r = canvas_hash(&c, &whole, scratch);
        bool poor = shapes_poor(r.luma);
        if (poor != cases[i].poor)
            printf("# %s: quality %d\n", cases[i].what, r.quality);
        CU_ASSERT_EQUAL(poor, cases[i].poor);
    }
    free(c.pixel);
}

/* Many photographs: none is poor. */
static void test_photos(void)
{
    struct canvas c = canvas_new(SIDE, SIDE, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c.pixel);
    for (uint32_t seed = 1; seed <= 40; seed++) {
        canvas_photo(&c, &whole, seed);
        CU_ASSERT_FALSE(shapes_poor(canvas_hash(&c, &whole, scratch).luma));
    }
    free(c.pixel);
}

int main(void)
{
    scratch = pdq_scratch_new();
    if (!scratch)
        return 99;
    int status = TAP_RUN("shapes/gates", {"poor pictures", test_poor}, {"photos", test_photos});
    pdq_scratch_free(scratch);
    return status;
}
