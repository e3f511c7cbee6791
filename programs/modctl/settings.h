/* Finding and loading libmod.yaml. */
#ifndef MODCTL_SETTINGS_H
#define MODCTL_SETTINGS_H

#include "engine/config.h"
#include "modctl.h"

/* The config to use: -c FILE, $LIBMOD_CONFIG, ./libmod.yaml, /etc/libmod/libmod.yaml; NULL when there
 * is none. Borrowed. */
const char *settings_path(const struct args *a);

/* Loads it; $LIBMOD_WORKER, when set, replaces media.worker. What is wrong is in `e`: status
 * LMOD_E_CONFIG also for a file that is not there. */
int settings_load(const struct config **out, const struct args *a, struct error *e);

/* The same, and says what is wrong. The exit code, EXIT_CLEAN when `*out` is there. */
int settings_need(const struct config **out, const struct args *a);

/* The same for commands that work on packs and have none named: a config without packs is a usage
 * error, so that a gate that checks nothing does not pass. */
int settings_packs(const struct config **out, const struct args *a);

/* For commands that need no config: the one named by -c, else the built-in values. */
int settings_or_default(const struct config **out, const struct args *a, struct error *e);

/* For commands that obey the policy of a site where there is one: the config to use, else the built-in
 * values, when `*found` is false. Says what is wrong; the exit code. */
int settings_found(const struct config **out, const struct args *a, bool *found);

/* Replaces `*c` by the same with one key changed. */
int settings_change(const struct config **c, const char *key, const char *value, struct error *e);

/* "lists" below the state directory: where large lists are mapped from. Caller frees. */
char *settings_lists(const struct config *c);

#endif
