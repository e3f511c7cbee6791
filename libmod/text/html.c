/*
 * HTML reduced to what a reader sees, as the raw view: a tag inside a word is no edge of it
 * ("dis</b>cord" is discord), a block's tag is a line's end, addresses in attributes stand behind their
 * tag. Not a parser of documents: whatever comes, something is read, and every byte knows its place.
 */
#include <string.h>
#include <strings.h>

#include "text/views.h"

enum { ENTITY_MAX = 10, NAME_MAX_HTML = 16 };

#define NO_MEMORY UINT32_MAX

struct html {
    struct grown *to;
    const char *s;
    uint32_t size, at;
};

static bool put(struct html *h, const char *bytes, size_t n, uint32_t from)
{
    struct grown *g = h->to;
    if (!grown_reserve(g, n))
        return false;
    for (size_t k = 0; k < n; k++) {
        g->bytes[g->size] = bytes[k];
        g->map[g->size++] = from;
    }
    return true;
}

/* ---- text ---- */

static const struct {
    const char *name;
    uint32_t c;
} entities[] = {
    {"amp", '&'},     {"lt", '<'},        {"gt", '>'},      {"quot", '"'},    {"apos", '\''},
    {"nbsp", 0xa0},   {"shy", 0xad},      {"zwj", 0x200d},  {"zwnj", 0x200c}, {"commat", '@'},
    {"period", '.'},  {"sol", '/'},       {"colon", ':'},   {"plus", '+'},    {"num", '#'},
    {"lowbar", '_'},  {"hyphen", '-'},    {"middot", 0xb7}, {"bull", 0x2022}, {"ensp", 0x2002},
    {"emsp", 0x2003}, {"thinsp", 0x2009}, {"dot", 0x2d9},
};

static uint32_t named(const char *name, size_t n)
{
    for (size_t i = 0; i < COUNT_OF(entities); i++)
        if (text_is(name, n, entities[i].name))
            return entities[i].c;
    return 0;
}

static int digit_of(char c, unsigned base)
{
    int value = c >= '0' && c <= '9'                 ? c - '0'
                : base == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10
                : base == 16 && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                     : -1;
    return value;
}

/* "#8203" or "#x200b"; 0: not a character. */
static uint32_t numbered(const char *text, size_t n)
{
    unsigned base = n > 1 && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    uint32_t c = 0;
    size_t i = base == 16 ? 2 : 1;
    if (i >= n)
        return 0;
    for (; i < n; i++) {
        int digit = digit_of(text[i], base);
        if (digit < 0 || c > 0x10ffff)
            return 0;
        c = c * base + (uint32_t)digit;
    }
    return c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c;
}

/* The character reference at `at`; its length, 0: none. A semicolon may be missing behind a number. */
static uint32_t reference(const char *s, uint32_t size, uint32_t at, uint32_t *c)
{
    uint32_t n = 0;
    const char *name = s + at + 1;
    bool number = at + 1 < size && name[0] == '#';
    while (at + 1 + n < size && n < ENTITY_MAX && name[n] != ';' &&
           (((name[n] | 0x20) >= 'a' && (name[n] | 0x20) <= 'z') ||
            (name[n] >= '0' && name[n] <= '9') || (n == 0 && number)))
        n++;
    bool closed = at + 1 + n < size && name[n] == ';';
    *c = number ? numbered(name, n) : closed ? named(name, n) : 0;
    return *c ? 1 + n + closed : 0;
}

/* One character of text at `at` of [0, size); where the next one is, 0: out of memory. */
static uint32_t put_text(struct html *h, uint32_t at, uint32_t size)
{
    const uint8_t *s = (const uint8_t *)h->s;
    char utf8[4];
    uint32_t c = 0, n = s[at] == '&' ? reference(h->s, size, at, &c) : 0;
    if (n)
        return put(h, utf8, utf8_put(utf8, c), at) ? at + n : 0;
    n = utf8_length(s + at, s + size);
    bool so = n ? put(h, h->s + at, n, at) : put(h, "\xef\xbf\xbd", 3, at);
    return so ? at + (n ? n : 1) : 0;
}

/* ---- tags ---- */

