/* The hasher that decodes by libvips in this process. */
#include "hasher.h"

#include <stdio.h>

#include <vips/vips.h>

#include "decode.h"

static struct pdq_scratch *scratch;

bool hasher_begin(const char *worker)
{
    (void)worker;
    if (vips_init("golden") != 0)
        return false;
    vips_concurrency_set(1);
    scratch = pdq_scratch_new();
    return scratch != NULL;
}

void hasher_end(void)
{
    pdq_scratch_free(scratch);
    vips_shutdown();
}

static void feed(void *user, uint32_t y, const uint8_t *pixels, uint32_t bands, uint32_t step)
{
    pdq_sampler_row(user, y, pixels, bands, step);
}

bool hasher_file(const char *path, struct pdq_result *out)
{
    struct picture picture;
    bool ok = picture_open(&picture, path);
    if (ok) {
        struct pdq_sampler sampler;
        pdq_sampler_begin(&sampler, scratch, picture.width, picture.height, 1);
        ok = picture_rows(&picture, feed, &sampler);
        picture_close(&picture);
        pdq_sampler_hash(&sampler, scratch, out);
    }
    if (!ok)
        printf("# %s\n", vips_error_buffer());
    vips_error_clear();
    return ok;
}
