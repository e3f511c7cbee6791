/* The values of a config, key by key: for `modctl config show`, and for the config's hash. */
#include "engine/config_own.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

/* One value on its way out. Takes `value` over; NULL: memory ran out. */
typedef bool (*each_fn)(void *user, const char *key, json_t *value, enum origin origin);

static json_t *words(const struct option *o, uint64_t bits)
{
    json_t *array = json_array();
    for (const struct term *t = o->terms; array && t->name; t++)
        if ((bits & t->value) && !js_push(array, json_string(t->name))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *text_json(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *texts_json(const struct option *o, const void *base)
{
    const char *const *text;
    size_t count;
    memcpy(&text, (const char *)base + o->at, sizeof(text));
    memcpy(&count, (const char *)base + o->count_at, sizeof(count));
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++)
        if (!js_push(array, text_json(text[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *duration_json(uint64_t ms)
{
    struct buffer text = BUFFER_INIT;
    option_duration(ms, &text);
    json_t *value = text.failed ? NULL : json_string(text.data);
    buffer_finish(&text);
    return value;
}

static json_t *deadlines_json(const struct option *o, const void *base)
{
    const void *first;
    size_t count;
    memcpy(&first, (const char *)base + o->at, sizeof(first));
    memcpy(&count, (const char *)base + o->count_at, sizeof(count));
    const struct config_deadline *all = first;
    json_t *object = json_object();
    for (size_t i = 0; object && i < count; i++)
        if (!js_put(object, all[i].harm, duration_json(all[i].ms))) {
            json_decref(object);
            return NULL;
        }
    return object;
}

static json_t *value_json(const struct option *o, const void *base)
{
    const char *text;
    uint64_t number;
    switch (o->type) {
    case OPTION_FORMAT:
        return json_string(CONFIG_FORMAT);
    case OPTION_TEXT:
    case OPTION_PATH:
    case OPTION_ID:
    case OPTION_HARM:
        memcpy(&text, (const char *)base + o->at, sizeof(text));
        return text_json(text);
    case OPTION_TEXTS:
    case OPTION_PATHS:
        return texts_json(o, base);
    case OPTION_DEADLINES:
        return deadlines_json(o, base);
    default:
        break;
    }
    number = option_number(o, base);
    switch (o->type) {
    case OPTION_BOOL:
        return json_boolean(number != 0);
    case OPTION_DURATION:
        return number ? duration_json(number) : json_null();
    case OPTION_CHOICE:
        return number == UNSET && !o->initial ? json_null()
                                              : json_string(term_name(o->terms, (uint32_t)number));
    case OPTION_CHOICES:
        return words(o, number);
    default:
        return json_integer((json_int_t)number);
    }
}

/* How often a scope exists, and its struct number `i`. */
static size_t copies(const struct config_own *own, enum option_scope scope)
{
    return scope == SCOPE_LIST ? own->c.list_count : scope == SCOPE_SURFACE ? SURFACES : 1;
}

static const void *copy(const struct config_own *own,
                        enum option_scope scope,
                        size_t i,
                        const struct origins **origins)
{
    if (scope == SCOPE_LIST) {
        *origins = &own->list_origin[i];
        return &own->lists[i];
    }
    if (scope == SCOPE_SURFACE) {
        *origins = &own->surface_origin[i];
        return &own->c.surface[i];
    }
    *origins = &own->origin;
    return &own->c;
}

/* The pattern with its number or surface filled in. */
static void name_key(const struct option *o, size_t i, struct buffer *out)
{
    buffer_clear(out);
    if (o->scope == SCOPE_LIST) {
        const char *open = strstr(o->key, "[]");
        buffer_printf(out, "%.*s[%zu]%s", (int)(open - o->key), o->key, i, open + 2);
    } else if (o->scope == SCOPE_SURFACE) {
        const char *star = strchr(o->key, '*');
        buffer_printf(out, "%.*s%s%s", (int)(star - o->key), o->key,
                      term_name(surface_terms, (uint32_t)i), star + 1);
    } else {
        buffer_str(out, o->key);
    }
}

/* Rows of one scope that stand together are told struct by struct. */
static bool each_run(const struct config_own *own,
                     const struct option *from,
                     const struct option *to,
                     bool all,
                     each_fn each,
                     void *user)
{
    struct buffer key = BUFFER_INIT;
    bool ok = true;
    for (size_t i = 0; ok && i < copies(own, from->scope); i++) {
        const struct origins *origins;
        const void *base = copy(own, from->scope, i, &origins);
        if (from->scope == SCOPE_SURFACE && !all && !own->surface_named[i])
            continue;
        for (const struct option *o = from; ok && o < to; o++) {
            if (o->type == OPTION_LATER)
                continue;
            name_key(o, i, &key);
            ok = !key.failed &&
                 each(user, key.data, value_json(o, base), (enum origin)origins->of[o - options]);
        }
    }
    buffer_finish(&key);
    return ok;
}

static bool each_value(const struct config_own *own, bool all, each_fn each, void *user)
{
    const struct option *end = options + option_count;
    for (const struct option *from = options, *to; from < end; from = to) {
        for (to = from; to < end && to->scope == from->scope; to++)
            ;
        if (!each_run(own, from, to, all, each, user))
            return false;
    }
    return true;
}

static bool show(void *user, const char *key, json_t *value, enum origin origin)
{
    static const char *const names[] = {"default", "file", "set"};
    json_t *values = user, *row = json_object();
    if (!row) {
        json_decref(value);
        return false;
    }
    bool ok = js_str(row, "key", key);
    ok = js_put(row, "value", value) && ok;
    ok = js_str(row, "origin", names[origin]) && ok;
    return js_push(values, row) && ok;
}

json_t *config_values(const struct config *c)
{
    json_t *document = json_object(), *values = json_array();
    bool ok = document && js_put(document, "values", json_incref(values));
    ok = ok && c->own && each_value(c->own, false, show, values);
    json_decref(values);
    if (ok)
        return document;
    json_decref(document);
    return NULL;
}

static bool append(void *user, const char *key, json_t *value, enum origin origin)
{
    struct buffer *out = user;
    char *text = js_dump(value, NULL);
    (void)origin;
    json_decref(value);
    if (!text)
        return false;
    buffer_printf(out, "%s=%s\n", key, text);
    free(text);
    return true;
}

bool config_hash(struct config_own *own)
{
    struct buffer all = BUFFER_INIT;
    uint8_t digest[SHA256_BYTES];
    bool ok =
        each_value(own, true, append, &all) && !all.failed && sha256_of(digest, all.data, all.size);
    if (ok)
        hex_write(digest, (sizeof(own->c.hash) - 1) / 2, own->c.hash);
    buffer_finish(&all);
    return ok;
}
