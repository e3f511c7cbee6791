/* Errors: filling, quoting with a caret, rendering. */
#include "base/base.h"

#include <errno.h>
#include <string.h>

#include "tap.h"

static void test_set(void)
{
    struct error e;
    memset(&e, 'x', sizeof(e));
    CU_ASSERT_EQUAL(error_set(&e, LMOD_E_LIST, "list %s: %d rows", "ban", 3), LMOD_E_LIST);
    CU_ASSERT_EQUAL(e.status, LMOD_E_LIST);
    CU_ASSERT_EQUAL(e.line, 0);
    CU_ASSERT_EQUAL(e.column, 0);
    CU_ASSERT_STRING_EQUAL(e.file, "");
    CU_ASSERT_STRING_EQUAL(e.text, "list ban: 3 rows");
    CU_ASSERT_STRING_EQUAL(e.excerpt, "");
    CU_ASSERT_EQUAL(error_set(NULL, LMOD_E_STATE, "nobody asks"), LMOD_E_STATE);
    CU_ASSERT_EQUAL(error_at(NULL, LMOD_E_IO, "f", 1, 2, "nor here"), LMOD_E_IO);
    CU_ASSERT_EQUAL(error_memory(&e), LMOD_E_MEMORY);
    CU_ASSERT_STRING_EQUAL(e.text, "out of memory");
}

static void test_long(void)
{
    struct error e;
    char vast[4096], out[8192];
    memset(vast, 'v', sizeof(vast));
    vast[sizeof(vast) - 1] = '\0';
    (void)error_at(&e, LMOD_E_CONFIG, vast, 1, 1, "%s", vast);
    CU_ASSERT_EQUAL(strlen(e.file), sizeof(e.file) - 1);
    CU_ASSERT_EQUAL(strlen(e.text), sizeof(e.text) - 1);
    error_render(&e, out, sizeof(out));
    CU_ASSERT(strlen(out) > sizeof(e.file));
    error_render(&e, out, 10);
    CU_ASSERT_EQUAL(strlen(out), 9);
}

static void test_io(void)
{
    struct error e;
    char out[512];
    CU_ASSERT_EQUAL(error_io(&e, "/a/b", "cannot open", ENOENT), LMOD_E_IO);
    error_render(&e, out, sizeof(out));
    CU_ASSERT_STRING_EQUAL(out, "/a/b: cannot open: No such file or directory");
}

static void test_render(void)
{
    struct error e;
    char out[512];
    (void)error_set(&e, LMOD_E_STATE, "plain");
    error_render(&e, out, sizeof(out));
    CU_ASSERT_STRING_EQUAL(out, "plain");
    (void)error_at(&e, LMOD_E_CONFIG, "c.yaml", 2, 7, "unknown key");
    error_render(&e, out, sizeof(out));
    CU_ASSERT_STRING_EQUAL(out, "c.yaml:2:7: unknown key");
    error_quote(&e, "one\ntwo: three\n", 15);
    error_render(&e, out, sizeof(out));
    CU_ASSERT_STRING_EQUAL(out, "c.yaml:2:7: unknown key\n  two: three\n        ^");
}

static void test_quote(void)
{
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *want;
    } cases[] = {
        {"abc", 1, 1, "  abc\n  ^"},
        {"abc", 1, 3, "  abc\n    ^"},
        {"abc", 1, 4, "  abc\n     ^"},
        {"abc\n", 2, 1, "  \n  ^"},
        {"abc", 2, 1, ""},
        {"abc", 0, 0, ""},
        {"abc\r\nde\r\n", 1, 2, "  abc\n   ^"},
        {"abc\r\nde\r\n", 2, 2, "  de\n   ^"},
        {"\tx: y", 1, 2, "  \tx: y\n  \t^"},
        {"a\tb\tc", 1, 5, "  a\tb\tc\n   \t \t^"},
        {"\xC3\xA9\xC3\xA9: z", 1, 3, "  \xC3\xA9\xC3\xA9: z\n    ^"},
        {"\xE4\xB8\xAD\xE6\x96\x87!", 1, 3, "  \xE4\xB8\xAD\xE6\x96\x87!\n    ^"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error e;
        (void)error_at(&e, LMOD_E_CONFIG, "f", cases[i].line, cases[i].column, "t");
        error_quote(&e, cases[i].text, strlen(cases[i].text));
        CU_ASSERT_STRING_EQUAL(e.excerpt, cases[i].want);
    }
    error_quote(NULL, "abc", 3);
}

