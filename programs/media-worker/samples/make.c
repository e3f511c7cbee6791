/*
 * Writes samples_data.c: small pictures, one of each kind that takes its own way through a decoder.
 *     ninja media-worker-samples && programs/media-worker/media-worker-samples > …/samples_data.c
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <vips/vips.h>

enum { SIDE = 48, WIDE = 528, WIDE_ROWS = 16, FRAMES = 2 };

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, vips_error_buffer());
    exit(1);
}

/* A smooth pattern of `bands` bands, so that no decoder takes a short cut for a flat one. */
static VipsImage *pattern(int width, int height, int bands)
{
    size_t size = (size_t)width * (size_t)height * (size_t)bands;
    uint8_t *bytes = malloc(size);
    if (!bytes)
        fail("malloc");
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int b = 0; b < bands; b++)
                bytes[((size_t)y * (size_t)width + (size_t)x) * (size_t)bands + (size_t)b] =
                    (uint8_t)((x / 8 + y / 8) % 2 ? 40 + 50 * b : 200 - 40 * b);
    VipsImage *image =
        vips_image_new_from_memory_copy(bytes, size, width, height, bands, VIPS_FORMAT_UCHAR);
    free(bytes);
    if (!image)
        fail("pattern");
    image->Type = bands < 3 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    return image;
}

static VipsImage *frames(void)
{
    VipsImage *image = pattern(SIDE, SIDE * FRAMES, 3);
    int delays[FRAMES] = {100, 100};
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, SIDE);
    vips_image_set_array_int(image, "delay", delays, FRAMES);
    return image;
}

static VipsImage *inks(void)
{
    VipsImage *image = pattern(SIDE, SIDE, 4);
    image->Type = VIPS_INTERPRETATION_CMYK;
    return image;
}

static VipsImage *wide(void)
{
    VipsImage *narrow = pattern(SIDE, SIDE, 1), *image;
    if (vips_linear1(narrow, &image, 257, 0, NULL) != 0)
        fail("linear");
    VipsImage *shorts;
    if (vips_cast(image, &shorts, VIPS_FORMAT_USHORT, NULL) != 0)
        fail("cast");
    shorts->Type = VIPS_INTERPRETATION_GREY16;
    return shorts;
}

static VipsImage *turned(void)
{
    VipsImage *image = pattern(SIDE, SIDE, 3);
    vips_image_set_int(image, VIPS_META_ORIENTATION, 6);
    return image;
}

static void emit(const char *name, VipsImage *image, const char *suffix)
{
    void *bytes;
    size_t size;
    if (vips_image_write_to_buffer(image, suffix, &bytes, &size, NULL) != 0)
        fail(name);
    printf("static const uint8_t %s[] = {", name);
    for (size_t i = 0; i < size; i++)
        printf("%s%u,", i % 20 ? " " : "\n    ", ((const uint8_t *)bytes)[i]);
    printf("\n};\n\n");
    g_free(bytes);
    g_object_unref(image);
}

static const struct {
    const char *name, *format;
} table[] = {
    {"jpeg_baseline", "FORMAT_JPEG"}, {"jpeg_progressive", "FORMAT_JPEG"},
    {"jpeg_grey", "FORMAT_JPEG"},     {"jpeg_cmyk", "FORMAT_JPEG"},
    {"png_rgb", "FORMAT_PNG"},        {"png_palette", "FORMAT_PNG"},
    {"png_wide", "FORMAT_PNG"},       {"png_adam7", "FORMAT_PNG"},
    {"gif_animated", "FORMAT_GIF"},   {"webp_lossy", "FORMAT_WEBP"},
    {"webp_lossless", "FORMAT_WEBP"}, {"webp_animated", "FORMAT_WEBP"},
    {"webp_threaded", "FORMAT_WEBP"},
};

int main(int argc, char **argv)
{
    if (argc != 1 || VIPS_INIT(argv[0]) != 0)
        fail("vips");
    printf("/* Written by samples/make.c; do not edit. */\n#include \"samples.h\"\n\n"
           "#include \"wire/wire.h\"\n\n/* clang-format off */\n");
    emit("jpeg_baseline", turned(), ".jpg[Q=50]");
    emit("jpeg_progressive", pattern(SIDE, SIDE, 3), ".jpg[Q=50,interlace]");
    emit("jpeg_grey", pattern(SIDE, SIDE, 1), ".jpg[Q=50,strip]");
    emit("jpeg_cmyk", inks(), ".jpg[Q=50,strip,profile=none]");
    emit("png_rgb", pattern(SIDE, SIDE, 3), ".png[strip]");
    emit("png_palette", pattern(SIDE, SIDE, 3), ".png[strip,palette]");
    emit("png_wide", wide(), ".png[strip]");
    emit("png_adam7", pattern(SIDE, SIDE, 4), ".png[strip,interlace]");
    emit("gif_animated", frames(), ".gif");
    emit("webp_lossy", pattern(SIDE, SIDE, 3), ".webp[Q=50,strip]");
    emit("webp_lossless", pattern(SIDE, SIDE, 4), ".webp[lossless,strip]");
    emit("webp_animated", frames(), ".webp[Q=50,strip]");
    emit("webp_threaded", pattern(WIDE, WIDE_ROWS, 3), ".webp[Q=30,strip]");
    printf("/* clang-format on */\n\nconst struct sample samples[] = {\n");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        printf("    {\"%s\", %s, %s, sizeof(%s)},\n", table[i].name, table[i].format, table[i].name,
               table[i].name);
    printf("};\n\nconst size_t samples_count = sizeof(samples) / sizeof(samples[0]);\n");
    return 0;
}
