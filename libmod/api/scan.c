/* <libmod/scan.h>: an lmod_verdict is a struct verdict. */
#include "api/api.h"

static int32_t scan(lmod_verdict **out,
                    lmod_engine *engine,
                    const lmod_subject *subject,
                    int fd,
                    const void *bytes,
                    size_t length,
                    lmod_error **error)
{
    struct verdict *verdict = NULL;
    struct error e = {0};
    struct subject who = api_subject(subject, LMOD_SURFACE_UPLOAD);
    int status =
        engine_media(&verdict, (struct engine *)(void *)engine, &who, fd, bytes, length, &e);
    if (status != LMOD_OK)
        return api_fail(error, &e);
    *out = (lmod_verdict *)(void *)verdict;
    return LMOD_OK;
}

EXPORT int32_t lmod_scan_bytes(lmod_verdict **out,
                               lmod_engine *engine,
                               const lmod_subject *subject,
                               const void *bytes,
                               size_t length,
                               lmod_error **error)
{
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_scan_bytes: out is NULL");
    *out = NULL;
    if (!engine || (!bytes && length))
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_scan_bytes: an argument is NULL");
    return scan(out, engine, subject, -1, bytes ? bytes : "", length, error);
}

EXPORT int32_t lmod_scan_fd(lmod_verdict **out,
                            lmod_engine *engine,
                            const lmod_subject *subject,
                            int32_t fd,
                            lmod_error **error)
{
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_scan_fd: out is NULL");
    *out = NULL;
    if (!engine || fd < 0)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_scan_fd: engine is NULL or fd is negative");
    return scan(out, engine, subject, fd, NULL, 0, error);
}

EXPORT int32_t lmod_scan_text(lmod_verdict **out,
                              lmod_engine *engine,
                              const lmod_subject *subject,
                              const void *text,
                              size_t length,
                              lmod_error **error)
{
    struct verdict *verdict = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_scan_text: out is NULL");
    *out = NULL;
    if (!engine || (!text && length))
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_scan_text: an argument is NULL");
    struct subject who = api_subject(subject, LMOD_SURFACE_MESSAGE);
    if (engine_text(&verdict, (struct engine *)(void *)engine, &who, text ? text : "", length,
                    &e) != LMOD_OK)
        return api_fail(error, &e);
    *out = (lmod_verdict *)(void *)verdict;
    return LMOD_OK;
}

EXPORT int32_t lmod_recall(lmod_verdict **out,
                           lmod_engine *engine,
                           const lmod_subject *subject,
                           const char *ref,
                           size_t length,
                           lmod_error **error)
{
    struct verdict *verdict = NULL;
    struct error e = {0};
    api_clear(error);
    if (!out)
        return api_refuse(error, LMOD_E_ARGUMENT, "lmod_recall: out is NULL");
    *out = NULL;
    if (!engine || !ref || !length || length > LMOD_SUBJECT_MAX)
        return api_refuse(error, LMOD_E_ARGUMENT,
                          "lmod_recall: engine is NULL or ref is not a reference");
    struct subject who = api_subject(subject, LMOD_SURFACE_MESSAGE);
    if (engine_recall(&verdict, (struct engine *)(void *)engine, &who, ref, length, &e) != LMOD_OK)
        return api_fail(error, &e);
    *out = (lmod_verdict *)(void *)verdict;
    return LMOD_OK;
}
