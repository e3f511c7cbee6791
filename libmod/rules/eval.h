/* rules, inside: the evaluation of one text. Hits are in bytes of their view until a condition asks
 * for the raw text. */
#ifndef RULES_EVAL_H
#define RULES_EVAL_H

#include "rules/pack.h"

enum { TERM_HITS_MAX = 4096, HITS_MAX = 1 << 20, SPANS_MAX = 1024, NO_HIT = UINT32_MAX };
enum { HIT_WHOLE = TEXT_LINKS_MAX };

enum outcome { OUTCOME_FALSE, OUTCOME_UNKNOWN, OUTCOME_TRUE };

/* Of a word or pattern: bytes of its view. Of links: `from` is the link's number, HIT_WHOLE: of the
 * whole text. */
struct hit {
    uint32_t from, to, next;
};

/* A chain of hits in s->hit, ascending. */
struct hits {
    uint32_t first, last, count;
};

struct term_state {
    uint64_t stamp;     /* of the text that this is about */
    struct hits found;  /* spans */
    struct hits around; /* atoms of a pattern */
    bool searched, cut; /* a pattern was run; not all was looked at */
};

/* A span in raw bytes. */
struct span {
    uint32_t from, to, point_from, point_to; /* the latter in code points, for `near` */
    uint32_t entry;
    uint8_t ref, view;
};

struct rules_scratch {
    uint64_t stamp;
    struct term_state *term;
    size_t term_cap;
    uint64_t *rule; /* stamp of the text for which the rule was woken */
    size_t rule_cap;
    uint64_t *entry, entry_stamp;
    size_t entry_cap;
    uint32_t *woken;
    size_t woken_cap, woken_count;
    struct hit *hit;
    size_t hits, hit_cap;
    struct span *span;
    size_t span_cap, spans;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    pcre2_match_data *data;
    /* the text in hand */
    const struct rules *r;
    const struct text_view *view[VIEWS_KNOWN];
    struct text_links links;
    uint32_t link_entry[TEXT_LINKS_MAX];
    const struct rules_outside *outside; /* may be NULL */
    enum view matching;
    uint64_t dl;
    bool failed, flooded;       /* out of memory; more hits than HITS_MAX */
    const struct cond *without; /* its `not` does not count: for tests */
};

/* The hull of what made a condition true. */
struct hull {
    bool any;
    uint32_t from, to;
    uint8_t view;
};

/* eval.c */
int eval_begin(struct rules_scratch *s,
               const struct rules *r,
               struct text *t,
               const struct rules_outside *outside,
               uint64_t dl);
enum outcome eval_rule(struct rules_scratch *s, const struct rule *rule, struct hull *hull);
enum outcome eval_cond(struct rules_scratch *s, const struct cond *c, struct hull *hull);
void hull_add(struct hull *h, uint32_t from, uint32_t to, uint8_t view);

/* search.c: hits of words as the matcher finds them; spans of a pattern when asked for. */
bool search_atom(void *user, uint32_t which, uint32_t from, uint32_t to);
struct term_state *term_at(struct rules_scratch *s, uint32_t term);
struct term_state *term_search(struct rules_scratch *s, uint32_t term);
/* Link number `link` is one of `term`; there are links that were not looked at. */
void found_link(struct rules_scratch *s, uint32_t term, uint32_t link);
void cut_links(struct rules_scratch *s, uint32_t term);
uint32_t raw_from(const struct text_view *v, uint32_t at);
uint32_t raw_to(const struct text_view *v, uint32_t at);

/* link.c: the links of the text to the terms that mean them; what a hit is of the raw text, and as
 * what it counts. */
int search_links(struct rules_scratch *s, struct text *t);
struct text_span
hit_span(const struct rules_scratch *s, const struct term_def *t, const struct hit *h);
uint32_t hit_entry(const struct rules_scratch *s, const struct term_def *t, const struct hit *h);
uint8_t hit_view(const struct term_def *t);

/* near.c */
enum outcome eval_near(struct rules_scratch *s, const struct cond *c, struct hull *hull);
enum outcome eval_count(struct rules_scratch *s, const struct cond *c, struct hull *hull);

#endif
