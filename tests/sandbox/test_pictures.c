/* Pictures of every kind through the worker: the same picture must have the same hash however it is
 * stored, and what is cut or transparent must be said. */
#include "worker_client.h"

enum { WIDTH = 640, HEIGHT = 420, SAME = 10, OTHER = 60 };

static struct worker worker;

static const struct wire_reply *hash(VipsImage *image, const char *suffix)
{
    struct bytes b = saved(image, suffix);
    const struct wire_reply *r = b.at ? worker_hash(&worker, b.at, b.size) : gone();
    g_free(b.at);
    return r;
}

/* Candidates that are the whole picture: they come first. */
static uint32_t whole(const struct wire_reply *r)
{
    uint32_t n = 0;
    while (n < r->count && r->candidate[n].strategy == STRATEGY_PLAIN)
        n++;
    return n;
}

/* The hash of the picture itself, from a lossless file. */
static void truth(unsigned kind, uint8_t out[WIRE_HASH])
{
    const struct wire_reply *r = hash(picture(WIDTH, HEIGHT, kind), ".png");
    CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK && r->count == 1);
    CU_ASSERT_EQUAL(r->candidate[0].strategy, STRATEGY_PLAIN);
    CU_ASSERT_TRUE(r->candidate[0].quality >= PDQ_QUALITY_MIN);
    memcpy(out, r->candidate[0].hash[0], WIRE_HASH);
}

static void begin(void)
{
    CU_ASSERT_TRUE_FATAL(worker_start(&worker, SANDBOX, "15", NULL));
}

static void end(void)
{
    CU_ASSERT_EQUAL(worker_stop(&worker), 0);
}

static void test_formats(void)
{
    static const struct {
        const char *suffix;
        uint32_t format;
    } cases[] = {
        {".jpg[Q=90]", FORMAT_JPEG},
        {".jpg[Q=90,interlace]", FORMAT_JPEG},
        {".jpg[Q=90,no-subsample]", FORMAT_JPEG},
        {".png", FORMAT_PNG},
        {".png[interlace]", FORMAT_PNG},
        {".png[palette]", FORMAT_PNG},
        {".gif", FORMAT_GIF},
        {".webp[Q=90]", FORMAT_WEBP},
        {".webp[lossless]", FORMAT_WEBP},
    };
    uint8_t want[WIRE_HASH];
    begin();
    truth(1, want);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct wire_reply *r = hash(picture(WIDTH, HEIGHT, 1), cases[i].suffix);
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
        CU_ASSERT_EQUAL(r->flags, 0);
        CU_ASSERT_EQUAL(r->format, cases[i].format);
        CU_ASSERT_EQUAL(r->width, WIDTH);
        CU_ASSERT_EQUAL(r->height, HEIGHT);
        CU_ASSERT_EQUAL(r->frames, 1);
        CU_ASSERT_EQUAL_FATAL(r->count, 1);
        CU_ASSERT_TRUE(distance(&r->candidate[0], want) <= SAME);
        CU_ASSERT_EQUAL(r->candidate[0].w, WIDTH);
        CU_ASSERT_EQUAL(r->candidate[0].h, HEIGHT);
    }
    const struct wire_reply *other = hash(picture(WIDTH, HEIGHT, 2), ".png");
    CU_ASSERT_TRUE(distance(&other->candidate[0], want) > OTHER);
    end();
}

/* --- unusual samples --- */

