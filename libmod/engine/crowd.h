/*
 * Which recorded texts are like each other: so that the queue shows one advert, in whatever words, as one cluster. What
 * is known is read from the store, by whichever process it came; the newest few thousand texts.
 */
#ifndef ENGINE_CROWD_H
#define ENGINE_CROWD_H

#include "engine/internal.h"

struct crowd;
struct crowd *crowd_new(void); /* NULL: out of memory */
void crowd_free(struct crowd *c);
/* Before a fork and after it, on both sides. */
void crowd_fork(struct crowd *c, enum fork_phase phase);

/*
 * The content key ("h1:…") that stands for the texts like this one into `out`: of the first of them that was recorded.
 * False: there is none yet, or the store did not say in time.
 */
bool crowd_find(struct crowd *c,
                struct store *s,
                const struct sketch *text,
                uint64_t dl,
                char out[CONTENT_KEY]);

#endif
