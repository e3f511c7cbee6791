/* The public ABI as a host sees it: arguments, errors, subjects, documents. Links libmod.so alone. */
#include <string.h>

#include <libmod/libmod.h>

#include "tap.h"
#include "tempdir.h"

static const char good[] = "format: libmod/1\nsite: {name: example.org, key_file: site.key}\n"
                           "state_dir: state\n";

static void test_identity(void)
{
    CU_ASSERT_EQUAL(lmod_abi(), LMOD_ABI);
    CU_ASSERT_STRING_EQUAL(lmod_version(), LMOD_VERSION);
    CU_ASSERT_STRING_EQUAL(lmod_status_name(LMOD_E_CONFIG), "LMOD_E_CONFIG");
    CU_ASSERT_STRING_EQUAL(lmod_status_name(-7), "LMOD_E_?");
    CU_ASSERT_EQUAL(lmod_feature("media.pdq"), 1);
    CU_ASSERT_EQUAL(lmod_feature("no.such.thing"), 0);
    CU_ASSERT_EQUAL(lmod_feature(NULL), 0);
}

static void test_null_is_fine(void)
{
    lmod_config_free(NULL);
    lmod_engine_close(NULL);
    lmod_subject_free(NULL);
    lmod_verdict_free(NULL);
    lmod_doc_free(NULL);
    lmod_error_free(NULL);
    CU_ASSERT_EQUAL(lmod_error_status(NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(lmod_error_message(NULL), "");
    CU_ASSERT_EQUAL(lmod_verdict_action(NULL), LMOD_ALLOW);
    CU_ASSERT_EQUAL(lmod_verdict_coverage(NULL), LMOD_NOT_RUN);
    CU_ASSERT_EQUAL(lmod_verdict_count(NULL), 0);
    CU_ASSERT_PTR_NULL(lmod_verdict_field(NULL, LMOD_WHOLE, "action"));
    CU_ASSERT_PTR_NULL(lmod_doc_json(NULL, NULL));
}

static void test_bad_arguments(void)
{
    lmod_config *c = (lmod_config *)1;
    lmod_engine *e = (lmod_engine *)1;
    lmod_verdict *v = (lmod_verdict *)1;
    lmod_error *error = NULL;
    CU_ASSERT_EQUAL(lmod_config_load(NULL, "x", NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_config_load(&c, NULL, &error), LMOD_E_ARGUMENT);
    CU_ASSERT_PTR_NULL(c);
    CU_ASSERT_EQUAL(lmod_error_status(error), LMOD_E_ARGUMENT);
    lmod_error_free(error);
    CU_ASSERT_EQUAL(lmod_engine_open(&e, NULL, LMOD_ABI, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_PTR_NULL(e);
    CU_ASSERT_EQUAL(lmod_scan_bytes(&v, NULL, NULL, "x", 1, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_PTR_NULL(v);
    v = (lmod_verdict *)1;
    CU_ASSERT_EQUAL(lmod_scan_fd(&v, NULL, NULL, 0, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_PTR_NULL(v);
}

static void test_config_errors_have_a_place(void)
{
    lmod_config *c = NULL;
    lmod_error *error = NULL;
    static const char bad[] = "format: libmod/1\nmoed: enforce\n";
    CU_ASSERT_EQUAL(lmod_config_parse(&c, bad, sizeof(bad) - 1, NULL, &error), LMOD_E_CONFIG);
    CU_ASSERT_PTR_NULL(c);
    CU_ASSERT_EQUAL(lmod_error_line(error), 2);
    CU_ASSERT_EQUAL(lmod_error_column(error), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(lmod_error_message(error), "did you mean \"mode\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(lmod_error_message(error), "moed: enforce"));
    lmod_error_free(error);
    error = NULL;
    CU_ASSERT_EQUAL(lmod_config_load(&c, "/nonexistent/libmod.yaml", &error), LMOD_E_IO);
    CU_ASSERT_STRING_EQUAL(lmod_error_file(error), "/nonexistent/libmod.yaml");
    lmod_error_free(error);
}

static void test_config_set_and_doc(void)
{
    lmod_config *c = NULL;
    lmod_doc *doc = NULL;
    lmod_error *error = NULL;
    CU_ASSERT_EQUAL_FATAL(lmod_config_parse(&c, good, sizeof(good) - 1, "/site", NULL), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_config_set(c, "mode", "enforce", NULL), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_config_set(c, "mode", "sometimes", &error), LMOD_E_CONFIG);
    lmod_error_free(error);
    CU_ASSERT_EQUAL_FATAL(lmod_config_doc(&doc, c, NULL), LMOD_OK);
    lmod_config_free(c); /* the document stands by itself */
    CU_ASSERT_PTR_NOT_NULL(
        strstr(lmod_doc_json(doc, NULL), "\"key\":\"mode\",\"value\":\"enforce\""));
    CU_ASSERT_PTR_NOT_NULL(lmod_doc_field(doc, "values.0.key"));
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, "values.9999.key"));
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, "values.x"));
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, ""));
    lmod_doc_free(doc);
}

static void test_subject(void)
{
    lmod_subject *s = NULL;
    static char big[LMOD_SUBJECT_MAX + 1];
    CU_ASSERT_EQUAL_FATAL(lmod_subject_new(&s), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_subject_new(NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set(s, LMOD_KEY_ROOM, "!r", 2), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_subject_set(s, LMOD_KEY_ROOM, NULL, 0), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_subject_set(s, LMOD_KEY_SENDER, big, LMOD_SUBJECT_MAX), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_subject_set(s, LMOD_KEY_SENDER, big, sizeof(big)), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set(s, 0, "x", 1), LMOD_E_UNSUPPORTED);
    CU_ASSERT_EQUAL(lmod_subject_set(s, LMOD_KEY_SURFACE, "x", 1), LMOD_E_UNSUPPORTED);
    CU_ASSERT_EQUAL(lmod_subject_set(s, LMOD_KEY_ROOM, NULL, 1), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_SURFACE, LMOD_SURFACE_REPORT), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_SURFACE, 19), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_DIRECT, 2), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_ROOM, 1), LMOD_E_UNSUPPORTED);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, 9999, 1), LMOD_E_UNSUPPORTED);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_DEADLINE_MS, UINT64_MAX), LMOD_OK);
    lmod_subject_free(s);
}

