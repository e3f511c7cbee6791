/*
 * What bench/text shows beside speed, a command each:
 *
 *     text-proof evade ENGINE DIR     for every kind of evasion and language: texts that the kind changes, and
 *                                     those of them in which the word is found
 *     text-proof clean PACK DIR       messages of DIR/clean, and those in which a rule matches
 *     text-proof worst ENGINE DIR     for every line of DIR/stress: bytes, µs of CPU time (the best of
 *                                     three), whether a limit was hit, and a line of its own for each
 *     text-proof fold DIR             MB/s of ICU on the messages of e, z and m of DIR/messages
 *
 * ENGINE is a rule pack, "pcre2" (DIR/patterns on the raw text, JIT, its own limits) or "icu" (the same
 * behind NFKC_Casefold). Rule number i looks for word number i of DIR/words and is called "wI".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rules/evade.h"
#include "rules/rules.h"
#include "text_peers.h"

struct line {
    const char *bytes;
    size_t size;
};

struct lines {
    struct line *at;
    size_t n;
};

enum { BUDGET_NS = 1000000, BLOCK = 4096 }; /* the default of text.budget_us */

static struct text *text;
static struct rules *rules;
static struct rules_scratch *scratch;

double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "text-proof: %s\n", what);
    exit(1);
}

static struct lines read_lines(const char *dir, const char *name)
{
    struct buffer file = BUFFER_INIT;
    struct error e = {0};
    struct lines l = {0};
    char *path = path_join(dir, name);
    need(path && file_read(&file, path, (size_t)1 << 30, &e) == LMOD_OK, e.text);
    free(path);
    size_t size = file.size, most = 1;
    char *at = buffer_take(&file, NULL), *end = at + size;
    for (size_t i = 0; i < size; i++)
        most += at[i] == '\n';
    need((l.at = calloc(most, sizeof(*l.at))) != NULL, "out of memory");
    for (char *newline; at < end && (newline = memchr(at, '\n', (size_t)(end - at)));
         at = newline + 1) {
        *newline = '\0';
        l.at[l.n++] = (struct line){at, (size_t)(newline - at)};
    }
    return l;
}

/* ---- engines ---- */

struct looked {
    char wanted[16];
    size_t hits;
    bool found, limit;
};

static void see(void *user, const struct match *m)
{
    struct looked *l = user;
    l->hits++;
    l->found |= strcmp(m->rule, l->wanted) == 0;
}

/* Does rule number `i` match? */
static struct looked look_by_rules(size_t i, const char *bytes, size_t size)
{
    struct rules_outcome outcome;
    struct looked l = {.found = false};
    (void)snprintf(l.wanted, sizeof(l.wanted), "w%zu", i);
    /* as the engine does */
    uint64_t until = time_now_ns() + (size + BLOCK - 1) / BLOCK * BUDGET_NS;
    need(text_run(text, bytes, size, rules_views(rules)) == LMOD_OK &&
             rules_eval(rules, text, NULL, NULL, scratch, until, see, &l, &outcome) == LMOD_OK,
         "out of memory");
    l.limit = outcome.reasons != 0;
    return l;
}

static struct looked look_raw(size_t i, const char *bytes, size_t size)
{
    return (struct looked){.found = confirm(i, bytes, size)};
}

#ifdef HAVE_ICU
static struct looked look_by_icu(size_t i, const char *bytes, size_t size)
{
    size_t folded_size;
    const char *folded = icu_fold(bytes, size, &folded_size);
    return (struct looked){.found = confirm(i, folded, folded_size)};
}
#endif

typedef struct looked (*look_fn)(size_t i, const char *bytes, size_t size);

static void load_patterns(const char *dir)
{
    struct lines l = read_lines(dir, "patterns");
    char **patterns = calloc(l.n + 1, sizeof(*patterns));
    need(patterns != NULL, "out of memory");
    for (size_t i = 0; i < l.n; i++)
        need((patterns[i] = strdup(l.at[i].bytes)) != NULL, "out of memory");
    (void)confirm_load(patterns, l.n);
}

static look_fn load(const char *name, const char *dir)
{
    struct error e = {0};
    if (strcmp(name, "pcre2") == 0) {
        load_patterns(dir);
        return look_raw;
    }
#ifdef HAVE_ICU
    if (strcmp(name, "icu") == 0) {
        load_patterns(dir);
        return look_by_icu;
    }
#endif
    need(rules_load(&rules, &name, 1, &e) == LMOD_OK, e.text);
    return look_by_rules;
}

/* ---- commands ---- */

/* What people write around a word. The Chinese ones hold a word of trade. */
static const char *const around[][2] = {
    {"hey look at ", " today"}, {"new: ", ""}, {"", " (dm me)"}, {"they said ", ", then left"}};
static const char *const around_han[][2] = {
    {"出售，", "，今天有"}, {"新的 ", "（打包）"}, {"", "，加群"}, {"他出售 ", "，然后走了"}};

