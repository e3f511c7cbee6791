/* modctl: finds the command, reads its options, runs it. */
#include "modctl.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmod/version.h>

const struct command *const commands[] = {
    &cmd_init,         &cmd_doctor,        &cmd_config_check,
    &cmd_config_show,  &cmd_config_schema, &cmd_config_reference,
    &cmd_scan,         &cmd_hash,          &cmd_list_build,
    &cmd_list_info,    &cmd_list_check,    &cmd_list_install,
    &cmd_list_find,    &cmd_list_add,      &cmd_list_withdraw,
    &cmd_rules_check,  &cmd_rules_test,    &cmd_rules_diff,
    &cmd_rules_bench,  &cmd_report,        &cmd_queue,
    &cmd_show,         &cmd_decide,        &cmd_undo,
    &cmd_events,       &cmd_stats,         &cmd_store_check,
    &cmd_store_backup, &cmd_selftest,      NULL,
};

int exit_of(int status)
{
    switch (status) {
    case LMOD_OK:
        return EXIT_CLEAN;
    case LMOD_E_CONFIG:
    case LMOD_E_RULES:
    case LMOD_E_LIST:
    case LMOD_E_KEY:
        return EXIT_INVALID;
    case LMOD_E_IO:
    case LMOD_E_TIMEOUT:
        return EXIT_INPUT;
    case LMOD_E_STORE:
    case LMOD_E_WORKER:
        return EXIT_UNAVAILABLE;
    case LMOD_E_STATE:
    case LMOD_E_NOT_FOUND:
        return EXIT_REFUSED;
    case LMOD_E_UNSUPPORTED:
        return EXIT_USAGE;
    default:
        return EXIT_BUG;
    }
}

int exit_worse(int a, int b)
{
    return a > b ? a : b; /* the numbers are in the order in which they count */
}

/* How many words of argv are the name of `c`; 0: another command. */
static int name_words(const struct command *c, int argc, char **argv)
{
    const char *space = strchr(c->name, ' ');
    size_t first = space ? (size_t)(space - c->name) : strlen(c->name);
    if (argc < 1 || !text_is(c->name, first, argv[0]))
        return 0;
    if (!space)
        return 1;
    return argc > 1 && strcmp(argv[1], space + 1) == 0 ? 2 : 0;
}

static bool is_group(const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; commands[i]; i++)
        if (strncmp(commands[i]->name, word, n) == 0 && commands[i]->name[n] == ' ')
            return true;
    return false;
}

static void help_all(const char *group)
{
    size_t n = group ? strlen(group) : 0;
    (void)output_line("Usage: modctl [-c FILE] [--json] %s%sCOMMAND [OPTION…] [OPERAND…]\n",
                      group ? group : "", group ? " " : "");
    (void)output_line("Commands:");
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        if (group && (strncmp(c->name, group, n) != 0 || c->name[n] != ' '))
            continue;
        (void)output_line("  %-17s %s", c->name, c->summary);
    }
    if (group)
        return;
    (void)output_line("  %-17s %s", "help [COMMAND]", "this help, or a command's");
    (void)output_line("\nOptions:\n"
                      "  -c, --config FILE the config (else $LIBMOD_CONFIG, ./libmod.yaml,\n"
                      "                    /etc/libmod/libmod.yaml)\n"
                      "  --json            one JSON object a line instead of text\n"
                      "  --version         print the release\n"
                      "\nThe manual: man modctl. Every command has --help.");
}

static int unknown_command(int argc, char **argv)
{
    const char *names[64];
    char word[128];
    size_t n = 0;
    for (size_t i = 0; commands[i] && n < COUNT_OF(names) - 4; i++)
        names[n++] = commands[i]->name;
    bool group = is_group(argv[0]);
    (void)snprintf(word, sizeof(word), "%s%s%s", argv[0], group && argc > 1 ? " " : "",
                   group && argc > 1 ? argv[1] : "");
    if (!group) {
        names[n++] = "list";
        names[n++] = "config";
        names[n++] = "store";
        names[n++] = "help";
    }
    if (group && argc < 2)
        say("%s: which one?", argv[0]);
    else
        say("unknown command \"%s\"%s", word, did_you_mean(word, names, n));
    (void)fprintf(stderr, "Try: modctl %s%s--help\n", group ? argv[0] : "", group ? " " : "");
    return EXIT_USAGE;
}

static int run_help(int argc, char **argv)
{
    if (argc == 0) {
        help_all(NULL);
        return EXIT_CLEAN;
    }
    for (size_t i = 0; commands[i]; i++)
        if (name_words(commands[i], argc, argv) > 0) {
            help_command(commands[i]);
            return EXIT_CLEAN;
        }
    if (argc == 1 && is_group(argv[0])) {
        help_all(argv[0]);
        return EXIT_CLEAN;
    }
    return unknown_command(argc, argv);
}

static int run_command(int argc, char **argv, struct args *args)
{
    int code = EXIT_CLEAN;
    if (strcmp(argv[0], "help") == 0)
        return run_help(argc - 1, argv + 1);
    for (size_t i = 0; commands[i]; i++) {
        int words = name_words(commands[i], argc, argv);
        if (words == 0)
            continue;
        args->command = commands[i];
        if (!options_read(argc - words + 1, argv + words - 1, args, &code))
            return code;
        output_begin(args->json);
        return args->command->run(args);
    }
    if (argc == 2 && is_group(argv[0]) &&
        (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return run_help(1, argv);
    return unknown_command(argc, argv);
}

/* A missing descriptor 0–2 must not become a file that we open: reading and writing it fail. */
static void guard_standard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_BUG);
}

/* A reader that went away is an error of the write, not the end of the process. */
static void ignore_broken_pipes(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGPIPE, &ignore, NULL);
}

int main(int argc, char **argv)
{
    struct args args = {0};
    int code = EXIT_USAGE;
    guard_standard_descriptors();
    ignore_broken_pipes();
    int at = options_global(argc, argv, &args, &code);
    if (at >= 0 && at < argc)
        code = run_command(argc - at, argv + at, &args);
    else if (at >= 0 && code == EXIT_CLEAN)
        help_all(NULL);
    else if (at >= 0) {
        say("which command?");
        (void)fputs("Try: modctl --help\n", stderr);
    }
    return output_end(code);
}
