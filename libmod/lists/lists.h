/*
 * lists: compiled hash lists (.lml): build, open, look up. The format: docs/reference/lists.md.
 *
 * An open list is immutable and may be used by any number of threads. Every field of a file is
 * bounds-checked before it is used; a truncated, corrupt or newer file is refused with a clear error.
 */
#ifndef LISTS_LISTS_H
#define LISTS_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "hash/hash.h"

enum {
    LIST_FORMAT = 1,
    LIST_COPY_MAX = 64 << 20, /* files up to this are copied at open, larger ones are mapped */
    LIST_ID_MAX = 64,
    LIST_ENTRY_MAX = 255,
    LIST_LABELS_MAX = 1023,
    LIST_KEY_MAX = SKETCH_BYTES, /* the longest signal value */
};

/* Which PDQ a list holds: of the picture sampled to 512 first (the reference tool), or of the full
 * picture (python-threatexchange, pdqhash). */
enum list_dialect { DIALECT_UNKNOWN = 0, DIALECT_REFERENCE = 1, DIALECT_FULL = 2 };
extern const struct term dialect_terms[];

enum entry_status { ENTRY_ACTIVE = 0, ENTRY_WITHDRAWN = 1, ENTRY_EXPIRED = 2, ENTRY_DISABLED = 3 };
extern const struct term entry_status_terms[];

/* Bytes of a signal's value: 16, 20, 32, 32, 32, 256; 0 for what is none. A text's is a stored sketch. */
size_t signal_bytes(enum signal s);

/* ---- building ---- */

/* A row of a source, already parsed. */
struct list_row {
    enum signal signal; /* 0: none, the row only says something of its entry */
    uint8_t value[LIST_KEY_MAX];
    const char *entry;   /* id; rows of one entry are one content */
    const char *labels;  /* comma-separated, without the reserved ones; may be NULL */
    const char *opinion; /* may be NULL */
    enum entry_status status;
    uint8_t quality; /* of a PDQ; 100 when it is not known */
    uint64_t
        stamp; /* which version of its entry it is of, such as a time; 0: the source has none */
};

struct list_meta {
    const char *id, *version; /* at most LIST_ID_MAX bytes of printable text each */
    enum list_dialect dialect;
};

struct list_source;
struct list_source *list_source_new(void); /* NULL: out of memory */
void list_source_free(struct list_source *s);

/*
 * Adds a row; strings are copied. LMOD_E_LIST for a row that cannot be listed (text says why),
 * LMOD_E_MEMORY. A failed row leaves the source as it was. An entry has the labels and opinions of all
 * its rows, and the strictest status of them: withdrawn, disabled, expired, active.
 *
 * Of an entry's versions the newest counts, whichever comes first: rows with a lower stamp, and those
 * without one, lose signal, labels and opinion. The status of rows without a stamp always counts.
 */
int list_source_add(struct list_source *s, const struct list_row *row, struct error *e);

struct list_info {
    char id[LIST_ID_MAX + 1], version[LIST_ID_MAX + 1];
    uint32_t format;
    enum list_dialect dialect;
    uint64_t entries, active, bytes;
    uint64_t signals[SIGNAL_COUNT]; /* by enum signal; withdrawn rows are not counted */
    uint32_t link_version;          /* of the keys of its links, 0: it has none */
    uint32_t text_version;          /* of the sketches of its texts, 0: it has none */
    uint64_t weak;                  /* PDQ rows under PDQ_QUALITY_MIN: kept, never matching */
    uint8_t checksum[32];
    bool indexed; /* it has an index of its PDQ hashes */
    bool mapped;
};

/* Writes the list, reads it back, and publishes it by rename. Same rows in any order and same meta,
 * same bytes. `info` (may be NULL) is filled on success; the source may be added to and written again.
 * LMOD_E_IO, LMOD_E_LIST (nothing to write), LMOD_E_MEMORY. */
int list_write(const char *path,
               struct list_source *s,
               const struct list_meta *meta,
               struct list_info *info,
               struct error *e);

/* ---- reading ---- */

struct list;

/*
 * Opens a list. Header and section table are checked; the full checksum is not (list_check()).
 * A file over LIST_COPY_MAX is mapped when it lies below `mapped_root` (the state directory's lists/;
 * NULL: none) and refused otherwise, with the command to install it.
 */
int list_open(struct list **out, const char *path, const char *mapped_root, struct error *e);
void list_close(struct list *l);

/* Reads the whole file: checksum, order, every reference. LMOD_E_LIST says what is wrong. Maps a file
 * over LIST_COPY_MAX wherever it is, so that it must not shrink meanwhile: for tools. */
int list_check(const char *path, struct list_info *info, struct error *e);

void list_info_get(const struct list *l, struct list_info *out);

struct list_hit {
    uint32_t entry;    /* for list_entry_get() */
    uint16_t distance; /* 0 for digests; of texts: percent that is not in common */
    uint16_t needle;   /* which query hash */
    uint8_t quality;   /* of the listed PDQ */
};

struct list_entry {
    const char *id, *labels, *opinion; /* borrowed from the list; never NULL */
    enum entry_status status;
};

/* Active entries that hold this digest or link, at most `cap`; returns how many there are. */
size_t list_find(
    const struct list *l, enum signal s, const uint8_t *key, struct list_hit *out, size_t cap);

/*
 * Active entries with a PDQ within `radius` of any of `count` queries: each entry once, with its
 * nearest distance, nearest first, at most `cap`. `*total` receives how many entries there are.
 * LMOD_E_TIMEOUT when `dl` passed first (what was found so far is in `out`).
 */
int list_near(const struct list *l,
              const struct pdq *queries,
              size_t count,
              unsigned radius,
              uint64_t dl,
              struct list_hit *out,
              size_t cap,
              size_t *n,
              size_t *total);

/*
 * Active entries with a text near `q`: each once, nearest first, at most `cap`; returns how many there are.
 * `*cut`: too many texts had something in common with it to look at all.
 */
size_t list_near_text(
    const struct list *l, const struct sketch *q, struct list_hit *out, size_t cap, bool *cut);

/* Fills `out`; an index out of range gives an entry without an id (""). */
void list_entry_get(const struct list *l, uint32_t index, struct list_entry *out);

#endif
