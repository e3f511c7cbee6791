/* <libmod/config.h> */
#include "api/api.h"

#include <stdlib.h>

/* Wraps a config; takes it over also on failure. */
static int32_t wrap(lmod_config **out, const struct config *c, lmod_error **slot)
{
    lmod_config *config = calloc(1, sizeof(*config));
    if (!config) {
        config_free(c);
        return api_refuse(slot, LMOD_E_MEMORY, "out of memory");
    }
    config->config = c;
    *out = config;
    return LMOD_OK;
}

EXPORT int32_t lmod_config_load(lmod_config **out, const char *path, lmod_error **error)
{
    const struct config *c = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_config_load: out is NULL");
    *out = NULL;
    if (!path)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_config_load: path is NULL");
    if (config_load(&c, path, &e) != LMOD_OK)
        return api_fail(error, &e);
    return wrap(out, c, error);
}

EXPORT int32_t lmod_config_parse(
    lmod_config **out, const void *text, size_t length, const char *base, lmod_error **error)
{
    const struct config *c = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_config_parse: out is NULL");
    *out = NULL;
    if (!text && length)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_config_parse: text is NULL");
    const struct config_source source = {
        .name = "config",
        .base = base,
        .text = text ? text : "",
        .length = length,
    };
    if (config_parse(&c, &source, &e) != LMOD_OK)
        return api_fail(error, &e);
    return wrap(out, c, error);
}

EXPORT int32_t lmod_config_set(lmod_config *config,
                               const char *key,
                               const char *value,
                               lmod_error **error)
{
    const struct config *c = NULL;
    struct error e = {0};
    api_clear(error);
    if (!config || !key || !value)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_config_set: an argument is NULL");
    if (config_with(&c, config->config, key, value, &e) != LMOD_OK)
        return api_fail(error, &e);
    config_free(config->config);
    config->config = c;
    return LMOD_OK;
}

EXPORT int32_t lmod_config_log(lmod_config *config, lmod_log_fn fn, void *user)
{
    if (!config)
        return LMOD_E_ARGUMENT;
    config->log = fn;
    config->log_user = user;
    return LMOD_OK;
}

EXPORT int32_t lmod_config_doc(lmod_doc **out, const lmod_config *config, lmod_error **error)
{
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_config_doc: out is NULL");
    *out = NULL;
    if (!config)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_config_doc: config is NULL");
    return api_doc(out, config_values(config->config), error);
}

EXPORT void lmod_config_free(lmod_config *config)
{
    if (!config)
        return;
    config_free(config->config);
    free(config);
}
