/* Clusters of texts: their sketches, read from the store as they come. */
#include "engine/crowd.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store.h"

enum {
    KEPT = 4096,   /* texts; when there are more the older half goes */
    TAIL = 256,    /* that the index does not know yet: they are compared one by one */
    READ_MS = 100, /* what recording lends to reading the store, and at most half of what it has */
    WAIT_US = 300, /* for others who ask: in a flood events are recorded, and few are compared */
};

struct crowd {
    pthread_mutex_t lock;
    uint64_t after; /* the last content that was read */
    size_t n, indexed;
    uint8_t *sketch;          /* KEPT of SKETCH_BYTES */
    char (*key)[CONTENT_KEY]; /* the content that stands for each */
    struct sketch_index *index;
};

struct crowd *crowd_new(void)
{
    struct crowd *c = calloc(1, sizeof(*c));
    if (c)
        (void)pthread_mutex_init(&c->lock, NULL);
    return c;
}

void crowd_free(struct crowd *c)
{
    if (!c)
        return;
    sketch_index_free(c->index);
    free(c->sketch);
    free(c->key);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

void crowd_fork(struct crowd *c, enum fork_phase phase)
{
    if (phase == FORK_PREPARE)
        (void)pthread_mutex_lock(&c->lock);
    else
        (void)pthread_mutex_unlock(&c->lock);
}

/* ---- reading ---- */

static bool make_room(struct crowd *c)
{
    if (!c->sketch && !(c->sketch = array_new(KEPT, SKETCH_BYTES)))
        return false;
    if (!c->key && !(c->key = array_new(KEPT, CONTENT_KEY)))
        return false;
    if (c->n < KEPT)
        return true;
    c->n = KEPT / 2;
    memmove(c->sketch, c->sketch + c->n * SKETCH_BYTES, c->n * SKETCH_BYTES);
    memmove(c->key, c->key + c->n, c->n * sizeof(c->key[0]));
    sketch_index_free(c->index);
    c->index = NULL;
    c->indexed = 0;
    return true;
}

/* A cluster that is an entry of a list says what was listed then; the content stands for itself. */
static int take(void *user, const struct store_like *row)
{
    struct crowd *c = user;
    const char *key = row->cluster && strncmp(row->cluster, "h1:", 3) == 0 ? row->cluster : row->ck;
    if (row->sketch.size != SKETCH_BYTES || strlen(key) >= CONTENT_KEY)
        return LMOD_OK;
    if (!make_room(c))
        return LMOD_E_MEMORY;
    memcpy(c->sketch + c->n * SKETCH_BYTES, row->sketch.at, SKETCH_BYTES);
    memcpy(c->key[c->n++], key, strlen(key) + 1);
    return LMOD_OK;
}

/* Without it the tail is longer, and compared all the same. */
static void index_tail(struct crowd *c)
{
    if (c->n - c->indexed < TAIL)
        return;
    struct sketch_index *fresh = sketch_index_new(c->sketch, c->n, NULL, NULL);
    if (!fresh)
        return;
    sketch_index_free(c->index);
    c->index = fresh;
    c->indexed = c->n;
}

/* ---- asking ---- */

/* The nearest of them; of several the first. SIZE_MAX: none is near. */
static size_t nearest(const struct crowd *c, const struct sketch *text)
{
    struct sketch_hit hit;
    struct sketch other;
    bool cut;
    size_t found = SIZE_MAX;
    unsigned least = UINT32_MAX, distance;
    if (c->index && sketch_index_near(c->index, text, &hit, 1, &cut)) {
        found = hit.row;
        least = hit.distance;
    }
    for (size_t i = c->indexed; i < c->n; i++) {
        if (!sketch_read(&other, c->sketch + i * SKETCH_BYTES) ||
            !sketch_near(text, &other, &distance) || distance >= least)
            continue;
        found = i;
        least = distance;
    }
    return found;
}

/* Whether it is ours now. */
static bool take_turn(struct crowd *c)
{
    struct timespec until;
    if (pthread_mutex_trylock(&c->lock) == 0)
        return true;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_US * 1000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    return pthread_mutex_timedlock(&c->lock, &until) == 0;
}

bool crowd_find(
    struct crowd *c, struct store *s, const struct sketch *text, uint64_t dl, char out[CONTENT_KEY])
{
    struct error e;
    uint64_t now = time_now_ns(), half = dl > now ? now + (dl - now) / 2 : dl;
    if (!take_turn(c))
        return false;
    /* What was read is known, whether or not that was all. */
    (void)store_likes(s, &c->after, KEPT, time_nearer(half, time_in_ms(READ_MS)), take, c, &e);
    index_tail(c);
    size_t found = c->n ? nearest(c, text) : SIZE_MAX;
    if (found != SIZE_MAX)
        memcpy(out, c->key[found], CONTENT_KEY);
    (void)pthread_mutex_unlock(&c->lock);
    return found != SIZE_MAX;
}
