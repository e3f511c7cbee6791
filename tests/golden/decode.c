/* Decoding for golden tests and benchmarks: see decode.h. */
#include "decode.h"

#include <stdlib.h>

#include <vips/vips.h>

enum { STRIP = 16 };

bool picture_open(struct picture *p, const char *path)
{
    *p = (struct picture){0};
    p->image = vips_image_new_from_file(path, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    if (!p->image)
        return false;
    p->width = (uint32_t)p->image->Xsize;
    p->height = (uint32_t)p->image->Ysize;
    p->bands = p->image->Bands < 3 ? 1 : 3;
    VipsBandFormat format = p->image->BandFmt;
    if (format == VIPS_FORMAT_UCHAR || format == VIPS_FORMAT_USHORT)
        return true;
    picture_close(p);
    return false;
}

void picture_close(struct picture *p)
{
    if (p->image)
        g_object_unref(p->image);
    p->image = NULL;
}

/* The upper byte of 16-bit samples. */
static void narrow(const VipsPel *in, uint8_t *out, size_t samples)
{
    const uint16_t *wide = (const void *)in;
    for (size_t i = 0; i < samples; i++)
        out[i] = (uint8_t)(wide[i] >> 8);
}

/* Ink to light without a profile. */
static void uncmyk(const uint8_t *in, uint8_t *out, size_t pixels)
{
    for (size_t i = 0; i < pixels; i++, in += 4, out += 3)
        for (int c = 0; c < 3; c++)
            out[c] = (uint8_t)(((255 - in[c]) * (255 - in[3]) + 127) / 255);
}

static void convert_row(const struct picture *p,
                        const VipsPel *in,
                        uint8_t *room,
                        uint32_t y,
                        picture_row each,
                        void *user)
{
    size_t pixels = p->width, bands = (size_t)p->image->Bands;
    if (p->image->BandFmt == VIPS_FORMAT_USHORT) {
        narrow(in, room, pixels * bands);
        in = room;
    }
    if (p->image->Type == VIPS_INTERPRETATION_CMYK && bands >= 4) {
        uncmyk(in, room, pixels);
        in = room;
        bands = 3;
    }
    each(user, y, in, p->bands, (uint32_t)bands);
}

/* The strip is as wide as the picture; a region may hold more lines than were asked for. */
static const VipsPel *line_of(const VipsRegion *region, uint32_t y)
{
    return region->data + ((ptrdiff_t)y - region->valid.top) * (ptrdiff_t)region->bpl;
}

bool picture_rows(struct picture *p, picture_row each, void *user)
{
    bool ok = false;
    uint8_t *room = malloc((size_t)p->width * (size_t)p->image->Bands);
    VipsRegion *region = vips_region_new(p->image);
    if (!room || !region)
        goto cleanup;
    for (uint32_t top = 0; top < p->height; top += STRIP) {
        uint32_t rows = p->height - top < STRIP ? p->height - top : STRIP;
        VipsRect strip = {0, (int)top, (int)p->width, (int)rows};
        if (vips_region_prepare(region, &strip) != 0)
            goto cleanup;
        for (uint32_t y = top; y < top + rows; y++)
            convert_row(p, line_of(region, y), room, y, each, user);
    }
    ok = true;
cleanup:
    if (region)
        g_object_unref(region);
    free(room);
    return ok;
}
