/* Looking a media content up in the lists and among the local entries. */
#include "engine/lookup.h"

#include <string.h>

#include "engine/live.h"

void lookup_match(struct policy *p, const struct live *live, const struct match *found)
{
    struct match m = *found;
    const char *name = m.kind == MATCH_RULE ? m.rule : m.entry;
    if (name && live_braked(live, m.source, name))
        m.mode = MODE_OBSERVE;
    policy_match(p, &m);
}

static const uint8_t *digest_of(const struct lookup *l, enum signal signal)
{
    uint32_t bit = 1u << (signal - SIGNAL_MD5);
    if (!(l->digests.have & bit))
        return NULL;
    return signal == SIGNAL_MD5    ? l->digests.md5
           : signal == SIGNAL_SHA1 ? l->digests.sha1
                                   : l->digests.sha256;
}

/* Strongest digest first. */
static const enum signal digest_order[] = {SIGNAL_SHA256, SIGNAL_SHA1, SIGNAL_MD5};

/* ---- list files ---- */

struct match lookup_list_match(const struct slot *slot)
{
    const struct config_list *c = slot->config;
    return (struct match){
        .kind = MATCH_LIST,
        .own_action = c->action,
        .mode = c->mode,
        .severity = c->severity,
        .authority = c->authority,
        .source = c->id,
        .version = slot->loaded->info.version,
        .harm = c->harm,
        .strategy = STRATEGY_EXACT,
    };
}

/* Reports what is in l->hit[0 … n), except entries that `skip` hits before them already named. */
static void
report_hits(struct lookup *l, const struct slot *slot, enum signal signal, size_t skip, size_t n)
{
    struct match m = lookup_list_match(slot);
    m.signal = (uint8_t)signal;
    for (size_t i = skip; i < n; i++) {
        const struct list_hit *hit = &l->hit[i];
        struct list_entry entry;
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = l->hit[k].entry == hit->entry;
        if (known)
            continue;
        list_entry_get(slot->loaded->list, hit->entry, &entry);
        m.entry = entry.id;
        m.distance = hit->distance;
        if (signal == SIGNAL_PDQ) {
            m.frame = l->needle[hit->needle].frame;
            m.strategy = l->needle[hit->needle].strategy;
        }
        lookup_match(&l->policy, l->live, &m);
    }
}

/* Digest hits of one list into l->hit. */
static size_t find_digests(struct lookup *l, const struct slot *slot)
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(digest_order) && n < LOOKUP_HITS; i++) {
        const uint8_t *key = digest_of(l, digest_order[i]);
        if (!key || !slot->loaded->info.signals[digest_order[i]])
            continue;
        size_t found =
            list_find(slot->loaded->list, digest_order[i], key, l->hit + n, LOOKUP_HITS - n);
        size_t kept = found < LOOKUP_HITS - n ? found : LOOKUP_HITS - n;
        if (slot->config) {
            report_hits(l, slot, digest_order[i], n, n + kept);
            l->matches.dropped += (uint32_t)(found - kept);
        }
        n += kept;
    }
    return n;
}

/* PDQ hits of one list behind the `n` digest hits. What allows must be the whole picture: a collage is
 * not allowed because one of its cells is. */
static size_t find_near(struct lookup *l, const struct slot *slot, size_t n)
{
    size_t found = 0, total = 0;
    unsigned radius = slot->config ? slot->config->radius : (unsigned)PDQ_RADIUS_ALLOW;
    size_t needles = slot->config ? l->needles : l->whole;
    if (!needles || n == LOOKUP_HITS || !slot->loaded->info.signals[SIGNAL_PDQ])
        return n;
    int status = list_near(slot->loaded->list, l->query, needles, radius, l->dl, l->hit + n,
                           LOOKUP_HITS - n, &found, &total);
    if (status != LMOD_OK)
        l->reasons |= REASON_TIMEOUT;
    if (slot->config) {
        report_hits(l, slot, SIGNAL_PDQ, n, n + found);
        l->matches.dropped += (uint32_t)(total - found);
    }
    return n + found;
}

/* ---- local entries ---- */

/* The nearest hit of each local entry. */
struct nearest {
    struct lookup *l;
    const struct live_entry *entry[MATCHES_MAX];
    uint16_t distance[MATCHES_MAX];
    size_t needle[MATCHES_MAX];
    size_t n;
};

static void take_near(void *user, const struct live_entry *e, size_t needle, unsigned distance)
{
    struct nearest *near = user;
    size_t i = 0;
    while (i < near->n && strcmp(near->entry[i]->name, e->name) != 0)
        i++;
    if (i == MATCHES_MAX || (i < near->n && near->distance[i] <= distance))
        return;
    near->entry[i] = e;
    near->distance[i] = (uint16_t)distance;
    near->needle[i] = needle;
    near->n += i == near->n;
}

