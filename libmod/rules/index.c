/* From conditions to searches: which literals each view is searched for, and which rules are worth
 * evaluating when a literal is there. */
#include <stdlib.h>
#include <string.h>

#include "rules/pack.h"
#include "text/text.h"

enum { COST_ALWAYS = 1 << 28, COST_LINK = 64 };

struct pair {
    uint32_t term, rule;
};

struct indexing {
    struct rules *r;
    bool *used; /* by term */
    struct pair *pair;
    size_t pairs, pairs_cap;
    struct table table[VIEWS_KNOWN];
    struct text_literal *literal[VIEWS_KNOWN];
    size_t literal_cap[VIEWS_KNOWN], first_cap[VIEWS_KNOWN];
};

static void mark_set(struct indexing *x, const struct term_set *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        x->used[s->term[i]] = true;
}

static void mark(struct indexing *x, const struct cond *c)
{
    for (; c; c = c->next) {
        for (uint32_t i = 0; i < c->sets; i++)
            mark_set(x, &c->set[i]);
        mark(x, c->all);
        mark(x, c->any);
        mark(x, c->none);
    }
}

/* How often a term is likely to wake its rule for nothing. */
static uint64_t term_cost(const struct term_def *t)
{
    uint32_t shortest = UINT32_MAX;
    if (t->link)
        return t->link->list == OUTSIDE_NONE ? COST_LINK : 1;
    if (t->regex && !t->has_atoms)
        return COST_ALWAYS;
    for (uint32_t i = 0; t->regex && i < t->atom_count; i++)
        if (t->atoms[i].size < shortest)
            shortest = t->atoms[i].size;
    if (!t->regex)
        shortest = t->piece[t->atom].size;
    uint64_t rarity = shortest < 3 ? 16 : shortest < 6 ? 4 : 1;
    return rarity * (t->regex ? t->atom_count : 1);
}

static uint64_t set_cost(const struct indexing *x, const struct term_set *s)
{
    uint64_t cost = 0;
    for (uint32_t i = 0; i < s->n; i++)
        cost += term_cost(&x->r->term[s->term[i]]);
    return cost;
}

static uint32_t cheapest_set(const struct indexing *x, const struct cond *c, uint64_t *cost)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < c->sets; i++) {
        uint64_t this = set_cost(x, &c->set[i]);
        if (i == 0 || this < *cost) {
            *cost = this;
            best = i;
        }
    }
    return best;
}

static uint64_t cond_cost(const struct indexing *x, const struct cond *c);

/* The cheapest member of `all`, NULL when the `any` is cheaper or there is neither. */
static const struct cond *cheapest(const struct indexing *x, const struct cond *c, uint64_t *cost)
{
    const struct cond *best = NULL;
    *cost = COST_ALWAYS;
    if (c->has_any) {
        *cost = 0;
        for (const struct cond *a = c->any; a; a = a->next)
            *cost += cond_cost(x, a);
    }
    for (const struct cond *a = c->all; a; a = a->next) {
        uint64_t this = cond_cost(x, a);
        if (this < *cost) {
            *cost = this;
            best = a;
        }
    }
    return best;
}

static uint64_t cond_cost(const struct indexing *x, const struct cond *c)
{
    uint64_t cost = COST_ALWAYS;
    if (c->kind == COND_GROUP)
        (void)cheapest(x, c, &cost);
    else
        (void)cheapest_set(x, c, &cost);
    return cost;
}

/* The terms without one of which the condition cannot hold wake the rule. */
static bool wake(struct indexing *x, const struct cond *c, uint32_t rule)
{
    uint64_t cost = 0;
    if (c->kind == COND_GROUP) {
        const struct cond *best = cheapest(x, c, &cost);
        if (best)
            return wake(x, best, rule);
        for (const struct cond *a = c->any; a; a = a->next)
            if (!wake(x, a, rule))
                return false;
        return true;
    }
    const struct term_set *s = &c->set[cheapest_set(x, c, &cost)];
    if (!array_grow((void **)&x->pair, &x->pairs_cap, x->pairs + s->n, sizeof(*x->pair)))
        return false;
    for (uint32_t i = 0; i < s->n; i++)
        x->pair[x->pairs++] = (struct pair){s->term[i], rule};
    return true;
}

/* Pairs to a list of rules at each term. */
static bool spread(struct indexing *x)
{
    struct rules *r = x->r;
    uint32_t *all = keep(r, x->pairs + 1, sizeof(*all));
    if (!all)
        return false;
    for (size_t i = 0; i < x->pairs; i++)
        r->term[x->pair[i].term].rules++;
    for (size_t t = 0; t < r->terms; t++) {
        r->term[t].rule = all;
        all += r->term[t].rules;
        r->term[t].rules = 0;
    }
    for (size_t i = 0; i < x->pairs; i++) {
        struct term_def *t = &r->term[x->pair[i].term];
        t->rule[t->rules++] = x->pair[i].rule;
    }
    return true;
}

