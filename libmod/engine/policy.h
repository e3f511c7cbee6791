/*
 * The policy: what follows from matches and from what could not be looked at. Pure; the rules P1–P5
 * and P8 stand in docs/reference/policy.md.
 */
#ifndef ENGINE_POLICY_H
#define ENGINE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "engine/config.h"
#include "events/events.h"

struct subject;

enum { HARMS_MAX = 32 };

/* Whether a content is on an allow list: as something like it, or as the very same bytes or text. */
enum allowed { NOT_ALLOWED, ALLOWED, ALLOWED_EXACTLY };

struct policy {
    const struct config *config;
    uint32_t surface;
    enum allowed allowed;
    uint8_t mode; /* of site and surface */
    uint8_t would, action;
    struct matches *out;
    struct finding_score score[HARMS_MAX]; /* sums: of all rules, and of those in enforce */
    uint32_t scores;
};

/* P8: this sender, room or surface is not scanned at all. */
bool policy_exempt(const struct config *c, const struct subject *who);

/* `allowed` must be known before the first match comes. */
void policy_begin(struct policy *p,
                  const struct config *c,
                  uint32_t surface,
                  enum allowed allowed,
                  struct matches *out);

/* P3, P1, P2, P4 for one finding. `m` says own_action, mode (its list's, or UNSET), signal, authority and
 * whether it is suppressed whatever is allowed; what follows (action, mode, suppressed) is filled in where it is kept. */
void policy_match(struct policy *p, const struct match *m);

/* Thresholds: a sum of scores that reaches one is a match of kind score. After the last match. */
void policy_scores(struct policy *p);

/* A rule that hit a limit asks for an action of its own, in all and in enforce. */
void policy_on_limit(struct policy *p, uint8_t all, uint8_t enforced);

/* P5: failure actions for every REASON_* bit. Nothing failed about a content that is allowed exactly:
 * a person has looked at it. */
void policy_reasons(struct policy *p, uint32_t reasons);

/* P7: the event could not be recorded. */
void policy_unrecorded(struct policy *p);

#endif
