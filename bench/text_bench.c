/*
 * The C side of bench/text: generated rules and messages, and one measurement a call.
 *
 *     text-bench rules N VIEW          libmod: load ms, messages/s, p50 and p99 in µs, hits
 *     text-bench pcre2 N MESSAGES      a loop over N patterns by PCRE2-JIT: compile ms, messages/s, hits
 *     text-bench views VIEW            MB/s of making a view with its map: English, Chinese
 *     text-bench dump N DIR            the same rules and messages as files, for the peers
 *
 * VIEW: fold, or fold+squeeze for rules of which half ask for each. All by CPU time of one thread.
 * Four of five rules are a keyword or two, one is a pattern with a bounded gap; half are Chinese. One
 * message in fifty holds something that a rule looks for.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <inttypes.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/rules.h"
#include "text/text.h"

enum { MESSAGES = 20000, MESSAGE_BYTES = 135, ROUNDS = 5, PATTERN_MAX = 256 };

static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "text-bench: %s\n", what);
    exit(1);
}

/* ---- generated text; a fixed sequence for everybody ---- */

static uint64_t state;

static uint32_t next(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

/* A word of consonants and vowels in turns. */
static void english(struct buffer *out, uint32_t syllables)
{
    static const char consonant[] = "bcdfghjklmnprstvwz", vowel[] = "aeiou";
    for (uint32_t i = 0; i < syllables; i++) {
        buffer_append(out, consonant + next(sizeof(consonant) - 1), 1);
        buffer_append(out, vowel + next(sizeof(vowel) - 1), 1);
    }
}

/* One of the 2 000 ideographs from U+5000 on. */
static void chinese(struct buffer *out, uint32_t characters)
{
    for (uint32_t i = 0; i < characters; i++) {
        uint32_t c = 0x5000 + next(2000);
        char utf8[3] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)),
                        (char)(0x80 | (c & 63))};
        buffer_append(out, utf8, 3);
    }
}

static void word(struct buffer *out, bool han, uint32_t length)
{
    if (han)
        chinese(out, length);
    else
        english(out, length);
}

/* What a rule looks for: `b` empty for a keyword, else both within a gap. */
struct wanted {
    struct buffer a, b;
    bool han;
};

static struct wanted *make_wanted(size_t n)
{
    struct wanted *w = calloc(n, sizeof(*w));
    need(w != NULL, "out of memory");
    state = 17;
    for (size_t i = 0; i < n; i++) {
        w[i].han = i % 2;
        word(&w[i].a, w[i].han, w[i].han ? 3 + next(2) : 3 + next(3));
        if (i % 5 == 4)
            word(&w[i].b, w[i].han, w[i].han ? 2 : 3);
        else if (!w[i].han && i % 3 == 0) {
            buffer_str(&w[i].a, " ");
            english(&w[i].a, 2 + next(2));
        }
    }
    return w;
}

static void pattern_of(const struct wanted *w, struct buffer *out)
{
    const char *edge = w->han ? "" : "\\b";
    if (w->b.size)
        buffer_printf(out, "%s.{0,20}%s", w->a.data, w->b.data);
    else
        buffer_printf(out, "%s%s%s", edge, w->a.data, edge);
}

static char **make_messages(const struct wanted *w, size_t n)
{
    char **m = calloc(MESSAGES, sizeof(*m));
    need(m != NULL, "out of memory");
    state = 4711;
    for (size_t i = 0; i < MESSAGES; i++) {
        struct buffer b = BUFFER_INIT;
        bool han = i % 2;
        while (b.size < MESSAGE_BYTES) {
            if (i % 50 == 0 && b.size > 40 && b.size < 60) {
                const struct wanted *x = &w[next((uint32_t)n)];
                buffer_append(&b, x->a.data, x->a.size);
                buffer_str(&b, " ");
                if (x->b.size)
                    buffer_append(&b, x->b.data, x->b.size);
            } else
                word(&b, han, han ? 1 + next(6) : 1 + next(4));
            buffer_str(&b, han ? (next(4) ? "" : "，") : " ");
        }
        m[i] = buffer_take(&b, NULL);
        need(m[i] != NULL, "out of memory");
    }
    return m;
}

/* ---- libmod ---- */

static void make_pack(const struct wanted *w, size_t n, bool squeeze, struct buffer *out)
{
    buffer_str(out, "format: libmod-rules/1\npack: {id: bench, version: '1'}\nrules:\n");
    for (size_t i = 0; i < n; i++) {
        const char *view = squeeze && i % 4 == 1 ? ", view: squeeze" : "";
        buffer_printf(out, "  - {id: r%zu, title: T, harm: other, action: flag, when: {", i);
        if (w[i].b.size)
            buffer_printf(out, "re: '%s.{0,20}%s'", w[i].a.data, w[i].b.data);
        else
            buffer_printf(out, "word: '%s'%s", w[i].a.data, view);
        buffer_str(out, "}}\n");
    }
}

