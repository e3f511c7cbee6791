/*
 * What all importers share: options in, report out, callbacks for bad rows and pictures. A bad row is
 * skipped, counted and reported with its place; it never stops the import.
 */
#ifndef MODCTL_IMPORTERS_H
#define MODCTL_IMPORTERS_H

#include <stdint.h>

#include "base/base.h"
#include "lists/lists.h"

/* The formats of sources; their names are those of --format. */
enum import_format {
    FORMAT_CSV = 1,
    FORMAT_TX,             /* files of python-threatexchange */
    FORMAT_THREATEXCHANGE, /* JSON of the ThreatExchange API */
    FORMAT_STOPNCII,
    FORMAT_NCMEC,
    FORMAT_HMA, /* the banks of Hasher-Matcher-Actioner */
};
extern const struct term import_format_terms[];

struct import_options {
    const char *path; /* the source; "-": standard input */
    const char *type; /* of bare values, as in a CSV's first column; NULL: rows name their type */
    uint64_t now;     /* ms since 1970: what expires before is expired */

    /*
     * A `file` row: hash the picture at `path` (already joined with the source's directory) and add
     * its signals to `to` as copies of `row`, which has everything but signal and value. Anything but
     * LMOD_OK makes the row a bad one, with e->text; LMOD_E_MEMORY ends the import. NULL: such rows
     * are bad.
     */
    int (*picture)(void *context,
                   const char *path,
                   const struct list_row *row,
                   struct list_source *to,
                   struct error *e);

    /* A row that was skipped. `line` and `column` count from 1, columns in code points. May be NULL. */
    void (*bad)(void *context, const char *path, uint32_t line, uint32_t column, const char *text);

    /* So many bytes of the source were read. May be NULL. */
    void (*progress)(void *context, const char *path, uint64_t bytes);

    void *context; /* for all of them */
};

/* Signals that lists do not hold (PhotoDNA, videos), by the source's name for them. */
struct import_others {
    struct {
        char name[24];
        uint64_t n;
    } v[16];
    size_t n;       /* names; what finds no room is "other" */
    uint64_t total; /* signals */
};

struct import_report {
    uint64_t rows;     /* with data: not blank, comment or header. Of partners' formats: signals */
    uint64_t added;    /* rows whose signals are in the source now */
    uint64_t bad;      /* rows that were skipped */
    uint64_t pictures; /* of the added ones: hashed here */
    uint64_t pdqs;     /* of the added ones: PDQ hashes that came as such */
    struct import_others others; /* rows = added + bad + others.total */
};

#endif
