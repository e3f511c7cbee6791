/* The tree of libmod.yaml read into a config, key by key, as the option table says. */
#include "engine/config_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the reading stands: the table's pattern, the name in messages, and what is filled. */
struct place {
    char pattern[OPTION_KEY_MAX];
    char shown[OPTION_KEY_MAX + 32];
    struct slot slot;
};

static int read_node(struct reading *r, const struct place *at, const struct yaml_node *n);

bool config_keep(struct config_own *own, void *memory)
{
    if (!memory)
        return false;
    if (!array_grow((void **)&own->owned, &own->owned_cap, own->owned_count + 1,
                    sizeof(*own->owned))) {
        free(memory);
        return false;
    }
    own->owned[own->owned_count++] = memory;
    return true;
}

/* Appends as much as fits. Names are short and the table is shallow: all of it does. */
static void append(char *to, size_t size, const char *text)
{
    size_t used = strlen(to), n = strlen(text);
    size_t room = size - 1 - used;
    memcpy(to + used, text, n < room ? n : room);
    to[used + (n < room ? n : room)] = '\0';
}

/* The place of member `name` of `at`; false when the table can have no such name. */
static bool member(struct place *out, const struct place *at, const char *name, size_t length)
{
    char word[OPTION_NAME_MAX + 1] = ".";
    if (length == 0 || length >= OPTION_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              name[i] == '_'))
            return false;
    memcpy(word + 1, name, length);
    *out = *at;
    append(out->pattern, sizeof(out->pattern), at->pattern[0] ? word : word + 1);
    append(out->shown, sizeof(out->shown), at->shown[0] ? word : word + 1);
    return true;
}

static int unknown(struct reading *r, const struct place *at, const struct yaml_node *key)
{
    struct option_names known;
    option_names(at->pattern, &known);
    return yaml_unknown(r->tree, key, at->shown, known.name, known.n, r->e);
}

static int no_value(struct reading *r, const struct place *at, const struct yaml_node *n)
{
    return yaml_error(r->tree, n, r->e, "\"%s\" has no value: give it one or remove the key",
                      at->shown);
}

static int wrong_kind(struct reading *r,
                      const struct place *at,
                      const struct yaml_node *n,
                      const char *expected)
{
    char kind[YAML_SHOWN + 2];
    const char *name = at->shown[0] ? at->shown : "the file";
    const char *quote = at->shown[0] ? "\"" : "";
    if (at->shown[0] && yaml_is_null(n))
        return no_value(r, at, n);
    return yaml_error(r->tree, n, r->e, "%s%s%s must be %s, not %s", quote, name, quote, expected,
                      config_kind(n, kind));
}

/* A key that the table knows only as a later feature is refused at the key, other mistakes in the
 * value at the value. */
static int read_member(struct reading *r, const struct place *at, const struct yaml_node *key)
{
    const struct option *row = NULL;
    struct place to;
    enum option_kind kind = OPTION_NONE;
    if (member(&to, at, key->text, key->length))
        kind = option_find(to.pattern, &row);
    if (kind == OPTION_NONE)
        return unknown(r, at, key);
    if (kind == OPTION_VALUE && row->type == OPTION_LATER)
        return config_value(r, row, to.shown, &to.slot, key);
    if (yaml_is_null(key->value))
        return no_value(r, &to, key);
    return read_node(r, &to, key->value);
}

static int read_map(struct reading *r, const struct place *at, const struct yaml_node *map)
{
    if (map->kind != YAML_MAP)
        return wrong_kind(r, at, map, "a map of \"key: value\"");
    for (const struct yaml_node *key = map->item; key; key = key->next) {
        int status = read_member(r, at, key);
        if (status != LMOD_OK)
            return status;
    }
    return LMOD_OK;
}

/* The place of one surface; false when there is none of that name. */
static bool surface(
    struct reading *r, struct place *out, const struct place *at, const char *name, size_t length)
{
    uint32_t i;
    if (!term_value(surface_terms, name, length, &i) || i >= SURFACES)
        return false;
    r->own->surface_named[i] = true;
    if (!member(out, at, name, length))
        return false;
    *out->pattern = '\0';
    append(out->pattern, sizeof(out->pattern), at->pattern);
    append(out->pattern, sizeof(out->pattern), ".*");
    out->slot = (struct slot){&r->own->c.surface[i], &r->own->surface_origin[i]};
    return true;
}

