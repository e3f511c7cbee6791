/* Local entries, allow entries and the brake, as scans read them. */
#include "engine/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmod/config.h>

#include "store/store.h"

enum { LIST_LOCAL, LIST_ALLOW, LIST_BRAKE, LIVE_LISTS };

enum {
    NAMES_MAX = 64,          /* different harms of entries; further ones have the config's */
    MERGE_MS = 50,           /* what a scan lends to reading the store */
    NO_ROW = UINT32_MAX - 1, /* of an index slot */
    SKETCHES_NEAR = 64,      /* texts near one, the nearest */
};

enum { SIG_SKETCH = SIGNAL_COUNT }; /* a text's second row: what is like it */

struct row {
    uint8_t list, sig, action, harm; /* harm: place in the table plus one, 0: none */
    uint8_t
        value[SHA256_BYTES]; /* zero behind shorter ones; of the brake and of a sketch: sha256 */
    uint32_t sketch;         /* of SIG_SKETCH: its place in `sketch` */
    char name[STORE_ID];
};

struct live {
    atomic_uint refs;
    uint64_t gen;
    char version[24];
    char harm[NAMES_MAX][LIST_ID_MAX];
    size_t harms;
    struct row *row;
    size_t n, cap;
    struct live_entry *entry; /* of each row */
    uint32_t *index;          /* open addressing by value; NO_ROW: free */
    size_t slots;
    struct pdq *pdq[2]; /* of local and allow */
    uint32_t *pdq_row[2];
    size_t pdqs[2];
    uint8_t *sketch; /* SKETCH_BYTES each */
    uint32_t *sketch_row;
    size_t sketches, sketch_cap;
    struct sketch_index *texts;
    struct live_counts counts;
};

struct live *live_new(void)
{
    struct live *l = calloc(1, sizeof(*l));
    if (!l)
        return NULL;
    atomic_init(&l->refs, 1);
    memcpy(l->version, "0", 2);
    return l;
}

struct live *live_share(struct live *l)
{
    atomic_fetch_add(&l->refs, 1);
    return l;
}

void live_free(struct live *l)
{
    if (!l || atomic_fetch_sub(&l->refs, 1) != 1)
        return;
    free(l->row);
    free(l->entry);
    free(l->index);
    sketch_index_free(l->texts);
    free(l->sketch);
    free(l->sketch_row);
    for (size_t i = 0; i < 2; i++) {
        free(l->pdq[i]);
        free(l->pdq_row[i]);
    }
    free(l);
}

const char *live_version(const struct live *l)
{
    return l->version;
}

uint64_t live_gen(const struct live *l)
{
    return l->gen;
}

struct live_counts live_count(const struct live *l)
{
    return l->counts;
}

/* ---- building ---- */

static size_t slot_of(const struct live *l, const struct row *key)
{
    uint64_t h;
    memcpy(&h, key->value, sizeof(h)); /* values are hashes */
    h ^= (uint64_t)key->sig * 0x9E3779B97F4A7C15u + key->list;
    h *= 0x9E3779B97F4A7C15u;
    return (size_t)(h >> 20) & (l->slots - 1);
}

static bool same(const struct row *a, const struct row *b)
{
    return a->list == b->list && a->sig == b->sig &&
           memcmp(a->value, b->value, sizeof(a->value)) == 0;
}

static uint32_t find_row(const struct live *l, const struct row *key)
{
    if (!l->slots)
        return NO_ROW;
    for (size_t at = slot_of(l, key);; at = (at + 1) & (l->slots - 1)) {
        uint32_t i = l->index[at];
        if (i == NO_ROW || same(&l->row[i], key))
            return i;
    }
}

static int make_index(struct live *l)
{
    size_t slots = 64;
    while (slots < 2 * l->n)
        slots *= 2;
    if (!(l->index = array_new(slots, sizeof(*l->index))))
        return LMOD_E_MEMORY;
    l->slots = slots;
    for (size_t i = 0; i < slots; i++)
        l->index[i] = NO_ROW;
    for (size_t i = 0; i < l->n; i++) {
        size_t at = slot_of(l, &l->row[i]);
        while (l->index[at] != NO_ROW)
            at = (at + 1) & (slots - 1);
        l->index[at] = (uint32_t)i;
    }
    return LMOD_OK;
}

