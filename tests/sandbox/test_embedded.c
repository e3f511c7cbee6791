/* Photographs put into other pictures as people do, compressed, and found by the worker: Kodak's
 * pictures of $LIBMOD_SHARED/data (or ../shared/data). Most of each kind must be found. */
#include "worker_client.h"

enum { PHOTOS = 8, WIDTH = 768, HEIGHT = 512, ENOUGH = 7 };

static struct worker worker;
static VipsImage *photo[PHOTOS];
static uint8_t listed[PHOTOS][WIRE_HASH];

static VipsImage *load(unsigned number)
{
    const char *shared = getenv("LIBMOD_SHARED");
    char path[4096];
    VipsImage *image = NULL, *turned = NULL;
    (void)snprintf(path, sizeof(path), "%s/data/kodak/%02u.png",
                   shared ? shared : SOURCE_ROOT "/../shared", number);
    if (vips_pngload(path, &image, NULL) != 0)
        return NULL;
    if (vips_image_get_width(image) == WIDTH)
        return image;
    bool ok = vips_rot(image, &turned, VIPS_ANGLE_D90, NULL) == 0;
    g_object_unref(image);
    return ok ? turned : NULL;
}

/* The photographs, once; false: they are not here. */
static bool ready(void)
{
    for (unsigned i = 0; i < PHOTOS; i++) {
        if (!photo[i])
            photo[i] = load(i + 1);
        if (!photo[i])
            return false;
    }
    return true;
}

static VipsImage *canvas(int width, int height, double grey)
{
    VipsImage *black, *out;
    CU_ASSERT_EQUAL_FATAL(vips_black(&black, width, height, "bands", 3, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(vips_linear1(black, &out, 1, grey, "uchar", TRUE, NULL), 0);
    g_object_unref(black);
    out->Type = VIPS_INTERPRETATION_sRGB;
    return out;
}

/* `what`, scaled to a width, at a place of `on`, which is used up. */
static VipsImage *put(VipsImage *on, VipsImage *what, int width, int x, int y)
{
    VipsImage *small, *out;
    CU_ASSERT_EQUAL_FATAL(vips_resize(what, &small, (double)width / WIDTH, NULL), 0);
    CU_ASSERT_EQUAL_FATAL(vips_insert(on, small, &out, x, y, NULL), 0);
    g_object_unref(small);
    g_object_unref(on);
    return out;
}

static VipsImage *border(unsigned i)
{
    return put(canvas(WIDTH + 80, HEIGHT + 80, i % 2 ? 0 : 255), photo[i], WIDTH, 40, 40);
}

static VipsImage *letterbox(unsigned i)
{
    return put(canvas(720, 1280, 0), photo[i], 720, 0, 400);
}

/* A bar, the picture over the whole width, some buttons. */
static VipsImage *post(unsigned i)
{
    VipsImage *page = put(canvas(1080, 1920, 250), photo[i], 1080, 0, 260);
    for (int k = 0; k < 3; k++)
        page = put(page, photo[(i + 1) % PHOTOS], 60, 40 + 100 * k, 1020);
    return page;
}

static VipsImage *inset(unsigned i)
{
    VipsImage *on;
    CU_ASSERT_EQUAL_FATAL(vips_resize(photo[(i + 3) % PHOTOS], &on, 1.5, NULL), 0);
    return put(on, photo[i], 420, 90, 370);
}

/* Two by two; the photograph is the last one. */
static VipsImage *collage(unsigned i)
{
    VipsImage *page = canvas(1208, 808, 255);
    for (unsigned k = 0; k < 4; k++)
        page = put(page, photo[(i + 3 - k) % PHOTOS], 600, k % 2 ? 608 : 0, k / 2 ? 408 : 0);
    return page;
}

static unsigned nearest(const struct wire_reply *r, const uint8_t want[WIRE_HASH])
{
    unsigned best = 256;
    for (uint32_t k = 0; k < r->count; k++) {
        unsigned d = distance(&r->candidate[k], want);
        best = d < best ? d : best;
    }
    return best;
}

static const struct wire_reply *hash(VipsImage *image)
{
    struct bytes b = saved(image, ".jpg[Q=85]");
    const struct wire_reply *r = b.at ? worker_hash(&worker, b.at, b.size) : gone();
    g_free(b.at);
    return r;
}

static void hash_listed(void)
{
    for (unsigned i = 0; i < PHOTOS; i++) {
        const struct wire_reply *r = hash(vips_image_copy_memory(photo[i]));
        CU_ASSERT_EQUAL_FATAL(r->outcome, OUTCOME_OK);
        memcpy(listed[i], r->candidate[0].hash[0], WIRE_HASH);
        CU_ASSERT_EQUAL(r->count, 1); /* a photograph by itself has no parts */
    }
}

static void test_found(void)
{
    static const struct {
        const char *what;
        VipsImage *(*make)(unsigned i);
    } kinds[] = {
        {"border", border}, {"letterbox", letterbox}, {"post", post},
        {"inset", inset},   {"collage", collage},
    };
    if (!ready())
        TAP_SKIP("the reference's pictures are not here: set LIBMOD_SHARED");
    CU_ASSERT_TRUE_FATAL(worker_start(&worker, SANDBOX, "15", NULL));
    hash_listed();
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        unsigned found = 0;
        for (unsigned i = 0; i < PHOTOS; i++) {
            const struct wire_reply *r = hash(kinds[k].make(i));
            CU_ASSERT_EQUAL(r->outcome, OUTCOME_OK);
            CU_ASSERT_TRUE(distance(&r->candidate[0], listed[i]) > PDQ_RADIUS);
            found += nearest(r, listed[i]) <= PDQ_RADIUS;
        }
        printf("# %s: %u of %d\n", kinds[k].what, found, (int)PHOTOS);
        CU_ASSERT_TRUE(found >= ENOUGH);
    }
    CU_ASSERT_EQUAL(worker_stop(&worker), 0);
}

int main(int argc, char **argv)
{
    if (argc < 1 || VIPS_INIT(argv[0]) != 0)
        return 99;
    return TAP_RUN("sandbox/embedded", {"photographs in other pictures", test_found});
}
