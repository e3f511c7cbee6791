/*
 * Reading JSON (RFC 8259) into jansson's values. Not by jansson's own reader: when memory runs out in
 * a text or a number, that of 2.14 reads past its end or stops the process by an assertion.
 */
#include "base/base.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

struct js_reader {
    const char *at, *end;
    unsigned line, depth;
    struct js_fault *fault;
};

static json_t *read_value(struct js_reader *r);

/* Says what is wrong, once, and returns NULL; `what` NULL: memory ran out. */
static json_t *fail(struct js_reader *r, const char *what)
{
    *r->fault = (struct js_fault){.what = what, .line = r->line};
    return NULL;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct js_reader *r)
{
    for (; r->at < r->end && is_space(*r->at); r->at++)
        r->line += *r->at == '\n';
}

static bool take(struct js_reader *r, char c)
{
    skip_space(r);
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* ---- texts ---- */

static uint32_t read_hex4(struct js_reader *r)
{
    uint8_t b[2];
    if (r->end - r->at < 4 || !hex_read(r->at, 4, b, 2))
        return UINT32_MAX;
    r->at += 4;
    return (uint32_t)b[0] << 8 | b[1];
}

/* What follows "\u", into UTF-8; 0: not such a thing, half a pair, or NUL. */
static size_t read_code(struct js_reader *r, char *out)
{
    uint32_t c = read_hex4(r);
    if (c >= 0xD800 && c < 0xDC00 && r->end - r->at >= 2 && r->at[0] == '\\' && r->at[1] == 'u') {
        r->at += 2;
        uint32_t low = read_hex4(r);
        if (low < 0xDC00 || low > 0xDFFF)
            return 0;
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
    }
    if (!c || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0;
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(first[n] | c);
    return n;
}

/* What follows a backslash, into `out`, which has room; 0: not such a thing. */
static size_t read_escape(struct js_reader *r, char *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = '\0';
    if (r->at < r->end)
        c = *r->at++;
    const char *known = c ? strchr(from, c) : NULL;
    if (known)
        *out = to[known - from];
    return known ? 1 : c == 'u' ? read_code(r, out) : 0;
}

/* The rest of a text behind its quote; the caller frees it. NULL: `fault` says why. */
static char *read_text(struct js_reader *r, size_t *length)
{
    const char *close = r->at;
    while (close < r->end && *close != '"')
        close += *close == '\\' && close + 1 < r->end ? 2 : 1;
    char *text = close < r->end ? malloc((size_t)(close - r->at) + 1) : NULL;
    size_t n = 0;
    const char *what = close < r->end ? NULL : "a text does not end";
    while (text && !what && r->at < close) {
        char c = *r->at++;
        size_t more = 1;
        if (c != '\\')
            text[n] = c;
        else
            more = read_escape(r, text + n);
        n += more;
        if ((unsigned char)c < ' ')
            what = "a control character in a text";
        else if (!more)
            what = "an escape that is none";
    }
    if (text && !what && !utf8_valid(text, n))
        what = "a text that is not UTF-8";
    if (!text || what) {
        free(text);
        (void)fail(r, what);
        return NULL;
    }
    r->at = close + 1;
    text[n] = '\0';
    *length = n;
    return text;
}

static json_t *read_string(struct js_reader *r)
{
    size_t n = 0;
    char *text = read_text(r, &n);
    json_t *value = text ? json_stringn_nocheck(text, n) : NULL;
    if (text && !value)
        (void)fail(r, NULL);
    free(text);
    return value;
}

/* ---- numbers and words ---- */

static size_t digits_at(const struct js_reader *r, size_t from)
{
    size_t n = from;
    while (n < (size_t)(r->end - r->at) && r->at[n] >= '0' && r->at[n] <= '9')
        n++;
    return n - from;
}

static bool sign_at(const struct js_reader *r, size_t at, const char *signs)
{
    return at < (size_t)(r->end - r->at) && r->at[at] && strchr(signs, r->at[at]);
}

/* The length of the number that begins here, 0: there is none; `*real`: it has a point or exponent. */
static size_t number_length(const struct js_reader *r, bool *real)
{
    size_t n = sign_at(r, 0, "-"), digits = digits_at(r, n);
    *real = false;
    if (!digits || (digits > 1 && r->at[n] == '0'))
        return 0;
    n += digits;
    if (sign_at(r, n, ".")) {
        digits = digits_at(r, n + 1);
        if (!digits)
            return 0;
        n += 1 + digits;
        *real = true;
    }
    if (sign_at(r, n, "eE")) {
        n += 1 + sign_at(r, n + 1, "+-");
        digits = digits_at(r, n);
        if (!digits)
            return 0;
        n += digits;
        *real = true;
    }
    return n;
}

/* Whatever the host's locale is; glibc's "C" is static: it takes no memory. */
static double real_of(const char *text)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double number = c ? strtod_l(text, NULL, c) : strtod(text, NULL);
    if (c)
        freelocale(c);
    return number;
}

static json_t *read_number(struct js_reader *r)
{
    enum { LONGEST = 63 };
    char text[LONGEST + 1];
    bool real;
    size_t n = number_length(r, &real);
    if (!n || n > LONGEST)
        return fail(r, n ? "a number that is too long" : "not a value");
    memcpy(text, r->at, n);
    text[n] = '\0';
    r->at += n;
    errno = 0;
    double number = real ? real_of(text) : 0;
    json_int_t whole = real ? 0 : strtoll(text, NULL, 10);
    if ((!real && errno) || number > 1e308 || number < -1e308)
        return fail(r, "a number that is too large");
    json_t *value = real ? json_real(number) : json_integer(whole);
    return value ? value : fail(r, NULL);
}

static bool take_word(struct js_reader *r, const char *word)
{
    size_t n = strlen(word);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* ---- arrays and objects, behind their brackets ---- */

static json_t *read_array(struct js_reader *r)
{
    json_t *array = json_array();
    if (!array)
        return fail(r, NULL);
    bool ok = true, more = !take(r, ']');
    while (ok && more) {
        json_t *value = read_value(r);
        ok = value != NULL;
        if (ok && !js_push(array, value))
            ok = fail(r, NULL) != NULL;
        more = ok && take(r, ',');
        if (ok && !more && !take(r, ']'))
            ok = fail(r, "',' or ']' is missing") != NULL;
    }
    if (ok)
        return array;
    json_decref(array);
    return NULL;
}

static bool read_member(struct js_reader *r, json_t *object)
{
    size_t n = 0;
    if (!take(r, '"'))
        return fail(r, "a name in quotes is missing") != NULL;
    char *name = read_text(r, &n);
    if (!name)
        return false;
    json_t *value = NULL;
    if (json_object_get(object, name))
        (void)fail(r, "the same name twice");
    else if (!take(r, ':'))
        (void)fail(r, "':' is missing");
    else
        value = read_value(r);
    bool ok = value != NULL;
    if (ok && json_object_set_new_nocheck(object, name, value) != 0)
        ok = fail(r, NULL) != NULL;
    free(name);
    return ok;
}

static json_t *read_object(struct js_reader *r)
{
    json_t *object = json_object();
    if (!object)
        return fail(r, NULL);
    bool ok = true, more = !take(r, '}');
    while (ok && more) {
        ok = read_member(r, object);
        more = ok && take(r, ',');
        if (ok && !more && !take(r, '}'))
            ok = fail(r, "',' or '}' is missing") != NULL;
    }
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *read_nested(struct js_reader *r, json_t *(*read)(struct js_reader *r))
{
    if (r->depth == JS_DEPTH)
        return fail(r, "nested too deep");
    r->depth++;
    json_t *value = read(r);
    r->depth--;
    return value;
}

static json_t *read_value(struct js_reader *r)
{
    if (take(r, '{'))
        return read_nested(r, read_object);
    if (take(r, '['))
        return read_nested(r, read_array);
    if (take(r, '"'))
        return read_string(r);
    if (take_word(r, "true"))
        return json_true();
    if (take_word(r, "false"))
        return json_false();
    if (take_word(r, "null"))
        return json_null();
    return r->at == r->end ? fail(r, "it ends too early") : read_number(r);
}

json_t *js_read(const void *bytes, size_t size, struct js_fault *fault)
{
    struct js_fault ignored;
    struct js_reader r = {.at = bytes, .line = 1, .fault = fault ? fault : &ignored};
    r.end = size ? r.at + size : r.at;
    *r.fault = (struct js_fault){NULL, 0};
    json_t *value = read_value(&r);
    skip_space(&r);
    if (!value || r.at == r.end)
        return value;
    json_decref(value);
    return fail(&r, "something follows behind the end");
}