static int make_entries(struct live *l)
{
    if (!(l->entry = array_new(l->n ? l->n : 1, sizeof(*l->entry))))
        return LMOD_E_MEMORY;
    for (size_t i = 0; i < l->n; i++) {
        const struct row *r = &l->row[i];
        l->entry[i] = (struct live_entry){
            .name = r->name,
            .harm = r->harm ? l->harm[r->harm - 1] : NULL,
            .action = r->action,
        };
        l->counts.local += r->list == LIST_LOCAL;
        l->counts.allow += r->list == LIST_ALLOW;
        l->counts.braked += r->list == LIST_BRAKE;
        l->counts.links += r->list != LIST_BRAKE && r->sig == SIGNAL_LINK;
        if (r->list == LIST_LOCAL && r->sig && r->sig <= SIGNAL_SHA256)
            l->counts.digests |= 1u << (r->sig - SIGNAL_MD5);
    }
    return LMOD_OK;
}

static int make_pdqs(struct live *l, uint8_t list)
{
    size_t n = 0;
    l->pdq[list] = array_new(l->n ? l->n : 1, sizeof(struct pdq));
    l->pdq_row[list] = array_new(l->n ? l->n : 1, sizeof(uint32_t));
    if (!l->pdq[list] || !l->pdq_row[list])
        return LMOD_E_MEMORY;
    for (size_t i = 0; i < l->n; i++) {
        if (l->row[i].list != list || l->row[i].sig != SIGNAL_PDQ)
            continue;
        memcpy(l->pdq[list][n].b, l->row[i].value, PDQ_BYTES);
        l->pdq_row[list][n++] = (uint32_t)i;
    }
    l->pdqs[list] = n;
    return LMOD_OK;
}

static int make_texts(struct live *l)
{
    if (!l->sketches)
        return LMOD_OK;
    l->sketch_row = array_new(l->sketches, sizeof(*l->sketch_row));
    l->texts = sketch_index_new(l->sketch, l->sketches, NULL, NULL);
    if (!l->sketch_row || !l->texts)
        return LMOD_E_MEMORY;
    for (size_t i = 0; i < l->n; i++)
        if (l->row[i].sig == SIG_SKETCH)
            l->sketch_row[l->row[i].sketch] = (uint32_t)i;
    l->counts.texts = l->sketches;
    return LMOD_OK;
}

/* What is merged: rows of the old state that no new row names, then the active new ones. */
struct merging {
    struct live *fresh;
    const struct live *old;
    bool *gone; /* of each old row */
};

static uint8_t harm_of(struct live *l, const char *harm)
{
    size_t i = 0;
    if (!harm || !harm[0] || strlen(harm) >= sizeof(l->harm[0]))
        return 0;
    while (i < l->harms && strcmp(l->harm[i], harm) != 0)
        i++;
    if (i == NAMES_MAX)
        return 0;
    if (i == l->harms)
        memcpy(l->harm[l->harms++], harm, strlen(harm) + 1);
    return (uint8_t)(i + 1);
}

/* False: a row of a later release, or damaged. */
static bool row_read(struct live *l, const struct store_entry *from, struct row *r)
{
    uint32_t sig = 0;
    *r = (struct row){.action = from->action};
    if (strcmp(from->list, "brake") == 0) {
        r->list = LIST_BRAKE;
        return sha256_of(r->value, from->value, from->size);
    }
    r->list = strcmp(from->list, "allow") == 0 ? LIST_ALLOW : LIST_LOCAL;
    if (r->list == LIST_LOCAL && strcmp(from->list, "local") != 0)
        return false;
    if (!term_value(signal_terms, from->sig, strlen(from->sig), &sig))
        return false;
    r->sig = (uint8_t)sig;
    if (sig == SIGNAL_TEXT && from->size == SKETCH_BYTES) {
        r->sig = SIG_SKETCH;
        if (r->list != LIST_LOCAL || !sha256_of(r->value, from->value, from->size))
            return false;
    } else if (from->size <= sizeof(r->value)) {
        memcpy(r->value, from->value, from->size);
    } else {
        return false;
    }
    if (from->decision)
        (void)snprintf(r->name, sizeof(r->name), "%s", from->decision);
    r->harm = harm_of(l, from->harm);
    return true;
}

