/* StopNCII: statuses, cases, feedback, records that replace others, and what is wrong with one. */
#include "imported.h"

#define RECORD(kind, value, status, more)                                                          \
    "{\"lastModtimestamp\": 1700000000, \"signalType\": \"" kind "\", \"hashValue\": \"" value     \
    "\", \"hashStatus\": \"" status "\"" more "}"
#define PAGE(records)                                                                              \
    "{\"count\": 1, \"nextPageToken\": \"a]}\\\"b\", \"nextSetTimestamp\": 1, "                    \
    "\"hasMoreRecords\": false, \"hashRecords\": [" records "]}"

static struct imported import(const char *text)
{
    return import_text(FORMAT_STOPNCII, text);
}

static void test_page(void)
{
    struct imported x = import(PAGE(RECORD("ImagePDQ", PDQ, "Active",
                                           ", \"caseNumbers\": {\"17\": \"Active\", \"18\": "
                                           "\"Withdrawn\"}, \"CSPFeedbacks\": ["
                                           "{\"source\": \"One\", \"feedbackValue\": \"Blocked\", "
                                           "\"tags\": [\"nude, x\", 3]},"
                                           "{\"source\": \"Two\", \"feedbackValue\": "
                                           "\"NotBlocked\"},"
                                           "{\"source\": \"Three\", \"feedbackValue\": "
                                           "\"Withdrawn\"},"
                                           "{\"source\": \"Four\", \"feedbackValue\": \"None\", "
                                           "\"tags\": []}]") "," RECORD("VideoMD5", MD5, "Received",
                                                                        ", \"caseNumbers\": [], "
                                                                        "\"CSPFeedbacks\": null")));
    CU_ASSERT_EQUAL(x.status, LMOD_OK);
    CU_ASSERT_STRING_EQUAL(x.bad, "");
    CU_ASSERT_STRING_EQUAL(entries_of(&x), "md5:" MD5 "[active](video){} "
                                           "pdq:" PDQ "[active](case=17,case=18,disputed,nude  x)"
                                           "{One:Blocked,Two:NotBlocked}");
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_PDQ, PDQ));
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_MD5, MD5));
    CU_ASSERT_EQUAL(x.r.pdqs, 1);
    imported_done(&x);
}

static void test_withdrawn(void)
{
    static const char *const gone[] = {
        PAGE(RECORD("ImagePDQ", PDQ, "Withdrawn", "")),
        PAGE(RECORD("ImagePDQ", PDQ, "Deleted", "")),
        PAGE(RECORD("ImagePDQ", PDQ, "Active",
                    ", \"caseNumbers\": {\"1\": \"Withdrawn\", \"2\": \"Deleted\"}")),
    };
    for (size_t i = 0; i < COUNT_OF(gone); i++) {
        struct imported x = import(gone[i]);
        CU_ASSERT_PTR_NOT_NULL(strstr(entries_of(&x), "[withdrawn]"));
        CU_ASSERT_FALSE(is_listed(&x, SIGNAL_PDQ, PDQ));
        imported_done(&x);
    }
}

/* The newest record of a hash is its state, in whichever order and file it comes. */
static void test_later_records_replace(void)
{
    static const char old[] = PAGE(RECORD("ImagePDQ", PDQ, "Withdrawn", ""));
    static const char new[] =
        PAGE("{\"lastModtimestamp\": \"1700000001\", \"signalType\": \"ImagePDQ\", "
             "\"hashValue\": \"" PDQ "\", \"hashStatus\": \"Active\"}");
    const char *orders[][2] = {{old, new}, {new, old}};
    for (size_t i = 0; i < 2; i++) {
        struct imported x;
        import_texts(&x, FORMAT_STOPNCII, NULL, orders[i], 2);
        CU_ASSERT_STRING_EQUAL(entries_of(&x), "pdq:" PDQ "[active](){}");
        imported_done(&x);
    }
}

static void test_other_kinds(void)
{
    struct imported x = import(PAGE(RECORD("VideoTMK", "AAAA", "Active", "") "," RECORD(
        "PhotoDNA", "BBBB", "Active", "") "," RECORD("VideoTMK", "CC", "Withdrawn", "")));
    CU_ASSERT_EQUAL(x.status, LMOD_OK);
    CU_ASSERT_STRING_EQUAL(others_of(&x), "VideoTMK=2 PhotoDNA=1");
    CU_ASSERT_PTR_NULL(x.list);
    imported_done(&x);
}

/* A kind without a name is counted, too. */
static void test_unnamed_kind(void)
{
    struct imported x = import(PAGE(RECORD("", "AAAA", "Active", "")));
    CU_ASSERT_STRING_EQUAL(others_of(&x), "unnamed=1");
    imported_done(&x);
}

static void test_bad_records(void)
{
    static const struct {
        const char *record, *place, *says;
    } rows[] = {
        {RECORD("ImagePDQ", "00000000000000000000000000000000", "Active", ""), "1:178 ",
         "pdq takes 64 hex digits, this has 32"},
        {RECORD("ImagePDQ", "0000000000000000000000000000000000000000000000000000000000000000",
                "Active", ""),
         "1:178 ", "all zeros"},
        {RECORD("VideoMD5", "D41D8CD98F00B204E9800998ECF8427E", "Active", ""), "1:178 ",
         "empty file"},
        {"{\"signalType\": \"ImagePDQ\"}", "1:105 ", "needs signalType and hashValue"},
        {"{\"hashValue\": \"" PDQ "\", \"signalType\": 4}", "1:105 ", "needs signalType"},
        {RECORD("ImagePDQ", PDQ, "Lost", ""), "1:260 ", "hashStatus \"Lost\""},
        {"{\"a\": 1, \"a\": 2}", "1:105 ", "the same name twice"},
        {"{\"a\": }", "1:105 ", "no JSON"},
        {"{\"a\" 1, \"b\": [\"}\", {}]}", "1:110 ", "no JSON"},
        {"{\"a\": \"no end}\n}", "1:105 ", "no JSON"},
        {"\n {\"a\":\n tru}", "3:1 ", "no JSON"},
        {"17", "1:105 ", "a record is an object"},
        {"\"text\"", "1:105 ", "a record is an object"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), PAGE("%s,\n" RECORD("VideoMD5", MD5, "Active", "")),
                       rows[i].record);
        struct imported x = import(text);
        CU_ASSERT_EQUAL(x.status, LMOD_OK);
        CU_ASSERT_EQUAL(x.r.bad, 1);
        CU_ASSERT_TRUE(is_listed(&x, SIGNAL_MD5, MD5)); /* the record behind it is untouched */
        bool right = strncmp(x.bad, rows[i].place, strlen(rows[i].place)) == 0 &&
                     strstr(x.bad, rows[i].says);
        CU_ASSERT_TRUE(right);
        if (!right)
            printf("# row %zu: %s\n", i, x.bad);
        imported_done(&x);
    }
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("modctl/import_stopncii", {"a page", test_page},
                     {"what was withdrawn", test_withdrawn},
                     {"later records replace earlier ones", test_later_records_replace},
                     {"kinds that lists do not hold", test_other_kinds},
                     {"a kind without a name", test_unnamed_kind},
                     {"bad records have a place and a reason", test_bad_records});
    tempdir_remove(&dir);
    return rc;
}