static void test_engine_needs_its_key(void)
{
    struct tempdir t;
    lmod_config *c = NULL;
    lmod_engine *e = NULL;
    lmod_error *error = NULL;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_EQUAL_FATAL(lmod_config_parse(&c, good, sizeof(good) - 1, t.path, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_engine_open(&e, c, LMOD_ABI, &error), LMOD_E_KEY);
    CU_ASSERT_PTR_NULL(e);
    CU_ASSERT_PTR_NOT_NULL(strstr(lmod_error_message(error), "modctl init"));
    lmod_error_free(error);
    CU_ASSERT_TRUE(tempdir_write(&t, "site.key", "short", 5));
    CU_ASSERT_EQUAL(lmod_engine_open(&e, c, LMOD_ABI, NULL), LMOD_E_KEY);
    CU_ASSERT_TRUE(tempdir_write(&t, "site.key", "0123456789abcdef0123456789abcdef", 32));
    CU_ASSERT_EQUAL(lmod_engine_open(&e, c, LMOD_ABI + 1, NULL), LMOD_E_UNSUPPORTED);
    CU_ASSERT_EQUAL(lmod_engine_open(&e, c, LMOD_ABI, NULL), LMOD_OK);
    lmod_config_free(c);
    lmod_engine_close(e);
    tempdir_remove(&t);
}

int main(void)
{
    return TAP_RUN("api", {"identity", test_identity}, {"NULL is fine", test_null_is_fine},
                   {"bad arguments", test_bad_arguments},
                   {"config errors have a place", test_config_errors_have_a_place},
                   {"config set and doc", test_config_set_and_doc}, {"subject keys", test_subject},
                   {"an engine needs its key and ABI", test_engine_needs_its_key});
}
