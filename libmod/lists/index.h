/*
 * The index of a list's PDQ hashes: from 16 bits of a hash to the rows that have them. The layout is
 * written down in docs/reference/lists.md, why it finds everything in docs/rooms/lists.md.
 */
#ifndef LISTS_INDEX_H
#define LISTS_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/hash.h"

enum {
    INDEX_CHUNKS = 16,     /* parts of a hash, 16 bits each */
    INDEX_RADIUS = 31,     /* the most that it can answer */
    INDEX_LEAST = 1 << 16, /* rows from which a list has one: below, looking at all is as quick */
};

/*
 * What the number of rows says about the layout. For each chunk the window of a hash, bits 16 × chunk
 * and on, going round at the end, has the number of a bucket and behind it the tag of an item.
 */
struct index_layout {
    size_t n;          /* rows */
    unsigned row_bits; /* low bits of an item: its row; the others are the tag */
    unsigned sub_bits; /* of the chunk behind that belong to the bucket's number */
    unsigned tag_bits;
    size_t buckets; /* of a chunk */
    size_t part;    /* u32 values of a chunk: where each bucket begins, the end, all items */
};

/* Of 1 to UINT32_MAX rows. */
struct index_layout index_layout(size_t n);

/* Working memory to make the index of one chunk after the other; about 12 bytes a row. */
struct index_maker {
    struct index_layout layout;
    uint32_t *window, *part;
};

bool index_maker_init(struct index_maker *m,
                      const struct index_layout *l); /* false: out of memory */
void index_maker_finish(struct index_maker *m);

/* Fills m->part, layout.part little-endian values, with the part of `chunk`; `hashes` are `step`
 * bytes apart. */
void index_make(struct index_maker *m, unsigned chunk, const uint8_t *hashes, size_t step);

/* An index to search. The caller has checked that 16 parts are there. */
struct index {
    struct index_layout layout;
    const uint32_t *parts;
    const struct pdq *hashes;
};

enum index_answer {
    INDEX_DONE,
    INDEX_COSTLY,  /* looking at every row is quicker, or the index is no good: do so */
    INDEX_STOPPED, /* `tell` said so */
};

/* A row within the radius; it may be told several times. False: stop. */
typedef bool index_tell(void *user, uint32_t row, unsigned distance);

/* Tells every row within `radius` (at most INDEX_RADIUS) of the needle. */
enum index_answer index_near(
    const struct index *x, const struct pdq *needle, unsigned radius, index_tell *tell, void *user);

#endif
