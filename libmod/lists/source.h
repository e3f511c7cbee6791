/* The rows of a list to be: what source.c collects and build.c writes. */
#ifndef LISTS_SOURCE_H
#define LISTS_SOURCE_H

#include "lists/format.h"
#include "lists/names.h"

/*
 * Rows of one signal as records of lml_item() bytes: key, entry number (big-endian, so that memcmp()
 * orders rows by key and then entry) and, for PDQ, quality.
 */
struct rows {
    uint8_t *bytes;
    size_t n, cap;
};

/* What an entry has besides its id; its number is that of its id. */
struct entry_row {
    uint32_t labels, opinion; /* numbers in `shared` */
    uint8_t status;           /* enum entry_status: of its newest version */
    uint8_t always;           /* the same of rows without a stamp */
    uint64_t stamp;           /* of its newest version */
};

/* An entry whose earlier rows are of an older version: those before these numbers of rows. */
struct old_rows {
    uint32_t entry;
    size_t before[SIGNAL_COUNT];
};

struct list_source {
    struct names ids;
    struct names shared; /* labels and opinions, which many entries have in common */
    struct entry_row *entries;
    size_t entries_cap;
    struct rows rows[SIGNAL_COUNT];
    struct old_rows *old;
    size_t old_n, old_cap;
};

/* Drops rows of older versions, sorts entries by id and rows by key, and drops rows that stand twice (the
 * better PDQ quality stays). After it the source is the same whatever the order in which its rows were added. */
int source_order(struct list_source *s, struct error *e);

static inline uint32_t record_entry(const uint8_t *record, size_t key)
{
    const uint8_t *p = record + key;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline void record_set_entry(uint8_t *record, size_t key, uint32_t entry)
{
    for (unsigned i = 0; i < 4; i++)
        record[key + i] = (uint8_t)(entry >> (24 - 8 * i));
}

#endif