static int read_surfaces(struct reading *r, const struct place *at, const struct yaml_node *map)
{
    if (map->kind != YAML_MAP)
        return wrong_kind(r, at, map, "a map of surfaces");
    for (const struct yaml_node *key = map->item; key; key = key->next) {
        struct place to;
        if (!surface(r, &to, at, key->text, key->length))
            return unknown(r, at, key);
        int status =
            yaml_is_null(key->value) ? no_value(r, &to, key) : read_map(r, &to, key->value);
        if (status != LMOD_OK)
            return status;
    }
    return LMOD_OK;
}

static void list_place(struct reading *r, struct place *out, const struct place *at, size_t i)
{
    char number[32];
    (void)snprintf(number, sizeof(number), "[%zu]", i);
    *out = *at;
    append(out->pattern, sizeof(out->pattern), "[]");
    append(out->shown, sizeof(out->shown), number);
    out->slot = (struct slot){&r->own->lists[i], &r->own->list_origin[i]};
}

/* What can only be said of a whole list: nothing is missing, and its id is its own. */
static int check_list(struct reading *r, const struct place *at, const struct yaml_node *n)
{
    const struct config_list *l = at->slot.base;
    for (const struct option *o = options; o < options + option_count; o++)
        if (o->scope == SCOPE_LIST && o->required && !at->slot.origin->of[o - options])
            return yaml_error(r->tree, n, r->e, "\"%s.%s\" is missing", at->shown,
                              strchr(o->key, '.') + 1);
    for (const struct config_list *k = r->own->lists; k < r->own->lists + r->own->c.list_count; k++)
        if (k != l && k->id && strcmp(k->id, l->id) == 0) {
            const struct yaml_node *id = yaml_get(n, "id");
            return yaml_error(r->tree, id ? id : n, r->e, "list id \"%s\" is used twice", l->id);
        }
    return LMOD_OK;
}

static int read_lists(struct reading *r, const struct place *at, const struct yaml_node *list)
{
    struct config_own *own = r->own;
    size_t i = 0;
    if (list->kind != YAML_LIST)
        return wrong_kind(r, at, list, "a list (\"- \" before each item)");
    if (list->count > LISTS_MAX)
        return yaml_error(r->tree, list, r->e, "more than %d lists", LISTS_MAX);
    own->lists = array_new(list->count, sizeof(*own->lists));
    if (!config_keep(own, own->lists))
        return error_memory(r->e);
    own->list_origin = array_new(list->count, sizeof(*own->list_origin));
    if (!config_keep(own, own->list_origin))
        return error_memory(r->e);
    own->c.lists = own->lists;
    own->c.list_count = list->count;
    for (const struct yaml_node *item = list->item; item; item = item->next, i++) {
        struct place to;
        struct reading defaults = *r;
        defaults.origin = ORIGIN_DEFAULT;
        list_place(r, &to, at, i);
        int status = config_defaults(&defaults, SCOPE_LIST, &to.slot);
        if (status != LMOD_OK || (status = read_map(r, &to, item)) != LMOD_OK ||
            (status = check_list(r, &to, item)) != LMOD_OK)
            return status;
    }
    return LMOD_OK;
}

static int read_node(struct reading *r, const struct place *at, const struct yaml_node *n)
{
    const struct option *row = NULL;
    switch (option_find(at->pattern, &row)) {
    case OPTION_VALUE:
        return config_value(r, row, at->shown, &at->slot, n);
    case OPTION_EACH:
        return read_surfaces(r, at, n);
    case OPTION_ITEMS:
        return read_lists(r, at, n);
    default:
        return read_map(r, at, n);
    }
}

/* A missing key is told at the map that should have it: the file's start, or the key of its
 * section. */
