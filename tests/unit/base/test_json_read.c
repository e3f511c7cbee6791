/* Reading JSON: what is read, what is refused and why, every allocation that fails. */
#include "base/base.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static json_t *read_text(const char *text, struct js_fault *why)
{
    return js_read(text, strlen(text), why);
}

/* What is read is what jansson reads, written again. */
static void test_good(void)
{
    static const char *const good[] = {
        "{}",
        "[]",
        " [ ] ",
        "\t{\r\n}\n",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "7",
        "-7",
        "9223372036854775807",
        "-9223372036854775808",
        "1.5",
        "-0.001",
        "1e3",
        "1E+3",
        "25e-2",
        "1.7976931348623157e30",
        "3.0000000000000000000000000000000004",
        "5e-324",
        "1e-999",
        "\"\"",
        "\"abc\"",
        "\"\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0041\\u00e9\\u4F60\\uFFFF\\ud83d\\uDE00\\u0001\\u07ff\\u0800\"",
        "\"\x7f\"",
        "[1,2 , [3],{\"a\":[]}]",
        "{\"a\":1,\"b\":{\"a\":2},\"\":3,\"a.b\":null}",
        "{\"\\u0061b\" : \"c\"}",
    };
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct js_fault why = {"x", 9};
        json_t *mine = read_text(good[i], &why);
        json_t *other = json_loads(good[i], JSON_DECODE_ANY, NULL);
        if (!mine || !json_equal(mine, other)) {
            CU_FAIL("not read as it is written");
            printf("# %s: %s\n", good[i], why.what ? why.what : "memory");
        }
        json_decref(mine);
        json_decref(other);
    }
}

static const struct {
    const char *text, *want;
} bad[] = {
    {"", "it ends too early"},
    {" \n", "it ends too early"},
    {"[", "it ends too early"},
    {"[1,", "it ends too early"},
    {"{", "a name in quotes is missing"},
    {"{\"a\"", "':' is missing"},
    {"{\"a\":", "it ends too early"},
    {"{\"a\":1", "',' or '}' is missing"},
    {"{\"a\":1,}", "a name in quotes is missing"},
    {"{a:1}", "a name in quotes is missing"},
    {"{'a':1}", "a name in quotes is missing"},
    {"{\"a\" 1}", "':' is missing"},
    {"{\"a\":1 \"b\":2}", "',' or '}' is missing"},
    {"{\"a\":1,\"b\":2,\"a\":3}", "the same name twice"},
    {"{\"a\":1,\"\\u0061\":3}", "the same name twice"},
    {"[1 2]", "',' or ']' is missing"},
    {"[1}", "',' or ']' is missing"},
    {"[1,]", "not a value"},
    {"[,1]", "not a value"},
    {"]", "not a value"},
    {"nul", "not a value"},
    {"True", "not a value"},
    {"NaN", "not a value"},
    {"-Infinity", "not a value"},
    {"+1", "not a value"},
    {".5", "not a value"},
    {"5.", "not a value"},
    {"01", "not a value"},
    {"-", "not a value"},
    {"1e", "not a value"},
    {"1e+", "not a value"},
    {"0x10", "something follows behind the end"},
    {"1,5", "something follows behind the end"},
    {"nullx", "something follows behind the end"},
    {"{} {}", "something follows behind the end"},
    {"1e309", "a number that is too large"},
    {"-1e999", "a number that is too large"},
    {"9223372036854775808", "a number that is too large"},
    {"-9223372036854775809", "a number that is too large"},
    {"1111111111111111111111111111111111111111111111111111111111111111", "too long"},
    {"\"abc", "a text does not end"},
    {"\"abc\\\"", "a text does not end"},
    {"\"abc\\", "a text does not end"},
    {"\"a\nb\"", "a control character in a text"},
    {"\"a\tb\"", "a control character in a text"},
    {"\"a\x1f\"", "a control character in a text"},
    {"\"\\x\"", "an escape that is none"},
    {"\"\\u12\"", "an escape that is none"},
    {"\"\\u12g4\"", "an escape that is none"},
    {"\"\\u0000\"", "an escape that is none"},
    {"\"\\ud83d\"", "an escape that is none"},
    {"\"\\ud83dx\"", "an escape that is none"},
    {"\"\\ud83d\\n\"", "an escape that is none"},
    {"\"\\ud83d\\u0041\"", "an escape that is none"},
    {"\"\\ude00\"", "an escape that is none"},
    {"\"\xFF\"", "a text that is not UTF-8"},
    {"\"\xC3\"", "a text that is not UTF-8"},
    {"\"\xED\xA0\x80\"", "a text that is not UTF-8"},
    {"\"\xC0\xAF\"", "a text that is not UTF-8"},
    {"\xEF\xBB\xBF{}", "not a value"},
    {"/* a */ 1", "not a value"},
};

