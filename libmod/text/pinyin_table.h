/* How Chinese characters are read: numbers of toneless syllables, 0 for none. */
#ifndef TEXT_PINYIN_TABLE_H
#define TEXT_PINYIN_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum {
    PINYIN_FIRST = 0x100,               /* syllable number n is this code point + n of the view */
    PINYIN_EXTENSION = 0x4dc0 - 0x3400, /* characters from U+3400 on, and then from U+4E00 on */
    PINYIN_CHARACTERS = PINYIN_EXTENSION + 0xa000 - 0x4e00,
    PINYIN_MORE = 81,
    PINYIN_STATES = 496,
    PINYIN_LETTERS = 27, /* of a state: the next one for a … z; the syllable that ends there */
};

/* A reading besides the usual one; those of a character stand together, characters ascend. */
struct pinyin_more {
    uint16_t character, syllable;
};

extern const uint16_t pinyin_first[];
extern const struct pinyin_more pinyin_more[];
extern const uint16_t pinyin_letters[]; /* state 0 is the start, and "no such letter" */

static inline uint32_t pinyin_reading(uint32_t c)
{
    uint32_t at = c - 0x4e00 < 0x5200   ? PINYIN_EXTENSION + c - 0x4e00
                  : c - 0x3400 < 0x19c0 ? c - 0x3400
                                        : PINYIN_CHARACTERS;
    return at < PINYIN_CHARACTERS ? pinyin_first[at] : 0;
}

#endif
