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

/* What a recorded event survives: `full` a power cut, `normal` only the end of the process. */
enum events_sync { SYNC_NORMAL, SYNC_FULL };

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
    uint8_t unrecorded;       /* when recording failed: enum action, or UNSET */
};

/* How soon an event of a harm must be reviewed. */
struct config_deadline {
    const char *harm;
    uint64_t ms; /* from the event on; at least 1 */
};

struct config {
    uint8_t mode;
    bool selftest;
    const char *site_name, *key_file, *state_dir; /* paths resolved like config_list.file */
    const struct config_list *lists;
    size_t list_count;
    struct { /* entries that moderators' decisions make, as if from a list */
        const char *harm;
        uint8_t action, severity;
        uint16_t radius; /* 0–31 */
    } local;
    const char *const *allow;
    size_t allow_count;
    const char *const *packs; /* rule packs */
    size_t pack_count;
    uint32_t thresholds[3]; /* sums of scores for flag, hold, block; 0: never */
    uint8_t perceptual_max;
    struct config_surface surface[SURFACES]; /* by LMOD_SURFACE_* */
    const char *const *exempt_senders, *const *exempt_rooms;
    size_t exempt_sender_count, exempt_room_count;
    const struct config_deadline *deadlines; /* sorted by harm (strcmp), each once */
    size_t deadline_count;
    uint8_t failure[REASONS]; /* enum action */
    uint8_t unrecorded;       /* enum action, where the surface has none */
    struct {
        const char *worker; /* never NULL */
        uint32_t workers, wall_ms, frames, formats;
        uint64_t max_bytes, max_pixels;
        enum sandbox_mode sandbox;
        bool seen; /* clean media are remembered, too */
    } media;
    struct {
        uint64_t max_bytes;
        uint32_t budget_us, match_limit;
    } text;
    struct {
        uint8_t sync;            /* enum events_sync */
        uint64_t quota, keep_ms; /* most bytes of the store; how long events stay */
        bool preview;            /* events carry a small, blurred, grey picture */
    } events;
    struct {
        uint32_t distinct_per_hour; /* 0: never */
    } brake;
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
