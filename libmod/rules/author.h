/* rules, inside: what the tools for authors share. One rule at a time is run on one text; what is worth
 * saying goes to the caller as a note. */
#ifndef RULES_AUTHOR_H
#define RULES_AUTHOR_H

#include "rules/eval.h"

/* ---- bench.c ---- */

struct bench {
    const struct rules *r;
    const struct rule *rule; /* the one that is run: its tests say what lists outside hold */
    struct text *text;
    struct rules_scratch *scratch;
    int status; /* LMOD_OK, or why nothing can be run any more */
};

/* False: out of memory. bench_close() in any case; it returns the status and fills `e`. */
bool bench_open(struct bench *b, const struct rules *r);
int bench_close(struct bench *b, struct error *e);

/* Searches a text for all terms, to be asked by `rule`. False: the status says why. */
bool bench_begin(
    struct bench *b, const struct rule *rule, const char *text, size_t size, bool html);

/* The rule on the text of a test, without the `not` of `without`. */
enum outcome bench_run(struct bench *b,
                       const struct rule *rule,
                       const struct test_case *t,
                       const struct cond *without,
                       struct hull *hull);

/* ---- prove.c ---- */

/* Would some miss test hit if the `not` of `c` were not there? What to say when none would. */
bool not_guarded(struct bench *b, const struct rule *rule, const struct cond *c);
extern const char not_unguarded[];

/* Calls `each` for every `not` that is not inside another; false: it ended it. */
typedef bool (*each_not)(void *user,
                         struct bench *b,
                         const struct rule *rule,
                         const struct cond *c);
bool rule_nots(struct bench *b, const struct rule *rule, each_not each, void *user);

/* ---- notes ---- */

struct noting {
    rules_note_fn each;
    void *user;
    bool across; /* only what two packs have with one another */
};

/* check.c. False: nobody listens any more. */
bool note(const struct noting *n,
          const struct rule *rule,
          struct place at,
          enum rules_level level,
          const char *format,
          ...) __attribute__((format(printf, 5, 6)));

/* ---- stress.c ---- */

enum { STRESS_BYTES = 4096, STRESS_SLOW_US = 1000 };

struct stress {
    double us;    /* the most CPU time that the rule took on one of the texts */
    bool limited; /* on one of them a pattern was given up */
};

/* Runs the rule on texts that are made to be hard for it. */
void stress_rule(struct bench *b, const struct rule *rule, struct stress *out);

/* ---- doubt.c, rival.c ---- */

/* Terms that are marked: what is in one set and in another. */
enum { STEPS_MAX = 20000 };

struct marks {
    uint32_t *of;   /* by term */
    uint32_t *seen; /* by rule */
    uint32_t stamp, seen_stamp;
    uint32_t steps; /* that a question may still take; at 0 nothing follows from anything */
};

bool marks_open(struct marks *m, const struct rules *r);
void marks_close(struct marks *m);

/* Does `d` hold wherever `c` does, as far as their words and numbers say so? */
bool cond_follows(struct marks *m, const struct cond *c, const struct cond *d);

/* Notes about what can never hold. */
bool doubt_rule(const struct noting *n, struct bench *b, struct marks *m, const struct rule *rule);

/* Notes about a rule that another one makes needless, or contradicts. */
bool rival_rule(const struct noting *n,
                const struct rules *r,
                struct marks *m,
                const struct rule *rule);

/* Notes about a rule of the same id that is about another harm; `ids` are those that were met before.
 * False and `*failed`: out of memory. */
bool namesake(const struct noting *n,
              const struct rules *r,
              struct table *ids,
              const struct rule *rule,
              bool *failed);

#endif
