/*
 * Recording: what a scan found becomes rows of the store and an event (P6, P7); what was not looked
 * at or not recorded becomes a gap event, at most one a minute.
 */
#ifndef ENGINE_RECORD_H
#define ENGINE_RECORD_H

#include "engine/internal.h"
#include "events/events.h"
#include "store/store.h"

enum { RECORD_LEAST_MS = 20 }; /* what recording gets of a deadline that has passed */

struct record {
    struct engine *engine;
    const struct snapshot *snapshot;
    const struct live *live;
    const struct subject *who;
    uint64_t start, dl;
    const char *type;             /* EVENT_MATCH, EVENT_REPORT */
    bool always;                  /* an event even when nothing was found: a person asked for it */
    struct store_content content; /* ck NULL: the content is not known */
    bool remember;                /* leave a row even without an event */
    uint32_t reasons;
    uint8_t coverage;
    struct policy *policy; /* P7 raises it */
    const struct matches *matches;
    const uint8_t *luma;      /* for a preview; NULL: none */
    struct store_text reason; /* of a report */
};

/* RECORDED_* and the event's id ("" when there is none). */
struct record_done {
    uint8_t state;
    char event[STORE_ID];
};

void record(struct record *r, struct record_done *out);

/* Tells the store what became of a list: state "loaded", "refused" or "braked". */
void record_list(struct engine *e,
                 const struct snapshot *s,
                 const struct slot *slot,
                 const char *state,
                 const char *braked);

/* Writes the gap event and the counters that wait, when a minute has passed or `now`. */
void record_flush(struct engine *e, bool now);

/* The media type of a format: "image/jpeg"; NULL for one that is not read. */
const char *mime_of(uint32_t format);

#endif
