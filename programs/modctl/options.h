/*
 * Arguments: each command has a table of its options; getopt_long() reads them, the same table makes
 * the help. Options of later releases stand in the table too and are refused by name.
 */
#ifndef MODCTL_OPTIONS_H
#define MODCTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPTIONS_MAX = 16, OPERANDS_ANY = 1 << 30 };

struct option_row {
    const char *name;  /* long, without dashes; NULL ends a table */
    const char *value; /* placeholder of its value, NULL: a flag */
    const char *help;
    const char *later; /* the feature that it belongs to when this release does not have it */
    char letter;       /* 0: none */
};

struct args;

struct command {
    const char *name;     /* "scan", "list build" */
    const char *operands; /* for the synopsis */
    const char *summary;  /* one line */
    const char *text;     /* what it does, for --help */
    const struct option_row *options;
    size_t least, most; /* operands */
    const char *examples, *exits;
    int (*run)(const struct args *args);
};

/* What was given. Strings are borrowed from argv. */
struct args {
    const struct command *command;
    const char *config; /* -c FILE or NULL */
    bool json;
    char *const *operand;
    size_t count;
    const char
        *value[OPTIONS_MAX]; /* by row of the command's table; "" for a flag, NULL: not given */
};

/* The options before the command. Returns the index of the command in argv, or -1 and `*code`, the
 * exit code, when everything was said already. */
int options_global(int argc, char **argv, struct args *out, int *code);

/* The options of out->command; argv[0] is skipped. False: `*code` is the exit code. */
bool options_read(int argc, char **argv, struct args *out, int *code);

/* The value of a long option of this command, NULL when it was not given. */
const char *args_value(const struct args *a, const char *name);

/* A whole number from `low` to `high`; `fallback` when it was not given. False: said, usage error. */
bool args_number(const struct args *a,
                 const char *name,
                 uint32_t low,
                 uint32_t high,
                 uint32_t fallback,
                 uint32_t *out);

/* "…; did you mean X?" or "" into a static buffer. */
const char *did_you_mean(const char *word, const char *const *names, size_t n);

/* Says that `what` belongs to a feature of a later release; EXIT_USAGE. */
int refuse_later(const char *what, const char *feature);

void help_command(const struct command *c);

#endif