static bool wake_rules(struct indexing *x)
{
    struct rules *r = x->r;
    uint64_t cost;
    r->always = array_new(r->rules + 1, sizeof(*r->always));
    if (!r->always)
        return false;
    for (uint32_t i = 0; i < r->rules; i++) {
        cost = cond_cost(x, r->rule[i].when);
        r->rule[i].always = cost >= COST_ALWAYS;
        if (r->rule[i].always)
            r->always[r->always_count++] = i;
        else if (!wake(x, r->rule[i].when, i))
            return false;
    }
    return spread(x);
}

struct literal_key {
    const struct text_literal *all;
    const struct piece *piece;
};

static bool same_literal(const void *user, uint32_t number)
{
    const struct literal_key *k = user;
    const struct text_literal *l = &k->all[number];
    return l->size == k->piece->size && memcmp(l->bytes, k->piece->bytes, l->size) == 0;
}

/* `piece` in view `v` speaks for `term`. */
static bool add_literal(struct indexing *x, enum view v, const struct piece *piece, uint32_t term)
{
    struct rules *r = x->r;
    struct view_index *index = &r->view[v];
    struct literal_key key = {x->literal[v], piece};
    struct slot_key *k =
        table_find(&x->table[v], hash_bytes(0, piece->bytes, piece->size), same_literal, &key);
    if (!k || !array_grow((void **)&r->use, &r->uses_cap, r->uses + 1, sizeof(*r->use)))
        return false;
    if (!k->number) {
        size_t n = index->literals;
        if (!array_grow((void **)&x->literal[v], &x->literal_cap[v], n + 1,
                        sizeof(*x->literal[v])) ||
            !array_grow((void **)&index->first, &x->first_cap[v], n + 1, sizeof(*index->first)))
            return false;
        x->literal[v][n] = (struct text_literal){piece->bytes, piece->size};
        index->first[n] = UINT32_MAX;
        k->number = ++index->literals;
        x->table[v].used++;
    }
    uint32_t literal = k->number - 1;
    r->use[r->uses] = (struct atom_use){term, literal, index->first[literal]};
    index->first[literal] = (uint32_t)r->uses++;
    return true;
}

static bool add_term(struct indexing *x, uint32_t number)
{
    struct rules *r = x->r;
    const struct term_def *t = &r->term[number];
    if (t->link) {
        r->views |= 1u << VIEW_RAW | 1u << VIEW_FOLD;
        r->link_term[r->link_terms++] = number;
        return true;
    }
    r->views |= 1u << VIEW_RAW | 1u << t->view;
    if (!t->regex)
        return add_literal(x, t->view, &t->piece[t->atom], number);
    for (uint32_t i = 0; i < t->atom_count; i++) {
        r->views |= 1u << VIEW_FOLD; /* atoms are folded, also those of patterns for raw text */
        if (!add_literal(x, VIEW_FOLD, &t->atoms[i], number))
            return false;
    }
    return true;
}

static int make_matchers(struct indexing *x)
{
    int status = LMOD_OK;
    x->r->link_term = array_new(x->r->terms + 1, sizeof(*x->r->link_term));
    if (!x->r->link_term)
        return LMOD_E_MEMORY;
    for (uint32_t t = 0; t < x->r->terms; t++)
        if (x->used[t] && !add_term(x, t))
            return LMOD_E_MEMORY;
    for (size_t v = 0; v < VIEWS_KNOWN && status == LMOD_OK; v++)
        if (x->r->view[v].literals)
            status = matcher_new(&x->r->view[v].matcher, x->literal[v], x->r->view[v].literals);
    return status;
}

int rules_index(struct rules *r, struct error *e)
{
    struct indexing x = {.r = r};
    int status = LMOD_E_MEMORY;
    x.used = array_new(r->terms + 1, sizeof(*x.used));
    for (size_t i = 0; x.used && i < r->rules; i++)
        mark(&x, r->rule[i].when);
    if (x.used && wake_rules(&x))
        status = make_matchers(&x);
    for (size_t v = 0; v < VIEWS_KNOWN; v++) {
        free(x.table[v].slot);
        free(x.literal[v]);
    }
    free(x.pair);
    free(x.used);
    if (status == LMOD_E_MEMORY)
        return error_memory(e);
    return status == LMOD_OK ? LMOD_OK : error_set(e, status, "the words cannot be searched for");
}
