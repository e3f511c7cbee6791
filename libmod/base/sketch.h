/*
 * Sketches: of a set of features, however many, at most 64 numbers by which sets can be compared.
 *
 * A sketch has the smallest hashes of a set ("bottom-k", Broder 1997). Of a set of up to 64 it has them
 * all, so that short texts are compared without an estimate. What it looks like is the same on every
 * machine. Pure functions; an index never changes and serves any thread.
 */
#ifndef BASE_SKETCH_H
#define BASE_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SKETCH_VALUES = 64,
    SKETCH_BYTES = 4 * SKETCH_VALUES, /* as it is stored */
    SKETCH_LEAST = 4,                 /* of fewer features there is nothing to compare */
    SKETCH_KEY = 16,                  /* bytes of a key */
};

struct sketch {
    uint32_t n;                /* values; SKETCH_VALUES: the set may have more */
    uint32_t v[SKETCH_VALUES]; /* ascending, none twice, none 0 */
};

/* Makes values that say nothing about features to anybody without it. */
struct sketch_key {
    uint64_t k[2];
};
struct sketch_key sketch_key_of(const uint8_t bytes[SKETCH_KEY]);

/*
 * An empty sketch, and one more feature of its set; the order, and features that come twice, do not
 * count. `key` NULL: none. Sketches are only comparable under the same key.
 */
void sketch_init(struct sketch *s);
void sketch_add(struct sketch *s, uint64_t feature, const struct sketch_key *key);

/* Big-endian, zeros behind the last value. */
void sketch_write(const struct sketch *s, uint8_t out[SKETCH_BYTES]);
/* False: these bytes are no sketch of at least SKETCH_LEAST features. */
bool sketch_read(struct sketch *out, const uint8_t bytes[SKETCH_BYTES]);

/*
 * Whether two sets are near: as much of both together is in both as sets of their size need. `*distance`
 * (0–100) is the share in percent that is not, rounded down, also when they are not near.
 */
bool sketch_near(const struct sketch *a, const struct sketch *b, unsigned *distance);

/* How many of its `n` values a set has in common with whatever is near it, at least. */
uint32_t sketch_needs(uint32_t n);

/* ---- many of them ---- */

struct sketch_index;

/* Whether row number `row` may be found. */
typedef bool (*sketch_wanted)(const void *user, size_t row);

/* Over `n` stored sketches, which are borrowed; those that are none, or not `wanted` (NULL: all are), are never
 * found. NULL: out of memory. */
struct sketch_index *
sketch_index_new(const uint8_t *rows, size_t n, sketch_wanted wanted, const void *user);
void sketch_index_free(struct sketch_index *x);

struct sketch_hit {
    uint32_t row;
    uint8_t distance;
};

/*
 * The rows near `q`, nearest first, at most `cap`; returns how many there are. Nothing near is missed, except when
 * `*cut`: too many rows had something in common with `q` to look at all.
 */
size_t sketch_index_near(const struct sketch_index *x,
                         const struct sketch *q,
                         struct sketch_hit *out,
                         size_t cap,
                         bool *cut);

#endif
