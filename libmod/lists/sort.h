/* Sorting for the lists room: in place, because a list may have millions of rows. */
#ifndef LISTS_SORT_H
#define LISTS_SORT_H

#include <stddef.h>
#include <stdint.h>

enum { RECORD_MAX = 264 };

/* Sorts `n` records of `size` bytes (at most RECORD_MAX) by their first `key` bytes, as memcmp()
 * orders them. Linear in the bytes that differ; takes no memory; not stable. */
void records_sort(uint8_t *records, size_t n, size_t size, size_t key);

#endif
