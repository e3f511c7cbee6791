/*
 * The literal matcher. Every literal is found by its rarest window of four bytes: one multiplication and
 * one bit of a filter for each place of the text, then a bucket of windows, then the whole literal.
 * Literals of one to three bytes are looked up the same way by all of their bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "text/rarity.h"
#include "text/text.h"

enum {
    WINDOW = 4,
    OFFSETS = 32,      /* a window begins among the first 32 bytes of its literal */
    SHORT = OFFSETS,   /* bit SHORT + n of a mask: a literal of n < WINDOW bytes */
    FILTER_SHARE = 16, /* bits of the filter for each literal, at least */
    LOG_MIN = 10,
    LOG_MAX = 26,
};

struct item {
    uint32_t window; /* its bytes, little-endian; of a short literal all of them */
    uint32_t start, size;
    uint32_t first; /* its lowest number; same[first] is the next of the equal ones */
    uint8_t bit;    /* offset of the window, or SHORT + size */
};

struct matcher {
    char *bytes;
    struct item *items; /* sorted by bucket */
    uint32_t *buckets;  /* where each begins; one more than there are */
    uint32_t *same;     /* the next equal literal, or NONE */
    uint64_t *filter;
    uint8_t *pairs; /* bit: some short literal begins with these two bytes */
    uint32_t items_size, shorts;
    unsigned filter_log, bucket_log;
    size_t memory; /* bytes of all of it */
};

static const uint32_t NONE = UINT32_MAX;

static inline uint32_t window_at(const char *s)
{
    const uint8_t *u = (const uint8_t *)s;
    return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* Up to four bytes as a window, zeros behind them. */
static inline uint32_t short_at(const char *s, size_t size)
{
    uint32_t w = 0;
    for (size_t k = 0; k < size && k < WINDOW; k++)
        w |= (uint32_t)(uint8_t)s[k] << 8 * k;
    return w;
}

static inline uint32_t hash_of(uint32_t window, uint32_t length)
{
    return (window + length * 0x632be59bu) * 0x9e3779b1u;
}

static inline uint32_t item_hash(const struct item *a)
{
    return hash_of(a->window, a->bit < SHORT ? WINDOW : a->size);
}

/* ---- building ---- */

static unsigned log_of(size_t n)
{
    unsigned log = LOG_MIN;
    while (log < LOG_MAX && (size_t)1 << log < n)
        log++;
    return log;
}

static uint64_t digest(const char *s, size_t size)
{
    uint64_t h = size;
    for (size_t k = 0; k < size; k++)
        h = (h ^ (uint8_t)s[k]) * 0x100000001b3u;
    return h ^ h >> 29;
}

/* Makes an item of each different literal; equal ones are chained in ascending order. */
static void unite(struct matcher *m,
                  const struct text_literal *all,
                  size_t n,
                  uint32_t *slots,
                  uint32_t *tails,
                  unsigned log)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = digest(all[i].bytes, all[i].size) & (((size_t)1 << log) - 1);
        m->same[i] = NONE;
        for (;; at = (at + 1) & (((size_t)1 << log) - 1)) {
            struct item *a = slots[at] == NONE ? NULL : &m->items[slots[at]];
            if (a &&
                (a->size != all[i].size || memcmp(m->bytes + a->start, all[i].bytes, a->size) != 0))
                continue;
            if (a) {
                m->same[tails[slots[at]]] = (uint32_t)i;
                tails[slots[at]] = (uint32_t)i;
                break;
            }
            slots[at] = m->items_size;
            tails[m->items_size] = (uint32_t)i;
            memcpy(m->bytes + used, all[i].bytes, all[i].size);
            m->items[m->items_size++] = (struct item){
                .start = (uint32_t)used, .size = all[i].size, .first = (uint32_t)i, .bit = 0};
            used += all[i].size;
            break;
        }
    }
}

/* The window that is rarest in texts and in the buckets so far. */
static void choose(const struct matcher *m, struct item *a, uint32_t *counts)
{
    const char *s = m->bytes + a->start;
    unsigned least = UINT32_MAX;
    if (a->size < WINDOW) {
        a->window = short_at(s, a->size);
        a->bit = (uint8_t)(SHORT + a->size);
    }
    for (uint32_t k = 0; k < OFFSETS && k + WINDOW <= a->size; k++) {
        uint32_t window = window_at(s + k);
        uint32_t full = counts[hash_of(window, WINDOW) >> (32 - m->bucket_log)];
        unsigned cost = full * 4;
        for (unsigned j = 0; j < WINDOW; j++)
            cost += byte_commonness[(uint8_t)s[k + j]];
        if (cost < least) {
            least = cost;
            a->window = window;
            a->bit = (uint8_t)k;
        }
    }
    counts[item_hash(a) >> (32 - m->bucket_log)]++;
}

