/*
 * The C side of bench/text: one engine in one process, which answers a line of numbers to each line
 * it reads. Rules and messages come from the files that the script wrote for all of them.
 *
 *     text-bench ENGINE DIR    DIR/pack.yaml, DIR/patterns, DIR/messages, for abi also DIR/libmod.yaml;
 *                              says when it is ready: ms to load, rules taken, bytes of its matcher
 *     text-bench ENGINE DIR FILE    what the engine has compiled is kept in FILE for the next run
 *     run FIRST COUNT          ms for the messages FIRST … FIRST + COUNT, and matches of rules
 *     clean FIRST COUNT        the same for those messages in which nothing was found before
 *     found FIRST COUNT        the same for the others
 *     each COUNT PASSES        µs of a message, the best of all passes: p50, p99, p99.9, the most
 *     fold LANGUAGE            MB/s of making the fold view of the messages of e, z or m
 *     squeeze LANGUAGE         the same of the fold and squeeze views
 *     pinyin LANGUAGE          the same of the fold and pinyin views
 *     reload                   ms from a change of the pack to its being in force (abi)
 *
 * Times are CPU time, of `each` and `reload` that of the clock on the wall.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libmod/libmod.h>

#include "rules/rules.h"
#include "text/text.h"
#include "text_peers.h"

struct message {
    char language;
    bool found;
    const char *bytes;
    size_t size;
};

static struct message *messages;
static size_t message_count;
static struct text *text;

double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "text-bench: %s\n", what);
    exit(1);
}

/* The lines of a file, which stay in memory. */
static char **lines_of(const char *dir, const char *name, size_t *count)
{
    struct buffer file = BUFFER_INIT;
    struct error e = {0};
    char *path = path_join(dir, name);
    need(path && file_read(&file, path, (size_t)1 << 30, &e) == LMOD_OK, name);
    free(path);
    char **lines = calloc(file.size + 1, sizeof(*lines));
    char *at = buffer_take(&file, NULL);
    need(lines && at, "out of memory");
    *count = 0;
    for (char *end; (end = strchr(at, '\n')); at = end + 1) {
        *end = '\0';
        lines[(*count)++] = at;
    }
    return lines;
}

static void read_messages(const char *dir)
{
    char **lines = lines_of(dir, "messages", &message_count);
    messages = calloc(message_count + 1, sizeof(*messages));
    need(messages && message_count, "no messages");
    for (size_t i = 0; i < message_count; i++)
        messages[i] = (struct message){lines[i][0], false, lines[i] + 2, strlen(lines[i] + 2)};
    free(lines);
}

/* ---- libmod: views, matcher, confirmation, conditions, spans ---- */

static struct rules *rules;
static struct rules_scratch *scratch;

static void rules_engine(const char *dir, struct ready *out)
{
    struct error e = {0};
    char *path = path_join(dir, "pack.yaml");
    need(path, "out of memory");
    double start = cpu_ms();
    need(rules_load(&rules, (const char *const *)&path, 1, &e) == LMOD_OK, e.text);
    out->ms = cpu_ms() - start;
    out->taken = rules_pack_at(rules, 0).rules;
    out->bytes = rules_matcher_bytes(rules);
    scratch = rules_scratch_new(0);
    need(scratch != NULL, "out of memory");
    free(path);
}

static void count_match(void *user, const struct match *m)
{
    (void)m;
    ++*(size_t *)user;
}

static size_t rules_scan(const char *bytes, size_t size)
{
    struct rules_outcome outcome;
    size_t found = 0;
    need(text_run(text, bytes, size, rules_views(rules)) == LMOD_OK &&
             rules_eval(rules, text, NULL, NULL, scratch, 0, count_match, &found, &outcome) ==
                 LMOD_OK &&
             !outcome.reasons,
         "a message was not looked at");
    return found;
}

/* ---- libmod by its ABI: a verdict for every message ---- */

static lmod_engine *engine;
static char *pack_path;

