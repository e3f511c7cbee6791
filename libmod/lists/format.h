/*
 * The .lml file format, version 1, inside the lists room: sizes, section table, header checks.
 * The whole format is written down in docs/reference/lists.md. All integers are little-endian.
 *
 * The checksums form a tree: every section's SHA-256 stands in the section table, and the header
 * holds the SHA-256 over header and table. So the header's checksum names the whole content, and it
 * is verified at open for next to nothing; the sections' own ones are left to list_check().
 */
#ifndef LISTS_FORMAT_H
#define LISTS_FORMAT_H

#include "lists/index.h"
#include "lists/lists.h"

enum {
    LML_MAGIC = 8,
    LML_HEADER = 128,      /* bytes of the header */
    LML_ROW = 72,          /* bytes of a row of the section table */
    LML_SECTIONS_MAX = 64, /* rows of the section table */
    LML_ALIGN = 64,        /* sections begin at multiples of this */
    LML_META = 256,        /* bytes of the meta section; a later version may append to it */
    LML_ENTRY = 24,        /* bytes of an entry */
    LML_REQUIRED = 1,      /* section flag: a reader that does not know the section must refuse */
};

/* Section types. A signal's section is SECTION_SIGNAL plus its number. Others are skipped unless
 * they carry LML_REQUIRED. 33 is kept for a signature. */
enum section_type {
    SECTION_META = 1,
    SECTION_ENTRIES = 2,
    SECTION_STRINGS = 3,
    SECTION_SIGNAL = 16,
    SECTION_INDEX = 32, /* of the PDQ hashes */
};

/* A row of the section table: `count` items of `item` bytes at `offset`. The items of a signal's
 * section are stored as columns: all keys, all entry indexes, then (PDQ) all qualities. */
struct section {
    uint32_t type, flags;
    uint64_t offset, size, count;
    uint32_t item;
    uint8_t sha256[32];
};

struct lml_table {
    uint32_t format, min_reader, n;
    uint64_t size; /* of the file */
    uint8_t checksum[32];
    struct section v[LML_SECTIONS_MAX];
};

struct lml_meta {
    enum list_dialect dialect;
    uint32_t canon; /* LINK_VERSION of its links; 0: it has none */
    uint32_t texts; /* TEXT_VERSION of its texts; 0: it has none */
    uint64_t entries, active, weak;
    uint64_t signals[SIGNAL_COUNT];
    char id[LIST_ID_MAX + 1], version[LIST_ID_MAX + 1];
};

/* Bytes that header and table take. */
size_t lml_head_size(uint32_t sections);

/* Writes header and table of `t` to `out` (lml_head_size() bytes) and sets t->checksum. */
int lml_head_write(struct lml_table *t, uint8_t *out, struct error *e);

/*
 * Reads the first `have` bytes of a file of `file_size` bytes and checks everything that header and
 * table say: magic, versions, sizes, bounds, alignment, overlap, checksum, unknown sections.
 * `*need` is set to the bytes that it takes; with fewer, LMOD_E_LIST without looking further.
 */
int lml_head_read(struct lml_table *t,
                  const uint8_t *bytes,
                  size_t have,
                  uint64_t file_size,
                  const char *path,
                  struct error *e);

/* The section of this type, or NULL. */
const struct section *lml_section(const struct lml_table *t, uint32_t type);

void lml_meta_write(const struct lml_meta *m, uint8_t out[LML_META]);

/* False when a field is out of range. */
bool lml_meta_read(struct lml_meta *m, const uint8_t *bytes, size_t size);

/* Bytes of an item of a signal's section: key, entry index and, for PDQ, quality. */
uint32_t lml_item(enum signal s);

/* UTF-8 without control characters, at most `max` bytes. */
bool lml_printable(const char *text, size_t length, size_t max);

static inline uint32_t lml_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t lml_u64(const uint8_t *p)
{
    return (uint64_t)lml_u32(p) | (uint64_t)lml_u32(p + 4) << 32;
}

static inline void lml_put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static inline void lml_put64(uint8_t *p, uint64_t v)
{
    lml_put32(p, (uint32_t)v);
    lml_put32(p + 4, (uint32_t)(v >> 32));
}

/* ---- an open list: the parts of open.c, find.c and check.c ---- */

/* One signal's rows as columns. */
struct column {
    const uint8_t *keys, *entries, *quality; /* quality: PDQ only, else NULL */
    size_t n, key;                           /* rows; bytes of a key */
};

struct list {
    uint8_t *base; /* the whole file */
    size_t size;
    struct lml_table table;
    struct list_info info;
    struct column column[SIGNAL_COUNT];
    struct index index; /* parts NULL: it has none */
    const uint8_t *entries;
    size_t entry_count, entry_item;
    const char *strings; /* ends with NUL */
    size_t strings_size;
    struct sketch_index *texts; /* NULL: it has none */
};

/* Opens `path` whatever its place; over LIST_COPY_MAX mapped, so that it must not change meanwhile. */
int lml_open_anywhere(struct list **out, const char *path, struct error *e);

/* list_check(); without `index` it takes the checksum's word for that section, which making it again
 * would double the time of: for the one who has just made it. */
int lml_check(const char *path, bool index, struct list_info *info, struct error *e);

/* The entry of row `i` when it exists and is active: its index, else UINT32_MAX. */
uint32_t lml_active(const struct list *l, const struct column *c, size_t i);

#endif
