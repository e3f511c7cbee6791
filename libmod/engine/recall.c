/* Recalling: a content that was scanned before, seen again under its host's reference: matched anew
 * with what is remembered of it, judged for where it appears now. */
#include <stdlib.h>
#include <string.h>

#include "engine/live.h"
#include "engine/lookup.h"
#include "engine/record.h"
#include "engine/texts.h"

enum { RECALL_MS = 1000 }; /* without a deadline of the caller's */

struct recall {
    struct engine *engine;
    struct snapshot *snapshot;
    struct live *live;
    const struct subject *who;
    uint64_t start;
    struct store_found *found;
    json_t *verdict; /* as stored; NULL: complete and clean */
    struct seen *seen;
    struct record record;
    struct lookup look;
};

/* The reasons that were stored. Those of lists are asked anew. */
static uint32_t stored_reasons(const json_t *verdict)
{
    const json_t *array = json_object_get(verdict, "reasons");
    uint32_t reasons = 0;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        uint32_t bit = 0;
        if (name && term_value(reason_terms, name, strlen(name), &bit))
            reasons |= bit;
    }
    return reasons & ~(uint32_t)REASON_LIST;
}

static void copy_digest(struct digests *d, uint32_t bit, uint8_t *to, const uint8_t *from, size_t n)
{
    if (!from)
        return;
    memcpy(to, from, n);
    d->have |= bit;
}

/* Not as a clean one: what was found, or what it is compared by, may be what cannot be read. */
static int unreadable(struct error *e)
{
    return error_set(e, LMOD_E_NOT_FOUND, "what is kept of this content cannot be read: scan it");
}

static int recall_media(struct recall *r, struct error *e)
{
    const struct store_content *c = &r->found->content;
    struct digests *d = &r->look.digests;
    copy_digest(d, DIGEST_SHA256, d->sha256, c->sha256, SHA256_BYTES);
    copy_digest(d, DIGEST_SHA1, d->sha1, c->sha1, SHA1_BYTES);
    copy_digest(d, DIGEST_MD5, d->md5, c->md5, MD5_BYTES);
    r->seen = c->hashes.size ? seen_read(c->hashes.at, c->hashes.size) : NULL;
    if (c->hashes.size && !r->seen)
        return unreadable(e);
    r->look.seen = r->seen;
    lookup_media(&r->look);
    return LMOD_OK;
}

/* A text is not kept: its matches by rules, links and lists of texts are those of the scan, but for local
 * entries that are gone. */
static void recall_match(struct recall *r, struct match *m)
{
    bool local = m->kind == MATCH_LIST && strcmp(m->source, "local") == 0;
    bool link = m->kind == MATCH_LIST && m->signal == SIGNAL_LINK;
    bool text = m->kind == MATCH_LIST && m->signal == SIGNAL_TEXT && !local;
    if (link && local && !(m->entry && live_named(r->live, m->entry)))
        return;
    if (m->kind == MATCH_RULE || text)
        m->suppressed = false; /* as what is allowed now says */
    if (link || text || m->kind == MATCH_RULE)
        lookup_match(&r->look.policy, r->live, m);
}

/* The sketch that was kept of it. */
static bool recall_sketch(const struct recall *r, struct sketch *out)
{
    const struct store_text *kept = &r->found->content.hashes;
    return kept->size == SKETCH_BYTES && sketch_read(out, (const uint8_t *)kept->at);
}

/* The local entries of it and of what is like it are those of now. */
static int recall_text(struct recall *r, struct error *e)
{
    uint8_t key[SHA256_BYTES];
    struct sketch sketch;
    struct policy *p = &r->look.policy;
    struct matches *stored = calloc(1, sizeof(*stored));
    const char *ck = r->found->content.ck;
    if (!stored)
        return error_memory(e);
    bool known = hex_read(ck + 3, strlen(ck) - 3, key, sizeof(key));
    if (r->verdict && !matches_read(stored, json_object_get(r->verdict, "matches"))) {
        free(stored);
        return unreadable(e);
    }
    policy_begin(p, r->snapshot->config, r->who->surface, text_allowed(r->live, known ? key : NULL),
                 &r->look.matches);
    text_local(p, r->snapshot->config, r->live, known ? key : NULL,
               recall_sketch(r, &sketch) ? &sketch : NULL);
    for (uint32_t i = 0; i < stored->n; i++)
        recall_match(r, &stored->v[i]);
    policy_scores(p);
    policy_reasons(p, r->look.reasons);
    free(stored);
    return LMOD_OK;
}

