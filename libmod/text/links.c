/* Links of a text: one pass over the fold view for the bytes that links have, and the door. */
#include <stdlib.h>

#include "crypto/crypto.h"
#include "text/links.h"
#include "text/suffix.h"
#include "text/views.h"

/* What a byte of the fold view may be the sign of. */
enum sign {
    SIGN_NONE,
    SIGN_DOT,
    SIGN_BRACKET,
    SIGN_COLON,
    SIGN_AT,
    SIGN_HASH,
    SIGN_D,
    SIGN_HAN,
    SIGN_WORD
};

static const uint8_t signs[256] = {
    ['.'] = SIGN_DOT,     ['['] = SIGN_BRACKET, ['('] = SIGN_BRACKET, ['{'] = SIGN_BRACKET,
    ['<'] = SIGN_BRACKET, [':'] = SIGN_COLON,   ['@'] = SIGN_AT,      ['#'] = SIGN_HASH,
    ['!'] = SIGN_HASH,    ['d'] = SIGN_D,       [0xe7] = SIGN_HAN,    ['t'] = SIGN_WORD,
    ['q'] = SIGN_WORD,    ['p'] = SIGN_WORD,    ['s'] = SIGN_WORD,    ['w'] = SIGN_WORD,
    ['l'] = SIGN_WORD,    [0xe9] = SIGN_WORD,   [0xed] = SIGN_WORD,   [0xe3] = SIGN_WORD,
    [0xe6] = SIGN_WORD,   [0xe4] = SIGN_WORD,
};

/* What the text keeps from run to run. */
struct links {
    struct scan scan;
    struct text_link found[TEXT_LINKS_MAX];
    char *pool; /* keys and hosts, as offsets until all are found */
    size_t size, cap;
    size_t offsets[TEXT_LINKS_MAX][2]; /* of key and host */
    uint32_t n, more, want;
    bool done;
    struct key key;
};

void links_forget(struct links *l)
{
    if (l)
        l->done = false;
}

void links_free(struct links *l)
{
    if (!l)
        return;
    free(l->pool);
    free(l);
}

/* A dot, or what stands for one; the cheap questions first. */
static bool read_dot(struct scan *s, uint32_t i, uint8_t sign)
{
    char before = at_before(s, i), next = at(s, i + 1);
    if (sign == SIGN_D && (before != ' ' || !starts(s, i + 1, "ot ")))
        return false;
    if (sign == SIGN_BRACKET && next != '.' && next != 'd' && next != ' ' && (uint8_t)next != 0xe7)
        return false;
    return (before == ' ' || is_alnum(before) || before == '_' || before == '-') && read_host(s, i);
}

/* May a word that announces a handle begin here? Most letters that could do not. */
static inline bool word_begins(const struct scan *s, uint32_t i)
{
    uint8_t next = (uint8_t)at(s, i + 1);
    char before = at_before(s, i);
    switch ((uint8_t)s->s[i]) {
    case 't':
        return (next == 'g' || next == 'e') && !is_alnum(before);
    case 'q':
        return next == 'q' || next == 0xe7;
    case 'p':
        return next == 'o' && !is_alnum(before);
    case 's':
        return (next == 'i' || next == 'a') && !is_alnum(before);
    case 'w':
        return next == 'h' && !is_alnum(before);
    case 'l':
        return next == 'i' && !is_alnum(before);
    case 0xe3:
        return next == 0x83;
    case 0xe4:
        return next == 0xbc;
    case 0xe6:
        return next == 0x89;
    case 0xe7:
        return next == 0xba || next == 0x94;
    case 0xe9:
        return next == 0xa3;
    default:
        return next == 0x85;
    }
}

static bool read_any(struct scan *s, uint32_t i, uint8_t sign)
{
    switch (sign) {
    case SIGN_COLON:
        return read_scheme(s, i);
    case SIGN_AT:
        return read_matrix(s, i) || read_handle(s, i);
    case SIGN_HASH:
        return read_matrix(s, i);
    case SIGN_WORD:
        return word_begins(s, i) && read_word(s, i);
    case SIGN_HAN:
        return starts(s, i, "\xe7\x82\xb9") ? read_dot(s, i, sign)
                                            : word_begins(s, i) && read_word(s, i);
    default:
        return read_dot(s, i, sign);
    }
}

/* Copies into the pool; the offset by `*offset`. */
static bool keep(struct links *l, const char *bytes, size_t size, size_t *offset)
{
    void *pool = l->pool;
    if (!array_grow(&pool, &l->cap, l->size + size + 1, 1))
        return false;
    l->pool = pool;
    *offset = l->size;
    if (size)
        memcpy(l->pool + l->size, bytes, size);
    l->size += size;
    return true;
}

/* The link that the scan has read; false: out of memory. */
static bool add(struct links *l, const struct key *k)
{
    struct scan *s = &l->scan;
    struct text_link *link = &l->found[l->n];
    struct text_span span = text_span(s->fold, s->from, s->to);
    struct url u = url_split(s->scheme, s->clean, s->host_size ? s->clean_size : 0);
    *link = (struct text_link){.family = k->family,
                               .from = span.from,
                               .to = span.to,
                               .key_size = (uint32_t)k->size,
                               .host_size = (uint32_t)u.host.size};
    if (!keep(l, k->bytes, k->size, &l->offsets[l->n][0]) ||
        !keep(l, u.host.size ? u.host.at : "", u.host.size, &l->offsets[l->n][1]))
        return false;
    l->n++;
    return true;
}

