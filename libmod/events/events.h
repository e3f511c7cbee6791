/*
 * events: the documents. What a scan found, as JSON: one writer serves the verdict and the event;
 * what a person decided, read from JSON. No I/O, any thread.
 *
 * The formats: docs/reference/events.md; their JSON Schemas: docs/events/.
 */
#ifndef EVENTS_EVENTS_H
#define EVENTS_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "crypto/crypto.h"
#include "store/store.h"

#define EVENT_MATCH  "libmod.match.v1"
#define EVENT_REPORT "libmod.report.v1"
#define EVENT_GAP    "libmod.gap.v1"
#define EVENT_LIST   "libmod.list.v1"

enum { CONTENT_KEY = 3 + 2 * SHA256_BYTES + 1 }; /* "h1:", hex, NUL */

/* "h1:" and HMAC-SHA-256 by the site key; `tag` is "media", "text", "item", "room" or "sender". False
 * when memory ran out. */
bool event_key(char out[CONTENT_KEY],
               const uint8_t key[SITE_KEY_BYTES],
               const char *tag,
               const void *bytes,
               size_t size);

/* A new UUIDv7 (RFC 9562) of the time `at` (ms since 1970); ids of one process ascend. False: the
 * kernel has no random bytes. */
bool event_id(char out[STORE_ID], uint64_t at);

/* ---- parts that verdicts and events share ---- */

struct finding {
    uint8_t action, would, mode, coverage;
    uint32_t reasons; /* REASON_* */
    const struct match *match;
    uint32_t count, dropped;
    const struct finding_score {
        const char *harm;
        float all, enforced;
    } * score;
    uint32_t scores;
    const char *config; /* hash of the config */
    const char *policy; /* hash of the versions of lists and packs; NULL: none */
    uint64_t took_us;
};

json_t *match_render(const struct match *m); /* NULL: out of memory; so all of these */
json_t *reasons_render(uint32_t reasons);
json_t *scores_render(const struct finding *f);
json_t *matches_render(const struct finding *f);

/* Reads what matches_render() wrote (and `own_action`, which only match_store() writes): into `out`,
 * its strings borrowed from `array`. False: not such an array. */
json_t *match_store(const struct match *m);
bool matches_read(struct matches *out, const json_t *array);

/* ---- events ---- */

/* Everything an event may tell; what does not belong to its type is not looked at. */
struct event {
    const char *id, *type; /* of the envelope: the id is not in the data */
    uint64_t at;           /* all times: ms since 1970; none, or after the year 9999: null */
    const uint8_t *key;    /* the site key */
    /* content: of match and report */
    enum content_kind kind;
    const char *content, *mime; /* the content key; NULL: unknown content */
    uint64_t bytes;
    uint32_t width, height;
    /* context */
    struct store_text host, room, sender, item;
    uint32_t surface;
    uint64_t sent_at;  /* the subject's `at`; 0: unknown */
    uint8_t encrypted; /* 0, 1, else unknown */
    const struct finding *finding;
    const char *cluster;
    /* queue */
    uint8_t prio;
    uint64_t deadline; /* 0: none */
    const char *harm;
    uint8_t severity;
    const uint8_t *luma; /* 64 × 64: makes a preview; NULL: none */
    /* report */
    struct store_text reason;
    /* gap: what was not looked at or not recorded since the last one, by reason */
    const struct store_count *counts;
    size_t count;
    uint64_t from; /* since when; ms */
    /* list */
    const char *list, *version, *entry, *state; /* state: loaded, refused, braked */
    uint64_t entries;
    const char *why; /* of refused */
};

/* The event's data as one line of JSON into `out`; false when memory ran out. */
bool event_render(struct buffer *out, const struct event *ev);

/* A stored event as a CloudEvents 1.0 object in structured mode: what `modctl events` prints. `body`
 * NULL or not JSON: data is null (grown old). NULL: out of memory. */
json_t *event_envelope(const struct store_listed *row, const char *source);

/* Harm, severity and priority of a finding: of its match with the highest action, then severity.
 * Priority: 2 × severity, and 1 more when `would` is hold or block. Without a match: severity low. */
void event_weigh(struct event *ev, const struct finding *f);

/* ---- decisions ---- */

/*
 * Reads a decision: {"id"?, "event_id" | "content_key", "scope"? = item, "action", "reason"?,
 * "reviewer"?, "decided_at"?, "no_list"?}; null is as good as absent. Unknown keys and wrong types are
 * errors that name the key. With a content key there is no item, so `item` becomes `content`, and
 * `sender` and `room` are refused.
 * Strings of `out` live in `*doc`, which the caller frees with json_decref(). A missing id is made, a
 * missing time is now, and so is one that is still to come. LMOD_E_ARGUMENT with the reason in `e`
 * (one line of UTF-8), LMOD_E_MEMORY, LMOD_E_INTERNAL when the kernel has no random bytes.
 */
int decision_parse(
    struct decision *out, json_t **doc, const void *bytes, size_t size, struct error *e);

/* {"decision","event","action","scope","entries","earlier"} and, for a host,
 * {"decision","event","action","scope","reason","content","at","tries","lease_until","items":[…]}. */
json_t *decided_render(const struct decision *d, const struct store_decided *out);
json_t *claimed_render(const struct store_claimed *c);

#endif
