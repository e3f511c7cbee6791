/* A text through the rules: the matcher wakes rules, conditions search only what they need. */
#include "rules/eval.h"

#include <stdlib.h>
#include <string.h>

enum { HEAP_KIB = 16384, STACK_MIN = 32768, STACK_MAX = 262144 };

struct rules_scratch *rules_scratch_new(uint32_t match_limit)
{
    uint32_t limit = match_limit ? match_limit : RULES_MATCH_LIMIT;
    struct rules_scratch *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->context = pcre2_match_context_create(NULL);
    s->data = pcre2_match_data_create(1, NULL);
    if (!s->context || !s->data) {
        rules_scratch_free(s);
        return NULL;
    }
    (void)pcre2_set_match_limit(s->context, limit);
    (void)pcre2_set_depth_limit(s->context, limit);
    (void)pcre2_set_heap_limit(s->context, HEAP_KIB);
    s->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL); /* NULL: the machine's own */
    if (s->stack)
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    return s;
}

void rules_scratch_free(struct rules_scratch *s)
{
    if (!s)
        return;
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    pcre2_jit_stack_free(s->stack);
    free(s->term);
    free(s->rule);
    free(s->entry);
    free(s->woken);
    free(s->hit);
    free(s->span);
    free(s);
}

/* Grows an array of stamps; what is new is older than any text. */
static bool fit(void **array, size_t *cap, size_t need, size_t item)
{
    size_t had = *cap;
    if (need <= had)
        return true;
    if (!array_grow(array, cap, need, item))
        return false;
    memset((char *)*array + had * item, 0, (*cap - had) * item);
    return true;
}

int eval_begin(struct rules_scratch *s,
               const struct rules *r,
               struct text *t,
               const struct rules_outside *outside,
               uint64_t dl)
{
    if (!fit((void **)&s->term, &s->term_cap, r->terms, sizeof(*s->term)) ||
        !fit((void **)&s->rule, &s->rule_cap, r->rules, sizeof(*s->rule)) ||
        !fit((void **)&s->entry, &s->entry_cap, r->entries + TEXT_LINKS_MAX + 1,
             sizeof(*s->entry)) ||
        !fit((void **)&s->woken, &s->woken_cap, r->rules, sizeof(*s->woken)))
        return LMOD_E_MEMORY;
    s->stamp++;
    s->r = r;
    s->outside = outside;
    s->dl = dl;
    s->hits = s->woken_count = 0;
    s->failed = s->flooded = false;
    s->without = NULL;
    for (size_t v = 0; v < VIEWS_KNOWN; v++) {
        s->view[v] = r->views & 1u << v ? text_get(t, (enum view)v) : NULL;
        if (r->views & 1u << v && !s->view[v])
            return LMOD_E_ARGUMENT;
    }
    for (uint32_t i = 0; i < r->always_count; i++) {
        s->rule[r->always[i]] = s->stamp;
        s->woken[s->woken_count++] = r->always[i];
    }
    for (size_t v = 0; v < VIEWS_KNOWN; v++) {
        s->matching = (enum view)v;
        if (r->view[v].matcher && s->view[v]->size > 0)
            matcher_run(r->view[v].matcher, s->view[v]->bytes, s->view[v]->size, search_atom, s);
    }
    return s->failed ? LMOD_E_MEMORY : search_links(s, t);
}

void hull_add(struct hull *h, uint32_t from, uint32_t to, uint8_t view)
{
    if (!h->any || from < h->from) {
        h->from = from;
        h->view = view;
    }
    if (!h->any || to > h->to)
        h->to = to;
    h->any = true;
}

static enum outcome eval_set(struct rules_scratch *s, const struct cond *c, struct hull *hull)
{
    enum outcome out = OUTCOME_FALSE;
    for (uint32_t i = 0; i < c->set->n; i++) {
        uint32_t number = c->set->term[i];
        const struct term_def *t = &s->r->term[number];
        if (s->term[number].stamp != s->stamp && (!t->regex || t->has_atoms))
            continue;
        const struct term_state *state = term_search(s, number);
        if (state->cut && out == OUTCOME_FALSE)
            out = OUTCOME_UNKNOWN;
        for (uint32_t h = state->found.first; h != NO_HIT; h = s->hit[h].next) {
            const struct text_span at = hit_span(s, t, &s->hit[h]);
            out = OUTCOME_TRUE;
            hull_add(hull, at.from, at.to, hit_view(t));
        }
    }
    return out;
}

