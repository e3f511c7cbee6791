/* Reports and decisions: what people tell the engine, and what a host has to do about it. */
#include <stdio.h>
#include <stdlib.h>

#include <libmod/decision.h>

#include "engine/live.h"
#include "engine/record.h"

enum { DECIDE_MS = 5000 }; /* somebody waits for it, and no message does */

static uint64_t patience(void)
{
    return time_in_ms(DECIDE_MS);
}

/* A report of an item whose content nobody has scanned: the item alone becomes the event. */
static int report_item(struct verdict **out,
                       struct engine *e,
                       const struct subject *who,
                       const struct store_text *reason,
                       struct error *err)
{
    struct policy policy;
    struct matches matches = {0};
    struct record_done recorded;
    bool stale = false;
    struct snapshot *s = engine_snapshot(e);
    struct live *live = live_get(e, false, &stale);
    policy_begin(&policy, s->config, who->surface, NOT_ALLOWED, &matches);
    struct record r = {
        .engine = e,
        .snapshot = s,
        .live = live,
        .who = who,
        .start = time_now_ns(),
        .dl = patience(),
        .type = EVENT_REPORT,
        .always = true,
        .coverage = COVERAGE_NOT_RUN,
        .policy = &policy,
        .matches = &matches,
        .reason = *reason,
    };
    record(&r, &recorded);
    const struct finding f = finding_of(&policy, &matches, s, 0, COVERAGE_NOT_RUN, r.start);
    int status = verdict_make(out, &f, "", &recorded, err);
    live_free(live);
    snapshot_free(s);
    return status;
}

static int report_known(struct verdict **out,
                        struct engine *e,
                        const struct subject *who,
                        const struct store_text *reason,
                        struct error *err)
{
    const struct store_text ref = {who->item, who->item_length};
    int status = recall_run(out, e, who, ref, reason, err);
    return status == LMOD_E_NOT_FOUND ? report_item(out, e, who, reason, err) : status;
}

int engine_report(struct verdict **out,
                  struct engine *e,
                  const struct subject *who,
                  enum content_kind kind,
                  const struct content_in *in,
                  const char *reason,
                  size_t reason_size,
                  struct error *err)
{
    const struct store_text why = {reason, reason_size};
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    if (kind == CONTENT_MEDIA)
        status = media_scan(out, e, who, in, &why, err);
    else if (kind == CONTENT_TEXT)
        status = text_scan(out, e, who, in, &why, err);
    else if (who->item_length)
        status = report_known(out, e, who, &why, err);
    else
        return error_set(err, LMOD_E_ARGUMENT,
                         "a report needs a content or the item that it is about");
    if (status == LMOD_OK)
        atomic_fetch_add(&e->counters.reports, 1);
    return status;
}

int engine_decide(json_t **out, struct engine *e, const void *json, size_t size, struct error *err)
{
    struct decision d;
    struct store_decided done;
    json_t *doc = NULL;
    bool stale;
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    status = decision_parse(&d, &doc, json, size, err);
    if (status != LMOD_OK)
        return status;
    d.src = "host";
    status = store_decide(e->store, &d, patience(), &done, err);
    if (status == LMOD_OK) {
        live_free(live_get(e, true, &stale)); /* in force here before the caller goes on */
        *out = decided_render(&d, &done);
        if (!*out)
            status = error_memory(err);
    }
    json_decref(doc);
    return status;
}

int engine_decision_next(
    json_t **out, struct engine *e, struct store_text host, uint32_t lease_s, struct error *err)
{
    char who[32];
    struct store_claimed *claimed = NULL;
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    (void)snprintf(who, sizeof(who), "%ld", (long)e->pid);
    status = store_claim(e->store, host, who, lease_s, patience(), &claimed, err);
    if (status == LMOD_E_NOT_FOUND)
        return LMOD_OK;
    if (status != LMOD_OK)
        return status;
    *out = claimed_render(claimed);
    free(claimed);
    return *out ? LMOD_OK : error_memory(err);
}

int engine_decision_ack(struct engine *e,
                        const char *decision,
                        struct store_text host,
                        uint32_t outcome,
                        struct error *err)
{
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    return store_ack(e->store, decision, host, outcome, outcome == LMOD_OUTCOME_AGAIN, patience(),
                     err);
}
