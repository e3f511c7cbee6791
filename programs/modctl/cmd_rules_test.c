/* modctl rules test: the tests that stand in rule packs. What fails is shown with its text; disguises
 * are summed up by kind. */
#include "modctl.h"

#include <string.h>

#include "packs.h"
#include "underline.h"

enum { KINDS_MAX = 24, TEXT_SHOWN = 400 };

/* One kind of disguise over all rules of a pack. */
struct disguise {
    const char *kind;
    uint32_t rules, tried, skipped; /* rules: that it changes something for */
    double found;                   /* of tried */
    double least;                   /* recall of a rule */
    const char *weakest;            /* which one */
};

struct testing {
    const char *file;
    bool by_rule, stopped;
    int code;
    uint64_t hits, misses, nots, evasions, failed; /* of the pack in hand */
    struct disguise disguise[KINDS_MAX];
    size_t disguises;
};

static uint64_t all_tests(const struct testing *s)
{
    return s->hits + s->misses + s->nots + s->evasions;
}

static void count_disguise(struct testing *s, const struct rules_test *t)
{
    size_t i = 0;
    s->evasions++;
    while (i < s->disguises && strcmp(s->disguise[i].kind, t->kind) != 0)
        i++;
    if (i == KINDS_MAX)
        return;
    struct disguise *d = &s->disguise[i];
    if (i == s->disguises) {
        *d = (struct disguise){.kind = t->kind, .least = 2};
        s->disguises++;
    }
    if (!t->tried) {
        d->skipped++;
        return;
    }
    d->rules++;
    d->tried += t->tried;
    d->found += t->recall * t->tried;
    if (t->recall < d->least) {
        d->least = t->recall;
        d->weakest = t->rule;
    }
}

static void count_test(struct testing *s, const struct rules_test *t)
{
    if (!t->ok) {
        s->failed++;
        s->code = exit_worse(s->code, EXIT_FOUND);
    }
    if (strcmp(t->kind, "hit") == 0)
        s->hits++;
    else if (strcmp(t->kind, "miss") == 0)
        s->misses++;
    else if (strcmp(t->kind, "not") == 0)
        s->nots++;
    else
        count_disguise(s, t);
}

/* ---- one test ---- */

static void put_text(json_t *o, const struct rules_test *t)
{
    struct buffer fixed = BUFFER_INIT;
    if (t->text)
        utf8_repair(&fixed, t->text, t->size);
    js_put(o, "tested",
           t->text ? json_stringn(fixed.data ? fixed.data : "", fixed.size) : json_null());
    buffer_finish(&fixed);
}

static bool print_json(const struct rules_test *t)
{
    json_t *o = json_object(), *others = json_array();
    js_str(o, "pack", t->pack);
    js_str(o, "rule", t->rule);
    js_str(o, "kind", t->kind);
    js_int(o, "n", t->n);
    js_bool(o, "ok", t->ok);
    if (t->recall < 0)
        js_null(o, "recall");
    else
        js_real(o, "recall", t->recall);
    js_int(o, "tried", t->tried);
    js_str(o, "file", t->file);
    js_int(o, "line", t->line);
    js_int(o, "column", t->column);
    js_str(o, "text", t->why);
    put_text(o, t);
    js_str(o, "view", t->view);
    if (t->view) {
        js_int(o, "start", t->from);
        js_int(o, "end", t->to);
    } else {
        js_null(o, "start");
        js_null(o, "end");
    }
    js_str(o, "cause", t->cause);
    for (size_t i = 0; i < t->others_count; i++)
        (void)js_push(others, json_string(t->others[i]));
    js_put(o, "others", others);
    return output_object(o);
}

/* The text of a test with what is marked in it. */
static bool show_text(const struct rules_test *t)
{
    struct underline u;
    if (!t->text || !underline_begin(&u, t->text, t->size, TEXT_SHOWN))
        return true;
    bool ok = output_line("    %s", u.text.data);
    if (ok && t->view)
        ok = output_line("    %s %s",
                         coloured(COLOUR_BAD, underline_at(&u, t->from, t->to, '^'), 0), t->view);
    if (ok && t->wanted)
        ok = output_line("    %s wanted",
                         coloured(COLOUR_GOOD, underline_at(&u, t->want_from, t->want_to, '~'), 0));
    underline_end(&u);
    return ok;
}

