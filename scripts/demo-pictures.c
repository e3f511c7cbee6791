/*
 * Pictures for scripts/demo: demo-pictures DIR [PICTURE...]. Takes the given photographs, or draws
 * landscapes, and writes DIR/originals, DIR/copies and DIR/clean, and DIR/what.tsv: what each file is.
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <vips/vips.h>

enum { WIDTH = 960, HEIGHT = 640, ORIGINALS = 3, CLEAN = 6, RIDGES = 4 };

static const char *root;
static FILE *what;

static void need(bool ok, const char *text)
{
    if (ok)
        return;
    (void)fprintf(stderr, "demo-pictures: %s %s\n", text, vips_error_buffer());
    exit(1);
}

/* ---- drawing ---- */

/* 0–1, the same for the same place and seed. */
static double grain(int x, int y, uint32_t seed)
{
    uint32_t h = (uint32_t)x * 374761393u + (uint32_t)y * 668265263u + seed * 2246822519u;
    h = (h ^ (h >> 13)) * 1274126177u;
    return (double)((h ^ (h >> 16)) & 0xffff) / 65535.0;
}

/* Smooth noise: grains blended over a grid of one unit. */
static double noise(double x, double y, uint32_t seed)
{
    int column = (int)floor(x), row = (int)floor(y);
    double fx = x - column, fy = y - row;
    fx = fx * fx * (3 - 2 * fx);
    fy = fy * fy * (3 - 2 * fy);
    double top = grain(column, row, seed) * (1 - fx) + grain(column + 1, row, seed) * fx;
    double low = grain(column, row + 1, seed) * (1 - fx) + grain(column + 1, row + 1, seed) * fx;
    return top * (1 - fy) + low * fy;
}

/* Noise of several sizes, the smaller the fainter. */
static double clouds(double x, double y, uint32_t seed)
{
    double sum = 0, part = 0.5;
    for (uint32_t i = 0; i < 5; i++, part /= 2, x *= 2, y *= 2)
        sum += part * noise(x, y, seed + i);
    return sum;
}

/* How high ridge `i` stands above column `x`: 0 the top of the picture, 1 its foot. */
static double ridge(double x, uint32_t i, uint32_t seed)
{
    double rough = 1.5 + 1.3 * i;
    return 0.32 + 0.14 * i + 0.45 * (0.5 - clouds(x * rough, 7.0 * i, seed + 31 * i));
}

/* One pixel of landscape `seed`: a sky with clouds and a sun, ridges, the nearer the darker. */
static void landscape(uint8_t rgb[3], double x, double y, uint32_t seed)
{
    double sun_x = 0.15 + 0.7 * grain(1, 1, seed), sun_y = 0.1 + 0.2 * grain(2, 1, seed);
    double cloud = clouds(3 * x, 6 * y, seed + 99);
    double away = hypot(x - sun_x, (y - sun_y) * HEIGHT / WIDTH);
    double red = 90 + 120 * y, green = 130 + 70 * y, blue = 215 - 25 * y;
    double light = fmax(0, (cloud - 0.45) * 420) + (away < 0.06 ? 170 : 9 / (away + 0.1));
    for (uint32_t i = 0; i < RIDGES; i++) {
        double top = ridge(x, i, seed);
        if (y < top)
            continue;
        double tree = clouds(40 * x / (i + 1.0), 40 * y / (i + 1.0), seed + 7 * i);
        double shade = (150 - 32.0 * i) * (0.45 + tree) * (1.2 - 0.4 * (y - top));
        red = shade * (0.35 + 0.2 * grain((int)i, 3, seed));
        green = shade * (0.55 + 0.25 * grain((int)i, 4, seed));
        blue = shade * (0.3 + 0.3 * grain((int)i, 5, seed));
        light = 0;
    }
    rgb[0] = (uint8_t)fmin(255, fmax(0, red + light));
    rgb[1] = (uint8_t)fmin(255, fmax(0, green + light));
    rgb[2] = (uint8_t)fmin(255, fmax(0, blue + light));
}

static VipsImage *draw(uint32_t seed)
{
    uint8_t *pixels = malloc((size_t)WIDTH * HEIGHT * 3);
    need(pixels != NULL, "out of memory");
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            landscape(pixels + ((size_t)y * WIDTH + (size_t)x) * 3, (double)x / WIDTH,
                      (double)y / HEIGHT, seed);
    VipsImage *image = vips_image_new_from_memory_copy(pixels, (size_t)WIDTH * HEIGHT * 3, WIDTH,
                                                       HEIGHT, 3, VIPS_FORMAT_UCHAR);
    free(pixels);
    need(image != NULL, "cannot draw:");
    return image;
}

/* Picture number `i`: of the given ones, else drawn. */
static VipsImage *picture(char **given, int count, int i)
{
    if (i >= count)
        return draw(1000u + 17u * (uint32_t)i);
    VipsImage *image = vips_image_new_from_file(given[i], NULL);
    need(image != NULL, given[i]);
    return image;
}

/* ---- writing ---- */

