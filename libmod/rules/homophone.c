/* Characters that sound alike, of a table of its own: the views that see through them share nothing with it. */
#include <string.h>

#include "rules/evade.h"

/* The group of `c`, up to its end; NULL: it has none. */
static const char *group_of(uint32_t c, const char **end)
{
    uint32_t length;
    for (const char *group = homophone_table; *group; group = **end ? *end + 1 : *end) {
        *end = group + strcspn(group, " ");
        for (const char *at = group; at < *end; at += length)
            if (code_point(at, (size_t)(*end - at), &length) == c)
                return group;
    }
    return NULL;
}

/* Counts the characters of the group that disguise `c`; `*found` becomes number `which` of them. */
static uint32_t walk(uint32_t c, uint32_t which, uint32_t *found)
{
    const char *end = NULL, *at = group_of(c, &end);
    uint32_t n = 0, length;
    for (; at && at < end && *at != '/'; at += length) {
        uint32_t other = code_point(at, (size_t)(end - at), &length);
        if (other == c)
            continue;
        if (n++ == which)
            *found = other;
    }
    return n;
}

uint32_t homophones(uint32_t c)
{
    uint32_t found = 0;
    return c < 0x4e00 || c > 0x9fff ? 0 : walk(c, 0, &found);
}

uint32_t homophone(uint32_t c, uint32_t which)
{
    uint32_t found = 0;
    (void)walk(c, which, &found);
    return found;
}
