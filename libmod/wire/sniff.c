/* Which format the first bytes of a file claim. The only place that knows magic numbers. */
#include "wire/wire.h"

#include <string.h>

struct magic {
    uint32_t format;
    uint8_t offset, size;
    char bytes[9];
};

static const struct magic magics[] = {
    {FORMAT_JPEG, 0, 3, "\xff\xd8\xff"}, {FORMAT_PNG, 0, 8, "\x89PNG\r\n\x1a\n"},
    {FORMAT_GIF, 0, 6, "GIF87a"},        {FORMAT_GIF, 0, 6, "GIF89a"},
    {FORMAT_TIFF, 0, 4, "II*\0"},        {FORMAT_TIFF, 0, 4, "MM\0*"},
    {FORMAT_TIFF, 0, 4, "II+\0"},        {FORMAT_TIFF, 0, 4, "MM\0+"},
};

/* Major brands of still pictures and their sequences in an ISO base media file. */
static const char heif_brands[][5] = {
    "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis",
};

static bool has(const uint8_t *bytes, size_t size, size_t offset, const char *what, size_t length)
{
    return size >= offset + length && memcmp(bytes + offset, what, length) == 0;
}

static bool heif(const uint8_t *bytes, size_t size)
{
    if (!has(bytes, size, 4, "ftyp", 4))
        return false;
    for (size_t i = 0; i < COUNT_OF(heif_brands); i++)
        if (has(bytes, size, 8, heif_brands[i], 4))
            return true;
    return false;
}

enum wire_format wire_sniff(const void *bytes, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(magics); i++)
        if (has(bytes, size, magics[i].offset, magics[i].bytes, magics[i].size))
            return magics[i].format;
    if (has(bytes, size, 0, "RIFF", 4) && has(bytes, size, 8, "WEBP", 4))
        return FORMAT_WEBP;
    return heif(bytes, size) ? FORMAT_HEIF : FORMAT_NONE;
}