/* Sorts the items by bucket, by counting, and fills filter and pairs. `counts`: items per bucket. */
static void arrange(struct matcher *m, struct item *from, const uint32_t *counts)
{
    uint32_t sum = 0;
    for (size_t b = 0; b >> m->bucket_log == 0; b++) {
        m->buckets[b + 1] = sum; /* the place of the next item while they are put */
        sum += counts[b];
    }
    for (uint32_t i = 0; i < m->items_size; i++) {
        const struct item *a = &from[i];
        uint32_t h = item_hash(a), f = h >> (32 - m->filter_log);
        m->items[m->buckets[(h >> (32 - m->bucket_log)) + 1]++] = *a;
        m->filter[f / 64] |= UINT64_C(1) << f % 64;
        if (a->bit < SHORT)
            continue;
        m->shorts |= 1u << a->size;
        for (unsigned second = 0; second < 256; second++) {
            uint32_t pair = (a->window & 0xff) | second << 8;
            if (a->size == 1 || pair == (a->window & 0xffff))
                m->pairs[pair / 8] = (uint8_t)(m->pairs[pair / 8] | 1u << pair % 8);
        }
    }
    m->buckets[0] = 0;
}

static bool prepare(struct matcher *m, const struct text_literal *all, size_t n)
{
    unsigned log = log_of(2 * n + 1);
    bool done = false;
    uint32_t *slots = array_new((size_t)1 << log, sizeof(*slots));
    uint32_t *tails = array_new(n + 1, sizeof(*tails));
    uint32_t *counts = array_new((size_t)1 << m->bucket_log, sizeof(*counts));
    struct item *chosen = NULL;
    if (!slots || !tails || !counts)
        goto cleanup;
    memset(slots, 0xff, ((size_t)1 << log) * sizeof(*slots));
    unite(m, all, n, slots, tails, log);
    chosen = array_new((size_t)m->items_size + 1, sizeof(*chosen));
    if (!chosen)
        goto cleanup;
    for (uint32_t i = 0; i < m->items_size; i++)
        choose(m, &m->items[i], counts);
    memcpy(chosen, m->items, m->items_size * sizeof(*chosen));
    arrange(m, chosen, counts);
    done = true;
cleanup:
    free(slots);
    free(tails);
    free(counts);
    free(chosen);
    return done;
}

/* An array of the matcher, or NULL. */
static void *part(struct matcher *m, size_t n, size_t item)
{
    m->memory += n * item;
    return array_new(n, item);
}

int matcher_new(struct matcher **out, const struct text_literal *literals, size_t n)
{
    size_t size = 0;
    *out = NULL;
    for (size_t i = 0; i < n; i++)
        if (!literals[i].size || !size_add(size, literals[i].size, &size))
            return LMOD_E_ARGUMENT;
    if (size > UINT32_MAX || n > (size_t)1 << (LOG_MAX - 2))
        return LMOD_E_ARGUMENT;
    struct matcher *m = calloc(1, sizeof(*m));
    if (!m)
        return LMOD_E_MEMORY;
    m->filter_log = log_of(n * FILTER_SHARE);
    m->bucket_log = log_of(n);
    m->memory = sizeof(*m);
    m->bytes = part(m, size + 1, 1);
    m->items = part(m, n + 1, sizeof(*m->items));
    m->same = part(m, n + 1, sizeof(*m->same));
    m->buckets = part(m, ((size_t)1 << m->bucket_log) + 2, sizeof(*m->buckets));
    m->filter = part(m, ((size_t)1 << m->filter_log) / 64, sizeof(*m->filter));
    m->pairs = part(m, 65536 / 8, 1);
    if (!m->bytes || !m->items || !m->same || !m->buckets || !m->filter || !m->pairs ||
        !prepare(m, literals, n)) {
        matcher_free(m);
        return LMOD_E_MEMORY;
    }
    *out = m;
    return LMOD_OK;
}

size_t matcher_bytes(const struct matcher *m)
{
    return m ? m->memory : 0;
}

void matcher_free(struct matcher *m)
{
    if (!m)
        return;
    free(m->bytes);
    free(m->items);
    free(m->same);
    free(m->buckets);
    free(m->filter);
    free(m->pairs);
    free(m);
}

/* ---- searching ---- */