static VipsImage *as_16_bit(VipsImage *image)
{
    VipsImage *wide, *shorts;
    CU_ASSERT_EQUAL_FATAL(vips_linear1(image, &wide, 257, 0, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(vips_cast(wide, &shorts, VIPS_FORMAT_USHORT, NULL), 0);
    shorts->Type = VIPS_INTERPRETATION_RGB16;
    g_object_unref(image);
    g_object_unref(wide);
    return shorts;
}

/* The same colours as ink: full key where black belongs, nothing else to compare with. */
static VipsImage *as_cmyk(VipsImage *image)
{
    VipsImage *ink, *key, *all;
    CU_ASSERT_EQUAL_FATAL(vips_invert(image, &ink, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(vips_black(&key, WIDTH, HEIGHT, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(vips_bandjoin2(ink, key, &all, NULL), 0);
    VipsImage *out = vips_image_copy_memory(all);
    CU_ASSERT_PTR_NOT_NULL_FATAL(out);
    out->Type = VIPS_INTERPRETATION_CMYK;
    g_object_unref(image);
    g_object_unref(ink);
    g_object_unref(key);
    g_object_unref(all);
    return out;
}

static VipsImage *as_grey(VipsImage *image)
{
    VipsImage *grey;
    CU_ASSERT_EQUAL_FATAL(vips_colourspace(image, &grey, VIPS_INTERPRETATION_B_W, NULL), 0);
    g_object_unref(image);
    return grey;
}

static void test_samples(void)
{
    static const struct {
        const char *what, *suffix;
        VipsImage *(*make)(VipsImage *);
        unsigned within;
    } cases[] = {
        {"16 bits", ".png", as_16_bit, 0},
        {"CMYK", ".jpg[Q=95]", as_cmyk, SAME},
        {"grey PNG", ".png", as_grey, PDQ_RADIUS},
        {"grey JPEG", ".jpg[Q=95]", as_grey, PDQ_RADIUS},
    };
    uint8_t want[WIRE_HASH];
    begin();
    truth(3, want);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct wire_reply *r =
            hash(cases[i].make(picture(WIDTH, HEIGHT, 3)), cases[i].suffix);
        CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK && r->count == 1);
        unsigned apart = distance(&r->candidate[0], want);
        if (apart > cases[i].within)
            printf("# %s: %u bits\n", cases[i].what, apart);
        CU_ASSERT_TRUE(apart <= cases[i].within);
    }
    end();
}

/* The picture with an alpha band: opaque, or transparent in checks. */
static VipsImage *with_alpha(unsigned kind, bool transparent)
{
    VipsImage *colours = picture(WIDTH, HEIGHT, kind), *all;
    uint8_t *alpha = malloc((size_t)WIDTH * HEIGHT);
    CU_ASSERT_PTR_NOT_NULL_FATAL(alpha);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            alpha[y * WIDTH + x] = transparent && x > WIDTH / 3 && y > HEIGHT / 4 ? 1 : 255;
    VipsImage *band = vips_image_new_from_memory_copy(alpha, (size_t)WIDTH * HEIGHT, WIDTH, HEIGHT,
                                                      1, VIPS_FORMAT_UCHAR);
    free(alpha);
    CU_ASSERT_EQUAL_FATAL(vips_bandjoin2(colours, band, &all, NULL), 0);
    g_object_unref(colours);
    g_object_unref(band);
    return all;
}

static void test_transparency(void)
{
    static const char *const suffixes[] = {".png", ".png[interlace]", ".webp[lossless]"};
    uint8_t want[WIRE_HASH];
    begin();
    truth(4, want);
    for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
        const struct wire_reply *r = hash(with_alpha(4, false), suffixes[i]);
        CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK);
        CU_ASSERT_EQUAL(r->count, 1);
        CU_ASSERT_EQUAL(distance(&r->candidate[0], want), 0);
        r = hash(with_alpha(4, true), suffixes[i]);
        CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK && whole(r) == 3);
        CU_ASSERT_EQUAL(distance(&r->candidate[0], want), 0);
        for (uint32_t k = 0; k < 3; k++) {
            const struct wire_candidate *c = &r->candidate[k], *d = &r->candidate[(k + 1) % 3];
            CU_ASSERT_EQUAL(c->strategy, STRATEGY_PLAIN);
            CU_ASSERT_EQUAL(c->frame, 0);
            CU_ASSERT_TRUE(distance(c, d->hash[0]) > PDQ_RADIUS);
        }
    }
    end();
}

/* Over white must be what a viewer with a white page shows. */
static void test_backgrounds(void)
{
    static const double grounds[] = {255, 0};
    begin();
    for (size_t i = 0; i < COUNT_OF(grounds); i++) {
        VipsImage *cut = with_alpha(5, true), *flat;
        VipsArrayDouble *ground = vips_array_double_newv(1, grounds[i]);
        CU_ASSERT_EQUAL_FATAL(vips_flatten(cut, &flat, "background", ground, NULL), 0);
        vips_area_unref(VIPS_AREA(ground));
        g_object_unref(cut);
        const struct wire_reply *r = hash(flat, ".png");
        CU_ASSERT_TRUE_FATAL(whole(r) == 1);
        uint8_t want[WIRE_HASH];
        memcpy(want, r->candidate[0].hash[0], sizeof(want));
        r = hash(with_alpha(5, true), ".png");
        CU_ASSERT_TRUE_FATAL(whole(r) == 3);
        CU_ASSERT_TRUE(distance(&r->candidate[1 + i], want) <= 2);
    }
    end();
}

/* --- EXIF --- */

/* The picture stored so that a viewer that obeys `orientation` shows it upright. */
static VipsImage *stored_as(VipsImage *image, int orientation)
{
    static const struct {
        bool mirrored;
        VipsAngle angle;
    } how[9] = {
        [1] = {false, VIPS_ANGLE_D0},   [2] = {true, VIPS_ANGLE_D0},
        [3] = {false, VIPS_ANGLE_D180}, [4] = {true, VIPS_ANGLE_D180},
        [5] = {true, VIPS_ANGLE_D90},   [6] = {false, VIPS_ANGLE_D270},
        [7] = {true, VIPS_ANGLE_D270},  [8] = {false, VIPS_ANGLE_D90},
    };
    VipsImage *turned, *out;
    CU_ASSERT_EQUAL_FATAL(vips_rot(image, &turned, how[orientation].angle, NULL), 0);
    g_object_unref(image);
    if (how[orientation].mirrored) {
        VipsImage *mirrored;
        CU_ASSERT_EQUAL_FATAL(vips_flip(turned, &mirrored, VIPS_DIRECTION_HORIZONTAL, NULL), 0);
        g_object_unref(turned);
        turned = mirrored;
    }
    out = vips_image_copy_memory(turned);
    g_object_unref(turned);
    vips_image_set_int(out, VIPS_META_ORIENTATION, orientation);
    return out;
}

static void test_orientations(void)
{
    uint8_t want[WIRE_HASH];
    begin();
    truth(6, want);
    for (int o = 1; o <= 8; o++) {
        const struct wire_reply *r = hash(stored_as(picture(WIDTH, HEIGHT, 6), o), ".jpg[Q=95]");
        CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK);
        CU_ASSERT_EQUAL(r->orientation, o);
        CU_ASSERT_EQUAL(r->width, o < 5 ? WIDTH : HEIGHT);
        CU_ASSERT_EQUAL_FATAL(r->count, o == 1 ? 1 : 2);
        const struct wire_candidate *shown = &r->candidate[r->count - 1];
        CU_ASSERT_EQUAL(shown->strategy, o == 1 ? STRATEGY_PLAIN : STRATEGY_DISPLAYED);
        if (distance(shown, want) > SAME)
            printf("# orientation %d: %u bits\n", o, distance(shown, want));
        CU_ASSERT_TRUE(distance(shown, want) <= SAME);
        CU_ASSERT_TRUE(o == 1 || distance(&r->candidate[0], want) > OTHER);
    }
    end();
}

