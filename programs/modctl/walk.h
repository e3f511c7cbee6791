/*
 * Walks files and directories in a fixed order: operands as given, directories sorted by name.
 * Symbolic links are followed, but no directory is entered twice. What cannot be read comes too, as
 * an item with an error: nothing is left out silently.
 */
#ifndef MODCTL_WALK_H
#define MODCTL_WALK_H

#include <stdbool.h>
#include <stddef.h>

struct walk;

struct walk_item {
    const char *path;  /* borrowed until the next call */
    const char *error; /* why it cannot be read, or NULL for a regular file or "-" */
};

struct walk *walk_new(char *const *paths, size_t n); /* NULL: out of memory */
bool walk_next(struct walk *w, struct walk_item *item);
void walk_free(struct walk *w);

#endif