static void abi_engine(const char *dir, struct ready *out)
{
    lmod_config *config = NULL;
    lmod_error *error = NULL;
    char *path = path_join(dir, "libmod.yaml");
    pack_path = path_join(dir, "pack.yaml");
    need(path && pack_path, "out of memory");
    double start = cpu_ms();
    if (lmod_config_load(&config, path, &error) != LMOD_OK ||
        lmod_engine_open(&engine, config, LMOD_ABI, &error) != LMOD_OK)
        need(false, lmod_error_message(error));
    out->ms = cpu_ms() - start;
    lmod_config_free(config);
    free(path);
}

static size_t abi_scan(const char *bytes, size_t size)
{
    lmod_verdict *verdict = NULL;
    need(lmod_scan_text(&verdict, engine, NULL, bytes, size, NULL) == LMOD_OK &&
             lmod_verdict_coverage(verdict) == LMOD_COMPLETE,
         "a message was not looked at");
    size_t found = lmod_verdict_count(verdict);
    lmod_verdict_free(verdict);
    return found;
}

static void reload(void)
{
    lmod_error *error = NULL;
    need(engine != NULL, "only the ABI reloads");
    FILE *pack = fopen(pack_path, "a");
    need(pack && fputs("# edited\n", pack) >= 0 && fclose(pack) == 0, pack_path);
    uint64_t start = time_now_ns();
    if (lmod_engine_reload(engine, &error) != LMOD_OK)
        need(false, lmod_error_message(error));
    (void)printf("%.1f\n", (double)(time_now_ns() - start) / 1e6);
}

/* ---- a loop over all patterns by PCRE2 ---- */

static void loop_engine(const char *dir, struct ready *out)
{
    size_t n;
    char **patterns = lines_of(dir, "patterns", &n);
    double start = cpu_ms();
    out->bytes = confirm_load(patterns, n);
    out->ms = cpu_ms() - start;
    out->taken = n;
}

static size_t loop_scan(const char *bytes, size_t size)
{
    return confirm_all(bytes, size);
}

/* ---- engines whose candidates PCRE2 confirms, since they do not say where a match begins ---- */

#ifdef HAVE_RE2
static void re2_engine(const char *dir, struct ready *out)
{
    size_t n;
    char **patterns = lines_of(dir, "patterns", &n);
    double start = cpu_ms();
    (void)confirm_load(patterns, n);
    re2_load(patterns, n, out);
    out->ms = cpu_ms() - start;
}
#endif

#ifdef HAVE_VECTORSCAN
static const char *kept_path; /* of what it has compiled */

static void load_vectorscan(const char *dir, bool all, struct ready *out)
{
    size_t n;
    char **patterns = lines_of(dir, "patterns", &n);
    double start = cpu_ms();
    (void)confirm_load(patterns, n);
    double confirm_ms = cpu_ms() - start;
    vectorscan_load(patterns, n, all, kept_path, out);
    out->ms += confirm_ms;
}

static void vectorscan_engine(const char *dir, struct ready *out)
{
    load_vectorscan(dir, true, out);
}

static void unspaced_engine(const char *dir, struct ready *out)
{
    load_vectorscan(dir, false, out);
}
#endif

static const struct engine {
    const char *name;
    void (*load)(const char *dir, struct ready *out);
    size_t (*scan)(const char *bytes, size_t size);
} engines[] = {
    {"libmod", rules_engine, rules_scan},
    {"abi", abi_engine, abi_scan},
    {"pcre2", loop_engine, loop_scan},
#ifdef HAVE_RE2
    {"re2", re2_engine, re2_scan},
#endif
#ifdef HAVE_VECTORSCAN
    {"vectorscan", vectorscan_engine, vectorscan_scan},
    {"vectorscan-unspaced", unspaced_engine, vectorscan_scan},
#endif
};

/* ---- measuring ---- */

