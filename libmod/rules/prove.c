/* For authors: the tests of rules run. */
#include <stdio.h>
#include <string.h>

#include "rules/author.h"
#include "rules/evade.h"

const char not_unguarded[] =
    "no miss test would hit without this \"not\": add the text that it is there for";

/* Would some miss test hit if this `not` were not there? */
bool not_guarded(struct bench *b, const struct rule *rule, const struct cond *c)
{
    struct hull hull;
    for (uint32_t i = 0; i < rule->misses; i++)
        if (bench_run(b, rule, &rule->miss[i], c, &hull) == OUTCOME_TRUE)
            return true;
    return false;
}

static bool
walk_nots(struct bench *b, const struct rule *rule, const struct cond *c, each_not each, void *user)
{
    for (; c; c = c->next) {
        if (c->none && !c->negated && !each(user, b, rule, c))
            return false;
        if (!walk_nots(b, rule, c->all, each, user) || !walk_nots(b, rule, c->any, each, user))
            return false;
    }
    return true;
}

bool rule_nots(struct bench *b, const struct rule *rule, each_not each, void *user)
{
    return walk_nots(b, rule, rule->when, each, user);
}

/* ---- hits and misses ---- */

enum { OTHERS_MAX = 5, CAUSE_BYTES = 120 };

struct testing {
    rules_test_fn each;
    void *user;
    uint32_t nots;
};

static struct rules_test
result(const struct rule *rule, const char *kind, struct place at, uint32_t n, const char *why)
{
    return (struct rules_test){.pack = rule->pack->id,
                               .rule = rule->id,
                               .kind = kind,
                               .file = rule->pack->file,
                               .line = at.line,
                               .column = at.column,
                               .n = n,
                               .ok = why == NULL,
                               .why = why,
                               .recall = -1};
}

static bool test_not(void *user, struct bench *b, const struct rule *rule, const struct cond *c)
{
    struct testing *t = user;
    const char *why = not_guarded(b, rule, c) ? NULL : not_unguarded;
    const struct rules_test out = result(rule, "not", c->place, ++t->nots, why);
    return t->each(t->user, &out);
}

/* Why a rule does not hold in a text. */
struct blame {
    const struct test_case *test;
    char text[CAUSE_BYTES];
};

static bool blame_not(void *user, struct bench *b, const struct rule *rule, const struct cond *c)
{
    struct blame *out = user;
    struct hull hull;
    if (bench_run(b, rule, out->test, c, &hull) != OUTCOME_TRUE)
        return true;
    (void)snprintf(out->text, sizeof(out->text), "the \"not\" at %u:%u holds", c->place.line,
                   c->place.column);
    return false;
}

/* The first leaf, or group of alternatives, without which the text is not a hit. */
static const struct cond *missing(struct bench *b, const struct cond *c)
{
    struct hull hull = {0};
    if (c->kind != COND_GROUP)
        return c;
    for (const struct cond *a = c->all; a; a = a->next)
        if (eval_cond(b->scratch, a, &hull) != OUTCOME_TRUE)
            return missing(b, a);
    return c->any && !c->any->next ? missing(b, c->any) : c;
}

static void blame_near(struct bench *b, const struct cond *c, struct blame *out)
{
    uint32_t k = 0;
    for (bool there = true; there && k < c->sets; k += there) {
        there = false;
        for (uint32_t i = 0; i < c->set[k].n && !there; i++)
            there = term_search(b->scratch, c->set[k].term[i])->found.count > 0;
    }
    if (k < c->sets)
        (void)snprintf(out->text, sizeof(out->text), "number %u of the near at %u:%u is not there",
                       k + 1, c->place.line, c->place.column);
    else
        (void)snprintf(out->text, sizeof(out->text), "the near at %u:%u: all are there, not near%s",
                       c->place.line, c->place.column, c->ordered ? " or not in order" : "");
}

static void find_blame(struct bench *b, const struct rule *rule, struct blame *out)
{
    struct hull hull;
    if (!scope_holds(&rule->scope, &out->test->who)) {
        (void)snprintf(out->text, sizeof(out->text), "its subject is out of scope");
        return;
    }
    if (!rule_nots(b, rule, blame_not, out) || b->status != LMOD_OK)
        return;
    (void)bench_run(b, rule, out->test, NULL, &hull);
    const struct cond *c = missing(b, rule->when);
    if (c->kind == COND_NEAR)
        blame_near(b, c, out);
    else
        (void)snprintf(out->text, sizeof(out->text), "the %s at %u:%u does not hold",
                       c->kind == COND_COUNT ? "count" : "condition", c->place.line,
                       c->place.column);
}

/* Other rules that hold in the text in hand. */
static size_t
find_others(struct bench *b, const struct rule *rule, const struct test_case *t, const char **id)
{
    struct rules_scratch *s = b->scratch;
    size_t n = 0;
    if (b->status != LMOD_OK || !bench_begin(b, rule, t->text, t->size, t->html))
        return 0;
    for (size_t i = 0; i < s->woken_count && n < OTHERS_MAX; i++) {
        const struct rule *other = &b->r->rule[s->woken[i]];
        struct hull hull;
        if (other != rule && scope_holds(&other->scope, &t->who) &&
            eval_rule(s, other, &hull) == OUTCOME_TRUE)
            id[n++] = other->id;
    }
    return n;
}

