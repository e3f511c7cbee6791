/* Formats by their first bytes. */
#include "tap.h"
#include "wire/wire.h"

#include <string.h>

#define BYTES(text) text, sizeof(text) - 1

static const struct {
    const char *what, *bytes;
    size_t size;
    uint32_t format;
} cases[] = {
    {"jpeg", BYTES("\xff\xd8\xff\xe0"), FORMAT_JPEG},
    {"jpeg without a marker", BYTES("\xff\xd8\x00"), FORMAT_NONE},
    {"png", BYTES("\x89PNG\r\n\x1a\n\0\0"), FORMAT_PNG},
    {"png through a text transfer", BYTES("\x89PNG\n\x1a\n\0\0"), FORMAT_NONE},
    {"gif 87", BYTES("GIF87a"), FORMAT_GIF},
    {"gif 89", BYTES("GIF89a...."), FORMAT_GIF},
    {"gif of another year", BYTES("GIF90a"), FORMAT_NONE},
    {"webp", BYTES("RIFF\x10\0\0\0WEBPVP8 "), FORMAT_WEBP},
    {"wave", BYTES("RIFF\x10\0\0\0WAVEfmt "), FORMAT_NONE},
    {"tiff, little-endian", BYTES("II*\0"), FORMAT_TIFF},
    {"tiff, big-endian", BYTES("MM\0*"), FORMAT_TIFF},
    {"heic",
     BYTES("\0\0\0\x18"
           "ftypheic\0\0\0\0"),
     FORMAT_HEIF},
    {"avif",
     BYTES("\0\0\0\x18"
           "ftypavif\0\0\0\0"),
     FORMAT_HEIF},
    {"mp4",
     BYTES("\0\0\0\x18"
           "ftypisom\0\0\0\0"),
     FORMAT_NONE},
    {"bmp", BYTES("BM\0\0\0\0"), FORMAT_NONE},
    {"pdf", BYTES("%PDF-1.7"), FORMAT_NONE},
    {"svg", BYTES("<svg xmlns='http://www.w3.org/2000/svg'/>"), FORMAT_NONE},
    {"nothing", BYTES(""), FORMAT_NONE},
};

static void test_cases(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint32_t found = wire_sniff(cases[i].bytes, cases[i].size);
        if (found != cases[i].format)
            printf("# %s: %u\n", cases[i].what, found);
        CU_ASSERT_EQUAL(found, cases[i].format);
    }
}

/* A magic that is cut is none, and nothing is read behind the end. */
static void test_cut(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t n = 0; n < 3 && n < cases[i].size; n++) {
            char *bytes = malloc(n + 1);
            CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
            memcpy(bytes, cases[i].bytes, n);
            CU_ASSERT_EQUAL(wire_sniff(bytes, n), FORMAT_NONE);
            free(bytes);
        }
}

int main(void)
{
    return TAP_RUN("wire/sniff", {"formats", test_cases}, {"cut", test_cut});
}
