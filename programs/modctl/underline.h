/* A text on one line of a terminal, and marks under a part of it. */
#ifndef MODCTL_UNDERLINE_H
#define MODCTL_UNDERLINE_H

#include "base/base.h"

struct underline {
    struct buffer text; /* what to print, NUL-terminated; never NULL after underline_begin() */
    struct buffer marks;
    uint32_t *column; /* by byte of the text that came in: where it stands on the terminal */
    size_t size;
};

/* Control characters become \xNN; what is behind `most` bytes is cut off. False: out of memory.
 * underline_end() after success. */
bool underline_begin(struct underline *u, const char *text, size_t size, size_t most);

/* A line with `mark` under the bytes [from, to): at least one, and none behind the end. Valid until
 * the next call. */
const char *underline_at(struct underline *u, uint32_t from, uint32_t to, char mark);
void underline_end(struct underline *u);

#endif
