/* The verdict: one block of memory, rendered as JSON when somebody asks. */
#include <stdlib.h>
#include <string.h>

#include <libmod/version.h>

#include "engine/record.h"

enum { MATCH_STRINGS = 6 };

/* The strings of a match, in one fixed order, for copying. */
static void strings_of(struct match *m, const char **out[MATCH_STRINGS])
{
    out[0] = &m->source;
    out[1] = &m->version;
    out[2] = &m->entry;
    out[3] = &m->rule;
    out[4] = &m->view;
    out[5] = &m->harm;
}

static size_t strings_size(const struct finding *f)
{
    size_t size = 0;
    for (uint32_t i = 0; i < f->scores; i++)
        size += strlen(f->score[i].harm) + 1;
    for (uint32_t i = 0; i < f->count; i++) {
        struct match m = f->match[i];
        const char **text[MATCH_STRINGS];
        strings_of(&m, text);
        for (size_t k = 0; k < MATCH_STRINGS; k++)
            size += *text[k] ? strlen(*text[k]) + 1 : 0;
    }
    return size;
}

static char *copy_scores(struct verdict *v, const struct finding *f, char *at)
{
    for (uint32_t i = 0; i < v->scores; i++) {
        size_t size = strlen(f->score[i].harm) + 1;
        memcpy(at, f->score[i].harm, size);
        v->score[i] = f->score[i];
        v->score[i].harm = at;
        at += size;
    }
    return at;
}

static void copy_matches(struct verdict *v, const struct finding *f, char *at)
{
    for (uint32_t i = 0; i < f->count; i++) {
        const char **text[MATCH_STRINGS];
        v->match[i] = f->match[i];
        strings_of(&v->match[i], text);
        for (size_t k = 0; k < MATCH_STRINGS; k++) {
            if (!*text[k])
                continue;
            size_t size = strlen(*text[k]) + 1;
            memcpy(at, *text[k], size);
            *text[k] = at;
            at += size;
        }
    }
}

int verdict_make(struct verdict **out,
                 const struct finding *f,
                 const char *content,
                 const struct record_done *recorded,
                 struct error *e)
{
    size_t size = sizeof(struct verdict) + f->count * sizeof(struct match) +
                  f->scores * sizeof(struct finding_score) + strings_size(f);
    struct verdict *v = malloc(size);
    *out = NULL;
    if (!v)
        return error_memory(e);
    *v = (struct verdict){
        .action = f->action,
        .would = f->would,
        .mode = f->mode,
        .coverage = f->coverage,
        .recorded = recorded->state,
        .reasons = f->reasons,
        .took_us = f->took_us,
        .count = f->count,
        .dropped = f->dropped,
        .scores = f->scores,
        .match = (struct match *)(v + 1),
    };
    v->score = (struct finding_score *)(v->match + f->count);
    memcpy(v->config, f->config, sizeof(v->config));
    memcpy(v->event, recorded->event, sizeof(v->event));
    memcpy(v->content, content, strlen(content) + 1);
    copy_matches(v, f, copy_scores(v, f, (char *)(v->score + f->scores)));
    *out = v;
    return LMOD_OK;
}

int verdict_exempt(struct verdict **out,
                   const struct snapshot *s,
                   uint32_t surface,
                   uint64_t start,
                   struct error *e)
{
    static const struct record_done none;
    struct policy policy;
    struct matches matches = {0};
    policy_begin(&policy, s->config, surface, NOT_ALLOWED, &matches);
    const struct finding f =
        finding_of(&policy, &matches, s, REASON_EXEMPT, COVERAGE_NOT_RUN, start);
    return verdict_make(out, &f, "", &none, e);
}

void verdict_free(struct verdict *v)
{
    if (!v)
        return;
    js_doc_finish(&v->doc);
    free(v);
}

static json_t *engine_json(const struct verdict *v)
{
    json_t *o = json_object();
    if (o && js_str(o, "version", LMOD_VERSION) && js_str(o, "config", v->config) &&
        js_int(o, "took_us", (int64_t)v->took_us))
        return o;
    json_decref(o);
    return NULL;
}

static json_t *verdict_render(const struct verdict *v)
{
    const struct finding f = {
        .match = v->match, .count = v->count, .score = v->score, .scores = v->scores};
    json_t *o = json_object();
    bool ok = o != NULL;
    ok = ok && js_int(o, "v", 1);
    ok = ok && js_str(o, "action", term_name(action_terms, v->action));
    ok = ok && js_str(o, "would", term_name(action_terms, v->would));
    ok = ok && js_str(o, "mode", term_name(mode_terms, v->mode));
    ok = ok && js_str(o, "coverage", term_name(coverage_terms, v->coverage));
    ok = ok && js_put(o, "reasons", reasons_render(v->reasons));
    ok = ok && js_str(o, "recorded", term_name(recorded_terms, v->recorded));
    ok = ok && js_str(o, "event", v->event[0] ? v->event : NULL);
    ok = ok && js_str(o, "content", v->content[0] ? v->content : NULL);
    ok = ok && js_put(o, "score", scores_render(&f));
    ok = ok && js_int(o, "dropped", v->dropped);
    ok = ok && js_put(o, "matches", matches_render(&f));
    ok = ok && js_put(o, "engine", engine_json(v));
    if (!ok) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static bool rendered(struct verdict *v)
{
    if (!v->doc.root)
        js_doc_init(&v->doc, verdict_render(v));
    return v->doc.root != NULL;
}

const char *verdict_json(struct verdict *v, size_t *length)
{
    if (length)
        *length = 0;
    return rendered(v) ? js_doc_text(&v->doc, length) : NULL;
}

const char *verdict_field(struct verdict *v, size_t index, const char *name)
{
    if (!rendered(v))
        return NULL;
    const json_t *from = v->doc.root;
    if (index != SIZE_MAX)
        from = json_array_get(json_object_get(from, "matches"), index);
    return js_doc_lend(&v->doc, from ? js_at(from, name) : NULL);
}
