/* modctl rules bench: what packs cost on the messages of a corpus. */
#include "modctl.h"

#include <stdlib.h>
#include <time.h>

#include "packs.h"
#include "trial.h"

enum { PASSES = 3 };

/* A message in memory, and the best of its times. */
struct message {
    size_t from, size;
    uint64_t ns;
    bool partial;
};

struct bench {
    struct trial trial;
    struct buffer bytes;
    struct message *message;
    size_t count, cap;
};

/* Of this thread, in ns: what other programs do does not count. */
static uint64_t cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool add_message(struct bench *b, const char *text, size_t size)
{
    if (b->count == b->cap) {
        size_t cap = b->cap ? 2 * b->cap : 1024;
        struct message *more = reallocarray(b->message, cap, sizeof(*more));
        if (!more)
            return false;
        b->message = more;
        b->cap = cap;
    }
    b->message[b->count++] = (struct message){b->bytes.size, size, UINT64_MAX, false};
    buffer_append(&b->bytes, text, size);
    return !b->bytes.failed;
}

static int no_memory(void)
{
    struct error e = {0};
    (void)error_memory(&e);
    return say_error(&e);
}

static int read_messages(struct bench *b, const char *path)
{
    struct corpus c;
    const char *text;
    size_t size;
    bool ok = true;
    int code = corpus_open(&c, path);
    if (code != EXIT_CLEAN)
        return code;
    while (ok && corpus_next(&c, &text, &size))
        ok = add_message(b, text, size);
    code = corpus_close(&c);
    if (!ok)
        code = exit_worse(code, no_memory());
    if (code == EXIT_CLEAN && b->count == 0) {
        say("%s: no messages", plain(path));
        code = EXIT_INPUT;
    }
    return code;
}

static bool measure(struct bench *b)
{
    struct judgement j;
    for (int pass = 0; pass < PASSES; pass++)
        for (size_t i = 0; i < b->count; i++) {
            struct message *m = &b->message[i];
            uint64_t start = cpu_ns();
            if (!trial_judge(&b->trial, b->bytes.data + m->from, m->size, NULL, NULL, &j))
                return false;
            uint64_t took = cpu_ns() - start;
            m->ns = took < m->ns ? took : m->ns;
            m->partial |= j.partial;
            progress("pass %d of %d, %zu messages", pass + 1, PASSES, i + 1);
        }
    progress_end();
    return true;
}

/* ---- showing ---- */

