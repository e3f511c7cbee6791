/* Scanning a text: views here, rules here, policy, verdict. No allocation in the steady state before
 * the verdict. */
#include <stdlib.h>
#include <string.h>

#include "engine/links.h"
#include "engine/live.h"
#include "engine/lookup.h"
#include "engine/record.h"
#include "engine/texts.h"

#define SELFTEST_TEXT "LIBMOD-TEST-HIT-7f3a"

enum { BUDGET_BLOCK = 4096 };

struct text_scratch {
    struct text_scratch *next;
    struct text *text;
    struct rules_scratch *rules;
    struct link_look links;
    struct text_look texts;
};

struct text_job {
    struct engine *engine;
    struct snapshot *snapshot;
    struct live *live;
    const struct subject *who;
    const struct store_text *report; /* NULL: a scan */
    const char *bytes;
    size_t size;
    uint64_t start, dl, ms; /* ms: for everything, recording included */
    uint8_t key[SHA256_BYTES];
    char content[CONTENT_KEY];
    uint32_t reasons;
    bool html;
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
        link_look_finish(&all->links);
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
    if (link_look_init(&s->links) && s->text && s->rules)
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
    lookup_match(&job->policy, job->live, m);
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

/* Views and links have their share of what a message may take. */
static uint64_t budget_of(const struct text_job *job)
{
    uint64_t blocks = (job->size + BUDGET_BLOCK - 1) / BUDGET_BLOCK;
    return job->start + blocks * job->snapshot->config->text.budget_us * 1000u;
}

/* ---- what rules ask ---- */

static bool listed(void *user, size_t list, uint32_t link)
{
    const struct text_scratch *s = user;
    return links_listed(&s->links, list, link);
}

static bool allowed(void *user, uint32_t link)
{
    const struct text_scratch *s = user;
    return links_allowed(&s->links, link);
}

static bool like(void *user, size_t list)
{
    struct text_scratch *s = user;
    return texts_listed(&s->texts, list);
}

static int find_rules(struct text_job *job, uint64_t budget, struct error *e)
{
    const struct loaded_rules *l = job->snapshot->rules;
    const struct rules_subject who = subject_of(job->who);
    const struct rules_outside outside = {listed, allowed, like, job->scratch};
    struct rules_outcome outcome = {0};
    if (!l)
        return LMOD_OK;
    int status = rules_eval(l->rules, job->scratch->text, &who, &outside, job->scratch->rules,
                            time_nearer(job->dl, budget), take_match, job, &outcome);
    if (status != LMOD_OK)
        return error_memory(e);
    job->reasons |= outcome.reasons | (job->scratch->texts.cut ? REASON_LIMIT : 0);
    policy_scores(&job->policy);
    policy_on_limit(&job->policy, outcome.on_limit, outcome.on_limit_enforced);
    return LMOD_OK;
}

/* A format that is not known is searched as it stands. */
static void check_input(struct text_job *job)
{
    const struct config *c = job->snapshot->config;
    const char *format = job->who->text_format;
    job->html = format && strcmp(format, "text/html") == 0;
    if (format && !job->html && strcmp(format, "text/plain") != 0)
        job->reasons |= REASON_UNSUPPORTED;
    if (job->size > c->text.max_bytes) {
        job->size = c->text.max_bytes;
        job->reasons |= REASON_TOO_LARGE;
    }
}

/* ---- the scan ---- */

/* What a later decision lists it by, when it is kept at all. */
static struct store_text sketch_of(const struct text_job *job, uint8_t bytes[SKETCH_BYTES])
{
    struct sketch *s = &job->scratch->texts.stored;
    bool kept = job->report || job->policy.would >= ACTION_FLAG;
    if (kept && !s->n)
        (void)text_sketch(job->scratch->text, &job->snapshot->sketch_key, s);
    if (!kept || s->n < SKETCH_LEAST)
        return (struct store_text){NULL, 0};
    sketch_write(s, bytes);
    return (struct store_text){(const char *)bytes, SKETCH_BYTES};
}

static int finish(struct text_job *job, struct verdict **out, struct error *e)
{
    uint8_t sketch[SKETCH_BYTES];
    struct record_done recorded;
    struct record r = {
        .engine = job->engine,
        .snapshot = job->snapshot,
        .live = job->live,
        .who = job->who,
        .start = job->start,
        .dl = job->start + job->ms * (uint64_t)1000000u,
        .type = job->report ? EVENT_REPORT : EVENT_MATCH,
        .always = job->report != NULL,
        .content = {.ck = job->content,
                    .kind = CONTENT_TEXT,
                    .bytes = job->size,
                    .hashes = sketch_of(job, sketch)},
        .reasons = job->reasons,
        .coverage = job->reasons ? COVERAGE_PARTIAL : COVERAGE_COMPLETE,
        .policy = &job->policy,
        .matches = &job->matches,
    };
    if (job->report)
        r.reason = *job->report;
    record(&r, &recorded);
    const struct finding f = finding_of(&job->policy, &job->matches, job->snapshot, job->reasons,
                                        r.coverage, job->start);
    return verdict_make(out, &f, job->content, &recorded, e);
}

static bool make_key(struct text_job *job)
{
    if (!text_key(job->key, job->snapshot->key, job->scratch->text))
        return false;
    memcpy(job->content, "h1:", 3);
    hex_write(job->key, sizeof(job->key), job->content + 3);
    return true;
}

static int run(struct text_job *job, struct verdict **out, struct error *e)
{
    const struct loaded_rules *l = job->snapshot->rules;
    uint32_t views = 1u << VIEW_FOLD | (l ? rules_views(l->rules) : 0);
    check_input(job);
    int made = job->html ? text_run_html(job->scratch->text, job->bytes, job->size, views)
                         : text_run(job->scratch->text, job->bytes, job->size, views);
    if (made != LMOD_OK || !make_key(job))
        return error_memory(e);
    policy_begin(&job->policy, job->snapshot->config, job->who->surface,
                 text_allowed(job->live, job->key), &job->matches);
    job->scratch->texts.snapshot = job->snapshot;
    job->scratch->texts.live = job->live;
    texts_match(&job->scratch->texts, job->scratch->text, job->key, &job->policy, &job->reasons);
    if (job->snapshot->selftest)
        find_selftest(job);
    uint64_t budget = budget_of(job);
    if (links_match(&job->scratch->links, job->scratch->text, job->snapshot, job->live,
                    &job->policy, &job->reasons) != LMOD_OK)
        return error_memory(e);
    int status = find_rules(job, budget, e);
    if (status != LMOD_OK)
        return status;
    policy_reasons(&job->policy, job->reasons);
    return finish(job, out, e);
}

int text_scan(struct verdict **out,
              struct engine *e,
              const struct subject *who,
              const struct content_in *in,
              const struct store_text *report,
              struct error *err)
{
    struct text_job job = {
        .engine = e, .who = who, .bytes = in->bytes, .size = in->size, .report = report};
    bool stale = false;
    int status;
    job.start = time_now_ns();
    job.snapshot = engine_snapshot(e);
    job.live = live_get(e, false, &stale);
    job.ms = who->deadline_ms ? who->deadline_ms : job.snapshot->config->media.wall_ms;
    job.dl = who->deadline_ms ? job.start + job.ms * (uint64_t)1000000u : 0;
    job.reasons = stale ? REASON_LIST : 0;
    job.scratch = borrow(e);
    if (!job.scratch)
        status = error_memory(err);
    else if (!report && policy_exempt(job.snapshot->config, who))
        status = verdict_exempt(out, job.snapshot, who->surface, job.start, err);
    else
        status = run(&job, out, err);
    if (job.scratch)
        give_back(e, job.scratch);
    live_free(job.live);
    snapshot_free(job.snapshot);
    return status;
}

int engine_text(struct verdict **out,
                struct engine *e,
                const struct subject *who,
                const void *bytes,
                size_t size,
                struct error *err)
{
    const struct content_in in = {-1, bytes, size};
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status == LMOD_OK)
        status = text_scan(out, e, who, &in, NULL, err);
    if (status == LMOD_OK)
        engine_count(e, *out);
    return status;
}
