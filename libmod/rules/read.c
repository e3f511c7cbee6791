/* Values of a pack with their checks and messages. */
#include "rules/pack.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct term bound_terms[] = {
    {"auto", BOUND_AUTO},
    {"word", BOUND_WORD},
    {"start", BOUND_START},
    {"none", BOUND_NONE},
    {NULL, 0},
};

int bad(const struct load *l, const struct yaml_node *at, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return yaml_error(l->pack->yaml, at, l->e, "%s", text);
}

int warn(const struct load *l, struct place at, const char *format, ...)
{
    char text[400];
    struct note *n = keep(l->r, 1, sizeof(*n));
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    const char *copy = keep_text(l->r, text, strlen(text));
    if (!n || !copy)
        return error_memory(l->e);
    *n = (struct note){.pack = l->pack, .place = at, .level = RULES_WARNING, .text = copy};
    n->rule = l->rule ? l->rule->id : NULL;
    *l->r->notes_end = n;
    l->r->notes_end = &n->next;
    return LMOD_OK;
}

static const char *kind_name(const struct yaml_node *n)
{
    if (yaml_is_null(n))
        return "nothing";
    return n->kind == YAML_LIST ? "a list" : n->kind == YAML_MAP ? "a map" : "a text";
}

int read_keys(const struct load *l,
              const struct yaml_node *map,
              const char *where,
              const char *const *known,
              size_t n)
{
    if (map->kind != YAML_MAP)
        return bad(l, map, "%s must be a map of \"key: value\", not %s", where, kind_name(map));
    for (const struct yaml_node *key = map->item; key; key = key->next) {
        size_t i = 0;
        while (i < n && !text_is(key->text, key->length, known[i]))
            i++;
        if (i == n)
            return yaml_unknown(l->pack->yaml, key, where, known, n, l->e);
        if (yaml_is_null(key->value))
            return bad(l, key, "\"%s\" has no value: give it one or remove the key", known[i]);
    }
    return LMOD_OK;
}

int read_choice(const struct load *l,
                const struct yaml_node *n,
                const char *what,
                const struct term *terms,
                uint32_t *out)
{
    const char *names[32];
    char list[256] = "", shown[YAML_SHOWN];
    size_t count = 0, used = 0;
    if (n->kind == YAML_TEXT && term_value(terms, n->text, n->length, out))
        return LMOD_OK;
    for (; terms[count].name && count < COUNT_OF(names); count++) {
        int size = snprintf(list + used, sizeof(list) - used, "%s%s", count ? ", " : "",
                            terms[count].name);
        names[count] = terms[count].name;
        if (size > 0 && (size_t)size < sizeof(list) - used)
            used += (size_t)size;
    }
    if (n->kind != YAML_TEXT)
        return bad(l, n, "\"%s\" must be one of %s, not %s", what, list, kind_name(n));
    const char *like = text_suggest(n->text, n->length, names, count);
    return bad(l, n, "\"%s\" cannot be \"%s\": it is one of %s%s%s%s", what, yaml_show(n, shown),
               list, like ? "; did you mean \"" : "", like ? like : "", like ? "\"?" : "");
}

int read_text(const struct load *l, const struct yaml_node *n, const char *what, const char **out)
{
    if (n->kind != YAML_TEXT)
        return bad(l, n, "\"%s\" must be a text, not %s", what, kind_name(n));
    if (n->length == 0)
        return bad(l, n, "\"%s\" must not be empty", what);
    *out = n->text;
    return LMOD_OK;
}

int read_id(const struct load *l, const struct yaml_node *n, const char *what, const char **out)
{
    char shown[YAML_SHOWN];
    int status = read_text(l, n, what, out);
    bool good = status == LMOD_OK && n->length <= NAME_MAX_BYTES;
    for (size_t i = 0; good && i < n->length; i++) {
        char c = n->text[i];
        bool lower = c >= 'a' && c <= 'z';
        good = lower || (i > 0 && ((c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'));
    }
    if (status != LMOD_OK || good)
        return status;
    return bad(
        l, n,
        "\"%s\" is no %s: lower-case letters, digits, \"_\", \".\" and \"-\", a letter first, "
        "at most %d",
        yaml_show(n, shown), what, NAME_MAX_BYTES);
}

int read_number(const struct load *l,
                const struct yaml_node *n,
                const char *what,
                uint64_t low,
                uint64_t high,
                uint64_t *out)
{
    uint64_t value = 0;
    bool good = n->kind == YAML_TEXT && n->length > 0 && n->length <= 12 && !n->quoted;
    for (size_t i = 0; good && i < n->length; i++) {
        good = n->text[i] >= '0' && n->text[i] <= '9';
        value = value * 10 + (uint64_t)(n->text[i] - '0');
    }
    if (!good || value < low || value > high)
        return bad(l, n, "\"%s\" must be a whole number from %llu to %llu", what,
                   (unsigned long long)low, (unsigned long long)high);
    *out = value;
    return LMOD_OK;
}

int read_truth(const struct load *l, const struct yaml_node *n, const char *what, bool *out)
{
    *out = n->kind == YAML_TEXT && text_is(n->text, n->length, "true");
    if (!*out && (n->kind != YAML_TEXT || !text_is(n->text, n->length, "false")))
        return bad(l, n, "\"%s\" must be true or false", what);
    return LMOD_OK;
}

static int read_view(const struct load *l, const struct yaml_node *n, uint32_t *out)
{
    uint32_t v;
    int status = read_choice(l, n, "view", view_terms, &v);
    if (status != LMOD_OK)
        return status;
    if (v == VIEW_LINK)
        return bad(l, n, "view \"link\" is of links: say {link: {}} or name a list of them");
    if (*out & 1u << v)
        return bad(l, n, "view \"%s\" is named twice", term_name(view_terms, v));
    *out |= 1u << v;
    return LMOD_OK;
}

int read_views(const struct load *l, const struct yaml_node *n, uint32_t *out)
{
    int status = LMOD_OK;
    *out = 0;
    if (n->kind != YAML_LIST)
        return read_view(l, n, out);
    if (!n->item)
        return bad(l, n, "\"view\" must name at least one view");
    for (const struct yaml_node *v = n->item; v && status == LMOD_OK; v = v->next)
        status = read_view(l, v, out);
    return status;
}

int read_bound(const struct load *l, const struct yaml_node *n, uint8_t *out)
{
    uint32_t value = 0;
    int status = read_choice(l, n, "bound", bound_terms, &value);
    if (status == LMOD_OK)
        *out = (uint8_t)value;
    return status;
}
