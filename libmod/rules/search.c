/* What stands in a text: words with their edges, patterns around their atoms. */
#include <string.h>

#include "rules/eval.h"

enum {
    WINDOW = 1024,     /* starts of a match tried between two looks at the clock, at most */
    START_NS = 200000, /* what one start may cost as long as nothing is known of the pattern */
    LAST_NS = 60000,   /* what is kept for the last one, which may be dear */
};

uint32_t raw_from(const struct text_view *v, uint32_t at)
{
    return v->map[at];
}

/* The end of the raw character that the byte before `at` came from. */
uint32_t raw_to(const struct text_view *v, uint32_t at)
{
    return text_span(v, at > 0 ? at - 1 : 0, at).to;
}

struct term_state *term_at(struct rules_scratch *s, uint32_t term)
{
    struct term_state *t = &s->term[term];
    if (t->stamp != s->stamp) {
        *t = (struct term_state){.stamp = s->stamp};
        t->found.first = t->around.first = NO_HIT;
    }
    return t;
}

/* False: not kept. */
static bool keep_hit(struct rules_scratch *s, struct hits *to, uint32_t from, uint32_t end)
{
    if (to->count >= TERM_HITS_MAX)
        return false;
    if (s->hits >= HITS_MAX) {
        s->flooded = true;
        return false;
    }
    if (!array_grow((void **)&s->hit, &s->hit_cap, s->hits + 1, sizeof(*s->hit))) {
        s->failed = true;
        return false;
    }
    uint32_t at = (uint32_t)s->hits++;
    s->hit[at] = (struct hit){from, end, NO_HIT};
    if (to->count++ == 0)
        to->first = at;
    else
        s->hit[to->last].next = at;
    to->last = at;
    return true;
}

static void wake_rules(struct rules_scratch *s, const struct term_def *t)
{
    for (uint32_t i = 0; i < t->rules; i++) {
        uint32_t rule = t->rule[i];
        if (s->rule[rule] == s->stamp)
            continue;
        s->rule[rule] = s->stamp;
        s->woken[s->woken_count++] = rule;
    }
}

/* May the word end where it does, with `own` at its edge and `other` beyond? */
static bool
edge_good(const struct rules_scratch *s, uint8_t bound, bool left, uint32_t own, uint32_t other)
{
    if (bound == BOUND_NONE || (bound == BOUND_START && !left))
        return true;
    enum script mine = script_of(s->r, s->data, own);
    if (mine == SCRIPT_NONE)
        return true;
    if (bound != BOUND_AUTO)
        return script_of(s->r, s->data, other) == SCRIPT_NONE;
    if (mine == SCRIPT_JOINED || (mine == SCRIPT_HANGUL && !left))
        return true;
    return script_of(s->r, s->data, other) != mine;
}

