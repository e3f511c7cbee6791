/*
 * The literal matcher. Every literal is found by its rarest window: one multiplication and one bit of a
 * filter for the first four bytes at each place of the text, then a bit of a second filter for all bytes
 * of the window, then a bucket of windows, then the whole literal. Literals of one to three bytes are
 * looked up the same way by all of their bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "text/rarity.h"
#include "text/text.h"

enum {
    FIRST = 4,         /* bytes of a window that the first filter knows */
    WIDE = 6,          /* bytes of a window where the literal has so many; else FIRST */
    OFFSETS = 32,      /* a window begins among the first 32 bytes of its literal */
    SHORT = OFFSETS,   /* bit SHORT + n of a mask: a literal of n < FIRST bytes */
    FILTER_SHARE = 16, /* bits of each filter for each literal, at least */
    GRAM_SHARE = 8,    /* counters of windows for each literal, at least, while building */
    GRAM_COST = 8,     /* of twice as many, in the units of byte_commonness */
    SHORTS = 1 << 1 | 1 << 2 | 1 << 3,
    LOG_MIN = 10,
    LOG_MAX = 26,
};

struct item {
    uint64_t window; /* its bytes, little-endian; of a short literal all of them */
    uint32_t start, size;
    uint32_t first; /* its lowest number; same[first] is the next of the equal ones */
    uint8_t bit;    /* offset of the window, or SHORT + size */
    uint8_t length; /* bytes of the window */
};

struct matcher {
    char *bytes;
    struct item *items; /* sorted by bucket */
    uint32_t *buckets;  /* where each begins; one more than there are */
    uint32_t *same;     /* the next equal literal, or NONE */
    uint64_t *first;    /* filter of the first bytes of windows */
    uint64_t *whole;    /* filter of whole windows */
    uint8_t *pairs;     /* bit: some short literal begins with these two bytes */
    uint32_t items_size;
    uint32_t lengths;    /* bits: lengths of windows that there are */
    unsigned filter_log; /* of words */
    unsigned bucket_log;
    size_t memory; /* bytes of all of it */
};

static const uint32_t NONE = UINT32_MAX;

static inline uint32_t first_at(const char *s)
{
    const uint8_t *u = (const uint8_t *)s;
    return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* A window of one to four or six bytes, zeros behind them. */
static inline uint64_t window_at(const char *s, uint32_t length)
{
    const uint8_t *u = (const uint8_t *)s;
    if (length >= FIRST)
        return first_at(s) | (length == WIDE ? (uint64_t)(u[4] | u[5] << 8) << 32 : 0);
    return u[0] | (length > 1 ? (uint64_t)u[1] << 8 : 0) | (length > 2 ? (uint64_t)u[2] << 16 : 0);
}

static inline uint32_t first_hash(uint32_t window)
{
    return (uint32_t)(window * 0x9e3779b97f4a7c15u >> 32);
}

static inline uint32_t whole_hash(uint64_t window, uint32_t length)
{
    return (uint32_t)((window + length * (UINT64_C(1) << 56)) * 0x9e3779b97f4a7c15u >> 32);
}

/* A filter sets two bits of one word for each hash. */
static inline uint64_t filter_bits(uint32_t hash)
{
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63);
}

static inline bool is_in(const uint64_t *filter, unsigned log, uint32_t hash)
{
    uint64_t word = filter[hash >> (32 - log)];
    return word >> (hash & 63) & word >> (hash >> 6 & 63) & 1;
}

static inline void put_in(uint64_t *filter, unsigned log, uint32_t hash)
{
    filter[hash >> (32 - log)] |= filter_bits(hash);
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
            m->items[m->items_size++] =
                (struct item){.start = (uint32_t)used, .size = all[i].size, .first = (uint32_t)i};
            used += all[i].size;
            break;
        }
    }
}

static uint32_t *gram_of(uint32_t *grams, unsigned log, const char *s)
{
    return &grams[first_hash(first_at(s)) >> (32 - log)];
}

/* Counts how often each four bytes stand in the literals: what many share is frequent in texts, too. */
static void count_grams(const struct matcher *m, uint32_t *grams, unsigned log)
{
    for (uint32_t i = 0; i < m->items_size; i++)
        for (uint32_t k = 0; k < OFFSETS && k + FIRST <= m->items[i].size; k++)
            ++*gram_of(grams, log, m->bytes + m->items[i].start + k);
}

