/* Files of python-threatexchange: lines with and without a type, and the CSV of its dataset command. */
#include "imported.h"

static struct imported import(const char *type, const char *text)
{
    static struct imported x;
    import_texts(&x, FORMAT_TX, type, &text, 1);
    return x;
}

static void test_lines(void)
{
    struct imported x = import(NULL, "# a comment\n"
                                     "pdq " PDQ "\r\n"
                                     "  video_md5\t  " MD5 "  \n\n"
                                     "raw_text Buy my private album, \"now\"\n"
                                     "url https://t.me/+AbCdEfGhIjK12345\n"
                                     "vpdq [1,2]\n"
                                     "pdq " PDQ);
    CU_ASSERT_STRING_EQUAL(x.bad, "");
    CU_ASSERT_EQUAL(x.r.added, 5);
    CU_ASSERT_STRING_EQUAL(others_of(&x), "vpdq=1");
    const char *all = entries_of(&x);
    CU_ASSERT_PTR_NOT_NULL(strstr(all, "pdq:" PDQ "[active](){}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all, "md5:" MD5 "[active](video){}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all, "link:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all, "text:"));
    CU_ASSERT_PTR_NULL(strstr(all, "t.me"));
    CU_ASSERT_PTR_NULL(strstr(all, "album"));
    imported_done(&x);
}

static void test_bare_values(void)
{
    struct imported x = import("pdq", PDQ "\n" PDQ2 "\n");
    CU_ASSERT_EQUAL(x.r.added, 2);
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_PDQ, PDQ2));
    imported_done(&x);
    x = import("sha-1", PDQ);
    CU_ASSERT_EQUAL(x.status, LMOD_E_ARGUMENT);
    imported_done(&x);
}

static void test_bad_lines(void)
{
    struct imported x = import(NULL, "pdq " MD5 "\n"
                                     "pdq\n"
                                     "hello world\n"
                                     "pdq \xff\n"
                                     "video_md5 " MD5 "\n");
    CU_ASSERT_EQUAL(x.r.bad, 4);
    CU_ASSERT_STRING_EQUAL(x.bad, "1:5 pdq takes 64 hex digits, this has 32 characters\n"
                                  "2:1 a line is TYPE VALUE, and the value is missing\n"
                                  "3:1 unknown type \"hello\": a line is TYPE VALUE\n"
                                  "4:1 not UTF-8 text without NUL bytes\n");
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_MD5, MD5));
    imported_done(&x);
}

static void test_long_lines(void)
{
    struct buffer b = BUFFER_INIT;
    buffer_str(&b, "raw_text ");
    for (int i = 0; i < 70000; i++)
        buffer_append(&b, "a", 1);
    buffer_str(&b, "\npdq " PDQ "\n");
    struct imported x = import(NULL, b.data);
    CU_ASSERT_STRING_EQUAL(x.bad, "1:65537 longer than 65536 bytes\n");
    CU_ASSERT_EQUAL(x.r.added, 1);
    imported_done(&x);
    buffer_finish(&b);
}

static void test_dataset(void)
{
    struct imported x = import(NULL, "collab,signal_type,signal_str,category,tags\r\n"
                                     "A Group,pdq," PDQ ",POSITIVE_CLASS,red blue\r\n"
                                     "Others,pdq," PDQ ",NEGATIVE_CLASS,\r\n"
                                     "A Group,video_md5," MD5 ",INVESTIGATION_SEED,\r\n"
                                     "A Group,raw_text,\"Buy my, private\nalbum \"\"now\"\"\",,\r\n"
                                     "A Group,own_type,abc,,\r\n"
                                     "A Group,pdq\r\n"
                                     "A Group,pdq,zz,,\r\n");
    CU_ASSERT_STRING_EQUAL(x.bad, "8:1 a row needs signal_type and signal_str\n"
                                  "9:13 pdq takes 64 hex digits, this has 2 characters\n");
    CU_ASSERT_STRING_EQUAL(others_of(&x), "own_type=1");
    const char *all = entries_of(&x);
    CU_ASSERT_PTR_NOT_NULL(strstr(all, "A Group/pdq:" PDQ "[active](blue,red){POSITIVE_CLASS}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all, "Others/pdq:" PDQ "[disabled](){NEGATIVE_CLASS}"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all, "md5:" MD5 "[active](video){INVESTIGATION_SEED}"));
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_PDQ, PDQ));
    imported_done(&x);
    x = import(NULL, "tags,signal_str,more,signal_type\nred," PDQ2 ",x,pdq\n");
    CU_ASSERT_STRING_EQUAL(entries_of(&x), "pdq:" PDQ2 "[active](red){}");
    imported_done(&x);
    x = import(NULL, "signal_str,category\n" PDQ ",x\n");
    CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(x.e.text, "signal_type"));
    imported_done(&x);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("modctl/import_tx", {"lines with a type", test_lines},
                     {"bare values", test_bare_values}, {"bad lines", test_bad_lines},
                     {"long lines", test_long_lines}, {"the CSV of a dataset", test_dataset});
    tempdir_remove(&dir);
    return rc;
}
