/* ThreatExchange: indicators with opinions, descriptors, deletions, expiry, and every way to write them. */
#include "imported.h"

#define PAGE(records) "{\"data\": [" records "], \"paging\": {\"cursors\": {\"after\": \"x\"}}}"
#define INDICATOR(id, more)                                                                        \
    "{\"id\": \"" id "\", \"indicator\": \"" PDQ "\", \"type\": \"HASH_PDQ\", "                    \
    "\"last_updated\": 1700000000, \"should_delete\": false, " more "}"
#define SAYS(owner, status, more)                                                                  \
    "{\"id\": \"9\", \"owner\": {\"id\": \"" owner "\", \"name\": \"x\"}, \"status\": \"" status   \
    "\"" more "}"
#define SAID(all) "\"descriptors\": {\"data\": [" all "]}"

static struct imported import(const char *text)
{
    return import_text(FORMAT_THREATEXCHANGE, text);
}

static void test_opinions(void)
{
    static const struct {
        const char *record, *entries;
    } rows[] = {
        {INDICATOR("1", SAID(SAYS("3", "MALICIOUS", ", \"tags\": [\"b\", \"a\"]"))),
         "1[active](a,b){3:MALICIOUS}"},
        {INDICATOR("1", SAID(SAYS("3", "MALICIOUS",
                                  ", \"tags\": {\"data\": [{\"id\": \"1\", \"text\": \"a\"}]}"))),
         "1[active](a){3:MALICIOUS}"},
        {INDICATOR("1", SAID(SAYS("3", "MALICIOUS", "") "," SAYS("4", "NON_MALICIOUS", ""))),
         "1[active](disputed){3:MALICIOUS,4:NON_MALICIOUS}"},
        {INDICATOR("1", SAID(SAYS("4", "NON_MALICIOUS", ""))), "1[disabled](){4:NON_MALICIOUS}"},
        {INDICATOR("1", SAID(SAYS("4", "SUSPICIOUS", ""))), "1[active](){4:SUSPICIOUS}"},
        {INDICATOR("1", SAID(SAYS("3", "UNKNOWN",
                                  ", \"reactions\": [{\"key\": \"DISAGREE_WITH_TAGS\", "
                                  "\"value\": \"5,6\"}, {\"key\": \"SAW_THIS_TOO\", "
                                  "\"value\": \"7\"}]"))),
         "1[active](disputed){3:UNKNOWN,5 6:DISAGREE_WITH_TAGS}"},
        {INDICATOR("1", SAID("")), "1[withdrawn](){}"},
        {INDICATOR("1", SAID(SAYS("3", "MALICIOUS", ", \"expire_time\": 1600000000"))),
         "1[expired](){}"},
        {INDICATOR("1",
                   SAID(SAYS("3", "MALICIOUS", ", \"expired_on\": \"2026-12-01T00:00:00+0000\""))),
         "1[expired](){}"},
        {INDICATOR("1", SAID(SAYS("3", "MALICIOUS", ", \"expire_time\": 0"))),
         "1[active](){3:MALICIOUS}"},
        {INDICATOR("1", SAID(SAYS("3", "NON_MALICIOUS", ", \"expire_time\": 1") "," SAYS(
                            "4", "MALICIOUS", ", \"expire_time\": 1900000000"))),
         "1[active](){4:MALICIOUS}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), PAGE("%s"), rows[i].record);
        struct imported x = import(text);
        CU_ASSERT_STRING_EQUAL(x.bad, "");
        CU_ASSERT_STRING_EQUAL(entries_of(&x), rows[i].entries);
        if (strcmp(entries_of(&x), rows[i].entries) != 0)
            printf("# row %zu: %s\n", i, entries_of(&x));
        CU_ASSERT_EQUAL(is_listed(&x, SIGNAL_PDQ, PDQ), strstr(rows[i].entries, "active") != NULL);
        imported_done(&x);
    }
}

/* What one member says, each an entry of its own. */
static void test_descriptors(void)
{
    struct imported x = import(PAGE(
        "{\"id\": 11, \"raw_indicator\": \"" MD5 "\", \"type\": \"HASH_MD5\", \"owner\": "
        "{\"id\": \"3\"}, \"status\": \"MALICIOUS\", \"added_on\": \"2020-07-01T18:31:15+0000\"},"
        "{\"id\": \"12\", \"indicator\": {\"id\": \"5\", \"indicator\": \"" MD5
        "\", \"type\": \"HASH_MD5\"}, \"owner\": {\"id\": \"4\"}, \"status\": \"NON_MALICIOUS\"}"));
    CU_ASSERT_STRING_EQUAL(x.bad, "");
    CU_ASSERT_STRING_EQUAL(entries_of(&x),
                           "11[active](){3:MALICIOUS} 12[disabled](){4:NON_MALICIOUS}");
    CU_ASSERT_TRUE(is_listed(&x, SIGNAL_MD5, MD5));
    imported_done(&x);
}

static void test_deleted(void)
{
    static const char before[] = PAGE(INDICATOR("1", SAID(SAYS("3", "MALICIOUS", ""))));
    static const char *const deletions[] = {
        PAGE("{\"id\": \"1\", \"last_updated\": 1700000009, \"should_delete\": true}"),
        PAGE("{\"id\": \"1\", \"indicator\": \"" PDQ "\", \"type\": \"HASH_PDQ\", "
             "\"last_updated\": 1700000009, \"should_delete\": true}"),
    };
    for (size_t i = 0; i < 2 * COUNT_OF(deletions); i++) {
        const char *deletion = deletions[i / 2];
        const char *texts[] = {i % 2 ? before : deletion, i % 2 ? deletion : before};
        struct imported x;
        import_texts(&x, FORMAT_THREATEXCHANGE, NULL, texts, 2);
        CU_ASSERT_STRING_EQUAL(x.bad, "");
        CU_ASSERT_PTR_NOT_NULL(strstr(entries_of(&x), "1[withdrawn]"));
        CU_ASSERT_FALSE(is_listed(&x, SIGNAL_PDQ, PDQ));
        imported_done(&x);
    }
}

/* Dumps of many pages: one behind the other, in an array, an array of arrays, a record a line. */
static void test_pages(void)
{
    static const char one[] = PAGE(INDICATOR("1", SAID(SAYS("3", "MALICIOUS", ""))));
    static const char two[] = PAGE(INDICATOR("2", SAID(SAYS("3", "MALICIOUS", ""))));
    static const char *const forms[][3] = {
        {"", "\n", ""},
        {"[", ", ", "]"},
        {"[[", "], [[", "]]]"},
        {"", "", "\n"},
        {"\xef\xbb\xbf\n", ",", ""},
        {"{\"data\": [", ", ", "]}"},
        {"\x1e", "\n\x1e", "\n"},
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char text[2048];
        (void)snprintf(text, sizeof(text), "%s%s%s%s%s", forms[i][0], one, forms[i][1], two,
                       forms[i][2]);
        struct imported x = import(text);
        CU_ASSERT_EQUAL(x.status, LMOD_OK);
        CU_ASSERT_STRING_EQUAL(x.bad, "");
        CU_ASSERT_STRING_EQUAL(entries_of(&x), "1[active](){3:MALICIOUS} 2[active](){3:MALICIOUS}");
        imported_done(&x);
    }
    struct imported x = import(INDICATOR("1", SAID(SAYS("3", "MALICIOUS", ""))) "\n" INDICATOR(
        "2", SAID(SAYS("3", "MALICIOUS", ""))) "\n");
    CU_ASSERT_EQUAL(x.r.added, 2);
    imported_done(&x);
}

static void test_kinds(void)
{
    struct imported x = import(PAGE(
        "{\"id\": \"1\", \"raw_indicator\": \"https://t.me/+AbCdEfGhIjK12345\", \"type\": \"URI\"},"
        "{\"id\": \"2\", \"raw_indicator\": \"buy my private album now\", "
        "\"type\": \"TEXT_STRING\"},"
        "{\"id\": \"3\", \"raw_indicator\": \"" MD5 "\", \"type\": \"HASH_VIDEO_MD5\"},"
        "{\"id\": \"4\", \"raw_indicator\": \"" MD5 "\", \"type\": \"HASH_URL_MD5\"},"
        "{\"id\": \"5\", \"raw_indicator\": \"192.0.2.1\", \"type\": \"IP_ADDRESS\"}"));
    CU_ASSERT_STRING_EQUAL(x.bad, "");
    CU_ASSERT_EQUAL(x.r.added, 3);
    CU_ASSERT_STRING_EQUAL(others_of(&x), "HASH_URL_MD5=1 IP_ADDRESS=1");
    imported_done(&x);
}

static void test_bad_records(void)
{
    static const struct {
        const char *record, *says;
    } rows[] = {
        {"{\"id\": \"7\", \"type\": \"THREAT_DESCRIPTOR\"}", "1:11 a record needs an indicator"},
        {"{\"id\": \"7\", \"indicator\": \"" PDQ "\"}", "1:11 a record needs an indicator"},
        {"{\"id\": \"7\", \"indicator\": \"zz\", \"type\": \"HASH_MD5\"}", "1:37 md5 takes 32"},
        {"{\"id\": \"a\\u0007\", \"indicator\": \"" MD5 "\", \"type\": \"HASH_MD5\"}",
         "1:43 the entry"},
        {"{\"id\": [], \"indicator\": {}, \"type\": {}}", "1:11 a record needs"},
        {"{\"error\": {\"message\": \"no\"}}", "1:11 a record needs"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), PAGE("%s"), rows[i].record);
        struct imported x = import(text);
        CU_ASSERT_EQUAL(x.status, LMOD_OK);
        CU_ASSERT_EQUAL(x.r.bad, 1);
        CU_ASSERT_EQUAL(strncmp(x.bad, rows[i].says, strlen(rows[i].says)), 0);
        if (strncmp(x.bad, rows[i].says, strlen(rows[i].says)) != 0)
            printf("# row %zu: %s\n", i, x.bad);
        imported_done(&x);
    }
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("modctl/import_threatexchange", {"what members say", test_opinions},
                     {"descriptors", test_descriptors}, {"deletions", test_deleted},
                     {"dumps of many pages", test_pages}, {"kinds of indicators", test_kinds},
                     {"bad records have a place and a reason", test_bad_records});
    tempdir_remove(&dir);
    return rc;
}