static void count_hit(void *user, const struct match *m)
{
    (void)m;
    ++*(size_t *)user;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int run_rules(size_t n, bool squeeze)
{
    struct buffer pack = BUFFER_INIT;
    struct rules *rules = NULL;
    struct error e = {0};
    struct wanted *w = make_wanted(n);
    char **m = make_messages(w, n);
    make_pack(w, n, squeeze, &pack);
    double start = cpu_ms();
    const struct rules_source source = {"bench", pack.data, pack.size};
    need(rules_parse(&rules, &source, 1, &e) == LMOD_OK, e.text);
    double load = cpu_ms() - start, best = 1e9;
    double *us = calloc(MESSAGES, sizeof(*us));
    struct text *t = text_new();
    struct rules_scratch *s = rules_scratch_new(0);
    size_t hits = 0;
    need(us && t && s, "out of memory");
    for (int round = 0; round < ROUNDS; round++) {
        hits = 0;
        double begin = cpu_ms();
        for (size_t i = 0; i < MESSAGES; i++) {
            struct rules_outcome out = {0};
            need(text_run(t, m[i], strlen(m[i]), rules_views(rules)) == LMOD_OK &&
                     rules_eval(rules, t, NULL, s, 0, count_hit, &hits, &out) == LMOD_OK,
                 "no verdict");
        }
        double took = cpu_ms() - begin;
        best = took < best ? took : best;
    }
    for (size_t i = 0; i < MESSAGES; i++) {
        struct rules_outcome out = {0};
        size_t more = 0;
        double begin = cpu_ms();
        (void)text_run(t, m[i], strlen(m[i]), rules_views(rules));
        (void)rules_eval(rules, t, NULL, s, 0, count_hit, &more, &out);
        us[i] = (cpu_ms() - begin) * 1e3;
    }
    qsort(us, MESSAGES, sizeof(*us), by_value);
    (void)printf("%.1f %.0f %.2f %.2f %zu\n", load, MESSAGES * 1e3 / best, us[MESSAGES / 2],
                 us[MESSAGES * 99 / 100], hits);
    return 0;
}

/* ---- PCRE2, one pattern after the other ---- */

static int run_pcre2(size_t n, size_t messages)
{
    struct wanted *w = make_wanted(n);
    char **m = make_messages(w, n);
    pcre2_code **code = calloc(n, sizeof(*code));
    pcre2_match_data *data = pcre2_match_data_create(8, NULL);
    size_t hits = 0;
    need(code && data, "out of memory");
    double start = cpu_ms();
    for (size_t i = 0; i < n; i++) {
        struct buffer p = BUFFER_INIT;
        int why;
        PCRE2_SIZE at;
        pattern_of(&w[i], &p);
        code[i] = pcre2_compile((PCRE2_SPTR)p.data, p.size, PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS,
                                &why, &at, NULL);
        need(code[i] && pcre2_jit_compile(code[i], PCRE2_JIT_COMPLETE) == 0, "no pattern");
        buffer_finish(&p);
    }
    double load = cpu_ms() - start, begin = cpu_ms();
    for (size_t i = 0; i < messages; i++)
        for (size_t k = 0; k < n; k++)
            hits += pcre2_match(code[k], (PCRE2_SPTR)m[i], strlen(m[i]), 0, PCRE2_NO_UTF_CHECK,
                                data, NULL) > 0;
    (void)printf("%.1f %.1f %zu\n", load, (double)messages * 1e3 / (cpu_ms() - begin), hits);
    return 0;
}

/* ---- views ---- */

static double speed_of(char **m, bool han, uint32_t views)
{
    struct text *t = text_new();
    double best = 1e9;
    size_t bytes = 0;
    need(t != NULL, "out of memory");
    for (int round = 0; round < ROUNDS; round++) {
        double begin = cpu_ms();
        bytes = 0;
        for (size_t i = han; i < MESSAGES; i += 2) {
            size_t size = strlen(m[i]);
            need(text_run(t, m[i], size, views) == LMOD_OK, "no view");
            bytes += size;
        }
        double took = cpu_ms() - begin;
        best = took < best ? took : best;
    }
    text_free(t);
    return (double)bytes / 1e3 / best;
}

static int run_views(uint32_t views)
{
    struct wanted *w = make_wanted(100);
    char **m = make_messages(w, 100);
    (void)printf("%.0f %.0f\n", speed_of(m, false, views), speed_of(m, true, views));
    return 0;
}

/* ---- for the peers ---- */

static int dump(size_t n, const char *dir)
{
    char path[4096];
    struct wanted *w = make_wanted(n);
    char **m = make_messages(w, n);
    (void)snprintf(path, sizeof(path), "%s/patterns", dir);
    FILE *f = fopen(path, "w");
    need(f != NULL, path);
    for (size_t i = 0; i < n; i++) {
        struct buffer p = BUFFER_INIT;
        pattern_of(&w[i], &p);
        (void)fprintf(f, "%s\n", p.data);
        buffer_finish(&p);
    }
    need(fclose(f) == 0, path);
    (void)snprintf(path, sizeof(path), "%s/messages", dir);
    f = fopen(path, "w");
    need(f != NULL, path);
    for (size_t i = 0; i < MESSAGES; i++)
        (void)fprintf(f, "%s\n", m[i]);
    need(fclose(f) == 0, path);
    return 0;
}

static uint32_t views_of(const char *name)
{
    return strcmp(name, "fold+squeeze") == 0 ? 1u << VIEW_FOLD | 1u << VIEW_SQUEEZE
                                             : 1u << VIEW_FOLD;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "rules") == 0)
        return run_rules(strtoul(argv[2], NULL, 10), strcmp(argv[3], "fold+squeeze") == 0);
    if (argc == 4 && strcmp(argv[1], "pcre2") == 0)
        return run_pcre2(strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    if (argc == 3 && strcmp(argv[1], "views") == 0)
        return run_views(views_of(argv[2]));
    if (argc == 4 && strcmp(argv[1], "dump") == 0)
        return dump(strtoul(argv[2], NULL, 10), argv[3]);
    (void)fputs("usage: text-bench rules N VIEW | pcre2 N MESSAGES | views VIEW | dump N DIR\n",
                stderr);
    return 2;
}
