/* A table of distinct strings, each with a number from 0, in the order in which they came. */
#ifndef LISTS_NAMES_H
#define LISTS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct names {
    char *text; /* all strings, each with its NUL */
    size_t size, cap;
    uint64_t *at; /* offset of string i in `text` */
    size_t n, at_cap;
    uint64_t *slots; /* hash table: hash << 32 | i + 1; 0: empty */
    size_t slot_count;
};

void names_finish(struct names *t);

/* The number of `text`, which is added when it is new. False: out of memory or numbers; nothing has
 * changed then. */
bool names_intern(struct names *t, const char *text, size_t length, uint32_t *number);

/* The number of `text`; false when it is not in the table. */
bool names_find(const struct names *t, const char *text, size_t length, uint32_t *number);

static inline const char *names_text(const struct names *t, size_t i)
{
    return t->text + t->at[i];
}

/* The places of the strings in bytewise order, by number (t->n items, caller frees). NULL: out of
 * memory. */
uint32_t *names_rank(const struct names *t);

/* Renumbers the strings to bytewise order; returns the new numbers by the old ones, like
 * names_rank(). NULL: out of memory, nothing has changed. */
uint32_t *names_order(struct names *t);

#endif
