/* Any bytes as a source CSV, typed and as bare values. */
#include "imports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_bytes(FORMAT_CSV, NULL, data, size);
    import_bytes(FORMAT_CSV, "sha1", data, size);
    import_bytes(FORMAT_CSV, "file", data, size);
    return 0;
}
