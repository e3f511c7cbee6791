/* Looking a text up: itself, and what is like it. */
#include "engine/texts.h"

#include <string.h>

#include "engine/live.h"
#include "engine/lookup.h"

enum { HITS_MAX = 16 }; /* entries of one list that are like one text */

enum allowed text_allowed(const struct live *live, const uint8_t *key)
{
    return key && live_find(live, true, SIGNAL_TEXT, key) ? ALLOWED_EXACTLY : NOT_ALLOWED;
}

/* ---- local entries ---- */

void text_local(struct policy *p,
                const struct config *c,
                const struct live *live,
                const uint8_t *key,
                const struct sketch *stored)
{
    struct live_text near[HITS_MAX];
    const struct live_entry *same = key ? live_find(live, false, SIGNAL_TEXT, key) : NULL;
    size_t n = stored ? live_near_text(live, stored, near, HITS_MAX) : 0;
    if (same) {
        struct match m = live_match(c, live, same);
        m.signal = SIGNAL_TEXT;
        lookup_match(p, live, &m);
    }
    for (size_t i = 0; i < n && i < HITS_MAX; i++) {
        struct match m = live_match(c, live, near[i].entry);
        if (same && strcmp(same->name, near[i].entry->name) == 0)
            continue;
        m.signal = SIGNAL_TEXT;
        m.strategy = STRATEGY_PLAIN;
        m.distance = near[i].distance;
        lookup_match(p, live, &m);
    }
    if (n > HITS_MAX)
        p->out->dropped += (uint32_t)(n - HITS_MAX);
}

/* ---- list files ---- */

static const struct list *texts_of(const struct slot *slot)
{
    return slot->loaded && slot->loaded->info.signals[SIGNAL_TEXT] ? slot->loaded->list : NULL;
}

static void
match_slot(const struct text_look *l, const struct slot *slot, struct policy *p, uint32_t *reasons)
{
    struct list_hit hit[HITS_MAX];
    const struct list *list = texts_of(slot);
    bool cut = false;
    size_t n = list ? list_near_text(list, &l->listed, hit, HITS_MAX, &cut) : 0;
    for (size_t i = 0; i < n && i < HITS_MAX; i++) {
        struct match m = lookup_list_match(slot);
        struct list_entry entry;
        list_entry_get(list, hit[i].entry, &entry);
        m.entry = entry.id;
        m.signal = SIGNAL_TEXT;
        m.strategy = STRATEGY_PLAIN;
        m.distance = hit[i].distance;
        lookup_match(p, l->live, &m);
    }
    if (n > HITS_MAX)
        p->out->dropped += (uint32_t)(n - HITS_MAX);
    if (cut && n == 0)
        *reasons |= REASON_LIMIT;
}

bool texts_listed(struct text_look *l, size_t list)
{
    struct list_hit hit;
    bool cut = false;
    const struct list *texts = texts_of(&l->snapshot->slot[l->snapshot->rule_slot[list]]);
    if (texts && list_near_text(texts, &l->listed, &hit, 1, &cut))
        return true;
    l->cut |= cut;
    return false;
}

void texts_match(struct text_look *l,
                 const struct text *text,
                 const uint8_t *key,
                 struct policy *policy,
                 uint32_t *reasons)
{
    const struct snapshot *s = l->snapshot;
    sketch_init(&l->listed);
    sketch_init(&l->stored);
    l->cut = false;
    if (live_count(l->live).texts)
        (void)text_sketch(text, &s->sketch_key, &l->stored);
    text_local(policy, s->config, l->live, key, &l->stored);
    if (s->texts)
        (void)text_sketch(text, NULL, &l->listed);
    for (size_t i = 0; s->texts && i < s->list_count; i++)
        match_slot(l, &s->slot[i], policy, reasons);
}
