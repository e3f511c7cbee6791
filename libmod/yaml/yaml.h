/*
 * yaml: a YAML file as a tree of checked nodes, each knowing its place. Serves config and rule packs.
 *
 * Built on libyaml's events (its document loader is quadratic). Refused, each with its place:
 * aliases and anchors, tags, several documents, duplicate keys, keys that are not plain text,
 * nesting over YAML_DEPTH, files over the caller's cap, invalid UTF-8.
 */
#ifndef YAML_YAML_H
#define YAML_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum { YAML_DEPTH = 32, YAML_CONFIG_MAX = 1 << 20 };

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    uint32_t line, column; /* from 1 */
    const char *text;      /* YAML_TEXT: NUL-terminated, `length` bytes */
    size_t length;
    bool quoted;                   /* YAML_TEXT: written with quotes */
    uint32_t count;                /* items or members */
    const struct yaml_node *item;  /* first item; of a map: first key */
    const struct yaml_node *next;  /* next item of the list; next key of the map */
    const struct yaml_node *value; /* of a key: what it stands for */
};

struct yaml;

/*
 * Parses `length` bytes. `name` is what messages call the file. On success `*out` is owned by the
 * caller; nodes and texts live as long as it. `status` is what an invalid text returns
 * (LMOD_E_CONFIG or LMOD_E_RULES).
 */
int yaml_parse(struct yaml **out,
               const char *name,
               const void *text,
               size_t length,
               size_t max,
               int status,
               struct error *e);
/* Not "yaml_free": libyaml exports a function of that name, which ours would replace. */
void yaml_close(struct yaml *y);

/* The root node; an empty document has a map without members. Never NULL. */
const struct yaml_node *yaml_root(const struct yaml *y);

/* The parsed text, without byte order mark. Lives as long as the tree. */
const char *yaml_text(const struct yaml *y, size_t *length);

/* The value of member `key` of a map, or NULL. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);

/* True for a value that was left out, `~` or `null`, all without quotes. */
bool yaml_is_null(const struct yaml_node *n);

/* A text for use in a message: one line, cut when it is long. Returns `out`. */
enum { YAML_SHOWN = 80 };
const char *yaml_show(const struct yaml_node *n, char out[YAML_SHOWN]);

/* Fills `e` with the node's place, its quoted line and a caret; returns the tree's `status`. */
int yaml_error(const struct yaml *y,
               const struct yaml_node *at,
               struct error *e,
               const char *format,
               ...) __attribute__((format(printf, 4, 5)));

/* The error of an unknown member: `unknown key "actoin" in lists[0]; did you mean "action"?`.
 * `where` may be NULL. */
int yaml_unknown(const struct yaml *y,
                 const struct yaml_node *key,
                 const char *where,
                 const char *const *known,
                 size_t n,
                 struct error *e);

#endif
