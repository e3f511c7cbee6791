/* Two rules side by side: the same condition with different effects, and rules that another one makes
 * needless. Only what follows from words and numbers is said; what cannot be known is not. */
#include <stdlib.h>
#include <string.h>

#include "rules/author.h"

enum { RIVALS_MAX = 1000 }; /* rules that one rule is compared with */

bool marks_open(struct marks *m, const struct rules *r)
{
    *m = (struct marks){.of = array_new(r->terms + 1, sizeof(*m->of)),
                        .seen = array_new(r->rules + 1, sizeof(*m->seen))};
    return m->of && m->seen;
}

void marks_close(struct marks *m)
{
    free(m->of);
    free(m->seen);
}

/* ---- what follows from what ---- */

static bool within(struct marks *m, const struct term_set *small, const struct term_set *large)
{
    if (small->n > large->n)
        return false;
    if (small->term == large->term)
        return true; /* the same list */
    m->stamp++;
    for (uint32_t i = 0; i < large->n; i++)
        m->of[large->term[i]] = m->stamp;
    for (uint32_t i = 0; i < small->n; i++)
        if (m->of[small->term[i]] != m->stamp)
            return false;
    return true;
}

/* Leaf against leaf. */
static bool leaf_implies(struct marks *m, const struct cond *c, const struct cond *d)
{
    if (d->kind == COND_SET || (d->kind == COND_COUNT && d->min == 1)) {
        for (uint32_t k = 0; k < c->sets; k++)
            if (within(m, &c->set[k], d->set))
                return true;
        return false;
    }
    if (c->kind != d->kind || c->sets != d->sets)
        return false;
    if (d->kind == COND_COUNT)
        return c->min >= d->min && c->distinct == d->distinct && within(m, c->set, d->set);
    if (c->within > d->within || (d->ordered && !c->ordered))
        return false;
    for (uint32_t k = 0; k < c->sets; k++)
        if (!within(m, &c->set[k], &d->set[k]))
            return false;
    return true;
}

static bool cond_implies(struct marks *m, const struct cond *c, const struct cond *d);

/* Is `d` a consequence of something that `c` demands? `d` is a leaf, or a group as a whole. */
static bool demands(struct marks *m, const struct cond *c, const struct cond *d)
{
    if (c->kind != COND_GROUP)
        return d->kind != COND_GROUP && leaf_implies(m, c, d);
    for (const struct cond *a = c->all; a; a = a->next)
        if (cond_implies(m, a, d))
            return true;
    for (const struct cond *a = c->any; a; a = a->next)
        if (!cond_implies(m, a, d))
            return false;
    return c->has_any;
}

/* Can `n` not hold where `c` does? */
static bool excludes(struct marks *m, const struct cond *c, const struct cond *n)
{
    if (c->kind != COND_GROUP)
        return false;
    for (const struct cond *own = c->none; own; own = own->next)
        if (cond_implies(m, n, own))
            return true;
    for (const struct cond *a = c->all; a; a = a->next)
        if (excludes(m, a, n))
            return true;
    for (const struct cond *a = c->any; a; a = a->next)
        if (!excludes(m, a, n))
            return false;
    return c->has_any;
}

static bool group_implied(struct marks *m, const struct cond *c, const struct cond *d)
{
    bool any = !d->has_any;
    for (const struct cond *a = d->all; a; a = a->next)
        if (!cond_implies(m, c, a))
            return false;
    for (const struct cond *a = d->any; a && !any; a = a->next)
        any = cond_implies(m, c, a);
    if (!any && c->kind == COND_GROUP && c->has_any) { /* each of one `any` is in the other */
        any = true;
        for (const struct cond *a = c->any; a && any; a = a->next) {
            any = false;
            for (const struct cond *b = d->any; b && !any; b = b->next)
                any = cond_implies(m, a, b);
        }
    }
    for (const struct cond *n = d->none; n && any; n = n->next)
        any = excludes(m, c, n);
    return any;
}

/* Groups in groups have many ways to ask the same: a deep nest is left alone. */
static bool cond_implies(struct marks *m, const struct cond *c, const struct cond *d)
{
    if (m->steps == 0)
        return false;
    m->steps--;
    if (c == d || demands(m, c, d))
        return true;
    return d->kind == COND_GROUP && group_implied(m, c, d);
}

bool cond_follows(struct marks *m, const struct cond *c, const struct cond *d)
{
    m->steps = STEPS_MAX;
    return cond_implies(m, c, d);
}

static bool globs_within(const struct globs *small, const struct globs *large)
{
    if (!large->present)
        return true;
    if (!small->present || small->n != large->n || small->inverted != large->inverted)
        return false;
    for (uint32_t i = 0; i < small->n; i++)
        if (strcmp(small->glob[i], large->glob[i]) != 0)
            return false;
    return true;
}

static bool scope_within(const struct scope *small, const struct scope *large)
{
    if (!large->present)
        return true;
    if (large->has_surfaces && (!small->has_surfaces || (small->surfaces & ~large->surfaces)))
        return false;
    if ((large->has_min && (!small->has_min || small->age_min < large->age_min)) ||
        (large->has_max && (!small->has_max || small->age_max > large->age_max)))
        return false;
    return (large->encrypted == RULES_UNSET || large->encrypted == small->encrypted) &&
           (large->direct == RULES_UNSET || large->direct == small->direct) &&
           globs_within(&small->rooms, &large->rooms) &&
           globs_within(&small->senders, &large->senders) &&
           globs_within(&small->hosts, &large->hosts);
}