/* One line of what.tsv, and the path to write to. */
static const char *place(const char *name, const char *done, const char *entry)
{
    static char path[4096];
    (void)fprintf(what, "%s\t%s\t%s\n", name, done, entry);
    (void)snprintf(path, sizeof(path), "%s/%s", root, name);
    return path;
}

static void jpeg(VipsImage *image, int quality, const char *path)
{
    need(vips_jpegsave(image, path, "Q", quality, NULL) == 0, path);
}

static VipsImage *turned(VipsImage *image, VipsAngle angle)
{
    VipsImage *out = NULL;
    need(vips_rot(image, &out, angle, NULL) == 0, "cannot turn:");
    return out;
}

/* The stored pixels are turned back and a tag says so: viewers show the original. */
static void exif_turned(VipsImage *image, const char *path)
{
    VipsImage *out = turned(image, VIPS_ANGLE_D270), *tagged = NULL;
    need(vips_copy(out, &tagged, NULL) == 0, "cannot copy:");
    vips_image_set_int(tagged, VIPS_META_ORIENTATION, 6);
    jpeg(tagged, 85, path);
    g_object_unref(tagged);
    g_object_unref(out);
}

static void write_copies(VipsImage *image, const char *entry)
{
    static const struct {
        const char *ending, *done;
    } copies[] = {
        {"q50.jpg", "re-compressed, quality 50"},
        {"q20.jpg", "re-compressed, quality 20"},
        {"half.jpg", "scaled to 50 %"},
        {"mirror.jpg", "mirrored"},
        {"turn90.jpg", "turned by 90 degrees"},
        {"turn180.jpg", "turned by 180 degrees"},
        {"exif.jpg", "stored turned, EXIF turns it back"},
        {"lossless.png", "saved as PNG"},
        {"small.webp", "saved as WebP, quality 40"},
    };
    for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
        char name[256];
        VipsImage *out = NULL;
        (void)snprintf(name, sizeof(name), "copies/%s-%s", entry, copies[i].ending);
        const char *path = place(name, copies[i].done, entry);
        switch (i) {
        case 0:
        case 1:
            jpeg(image, i ? 20 : 50, path);
            break;
        case 2:
            need(vips_resize(image, &out, 0.5, NULL) == 0, "cannot scale:");
            jpeg(out, 85, path);
            break;
        case 3:
            need(vips_flip(image, &out, VIPS_DIRECTION_HORIZONTAL, NULL) == 0, "cannot mirror:");
            jpeg(out, 85, path);
            break;
        case 4:
        case 5:
            jpeg(out = turned(image, i == 4 ? VIPS_ANGLE_D90 : VIPS_ANGLE_D180), 85, path);
            break;
        case 6:
            exif_turned(image, path);
            break;
        case 7:
            need(vips_pngsave(image, path, NULL) == 0, path);
            break;
        default:
            need(vips_webpsave(image, path, "Q", 40, NULL) == 0, path);
        }
        if (out)
            g_object_unref(out);
    }
}

/* A picture that no list knows, and what comes back after it was removed. */
static void write_unlisted(VipsImage *image)
{
    VipsImage *out = NULL;
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s/unlisted/original.jpg", root);
    jpeg(image, 92, path);
    need(vips_flip(image, &out, VIPS_DIRECTION_HORIZONTAL, NULL) == 0, "cannot mirror:");
    (void)snprintf(path, sizeof(path), "%s/unlisted/mirrored-q50.jpg", root);
    jpeg(out, 50, path);
    g_object_unref(out);
}

static void make_directory(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s%s", root, name);
    need(mkdir(path, 0755) == 0 || errno == EEXIST, path);
}

int main(int argc, char **argv)
{
    char path[4096], name[64], entry[32];
    need(argc >= 2 && VIPS_INIT(argv[0]) == 0, "usage: demo-pictures DIR [PICTURE...]");
    root = argv[1];
    make_directory("");
    make_directory("/originals");
    make_directory("/copies");
    make_directory("/clean");
    make_directory("/unlisted");
    (void)snprintf(path, sizeof(path), "%s/what.tsv", root);
    what = fopen(path, "w");
    need(what != NULL, path);
    for (int i = 0; i < ORIGINALS + CLEAN; i++) {
        VipsImage *image = picture(argv + 2, argc - 2, i);
        bool original = i < ORIGINALS;
        (void)snprintf(entry, sizeof(entry), "case-%d", i + 1);
        (void)snprintf(name, sizeof(name), original ? "originals/%s.jpg" : "clean/%s.jpg",
                       original ? entry : entry + 5);
        jpeg(image, 92,
             place(name, original ? "the listed file itself" : "not listed",
                   original ? entry : "-"));
        if (original)
            write_copies(image, entry);
        g_object_unref(image);
    }
    VipsImage *unlisted = picture(argv + 2, argc - 2, ORIGINALS + CLEAN);
    write_unlisted(unlisted);
    g_object_unref(unlisted);
    need(fclose(what) == 0, path);
    vips_shutdown();
    return 0;
}
