/* Layout of the frames: one writer and one reader for each message, fixed offsets, little-endian. */
#include "wire/wire.h"

#include <string.h>

const struct term format_terms[] = {
    {"jpeg", FORMAT_JPEG},
    {"png", FORMAT_PNG},
    {"webp", FORMAT_WEBP},
    {"gif", FORMAT_GIF},
    {"heif", FORMAT_HEIF},
    {"tiff", FORMAT_TIFF},
    {NULL, 0},
};

const struct term layer_terms[] = {
    {"environment", LAYER_ENVIRONMENT},
    {"no_new_privs", LAYER_NO_NEW_PRIVS},
    {"not_dumpable", LAYER_NOT_DUMPABLE},
    {"namespaces", LAYER_NAMESPACES},
    {"loaders", LAYER_LOADERS},
    {"rlimits", LAYER_RLIMITS},
    {"landlock", LAYER_LANDLOCK},
    {"seccomp", LAYER_SECCOMP},
    {NULL, 0},
};

const struct term sandbox_terms[] = {
    {"strict", SANDBOX_STRICT},
    {"basic", SANDBOX_BASIC},
    {"off", SANDBOX_OFF},
    {NULL, 0},
};

/* Every message begins with its own four bytes, so that none can be taken for another. */
enum {
    MAGIC_HELLO = 0x48574d4c,   /* "LMWH" */
    MAGIC_REQUEST = 0x51574d4c, /* "LMWQ" */
    MAGIC_REPLY = 0x52574d4c,   /* "LMWR" */
};

enum {
    FORMATS_ALL = FORMAT_JPEG | FORMAT_PNG | FORMAT_WEBP | FORMAT_GIF | FORMAT_HEIF | FORMAT_TIFF,
    LAYERS_ALL = (1 << LAYERS) - 1,
    FLAGS_ALL = REPLY_TRUNCATED | REPLY_SAMPLED | REPLY_WEAK,
    OUTCOME_LAST = OUTCOME_MEMORY,
    QUALITY_MAX = 100,
    ORIENTATION_MAX = 8,
};

