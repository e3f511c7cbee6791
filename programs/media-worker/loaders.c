/* libvips: initialised without its modules, its loaders blocked by class, warmed up by samples. */
#include "loaders.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "job.h"
#include "samples.h"

/* Exported by libvips, declared in no header that it installs. */
void vips_vector_set_enabled(gboolean enabled);

/* Base classes: nicknames and unknown names would be ignored without a word. */
static const struct {
    uint32_t format;
    const char *name;
} classes[] = {
    {FORMAT_JPEG, "VipsForeignLoadJpeg"},
    {FORMAT_PNG, "VipsForeignLoadPng"},
    {FORMAT_WEBP, "VipsForeignLoadWebp"},
    {FORMAT_GIF, "VipsForeignLoadNsgif"},
};

/* One pixel each, in formats that libvips can read but this worker must not: one of a loader that
 * libvips itself calls untrusted, one of a loader that it trusts. */
static const uint8_t ppm[] = "P6\n1 1\n255\nabc";
/* clang-format off */
static const uint8_t tiff[] = {
    'I', 'I', '*', 0, 8, 0, 0, 0, 8, 0,           /* eight fields, here */
    0x00, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0,        /* width */
    0x01, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0,        /* height */
    0x02, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0,        /* bits */
    0x03, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0,        /* not compressed */
    0x06, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0,        /* black is zero */
    0x11, 1, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0,        /* where the pixel is */
    0x16, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0,        /* rows of a strip */
    0x17, 1, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
};
/* clang-format on */

static const struct {
    const char *loader;
    const uint8_t *bytes;
    size_t size;
} unwanted[] = {
    {"ppmload_source", ppm, sizeof(ppm) - 1},
    {"tiffload_source", tiff, sizeof(tiff)},
};

uint32_t loaders_known(void)
{
    uint32_t all = 0;
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        all |= classes[i].format;
    return all;
}

static void silent(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer unused)
{
    (void)domain;
    (void)level;
    (void)message;
    (void)unused;
}

bool loaders_begin(const char *program)
{
    /* A second arena doubles the address space, and makes glibc open a file. */
    (void)mallopt(M_ARENA_MAX, 1);
    g_log_set_default_handler(silent, NULL);
    /* No modules; no temporary files for what is not read in order. */
    if (setenv("VIPSHOME", "/nonexistent", 1) != 0 || setenv("VIPS_DISC_THRESHOLD", "64g", 1) != 0)
        return false;
    if (vips_init(program) != 0)
        return false;
    vips_vector_set_enabled(FALSE);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    return true;
}

/* How many of the unwanted pictures can be loaded. */
static unsigned unwanted_loaded(void)
{
    unsigned n = 0;
    for (size_t i = 0; i < COUNT_OF(unwanted); i++) {
        VipsImage *image = NULL;
        VipsSource *source = vips_source_new_from_memory(unwanted[i].bytes, unwanted[i].size);
        if (source && vips_call(unwanted[i].loader, source, &image, NULL) == 0)
            n++;
        if (image)
            g_object_unref(image);
        if (source)
            g_object_unref(source);
    }
    vips_error_clear();
    return n;
}

bool loaders_restrict(uint32_t formats)
{
    bool could = unwanted_loaded() > 0;
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (formats & classes[i].format)
            vips_operation_block_set(classes[i].name, FALSE);
    return could && unwanted_loaded() == 0;
}

static bool readable(struct job *j, const struct sample *s)
{
    const struct wire_request ask = {
        .job = JOB_HASH, .max_pixels = 1 << 20, .wall_ms = 60000, .frames = WIRE_CANDIDATES};
    memset(j->reply, 0, offsetof(struct wire_reply, luma));
    j->ask = &ask;
    j->bytes = s->bytes;
    j->size = s->size;
    j->formats = s->format;
    j->began_ns = time_now_ns();
    job_hash(j);
    return j->reply->outcome == OUTCOME_OK && !(j->reply->flags & REPLY_TRUNCATED);
}

uint32_t loaders_warm_up(struct job *j, uint32_t formats)
{
    uint32_t good = formats;
    for (size_t i = 0; i < samples_count; i++)
        if ((samples[i].format & formats) && !readable(j, &samples[i]))
            good &= ~samples[i].format;
    return good;
}
