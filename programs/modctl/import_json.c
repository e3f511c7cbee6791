/*
 * JSON as a stream of records. This reader knows strings and brackets only: it finds where records
 * begin and end, and counts lines and columns. What is in a record js_read() reads.
 */
#include "import_json.h"

#include <stdlib.h>
#include <string.h>

#include "import_value.h"

enum { BLOCK = 64 << 10, KEY = 64 };

struct walk {
    struct importer *im;
    const char *const *arrays;
    json_record_function *each;
    struct error *e;
    int status; /* the first failure */

    char *block;
    size_t at, end;
    struct import_place place; /* of the next byte */

    char *record; /* of JSON_RECORD_MAX bytes */
    size_t size;
    bool capture, overflow;
};

/* ---- bytes ---- */

/* The next byte, -1 at the end. */
static int peek(struct walk *w)
{
    if (w->at == w->end) {
        w->end = source_read(w->im->in, w->block, BLOCK);
        w->at = 0;
    }
    return w->at < w->end ? (unsigned char)w->block[w->at] : -1;
}

/* Goes over the next byte, which there is. */
static void skip(struct walk *w)
{
    char c = w->block[w->at++];
    if (c == '\n') {
        w->place.line++;
        w->place.column = 1;
    } else if (((unsigned char)c & 0xc0) != 0x80) {
        w->place.column++;
    }
    if (!w->capture)
        return;
    if (w->size < JSON_RECORD_MAX)
        w->record[w->size++] = c;
    else
        w->overflow = true;
}

static bool take(struct walk *w, char c)
{
    if (peek(w) != (unsigned char)c)
        return false;
    skip(w);
    return true;
}

static int skip_space(struct walk *w)
{
    int c = peek(w);
    for (; c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = peek(w))
        skip(w);
    return c;
}

/* Ends the walk. */
static bool fail(struct walk *w, const char *what)
{
    if (w->status == LMOD_OK)
        w->status = source_status(w->im->in, w->e);
    if (w->status == LMOD_OK)
        w->status =
            error_at(w->e, LMOD_E_LIST, w->im->o->path, w->place.line, w->place.column, "%s", what);
    return false;
}

static bool cut_off(struct walk *w)
{
    return fail(w, "the file is cut off: nothing of it is taken; get it again");
}

/* ---- values ---- */

/* A string from its quote on; one that does not end in its line is broken, and ends there. */
static bool skip_string(struct walk *w, char key[KEY])
{
    size_t n = 0;
    skip(w);
    for (int c = peek(w); c >= 0 && c != '\n'; c = peek(w)) {
        skip(w);
        if (c == '"') {
            if (key)
                key[n] = '\0';
            return true;
        }
        if (key && n < KEY - 1)
            key[n++] = (char)c;
        if (c == '\\' && peek(w) >= 0)
            skip(w);
    }
    if (key)
        key[n] = '\0';
    return peek(w) >= 0 || cut_off(w);
}

/* Over everything up to the bracket that closes `depth` open ones. */
static bool skip_brackets(struct walk *w, size_t depth)
{
    while (depth > 0) {
        int c = peek(w);
        if (c < 0)
            return cut_off(w);
        if (c == '"') {
            if (!skip_string(w, NULL))
                return false;
            continue;
        }
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        skip(w);
    }
    return true;
}

static bool skip_value(struct walk *w)
{
    int c = skip_space(w);
    if (c == '"')
        return skip_string(w, NULL);
    if (c == '{' || c == '[') {
        skip(w);
        return skip_brackets(w, 1);
    }
    while (c > ' ' && !strchr(",]}[{\"", c)) {
        skip(w);
        c = peek(w);
    }
    return c >= 0 || cut_off(w);
}

/* ---- records ---- */

static bool memory(struct walk *w)
{
    w->status = error_memory(w->e);
    return false;
}

/* The record that was captured. */
static bool deliver(struct walk *w, struct import_place at)
{
    struct js_fault fault;
    if (w->overflow) {
        import_bad(w->im, at, "a record of more than %d bytes", JSON_RECORD_MAX);
        return true;
    }
    json_t *value = js_read(w->record, w->size, &fault);
    if (!value && !fault.what)
        return memory(w);
    if (!value) {
        if (fault.line > 1)
            at = (struct import_place){at.line + fault.line - 1, 1};
        import_bad(w->im, at, "no JSON: %s", fault.what);
        return true;
    }
    struct json_record r = {.value = value, .text = w->record, .size = w->size, .at = at};
    entry_begin(w->im);
    w->status = w->each(w->im, &r, w->e);
    json_decref(value);
    return w->status == LMOD_OK;
}

