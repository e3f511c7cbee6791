/* The fold view's mapping: code point -> block -> offset in the pool, 0 for "itself". An entry of the
 * pool is kind << 6 | size and then `size` bytes of UTF-8. */
#ifndef TEXT_FOLD_TABLE_H
#define TEXT_FOLD_TABLE_H

#include <stdint.h>

enum {
    FOLD_PLAIN = 0,
    FOLD_MARK = 1, /* a vowel sign or tone: only behind a letter of its own script */
    FOLD_JOIN = 2, /* a voicing mark or jamo: melts into the character before it */
    FOLD_BLOCK = 128,
    FOLD_SIZE_MAX = 63,
};

extern const uint16_t fold_index[];
extern const uint16_t fold_blocks[];
extern const uint8_t fold_pool[];

static inline const uint8_t *fold_entry(uint32_t c)
{
    return fold_pool + fold_blocks[fold_index[c / FOLD_BLOCK] * FOLD_BLOCK + c % FOLD_BLOCK];
}

#endif
