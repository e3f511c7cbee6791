/* One function for each format but CSV; docs/reference/lists.md says what they read. */
#ifndef MODCTL_IMPORT_FORMATS_H
#define MODCTL_IMPORT_FORMATS_H

#include "import_source.h"

/* As import_source() in import.h. */
typedef int import_function(struct list_source *to,
                            struct source *in,
                            struct import_report *r,
                            struct error *e);

import_function import_tx, import_threatexchange, import_stopncii, import_hma, import_ncmec;

/* Whether a file of python-threatexchange has such rows: "pdq f8f8…". */
bool import_tx_type(const char *name, size_t size);

#endif