static void
evade_word(look_fn look, size_t i, bool han, struct line word, enum evasion kind, size_t *n)
{
    struct buffer plain = BUFFER_INIT, disguised = BUFFER_INIT;
    for (uint32_t variant = 0; variant < EVADE_VARIANTS; variant++) {
        const char *const *with = (han ? around_han : around)[variant % COUNT_OF(around)];
        buffer_clear(&plain);
        buffer_clear(&disguised);
        buffer_str(&plain, with[0]);
        uint32_t from = (uint32_t)plain.size;
        buffer_append(&plain, word.bytes, word.size);
        uint32_t to = (uint32_t)plain.size;
        buffer_str(&plain, with[1]);
        evade(&disguised, kind, variant, plain.data, plain.size, from, to);
        need(!plain.failed && !disguised.failed, "out of memory");
        if (plain.size == disguised.size && memcmp(plain.data, disguised.data, plain.size) == 0)
            continue;
        n[0]++;
        n[1] += look(i, disguised.data, disguised.size).found;
    }
    buffer_finish(&plain);
    buffer_finish(&disguised);
}

static void evade_all(look_fn look, const char *dir)
{
    struct lines words = read_lines(dir, "words");
    for (const struct term *k = evasion_terms; k->name; k++) {
        size_t n[2][2] = {{0}};
        for (size_t i = 0; i < words.n && k->value < EVASIONS; i++) {
            bool han = words.at[i].bytes[0] == 'z';
            struct line word = {words.at[i].bytes + 2, words.at[i].size - 2};
            evade_word(look, i, han, word, (enum evasion)k->value, n[han]);
        }
        (void)printf("%s %zu %zu %zu %zu\n", k->name, n[0][0], n[0][1], n[1][0], n[1][1]);
    }
}

static void clean(look_fn look, const char *dir)
{
    struct lines messages = read_lines(dir, "clean");
    size_t found = 0;
    double start = cpu_ms();
    for (size_t i = 0; i < messages.n; i++)
        found += look(0, messages.at[i].bytes, messages.at[i].size).hits > 0;
    (void)printf("%zu %zu %.1f\n", messages.n, found, cpu_ms() - start);
}

/* A loop over the patterns, which has no bound: it is left when a second is over. */
static double loop_ms(size_t patterns, struct line t)
{
    double start = cpu_ms(), took = 0;
    for (size_t i = 0; i < patterns && took < 1000; i++) {
        (void)confirm(i, t.bytes, t.size);
        took = cpu_ms() - start;
    }
    return took;
}

static void worst(look_fn look, const char *dir)
{
    struct lines texts = read_lines(dir, "stress");
    size_t patterns = look == look_raw ? read_lines(dir, "patterns").n : 0;
    for (size_t i = 0; i < texts.n; i++) {
        struct line t = texts.at[i];
        double least = 1e9;
        if (patterns && t.size > BLOCK)
            continue; /* hours */
        bool limit = false;
        for (int pass = 0; pass < 3 && !patterns; pass++) {
            double start = cpu_ms();
            limit = look(0, t.bytes, t.size).limit;
            double took = cpu_ms() - start;
            least = took < least ? took : least;
        }
        if (patterns)
            least = loop_ms(patterns, t);
        (void)printf("%zu %.1f %d\n", t.size, least * 1e3, limit);
    }
}

#ifdef HAVE_ICU
static void fold(const char *dir)
{
    struct lines messages = read_lines(dir, "messages");
    for (const char *language = "ezm"; *language; language++) {
        size_t bytes = 0, folded = 0;
        double start = cpu_ms();
        for (size_t i = 0; i < messages.n; i++)
            if (messages.at[i].bytes[0] == *language) {
                (void)icu_fold(messages.at[i].bytes + 2, messages.at[i].size - 2, &folded);
                bytes += messages.at[i].size - 2;
            }
        (void)printf("%.1f ", (double)bytes / 1e3 / (cpu_ms() - start));
    }
    (void)printf("\n");
}
#endif

int main(int argc, char **argv)
{
    text = text_new();
    scratch = rules_scratch_new(0);
    need(text && scratch, "out of memory");
    if (argc == 4 && strcmp(argv[1], "evade") == 0)
        evade_all(load(argv[2], argv[3]), argv[3]);
    else if (argc == 4 && strcmp(argv[1], "clean") == 0)
        clean(load(argv[2], argv[3]), argv[3]);
    else if (argc == 4 && strcmp(argv[1], "worst") == 0)
        worst(load(argv[2], argv[3]), argv[3]);
#ifdef HAVE_ICU
    else if (argc == 3 && strcmp(argv[1], "fold") == 0)
        fold(argv[2]);
#endif
    else
        need(false, "usage: text-proof evade|clean|worst ENGINE DIR, text-proof fold DIR");
    return 0;
}
