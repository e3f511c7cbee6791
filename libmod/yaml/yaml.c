/* yaml: libyaml's events built into a tree of nodes that know their place. */
#include "yaml/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/tree.h"

enum { BLOCK = 16384 };

struct yaml_block {
    struct yaml_block *next;
    size_t used, cap;
    _Alignas(max_align_t) char bytes[];
};

static void *arena(struct yaml *y, size_t size)
{
    struct yaml_block *b = y->blocks;
    size_t need;
    if (!size_add(size, sizeof(max_align_t) - 1, &need))
        return NULL;
    need -= need % sizeof(max_align_t);
    if (!b || b->cap - b->used < need) {
        size_t cap = need > BLOCK ? need : BLOCK, whole;
        if (!size_add(cap, sizeof(*b), &whole) || !(b = malloc(whole)))
            return NULL;
        *b = (struct yaml_block){.next = y->blocks, .cap = cap};
        y->blocks = b;
    }
    void *at = b->bytes + b->used;
    b->used += need;
    return at;
}

/* The work in hand: the parser and the event it gave last. */
struct build {
    struct yaml *y;
    yaml_parser_t parser;
    yaml_event_t event;
    struct error *e;
};

static int next(struct build *b)
{
    yaml_event_delete(&b->event);
    memset(&b->event, 0, sizeof(b->event));
    return yaml_parser_parse(&b->parser, &b->event) ? LMOD_OK
                                                    : yaml_problem(b->y, &b->parser, b->e);
}

static struct yaml_node *new_node(struct build *b, enum yaml_kind kind)
{
    struct yaml_node *n = arena(b->y, sizeof(*n));
    if (!n)
        return NULL;
    *n = (struct yaml_node){.kind = kind};
    yaml_place(b->y, b->event.start_mark.index, &n->line, &n->column);
    return n;
}

static bool text_of(struct build *b, struct yaml_node *n)
{
    const char *value = (const char *)b->event.data.scalar.value;
    size_t length = b->event.data.scalar.length;
    char *copy = arena(b->y, length + 1);
    if (!copy)
        return false;
    memcpy(copy, value, length);
    copy[length] = '\0';
    n->text = copy;
    n->length = length;
    n->quoted = b->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return true;
}

static int refuse(struct build *b, const char *text)
{
    uint32_t line, column;
    yaml_place(b->y, b->event.start_mark.index, &line, &column);
    return yaml_fail(b->y, line, column, b->e, text);
}

/* Anchors, aliases and tags let one byte stand for many, or for something else than it says. */
static int check_properties(struct build *b)
{
    const yaml_event_t *v = &b->event;
    const unsigned char *anchor = NULL, *tag = NULL;
    if (v->type == YAML_ALIAS_EVENT)
        return refuse(b, "aliases (*name) are not supported; quote a text that begins with \"*\"");
    if (v->type == YAML_SCALAR_EVENT) {
        anchor = v->data.scalar.anchor;
        tag = v->data.scalar.tag;
    } else if (v->type == YAML_SEQUENCE_START_EVENT) {
        anchor = v->data.sequence_start.anchor;
        tag = v->data.sequence_start.tag;
    } else {
        anchor = v->data.mapping_start.anchor;
        tag = v->data.mapping_start.tag;
    }
    if (anchor)
        return refuse(b, "anchors (&name) are not supported; quote a text that begins with \"&\"");
    if (tag)
        return refuse(b, "tags (!name) are not supported; quote a text that begins with \"!\"");
    return LMOD_OK;
}

static int node(struct build *b, uint32_t depth, struct yaml_node **out);

static int list_items(struct build *b, uint32_t depth, struct yaml_node *list)
{
    const struct yaml_node **tail = &list->item;
    for (;;) {
        struct yaml_node *item;
        int status = next(b);
        if (status != LMOD_OK || b->event.type == YAML_SEQUENCE_END_EVENT)
            return status;
        if ((status = node(b, depth, &item)) != LMOD_OK)
            return status;
        *tail = item;
        tail = &item->next;
        list->count++;
    }
}

