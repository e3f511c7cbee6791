/* The source CSV of lists: docs/reference/lists.md. */
#ifndef MODCTL_IMPORT_CSV_H
#define MODCTL_IMPORT_CSV_H

#include "csv_rows.h"

/*
 * Adds the rows of a CSV to `to` and its counts to `r` (which the caller sets to zero). LMOD_OK also
 * when every row was bad: look at the report. LMOD_E_IO: the source cannot be read; LMOD_E_ARGUMENT:
 * the type of bare values is none; LMOD_E_MEMORY.
 */
int import_csv(struct list_source *to, struct source *in, struct import_report *r, struct error *e);

#endif
