/* Any bytes as XML of NCMEC. */
#include "imports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_bytes(FORMAT_NCMEC, NULL, data, size);
    return 0;
}
