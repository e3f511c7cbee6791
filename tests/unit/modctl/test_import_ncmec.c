/* NCMEC: entries with several fingerprints, updates and deletions in any order, and hostile XML. */
#include "imported.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define PAGE(groups)                                                                               \
    HEAD "<queryResult xmlns=\"https://example.org/hashsharing/v2\">" groups "</queryResult>\n"
#define ENTRY(tag, id, time, more)                                                                 \
    "<" tag "><member id=\"42\">A Member</member><timestamp>" time "</timestamp><id>" id           \
    "</id>" more "</" tag ">"
#define MARKS(more) "<fingerprints>" more "</fingerprints>"
#define DAY1        "2026-10-24T15:00:00Z"
#define DAY2        "2026-10-25T15:00:00.000Z"

static struct imported import(const char *text)
{
    return import_text(FORMAT_NCMEC, text);
}

static void test_page(void)
{
    struct imported x = import(PAGE("<images count=\"2\" maxTimestamp=\"" DAY1 "\">" ENTRY(
        "image", "i&amp;1", DAY1,
        "<classification>A1</classification>" MARKS(
            "<md5>" MD5 "</md5><sha1>\n " SHA1 "\n</sha1><pdq>" PDQ
            "</pdq><pdna>AAAA</pdna>") "<feedback><affirmativeFeedback "
                                       "type=\"Md5\"><members><member id=\"9\">B</member>"
                                       "</members></affirmativeFeedback><negativeFeedback "
                                       "type=\"Sha1\"/></feedback>") "</images>"
                                                                     "<videos>" ENTRY(
                                                                         "video", "v1", DAY1,
                                                                         MARKS("<md5>"
                                                                               "a1a1a1a1a1a1a1a1a"
                                                                               "1a1a1a1a1a1a1a1</"
                                                                               "md5>"
                                                                               "<tmk-pdqf "
                                                                               "rel=\"self\" "
                                                                               "href=\"/v2/x\"/"
                                                                               ">")) "</videos>"
                                                                                     "<paging><"
                                                                                     "next>/v2/"
                                                                                     "entries?a&"
                                                                                     "amp;b</"
                                                                                     "next></"
                                                                                     "paging>"));
    CU_ASSERT_EQUAL(x.status, LMOD_OK);
    CU_ASSERT_STRING_EQUAL(x.bad, "");
    CU_ASSERT_STRING_EQUAL(entries_of(&x), "42/i&1[active](A1,disputed,member=42)"
                                           "{Md5:affirmative,Sha1:negative} "
                                           "42/v1[active](member=42,video){}");
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_MD5, MD5));
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_SHA1, SHA1));
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_PDQ, PDQ));
    CU_ASSERT_STRING_EQUAL(others_of(&x), "pdna=1 tmk-pdqf=1");
    imported_done(&x);
}

/* Pages are in no order of time: a deletion may come before what it deletes. */
static void test_updates(void)
{
    static const char first[] =
        PAGE("<images>" ENTRY("image", "gone", DAY1, MARKS("<md5>" MD5 "</md5>"))
                 ENTRY("image", "new", DAY1, MARKS("<sha1>" SHA1 "</sha1>")) "</images>");
    static const char second[] = PAGE("<images>" ENTRY("deletedImage", "gone", DAY2, "") ENTRY(
        "image", "new", DAY2, MARKS("<pdq>" PDQ "</pdq>")) "</images>"
                                                           "<videos>" ENTRY("deletedVideo",
                                                                            "never seen", DAY2,
                                                                            "") "</videos>");
    const char *orders[][2] = {{first, second}, {second, first}};
    for (size_t i = 0; i < 2; i++) {
        struct imported x;
        import_texts(&x, FORMAT_NCMEC, NULL, orders[i], 2);
        CU_ASSERT_STRING_EQUAL(x.bad, "");
        CU_ASSERT_STRING_EQUAL(entries_of(&x), "42/gone[withdrawn](member=42){} "
                                               "42/never seen[withdrawn](member=42){} "
                                               "42/new[active](member=42){}");
        CU_ASSERT_FALSE(is_listed(&x, SIGNAL_MD5, MD5));
        CU_ASSERT_FALSE(is_listed(&x, SIGNAL_SHA1, SHA1));
        CU_ASSERT_TRUE(is_listed(&x, SIGNAL_PDQ, PDQ));
        imported_done(&x);
    }
}

static void test_deleted_and_back(void)
{
    static const char gone[] = PAGE("<images>" ENTRY("deletedImage", "e", DAY1, "") "</images>");
    static const char back[] =
        PAGE("<images>" ENTRY("image", "e", DAY2, MARKS("<md5>" MD5 "</md5>")) "</images>");
    const char *orders[][2] = {{gone, back}, {back, gone}};
    for (size_t i = 0; i < 2; i++) {
        struct imported x;
        import_texts(&x, FORMAT_NCMEC, NULL, orders[i], 2);
        CU_ASSERT_STRING_EQUAL(entries_of(&x), "42/e[active](member=42){}");
        CU_ASSERT_TRUE(is_listed(&x, SIGNAL_MD5, MD5));
        imported_done(&x);
    }
}

