/* Reading local entries. */
#include "local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "review.h"

static int take(void *user, const struct store_entry *row)
{
    struct local *l = user;
    void *array = l->entry;
    uint32_t signal;
    bool allow = strcmp(row->list, "allow") == 0;
    if (!row->active || (!allow && strcmp(row->list, "local") != 0) ||
        !term_value(signal_terms, row->sig, strlen(row->sig), &signal) ||
        row->size > sizeof(l->entry->value))
        return LMOD_OK;
    if (!array_grow(&array, &l->cap, l->count + 1, sizeof(*l->entry)))
        return LMOD_E_MEMORY;
    l->entry = array;
    struct local_entry *e = &l->entry[l->count++];
    *e = (struct local_entry){.allow = allow, .signal = (enum signal)signal};
    memcpy(e->value, row->value, row->size);
    e->size = row->size;
    (void)snprintf(e->name, sizeof(e->name), "%s", row->decision ? row->decision : "-");
    return LMOD_OK;
}

int local_read(struct local *out, const struct config *c)
{
    struct review r;
    struct error e = {0};
    uint64_t gen;
    *out = (struct local){.count = 0};
    if (!review_store_there(c))
        return EXIT_CLEAN;
    int code = review_begin(&r, c);
    if (code != EXIT_CLEAN)
        return code;
    int status = store_entries(r.store, 0, 0, take, out, &gen, &e);
    if (status == LMOD_E_MEMORY)
        (void)error_memory(&e);
    code = status == LMOD_OK ? EXIT_CLEAN : review_say(&e);
    review_close(&r);
    return code;
}

void local_finish(struct local *l)
{
    free(l->entry);
    *l = (struct local){.count = 0};
}