/* ---- rivals ---- */

struct rivalry {
    const struct noting *to;
    const struct rules *r;
    struct marks *m;
    const struct rule *rule;
    uint32_t compared;
    bool found, go_on;
};

static bool same_effect(const struct rule *a, const struct rule *b)
{
    return a->action == b->action && a->severity == b->severity && a->mode == b->mode &&
           !(a->score < b->score) && !(a->score > b->score);
}

static const char *action_of(const struct rule *r)
{
    return r->action == ACTION_ALLOW ? "no action" : term_name(action_terms, r->action);
}

/* `before` and `after` stand beside the name of the other rule. */
static void say(struct rivalry *v, const struct rule *other, const char *before, const char *after)
{
    const struct rule *rule = v->rule;
    bool near = other->pack == rule->pack;
    v->found = true;
    v->go_on =
        note(v->to, rule, rule->place, RULES_WARNING, "%srule \"%s\" (%s%s%u)%s: %s, %s%s", before,
             other->id, near ? "line " : other->pack->file, near ? "" : ":", other->place.line,
             after, action_of(other), term_name(severity_terms, other->severity),
             other->mode == MODE_OBSERVE ? ", observe" : "");
}

/* Does `b` do at least what `a` does? */
static bool no_less(const struct rule *a, const struct rule *b)
{
    return a->action != ACTION_ALLOW && !(a->score > 0) && b->action >= a->action &&
           b->severity >= a->severity && (b->mode == MODE_ENFORCE || a->mode == MODE_OBSERVE);
}

static void compare(struct rivalry *v, const struct rule *b)
{
    const struct rule *a = v->rule;
    if (strcmp(a->harm, b->harm) != 0 || !scope_within(&a->scope, &b->scope) ||
        !cond_follows(v->m, a->when, b->when))
        return;
    bool same = scope_within(&b->scope, &a->scope) && cond_follows(v->m, b->when, a->when);
    if (same && b > a)
        return; /* told at the other one */
    if (same && same_effect(a, b))
        say(v, b, "this is the same as ", "");
    else if (same)
        say(v, b, "", " has the same condition and another effect");
    else if (no_less(a, b))
        say(v, b, "wherever this rule holds, so does ", ", which does no less");
}

static void meet(struct rivalry *v, uint32_t number)
{
    const struct rule *other = &v->r->rule[number];
    if (v->found || !v->go_on || v->m->seen[number] == v->m->seen_stamp ||
        v->compared >= RIVALS_MAX)
        return;
    v->m->seen[number] = v->m->seen_stamp;
    if (v->to->across ? other->pack == v->rule->pack : other->pack != v->rule->pack)
        return;
    v->compared++;
    if (other != v->rule)
        compare(v, other);
}

/* A rule that holds wherever this one does is woken by all words of some leaf here. */
static void meet_all(struct rivalry *v, const struct cond *c)
{
    for (; c; c = c->next) {
        for (uint32_t k = 0; k < c->sets; k++) {
            const struct term_set *s = &c->set[k];
            const struct term_def *t = &v->r->term[s->term[0]];
            for (uint32_t i = 0; s->n > 0 && i < t->rules; i++)
                meet(v, t->rule[i]);
        }
        meet_all(v, c->all);
        meet_all(v, c->any);
    }
}

bool rival_rule(const struct noting *n,
                const struct rules *r,
                struct marks *m,
                const struct rule *rule)
{
    struct rivalry v = {.to = n, .r = r, .m = m, .rule = rule, .go_on = true};
    m->seen_stamp++;
    meet_all(&v, rule->when);
    for (uint32_t i = 0; rule->always && i < r->always_count; i++)
        meet(&v, r->always[i]);
    return v.go_on;
}

/* ---- one id in two packs ---- */

struct named {
    const struct rules *r;
    const char *id;
};

static bool same_id(const void *user, uint32_t number)
{
    const struct named *n = user;
    return strcmp(n->r->rule[number].id, n->id) == 0;
}

bool namesake(const struct noting *n,
              const struct rules *r,
              struct table *ids,
              const struct rule *rule,
              bool *failed)
{
    struct named named = {r, rule->id};
    struct slot_key *k =
        table_find(ids, hash_bytes(0, rule->id, strlen(rule->id)), same_id, &named);
    *failed = !k;
    if (!k)
        return false;
    if (!k->number) {
        k->number = (uint32_t)(rule - r->rule) + 1;
        ids->used++;
        return true;
    }
    const struct rule *other = &r->rule[k->number - 1];
    if (strcmp(other->harm, rule->harm) == 0)
        return true; /* the same in another language */
    return note(n, rule, rule->place, RULES_WARNING,
                "rule \"%s\" of pack \"%s\" (%s:%u) has the same id and another harm, %s", rule->id,
                other->pack->id, other->pack->file, other->place.line, other->harm);
}