/*
 * Windows are found by where they stand, hits are reported by where they begin. The last OFFSETS begins
 * are kept as masks of the windows that were seen for them, and reported once none can be added.
 */
struct search {
    const struct matcher *m;
    const char *bytes;
    uint32_t size;
    uint32_t told; /* begins before it are reported */
    uint32_t end;  /* no begin from here on has a window yet */
    uint64_t masks[OFFSETS];
    matcher_hit hit;
    void *user;
};

/* Reports the literals at `from` whose window is the one of `bit`. */
static bool tell_window(const struct search *s, uint32_t from, unsigned bit)
{
    const struct matcher *m = s->m;
    uint32_t length = bit < SHORT ? WINDOW : bit - SHORT;
    uint32_t window =
        bit < SHORT ? window_at(s->bytes + from + bit) : short_at(s->bytes + from, length);
    size_t bucket = hash_of(window, length) >> (32 - m->bucket_log);
    for (uint32_t i = m->buckets[bucket]; i < m->buckets[bucket + 1]; i++) {
        const struct item *a = &m->items[i];
        if (a->window != window || a->bit != bit || a->size > s->size - from ||
            memcmp(m->bytes + a->start, s->bytes + from, a->size) != 0)
            continue;
        for (uint32_t which = a->first; which != NONE; which = m->same[which])
            if (!s->hit(s->user, which, from, from + a->size))
                return false;
    }
    return true;
}

/* Reports all begins before `until`. */
static bool tell(struct search *s, uint32_t until)
{
    uint32_t stop = until < s->end ? until : s->end;
    for (uint32_t from = s->told; from < stop; from++) {
        uint64_t mask = s->masks[from % OFFSETS];
        s->masks[from % OFFSETS] = 0;
        for (; mask; mask &= mask - 1)
            if (!tell_window(s, from, (unsigned)__builtin_ctzll(mask)))
                return false;
    }
    if (until > s->told)
        s->told = until;
    return true;
}

/* Notes the windows of `length` bytes that stand at `at`. */
static bool note(struct search *s, uint32_t at, uint32_t window, uint32_t length, uint32_t h)
{
    const struct matcher *m = s->m;
    size_t bucket = h >> (32 - m->bucket_log);
    for (uint32_t i = m->buckets[bucket]; i < m->buckets[bucket + 1]; i++) {
        const struct item *a = &m->items[i];
        uint32_t before = a->bit < SHORT ? a->bit : 0;
        if (a->window != window || (a->bit < SHORT ? WINDOW : a->size) != length || before > at)
            continue;
        if (at >= OFFSETS && !tell(s, at - OFFSETS + 1))
            return false;
        s->masks[(at - before) % OFFSETS] |= UINT64_C(1) << a->bit;
        if (s->end < at - before + 1)
            s->end = at - before + 1;
    }
    return true;
}

static inline bool filtered(const struct matcher *m, uint32_t h)
{
    uint32_t f = h >> (32 - m->filter_log);
    return m->filter[f / 64] >> f % 64 & 1;
}

/* The short literals that stand at `at`. */
static bool note_shorts(struct search *s, uint32_t at)
{
    for (uint32_t length = 1; length < WINDOW && length <= s->size - at; length++) {
        if (!(s->m->shorts >> length & 1))
            continue;
        uint32_t window = short_at(s->bytes + at, length), h = hash_of(window, length);
        if (filtered(s->m, h) && !note(s, at, window, length, h))
            return false;
    }
    return true;
}

static inline bool scan(struct search *s, bool shorts)
{
    const struct matcher *m = s->m;
    const char *bytes = s->bytes;
    uint32_t stop = s->size >= WINDOW ? s->size - WINDOW + 1 : 0;
    for (uint32_t at = 0; at < stop; at++) {
        uint32_t window = window_at(bytes + at), h = hash_of(window, WINDOW);
        if (__builtin_expect(filtered(m, h), 0) && !note(s, at, window, WINDOW, h))
            return false;
        uint32_t pair = window & 0xffff;
        if (shorts && m->pairs[pair / 8] >> pair % 8 & 1 && !note_shorts(s, at))
            return false;
    }
    for (uint32_t at = stop; shorts && at < s->size; at++)
        if (!note_shorts(s, at))
            return false;
    return true;
}

void matcher_run(
    const struct matcher *m, const char *bytes, uint32_t size, matcher_hit hit, void *user)
{
    struct search s = {.m = m, .bytes = bytes, .size = size, .hit = hit, .user = user};
    if (m->items_size && (m->shorts ? scan(&s, true) : scan(&s, false)))
        (void)tell(&s, size);
}
