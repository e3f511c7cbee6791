/* Which format a source has, by how it begins. */
#include "imported.h"

static void test_recognised(void)
{
    static const struct {
        const char *text;
        enum import_format format;
    } rows[] = {
        {"", FORMAT_CSV},
        {"\n \n", FORMAT_CSV},
        {"md5," MD5 ",e\n", FORMAT_CSV},
        {"type,value\n", FORMAT_CSV},
        {"md5 , " MD5 "\n", FORMAT_CSV},
        {MD5 "\n", FORMAT_CSV},
        {"# pdq x\n\nmd5," MD5 "\n", FORMAT_CSV},
        {"pdq " PDQ "\n", FORMAT_TX},
        {"\xef\xbb\xbf# c\n\n  video_md5\t" MD5 "\n", FORMAT_TX},
        {"raw_text Hello, friends\n", FORMAT_TX},
        {"collab,signal_type,signal_str,category,tags\n", FORMAT_TX},
        {"<?xml version=\"1.0\"?><queryResult/>", FORMAT_NCMEC},
        {"\n <queryResult/>", FORMAT_NCMEC},
        {"\xff\xfe<x", FORMAT_NCMEC},
        {"{\"count\": 1, \"hashRecords\" : [", FORMAT_STOPNCII},
        {"[{\"x\": \"indicator\", \"hashValue\": 1", FORMAT_STOPNCII},
        {"\xef\xbb\xbf {\"data\": [{\"indicator\": \"a\\\"b\"", FORMAT_THREATEXCHANGE},
        {"{\"id\": 1, \"raw_indicator\":", FORMAT_THREATEXCHANGE},
        {"{\"id\": 1, \"should_delete\": true}", FORMAT_THREATEXCHANGE},
        {"{\"data\": []}", FORMAT_THREATEXCHANGE},
        {"{\"data\": [{\"id\": 1, \"signals\": {", FORMAT_HMA},
        {"{\"id\": 1, \"disable_until_ts\": 1}", FORMAT_HMA},
        {"{\"signals\": {\"indicator\": 1}}", FORMAT_HMA},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct import_options o = {.path = "x"};
        struct source in;
        enum import_format format;
        size_t n = strlen(rows[i].text);
        FILE *file =
            n ? fmemopen((void *)(uintptr_t)rows[i].text, n, "r") : fopen("/dev/null", "r");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        source_init(&in, file, &o);
        CU_ASSERT_EQUAL(import_recognise(&in, &format, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(format, rows[i].format);
        if (format != rows[i].format)
            printf("# %zu: %u\n", i, format);
        o.type = "md5"; /* a type makes it a file of bare values */
        CU_ASSERT_EQUAL(import_recognise(&in, &format, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(format, FORMAT_CSV);
        (void)fclose(file);
    }
}

static void test_not_recognised(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"{\"a\": 1}", "--format"},    {"[]", "--format"},       {"{\"indicator\", 1}", "--format"},
        {"\x1f\x8b\x08", "unpack it"}, {"PK\x03\x04", "unpack"}, {"\xff\xfem\x01", "UTF-16"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct imported x = import_text((enum import_format)0, rows[i].text);
        CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(x.e.text, rows[i].says));
        CU_ASSERT_STRING_EQUAL(x.e.file, "data/source");
        imported_done(&x);
    }
}

static void test_names(void)
{
    enum import_format format;
    CU_ASSERT_TRUE(import_format_named("ncmec", &format));
    CU_ASSERT_EQUAL(format, FORMAT_NCMEC);
    CU_ASSERT_FALSE(import_format_named("NCMEC", &format));
    for (const struct term *t = import_format_terms; t->name; t++)
        CU_ASSERT_PTR_NOT_NULL(import_format_title((enum import_format)t->value));
}

/* Only CSV and python-threatexchange have bare values. */
static void test_types(void)
{
    static const enum import_format formats[] = {FORMAT_STOPNCII, FORMAT_THREATEXCHANGE, FORMAT_HMA,
                                                 FORMAT_NCMEC};
    const char *text = "";
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        struct imported x;
        import_texts(&x, formats[i], "md5", &text, 1);
        CU_ASSERT_EQUAL(x.status, LMOD_E_ARGUMENT);
    }
}

/* More names than are kept: the last one stands for the rest. */
static void test_many_kinds(void)
{
    struct buffer b = BUFFER_INIT;
    for (unsigned i = 0; i < 30; i++)
        buffer_printf(&b, "{\"signalType\": \"Kind%u\", \"hashValue\": \"x\"}\n", i % 25);
    struct imported x = import_text(FORMAT_STOPNCII, b.data);
    CU_ASSERT_EQUAL(x.r.others.total, 30);
    CU_ASSERT_PTR_NOT_NULL(strstr(others_of(&x), "Kind0=2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(others_of(&x), " other=10"));
    imported_done(&x);
    buffer_finish(&b);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("modctl/import", {"formats that are recognised", test_recognised},
                     {"sources that are not", test_not_recognised}, {"names", test_names},
                     {"types of bare values", test_types}, {"many kinds", test_many_kinds});
    tempdir_remove(&dir);
    return rc;
}
