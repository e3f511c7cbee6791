/* Rows of every layout become grey or RGB. */
#include "pixels.h"
#include "tap.h"

#include <string.h>

#include "base/base.h"

static void test_plain(void)
{
    static const uint8_t row[] = {1, 2, 3, 4, 5, 6};
    static const struct {
        uint32_t bands;
        size_t step;
    } cases[] = {{1, 1}, {3, 3}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct layout layout = {.width = 2, .bands = cases[i].bands};
        struct pixels p;
        const uint8_t *alpha;
        CU_ASSERT_TRUE_FATAL(pixels_begin(&p, &layout));
        struct span s = pixels_row(&p, row, &alpha);
        CU_ASSERT_PTR_EQUAL(s.at, row);
        CU_ASSERT_EQUAL(s.bands, cases[i].bands);
        CU_ASSERT_EQUAL(s.step, cases[i].step);
        CU_ASSERT_PTR_NULL(alpha);
        pixels_end(&p);
    }
}

static void test_16_bits(void)
{
    static const uint16_t row[] = {0x1234, 0xff80, 0x00ff, 0x0000, 0x8000, 0xffff};
    static const uint8_t want[] = {0x12, 0xff, 0x00, 0x00, 0x80, 0xff};
    const struct layout layout = {.width = 2, .bands = 3, .wide = true};
    struct pixels p;
    const uint8_t *alpha;
    CU_ASSERT_TRUE_FATAL(pixels_begin(&p, &layout));
    struct span s = pixels_row(&p, row, &alpha);
    CU_ASSERT_EQUAL(memcmp(s.at, want, sizeof(want)), 0);
    CU_ASSERT_PTR_NULL(alpha);
    pixels_end(&p);
}

static void test_cmyk(void)
{
    static const uint8_t row[] = {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 100, 50, 0, 127};
    static const uint8_t want[] = {255, 255, 255, 0, 255, 255, 0, 0, 0, 78, 103, 128};
    const struct layout layout = {.width = 4, .bands = 4, .cmyk = true};
    struct pixels p;
    const uint8_t *alpha;
    CU_ASSERT_TRUE_FATAL(pixels_begin(&p, &layout));
    CU_ASSERT_FALSE(p.alpha);
    struct span s = pixels_row(&p, row, &alpha);
    CU_ASSERT_EQUAL(s.bands, 3);
    CU_ASSERT_EQUAL(memcmp(s.at, want, sizeof(want)), 0);
    CU_ASSERT_PTR_NULL(alpha);
    pixels_end(&p);
}

static void test_alpha(void)
{
    static const uint8_t opaque[] = {10, 20, 30, 255, 40, 50, 60, 255};
    static const uint8_t cut[] = {10, 20, 30, 255, 40, 50, 60, 0};
    static const uint8_t over_white[] = {10, 20, 30, 255, 255, 255};
    static const uint8_t over_black[] = {10, 20, 30, 0, 0, 0};
    const struct layout layout = {.width = 2, .bands = 4};
    struct pixels p;
    const uint8_t *alpha;
    CU_ASSERT_TRUE_FATAL(pixels_begin(&p, &layout));
    CU_ASSERT_TRUE(p.alpha);
    (void)pixels_row(&p, opaque, &alpha);
    CU_ASSERT_PTR_NULL(alpha);
    struct span s = pixels_row(&p, cut, &alpha);
    CU_ASSERT_PTR_EQUAL(alpha, cut + 3);
    CU_ASSERT_EQUAL(s.bands, 3);
    CU_ASSERT_EQUAL(s.step, 4);
    struct span over = pixels_over(&p, &s, alpha, 255);
    CU_ASSERT_EQUAL(over.step, 3);
    CU_ASSERT_EQUAL(memcmp(over.at, over_white, sizeof(over_white)), 0);
    over = pixels_over(&p, &s, alpha, 0);
    CU_ASSERT_EQUAL(memcmp(over.at, over_black, sizeof(over_black)), 0);
    pixels_end(&p);
}

static void test_grey_and_alpha(void)
{
    static const uint8_t row[] = {100, 128, 200, 255};
    const struct layout layout = {.width = 2, .bands = 2};
    struct pixels p;
    const uint8_t *alpha;
    CU_ASSERT_TRUE_FATAL(pixels_begin(&p, &layout));
    struct span s = pixels_row(&p, row, &alpha);
    CU_ASSERT_EQUAL(s.bands, 1);
    CU_ASSERT_PTR_EQUAL_FATAL(alpha, row + 1);
    struct span over = pixels_over(&p, &s, alpha, 255);
    CU_ASSERT_EQUAL(over.at[0], 177);
    CU_ASSERT_EQUAL(over.at[1], 200);
    pixels_end(&p);
}

static void test_unknown_layouts(void)
{
    static const struct layout bad[] = {
        {.width = 0, .bands = 3},
        {.width = 1, .bands = 0},
        {.width = 1, .bands = 5},
        {.width = 1, .bands = 3, .cmyk = true},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct pixels p;
        CU_ASSERT_FALSE(pixels_begin(&p, &bad[i]));
    }
}

int main(void)
{
    return TAP_RUN("sandbox/pixels", {"plain", test_plain}, {"16 bits", test_16_bits},
                   {"cmyk", test_cmyk}, {"alpha", test_alpha},
                   {"grey and alpha", test_grey_and_alpha},
                   {"unknown layouts", test_unknown_layouts});
}
