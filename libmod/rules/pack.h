/* rules, inside: what a pack becomes. Terms (words and patterns in one view) are shared by all rules
 * that name them; conditions refer to terms by number. */
#ifndef RULES_PACK_H
#define RULES_PACK_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/rules.h"
#include "yaml/yaml.h"

enum bound { BOUND_AUTO, BOUND_WORD, BOUND_START, BOUND_NONE };
enum { NEAR_MAX = 6, ATOMS_MAX = 64, UNBOUNDED = UINT32_MAX, NAME_MAX_BYTES = 64 };
enum { OUTSIDE_NONE = UINT32_MAX };

/* Where something stands in its pack. */
struct place {
    uint32_t line, column;
};

/* A piece of a word between white space, in the view's form. */
struct piece {
    const char *bytes;
    uint32_t size;
};

/* Which links are meant: of one of the families, on one of the hosts and on the list, where the rule
 * names some. */
struct link_def {
    uint32_t families;  /* bits 1 << enum link_family */
    struct piece *host; /* folded; their sub-domains too */
    uint32_t hosts;
    uint32_t list; /* number in r->outside, or OUTSIDE_NONE */
    bool whole;    /* no link: the whole text is like one on the list */
};

/* One thing to search for in one view. */
struct term_def {
    bool regex;
    uint8_t view, bound;
    uint32_t entry; /* the same for one word or pattern in several views */
    const char *source;
    const char *syllables; /* view pinyin: by these it is known, not by its source; else NULL */
    const struct link_def *link; /* NULL: a word or pattern; its hits are numbers of links */
    /* words: edges are demanded where the flags say so; `atom` is the piece that the matcher finds */
    struct piece *piece;
    uint32_t pieces, atom;
    /* patterns */
    pcre2_code *code;
    uint32_t before; /* most code points of a match before its atom; UNBOUNDED */
    bool has_atoms;
    struct piece *atoms;
    uint32_t atom_count;
    /* rules that this term makes worth evaluating */
    uint32_t *rule;
    uint32_t rules;
};

/* Terms of a leaf or list. */
struct term_set {
    uint32_t *term;
    uint32_t n, cap;
};

enum cond_kind { COND_GROUP, COND_SET, COND_NEAR, COND_COUNT };

struct cond {
    enum cond_kind kind;
    struct place place;
    /* COND_GROUP: all of `all`, one of `any` when there are some, none of `none` */
    struct cond *all, *any, *none; /* first of a chain by `next` */
    struct cond *next;
    bool has_any, negated; /* negated: stands under a `not` */
    /* COND_SET: set[0]; COND_NEAR: one span of each; COND_COUNT: the spans of all */
    struct term_set *set;
    uint32_t sets;
    uint32_t within, min;
    bool ordered, distinct;
};

struct globs {
    const char **glob;
    uint32_t n;
    bool present, inverted;
};

struct scope {
    bool present, has_min, has_max, has_surfaces;
    uint32_t surfaces; /* bits by LMOD_SURFACE_* */
    struct globs rooms, senders, hosts;
    uint8_t encrypted, direct; /* 0, 1, RULES_UNSET: any */
    uint64_t age_min, age_max;
};

/* The values that a subject of a test has; strings belong to the pack. */
struct test_case {
    struct place place;
    const char *text;
    size_t size;
    struct rules_subject who;
    uint8_t view; /* RULES_UNSET: any */
    bool html, has_span;
    uint32_t from, to;
};

/* What a test's list has: the key of a link, or a text. */
struct given {
    struct given *next;
    uint32_t list; /* number in r->outside */
    struct piece key;
    const struct sketch *text; /* NULL: a link */
};

