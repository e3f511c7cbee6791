/*
 * rules: rule packs (docs/reference/rules.md) checked and compiled, and their evaluation over the
 * views of a text. Compiled rules are immutable and shared by threads; each thread has a scratch.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "text/text.h"

#define RULES_FORMAT "libmod-rules/1"

enum { RULES_PACK_MAX = 64 << 20, RULES_MATCH_LIMIT = 10000, RULES_UNSET = 255 };

struct rules;

/* A pack in memory; `name` is what messages call it. */
struct rules_source {
    const char *name;
    const void *bytes;
    size_t size;
};

/* Loads packs; `*out` is owned by the caller. LMOD_E_RULES with the place, LMOD_E_IO, LMOD_E_MEMORY. */
int rules_load(struct rules **out, const char *const *paths, size_t n, struct error *e);
int rules_parse(struct rules **out, const struct rules_source *packs, size_t n, struct error *e);
void rules_free(struct rules *r);

/* The views that rules_eval() reads: bits 1 << enum view. 0 when there is no rule. */
uint32_t rules_views(const struct rules *r);

/* Memory of the literal matchers of all views; for benchmarks. */
size_t rules_matcher_bytes(const struct rules *r);

struct rules_pack {
    const char *id, *version, *maintainer, *file; /* maintainer may be NULL */
    size_t rules;
};

size_t rules_packs(const struct rules *r);
struct rules_pack rules_pack_at(const struct rules *r, size_t i);

/* A list of links and texts that rules name and that does not stand in their pack. */
struct rules_list {
    const char *pack, *id; /* the pack's id, and what the pack calls the list */
    const char *file,
        *config; /* one of them: the path of a list file, or the id of a list of the config */
    const char *pack_file; /* where it is named */
    uint32_t line, column;
};

size_t rules_lists(const struct rules *r);
struct rules_list rules_list_at(const struct rules *r, size_t i);

/*
 * What is asked while a text is evaluated, about links by their number in its text_links(). Any may
 * be NULL: no list has a link, every link counts, no list has a text like it.
 */
struct rules_outside {
    bool (*listed)(void *user, size_t list, uint32_t link); /* is it on list number `list`? */
    bool (*allowed)(void *user, uint32_t link);             /* it counts for no rule */
    bool (*like)(void *user, size_t list); /* is the whole text like one on the list? */
    void *user;
};

/* Who sent a text and where. NULL, RULES_UNSET and false `has_` are unknown: in every scope. */
struct rules_subject {
    const char *host, *room, *sender; /* bytes, not NUL-terminated */
    size_t host_length, room_length, sender_length;
    uint32_t surface; /* LMOD_SURFACE_* */
    uint64_t sender_age_days;
    bool has_surface, has_age;
    uint8_t encrypted, direct; /* 0, 1, RULES_UNSET */
};

/* Reusable memory of one thread; serves any rules. `match_limit` is PCRE2's, 0: RULES_MATCH_LIMIT. */
struct rules_scratch;
struct rules_scratch *rules_scratch_new(uint32_t match_limit);
void rules_scratch_free(struct rules_scratch *s);

/* What could not be decided: rules whose outcome hangs on a search that hit a limit. */
struct rules_outcome {
    uint32_t reasons;          /* REASON_LIMIT or 0 */
    uint8_t on_limit;          /* highest `on_limit` of those rules: enum action */
    uint8_t on_limit_enforced; /* the same, of the rules in enforce only */
};

/* One match per rule that holds, in the order of the packs. Strings live as long as the rules;
 * own_action is ACTION_ALLOW for a rule that only scores; mode is enum mode. */
typedef void (*rules_hit)(void *user, const struct match *m);

/*
 * Evaluates every rule on a text whose views are made (rules_views()). `who` and `outside` may be NULL. Past `dl`
 * (CLOCK_MONOTONIC ns, 0: none) what is left is a limit. LMOD_E_MEMORY, LMOD_E_ARGUMENT (a view is
 * missing).
 */
int rules_eval(const struct rules *r,
               struct text *t,
               const struct rules_subject *who,
               const struct rules_outside *outside,
               struct rules_scratch *s,
               uint64_t dl,
               rules_hit hit,
               void *user,
               struct rules_outcome *out);

/* ---- for authors ---- */

enum rules_level { RULES_INFO, RULES_WARNING, RULES_ERROR };
extern const struct term rules_level_terms[]; /* "info", "warning", "error" */

struct rules_note {
    const char *pack, *rule, *file; /* rule may be NULL */
    uint32_t line, column;
    enum rules_level level;
    const char *text;
    const char *cost; /* of a rule's row: "words", "window", "text" or "always"; else NULL */
    double worst_us;  /* of a rule's row: CPU time on the hardest text of 4 KiB tried; else -1 */
};

typedef bool (*rules_note_fn)(void *user, const struct rules_note *n);

/* What a reader of the pack should know: warnings, rules without atoms, a `not` without a test, what can
 * never hold, rules that others make needless, slow ones, and for each rule views, atoms and cost. A false
 * return ends it. */
int rules_check(const struct rules *r, rules_note_fn each, void *user, struct error *e);

/* The same for what rules of different packs have with one another, and only that. */
int rules_check_across(const struct rules *r, rules_note_fn each, void *user, struct error *e);

struct rules_test {
    const char *pack, *rule, *kind, *file; /* kind: "hit", "miss", "not", or an evasion: "leet" */
    uint32_t line, column;
    uint32_t n; /* number of the test in its kind, from 1; of an evasion, of its kind in the rule */
    bool ok;
    const char *why; /* NULL when ok */
    double recall;   /* of an evasion: the share of `tried` disguised texts that hit; else -1 */
    uint32_t tried;  /* 0: the kind changes nothing in these texts, and was skipped */
    /* Of a test that is not ok: */
    const char
        *text; /* that was tried, `size` bytes; of an evasion the first that was missed; or NULL */
    size_t size;
    const char *view; /* where the rule holds in it, or NULL: bytes [from, to) */
    uint32_t from, to;
    bool wanted; /* the test wants [want_from, want_to) */
    uint32_t want_from, want_to;
    const char *cause;         /* of a hit that does not: what is not there; or NULL */
    const char *const *others; /* ids of other rules that hold in the text */
    size_t others_count;
};

typedef bool (*rules_test_fn)(void *user, const struct rules_test *t);

/* Runs the tests of every rule. */
int rules_test_run(const struct rules *r, rules_test_fn each, void *user, struct error *e);

#endif
