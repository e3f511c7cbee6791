/* near and count: conditions over the spans of several terms, in the raw text. */
#include <string.h>

#include "rules/eval.h"

static bool before(const struct span *a, const struct span *b)
{
    if (a->from != b->from)
        return a->from < b->from;
    if (a->to != b->to)
        return a->to < b->to;
    return a->ref != b->ref ? a->ref < b->ref : a->view < b->view;
}

static void sift(struct span *v, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && before(&v[child], &v[child + 1]))
            child++;
        if (!before(&v[at], &v[child]))
            return;
        struct span t = v[at];
        v[at] = v[child];
        v[child] = t;
    }
}

/* Heap sort: in place, and no input makes it slow. */
static void sort(struct span *v, size_t n)
{
    for (size_t i = n / 2; i > 0; i--)
        sift(v, i - 1, n);
    for (size_t i = n; i > 1; i--) {
        struct span t = v[0];
        v[0] = v[i - 1];
        v[i - 1] = t;
        sift(v, 0, i - 1);
    }
}

/* Appends the spans of a set; false: not all of them are known. */
static bool collect(struct rules_scratch *s, const struct term_set *set, uint8_t ref)
{
    bool whole = true;
    for (uint32_t i = 0; i < set->n; i++) {
        const struct term_def *t = &s->r->term[set->term[i]];
        const struct term_state *state = term_search(s, set->term[i]);
        whole &= !state->cut;
        for (uint32_t h = state->found.first; h != NO_HIT; h = s->hit[h].next) {
            if (s->spans >= SPANS_MAX)
                return false;
            if (!array_grow((void **)&s->span, &s->span_cap, s->spans + 1, sizeof(*s->span))) {
                s->failed = true;
                return false;
            }
            struct span *out = &s->span[s->spans++];
            const struct text_span at = hit_span(s, t, &s->hit[h]);
            *out = (struct span){.from = at.from, .to = at.to, .ref = ref, .view = hit_view(t)};
            out->entry = hit_entry(s, t, &s->hit[h]);
        }
    }
    return whole;
}

/* Code points of the raw text in [from, to). */
static uint32_t points(const struct text_view *raw, uint32_t *at, uint32_t to)
{
    uint32_t n = 0;
    for (; *at < raw->size && raw->map[*at] < to; (*at)++)
        n += ((unsigned char)raw->bytes[*at] & 0xC0) != 0x80;
    return n;
}

/* Places of the sorted spans in code points, and doubles removed. */
static void place_spans(struct rules_scratch *s)
{
    const struct text_view *raw = s->view[VIEW_RAW];
    uint32_t at = 0, point = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->spans; i++) {
        struct span *v = &s->span[i];
        const struct span *last = n > 0 ? &s->span[n - 1] : NULL;
        if (last && last->from == v->from && last->to == v->to && last->ref == v->ref)
            continue;
        point += points(raw, &at, v->from);
        uint32_t ahead = at;
        v->point_from = point;
        v->point_to = point + points(raw, &ahead, v->to);
        s->span[n++] = *v;
    }
    s->spans = n;
}

static bool neighbours(const struct cond *c, const struct span *a, const struct span *b)
{
    bool same = a->from == b->from && a->to == b->to;
    return !same && b->point_from <= (uint64_t)a->point_to + c->within;
}

/* Which sets of lists can end at span `i`: bit m of `reach` for the set of lists m. */
static uint64_t reached(const struct rules_scratch *s,
                        const struct cond *c,
                        const uint64_t *reach,
                        size_t i,
                        uint32_t longest)
{
    static const uint64_t has[NEAR_MAX] = {0xAAAAAAAAAAAAAAAA, 0xCCCCCCCCCCCCCCCC,
                                           0xF0F0F0F0F0F0F0F0, 0xFF00FF00FF00FF00,
                                           0xFFFF0000FFFF0000, 0xFFFFFFFF00000000};
    const struct span *b = &s->span[i];
    uint32_t own = 1u << b->ref;
    uint64_t out = !c->ordered || b->ref == 0 ? 1ull << own : 0;
    for (size_t j = i; j > 0; j--) {
        const struct span *a = &s->span[j - 1];
        uint64_t from = reach[j - 1] & ~has[b->ref];
        if (b->point_from > (uint64_t)a->point_from + longest + c->within)
            break;
        if (c->ordered)
            from &= 1ull << (own - 1);
        if (from && neighbours(c, a, b))
            out |= from << own;
    }
    return out;
}

/* Adds the spans of one way to reach all lists that ends at span `i`. */
static void trace(const struct rules_scratch *s,
                  const struct cond *c,
                  const uint64_t *reach,
                  size_t i,
                  struct hull *hull)
{
    uint32_t left = (1u << c->sets) - 1;
    for (;;) {
        const struct span *b = &s->span[i];
        size_t j = i;
        hull_add(hull, b->from, b->to, b->view);
        left &= ~(1u << b->ref);
        if (left == 0)
            return;
        while (j > 0 && !(reach[j - 1] & 1ull << left && neighbours(c, &s->span[j - 1], b)))
            j--;
        if (j == 0)
            return;
        i = j - 1;
    }
}

enum outcome eval_near(struct rules_scratch *s, const struct cond *c, struct hull *hull)
{
    uint64_t reach[SPANS_MAX];
    uint32_t longest = 0;
    bool whole = true, found = false;
    s->spans = 0;
    for (uint32_t k = 0; k < c->sets; k++) {
        size_t had = s->spans;
        whole &= collect(s, &c->set[k], (uint8_t)k);
        if (s->spans == had)
            return whole ? OUTCOME_FALSE : OUTCOME_UNKNOWN;
    }
    sort(s->span, s->spans);
    place_spans(s);
    for (size_t i = 0; i < s->spans; i++)
        if (s->span[i].point_to - s->span[i].point_from > longest)
            longest = s->span[i].point_to - s->span[i].point_from;
    for (size_t i = 0; i < s->spans; i++) {
        reach[i] = reached(s, c, reach, i, longest);
        if (reach[i] >> ((1u << c->sets) - 1) & 1) {
            trace(s, c, reach, i, hull);
            found = true;
        }
    }
    return found ? OUTCOME_TRUE : whole ? OUTCOME_FALSE : OUTCOME_UNKNOWN;
}

enum outcome eval_count(struct rules_scratch *s, const struct cond *c, struct hull *hull)
{
    uint32_t n = 0;
    s->spans = 0;
    s->entry_stamp++;
    bool whole = collect(s, c->set, 0);
    sort(s->span, s->spans);
    for (size_t i = 0; i < s->spans; i++) {
        const struct span *v = &s->span[i], *last = i > 0 ? v - 1 : NULL;
        if (c->distinct) {
            n += s->entry[v->entry] != s->entry_stamp;
            s->entry[v->entry] = s->entry_stamp;
        } else {
            n += !last || last->from != v->from || last->to != v->to;
        }
    }
    if (n < c->min)
        return whole ? OUTCOME_FALSE : OUTCOME_UNKNOWN;
    for (const struct span *v = s->span; v && v < s->span + s->spans; v++)
        hull_add(hull, v->from, v->to, v->view);
    return OUTCOME_TRUE;
}