/* The first byte of the view that came from raw byte `raw` or later. */
static uint32_t view_at(const struct text_view *v, uint32_t raw)
{
    uint32_t low = 0, high = v->size;
    if (raw <= v->size && v->map[raw] == raw && (raw == 0 || v->map[raw - 1] < raw))
        return raw; /* up to here it is the same bytes */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (v->map[mid] < raw)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* A syllable of view pinyin has no edges, like the Chinese character that it stands for. */
static uint32_t own_character(const struct term_def *t, uint32_t c)
{
    return t->view == VIEW_PINYIN && c >= 0x80 ? 0x4e00 : c;
}

/* The view has no separators: what stands beside the word is asked of the raw text. */
static bool raw_edges_good(const struct rules_scratch *s,
                           const struct term_def *t,
                           const struct text_view *v,
                           uint32_t from,
                           uint32_t to)
{
    const struct text_view *raw = s->view[VIEW_RAW];
    const struct text_span span = text_span(v, from, to);
    uint32_t length, left = view_at(raw, span.from), right = view_at(raw, span.to);
    uint32_t first = own_character(t, code_point(v->bytes + from, to - from, &length));
    uint32_t last = own_character(t, code_point_before(v->bytes, to));
    if (left > 0 && !edge_good(s, t->bound, true, first, code_point_before(raw->bytes, left)))
        return false;
    return right >= raw->size ||
           edge_good(s, t->bound, false, last,
                     code_point(raw->bytes + right, raw->size - right, &length));
}

static bool edges_good(const struct rules_scratch *s,
                       const struct term_def *t,
                       const struct text_view *v,
                       uint32_t from,
                       uint32_t to)
{
    uint32_t length;
    if (t->bound == BOUND_NONE)
        return true;
    if (t->view == VIEW_SQUEEZE || t->view == VIEW_PINYIN)
        return raw_edges_good(s, t, v, from, to);
    if (from > 0 && !edge_good(s, t->bound, true, code_point(v->bytes + from, to - from, &length),
                               code_point_before(v->bytes, from)))
        return false;
    return to >= v->size || edge_good(s, t->bound, false, code_point_before(v->bytes, to),
                                      code_point(v->bytes + to, v->size - to, &length));
}

/* The pieces before the one at `from`, with white space between; false: not there. */
static bool pieces_before(const struct term_def *t, const struct text_view *v, uint32_t *from)
{
    for (uint32_t k = t->atom; k > 0; k--) {
        const struct piece *p = &t->piece[k - 1];
        uint32_t at = *from;
        while (at > 0 && is_space(code_point_before(v->bytes, at)))
            do
                at--;
            while (at > 0 && ((unsigned char)v->bytes[at] & 0xC0) == 0x80);
        if (at == *from || at < p->size || memcmp(v->bytes + at - p->size, p->bytes, p->size) != 0)
            return false;
        *from = at - p->size;
    }
    return true;
}

static bool pieces_after(const struct term_def *t, const struct text_view *v, uint32_t *to)
{
    for (uint32_t k = t->atom + 1; k < t->pieces; k++) {
        const struct piece *p = &t->piece[k];
        uint32_t at = *to, length;
        while (at < v->size && is_space(code_point(v->bytes + at, v->size - at, &length)))
            at += length;
        if (at == *to || v->size - at < p->size || memcmp(v->bytes + at, p->bytes, p->size) != 0)
            return false;
        *to = at + p->size;
    }
    return true;
}

static void found_atom(struct rules_scratch *s, uint32_t number, uint32_t from, uint32_t to)
{
    const struct term_def *t = &s->r->term[number];
    struct term_state *state = term_at(s, number);
    const struct text_view *v = s->view[s->matching];
    struct hits *hits = t->regex ? &state->around : &state->found;
    if (!t->regex &&
        (!pieces_before(t, v, &from) || !pieces_after(t, v, &to) || !edges_good(s, t, v, from, to)))
        return;
    if (!keep_hit(s, hits, from, to))
        state->cut = true;
    if (hits->count <= 1)
        wake_rules(s, t);
}

void found_link(struct rules_scratch *s, uint32_t term, uint32_t link)
{
    struct term_state *state = term_at(s, term);
    if (!keep_hit(s, &state->found, link, link))
        state->cut = true;
    if (state->found.count <= 1)
        wake_rules(s, &s->r->term[term]);
}

void cut_links(struct rules_scratch *s, uint32_t term)
{
    term_at(s, term)->cut = true;
    wake_rules(s, &s->r->term[term]);
}

bool search_atom(void *user, uint32_t which, uint32_t from, uint32_t to)
{
    struct rules_scratch *s = user;
    const struct rules *r = s->r;
    for (uint32_t u = r->view[s->matching].first[which]; u != UINT32_MAX; u = r->use[u].next)
        found_atom(s, r->use[u].term, from, to);
    return !s->failed && !s->flooded;
}

static uint32_t back(const struct text_view *v, uint32_t at, uint32_t points)
{
    if (points >= at)
        return 0;
    for (; points > 0 && at > 0; points--)
        do
            at--;
        while (at > 0 && ((unsigned char)v->bytes[at] & 0xC0) == 0x80);
    return at;
}

static uint32_t forward(const struct text_view *v, uint32_t at)
{
    while (at < v->size && ((unsigned char)v->bytes[at] & 0xC0) == 0x80)
        at++;
    return at;
}

/* What a start of the pattern costs, learned from window to window. */
struct pace {
    uint64_t at;
    uint32_t tried;
    uint64_t start_ns;
};

/* How many starts surely fit into what is left of the time; 0: nothing is left. */
static uint32_t next_window(struct pace *p, uint64_t dl)
{
    if (!dl)
        return WINDOW;
    uint64_t now = time_now_ns();
    if (p->tried) {
        uint64_t took = 2 * (now - p->at) / p->tried + 1;
        p->start_ns = took > p->start_ns / 8 ? took : p->start_ns / 8 + 1;
    }
    uint64_t end = now + LAST_NS, fit = end < dl ? (dl - end) / p->start_ns : 0;
    p->at = now;
    p->tried = fit > WINDOW ? WINDOW : fit > 1 ? (uint32_t)fit : end < dl;
    return p->tried;
}

/* Runs the pattern for matches that begin in [from, last]; returns where to go on. */
static uint32_t run_window(struct rules_scratch *s,
                           const struct term_def *t,
                           struct term_state *state,
                           uint32_t from,
                           uint32_t last)
{
    const struct text_view *v = s->view[t->view];
    struct pace pace = {.start_ns = START_NS};
    while (from <= last && !state->cut) {
        uint32_t starts = next_window(&pace, s->dl);
        uint32_t limit = last - from >= starts ? from + starts - 1 : last;
        if (!starts) {
            state->cut = true;
            break;
        }
        (void)pcre2_set_offset_limit(s->context, limit);
        int n = pcre2_match(t->code, (PCRE2_SPTR)v->bytes, v->size, from, PCRE2_NO_UTF_CHECK,
                            s->data, s->context);
        if (n == PCRE2_ERROR_NOMATCH) {
            from = forward(v, limit + 1);
        } else if (n < 0) {
            state->cut = true;
        } else {
            const PCRE2_SIZE *o = pcre2_get_ovector_pointer(s->data);
            bool empty = o[1] <= o[0];
            if (!empty && !keep_hit(s, &state->found, (uint32_t)o[0], (uint32_t)o[1]))
                state->cut = true;
            from = empty ? forward(v, (uint32_t)o[0] + 1) : (uint32_t)o[1];
        }
    }
    return from;
}

/* Where an atom, found in the folded text, stands in the view of the pattern. */
static uint32_t atom_at(const struct rules_scratch *s, const struct term_def *t, uint32_t from)
{
    if (t->view == VIEW_FOLD)
        return from;
    return view_at(s->view[t->view], raw_from(s->view[VIEW_FOLD], from));
}

struct term_state *term_search(struct rules_scratch *s, uint32_t term)
{
    const struct term_def *t = &s->r->term[term];
    struct term_state *state = term_at(s, term);
    uint32_t next = 0;
    if (!t->regex || state->searched)
        return state;
    bool cut = state->cut;
    state->searched = true;
    state->cut = false;
    if (!t->has_atoms)
        (void)run_window(s, t, state, 0, s->view[t->view]->size);
    for (uint32_t h = state->around.first; h != NO_HIT && !state->cut; h = s->hit[h].next) {
        uint32_t last = atom_at(s, t, s->hit[h].from);
        uint32_t from = back(s->view[t->view], last, t->before);
        if (from < next)
            from = next;
        if (from <= last)
            next = run_window(s, t, state, from, last);
    }
    state->cut |= cut;
    return state;
}
