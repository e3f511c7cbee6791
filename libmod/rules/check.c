/* For authors: what is worth saying about a pack. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rules/author.h"

const struct term rules_level_terms[] = {
    {"info", RULES_INFO}, {"warning", RULES_WARNING}, {"error", RULES_ERROR}, {NULL, 0}};

bool note(const struct noting *n,
          const struct rule *rule,
          struct place at,
          enum rules_level level,
          const char *format,
          ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const struct rules_note out = {.pack = rule->pack->id,
                                   .rule = rule->id,
                                   .file = rule->pack->file,
                                   .line = at.line,
                                   .column = at.column,
                                   .level = level,
                                   .text = text,
                                   .worst_us = -1};
    return n->each(n->user, &out);
}

/* ---- a `not` and its tests ---- */

static bool note_not(void *user, struct bench *b, const struct rule *rule, const struct cond *c)
{
    return not_guarded(b, rule, c) || note(user, rule, c->place, RULES_ERROR, "%s", not_unguarded);
}

/* ---- cost ---- */

/* What a rule searches for. */
struct census {
    uint32_t words, patterns, links, wholes, atomless, wide, views;
};

static void count_terms(const struct rules *r, const struct cond *c, struct census *out)
{
    for (; c; c = c->next) {
        for (uint32_t k = 0; k < c->sets; k++)
            for (uint32_t i = 0; i < c->set[k].n; i++) {
                const struct term_def *t = &r->term[c->set[k].term[i]];
                out->views |= 1u << t->view;
                out->words += !t->regex && !t->link;
                out->links += t->link && !t->link->whole;
                out->wholes += t->link && t->link->whole;
                out->patterns += t->regex;
                out->atomless += t->regex && !t->has_atoms;
                out->wide += t->regex && t->has_atoms && t->before == UNBOUNDED;
            }
        count_terms(r, c->all, out);
        count_terms(r, c->any, out);
        count_terms(r, c->none, out);
    }
}

/* Atoms of the patterns, as many as fit. */
static void list_atoms(const struct rules *r, const struct cond *c, struct buffer *out)
{
    for (; c; c = c->next) {
        for (uint32_t k = 0; k < c->sets; k++)
            for (uint32_t i = 0; i < c->set[k].n; i++) {
                const struct term_def *t = &r->term[c->set[k].term[i]];
                for (uint32_t a = 0; t->regex && a < t->atom_count && out->size < 200; a++)
                    buffer_printf(out, "%s\"%.*s\"", out->size ? ", " : "", (int)t->atoms[a].size,
                                  t->atoms[a].bytes);
            }
        list_atoms(r, c->all, out);
        list_atoms(r, c->any, out);
        list_atoms(r, c->none, out);
    }
}

static const char *cost_of(const struct rule *rule, const struct census *c)
{
    return rule->always             ? "always"
           : c->wide || c->atomless ? "text"
           : c->patterns            ? "window"
                                    : "words";
}

static void describe(struct buffer *text,
                     const struct rules *r,
                     const struct rule *rule,
                     const struct census *c,
                     const struct stress *worst)
{
    struct buffer atoms = BUFFER_INIT;
    list_atoms(r, rule->when, &atoms);
    for (uint8_t v = 0; v < VIEWS_KNOWN; v++)
        if (c->views & 1u << v)
            buffer_printf(text, "%s%s", text->size ? "+" : "view ", term_name(view_terms, v));
    buffer_printf(text, "; %u word%s, %u pattern%s", c->words, c->words == 1 ? "" : "s",
                  c->patterns, c->patterns == 1 ? "" : "s");
    if (c->links)
        buffer_printf(text, ", %u kind%s of links", c->links, c->links == 1 ? "" : "s");
    if (c->wholes)
        buffer_printf(text, ", %u list%s of texts", c->wholes, c->wholes == 1 ? "" : "s");
    if (atoms.size)
        buffer_printf(text, " with atoms %s", atoms.data);
    buffer_printf(text, "; cost: %s, at worst %.0f µs", cost_of(rule, c), worst->us);
    buffer_finish(&atoms);
}