/* What was said of it then. */
static int read_verdict(struct recall *r, struct error *e)
{
    const struct store_text *text = &r->found->content.verdict;
    if (text->size && !(r->verdict = js_read(text->at, text->size, NULL)))
        return unreadable(e);
    r->look.reasons |= stored_reasons(r->verdict);
    return LMOD_OK;
}

static int finish(struct recall *r, struct verdict **out, struct error *e)
{
    struct record_done recorded;
    r->record.content = r->found->content;
    r->record.reasons = r->look.reasons;
    r->record.coverage = r->look.reasons ? COVERAGE_PARTIAL : COVERAGE_COMPLETE;
    r->record.policy = &r->look.policy;
    r->record.matches = &r->look.matches;
    record(&r->record, &recorded);
    const struct finding f = finding_of(&r->look.policy, &r->look.matches, r->snapshot,
                                        r->look.reasons, r->record.coverage, r->start);
    return verdict_make(out, &f, r->found->content.ck, &recorded, e);
}

static void begin(struct recall *r, struct engine *e, const struct subject *who)
{
    bool stale = false;
    r->start = time_now_ns();
    r->engine = e;
    r->who = who;
    r->snapshot = engine_snapshot(e);
    r->live = live_get(e, false, &stale);
    uint64_t ms = who->deadline_ms ? who->deadline_ms : RECALL_MS;
    r->look.snapshot = r->snapshot;
    r->look.live = r->live;
    r->look.who = who;
    r->look.dl = r->start + ms * 1000000u;
    r->look.reasons = stale ? REASON_LIST : 0;
    r->record.engine = e;
    r->record.snapshot = r->snapshot;
    r->record.live = r->live;
    r->record.who = who;
    r->record.start = r->start;
    r->record.dl = r->look.dl;
    r->record.type = EVENT_MATCH;
}

static void end(struct recall *r)
{
    json_decref(r->verdict);
    free(r->found);
    free(r->seen);
    live_free(r->live);
    snapshot_free(r->snapshot);
    free(r);
}

int recall_run(struct verdict **out,
               struct engine *e,
               const struct subject *who,
               struct store_text ref,
               const struct store_text *report,
               struct error *err)
{
    struct recall *r = calloc(1, sizeof(*r));
    if (!r)
        return error_memory(err);
    begin(r, e, who);
    const struct store_text host = {who->host, who->host_length};
    if (report) {
        r->record.type = EVENT_REPORT;
        r->record.always = true;
        r->record.reason = *report;
    }
    int status = store_recall(e->store, host, ref, r->look.dl, &r->found, err);
    if (status == LMOD_OK)
        status = read_verdict(r, err);
    if (status == LMOD_OK)
        status =
            r->found->content.kind == CONTENT_MEDIA ? recall_media(r, err) : recall_text(r, err);
    if (status == LMOD_OK)
        status = finish(r, out, err);
    end(r);
    return status;
}

int engine_recall(struct verdict **out,
                  struct engine *e,
                  const struct subject *who,
                  const char *ref,
                  size_t length,
                  struct error *err)
{
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    if (policy_exempt(e->config, who)) {
        struct snapshot *s = engine_snapshot(e);
        status = verdict_exempt(out, s, who->surface, time_now_ns(), err);
        snapshot_free(s);
    } else
        status = recall_run(out, e, who, (struct store_text){ref, length}, NULL, err);
    if (status == LMOD_OK)
        engine_count(e, *out);
    return status;
}