static uint8_t *put(uint8_t *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

/* The first eight bytes of every message: magic, version and a field of two bytes. */
static uint8_t *put_head(uint8_t *at, uint32_t magic, uint16_t version, uint16_t field)
{
    return put(put(put(at, magic, 4), version, 2), field, 2);
}

static bool head_is(struct reader *r, uint32_t magic, uint16_t *field)
{
    bool same = reader_u32(r) == magic;
    same &= reader_u16(r) == WIRE_VERSION;
    *field = reader_u16(r);
    return same;
}

static bool one_bit(uint32_t value)
{
    return value && !(value & (value - 1));
}

void wire_hello_write(uint8_t out[WIRE_HELLO_SIZE], const struct wire_hello *h)
{
    uint8_t *at = put_head(out, MAGIC_HELLO, h->version, 0);
    at = put(at, h->layers, 4);
    at = put(at, h->landlock_abi, 4);
    at = put(at, h->formats, 4);
    at = put(at, h->failed, 4);
    (void)put(at, 0, 8);
}

bool wire_hello_read(struct wire_hello *h, const void *bytes, size_t size)
{
    struct reader r = reader_over(bytes, size);
    uint16_t none;
    bool good = size == WIRE_HELLO_SIZE && head_is(&r, MAGIC_HELLO, &none) && none == 0;
    h->version = WIRE_VERSION;
    h->layers = reader_u32(&r);
    h->landlock_abi = reader_u32(&r);
    h->formats = reader_u32(&r);
    h->failed = reader_u32(&r);
    good = good && reader_u64(&r) == 0 && !r.bad;
    return good && !(h->layers & ~(uint32_t)LAYERS_ALL) && !(h->formats & ~(uint32_t)FORMATS_ALL) &&
           (h->layers & LAYER_LANDLOCK ? h->landlock_abi > 0 : true) &&
           (h->failed == 0 || (one_bit(h->failed) && h->failed <= LAYERS_ALL)) &&
           !(h->failed & h->layers);
}

void wire_request_write(uint8_t out[WIRE_REQUEST_SIZE], const struct wire_request *q)
{
    uint8_t *at = put_head(out, MAGIC_REQUEST, WIRE_VERSION, 0);
    at = put(at, q->id, 8);
    at = put(at, q->job, 4);
    at = put(at, q->formats, 4);
    at = put(at, q->size, 8);
    at = put(at, q->max_pixels, 8);
    at = put(at, q->wall_ms, 4);
    (void)put(at, q->frames, 4);
}

bool wire_request_read(struct wire_request *q, const void *bytes, size_t size)
{
    struct reader r = reader_over(bytes, size);
    uint16_t none;
    bool good = size == WIRE_REQUEST_SIZE && head_is(&r, MAGIC_REQUEST, &none) && none == 0;
    q->id = reader_u64(&r);
    q->job = reader_u32(&r);
    q->formats = reader_u32(&r);
    q->size = reader_u64(&r);
    q->max_pixels = reader_u64(&r);
    q->wall_ms = reader_u32(&r);
    q->frames = reader_u32(&r);
    if (!good || r.bad || (q->formats & ~(uint32_t)FORMATS_ALL))
        return false;
    if (q->job == JOB_PING)
        return true;
    return q->job == JOB_HASH && q->max_pixels > 0 && q->wall_ms > 0 && q->frames > 0 &&
           q->frames <= WIRE_CANDIDATES;
}

static uint8_t *candidate_write(uint8_t *at, const struct wire_candidate *c)
{
    at = put(at, c->strategy, 1);
    at = put(at, c->quality, 1);
    at = put(at, c->frame, 2);
    at = put(at, c->x, 4);
    at = put(at, c->y, 4);
    at = put(at, c->w, 4);
    at = put(at, c->h, 4);
    at = put(at, c->weak, 4);
    return put_bytes(at, c->hash, sizeof(c->hash));
}

size_t wire_reply_write(uint8_t out[WIRE_REPLY_MAX], const struct wire_reply *p)
{
    uint32_t count = p->count < WIRE_CANDIDATES ? p->count : WIRE_CANDIDATES;
    uint8_t *at = put_head(out, MAGIC_REPLY, WIRE_VERSION, p->flags);
    at = put(at, p->id, 8);
    at = put(at, p->outcome, 1);
    at = put(at, p->orientation, 1);
    at = put(at, 0, 2);
    at = put(at, p->format, 4);
    at = put(at, p->width, 4);
    at = put(at, p->height, 4);
    at = put(at, p->frames, 4);
    at = put(at, p->cpu_us, 4);
    at = put(at, p->rss_kib, 4);
    at = put(at, count, 4);
    at = put(at, 0, 8);
    at = put_bytes(at, p->luma, sizeof(p->luma));
    for (uint32_t i = 0; i < count; i++)
        at = candidate_write(at, &p->candidate[i]);
    return (size_t)(at - out);
}

static bool inside(uint32_t from, uint32_t length, uint32_t whole)
{
    return length > 0 && from < whole && length <= whole - from;
}

/* The strategies that say where a candidate comes from; the others come from comparing. */
static bool strategy_ok(uint8_t strategy)
{
    return strategy == STRATEGY_PLAIN || strategy == STRATEGY_DISPLAYED ||
           (strategy >= STRATEGY_TRIM && strategy <= STRATEGY_CROP);
}

static bool candidate_read(struct wire_candidate *c, const struct wire_reply *p, struct reader *r)
{
    c->strategy = reader_u8(r);
    c->quality = reader_u8(r);
    c->frame = reader_u16(r);
    c->x = reader_u32(r);
    c->y = reader_u32(r);
    c->w = reader_u32(r);
    c->h = reader_u32(r);
    uint32_t weak = reader_u32(r);
    c->weak = weak == 1;
    const uint8_t *hash = reader_bytes(r, sizeof(c->hash));
    if (!hash)
        return false;
    memcpy(c->hash, hash, sizeof(c->hash));
    return strategy_ok(c->strategy) && weak <= 1 && c->quality <= QUALITY_MAX &&
           c->frame < p->frames && inside(c->x, c->w, p->width) && inside(c->y, c->h, p->height);
}

static bool reply_in_range(const struct wire_reply *p)
{
    return p->outcome <= OUTCOME_LAST && p->orientation >= 1 && p->orientation <= ORIENTATION_MAX &&
           !(p->flags & ~FLAGS_ALL) && !(p->format & ~(uint32_t)FORMATS_ALL) &&
           (p->format == FORMAT_NONE || one_bit(p->format)) && p->count <= WIRE_CANDIDATES &&
           (p->outcome == OUTCOME_OK || (p->count == 0 && p->flags == 0));
}

bool wire_reply_read(struct wire_reply *p, const void *bytes, size_t size)
{
    struct reader r = reader_over(bytes, size);
    bool good = head_is(&r, MAGIC_REPLY, &p->flags);
    p->id = reader_u64(&r);
    p->outcome = reader_u8(&r);
    p->orientation = reader_u8(&r);
    good &= reader_u16(&r) == 0;
    p->format = reader_u32(&r);
    p->width = reader_u32(&r);
    p->height = reader_u32(&r);
    p->frames = reader_u32(&r);
    p->cpu_us = reader_u32(&r);
    p->rss_kib = reader_u32(&r);
    p->count = reader_u32(&r);
    good &= reader_u64(&r) == 0;
    const uint8_t *luma = reader_bytes(&r, sizeof(p->luma));
    if (!good || !luma || !reply_in_range(p) || r.left != p->count * (size_t)WIRE_CANDIDATE_SIZE) {
        p->count = 0;
        return false;
    }
    memcpy(p->luma, luma, sizeof(p->luma));
    for (uint32_t i = 0; i < p->count; i++)
        if (!candidate_read(&p->candidate[i], p, &r)) {
            p->count = 0;
            return false;
        }
    return true;
}
