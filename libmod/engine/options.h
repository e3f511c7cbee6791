/*
 * The option table: every key of libmod.yaml with its type, range, default and meaning. Parsing,
 * `modctl config show`, the reference page and the JSON Schema all come from it.
 */
#ifndef ENGINE_OPTIONS_H
#define ENGINE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum option_type {
    OPTION_FORMAT, /* the word CONFIG_FORMAT; not stored */
    OPTION_TEXT,
    OPTION_PATH, /* made relative to the file */
    OPTION_ID,
    OPTION_HARM,
    OPTION_BOOL,
    OPTION_INTEGER,
    OPTION_SIZE,
    OPTION_DURATION, /* stored in milliseconds */
    OPTION_CHOICE,   /* a value of `terms`; UNSET when it has no default */
    OPTION_CHOICES,  /* a list of them, stored as bits */
    OPTION_TEXTS,
    OPTION_PATHS,
    OPTION_DEADLINES, /* a map from harm to duration: struct config_deadline, sorted by harm */
    OPTION_LATER,     /* known and refused: needs `feature` */
};

/* Which struct `at` counts in, and so how often the option exists. */
enum option_scope { SCOPE_CONFIG, SCOPE_LIST, SCOPE_SURFACE };

#define CONFIG_FORMAT "libmod/1"

struct option {
    const char *key; /* "media.wall_ms"; "lists[].id" of each list; "policy.surfaces.*.max" */
    enum option_type type;
    enum option_scope scope;
    size_t at, size; /* bytes into the struct of its scope, bytes of the value */
    size_t
        count_at; /* OPTION_TEXTS, OPTION_PATHS, OPTION_DEADLINES: where the number of items (size_t) is */
    uint64_t least, most;
    const struct term *terms;
    uint32_t refused;    /* OPTION_CHOICES: bits that are known but need `feature` */
    const char *initial; /* the default, as written in the file; NULL: none */
    const char *told;    /* how the reference names a default that depends on the build */
    bool required;
    const char *mend;    /* what to do when a required key is missing */
    const char *feature; /* what a refused key or value needs */
    const char *doc;     /* one sentence */
};

enum { OPTIONS_MAX = 96, OPTION_NAMES_MAX = 32, OPTION_NAME_MAX = 24, OPTION_KEY_MAX = 96 };

extern const struct option options[];
extern const size_t option_count; /* at most OPTIONS_MAX */

/* What a key pattern stands for. */
enum option_kind {
    OPTION_NONE,
    OPTION_VALUE, /* a row of the table */
    OPTION_MAP,   /* a map of further keys */
    OPTION_EACH,  /* a map of surfaces, each a map of keys: "policy.surfaces" */
    OPTION_ITEMS, /* a list of maps: "lists" */
};

/* Looks up "media", "media.wall_ms", "lists[]" … ("" is the root); `*row` only for OPTION_VALUE. */
enum option_kind option_find(const char *pattern, const struct option **row);

/* The names that may follow `pattern`; returns their number. The texts live in `store`. */
struct option_names {
    const char *name[OPTION_NAMES_MAX];
    char store[OPTION_NAMES_MAX][OPTION_NAME_MAX];
    size_t n;
};
void option_names(const char *pattern, struct option_names *out);

/* What a map is for ("policy.surfaces"), or NULL. */
const char *option_section(const char *pattern);

/* "a whole number from 1 to 64", "observe or enforce" … */
void option_expects(const struct option *o, struct buffer *out);

/* A size or time with the largest unit that divides it: "20MiB", "50M", "7d". */
void option_size(uint64_t value, struct buffer *out);
void option_duration(uint64_t ms, struct buffer *out);

/* Reading and writing a number of 1, 2, 4 or 8 bytes at `o->at` of `base`. */
uint64_t option_number(const struct option *o, const void *base);
void option_store(const struct option *o, void *base, uint64_t value);

#endif
