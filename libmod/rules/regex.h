/* rules, inside: what can be known of a regex without running it. */
#ifndef RULES_REGEX_H
#define RULES_REGEX_H

#include "rules/pack.h"

struct literal_range {
    uint32_t from, size; /* in regex_facts.pool */
};

struct regex_facts {
    struct literal_range atom[ATOMS_MAX]; /* every match holds one of them, folded */
    uint32_t atoms;                       /* 0: nothing is known to be in every match */
    uint32_t before;                      /* most code points of a match before its atom */
    uint32_t min;                         /* fewest code points of a match */
    struct buffer pool;
    const char *fault; /* why it is refused, or NULL */
    size_t fault_at;   /* byte of the pattern */
};

/* Reads a pattern that PCRE2 has accepted. LMOD_E_MEMORY. Call regex_facts_finish() in any case. */
int regex_facts_read(struct regex_facts *f, const char *pattern, size_t size);
void regex_facts_finish(struct regex_facts *f);

/*
 * The pattern as it must be to find folded text: what stands literally is folded, escapes and ASCII
 * stay. `map` receives for every byte of `out` (and the end) the byte of `pattern` it came from, as
 * uint32_t.
 */
void regex_fold(struct buffer *out, struct buffer *map, const char *pattern, size_t size);

#endif
