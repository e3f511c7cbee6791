/* Decision documents: read from anybody, so every key and value is checked. */
#include "events/events.h"

#include <string.h>

enum { REASON_MAX = 1000, REVIEWER_MAX = 200, DOCUMENT_MAX = 64 * 1024 };

static const char *const keys[] = {
    "id",     "event_id", "content_key", "scope",   "action",
    "reason", "reviewer", "decided_at",  "no_list",
};

static int refuse(struct error *e, const char *key, const char *what)
{
    return error_set(e, LMOD_E_ARGUMENT, "decision: \"%s\" %s", key, what);
}

/* What somebody else wrote, fit for one line of a log: cut at a character, no control characters. */
static const char *shown(char out[96], const char *text)
{
    size_t n = strnlen(text, 95);
    if (text[n])
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
    for (size_t i = 0; i < n; i++)
        out[i] = text[i];
    out[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out[i] < ' ' || out[i] == 0x7f)
            out[i] = ' ';
    return out;
}

static int check_keys(const json_t *doc, struct error *e)
{
    const char *key;
    char name[96];
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)doc, key, value)
    {
        bool known = false;
        for (size_t i = 0; i < COUNT_OF(keys) && !known; i++)
            known = strcmp(keys[i], key) == 0;
        if (known)
            continue;
        const char *like = text_suggest(key, strlen(key), keys, COUNT_OF(keys));
        return error_set(e, LMOD_E_ARGUMENT, "decision: unknown key \"%s\"%s%s%s", shown(name, key),
                         like ? "; did you mean \"" : "", like ? like : "", like ? "\"?" : "");
    }
    return LMOD_OK;
}

/* A string of at most `max` bytes without NUL; `*out` NULL when it is not there. */
static int
text_of(const json_t *doc, const char *key, size_t max, const char **out, struct error *e)
{
    const json_t *value = json_object_get(doc, key);
    *out = NULL;
    if (!value || json_is_null(value))
        return LMOD_OK;
    if (!json_is_string(value))
        return refuse(e, key, "must be a string");
    if (json_string_length(value) > max)
        return refuse(e, key, "is too long");
    *out = json_string_value(value);
    return LMOD_OK;
}

static bool is_uuid(const char *text)
{
    for (size_t i = 0; i < STORE_ID - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
        if (dash ? text[i] != '-' : !hex)
            return false;
    }
    return text[STORE_ID - 1] == '\0';
}

static int id_of(const json_t *doc, const char *key, char out[STORE_ID], struct error *e)
{
    const char *text;
    int status = text_of(doc, key, STORE_ID - 1, &text, e);
    out[0] = '\0';
    if (status != LMOD_OK || !text)
        return status;
    if (!is_uuid(text))
        return refuse(e, key, "must be a UUID in lower case");
    memcpy(out, text, STORE_ID);
    return LMOD_OK;
}

static int content_of(const json_t *doc, struct decision *d, struct error *e)
{
    uint8_t mac[SHA256_BYTES];
    const char *text;
    int status = text_of(doc, "content_key", sizeof(d->content) - 1, &text, e);
    d->content[0] = '\0';
    if (status != LMOD_OK || !text)
        return status;
    if (strncmp(text, "h1:", 3) != 0 || !hex_read(text + 3, strlen(text + 3), mac, sizeof(mac)))
        return refuse(e, "content_key", "must be \"h1:\" and 64 hex digits");
    memcpy(d->content, "h1:", 3);
    hex_write(mac, sizeof(mac), d->content + 3);
    return LMOD_OK;
}

static int term_of(const json_t *doc,
                   const char *key,
                   const struct term *terms,
                   uint32_t initial,
                   uint32_t *out,
                   struct error *e)
{
    const char *names[16], *text;
    char word[96];
    size_t n = 0;
    int status = text_of(doc, key, 64, &text, e);
    *out = initial;
    if (status != LMOD_OK)
        return status;
    if (!text)
        return initial ? LMOD_OK : refuse(e, key, "is missing");
    if (term_value(terms, text, strlen(text), out))
        return LMOD_OK;
    for (const struct term *t = terms; t->name && n < COUNT_OF(names); t++)
        names[n++] = t->name;
    const char *like = text_suggest(text, strlen(text), names, n);
    return error_set(e, LMOD_E_ARGUMENT, "decision: \"%s\" is not a known %s%s%s%s",
                     shown(word, text), key, like ? "; did you mean \"" : "", like ? like : "",
                     like ? "\"?" : "");
}

static int time_of(const json_t *doc, struct decision *d, struct error *e)
{
    const char *text;
    uint64_t now = time_wall_ms();
    int status = text_of(doc, "decided_at", 64, &text, e);
    d->at = now;
    if (status != LMOD_OK || !text)
        return status;
    if (!time_read(text, strlen(text), &d->at))
        return refuse(e, "decided_at", "must be a time such as 2026-11-01T12:00:00Z");
    if (d->at > now) /* else what is found between now and then would count as decided */
        d->at = now;
    return LMOD_OK;
}