static bool show_failed(const struct rules_test *t)
{
    bool ok = output_line("%s:%u:%u: %s: %s %u: %s", plain(t->file), t->line, t->column,
                          plain(t->rule), t->kind, t->n, coloured(COLOUR_BAD, plain(t->why), 0));
    ok = ok && show_text(t);
    if (ok && t->cause)
        ok = output_line("    %s", t->cause);
    for (size_t i = 0; ok && i < t->others_count; i++)
        ok = output_line("    rule \"%s\" holds in it", plain(t->others[i]));
    return ok;
}

static bool show_recall(const struct rules_test *t)
{
    if (t->tried)
        return output_line("%s: %-13s recall %.3f of %u disguised texts", plain(t->rule), t->kind,
                           t->recall, t->tried);
    return output_line("%s: %-13s skipped: it changes nothing in these texts", plain(t->rule),
                       t->kind);
}

static bool each_test(void *user, const struct rules_test *t)
{
    struct testing *s = user;
    uint64_t evasions = s->evasions;
    count_test(s, t);
    if (output_is_json())
        s->stopped = !print_json(t);
    else if (!t->ok)
        s->stopped = !show_failed(t);
    else if (s->by_rule && s->evasions > evasions)
        s->stopped = !show_recall(t);
    progress("%s: %llu tests", plain(s->file), (unsigned long long)all_tests(s));
    return !s->stopped;
}

/* ---- one pack ---- */

static bool show_disguises(const struct testing *s)
{
    bool ok = s->disguises == 0 || output_line("disguise        recall    texts  least of a rule");
    for (size_t i = 0; ok && i < s->disguises; i++) {
        const struct disguise *d = &s->disguise[i];
        if (!d->tried) {
            ok = output_line("%-13s  skipped: it changes nothing in these texts", d->kind);
            continue;
        }
        double recall = d->found / d->tried * 100;
        ok = output_line("%-13s  %5.1f %%  %7u  %5.1f %%%s%s", d->kind, recall, d->tried,
                         d->least * 100, d->least < 1 ? " " : "",
                         d->least < 1 ? plain(d->weakest) : "");
    }
    return ok;
}

static bool sum_up(const struct testing *s)
{
    char failed[40];
    if (all_tests(s) == 0)
        return output_line("%s: no tests: add hit and miss texts to its rules", plain(s->file));
    (void)snprintf(failed, sizeof(failed), "%llu failed", (unsigned long long)s->failed);
    return output_line("%s: %llu tests, %s (%llu hit, %llu miss, %llu not, %llu evade)",
                       plain(s->file), (unsigned long long)all_tests(s),
                       coloured(s->failed ? COLOUR_BAD : COLOUR_GOOD, failed, 0),
                       (unsigned long long)s->hits, (unsigned long long)s->misses,
                       (unsigned long long)s->nots, (unsigned long long)s->evasions);
}

static int test_pack(void *user, const char *file, bool *stop)
{
    struct testing *s = user;
    struct rules *r = NULL;
    struct error e = {0};
    *s = (struct testing){.file = file, .by_rule = s->by_rule};
    int status = rules_load(&r, &file, 1, &e);
    if (status == LMOD_OK)
        status = rules_test_run(r, each_test, s, &e);
    progress_end();
    if (status != LMOD_OK)
        s->code = exit_worse(s->code, say_error(&e));
    else if (!output_is_json() && !s->stopped)
        s->stopped = !show_disguises(s) || !sum_up(s);
    rules_free(r);
    *stop = s->stopped;
    return s->code;
}

static int run_test(const struct args *a)
{
    struct testing s = {.by_rule = args_value(a, "by-rule") != NULL};
    struct packs p;
    int code = packs_open(&p, a);
    if (code == EXIT_CLEAN)
        code = packs_each(&p, test_pack, &s);
    packs_close(&p);
    return code;
}

static const struct option_row test_options[] = {
    {"by-rule", NULL, "show the recall of disguises for each rule, too", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_rules_test = {
    .name = "rules test",
    .operands = "[PACK…]",
    .summary = "run the tests in rule packs",
    .text =
        "Runs the hit and miss tests of every rule and shows those that fail: the text, where the\n"
        "rule holds in it, or what is missing. With evade tests, also the hit tests in generated\n"
        "disguises, with the share that is found, by kind of disguise.\n"
        "Without a PACK: the packs of the config.",
    .options = test_options,
    .most = OPERANDS_ANY,
    .examples = "  modctl rules test packs/ncii-demo.yaml\n  modctl -c libmod.yaml rules test",
    .exits = "  0 all pass   1 a test fails   2 usage   3 a pack or the config is invalid\n"
             "  4 missing or unreadable file",
    .run = run_test,
};