static enum outcome lower(enum outcome a, enum outcome b)
{
    return a < b ? a : b;
}

static enum outcome eval_any(struct rules_scratch *s, const struct cond *c, struct hull *hull)
{
    enum outcome out = OUTCOME_FALSE;
    for (; c; c = c->next) {
        enum outcome one = eval_cond(s, c, hull);
        out = one > out ? one : out;
    }
    return out;
}

/* Spans of a group count when the group holds. */
static enum outcome eval_group(struct rules_scratch *s, const struct cond *c, struct hull *hull)
{
    enum outcome out = OUTCOME_TRUE;
    struct hull own = {0}, unseen = {0};
    for (const struct cond *a = c->all; a && out != OUTCOME_FALSE; a = a->next)
        out = lower(out, eval_cond(s, a, &own));
    if (c->has_any && out != OUTCOME_FALSE)
        out = lower(out, eval_any(s, c->any, &own));
    if (c->none && out != OUTCOME_FALSE && s->without != c) {
        enum outcome none = eval_any(s, c->none, &unseen);
        out = lower(out, (enum outcome)(OUTCOME_TRUE - none));
    }
    if (out == OUTCOME_TRUE && own.any) {
        hull_add(hull, own.from, own.to, own.view);
    }
    return out;
}

enum outcome eval_cond(struct rules_scratch *s, const struct cond *c, struct hull *hull)
{
    switch (c->kind) {
    case COND_GROUP:
        return eval_group(s, c, hull);
    case COND_NEAR:
        return eval_near(s, c, hull);
    case COND_COUNT:
        return eval_count(s, c, hull);
    case COND_SET:
    default:
        return eval_set(s, c, hull);
    }
}

enum outcome eval_rule(struct rules_scratch *s, const struct rule *rule, struct hull *hull)
{
    *hull = (struct hull){0};
    return eval_cond(s, rule->when, hull);
}

static void sift(uint32_t *v, size_t at, size_t n)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && v[child] < v[child + 1];
        if (v[at] >= v[child])
            return;
        uint32_t t = v[at];
        v[at] = v[child];
        v[child] = t;
    }
}

/* Heap sort, as qsort() may allocate. */
static void sort(uint32_t *v, size_t n)
{
    for (size_t i = n / 2; i > 0; i--)
        sift(v, i - 1, n);
    for (size_t i = n; i > 1; i--) {
        uint32_t t = v[0];
        v[0] = v[i - 1];
        v[i - 1] = t;
        sift(v, 0, i - 1);
    }
}

static void tell(const struct rule *rule, const struct hull *h, rules_hit hit, void *user)
{
    struct match m = {.kind = MATCH_RULE,
                      .own_action = rule->action,
                      .mode = rule->mode,
                      .severity = rule->severity,
                      .from = h->from,
                      .to = h->to,
                      .score = rule->score,
                      .source = rule->pack->id,
                      .version = rule->pack->version,
                      .rule = rule->id,
                      .view = term_name(view_terms, h->view),
                      .harm = rule->harm};
    hit(user, &m);
}

static void undecided(const struct rule *rule, struct rules_outcome *out)
{
    out->reasons |= REASON_LIMIT;
    if (rule->on_limit > out->on_limit)
        out->on_limit = rule->on_limit;
    if (rule->mode == MODE_ENFORCE && rule->on_limit > out->on_limit_enforced)
        out->on_limit_enforced = rule->on_limit;
}

int rules_eval(const struct rules *r,
               struct text *t,
               const struct rules_subject *who,
               const struct rules_outside *outside,
               struct rules_scratch *s,
               uint64_t dl,
               rules_hit hit,
               void *user,
               struct rules_outcome *out)
{
    *out = (struct rules_outcome){0};
    if (r->rules == 0)
        return LMOD_OK;
    int status = eval_begin(s, r, t, outside, dl);
    if (status != LMOD_OK)
        return status;
    sort(s->woken, s->woken_count);
    for (size_t i = 0; i < s->woken_count && !s->failed; i++) {
        const struct rule *rule = &r->rule[s->woken[i]];
        struct hull hull;
        if (!scope_holds(&rule->scope, who))
            continue;
        enum outcome o = eval_rule(s, rule, &hull);
        if (o == OUTCOME_TRUE)
            tell(rule, &hull, hit, user);
        else if (o == OUTCOME_UNKNOWN)
            undecided(rule, out);
    }
    if (s->flooded)
        out->reasons |= REASON_LIMIT;
    return s->failed ? LMOD_E_MEMORY : LMOD_OK;
}