static void find_local(struct lookup *l)
{
    const struct config *c = l->snapshot->config;
    const struct live_entry *exact = NULL;
    struct nearest near = {.l = l};
    for (size_t i = 0; i < COUNT_OF(digest_order) && !exact; i++) {
        const uint8_t *key = digest_of(l, digest_order[i]);
        exact = key ? live_find(l->live, false, digest_order[i], key) : NULL;
        if (!exact)
            continue;
        struct match m = live_match(c, l->live, exact);
        m.signal = (uint8_t)digest_order[i];
        lookup_match(&l->policy, l->live, &m);
    }
    live_near(l->live, false, l->query, l->needles, c->local.radius, take_near, &near);
    for (size_t i = 0; i < near.n; i++) {
        struct match m = live_match(c, l->live, near.entry[i]);
        if (exact && strcmp(exact->name, near.entry[i]->name) == 0)
            continue;
        m.signal = SIGNAL_PDQ;
        m.distance = near.distance[i];
        m.frame = l->needle[near.needle[i]].frame;
        m.strategy = l->needle[near.needle[i]].strategy;
        lookup_match(&l->policy, l->live, &m);
    }
}

static void note_any(void *user, const struct live_entry *e, size_t needle, unsigned distance)
{
    (void)e;
    (void)needle;
    (void)distance;
    *(bool *)user = true;
}

static enum allowed allowed(struct lookup *l)
{
    const struct snapshot *snap = l->snapshot;
    bool exact = l->digests.have & DIGEST_SHA256 &&
                 live_find(l->live, true, SIGNAL_SHA256, l->digests.sha256);
    bool near = false;
    for (size_t i = snap->list_count; i < snap->pack_at && !exact; i++) {
        if (!snap->slot[i].loaded)
            continue;
        exact = find_digests(l, &snap->slot[i]) > 0;
        near = near || (!exact && find_near(l, &snap->slot[i], 0));
    }
    if (!exact && !near)
        live_near(l->live, true, l->query, l->whole, PDQ_RADIUS_ALLOW, note_any, &near);
    return exact ? ALLOWED_EXACTLY : near ? ALLOWED : NOT_ALLOWED;
}

/* ---- everything ---- */

/* The hashes of parts, or those of whole pictures, in one look. */
static void collect_look(struct lookup *l, unsigned look, bool parts)
{
    for (uint32_t i = 0; i < l->seen->count; i++) {
        const struct seen_hash *h = &l->seen->hash[i];
        uint8_t *name = &l->needle[l->needles].strategy;
        if (seen_part(h) == parts &&
            pdq_look(h->hash, h->strategy, look, &l->query[l->needles], name))
            l->needle[l->needles++].frame = h->frame;
    }
}

/* The hashes that may match, as query hashes; whole pictures in their plain orientation come first,
 * so that they name the match when several hit at the same distance. */
static void collect_needles(struct lookup *l)
{
    for (unsigned look = 0; l->seen && look < PDQ_LOOKS; look++)
        collect_look(l, look, false);
    l->whole = l->needles;
    for (unsigned look = 0; l->seen && look < PDQ_LOOKS; look++)
        collect_look(l, look, true);
}

/* The built-in source of `selftest: true`. */
static void find_selftest(struct lookup *l)
{
    const struct selftest *t = l->snapshot->selftest;
    struct match m = {
        .kind = MATCH_LIST,
        .own_action = ACTION_HOLD,
        .mode = UNSET,
        .severity = SEVERITY_INFO,
        .signal = SIGNAL_SHA256,
        .strategy = STRATEGY_EXACT,
        .source = "libmod.selftest",
        .version = "1",
        .entry = "picture",
        .harm = "other",
    };
    bool hit =
        l->digests.have & DIGEST_SHA256 && memcmp(l->digests.sha256, t->sha256, SHA256_BYTES) == 0;
    m.distance = PDQ_RADIUS + 1;
    for (size_t i = 0; !hit && i < l->needles; i++) {
        unsigned d = pdq_distance(&l->query[i], &t->pdq);
        if (d >= m.distance)
            continue;
        m.signal = SIGNAL_PDQ;
        m.distance = (uint16_t)d;
        m.strategy = l->needle[i].strategy;
        m.frame = l->needle[i].frame;
    }
    if (hit)
        m.distance = 0;
    if (m.distance <= PDQ_RADIUS)
        lookup_match(&l->policy, l->live, &m);
}

/* A list that a media scan needs is missing, refused or stale. */
static bool list_trouble(const struct snapshot *snap)
{
    uint64_t now = time_wall_ms();
    if (snap->missing) /* also an allow list: it would have suppressed */
        return true;
    for (size_t i = 0; i < snap->list_count; i++) {
        const struct loaded *loaded = snap->slot[i].loaded;
        if (!loaded)
            return true;
        const uint64_t *signals = loaded->info.signals;
        bool media = signals[SIGNAL_MD5] || signals[SIGNAL_SHA1] || signals[SIGNAL_SHA256] ||
                     signals[SIGNAL_PDQ];
        if (media && slot_stale(&snap->slot[i], now))
            return true;
    }
    return false;
}

void lookup_media(struct lookup *l)
{
    const struct snapshot *snap = l->snapshot;
    collect_needles(l);
    policy_begin(&l->policy, snap->config, l->who->surface, allowed(l), &l->matches);
    for (size_t i = 0; i < snap->list_count; i++)
        if (snap->slot[i].loaded)
            (void)find_near(l, &snap->slot[i], find_digests(l, &snap->slot[i]));
    find_local(l);
    if (snap->selftest)
        find_selftest(l);
    if (list_trouble(snap))
        l->reasons |= REASON_LIST;
    policy_reasons(&l->policy, l->reasons);
}
