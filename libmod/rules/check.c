/* For authors: what is worth saying about a pack, and its tests run. */
#include <stdio.h>
#include <string.h>

#include "rules/eval.h"
#include "rules/evade.h"

const struct term rules_level_terms[] = {
    {"info", RULES_INFO}, {"warning", RULES_WARNING}, {"error", RULES_ERROR}, {NULL, 0}};

/* One run over the rules with what evaluation needs. */
struct bench {
    const struct rules *r;
    const struct rule *rule; /* the one that is run */
    struct text *text;
    struct rules_scratch *scratch;
    int status;
};

static bool bench_open(struct bench *b, const struct rules *r)
{
    *b = (struct bench){.r = r, .text = text_new(), .scratch = rules_scratch_new(0)};
    b->status = b->text && b->scratch ? LMOD_OK : LMOD_E_MEMORY;
    return b->status == LMOD_OK;
}

static int bench_close(struct bench *b, struct error *e)
{
    text_free(b->text);
    rules_scratch_free(b->scratch);
    return b->status == LMOD_E_MEMORY ? error_memory(e)
           : b->status == LMOD_OK     ? LMOD_OK
                                      : error_set(e, b->status, "a test cannot be run");
}

/* Lists outside of the pack have what the rule's tests give them. */
static bool given_listed(void *user, size_t list, uint32_t link)
{
    const struct bench *b = user;
    return given_has(b->rule, (uint32_t)list, &b->scratch->links.links[link]);
}

/* The rule on one text, without the `not` of `without`. */
static enum outcome run(struct bench *b,
                        const struct rule *rule,
                        const struct test_case *t,
                        const struct cond *without,
                        struct hull *hull)
{
    const struct rules_outside given = {.listed = given_listed, .user = b};
    *hull = (struct hull){0};
    b->rule = rule;
    if (!scope_holds(&rule->scope, &t->who))
        return OUTCOME_FALSE;
    if (b->status == LMOD_OK)
        b->status = t->html ? text_run_html(b->text, t->text, t->size, b->r->views)
                            : text_run(b->text, t->text, t->size, b->r->views);
    if (b->status == LMOD_OK)
        b->status = eval_begin(b->scratch, b->r, b->text, &given, 0);
    if (b->status != LMOD_OK)
        return OUTCOME_UNKNOWN;
    b->scratch->without = without;
    enum outcome out = eval_rule(b->scratch, rule, hull);
    if (b->scratch->failed)
        b->status = LMOD_E_MEMORY;
    return out;
}

/* Would some miss test hit if this `not` were not there? */
static bool guarded(struct bench *b, const struct rule *rule, const struct cond *c)
{
    struct hull hull;
    for (uint32_t i = 0; i < rule->misses; i++)
        if (run(b, rule, &rule->miss[i], c, &hull) == OUTCOME_TRUE)
            return true;
    return false;
}

typedef bool (*each_not)(void *user,
                         struct bench *b,
                         const struct rule *rule,
                         const struct cond *c);

/* Calls `each` for every `not` that is not inside another. */
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

struct noting {
    rules_note_fn each;
    void *user;
};

static bool note(const struct noting *n,
                 const struct rule *rule,
                 struct place at,
                 enum rules_level level,
                 const char *text)
{
    const struct rules_note out = {rule->pack->id, rule->id, rule->pack->file, at.line, at.column,
                                   level,          text};
    return n->each(n->user, &out);
}

static const char no_miss[] =
    "no miss test would hit without this \"not\": add the text that it is there for";

static bool note_not(void *user, struct bench *b, const struct rule *rule, const struct cond *c)
{
    return guarded(b, rule, c) || note(user, rule, c->place, RULES_ERROR, no_miss);
}

/* What a rule searches for. */
struct census {
    uint32_t words, patterns, links, atomless, wide, views;
};

