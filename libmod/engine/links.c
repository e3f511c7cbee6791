/* Looking the links of a text up. */
#include "engine/links.h"

#include <string.h>

#include "engine/live.h"
#include "engine/lookup.h"

enum { HITS_MAX = 16 }; /* entries of one list that have the same link */

bool link_look_init(struct link_look *l)
{
    *l = (struct link_look){.hasher = hasher_new()};
    return l->hasher != NULL;
}

void link_look_finish(struct link_look *l)
{
    hasher_free(l->hasher);
}

static bool has_links(const struct slot *slot)
{
    return slot->loaded && slot->loaded->info.signals[SIGNAL_LINK];
}

static size_t
find(const struct slot *slot, const struct link_digests *d, struct list_hit *hit, size_t cap)
{
    size_t n = 0;
    for (uint32_t k = 0; has_links(slot) && k < d->n; k++)
        n += list_find(slot->loaded->list, SIGNAL_LINK, d->sha256[k], n < cap ? hit + n : hit,
                       n < cap ? cap - n : 0);
    return n;
}

static bool is_allowed(const struct link_look *l, const struct link_digests *d)
{
    const struct snapshot *s = l->snapshot;
    bool found = false;
    for (uint32_t k = 0; k < d->n && !found; k++)
        found = live_find(l->live, true, SIGNAL_LINK, d->sha256[k]) != NULL;
    for (size_t i = s->list_count; i < s->pack_at && !found; i++)
        found = find(&s->slot[i], d, NULL, 0) > 0;
    return found;
}

/* An entry is told once for a text, with the first of its links. */
static void tell(struct link_look *l, struct policy *p, struct match *m, uint32_t link)
{
    for (uint32_t i = 0; i < p->out->n; i++) {
        const struct match *v = &p->out->v[i];
        if (v->kind == MATCH_LIST && v->signal == SIGNAL_LINK &&
            v->suppressed == l->allowed[link] && strcmp(v->source, m->source) == 0 &&
            strcmp(v->entry, m->entry) == 0)
            return;
    }
    m->signal = SIGNAL_LINK;
    m->view = term_name(view_terms, VIEW_LINK);
    m->from = l->links.links[link].from;
    m->to = l->links.links[link].to;
    m->suppressed = l->allowed[link];
    lookup_match(p, l->live, m);
}

static void
match_slot(struct link_look *l, struct policy *p, const struct slot *slot, uint32_t link)
{
    struct list_hit hit[HITS_MAX];
    size_t n = find(slot, &l->digests[link], hit, HITS_MAX);
    for (size_t i = 0; i < n && i < HITS_MAX; i++) {
        struct match m = lookup_list_match(slot);
        struct list_entry entry;
        list_entry_get(slot->loaded->list, hit[i].entry, &entry);
        m.entry = entry.id;
        tell(l, p, &m, link);
    }
    if (n > HITS_MAX)
        p->out->dropped += (uint32_t)(n - HITS_MAX);
}

static void match_local(struct link_look *l, struct policy *p, uint32_t link)
{
    const struct link_digests *d = &l->digests[link];
    for (uint32_t k = 0; k < d->n; k++) {
        const struct live_entry *e = live_find(l->live, false, SIGNAL_LINK, d->sha256[k]);
        if (!e)
            continue;
        struct match m = live_match(l->snapshot->config, l->live, e);
        tell(l, p, &m, link);
    }
}

static bool for_texts(const struct slot *slot)
{
    return has_links(slot) || (slot->loaded && slot->loaded->info.signals[SIGNAL_TEXT]);
}

/* What a list that is not there holds is not known: it may be links, or texts. */
static bool list_trouble(const struct snapshot *s)
{
    uint64_t now = time_wall_ms();
    for (size_t i = 0; i < s->count; i++)
        if (!s->slot[i].loaded || (for_texts(&s->slot[i]) && slot_stale(&s->slot[i], now)))
            return true;
    return false;
}

int links_match(struct link_look *l,
                struct text *text,
                const struct snapshot *snapshot,
                const struct live *live,
                struct policy *policy,
                uint32_t *reasons)
{
    l->snapshot = snapshot;
    l->live = live;
    l->looked = snapshot->links || live_count(live).links;
    if (list_trouble(snapshot))
        *reasons |= REASON_LIST;
    if (!l->looked)
        return LMOD_OK;
    int status = text_links(text, 0, &l->links);
    for (uint32_t i = 0; status == LMOD_OK && i < l->links.size; i++) {
        const struct text_link *link = &l->links.links[i];
        if (!link_digests(&l->digests[i], l->hasher, link->key, link->key_size))
            return LMOD_E_MEMORY;
        l->allowed[i] = is_allowed(l, &l->digests[i]);
        for (size_t k = 0; k < snapshot->list_count; k++)
            match_slot(l, policy, &snapshot->slot[k], i);
        match_local(l, policy, i);
    }
    if (l->links.more)
        *reasons |= REASON_LIMIT;
    return status;
}

/* ---- rules ---- */

bool links_listed(const struct link_look *l, size_t list, uint32_t link)
{
    return l->looked &&
           find(&l->snapshot->slot[l->snapshot->rule_slot[list]], &l->digests[link], NULL, 0) > 0;
}

bool links_allowed(const struct link_look *l, uint32_t link)
{
    return l->looked && l->allowed[link];
}
