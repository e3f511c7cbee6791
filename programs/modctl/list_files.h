/* What the `list` commands share: opening what the user named, printing what a list is. */
#ifndef MODCTL_LIST_FILES_H
#define MODCTL_LIST_FILES_H

#include "importers.h"
#include "lists/lists.h"
#include "modctl.h"

/* A named file must be there before its content is judged: EXIT_INPUT and a message when it cannot be
 * read, else EXIT_CLEAN. */
int list_file_readable(const char *path);

/* {id,version,entries,signals:{},bad,pdq,bytes,others:{}}, or the same as text. `r`: of the import that made
 * it, NULL: it was there. */
bool list_info_print(const char *path, const struct list_info *info, const struct import_report *r);

#endif
