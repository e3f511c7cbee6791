/* Config, inside: what a config keeps besides its values, and the parts that read and print them. */
#ifndef ENGINE_CONFIG_OWN_H
#define ENGINE_CONFIG_OWN_H

#include <stdatomic.h>

#include "engine/config.h"
#include "engine/options.h"
#include "yaml/yaml.h"

enum { LISTS_MAX = 1000 };

enum origin { ORIGIN_DEFAULT, ORIGIN_FILE, ORIGIN_SET };

/* A key that was set by hand, in the order in which it was done. */
struct config_set {
    char *key, *value;
    struct yaml *tree; /* of the value */
};

/* Where each value of one struct came from, by row of the option table. */
struct origins {
    uint8_t of[OPTIONS_MAX];
};

/* Strings of the config point into the trees, the table's defaults and `owned`. */
struct config_own {
    struct config c;
    atomic_size_t references;
    char *name, *base;
    struct yaml *file;
    struct config_set *set;
    size_t set_count;
    void **owned;
    size_t owned_count, owned_cap;
    struct config_list *lists; /* c.lists, while it is being filled */
    struct origins origin, *list_origin, surface_origin[SURFACES];
    bool surface_named[SURFACES];
};

/* One struct that a part of the file fills. */
struct slot {
    void *base;
    struct origins *origin;
};

/* The reading of one tree into a config. */
struct reading {
    struct config_own *own;
    const struct yaml *tree;
    enum origin origin;
    struct error *e;
};

/* Keeps `memory` (may be NULL: a failed allocation) until the config goes. False: out of memory,
 * and it is freed. */
bool config_keep(struct config_own *own, void *memory);

/* Reads the file's tree, and one key that was set. */
int config_read_file(struct reading *r);
int config_read_set(struct reading *r, const char *key);

/* Gives every value of `slot` its default. */
int config_defaults(struct reading *r, enum option_scope scope, const struct slot *slot);

/* Checks and stores one value; `shown` is the key as messages name it. */
int config_value(struct reading *r,
                 const struct option *o,
                 const char *shown,
                 const struct slot *slot,
                 const struct yaml_node *n);

/* "a list", "a map" or the text in quotes. */
const char *config_kind(const struct yaml_node *n, char out[YAML_SHOWN + 2]);

/* The first eight hex digits of SHA-256 over all values; false when memory ran out. */
bool config_hash(struct config_own *own);

#endif
