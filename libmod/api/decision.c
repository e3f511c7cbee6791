/* <libmod/decision.h> */
#include "api/api.h"

#include <string.h>

static struct engine *inner(lmod_engine *engine)
{
    return (struct engine *)(void *)engine;
}

EXPORT int32_t lmod_report(lmod_verdict **out,
                           lmod_engine *engine,
                           const lmod_subject *subject,
                           uint32_t kind,
                           const void *content,
                           size_t length,
                           const void *reason,
                           size_t reason_length,
                           lmod_error **error)
{
    struct verdict *verdict = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_report: out is NULL");
    *out = NULL;
    if (!engine || (!content && length) || (!reason && reason_length))
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_report: an argument is NULL");
    if (kind > LMOD_CONTENT_TEXT || (kind == LMOD_CONTENT_ITEM && length))
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_report: kind is not one that fits");
    if (reason_length > LMOD_SUBJECT_MAX)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_report: the reason is too long");
    struct subject who = api_subject(subject, kind == LMOD_CONTENT_MEDIA  ? LMOD_SURFACE_UPLOAD
                                              : kind == LMOD_CONTENT_TEXT ? LMOD_SURFACE_MESSAGE
                                                                          : LMOD_SURFACE_REPORT);
    const struct content_in in = {-1, content ? content : "", length};
    if (engine_report(&verdict, inner(engine), &who, (enum content_kind)kind, &in, reason,
                      reason_length, &e) != LMOD_OK)
        return api_fail(error, &e);
    *out = (lmod_verdict *)(void *)verdict;
    return LMOD_OK;
}

EXPORT int32_t lmod_decide(
    lmod_doc **out, lmod_engine *engine, const void *json, size_t length, lmod_error **error)
{
    json_t *done = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_decide: out is NULL");
    *out = NULL;
    if (!engine || !json)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_decide: an argument is NULL");
    if (engine_decide(&done, inner(engine), json, length, &e) != LMOD_OK)
        return api_fail(error, &e);
    return api_doc(out, done, error);
}

EXPORT int32_t lmod_decision_next(lmod_doc **out,
                                  lmod_engine *engine,
                                  const char *host,
                                  size_t host_length,
                                  uint32_t lease_s,
                                  lmod_error **error)
{
    json_t *next = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_decision_next: out is NULL");
    *out = NULL;
    if (!engine || (!host && host_length) || host_length > LMOD_SUBJECT_MAX)
        return api_refuse(error, LMOD_E_ARGUMENT,
                          "lmod_decision_next: engine is NULL or host is not a name");
    if (lease_s < 1 || lease_s > LMOD_LEASE_MAX)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_decision_next: lease_s is out of range");
    const struct store_text name = {host, host_length};
    if (engine_decision_next(&next, inner(engine), name, lease_s, &e) != LMOD_OK)
        return api_fail(error, &e);
    return next ? api_doc(out, next, error) : LMOD_OK;
}

static bool is_outcome(uint32_t outcome)
{
    return outcome == LMOD_OUTCOME_DONE || outcome == LMOD_OUTCOME_GONE ||
           outcome == LMOD_OUTCOME_FAILED || outcome == LMOD_OUTCOME_AGAIN;
}

EXPORT int32_t lmod_decision_ack(lmod_engine *engine,
                                 const char *decision,
                                 const char *host,
                                 size_t host_length,
                                 uint32_t outcome,
                                 lmod_error **error)
{
    struct error e = {0};
    api_clear(error);
    if (!engine || !decision || (!host && host_length))
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_decision_ack: an argument is NULL");
    if (strlen(decision) != STORE_ID - 1 || !is_outcome(outcome))
        return api_refuse(error, LMOD_E_ARGUMENT,
                          "lmod_decision_ack: not an id, or not an outcome");
    const struct store_text name = {host, host_length};
    return engine_decision_ack(inner(engine), decision, name, outcome, &e) == LMOD_OK
               ? LMOD_OK
               : api_fail(error, &e);
}
