/* One rule: its keys, its condition, its tests. */
#include <stdlib.h>
#include <string.h>

#include "rules/pack.h"

static const struct term rule_actions[] = {
    {"flag", ACTION_FLAG}, {"hold", ACTION_HOLD}, {"block", ACTION_BLOCK}, {NULL, 0}};
static const struct term limit_actions[] = {
    {"flag", ACTION_FLAG}, {"hold", ACTION_HOLD}, {NULL, 0}};

static const char *const rule_keys[] = {"id",    "title", "harm",  "severity", "action",
                                        "score", "mode",  "view",  "bound",    "on_limit",
                                        "scope", "when",  "tests", "note"};

static int read_small(const struct load *l,
                      const struct yaml_node *map,
                      const char *what,
                      const struct term *terms,
                      uint8_t *out)
{
    const struct yaml_node *n = yaml_get(map, what);
    uint32_t value = 0;
    int status = n ? read_choice(l, n, what, terms, &value) : LMOD_OK;
    if (n && status == LMOD_OK)
        *out = (uint8_t)value;
    return status;
}

int read_manners(const struct load *l,
                 const struct yaml_node *map,
                 uint32_t *views,
                 uint8_t *bound,
                 uint8_t *mode,
                 uint8_t *on_limit)
{
    const struct yaml_node *n;
    int status = LMOD_OK;
    if ((n = yaml_get(map, "view")))
        status = read_views(l, n, views);
    if (status == LMOD_OK && (n = yaml_get(map, "bound")))
        status = read_bound(l, n, bound);
    if (status == LMOD_OK)
        status = read_small(l, map, "mode", mode_terms, mode);
    return status == LMOD_OK ? read_small(l, map, "on_limit", limit_actions, on_limit) : status;
}

/* Dotted lower-case words, at least two, or "other". */
static bool is_harm(const struct yaml_node *n)
{
    size_t dots = 0;
    for (size_t i = 0; i < n->length; i++) {
        char c = n->text[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (c == '.' && (i == 0 || i + 1 == n->length || n->text[i + 1] == '.'))
            return false;
        if (c != '.' && !word)
            return false;
        dots += c == '.';
    }
    return dots > 0 || text_is(n->text, n->length, "other");
}

static int read_harm(const struct load *l, const struct yaml_node *n, const char **out)
{
    char shown[YAML_SHOWN];
    int status = read_text(l, n, "harm", out);
    if (status == LMOD_OK && (!is_harm(n) || n->length > 255))
        return bad(l, n, "\"%s\" is no harm id: one such as m.adult.ncii, or other",
                   yaml_show(n, shown));
    return status;
}

/* 0.1 to 100: digits with at most one point. */
static int read_score(const struct load *l, const struct yaml_node *n, float *out)
{
    uint64_t value = 0, scale = 1;
    bool point = false;
    bool good = n->kind == YAML_TEXT && n->length > 0 && n->length <= 8 && !n->quoted;
    for (size_t i = 0; good && i < n->length; i++) {
        char c = n->text[i];
        good = (c >= '0' && c <= '9') || (c == '.' && !point && i > 0 && i + 1 < n->length);
        if (c == '.') {
            point = true;
        } else {
            value = value * 10 + (uint64_t)(c - '0');
            scale *= point ? 10 : 1;
        }
    }
    if (!good || value * 10 < scale || value > 100 * scale)
        return bad(l, n, "\"score\" must be a number from 0.1 to 100");
    *out = (float)((double)value / (double)scale);
    return LMOD_OK;
}

static int read_names(struct load *l, const struct yaml_node *map, struct rule *rule)
{
    static const char *const needed[] = {"id", "title", "harm", "when"};
    const struct yaml_node *n;
    int status = LMOD_OK;
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (!yaml_get(map, needed[i]))
            return bad(l, map, "this rule needs \"%s\"", needed[i]);
    n = yaml_get(map, "id");
    rule->place = (struct place){n->line, n->column};
    status = read_id(l, n, "rule id", &rule->id);
    if (status == LMOD_OK)
        status = read_text(l, yaml_get(map, "title"), "title", &rule->title);
    if (status == LMOD_OK)
        status = read_harm(l, yaml_get(map, "harm"), &rule->harm);
    if (status == LMOD_OK && (n = yaml_get(map, "note")))
        status = read_text(l, n, "note", &rule->note);
    return status;
}

static int read_effect(struct load *l, const struct yaml_node *map, struct rule *rule)
{
    const struct yaml_node *n;
    int status = read_small(l, map, "severity", severity_terms, &rule->severity);
    if (status == LMOD_OK)
        status = read_small(l, map, "action", rule_actions, &rule->action);
    if (status == LMOD_OK && (n = yaml_get(map, "score")))
        status = read_score(l, n, &rule->score);
    if (status == LMOD_OK && !yaml_get(map, "action") && !yaml_get(map, "score"))
        return bad(l, map, "a rule needs \"action\" or \"score\": it would do nothing");
    if (status == LMOD_OK && (n = yaml_get(map, "scope")))
        status = read_scope(l, n, &rule->scope);
    return status;
}

int read_rule(struct load *l, const struct yaml_node *map)
{
    struct rules *r = l->r;
    struct pack *p = l->pack;
    uint32_t views = p->views;
    uint8_t bound = p->bound;
    const struct yaml_node *n;
    if (!array_grow((void **)&r->rule, &r->rules_cap, r->rules + 1, sizeof(*r->rule)))
        return error_memory(l->e);
    struct rule *rule = l->rule = &r->rule[r->rules];
    *rule = (struct rule){.severity = SEVERITY_MEDIUM, .mode = MODE_ENFORCE};
    rule->on_limit = p->on_limit;
    rule->scope.encrypted = rule->scope.direct = RULES_UNSET;
    int status = read_keys(l, map, "a rule", rule_keys, COUNT_OF(rule_keys));
    if (status == LMOD_OK)
        status = read_names(l, map, rule);
    if (status == LMOD_OK)
        status = read_manners(l, map, &views, &bound, &rule->mode, &rule->on_limit);
    if (status == LMOD_OK && p->mode == MODE_OBSERVE)
        rule->mode = MODE_OBSERVE; /* any of pack and rule */
    if (status == LMOD_OK)
        status = read_effect(l, map, rule);
    l->positive = false;
    l->negated = 0;
    if (status == LMOD_OK)
        status = read_cond(l, yaml_get(map, "when"), views, bound, &rule->when);
    if (status == LMOD_OK && !l->positive)
        return bad(
            l, yaml_get(map, "when"),
            "\"when\" needs something that is there: \"not\" alone holds for nearly every text");
    if (status == LMOD_OK)
        status = check_readings(l, rule->when);
    if (status == LMOD_OK && (n = yaml_get(map, "tests")))
        status = read_tests(l, n);
    r->rules += status == LMOD_OK;
    return status;
}
