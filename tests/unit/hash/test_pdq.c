/* PDQ: frozen hashes of drawn pictures, orientations, sampling, odd sizes, hex and distance. */
#include "hash/hash.h"

#include <string.h>

#include "tap.h"
#include "pictures.h"
#include "pdq_vectors.h"

static struct pdq_scratch *scratch;

/* Hashes `width` × `height` pixels of `bands`, shown in an EXIF orientation. */
static struct pdq_result
hash_pixels(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t bands, uint32_t turn)
{
    struct pdq_sampler p;
    struct pdq_result r;
    pdq_sampler_begin(&p, scratch, width, height, turn);
    for (uint32_t y = 0; y < height; y++)
        if (pdq_sampler_wants(&p, y))
            pdq_sampler_row(&p, y, pixels + (size_t)y * width * bands, bands, bands);
    pdq_sampler_hash(&p, scratch, &r);
    return r;
}

static struct pdq_result
hash_drawn(enum picture_kind kind, uint32_t width, uint32_t height, uint32_t bands)
{
    uint8_t *pixels = picture_draw(kind, width, height, bands);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
    struct pdq_result r = hash_pixels(pixels, width, height, bands, 1);
    free(pixels);
    return r;
}

static bool same_result(const struct pdq_result *a, const struct pdq_result *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static unsigned ones(const struct pdq *h)
{
    static const struct pdq zero;
    return pdq_distance(h, &zero);
}

static void test_frozen(void)
{
    for (size_t i = 0; i < COUNT_OF(pdq_vectors); i++) {
        struct pdq_result r =
            hash_drawn(pdq_vectors[i].kind, pdq_vectors[i].width, pdq_vectors[i].height, 3);
        bool equal = r.quality == pdq_vectors[i].quality;
        for (int how = 0; how < DIHEDRALS; how++) {
            char hex[2 * PDQ_BYTES + 1];
            pdq_write(&r.hash[how], hex);
            equal = equal && strcmp(hex, pdq_vectors[i].hash[how]) == 0;
        }
        CU_ASSERT_TRUE(equal);
        if (!equal)
            printf("# vector %zu: kind %d, %u x %u\n", i, (int)pdq_vectors[i].kind,
                   pdq_vectors[i].width, pdq_vectors[i].height);
    }
}

static void test_quality(void)
{
    static const struct {
        enum picture_kind kind;
        uint32_t width, height;
        unsigned low, high;
    } cases[] = {
        {FLAT, 200, 100, 0, 0},      {FAINT, 64, 64, 0, 0},     {RINGS, 64, 64, 0, 0},
        {CLOUDS, 640, 480, 50, 100}, {NOISE, 64, 64, 100, 100}, {PLAID, 512, 512, 100, 100},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pdq_result r = hash_drawn(cases[i].kind, cases[i].width, cases[i].height, 3);
        CU_ASSERT_TRUE(r.quality >= cases[i].low && r.quality <= cases[i].high);
    }
}

static void test_half_the_bits(void)
{
    struct pdq_result r = hash_drawn(CLOUDS, 500, 400, 3);
    for (int how = 0; how < DIHEDRALS; how++) {
        CU_ASSERT_EQUAL(ones(&r.hash[how]), 128);
        for (int other = 0; other < how; other++)
            CU_ASSERT_TRUE(pdq_distance(&r.hash[how], &r.hash[other]) > 2 * PDQ_RADIUS);
    }
}

static void test_luma(void)
{
    uint8_t *pixels = picture_draw(NOISE, PDQ_LUMA, PDQ_LUMA, 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
    struct pdq_result r = hash_pixels(pixels, PDQ_LUMA, PDQ_LUMA, 1, 1);
    CU_ASSERT_EQUAL(memcmp(r.luma, pixels, sizeof(r.luma)), 0);
    free(pixels);
    r = hash_drawn(HALVES, 512, 512, 3);
    CU_ASSERT_EQUAL(r.luma[0], 0);
    CU_ASSERT_EQUAL(r.luma[PDQ_LUMA * PDQ_LUMA - 1], 255);
}

static void test_tiny(void)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1, 512}, {512, 1}, {4, 4}, {4, 300}, {300, 4}};
    static const struct pdq_result zero;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct pdq_result r = hash_drawn(NOISE, sizes[i][0], sizes[i][1], 3);
        CU_ASSERT_TRUE(same_result(&r, &zero));
    }
    struct pdq_result none = hash_pixels((const uint8_t *)"", 0, 300, 3, 1);
    CU_ASSERT_TRUE(same_result(&none, &zero));
    none = hash_pixels((const uint8_t *)"", 300, 0, 3, 6);
    CU_ASSERT_TRUE(same_result(&none, &zero));
    CU_ASSERT_TRUE(hash_drawn(NOISE, 5, 5, 3).quality > 0);
}

