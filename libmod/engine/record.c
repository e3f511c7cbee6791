/* Events out of findings: P6 and P7, the brake's counting, the rows of the store. */
#include "engine/record.h"

#include <stdlib.h>
#include <string.h>

#include <libmod/config.h>

#include "engine/crowd.h"
#include "engine/live.h"

const char *mime_of(uint32_t format)
{
    switch (format) {
    case FORMAT_JPEG:
        return "image/jpeg";
    case FORMAT_PNG:
        return "image/png";
    case FORMAT_WEBP:
        return "image/webp";
    case FORMAT_GIF:
        return "image/gif";
    default:
        return NULL;
    }
}

/* ---- parts of the event ---- */

/* What the same finding has in common, from whichever process: type, content, item, and what was
 * loaded. False: an event of its own, or out of memory. */
static bool dedupe_of(const struct record *r, uint8_t out[SHA256_BYTES])
{
    const struct subject *who = r->who;
    struct buffer b = BUFFER_INIT;
    bool item = who->item_length > 0;
    if (!item && (r->content.kind == CONTENT_TEXT || !r->content.ck))
        return false;
    buffer_str(&b, r->type);
    buffer_append(&b, "", 1);
    buffer_str(&b, r->content.ck ? r->content.ck : "");
    buffer_append(&b, "", 1);
    buffer_u64(&b, who->host_length);
    buffer_append(&b, who->host, who->host_length);
    buffer_append(&b, who->item, who->item_length);
    buffer_append(&b, r->snapshot->versions, SHA256_BYTES);
    bool ok = !b.failed && hmac_of(out, r->snapshot->key, "dedupe", b.data, b.size);
    buffer_finish(&b);
    return ok;
}

static const struct match *leading(const struct matches *found)
{
    const struct match *best = NULL;
    for (uint32_t i = 0; i < found->n; i++) {
        const struct match *m = &found->v[i];
        if (m->suppressed || m->kind != MATCH_LIST || !m->entry)
            continue;
        if (!best || m->action > best->action)
            best = m;
    }
    return best;
}

/* The text that stands for those like this one. */
static bool like_of(const struct record *r, char out[CONTENT_KEY])
{
    const struct store_text *kept = &r->content.hashes;
    struct sketch text;
    return r->content.kind == CONTENT_TEXT && kept->size == SKETCH_BYTES &&
           sketch_read(&text, (const uint8_t *)kept->at) &&
           crowd_find(r->engine->crowd, r->engine->store, &text, r->dl, out);
}

/* "source/entry" of the entry that leads, else a content key: of a text, the first one's that was like it. */
static void cluster_of(const struct record *r, struct buffer *out)
{
    char like[CONTENT_KEY];
    const struct match *m = leading(r->matches);
    if (m)
        buffer_printf(out, "%s/%s", m->source, m->entry);
    else if (like_of(r, like))
        buffer_str(out, like);
    else
        buffer_str(out, r->content.ck ? r->content.ck : "");
}

/* The earliest deadline of the harms that were found; 0: none. */
static uint64_t deadline_of(const struct record *r, uint64_t at)
{
    const struct config *c = r->snapshot->config;
    uint64_t first = 0;
    for (size_t i = 0; i < c->deadline_count; i++) {
        const struct config_deadline *d = &c->deadlines[i];
        bool found = r->always && strcmp(d->harm, c->local.harm) == 0;
        for (uint32_t k = 0; k < r->matches->n && !found; k++) {
            const struct match *m = &r->matches->v[k];
            found = !m->suppressed && m->harm && strcmp(m->harm, d->harm) == 0;
        }
        if (found && (!first || at + d->ms < first))
            first = at + d->ms;
    }
    return first;
}

static struct store_text text_of(const char *at, size_t size)
{
    return (struct store_text){at, at ? size : 0};
}

static void fill_context(struct event *ev, const struct record *r)
{
    const struct subject *who = r->who;
    ev->host = text_of(who->host, who->host_length);
    ev->room = text_of(who->room, who->room_length);
    ev->sender = text_of(who->sender, who->sender_length);
    ev->item = text_of(who->item, who->item_length);
    ev->surface = who->surface;
    ev->sent_at = who->has_at ? who->at : 0;
    ev->encrypted = who->encrypted;
    ev->kind = r->content.kind;
    ev->content = r->content.ck;
    ev->mime = r->content.mime;
    ev->bytes = r->content.bytes;
    ev->width = r->content.width;
    ev->height = r->content.height;
}

