/*
 * What the importers of partners' formats share: an entry is begun, gets an id, labels, opinions and a
 * status, and then its signals, one by one. What the source calls a signal is looked up in a table;
 * kinds that lists do not hold are counted by name.
 */
#ifndef MODCTL_IMPORT_ENTRY_H
#define MODCTL_IMPORT_ENTRY_H

#include "import_source.h"

/* A kind of signal as a source names it, in any case; a table ends with a NULL name. */
struct import_kind {
    const char *name;
    enum signal signal; /* 0: known, but nothing that a list holds */
    const char *label;  /* what every such entry is labelled with; may be NULL */
};

/* Where something stands in the source, both from 1. */
struct import_place {
    uint32_t line, column;
};

struct importer {
    struct source *in;
    const struct import_options *o;
    struct import_report *r;
    struct list_source *to;
    const struct import_kind *kinds;

    /* the entry */
    struct buffer id;  /* empty: each signal is an entry of its own, named by its value */
    const char *group; /* and by this before it; NULL: none */
    struct buffer labels, opinion;
    enum entry_status status;
    uint64_t stamp; /* of struct list_row */
};

void importer_init(struct importer *im,
                   struct list_source *to,
                   struct source *in,
                   const struct import_kind *kinds,
                   struct import_report *r);
void importer_finish(struct importer *im);

/* A new entry: active, without id, labels and opinion. */
void entry_begin(struct importer *im);

/* `name` may be NULL. Commas and control characters become blanks; labels and opinions that find no
 * room in an entry are left out. */
void entry_label(struct importer *im, const char *name, const char *text);
void entry_opinion(struct importer *im, const char *who, const char *what);

/* The stricter of what it is and `status`. */
void entry_status(struct importer *im, enum entry_status status);

/* It ends then: expired when that was before now. */
void entry_expires(struct importer *im, uint64_t ms);

/* Adds a signal: it is added, or counted as another kind, or reported as bad. LMOD_OK, LMOD_E_MEMORY. */
int entry_signal(struct importer *im,
                 const char *kind,
                 const char *value,
                 size_t size,
                 struct import_place at,
                 struct error *e);

/* Tells the entry's status alone; it must have an id. */
int entry_mark(struct importer *im, struct import_place at, struct error *e);

/* A row that is skipped. */
void import_bad(struct importer *im, struct import_place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