/* A picture sampled by hand, as the definition says it. */
static uint8_t *sampled(const uint8_t *pixels, uint32_t width, uint32_t height)
{
    uint8_t *out = malloc((size_t)PDQ_SIDE * PDQ_SIDE * 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    for (size_t y = 0; y < PDQ_SIDE; y++)
        for (size_t x = 0; x < PDQ_SIDE; x++)
            memcpy(out + 3 * (y * PDQ_SIDE + x),
                   pixels + 3 * (y * height / PDQ_SIDE * width + x * width / PDQ_SIDE), 3);
    return out;
}

static void test_sampling(void)
{
    static const uint32_t sizes[][2] = {{513, 1},   {1, 513},    {513, 513}, {700, 33},
                                        {33, 2000}, {1999, 777}, {512, 513}};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint32_t width = sizes[i][0], height = sizes[i][1];
        uint8_t *pixels = picture_draw(CLOUDS, width, height, 3);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
        uint8_t *small = sampled(pixels, width, height);
        struct pdq_result r = hash_pixels(pixels, width, height, 3, 1);
        struct pdq_result want = hash_pixels(small, PDQ_SIDE, PDQ_SIDE, 3, 1);
        CU_ASSERT_TRUE(same_result(&r, &want));
        CU_ASSERT_TRUE(ones(&r.hash[0]) > 0);
        free(small);
        free(pixels);
    }
}

/* The pixels as they are displayed; EXIF says what the first stored row and column are on the
 * display: 2 top right, 3 bottom right, 4 bottom left, 5 left top, 6 right top, 7 right bottom,
 * 8 left bottom. */
static uint8_t *displayed(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t turn)
{
    uint32_t across = turn >= 5 ? height : width, down = turn >= 5 ? width : height;
    uint8_t *out = malloc((size_t)width * height * 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            uint32_t right = across - 1, bottom = down - 1;
            const uint32_t place[9][2] = {
                [1] = {x, y},
                [2] = {right - x, y},
                [3] = {right - x, bottom - y},
                [4] = {x, bottom - y},
                [5] = {y, x},
                [6] = {right - y, x},
                [7] = {right - y, bottom - x},
                [8] = {y, bottom - x},
            };
            memcpy(out + 3 * ((size_t)place[turn][1] * across + place[turn][0]),
                   pixels + 3 * ((size_t)y * width + x), 3);
        }
    return out;
}