struct rule {
    const struct pack *pack;
    const char *id, *title, *harm, *note;
    struct place place;
    uint8_t severity, action, mode, on_limit;
    float score;
    struct scope scope;
    struct cond *when;
    struct test_case *hit, *miss;
    uint32_t hits, misses;
    struct given *given;
    uint32_t evasions; /* bits 1 << enum evasion: disguises that hit tests are tried in */
    double min_recall; /* of them, for each kind */
    struct place evade;
    bool always; /* some way to hold needs no atom */
};

/* The terms of a list as one rule sees it. */
struct variant {
    struct variant *next;
    uint32_t views;
    uint8_t bound;
    struct term_set set;
};

struct word_list {
    const char *id;
    struct place place;
    const struct yaml_node *words;
    uint32_t outside; /* number in r->outside; OUTSIDE_NONE: it has words */
    uint32_t views;   /* bits; 0: the rule's */
    uint8_t bound;    /* RULES_UNSET: the rule's */
    struct variant *variants;
    bool used;
};

struct pack {
    const char *id, *version, *maintainer, *file;
    struct yaml *yaml;
    uint8_t bound, mode, on_limit;
    uint32_t views; /* bits */
    struct word_list *list;
    uint32_t lists;
    uint32_t first_rule, rules;
};

struct note {
    struct note *next;
    const struct pack *pack;
    const char *rule;
    struct place place;
    enum rules_level level;
    const char *text;
};

struct block;

/* A literal of the matcher and the term it speaks for. */
struct atom_use {
    uint32_t term, literal, next; /* next use of the same literal, or UINT32_MAX */
};

struct view_index {
    struct matcher *matcher;
    uint32_t *first; /* by literal: its first use */
    uint32_t literals;
};

/* A table from bytes to numbers, for sharing terms and literals. */
struct slot_key {
    uint64_t hash;
    uint32_t number; /* 0: free; else number + 1 */
};

struct table {
    struct slot_key *slot;
    size_t cap, used;
};

struct rules {
    struct block *blocks;
    struct pack *pack;
    size_t packs;
    struct rule *rule;
    size_t rules, rules_cap;
    struct term_def *term;
    size_t terms, terms_cap;
    uint32_t entries;
    struct rules_list *outside;
    size_t outsides, outside_cap;
    uint32_t *link_term; /* the terms that are of links */
    uint32_t link_terms;
    struct table term_table;
    struct view_index view[VIEWS_KNOWN];
    struct atom_use *use;
    size_t uses, uses_cap;
    uint32_t *always; /* rules to evaluate on every text */
    size_t always_count;
    uint32_t views;     /* bits */
    pcre2_code *letter; /* one letter, mark or digit */
    pcre2_compile_context *compile;
    struct note *notes, **notes_end;
};

/* What reading a pack carries along. */
struct load {
    struct rules *r;
    struct pack *pack;
    struct rule *rule; /* NULL outside a rule */
    struct error *e;
    uint32_t negated; /* depth of `not` */
    bool positive;    /* a leaf outside `not` was read */
};

/* memory.c: memory that lives as long as the rules; zeroed, NULL when there is none. */
void *keep(struct rules *r, size_t n, size_t item);
const char *keep_text(struct rules *r, const char *bytes, size_t size);
void keep_free(struct rules *r);
uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t size);
/* The slot of a hash for which `same` says so, or a free one; NULL when memory runs out. */
struct slot_key *table_find(struct table *t,
                            uint64_t hash,
                            bool (*same)(const void *user, uint32_t number),
                            const void *user);

