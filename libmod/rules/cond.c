/* Lists and conditions: all, any, not, and the leaves. */
#include <string.h>

#include "rules/pack.h"

static int read_words(
    struct load *l, const struct yaml_node *n, uint32_t views, uint8_t bound, struct term_set *set)
{
    int status = LMOD_OK;
    if (n->kind != YAML_LIST)
        return term_word(l, n, views, bound, set);
    if (!n->item)
        return bad(l, n, "there must be at least one word");
    for (const struct yaml_node *w = n->item; w && status == LMOD_OK; w = w->next)
        status = term_word(l, w, views, bound, set);
    return status;
}

/* view and bound of a map, where it has them. */
static int
read_manner(const struct load *l, const struct yaml_node *map, uint32_t *views, uint8_t *bound)
{
    const struct yaml_node *view = yaml_get(map, "view"), *edge = yaml_get(map, "bound");
    int status = view ? read_views(l, view, views) : LMOD_OK;
    return status == LMOD_OK && edge ? read_bound(l, edge, bound) : status;
}

/* The terms of a list for a rule with these views and this bound. */
static int list_terms(struct load *l,
                      struct word_list *list,
                      uint32_t views,
                      uint8_t bound,
                      const struct term_set **out)
{
    views = list->views ? list->views : views;
    bound = list->bound != RULES_UNSET ? list->bound : bound;
    struct variant *v = list->variants;
    int status = LMOD_OK;
    while (v && (v->views != views || v->bound != bound))
        v = v->next;
    if (!v) {
        if (!(v = keep(l->r, 1, sizeof(*v))))
            return error_memory(l->e);
        *v = (struct variant){.next = list->variants, .views = views, .bound = bound};
        status = read_words(l, list->words, views, bound, &v->set);
        list->variants = v;
    }
    *out = &v->set;
    return status;
}