static void test_displayed(void)
{
    static const uint32_t sizes[][2] = {{40, 30},   {64, 64},    {700, 300}, {300, 700},
                                        {601, 599}, {1999, 777}, {7, 513},   {513, 1}};
    static const enum strategy nearest[9] = {
        [1] = STRATEGY_PLAIN,      [2] = STRATEGY_MIRROR,    [3] = STRATEGY_ROT180,
        [4] = STRATEGY_FLIP,       [5] = STRATEGY_TRANSPOSE, [6] = STRATEGY_ROT270,
        [7] = STRATEGY_TRANSVERSE, [8] = STRATEGY_ROT90,
    };
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        uint32_t width = sizes[i][0], height = sizes[i][1];
        uint8_t *pixels = picture_draw(CLOUDS, width, height, 3);
        CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
        struct pdq_result stored = hash_pixels(pixels, width, height, 3, 1);
        for (uint32_t turn = 1; turn <= 8; turn++) {
            uint8_t *turned = displayed(pixels, width, height, turn);
            uint32_t across = turn >= 5 ? height : width;
            struct pdq_result r = hash_pixels(pixels, width, height, 3, turn);
            struct pdq_result want = hash_pixels(turned, across, turn >= 5 ? width : height, 3, 1);
            CU_ASSERT_TRUE(same_result(&r, &want));
            if (width > 64 && height > 64)
                CU_ASSERT_TRUE(pdq_distance(&r.hash[0], &stored.hash[nearest[turn]]) <= PDQ_RADIUS);
            free(turned);
        }
        free(pixels);
    }
}

