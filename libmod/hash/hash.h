/*
 * hash: PDQ and Hamming distance, pure functions for worker, library and tools. No I/O, no
 * allocation that the caller does not see, any thread.
 *
 * PDQ is the perceptual hash of facebook/ThreatExchange (pdq/, "The TMK+PDQF Video-Hashing Algorithm
 * and the PDQ Image-Hashing Algorithm", 2019); this is an independent implementation that is
 * bit-exact with the reference tool: tests/golden.
 */
#ifndef HASH_HASH_H
#define HASH_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum {
    PDQ_BYTES = 32,
    PDQ_SIDE = 512,        /* larger pictures are sampled to this by nearest neighbour */
    PDQ_LUMA = 64,         /* the picture that PDQ looks at is 64 × 64 */
    PDQ_QUALITY_MIN = 50,  /* below this a hash says nothing: it never matches */
    PDQ_RADIUS = 31,       /* default distance, inclusive */
    PDQ_RADIUS_ALLOW = 10, /* the most that an allow list may use */
};

/* 256 bits in the order of the hex form: byte 0 is the first two digits. */
struct pdq {
    uint8_t b[PDQ_BYTES];
};

/* The hashes of one picture in its eight orientations, by enum strategy PLAIN … TRANSVERSE. */
struct pdq_result {
    struct pdq hash[DIHEDRALS];
    uint8_t quality;                   /* 0–100 */
    uint8_t luma[PDQ_LUMA * PDQ_LUMA]; /* the 64 × 64 luma, row by row */
};

/* Working memory of one hashing; about 2 MiB, reusable, one thread at a time. */
struct pdq_scratch;
struct pdq_scratch *pdq_scratch_new(void); /* NULL: out of memory */
void pdq_scratch_free(struct pdq_scratch *s);

/*
 * Feeding rows. A picture of `width` × `height` is sampled to PDQ_SIDE × PDQ_SIDE when a side is
 * larger, while its rows come by in any order; only sampled rows are looked at, and rows that never
 * come are black. `orientation` collects the picture as EXIF 1–8 says it is displayed (1, or
 * anything else: as it is): the result is that of the picture that was really turned. A scratch
 * serves one sampler from begin to hash; several views of one pass need a scratch each.
 */
struct pdq_sampler {
    uint32_t width, height; /* of the stored picture */
    uint32_t columns, rows; /* of the sampled one, displayed */
    uint32_t orientation;   /* EXIF 1–8 */
    float *luma;            /* rows of PDQ_SIDE, inside the scratch */
};

void pdq_sampler_begin(struct pdq_sampler *p,
                       struct pdq_scratch *s,
                       uint32_t width,
                       uint32_t height,
                       uint32_t orientation);

/* Whether row `y` of the stored picture is sampled; the others need not be fed. */
bool pdq_sampler_wants(const struct pdq_sampler *p, uint32_t y);

/* Row `y` of the stored picture: `bands` 1 (grey) or 3 (RGB) interleaved 8-bit samples, `step` bytes
 * from one pixel to the next. */
void pdq_sampler_row(
    struct pdq_sampler *p, uint32_t y, const uint8_t *pixels, uint32_t bands, size_t step);

/* Hashes what the sampler has collected, and uses it up. All zero when a side is below 5 pixels. */
void pdq_sampler_hash(struct pdq_sampler *p, struct pdq_scratch *s, struct pdq_result *out);

/* Hashes a 64 × 64 luma, 0–255, that was made elsewhere. Not bit-exact unless its sums are PDQ's. */
void pdq_luma_hash(struct pdq_scratch *s,
                   const float luma[PDQ_LUMA][PDQ_LUMA],
                   struct pdq_result *out);

/* 64 lower-case hex digits and NUL; reading takes exactly 64 digits of any case. */
void pdq_write(const struct pdq *h, char out[2 * PDQ_BYTES + 1]);
bool pdq_read(const char *text, size_t length, struct pdq *out);

/* Differing bits, 0–256. */
unsigned pdq_distance(const struct pdq *a, const struct pdq *b);

enum { PDQ_LOOKS = 2 * DIHEDRALS };

/*
 * A picture is compared with listed hashes in PDQ_LOOKS looks: its eight orientations, then these in
 * negative. Gives the hash of one look and the strategy that a hit of it names; `strategy` says where
 * the picture comes from, `hash` is in the order of its orientations. False: such a picture is not
 * looked at that way. A negative has the opposite of every frequency, so that its hash is the
 * complement, up to ties at the median.
 */
bool pdq_look(const uint8_t hash[DIHEDRALS][PDQ_BYTES],
              uint8_t strategy,
              unsigned look,
              struct pdq *out,
              uint8_t *name);

/* One hit of a linear search. */
struct hamming_hit {
    uint32_t index;  /* into the haystack */
    uint16_t needle; /* into the needles */
    uint16_t distance;
};

enum { HAMMING_NEEDLES = 16 }; /* the most needles of one pass */

/*
 * Exact linear search: every pair (needle, haystack hash) within `radius`, ascending by index, at
 * most `cap` of them; returns how many there are in all. `haystack` is `n` hashes of PDQ_BYTES in a
 * row, 4-byte aligned or better.
 */
size_t hamming_scan(const struct pdq *haystack,
                    size_t n,
                    const struct pdq *needles,
                    size_t count,
                    unsigned radius,
                    struct hamming_hit *out,
                    size_t cap);

/*
 * The part of an index that is done with instructions of the machine.
 *
 * hamming_sift(): of `n` items (little-endian) those whose bits from `shift` (1–32) up differ from `tag` in at
 * most `most` places; `out`, with room for n + HAMMING_SPARE, receives them without those bits, in
 * their order. Returns how many.
 */
enum { HAMMING_SPARE = 16 };
size_t hamming_sift(
    const uint32_t *items, size_t n, unsigned shift, uint32_t tag, unsigned most, uint32_t *out);

/* Of the haystack's `rows` those within `radius` of the needle, in their order; rows outside of the
 * haystack are left out. `out` has room for `count`; returns how many. */
size_t hamming_pick(const struct pdq *haystack,
                    size_t n,
                    const uint32_t *rows,
                    size_t count,
                    const struct pdq *needle,
                    unsigned radius,
                    struct hamming_hit *out);

/* The instruction set in use: "avx512", "avx2", "popcnt" or "scalar". */
const char *hamming_path(void);

/* For tests and benchmarks: forces a path by name; NULL: the best one. False: the machine has none
 * such. Not thread-safe. */
bool hamming_force(const char *path);

#endif
