/* JSON helpers: members, repair, paths, scalars. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void test_members(void)
{
    json_t *o = json_object();
    size_t length = 0;
    CU_ASSERT_TRUE(js_str(o, "z", "text"));
    CU_ASSERT_TRUE(js_str(o, "none", NULL));
    CU_ASSERT_TRUE(js_bytes(o, "part", "abcdef", 3));
    CU_ASSERT_TRUE(js_bytes(o, "gone", NULL, 3));
    CU_ASSERT_TRUE(js_int(o, "n", -9007199254740993));
    CU_ASSERT_TRUE(js_real(o, "r", 4.0));
    CU_ASSERT_TRUE(js_real(o, "q", 0.1));
    CU_ASSERT_TRUE(js_bool(o, "b", true));
    CU_ASSERT_TRUE(js_null(o, "a"));
    json_t *list = json_array();
    CU_ASSERT_TRUE(js_push(list, json_integer(1)));
    CU_ASSERT_FALSE(js_push(list, NULL));
    CU_ASSERT_TRUE(js_put(o, "list", list));
    CU_ASSERT_FALSE(js_put(o, "fails", NULL));
    char *text = js_dump(o, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "{\"z\":\"text\",\"none\":null,\"part\":\"abc\",\"gone\":null,"
                                 "\"n\":-9007199254740993,\"r\":4.0,\"q\":0.1,\"b\":true,"
                                 "\"a\":null,\"list\":[1]}");
    CU_ASSERT_EQUAL(length, strlen(text));
    free(text);
    json_decref(o);
}

static void test_repair(void)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *want;
    } cases[] = {
        {"h\xC3\xA9", 3, "[\"h\xC3\xA9\"]"},
        {"a\xFF", 2, "[\"a\xEF\xBF\xBD\"]"},
        {"a\0b", 3,
         "[\"a\xEF\xBF\xBD"
         "b\"]"},
        {"\"\\\n\x01", 4, "[\"\\\"\\\\\\n\\u0001\"]"},
        {"", 0, "[\"\"]"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *o = json_object(), *list = json_array();
        CU_ASSERT_TRUE(js_bytes(o, "k", cases[i].bytes, cases[i].length));
        (void)json_array_append(list, json_object_get(o, "k"));
        char *text = js_dump(list, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        CU_ASSERT_STRING_EQUAL(text, cases[i].want);
        free(text);
        json_decref(list);
        json_decref(o);
    }
}

static void test_dump_nothing(void)
{
    size_t length = 9;
    CU_ASSERT_PTR_NULL(js_dump(NULL, &length));
    CU_ASSERT_EQUAL(length, 0);
}

/* A path of NULL as wanted: nothing is there. */
static void test_paths(void)
{
    static const char document[] =
        "{\"a\":{\"b\":[10,{\"c\":\"deep\"},null]},\"x.y\":1,\"score\":{\"m.adult.ncii\":4.5,"
        "\"m\":{\"z\":2}},\"\":3,\"0\":7}";
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"a.b.0", "10"},
        {"a.b.1.c", "deep"},
        {"a.b.1", "{\"c\":\"deep\"}"},
        {"a.b.2", NULL}, /* null */
        {"a.b.3", NULL},
        {"a.b.-1", NULL},
        {"a.b.+1", NULL},
        {"a.b. 1", NULL},
        {"a.b.1x", NULL},
        {"a.b.99999999999999999999999", NULL},
        {"a.b.c", NULL},
        {"a.b.0.c", NULL},
        {"a.nothing", NULL},
        {"x.y", "1"},
        {"score.m.adult.ncii", "4.5"},
        {"score.m.z", "2"},
        {"score.m.adult", NULL},
        {"0", "7"},
    };
    json_t *d = json_loads(document, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    struct js_doc doc;
    js_doc_init(&doc, d);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *got = js_doc_lend(&doc, js_at(d, cases[i].path));
        if (cases[i].want)
            CU_ASSERT(got && strcmp(got, cases[i].want) == 0);
        if (!cases[i].want)
            CU_ASSERT_PTR_NULL(got);
    }
    CU_ASSERT_PTR_EQUAL(js_at(d, ""), d);
    CU_ASSERT_PTR_NULL(js_at(NULL, "a"));
    js_doc_finish(&doc);
}

static void test_long_path(void)
{
    char path[600];
    json_t *d = json_object();
    memset(path, 'k', sizeof(path));
    path[300] = '\0';
    CU_ASSERT_TRUE(js_int(d, path, 5));
    CU_ASSERT_EQUAL(json_integer_value(js_at(d, path)), 5);
    path[300] = '.';
    path[301] = 'a';
    path[302] = '\0';
    CU_ASSERT_PTR_NULL(js_at(d, path)); /* a key that long cannot be gone through */
    json_decref(d);
}

/* What a document lends stays as it is for as long as the document lives. */
static void test_doc(void)
{
    static const struct {
        const char *path, *want;
    } cases[] = {
        {"0", "raw \"text\""}, {"1", "true"}, {"2", "12"}, {"3", "0.5"},
        {"4", "[1,2]"},        {"5", NULL},   {"6", ""},   {"7", NULL},
    };
    static const char text[] = "[\"raw \\\"text\\\"\",true,12,0.5,[1,2],null,\"\"]";
    const char *lent[COUNT_OF(cases)];
    struct js_doc doc;
    size_t length = 0;
    js_doc_init(&doc, json_loads(text, 0, NULL));
    CU_ASSERT_PTR_NOT_NULL_FATAL(doc.root);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        lent[i] = js_doc_lend(&doc, js_at(doc.root, cases[i].path));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT_PTR_EQUAL(js_doc_lend(&doc, js_at(doc.root, cases[i].path)), lent[i]);
        if (cases[i].want)
            CU_ASSERT(lent[i] && strcmp(lent[i], cases[i].want) == 0);
        if (!cases[i].want)
            CU_ASSERT_PTR_NULL(lent[i]);
    }
    const char *whole = js_doc_text(&doc, &length);
    CU_ASSERT_PTR_NOT_NULL_FATAL(whole);
    CU_ASSERT_STRING_EQUAL(whole, text);
    CU_ASSERT_EQUAL(length, strlen(text));
    CU_ASSERT_PTR_EQUAL(js_doc_text(&doc, NULL), whole);
    js_doc_finish(&doc);
    CU_ASSERT_PTR_NULL(doc.root);
}

static void test_doc_empty(void)
{
    struct js_doc doc;
    size_t length = 9;
    js_doc_init(&doc, NULL);
    CU_ASSERT_PTR_NULL(js_doc_text(&doc, &length));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_PTR_NULL(js_doc_lend(&doc, js_at(doc.root, "a")));
    js_doc_finish(&doc);
}

int main(void)
{
    return TAP_RUN("base/json", {"members keep their order", test_members},
                   {"bytes that are not UTF-8 are repaired", test_repair},
                   {"nothing dumps as nothing", test_dump_nothing}, {"dotted paths", test_paths},
                   {"very long keys", test_long_path}, {"a document lends its fields", test_doc},
                   {"an empty document has nothing", test_doc_empty});
}