/* What does not say an orientation is shown as it is stored. */
static void test_orientation_unknown(void)
{
    uint8_t *pixels = picture_draw(CLOUDS, 90, 70, 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
    struct pdq_result want = hash_pixels(pixels, 90, 70, 3, 1);
    struct pdq_result zero = hash_pixels(pixels, 90, 70, 3, 0);
    struct pdq_result nine = hash_pixels(pixels, 90, 70, 3, 9);
    CU_ASSERT_TRUE(same_result(&zero, &want));
    CU_ASSERT_TRUE(same_result(&nine, &want));
    free(pixels);
}

static void test_bands(void)
{
    uint8_t *rgb = picture_draw(CLOUDS, 200, 100, 3), *rgba = malloc(200 * 100 * 4);
    uint8_t *grey = picture_draw(CLOUDS, 200, 100, 1), *alike = malloc(200 * 100 * 3);
    CU_ASSERT_FATAL(rgb && rgba && grey && alike);
    for (size_t i = 0; i < 200 * 100; i++) {
        memcpy(rgba + 4 * i, rgb + 3 * i, 3);
        rgba[4 * i + 3] = (uint8_t)i;
        memset(alike + 3 * i, grey[i], 3);
    }
    struct pdq_result want = hash_pixels(rgb, 200, 100, 3, 1), r;
    struct pdq_sampler p;
    pdq_sampler_begin(&p, scratch, 200, 100, 1);
    for (uint32_t y = 0; y < 100; y++)
        pdq_sampler_row(&p, y, rgba + (size_t)y * 200 * 4, 3, 4);
    pdq_sampler_hash(&p, scratch, &r);
    CU_ASSERT_TRUE(same_result(&r, &want));
    want = hash_pixels(alike, 200, 100, 3, 1);
    r = hash_pixels(grey, 200, 100, 1, 1);
    CU_ASSERT_TRUE(pdq_distance(&r.hash[0], &want.hash[0]) <= 2);
    free(rgb);
    free(rgba);
    free(grey);
    free(alike);
}

/* Rows that never come are black, whatever was hashed before; rows that cannot be are ignored. */
static void test_missing_rows(void)
{
    uint8_t *pixels = picture_draw(CLOUDS, 300, 200, 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
    struct pdq_sampler p;
    struct pdq_result r;
    (void)hash_drawn(NOISE, 800, 900, 3);
    pdq_sampler_begin(&p, scratch, 300, 200, 1);
    for (uint32_t y = 0; y < 100; y++)
        pdq_sampler_row(&p, y, pixels + (size_t)y * 300 * 3, 3, 3);
    pdq_sampler_row(&p, 200, pixels, 3, 3);
    pdq_sampler_row(&p, UINT32_MAX, pixels, 3, 3);
    pdq_sampler_hash(&p, scratch, &r);
    memset(pixels + 100 * 300 * 3, 0, 100 * 300 * 3);
    struct pdq_result want = hash_pixels(pixels, 300, 200, 3, 1);
    CU_ASSERT_TRUE(same_result(&r, &want));
    free(pixels);
}

/* What a decoder may leave out: all but the sampled rows. */
static void test_wanted_rows(void)
{
    static const struct {
        uint32_t width, height, turn, wanted;
    } cases[] = {{300, 200, 1, 200}, {512, 512, 6, 512}, {1024, 1024, 1, 512}, {100, 1536, 1, 512},
                 {600, 100, 1, 100}, {700, 513, 8, 512}, {300, 5120, 6, 512},  {5, 3, 3, 3}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pdq_sampler p;
        uint32_t wanted = 0;
        pdq_sampler_begin(&p, scratch, cases[i].width, cases[i].height, cases[i].turn);
        for (uint32_t y = 0; y < cases[i].height + 10; y++)
            wanted += pdq_sampler_wants(&p, y);
        CU_ASSERT_EQUAL(wanted, cases[i].wanted);
    }
}

/* The largest sizes that fit do not overflow: one pixel stands for all of them. */
static void test_huge(void)
{
    static const uint8_t pixel[3] = {10, 200, 90};
    for (uint32_t turn = 1; turn <= 8; turn++) {
        struct pdq_sampler p;
        struct pdq_result r;
        pdq_sampler_begin(&p, scratch, UINT32_MAX, UINT32_MAX, turn);
        for (uint64_t i = 0; i < PDQ_SIDE; i++) {
            uint32_t y = (uint32_t)(i * UINT32_MAX / PDQ_SIDE);
            bool backwards = turn == 3 || turn == 4 || turn == 6 || turn == 7;
            pdq_sampler_row(&p, backwards ? UINT32_MAX - 1 - y : y, pixel, 3, 0);
        }
        pdq_sampler_hash(&p, scratch, &r);
        CU_ASSERT_EQUAL(r.quality, 0);
        CU_ASSERT_EQUAL(r.luma[0], 131);
        CU_ASSERT_EQUAL(r.luma[PDQ_LUMA * PDQ_LUMA - 1], 131);
    }
}

static void test_hex(void)
{
    static const char upper[] = "2773ACC4B91CA3CF8B1B0B66E242684C0AD9F393C6938566E48E69267B6D52DB";
    char lower[] = "2773acc4b91ca3cf8b1b0b66e242684c0ad9f393c6938566e48e69267b6d52db";
    char written[2 * PDQ_BYTES + 1];
    struct pdq a, b;
    CU_ASSERT_TRUE(pdq_read(lower, 64, &a));
    CU_ASSERT_TRUE(pdq_read(upper, 64, &b));
    CU_ASSERT_EQUAL(pdq_distance(&a, &b), 0);
    CU_ASSERT_EQUAL(a.b[0], 0x27);
    CU_ASSERT_EQUAL(a.b[31], 0xdb);
    pdq_write(&b, written);
    CU_ASSERT_STRING_EQUAL(written, lower);
    CU_ASSERT_FALSE(pdq_read(lower, 63, &a));
    CU_ASSERT_FALSE(pdq_read("", 0, &a));
    CU_ASSERT_FALSE(pdq_read(lower, 65, &a));
    lower[40] = 'g';
    CU_ASSERT_FALSE(pdq_read(lower, 64, &a));
}

static void test_distance(void)
{
    struct pdq a = {{0}}, b;
    memset(&b, 0xff, sizeof(b));
    CU_ASSERT_EQUAL(pdq_distance(&a, &a), 0);
    CU_ASSERT_EQUAL(pdq_distance(&a, &b), 256);
    for (unsigned bit = 0; bit < 256; bit++) {
        struct pdq c = {{0}};
        c.b[bit / 8] = (uint8_t)(1 << bit % 8);
        CU_ASSERT_EQUAL(pdq_distance(&a, &c), 1);
        CU_ASSERT_EQUAL(pdq_distance(&c, &b), 255);
    }
}

/* What each look of a picture is called. */
static void test_looks(void)
{
    static const struct {
        uint8_t from;
        unsigned look;
        bool taken;
        uint8_t name;
    } cases[] = {
        {STRATEGY_PLAIN, 0, true, STRATEGY_PLAIN},
        {STRATEGY_PLAIN, 5, true, STRATEGY_MIRROR},
        {STRATEGY_DISPLAYED, 0, true, STRATEGY_DISPLAYED},
        {STRATEGY_DISPLAYED, 1, true, STRATEGY_ROT90},
        {STRATEGY_PLAIN, DIHEDRALS, true, STRATEGY_NEGATIVE},
        {STRATEGY_DISPLAYED, DIHEDRALS + 5, true, STRATEGY_NEGATIVE},
        {STRATEGY_TRIM, 0, true, STRATEGY_TRIM},
        {STRATEGY_CELL, 5, true, STRATEGY_CELL},
        {STRATEGY_SCREENSHOT, DIHEDRALS, true, STRATEGY_SCREENSHOT},
        {STRATEGY_SCREENSHOT, DIHEDRALS + 1, false, 0},
        {STRATEGY_PLAIN, PDQ_LOOKS, false, 0},
    };
    uint8_t hash[DIHEDRALS][PDQ_BYTES];
    for (size_t i = 0; i < DIHEDRALS; i++)
        memset(hash[i], (int)(i + 1), PDQ_BYTES);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pdq out;
        uint8_t name, want = (uint8_t)(cases[i].look % DIHEDRALS + 1);
        bool taken = pdq_look(hash, cases[i].from, cases[i].look, &out, &name);
        CU_ASSERT_EQUAL(taken, cases[i].taken);
        if (!taken || !cases[i].taken)
            continue;
        CU_ASSERT_EQUAL(name, cases[i].name);
        CU_ASSERT_EQUAL(out.b[31], cases[i].look < DIHEDRALS ? want : 255 - want);
    }
}

/* The complement of a hash is that of the picture in negative, in every orientation. */
static void test_negative(void)
{
    enum { W = 500, H = 400, BITS_OF_ROUNDING = 4 };
    uint8_t *pixels = picture_draw(CLOUDS, W, H, 3), name;
    CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
    struct pdq_result plain = hash_pixels(pixels, W, H, 3, 1);
    for (size_t i = 0; i < (size_t)W * H * 3; i++)
        pixels[i] = (uint8_t)(255 - pixels[i]);
    struct pdq_result inverted = hash_pixels(pixels, W, H, 3, 1);
    free(pixels);
    uint8_t hash[DIHEDRALS][PDQ_BYTES];
    memcpy(hash, plain.hash, sizeof(hash));
    for (unsigned turn = 0; turn < DIHEDRALS; turn++) {
        struct pdq out;
        CU_ASSERT_TRUE(pdq_look(hash, STRATEGY_PLAIN, DIHEDRALS + turn, &out, &name));
        CU_ASSERT_TRUE(pdq_distance(&out, &inverted.hash[turn]) <= BITS_OF_ROUNDING);
        CU_ASSERT_TRUE(pdq_distance(&plain.hash[turn], &inverted.hash[turn]) > 200);
    }
}

int main(void)
{
    scratch = pdq_scratch_new();
    if (!scratch)
        return 99;
    int status = TAP_RUN(
        "hash/pdq", {"frozen hashes, bit by bit", test_frozen}, {"quality", test_quality},
        {"half of the bits are set", test_half_the_bits}, {"the 64 x 64 luma", test_luma},
        {"tiny pictures have no hash", test_tiny}, {"large pictures are sampled", test_sampling},
        {"turned as displayed", test_displayed},
        {"an unknown orientation is none", test_orientation_unknown},
        {"grey and alpha", test_bands}, {"missing rows are black", test_missing_rows},
        {"rows that are not sampled", test_wanted_rows}, {"sizes do not overflow", test_huge},
        {"hex form", test_hex}, {"distance", test_distance}, {"looks and their names", test_looks},
        {"negative", test_negative});
    pdq_scratch_free(scratch);
    return status;
}
