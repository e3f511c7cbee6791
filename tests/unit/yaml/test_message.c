/* yaml: messages about nodes, their excerpt and caret, and hints for unknown keys. */
#include "yaml/yaml.h"

#include <string.h>

#include "tap.h"

static struct yaml *parse(const char *name, const char *text)
{
    struct yaml *y = NULL;
    struct error e = {0};
    CU_ASSERT_EQUAL_FATAL(yaml_parse(&y, name, text, strlen(text), 1 << 20, LMOD_E_RULES, &e),
                          LMOD_OK);
    return y;
}

static void test_error(void)
{
    char text[2048];
    struct error e = {0};
    struct yaml *y = parse("dir/a.yaml", "x: 1\n\xc3\xa4\xc3\xb6: [b, cc]\nz: 2\n");
    const struct yaml_node *at = yaml_get(yaml_root(y), "\xc3\xa4\xc3\xb6")->item->next;
    CU_ASSERT_EQUAL(yaml_error(y, at, &e, "no %s please", "cc"), LMOD_E_RULES);
    error_render(&e, text, sizeof(text));
    CU_ASSERT_STRING_EQUAL(text, "dir/a.yaml:2:9: no cc please\n"
                                 "  \xc3\xa4\xc3\xb6: [b, cc]\n"
                                 "          ^");
    CU_ASSERT_EQUAL(yaml_error(y, at, NULL, "no %s", "cc"), LMOD_E_RULES);
    yaml_close(y);
    y = parse(NULL, "a: b");
    CU_ASSERT_EQUAL(yaml_error(y, yaml_root(y), &e, "bad"), LMOD_E_RULES);
    CU_ASSERT_STRING_EQUAL(e.file, "");
    yaml_close(y);
}

static void test_unknown(void)
{
    static const char *const known[] = {"action", "harm", "severity"};
    struct error e = {0};
    struct yaml *y = parse("a.yaml", "actoin: hold\nzebra: 1\n");
    const struct yaml_node *key = yaml_root(y)->item;
    CU_ASSERT_EQUAL(yaml_unknown(y, key, "lists[0]", known, COUNT_OF(known), &e), LMOD_E_RULES);
    CU_ASSERT_STRING_EQUAL(e.text, "unknown key \"actoin\" in lists[0]; did you mean \"action\"?");
    CU_ASSERT_EQUAL(e.line, 1);
    (void)yaml_unknown(y, key->next, NULL, known, COUNT_OF(known), &e);
    CU_ASSERT_STRING_EQUAL(e.text, "unknown key \"zebra\"; known: action, harm, severity");
    CU_ASSERT_EQUAL(e.line, 2);
    (void)yaml_unknown(y, key->next, "", known, 0, &e);
    CU_ASSERT_STRING_EQUAL(e.text, "unknown key \"zebra\"");
    yaml_close(y);
}

/* Long texts are cut between characters, and never bring a line break into a message. */
static void test_show(void)
{
    char shown[YAML_SHOWN];
    struct buffer text = BUFFER_INIT;
    buffer_str(&text, "\"a\\nb\\e");
    for (int i = 0; i < 100; i++)
        buffer_str(&text, "\xc3\xa4");
    buffer_str(&text, "\"");
    struct yaml *y = parse("a.yaml", text.data);
    CU_ASSERT_PTR_EQUAL(yaml_show(yaml_root(y), shown), shown);
    CU_ASSERT_EQUAL(strncmp(shown, "a?b?\xc3\xa4", 6), 0);
    CU_ASSERT_TRUE(utf8_valid(shown, strlen(shown)));
    CU_ASSERT_STRING_EQUAL(shown + strlen(shown) - 3, "\xe2\x80\xa6");
    yaml_close(y);
    y = parse("a.yaml", "short");
    CU_ASSERT_STRING_EQUAL(yaml_show(yaml_root(y), shown), "short");
    yaml_close(y);
    buffer_clear(&text);
    for (int i = 0; i < 200; i++)
        buffer_str(&text, "\xff");
    const struct yaml_node raw = {.text = text.data, .length = text.size};
    CU_ASSERT_EQUAL(strspn(yaml_show(&raw, shown), "?"), strlen(shown) - 3);
    buffer_finish(&text);
}

int main(void)
{
    return TAP_RUN("yaml/message", {"place, line and caret", test_error},
                   {"unknown keys", test_unknown}, {"texts in messages", test_show});
}