/* A long line is cut around the place, so that the caret always stands under what is meant. */
static void test_quote_long(void)
{
    static const uint32_t columns[] = {1, 100, 159, 160, 161, 500, 999, 1000};
    char text[2002];
    for (size_t i = 0; i < 1000; i++)
        memcpy(text + 2 * i, "\xC3\xA9", 2);
    for (size_t i = 0; i < COUNT_OF(columns); i++) {
        struct error e;
        char *mark = text + 2 * (columns[i] - 1);
        memcpy(mark, "\xC3\x9F", 2);
        (void)error_at(&e, LMOD_E_CONFIG, "f", 1, columns[i], "t");
        error_quote(&e, text, 2000);
        CU_ASSERT_TRUE(utf8_valid(e.excerpt, strlen(e.excerpt)));
        const char *second = strchr(e.excerpt, '\n');
        CU_ASSERT_PTR_NOT_NULL_FATAL(second);
        size_t caret = strlen(second + 1) - 1, before = 0;
        const char *found = strstr(e.excerpt, "\xC3\x9F");
        CU_ASSERT_PTR_NOT_NULL(found);
        for (const char *p = e.excerpt; found && p < found; p++)
            before += ((unsigned char)*p & 0xC0) != 0x80;
        CU_ASSERT_EQUAL(caret, before);
        memcpy(mark, "\xC3\xA9", 2);
    }
}

static void test_status_name(void)
{
    static const struct {
        int status;
        const char *name;
    } cases[] = {
        {LMOD_OK, "LMOD_OK"},
        {LMOD_E_ARGUMENT, "LMOD_E_ARGUMENT"},
        {LMOD_E_MEMORY, "LMOD_E_MEMORY"},
        {LMOD_E_IO, "LMOD_E_IO"},
        {LMOD_E_CONFIG, "LMOD_E_CONFIG"},
        {LMOD_E_RULES, "LMOD_E_RULES"},
        {LMOD_E_LIST, "LMOD_E_LIST"},
        {LMOD_E_KEY, "LMOD_E_KEY"},
        {LMOD_E_UNSUPPORTED, "LMOD_E_UNSUPPORTED"},
        {LMOD_E_FORKED, "LMOD_E_FORKED"},
        {LMOD_E_STORE, "LMOD_E_STORE"},
        {LMOD_E_WORKER, "LMOD_E_WORKER"},
        {LMOD_E_STATE, "LMOD_E_STATE"},
        {LMOD_E_NOT_FOUND, "LMOD_E_NOT_FOUND"},
        {LMOD_E_TIMEOUT, "LMOD_E_TIMEOUT"},
        {LMOD_E_INTERNAL, "LMOD_E_INTERNAL"},
        {1, "LMOD_E_?"},
        {-9999, "LMOD_E_?"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_STRING_EQUAL(status_name(cases[i].status), cases[i].name);
}

int main(void)
{
    return TAP_RUN("base/error", {"set fills everything", test_set},
                   {"long texts are cut, never overrun", test_long},
                   {"a failed call is named with its file", test_io},
                   {"rendered for a person", test_render},
                   {"the source line is quoted with a caret", test_quote},
                   {"long lines keep their place in view", test_quote_long},
                   {"every status has its name", test_status_name});
}
