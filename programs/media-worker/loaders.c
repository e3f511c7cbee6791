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

/* Pictures in formats that libvips could read, but this worker must not. */
static const char ppm[] = "P6\n1 1\n255\nabc";
static const char svg[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1\" height=\"1\"/>";

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

static bool refused(const void *bytes, size_t size)
{
    VipsImage *image = vips_image_new_from_buffer(bytes, size, "", NULL);
    vips_error_clear();
    if (image)
        g_object_unref(image);
    return !image;
}

bool loaders_restrict(uint32_t formats)
{
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (formats & classes[i].format)
            vips_operation_block_set(classes[i].name, FALSE);
    return refused(ppm, sizeof(ppm) - 1) && refused(svg, sizeof(svg) - 1);
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
