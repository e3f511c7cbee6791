/* The tests of a rule: texts that must hit or miss. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/evade.h"

static int read_word(const struct load *l,
                     const struct yaml_node *map,
                     const char *what,
                     const char **text,
                     size_t *size)
{
    const struct yaml_node *n = yaml_get(map, what);
    int status = n ? read_text(l, n, what, text) : LMOD_OK;
    if (n && status == LMOD_OK)
        *size = n->length;
    return status;
}

static int
read_bit(const struct load *l, const struct yaml_node *map, const char *what, uint8_t *out)
{
    const struct yaml_node *n = yaml_get(map, what);
    bool truth = false;
    int status = n ? read_truth(l, n, what, &truth) : LMOD_OK;
    if (n)
        *out = truth;
    return status;
}

static int
read_subject(const struct load *l, const struct yaml_node *map, struct rules_subject *who)
{
    static const char *const known[] = {"surface",   "room",   "sender",         "host",
                                        "encrypted", "direct", "sender_age_days"};
    const struct yaml_node *n;
    int status = read_keys(l, map, "subject", known, COUNT_OF(known));
    if (status == LMOD_OK && (n = yaml_get(map, "surface"))) {
        who->has_surface = true;
        status = read_choice(l, n, "surface", surface_terms, &who->surface);
    }
    if (status == LMOD_OK && (n = yaml_get(map, "sender_age_days"))) {
        who->has_age = true;
        status = read_number(l, n, "sender_age_days", 0, 100000, &who->sender_age_days);
    }
    if (status == LMOD_OK)
        status = read_word(l, map, "room", &who->room, &who->room_length);
    if (status == LMOD_OK)
        status = read_word(l, map, "sender", &who->sender, &who->sender_length);
    if (status == LMOD_OK)
        status = read_word(l, map, "host", &who->host, &who->host_length);
    if (status == LMOD_OK)
        status = read_bit(l, map, "encrypted", &who->encrypted);
    return status == LMOD_OK ? read_bit(l, map, "direct", &who->direct) : status;
}

static int read_span(const struct load *l, const struct yaml_node *n, struct test_case *out)
{
    uint64_t from = 0, to = 0;
    if (n->kind != YAML_LIST || n->count != 2)
        return bad(l, n, "\"span\" must be [from, to], in bytes of the text");
    int status = read_number(l, n->item, "span", 0, out->size, &from);
    if (status == LMOD_OK)
        status = read_number(l, n->item->next, "span", from, out->size, &to);
    out->has_span = true;
    out->from = (uint32_t)from;
    out->to = (uint32_t)to;
    return status;
}

static int read_case(struct load *l, const struct yaml_node *n, bool hit, struct test_case *out)
{
    static const char *const known[] = {"text", "html", "subject", "view", "span"};
    const struct yaml_node *text = n, *part;
    uint32_t view = 0;
    int status = LMOD_OK;
    *out = (struct test_case){.place = {n->line, n->column}, .view = RULES_UNSET};
    out->who.encrypted = out->who.direct = RULES_UNSET;
    if (n->kind == YAML_MAP) {
        if ((status = read_keys(l, n, "a test", known, COUNT_OF(known))) != LMOD_OK)
            return status;
        if ((part = yaml_get(n, "html")) &&
            (status = read_truth(l, part, "html", &out->html)) != LMOD_OK)
            return status;
        if (!(text = yaml_get(n, "text")))
            return bad(l, n, "a test needs \"text\"");
    }
    if (text->kind != YAML_TEXT || text->length > UINT32_MAX)
        return bad(l, text, "a test is a text or {text: …}");
    out->text = text->text;
    out->size = text->length;
    if (n->kind != YAML_MAP)
        return LMOD_OK;
    if ((part = yaml_get(n, "subject")))
        status = read_subject(l, part, &out->who);
    if (!hit && status == LMOD_OK && ((part = yaml_get(n, "span")) || (part = yaml_get(n, "view"))))
        return bad(l, part, "only a hit has a view and a span");
    if (status == LMOD_OK && (part = yaml_get(n, "span")))
        status = read_span(l, part, out);
    if (status == LMOD_OK && (part = yaml_get(n, "view"))) {
        status = read_choice(l, part, "view", view_terms, &view);
        out->view = (uint8_t)view;
    }
    return status;
}

static int read_cases(struct load *l,
                      const struct yaml_node *list,
                      const char *what,
                      struct test_case **first,
                      uint32_t *n)
{
    int status = LMOD_OK;
    if (list->kind != YAML_LIST)
        return bad(l, list, "\"%s\" must be a list of texts", what);
    *first = keep(l->r, list->count + 1, sizeof(**first));
    if (!*first)
        return error_memory(l->e);
    for (const struct yaml_node *t = list->item; t && status == LMOD_OK; t = t->next)
        status = read_case(l, t, what[0] == 'h', &(*first)[(*n)++]);
    return status;
}

static int read_kind(struct load *l, const struct yaml_node *n)
{
    uint32_t kind = 0;
    int status = read_choice(l, n, "a kind of evasion", evasion_terms, &kind);
    if (status == LMOD_OK)
        l->rule->evasions |= 1u << kind;
    return status;
}

static int read_evade(struct load *l, const struct yaml_node *map)
{
    static const char *const known[] = {"min_recall", "kinds"};
    const struct yaml_node *recall, *kinds;
    char text[16], *end = NULL;
    int status = read_keys(l, map, "evade", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    l->rule->evade = (struct place){map->line, map->column};
    if (!(recall = yaml_get(map, "min_recall")) || !(kinds = yaml_get(map, "kinds")))
        return bad(l, map, "\"evade\" needs \"min_recall\" and \"kinds\"");
    if (recall->kind != YAML_TEXT || recall->length == 0 || recall->length >= sizeof(text))
        return bad(l, recall, "\"min_recall\" must be a number from 0 to 1");
    memcpy(text, recall->text, recall->length);
    text[recall->length] = '\0';
    l->rule->min_recall = strtod(text, &end);
    if (*end || !(l->rule->min_recall >= 0 && l->rule->min_recall <= 1))
        return bad(l, recall, "\"min_recall\" must be a number from 0 to 1");
    if (kinds->kind != YAML_LIST || !kinds->item)
        return bad(l, kinds, "\"kinds\" must be a list of kinds of evasion");
    for (const struct yaml_node *k = kinds->item; k && status == LMOD_OK; k = k->next)
        status = read_kind(l, k);
    return status;
}

int read_tests(struct load *l, const struct yaml_node *map)
{
    static const char *const known[] = {"given", "hit", "miss", "evade"};
    const struct yaml_node *n;
    struct rule *rule = l->rule;
    int status = read_keys(l, map, "tests", known, COUNT_OF(known));
    if (status == LMOD_OK && (n = yaml_get(map, "given")))
        status = read_given(l, n);
    if (status == LMOD_OK && (n = yaml_get(map, "evade")))
        status = read_evade(l, n);
    if (status == LMOD_OK && (n = yaml_get(map, "hit")))
        status = read_cases(l, n, "hit", &rule->hit, &rule->hits);
    if (status == LMOD_OK && (n = yaml_get(map, "miss")))
        status = read_cases(l, n, "miss", &rule->miss, &rule->misses);
    return status;
}