/* --- damage --- */

static void test_cut(void)
{
    static const struct {
        const char *suffix;
        int percent;
        uint32_t outcome;
    } cases[] = {
        {".jpg[Q=90]", 50, OUTCOME_OK},
        {".jpg[Q=90]", 95, OUTCOME_OK},
        {".jpg[Q=90,interlace]", 60, OUTCOME_OK},
        {".png", 50, OUTCOME_OK},
        {".png", 95, OUTCOME_OK},
        {".gif", 60, OUTCOME_OK},
        {".webp[Q=90]", 50, OUTCOME_UNDECODABLE},
        {".webp[lossless]", 95, OUTCOME_UNDECODABLE},
        {".jpg", 1, OUTCOME_UNDECODABLE},
    };
    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes b = saved(picture(WIDTH, HEIGHT, 7), cases[i].suffix);
        const struct wire_reply *r =
            worker_hash(&worker, b.at, b.size * (size_t)cases[i].percent / 100 + 12);
        bool good = r->outcome == cases[i].outcome &&
                    (r->outcome != OUTCOME_OK || (r->flags & REPLY_TRUNCATED));
        if (!good)
            printf("# %s %d %%: %u, flags %u\n", cases[i].suffix, cases[i].percent, r->outcome,
                   r->flags);
        CU_ASSERT_TRUE(good);
        g_free(b.at);
    }
    end();
}

