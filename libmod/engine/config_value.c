/* One value of libmod.yaml: checked against its row of the option table, and stored. */
#include "engine/config_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *config_kind(const struct yaml_node *n, char out[YAML_SHOWN + 2])
{
    char shown[YAML_SHOWN];
    if (n->kind == YAML_LIST)
        return "a list";
    if (n->kind == YAML_MAP)
        return "a map";
    (void)snprintf(out, YAML_SHOWN + 2, "\"%s\"", yaml_show(n, shown));
    return out;
}

/* `"media.workers" must be a whole number from 1 to 64, not "many"`. */
static int bad(struct reading *r,
               const struct option *o,
               const char *shown,
               const struct yaml_node *n,
               const char *hint)
{
    char kind[YAML_SHOWN + 2];
    struct buffer expects = BUFFER_INIT;
    option_expects(o, &expects);
    int status = expects.failed ? error_memory(r->e)
                                : yaml_error(r->tree, n, r->e, "\"%s\" must be %s, not %s%s", shown,
                                             expects.data, config_kind(n, kind), hint);
    buffer_finish(&expects);
    return status;
}

/* Control characters in ids and paths are accidents that logs and terminals must not see. */
static bool clean(const struct yaml_node *n)
{
    for (size_t i = 0; i < n->length; i++)
        if ((unsigned char)n->text[i] < ' ' || n->text[i] == 127)
            return false;
    return n->length > 0;
}

static bool lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_id(const struct yaml_node *n)
{
    if (n->length > 64 || !lower(n->text[0]))
        return false;
    for (size_t i = 1; i < n->length; i++)
        if (!lower(n->text[i]) && !digit(n->text[i]) && (!n->text[i] || !strchr("_.-", n->text[i])))
            return false;
    return true;
}

/* Words of a-z, 0-9 and _ with dots between them, at least two. */
static bool is_harm(const struct yaml_node *n)
{
    size_t dots = 0;
    if (text_is(n->text, n->length, "other"))
        return true;
    for (size_t i = 0; i < n->length; i++) {
        char c = n->text[i];
        if (c == '.' && (i == 0 || i + 1 == n->length || n->text[i + 1] == '.'))
            return false;
        if (c != '.' && c != '_' && !lower(c) && !digit(c))
            return false;
        dots += c == '.';
    }
    return dots > 0 && n->length <= 128;
}

static void store_text(const struct option *o, void *base, const char *text)
{
    memcpy((char *)base + o->at, &text, sizeof(text));
}

/* A path as the process can open it; NULL when memory ran out. */
static char *resolve(struct config_own *own, const char *path)
{
    char *whole = path_join(own->base, path);
    return config_keep(own, whole) ? whole : NULL;
}

static int text_value(struct reading *r,
                      const struct option *o,
                      const char *shown,
                      const struct slot *slot,
                      const struct yaml_node *n)
{
    const char *text = n->text;
    bool empty_default = r->origin == ORIGIN_DEFAULT;
    if (n->kind != YAML_TEXT)
        return bad(r, o, shown, n, "");
    if ((o->type == OPTION_ID && !is_id(n)) || (o->type == OPTION_HARM && !is_harm(n)))
        return bad(r, o, shown, n, "");
    if (o->type == OPTION_FORMAT)
        return text_is(text, n->length, CONFIG_FORMAT) ? LMOD_OK : bad(r, o, shown, n, "");
    if (!clean(n) && !empty_default)
        return yaml_error(r->tree, n, r->e, "\"%s\" must not %s", shown,
                          n->length ? "have control characters" : "be empty");
    if (o->type == OPTION_ID &&
        (text_is(text, n->length, "libmod.selftest") || text_is(text, n->length, "local") ||
         text_is(text, n->length, "allow") || text_is(text, n->length, "brake")))
        return yaml_error(r->tree, n, r->e, "list id \"%s\" is reserved: choose another", text);
    if (o->type == OPTION_PATH && !(text = resolve(r->own, n->text)))
        return error_memory(r->e);
    store_text(o, slot->base, text);
    return LMOD_OK;
}

/* Whole numbers are written plainly: 010, 1_000 and 0x10 mean different things to different
 * readers of YAML. */
static bool whole_number(const struct yaml_node *n, uint64_t *value)
{
    *value = 0;
    if (n->length == 0 || (n->length > 1 && n->text[0] == '0'))
        return false;
    for (size_t i = 0; i < n->length; i++)
        if (!digit(n->text[i]) || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(n->text[i] - '0'), value))
            return false;
    return true;
}

