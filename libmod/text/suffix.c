/* Public suffixes: a walk down the tree of labels from the last label of a host name. */
#include <string.h>

#include "text/suffix.h"

/* As in tables/suffixes.py, but the last. */
enum { RULE = 1, EXCEPTION = 2, WILDCARD = 4, CHILDREN = 8, FOUND = 128 };

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

/* The flags of the node at `at` and where its children are. */
static uint8_t open_node(uint32_t at, struct children *its)
{
    const uint8_t *node = suffix_tree + at, *n = node + 2 + node[1];
    *its = (struct children){at + 2u + node[1], at + 2u + node[1]};
    if (node[0] & CHILDREN) {
        its->from += 3;
        its->to = its->from + ((uint32_t)n[0] << 16 | (uint32_t)n[1] << 8 | n[2]);
    }
    return node[0] | FOUND;
}

/* The flags of the label among the children, and its own; 0: it is not there. */
static uint8_t find(struct children in, const char *label, size_t size, struct children *its)
{
    while (in.from < in.to) {
        const uint8_t *node = suffix_tree + in.from;
        if (size && node[2] > (uint8_t)label[0])
            return 0;
        uint8_t flags = open_node(in.from, its);
        if (node[1] == size && memcmp(node + 2, label, size) == 0)
            return flags;
        in.from = its->to;
    }
    return 0;
}

/* The same among the top labels. */
static uint8_t find_top(const char *label, size_t size, struct children *its)
{
    uint32_t low = 0, high = suffix_top_size;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const uint8_t *node = suffix_tree + suffix_top[middle];
        int order = memcmp(node + 2, label, node[1] < size ? node[1] : size);
        if (!order && node[1] == size)
            return open_node(suffix_top[middle], its);
        if (order < 0 || (!order && node[1] < size))
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

size_t suffix_size(const char *host, size_t size, bool *known)
{
    size_t start = label_start(host, size), suffix = size - start, end = size;
    struct children in = {0, 0};
    uint8_t flags = find_top(host + start, end - start, &in);
    *known = flags != 0;
    while (flags) {
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
        flags = find(in, host + start, end - start, &in);
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
