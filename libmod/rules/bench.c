/* One rule on one text, for the tools of authors. */
#include "rules/author.h"

bool bench_open(struct bench *b, const struct rules *r)
{
    *b = (struct bench){.r = r, .text = text_new(), .scratch = rules_scratch_new(0)};
    b->status = b->text && b->scratch ? LMOD_OK : LMOD_E_MEMORY;
    return b->status == LMOD_OK;
}

int bench_close(struct bench *b, struct error *e)
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

static bool given_near(void *user, size_t list)
{
    const struct bench *b = user;
    struct sketch s;
    return b->rule->given && text_sketch(b->text, NULL, &s) &&
           given_like(b->rule, (uint32_t)list, &s);
}

bool bench_begin(struct bench *b, const struct rule *rule, const char *text, size_t size, bool html)
{
    const struct rules_outside given = {.listed = given_listed, .like = given_near, .user = b};
    b->rule = rule;
    if (b->status == LMOD_OK)
        b->status = html ? text_run_html(b->text, text, size, b->r->views)
                         : text_run(b->text, text, size, b->r->views);
    if (b->status == LMOD_OK)
        b->status = eval_begin(b->scratch, b->r, b->text, &given, 0);
    b->scratch->outside = NULL; /* lives in this function */
    return b->status == LMOD_OK;
}

enum outcome bench_run(struct bench *b,
                       const struct rule *rule,
                       const struct test_case *t,
                       const struct cond *without,
                       struct hull *hull)
{
    *hull = (struct hull){0};
    b->rule = rule;
    if (!scope_holds(&rule->scope, &t->who))
        return OUTCOME_FALSE;
    if (!bench_begin(b, rule, t->text, t->size, t->html))
        return OUTCOME_UNKNOWN;
    b->scratch->without = without;
    enum outcome out = eval_rule(b->scratch, rule, hull);
    if (b->scratch->failed)
        b->status = LMOD_E_MEMORY;
    return out;
}
