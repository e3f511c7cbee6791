/* Results that came when the caller had to answer already: kept for whoever scans the same content
 * next. */
#include "media/pool.h"

#include <stdlib.h>
#include <string.h>

void pool_keep_late(struct media *m, const uint8_t digest[32], const struct wire_reply *r)
{
    struct late *l = &m->late[m->late_next];
    if (!l->result && !(l->result = malloc(sizeof(*l->result))))
        return;
    memcpy(l->digest, digest, sizeof(l->digest));
    l->result->reply = *r;
    l->result->reasons = job_reasons(r);
    m->late_next = (m->late_next + 1) % MEDIA_LATE;
}

bool media_late(struct media *m, uint8_t digest[32], struct media_result *out)
{
    bool found = false;
    (void)pthread_mutex_lock(&m->lock);
    pool_tend(m);
    for (size_t i = 0; i < MEDIA_LATE && !found; i++) {
        struct late *l = &m->late[i];
        if (!l->result)
            continue;
        memcpy(digest, l->digest, sizeof(l->digest));
        *out = *l->result;
        free(l->result);
        l->result = NULL;
        found = true;
    }
    (void)pthread_mutex_unlock(&m->lock);
    return found;
}
