/* What the files of `modctl doctor` share. */
#ifndef MODCTL_DOCTOR_H
#define MODCTL_DOCTOR_H

#include "engine/engine.h"
#include "modctl.h"

enum state { STATE_OK, STATE_WARN, STATE_BAD };

struct doctor {
    const struct config *config;
    struct engine *engine;
    int code;
};

/* One line. `mend` is NULL when there is nothing to do. */
void tell(struct doctor *d,
          const char *check,
          enum state state,
          const char *mend,
          const char *format,
          ...) __attribute__((format(printf, 5, 6)));

/* The event store: whether it can be written, who may, its size, what waits in it. */
void doctor_store(struct doctor *d);

#endif