struct finding finding_of(const struct policy *p,
                          const struct matches *found,
                          const struct snapshot *s,
                          uint32_t reasons,
                          uint8_t coverage,
                          uint64_t start)
{
    return (struct finding){
        .action = p->action,
        .would = p->would,
        .mode = p->mode,
        .coverage = coverage,
        .reasons = reasons,
        .match = found->v,
        .count = found->n,
        .dropped = found->dropped,
        .score = p->score,
        .scores = p->scores,
        .config = s->config->hash,
        .policy = s->policy,
        .took_us = (time_now_ns() - start) / 1000u,
    };
}

/* ---- what is kept of the content ---- */

/* {"reasons","coverage","matches"}: what lmod_recall() starts from. Nothing for a clean one. */
static bool verdict_write(const struct record *r, struct buffer *out)
{
    const struct finding f = {.match = r->matches->v, .count = r->matches->n};
    if (!r->reasons && !f.count)
        return true;
    json_t *o = json_object(), *array = json_array();
    bool ok = o && array && js_int(o, "v", 1) &&
              js_str(o, "coverage", term_name(coverage_terms, r->coverage)) &&
              js_put(o, "reasons", reasons_render(r->reasons));
    for (uint32_t i = 0; ok && i < f.count; i++)
        ok = js_push(array, match_store(&f.match[i]));
    ok = ok && js_put(o, "matches", json_incref(array));
    char *text = ok ? js_dump(o, NULL) : NULL;
    if (text)
        buffer_str(out, text);
    free(text);
    json_decref(array);
    json_decref(o);
    return text && !out->failed;
}

/* Which entries and rules hit, to be counted by the brake. */
struct brakes {
    char *key[STORE_BRAKES];
    const struct match *match[STORE_BRAKES];
    size_t n;
};

static bool brakes_collect(struct brakes *b, const struct record *r)
{
    for (uint32_t i = 0; i < r->matches->n && b->n < STORE_BRAKES; i++) {
        const struct match *m = &r->matches->v[i];
        const char *name = m->kind == MATCH_RULE ? m->rule : m->entry;
        struct buffer key = BUFFER_INIT;
        bool known = false;
        if (m->suppressed || m->kind == MATCH_SCORE || !name ||
            live_braked(r->live, m->source, name))
            continue;
        buffer_printf(&key, "%s/%s", m->source, name);
        char *text = buffer_take(&key, NULL);
        if (!text)
            return false;
        for (size_t k = 0; k < b->n && !known; k++)
            known = strcmp(b->key[k], text) == 0;
        if (known) {
            free(text);
            continue;
        }
        b->match[b->n] = m;
        b->key[b->n++] = text;
    }
    return true;
}

static void brakes_finish(struct brakes *b)
{
    for (size_t i = 0; i < b->n; i++)
        free(b->key[i]);
}

static void tell_braked(const struct record *r, const struct brakes *b, uint64_t braked)
{
    for (size_t i = 0; i < b->n; i++) {
        if (!(braked & (uint64_t)1 << i))
            continue;
        engine_say(r->engine, LMOD_LOG_WARNING,
                   "%s hit more than %u different contents in an hour and falls to observe; "
                   "`modctl list withdraw brake key:%s` puts it in force again",
                   b->key[i], r->snapshot->config->brake.distinct_per_hour, b->key[i]);
        record_list(r->engine, r->snapshot, NULL, "braked", b->key[i]);
    }
}

/* ---- recording ---- */

struct making {
    struct buffer cluster, verdict, body;
    struct brakes brakes;
    uint8_t dedupe[SHA256_BYTES];
    struct store_event event;
    struct store_item item;
    struct store_row row;
};

static void making_finish(struct making *m)
{
    buffer_finish(&m->cluster);
    buffer_finish(&m->verdict);
    buffer_finish(&m->body);
    brakes_finish(&m->brakes);
}