/* read.c: values with their messages. All return a status. */
int bad(const struct load *l, const struct yaml_node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int warn(const struct load *l, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int read_keys(const struct load *l,
              const struct yaml_node *map,
              const char *where,
              const char *const *known,
              size_t n);
int read_choice(const struct load *l,
                const struct yaml_node *n,
                const char *what,
                const struct term *terms,
                uint32_t *out);
int read_id(const struct load *l, const struct yaml_node *n, const char *what, const char **out);
int read_text(const struct load *l, const struct yaml_node *n, const char *what, const char **out);
int read_number(const struct load *l,
                const struct yaml_node *n,
                const char *what,
                uint64_t low,
                uint64_t high,
                uint64_t *out);
int read_truth(const struct load *l, const struct yaml_node *n, const char *what, bool *out);
int read_views(const struct load *l, const struct yaml_node *n, uint32_t *out);
int read_bound(const struct load *l, const struct yaml_node *n, uint8_t *out);
extern const struct term bound_terms[];

/* cond.c, rule.c, scope.c, cases.c */
int read_manners(const struct load *l,
                 const struct yaml_node *map,
                 uint32_t *views,
                 uint8_t *bound,
                 uint8_t *mode,
                 uint8_t *on_limit);
int read_lists(struct load *l, const struct yaml_node *map);
int read_cond(
    struct load *l, const struct yaml_node *map, uint32_t views, uint8_t bound, struct cond **out);
int read_rule(struct load *l, const struct yaml_node *map);
int read_scope(struct load *l, const struct yaml_node *map, struct scope *out);
int read_tests(struct load *l, const struct yaml_node *map);
bool scope_holds(const struct scope *s, const struct rules_subject *who);

/* The list that `n` names, or the message that there is none. */
int find_list(struct load *l, const struct yaml_node *n, struct word_list **out);

/* link.c: {link: …}; file and config of a list; given of tests, and whether it has a link or what is
 * like a text. */
int read_link(struct load *l, const struct yaml_node *n, struct term_set *set);
int read_outside(struct load *l, const struct yaml_node *map, struct word_list *list);
int read_given(struct load *l, const struct yaml_node *map);
bool given_has(const struct rule *rule, uint32_t list, const struct text_link *link);
bool given_like(const struct rule *rule, uint32_t list, const struct sketch *text);

/* What a term is known by while it is looked up. */
struct wanted {
    const struct rules *r;
    const char *bytes;
    size_t size;
    uint8_t view, bound;
    bool regex;
};

/* term.c: the term of a word or pattern, made when it is new, put into `set`. */
int term_word(
    struct load *l, const struct yaml_node *n, uint32_t views, uint8_t bound, struct term_set *set);
int term_regex(struct load *l, const struct yaml_node *n, uint32_t views, struct term_set *set);
int term_link(struct load *l, const struct link_def *def, struct term_set *set);
int set_add(struct load *l, struct term_set *set, uint32_t term);
/* The term of `n` in each of `views`, made where it is new; all of them are one entry, `*entry`. */
typedef int (*term_make)(struct load *l, const struct yaml_node *n, struct term_def *t);
int term_in_views(struct load *l,
                  const struct yaml_node *n,
                  struct wanted *w,
                  uint32_t views,
                  term_make make,
                  struct term_set *set,
                  uint32_t *entry);
/* Splits a word in its view's form at white space; the longest piece is what the matcher looks for. */
int term_split(struct load *l, struct term_def *t, const char *bytes, size_t size);

/* reading.c: a word in view pinyin, which is one of `views`; whether some short one of it would make a
 * rule true alone. */
int term_reading(struct load *l,
                 const struct yaml_node *n,
                 uint32_t views,
                 uint8_t bound,
                 struct term_set *set,
                 uint32_t *entry);
int check_readings(const struct load *l, const struct cond *when);

/* index.c: matchers, and which rule a term wakes. */
int rules_index(struct rules *r, struct error *e);

/* script.c */
enum script { SCRIPT_NONE, SCRIPT_SPACED, SCRIPT_HANGUL, SCRIPT_JOINED };
uint32_t code_point(const char *bytes, size_t size, uint32_t *length);
uint32_t code_point_before(const char *bytes, size_t at);
/* The kind of letter or digit; SCRIPT_JOINED is written without spaces (Han, Kana, Thai …). */
enum script script_of(const struct rules *r, pcre2_match_data *data, uint32_t c);
bool is_han(uint32_t c);
bool is_space(uint32_t c);

#endif
