/* Disguises of a text, for the tests of rules. */
#ifndef RULES_EVADE_H
#define RULES_EVADE_H

#include "rules/pack.h"

enum evasion {
    EVADE_FULLWIDTH,
    EVADE_CIRCLED,
    EVADE_MATH,
    EVADE_ZERO_WIDTH,
    EVADE_SOFT_HYPHEN,
    EVADE_ACCENTS,
    EVADE_ZALGO,
    EVADE_HOMOGLYPH,
    EVADE_LEET,
    EVADE_SPACED,
    EVADE_REPEATED,
    EVADE_EMOJI,
    EVADE_ZH_SPACED,
    EVADE_ZH_EMOJI,
    EVADE_ZH_SYMBOL,
    EVADE_MIXED,
    EVADE_REVERSED,
    EVADE_TRADITIONAL,
    EVADE_HOMOPHONE_ONE,
    EVADE_HOMOPHONE_ALL,
    EVASIONS,
};
extern const struct term evasion_terms[];

/* homophone.c: how many other characters sound like `c`, and number `which` of them. */
uint32_t homophones(uint32_t c);
uint32_t homophone(uint32_t c, uint32_t which);
/* Groups of Chinese characters that sound alike; homophone_table.c says how they stand. */
extern const char homophone_table[];

enum { EVADE_VARIANTS = 8 }; /* disguises of one kind for each hit test */

/* Appends `text` with the bytes [from, to) disguised; the same arguments, the same disguise. */
void evade(struct buffer *out,
           enum evasion kind,
           uint32_t variant,
           const char *text,
           size_t size,
           uint32_t from,
           uint32_t to);

#endif
