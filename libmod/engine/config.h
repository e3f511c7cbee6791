/*
 * Configuration: libmod.yaml as checked values. One option table (options.c) drives parsing,
 * `modctl config show`, the reference page and the JSON Schema.
 *
 * A struct config is immutable and counted: engines share it, a change makes a new one.
 */
#ifndef ENGINE_CONFIG_H
#define ENGINE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "wire/wire.h"

enum { SURFACES = 19, UNSET = 255 };

struct config_list {
    const char *id, *file, *harm; /* file: as a path from the current directory or absolute */
    uint8_t action, severity;
    uint8_t mode;    /* enum mode, or UNSET */
    uint16_t radius; /* 0–31 */
    bool required, authority;
    uint64_t stale_after_ms; /* 0: never */
};

struct config_surface {
    bool scan;
    uint8_t mode;             /* enum mode, or UNSET */
    uint8_t max;              /* enum action, or UNSET */
    uint8_t failure[REASONS]; /* by bit number of enum reason: enum action, or UNSET */
};

struct config {
    uint8_t mode;
    bool selftest;
    const char *site_name, *key_file, *state_dir; /* paths resolved like config_list.file */
    const struct config_list *lists;
    size_t list_count;
    const char *const *allow;
    size_t allow_count;
    const char *const *packs; /* rule packs */
    size_t pack_count;
    uint32_t thresholds[3]; /* sums of scores for flag, hold, block; 0: never */
    uint8_t perceptual_max;
    struct config_surface surface[SURFACES]; /* by LMOD_SURFACE_* */
    const char *const *exempt_senders, *const *exempt_rooms;
    size_t exempt_sender_count, exempt_room_count;
    uint8_t failure[REASONS]; /* enum action */
    struct {
        const char *worker; /* never NULL */
        uint32_t workers, wall_ms, frames, formats;
        uint64_t max_bytes, max_pixels;
        enum sandbox_mode sandbox;
    } media;
    struct {
        uint64_t max_bytes;
        uint32_t budget_us, match_limit;
    } text;
    char hash[9];           /* eight hex digits over the effective values */
    struct config_own *own; /* what keeps all this alive; NULL in a config made by hand */
};

/* What a config is made of; the config keeps copies. */
struct config_source {
    const char *name; /* what messages call it */
    const char *base; /* directory of relative paths; NULL: the current one */
    const void *text;
    size_t length;
};

/* LMOD_E_CONFIG with place and quoted line, LMOD_E_IO, LMOD_E_MEMORY. */
int config_load(const struct config **out, const char *path, struct error *e);
int config_parse(const struct config **out, const struct config_source *s, struct error *e);

/*
 * A new config with one key changed; `c` stays as it is. `key` is dotted, lists by their number
 * ("lists.0.radius"); `value` is YAML ("[jpeg, png]"). Relative paths start where those of the file
 * do. Errors name the key and have no place.
 */
int config_with(const struct config **out,
                const struct config *c,
                const char *key,
                const char *value,
                struct error *e);

const struct config *config_share(const struct config *c);
void config_free(const struct config *c);

/*
 * {"values":[{"key","value","origin"}…]} in the order of the option table: every key of the file's
 * sections, of each list and of each surface that is named; null: not set. Sizes are numbers, times
 * are written with their unit. NULL when memory ran out. Caller owns.
 */
json_t *config_values(const struct config *c);

/* The JSON Schema (2020-12) and the Markdown reference, both from the option table. */
json_t *config_schema(void);
void config_reference(struct buffer *out);

#endif
