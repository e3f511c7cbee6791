/* Public suffixes: a walk down the tree of labels from the last label of a host name. */
#include <string.h>

#include "text/suffix.h"

enum { RULE = 1, EXCEPTION = 2, WILDCARD = 4, CHILDREN = 8 }; /* as in tables/suffixes.py */

struct children {
    uint32_t from, to;
};

/* Where the label that ends at `end` begins. */
static size_t label_start(const char *host, size_t end)
{
    while (end > 0 && host[end - 1] != '.')
        end--;
    return end;
}

/* The flags of the label among the children, and its own; 0: it is not there. */
static uint8_t find(struct children in, const char *label, size_t size, struct children *its)
{
    while (in.from < in.to) {
        const uint8_t *node = suffix_tree + in.from;
        uint32_t next = in.from + 2u + node[1], more = 0;
        if (node[0] & CHILDREN) {
            const uint8_t *n = suffix_tree + next;
            more = (uint32_t)n[0] << 16 | (uint32_t)n[1] << 8 | n[2];
            next += 3;
        }
        if (node[1] == size && memcmp(node + 2, label, size) == 0) {
            *its = (struct children){next, next + more};
            return (uint8_t)(node[0] | 0x80);
        }
        in.from = next + more;
    }
    return 0;
}

size_t suffix_size(const char *host, size_t size, bool *known)
{
    size_t start = label_start(host, size), suffix = size - start, end = size;
    uint8_t first = start < size ? (uint8_t)host[start] : 0, flags;
    struct children in = {suffix_index[first], suffix_index[first + 1]};
    *known = false;
    while ((flags = find(in, host + start, end - start, &in))) {
        *known = true;
        if (flags & EXCEPTION)
            return size - end - 1;
        if (flags & RULE)
            suffix = size - start;
        if (start == 0)
            break;
        end = start - 1;
        start = label_start(host, end);
        if (flags & WILDCARD)
            suffix = size - start;
    }
    return suffix;
}

size_t domain_size(const char *host, size_t size)
{
    bool known, digits = size > 0;
    size_t suffix = suffix_size(host, size, &known);
    for (size_t i = 0; i < size; i++)
        digits = digits && ((host[i] >= '0' && host[i] <= '9') || host[i] == '.');
    if (digits || suffix + 1 >= size)
        return size;
    return size - label_start(host, size - suffix - 1);
}
