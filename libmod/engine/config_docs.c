#include "engine/config_own.h"
json_t *config_schema(void)
{
    return NULL;
}

void config_reference(struct buffer *out)
{
    (void)out;
}
