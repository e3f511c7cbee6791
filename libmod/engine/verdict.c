/* The verdict: one block of memory, rendered as JSON when somebody asks. */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#include <libmod/version.h>

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

static size_t strings_size(const struct matches *from, const struct policy *policy)
{
    size_t size = 0;
    for (uint32_t i = 0; policy && i < policy->scores; i++)
        size += strlen(policy->score[i].harm) + 1;
    for (uint32_t i = 0; i < from->n; i++) {
        struct match m = from->v[i];
        const char **text[MATCH_STRINGS];
        strings_of(&m, text);
        for (size_t k = 0; k < MATCH_STRINGS; k++)
            size += *text[k] ? strlen(*text[k]) + 1 : 0;
    }
    return size;
}

static char *copy_scores(struct verdict *v, const struct policy *policy, char *at)
{
    for (uint32_t i = 0; i < v->scores; i++) {
        size_t size = strlen(policy->score[i].harm) + 1;
        memcpy(at, policy->score[i].harm, size);
        v->score[i] = policy->score[i];
        v->score[i].harm = at;
        at += size;
    }
    return at;
}

static void copy_matches(struct verdict *v, const struct matches *from, char *at)
{
    v->count = from->n;
    v->dropped = from->dropped;
    for (uint32_t i = 0; i < from->n; i++) {
        const char **text[MATCH_STRINGS];
        v->match[i] = from->v[i];
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

int verdict_make(struct verdict **out, const struct verdict_parts *parts, struct error *e)
{
    static const struct matches none;
    const struct matches *matches = parts->matches ? parts->matches : &none;
    uint32_t scores = parts->policy ? parts->policy->scores : 0;
    size_t size = sizeof(struct verdict) + matches->n * sizeof(struct match) +
                  scores * sizeof(struct harm_score) + strings_size(matches, parts->policy);
    struct verdict *v = malloc(size);
    *out = NULL;
    if (!v)
        return error_memory(e);
    *v = (struct verdict){
        .action = parts->action,
        .would = parts->would,
        .mode = parts->mode,
        .coverage = parts->coverage,
        .recorded = RECORDED_NONE,
        .reasons = parts->reasons,
        .took_us = parts->took_us,
        .scores = scores,
        .match = (struct match *)(v + 1),
    };
    v->score = (struct harm_score *)(v->match + matches->n);
    memcpy(v->config, parts->config, sizeof(v->config));
    if (parts->content)
        memcpy(v->content, parts->content, sizeof(v->content));
    copy_matches(v, matches, copy_scores(v, parts->policy, (char *)(v->score + scores)));
    *out = v;
    return LMOD_OK;
}

void verdict_free(struct verdict *v)
{
    if (!v)
        return;
    js_doc_finish(&v->doc);
    free(v);
}

static bool put_place(json_t *o, const struct match *m)
{
    bool list = m->kind == MATCH_LIST, rule = m->kind == MATCH_RULE;
    bool picture = list && m->signal == SIGNAL_PDQ;
    bool ok = list ? js_str(o, "signal", term_name(signal_terms, m->signal)) : js_null(o, "signal");
    ok &= list ? js_int(o, "distance", m->distance) : js_null(o, "distance");
    ok &= list ? js_str(o, "strategy", term_name(strategy_terms, m->strategy))
               : js_null(o, "strategy");
    ok &= picture ? js_int(o, "frame", m->frame) : js_null(o, "frame");
    ok &= js_str(o, "view", m->view);
    ok &= rule ? js_int(o, "start", m->from) : js_null(o, "start");
    ok &= rule ? js_int(o, "end", m->to) : js_null(o, "end");
    return ok;
}

static json_t *match_json(const struct match *m)
{
    json_t *o = json_object();
    bool ok = o != NULL;
    ok = ok && js_str(o, "kind", term_name(match_kind_terms, m->kind));
    ok = ok && js_str(o, "source", m->source);
    ok = ok && js_str(o, "rule", m->rule);
    ok = ok && js_str(o, "version", m->version);
    ok = ok && js_str(o, "entry", m->entry);
    ok = ok && put_place(o, m);
    ok = ok && js_str(o, "harm", m->harm);
    ok = ok && js_str(o, "severity", term_name(severity_terms, m->severity));
    ok = ok && js_str(o, "action", term_name(action_terms, m->action));
    ok = ok && js_str(o, "mode", term_name(mode_terms, m->mode));
    ok = ok && js_bool(o, "suppressed", m->suppressed);
    if (!ok) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static json_t *reasons_json(uint32_t reasons)
{
    json_t *array = json_array();
    for (const struct term *t = reason_terms; array && t->name; t++)
        if (reasons & t->value && !js_push(array, json_string(t->name))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *matches_json(const struct verdict *v)
{
    json_t *array = json_array();
    for (uint32_t i = 0; array && i < v->count; i++)
        if (!js_push(array, match_json(&v->match[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *scores_json(const struct verdict *v)
{
    json_t *o = json_object();
    for (uint32_t i = 0; o && i < v->scores; i++)
        if (!js_real(o, v->score[i].harm, (double)v->score[i].all)) {
            json_decref(o);
            return NULL;
        }
    return o;
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
    json_t *o = json_object();
    bool ok = o != NULL;
    ok = ok && js_int(o, "v", 1);
    ok = ok && js_str(o, "action", term_name(action_terms, v->action));
    ok = ok && js_str(o, "would", term_name(action_terms, v->would));
    ok = ok && js_str(o, "mode", term_name(mode_terms, v->mode));
    ok = ok && js_str(o, "coverage", term_name(coverage_terms, v->coverage));
    ok = ok && js_put(o, "reasons", reasons_json(v->reasons));
    ok = ok && js_str(o, "recorded", term_name(recorded_terms, v->recorded));
    ok = ok && js_null(o, "event");
    ok = ok && js_str(o, "content", v->content[0] ? v->content : NULL);
    ok = ok && js_put(o, "score", scores_json(v));
    ok = ok && js_int(o, "dropped", v->dropped);
    ok = ok && js_put(o, "matches", matches_json(v));
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