static int number_value(struct reading *r,
                        const struct option *o,
                        const char *shown,
                        const struct slot *slot,
                        const struct yaml_node *n)
{
    uint64_t value = 0;
    bool good = n->kind == YAML_TEXT;
    if (good && n->quoted && o->type != OPTION_SIZE && o->type != OPTION_DURATION)
        return bad(r, o, shown, n, " in quotes");
    if (!good)
        return bad(r, o, shown, n, "");
    switch (o->type) {
    case OPTION_BOOL:
        value = text_is(n->text, n->length, "true");
        good = value || text_is(n->text, n->length, "false");
        break;
    case OPTION_SIZE:
        good = text_size(n->text, n->length, &value);
        break;
    case OPTION_DURATION:
        good = text_duration(n->text, n->length, &value);
        break;
    default:
        good = whole_number(n, &value);
    }
    if (!good || (o->type != OPTION_BOOL && (value < o->least || value > o->most)))
        return bad(r, o, shown, n, "");
    option_store(o, slot->base, value);
    return LMOD_OK;
}

/* The word's value in the row's table, or an error with "did you mean". */
static int choose(struct reading *r,
                  const struct option *o,
                  const char *shown,
                  const struct yaml_node *n,
                  uint32_t *value)
{
    const char *names[OPTION_NAMES_MAX], *like;
    char hint[64] = "";
    size_t count = 0;
    if (n->kind != YAML_TEXT)
        return bad(r, o, shown, n, "");
    if (term_value(o->terms, n->text, n->length, value)) {
        if (o->refused & *value)
            return yaml_error(r->tree, n, r->e,
                              "\"%s\" in \"%s\" needs %s, which this release does not have",
                              n->text, shown, o->feature);
        return LMOD_OK;
    }
    for (const struct term *t = o->terms; t->name && count < COUNT_OF(names); t++)
        if (!(o->refused & t->value))
            names[count++] = t->name;
    if ((like = text_suggest(n->text, n->length, names, count)))
        (void)snprintf(hint, sizeof(hint), "; did you mean \"%s\"?", like);
    return bad(r, o, shown, n, hint);
}

static int choices_value(struct reading *r,
                         const struct option *o,
                         const char *shown,
                         const struct slot *slot,
                         const struct yaml_node *n)
{
    uint32_t bits = 0, value = 0;
    if (n->kind != YAML_LIST)
        return bad(r, o, shown, n, "");
    for (const struct yaml_node *item = n->item; item; item = item->next) {
        int status = choose(r, o, shown, item, &value);
        if (status != LMOD_OK)
            return status;
        if (bits & value)
            return yaml_error(r->tree, item, r->e, "\"%s\" is listed twice in \"%s\"", item->text,
                              shown);
        bits |= value;
    }
    if (!bits)
        return yaml_error(r->tree, n, r->e, "\"%s\" must not be empty", shown);
    option_store(o, slot->base, bits);
    return LMOD_OK;
}

static int texts_value(struct reading *r,
                       const struct option *o,
                       const char *shown,
                       const struct slot *slot,
                       const struct yaml_node *n)
{
    size_t count = 0;
    if (n->kind == YAML_TEXT)
        return bad(r, o, shown, n, ": write [ ] around it, and commas between several");
    if (n->kind != YAML_LIST)
        return bad(r, o, shown, n, "");
    const char **text = array_new(n->count, sizeof(*text));
    if (!config_keep(r->own, text))
        return error_memory(r->e);
    for (const struct yaml_node *item = n->item; item; item = item->next) {
        char kind[YAML_SHOWN + 2];
        if (item->kind != YAML_TEXT)
            return yaml_error(r->tree, item, r->e, "\"%s[%zu]\" must be %s, not %s", shown, count,
                              o->type == OPTION_PATHS ? "a path" : "a text",
                              config_kind(item, kind));
        if (yaml_is_null(item) || !clean(item))
            return yaml_error(r->tree, item, r->e, "\"%s[%zu]\" must not %s", shown, count,
                              yaml_is_null(item) || !item->length ? "be empty"
                                                                  : "have control characters");
        text[count] = o->type == OPTION_PATHS ? resolve(r->own, item->text) : item->text;
        if (!text[count++])
            return error_memory(r->e);
    }
    memcpy((char *)slot->base + o->at, &text, sizeof(text));
    memcpy((char *)slot->base + o->count_at, &count, sizeof(count));
    return LMOD_OK;
}

static int by_harm(const void *a, const void *b)
{
    return strcmp(((const struct config_deadline *)a)->harm,
                  ((const struct config_deadline *)b)->harm);
}

