/* Text helpers: hex, "did you mean", sizes, durations, UTF-8. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define BYTES(literal) literal, sizeof(literal) - 1

static void test_copy(void)
{
    char *copy = text_copy("abcdef", 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_STRING_EQUAL(copy, "abc");
    free(copy);
    copy = text_copy(NULL, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    CU_ASSERT_STRING_EQUAL(copy, "");
    free(copy);
}

static void test_is(void)
{
    CU_ASSERT_TRUE(text_is("modeX", 4, "mode"));
    CU_ASSERT_FALSE(text_is("modeX", 5, "mode"));
    CU_ASSERT_FALSE(text_is("mod", 3, "mode"));
    CU_ASSERT_FALSE(text_is("Mode", 4, "mode"));
    CU_ASSERT_TRUE(text_is("", 0, ""));
}

static void test_hex(void)
{
    static const uint8_t raw[] = {0x00, 0x7f, 0xab, 0xff};
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"007fabff", true},  {"007FABFF", true},   {"007fABfF", true},
        {"007fabf", false},  {"007fabff0", false}, {"007fabfg", false},
        {" 07fabff", false}, {"", false},          {"0x7fabff", false},
    };
    char text[9];
    uint8_t back[4];
    hex_write(raw, sizeof(raw), text);
    CU_ASSERT_STRING_EQUAL(text, "007fabff");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        memset(back, 0, sizeof(back));
        CU_ASSERT_EQUAL(hex_read(cases[i].text, strlen(cases[i].text), back, 4), cases[i].good);
        if (cases[i].good)
            CU_ASSERT_EQUAL(memcmp(back, raw, sizeof(raw)), 0);
    }
    CU_ASSERT_TRUE(hex_read("", 0, back, 0));
}

static void test_suggest(void)
{
    static const char *const names[] = {"action", "mode", "severity", "radius", "required", "id"};
    static const struct {
        const char *word, *want;
    } cases[] = {
        {"actoin", "action"},      /* neighbours swapped */
        {"acton", "action"},       /* one missing */
        {"sevverity", "severity"}, /* one too many */
        {"rabius", "radius"},      /* another letter */
        {"requred", "required"},   {"mod", "mode"},     {"mode", "mode"}, {"di", "id"},
        {"entirely_else", NULL},   {"threshold", NULL}, {"zzz", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got =
            text_suggest(cases[i].word, strlen(cases[i].word), names, COUNT_OF(names));
        if (cases[i].want)
            CU_ASSERT(got && strcmp(got, cases[i].want) == 0);
        if (!cases[i].want)
            CU_ASSERT_PTR_NULL(got);
    }
    CU_ASSERT_PTR_NULL(text_suggest("mode", 4, names, 0));
    char vast[4096];
    memset(vast, 'a', sizeof(vast));
    CU_ASSERT_PTR_NULL(text_suggest(vast, sizeof(vast), names, COUNT_OF(names)));
}

struct quantity {
    const char *text;
    bool good;
    uint64_t want;
};

static void check(const struct quantity *q, bool (*read)(const char *, size_t, uint64_t *))
{
    uint64_t got = 0;
    bool good = read(q->text, strlen(q->text), &got);
    if (good != q->good || (good && got != q->want))
        printf("# \"%s\": %s, %llu\n", q->text, good ? "taken" : "refused",
               (unsigned long long)got);
    CU_ASSERT_EQUAL(good, q->good);
    if (q->good)
        CU_ASSERT_EQUAL(got, q->want);
}

static void test_size(void)
{
    static const struct quantity cases[] = {
        {"0", true, 0},
        {"4096", true, 4096},
        {"12B", true, 12},
        {"20MiB", true, 20u << 20},
        {"256 KiB", true, 256u << 10},
        {"1GB", true, 1000000000},
        {"1GiB", true, 1u << 30},
        {"50M", true, 50000000},
        {"3k", true, 3000},
        {"3K", true, 3000},
        {"7G", true, 7000000000},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"99999999999999999999", false, 0},
        {"18446744073709551615GiB", false, 0},
        {"", false, 0},
        {"MiB", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", true, 1},
        {"1.5MiB", false, 0},
        {"1mib", false, 0},
        {"1 Mi B", false, 0},
        {"0x10", false, 0},
        {"1e3", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(&cases[i], text_size);
}

static void test_duration(void)
{
    static const struct quantity cases[] = {
        {"250ms", true, 250},     {"90s", true, 90000},    {"15m", true, 900000},
        {"48h", true, 172800000}, {"7d", true, 604800000}, {"7 d", true, 604800000},
        {"0s", true, 0},          {"7", false, 0},         {"d", false, 0},
        {"7w", false, 0},         {"7D", false, 0},        {"-7d", false, 0},
        {"", false, 0},           {"1.5h", false, 0},      {"999999999999999999d", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        check(&cases[i], text_duration);
}

/* A row may hold NULs, so lengths are given. */
static const struct {
    const char *text;
    size_t length;
    const char *repaired; /* NULL: valid as it is */
} utf8_cases[] = {
    {BYTES(""), NULL},
    {BYTES("plain"), NULL},
    {BYTES("h\xC3\xA9"), NULL},
    {BYTES("\xE4\xB8\xAD\xE6\x96\x87"), NULL},
    {BYTES("\xF0\x9F\x8C\xB1"), NULL},
    {BYTES("\xEF\xBF\xBD"), NULL},
    {BYTES("\xF4\x8F\xBF\xBF"), NULL},
    {BYTES("\xED\x9F\xBF"), NULL},
    {BYTES("a\0b"), "a\xEF\xBF\xBD"
                    "b"},
    {BYTES("\x80"), "\xEF\xBF\xBD"},
    {BYTES("x\xC3"), "x\xEF\xBF\xBD"},
    {BYTES("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* overlong */
    {BYTES("\xE0\x80\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* overlong */
    {BYTES("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* surrogate */
    {BYTES("\xF5\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD"},                 /* past the end */
    {BYTES("\xE4\xB8z"), "\xEF\xBF\xBD\xEF\xBF\xBDz"},               /* cut */
    {BYTES("\xFF\xC3\xA9"), "\xEF\xBF\xBD\xC3\xA9"},
};

static void test_utf8(void)
{
    for (size_t i = 0; i < COUNT_OF(utf8_cases); i++) {
        const char *text = utf8_cases[i].text;
        size_t length = utf8_cases[i].length;
        const char *want = utf8_cases[i].repaired;
        size_t want_length = want ? strlen(want) : length;
        struct buffer b = BUFFER_INIT;
        CU_ASSERT_EQUAL(utf8_valid(text, length), want == NULL);
        utf8_repair(&b, text, length);
        CU_ASSERT_EQUAL(b.size, want_length);
        CU_ASSERT_TRUE(utf8_valid(b.data ? b.data : "", b.size));
        if (b.size == want_length && b.size)
            CU_ASSERT_EQUAL(memcmp(b.data, want ? want : text, b.size), 0);
        buffer_finish(&b);
    }
}

int main(void)
{
    return TAP_RUN("base/text", {"copy terminates", test_copy}, {"is compares all of it", test_is},
                   {"hex both ways", test_hex}, {"suggest finds the word meant", test_suggest},
                   {"sizes with units", test_size}, {"durations with units", test_duration},
                   {"UTF-8 is checked and repaired", test_utf8});
}