static int read_list(struct load *l, const struct yaml_node *key, struct word_list *out)
{
    static const char *const known[] = {"words", "view", "bound", "file", "config"};
    const struct yaml_node *map = key->value;
    const struct term_set *checked;
    int status = read_id(l, key, "list id", &out->id);
    if (status == LMOD_OK)
        status = read_keys(l, map, "a list", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    out->place = (struct place){key->line, key->column};
    out->bound = RULES_UNSET;
    out->outside = OUTSIDE_NONE;
    if (yaml_get(map, "file") || yaml_get(map, "config"))
        return read_outside(l, map, out);
    out->words = yaml_get(map, "words");
    if (!out->words)
        return bad(l, key, "list \"%s\" needs \"words\", \"file\" or \"config\"", out->id);
    if (out->words->kind != YAML_LIST)
        return bad(l, out->words, "\"words\" must be a list: [one, two]");
    status = read_manner(l, map, &out->views, &out->bound);
    return status == LMOD_OK ? list_terms(l, out, l->pack->views, l->pack->bound, &checked)
                             : status;
}

int read_lists(struct load *l, const struct yaml_node *map)
{
    int status = LMOD_OK;
    if (map->kind != YAML_MAP)
        return bad(l, map, "\"lists\" must be a map: ID: {words: [one, two]}");
    l->pack->list = keep(l->r, map->count + 1, sizeof(*l->pack->list));
    if (!l->pack->list)
        return error_memory(l->e);
    for (const struct yaml_node *k = map->item; k && status == LMOD_OK; k = k->next) {
        if (yaml_is_null(k->value))
            return bad(l, k, "list \"%s\" has no value", k->text);
        status = read_list(l, k, &l->pack->list[l->pack->lists++]);
    }
    return status;
}

static int no_list(struct load *l, const struct yaml_node *n)
{
    const char *names[64];
    char shown[YAML_SHOWN];
    const struct pack *p = l->pack;
    size_t count = p->lists < COUNT_OF(names) ? p->lists : COUNT_OF(names);
    for (size_t i = 0; i < count; i++)
        names[i] = p->list[i].id;
    const char *like = text_suggest(n->text, n->length, names, count);
    return bad(l, n, "there is no list \"%s\"%s%s%s", yaml_show(n, shown),
               like ? "; did you mean \"" : "", like ? like : "", like ? "\"?" : "");
}

int find_list(struct load *l, const struct yaml_node *n, struct word_list **out)
{
    struct pack *p = l->pack;
    uint32_t i = 0;
    if (n->kind != YAML_TEXT)
        return bad(l, n, "a list is named by its id");
    while (i < p->lists && !text_is(n->text, n->length, p->list[i].id))
        i++;
    if (i == p->lists)
        return no_list(l, n);
    *out = &p->list[i];
    return LMOD_OK;
}

static int use_list(
    struct load *l, const struct yaml_node *n, uint32_t views, uint8_t bound, struct term_set *set)
{
    const struct term_set *from = NULL;
    struct word_list *list = NULL;
    int status = find_list(l, n, &list);
    if (status != LMOD_OK)
        return status;
    list->used = true;
    if (list->outside != OUTSIDE_NONE) {
        status = term_link(l, &(struct link_def){.list = list->outside}, set);
        if (status == LMOD_OK)
            status = term_link(l, &(struct link_def){.list = list->outside, .whole = true}, set);
        return status;
    }
    status = list_terms(l, list, views, bound, &from);
    if (status == LMOD_OK && set->n == 0) {
        *set = *from;
        set->cap = set->n; /* shared: growing copies */
        return LMOD_OK;
    }
    for (uint32_t t = 0; status == LMOD_OK && t < from->n; t++)
        status = set_add(l, set, from->term[t]);
    return status;
}

static const char *const leaf_words[] = {"list", "word", "re", "link", "near", "count"};

/* The one key of a leaf that says its kind, NULL when there is none. `*more`: a second one. */
static const struct yaml_node *leaf_kind(const struct yaml_node *map, const struct yaml_node **more)
{
    const struct yaml_node *found = NULL;
    *more = NULL;
    for (const struct yaml_node *k = map->item; k; k = k->next)
        for (size_t i = 0; i < COUNT_OF(leaf_words); i++)
            if (text_is(k->text, k->length, leaf_words[i])) {
                *more = found ? k : NULL;
                found = found ? found : k;
            }
    return found;
}

/* list, word, re or link into a set. */
static int read_terms(struct load *l,
                      const struct yaml_node *map,
                      const struct yaml_node *kind,
                      uint32_t views,
                      uint8_t bound,
                      struct term_set *set)
{
    static const char *const of_list[] = {"list"};
    static const char *const of_link[] = {"link"};
    static const char *const of_word[] = {"word", "view", "bound"}, *const of_re[] = {"re", "view"};
    int status;
    if (text_is(kind->text, kind->length, "link")) {
        status = read_keys(l, map, "a link leaf", of_link, COUNT_OF(of_link));
        return status == LMOD_OK ? read_link(l, kind->value, set) : status;
    }
    if (text_is(kind->text, kind->length, "list")) {
        status = read_keys(l, map, "a list leaf", of_list, COUNT_OF(of_list));
        return status == LMOD_OK ? use_list(l, kind->value, views, bound, set) : status;
    }
    bool regex = text_is(kind->text, kind->length, "re");
    status = regex ? read_keys(l, map, "a re leaf", of_re, COUNT_OF(of_re))
                   : read_keys(l, map, "a word leaf", of_word, COUNT_OF(of_word));
    if (status == LMOD_OK)
        status = read_manner(l, map, &views, &bound);
    if (status != LMOD_OK)
        return status;
    return regex ? term_regex(l, kind->value, views, set)
                 : read_words(l, kind->value, views, bound, set);
}

/* A REF: the id of a list, or a leaf. */
static int read_ref(
    struct load *l, const struct yaml_node *n, uint32_t views, uint8_t bound, struct term_set *set)
{
    const struct yaml_node *second, *kind;
    if (n->kind == YAML_TEXT)
        return use_list(l, n, views, bound, set);
    if (n->kind != YAML_MAP || !(kind = leaf_kind(n, &second)) || second ||
        text_is(kind->text, kind->length, "near") || text_is(kind->text, kind->length, "count"))
        return bad(l, n, "\"of\" takes ids of lists and leaves such as {word: X} or {re: 'X'}");
    return read_terms(l, n, kind, views, bound, set);
}

static int read_near(
    struct load *l, const struct yaml_node *map, uint32_t views, uint8_t bound, struct cond *c)
{
    static const char *const known[] = {"of", "within", "ordered"};
    const struct yaml_node *of, *within, *ordered;
    uint64_t number = 0;
    int status = read_keys(l, map, "near", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    of = yaml_get(map, "of");
    within = yaml_get(map, "within");
    ordered = yaml_get(map, "ordered");
    if (!of || !within)
        return bad(l, map, "near needs \"%s\"", of ? "within" : "of");
    if (of->kind != YAML_LIST || of->count < 2 || of->count > NEAR_MAX)
        return bad(l, of, "\"of\" of near takes 2 to %d lists or leaves", NEAR_MAX);
    c->kind = COND_NEAR;
    c->set = keep(l->r, of->count, sizeof(*c->set));
    if (!c->set)
        return error_memory(l->e);
    for (const struct yaml_node *n = of->item; n && status == LMOD_OK; n = n->next)
        status = read_ref(l, n, views, bound, &c->set[c->sets++]);
    if (status == LMOD_OK)
        status = read_number(l, within, "within", 1, 1000, &number);
    c->within = (uint32_t)number;
    return status == LMOD_OK && ordered ? read_truth(l, ordered, "ordered", &c->ordered) : status;
}

static int read_count(
    struct load *l, const struct yaml_node *map, uint32_t views, uint8_t bound, struct cond *c)
{
    static const char *const known[] = {"of", "min", "distinct"};
    const struct yaml_node *of, *min, *distinct;
    uint64_t number = 0;
    int status = read_keys(l, map, "count", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    of = yaml_get(map, "of");
    min = yaml_get(map, "min");
    distinct = yaml_get(map, "distinct");
    if (!of || !min)
        return bad(l, map, "count needs \"%s\"", of ? "min" : "of");
    c->kind = COND_COUNT;
    c->sets = 1;
    c->set = keep(l->r, 1, sizeof(*c->set));
    if (!c->set)
        return error_memory(l->e);
    if (of->kind == YAML_LIST && !of->item)
        return bad(l, of, "\"of\" of count must name something");
    if (of->kind != YAML_LIST)
        status = read_ref(l, of, views, bound, c->set);
    for (const struct yaml_node *n = of->kind == YAML_LIST ? of->item : NULL;
         n && status == LMOD_OK; n = n->next)
        status = read_ref(l, n, views, bound, c->set);
    if (status == LMOD_OK)
        status = read_number(l, min, "min", 1, 1000, &number);
    c->min = (uint32_t)number;
    return status == LMOD_OK && distinct ? read_truth(l, distinct, "distinct", &c->distinct)
                                         : status;
}

static int read_leaf(struct load *l,
                     const struct yaml_node *map,
                     const struct yaml_node *kind,
                     uint32_t views,
                     uint8_t bound,
                     struct cond *c)
{
    static const char *const of_near[] = {"near"}, *const of_count[] = {"count"};
    bool near = text_is(kind->text, kind->length, "near");
    bool count = text_is(kind->text, kind->length, "count");
    int status = LMOD_OK;
    l->positive |= l->negated == 0;
    if (near || count) {
        status =
            read_keys(l, map, near ? "a near leaf" : "a count leaf", near ? of_near : of_count, 1);
        if (status != LMOD_OK)
            return status;
        return near ? read_near(l, kind->value, views, bound, c)
                    : read_count(l, kind->value, views, bound, c);
    }
    c->kind = COND_SET;
    c->sets = 1;
    c->set = keep(l->r, 1, sizeof(*c->set));
    return c->set ? read_terms(l, map, kind, views, bound, c->set) : error_memory(l->e);
}

static int read_chain(struct load *l,
                      const struct yaml_node *list,
                      const char *what,
                      uint32_t views,
                      uint8_t bound,
                      struct cond **first)
{
    int status = LMOD_OK;
    if (list->kind != YAML_LIST || !list->item)
        return bad(l, list, "\"%s\" must be a list of conditions: [{word: X}, {list: Y}]", what);
    for (const struct yaml_node *n = list->item; n && status == LMOD_OK; n = n->next) {
        status = read_cond(l, n, views, bound, first);
        if (*first)
            first = &(*first)->next;
    }
    return status;
}

int read_cond(
    struct load *l, const struct yaml_node *map, uint32_t views, uint8_t bound, struct cond **out)
{
    static const char *const groups[] = {"all", "any", "not"};
    static const char *const known[] = {"all",  "any",  "not",   "list", "word", "re",
                                        "link", "near", "count", "view", "bound"};
    struct cond *c = keep(l->r, 1, sizeof(*c));
    const struct yaml_node *second, *kind, *part;
    if (!(*out = c))
        return error_memory(l->e);
    int status = read_keys(l, map, "a condition", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    c->place = (struct place){map->line, map->column};
    c->negated = l->negated > 0;
    kind = leaf_kind(map, &second);
    if (second)
        return bad(l, second, "two leaves in one condition: put them under \"all\" or \"any\"");
    bool grouped = yaml_get(map, "all") || yaml_get(map, "any") || yaml_get(map, "not");
    if (kind && grouped)
        return bad(l, kind, "a leaf beside \"all\", \"any\" or \"not\": put it under \"all\"");
    if (kind)
        return read_leaf(l, map, kind, views, bound, c);
    if (!grouped)
        return bad(l, map,
                   "a condition needs a leaf (list, word, re, link, near, count) or all, any, not");
    status = read_keys(l, map, "a group", groups, COUNT_OF(groups));
    if (status == LMOD_OK && (part = yaml_get(map, "all")))
        status = read_chain(l, part, "all", views, bound, &c->all);
    if (status == LMOD_OK && (part = yaml_get(map, "any"))) {
        c->has_any = true;
        status = read_chain(l, part, "any", views, bound, &c->any);
    }
    if (status == LMOD_OK && (part = yaml_get(map, "not"))) {
        c->place = (struct place){part->line, part->column};
        l->negated++;
        status = read_chain(l, part, "not", views, bound, &c->none);
        l->negated--;
    }
    return status;
}
