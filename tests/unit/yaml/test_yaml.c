/* yaml: the tree with its places, and what is refused. */
#include "yaml/yaml.h"

#include <string.h>

#include "tap.h"

static struct yaml *parse(const char *text, struct error *e)
{
    struct yaml *y = NULL;
    int status = yaml_parse(&y, "x.yaml", text, strlen(text), 1 << 20, LMOD_E_RULES, e);
    CU_ASSERT_EQUAL(status == LMOD_OK, y != NULL);
    return y;
}

/* Every node as "LINE:COLUMN kind text", depth first. */
static void print(const struct yaml_node *n, struct buffer *out)
{
    if (n->kind == YAML_TEXT) {
        buffer_printf(out, "%u:%u%s%s ", n->line, n->column, n->quoted ? "'" : "=", n->text);
        return;
    }
    buffer_printf(out, "%u:%u%s%u ", n->line, n->column, n->kind == YAML_LIST ? "[" : "{",
                  n->count);
    for (const struct yaml_node *k = n->item; k; k = k->next) {
        print(k, out);
        if (n->kind == YAML_MAP)
            print(k->value, out);
    }
}

static void test_tree(void)
{
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"", "1:1{0 "},
        {"# nothing\n", "1:1{0 "},
        {"---\n", "1:1{0 "},
        {"{}", "1:1{0 "},
        {"[]", "1:1[0 "},
        {"word", "1:1=word "},
        {"a: b\nc: d\n", "1:1{2 1:1=a 1:4=b 2:1=c 2:4=d "},
        {"a:\n  - x\n  - 'y'\n", "1:1{1 1:1=a 2:3[2 2:5=x 3:5'y "},
        {"a: {b: [1, {c: d}]}\n", "1:1{1 1:1=a 1:4{1 1:5=b 1:8[2 1:9=1 1:12{1 1:13=c 1:16=d "},
        {"a:\nb: ''\n", "1:1{2 1:1=a 1:3= 2:1=b 2:4' "},
        {"a: |\n  x\n  y\n", "1:1{1 1:1=a 1:4'x\ny\n "},
        {"\"k\\u00e9\": v", "1:1{1 1:1'k\xc3\xa9 1:12=v "},
        /* Columns count characters, not bytes; a byte order mark is none. */
        {"\xc3\xa4\xe2\x82\xac: \xf0\x9f\x98\x80 # x\nb: [\xc3\xa4, c]",
         "1:1{2 1:1=\xc3\xa4\xe2\x82\xac 1:5=\xf0\x9f\x98\x80 2:1=b 2:4[2 2:5=\xc3\xa4 2:8=c "},
        {"\xef\xbb\xbf"
         "a: b",
         "1:1{1 1:1=a 1:4=b "},
        {"a: b\r\nc: d\r\n", "1:1{2 1:1=a 1:4=b 2:1=c 2:4=d "},
        /* Breaks that no editor shows as lines do not count as such. */
        {"a: 'x\xe2\x80\xa8y'\nb: c", "1:1{2 1:1=a 1:4'x\xe2\x80\xa8y 2:1=b 2:4=c "},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error e = {0};
        struct buffer out = BUFFER_INIT;
        struct yaml *y = parse(cases[i].text, &e);
        if (y)
            print(yaml_root(y), &out);
        CU_ASSERT_STRING_EQUAL(out.data ? out.data : e.text, cases[i].tree);
        if (strcmp(out.data ? out.data : e.text, cases[i].tree) != 0)
            printf("# case %zu: %s\n", i, out.data ? out.data : e.text);
        buffer_finish(&out);
        yaml_close(y);
    }
}

static void test_zero_byte(void)
{
    struct error e = {0};
    struct yaml *y = parse("\"a\\0b\"", &e);
    CU_ASSERT_PTR_NOT_NULL_FATAL(y);
    CU_ASSERT_EQUAL(yaml_root(y)->length, 3);
    CU_ASSERT_EQUAL(memcmp(yaml_root(y)->text, "a\0b", 4), 0);
    yaml_close(y);
}

static void test_get(void)
{
    struct error e = {0};
    size_t length;
    struct yaml *y = parse("\xef\xbb\xbf"
                           "a: 1\nab: [2]\nn: ~\nq: '~'\n",
                           &e);
    CU_ASSERT_PTR_NOT_NULL_FATAL(y);
    const struct yaml_node *root = yaml_root(y);
    CU_ASSERT_STRING_EQUAL(yaml_get(root, "a")->text, "1");
    CU_ASSERT_EQUAL(yaml_get(root, "ab")->kind, YAML_LIST);
    CU_ASSERT_PTR_NULL(yaml_get(root, "b"));
    CU_ASSERT_PTR_NULL(yaml_get(yaml_get(root, "a"), "a"));
    CU_ASSERT_TRUE(yaml_is_null(yaml_get(root, "n")));
    CU_ASSERT_FALSE(yaml_is_null(yaml_get(root, "q")));
    CU_ASSERT_FALSE(yaml_is_null(root));
    CU_ASSERT_EQUAL(memcmp(yaml_text(y, &length), "a: 1\n", 5), 0);
    CU_ASSERT_EQUAL(length, 25);
    yaml_close(y);
}