static void test_bad_entries(void)
{
    static const struct {
        const char *entry, *place, *says;
    } rows[] = {
        {ENTRY("image", "", DAY1, MARKS("<md5>" MD5 "</md5>")), "3:1 ", "without an id"},
        {ENTRY("image", "e", DAY1, ""), "3:1 ", "without fingerprints"},
        {ENTRY("image", "e", DAY1, MARKS("<md5>xyz</md5>")), "3:113 ", "md5 takes 32"},
        {ENTRY("image", "e", DAY1, MARKS("<md5/>")), "3:108 ", "this has 0 characters"},
        {ENTRY("image", "e", DAY1, MARKS("<pdq>" MD5 "</pdq>")), "3:113 ", "pdq takes 64"},
        {ENTRY("deletedImage", "", DAY1, ""), "3:1 ", "without an id"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text),
                       PAGE("<images>\n%s" ENTRY("image", "good", DAY1,
                                                 MARKS("<sha1>" SHA1 "</sha1>")) "</images>"),
                       rows[i].entry);
        struct imported x = import(text);
        CU_ASSERT_EQUAL(x.status, LMOD_OK);
        CU_ASSERT_EQUAL(x.r.bad, 1);
        CU_ASSERT_TRUE(is_listed(&x, SIGNAL_SHA1, SHA1));
        bool right = strncmp(x.bad, rows[i].place, strlen(rows[i].place)) == 0 &&
                     strstr(x.bad, rows[i].says);
        CU_ASSERT_TRUE(right);
        if (!right)
            printf("# row %zu: %s\n", i, x.bad);
        imported_done(&x);
    }
}

static void test_limits(void)
{
    struct buffer b = BUFFER_INIT;
    buffer_str(&b, HEAD "<queryResult><images>"
                        "<image><id>many</id><fingerprints>");
    for (int i = 0; i < 65; i++)
        buffer_printf(&b, "<md5>%032x</md5>", (unsigned)i + 1);
    buffer_str(&b, "</fingerprints></image><image><id>long</id><fingerprints><md5>");
    for (int i = 0; i < 70000; i++)
        buffer_append(&b, "a", 1);
    buffer_str(&b,
               "</md5></fingerprints></image>" ENTRY(
                   "image", "good", DAY1, MARKS("<md5>" MD5 "</md5>")) "</images></queryResult>");
    struct imported x = import(b.data);
    CU_ASSERT_EQUAL(x.status, LMOD_OK);
    CU_ASSERT_EQUAL(x.r.bad, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(x.bad, "more than 64 fingerprints"));
    CU_ASSERT_PTR_NOT_NULL(strstr(x.bad, "more than 65536 bytes"));
    CU_ASSERT_STRING_EQUAL(entries_of(&x), "42/good[active](member=42){}");
    imported_done(&x);
    buffer_clear(&b);
    buffer_str(&b, "<queryResult>");
    for (int i = 0; i < 40; i++)
        buffer_str(&b, "<a>");
    x = import(b.data);
    CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(x.e.text, "nested too deep"));
    buffer_finish(&b);
}

/* Whole documents that are refused, with a place. */
static void test_refused(void)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"<!DOCTYPE q [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>" /* they would grow */
         "<queryResult><images><image><id>&b;</id></image></images></queryResult>",
         "document type is refused"},
        {"<!DOCTYPE q SYSTEM \"file:///etc/hostname\"><queryResult/>", "document type is refused"},
        {PAGE("<images><image><id>&own;</id></image></images>"), "undefined entity"},
        {HEAD "<status><member id=\"1\">x</member></status>", "not NCMEC"},
        {HEAD "<html/>", "not NCMEC"},
        {HEAD "<queryResult><images>" ENTRY("image", "e", DAY1, MARKS("<md5>" MD5 "</md5>")),
         "cut off"},
        {HEAD "<queryResult><images></queryResult>", "mismatched tag"},
        {PAGE("") PAGE(""), "each page as a file of its own"},
        {PAGE("") "<queryResult/>", "each page as a file of its own"},
        {HEAD, "cut off"},
        {"", "cut off"},
        {"<?xml version=\"1.0\" encoding=\"EBCDIC-XX\"?><queryResult/>", "unknown encoding"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct imported x = import(bad[i].text);
        CU_ASSERT_EQUAL(x.status, LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(x.e.text, bad[i].says));
        CU_ASSERT_STRING_EQUAL(x.e.file, "data/source");
        CU_ASSERT_TRUE(x.e.line >= 1);
        if (!strstr(x.e.text, bad[i].says))
            printf("# %zu: %s\n", i, x.e.text);
    }
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("modctl/import_ncmec", {"a page", test_page},
                     {"updates and deletions in any order", test_updates},
                     {"deleted and back again", test_deleted_and_back},
                     {"bad entries have a place and a reason", test_bad_entries},
                     {"limits", test_limits}, {"what is refused", test_refused});
    tempdir_remove(&dir);
    return rc;
}