/* A test that is not ok, with all that helps to mend it. */
static bool tell_failed(const struct testing *t,
                        struct bench *b,
                        const struct rule *rule,
                        const struct test_case *c,
                        struct rules_test out,
                        const struct hull *hull)
{
    const char *other[OTHERS_MAX];
    struct blame blame = {.test = c};
    out.text = c->text;
    out.size = c->size;
    out.wanted = c->has_span;
    out.want_from = c->from;
    out.want_to = c->to;
    if (hull) {
        out.view = term_name(view_terms, hull->view);
        out.from = hull->from;
        out.to = hull->to;
    } else if (out.kind[0] == 'h') {
        find_blame(b, rule, &blame);
        out.cause = blame.text[0] ? blame.text : NULL;
        out.others = other;
        out.others_count = find_others(b, rule, c, other);
    }
    return t->each(t->user, &out);
}

static bool test_hit(const struct testing *t, struct bench *b, const struct rule *rule, uint32_t i)
{
    const struct test_case *c = &rule->hit[i];
    char text[160];
    const char *why = NULL;
    struct hull hull;
    enum outcome out = bench_run(b, rule, c, NULL, &hull);
    if (out != OUTCOME_TRUE) {
        why = out == OUTCOME_UNKNOWN ? "a limit was hit" : "does not hit";
    } else if (c->view != RULES_UNSET && c->view != hull.view) {
        (void)snprintf(text, sizeof(text), "hits in view %s", term_name(view_terms, hull.view));
        why = text;
    } else if (c->has_span && (c->from != hull.from || c->to != hull.to)) {
        (void)snprintf(text, sizeof(text), "hits at [%u, %u]", hull.from, hull.to);
        why = text;
    }
    const struct rules_test r = result(rule, "hit", c->place, i + 1, why);
    return why ? tell_failed(t, b, rule, c, r, out == OUTCOME_TRUE ? &hull : NULL)
               : t->each(t->user, &r);
}

static bool test_miss(const struct testing *t, struct bench *b, const struct rule *rule, uint32_t i)
{
    const struct test_case *c = &rule->miss[i];
    struct hull hull;
    enum outcome out = bench_run(b, rule, c, NULL, &hull);
    const char *why = out == OUTCOME_TRUE      ? "hits"
                      : out == OUTCOME_UNKNOWN ? "a limit was hit"
                                               : NULL;
    const struct rules_test r = result(rule, "miss", c->place, i + 1, why);
    return why ? tell_failed(t, b, rule, c, r, out == OUTCOME_TRUE ? &hull : NULL)
               : t->each(t->user, &r);
}

/* ---- evasions ---- */

struct trying {
    struct bench *b;
    const struct rule *rule;
    enum evasion kind;
    uint32_t tried, found;
    struct buffer missed; /* the first disguise that was not seen through */
};

/* The first hull of a hit test, disguised in every variant. */
static void try_case(struct trying *t, const struct test_case *c)
{
    struct hull hull;
    if (bench_run(t->b, t->rule, c, NULL, &hull) != OUTCOME_TRUE || c->html)
        return;
    const struct hull span = hull;
    for (uint32_t v = 0; v < EVADE_VARIANTS && t->b->status == LMOD_OK; v++) {
        struct buffer text = BUFFER_INIT;
        struct test_case other = *c;
        evade(&text, t->kind, v, c->text, c->size, span.from, span.to);
        other.text = text.data;
        other.size = text.size;
        if (text.failed) {
            t->b->status = LMOD_E_MEMORY;
        } else if (text.size != c->size || memcmp(text.data, c->text, c->size) != 0) {
            bool found = bench_run(t->b, t->rule, &other, NULL, &hull) == OUTCOME_TRUE;
            t->tried++;
            t->found += found;
            if (!found && !t->missed.size)
                buffer_append(&t->missed, text.data, text.size);
        }
        buffer_finish(&text);
    }
}

static bool tell_evasion(const struct testing *to, const struct trying *t, uint32_t n)
{
    char why[80];
    double recall = t->tried ? (double)t->found / t->tried : 1;
    bool ok = recall >= t->rule->min_recall;
    (void)snprintf(why, sizeof(why), "recall %.3f, wanted %.3f", recall, t->rule->min_recall);
    struct rules_test out =
        result(t->rule, term_name(evasion_terms, t->kind), t->rule->evade, n, ok ? NULL : why);
    out.recall = t->tried ? recall : -1;
    out.tried = t->tried;
    if (!ok) {
        out.text = t->missed.data;
        out.size = t->missed.size;
    }
    return to->each(to->user, &out);
}

static bool test_evasions(const struct testing *to, struct bench *b, const struct rule *rule)
{
    uint32_t n = 0;
    bool go_on = true;
    for (uint32_t k = 0; k < EVASIONS && go_on; k++) {
        struct trying t = {.b = b, .rule = rule, .kind = (enum evasion)k, .missed = BUFFER_INIT};
        if (!(rule->evasions & 1u << k))
            continue;
        for (uint32_t i = 0; i < rule->hits; i++)
            try_case(&t, &rule->hit[i]);
        go_on = b->status == LMOD_OK && tell_evasion(to, &t, ++n);
        buffer_finish(&t.missed);
    }
    return go_on;
}

int rules_test_run(const struct rules *r, rules_test_fn each, void *user, struct error *e)
{
    struct testing t = {each, user, 0};
    struct bench b;
    bool go_on = bench_open(&b, r);
    for (size_t i = 0; go_on && i < r->rules; i++) {
        const struct rule *rule = &r->rule[i];
        t.nots = 0;
        for (uint32_t k = 0; go_on && k < rule->hits; k++)
            go_on = test_hit(&t, &b, rule, k) && b.status == LMOD_OK;
        for (uint32_t k = 0; go_on && k < rule->misses; k++)
            go_on = test_miss(&t, &b, rule, k) && b.status == LMOD_OK;
        go_on = go_on && rule_nots(&b, rule, test_not, &t) && b.status == LMOD_OK;
        go_on = go_on && test_evasions(&t, &b, rule);
    }
    return bench_close(&b, e);
}