static int check_required(struct reading *r, const struct yaml_node *root)
{
    for (const struct option *o = options; o < options + option_count; o++) {
        const struct yaml_node *at = root;
        if (o->scope != SCOPE_CONFIG || !o->required || r->own->origin.of[o - options])
            continue;
        const char *dot = strchr(o->key, '.');
        for (const struct yaml_node *key = root->item; dot && key; key = key->next)
            if (key->length == (size_t)(dot - o->key) && !memcmp(key->text, o->key, key->length))
                at = key;
        return yaml_error(r->tree, at, r->e, "\"%s\" is missing: %s", o->key, o->mend);
    }
    return LMOD_OK;
}

int config_read_file(struct reading *r)
{
    const struct yaml_node *root = yaml_root(r->tree), *format;
    struct place top = {.slot = {&r->own->c, &r->own->origin}}, to = top;
    if (root->kind != YAML_MAP)
        return wrong_kind(r, &top, root, "a map of \"key: value\"");
    /* First of all the format: in another one, every other message would mislead. */
    if ((format = yaml_get(root, "format"))) {
        (void)snprintf(to.pattern, sizeof(to.pattern), "format");
        (void)snprintf(to.shown, sizeof(to.shown), "format");
        int status = read_node(r, &to, format);
        if (status != LMOD_OK)
            return status;
    }
    int status = format ? read_map(r, &top, root) : LMOD_OK;
    return status == LMOD_OK ? check_required(r, root) : status;
}

/* One step down a dotted key: a member, a surface or, by number, a list. */
static bool step(struct reading *r, struct place *at, const char *name, size_t length)
{
    const struct option *row;
    const struct place from = *at;
    switch (option_find(from.pattern, &row)) {
    case OPTION_EACH:
        return surface(r, at, &from, name, length);
    case OPTION_ITEMS: {
        size_t i = 0;
        for (size_t k = 0; k < length; k++) {
            if (name[k] < '0' || name[k] > '9' || i > LISTS_MAX)
                return false;
            i = i * 10 + (size_t)(name[k] - '0');
        }
        if (length == 0 || i >= r->own->c.list_count)
            return false;
        list_place(r, at, &from, i);
        return true;
    }
    case OPTION_VALUE:
        return false;
    default:
        return member(at, &from, name, length) && option_find(at->pattern, &row) != OPTION_NONE;
    }
}

/* The error of a step that leads nowhere. */
static int lost(struct reading *r, const struct place *at, const char *name, size_t length)
{
    struct option_names known;
    char shown[YAML_SHOWN];
    const struct option *row;
    const struct yaml_node key = {
        .kind = YAML_TEXT, .line = 1, .column = 1, .text = name, .length = length};
    enum option_kind kind = option_find(at->pattern, &row);
    if (kind == OPTION_VALUE && row->type == OPTION_LATER)
        return config_value(r, row, at->shown, &at->slot, &key);
    if (kind == OPTION_ITEMS)
        return yaml_error(r->tree, &key, r->e, "\"%s\" has %zu items, numbered from 0: no \"%s\"",
                          at->shown, r->own->c.list_count, yaml_show(&key, shown));
    option_names(at->pattern, &known);
    return yaml_unknown(r->tree, &key, at->shown, known.name, known.n, r->e);
}

int config_read_set(struct reading *r, const char *key)
{
    const struct yaml_node *root = yaml_root(r->tree);
    struct place at = {.slot = {&r->own->c, &r->own->origin}}, list = {.slot = {NULL, NULL}};
    size_t length;
    const char *text = yaml_text(r->tree, &length);
    for (const char *name = key;;) {
        const struct place from = at;
        size_t n = strcspn(name, ".[]");
        if (!step(r, &at, name, n))
            return lost(r, &from, name, n);
        if (at.slot.origin != &r->own->origin && at.pattern[strlen(at.pattern) - 1] == ']')
            list = at;
        name += n;
        name += name[0] == ']';
        if (!name[0])
            break;
        name++;
    }
    if (strspn(text, " \t\r\n") == length || yaml_is_null(root))
        return no_value(r, &at, root);
    int status = read_node(r, &at, root);
    return status == LMOD_OK && list.slot.base ? check_list(r, &list, root) : status;
}
