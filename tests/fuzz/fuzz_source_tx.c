/* Any bytes as a file of python-threatexchange, and as a source whose format is to be found out. */
#include "imports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_bytes(FORMAT_TX, NULL, data, size);
    import_bytes(FORMAT_TX, "pdq", data, size);
    import_bytes((enum import_format)0, NULL, data, size);
    return 0;
}
