/* Hasher-Matcher-Actioner: contents of a bank, alone and in arrays, switched off in each way. */
#include "imported.h"

#define CONTENT(id, until, bank, signals)                                                          \
    "{\"id\": " id ", \"disable_until_ts\": " until ", \"collab_metadata\": {}, "                  \
    "\"original_media_uri\": null, \"bank\": {" bank "}, \"signals\": {" signals "}}"
#define BANK "\"name\": \"NCII\", \"matching_enabled_ratio\": 1.0"

static void test_contents(void)
{
    static const char *const forms[][2] = {
        {"", ""}, {"[", "]"}, {"{\"contents\": [", "]}"}, {"{\"content\": [", "]}"}};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        char text[1024];
        (void)snprintf(text, sizeof(text), "%s%s%s", forms[i][0],
                       CONTENT("7", "1", BANK,
                               "\"pdq\": \"" PDQ "\", \"video_md5\": \"" MD5 "\", "
                               "\"vpdq\": \"[]\""),
                       forms[i][1]);
        struct imported x = import_text(FORMAT_HMA, text);
        CU_ASSERT_EQUAL(x.status, LMOD_OK);
        CU_ASSERT_STRING_EQUAL(x.bad, "");
        CU_ASSERT_STRING_EQUAL(entries_of(&x), "NCII/7[active](bank=NCII,video){}");
        CU_ASSERT_TRUE(is_listed(&x, SIGNAL_PDQ, PDQ));
        CU_ASSERT_TRUE(is_listed(&x, SIGNAL_MD5, MD5));
        CU_ASSERT_STRING_EQUAL(others_of(&x), "vpdq=1");
        imported_done(&x);
    }
}

static void test_switched_off(void)
{
    static const struct {
        const char *text, *status;
    } rows[] = {
        {CONTENT("1", "1", BANK, "\"pdq\": \"" PDQ "\""), "[active]"},
        {CONTENT("1", "0", BANK, "\"pdq\": \"" PDQ "\""), "[disabled]"},
        {CONTENT("1", "1700000000", BANK, "\"pdq\": \"" PDQ "\""), "[active]"},
        {CONTENT("1", "1900000000", BANK, "\"pdq\": \"" PDQ "\""), "[disabled]"},
        {CONTENT("1", "1", "\"matching_enabled_ratio\": 0", "\"pdq\": \"" PDQ "\""), "[disabled]"},
        {"{\"id\": \"1\", \"signals\": {\"pdq\": \"" PDQ "\"}}", "1[active]"},
        {"{\"id\": 1, \"bank\": \"B\", \"enabled\": true, \"signals\": {\"pdq\": \"" PDQ "\"}}",
         "B/1[active](bank=B)"},
        {"{\"id\": 1, \"bank\": \"B\", \"enabled\": false, \"signals\": {\"pdq\": \"" PDQ "\"}}",
         "B/1[disabled]"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct imported x = import_text(FORMAT_HMA, rows[i].text);
        CU_ASSERT_PTR_NOT_NULL(strstr(entries_of(&x), rows[i].status));
        imported_done(&x);
    }
}

static void test_details(void)
{
    struct imported x = import_text(
        FORMAT_HMA, "{\"id\": 1, \"signals\": {\"pdq\": \"" PDQ "\"}, \"note\": \"a note\", "
                    "\"metadata\": {\"content_id\": \"c-1\", \"collab\": {\"X\": [\"k\"]}}}");
    CU_ASSERT_STRING_EQUAL(entries_of(&x), "1[active](content=c-1,exchange=X,note=a note){}");
    imported_done(&x);
}

static void test_bad_contents(void)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"{\"signals\": {\"pdq\": \"" PDQ "\"}}", "1:1 a content needs an id"},
        {"{\"id\": 1, \"disable_until_ts\": 1}", "1:1 a content without signals"},
        {"{\"id\": 1, \"signals\": {}}", "1:1 a content without signals"},
        {"{\"id\": 1, \"signals\": {\"pdq\": 4}}", "1:1 the signal pdq is no text"},
        {"{\"id\": 1, \"signals\": {\"pdq\": \"f8\"}}", "1:31 pdq takes 64"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct imported x = import_text(FORMAT_HMA, rows[i].text);
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
    int rc = TAP_RUN("modctl/import_hma", {"contents of a bank", test_contents},
                     {"switched off", test_switched_off}, {"details", test_details},
                     {"bad contents have a place and a reason", test_bad_contents});
    tempdir_remove(&dir);
    return rc;
}
