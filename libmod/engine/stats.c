/* Counters and states as JSON: docs/reference/stats.md. */
#include <stdio.h>

#include <libmod/version.h>

#include "engine/live.h"

static void one_more(atomic_ullong *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void engine_count(struct engine *e, const struct verdict *v)
{
    struct counters *c = &e->counters;
    one_more(&c->scans);
    one_more(&c->action[v->action / 10]);
    one_more(&c->would[v->would / 10]);
    one_more(&c->coverage[v->coverage / 10]);
    for (unsigned i = 0; i < REASONS; i++)
        if (v->reasons & 1u << i)
            one_more(&c->reason[i]);
    for (uint32_t i = 0; i < v->count; i++)
        one_more(v->match[i].suppressed ? &c->suppressed : &c->matches);
}

/* {name: counter} for the first `n` terms. */
static json_t *by_term(const struct term *terms, const atomic_ullong *counters)
{
    json_t *o = json_object();
    for (size_t i = 0; o && terms[i].name; i++)
        if (!js_int(o, terms[i].name, (int64_t)atomic_load(&counters[i]))) {
            json_decref(o);
            return NULL;
        }
    return o;
}

static json_t *list_json(const struct slot *slot, uint64_t now)
{
    json_t *o = json_object();
    const struct loaded *l = slot->loaded;
    bool ok = o && js_str(o, "id", slot->name) && js_bool(o, "loaded", l != NULL) &&
              js_bool(o, "stale", slot_stale(slot, now)) &&
              js_str(o, "version", l ? l->info.version : NULL) &&
              js_int(o, "entries", l ? (int64_t)l->info.active : 0) &&
              js_bool(o, "mapped", l && l->info.mapped) && js_str(o, "error", l ? NULL : slot->why);
    if (!ok) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static json_t *lists_json(struct engine *e)
{
    json_t *array = json_array();
    struct snapshot *s = engine_snapshot(e);
    uint64_t now = time_wall_ms();
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < s->count; i++)
        ok = js_push(array, list_json(&s->slot[i], now));
    snapshot_free(s);
    if (!ok) {
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *sandbox_json(const struct media_stats *m)
{
    json_t *o = json_object(), *layers = json_object();
    bool ok = o && layers;
    for (const struct term *t = layer_terms; ok && m->greeted && t->name; t++)
        ok = js_bool(layers, t->name, (m->hello.layers & t->value) != 0);
    ok = ok && js_bool(o, "known", m->greeted) && js_int(o, "landlock_abi", m->hello.landlock_abi);
    if (!ok || !js_put(o, "layers", json_incref(layers))) {
        json_decref(o);
        o = NULL;
    }
    json_decref(layers);
    return o;
}

static json_t *worker_json(struct engine *e)
{
    char trouble[1600] = "";
    struct media *pool = engine_media_pool(e, trouble, sizeof(trouble));
    struct media_stats m = {0};
    json_t *o = json_object();
    if (pool) {
        media_stats_get(pool, &m);
        (void)snprintf(trouble, sizeof(trouble), "%s", m.trouble);
    }
    const struct {
        const char *key;
        uint64_t value;
    } rows[] = {
        {"alive", m.workers},
        {"jobs", m.jobs},
        {"ok", m.ok},
        {"undecodable", m.undecodable},
        {"unsupported", m.unsupported},
        {"too_large", m.too_large},
        {"timeouts", m.timeouts},
        {"deaths", m.deaths},
        {"sigsys", m.sigsys},
        {"spawns", m.spawns},
        {"recycled", m.recycled},
        {"retries", m.retries},
        {"refused", m.refused},
        {"rss_kib_max", m.rss_kib_max},
    };
    bool ok =
        o && js_bool(o, "found", pool != NULL) && js_str(o, "error", trouble[0] ? trouble : NULL);
    for (size_t i = 0; ok && i < COUNT_OF(rows); i++)
        ok = js_int(o, rows[i].key, (int64_t)rows[i].value);
    if (!ok || !js_put(o, "sandbox", sandbox_json(&m))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static json_t *store_json(struct engine *e)
{
    char why[1600] = "";
    bool stale = false;
    json_t *o = json_object();
    (void)pthread_mutex_lock(&e->lock);
    if (e->store_error.status != LMOD_OK)
        error_render(&e->store_error, why, sizeof(why));
    (void)pthread_mutex_unlock(&e->lock);
    struct live *live = live_get(e, false, &stale);
    struct live_counts n = live_count(live);
    const struct counters *c = &e->counters;
    bool ok = o && js_int(o, "recorded", (int64_t)atomic_load(&c->recorded)) &&
              js_int(o, "unrecorded", (int64_t)atomic_load(&c->unrecorded)) &&
              js_int(o, "refused", (int64_t)atomic_load(&c->refused)) &&
              js_int(o, "forgotten", (int64_t)atomic_load(&c->forgotten)) &&
              js_int(o, "reports", (int64_t)atomic_load(&c->reports)) &&
              js_str(o, "error", why[0] ? why : NULL) && js_bool(o, "stale", stale) &&
              js_int(o, "gen", (int64_t)live_gen(live)) && js_int(o, "local", (int64_t)n.local) &&
              js_int(o, "allow", (int64_t)n.allow) && js_int(o, "braked", (int64_t)n.braked);
    live_free(live);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static bool reload_json(struct engine *e, json_t *o)
{
    char why[1600] = "";
    (void)pthread_mutex_lock(&e->lock);
    if (e->reload_error.status != LMOD_OK)
        error_render(&e->reload_error, why, sizeof(why));
    (void)pthread_mutex_unlock(&e->lock);
    return js_int(o, "reloads", (int64_t)atomic_load(&e->counters.reloads)) &&
           js_int(o, "reloads_failed", (int64_t)atomic_load(&e->counters.reloads_failed)) &&
           js_str(o, "reload_error", why[0] ? why : NULL);
}

json_t *engine_stats(struct engine *e)
{
    const struct counters *c = &e->counters;
    json_t *o = json_object();
    bool ok = o != NULL;
    ok = ok && js_int(o, "v", 1);
    ok = ok && js_str(o, "version", LMOD_VERSION);
    ok = ok && js_str(o, "config", e->config->hash);
    ok = ok && js_str(o, "mode", term_name(mode_terms, e->config->mode));
    ok = ok && js_int(o, "uptime_ms", (int64_t)((time_now_ns() - e->opened_ns) / 1000000u));
    ok = ok && js_int(o, "scans", (int64_t)atomic_load(&c->scans));
    ok = ok && js_put(o, "action", by_term(action_terms, c->action));
    ok = ok && js_put(o, "would", by_term(action_terms, c->would));
    ok = ok && js_put(o, "coverage", by_term(coverage_terms, c->coverage));
    ok = ok && js_put(o, "reason", by_term(reason_terms, c->reason));
    ok = ok && js_int(o, "matches", (int64_t)atomic_load(&c->matches));
    ok = ok && js_int(o, "suppressed", (int64_t)atomic_load(&c->suppressed));
    ok = ok && reload_json(e, o);
    ok = ok && js_put(o, "lists", lists_json(e));
    ok = ok && js_put(o, "store", store_json(e));
    ok = ok && js_put(o, "worker", worker_json(e));
    if (!ok) {
        json_decref(o);
        return NULL;
    }
    return o;
}