static bool is_space_byte(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

struct name {
    char text[NAME_MAX_HTML];
    uint32_t size;
};

/* A name in lower case at `at`; where it ends. */
static uint32_t read_name(const struct html *h, uint32_t at, struct name *out)
{
    out->size = 0;
    while (at < h->size && !is_space_byte(h->s[at]) && !strchr("/>=<", h->s[at])) {
        char c = h->s[at++];
        if (out->size + 1 < sizeof(out->text))
            out->text[out->size++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    out->text[out->size] = '\0';
    return at;
}

static bool one_of(const struct name *n, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(n->text, names[i]) == 0)
            return true;
    return false;
}

/* Tags that begin or end a line or a cell. */
static bool is_block(const struct name *n)
{
    static const char *const names[] = {
        "address", "article", "aside", "blockquote", "br",    "dd",     "div", "dl",  "dt",
        "footer",  "form",    "h1",    "h2",         "h3",    "h4",     "h5",  "h6",  "header",
        "hr",      "li",      "main",  "nav",        "ol",    "option", "p",   "pre", "section",
        "table",   "tbody",   "td",    "th",         "thead", "tr",     "ul",  "img", "details",
    };
    return one_of(n, names, COUNT_OF(names));
}

/* What is inside is not seen. */
static bool is_hidden(const struct name *n)
{
    static const char *const names[] = {"script", "style", "template"};
    return one_of(n, names, COUNT_OF(names));
}

static bool holds_address(const struct name *n)
{
    static const char *const names[] = {"href", "src", "cite", "action", "data-href", "xlink:href"};
    return one_of(n, names, COUNT_OF(names));
}

/* The address in [from, to), with a space on either side; false: out of memory. */
static bool put_address(struct html *h, uint32_t from, uint32_t to)
{
    if (!put(h, " ", 1, from))
        return false;
    while (from < to)
        if (!(from = put_text(h, from, to)))
            return false;
    return to == h->size || put(h, " ", 1, to); /* the end of the text parts, too */
}

/* "= value" behind an attribute's name: [*from, *to); where the next attribute begins. */
static uint32_t read_value(const struct html *h, uint32_t at, uint32_t *from, uint32_t *to)
{
    *from = *to = at;
    while (at < h->size && is_space_byte(h->s[at]))
        at++;
    if (at >= h->size || h->s[at] != '=')
        return at;
    for (at++; at < h->size && is_space_byte(h->s[at]);)
        at++;
    bool quoted = at < h->size && (h->s[at] == '"' || h->s[at] == '\'');
    char quote = '\0';
    if (quoted)
        quote = h->s[at];
    *from = at += quoted;
    while (at < h->size &&
           (quote ? h->s[at] != quote : !is_space_byte(h->s[at]) && h->s[at] != '>'))
        at++;
    *to = at;
    return at + (quote && at < h->size);
}

/* Attributes up to the '>'; where the text goes on, or NO_MEMORY. */
static uint32_t read_attributes(struct html *h, uint32_t at)
{
    while (at < h->size && h->s[at] != '>') {
        struct name name;
        uint32_t from, to, begin = at;
        if (is_space_byte(h->s[at]) || h->s[at] == '/' || h->s[at] == '=' || h->s[at] == '<') {
            at++;
            continue;
        }
        at = read_value(h, read_name(h, at, &name), &from, &to);
        if (to > from && holds_address(&name) && !put_address(h, from, to))
            return NO_MEMORY;
        at += at == begin;
    }
    return at < h->size ? at + 1 : at;
}

/* Behind "</name>" of what is hidden. */
static uint32_t skip_hidden(const struct html *h, uint32_t at, const struct name *name)
{
    for (; at + 2 + name->size <= h->size; at++)
        if (h->s[at] == '<' && h->s[at + 1] == '/' &&
            strncasecmp(h->s + at + 2, name->text, name->size) == 0)
            return at;
    return h->size;
}

/* A tag, comment or declaration at `at`; where the text goes on, or NO_MEMORY. `at` itself: it
 * is none. */
static uint32_t read_tag(struct html *h, uint32_t at)
{
    struct name name;
    uint32_t next = at + 1;
    if (next < h->size && (h->s[next] == '!' || h->s[next] == '?')) {
        bool comment = h->size - at >= 4 && memcmp(h->s + at, "<!--", 4) == 0;
        const char *end = comment ? memmem(h->s + at + 4, h->size - at - 4, "-->", 3)
                                  : memchr(h->s + at, '>', h->size - at);
        return end ? (uint32_t)(end - h->s) + (comment ? 3 : 1) : h->size;
    }
    bool closing = next < h->size && h->s[next] == '/';
    next += closing;
    if (next >= h->size || !((h->s[next] | 0x20) >= 'a' && (h->s[next] | 0x20) <= 'z'))
        return at;
    next = read_name(h, next, &name);
    if (is_block(&name) && !put(h, "\n", 1, at))
        return NO_MEMORY;
    next = read_attributes(h, next);
    bool hides = next != NO_MEMORY && !closing && is_hidden(&name);
    return hides ? skip_hidden(h, next, &name) : next;
}

bool html_view(struct grown *to, const char *bytes, size_t size)
{
    struct html h = {to, bytes, (uint32_t)size, 0};
    to->size = 0;
    while (h.at < h.size) {
        uint32_t next = h.at;
        if (h.s[h.at] == '<' && (next = read_tag(&h, h.at)) == NO_MEMORY)
            return false;
        if (next == h.at && !(next = put_text(&h, h.at, h.size)))
            return false;
        h.at = next;
    }
    if (!grown_reserve(to, 0))
        return false;
    to->map[to->size] = (uint32_t)size;
    to->bytes[to->size] = '\0';
    return true;
}
