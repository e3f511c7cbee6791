/* Arguments: getopt_long() over a command's table, and the help made from it. */
#include "modctl.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmod/version.h>

enum { OPT_ROW = 256, OPT_CONFIG = 'c', OPT_JSON = 1000, OPT_HELP = 'h', OPT_VERSION = 'V' };

static const struct option_row global_rows[] = {
    {"config", "FILE", "the config (else $LIBMOD_CONFIG, ./libmod.yaml, /etc/libmod/libmod.yaml)",
     NULL, 'c'},
    {"json", NULL, "one JSON object a line instead of text", NULL, 0},
    {"help", NULL, "this help", NULL, 'h'},
    {NULL, NULL, NULL, NULL, 0},
};

const char *did_you_mean(const char *word, const char *const *names, size_t n)
{
    static char text[128];
    const char *name = text_suggest(word, strlen(word), names, n);
    text[0] = '\0';
    if (name)
        (void)snprintf(text, sizeof(text), "; did you mean \"%s\"?", name);
    return text;
}

int refuse_later(const char *what, const char *feature)
{
    say("%s belongs to %s, which comes with a later release (this is %s)", what, feature,
        LMOD_VERSION);
    return EXIT_USAGE;
}

static size_t row_count(const struct option_row *rows)
{
    size_t n = 0;
    while (rows && rows[n].name)
        n++;
    return n;
}

/* What getopt_long() wants: the long options and the short ones as its string. */
struct getopt_tables {
    struct option option[OPTIONS_MAX + 6];
    char letters[2 * OPTIONS_MAX + 16];
    const char *names[OPTIONS_MAX + 6];
    size_t count;
};

static void add_option(struct getopt_tables *t, const struct option_row *row, int number)
{
    size_t at = strlen(t->letters);
    t->option[t->count] =
        (struct option){row->name, row->value ? required_argument : no_argument, NULL, number};
    t->names[t->count++] = row->name;
    if (row->letter) {
        t->letters[at++] = row->letter;
        if (row->value)
            t->letters[at++] = ':';
        t->letters[at] = '\0';
    }
}

static void make_tables(struct getopt_tables *t, const struct option_row *rows, bool stop_early)
{
    static const struct option_row version = {"version", NULL, NULL, NULL, 'V'};
    *t = (struct getopt_tables){.letters = ":"};
    if (stop_early) {
        (void)snprintf(t->letters, sizeof(t->letters), "+:");
        add_option(t, &version, OPT_VERSION);
    }
    add_option(t, &global_rows[0], OPT_CONFIG);
    add_option(t, &global_rows[1], OPT_JSON);
    add_option(t, &global_rows[2], OPT_HELP);
    for (int i = 0; rows && rows[i].name; i++)
        add_option(t, &rows[i], OPT_ROW + i);
}

/* A short option comes back as its letter: the row that has it. */
static int row_of_letter(const struct option_row *rows, int letter)
{
    for (size_t i = 0; i < row_count(rows); i++)
        if (rows[i].letter && rows[i].letter == letter)
            return (int)i;
    return -1;
}

static void
say_bad_option(const struct getopt_tables *t, char **argv, int kind, const char *command)
{
    const char *word = argv[optind - 1];
    if (kind == ':')
        say("option %s needs a value", word);
    else if (strncmp(word, "--", 2) == 0)
        say("unknown option %s%s", word, did_you_mean(word + 2, t->names, t->count));
    else
        say("unknown option -%c", optopt);
    (void)fprintf(stderr, "Try: modctl %s%s--help\n", command, command[0] ? " " : "");
}

static int take_global(int number, struct args *out, int *code)
{
    if (number == OPT_CONFIG) {
        out->config = optarg;
        return 1;
    }
    if (number == OPT_JSON) {
        out->json = true;
        return 1;
    }
    if (number == OPT_HELP) {
        *code = EXIT_CLEAN;
        return 0;
    }
    return -1;
}

