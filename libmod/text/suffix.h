/* Inside the room: public suffixes, and which host name a registrar sells. */
#ifndef TEXT_SUFFIX_H
#define TEXT_SUFFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const uint32_t suffix_top[]; /* where the top labels begin, sorted */
extern const uint32_t suffix_top_size;
extern const uint8_t suffix_tree[];

/*
 * The size of the public suffix at the end of a lower-case host name; its last label by default.
 * `known`: the last label is in the list.
 */
size_t suffix_size(const char *host, size_t size, bool *known);

/* The size of the registrable domain at the end: the suffix and one label; all when there is none. */
size_t domain_size(const char *host, size_t size);

#endif
