/*
 * Looking a content up: its digests and hashes in every list of a snapshot and among the local
 * entries. What is known of a content whatever the lists hold (struct seen) comes from the worker, the
 * result cache or the store; this part decides nothing but what matches.
 */
#ifndef ENGINE_LOOKUP_H
#define ENGINE_LOOKUP_H

#include "engine/internal.h"

/* One picture or part of one as hashed by the worker: only such that may match. */
struct seen_hash {
    uint16_t frame;
    uint8_t strategy, quality;
    uint8_t hash[DIHEDRALS][PDQ_BYTES];
};

/* What the worker found in a media content. One allocation; immutable. */
struct seen {
    uint32_t reasons; /* REASON_* of the worker */
    uint32_t format, width, height;
    uint32_t count;
    bool has_luma;
    struct seen_hash hash[]; /* then, when has_luma, PDQ_LUMA * PDQ_LUMA bytes */
};

/* A part of a picture, and not all of it. */
bool seen_part(const struct seen_hash *h);

/* The 64 × 64 luma, or NULL. */
const uint8_t *seen_luma(const struct seen *s);

/* Of a worker's result; NULL: out of memory. `luma`: keep what a preview is made of. */
struct seen *seen_new(const struct media_result *r, bool luma);

/* As bytes for the store (without luma), and back: bounds-checked, NULL when they are not such, of
 * another release's format, or memory ran out. */
void seen_write(const struct seen *s, struct buffer *out);
struct seen *seen_read(const void *bytes, size_t size);

/* The reasons that say something about the file itself, and not about this one attempt. */
bool seen_lasting(const struct seen *s);

/* ---- the result cache: sha256 → struct seen, of this engine; under the engine's lock ---- */

struct cache;
struct cache *cache_new(void);
void cache_free(struct cache *c);
/* A copy, or NULL. */
struct seen *cache_get(struct engine *e, const uint8_t sha256[SHA256_BYTES]);
/* Keeps a copy when it is worth keeping. */
void cache_put(struct engine *e, const uint8_t sha256[SHA256_BYTES], const struct seen *s);

/* ---- the look-up ---- */

enum {
    LOOKUP_HITS = MATCHES_MAX + 1,
    LOOKUP_NEEDLES = WIRE_CANDIDATES * PDQ_LOOKS,
};

/* Everything of one look-up; about 80 KiB, on the heap. */
struct lookup {
    /* in */
    const struct snapshot *snapshot;
    const struct live *live;
    const struct subject *who;
    uint64_t dl;
    struct digests digests;
    const struct seen *seen; /* NULL: nothing is known of its pixels */
    /* out; `reasons` is both */
    uint32_t reasons;
    struct policy policy;
    struct matches matches;
    /* inside */
    struct pdq query[LOOKUP_NEEDLES];
    struct {
        uint16_t frame;
        uint8_t strategy;
    } needle[LOOKUP_NEEDLES];
    size_t needles, whole; /* the first `whole` are of whole pictures, the others of parts */
    struct list_hit hit[LOOKUP_HITS];
};

/* Fills matches and policy: P1–P5. */
void lookup_media(struct lookup *l);

/* A match of a loaded list, but for what it is of. */
struct match lookup_list_match(const struct slot *slot);

/* policy_match(), after the brake: what fell to observe stays there. */
void lookup_match(struct policy *p, const struct live *live, const struct match *m);

#endif
