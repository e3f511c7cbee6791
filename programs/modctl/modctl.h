/*
 * modctl: the command line of libmod. What its files share: exit codes and the commands. One file a
 * subcommand (cmd_*.c); options.h reads arguments, output.h writes, settings.h finds the config.
 */
#ifndef MODCTL_MODCTL_H
#define MODCTL_MODCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "options.h"
#include "output.h"

/* Exit codes; of several inputs the highest of 5 > 4 > 1 > 0 counts. */
enum exit_code {
    EXIT_CLEAN = 0,
    EXIT_FOUND = 1,       /* a match, an entry found, a failed test */
    EXIT_USAGE = 2,       /* arguments that make no sense, or a feature of a later release */
    EXIT_INVALID = 3,     /* config, key or list is missing or invalid */
    EXIT_INPUT = 4,       /* scan incomplete, input missing or unreadable, output lost */
    EXIT_UNAVAILABLE = 5, /* the store or the media worker */
    EXIT_REFUSED = 6,     /* refused by state: there already, decided already, unknown event */
    EXIT_BUG = 70,
};

/* The exit code of a status. */
int exit_of(int status);

/* The code that counts when two inputs gave these. */
int exit_worse(int a, int b);

/* All commands, in the order of the help; ends with a NULL name. */
extern const struct command *const commands[];

extern const struct command cmd_init, cmd_doctor, cmd_config_check, cmd_config_show,
    cmd_config_schema, cmd_config_reference, cmd_hash, cmd_scan, cmd_list_build, cmd_list_info,
    cmd_list_check, cmd_list_install, cmd_list_find, cmd_list_add, cmd_list_withdraw,
    cmd_rules_check, cmd_rules_test, cmd_rules_diff, cmd_rules_bench, cmd_report, cmd_queue,
    cmd_show, cmd_decide, cmd_undo, cmd_events, cmd_stats, cmd_store_check, cmd_store_backup,
    cmd_selftest;

#endif