/* A GIF without its last byte, a PNG without its last chunk: every pixel is there, the file is not. */
static void test_missing_end(void)
{
    static const struct {
        const char *suffix;
        size_t cut;
    } cases[] = {{".gif", 1}, {".png", 12}};
    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct bytes b = saved(picture(WIDTH, HEIGHT, 8), cases[i].suffix);
        const struct wire_reply *r = worker_hash(&worker, b.at, b.size - cases[i].cut);
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
        CU_ASSERT_EQUAL(r->flags & REPLY_TRUNCATED, REPLY_TRUNCATED);
        CU_ASSERT_EQUAL(r->count, 1);
        g_free(b.at);
    }
    end();
}

static void test_not_pictures(void)
{
    static const struct {
        const char *bytes;
        uint32_t outcome;
    } cases[] = {
        {"", OUTCOME_UNDECODABLE},
        {"hello", OUTCOME_UNSUPPORTED},
        {"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>",
         OUTCOME_UNSUPPORTED},
        {"P5 1 1 255 x", OUTCOME_UNSUPPORTED},
        {"GIF89a", OUTCOME_UNDECODABLE},
        {"\x89PNG\r\n\x1a\n", OUTCOME_UNDECODABLE},
        {"\xff\xd8\xff\xff\xff", OUTCOME_UNDECODABLE},
        {"RIFF\x7f\x7f\x7f\x7fWEBPVP8 ", OUTCOME_UNDECODABLE},
    };
    begin();
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct wire_reply *r = worker_hash(&worker, cases[i].bytes, strlen(cases[i].bytes));
        CU_ASSERT_EQUAL(r->outcome, cases[i].outcome);
        CU_ASSERT_EQUAL(r->count, 0);
        CU_ASSERT_EQUAL(r->flags, 0);
    }
    end();
}

