/* Pictures by libvips: the loader is called by name, nothing is searched for. */
#include "picture.h"

#include <string.h>

static const struct {
    uint32_t format;
    const char *loader;
    bool pages;
} loaders[] = {
    {FORMAT_JPEG, "jpegload_source", false},
    {FORMAT_PNG, "pngload_source", false},
    {FORMAT_WEBP, "webpload_source", true},
    {FORMAT_GIF, "gifload_source", true},
};

static VipsImage *load(const char *loader, VipsSource *source, VipsFailOn fail_on, int pages)
{
    VipsImage *out = NULL;
    int rc = pages ? vips_call(loader, source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                               fail_on, "n", pages, NULL)
                   : vips_call(loader, source, &out, "access", VIPS_ACCESS_SEQUENTIAL, "fail_on",
                               fail_on, NULL);
    return rc == 0 ? out : NULL;
}

VipsImage *picture_open(const struct job *j, VipsFailOn fail_on, int pages)
{
    for (size_t i = 0; i < COUNT_OF(loaders); i++) {
        if (loaders[i].format != j->reply->format)
            continue;
        VipsSource *source = vips_source_new_from_memory(j->bytes, j->size);
        if (!source)
            return NULL;
        VipsImage *image = load(loaders[i].loader, source, fail_on, loaders[i].pages ? pages : 0);
        g_object_unref(source);
        return image;
    }
    return NULL;
}

static uint32_t number(VipsImage *image, const char *name, uint32_t otherwise)
{
    int value;
    if (!vips_image_get_typeof(image, name) || vips_image_get_int(image, name, &value) != 0 ||
        value < 1)
        return otherwise;
    return (uint32_t)value;
}

enum wire_outcome picture_header(struct job *j, VipsImage *image, uint32_t *pages)
{
    struct wire_reply *reply = j->reply;
    uint32_t orientation = number(image, VIPS_META_ORIENTATION, 1);
    reply->width = (uint32_t)vips_image_get_width(image);
    reply->height = (uint32_t)vips_image_get_height(image);
    reply->orientation = orientation <= 8 ? (uint8_t)orientation : 1;
    *pages = number(image, VIPS_META_N_PAGES, 1);
    if (reply->frames < *pages)
        reply->frames = *pages;
    if ((uint64_t)reply->width * reply->height > j->ask->max_pixels)
        return OUTCOME_TOO_LARGE;
    return OUTCOME_OK;
}

bool picture_layout(VipsImage *image, struct layout *out)
{
    VipsBandFormat format = vips_image_get_format(image);
    *out = (struct layout){
        .width = (uint32_t)vips_image_get_width(image),
        .bands = (uint32_t)vips_image_get_bands(image),
        .wide = format == VIPS_FORMAT_USHORT,
        .cmyk = vips_image_get_interpretation(image) == VIPS_INTERPRETATION_CMYK,
    };
    return format == VIPS_FORMAT_UCHAR || format == VIPS_FORMAT_USHORT;
}

/* A prepared row from its first pixel. */
static const void *row_of(VipsRegion *region, int y)
{
    int below = y - region->valid.top;
    return region->data + (size_t)below * (size_t)region->bpl;
}

enum wire_outcome picture_rows(struct job *j, VipsRegion *region, uint32_t top, bool feed)
{
    uint32_t height = j->reply->height;
    for (uint32_t y = 0; y < height; y += STRIP) {
        uint32_t rows = height - y < STRIP ? height - y : STRIP;
        VipsRect strip = {0, (int)(top + y), (int)j->reply->width, (int)rows};
        if (vips_region_prepare(region, &strip) != 0)
            return picture_failure();
        for (uint32_t k = 0; feed && k < rows; k++)
            views_row(&j->views, y + k, row_of(region, strip.top + (int)k));
        if (job_late(j))
            return OUTCOME_TIMEOUT;
    }
    return OUTCOME_OK;
}

enum wire_outcome picture_failure(void)
{
    const char *why = vips_error_buffer();
    bool memory = strstr(why, "out of memory") || strstr(why, "Insufficient memory");
    vips_error_clear();
    return memory ? OUTCOME_MEMORY : OUTCOME_UNDECODABLE;
}
