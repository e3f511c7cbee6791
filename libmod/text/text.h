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

enum view { VIEW_RAW = 0, VIEW_FOLD = 1, VIEW_SQUEEZE = 2, VIEW_REVERSE = 3, VIEW_PINYIN = 4 };
enum { VIEWS_KNOWN = 5 };
extern const struct term view_terms[]; /* "raw" … */

/* A view: UTF-8 bytes, and for every byte (and the end) the raw offset it came from, ascending (but in
 * what the reverse view turned). */
struct text_view {
    const char *bytes;
    uint32_t size;
    const uint32_t *map;  /* size + 1 */
    const uint32_t *ends; /* squeeze, reverse: where each byte's raw character ends; else NULL */
};

struct text;
struct text *text_new(void); /* NULL: out of memory */
void text_free(struct text *t);

/*
 * Makes the views in `views` (bits 1 << enum view; VIEW_RAW always) of `size` bytes. Invalid UTF-8 never
 * fails: each bad byte becomes U+FFFD. Every view but raw is made of the fold view, which is there then.
 * LMOD_E_MEMORY; LMOD_E_ARGUMENT for a view not built yet.
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

/* ---- literal matcher: immutable, any thread ---- */

struct text_literal {
    const char *bytes;
    uint32_t size;
};

struct matcher;

/* `n` literals in the view's form, none empty; equal ones are allowed. Bytes are copied. */
int matcher_new(struct matcher **out, const struct text_literal *literals, size_t n);
void matcher_free(struct matcher *m);

/* Calls `hit` for every place where literal `which` stands at [from, to) of the view, ascending by
 * `from`; a false return ends the search. */
typedef bool (*matcher_hit)(void *user, uint32_t which, uint32_t from, uint32_t to);
void matcher_run(
    const struct matcher *m, const char *bytes, uint32_t size, matcher_hit hit, void *user);

#endif
