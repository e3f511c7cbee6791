/* Config: loading, changing, sharing. A change reads the same text again with one more key set. */
#include "engine/config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/config_own.h"

static void destroy(struct config_own *own)
{
    if (!own)
        return;
    for (size_t i = 0; i < own->set_count; i++) {
        yaml_close(own->set[i].tree);
        free(own->set[i].key);
        free(own->set[i].value);
    }
    for (size_t i = 0; i < own->owned_count; i++)
        free(own->owned[i]);
    yaml_close(own->file);
    free(own->owned);
    free(own->set);
    free(own->base);
    free(own->name);
    free(own);
}

/* A config with every default and nothing read. */
static struct config_own *fresh(const struct config_source *s)
{
    struct config_own *own = calloc(1, sizeof(*own));
    if (!own)
        return NULL;
    atomic_init(&own->references, 1);
    own->c.own = own;
    own->name = s->name ? text_copy(s->name, strlen(s->name)) : NULL;
    own->base = s->base ? text_copy(s->base, strlen(s->base)) : NULL;
    if ((s->name && !own->name) || (s->base && !own->base)) {
        destroy(own);
        return NULL;
    }
    return own;
}

static int read_all(struct config_own *own, struct error *e)
{
    struct reading r = {own, own->file, ORIGIN_DEFAULT, e};
    const struct slot top = {&own->c, &own->origin};
    int status = config_defaults(&r, SCOPE_CONFIG, &top);
    for (size_t i = 0; i < SURFACES && status == LMOD_OK; i++) {
        const struct slot surface = {&own->c.surface[i], &own->surface_origin[i]};
        status = config_defaults(&r, SCOPE_SURFACE, &surface);
    }
    r.origin = ORIGIN_FILE;
    return status == LMOD_OK ? config_read_file(&r) : status;
}

/* A key that was set has no place in a file: its name says which it is. */
static int without_place(struct error *e, int status)
{
    if (e) {
        e->file[0] = e->excerpt[0] = '\0';
        e->line = e->column = 0;
    }
    return status;
}

static int apply(struct config_own *own, struct config_set *set, struct error *e)
{
    struct reading r = {own, NULL, ORIGIN_SET, e};
    struct error syntax = {0};
    char shown[YAML_SHOWN];
    int status = yaml_parse(&set->tree, NULL, set->value, strlen(set->value), YAML_CONFIG_MAX,
                            LMOD_E_CONFIG, &syntax);
    if (status != LMOD_OK) {
        const struct yaml_node key = {.text = set->key, .length = strlen(set->key)};
        return error_set(e, status, "\"%s\": %s", yaml_show(&key, shown), syntax.text);
    }
    r.tree = set->tree;
    status = config_read_set(&r, set->key);
    return status == LMOD_OK ? status : without_place(e, status);
}

/* Takes over the tree of the file; `sets` are copied and applied in their order. */
static int build(const struct config **out,
                 const struct config_source *s,
                 const struct config_set *sets,
                 size_t count,
                 struct error *e)
{
    int status = LMOD_E_MEMORY;
    struct config_own *own = fresh(s);
    if (!own || !(own->set = array_new(count, sizeof(*own->set)))) {
        destroy(own);
        return error_memory(e);
    }
    status = yaml_parse(&own->file, s->name, s->text, s->length, YAML_CONFIG_MAX, LMOD_E_CONFIG, e);
    if (status == LMOD_OK)
        status = read_all(own, e);
    for (size_t i = 0; i < count && status == LMOD_OK; i++) {
        struct config_set *set = &own->set[own->set_count++];
        set->key = text_copy(sets[i].key, strlen(sets[i].key));
        set->value = text_copy(sets[i].value, strlen(sets[i].value));
        status = set->key && set->value ? apply(own, set, e) : error_memory(e);
    }
    if (status == LMOD_OK && !config_hash(own))
        status = error_memory(e);
    if (status != LMOD_OK) {
        destroy(own);
        return status;
    }
    *out = &own->c;
    return LMOD_OK;
}

int config_parse(const struct config **out, const struct config_source *s, struct error *e)
{
    *out = NULL;
    return build(out, s, NULL, 0, e);
}

int config_load(const struct config **out, const char *path, struct error *e)
{
    struct buffer text = BUFFER_INIT;
    char *base = NULL;
    *out = NULL;
    int status = file_read(&text, path, YAML_CONFIG_MAX, e);
    if (status != LMOD_OK)
        goto cleanup;
    if (strchr(path, '/') && !(base = path_directory(path))) {
        status = error_memory(e);
        goto cleanup;
    }
    const struct config_source s = {path, base, text.data, text.size};
    status = config_parse(out, &s, e);
cleanup:
    buffer_finish(&text);
    free(base);
    return status;
}

int config_with(const struct config **out,
                const struct config *c,
                const char *key,
                const char *value,
                struct error *e)
{
    const struct config_own *own = c->own;
    const struct option *row;
    size_t n = 0, room;
    *out = NULL;
    if (!own)
        return error_set(e, LMOD_E_ARGUMENT, "this config was not read from a text");
    struct config_set *sets =
        size_add(own->set_count, 1, &room) ? array_new(room, sizeof(*sets)) : NULL;
    char *key_copy = text_copy(key, strlen(key)), *value_copy = text_copy(value, strlen(value));
    int status = LMOD_E_MEMORY;
    if (!sets || !key_copy || !value_copy) {
        status = error_memory(e);
        goto cleanup;
    }
    /* Setting a value again replaces it, so that a long life of changes does not pile up. A map of
     * keys only adds to what was there. */
    bool whole = option_find(key, &row) == OPTION_VALUE;
    for (size_t i = 0; i < own->set_count; i++)
        if (strcmp(own->set[i].key, key) != 0 ||
            (!whole && yaml_root(own->set[i].tree)->kind == YAML_MAP))
            sets[n++] = own->set[i];
    sets[n++] = (struct config_set){key_copy, value_copy, NULL};
    struct config_source s = {.name = own->name, .base = own->base};
    s.text = yaml_text(own->file, &s.length);
    status = build(out, &s, sets, n, e);
cleanup:
    free(sets);
    free(key_copy);
    free(value_copy);
    return status;
}

const struct config *config_share(const struct config *c)
{
    if (c && c->own)
        (void)atomic_fetch_add_explicit(&c->own->references, 1, memory_order_relaxed);
    return c;
}

void config_free(const struct config *c)
{
    if (c && c->own && atomic_fetch_sub_explicit(&c->own->references, 1, memory_order_acq_rel) == 1)
        destroy(c->own);
}
