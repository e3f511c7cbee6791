/* Events: their ids, keys and data. */
#include "events/events.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <libmod/version.h>

#include "events/own.h"

bool event_key(char out[CONTENT_KEY],
               const uint8_t key[SITE_KEY_BYTES],
               const char *tag,
               const void *bytes,
               size_t size)
{
    uint8_t mac[SHA256_BYTES];
    if (!hmac_of(mac, key, tag, bytes, size))
        return false;
    out[0] = 'h';
    out[1] = '1';
    out[2] = ':';
    hex_write(mac, sizeof(mac), out + 3);
    return true;
}

/* RFC 9562: 48 bits of milliseconds, then 12 bits that count up within one of them. */
bool event_id(char out[STORE_ID], uint64_t at)
{
    static atomic_ullong last; /* at << 12 | counter */
    uint8_t b[16];
    char hex[33];
    static const uint8_t part[] = {8, 4, 4, 4, 12};
    unsigned long long now = at << 12, before = atomic_load(&last), next;
    if (!random_bytes(b + 8, 8))
        return false;
    do
        next = now > before ? now : before + 1;
    while (!atomic_compare_exchange_weak(&last, &before, next));
    for (size_t i = 0; i < 6; i++)
        b[i] = (uint8_t)(next >> (12 + 8 * (5 - i)));
    b[6] = (uint8_t)(0x70 | ((next >> 8) & 0x0f));
    b[7] = (uint8_t)next;
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    hex_write(b, sizeof(b), hex);
    const char *from = hex;
    for (size_t i = 0; i < COUNT_OF(part); i++) {
        memcpy(out, from, part[i]);
        out += part[i];
        from += part[i];
        *out++ = i + 1 < COUNT_OF(part) ? '-' : '\0';
    }
    return true;
}

static const struct match *leading(const struct finding *f)
{
    const struct match *best = NULL;
    for (uint32_t i = 0; i < f->count; i++) {
        const struct match *m = &f->match[i];
        if (m->suppressed || !m->harm)
            continue;
        if (!best || m->action > best->action ||
            (m->action == best->action && m->severity > best->severity))
            best = m;
    }
    return best;
}

/* A sum of scores has no severity of its own: the highest of what it sums up. */
static uint8_t severity_of(const struct match *leading, const struct finding *f)
{
    uint8_t severity = leading->severity;
    for (uint32_t i = 0; leading->kind == MATCH_SCORE && i < f->count; i++) {
        const struct match *m = &f->match[i];
        if (!m->suppressed && m->severity > severity && m->harm &&
            strcmp(m->harm, leading->harm) == 0)
            severity = m->severity;
    }
    return severity;
}

void event_weigh(struct event *ev, const struct finding *f)
{
    const struct match *m = leading(f);
    ev->harm = m ? m->harm : NULL;
    ev->severity = m ? severity_of(m, f) : SEVERITY_LOW;
    ev->prio = (uint8_t)(2 * ev->severity + (f->would >= ACTION_HOLD));
}

/* ---- the data ---- */

static bool put_time(json_t *o, const char *name, uint64_t ms)
{
    enum { DAYS = 253402300800 / 86400 }; /* days until the year 10000, which has no ISO 8601 */
    char text[32];
    if (!ms || ms / 86400000u >= DAYS)
        return js_null(o, name);
    time_iso_ms(ms, text);
    return js_str(o, name, text);
}

static bool put_key(json_t *o, const char *name, const struct event *ev, struct store_text t)
{
    char key[CONTENT_KEY];
    if (!t.size)
        return js_null(o, name);
    return event_key(key, ev->key, name, t.at, t.size) && js_str(o, name, key);
}

