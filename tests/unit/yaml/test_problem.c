/* yaml: what is not YAML is told in words that help, at the place of the mistake. */
#include "yaml/yaml.h"

#include <string.h>

#include "tap.h"

static const struct {
    const char *text;
    uint32_t line, column;
    const char *part;
} cases[] = {
    {"a:\n\tb: 1\n", 2, 1, "a tab cannot indent: use spaces"},
    {"a:\n  b: 1\n\tc: 2\n", 3, 1, "a tab cannot indent: use spaces"},
    {"a: \"x\nb: 1\n", 1, 4, "this quoted text is never closed"},
    {"a: [\"x, y]\nb: 1\n", 1, 5, "this quoted text is never closed"},
    {"a: 'x\n", 1, 4, "this quoted text is never closed"},
    {"a: [1, 2\nb: 3\n", 1, 4, "this list is not closed"},
    {"a: {b: 1\nc: 2\n", 1, 4, "this map is not closed"},
    {"a: [b", 1, 4, "this list is not closed"},
    {"a: b: c", 1, 5, "\": \" inside a value"},
    {"a: 1\n b: 2", 2, 3, "\": \" inside a value"},
    {"a: 1\nb\n", 2, 1, "\":\" is missing after this key"},
    {"a:\n   b: 1\n  c: 2\n", 3, 3, "a key expected"},
    {"a: \"b\" c", 1, 8, "a key expected"},
    {"- a\nb: c", 2, 1, "\"- \" expected"},
    {"a: - b", 1, 4, "\"- \" cannot stand here"},
    {"a: @x", 1, 4, "a value cannot begin with \"@\": put it in quotes"},
    {"a: `x`", 1, 4, "a value cannot begin with \"`\": put it in quotes"},
    {"a: %x", 1, 4, "a value cannot begin with \"%\": put it in quotes"},
    {"\xc3\xa4: \xc3\xb6\n\xc3\xa4\xc3\xb6: @", 2, 5, "a value cannot begin with \"@\""},
    {"a: \"\\q\"", 1, 5, "unknown escape"},
    {"a: \"\\xg\"", 1, 7, "hex digits"},
    {"a: \"\\ud800\"", 1, 7, "not a Unicode character"},
    {"a: *", 1, 4, "\"*\" begins an alias"},
    {"a: &", 1, 4, "\"&\" begins an anchor"},
    {"a: !<x", 1, 4, "\"!\" begins a tag"},
    {"a: !h!x 1", 1, 4, "\"!\" begins a tag"},
    {"a: | x\n  y", 1, 6, "only a comment may follow"},
    {"a: |0\n  y", 1, 5, "the indentation after"},
    {"a: x\x01y", 1, 5, "control character U+0001 is not allowed"},
    {"a: b\n\xc3\xa4: \xc2\x80", 2, 4, "control character U+0080 is not allowed"},
    {"%FOO\n", 1, 1, "directive"},
    {"a: b\n...\nc", 3, 1, "a key expected"},
};

static void test_places(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct yaml *y = NULL;
        struct error e = {0};
        int status = yaml_parse(&y, "x.yaml", cases[i].text, strlen(cases[i].text), 1 << 20,
                                LMOD_E_CONFIG, &e);
        CU_ASSERT_EQUAL(status, LMOD_E_CONFIG);
        CU_ASSERT_EQUAL(e.line, cases[i].line);
        CU_ASSERT_EQUAL(e.column, cases[i].column);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, cases[i].part));
        if (e.line != cases[i].line || e.column != cases[i].column ||
            !strstr(e.text, cases[i].part))
            printf("# case %zu: %u:%u: %s\n", i, e.line, e.column, e.text);
        yaml_close(y);
    }
}

/* No text of libyaml's reaches the user. */
static void test_no_jargon(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct yaml *y = NULL;
        struct error e = {0};
        (void)yaml_parse(&y, NULL, cases[i].text, strlen(cases[i].text), 1 << 20, LMOD_E_CONFIG,
                         &e);
        CU_ASSERT_PTR_NULL(strstr(e.text, "did not find"));
        CU_ASSERT_PTR_NULL(strstr(e.text, "found "));
        CU_ASSERT_PTR_NULL(strstr(e.text, "context"));
        yaml_close(y);
    }
}

int main(void)
{
    return TAP_RUN("yaml/problem", {"each mistake at its place", test_places},
                   {"no parser's jargon", test_no_jargon});
}
