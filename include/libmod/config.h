/*
 * libmod: configuration. Read libmod.yaml, change single keys, ask what is in force.
 *
 * The keys, their units and defaults: docs/reference/config.md. A config object is used by one
 * thread at a time; an engine keeps its own copy, so it may be freed right after lmod_engine_open().
 */
#ifndef LIBMOD_CONFIG_H
#define LIBMOD_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include <libmod/doc.h>
#include <libmod/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lmod_config lmod_config;

/*
 * Reads `path` and checks every key. Relative paths in the file are relative to the file.
 * On success `*out` is owned by the caller. The lists, the key file and the worker are looked at by
 * lmod_engine_open(), not here.
 * Errors: LMOD_E_CONFIG (with line and column), LMOD_E_IO, LMOD_E_MEMORY, LMOD_E_ARGUMENT.
 * [any-thread]
 */
int32_t lmod_config_load(lmod_config **out, const char *path, lmod_error **error);

/*
 * The same from memory. `base` is the directory that relative paths start from (NULL: the current
 * one); messages call the text "config". Nothing of `text` is kept. Errors as lmod_config_load().
 * [any-thread]
 */
int32_t lmod_config_parse(
    lmod_config **out, const void *text, size_t length, const char *base, lmod_error **error);

/*
 * Sets one key by its dotted name, such as ("mode", "enforce") or ("media.wall_ms", "2000"), with
 * the value written as in the file. On failure the config is as before.
 * Errors: LMOD_E_CONFIG (unknown key with "did you mean", bad value), LMOD_E_MEMORY,
 * LMOD_E_ARGUMENT. [one thread at a time]
 */
int32_t
lmod_config_set(lmod_config *config, const char *key, const char *value, lmod_error **error);

/* Levels of the log callback; higher is more urgent. */
#define LMOD_LOG_INFO    10u
#define LMOD_LOG_WARNING 20u
#define LMOD_LOG_ERROR   30u

/*
 * What the library has to tell the operator: a list that was refused, a sandbox layer that is not
 * there. Runs inside a libmod call, on the calling thread, with no lock held; must return normally
 * and must not call libmod with the same engine. `message` is one line of UTF-8 without content,
 * hashes or file names of content; borrowed for the call.
 */
typedef void (*lmod_log_fn)(void *user, uint32_t level, const char *message);

/* Sets the log callback that an engine opened from this config uses; NULL: none (the default).
 * `user` must outlive that engine. [one thread at a time] */
int32_t lmod_config_log(lmod_config *config, lmod_log_fn fn, void *user);

/*
 * The effective values: {"values":[{"key","value","origin"},…]}, origin "file", "set" or "default".
 * `*out` is owned by the caller. Errors: LMOD_E_MEMORY, LMOD_E_ARGUMENT. [one thread at a time]
 */
int32_t lmod_config_doc(lmod_doc **out, const lmod_config *config, lmod_error **error);

/* Frees `config`. NULL is fine. Engines opened from it are not affected. */
void lmod_config_free(lmod_config *config);

#ifdef __cplusplus
}
#endif

#endif
