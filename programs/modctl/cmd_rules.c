/* modctl rules check, rules test: packs for their authors, those of the config when none is named. Each
 * pack is taken by itself, so that one that is invalid hides nothing about the others. */
#include "modctl.h"

#include <string.h>

#include "rules/rules.h"
#include "settings.h"

static const struct option_row no_options[] = {{NULL, NULL, NULL, NULL, 0}};

/* The work on one pack: how its notes or results are shown, and the code so far. */
struct showing {
    const char *file;
    int code;
    bool stopped;
    uint64_t tests, failed;
};

static bool print_note(struct showing *s, const struct rules_note *n)
{
    bool json = output_is_json();
    if (n->level == RULES_ERROR)
        s->code = exit_worse(s->code, EXIT_INVALID);
    if (json) {
        json_t *o = json_object();
        js_str(o, "pack", n->pack);
        js_str(o, "rule", n->rule);
        js_str(o, "file", n->file);
        js_int(o, "line", n->line);
        js_int(o, "column", n->column);
        js_str(o, "level", term_name(rules_level_terms, n->level));
        js_str(o, "text", n->text);
        s->stopped = !output_object(o);
        return !s->stopped;
    }
    enum colour c = n->level == RULES_ERROR     ? COLOUR_BAD
                    : n->level == RULES_WARNING ? COLOUR_CAUTION
                                                : COLOUR_DIM;
    s->stopped = !output_line("%s:%u:%u: %s: %s%s%s", plain(n->file), n->line, n->column,
                              coloured(c, term_name(rules_level_terms, n->level), 0),
                              n->rule ? plain(n->rule) : "", n->rule ? ": " : "", plain(n->text));
    return !s->stopped;
}

static bool each_note(void *user, const struct rules_note *n)
{
    return print_note(user, n);
}

/* A pack that cannot be loaded: a row for programs, a diagnostic with the quoted line for people. */
static int refused(struct showing *s, const struct error *e)
{
    const struct rules_note n = {
        NULL, NULL, e->file[0] ? e->file : s->file, e->line, e->column, RULES_ERROR, e->text};
    if (output_is_json())
        (void)print_note(s, &n);
    return say_error(e);
}

static int check_pack(struct showing *s)
{
    struct rules *r = NULL;
    struct error e = {0};
    int status = rules_load(&r, &s->file, 1, &e);
    if (status == LMOD_OK)
        status = rules_check(r, each_note, s, &e);
    if (status != LMOD_OK)
        s->code = exit_worse(s->code, refused(s, &e));
    else if (!output_is_json() && !s->stopped)
        (void)output_line("%s: pack \"%s\", %zu rules: %s", plain(s->file),
                          plain(rules_pack_at(r, 0).id), rules_pack_at(r, 0).rules,
                          s->code == EXIT_CLEAN ? "good" : "not good");
    rules_free(r);
    return s->code;
}

static bool each_test(void *user, const struct rules_test *t)
{
    struct showing *s = user;
    s->tests++;
    s->failed += !t->ok;
    if (!t->ok)
        s->code = exit_worse(s->code, EXIT_FOUND);
    if (output_is_json()) {
        json_t *o = json_object();
        js_str(o, "pack", t->pack);
        js_str(o, "rule", t->rule);
        js_str(o, "kind", t->kind);
        js_int(o, "n", t->n);
        js_bool(o, "ok", t->ok);
        if (t->recall < 0)
            js_null(o, "recall");
        else
            js_real(o, "recall", t->recall);
        s->stopped = !output_object(o);
    } else if (!t->ok) {
        s->stopped = !output_line("%s:%u:%u: %s: %s %u: %s", plain(t->file), t->line, t->column,
                                  plain(t->rule), t->kind, t->n, plain(t->why));
    } else if (t->tried) {
        s->stopped = !output_line("%s: %-12s recall %.3f of %u disguised texts", plain(t->rule),
                                  t->kind, t->recall, t->tried);
    } else if (strcmp(t->kind, "hit") != 0 && strcmp(t->kind, "miss") != 0 &&
               strcmp(t->kind, "not") != 0) {
        s->stopped = !output_line("%s: %-12s skipped: it changes nothing in these texts",
                                  plain(t->rule), t->kind);
    }
    return !s->stopped;
}

static int test_pack(struct showing *s)
{
    struct rules *r = NULL;
    struct error e = {0};
    int status = rules_load(&r, &s->file, 1, &e);
    if (status == LMOD_OK)
        status = rules_test_run(r, each_test, s, &e);
    if (status != LMOD_OK)
        s->code = exit_worse(s->code, say_error(&e));
    else if (!output_is_json() && !s->stopped)
        (void)output_line("%s: %llu tests, %llu failed", plain(s->file),
                          (unsigned long long)s->tests, (unsigned long long)s->failed);
    rules_free(r);
    return s->code;
}

typedef int (*pack_work)(struct showing *s);

/* False: the output is closed, and nobody reads the rest. */
static bool take_pack(const char *file, pack_work work, int *code)
{
    struct showing s = {.file = file};
    *code = exit_worse(*code, work(&s));
    return !s.stopped;
}

static int run_packs(const struct args *args, pack_work work)
{
    const struct config *c = NULL;
    int code = args->count ? EXIT_CLEAN : settings_packs(&c, args);
    size_t n = c ? c->pack_count : args->count;
    if (code != EXIT_CLEAN)
        return code;
    for (size_t i = 0; i < n; i++)
        if (!take_pack(c ? c->packs[i] : args->operand[i], work, &code))
            break;
    config_free(c);
    return code;
}

static int run_check(const struct args *args)
{
    return run_packs(args, check_pack);
}

static int run_test(const struct args *args)
{
    return run_packs(args, test_pack);
}

const struct command cmd_rules_check = {
    .name = "rules check",
    .operands = "[PACK…]",
    .summary = "look for mistakes in rule packs",
    .text = "Reads rule packs and says what is wrong with them, at which line and column, what is\n"
            "doubtful, and what each rule costs. A \"not\" needs a miss test that would hit "
            "without it.\n"
            "Without a PACK: the packs of the config.",
    .options = no_options,
    .most = OPERANDS_ANY,
    .examples = "  modctl rules check packs/ncii-demo.yaml\n  modctl -c libmod.yaml rules check",
    .exits = "  0 good   2 usage   3 a pack or the config is invalid\n"
             "  4 missing or unreadable file",
    .run = run_check,
};

const struct command cmd_rules_test = {
    .name = "rules test",
    .operands = "[PACK…]",
    .summary = "run the tests in rule packs",
    .text =
        "Runs the hit and miss tests of every rule and shows those that fail; with evade tests,\n"
        "also the hit tests in generated disguises, with the share that is found.\n"
        "Without a PACK: the packs of the config.",
    .options = no_options,
    .most = OPERANDS_ANY,
    .examples = "  modctl rules test packs/ncii-demo.yaml\n  modctl -c libmod.yaml rules test",
    .exits = "  0 all pass   1 a test fails   2 usage   3 a pack or the config is invalid\n"
             "  4 missing or unreadable file",
    .run = run_test,
};
