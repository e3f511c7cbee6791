/* What is known of a media content whatever the lists hold, and the cache of it. */
#include "engine/lookup.h"

#include <stdlib.h>
#include <string.h>

enum {
    SEEN_FORMAT = 2, /* of the bytes in the store; another one is hashed anew */
    CACHE_WAYS = 4,
    CACHE_SETS = 128,
};

/* Reasons that belong to the file; the others to this attempt. */
#define LASTING                                                                                    \
    ((uint32_t)(REASON_LIMIT | REASON_TOO_LARGE | REASON_UNDECODABLE | REASON_UNSUPPORTED))

enum { LUMA = PDQ_LUMA * PDQ_LUMA };

static struct seen *make(uint32_t count, bool luma)
{
    struct seen *s = calloc(1, sizeof(*s) + count * sizeof(s->hash[0]) + (luma ? LUMA : 0));
    if (s)
        s->count = count;
    return s;
}

struct seen *seen_new(const struct media_result *r, bool luma)
{
    const struct wire_reply *reply = &r->reply;
    luma = luma && reply->count;
    struct seen *s = make(reply->count, luma);
    if (!s)
        return NULL;
    s->reasons = r->reasons;
    s->format = reply->format;
    s->width = reply->width;
    s->height = reply->height;
    s->has_luma = luma;
    s->count = 0;
    for (uint32_t i = 0; i < reply->count; i++) {
        const struct wire_candidate *c = &reply->candidate[i];
        struct seen_hash *h = &s->hash[s->count];
        if (c->weak || c->quality < PDQ_QUALITY_MIN)
            continue;
        h->frame = c->frame;
        h->strategy = c->strategy;
        h->quality = c->quality;
        memcpy(h->hash, c->hash, sizeof(h->hash));
        s->count++;
    }
    if (luma)
        memcpy(&s->hash[s->count], reply->luma, LUMA);
    return s;
}

bool seen_part(const struct seen_hash *h)
{
    return h->strategy != STRATEGY_PLAIN && h->strategy != STRATEGY_DISPLAYED;
}

const uint8_t *seen_luma(const struct seen *s)
{
    return s->has_luma ? (const uint8_t *)&s->hash[s->count] : NULL;
}

bool seen_lasting(const struct seen *s)
{
    return !(s->reasons & ~LASTING);
}

void seen_write(const struct seen *s, struct buffer *out)
{
    buffer_u16(out, SEEN_FORMAT);
    buffer_u16(out, (uint16_t)s->count);
    buffer_u32(out, s->reasons);
    buffer_u32(out, s->format);
    buffer_u32(out, s->width);
    buffer_u32(out, s->height);
    for (uint32_t i = 0; i < s->count; i++) {
        const struct seen_hash *h = &s->hash[i];
        buffer_u16(out, h->frame);
        buffer_append(out, &h->strategy, 1);
        buffer_append(out, &h->quality, 1);
        buffer_append(out, h->hash, sizeof(h->hash));
    }
}

struct seen *seen_read(const void *bytes, size_t size)
{
    struct reader r = reader_over(bytes, size);
    uint16_t format = reader_u16(&r), count = reader_u16(&r);
    if (format != SEEN_FORMAT || count > WIRE_CANDIDATES)
        return NULL;
    struct seen *s = make(count, false);
    if (!s)
        return NULL;
    s->reasons = reader_u32(&r);
    s->format = reader_u32(&r);
    s->width = reader_u32(&r);
    s->height = reader_u32(&r);
    for (uint32_t i = 0; i < count; i++) {
        struct seen_hash *h = &s->hash[i];
        h->frame = reader_u16(&r);
        h->strategy = reader_u8(&r);
        h->quality = reader_u8(&r);
        const uint8_t *hash = reader_bytes(&r, sizeof(h->hash));
        if (hash)
            memcpy(h->hash, hash, sizeof(h->hash));
        r.bad |= h->strategy > STRATEGY_CROP || h->quality < PDQ_QUALITY_MIN;
    }
    if (!r.bad && !r.left && seen_lasting(s))
        return s;
    free(s);
    return NULL;
}

/* ---- the cache ---- */

struct place {
    uint8_t sha256[SHA256_BYTES];
    struct seen *seen; /* NULL: free */
    uint64_t used;
};

struct cache {
    uint64_t clock;
    struct place place[CACHE_SETS][CACHE_WAYS];
};

struct cache *cache_new(void)
{
    return calloc(1, sizeof(struct cache));
}

void cache_free(struct cache *c)
{
    for (size_t i = 0; c && i < CACHE_SETS; i++)
        for (size_t k = 0; k < CACHE_WAYS; k++)
            free(c->place[i][k].seen);
    free(c);
}

static size_t seen_size(const struct seen *s)
{
    return sizeof(*s) + s->count * sizeof(s->hash[0]) + (s->has_luma ? LUMA : 0);
}

static struct seen *copy_of(const struct seen *s)
{
    struct seen *copy = malloc(seen_size(s));
    if (copy)
        memcpy(copy, s, seen_size(s));
    return copy;
}

static struct place *set_of(struct cache *c, const uint8_t sha256[SHA256_BYTES])
{
    return c->place[sha256[0] % CACHE_SETS];
}

struct seen *cache_get(struct engine *e, const uint8_t sha256[SHA256_BYTES])
{
    struct seen *found = NULL;
    (void)pthread_mutex_lock(&e->lock);
    struct place *set = set_of(e->cache, sha256);
    for (size_t i = 0; i < CACHE_WAYS && !found; i++)
        if (set[i].seen && memcmp(set[i].sha256, sha256, SHA256_BYTES) == 0) {
            found = copy_of(set[i].seen);
            set[i].used = ++e->cache->clock;
        }
    (void)pthread_mutex_unlock(&e->lock);
    return found;
}

void cache_put(struct engine *e, const uint8_t sha256[SHA256_BYTES], const struct seen *s)
{
    struct seen *copy = seen_lasting(s) ? copy_of(s) : NULL;
    if (!copy)
        return;
    (void)pthread_mutex_lock(&e->lock);
    struct place *set = set_of(e->cache, sha256), *to = set;
    for (size_t i = 0; i < CACHE_WAYS; i++) {
        if (set[i].used < to->used)
            to = &set[i];
        if (set[i].seen && memcmp(set[i].sha256, sha256, SHA256_BYTES) == 0) {
            to = &set[i];
            break;
        }
    }
    struct seen *old = to->seen;
    memcpy(to->sha256, sha256, SHA256_BYTES);
    to->seen = copy;
    to->used = ++e->cache->clock;
    (void)pthread_mutex_unlock(&e->lock);
    free(old);
}
