/* What verdicts and events say in the same words: matches, reasons, scores. */
#include "events/events.h"

#include <string.h>

enum { SCORE_MAX = 1000000000 }; /* nothing real comes near; keeps infinities out of JSON */

static bool put_place(json_t *o, const struct match *m)
{
    bool list = m->kind == MATCH_LIST, place = m->view != NULL;
    bool picture = list && m->signal == SIGNAL_PDQ;
    bool ok = list ? js_str(o, "signal", term_name(signal_terms, m->signal)) : js_null(o, "signal");
    ok &= list ? js_int(o, "distance", m->distance) : js_null(o, "distance");
    ok &= list ? js_str(o, "strategy", term_name(strategy_terms, m->strategy))
               : js_null(o, "strategy");
    ok &= picture ? js_int(o, "frame", m->frame) : js_null(o, "frame");
    ok &= js_str(o, "view", m->view);
    ok &= place ? js_int(o, "start", m->from) : js_null(o, "start");
    ok &= place ? js_int(o, "end", m->to) : js_null(o, "end");
    return ok;
}

static bool put_match(json_t *o, const struct match *m)
{
    return js_str(o, "kind", term_name(match_kind_terms, m->kind)) &&
           js_str(o, "source", m->source) && js_str(o, "rule", m->rule) &&
           js_str(o, "version", m->version) && js_str(o, "entry", m->entry) && put_place(o, m) &&
           js_str(o, "harm", m->harm) &&
           js_str(o, "severity", term_name(severity_terms, m->severity)) &&
           js_str(o, "action", term_name(action_terms, m->action)) &&
           js_str(o, "mode", term_name(mode_terms, m->mode)) &&
           js_bool(o, "suppressed", m->suppressed);
}

/* `o` when all went well, else NULL and it is gone. */
static json_t *whole(json_t *o, bool ok)
{
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

json_t *match_render(const struct match *m)
{
    json_t *o = json_object();
    return whole(o, o && put_match(o, m));
}

json_t *match_store(const struct match *m)
{
    json_t *o = json_object();
    return whole(o, o && put_match(o, m) &&
                        js_str(o, "own_action", term_name(action_terms, m->own_action)) &&
                        js_bool(o, "authority", m->authority) && js_real(o, "score", m->score));
}

json_t *reasons_render(uint32_t reasons)
{
    json_t *array = json_array();
    bool ok = array != NULL;
    for (const struct term *t = reason_terms; ok && t->name; t++)
        ok = !(reasons & t->value) || js_push(array, json_string(t->name));
    return whole(array, ok);
}

/* As a person wrote it: 0.1f is 0.10000000149… */
static double four_digits(float score)
{
    if (!(score >= 0 && score < SCORE_MAX))
        return SCORE_MAX;
    return (double)(int64_t)((double)score * 10000 + 0.5) / 10000;
}

json_t *scores_render(const struct finding *f)
{
    json_t *o = json_object();
    bool ok = o != NULL;
    for (uint32_t i = 0; ok && i < f->scores; i++)
        ok = js_real(o, f->score[i].harm, four_digits(f->score[i].all));
    return whole(o, ok);
}

json_t *matches_render(const struct finding *f)
{
    json_t *array = json_array();
    bool ok = array != NULL;
    for (uint32_t i = 0; ok && i < f->count; i++)
        ok = js_push(array, match_render(&f->match[i]));
    return whole(array, ok);
}

/* ---- reading them back ---- */

static const char *text_at(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static bool term_at(const json_t *o, const char *key, const struct term *terms, uint8_t *out)
{
    const char *name = text_at(o, key);
    uint32_t value = 0;
    if (!name || !term_value(terms, name, strlen(name), &value))
        return false;
    *out = (uint8_t)value;
    return true;
}

static uint32_t number_at(const json_t *o, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(o, key));
    return value < 0 ? 0 : value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static float score_at(const json_t *o, const char *key)
{
    double value = json_number_value(json_object_get(o, key));
    return value > 0 && value < SCORE_MAX ? (float)value : 0;
}

static bool match_read(struct match *m, const json_t *o)
{
    *m = (struct match){
        .source = text_at(o, "source"),
        .version = text_at(o, "version"),
        .entry = text_at(o, "entry"),
        .rule = text_at(o, "rule"),
        .view = text_at(o, "view"),
        .harm = text_at(o, "harm"),
        .distance = (uint16_t)number_at(o, "distance"),
        .frame = (uint16_t)number_at(o, "frame"),
        .from = number_at(o, "start"),
        .to = number_at(o, "end"),
        .score = score_at(o, "score"),
        .suppressed = json_is_true(json_object_get(o, "suppressed")),
        .authority = json_is_true(json_object_get(o, "authority")),
    };
    if (!term_at(o, "kind", match_kind_terms, &m->kind) ||
        !term_at(o, "severity", severity_terms, &m->severity) ||
        !term_at(o, "action", action_terms, &m->action) ||
        !term_at(o, "own_action", action_terms, &m->own_action) ||
        !term_at(o, "mode", mode_terms, &m->mode) || !m->harm)
        return false;
    if (m->kind == MATCH_LIST && (!term_at(o, "signal", signal_terms, &m->signal) ||
                                  !term_at(o, "strategy", strategy_terms, &m->strategy)))
        return false;
    return m->kind == MATCH_SCORE || (m->source && (m->kind == MATCH_LIST || m->rule));
}

bool matches_read(struct matches *out, const json_t *array)
{
    out->n = out->dropped = out->reasons = 0;
    if (!json_is_array(array))
        return false;
    for (size_t i = 0; i < json_array_size(array) && out->n < MATCHES_MAX; i++)
        if (!match_read(&out->v[out->n++], json_array_get(array, i)))
            return false;
    return true;
}