static bool is_array_of_records(const struct walk *w, const char *key)
{
    for (const char *const *name = w->arrays; *name; name++)
        if (strcmp(*name, key) == 0)
            return true;
    return false;
}

static bool read_array(struct walk *w, unsigned depth);

/* The members of an object behind its bracket. `*page`: it had an array of records; `*broken`: it
 * cannot be read on. */
static bool read_members(struct walk *w, unsigned depth, bool *page, bool *broken)
{
    char key[KEY];
    if (skip_space(w) == '}') {
        skip(w);
        return true;
    }
    for (;;) {
        int c = skip_space(w);
        if (c < 0)
            return cut_off(w);
        *broken = c != '"';
        if (*broken)
            return true;
        if (!skip_string(w, key))
            return false;
        (void)skip_space(w);
        *broken = !take(w, ':');
        if (*broken)
            return true;
        if (skip_space(w) == '[' && depth < JSON_PAGES_MAX && is_array_of_records(w, key)) {
            *page = true;
            w->capture = false;
            if (!read_array(w, depth + 1))
                return false;
        } else if (!skip_value(w)) {
            return false;
        }
        (void)skip_space(w);
        if (take(w, ','))
            continue;
        *broken = !take(w, '}');
        return true;
    }
}

/* A page or a record, from its bracket on. */
static bool read_object(struct walk *w, unsigned depth)
{
    struct import_place at = w->place;
    bool page = false, broken = false;
    w->capture = true;
    w->overflow = false;
    w->size = 0;
    skip(w);
    bool ok = read_members(w, depth, &page, &broken);
    w->capture = false;
    if (!ok)
        return false;
    if (broken && peek(w) < 0)
        return cut_off(w);
    if (broken) {
        import_bad(w->im, w->place, "no JSON: a name, ':', ',' or '}' is missing");
        return skip_brackets(w, 1);
    }
    return page || deliver(w, at);
}

/* One element of an array, or of the file. */
static bool read_element(struct walk *w, unsigned depth)
{
    struct import_place at = w->place;
    int c = peek(w);
    if (c == '{')
        return read_object(w, depth);
    if (c == '[' && depth < JSON_PAGES_MAX)
        return read_array(w, depth + 1);
    import_bad(w->im, at, "a record is an object");
    if (c == ':' || c == '}' || c < ' ') {
        skip(w);
        return true;
    }
    return skip_value(w);
}

static bool read_array(struct walk *w, unsigned depth)
{
    skip(w);
    for (;;) {
        int c = skip_space(w);
        if (c < 0)
            return cut_off(w);
        if (c == ',' || c == ']') {
            skip(w);
            if (c == ']')
                return true;
        } else if (!read_element(w, depth)) {
            return false;
        }
    }
}

static bool read_file(struct walk *w)
{
    size_t n;
    const char *head = source_head(w->im->in, &n);
    if (n >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 && peek(w) >= 0)
        w->at += 3;
    for (;;) {
        int c = skip_space(w);
        if (c < 0)
            return true;
        if (c == ',' || c == 0x1e) /* between records in a row */
            skip(w);
        else if (c != '{' && c != '[')
            return fail(w, "no JSON: an object or an array is missing");
        else if (!read_element(w, 0))
            return false;
    }
}

int json_records(struct importer *im,
                 const char *const *arrays,
                 json_record_function *each,
                 struct error *e)
{
    struct walk w = {.im = im, .arrays = arrays, .each = each, .e = e, .place = {1, 1}};
    w.block = malloc(BLOCK);
    w.record = malloc(JSON_RECORD_MAX);
    if (!w.block || !w.record)
        w.status = error_memory(e);
    else if (read_file(&w))
        w.status = source_status(im->in, e);
    free(w.block);
    free(w.record);
    return w.status;
}

/* ---- what importers ask of a record ---- */

struct import_place json_place(const struct json_record *r, const char *value)
{
    struct import_place at = r->at;
    size_t n = value ? strlen(value) : 0;
    const char *found = n ? memmem(r->text, r->size, value, n) : NULL;
    for (const char *p = r->text; found && p < found; p++) {
        if (*p == '\n')
            at = (struct import_place){at.line + 1, 1};
        else if (((unsigned char)*p & 0xc0) != 0x80)
            at.column++;
    }
    return at;
}

const char *json_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

void json_name(const json_t *value, char out[64])
{
    const char *text = json_string_value(value);
    out[0] = '\0';
    if (json_is_integer(value))
        (void)snprintf(out, 64, "%lld", (long long)json_integer_value(value));
    else if (text && strlen(text) < 64)
        memcpy(out, text, strlen(text) + 1);
}

bool json_time(const json_t *object, const char *key, uint64_t *ms)
{
    char text[64];
    json_name(json_object_get(object, key), text);
    return import_time(text, ms);
}
