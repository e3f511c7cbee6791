/* Hashing picture files: digests and the media pool. */
#include "pictures.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"

int pictures_open(struct pictures *p, const struct config *c, struct error *e)
{
    struct media_options options = {
        .worker = c->media.worker,
        .workers = 1,
        .sandbox = c->media.sandbox,
        .formats = c->media.formats,
        .max_bytes = PICTURE_BYTES,
        .max_pixels = c->media.max_pixels,
        .wall_ms = PICTURE_MS,
        .frames = c->media.frames,
    };
    *p = (struct pictures){0};
    int status = media_open(&p->media, &options, &p->why);
    if (status == LMOD_E_WORKER)
        return LMOD_OK;
    if (status != LMOD_OK && e)
        *e = p->why;
    return status;
}

int pictures_open_default(struct pictures *p, const struct args *a, struct error *e)
{
    const struct config *c = NULL;
    int status = settings_or_default(&c, a, e);
    if (status == LMOD_OK)
        status = pictures_open(p, c, e);
    config_free(c);
    return status;
}

void pictures_close(struct pictures *p)
{
    if (p->media)
        media_close(p->media);
    p->media = NULL;
}

static int digest_file(int fd, const char *path, struct digests *out, struct error *e)
{
    uint8_t block[65536];
    struct digester d;
    uint64_t at = 0;
    if (digester_begin(&d, DIGEST_MD5 | DIGEST_SHA1 | DIGEST_SHA256) != LMOD_OK)
        return error_memory(e);
    for (;;) {
        int64_t n = file_pread(fd, block, sizeof(block), at);
        if (n < 0) {
            int number = errno;
            (void)digester_end(&d, NULL);
            return error_io(e, path, "cannot read", number);
        }
        if (n == 0)
            break;
        if (digester_add(&d, block, (size_t)n) != LMOD_OK) {
            (void)digester_end(&d, NULL);
            return error_memory(e);
        }
        at += (uint64_t)n;
    }
    return digester_end(&d, out) == LMOD_OK ? LMOD_OK : error_memory(e);
}

static void say_no_worker(struct pictures *p)
{
    if (!p->said)
        say("%s", p->why.text);
    p->said = true;
}

int picture_read(struct pictures *p, const char *path, struct picture *out, struct error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    memset(out, 0, sizeof(*out));
    if (fd < 0)
        return error_io(e, path, "cannot open", errno);
    int status = LMOD_OK;
    if (fstat(fd, &st) != 0)
        status = error_io(e, path, "cannot stat", errno);
    else if (!S_ISREG(st.st_mode))
        status = error_at(e, LMOD_E_IO, path, 0, 0,
                          S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
    else
        status = digest_file(fd, path, &out->digests, e);
    if (status == LMOD_OK) {
        out->size = (uint64_t)st.st_size;
        out->media.reasons = REASON_WORKER;
        if (p->media)
            media_hash(p->media, fd, NULL, out->size, out->digests.sha256,
                       time_now_ns() + PICTURE_MS * UINT64_C(1000000), &out->media);
        else
            say_no_worker(p);
    }
    (void)close(fd);
    return status;
}

const struct wire_candidate *picture_candidate(const struct picture *p, enum strategy s)
{
    for (uint32_t i = 0; i < p->media.reply.count; i++)
        if (p->media.reply.candidate[i].strategy == s)
            return &p->media.reply.candidate[i];
    return NULL;
}

bool picture_whole(const struct wire_candidate *c)
{
    return c->strategy == STRATEGY_PLAIN || c->strategy == STRATEGY_DISPLAYED;
}

bool picture_weak(const struct wire_candidate *c)
{
    return c->weak || c->quality < PDQ_QUALITY_MIN;
}

uint8_t picture_listed_quality(const struct wire_candidate *c)
{
    const uint8_t most = PDQ_QUALITY_MIN - 1;
    return c->weak && c->quality > most ? most : c->quality;
}

bool picture_repeats(const struct picture *p, uint32_t i)
{
    const struct wire_candidate *c = p->media.reply.candidate;
    for (uint32_t k = 0; k < i; k++)
        if (memcmp(c[k].hash[STRATEGY_PLAIN], c[i].hash[STRATEGY_PLAIN], WIRE_HASH) == 0)
            return true;
    return false;
}

enum coverage picture_coverage(const struct picture *p)
{
    return p->media.reasons ? COVERAGE_PARTIAL : COVERAGE_COMPLETE;
}

void reasons_write(struct buffer *out, uint32_t reasons)
{
    for (const struct term *t = reason_terms; t->name; t++)
        if (reasons & t->value)
            buffer_printf(out, "%s%s", out->size ? ", " : "", t->name);
}
