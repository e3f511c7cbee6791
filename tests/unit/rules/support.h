/* What the tests of the rules room share: packs from text, and a text through them. */
#ifndef TESTS_RULES_SUPPORT_H
#define TESTS_RULES_SUPPORT_H

#include <stdio.h>
#include <string.h>

#include "rules/rules.h"
#include "tap.h"

#define HEAD "format: libmod-rules/1\npack: {id: p, version: v1}\n"

static inline int pack_load(struct rules **out, const char *text, struct error *e)
{
    const struct rules_source s = {"p.yaml", text, strlen(text)};
    return rules_parse(out, &s, 1, e);
}

/* A pack with one rule `r` whose `when` is given, and more keys of the rule. */
static inline struct rules *pack_when(const char *lists, const char *when, const char *more)
{
    static char text[1 << 16];
    struct rules *r = NULL;
    struct error e = {0};
    (void)snprintf(text, sizeof(text),
                   HEAD "%s\nrules:\n  - id: r\n    title: T\n    harm: other\n    action: flag\n"
                        "    when: %s\n%s",
                   lists, when, more);
    if (pack_load(&r, text, &e) != LMOD_OK)
        printf("# %u:%u: %s\n# %s\n", e.line, e.column, e.text, e.excerpt);
    return r;
}

struct found {
    uint32_t n;
    struct match first, last;
    struct rules_outcome outcome;
    int status;
};

static inline void found_hit(void *user, const struct match *m)
{
    struct found *f = user;
    if (f->n++ == 0)
        f->first = *m;
    f->last = *m;
}

static inline struct found pack_scan_who(const struct rules *r,
                                         const char *bytes,
                                         size_t size,
                                         const struct rules_subject *who)
{
    struct found f = {0};
    struct text *t = text_new();
    struct rules_scratch *s = rules_scratch_new(0);
    f.status = text_run(t, bytes, size, rules_views(r));
    if (f.status == LMOD_OK)
        f.status = rules_eval(r, t, who, NULL, s, 0, found_hit, &f, &f.outcome);
    rules_scratch_free(s);
    text_free(t);
    return f;
}

static inline struct found pack_scan(const struct rules *r, const char *text)
{
    return pack_scan_who(r, text, strlen(text), NULL);
}

/* A condition, a text, and the part of it that is the match, in `view`; NULL: no match, any view. */
struct pack_case {
    const char *when, *text, *span, *view;
};

static inline void pack_cases(const char *lists, const struct pack_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct rules *r = pack_when(lists, cases[i].when, "");
        CU_ASSERT_PTR_NOT_NULL(r);
        if (!r)
            continue;
        const char *span = cases[i].span, *text = cases[i].text, *view = cases[i].view;
        const char *at = span ? strstr(text, span) : NULL;
        struct found f = pack_scan(r, text);
        bool good = f.status == LMOD_OK && f.outcome.reasons == 0 && f.n == (span != NULL);
        if (good && span)
            good = at && f.first.from == (uint32_t)(at - text) &&
                   f.first.to == f.first.from + strlen(span) &&
                   (!view || strcmp(f.first.view, view) == 0);
        CU_ASSERT(good);
        if (!good)
            printf("# %s on \"%s\": %d, %u matches, reasons %u, [%u, %u) %s\n", cases[i].when, text,
                   f.status, f.n, f.outcome.reasons, f.first.from, f.first.to,
                   f.n ? f.first.view : "");
        rules_free(r);
    }
}

#endif
