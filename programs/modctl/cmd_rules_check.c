/* modctl rules check: what is wrong with rule packs, what is doubtful, and what rules cost. */
#include "modctl.h"

#include "packs.h"

struct checking {
    const char *file;
    bool strict, stopped;
    int code;
    uint64_t warnings; /* of the pack in hand */
    size_t good;       /* packs that could be loaded */
};

static bool print_json(const struct rules_note *n)
{
    json_t *o = json_object();
    js_str(o, "pack", n->pack);
    js_str(o, "rule", n->rule);
    js_str(o, "file", n->file);
    js_int(o, "line", n->line);
    js_int(o, "column", n->column);
    js_str(o, "level", term_name(rules_level_terms, n->level));
    js_str(o, "text", n->text);
    js_str(o, "cost", n->cost);
    if (n->worst_us < 0)
        js_null(o, "worst_us");
    else
        js_real(o, "worst_us", n->worst_us);
    return output_object(o);
}

static bool print_note(struct checking *c, const struct rules_note *n)
{
    if (n->level == RULES_ERROR)
        c->code = exit_worse(c->code, EXIT_INVALID);
    if (n->level == RULES_WARNING && c->strict)
        c->code = exit_worse(c->code, EXIT_FOUND);
    c->warnings += n->level == RULES_WARNING;
    progress("%s: line %u", plain(n->file), n->line);
    if (output_is_json()) {
        c->stopped = !print_json(n);
        return !c->stopped;
    }
    enum colour colour = n->level == RULES_ERROR     ? COLOUR_BAD
                         : n->level == RULES_WARNING ? COLOUR_CAUTION
                                                     : COLOUR_DIM;
    c->stopped = !output_line("%s:%u:%u: %s: %s%s%s", plain(n->file), n->line, n->column,
                              coloured(colour, term_name(rules_level_terms, n->level), 0),
                              n->rule ? plain(n->rule) : "", n->rule ? ": " : "", plain(n->text));
    return !c->stopped;
}

static bool each_note(void *user, const struct rules_note *n)
{
    return print_note(user, n);
}

/* A pack that cannot be loaded: a row for programs, a diagnostic with the quoted line for people. */
static int refused(struct checking *c, const struct error *e)
{
    const struct rules_note n = {.file = e->file[0] ? e->file : c->file,
                                 .line = e->line,
                                 .column = e->column,
                                 .level = RULES_ERROR,
                                 .text = e->text,
                                 .worst_us = -1};
    if (output_is_json())
        (void)print_note(c, &n);
    return say_error(e);
}

static bool sum_up(const struct checking *c, const struct rules *r)
{
    const struct rules_pack p = rules_pack_at(r, 0);
    return output_line("%s: pack \"%s\", %zu rule%s, %llu warning%s: %s", plain(c->file),
                       plain(p.id), p.rules, p.rules == 1 ? "" : "s",
                       (unsigned long long)c->warnings, c->warnings == 1 ? "" : "s",
                       c->code == EXIT_CLEAN ? coloured(COLOUR_GOOD, "good", 0)
                                             : coloured(COLOUR_BAD, "not good", 0));
}

static int check_pack(void *user, const char *file, bool *stop)
{
    struct checking *c = user;
    struct rules *r = NULL;
    struct error e = {0};
    c->file = file;
    c->code = EXIT_CLEAN;
    c->warnings = 0;
    int status = rules_load(&r, &file, 1, &e);
    c->good += status == LMOD_OK;
    if (status == LMOD_OK)
        status = rules_check(r, each_note, c, &e);
    if (status != LMOD_OK)
        c->code = exit_worse(c->code, refused(c, &e));
    else if (!output_is_json() && !c->stopped)
        c->stopped = !sum_up(c, r);
    rules_free(r);
    *stop = c->stopped;
    return c->code;
}

/* What the packs have with one another. Each is good by itself; two of one id are two versions, which a
 * config cannot load and which are not compared here. */
static int check_across(struct checking *c, const struct packs *p)
{
    struct rules *r = NULL;
    struct error e = {0};
    c->code = EXIT_CLEAN;
    if (p->n < 2 || c->good < p->n || c->stopped)
        return EXIT_CLEAN;
    int status = rules_load(&r, p->file, p->n, &e);
    if (status == LMOD_E_RULES && !p->config)
        return EXIT_CLEAN;
    if (status == LMOD_OK)
        status = rules_check_across(r, each_note, c, &e);
    rules_free(r);
    return status == LMOD_OK ? c->code : exit_worse(c->code, refused(c, &e));
}

static int run_check(const struct args *a)
{
    struct checking c = {.strict = args_value(a, "strict") != NULL};
    struct packs p;
    int code = packs_open(&p, a);
    if (code == EXIT_CLEAN) {
        code = packs_each(&p, check_pack, &c);
        code = exit_worse(code, check_across(&c, &p));
    }
    packs_close(&p);
    return code;
}

static const struct option_row check_options[] = {
    {"strict", NULL, "fail if there is a warning", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_rules_check = {
    .name = "rules check",
    .operands = "[PACK…]",
    .summary = "look for mistakes in rule packs",
    .text = "Reads rule packs and says what is wrong with them, at which line and column; what is\n"
            "doubtful: rules that can never hold, that another rule makes needless or contradicts, "
            "that\n"
            "run on every text or take long; and what each rule costs, at worst on texts of 4 KiB "
            "that\n"
            "are made for it. A \"not\" needs a miss test that would hit without it.\n"
            "Without a PACK: the packs of the config.",
    .options = check_options,
    .most = OPERANDS_ANY,
    .examples = "  modctl rules check --strict packs/ncii-demo.yaml\n"
                "  modctl -c libmod.yaml rules check",
    .exits = "  0 good   1 a warning, with --strict   2 usage   3 a pack or the config is invalid\n"
             "  4 missing or unreadable file",
    .run = run_check,
};
