/* Any bytes as libmod.yaml: a config whose values can be shown, or an error with its place. What
 * stands before the first NUL is set as "KEY=VALUE" on top. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/config.h"
#include "yaml/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
    if (!condition)
        abort();
}

/* A message is one line of UTF-8, its excerpt two. */
static void check_error(const struct error *e)
{
    check(e->text[0] && !strchr(e->text, '\n'));
    check(utf8_valid(e->text, strlen(e->text)));
    check(utf8_valid(e->excerpt, strlen(e->excerpt)));
    const char *feed = strchr(e->excerpt, '\n');
    check(!feed || !strchr(feed + 1, '\n'));
}

static void check_values(const struct config *c)
{
    json_t *all = config_values(c);
    check(strlen(c->hash) == 8);
    check(!all || json_array_size(json_object_get(all, "values")) >= 25);
    json_decref(all);
}

static void set(const struct config *c, const char *pair)
{
    const struct config *changed = NULL;
    struct error e = {0};
    const char *equals = strchr(pair, '=');
    char *key = equals ? text_copy(pair, (size_t)(equals - pair)) : NULL;
    if (!key)
        return;
    if (config_with(&changed, c, key, equals + 1, &e) == LMOD_OK) {
        check_values(changed);
        config_free(changed);
    } else {
        check(!changed && !e.line && !e.file[0] && !e.excerpt[0]);
        check_error(&e);
    }
    free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    const char *pair = zero ? (const char *)data : NULL;
    const uint8_t *text = zero ? zero + 1 : data;
    const struct config_source s = {"fuzz.yaml", NULL, text, size - (size_t)(text - data)};
    const struct config *c = NULL;
    struct error e = {0};
    int status = config_parse(&c, &s, &e);
    if (status != LMOD_OK) {
        check(!c && status == e.status);
        check(status == LMOD_E_MEMORY || s.length > YAML_CONFIG_MAX || (e.line && e.column));
        check_error(&e);
        return 0;
    }
    check_values(c);
    if (pair)
        set(c, pair);
    config_free(c);
    return 0;
}
