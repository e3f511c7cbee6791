/* Content over which workers died: a small table, the least recently used is forgotten first. */
#include "media/pool.h"

#include <string.h>

static struct grave *find(struct media *m, const uint8_t digest[32])
{
    for (size_t i = 0; i < GRAVES; i++)
        if (m->graves[i].deaths && !memcmp(m->graves[i].digest, digest, 32))
            return &m->graves[i];
    return NULL;
}

uint32_t graves_deaths(struct media *m, const uint8_t digest[32])
{
    if (!m->grave_clock) /* nothing ever died: the usual case */
        return 0;
    struct grave *g = find(m, digest);
    if (!g)
        return 0;
    g->used = ++m->grave_clock;
    return g->deaths;
}

void graves_add(struct media *m, const uint8_t digest[32])
{
    struct grave *g = find(m, digest);
    if (!g) {
        g = &m->graves[0];
        for (size_t i = 1; i < GRAVES && g->deaths; i++)
            if (!m->graves[i].deaths || m->graves[i].used < g->used)
                g = &m->graves[i];
        g->deaths = 0;
        memcpy(g->digest, digest, 32);
    }
    g->deaths++;
    g->used = ++m->grave_clock;
}

void graves_remove(struct media *m, const uint8_t digest[32])
{
    struct grave *g = m->grave_clock ? find(m, digest) : NULL;
    if (g)
        g->deaths = 0;
}