static bool note_cost(const struct noting *n,
                      const struct rules *r,
                      const struct rule *rule,
                      const struct stress *worst)
{
    struct census c = {0};
    struct buffer text = BUFFER_INIT;
    count_terms(r, rule->when, &c);
    describe(&text, r, rule, &c, worst);
    const struct rules_note out = {.pack = rule->pack->id,
                                   .rule = rule->id,
                                   .file = rule->pack->file,
                                   .line = rule->place.line,
                                   .column = rule->place.column,
                                   .level = RULES_INFO,
                                   .text = text.data,
                                   .cost = cost_of(rule, &c),
                                   .worst_us = worst->us};
    bool go_on = text.failed || n->each(n->user, &out);
    buffer_finish(&text);
    return go_on;
}

static bool note_slow(const struct noting *n, const struct rule *rule, const struct stress *worst)
{
    if (worst->limited)
        return note(
            n, rule, rule->place, RULES_WARNING,
            "on a text of %d bytes that was made for it a limit was hit, after %.0f µs: make "
            "its repeats shorter, and let none stand inside another",
            STRESS_BYTES, worst->us);
    return worst->us < STRESS_SLOW_US ||
           note(n, rule, rule->place, RULES_WARNING,
                "a text of %d bytes that was made for it took %.0f µs: more than %d are too much",
                STRESS_BYTES, worst->us, STRESS_SLOW_US);
}

/* ---- all of it ---- */

static bool note_rule(struct noting *n, struct bench *b, struct marks *m, const struct rule *rule)
{
    struct stress worst;
    if (rule->always &&
        !note(n, rule, rule->place, RULES_WARNING,
              "this rule has no atom and runs on every text: give it a word that must be there"))
        return false;
    if ((rule->hits == 0 || rule->misses == 0) &&
        !note(n, rule, rule->place, RULES_WARNING, "this rule has no %s: add texts that it must %s",
              rule->hits     ? "miss test"
              : rule->misses ? "hit test"
                             : "hit test and no miss test",
              rule->hits     ? "let through"
              : rule->misses ? "find"
                             : "find, and such that it must let through"))
        return false;
    if (!rule_nots(b, rule, note_not, n) || !doubt_rule(n, b, m, rule) ||
        !rival_rule(n, b->r, m, rule))
        return false;
    stress_rule(b, rule, &worst);
    return note_slow(n, rule, &worst) && note_cost(n, b->r, rule, &worst);
}

int rules_check(const struct rules *r, rules_note_fn each, void *user, struct error *e)
{
    struct noting n = {each, user, false};
    struct marks m;
    struct bench b;
    bool go_on = bench_open(&b, r);
    if (!marks_open(&m, r))
        b.status = LMOD_E_MEMORY;
    for (const struct note *w = r->notes; go_on && w; w = w->next) {
        const struct rules_note out = {
            w->pack->id, w->rule, w->pack->file, w->place.line, w->place.column, w->level, w->text,
            NULL,        -1};
        go_on = each(user, &out);
    }
    for (size_t i = 0; go_on && b.status == LMOD_OK && i < r->rules; i++)
        go_on = note_rule(&n, &b, &m, &r->rule[i]);
    marks_close(&m);
    return bench_close(&b, e);
}

int rules_check_across(const struct rules *r, rules_note_fn each, void *user, struct error *e)
{
    struct noting n = {each, user, true};
    struct table ids = {0};
    struct marks m;
    bool failed = !marks_open(&m, r), go_on = !failed;
    for (size_t i = 0; go_on && i < r->rules; i++)
        go_on = namesake(&n, r, &ids, &r->rule[i], &failed) && rival_rule(&n, r, &m, &r->rule[i]);
    free(ids.slot);
    marks_close(&m);
    return failed ? error_memory(e) : LMOD_OK;
}
