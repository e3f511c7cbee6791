/* <libmod/verdict.h> */
#include "api/api.h"

static struct verdict *inner(lmod_verdict *verdict)
{
    return (struct verdict *)(void *)verdict;
}

static const struct verdict *look(const lmod_verdict *verdict)
{
    return (const struct verdict *)(const void *)verdict;
}

EXPORT uint32_t lmod_verdict_action(const lmod_verdict *verdict)
{
    return verdict ? look(verdict)->action : LMOD_ALLOW;
}

EXPORT uint32_t lmod_verdict_coverage(const lmod_verdict *verdict)
{
    return verdict ? look(verdict)->coverage : LMOD_NOT_RUN;
}

EXPORT uint32_t lmod_verdict_recorded(const lmod_verdict *verdict)
{
    return verdict ? look(verdict)->recorded : LMOD_RECORDED_NONE;
}

EXPORT size_t lmod_verdict_count(const lmod_verdict *verdict)
{
    return verdict ? look(verdict)->count : 0;
}

EXPORT const char *lmod_verdict_field(lmod_verdict *verdict, size_t index, const char *name)
{
    return verdict && name && *name ? verdict_field(inner(verdict), index, name) : NULL;
}

EXPORT const char *lmod_verdict_json(lmod_verdict *verdict, size_t *length)
{
    if (length)
        *length = 0;
    return verdict ? verdict_json(inner(verdict), length) : NULL;
}

EXPORT void lmod_verdict_free(lmod_verdict *verdict)
{
    verdict_free(inner(verdict));
}
