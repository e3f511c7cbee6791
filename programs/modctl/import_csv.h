/* The source CSV of lists: docs/reference/lists.md. */
#ifndef MODCTL_IMPORT_CSV_H
#define MODCTL_IMPORT_CSV_H

#include <stdio.h>

#include "importers.h"

enum { CSV_ROW_MAX = 64 << 10, CSV_FIELDS_MAX = 64 }; /* bytes and fields of one row */

/*
 * Adds the rows of a CSV to `to` and its counts to `r` (which the caller sets to zero). LMOD_OK also
 * when every row was bad: look at the report. LMOD_E_IO: the file cannot be read; LMOD_E_ARGUMENT:
 * o->type is no type; LMOD_E_MEMORY.
 */
int import_csv(struct list_source *to,
               const struct import_options *o,
               struct import_report *r,
               struct error *e);

/* The same from an open stream; o->path is what it is called. */
int import_csv_stream(struct list_source *to,
                      FILE *in,
                      const struct import_options *o,
                      struct import_report *r,
                      struct error *e);

#endif
