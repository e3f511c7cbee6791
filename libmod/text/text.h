/*
 * text: UTF-8, normalised views with maps back to raw bytes, and the literal matcher. No I/O, no
 * allocation per text once the scratch has grown; any thread, one scratch each.
 */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum view {
    VIEW_RAW = 0,
    VIEW_FOLD = 1,
    VIEW_SQUEEZE = 2,
    VIEW_REVERSE = 3,
    VIEW_PINYIN = 4,
    VIEW_LINK = 5, /* of no bytes: see text_links() */
};
enum { VIEWS_KNOWN = 6 };
extern const struct term view_terms[]; /* "raw" … */

/* A view: UTF-8 bytes, and for every byte (and the end) the raw offset it came from, ascending (but in
 * what the reverse view turned). */
struct text_view {
    const char *bytes;
    uint32_t size;
    const uint32_t *map; /* size + 1 */
    const uint32_t
        *ends; /* squeeze, reverse, pinyin: where each byte's raw character ends; else NULL */
};

struct text;
struct text *text_new(void); /* NULL: out of memory */
void text_free(struct text *t);

/*
 * Makes the views in `views` (bits 1 << enum view; VIEW_RAW always) of `size` bytes. Invalid UTF-8 never
 * fails: each bad byte becomes U+FFFD. Every view but raw is made of the fold view, which is there then.
 * LMOD_E_MEMORY; LMOD_E_ARGUMENT for what is no view of bytes.
 */
int text_run(struct text *t, const void *bytes, size_t size, uint32_t views);
/* The same of a text in HTML: the raw view is what a reader sees of it, with the addresses of its links. */
int text_run_html(struct text *t, const void *bytes, size_t size, uint32_t views);
const struct text_view *text_get(const struct text *t, enum view v); /* NULL: not made */

/*
 * The raw bytes [from, to) of a hit at [from, to) of a view: whole characters of the raw text, with what
 * the view dropped behind them (a decomposed accent, a zero-width joiner).
 */
struct text_span {
    uint32_t from, to;
};
struct text_span text_span(const struct text_view *v, uint32_t from, uint32_t to);

/* One literal or pattern through a view, as rule words are. Appends to `out`. */
int text_fold(struct buffer *out, const char *bytes, size_t size, enum view v);

/*
 * A Chinese word in the form of VIEW_PINYIN, each syllable one character. Some characters are read in
 * several ways: way 0 is the usual one, which texts are read in. Appends to `out`. LMOD_E_ARGUMENT: the
 * word has no Chinese character, or letters of another script than Latin, or fewer ways.
 */
int text_reading(struct buffer *out, const char *bytes, size_t size, uint32_t way);

/* ---- links ---- */

enum link_family {
    LINK_TELEGRAM = 1,
    LINK_DISCORD = 2,
    LINK_MATRIX = 3,
    LINK_WHATSAPP = 4,
    LINK_LINE = 5,
    LINK_SIGNAL = 6,
    LINK_QQ = 7,
    LINK_POTATO = 8,
    LINK_SAFEW = 9,
    LINK_WEB = 10,
};
extern const struct term link_family_terms[]; /* "telegram" … */

/* A URL, invite or handle. The strings are not terminated and are borrowed like the set. */
struct text_link {
    uint8_t family;
    uint32_t from, to; /* bytes of the raw text */
    const char *key;   /* "family:…": one for each identity; at most 2 KiB of UTF-8 */
    uint32_t key_size;
    const char *host; /* without "www."; empty for a handle or an app's own scheme */
    uint32_t host_size;
};

struct text_links {
    const struct text_link *links; /* ascending and apart */
    uint32_t size;                 /* at most TEXT_LINKS_MAX */
    uint32_t more;                 /* found behind those */
};
enum { TEXT_LINKS_MAX = 64 };

/* Every "@name" is a Telegram handle, not only those beside a word for Telegram. */
enum { LINKS_HANDLES = 1 };

/*
 * The links of the text of the last text_run(), which must have made VIEW_FOLD; `want` of LINKS_*. Found
 * on the first call and borrowed until the next run. LMOD_E_MEMORY; LMOD_E_ARGUMENT without the view.
 */
int text_links(struct text *t, uint32_t want, struct text_links *out);

/*
 * The key of one link as a moderator writes it, in any spelling, or of what is a key already. Appends to
 * `out`. LMOD_E_ARGUMENT when the text is none or more than one.
 */
int link_key(struct buffer *out, uint8_t *family, const char *text, size_t size);

/* Whether a list that has the key `listed` has `key`: it is the same, or a page of that domain. */
bool link_covers(const char *listed, size_t listed_size, const char *key, size_t size);

/* The digests by which a list may have a key: of itself, and of the key of its registrable domain when
 * it is a page of one. */
struct link_digests {
    uint32_t n; /* 1 or 2 */
    uint8_t sha256[2][32];
};
struct hasher;
/* False: out of memory. */
bool link_digests(struct link_digests *out, struct hasher *h, const char *key, size_t size);

/* The digests of one link as link_key() takes it, and its statuses. */
int link_listed(struct link_digests *out, const char *text, size_t size);

/* ---- near-duplicates ---- */

/*
 * The sketch of the words of the text of the last text_run(), which must have made VIEW_FOLD; of scripts
 * without spaces, of characters and pairs of them. TEXT_VERSION names which words and pairs count. False: the view
 * was not made. Fewer than SKETCH_LEAST values: too little to compare.
 */
bool text_sketch(const struct text *t, const struct sketch_key *key, struct sketch *out);

/* What it is made of, one by one; the same one may come twice. */
typedef void (*text_feature)(void *user, uint64_t feature);
bool text_features(const struct text *t, text_feature each, void *user);

/* Of one text, as lists have it. LMOD_E_ARGUMENT: there is too little of it; LMOD_E_MEMORY. */
int text_listed(struct sketch *out, const char *bytes, size_t size);

/* ---- literal matcher: immutable, any thread ---- */

struct text_literal {
    const char *bytes;
    uint32_t size;
};

struct matcher;

/* `n` literals in the view's form, none empty; equal ones are allowed. Bytes are copied. */
int matcher_new(struct matcher **out, const struct text_literal *literals, size_t n);
void matcher_free(struct matcher *m);
size_t matcher_bytes(const struct matcher *m); /* of memory; for benchmarks; 0 for NULL */

/* Calls `hit` for every place where literal `which` stands at [from, to) of the view, ascending by
 * `from`; a false return ends the search. */
typedef bool (*matcher_hit)(void *user, uint32_t which, uint32_t from, uint32_t to);
void matcher_run(
    const struct matcher *m, const char *bytes, uint32_t size, matcher_hit hit, void *user);

#endif
