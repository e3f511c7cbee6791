/* The web's links: a domain, or a page in one spelling; and how any link is taken apart. */
#include "text/links.h"
#include "text/suffix.h"

/* What a page is the same without. */
static const char *const tracking[] = {"fbclid", "gclid", "igshid", "msclkid", "si", "yclid"};

static struct slice cut(struct slice *rest, char c)
{
    const char *at = rest->size ? memchr(rest->at, c, rest->size) : NULL;
    struct slice head = {rest->at, at ? (size_t)(at - rest->at) : rest->size};
    *rest = at ? (struct slice){at + 1, rest->size - head.size - 1}
               : (struct slice){rest->at + rest->size, 0};
    return head;
}

struct url url_split(struct slice scheme, const char *text, size_t size)
{
    struct url u = {.scheme = scheme};
    u.fragment = (struct slice){text, size};
    u.query = cut(&u.fragment, '#');
    u.path = cut(&u.query, '?');
    if (!scheme.size)
        u.host = cut(&u.path, '/');
    if (u.host.size > 4 && memcmp(u.host.at, "www.", 4) == 0 &&
        memchr(u.host.at + 4, '.', u.host.size - 4))
        u.host = (struct slice){u.host.at + 4, u.host.size - 4};
    return u;
}

static size_t count(const char *text, size_t size, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += text[i] == c;
    return n;
}

size_t url_trim(const char *text, size_t size)
{
    while (size > 0) {
        char c = text[size - 1], open = (char)(c == ')' ? '(' : c == ']' ? '[' : 0);
        if (open ? count(text, size, open) >= count(text, size, c) : !among(c, ".,;:!?'*&$(["))
            break;
        size--;
    }
    return size;
}

/* One spelling of percent signs: letters, digits and -._~ stand for themselves. */
static void add_normal(struct key *k, struct slice s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.size; i++) {
        uint8_t c = (uint8_t)s.at[i];
        bool quoted = c == '%' && s.size - i > 2 && hex_value(s.at[i + 1]) >= 0 &&
                      hex_value(s.at[i + 2]) >= 0;
        if (quoted) {
            c = (uint8_t)(hex_value(s.at[i + 1]) * 16 + hex_value(s.at[i + 2]));
            i += 2;
        }
        bool itself = is_alnum((char)c) || c == '-' || c == '.' || c == '_' || c == '~';
        if (itself || (!quoted && c != '%' && c > ' ' && c < 0x7f))
            key_add(k, (const char *)&c, 1);
        else
            key_add(k, (const char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    }
}

/* The path's parts, without empty ones and those that are directions. */
static void add_path(struct key *k, struct slice path)
{
    size_t base = k->size;
    while (path.size) {
        struct slice part = cut(&path, '/');
        size_t before = k->size;
        if (!part.size)
            continue;
        key_str(k, "/");
        add_normal(k, part);
        struct slice made = {k->bytes + before + 1, k->over ? 0 : k->size - before - 1};
        if (slice_is(made, ".")) {
            k->size = before;
        } else if (slice_is(made, "..")) {
            k->size = before;
            while (k->size > base && k->bytes[--k->size] != '/')
                continue;
        }
    }
}

static bool tracks(struct slice name)
{
    bool so = name.size > 4 && memcmp(name.at, "utm_", 4) == 0;
    for (size_t i = 0; i < COUNT_OF(tracking); i++)
        so = so || slice_is(name, tracking[i]);
    return so;
}

static void add_query(struct key *k, struct slice query)
{
    const char *mark = "?";
    while (query.size) {
        struct slice part = cut(&query, '&'), value = part, name = cut(&value, '=');
        if (!part.size || tracks(name))
            continue;
        key_str(k, mark);
        add_normal(k, part);
        mark = "&";
    }
}

/* Pages that live behind the mark. */
static bool fragment_counts(struct slice f)
{
    return f.size > 1 && (f.at[0] == '!' || f.at[0] == '/' || (f.at[0] == 'F' && f.at[1] == '!'));
}

static bool host_good(struct slice h)
{
    size_t dots = 0, label = 0;
    for (size_t i = 0; i < h.size; i++) {
        char c = h.at[i];
        bool dot = c == '.';
        if (!dot && !(is_alnum(c) && c == to_lower(c)) && c != '-' && c != '_' && !(c & 0x80))
            return false;
        if (dot && !label)
            return false;
        label = dot ? 0 : label + 1;
        dots += dot;
    }
    return dots && label && h.size <= HOST_MAX && utf8_valid(h.at, h.size);
}

bool link_web_key(struct key *k, const struct url *u)
{
    if (!host_good(u->host))
        return false;
    key_begin(k, LINK_WEB);
    size_t start = k->size, host = u->host.size;
    key_add(k, u->host.at, host);
    size_t bare = k->size;
    add_path(k, u->path);
    if (u->query.size) {
        size_t before = k->size;
        if (before == bare)
            key_str(k, "/");
        size_t mark = k->size;
        add_query(k, u->query);
        if (k->size == mark)
            k->size = before;
    }
    if (fragment_counts(u->fragment)) {
        key_str(k, k->size == bare ? "/#" : "#");
        add_normal(k, u->fragment);
    }
    if (k->size == bare && !k->over) {
        size_t domain = domain_size(u->host.at, host);
        k->size = start;
        key_add(k, u->host.at + host - domain, domain);
    }
    return !k->over;
}
