/* JSON: thin helpers over jansson. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

bool js_put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

bool js_push(json_t *array, json_t *value)
{
    return json_array_append_new(array, value) == 0;
}

bool js_bytes(json_t *object, const char *key, const char *text, size_t length)
{
    if (!text)
        return js_null(object, key);
    if (utf8_valid(text, length))
        return js_put(object, key, json_stringn_nocheck(text, length));
    struct buffer fixed = BUFFER_INIT;
    utf8_repair(&fixed, text, length);
    json_t *value = fixed.failed ? NULL : json_stringn_nocheck(fixed.data, fixed.size);
    buffer_finish(&fixed);
    return js_put(object, key, value);
}

bool js_str(json_t *object, const char *key, const char *text)
{
    return js_bytes(object, key, text, text ? strlen(text) : 0);
}

bool js_int(json_t *object, const char *key, int64_t value)
{
    return js_put(object, key, json_integer((json_int_t)value));
}

bool js_real(json_t *object, const char *key, double value)
{
    return js_put(object, key, json_real(value));
}

bool js_bool(json_t *object, const char *key, bool value)
{
    return js_put(object, key, json_boolean(value));
}

bool js_null(json_t *object, const char *key)
{
    return js_put(object, key, json_null());
}

/* Not json_dumps(): when memory runs out in a key, jansson 2.14 leaves the key out and goes on. What
 * is written to a buffer of ours needs none. */
char *js_dump(const json_t *value, size_t *length)
{
    enum { USUAL = 4096 }; /* bytes of most documents: written once */
    size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(10);
    char usual[USUAL];
    size_t n = value ? json_dumpb(value, usual, sizeof(usual), flags) : 0;
    char *out = n ? malloc(n + 1) : NULL;
    if (length)
        *length = out ? n : 0;
    if (!out)
        return NULL;
    if (n <= sizeof(usual))
        memcpy(out, usual, n);
    else if (json_dumpb(value, out, n, flags) != n) {
        free(out);
        return NULL;
    }
    out[n] = '\0';
    return out;
}

const json_t *js_at(const json_t *value, const char *path)
{
    while (value && *path) {
        const char *dot = strchr(path, '.');
        size_t n = dot ? (size_t)(dot - path) : strlen(path);
        if (json_is_array(value)) {
            char *end = NULL;
            unsigned long i = strtoul(path, &end, 10);
            value = end == path + n && path[0] >= '0' && path[0] <= '9' ? json_array_get(value, i)
                                                                        : NULL;
        } else {
            char key[128];
            /* Keys may hold dots themselves (harm ids): the whole rest is tried first. */
            const json_t *whole = json_object_get(value, path);
            if (whole)
                return whole;
            if (n >= sizeof(key))
                return NULL;
            memcpy(key, path, n);
            key[n] = '\0';
            value = json_object_get(value, key);
        }
        path += dot ? n + 1 : n;
    }
    return value;
}

struct js_lent {
    struct js_lent *next;
    const json_t *value;
    char *text;
};

void js_doc_init(struct js_doc *d, json_t *root)
{
    *d = (struct js_doc){.root = root};
}

void js_doc_finish(struct js_doc *d)
{
    while (d->lent) {
        struct js_lent *next = d->lent->next;
        free(d->lent->text);
        free(d->lent);
        d->lent = next;
    }
    free(d->text);
    json_decref(d->root);
    *d = (struct js_doc){NULL, NULL, 0, NULL};
}

const char *js_doc_text(struct js_doc *d, size_t *length)
{
    if (!d->text)
        d->text = js_dump(d->root, &d->length);
    if (length)
        *length = d->text ? d->length : 0;
    return d->text;
}

const char *js_doc_lend(struct js_doc *d, const json_t *value)
{
    if (!value || json_is_null(value))
        return NULL;
    if (json_is_string(value))
        return json_string_value(value);
    for (const struct js_lent *l = d->lent; l; l = l->next)
        if (l->value == value)
            return l->text;
    struct js_lent *l = malloc(sizeof(*l));
    char *text = js_dump(value, NULL);
    if (!l || !text) {
        free(l);
        free(text);
        return NULL;
    }
    *l = (struct js_lent){d->lent, value, text};
    d->lent = l;
    return text;
}
