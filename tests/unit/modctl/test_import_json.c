/* JSON as a stream of records: blocks, limits, and files that are cut off. */
#include "import_json.h"
#include "imported.h"

#define RECORD                                                                                     \
    "{\"lastModtimestamp\": 1700000000, \"signalType\": \"ImagePDQ\", \"hashValue\": \"" PDQ       \
    "\", \"hashStatus\": \"Active\"}"

/* Cut anywhere, a page is refused whole: an update without its end must not become a list. */
static void test_cut_off(void)
{
    static const char whole[] = "{\"count\": 2, \"hashRecords\": [" RECORD ", " RECORD "]}";
    char text[sizeof(whole)];
    for (size_t n = 1; n < sizeof(whole) - 1; n++) {
        memcpy(text, whole, n);
        text[n] = '\0';
        struct imported x = import_text(FORMAT_STOPNCII, text);
        CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(x.e.text, "cut off"));
        CU_ASSERT_EQUAL(x.e.column, n + 1);
        imported_done(&x);
    }
}

static void test_no_json(void)
{
    static const char *const texts[] = {"<html>", "Active", "\"text\"", "17", "{} x", "\x01"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct imported x = import_text(FORMAT_STOPNCII, texts[i]);
        CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(x.e.text, "no JSON"));
        imported_done(&x);
    }
}

/* Elements that are none; whatever it is, reading goes on behind it. */
static void test_odd_elements(void)
{
    static const char *const odd[] = {":",     "}",       "\x01",  "tru",       "\"a\"",
                                      "\"a\n", "-",       "nul l", ",,",        "[]",
                                      "[[1]]", "{\"a\"}", "{]",    "{\"a\": [}"};
    for (size_t i = 0; i < COUNT_OF(odd); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "[%s, " RECORD "]", odd[i]);
        struct imported x = import_text(FORMAT_STOPNCII, text);
        CU_ASSERT_TRUE(x.status == LMOD_OK || x.status == LMOD_E_LIST);
        if (!strchr(odd[i], '{') && !strchr(odd[i], '}')) {
            CU_ASSERT_EQUAL(x.status, LMOD_OK);
            CU_ASSERT_TRUE(is_listed(&x, SIGNAL_PDQ, PDQ));
        }
        imported_done(&x);
    }
}

static void test_many_records(void)
{
    enum { MANY = 3000 };
    struct buffer b = BUFFER_INIT;
    buffer_str(&b, "{\"hashRecords\": [");
    for (unsigned i = 0; i < MANY; i++)
        buffer_printf(&b, "%s\n{\"signalType\": \"VideoMD5\", \"hashValue\": \"%032x\"}",
                      i ? "," : "", i * 7919u + 1);
    buffer_str(&b, "]}");
    struct imported x = import_text(FORMAT_STOPNCII, b.data);
    CU_ASSERT_EQUAL(x.r.added, MANY);
    size_t missed = 0;
    for (unsigned i = 0; i < MANY; i++) {
        char hex[40];
        (void)snprintf(hex, sizeof(hex), "%032x", i * 7919u + 1);
        missed += !is_listed(&x, SIGNAL_MD5, hex);
    }
    CU_ASSERT_EQUAL(missed, 0);
    imported_done(&x);
    buffer_finish(&b);
}

/* A record over the limit costs itself; members of a page before its records may be of any size. */
static void test_large(void)
{
    struct buffer b = BUFFER_INIT;
    static char filler[JSON_RECORD_MAX + 10];
    memset(filler, 'a', sizeof(filler) - 1);
    buffer_printf(&b, "{\"note\": \"%s\", \"hashRecords\": [{\"note\": \"%s\"}, " RECORD "]}",
                  filler, filler);
    struct imported x = import_text(FORMAT_STOPNCII, b.data);
    CU_ASSERT_EQUAL(x.status, LMOD_OK);
    CU_ASSERT_EQUAL(x.r.added, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(x.bad, "a record of more than 1048576 bytes"));
    imported_done(&x);
    buffer_finish(&b);
}

/* Deep nesting costs no stack. */
static void test_deep(void)
{
    struct buffer b = BUFFER_INIT;
    for (int i = 0; i < 200000; i++)
        buffer_append(&b, "[", 1);
    struct imported x = import_text(FORMAT_STOPNCII, b.data);
    CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
    imported_done(&x);
    buffer_clear(&b);
    for (int i = 0; i < 20000; i++)
        buffer_str(&b, "{\"hashRecords\":[");
    x = import_text(FORMAT_STOPNCII, b.data);
    CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
    imported_done(&x);
    buffer_finish(&b);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("modctl/import_json", {"files that are cut off", test_cut_off},
                     {"no JSON", test_no_json}, {"odd elements", test_odd_elements},
                     {"many records", test_many_records}, {"large records", test_large},
                     {"deep nesting", test_deep});
    tempdir_remove(&dir);
    return rc;
}
