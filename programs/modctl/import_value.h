/* Values of signals as sources write them: hex digits, links, texts, dates. */
#ifndef MODCTL_IMPORT_VALUE_H
#define MODCTL_IMPORT_VALUE_H

#include <stdbool.h>

#include "importers.h"

/*
 * Puts the value into `row` by which lists hold it. LMOD_E_LIST with what is wrong with it;
 * LMOD_E_MEMORY.
 */
int import_value(
    struct list_row *row, enum signal signal, const char *text, size_t size, struct error *e);

/* A time into ms since 1970: ISO 8601, also with an offset without a colon; a date alone; seconds or
 * milliseconds since 1970. False: it is none. */
bool import_time(const char *text, uint64_t *ms);

#endif