int options_global(int argc, char **argv, struct args *out, int *code)
{
    struct getopt_tables t;
    int number;
    make_tables(&t, NULL, true);
    opterr = 0;
    optind = 0; /* glibc: start over */
    while ((number = getopt_long(argc, argv, t.letters, t.option, NULL)) != -1) {
        int taken = take_global(number, out, code);
        if (number == OPT_VERSION) {
            output_begin(out->json);
            if (out->json)
                (void)output_line("{\"version\":\"%s\"}", LMOD_VERSION);
            else
                (void)output_line("modctl %s", LMOD_VERSION);
            *code = EXIT_CLEAN;
            return -1;
        }
        if (taken == 0)
            return argc; /* --help: as if there were no command */
        if (taken < 0) {
            say_bad_option(&t, argv, number, "");
            *code = EXIT_USAGE;
            return -1;
        }
    }
    *code = EXIT_USAGE;
    return optind;
}

static bool count_operands(struct args *out, int *code)
{
    const struct command *c = out->command;
    if (out->count >= c->least && out->count <= c->most)
        return true;
    if (out->count < c->least)
        say("%s: missing operand: %s", c->name, c->operands);
    else
        say("%s: unexpected operand: %s", c->name, out->operand[c->most]);
    (void)fprintf(stderr, "Try: modctl %s --help\n", c->name);
    *code = EXIT_USAGE;
    return false;
}

static bool take_row(struct args *out, size_t row, int *code)
{
    const struct option_row *r = &out->command->options[row];
    char word[64];
    if (r->later) {
        (void)snprintf(word, sizeof(word), "--%s", r->name);
        *code = refuse_later(word, r->later);
        return false;
    }
    out->value[row] = r->value ? optarg : "";
    return true;
}

bool options_read(int argc, char **argv, struct args *out, int *code)
{
    const struct command *c = out->command;
    struct getopt_tables t;
    int number;
    make_tables(&t, c->options, false);
    opterr = 0;
    optind = 0;
    while ((number = getopt_long(argc, argv, t.letters, t.option, NULL)) != -1) {
        int row = number >= OPT_ROW && number < OPT_JSON ? number - OPT_ROW
                                                         : row_of_letter(c->options, number);
        int taken = row >= 0 ? 1 : take_global(number, out, code);
        if (taken == 0) {
            help_command(c);
            return false;
        }
        if (taken < 0) {
            say_bad_option(&t, argv, number, c->name);
            *code = EXIT_USAGE;
            return false;
        }
        if (row >= 0 && !take_row(out, (size_t)row, code))
            return false;
    }
    out->operand = argv + optind;
    out->count = (size_t)(argc - optind);
    return count_operands(out, code);
}

const char *args_value(const struct args *a, const char *name)
{
    for (size_t i = 0; i < row_count(a->command->options); i++)
        if (strcmp(a->command->options[i].name, name) == 0)
            return a->value[i];
    return NULL;
}

bool args_number(const struct args *a,
                 const char *name,
                 uint32_t low,
                 uint32_t high,
                 uint32_t fallback,
                 uint32_t *out)
{
    const char *text = args_value(a, name);
    char *end = NULL;
    *out = fallback;
    if (!text)
        return true;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || n < low || n > high) {
        say("--%s %s: must be a whole number from %u to %u", name, text, low, high);
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

static void help_rows(const struct option_row *rows)
{
    for (size_t i = 0; i < row_count(rows); i++) {
        char left[64], letter[8] = "";
        if (rows[i].later)
            continue;
        if (rows[i].letter)
            (void)snprintf(letter, sizeof(letter), "-%c, ", rows[i].letter);
        (void)snprintf(left, sizeof(left), "%s--%s%s%s", letter, rows[i].name,
                       rows[i].value ? " " : "", rows[i].value ? rows[i].value : "");
        (void)output_line("  %-20s %s", left, rows[i].help);
    }
}

void help_command(const struct command *c)
{
    output_begin(false);
    (void)output_line("Usage: modctl %s [OPTION…] %s", c->name, c->operands);
    (void)output_line("\n%s", c->text);
    (void)output_line("\nOptions:");
    help_rows(c->options);
    help_rows(global_rows);
    (void)output_line("\nExamples:\n%s", c->examples);
    (void)output_line("\nExit codes:\n%s", c->exits);
}