/* The window that is rarest in texts, as far as can be told. */
static void choose(const struct matcher *m, struct item *a, uint32_t *grams, unsigned log)
{
    const char *s = m->bytes + a->start;
    unsigned least = UINT32_MAX;
    a->length = (uint8_t)(a->size >= WIDE ? WIDE : a->size >= FIRST ? FIRST : a->size);
    a->bit = a->size < FIRST ? (uint8_t)(SHORT + a->size) : 0;
    for (uint32_t k = 0; a->size >= FIRST && k < OFFSETS && k + a->length <= a->size; k++) {
        uint32_t shared = *gram_of(grams, log, s + k);
        unsigned cost = GRAM_COST * (31 - (unsigned)__builtin_clz(shared | 1));
        for (unsigned j = 0; j < FIRST; j++)
            cost += byte_commonness[(uint8_t)s[k + j]];
        if (cost < least) {
            least = cost;
            a->bit = (uint8_t)k;
        }
    }
    a->window = window_at(s + (a->bit < SHORT ? a->bit : 0), a->length);
}

static size_t bucket_of(const struct matcher *m, const struct item *a)
{
    return whole_hash(a->window, a->length) >> (32 - m->bucket_log);
}

/* Sorts the items by bucket, by counting, and fills filters and pairs. */
static void arrange(struct matcher *m, const struct item *from)
{
    size_t sum = 0, size = (size_t)1 << m->bucket_log;
    for (uint32_t i = 0; i < m->items_size; i++)
        m->buckets[bucket_of(m, &from[i]) + 1]++;
    for (size_t b = 1; b <= size; b++) { /* the place of the next item while they are put */
        uint32_t count = m->buckets[b];
        m->buckets[b] = (uint32_t)sum;
        sum += count;
    }
    for (uint32_t i = 0; i < m->items_size; i++) {
        const struct item *a = &from[i];
        m->items[m->buckets[bucket_of(m, a) + 1]++] = *a;
        m->lengths |= 1u << a->length;
        put_in(m->whole, m->filter_log, whole_hash(a->window, a->length));
        if (a->bit < SHORT) {
            put_in(m->first, m->filter_log, first_hash((uint32_t)a->window));
            continue;
        }
        for (unsigned second = 0; second < 256; second++) {
            uint32_t pair = (uint32_t)(a->window & 0xff) | second << 8;
            if (a->size == 1 || pair == (a->window & 0xffff))
                m->pairs[pair / 8] = (uint8_t)(m->pairs[pair / 8] | 1u << pair % 8);
        }
    }
}