static int by_time(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

struct figures {
    size_t rules, slowest;  /* index of a message */
    uint64_t partial, over; /* messages: a limit was hit; longer than the budget of the config */
    double per_second, megabytes, p50, p99, most; /* µs */
};

/* What the config gives a text of this size; for each begun 4 KiB. */
static uint64_t budget_ns(const struct bench *b, size_t size)
{
    uint64_t begun = size ? (size + 4095) / 4096 : 1;
    return begun * b->trial.config->text.budget_us * 1000u;
}

/* Adds to `f`, which is empty. */
static bool sum_up(const struct bench *b, struct figures *f)
{
    uint64_t *ns = calloc(b->count, sizeof(*ns)), all = 0;
    if (!ns)
        return false;
    for (size_t i = 0; i < rules_packs(b->trial.rules); i++)
        f->rules += rules_pack_at(b->trial.rules, i).rules;
    for (size_t i = 0; i < b->count; i++) {
        const struct message *m = &b->message[i];
        all += ns[i] = m->ns;
        f->partial += m->partial;
        f->over += m->ns > budget_ns(b, m->size);
        if (m->ns > b->message[f->slowest].ns)
            f->slowest = i;
    }
    qsort(ns, b->count, sizeof(*ns), by_time);
    f->per_second = (double)b->count * 1e9 / (double)(all ? all : 1);
    f->megabytes = (double)b->bytes.size * 1e3 / (double)(all ? all : 1);
    f->p50 = (double)ns[b->count / 2] / 1e3;
    f->p99 = (double)ns[b->count * 99 / 100] / 1e3;
    f->most = (double)ns[b->count - 1] / 1e3;
    free(ns);
    return true;
}

static void show(const struct bench *b, const struct figures *f, const char *path)
{
    if (!output_is_json()) {
        (void)output_line("%zu rule%s, %zu messages, %zu bytes; one thread, CPU time, best of %d",
                          f->rules, f->rules == 1 ? "" : "s", b->count, b->bytes.size, PASSES);
        (void)output_line("%.0f messages/s, %.1f MB/s", f->per_second, f->megabytes);
        (void)output_line("a message: p50 %.1f µs, p99 %.1f µs, most %.1f µs (%s:%zu)", f->p50,
                          f->p99, f->most, plain(path), f->slowest + 1);
        (void)output_line(
            "measured without a budget; %llu messages took more than that of the config, "
            "%u µs for each 4 KiB",
            (unsigned long long)f->over, b->trial.config->text.budget_us);
        if (f->partial)
            (void)output_line("a limit was hit in %llu messages", (unsigned long long)f->partial);
        return;
    }
    json_t *o = json_object();
    js_int(o, "rules", (int64_t)f->rules);
    js_int(o, "messages", (int64_t)b->count);
    js_int(o, "bytes", (int64_t)b->bytes.size);
    js_real(o, "messages_per_second", f->per_second);
    js_real(o, "p50_us", f->p50);
    js_real(o, "p99_us", f->p99);
    js_real(o, "max_us", f->most);
    js_int(o, "slowest_line", (int64_t)f->slowest + 1);
    js_int(o, "partial", (int64_t)f->partial);
    js_int(o, "budget_us", b->trial.config->text.budget_us);
    js_int(o, "over_budget", (int64_t)f->over);
    (void)output_object(o);
}

/* ---- the run ---- */

static int load_packs(struct bench *b, const struct args *a)
{
    struct packs p;
    int code = packs_open(&p, a);
    if (code == EXIT_CLEAN)
        code = trial_load(&b->trial, a, p.file, p.n);
    packs_close(&p);
    return code;
}

static int run_bench(const struct args *a)
{
    struct bench b = {.bytes = BUFFER_INIT};
    struct figures f = {0};
    const char *corpus = args_value(a, "corpus");
    uint32_t most = 0;
    if (!corpus) {
        say("rules bench needs --corpus FILE: messages, one a line");
        return EXIT_USAGE;
    }
    if (!args_number(a, "max-us", 1, UINT32_MAX, UINT32_MAX, &most))
        return EXIT_USAGE;
    int code = load_packs(&b, a);
    if (code == EXIT_CLEAN)
        code = read_messages(&b, corpus);
    if (code == EXIT_CLEAN && !(measure(&b) && sum_up(&b, &f)))
        code = no_memory();
    if (code == EXIT_CLEAN) {
        show(&b, &f, corpus);
        code = f.most > (double)most ? EXIT_FOUND : EXIT_CLEAN;
    }
    trial_finish(&b.trial);
    buffer_finish(&b.bytes);
    free(b.message);
    return code;
}

static const struct option_row bench_options[] = {
    {"corpus", "FILE", "messages, one a line (-: standard input)", NULL, 0},
    {"max-us", "N", "fail if a message takes more than N µs of CPU time", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_rules_bench = {
    .name = "rules bench",
    .operands = "[PACK…]",
    .summary = "measure what rule packs cost",
    .text =
        "Judges the messages of a corpus three times with all packs together and shows messages "
        "per\n"
        "second and the times of a message. CPU time of one thread, so that other programs do not\n"
        "count. Every message is searched to its end, however long that takes; how many took more\n"
        "than text.budget_us of the config, where a server would stop, is said.\n"
        "Without a PACK: the packs of the config.",
    .options = bench_options,
    .most = OPERANDS_ANY,
    .examples = "  modctl rules bench packs/ncii-en.yaml --corpus chat.txt --max-us 1000",
    .exits = "  0 measured   1 a message took more than N µs   2 usage\n"
             "  3 a pack or the config is invalid   4 missing, unreadable or empty file",
    .run = run_bench,
};