static void count_terms(const struct rules *r, const struct cond *c, struct census *out)
{
    for (; c; c = c->next) {
        for (uint32_t k = 0; k < c->sets; k++)
            for (uint32_t i = 0; i < c->set[k].n; i++) {
                const struct term_def *t = &r->term[c->set[k].term[i]];
                out->views |= 1u << t->view;
                out->words += !t->regex && !t->link;
                out->links += t->link != NULL;
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

static bool note_cost(const struct noting *n, const struct rules *r, const struct rule *rule)
{
    struct census c = {0};
    struct buffer text = BUFFER_INIT, atoms = BUFFER_INIT;
    count_terms(r, rule->when, &c);
    list_atoms(r, rule->when, &atoms);
    const char *cost = rule->always           ? "always"
                       : c.wide || c.atomless ? "text"
                       : c.patterns           ? "window"
                                              : "words";
    for (uint8_t v = 0; v < VIEWS_KNOWN; v++)
        if (c.views & 1u << v)
            buffer_printf(&text, "%s%s", text.size ? "+" : "view ", term_name(view_terms, v));
    buffer_printf(&text, "; %u words, %u patterns", c.words, c.patterns);
    if (c.links)
        buffer_printf(&text, ", %u kinds of links", c.links);
    if (atoms.size)
        buffer_printf(&text, " with atoms %s", atoms.data);
    buffer_printf(&text, "; cost: %s", cost);
    bool go_on = text.failed || note(n, rule, rule->place, RULES_INFO, text.data);
    buffer_finish(&text);
    buffer_finish(&atoms);
    return go_on;
}

static bool note_rule(struct noting *n, struct bench *b, const struct rule *rule)
{
    if (rule->always &&
        !note(n, rule, rule->place, RULES_WARNING,
              "this rule has no atom and runs on every text: give it a word that must be there"))
        return false;
    if ((rule->hits == 0 || rule->misses == 0) &&
        !note(n, rule, rule->place, RULES_WARNING,
              rule->hits ? "this rule has no miss test" : "this rule has no hit test"))
        return false;
    return walk_nots(b, rule, rule->when, note_not, n) && note_cost(n, b->r, rule);
}

int rules_check(const struct rules *r, rules_note_fn each, void *user, struct error *e)
{
    struct noting n = {each, user};
    struct bench b;
    bool go_on = bench_open(&b, r);
    for (const struct note *w = r->notes; go_on && w; w = w->next) {
        const struct rules_note out = {w->pack->id,     w->rule,  w->pack->file, w->place.line,
                                       w->place.column, w->level, w->text};
        go_on = each(user, &out);
    }
    for (size_t i = 0; go_on && i < r->rules; i++)
        go_on = note_rule(&n, &b, &r->rule[i]) && b.status == LMOD_OK;
    return bench_close(&b, e);
}

struct testing {
    rules_test_fn each;
    void *user;
    uint32_t nots;
};

static bool tell(const struct testing *t,
                 const struct rule *rule,
                 const char *kind,
                 struct place at,
                 uint32_t n,
                 const char *why)
{
    const struct rules_test out = {.pack = rule->pack->id,
                                   .rule = rule->id,
                                   .kind = kind,
                                   .file = rule->pack->file,
                                   .line = at.line,
                                   .column = at.column,
                                   .n = n,
                                   .ok = why == NULL,
                                   .why = why,
                                   .recall = -1};
    return t->each(t->user, &out);
}

static bool test_not(void *user, struct bench *b, const struct rule *rule, const struct cond *c)
{
    struct testing *t = user;
    return tell(t, rule, "not", c->place, ++t->nots, guarded(b, rule, c) ? NULL : no_miss);
}

static bool test_hit(const struct testing *t, struct bench *b, const struct rule *rule, uint32_t i)
{
    const struct test_case *c = &rule->hit[i];
    char text[160];
    const char *why = NULL;
    struct hull hull;
    enum outcome out = run(b, rule, c, NULL, &hull);
    if (out != OUTCOME_TRUE) {
        why = out == OUTCOME_UNKNOWN ? "a limit was hit" : "does not hit";
    } else if (c->view != RULES_UNSET && c->view != hull.view) {
        (void)snprintf(text, sizeof(text), "hits in view %s", term_name(view_terms, hull.view));
        why = text;
    } else if (c->has_span && (c->from != hull.from || c->to != hull.to)) {
        (void)snprintf(text, sizeof(text), "hits at [%u, %u]", hull.from, hull.to);
        why = text;
    }
    return tell(t, rule, "hit", c->place, i + 1, why);
}

static bool test_miss(const struct testing *t, struct bench *b, const struct rule *rule, uint32_t i)
{
    struct hull hull;
    enum outcome out = run(b, rule, &rule->miss[i], NULL, &hull);
    const char *why = out == OUTCOME_TRUE      ? "hits"
                      : out == OUTCOME_UNKNOWN ? "a limit was hit"
                                               : NULL;
    return tell(t, rule, "miss", rule->miss[i].place, i + 1, why);
}

/* ---- evasions ---- */

struct trying {
    struct bench *b;
    const struct rule *rule;
    enum evasion kind;
    uint32_t tried, found;
    char missed[96]; /* the first disguise that was not seen through */
};

/* The first hull of a hit test, disguised in every variant. */
static void try_case(struct trying *t, const struct test_case *c)
{
    struct hull hull;
    if (run(t->b, t->rule, c, NULL, &hull) != OUTCOME_TRUE || c->html)
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
            bool found = run(t->b, t->rule, &other, NULL, &hull) == OUTCOME_TRUE;
            t->tried++;
            t->found += found;
            if (!found && !t->missed[0])
                (void)snprintf(t->missed, sizeof(t->missed), "%.*s",
                               (int)(text.size < 80 ? text.size : 80), text.data);
        }
        buffer_finish(&text);
    }
}

static bool tell_evasion(const struct testing *to, const struct trying *t, uint32_t n)
{
    char why[200] = "";
    double recall = t->tried ? (double)t->found / t->tried : 1;
    bool ok = recall >= t->rule->min_recall;
    if (!ok)
        (void)snprintf(why, sizeof(why), "recall %.3f, wanted %.3f; not found: %s", recall,
                       t->rule->min_recall, t->missed);
    const struct rules_test out = {.pack = t->rule->pack->id,
                                   .rule = t->rule->id,
                                   .kind = term_name(evasion_terms, t->kind),
                                   .file = t->rule->pack->file,
                                   .line = t->rule->evade.line,
                                   .column = t->rule->evade.column,
                                   .n = n,
                                   .ok = ok,
                                   .why = ok ? NULL : why,
                                   .recall = t->tried ? recall : -1,
                                   .tried = t->tried};
    return to->each(to->user, &out);
}

static bool test_evasions(const struct testing *to, struct bench *b, const struct rule *rule)
{
    uint32_t n = 0;
    bool go_on = true;
    for (uint32_t k = 0; k < EVASIONS && go_on; k++) {
        struct trying t = {.b = b, .rule = rule, .kind = (enum evasion)k};
        if (!(rule->evasions & 1u << k))
            continue;
        for (uint32_t i = 0; i < rule->hits; i++)
            try_case(&t, &rule->hit[i]);
        go_on = b->status == LMOD_OK && tell_evasion(to, &t, ++n);
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
        go_on = go_on && walk_nots(&b, rule, rule->when, test_not, &t) && b.status == LMOD_OK;
        go_on = go_on && test_evasions(&t, &b, rule);
    }
    return bench_close(&b, e);
}
