/* The rule packs that a command works on: its operands, or those of the config when it has none. */
#ifndef MODCTL_PACKS_H
#define MODCTL_PACKS_H

#include "engine/config.h"
#include "modctl.h"
#include "rules/rules.h"

struct packs {
    const char *const *file;
    size_t n;
    const struct config *config; /* what the names belong to; NULL: operands */
};

/* EXIT_CLEAN, or the reason is said. packs_close() in both cases. */
int packs_open(struct packs *p, const struct args *a);
void packs_close(struct packs *p);

/* The work on one pack; returns its exit code. `*stop`: the output is closed, nobody reads the rest. */
typedef int (*pack_work)(void *user, const char *file, bool *stop);

/* Each pack by itself, so that one that is invalid hides nothing about the others. The exit code. */
int packs_each(const struct packs *p, pack_work work, void *user);

#endif
