/* yaml, inside: the tree with its memory, and where a character of the text stands. */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include <yaml.h>

#include "yaml/yaml.h"

struct yaml_block; /* one piece of the arena */

struct yaml {
    char *name; /* NULL: the text has no name */
    char *text; /* a copy without byte order mark, for quoting */
    size_t length;
    int status;
    uint32_t *line; /* number of the first character of each line, counted in code points */
    size_t lines;
    const struct yaml_node *root;
    struct yaml_block *blocks;
};

/* Line and column, both from 1, of character number `index`. libyaml's own line numbers also count
 * breaks that no editor shows. */
void yaml_place(const struct yaml *y, size_t index, uint32_t *line, uint32_t *column);

/* Bytes of the valid UTF-8 character at `text`, 0 when there is none. A NUL is none. */
size_t yaml_character(const char *text, size_t left);

/* Fills `e` for a place and quotes its line; returns the tree's status. */
int yaml_fail(
    const struct yaml *y, uint32_t line, uint32_t column, struct error *e, const char *text);

/* Turns what libyaml found wrong into words that help, at the place where the mistake is. */
int yaml_problem(const struct yaml *y, const yaml_parser_t *parser, struct error *e);

#endif
