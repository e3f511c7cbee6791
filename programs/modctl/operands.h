/* A hash or a picture on the command line: TYPE:VALUE, or a path. */
#ifndef MODCTL_OPERANDS_H
#define MODCTL_OPERANDS_H

#include "lists/lists.h"
#include "modctl.h"
#include "text/text.h"

struct operand {
    bool file;                   /* the word is a path */
    enum signal signal;          /* of a value */
    const char *text;            /* what stands behind the colon */
    uint8_t bytes[LIST_KEY_MAX]; /* a hash; signal_bytes() of them */
    struct link_digests link;    /* of a link; its own is in `bytes` too */
};

/*
 * A file whose name looks like a hash is found first, or written ./NAME. `more`: a type of its own
 * ("key") that has no bytes; NULL: none. The exit code; EXIT_USAGE: it was said why.
 */
int operand_read(const char *word, const char *more, struct operand *out);

#endif