static int by_text(const void *a, const void *b)
{
    const struct yaml_node *x = *(const struct yaml_node *const *)a;
    const struct yaml_node *y = *(const struct yaml_node *const *)b;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    int order = memcmp(x->text, y->text, x->length);
    if (order)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->column < y->column ? -1 : 1;
}

/* Sorted, because comparing each with each takes minutes for a file of short keys. */
static int check_keys(struct build *b, const struct yaml_node *map)
{
    const struct yaml_node **key = array_new(map->count, sizeof(struct yaml_node *));
    const struct yaml_node *twice = NULL, *first = NULL;
    size_t n = 0;
    if (!key)
        return error_memory(b->e);
    for (const struct yaml_node *k = map->item; k; k = k->next)
        key[n++] = k;
    qsort(key, n, sizeof(struct yaml_node *), by_text);
    for (size_t i = 1; i < n; i++) {
        if (key[i]->length != key[i - 1]->length ||
            memcmp(key[i]->text, key[i - 1]->text, key[i]->length) != 0)
            continue;
        if (twice && (key[i]->line > twice->line ||
                      (key[i]->line == twice->line && key[i]->column > twice->column)))
            continue;
        twice = key[i];
        first = key[i - 1];
    }
    free(key);
    if (!twice)
        return LMOD_OK;
    char shown[YAML_SHOWN];
    return yaml_error(b->y, twice, b->e, "key \"%s\" is given twice, first on line %u",
                      yaml_show(twice, shown), first->line);
}

static int map_members(struct build *b, uint32_t depth, struct yaml_node *map)
{
    const struct yaml_node **tail = &map->item;
    for (;;) {
        struct yaml_node *key, *value;
        int status = next(b);
        if (status != LMOD_OK)
            return status;
        if (b->event.type == YAML_MAPPING_END_EVENT)
            return check_keys(b, map);
        if (b->event.type != YAML_SCALAR_EVENT && b->event.type != YAML_ALIAS_EVENT)
            return refuse(b, "a key must be plain text, not a list or a map");
        if ((status = node(b, depth, &key)) != LMOD_OK)
            return status;
        if (key->length == 0)
            return yaml_error(b->y, key, b->e, "a key is missing before \":\"");
        if ((status = next(b)) != LMOD_OK || (status = node(b, depth, &value)) != LMOD_OK)
            return status;
        key->value = value;
        *tail = key;
        tail = &key->next;
        map->count++;
    }
}

/* Builds the node whose first event was just read; reads up to its last. */
static int node(struct build *b, uint32_t depth, struct yaml_node **out)
{
    char text[64];
    int status = check_properties(b);
    if (status != LMOD_OK)
        return status;
    bool scalar = b->event.type == YAML_SCALAR_EVENT;
    bool list = b->event.type == YAML_SEQUENCE_START_EVENT;
    if (!scalar && depth == YAML_DEPTH) {
        (void)snprintf(text, sizeof(text), "nested deeper than %d levels", YAML_DEPTH);
        return refuse(b, text);
    }
    struct yaml_node *n = new_node(b, scalar ? YAML_TEXT : list ? YAML_LIST : YAML_MAP);
    if (!n || (scalar && !text_of(b, n)))
        return error_memory(b->e);
    *out = n;
    if (scalar)
        return LMOD_OK;
    return list ? list_items(b, depth + 1, n) : map_members(b, depth + 1, n);
}

static struct yaml_node *empty_map(struct yaml *y)
{
    struct yaml_node *n = arena(y, sizeof(*n));
    if (n)
        *n = (struct yaml_node){.kind = YAML_MAP, .line = 1, .column = 1};
    return n;
}

/* The one document of the stream. */
static int document(struct build *b)
{
    struct yaml_node *root = NULL;
    int status;
    if ((status = next(b)) != LMOD_OK || /* stream start */
        (status = next(b)) != LMOD_OK)
        return status;
    if (b->event.type != YAML_STREAM_END_EVENT) {
        if ((status = next(b)) != LMOD_OK || (status = node(b, 0, &root)) != LMOD_OK ||
            (status = next(b)) != LMOD_OK || /* document end */
            (status = next(b)) != LMOD_OK)
            return status;
        if (b->event.type != YAML_STREAM_END_EVENT)
            return refuse(b, "a second document begins here; one file holds one");
    }
    if (!root || (root->kind == YAML_TEXT && root->length == 0 && !root->quoted))
        root = empty_map(b->y);
    b->y->root = root;
    return root ? LMOD_OK : error_memory(b->e);
}