static void test_refused(void)
{
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *part;
    } cases[] = {
        {"a: &x 1\nb: 2", 1, 4, "anchors (&name) are not supported"},
        {"b: [1, *x]", 1, 8, "aliases (*name) are not supported"},
        {"*x : 1", 1, 1, "aliases"},
        {"a: !!str 1", 1, 4, "tags (!name) are not supported"},
        {"a: ! 1", 1, 4, "tags"},
        {"a: !x [1]", 1, 4, "tags"},
        {"a: &x {b: c}", 1, 4, "anchors"},
        {"--- !x\na: 1", 1, 5, "tags"},
        {"a: 1\n---\nb: 2\n", 2, 1, "a second document begins here"},
        {"a: 1\nb: 2\na: 3\n", 3, 1, "key \"a\" is given twice, first on line 1"},
        {"{x: 1, y: 2, 'x': 3}", 1, 14, "key \"x\" is given twice"},
        {"c: 1\nb: 1\nc: 2\nb: 2\n", 3, 1, "key \"c\" is given twice, first on line 1"},
        {"? [a]\n: b", 1, 3, "a key must be plain text"},
        {"? {a: b}\n: b", 1, 3, "a key must be plain text"},
        {"[{[a]: b}]", 1, 3, "a key must be plain text"},
        {"a: 1\n'': b", 2, 1, "a key is missing before"},
        {"a: b\xff", 1, 5, "not UTF-8"},
        {"a: \xc3\xa4\n\xed\xa0\x80: x", 2, 1, "not UTF-8"},
        {"\xff\xfe"
         "a",
         1, 1, "not UTF-8"},
        {"a: \xc3", 1, 4, "not UTF-8"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error e = {0};
        struct yaml *y = parse(cases[i].text, &e);
        CU_ASSERT_PTR_NULL(y);
        CU_ASSERT_EQUAL(e.status, LMOD_E_RULES);
        CU_ASSERT_STRING_EQUAL(e.file, "x.yaml");
        CU_ASSERT_EQUAL(e.line, cases[i].line);
        CU_ASSERT_EQUAL(e.column, cases[i].column);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, cases[i].part));
        CU_ASSERT_TRUE(utf8_valid(e.excerpt, strlen(e.excerpt)));
        if (!strstr(e.text, cases[i].part))
            printf("# case %zu: %u:%u: %s\n", i, e.line, e.column, e.text);
        yaml_close(y);
    }
}

static void nested(struct buffer *out, size_t depth)
{
    buffer_clear(out);
    for (size_t i = 0; i < depth; i++)
        buffer_str(out, i % 2 ? "{a: " : "[");
    for (size_t i = depth; i-- > 0;)
        buffer_str(out, i % 2 ? "}" : "]");
}

static void test_depth(void)
{
    struct buffer text = BUFFER_INIT;
    struct error e = {0};
    nested(&text, YAML_DEPTH);
    struct yaml *y = parse(text.data, &e);
    CU_ASSERT_PTR_NOT_NULL(y);
    yaml_close(y);
    nested(&text, YAML_DEPTH + 1);
    y = parse(text.data, &e);
    CU_ASSERT_PTR_NULL(y);
    CU_ASSERT_STRING_EQUAL(e.text, "nested deeper than 32 levels");
    CU_ASSERT_EQUAL(e.column, 81);
    nested(&text, 5000);
    CU_ASSERT_PTR_NULL(parse(text.data, &e));
    buffer_finish(&text);
}

static void test_cap(void)
{
    struct yaml *y = NULL;
    struct error e = {0};
    CU_ASSERT_EQUAL(yaml_parse(&y, "big.yaml", "a: b", 4, 4, LMOD_E_CONFIG, &e), LMOD_OK);
    yaml_close(y);
    CU_ASSERT_EQUAL(yaml_parse(&y, "big.yaml", "a: bc", 5, 4, LMOD_E_CONFIG, &e), LMOD_E_CONFIG);
    CU_ASSERT_PTR_NULL(y);
    CU_ASSERT_STRING_EQUAL(e.file, "big.yaml");
    CU_ASSERT_STRING_EQUAL(e.text, "larger than 4 bytes");
    CU_ASSERT_EQUAL(yaml_parse(&y, NULL, NULL, 0, 4, LMOD_E_CONFIG, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(yaml_root(y)->kind, YAML_MAP);
    yaml_close(y);
}

/* A file of many keys takes no more than its length: comparing each key with each would take
 * minutes, more than the test may. */
static void test_many_keys(void)
{
    struct buffer text = BUFFER_INIT;
    struct error e = {0};
    for (unsigned i = 0; i < 90000; i++)
        buffer_printf(&text, "k%u: 1\n", i);
    struct yaml *y = parse(text.data, &e);
    CU_ASSERT_PTR_NOT_NULL_FATAL(y);
    CU_ASSERT_EQUAL(yaml_root(y)->count, 90000);
    yaml_close(y);
    buffer_str(&text, "k7: 2\n");
    CU_ASSERT_PTR_NULL(parse(text.data, &e));
    CU_ASSERT_EQUAL(e.line, 90001);
    CU_ASSERT_STRING_EQUAL(e.text, "key \"k7\" is given twice, first on line 8");
    buffer_finish(&text);
}

int main(void)
{
    return TAP_RUN("yaml/yaml", {"the tree knows every place", test_tree},
                   {"a zero byte in a text", test_zero_byte}, {"looking up members", test_get},
                   {"what is refused, and where", test_refused}, {"depth", test_depth},
                   {"the cap", test_cap}, {"many keys", test_many_keys});
}
