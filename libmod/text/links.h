/* Inside the room: links, from the disguised text to the canonical key. */
#ifndef TEXT_LINKS_H
#define TEXT_LINKS_H

#include <string.h>

#include "text/text.h"

enum {
    KEY_MAX = 2048,    /* of a key, and of a link's host and tail without disguise */
    SCHEME_TAIL = 300, /* of a link of an app's own scheme */
    HOST_MAX = 253,
    LABELS_MAX = 16,
};

struct slice {
    const char *at;
    size_t size;
};

static inline bool slice_is(struct slice s, const char *word)
{
    return text_is(s.at, s.size, word);
}

/* ---- links_keys.c, links_web.c: from a link without disguise to its key ---- */

struct key {
    char bytes[KEY_MAX];
    size_t size;
    uint8_t family;
    bool over; /* it did not fit */
};

void key_begin(struct key *k, uint8_t family); /* writes "family:" */
void key_add(struct key *k, const char *bytes, size_t size);
void key_lower(struct key *k, const char *bytes, size_t size);
static inline void key_str(struct key *k, const char *text)
{
    key_add(k, text, strlen(text));
}

/* A link taken apart; the path is without its first slash, query and fragment without their mark. */
struct url {
    struct slice scheme; /* of an app, lower case; empty: the web's */
    struct slice host, path, query, fragment;
};

/* `text`: host (lower case, no "www.") and tail, or what follows an app's scheme. */
struct url url_split(struct slice scheme, const char *text, size_t size);

/* How much of host and tail is left without the punctuation of the sentence around. */
size_t url_trim(const char *text, size_t size);

/* One of the chat services' hosts, which are looked for in more disguises. */
bool link_service(struct slice host);
/* Writes the key of a link; false: there is none. */
bool link_service_key(struct key *k, const struct url *u);
bool link_web_key(struct key *k, const struct url *u);
bool link_read(struct key *k, struct slice scheme, const char *text, size_t size);
/* Reads a text that is a key of the named family. */
bool link_read_key(struct key *k, const char *text, size_t size);

/* ---- links_read.c: from the fold view to a link without disguise ---- */

enum { SCAN_ALONE = 2 }; /* beside LINKS_HANDLES: the text is one link, which needs no proof */

struct scan {
    const struct text_view *fold, *raw;
    const char *s; /* fold->bytes */
    uint32_t size, want;
    bool same;               /* raw offsets are indexes into the raw view */
    uint32_t done;           /* behind the last link */
    uint32_t word;           /* behind the last word for Telegram; 0: none */
    uint32_t at_from, at_to; /* the last handle that was no link, for want of such a word */
    /* the link that is being read */
    char clean[KEY_MAX];
    uint32_t place[KEY_MAX]; /* behind each byte, in the fold view */
    size_t clean_size, host_size;
    uint32_t from, to;
    struct slice scheme;
};

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool is_alnum(char c)
{
    return is_alpha(c) || is_digit(c);
}
static inline char to_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}
static inline bool among(char c, const char *set)
{
    return c && strchr(set, c);
}
/* The value of a hex digit; -1: it is none. */
static inline int hex_value(char c)
{
    char l = to_lower(c);
    return is_digit(c) ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}
/* The byte at `i`, or a blank outside. */
static inline char at(const struct scan *s, uint32_t i)
{
    return (char)(i < s->size ? s->s[i] : ' ');
}
/* The byte before `i`, or a blank at the start. */
static inline char at_before(const struct scan *s, uint32_t i)
{
    return (char)(i ? at(s, i - 1) : ' ');
}
static inline bool starts(const struct scan *s, uint32_t i, const char *word)
{
    size_t n = strlen(word);
    return i <= s->size && s->size - i >= n && memcmp(s->s + i, word, n) == 0;
}

/* The byte at `i` in the case that the raw text has it in. */
char cased(const struct scan *s, uint32_t i);

/* Each tries what begins at, or has its sign at, `i`; true: clean, scheme, from and to are set. */
bool read_host(struct scan *s, uint32_t i);   /* a dot */
bool read_scheme(struct scan *s, uint32_t i); /* a colon */
bool read_matrix(struct scan *s, uint32_t i); /* @ # ! */
bool read_handle(struct scan *s, uint32_t i); /* @ */
bool read_word(struct scan *s, uint32_t i);   /* a word that announces a handle */

/* Is there a host of a few labels, joined by plain dots, at `i`? Where it ends; 0: no. */
uint32_t plain_host(const struct scan *s, uint32_t i);
/* A top-level domain that is one also without a path. */
bool strong_tld(const char *tld, size_t size);
/* Where `from` … `to` ends up as the link that is read: scheme-less host and tail "text". */
bool clean_set(struct scan *s, const char *prefix, uint32_t from, uint32_t to);

#endif
