/* <libmod/version.h> */
#include "api/api.h"

#include <string.h>

EXPORT uint32_t lmod_abi(void)
{
    return LMOD_ABI;
}

EXPORT const char *lmod_version(void)
{
    return LMOD_VERSION;
}

EXPORT uint32_t lmod_feature(const char *name)
{
    static const struct term features[] = {
        {"media.pdq", 1}, {"media.displayed", 1}, {"lists.lml", LIST_FORMAT},
        {"selftest", 1},  {"text.rules", 1},      {"sandbox", 1},
        {"store", 1},     {"decisions", 1},       {NULL, 0},
    };
    uint32_t revision = 0;
    if (name)
        (void)term_value(features, name, strlen(name), &revision);
    return revision;
}

EXPORT const char *lmod_status_name(int32_t status)
{
    return status_name(status);
}
