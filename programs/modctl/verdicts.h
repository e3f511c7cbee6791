/* What `scan` and `report` share: who and where by options, standard input, showing verdicts. */
#ifndef MODCTL_VERDICTS_H
#define MODCTL_VERDICTS_H

#include "engine/engine.h"
#include "modctl.h"

#define SUBJECT_OPTIONS                                                                            \
    {"surface", "S", "where it is: upload, message (the defaults of files and texts), avatar, …",  \
     NULL, 0},                                                                                     \
        {"host", "H", "the server, as it names itself", NULL, 0},                                  \
        {"room", "R", "the room, as the host names it", NULL, 0},                                  \
        {"sender", "U", "the sender, as the host names it", NULL, 0},                              \
    {                                                                                              \
        "item", "I", "the host's reference of the content", NULL, 0                                \
    }

/* By those options; `surface` when none is given. False: said, usage error. */
bool subject_read(const struct args *a, uint32_t surface, struct subject *out);

/* Standard input, to one byte more than `max`, so that too much is seen as too much. */
int input_read(struct buffer *out, uint64_t max, struct error *e);

/* One line: the verdict of `input`. False when it cannot be written. */
bool verdict_print(const char *input, struct verdict *v);

/* One line for an input without a verdict, and a diagnostic. */
bool verdict_print_error(const char *input, struct error *e);

/* The exit code of a scan's verdict. */
int verdict_code(const struct verdict *v);

#endif
