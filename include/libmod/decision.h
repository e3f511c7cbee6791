/*
 * libmod: reports and decisions. A person reports a content, a moderator decides, every process obeys
 * within a second, and one process of the host acts on what is already there.
 *
 * A host that acts on decisions asks in a loop, from a thread that may wait (lmod_engine_poll() says
 * LMOD_NEED_DECISIONS when there is something): lmod_decision_next(), act, lmod_decision_ack().
 * Acting must be idempotent: a decision comes again when its lease ran out before the acknowledgement.
 */
#ifndef LIBMOD_DECISION_H
#define LIBMOD_DECISION_H

#include <stddef.h>
#include <stdint.h>

#include <libmod/doc.h>
#include <libmod/engine.h>
#include <libmod/error.h>
#include <libmod/subject.h>
#include <libmod/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What lmod_report() is given. */
#define LMOD_CONTENT_ITEM  0u /* nothing: the content is what was scanned as the subject's item */
#define LMOD_CONTENT_MEDIA 1u /* the bytes of a file */
#define LMOD_CONTENT_TEXT  2u /* a text */

/*
 * A person's report: an event for the review queue whatever lists and rules say. The content is
 * scanned, so that its hashes are there when a moderator decides; with LMOD_CONTENT_ITEM it is looked
 * up by the subject's host and item, and when it was never scanned the item alone is reported.
 * `reason` is the reporter's text, at most LMOD_SUBJECT_MAX bytes, kept in the event; it may be NULL.
 * A second report of the same content and item is the same event. `subject` says where the content is
 * (LMOD_KEY_ITEM, _ROOM, _SENDER: those of the content, not of the reporter) and may be NULL with a
 * content. `*out` is owned by the caller; its field "event" is the event's id.
 * Errors: LMOD_E_ARGUMENT, LMOD_E_MEMORY, LMOD_E_FORKED; with LMOD_CONTENT_ITEM also LMOD_E_STORE (the
 * store cannot be read), LMOD_E_STATE (it is of a newer release), LMOD_E_TIMEOUT. A report that could
 * not be kept is LMOD_OK with LMOD_RECORDED_FAILED. [any-thread]
 */
int32_t lmod_report(lmod_verdict **out,
                    lmod_engine *engine,
                    const lmod_subject *subject,
                    uint32_t kind,
                    const void *content,
                    size_t length,
                    const void *reason,
                    size_t reason_length,
                    lmod_error **error);

/*
 * Takes a decision: one JSON object with "event_id" or "content_key", "action" (remove, hold, restore,
 * dismiss, add_to_list, withdraw) and, optional, "id", "scope" (item, content, sender, room),
 * "reason", "reviewer", "decided_at", "no_list"; see docs/reference/events.md. It is in force in this
 * process when the call returns, and in every other within a second. The same "id" again is LMOD_OK
 * and changes nothing.
 * `*out` (owned by the caller): "decision", "event", "action", "scope", "entries" (list rows that
 * changed), "earlier" (earlier events of contents that they match).
 * Errors: LMOD_E_ARGUMENT (not such a document), LMOD_E_NOT_FOUND (unknown event or content),
 * LMOD_E_STATE (decided already, or the store is of a newer release), LMOD_E_STORE, LMOD_E_TIMEOUT,
 * LMOD_E_MEMORY, LMOD_E_FORKED.
 * Blocks for as long as the store takes, at most 5 s. [any-thread]
 */
int32_t lmod_decide(
    lmod_doc **out, lmod_engine *engine, const void *json, size_t length, lmod_error **error);

/* The longest lease, in seconds. */
#define LMOD_LEASE_MAX 86400u

/*
 * The oldest decision that `host` (the LMOD_KEY_HOST of its scans; NULL: none) still has to act on. It
 * is leased to this process for `lease_s` seconds (1–LMOD_LEASE_MAX): nobody else gets it meanwhile.
 * LMOD_OK with NULL in `*out`: there is nothing to do. Otherwise `*out` is owned by the caller:
 * "decision", "event", "action", "scope", "reason", "content", "at", "tries", "lease_until" and
 * "items": what to act on, each with "item", "surface", "room", "sender" as the host named them.
 * Errors: LMOD_E_STORE, LMOD_E_STATE (the store is of a newer release), LMOD_E_TIMEOUT,
 * LMOD_E_ARGUMENT, LMOD_E_MEMORY, LMOD_E_FORKED. Blocks as lmod_decide(). [any-thread]
 */
int32_t lmod_decision_next(lmod_doc **out,
                           lmod_engine *engine,
                           const char *host,
                           size_t host_length,
                           uint32_t lease_s,
                           lmod_error **error);

/* What became of a decision. */
#define LMOD_OUTCOME_DONE   0u  /* the host acted */
#define LMOD_OUTCOME_GONE   10u /* there was nothing left to act on */
#define LMOD_OUTCOME_FAILED 20u /* the host cannot do it and will not try again */
#define LMOD_OUTCOME_AGAIN  30u /* not now: give the lease back, it comes again */

/*
 * Acknowledges the decision with the id `decision` for `host`; afterwards it does not come again,
 * except with LMOD_OUTCOME_AGAIN. Twice is fine.
 * Errors: LMOD_E_NOT_FOUND (no such decision for this host), LMOD_E_STORE, LMOD_E_STATE (the store is
 * of a newer release), LMOD_E_TIMEOUT, LMOD_E_ARGUMENT, LMOD_E_MEMORY, LMOD_E_FORKED. Blocks as
 * lmod_decide(). [any-thread]
 */
int32_t lmod_decision_ack(lmod_engine *engine,
                          const char *decision,
                          const char *host,
                          size_t host_length,
                          uint32_t outcome,
                          lmod_error **error);

#ifdef __cplusplus
}
#endif

#endif