/* One member of a map of deadlines: its harm is checked like that of a list, its time like any. */
static int deadline_value(struct reading *r,
                          const struct option *o,
                          const char *shown,
                          struct config_deadline *d,
                          const struct yaml_node *key)
{
    char text[YAML_SHOWN], name[OPTION_KEY_MAX + YAML_SHOWN];
    const struct slot slot = {d, NULL};
    struct option time = *o;
    time.type = OPTION_DURATION;
    time.at = offsetof(struct config_deadline, ms);
    time.size = sizeof(d->ms);
    if (!is_harm(key))
        return yaml_error(r->tree, key, r->e,
                          "a key of \"%s\" must be a harm id such as m.adult.ncii, or other, not "
                          "\"%s\"",
                          shown, yaml_show(key, text));
    (void)snprintf(name, sizeof(name), "%s.%s", shown, yaml_show(key, text));
    if (yaml_is_null(key->value))
        return yaml_error(r->tree, key, r->e, "\"%s\" has no value: give it one or remove the key",
                          name);
    d->harm = key->text;
    return number_value(r, &time, name, &slot, key->value);
}

static int deadlines_value(struct reading *r,
                           const struct option *o,
                           const char *shown,
                           const struct slot *slot,
                           const struct yaml_node *n)
{
    size_t count = 0;
    if (n->kind != YAML_MAP)
        return bad(r, o, shown, n, "");
    struct config_deadline *all = array_new(n->count, sizeof(*all));
    if (!config_keep(r->own, all))
        return error_memory(r->e);
    for (const struct yaml_node *key = n->item; key; key = key->next) {
        int status = deadline_value(r, o, shown, &all[count++], key);
        if (status != LMOD_OK)
            return status;
    }
    qsort(all, count, sizeof(*all), by_harm);
    const void *first = all;
    memcpy((char *)slot->base + o->at, &first, sizeof(first));
    memcpy((char *)slot->base + o->count_at, &count, sizeof(count));
    return LMOD_OK;
}

static int choice_value(struct reading *r,
                        const struct option *o,
                        const char *shown,
                        const struct slot *slot,
                        const struct yaml_node *n)
{
    uint32_t value = 0;
    int status = choose(r, o, shown, n, &value);
    if (status == LMOD_OK)
        option_store(o, slot->base, value);
    return status;
}

int config_value(struct reading *r,
                 const struct option *o,
                 const char *shown,
                 const struct slot *slot,
                 const struct yaml_node *n)
{
    int status;
    switch (o->type) {
    case OPTION_LATER:
        return yaml_error(r->tree, n, r->e, "\"%s\" needs %s, which this release does not have",
                          shown, o->feature);
    case OPTION_CHOICE:
        status = choice_value(r, o, shown, slot, n);
        break;
    case OPTION_CHOICES:
        status = choices_value(r, o, shown, slot, n);
        break;
    case OPTION_TEXTS:
    case OPTION_PATHS:
        status = texts_value(r, o, shown, slot, n);
        break;
    case OPTION_DEADLINES:
        status = deadlines_value(r, o, shown, slot, n);
        break;
    case OPTION_BOOL:
    case OPTION_INTEGER:
    case OPTION_SIZE:
    case OPTION_DURATION:
        status = number_value(r, o, shown, slot, n);
        break;
    default:
        status = text_value(r, o, shown, slot, n);
    }
    if (status == LMOD_OK)
        slot->origin->of[o - options] = (uint8_t)r->origin;
    return status;
}

/* A list as a default, such as the formats. */
static int default_list(struct reading *r, const struct option *o, const struct slot *slot)
{
    struct yaml *tree;
    int status = yaml_parse(&tree, NULL, o->initial, strlen(o->initial), YAML_CONFIG_MAX,
                            LMOD_E_INTERNAL, r->e);
    if (status != LMOD_OK)
        return status;
    status = config_value(r, o, o->key, slot, yaml_root(tree));
    yaml_close(tree);
    return status;
}

int config_defaults(struct reading *r, enum option_scope scope, const struct slot *slot)
{
    for (const struct option *o = options; o < options + option_count; o++) {
        int status = LMOD_OK;
        if (o->scope != scope || o->type == OPTION_LATER)
            continue;
        if (o->initial && o->type == OPTION_CHOICES) {
            status = default_list(r, o, slot);
        } else if (o->initial) {
            const struct yaml_node n = {
                .kind = YAML_TEXT, .text = o->initial, .length = strlen(o->initial)};
            status = config_value(r, o, o->key, slot, &n);
        } else if (o->type == OPTION_CHOICE) {
            option_store(o, slot->base, UNSET);
        }
        if (status != LMOD_OK)
            return status;
    }
    return LMOD_OK;
}
