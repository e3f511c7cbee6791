/* Scanning a text: views here, rules here, policy, verdict. No allocation in the steady state before
 * the verdict. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define SELFTEST_TEXT "LIBMOD-TEST-HIT-7f3a"

enum { BUDGET_BLOCK = 4096 };

struct text_job {
    struct engine *engine;
    const struct snapshot *snapshot;
    const struct subject *who;
    const char *bytes;
    size_t size;
    uint64_t start, dl;
    uint32_t reasons;
    struct text_scratch *scratch;
    struct policy policy;
    struct matches matches;
};

void text_scratch_free(struct text_scratch *all)
{
    while (all) {
        struct text_scratch *next = all->next;
        text_free(all->text);
        rules_scratch_free(all->rules);
        free(all);
        all = next;
    }
}

static struct text_scratch *borrow(struct engine *e)
{
    (void)pthread_mutex_lock(&e->lock);
    struct text_scratch *s = e->scratch;
    if (s)
        e->scratch = s->next;
    (void)pthread_mutex_unlock(&e->lock);
    if (s)
        return s;
    s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->text = text_new();
    s->rules = rules_scratch_new(e->config->text.match_limit);
    if (s->text && s->rules)
        return s;
    text_scratch_free(s);
    return NULL;
}

static void give_back(struct engine *e, struct text_scratch *s)
{
    (void)pthread_mutex_lock(&e->lock);
    s->next = e->scratch;
    e->scratch = s;
    (void)pthread_mutex_unlock(&e->lock);
}

static struct rules_subject subject_of(const struct subject *who)
{
    return (struct rules_subject){
        .host = who->host,
        .room = who->room,
        .sender = who->sender,
        .host_length = who->host_length,
        .room_length = who->room_length,
        .sender_length = who->sender_length,
        .surface = who->surface,
        .has_surface = true,
        .sender_age_days = who->sender_age_days,
        .has_age = who->has_age,
        .encrypted = who->encrypted,
        .direct = who->direct,
    };
}

static void take_match(void *user, const struct match *m)
{
    struct text_job *job = user;
    policy_match(&job->policy, m);
}

static void find_selftest(struct text_job *job)
{
    const char *at = memmem(job->bytes, job->size, SELFTEST_TEXT, sizeof(SELFTEST_TEXT) - 1);
    if (!at)
        return;
    uint32_t from = (uint32_t)(at - job->bytes);
    policy_match(&job->policy, &(struct match){
                                   .kind = MATCH_RULE,
                                   .own_action = ACTION_HOLD,
                                   .mode = UNSET,
                                   .severity = SEVERITY_INFO,
                                   .source = "libmod.selftest",
                                   .rule = "text",
                                   .version = "1",
                                   .view = "raw",
                                   .harm = "other",
                                   .from = from,
                                   .to = from + (uint32_t)sizeof(SELFTEST_TEXT) - 1,
                               });
}

static int find_rules(struct text_job *job, struct error *e)
{
    const struct loaded_rules *l = job->snapshot->rules;
    const struct rules_subject who = subject_of(job->who);
    uint64_t blocks = (job->size + BUDGET_BLOCK - 1) / BUDGET_BLOCK;
    uint64_t budget = time_now_ns() + blocks * job->snapshot->config->text.budget_us * 1000u;
    struct rules_outcome outcome = {0};
    if (!l)
        return LMOD_OK;
    int status = rules_eval(l->rules, job->scratch->text, &who, job->scratch->rules,
                            time_nearer(job->dl, budget), take_match, job, &outcome);
    if (status != LMOD_OK)
        return error_memory(e);
    job->reasons |= outcome.reasons;
    policy_scores(&job->policy);
    policy_on_limit(&job->policy, outcome.on_limit, outcome.on_limit_enforced);
    return LMOD_OK;
}

/* Only what the format says is looked at: markup is not reduced to its text in this release. */
static void check_input(struct text_job *job)
{
    const struct config *c = job->snapshot->config;
    if (job->who->text_format && strcmp(job->who->text_format, "text/plain") != 0)
        job->reasons |= REASON_UNSUPPORTED;
    if (job->size > c->text.max_bytes) {
        job->size = c->text.max_bytes;
        job->reasons |= REASON_TOO_LARGE;
    }
}

static int finish(struct text_job *job, struct verdict **out, struct error *e)
{
    char content[3 + 2 * SHA256_BYTES + 1] = "h1:";
    uint8_t mac[SHA256_BYTES];
    const struct text_view *fold = text_get(job->scratch->text, VIEW_FOLD);
    if (!hmac_of(mac, job->snapshot->key, "text", fold->bytes, fold->size))
        return error_memory(e);
    hex_write(mac, sizeof(mac), content + 3);
    const struct verdict_parts parts = {
        .action = job->policy.action,
        .would = job->policy.would,
        .mode = job->policy.mode,
        .coverage = job->reasons ? COVERAGE_PARTIAL : COVERAGE_COMPLETE,
        .reasons = job->reasons,
        .matches = &job->matches,
        .policy = &job->policy,
        .content = content,
        .config = job->snapshot->config->hash,
        .took_us = (time_now_ns() - job->start) / 1000u,
    };
    return verdict_make(out, &parts, e);
}

static int run(struct text_job *job, struct verdict **out, struct error *e)
{
    const struct loaded_rules *l = job->snapshot->rules;
    uint32_t views = 1u << VIEW_FOLD | (l ? rules_views(l->rules) : 0);
    check_input(job);
    if (text_run(job->scratch->text, job->bytes, job->size, views) != LMOD_OK)
        return error_memory(e);
    if (job->snapshot->selftest)
        find_selftest(job);
    int status = find_rules(job, e);
    if (status != LMOD_OK)
        return status;
    policy_reasons(&job->policy, job->reasons);
    return finish(job, out, e);
}

static int exempt(struct text_job *job, struct verdict **out, struct error *e)
{
    const struct verdict_parts parts = {
        .mode = job->policy.mode,
        .coverage = COVERAGE_NOT_RUN,
        .reasons = REASON_EXEMPT,
        .config = job->snapshot->config->hash,
        .took_us = (time_now_ns() - job->start) / 1000u,
    };
    return verdict_make(out, &parts, e);
}

int engine_text(struct verdict **out,
                struct engine *e,
                const struct subject *who,
                const void *bytes,
                size_t size,
                struct error *err)
{
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    struct text_job job = {.engine = e, .who = who, .bytes = bytes, .size = size};
    struct snapshot *snap = engine_snapshot(e);
    job.snapshot = snap;
    job.start = time_now_ns();
    job.dl = who->deadline_ms ? job.start + (uint64_t)who->deadline_ms * 1000000u : 0;
    job.scratch = borrow(e);
    policy_begin(&job.policy, snap->config, who->surface, false, &job.matches);
    if (!job.scratch)
        status = error_memory(err);
    else if (policy_exempt(snap->config, who))
        status = exempt(&job, out, err);
    else
        status = run(&job, out, err);
    if (job.scratch)
        give_back(e, job.scratch);
    snapshot_free(snap);
    if (status == LMOD_OK)
        engine_count(e, *out);
    return status;
}