static int read_all(struct decision *d, const json_t *doc, struct error *e)
{
    const json_t *no_list = json_object_get(doc, "no_list");
    uint32_t action = 0, scope = 0;
    int status = check_keys(doc, e);
    if (status == LMOD_OK)
        status = id_of(doc, "id", d->id, e);
    if (status == LMOD_OK)
        status = id_of(doc, "event_id", d->event, e);
    if (status == LMOD_OK)
        status = content_of(doc, d, e);
    if (status == LMOD_OK)
        status = term_of(doc, "action", decision_action_terms, 0, &action, e);
    if (status == LMOD_OK)
        status = term_of(doc, "scope", decision_scope_terms, SCOPE_ITEM, &scope, e);
    if (status == LMOD_OK)
        status = text_of(doc, "reason", REASON_MAX, &d->reason, e);
    if (status == LMOD_OK)
        status = text_of(doc, "reviewer", REVIEWER_MAX, &d->reviewer, e);
    if (status == LMOD_OK)
        status = time_of(doc, d, e);
    if (status == LMOD_OK && no_list && !json_is_boolean(no_list))
        status = refuse(e, "no_list", "must be true or false");
    if (status != LMOD_OK)
        return status;
    d->action = (enum decision_action)action;
    d->scope = (enum decision_scope)scope;
    d->no_list = json_is_true(no_list);
    if (!d->event[0] == !d->content[0])
        return error_set(e, LMOD_E_ARGUMENT,
                         "decision: exactly one of \"event_id\" and \"content_key\" is needed");
    if (d->content[0] && d->scope == SCOPE_ITEM)
        d->scope = SCOPE_CONTENT; /* there is no item */
    if (d->content[0] && d->scope != SCOPE_CONTENT)
        return refuse(e, "scope", "sender and room need an \"event_id\"");
    /* Of now, as all ids are: decided_at may be long ago. */
    if (!d->id[0] && !event_id(d->id, time_wall_ms()))
        return error_set(e, LMOD_E_INTERNAL, "decision: no random bytes for an id");
    return LMOD_OK;
}

int decision_parse(
    struct decision *out, json_t **doc, const void *bytes, size_t size, struct error *e)
{
    struct js_fault why;
    *out = (struct decision){.src = NULL};
    *doc = NULL;
    if (size > DOCUMENT_MAX)
        return error_set(e, LMOD_E_ARGUMENT, "decision: the document is too long");
    json_t *root = js_read(bytes, size, &why);
    if (!root && !why.what)
        return error_memory(e);
    if (!root)
        return error_set(e, LMOD_E_ARGUMENT, "decision: not JSON: %s (line %u)", why.what,
                         why.line);
    if (!json_is_object(root)) {
        json_decref(root);
        return error_set(e, LMOD_E_ARGUMENT, "decision: must be a JSON object");
    }
    out->src = "host";
    int status = read_all(out, root, e);
    if (status != LMOD_OK) {
        json_decref(root);
        *out = (struct decision){.src = NULL};
        return status;
    }
    *doc = root;
    return LMOD_OK;
}

/* ---- what is told ---- */

static json_t *whole(json_t *o, bool ok)
{
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

json_t *decided_render(const struct decision *d, const struct store_decided *out)
{
    json_t *o = json_object();
    return whole(o, o && js_str(o, "decision", out->decision) &&
                        js_str(o, "event", out->event[0] ? out->event : NULL) &&
                        js_str(o, "action", term_name(decision_action_terms, d->action)) &&
                        js_str(o, "scope", term_name(decision_scope_terms, d->scope)) &&
                        js_int(o, "entries", out->entries) &&
                        js_int(o, "earlier", (int64_t)out->earlier));
}

static bool put_text(json_t *o, const char *key, struct store_text t)
{
    return t.size ? js_bytes(o, key, t.at, t.size) : js_null(o, key);
}

static json_t *item_render(const struct store_item *i)
{
    json_t *o = json_object();
    return whole(o, o && put_text(o, "item", i->ref) &&
                        js_str(o, "surface", term_name(surface_terms, i->surface)) &&
                        put_text(o, "room", i->room) && put_text(o, "sender", i->sender));
}

json_t *claimed_render(const struct store_claimed *c)
{
    char at[32], until[32];
    json_t *o = json_object(), *items = json_array();
    bool ok = o && items;
    time_iso_ms(c->at, at);
    time_iso_ms(c->lease_until, until);
    for (size_t i = 0; ok && i < c->items; i++)
        ok = js_push(items, item_render(&c->item[i]));
    ok = ok && js_str(o, "decision", c->decision) &&
         js_str(o, "event", c->event[0] ? c->event : NULL) && js_str(o, "action", c->action) &&
         js_str(o, "scope", c->scope) && js_str(o, "reason", c->reason) &&
         js_str(o, "content", c->content) && js_str(o, "at", at) && js_int(o, "tries", c->tries) &&
         js_str(o, "lease_until", until) && js_put(o, "items", json_incref(items));
    json_decref(items);
    return whole(o, ok);
}
