/* Scope: where a rule applies. What is not known about a text is in scope. */
#include <string.h>

#include <libmod/subject.h>

#include "rules/pack.h"

/* `*` any run, `?` one byte sequence of a character. Linear: only the last `*` is tried again. */
static bool glob(const char *pattern, const char *text, size_t size)
{
    const char *star = NULL, *end = text + size, *again = text;
    while (text < end) {
        uint32_t length = 1;
        if (*pattern == '?')
            (void)code_point(text, (size_t)(end - text), &length);
        if (*pattern == '*') {
            star = ++pattern;
            again = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text += length;
        } else if (star) {
            pattern = star;
            text = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

static bool globs_hold(const struct globs *g, const char *text, size_t size)
{
    if (!g->present || !text)
        return true;
    for (uint32_t i = 0; i < g->n; i++)
        if (glob(g->glob[i], text, size))
            return !g->inverted;
    return g->inverted;
}

static bool truth_holds(uint8_t wanted, uint8_t is)
{
    return wanted == RULES_UNSET || is == RULES_UNSET || wanted == is;
}

bool scope_holds(const struct scope *s, const struct rules_subject *who)
{
    if (!s->present || !who)
        return true;
    if (s->has_surfaces && who->has_surface && who->surface < 32 &&
        !(s->surfaces & 1u << who->surface))
        return false;
    if (who->has_age && ((s->has_min && who->sender_age_days < s->age_min) ||
                         (s->has_max && who->sender_age_days > s->age_max)))
        return false;
    return truth_holds(s->encrypted, who->encrypted) && truth_holds(s->direct, who->direct) &&
           globs_hold(&s->rooms, who->room, who->room_length) &&
           globs_hold(&s->senders, who->sender, who->sender_length) &&
           globs_hold(&s->hosts, who->host, who->host_length);
}

/* The list of globs of one key, straight or under `not`. */
static int globs_node(const struct load *l,
                      const struct yaml_node *n,
                      const char *what,
                      bool *inverted,
                      const struct yaml_node **list)
{
    static const char *const known[] = {"not"};
    *inverted = n->kind == YAML_MAP;
    *list = n;
    if (n->kind == YAML_MAP) {
        int status = read_keys(l, n, what, known, 1);
        if (status != LMOD_OK)
            return status;
        *list = yaml_get(n, "not");
    }
    if (!*list || (*list)->kind != YAML_LIST || !(*list)->item)
        return bad(l, n, "\"%s\" must be a list of names, or {not: [names]}", what);
    return LMOD_OK;
}

static int
read_globs(const struct load *l, const struct yaml_node *n, const char *what, struct globs *out)
{
    const struct yaml_node *list;
    int status = globs_node(l, n, what, &out->inverted, &list);
    if (status != LMOD_OK)
        return status;
    out->present = true;
    out->glob = keep(l->r, list->count, sizeof(*out->glob));
    if (!out->glob)
        return error_memory(l->e);
    for (const struct yaml_node *g = list->item; g && status == LMOD_OK; g = g->next)
        status = read_text(l, g, what, &out->glob[out->n++]);
    return status;
}

static int read_surface(const struct load *l, const struct yaml_node *n, uint32_t *bits)
{
    uint32_t value = 0, found = 0;
    if (n->kind == YAML_TEXT && strpbrk(n->text, "*?")) {
        for (const struct term *t = surface_terms; t->name; t++)
            if (glob(n->text, t->name, strlen(t->name)))
                found |= 1u << t->value;
        if (!found)
            return bad(l, n, "no surface looks like \"%s\"", n->text);
        *bits |= found;
        return LMOD_OK;
    }
    int status = read_choice(l, n, "surfaces", surface_terms, &value);
    *bits |= 1u << value;
    return status;
}

static int read_surfaces(const struct load *l, const struct yaml_node *n, struct scope *out)
{
    const struct yaml_node *list;
    bool inverted;
    int status = globs_node(l, n, "surfaces", &inverted, &list);
    if (status != LMOD_OK)
        return status;
    for (const struct yaml_node *s = list->item; s && status == LMOD_OK; s = s->next)
        status = read_surface(l, s, &out->surfaces);
    out->has_surfaces = true;
    if (inverted)
        out->surfaces = ~out->surfaces;
    return status;
}

static int read_age(const struct load *l, const struct yaml_node *n, struct scope *out)
{
    static const char *const known[] = {"min", "max"};
    const struct yaml_node *min, *max;
    int status = read_keys(l, n, "sender_age_days", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    min = yaml_get(n, "min");
    max = yaml_get(n, "max");
    if (!min && !max)
        return bad(l, n, "\"sender_age_days\" needs min or max");
    out->has_min = min != NULL;
    out->has_max = max != NULL;
    if (min)
        status = read_number(l, min, "min", 0, 100000, &out->age_min);
    if (status == LMOD_OK && max)
        status = read_number(l, max, "max", 0, 100000, &out->age_max);
    if (status == LMOD_OK && min && max && out->age_min > out->age_max)
        return bad(l, n, "\"sender_age_days\": min is above max");
    return status;
}

int read_scope(struct load *l, const struct yaml_node *map, struct scope *out)
{
    static const char *const known[] = {"surfaces",  "rooms",  "senders",        "hosts",
                                        "encrypted", "direct", "sender_age_days"};
    const struct yaml_node *n;
    bool truth = false;
    int status = read_keys(l, map, "scope", known, COUNT_OF(known));
    out->present = true;
    if (status == LMOD_OK && (n = yaml_get(map, "surfaces")))
        status = read_surfaces(l, n, out);
    if (status == LMOD_OK && (n = yaml_get(map, "rooms")))
        status = read_globs(l, n, "rooms", &out->rooms);
    if (status == LMOD_OK && (n = yaml_get(map, "senders")))
        status = read_globs(l, n, "senders", &out->senders);
    if (status == LMOD_OK && (n = yaml_get(map, "hosts")))
        status = read_globs(l, n, "hosts", &out->hosts);
    if (status == LMOD_OK && (n = yaml_get(map, "sender_age_days")))
        status = read_age(l, n, out);
    if (status == LMOD_OK && (n = yaml_get(map, "encrypted"))) {
        status = read_truth(l, n, "encrypted", &truth);
        out->encrypted = truth;
    }
    if (status == LMOD_OK && (n = yaml_get(map, "direct"))) {
        status = read_truth(l, n, "direct", &truth);
        out->direct = truth;
    }
    return status;
}
