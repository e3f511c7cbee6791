/* structure: what can be learnt from the chunks and blocks of a file without decoding anything, and
 * that no decoder says: bombs beside the picture, frames that it skips, an end that is missing. */
#ifndef WORKER_STRUCTURE_H
#define WORKER_STRUCTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PNG_TEXT_MAX = 1000000, /* bytes of one text or profile chunk */
    PNG_PACKED_MAX = 64,    /* compressed text and profile chunks */
};

struct structure {
    bool bomb;       /* metadata out of all proportion */
    bool whole;      /* ends as its format says */
    uint32_t frames; /* that a viewer would show; 0: not counted */
};

struct structure structure_png(const uint8_t *bytes, size_t size);
struct structure structure_gif(const uint8_t *bytes, size_t size);

#endif
