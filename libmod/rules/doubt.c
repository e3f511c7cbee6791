/* What can never hold: counts that nothing reaches, scopes without a surface, and words that never
 * count because the `not` beside them holds wherever they stand. */
#include <stdio.h>
#include <string.h>

#include "rules/author.h"

enum { WORDS_TRIED = 256, ENTRIES_MAX = 1024 };

struct doubting {
    const struct noting *to;
    struct bench *b;
    struct marks *m;
    const struct rule *rule;
    bool go_on;
};

static bool doubt(struct doubting *d, struct place at, const char *text)
{
    d->go_on = d->go_on && note(d->to, d->rule, at, RULES_WARNING, "%s", text);
    return d->go_on;
}

/* ---- counts ---- */

/* Different things that a count can find, UINT32_MAX: no end. */
static uint32_t entries_of(const struct rules *r, const struct term_set *s)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t k = 0;
        if (r->term[s->term[i]].link || i >= ENTRIES_MAX)
            return UINT32_MAX;
        while (k < i && r->term[s->term[k]].entry != r->term[s->term[i]].entry)
            k++;
        n += k == i;
    }
    return n;
}

static bool never(const struct doubting *d, const struct cond *c)
{
    if (c->kind == COND_COUNT)
        return c->distinct && c->min > entries_of(d->b->r, c->set);
    if (c->kind != COND_GROUP)
        return false;
    for (const struct cond *a = c->all; a; a = a->next)
        if (never(d, a))
            return true;
    for (const struct cond *n = c->none; n; n = n->next)
        if (cond_follows(d->m, c, n))
            return true;
    for (const struct cond *a = c->any; a; a = a->next)
        if (!never(d, a))
            return false;
    return c->has_any;
}

/* The innermost conditions that can never hold; those under `not` are harmless. */
static void seek_never(struct doubting *d, const struct cond *c)
{
    for (; c && d->go_on; c = c->next) {
        if (c->kind == COND_COUNT && never(d, c)) {
            char text[120];
            (void)snprintf(text, sizeof(text),
                           "this count never reaches %u: there are only %u different entries",
                           c->min, entries_of(d->b->r, c->set));
            doubt(d, c->place, text);
        }
        for (const struct cond *n = c->none; n; n = n->next)
            if (cond_follows(d->m, c, n)) {
                doubt(d, n->place,
                      "this holds wherever what stands beside the \"not\" does: the "
                      "two together never hold");
                break;
            }
        seek_never(d, c->all);
        seek_never(d, c->any);
    }
}

/* ---- words that a `not` silences ---- */

/* Does one of `none` hold in the text in hand? */
static bool denied(struct doubting *d, const struct cond *none)
{
    struct hull hull = {0};
    for (const struct cond *n = none; n; n = n->next)
        if (eval_cond(d->b->scratch, n, &hull) == OUTCOME_TRUE)
            return true;
    return false;
}

/* Alone and with others beside it, as edges may allow one and not the other. What view pinyin looks for
 * may be written otherwise. */
static bool silenced(struct doubting *d, uint32_t term, const struct cond *none)
{
    static const char *const around[] = {"", "一", "a", "1"};
    const struct term_def *t = &d->b->r->term[term];
    bool silent = t->view != VIEW_PINYIN, found = false;
    for (size_t i = 0; i < COUNT_OF(around) && silent; i++) {
        struct buffer text = BUFFER_INIT;
        buffer_printf(&text, "%s%s%s", around[i], t->source, around[i]);
        if (text.failed)
            d->b->status = LMOD_E_MEMORY;
        if (bench_begin(d->b, d->rule, text.data, text.size, false) &&
            term_search(d->b->scratch, term)->found.count > 0) {
            found = true;
            silent = denied(d, none);
        }
        buffer_finish(&text);
    }
    return silent && found;
}

/* The words of a set, each as all its spellings: those of one entry follow one another. */
static uint32_t seek_words(struct doubting *d,
                           const struct term_set *s,
                           const struct cond *none,
                           struct place at,
                           uint32_t left)
{
    const struct rules *r = d->b->r;
    for (uint32_t i = 0, next; i < s->n && left > 0 && d->go_on; i = next) {
        const struct term_def *t = &r->term[s->term[i]];
        bool silent = !t->regex && !t->link;
        for (next = i; next < s->n && r->term[s->term[next]].entry == t->entry; next++)
            silent = silent && silenced(d, s->term[next], none);
        left--;
        if (!silent || d->b->status != LMOD_OK)
            continue;
        d->go_on = note(d->to, d->rule, at, RULES_WARNING,
                        "\"%s\" can never count: this \"not\" holds wherever it stands", t->source);
    }
    return left;
}

static uint32_t seek_beside(struct doubting *d,
                            const struct cond *c,
                            const struct cond *none,
                            struct place at,
                            uint32_t left)
{
    for (; c && d->go_on; c = c->next) {
        for (uint32_t k = 0; k < c->sets; k++)
            left = seek_words(d, &c->set[k], none, at, left);
        left = seek_beside(d, c->all, none, at, left);
        left = seek_beside(d, c->any, none, at, left);
    }
    return left;
}

static void seek_silenced(struct doubting *d, const struct cond *c)
{
    for (; c && d->go_on; c = c->next) {
        if (c->none && !never(d, c)) {
            uint32_t left = seek_beside(d, c->all, c->none, c->place, WORDS_TRIED);
            (void)seek_beside(d, c->any, c->none, c->place, left);
        }
        seek_silenced(d, c->all);
        seek_silenced(d, c->any);
    }
}

bool doubt_rule(const struct noting *n, struct bench *b, struct marks *m, const struct rule *rule)
{
    struct doubting d = {n, b, m, rule, true};
    uint32_t surfaces = 0;
    for (const struct term *t = surface_terms; t->name; t++)
        surfaces |= 1u << t->value;
    if (rule->scope.has_surfaces && !(rule->scope.surfaces & surfaces))
        doubt(&d, rule->place, "the scope leaves no surface: this rule can never hold");
    if (never(&d, rule->when))
        doubt(&d, rule->place, "this rule can never hold");
    seek_never(&d, rule->when);
    seek_silenced(&d, rule->when);
    return d.go_on;
}