static json_t *content_json(const struct event *ev)
{
    json_t *o = json_object();
    bool ok = o && js_str(o, "kind", ev->kind ? term_name(content_kind_terms, ev->kind) : NULL) &&
              js_str(o, "mime", ev->mime) &&
              (ev->kind ? js_int(o, "bytes", (int64_t)ev->bytes) : js_null(o, "bytes"));
    ok = ok && (ev->width ? js_int(o, "width", ev->width) : js_null(o, "width"));
    ok = ok && (ev->height ? js_int(o, "height", ev->height) : js_null(o, "height"));
    ok = ok && js_str(o, "key", ev->content && ev->content[0] ? ev->content : NULL);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *context_json(const struct event *ev)
{
    json_t *o = json_object();
    bool ok = o != NULL;
    ok = ok &&
         (ev->host.size ? js_bytes(o, "host", ev->host.at, ev->host.size) : js_null(o, "host"));
    ok = ok && js_str(o, "surface", term_name(surface_terms, ev->surface));
    ok = ok && put_key(o, "room", ev, ev->room) && put_key(o, "sender", ev, ev->sender) &&
         put_key(o, "item", ev, ev->item);
    ok = ok && put_time(o, "at", ev->sent_at);
    ok = ok &&
         (ev->encrypted <= 1 ? js_bool(o, "encrypted", ev->encrypted) : js_null(o, "encrypted"));
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *verdict_json_of(const struct finding *f)
{
    json_t *o = json_object();
    bool ok = o && js_str(o, "action", term_name(action_terms, f->action)) &&
              js_str(o, "would", term_name(action_terms, f->would)) &&
              js_str(o, "mode", term_name(mode_terms, f->mode)) &&
              js_str(o, "coverage", term_name(coverage_terms, f->coverage)) &&
              js_put(o, "reasons", reasons_render(f->reasons)) &&
              js_put(o, "score", scores_render(f)) && js_int(o, "dropped", f->dropped) &&
              js_str(o, "policy", f->policy) && js_str(o, "config", f->config);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *queue_json(const struct event *ev)
{
    json_t *o = json_object();
    bool ok = o && js_int(o, "priority", ev->prio) && put_time(o, "deadline", ev->deadline) &&
              js_str(o, "harm", ev->harm) &&
              js_str(o, "severity", term_name(severity_terms, ev->severity));
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *engine_json(const struct finding *f)
{
    json_t *o = json_object();
    bool ok = o && js_str(o, "version", LMOD_VERSION) && js_int(o, "abi", LMOD_ABI);
    ok = ok && (f ? js_int(o, "took_us", (int64_t)f->took_us) : js_null(o, "took_us"));
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

/* {name: text} as an object of its own. */
static json_t *pair(const char *name, const char *text, size_t size)
{
    json_t *o = json_object();
    if (o && (text ? js_bytes(o, name, text, size) : js_null(o, name)))
        return o;
    json_decref(o);
    return NULL;
}

static bool put_finding(json_t *o, const struct event *ev)
{
    const char *cluster = ev->cluster && ev->cluster[0] ? ev->cluster : NULL;
    return js_put(o, "content", content_json(ev)) && js_put(o, "context", context_json(ev)) &&
           js_put(o, "matches", matches_render(ev->finding)) &&
           js_put(o, "verdict", verdict_json_of(ev->finding)) &&
           js_put(o, "queue", queue_json(ev)) &&
           js_put(o, "cluster", pair("id", cluster, cluster ? strlen(cluster) : 0)) &&
           (ev->luma ? js_put(o, "preview", preview_render(ev->luma)) : js_null(o, "preview"));
}

static bool put_gap(json_t *o, const struct event *ev)
{
    json_t *counts = json_object();
    bool ok = counts && put_time(o, "from", ev->from) && put_time(o, "to", ev->at);
    for (size_t i = 0; ok && i < ev->count; i++)
        ok = js_int(counts, ev->counts[i].key, (int64_t)ev->counts[i].n);
    ok = ok && js_put(o, "counts", json_incref(counts));
    json_decref(counts);
    return ok;
}

static bool put_list(json_t *o, const struct event *ev)
{
    return js_str(o, "list", ev->list) && js_str(o, "version", ev->version) &&
           (ev->version ? js_int(o, "entries", (int64_t)ev->entries) : js_null(o, "entries")) &&
           js_str(o, "entry", ev->entry) && js_str(o, "state", ev->state) &&
           js_str(o, "why", ev->why);
}

bool event_render(struct buffer *out, const struct event *ev)
{
    json_t *o = json_object();
    bool ok = o && js_int(o, "v", 1);
    if (ok && strcmp(ev->type, EVENT_GAP) == 0)
        ok = put_gap(o, ev);
    else if (ok && strcmp(ev->type, EVENT_LIST) == 0)
        ok = put_list(o, ev);
    else
        ok = ok && put_finding(o, ev);
    if (ok && strcmp(ev->type, EVENT_REPORT) == 0)
        ok = js_put(o, "report", pair("reason", ev->reason.at, ev->reason.size));
    ok = ok && js_put(o, "engine", engine_json(ev->finding));
    size_t size = 0;
    char *text = ok ? js_dump(o, &size) : NULL;
    if (text)
        buffer_append(out, text, size);
    free(text);
    json_decref(o);
    return text && !out->failed;
}

json_t *event_envelope(const struct store_listed *row, const char *source)
{
    json_t *o = json_object();
    struct js_fault why = {"", 0};
    json_t *data = row->body ? js_read(row->body, strlen(row->body), &why) : NULL;
    bool lost = !data && !why.what;
    bool ok = o && !lost && js_str(o, "specversion", "1.0") && js_str(o, "id", row->id) &&
              js_str(o, "source", source) && js_str(o, "type", row->type) &&
              put_time(o, "time", row->at) && js_str(o, "datacontenttype", "application/json") &&
              (data ? js_put(o, "data", json_incref(data)) : js_null(o, "data"));
    json_decref(data);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}