static void run(const struct engine *g, size_t first, size_t count)
{
    size_t found = 0;
    double start = cpu_ms();
    for (size_t i = 0; i < count; i++) {
        struct message *m = &messages[(first + i) % message_count];
        size_t n = g->scan(m->bytes, m->size);
        m->found = n > 0;
        found += n;
    }
    (void)printf("%.4f %zu\n", cpu_ms() - start, found);
}

static void run_some(const struct engine *g, bool with, size_t first, size_t count)
{
    size_t found = 0, done = 0;
    double start = cpu_ms();
    for (size_t i = first; done < count && i < first + 64 * count; i++) {
        const struct message *m = &messages[i % message_count];
        if (m->found != with)
            continue;
        found += g->scan(m->bytes, m->size);
        done++;
    }
    (void)printf("%.4f %zu %zu\n", cpu_ms() - start, found, done);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void each(const struct engine *g, size_t count, size_t passes)
{
    double *us = calloc(count + 1, sizeof(*us));
    need(us && count, "nothing to measure");
    for (size_t pass = 0; pass < passes; pass++)
        for (size_t i = 0; i < count; i++) {
            const struct message *m = &messages[i % message_count];
            uint64_t start = time_now_ns();
            (void)g->scan(m->bytes, m->size);
            double took = (double)(time_now_ns() - start) / 1e3;
            us[i] = pass == 0 || took < us[i] ? took : us[i];
        }
    qsort(us, count, sizeof(*us), by_value);
    (void)printf("%.3f %.3f %.3f %.3f\n", us[count / 2], us[count * 99 / 100],
                 us[count * 999 / 1000], us[count - 1]);
    free(us);
}

static void make(char language, uint32_t views)
{
    size_t bytes = 0;
    double start = cpu_ms();
    for (size_t i = 0; i < message_count; i++)
        if (messages[i].language == language) {
            need(text_run(text, messages[i].bytes, messages[i].size, views) == LMOD_OK, "no view");
            bytes += messages[i].size;
        }
    (void)printf("%.1f\n", (double)bytes / 1e3 / (cpu_ms() - start));
}

static void answer(const struct engine *g, const char *line)
{
    char word[16] = "", *at;
    size_t n = strcspn(line, " \n");
    memcpy(word, line, n < sizeof(word) ? n : 0);
    size_t a = strtoul(line + n, &at, 10), b = strtoul(at, NULL, 10);
    if (strcmp(word, "run") == 0)
        run(g, a, b);
    else if (strcmp(word, "clean") == 0)
        run_some(g, false, a, b);
    else if (strcmp(word, "found") == 0)
        run_some(g, true, a, b);
    else if (strcmp(word, "each") == 0)
        each(g, a, b);
    else if (strncmp(line, "fold ", 5) == 0)
        make(line[5], 1u << VIEW_FOLD);
    else if (strncmp(line, "squeeze ", 8) == 0)
        make(line[8], 1u << VIEW_FOLD | 1u << VIEW_SQUEEZE);
    else if (strncmp(line, "pinyin ", 7) == 0)
        make(line[7], 1u << VIEW_FOLD | 1u << VIEW_PINYIN);
    else if (strcmp(word, "reload") == 0)
        reload();
    else
        need(false, line);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    const struct engine *g = NULL;
    struct ready ready = {0};
    char line[256];
    for (size_t i = 0; (argc == 3 || argc == 4) && i < COUNT_OF(engines); i++)
        if (strcmp(engines[i].name, argv[1]) == 0)
            g = &engines[i];
    need(g != NULL, "usage: text-bench ENGINE DIR [FILE], of the engines that were built");
    text = text_new();
    need(text != NULL, "out of memory");
    read_messages(argv[2]);
#ifdef HAVE_VECTORSCAN
    kept_path = argv[3];
#endif
    g->load(argv[2], &ready);
    (void)printf("%.1f %zu %zu\n", ready.ms, ready.taken, ready.bytes);
    (void)fflush(stdout);
    while (fgets(line, sizeof(line), stdin))
        answer(g, line);
    lmod_engine_close(engine);
    return 0;
}
