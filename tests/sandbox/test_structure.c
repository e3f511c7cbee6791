/* Walks over chunks and blocks: what they count, and that they stop at the end of hostile files. */
#include "structure.h"
#include "tap.h"

#include "base/base.h"

static const uint8_t gif[] = {
    'G',  'I',  'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, /* screen, table of two colours */
    0,    0,    0,   255, 255, 255,                         /* the table */
    0x21, 0xf9, 4,   0,   10,  0,   0, 0,                   /* an extension */
    0x2c, 0,    0,   0,   0,   1,   0, 1, 0, 0, 2,    2, 0x44, 1, 0, /* a frame */
    0x2c, 0,    0,   0,   0,   1,   0, 1, 0, 0, 2,    2, 0x44, 1, 0, /* another */
    0x3b,
};
enum { GIF_FIRST_FRAME = 27, GIF_FRAME = 15 };

static void test_gif(void)
{
    struct structure s = structure_gif(gif, sizeof(gif));
    CU_ASSERT_TRUE(s.whole);
    CU_ASSERT_FALSE(s.bomb);
    CU_ASSERT_EQUAL(s.frames, 2);
}

static void test_gif_cut_anywhere(void)
{
    for (size_t n = 0; n < sizeof(gif); n++) {
        uint8_t *bytes = malloc(n + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
        memcpy(bytes, gif, n);
        struct structure s = structure_gif(bytes, n);
        CU_ASSERT_FALSE(s.whole);
        CU_ASSERT_TRUE(s.frames <=
                       (n < GIF_FIRST_FRAME ? 0 : 1 + (n - GIF_FIRST_FRAME) / GIF_FRAME));
        free(bytes);
    }
}

static void test_gif_with_something_behind(void)
{
    uint8_t bytes[sizeof(gif) + 3] = {0};
    memcpy(bytes, gif, sizeof(gif));
    CU_ASSERT_TRUE(structure_gif(bytes, sizeof(bytes)).whole);
    bytes[sizeof(gif) - 1] = 0x77; /* no block begins so */
    CU_ASSERT_FALSE(structure_gif(bytes, sizeof(bytes)).whole);
}

static void big(struct buffer *b, uint32_t value)
{
    const uint8_t word[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                            (uint8_t)value};
    buffer_append(b, word, sizeof(word));
}

static void chunk(struct buffer *b, const char *type, uint32_t length, uint32_t present)
{
    big(b, length);
    buffer_append(b, type, 4);
    for (uint32_t i = 0; i < present; i += 4)
        big(b, 5);
}

static struct structure png(const char *type, uint32_t length, int copies)
{
    struct buffer b = BUFFER_INIT;
    buffer_append(&b, "\x89PNG\r\n\x1a\n", 8);
    chunk(&b, "IHDR", 12, 16);
    for (int i = 0; i < copies; i++)
        chunk(&b, type, length, length + 4);
    chunk(&b, "IDAT", 4, 8);
    chunk(&b, "IEND", 0, 4);
    struct structure s = structure_png((const uint8_t *)b.data, b.size);
    buffer_finish(&b);
    return s;
}

static void test_png(void)
{
    static const struct {
        const char *type;
        uint32_t length;
        int copies;
        bool bomb;
    } cases[] = {
        {"tEXt", 1000000, 1, false}, {"tEXt", 1000004, 1, true}, {"iTXt", 1000004, 1, true},
        {"iCCP", 1000004, 1, true},  {"eXIf", 1000004, 1, true}, {"IDAT", 1000004, 1, false},
        {"zTXt", 100, 64, false},    {"zTXt", 100, 65, true},    {"iTXt", 100, 65, true},
        {"tEXt", 100, 500, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct structure s = png(cases[i].type, cases[i].length, cases[i].copies);
        CU_ASSERT_TRUE(s.whole);
        CU_ASSERT_EQUAL(s.bomb, cases[i].bomb);
        CU_ASSERT_EQUAL(s.frames, 1);
    }
    CU_ASSERT_EQUAL(png("acTL", 8, 1).frames, 5);
}

/* A chunk that claims more than there is: cut, and a bomb all the same when it claims too much. */
static void test_png_cut(void)
{
    struct buffer b = BUFFER_INIT;
    buffer_append(&b, "\x89PNG\r\n\x1a\n", 8);
    chunk(&b, "zTXt", UINT32_MAX, 16);
    struct structure s = structure_png((const uint8_t *)b.data, b.size);
    CU_ASSERT_FALSE(s.whole);
    CU_ASSERT_TRUE(s.bomb);
    for (size_t n = 0; n < b.size; n++) {
        uint8_t *bytes = malloc(n + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
        memcpy(bytes, b.data, n);
        CU_ASSERT_FALSE(structure_png(bytes, n).whole);
        free(bytes);
    }
    buffer_finish(&b);
}

int main(void)
{
    return TAP_RUN("sandbox/structure", {"gif", test_gif},
                   {"gif cut anywhere", test_gif_cut_anywhere},
                   {"gif with something behind", test_gif_with_something_behind}, {"png", test_png},
                   {"png cut", test_png_cut});
}