static bool scan(struct links *l)
{
    struct scan *s = &l->scan;
    l->n = l->more = 0;
    l->size = 0;
    s->done = s->word = s->at_from = s->at_to = 0;
    for (uint32_t i = 0; i < s->size; i++) {
        uint8_t sign = signs[(uint8_t)s->s[i]];
        if (!sign || !read_any(s, i, sign))
            continue;
        /* A handle is one of its service or nothing. */
        if (link_read(&l->key, s->scheme, s->clean, s->clean_size) &&
            (s->host_size || l->key.family != LINK_WEB)) {
            if (l->n == TEXT_LINKS_MAX)
                l->more++;
            else if (!add(l, &l->key))
                return false;
        }
        if (s->to > i)
            i = s->to - 1;
        s->done = s->to > s->done ? s->to : s->done;
    }
    for (uint32_t i = 0; i < l->n; i++) {
        l->found[i].key = l->pool + l->offsets[i][0];
        l->found[i].host = l->pool + l->offsets[i][1];
    }
    return true;
}

static int find_links(struct text *t, uint32_t want, struct links **out)
{
    struct links **slot = links_slot(t), *l = *slot;
    const struct text_view *fold = text_get(t, VIEW_FOLD), *raw = text_get(t, VIEW_RAW);
    if (!fold || !raw)
        return LMOD_E_ARGUMENT;
    if (!l)
        *slot = l = calloc(1, sizeof(*l));
    if (!l)
        return LMOD_E_MEMORY;
    *out = l;
    if (l->done && l->want == want)
        return LMOD_OK;
    l->scan.fold = fold;
    l->scan.raw = raw;
    l->scan.s = fold->bytes;
    l->scan.size = fold->size;
    l->scan.want = l->want = want;
    l->scan.same = text_unchanged(t);
    l->done = scan(l);
    return l->done ? LMOD_OK : LMOD_E_MEMORY;
}

int text_links(struct text *t, uint32_t want, struct text_links *out)
{
    struct links *l = NULL;
    *out = (struct text_links){NULL, 0, 0};
    int status = find_links(t, want & LINKS_HANDLES, &l);
    if (!status)
        *out = (struct text_links){l->found, l->n, l->more};
    return status;
}

/* Is there anything but signs in the text outside the link? */
static bool lonely(const struct scan *s, const struct text_link *link)
{
    for (uint32_t i = 0; i < s->size; i++) {
        uint32_t from = s->fold->map[i];
        if ((from < link->from || from >= link->to) && (is_alnum(s->s[i]) || s->s[i] & 0x80))
            return false;
    }
    return true;
}

static int one_link(struct text *t, struct buffer *out, uint8_t *family)
{
    struct links *l = NULL;
    int status = find_links(t, LINKS_HANDLES | SCAN_ALONE, &l);
    if (!status && (l->n != 1 || l->more || !lonely(&l->scan, &l->found[0])))
        status = LMOD_E_ARGUMENT;
    if (status)
        return status;
    *family = l->found[0].family;
    buffer_append(out, l->found[0].key, l->found[0].key_size);
    return out->failed ? LMOD_E_MEMORY : LMOD_OK;
}

int link_key(struct buffer *out, uint8_t *family, const char *text, size_t size)
{
    struct key key;
    while (size && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        size--;
    }
    while (size && (text[size - 1] == ' ' || text[size - 1] == '\t' || text[size - 1] == '\r' ||
                    text[size - 1] == '\n'))
        size--;
    if (size <= KEY_MAX && link_read_key(&key, text, size)) {
        *family = key.family;
        buffer_append(out, key.bytes, key.size);
        return out->failed ? LMOD_E_MEMORY : LMOD_OK;
    }
    struct text *t = text_new();
    int status = t ? text_run(t, text, size, 1u << VIEW_FOLD) : LMOD_E_MEMORY;
    if (!status)
        status = one_link(t, out, family);
    text_free(t);
    return status;
}

/* ---- what lists hold of keys ---- */

static const char web[] = "web:";
enum { WEB = sizeof(web) - 1 };

/* The registrable domain in a key of the web that is of more than that; empty: there is none. */
static struct slice key_domain(const char *key, size_t size)
{
    size_t end = WEB;
    if (size <= WEB || memcmp(key, web, WEB) != 0)
        return (struct slice){"", 0};
    while (end < size && key[end] != '/' && key[end] != '?' && key[end] != '#')
        end++;
    size_t domain = end > WEB ? domain_size(key + WEB, end - WEB) : 0;
    if (domain == size - WEB)
        domain = 0;
    return (struct slice){key + end - domain, domain};
}

bool link_covers(const char *listed, size_t listed_size, const char *key, size_t size)
{
    if (listed_size == size && memcmp(listed, key, size) == 0)
        return true;
    struct slice domain = key_domain(key, size);
    return domain.size && listed_size == WEB + domain.size && memcmp(listed, web, WEB) == 0 &&
           memcmp(listed + WEB, domain.at, domain.size) == 0;
}

bool link_digests(struct link_digests *out, struct hasher *h, const char *key, size_t size)
{
    char whole[WEB + HOST_MAX];
    struct slice domain = key_domain(key, size);
    out->n = 1;
    if (!hasher_run(h, out->sha256[0], key, size))
        return false;
    if (!domain.size || domain.size > HOST_MAX)
        return true;
    memcpy(whole, web, WEB);
    memcpy(whole + WEB, domain.at, domain.size);
    out->n = 2;
    return hasher_run(h, out->sha256[1], whole, WEB + domain.size);
}

int link_listed(struct link_digests *out, const char *text, size_t size)
{
    struct buffer key = BUFFER_INIT;
    struct hasher *h = hasher_new();
    uint8_t family = 0;
    int status = h ? link_key(&key, &family, text, size) : LMOD_E_MEMORY;
    if (status == LMOD_OK && !link_digests(out, h, key.data, key.size))
        status = LMOD_E_MEMORY;
    buffer_finish(&key);
    hasher_free(h);
    return status;
}
