/* The option table as a JSON Schema for editors and as the reference page. */
#include <stdio.h>
#include <string.h>

#include "engine/config_own.h"

/* Everything below gives NULL when memory ran out, and takes NULL as such. */
static json_t *node_schema(const char *pattern);

/* Puts one more member; drops the object when that fails. */
static json_t *with(json_t *object, const char *key, json_t *value)
{
    if (object && value && js_put(object, key, value))
        return object;
    if (!object)
        json_decref(value);
    json_decref(object);
    return NULL;
}

/* The words of a table, those only that are in `among` unless it is NULL. */
static json_t *words(const struct option *o, const char *among)
{
    json_t *array = json_array();
    for (const struct term *t = o->terms; array && t->name; t++)
        if (!(o->refused & t->value) && (!among || strstr(among, t->name)) &&
            !js_push(array, json_string(t->name))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *pattern_schema(const char *pattern)
{
    return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *duration_schema(void)
{
    return pattern_schema("^[0-9]+ *(ms|s|m|h|d)$");
}

static json_t *harm_schema(void)
{
    return pattern_schema("^(other|[a-z0-9_]+(\\.[a-z0-9_]+)+)$");
}

static json_t *type_schema(const struct option *o)
{
    json_int_t least = (json_int_t)o->least, most = (json_int_t)o->most;
    switch (o->type) {
    case OPTION_FORMAT:
        return json_pack("{s:s}", "const", CONFIG_FORMAT);
    case OPTION_ID:
        return pattern_schema("^[a-z][a-z0-9_.-]{0,63}$");
    case OPTION_HARM:
        return harm_schema();
    case OPTION_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case OPTION_INTEGER:
        return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum", least, "maximum", most);
    case OPTION_SIZE:
        return json_pack("{s:[s, s], s:I, s:I, s:s}", "type", "integer", "string", "minimum", least,
                         "maximum", most, "pattern", "^[0-9]+ *(B|[kKMG]B?|[KMG]iB)?$");
    case OPTION_DURATION:
        return duration_schema();
    case OPTION_CHOICE:
        return json_pack("{s:o}", "enum", words(o, NULL));
    case OPTION_CHOICES:
        return json_pack("{s:s, s:{s:o}, s:i, s:b}", "type", "array", "items", "enum",
                         words(o, NULL), "minItems", 1, "uniqueItems", 1);
    case OPTION_TEXTS:
    case OPTION_PATHS:
        return json_pack("{s:s, s:{s:s, s:i}}", "type", "array", "items", "type", "string",
                         "minLength", 1);
    case OPTION_DEADLINES:
        return json_pack("{s:s, s:o, s:o}", "type", "object", "propertyNames", harm_schema(),
                         "additionalProperties", duration_schema());
    default:
        return json_pack("{s:s, s:i}", "type", "string", "minLength", 1);
    }
}

/* The default as JSON: the table has it as it would stand in the file. */
static json_t *default_json(const struct option *o)
{
    if (o->type == OPTION_BOOL || o->type == OPTION_INTEGER)
        return json_loads(o->initial, JSON_DECODE_ANY, NULL);
    return o->type == OPTION_CHOICES ? words(o, o->initial) : json_string(o->initial);
}

static json_t *option_schema(const struct option *o)
{
    json_t *object = with(type_schema(o), "description", json_string(o->doc));
    if (o->initial && o->initial[0] && !o->told)
        object = with(object, "default", default_json(o));
    return object;
}

/* What stands under one name of a map; `required` grows by the names that must be there. */
static json_t *add_member(json_t *properties, json_t *required, const char *map, const char *name)
{
    const struct option *row = NULL;
    char key[OPTION_KEY_MAX + OPTION_NAME_MAX + 1];
    (void)snprintf(key, sizeof(key), "%s%s%s", map, map[0] ? "." : "", name);
    enum option_kind kind = option_find(key, &row);
    if (kind == OPTION_VALUE && row->type == OPTION_LATER)
        return properties;
    /* The site key is required, and so its section. */
    if (((row && row->required) || strcmp(key, "site") == 0) &&
        !js_push(required, json_string(name))) {
        json_decref(properties);
        return NULL;
    }
    return with(properties, name, node_schema(key));
}

static json_t *map_schema(const char *pattern)
{
    struct option_names names;
    const char *doc = option_section(pattern);
    json_t *properties = json_object(), *required = json_array();
    json_t *object = json_pack("{s:s}", "type", "object");
    option_names(pattern, &names);
    for (size_t i = 0; i < names.n && properties && required; i++)
        properties = add_member(properties, required, pattern, names.name[i]);
    if (doc)
        object = with(object, "description", json_string(doc));
    object = with(object, "properties", properties);
    if (required && json_array_size(required))
        object = with(object, "required", json_incref(required));
    else if (!required)
        object = with(object, "required", NULL);
    json_decref(required);
    return with(object, "additionalProperties", json_false());
}

/* All surfaces have the same keys, which stand in "$defs" once. */
static json_t *surfaces_schema(const char *pattern)
{
    json_t *properties = json_object();
    for (const struct term *t = surface_terms; t->name; t++)
        properties = with(properties, t->name, json_pack("{s:s}", "$ref", "#/$defs/surface"));
    return json_pack("{s:s, s:s, s:o, s:b}", "type", "object", "description",
                     option_section(pattern), "properties", properties, "additionalProperties", 0);
}

static json_t *node_schema(const char *pattern)
{
    const struct option *row = NULL;
    char items[OPTION_KEY_MAX + 3];
    switch (option_find(pattern, &row)) {
    case OPTION_VALUE:
        return option_schema(row);
    case OPTION_EACH:
        return surfaces_schema(pattern);
    case OPTION_ITEMS:
        (void)snprintf(items, sizeof(items), "%.*s[]", OPTION_KEY_MAX, pattern);
        return json_pack("{s:s, s:s, s:o}", "type", "array", "description", option_section(pattern),
                         "items", map_schema(items));
    default:
        return map_schema(pattern);
    }
}

json_t *config_schema(void)
{
    json_t *head =
        json_pack("{s:s, s:s, s:s}", "$schema", "https://json-schema.org/draft/2020-12/schema",
                  "title", "libmod.yaml", "description", "Configuration of libmod.");
    json_t *body = map_schema("");
    if (head && (!body || json_object_update(head, body) != 0)) {
        json_decref(head);
        head = NULL;
    }
    json_decref(body);
    json_t *defs = json_pack("{s:o}", "surface", map_schema("policy.surfaces.*"));
    return with(head, "$defs", defs);
}

/* Length of the map that a key stands in: "media" of "media.workers". */
static size_t parent(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot ? (size_t)(dot - key) : 0;
}

static void heading(const char *key, struct buffer *out)
{
    char pattern[OPTION_KEY_MAX];
    size_t length = parent(key);
    (void)snprintf(pattern, sizeof(pattern), "%.*s", (int)length, key);
    if (!length) {
        buffer_str(out, "\n## Top level\n");
    } else {
        buffer_printf(out, "\n## `%s`\n", pattern);
        pattern[strcspn(pattern, "[")] = '\0';
        if (option_section(pattern))
            buffer_printf(out, "%s\n", option_section(pattern));
    }
    buffer_str(out, "\n| key | value | default | meaning |\n|---|---|---|---|\n");
}

static void default_text(const struct option *o, struct buffer *out)
{
    if (o->required)
        buffer_str(out, "**required**");
    else if (o->told)
        buffer_str(out, o->told);
    else if (o->initial && o->initial[0])
        buffer_printf(out, "`%s`", o->initial);
    else if (o->type == OPTION_TEXTS || o->type == OPTION_PATHS)
        buffer_str(out, "`[]`");
    else
        buffer_str(out, o->type == OPTION_DEADLINES ? "`{}`" : "not set");
}

static void later(struct buffer *out)
{
    buffer_str(out, "\n## Not in this release\n"
                    "These keys are known and refused with the name of what they need; they are "
                    "never ignored.\n\n"
                    "| key | needs | meaning |\n|---|---|---|\n");
    for (const struct option *o = options; o < options + option_count; o++) {
        if (o->type == OPTION_LATER)
            buffer_printf(out, "| `%s` | %s | %s |\n", o->key, o->feature, o->doc);
        for (const struct term *t = o->terms; o->refused && t->name; t++)
            if (o->refused & t->value)
                buffer_printf(out, "| `%s: [%s]` | %s | Decoding %s pictures. |\n", o->key, t->name,
                              o->feature, t->name);
    }
}

static const char intro[] =
    "# libmod.yaml\n"
    "<!-- Generated from the option table in libmod/engine/options.c; do not edit. -->\n"
    "\n"
    "One YAML file of at most 1 MiB, UTF-8. A key that is not listed here, a value of the wrong "
    "type and a\n"
    "key that is given twice are errors with file, line and column; nothing is ignored. "
    "`modctl config check`\n"
    "checks a file, `modctl config show` prints every value that is in force and where it came "
    "from.\n"
    "Editors check it with the JSON Schema [libmod.schema.json](libmod.schema.json).\n"
    "\n"
    "- Relative paths start at the directory of the file; `~` is not expanded.\n"
    "- A size is a whole number, alone or with `B`, `KiB` `MiB` `GiB` (powers of 1024), `k` `M` "
    "`G`, `kB` `MB` `GB` (of 1000).\n"
    "- A time is a whole number with `ms`, `s`, `m`, `h` or `d`. A key that ends in `_ms` is a "
    "plain number of milliseconds.\n"
    "- Truth values are `true` and `false`; `yes`, `no`, `on` and `off` are not taken for them.\n"
    "- Anchors, aliases and tags are not supported, and a file holds one document.\n"
    "- `lists[]` stands for every item of the list `lists`, `policy.surfaces.*` for every surface "
    "under its name.\n"
    "\n"
    "Actions, from least to most: `allow`, `flag` (let through, a moderator looks), `hold` (keep "
    "back until a\n"
    "moderator has looked), `block` (refuse).\n";

static void row(const struct option *o, struct buffer *out)
{
    buffer_printf(out, "| `%s` | ", o->key);
    option_expects(o, out);
    buffer_str(out, " | ");
    default_text(o, out);
    buffer_printf(out, " | %s |\n", o->doc);
}

/* The keys of the top level first, then section by section. */
void config_reference(struct buffer *out)
{
    const struct option *end = options + option_count;
    const char *last = NULL;
    buffer_str(out, intro);
    buffer_str(out, "\nSurfaces:");
    for (const struct term *t = surface_terms; t->name; t++)
        buffer_printf(out, " `%s`%s", t->name, t[1].name ? "," : ".\n");
    heading("", out);
    for (const struct option *o = options; o < end; o++)
        if (o->type != OPTION_LATER && !parent(o->key))
            row(o, out);
    for (const struct option *o = options; o < end; o++) {
        size_t n = parent(o->key);
        if (o->type == OPTION_LATER || n == 0)
            continue;
        if (!last || parent(last) != n || strncmp(last, o->key, n) != 0)
            heading(o->key, out);
        last = o->key;
        row(o, out);
    }
    later(out);
}