static void test_bad(void)
{
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct js_fault why = {NULL, 0};
        json_t *value = read_text(bad[i].text, &why);
        CU_ASSERT_PTR_NULL(value);
        if (!why.what || !strstr(why.what, bad[i].want)) {
            CU_FAIL("another reason");
            printf("# %s: %s, not %s\n", bad[i].text, why.what ? why.what : "memory", bad[i].want);
        }
        json_decref(value);
    }
    CU_ASSERT_PTR_NULL(read_text("[", NULL));
    CU_ASSERT_PTR_NULL(js_read(NULL, 0, NULL));
}

static void test_lines(void)
{
    static const struct {
        const char *text;
        unsigned line;
    } cases[] = {{"x", 1}, {"\nx", 2}, {"{\"a\":1,\n\"b\":2,\r\n\n\"a\":3}", 4}, {"{}\n\n x", 3}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct js_fault why = {NULL, 0};
        CU_ASSERT_PTR_NULL(read_text(cases[i].text, &why));
        CU_ASSERT_EQUAL(why.line, cases[i].line);
    }
}

/* No byte behind the end is looked at, and a document that is cut is none. */
static void test_cut(void)
{
    static const char text[] = "{\"a\":[1.5e3,true,null,\"\\u00e9\\ud83d\\ude00\"],\"b\":false}";
    for (size_t n = 0; n < sizeof(text); n++) {
        char *part = malloc(n ? n : 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(part);
        memcpy(part, text, n);
        json_t *value = js_read(part, n, NULL);
        CU_ASSERT_EQUAL(value != NULL, n == sizeof(text) - 1);
        json_decref(value);
        free(part);
    }
}

static void test_depth(void)
{
    enum { DEEP = 100000 };
    for (size_t n = JS_DEPTH; n <= JS_DEPTH + 1; n++) {
        char text[2 * (JS_DEPTH + 1) + 1] = "";
        memset(text, '[', n);
        memset(text + n, ']', n);
        struct js_fault why = {NULL, 0};
        json_t *value = read_text(text, &why);
        CU_ASSERT_EQUAL(value != NULL, n == JS_DEPTH);
        CU_ASSERT(value || strcmp(why.what, "nested too deep") == 0);
        json_decref(value);
    }
    char *text = malloc(DEEP);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    memset(text, '[', DEEP);
    CU_ASSERT_PTR_NULL(js_read(text, DEEP, NULL));
    free(text);
}

static void test_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "de_DE"};
    const char *set = NULL;
    for (size_t i = 0; i < COUNT_OF(names) && !set; i++)
        set = setlocale(LC_NUMERIC, names[i]);
    json_t *value = js_read("1.25", 4, NULL);
    CU_ASSERT_DOUBLE_EQUAL(json_real_value(value), 1.25, 0);
    json_decref(value);
    CU_ASSERT_PTR_NULL(js_read("1,25", 4, NULL));
    (void)setlocale(LC_NUMERIC, "C");
}

/* ---- memory ---- */

static long left = -1; /* allocations until one fails; negative: none does */

static void *short_malloc(size_t size)
{
    return left >= 0 && left-- == 0 ? NULL : malloc(size);
}

/* Each allocation of jansson fails once: NULL without a reason, and nothing leaks. */
static void test_memory(void)
{
    static const char text[] = "{\"first\":[1,2.5,\"a text of some length, longer than sixteen\"],"
                               "\"second\":{\"third\":123456789012345678,\"f\":true},\"g\":null}";
    size_t failed = 0;
    json_set_alloc_funcs(short_malloc, free);
    for (long n = 0; n < 200; n++) {
        struct js_fault why = {"x", 1};
        left = n;
        json_t *value = js_read(text, sizeof(text) - 1, &why);
        bool ran_out = left < 0;
        left = -1;
        CU_ASSERT_EQUAL(value == NULL, ran_out);
        CU_ASSERT(value || !why.what);
        failed += !value;
        json_decref(value);
    }
    json_set_alloc_funcs(malloc, free);
    CU_ASSERT(failed > 10 && failed < 200);
}

int main(void)
{
    return TAP_RUN("base/json_read", {"what is JSON", test_good}, {"what is none", test_bad},
                   {"lines", test_lines}, {"cut at each byte", test_cut}, {"depth", test_depth},
                   {"the host's locale", test_locale}, {"memory runs out", test_memory});
}
