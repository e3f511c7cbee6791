/* Ops events: lists that were loaded, refused or braked; what was not looked at or not recorded. */
#include <stdlib.h>
#include <string.h>

#include <libmod/config.h>

#include "engine/record.h"

enum { GAP_MS = 60000, OPS_MS = 50 };

/* Renders and puts one event; false when it is not in the store. */
static bool put(struct engine *e, struct event *ev, const uint8_t *dedupe)
{
    char id[STORE_ID];
    struct buffer body = BUFFER_INIT;
    struct store_done done = {0};
    struct error why = {0};
    ev->at = time_wall_ms();
    ev->id = id;
    bool ok = event_id(id, ev->at) && event_render(&body, ev);
    if (ok) {
        const struct store_event event = {
            .id = id,
            .dedupe = dedupe,
            .type = ev->type,
            .at = ev->at,
            .body = {body.data, body.size},
        };
        const struct store_row row = {.event = &event};
        int status = store_put(e->store, &row, time_in_ms(OPS_MS), &done, &why);
        engine_store_state(e, status, &why);
        ok = status == LMOD_OK;
    }
    buffer_finish(&body);
    ev->id = NULL;
    return ok;
}

/* ---- lists ---- */

void record_list(struct engine *e,
                 const struct snapshot *s,
                 const struct slot *slot,
                 const char *state,
                 const char *braked)
{
    struct event ev = {.type = EVENT_LIST, .key = s->key, .state = state, .entry = braked};
    uint8_t dedupe[SHA256_BYTES];
    struct buffer b = BUFFER_INIT;
    if (!(e->flags & ENGINE_RECORD))
        return;
    if (slot) {
        ev.list = slot->name;
        ev.version = slot->loaded ? slot->loaded->info.version : NULL;
        ev.entries = slot->loaded ? slot->loaded->info.active : 0;
        ev.why = slot->loaded ? NULL : slot->why;
        buffer_printf(&b, "%s/%s/%s/%s", EVENT_LIST, ev.list, state, ev.why ? ev.why : "");
        if (slot->loaded)
            buffer_append(&b, slot->loaded->info.checksum, sizeof(slot->loaded->info.checksum));
    }
    bool once = slot && !b.failed && hmac_of(dedupe, s->key, "list", b.data, b.size);
    (void)put(e, &ev, once ? dedupe : NULL);
    buffer_finish(&b);
}

/* ---- gaps ---- */

void gap_note(struct engine *e, uint32_t reasons, bool unrecorded, bool refused)
{
    (void)pthread_mutex_lock(&e->lock);
    struct gap *g = &e->gap;
    if (!g->from)
        g->from = time_wall_ms();
    for (unsigned i = 0; !unrecorded && i < REASONS; i++)
        g->reason[i] += (reasons & 1u << i) != 0;
    g->unrecorded += unrecorded;
    g->refused += refused;
    bool due = time_now_ns() >= g->next;
    (void)pthread_mutex_unlock(&e->lock);
    if (due)
        record_flush(e, false);
}

/* Takes what waits, so that it is told once; gives it back when it could not be. */
static struct gap gap_take(struct engine *e, bool now, bool *due)
{
    struct gap taken;
    (void)pthread_mutex_lock(&e->lock);
    uint64_t at = time_now_ns();
    taken = e->gap;
    *due = taken.from && (now || at >= taken.next);
    if (*due)
        e->gap = (struct gap){.next = at + GAP_MS * UINT64_C(1000000)};
    (void)pthread_mutex_unlock(&e->lock);
    return taken;
}

static void gap_give_back(struct engine *e, const struct gap *g)
{
    (void)pthread_mutex_lock(&e->lock);
    for (unsigned i = 0; i < REASONS; i++)
        e->gap.reason[i] += g->reason[i];
    e->gap.unrecorded += g->unrecorded;
    e->gap.refused += g->refused;
    e->gap.from = g->from;
    (void)pthread_mutex_unlock(&e->lock);
}

static void gap_put(struct engine *e, const struct gap *g)
{
    struct store_count count[REASONS + 2];
    struct snapshot *s = engine_snapshot(e);
    struct event ev = {.type = EVENT_GAP, .key = s->key, .counts = count, .from = g->from};
    for (unsigned i = 0; i < REASONS; i++)
        if (g->reason[i])
            count[ev.count++] =
                (struct store_count){term_name(reason_terms, 1u << i), g->reason[i]};
    if (g->unrecorded)
        count[ev.count++] = (struct store_count){"unrecorded", g->unrecorded};
    if (g->refused)
        count[ev.count++] = (struct store_count){"refused", g->refused};
    if (!put(e, &ev, NULL))
        gap_give_back(e, g);
    snapshot_free(s);
}

/* ---- counters ---- */

static const struct {
    const char *key;
    size_t at;
} kept[] = {
    {"scans", offsetof(struct counters, scans)},
    {"matches", offsetof(struct counters, matches)},
    {"suppressed", offsetof(struct counters, suppressed)},
    {"recorded", offsetof(struct counters, recorded)},
    {"unrecorded", offsetof(struct counters, unrecorded)},
    {"refused", offsetof(struct counters, refused)},
    {"forgotten", offsetof(struct counters, forgotten)},
    {"action.allow", offsetof(struct counters, action[0])},
    {"action.flag", offsetof(struct counters, action[1])},
    {"action.hold", offsetof(struct counters, action[2])},
    {"action.block", offsetof(struct counters, action[3])},
    {"coverage.complete", offsetof(struct counters, coverage[0])},
    {"coverage.partial", offsetof(struct counters, coverage[1])},
    {"coverage.not_run", offsetof(struct counters, coverage[2])},
};
_Static_assert(COUNT_OF(kept) == COUNTERS_KEPT, "struct engine keeps what was told of each");

static void counters_put(struct engine *e)
{
    struct store_count count[COUNTERS_KEPT];
    uint64_t now[COUNTERS_KEPT];
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        const atomic_ullong *c =
            (const atomic_ullong *)(const void *)((const char *)&e->counters + kept[i].at);
        now[i] = atomic_load(c);
        if (now[i] > e->told[i])
            count[n++] = (struct store_count){kept[i].key, now[i] - e->told[i]};
    }
    if (n && store_count(e->store, count, n, time_in_ms(OPS_MS), NULL) == LMOD_OK)
        memcpy(e->told, now, sizeof(now));
}

void record_flush(struct engine *e, bool now)
{
    bool due = false;
    if (!(e->flags & ENGINE_RECORD))
        return;
    const struct gap g = gap_take(e, now, &due);
    if (due)
        gap_put(e, &g);
    uint64_t at = time_now_ns(), next = atomic_load(&e->told_next);
    if (!now && at < next)
        return;
    if (pthread_mutex_trylock(&e->told_lock) != 0)
        return;
    atomic_store(&e->told_next, at + GAP_MS * UINT64_C(1000000));
    counters_put(e);
    (void)pthread_mutex_unlock(&e->told_lock);
}