static void test_weak(void)
{
    VipsImage *black, *srgb;
    begin();
    CU_ASSERT_EQUAL_FATAL(vips_black(&black, 200, 200, "bands", 3, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(vips_copy(black, &srgb, "interpretation", VIPS_INTERPRETATION_sRGB, NULL),
                          0);
    g_object_unref(black);
    const struct wire_reply *r = hash(srgb, ".png");
    CU_ASSERT_TRUE_FATAL(r->outcome == OUTCOME_OK);
    CU_ASSERT_EQUAL(r->flags, REPLY_WEAK);
    CU_ASSERT_EQUAL(r->count, 1);
    end();
}

/* --- parts --- */

/* The picture inside another one's frame: `kind` in the middle, a grey around it. */
static VipsImage *framed(unsigned kind, int border, double grey)
{
    VipsImage *inner = picture(WIDTH, HEIGHT, kind), *out;
    VipsArrayDouble *ground = vips_array_double_newv(3, grey, grey, grey);
    CU_ASSERT_EQUAL_FATAL(vips_embed(inner, &out, border, border, WIDTH + 2 * border,
                                     HEIGHT + 2 * border, "extend", VIPS_EXTEND_BACKGROUND,
                                     "background", ground, NULL),
                          0);
    vips_area_unref(VIPS_AREA(ground));
    g_object_unref(inner);
    return out;
}

/* Whether a part with this name and a hash within the radius is in the reply. */
static bool has_part(const struct wire_reply *r, enum strategy s, const uint8_t want[WIRE_HASH])
{
    for (uint32_t i = whole(r); i < r->count; i++)
        if (r->candidate[i].strategy == s && distance(&r->candidate[i], want) <= PDQ_RADIUS)
            return true;
    return false;
}

static void test_parts(void)
{
    static const struct {
        const char *suffix;
        int border;
        double grey;
    } cases[] = {
        {".png", 40, 0},        {".jpg[Q=85]", 40, 255},      {".jpg[Q=60]", 100, 0},
        {".webp[Q=85]", 60, 0}, {".png[interlace]", 16, 230},
    };
    uint8_t want[WIRE_HASH];
    begin();
    truth(11, want);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct wire_reply *r =
            hash(framed(11, cases[i].border, cases[i].grey), cases[i].suffix);
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
        CU_ASSERT_TRUE(distance(&r->candidate[0], want) > PDQ_RADIUS);
        CU_ASSERT_TRUE(has_part(r, STRATEGY_TRIM, want));
        if (r->count > 1) {
            CU_ASSERT_TRUE(r->candidate[1].w < r->width || r->candidate[1].h < r->height);
        }
    }
    end();
}

/* A transparent border, whatever colours lie under it. */
static void test_transparent_border(void)
{
    enum { BORDER = 50 };
    uint8_t want[WIRE_HASH];
    begin();
    truth(12, want);
    VipsImage *inner = picture(WIDTH, HEIGHT, 12), *rgba, *out;
    CU_ASSERT_EQUAL_FATAL(vips_addalpha(inner, &rgba, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(
        vips_embed(rgba, &out, BORDER, BORDER, WIDTH + 2 * BORDER, HEIGHT + 2 * BORDER, NULL), 0);
    g_object_unref(inner);
    g_object_unref(rgba);
    const struct wire_reply *r = hash(out, ".png");
    CU_ASSERT_EQUAL(whole(r), 3);
    CU_ASSERT_TRUE(has_part(r, STRATEGY_TRIM, want));
    end();
}

/* A pattern has the best quality and means nothing. */
static void test_poor(void)
{
    enum { SIDE = 480, CELL = 30 };
    uint8_t *pixels = malloc((size_t)SIDE * SIDE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pixels);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            pixels[y * SIDE + x] = (uint8_t)(20 + x / CELL % 3 * 60 + y / CELL % 3 * 50);
    VipsImage *plaid = vips_image_new_from_memory_copy(pixels, (size_t)SIDE * SIDE, SIDE, SIDE, 1,
                                                       VIPS_FORMAT_UCHAR);
    free(pixels);
    begin();
    const struct wire_reply *r = hash(plaid, ".png");
    CU_ASSERT_EQUAL(r->flags, REPLY_WEAK);
    CU_ASSERT_EQUAL(r->count, 1);
    CU_ASSERT_TRUE(r->candidate[0].weak);
    CU_ASSERT_EQUAL(r->candidate[0].quality, 100);
    end();
}

/* Sizes at the edges of sampling and of the strips. */
static void test_sizes(void)
{
    static const int sizes[][2] = {{1, 1},   {1, 700},   {700, 1},  {16, 16},
                                   {17, 15}, {512, 513}, {513, 33}, {2049, 31}};
    static const char *const suffixes[] = {".jpg", ".png", ".webp", ".gif"};
    begin();
    for (size_t i = 0; i < COUNT_OF(sizes) * COUNT_OF(suffixes); i++) {
        const int *size = sizes[i / COUNT_OF(suffixes)];
        const struct wire_reply *r =
            hash(picture(size[0], size[1], 1), suffixes[i % COUNT_OF(suffixes)]);
        CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
        CU_ASSERT_EQUAL(r->count, 1);
        CU_ASSERT_EQUAL(r->width, (uint32_t)size[0]);
        CU_ASSERT_EQUAL(r->height, (uint32_t)size[1]);
    }
    end();
}

int main(int argc, char **argv)
{
    if (argc < 1 || VIPS_INIT(argv[0]) != 0)
        return 99;
    return TAP_RUN("sandbox/pictures", {"formats", test_formats}, {"samples", test_samples},
                   {"transparency", test_transparency}, {"backgrounds", test_backgrounds},
                   {"orientations", test_orientations}, {"cut", test_cut},
                   {"missing end", test_missing_end}, {"not pictures", test_not_pictures},
                   {"weak", test_weak}, {"parts", test_parts},
                   {"transparent border", test_transparent_border}, {"poor", test_poor},
                   {"sizes", test_sizes});
}