static bool prepare(struct matcher *m, const struct text_literal *all, size_t n)
{
    unsigned log = log_of(2 * n + 1), gram_log = log_of(n * GRAM_SHARE);
    bool done = false;
    uint32_t *slots = array_new((size_t)1 << log, sizeof(*slots));
    uint32_t *tails = array_new(n + 1, sizeof(*tails));
    uint32_t *grams = array_new((size_t)1 << gram_log, sizeof(*grams));
    struct item *chosen = NULL;
    if (!slots || !tails || !grams)
        goto cleanup;
    memset(slots, 0xff, ((size_t)1 << log) * sizeof(*slots));
    unite(m, all, n, slots, tails, log);
    chosen = array_new((size_t)m->items_size + 1, sizeof(*chosen));
    if (!chosen)
        goto cleanup;
    count_grams(m, grams, gram_log);
    for (uint32_t i = 0; i < m->items_size; i++)
        choose(m, &m->items[i], grams, gram_log);
    memcpy(chosen, m->items, m->items_size * sizeof(*chosen));
    arrange(m, chosen);
    done = true;
cleanup:
    free(slots);
    free(tails);
    free(grams);
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
    m->filter_log = log_of(n * FILTER_SHARE) - 6;
    m->bucket_log = log_of(n);
    m->memory = sizeof(*m);
    m->bytes = part(m, size + 1, 1);
    m->items = part(m, n + 1, sizeof(*m->items));
    m->same = part(m, n + 1, sizeof(*m->same));
    m->buckets = part(m, ((size_t)1 << m->bucket_log) + 2, sizeof(*m->buckets));
    m->first = part(m, (size_t)1 << m->filter_log, sizeof(*m->first));
    m->whole = part(m, (size_t)1 << m->filter_log, sizeof(*m->whole));
    m->pairs = part(m, 65536 / 8, 1);
    if (!m->bytes || !m->items || !m->same || !m->buckets || !m->first || !m->whole || !m->pairs ||
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
    free(m->first);
    free(m->whole);
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

static inline bool stands_at(const struct search *s, const struct item *a, uint32_t from)
{
    return a->size <= s->size - from &&
           memcmp(s->m->bytes + a->start, s->bytes + from, a->size) == 0;
}

/* Reports the literals at `from` that have a window of `length` bytes of this `bit`. */
static bool tell_window(const struct search *s, uint32_t from, unsigned bit, uint32_t length)
{
    const struct matcher *m = s->m;
    uint32_t at = bit < SHORT ? from + bit : from;
    if (!(m->lengths >> length & 1) || length > s->size - at)
        return true;
    uint64_t window = window_at(s->bytes + at, length);
    size_t bucket = whole_hash(window, length) >> (32 - m->bucket_log);
    for (uint32_t i = m->buckets[bucket]; i < m->buckets[bucket + 1]; i++) {
        const struct item *a = &m->items[i];
        if (a->window != window || a->length != length || a->bit != bit || !stands_at(s, a, from))
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
        for (; mask; mask &= mask - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(mask);
            if (!tell_window(s, from, bit, bit < SHORT ? FIRST : bit - SHORT) ||
                (bit < SHORT && !tell_window(s, from, bit, WIDE)))
                return false;
        }
    }
    if (until > s->told)
        s->told = until;
    return true;
}

/* Notes the literals whose window of `length` bytes stands at `at`. */
static bool note(struct search *s, uint32_t at, uint32_t length)
{
    const struct matcher *m = s->m;
    if (!(m->lengths >> length & 1) || length > s->size - at)
        return true;
    uint64_t window = window_at(s->bytes + at, length);
    uint32_t h = whole_hash(window, length);
    if (!is_in(m->whole, m->filter_log, h))
        return true;
    size_t bucket = h >> (32 - m->bucket_log);
    for (uint32_t i = m->buckets[bucket]; i < m->buckets[bucket + 1]; i++) {
        const struct item *a = &m->items[i];
        uint32_t before = a->bit < SHORT ? a->bit : 0;
        if (a->window != window || a->length != length || before > at ||
            !stands_at(s, a, at - before))
            continue;
        if (at >= OFFSETS && !tell(s, at - OFFSETS + 1))
            return false;
        s->masks[(at - before) % OFFSETS] |= UINT64_C(1) << a->bit;
        if (s->end < at - before + 1)
            s->end = at - before + 1;
    }
    return true;
}

/* Kept out of the loops that look for places worth it. */
__attribute__((noinline)) static bool note_long(struct search *s, uint32_t at)
{
    return note(s, at, WIDE) && note(s, at, FIRST);
}

__attribute__((noinline)) static bool note_short(struct search *s, uint32_t at)
{
    return note(s, at, 1) && note(s, at, 2) && note(s, at, 3);
}

static inline bool scan(struct search *s, bool shorts)
{
    const struct matcher *m = s->m;
    const char *bytes = s->bytes;
    const uint64_t *first = m->first;
    const uint8_t *pairs = m->pairs;
    const unsigned log = m->filter_log;
    const uint32_t stop = s->size >= FIRST ? s->size - FIRST + 1 : 0;
    for (uint32_t at = 0; at < stop; at++) {
        uint32_t window = first_at(bytes + at), pair = window & 0xffff;
        if (__builtin_expect(is_in(first, log, first_hash(window)), 0) && !note_long(s, at))
            return false;
        if (shorts && pairs[pair / 8] >> pair % 8 & 1 && !note_short(s, at))
            return false;
    }
    for (uint32_t at = stop; shorts && at < s->size; at++)
        if (!note_short(s, at))
            return false;
    return true;
}

void matcher_run(
    const struct matcher *m, const char *bytes, uint32_t size, matcher_hit hit, void *user)
{
    struct search s = {.m = m, .bytes = bytes, .size = size, .hit = hit, .user = user};
    if (m->items_size && (m->lengths & SHORTS ? scan(&s, true) : scan(&s, false)))
        (void)tell(&s, size);
}