static bool make_event(struct making *m, const struct record *r, char id[STORE_ID], uint64_t at)
{
    const struct config *c = r->snapshot->config;
    struct finding f =
        finding_of(r->policy, r->matches, r->snapshot, r->reasons, r->coverage, r->start);
    struct event ev = {.id = id, .type = r->type, .at = at, .key = r->snapshot->key, .finding = &f};
    fill_context(&ev, r);
    event_weigh(&ev, &f);
    if (r->always && !r->matches->n) { /* a report of what no list knows */
        ev.harm = c->local.harm;
        ev.severity = c->local.severity;
        ev.prio = (uint8_t)(2 * c->local.severity);
    }
    ev.cluster = m->cluster.data;
    ev.deadline = deadline_of(r, at);
    ev.luma = c->events.preview ? r->luma : NULL;
    ev.reason = r->reason;
    m->event = (struct store_event){
        .id = id,
        .dedupe = dedupe_of(r, m->dedupe) ? m->dedupe : NULL,
        .type = r->type,
        .prio = ev.prio,
        .severity = ev.severity,
        .deadline = ev.deadline,
        .at = at,
    };
    if (!event_render(&m->body, &ev))
        return false;
    m->event.body = (struct store_text){m->body.data, m->body.size};
    return true;
}

/* Whoever it is from, however it is called: the shims need the clear ids to act. */
static void make_item(struct making *m, const struct record *r, uint64_t at)
{
    const struct subject *who = r->who;
    m->item = (struct store_item){
        .host = text_of(who->host, who->host_length),
        .ref = text_of(who->item, who->item_length),
        .room = text_of(who->room, who->room_length),
        .sender = text_of(who->sender, who->sender_length),
        .surface = who->surface,
        .at = who->has_at ? who->at : at,
    };
    if (m->item.ref.size || m->item.room.size || m->item.sender.size)
        m->row.item = &m->item;
}

static bool make_row(struct making *m, struct record *r, bool event, char id[STORE_ID], uint64_t at)
{
    cluster_of(r, &m->cluster);
    if (m->cluster.failed || !verdict_write(r, &m->verdict))
        return false;
    r->content.cluster = m->cluster.data;
    r->content.at = at;
    r->content.gen = live_gen(r->live);
    r->content.verdict = (struct store_text){m->verdict.data, m->verdict.size};
    m->row.content = r->content.ck ? &r->content : NULL;
    make_item(m, r, at);
    if (!event)
        return true;
    if (!event_id(id, at) || !make_event(m, r, id, at) || !brakes_collect(&m->brakes, r))
        return false;
    m->row.event = &m->event;
    m->row.brake = (const char *const *)m->brakes.key;
    m->row.brake_count = r->content.ck ? m->brakes.n : 0;
    m->row.brake_max = r->snapshot->config->brake.distinct_per_hour;
    return true;
}

static uint64_t time_for(const struct record *r)
{
    uint64_t least = time_in_ms(RECORD_LEAST_MS);
    return r->dl > least ? r->dl : least;
}

static void failed(struct record *r, struct record_done *out, const struct store_done *done)
{
    struct engine *e = r->engine;
    out->state = RECORDED_FAILED;
    policy_unrecorded(r->policy);
    atomic_fetch_add(&e->counters.unrecorded, 1);
    if (done->refused)
        atomic_fetch_add(&e->counters.refused, 1);
    gap_note(e, r->reasons, true, done->refused);
}

void record(struct record *r, struct record_done *out)
{
    struct engine *e = r->engine;
    bool event = r->always || r->policy->would >= ACTION_FLAG;
    char id[STORE_ID] = "";
    struct making m = {.cluster = BUFFER_INIT, .verdict = BUFFER_INIT, .body = BUFFER_INIT};
    struct store_done done = {0};
    struct error why = {0};
    *out = (struct record_done){.state = RECORDED_NONE};
    if (!(e->flags & ENGINE_RECORD))
        return;
    if (!event && r->reasons)
        gap_note(e, r->reasons, false, false);
    if (!event && (!r->remember || !r->content.ck))
        return;
    int status = make_row(&m, r, event, id, time_wall_ms()) ? LMOD_OK : error_memory(&why);
    if (status == LMOD_OK)
        status = store_put(e->store, &m.row, time_for(r), &done, &why);
    engine_store_state(e, status, &why);
    if (event && status != LMOD_OK)
        failed(r, out, &done);
    else if (event) {
        out->state = RECORDED_OK;
        memcpy(out->event, done.event, sizeof(out->event));
        atomic_fetch_add(&e->counters.recorded, 1);
        tell_braked(r, &m.brakes, done.braked);
    } else if (status != LMOD_OK)
        atomic_fetch_add(&e->counters.forgotten, 1);
    making_finish(&m);
}