static bool index_lines(struct yaml *y)
{
    size_t n = 1, at = 0;
    for (size_t i = 0; i < y->length; i++)
        n += y->text[i] == '\n';
    if (!(y->line = array_new(n, sizeof(*y->line))))
        return false;
    y->line[y->lines++] = 0;
    for (size_t i = 0; i < y->length; i++) {
        at += ((unsigned char)y->text[i] & 0xC0) != 0x80;
        if (y->text[i] == '\n')
            y->line[y->lines++] = (uint32_t)at;
    }
    return true;
}

void yaml_place(const struct yaml *y, size_t index, uint32_t *line, uint32_t *column)
{
    size_t low = 0, high = y->lines;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (y->line[middle] <= index)
            low = middle;
        else
            high = middle;
    }
    *line = (uint32_t)low + 1;
    *column = (uint32_t)(index - y->line[low]) + 1;
}

static int check_utf8(const struct yaml *y, struct error *e)
{
    uint32_t line, column;
    size_t index = 0;
    if (utf8_valid(y->text, y->length))
        return LMOD_OK;
    for (size_t at = 0, size; (size = yaml_character(y->text + at, y->length - at)) != 0;
         at += size)
        index++;
    yaml_place(y, index, &line, &column);
    return yaml_fail(y, line, column, e, "not UTF-8: save the file as UTF-8");
}

static int build(struct yaml *y, struct error *e)
{
    struct build b = {.y = y, .e = e};
    int status = check_utf8(y, e);
    if (status != LMOD_OK)
        return status;
    if (!yaml_parser_initialize(&b.parser))
        return error_memory(e);
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)y->text, y->length);
    status = document(&b);
    yaml_event_delete(&b.event);
    yaml_parser_delete(&b.parser);
    return status;
}

int yaml_parse(struct yaml **out,
               const char *name,
               const void *text,
               size_t length,
               size_t max,
               int status,
               struct error *e)
{
    static const char mark[] = "\xEF\xBB\xBF";
    *out = NULL;
    if (length > max || length > INT32_MAX)
        return error_at(e, status, name, 0, 0, "larger than %zu bytes", max);
    if (length >= 3 && memcmp(text, mark, 3) == 0) {
        text = (const char *)text + 3;
        length -= 3;
    }
    struct yaml *y = calloc(1, sizeof(*y));
    if (!y)
        return error_memory(e);
    y->status = status;
    y->name = name ? text_copy(name, strlen(name)) : NULL;
    y->text = text_copy(text, length);
    y->length = length;
    if ((name && !y->name) || !y->text || !index_lines(y))
        status = error_memory(e);
    else
        status = build(y, e);
    if (status != LMOD_OK) {
        yaml_close(y);
        return status;
    }
    *out = y;
    return LMOD_OK;
}

void yaml_close(struct yaml *y)
{
    if (!y)
        return;
    for (struct yaml_block *b = y->blocks, *after; b; b = after) {
        after = b->next;
        free(b);
    }
    free(y->line);
    free(y->text);
    free(y->name);
    free(y);
}

const struct yaml_node *yaml_root(const struct yaml *y)
{
    return y->root;
}

const char *yaml_text(const struct yaml *y, size_t *length)
{
    *length = y->length;
    return y->text;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map->kind == YAML_MAP)
        for (const struct yaml_node *k = map->item; k; k = k->next)
            if (text_is(k->text, k->length, key))
                return k->value;
    return NULL;
}

bool yaml_is_null(const struct yaml_node *n)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; n->kind == YAML_TEXT && !n->quoted && i < COUNT_OF(nulls); i++)
        if (text_is(n->text, n->length, nulls[i]))
            return true;
    return false;
}