/* `sketch` is copied when the row is of one. */
static int add_row(struct live *l, const struct row *r, const uint8_t *sketch)
{
    void *sketches = l->sketch;
    if (r->sig == SIG_SKETCH &&
        !array_grow(&sketches, &l->sketch_cap, l->sketches + 1, SKETCH_BYTES))
        return LMOD_E_MEMORY;
    l->sketch = sketches;
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 64;
        struct row *more = realloc(l->row, cap * sizeof(*more));
        if (!more)
            return LMOD_E_MEMORY;
        l->row = more;
        l->cap = cap;
    }
    l->row[l->n] = *r;
    if (r->sig == SIG_SKETCH) {
        memcpy(l->sketch + l->sketches * SKETCH_BYTES, sketch, SKETCH_BYTES);
        l->row[l->n].sketch = (uint32_t)l->sketches++;
    }
    l->n++;
    return LMOD_OK;
}

static int take_row(void *user, const struct store_entry *from)
{
    struct merging *m = user;
    struct row r;
    if (!row_read(m->fresh, from, &r))
        return LMOD_OK;
    uint32_t before = find_row(m->old, &r);
    if (before != NO_ROW)
        m->gone[before] = true;
    return from->active ? add_row(m->fresh, &r, from->value) : LMOD_OK;
}

static int keep_old(struct merging *m)
{
    int status = LMOD_OK;
    for (size_t i = 0; status == LMOD_OK && i < m->old->n; i++)
        if (!m->gone[i]) {
            const struct row *r = &m->old->row[i];
            size_t at = (size_t)r->sketch * SKETCH_BYTES;
            status = add_row(m->fresh, r, r->sig == SIG_SKETCH ? m->old->sketch + at : NULL);
        }
    return status;
}

/* `*out` is the old state and what came since; NULL when nothing did. */
static int
merge(struct live **out, const struct live *old, struct store *store, uint64_t dl, struct error *e)
{
    uint64_t gen = 0;
    struct merging m = {live_new(), old, array_new(old->n ? old->n : 1, sizeof(bool))};
    int status = m.fresh && m.gone ? LMOD_OK : error_memory(e);
    *out = NULL;
    if (status == LMOD_OK) {
        memcpy(m.fresh->harm, old->harm, sizeof(old->harm));
        m.fresh->harms = old->harms;
        status = store_entries(store, old->gen, dl, take_row, &m, &gen, e);
    }
    if (status == LMOD_OK)
        status = keep_old(&m);
    if (status == LMOD_OK)
        status = make_index(m.fresh);
    if (status == LMOD_OK)
        status = make_entries(m.fresh);
    if (status == LMOD_OK)
        status = make_texts(m.fresh);
    for (uint8_t list = LIST_LOCAL; status == LMOD_OK && list <= LIST_ALLOW; list++)
        status = make_pdqs(m.fresh, list);
    free(m.gone);
    if (status != LMOD_OK) {
        live_free(m.fresh);
        return status == LMOD_E_MEMORY ? error_memory(e) : status;
    }
    m.fresh->gen = gen;
    (void)snprintf(m.fresh->version, sizeof(m.fresh->version), "%llu", (unsigned long long)gen);
    *out = m.fresh;
    return LMOD_OK;
}

/* ---- the engine's ---- */

/* Whether there is anything to read: a site whose store nobody made yet has no decisions. */
static bool decisions_there(const struct engine *e, const struct live *old, uint64_t signal)
{
    char *path = path_join(e->config->state_dir, "store.db");
    bool there = signal || old->gen || !path || access(path, F_OK) == 0 || errno != ENOENT;
    free(path);
    return there;
}

/* One thread at a time; the others go on with what there is. */
static void refresh(struct engine *e, uint64_t now, uint64_t signal)
{
    struct error why = {0};
    struct live *fresh = NULL, *old = NULL;
    (void)pthread_mutex_lock(&e->lock);
    old = live_share(e->live);
    (void)pthread_mutex_unlock(&e->lock);
    int status = merge(&fresh, old, e->store, now + MERGE_MS * UINT64_C(1000000), &why);
    (void)pthread_mutex_lock(&e->lock);
    if (status == LMOD_OK) {
        live_free(e->live);
        e->live = fresh;
        e->live_signal = signal;
    }
    (void)pthread_mutex_unlock(&e->lock);
    if (status != LMOD_OK && decisions_there(e, old, signal) &&
        !atomic_exchange(&e->live_stale, true))
        engine_say(e, LMOD_LOG_ERROR, "decisions cannot be read: %s", why.text);
    if (status == LMOD_OK)
        atomic_store(&e->live_stale, false);
    else /* the next scan tries again; a store that goes on failing says so at once */
        atomic_store(&e->live_next, 0);
    live_free(old);
}

