/*
 * What media costs, beside libvips' own full decode of the same bytes: measures for bench/media, one
 * "name value…" a line. Usage: media_bench WORKER DIRECTORY (for pictures, which are generated).
 *
 * Decode and job alternate, so that what the machine does besides hits both. CPU time is that of the
 * whole process: of this one for the decode, of the worker, as it says itself, for the job.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <vips/vips.h>

#include "hash/hash.h"
#include "media/media.h"
#include "pictures.h"

enum {
    WIDTH = 4000,
    HEIGHT = 3000,
    ROUNDS = 15,
    PINGS = 20000,
    CORES = 400,
};

static const struct {
    const char *name, *file, *suffix;
    bool grainy; /* like a photograph of a phone at night: twice the bytes */
} kinds[] = {
    {"baseline", "baseline.jpg", ".jpg[Q=85]", false},
    {"grainy", "grainy.jpg", ".jpg[Q=85]", true},
    {"progressive", "progressive.jpg", ".jpg[Q=85,interlace]", true},
    {"png", "plain.png", ".png", false},
    {"webp", "lossy.webp", ".webp[Q=80,effort=2]", false},
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value below which `share` of them lie; sorts them. */
static double quantile(double *v, size_t n, double share)
{
    qsort(v, n, sizeof(*v), ascending);
    return v[(size_t)(share * (double)(n - 1))];
}

static bool save(const uint8_t *pixels, size_t size, const char *suffix, const char *path)
{
    void *bytes = NULL;
    size_t length;
    VipsImage *image =
        vips_image_new_from_memory(pixels, size, WIDTH, HEIGHT, 3, VIPS_FORMAT_UCHAR);
    FILE *f = fopen(path, "wb");
    bool ok = f && image && vips_image_write_to_buffer(image, suffix, &bytes, &length, NULL) == 0 &&
              fwrite(bytes, 1, length, f) == length;
    if (f && fclose(f) != 0)
        ok = false;
    g_free(bytes);
    if (image)
        g_object_unref(image);
    return ok;
}

static bool generate(const char *directory)
{
    size_t size = (size_t)WIDTH * HEIGHT * 3;
    uint8_t *smooth = picture_draw(CLOUDS, WIDTH, HEIGHT, 3);
    uint8_t *grainy = picture_draw(NOISE, WIDTH, HEIGHT, 3);
    bool ok = smooth && grainy;
    for (size_t i = 0; ok && i < size; i++)
        grainy[i] = (uint8_t)((smooth[i] * 7 + grainy[i]) / 8);
    for (size_t i = 0; ok && i < COUNT_OF(kinds); i++) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/%s", directory, kinds[i].file);
        ok = save(kinds[i].grainy ? grainy : smooth, size, kinds[i].suffix, path);
    }
    free(smooth);
    free(grainy);
    return ok;
}

/* The CPU time of libvips reading the whole picture into memory. */
static double full_decode(const char *path, int threads)
{
    vips_concurrency_set(threads);
    double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
    VipsImage *image = vips_image_new_from_file(path, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
    size_t size;
    void *pixels = image ? vips_image_write_to_memory(image, &size) : NULL;
    g_free(pixels);
    if (image)
        g_object_unref(image);
    return pixels ? seconds(CLOCK_PROCESS_CPUTIME_ID) - begin : -1;
}

static bool picture(struct media *m, const char *name, const char *path)
{
    static struct media_result result;
    static uint8_t digest[32];
    double one[ROUNDS], many[ROUNDS], job[ROUNDS], wall[ROUNDS];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;
    for (int i = 0; ok && i < ROUNDS; i++) {
        one[i] = full_decode(path, 1);
        many[i] = full_decode(path, 0);
        double begin = seconds(CLOCK_MONOTONIC);
        media_hash(m, fd, NULL, (uint64_t)st.st_size, digest, 0, &result);
        wall[i] = seconds(CLOCK_MONOTONIC) - begin;
        job[i] = result.reply.cpu_us / 1e6;
        ok = one[i] >= 0 && many[i] >= 0 && result.reasons == 0 && result.reply.count > 0;
    }
    if (ok)
        printf("%s %.2f %.2f %.2f %.2f %.2f\n", name, (double)st.st_size / 1e6,
               quantile(one, ROUNDS, 0.5) * 1e3, quantile(many, ROUNDS, 0.5) * 1e3,
               quantile(job, ROUNDS, 0.5) * 1e3, quantile(wall, ROUNDS, 0.5) * 1e3);
    else
        fprintf(stderr, "%s: reasons %u, outcome %u\n", name, result.reasons, result.reply.outcome);
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static bool pings(struct media *m)
{
    static double took[PINGS];
    for (int i = -100; i < PINGS; i++) { /* the first ones warm up */
        double begin = seconds(CLOCK_MONOTONIC);
        if (media_ping(m, 0, NULL) != LMOD_OK)
            return false;
        if (i >= 0)
            took[i] = (seconds(CLOCK_MONOTONIC) - begin) * 1e6;
    }
    double middle = quantile(took, PINGS, 0.5);
    printf("ping %.1f %.1f\n", middle, quantile(took, PINGS, 0.99));
    return true;
}

/* Pixels that are there already: sampling and eight hashes. */
static bool core(uint32_t width, uint32_t height)
{
    static double took[CORES];
    struct pdq_scratch *s = pdq_scratch_new();
    uint8_t *pixels = picture_draw(CLOUDS, width, height, 3);
    for (int i = 0; s && pixels && i < CORES; i++) {
        struct pdq_sampler p;
        struct pdq_result r;
        double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
        pdq_sampler_begin(&p, s, width, height, 1);
        for (uint32_t y = 0; y < height; y++)
            pdq_sampler_row(&p, y, pixels + (size_t)y * width * 3, 3, 3);
        pdq_sampler_hash(&p, s, &r);
        took[i] = (seconds(CLOCK_PROCESS_CPUTIME_ID) - begin) * 1e3;
    }
    bool ok = s && pixels;
    if (ok)
        printf("core-%ux%u %.3f\n", width, height, quantile(took, CORES, 0.5));
    free(pixels);
    pdq_scratch_free(s);
    return ok;
}

int main(int argc, char **argv)
{
    if (argc != 3 || vips_init(argv[0]) != 0)
        return 2;
    vips_cache_set_max(0);
    const struct media_options options = {
        .worker = argv[1],
        .workers = 1,
        .sandbox = SANDBOX_STRICT,
        .formats = FORMAT_JPEG | FORMAT_PNG | FORMAT_WEBP,
        .max_bytes = 100 << 20,
        .max_pixels = 50000000,
        .wall_ms = 60000,
        .frames = 16,
    };
    struct media *m = NULL;
    bool ok = generate(argv[2]) && media_open(&m, &options, NULL) == LMOD_OK;
    for (size_t i = 0; ok && i < COUNT_OF(kinds); i++) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/%s", argv[2], kinds[i].file);
        ok = picture(m, kinds[i].name, path);
    }
    ok = ok && pings(m) && core(64, 64) && core(512, 512) && core(WIDTH, HEIGHT);
    media_close(m);
    printf("vips %s\n", vips_version_string());
    vips_shutdown();
    return ok ? 0 : 1;
}
