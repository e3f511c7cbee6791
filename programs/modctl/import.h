/* Sources of lists in every format: the door to the importers. */
#ifndef MODCTL_IMPORT_H
#define MODCTL_IMPORT_H

#include "import_source.h"

/* The format of a --format NAME; false: there is none of that name. */
bool import_format_named(const char *name, enum import_format *out);

/* "StopNCII JSON" … for people. */
const char *import_format_title(enum import_format format);

/* The format that the source has, by how it begins. LMOD_E_LIST: nothing that is known. */
int import_recognise(struct source *in, enum import_format *out, struct error *e);

/*
 * Adds what the source says to `to` and its counts to `r`. LMOD_OK also when every row was bad: look at
 * the report. LMOD_E_IO: the source cannot be read; LMOD_E_LIST: it is cut off or not in this format;
 * LMOD_E_ARGUMENT: o->type is no type, or not for this format; LMOD_E_MEMORY.
 */
int import_source(struct list_source *to,
                  struct source *in,
                  enum import_format format,
                  struct import_report *r,
                  struct error *e);

#endif
