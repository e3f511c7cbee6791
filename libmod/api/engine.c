/* <libmod/engine.h>: an lmod_engine is a struct engine. */
#include "api/api.h"

static struct engine *inner(lmod_engine *engine)
{
    return (struct engine *)(void *)engine;
}

EXPORT int32_t lmod_engine_open(lmod_engine **out,
                                const lmod_config *config,
                                uint32_t abi,
                                lmod_error **error)
{
    struct engine *engine = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_engine_open: out is NULL");
    *out = NULL;
    if (!config)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_engine_open: config is NULL");
    if (abi == 0 || abi > LMOD_ABI)
        return api_refuse(error, LMOD_E_UNSUPPORTED,
                          "lmod_engine_open: the host was built for another ABI of libmod");
    if (engine_open(&engine, config->config, ENGINE_RECORD, config->log, config->log_user, &e) !=
        LMOD_OK)
        return api_fail(error, &e);
    *out = (lmod_engine *)(void *)engine;
    return LMOD_OK;
}

EXPORT int32_t lmod_engine_reload(lmod_engine *engine, lmod_error **error)
{
    struct error e = {0};
    api_clear(error);
    if (!engine)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_engine_reload: engine is NULL");
    if (engine_reload(inner(engine), &e) != LMOD_OK)
        return api_fail(error, &e);
    return LMOD_OK;
}

EXPORT int32_t lmod_engine_poll(lmod_engine *engine, uint32_t *need, lmod_error **error)
{
    struct error e = {0};
    api_clear(error);
    if (!engine || !need)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_engine_poll: an argument is NULL");
    if (engine_poll(inner(engine), need, &e) != LMOD_OK)
        return api_fail(error, &e);
    return LMOD_OK;
}

EXPORT int32_t lmod_engine_stats(lmod_doc **out, lmod_engine *engine, lmod_error **error)
{
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_engine_stats: out is NULL");
    *out = NULL;
    if (!engine)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_engine_stats: engine is NULL");
    struct error e = {0};
    if (engine_own_process(inner(engine), &e) != LMOD_OK)
        return api_fail(error, &e);
    return api_doc(out, engine_stats(inner(engine)), error);
}

EXPORT void lmod_engine_close(lmod_engine *engine)
{
    engine_close(inner(engine));
}
