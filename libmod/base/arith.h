/* Checked arithmetic on sizes: false when the result does not fit. */
#ifndef BASE_ARITH_H
#define BASE_ARITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool size_add(size_t a, size_t b, size_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}

static inline bool size_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* calloc() of `n` items, refusing a product that does not fit. */
void *array_new(size_t n, size_t item);

/* Grows `*array` (of `*cap` items of `item` bytes) to hold `need` items, at least doubling it.
 * False when memory runs out; the array is then as before. */
bool array_grow(void **array, size_t *cap, size_t need, size_t item);

#endif
