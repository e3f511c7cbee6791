/*
 * What all importers share: options in, report out, callbacks for bad rows and pictures. A bad row is
 * skipped, counted and reported with its place; it never stops the import. Later importers (JSON, XML)
 * take the same structs.
 */
#ifndef MODCTL_IMPORTERS_H
#define MODCTL_IMPORTERS_H

#include <stdint.h>

#include "base/base.h"
#include "lists/lists.h"

struct import_options {
    const char *path; /* the source; "-": standard input */
    const char *type; /* of bare values, as in a CSV's first column; NULL: rows name their type */

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

    void *context; /* for both */
};

struct import_report {
    uint64_t rows;     /* with data: not blank, comment or header */
    uint64_t added;    /* rows whose signals are in the source now */
    uint64_t bad;      /* rows that were skipped; rows = added + bad */
    uint64_t pictures; /* of the added ones: hashed here */
    uint64_t pdqs;     /* of the added ones: PDQ hashes that came as such */
};

#endif
