/* The entries that people made, of the lists local and allow, read from the event store. */
#ifndef MODCTL_LOCAL_H
#define MODCTL_LOCAL_H

#include "engine/config.h"
#include "modctl.h"
#include "store/store.h"

struct local_entry {
    char name[STORE_ID]; /* as verdicts name it */
    bool allow;
    enum signal signal;
    uint8_t value[SKETCH_BYTES];
    size_t size; /* of a text that of a digest, or of a sketch */
};

struct local {
    struct local_entry *entry;
    size_t count, cap;
};

/* Active entries; none when nothing was recorded yet. The exit code; what is wrong was said. */
int local_read(struct local *out, const struct config *c);
void local_finish(struct local *l);

#endif
