/* Any bytes as JSON of StopNCII, ThreatExchange and Hasher-Matcher-Actioner. */
#include "imports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_bytes(FORMAT_STOPNCII, NULL, data, size);
    import_bytes(FORMAT_THREATEXCHANGE, NULL, data, size);
    import_bytes(FORMAT_HMA, NULL, data, size);
    return 0;
}
