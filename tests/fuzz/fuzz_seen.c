/* Any bytes as what the store keeps of a media content: nothing, or something that is the same bytes
 * when it is written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lookup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer again = BUFFER_INIT;
    struct seen *s = seen_read(data, size);
    if (!s)
        return 0;
    check(s->count <= WIRE_CANDIDATES && !seen_luma(s) && seen_lasting(s));
    for (uint32_t i = 0; i < s->count; i++)
        check(s->hash[i].strategy <= STRATEGY_CROP && s->hash[i].quality >= PDQ_QUALITY_MIN);
    seen_write(s, &again);
    check(again.failed || (again.size == size && memcmp(again.data, data, size) == 0));
    buffer_finish(&again);
    free(s);
    return 0;
}