/* `force`: also when nothing was signalled, which a writer that died may have failed to do. */
static void check(struct engine *e, uint64_t now, bool force)
{
    uint64_t signal = store_signal(e->store);
    (void)pthread_mutex_lock(&e->lock);
    bool changed = force || signal != e->live_signal || atomic_load(&e->live_stale);
    (void)pthread_mutex_unlock(&e->lock);
    if (!changed || pthread_mutex_trylock(&e->live_lock) != 0)
        return;
    refresh(e, now, signal);
    (void)pthread_mutex_unlock(&e->live_lock);
}

struct live *live_get(struct engine *e, bool now, bool *stale)
{
    uint64_t at = time_now_ns();
    unsigned long long next = atomic_load(&e->live_next);
    if (now)
        check(e, at, true);
    else if (at >= next && atomic_compare_exchange_strong(&e->live_next, &next,
                                                          at + LIVE_CHECK_MS * UINT64_C(1000000)))
        check(e, at, false);
    (void)pthread_mutex_lock(&e->lock);
    struct live *l = live_share(e->live);
    (void)pthread_mutex_unlock(&e->lock);
    *stale = atomic_load(&e->live_stale);
    return l;
}

/* ---- asking ---- */

const struct live_entry *
live_find(const struct live *l, bool allow, enum signal sig, const uint8_t *value)
{
    struct row key = {.list = allow ? LIST_ALLOW : LIST_LOCAL, .sig = (uint8_t)sig};
    if (!l->n)
        return NULL;
    memcpy(key.value, value, sig == SIGNAL_TEXT ? (size_t)SHA256_BYTES : signal_bytes(sig));
    uint32_t i = find_row(l, &key);
    return i == NO_ROW ? NULL : &l->entry[i];
}

bool live_named(const struct live *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->row[i].list == LIST_LOCAL && strcmp(l->row[i].name, name) == 0)
            return true;
    return false;
}

void live_near(
    const struct live *l,
    bool allow,
    const struct pdq *query,
    size_t count,
    unsigned radius,
    void (*each)(void *user, const struct live_entry *e, size_t needle, unsigned distance),
    void *user)
{
    struct hamming_hit hit[64];
    int list = allow ? LIST_ALLOW : LIST_LOCAL;
    for (size_t at = 0; l->pdqs[list] && at < count; at += HAMMING_NEEDLES) {
        size_t n = count - at < HAMMING_NEEDLES ? count - at : (size_t)HAMMING_NEEDLES;
        size_t found =
            hamming_scan(l->pdq[list], l->pdqs[list], query + at, n, radius, hit, COUNT_OF(hit));
        for (size_t i = 0; i < found && i < COUNT_OF(hit); i++)
            each(user, &l->entry[l->pdq_row[list][hit[i].index]], at + hit[i].needle,
                 hit[i].distance);
    }
}

size_t
live_near_text(const struct live *l, const struct sketch *q, struct live_text *out, size_t cap)
{
    struct sketch_hit hit[SKETCHES_NEAR];
    size_t n = 0;
    bool cut;
    if (!l->texts)
        return 0;
    size_t found = sketch_index_near(l->texts, q, hit, SKETCHES_NEAR, &cut);
    for (size_t i = 0; i < found && i < SKETCHES_NEAR; i++) {
        const struct live_entry *e = &l->entry[l->sketch_row[hit[i].row]];
        size_t k = 0;
        while (k < n && k < cap && strcmp(out[k].entry->name, e->name) != 0)
            k++;
        if (k < n && k < cap)
            continue;
        if (n < cap)
            out[n] = (struct live_text){e, hit[i].distance};
        n++;
    }
    return n;
}

struct match live_match(const struct config *c, const struct live *live, const struct live_entry *e)
{
    return (struct match){
        .kind = MATCH_LIST,
        .own_action = e->action == UNSET ? c->local.action : e->action,
        .mode = UNSET,
        .severity = c->local.severity,
        .source = "local",
        .version = live_version(live),
        .entry = e->name,
        .harm = e->harm ? e->harm : c->local.harm,
        .strategy = STRATEGY_EXACT,
    };
}

bool live_braked(const struct live *l, const char *source, const char *entry)
{
    struct row key = {.list = LIST_BRAKE};
    char text[LIST_ID_MAX + LIST_ENTRY_MAX + 2];
    if (!l->counts.braked)
        return false;
    int n = snprintf(text, sizeof(text), "%s/%s", source, entry);
    if (n < 0 || !sha256_of(key.value, text, strlen(text)))
        return false;
    return find_row(l, &key) != NO_ROW;
}
