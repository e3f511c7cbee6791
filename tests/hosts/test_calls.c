/*
 * What every call promises at its edges: outputs are NULL on failure, error slots are filled or
 * emptied, NULL is harmless, unknown numbers are refused, and what is lent stays.
 */
#include <errno.h>
#include <sys/stat.h>

#include "host.h"
#include "tap.h"

static struct tempdir site;
static lmod_engine *engine;

static void test_config(void)
{
    lmod_config *config = HOST_RUBBISH;
    lmod_error *error = HOST_RUBBISH;
    int32_t got = lmod_config_load(&config, NULL, &error);
    CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, config, error));
    config = HOST_RUBBISH;
    error = HOST_RUBBISH;
    got = lmod_config_load(&config, tempdir_file(&site, "missing.yaml"), &error);
    CU_ASSERT(host_refused(got, LMOD_E_IO, config, error));
    config = HOST_RUBBISH;
    got = lmod_config_load(&config, site.path, &error);
    CU_ASSERT(host_refused(got, LMOD_E_IO, config, error));
    config = HOST_RUBBISH;
    got = lmod_config_parse(&config, NULL, 3, NULL, &error);
    CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, config, error));
    config = HOST_RUBBISH;
    got = lmod_config_parse(&config, "mode: [", 7, NULL, &error);
    CU_ASSERT(host_refused(got, LMOD_E_CONFIG, config, error));
    CU_ASSERT_EQUAL(lmod_config_load(NULL, "x", NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_config_parse(NULL, "x", 1, NULL, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_config_set(NULL, "mode", "enforce", NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_config_log(NULL, NULL, NULL), LMOD_E_ARGUMENT);
}

static void test_config_error_place(void)
{
    static const char text[] = "format: libmod/1\nmode: enforc\n";
    lmod_config *config = NULL;
    lmod_error *error = NULL;
    int32_t got = lmod_config_parse(&config, text, sizeof(text) - 1, NULL, &error);
    CU_ASSERT_EQUAL(got, LMOD_E_CONFIG);
    CU_ASSERT_EQUAL(lmod_error_line(error), 2);
    CU_ASSERT_EQUAL(lmod_error_column(error), 7);
    CU_ASSERT_STRING_EQUAL(lmod_error_file(error), "config");
    CU_ASSERT_PTR_NOT_NULL(strstr(lmod_error_message(error), "config:2:7: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(lmod_error_message(error), "enforce"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lmod_error_message(error), "\n"));
    lmod_error_free(error);
}

static void test_success_empties_the_slot(void)
{
    lmod_config *config = NULL;
    lmod_engine *own = NULL;
    lmod_doc *doc = NULL;
    lmod_verdict *verdict = NULL;
    uint32_t need = 77;
    lmod_error *error = HOST_RUBBISH;
    CU_ASSERT_EQUAL(lmod_config_load(&config, tempdir_file(&site, "libmod.yaml"), &error), LMOD_OK);
    CU_ASSERT_PTR_NULL(error);
    error = HOST_RUBBISH;
    CU_ASSERT_EQUAL(lmod_config_doc(&doc, config, &error), LMOD_OK);
    CU_ASSERT_PTR_NULL(error);
    lmod_doc_free(doc);
    error = HOST_RUBBISH;
    CU_ASSERT_EQUAL(lmod_engine_open(&own, config, LMOD_ABI, &error), LMOD_OK);
    CU_ASSERT_PTR_NULL(error);
    error = HOST_RUBBISH;
    CU_ASSERT_EQUAL(lmod_engine_poll(own, &need, &error), LMOD_OK);
    CU_ASSERT(need == 0 && !error);
    error = HOST_RUBBISH;
    CU_ASSERT_EQUAL(lmod_engine_reload(own, &error), LMOD_OK);
    CU_ASSERT_PTR_NULL(error);
    error = HOST_RUBBISH;
    CU_ASSERT_EQUAL(lmod_scan_bytes(&verdict, own, NULL, "x", 1, &error), LMOD_OK);
    CU_ASSERT_PTR_NULL(error);
    lmod_verdict_free(verdict);
    lmod_engine_close(own);
    lmod_config_free(config);
}

static void test_engine(void)
{
    static const uint32_t other[] = {0, LMOD_ABI + 1, UINT32_MAX};
    lmod_config *config = NULL;
    lmod_engine *own = HOST_RUBBISH;
    lmod_doc *doc = HOST_RUBBISH;
    lmod_error *error = HOST_RUBBISH;
    uint32_t need = 0;
    int32_t got = lmod_engine_open(&own, NULL, LMOD_ABI, &error);
    CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, own, error));
    CU_ASSERT_EQUAL(lmod_config_load(&config, tempdir_file(&site, "libmod.yaml"), NULL), LMOD_OK);
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        own = HOST_RUBBISH;
        got = lmod_engine_open(&own, config, other[i], &error);
        CU_ASSERT(host_refused(got, LMOD_E_UNSUPPORTED, own, error));
    }
    CU_ASSERT_EQUAL(lmod_engine_open(NULL, config, LMOD_ABI, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_config_set(config, "site.key_file", "missing.key", NULL), LMOD_OK);
    own = HOST_RUBBISH;
    got = lmod_engine_open(&own, config, LMOD_ABI, &error);
    CU_ASSERT(host_refused(got, LMOD_E_KEY, own, error));
    lmod_config_free(config);
    got = lmod_engine_stats(&doc, NULL, &error);
    CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, doc, error));
    CU_ASSERT_EQUAL(lmod_engine_stats(NULL, engine, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_engine_reload(NULL, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_engine_poll(NULL, &need, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_engine_poll(engine, NULL, NULL), LMOD_E_ARGUMENT);
}

static void test_scan(void)
{
    lmod_verdict *verdict = HOST_RUBBISH;
    lmod_error *error = HOST_RUBBISH;
    int pipes[2];
    int32_t got = lmod_scan_bytes(&verdict, NULL, NULL, "x", 1, &error);
    CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, verdict, error));
    verdict = HOST_RUBBISH;
    got = lmod_scan_bytes(&verdict, engine, NULL, NULL, 1, &error);
    CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, verdict, error));
    CU_ASSERT_EQUAL(lmod_scan_bytes(NULL, engine, NULL, "x", 1, NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_scan_fd(NULL, engine, NULL, 0, NULL), LMOD_E_ARGUMENT);
    verdict = HOST_RUBBISH;
    got = lmod_scan_fd(&verdict, engine, NULL, -1, &error);
    CU_ASSERT(host_refused(got, LMOD_E_ARGUMENT, verdict, error));
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    const int odd[] = {
        pipes[0],
        open(site.path, O_RDONLY | O_CLOEXEC),
        open("/dev/null", O_RDONLY | O_CLOEXEC),
        open(tempdir_file(&site, "clean.png"), O_WRONLY | O_CLOEXEC),
        open(tempdir_file(&site, "clean.png"), O_PATH | O_CLOEXEC),
        99999,
    };
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        verdict = HOST_RUBBISH;
        got = lmod_scan_fd(&verdict, engine, NULL, odd[i], &error);
        CU_ASSERT(host_refused(got, LMOD_E_IO, verdict, error));
        (void)close(odd[i]);
    }
    (void)close(pipes[1]);
    CU_ASSERT_EQUAL(lmod_scan_bytes(&verdict, engine, NULL, NULL, 0, NULL), LMOD_OK);
    CU_ASSERT(lmod_verdict_coverage(verdict) != LMOD_COMPLETE);
    lmod_verdict_free(verdict);
}

/* The host's descriptor afterwards: open, where it was, nothing in the file changed. */
static void test_descriptor_is_left(void)
{
    struct stat before, after;
    lmod_verdict *verdict = NULL;
    int fd = open(tempdir_file(&site, "listed.png"), O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(lseek(fd, 11, SEEK_SET), 11);
    CU_ASSERT_EQUAL(fstat(fd, &before), 0);
    CU_ASSERT_EQUAL(lmod_scan_fd(&verdict, engine, NULL, fd, NULL), LMOD_OK);
    CU_ASSERT(host_is(verdict, &host_expected[0]));
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), 11);
    CU_ASSERT_EQUAL(fstat(fd, &after), 0);
    CU_ASSERT(before.st_size == after.st_size && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
    (void)close(fd);
}

static void test_subject(void)
{
    static char text[LMOD_SUBJECT_MAX + 1];
    lmod_subject *s = NULL;
    CU_ASSERT_EQUAL(lmod_subject_new(NULL), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_new(&s), LMOD_OK);
    for (uint32_t key = LMOD_KEY_HOST; key <= LMOD_KEY_TEXT_FORMAT; key++) {
        CU_ASSERT_EQUAL(lmod_subject_set(s, key, text, LMOD_SUBJECT_MAX), LMOD_OK);
        CU_ASSERT_EQUAL(lmod_subject_set(s, key, text, sizeof(text)), LMOD_E_ARGUMENT);
        CU_ASSERT_EQUAL(lmod_subject_set(s, key, NULL, 1), LMOD_E_ARGUMENT);
        CU_ASSERT_EQUAL(lmod_subject_set(s, key, NULL, 0), LMOD_OK);
        CU_ASSERT_EQUAL(lmod_subject_set(s, key, "\xff\0x", 3), LMOD_OK);
        CU_ASSERT_EQUAL(lmod_subject_set_u64(s, key, 1), LMOD_E_UNSUPPORTED);
    }
    for (uint32_t key = LMOD_KEY_SURFACE; key <= LMOD_KEY_DEADLINE_MS; key++) {
        CU_ASSERT_EQUAL(lmod_subject_set_u64(s, key, 1), LMOD_OK);
        CU_ASSERT_EQUAL(lmod_subject_set(s, key, "1", 1), LMOD_E_UNSUPPORTED);
    }
    static const uint32_t unknown[] = {0, LMOD_KEY_TEXT_FORMAT + 1, LMOD_KEY_SURFACE - 1,
                                       LMOD_KEY_DEADLINE_MS + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        CU_ASSERT_EQUAL(lmod_subject_set(s, unknown[i], "x", 1), LMOD_E_UNSUPPORTED);
        CU_ASSERT_EQUAL(lmod_subject_set_u64(s, unknown[i], 1), LMOD_E_UNSUPPORTED);
    }
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_SURFACE, LMOD_SURFACE_REPORT), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_SURFACE, LMOD_SURFACE_REPORT + 1),
                    LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_ENCRYPTED, 2), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(s, LMOD_KEY_DEADLINE_MS, UINT64_MAX), LMOD_OK);
    CU_ASSERT_EQUAL(lmod_subject_set(NULL, LMOD_KEY_HOST, "x", 1), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(lmod_subject_set_u64(NULL, LMOD_KEY_AT, 1), LMOD_E_ARGUMENT);
    lmod_verdict *verdict = NULL;
    size_t size;
    void *bytes = host_read(&site, "listed.bin", &size);
    CU_ASSERT_EQUAL(lmod_scan_bytes(&verdict, engine, s, bytes, size, NULL), LMOD_OK);
    CU_ASSERT(host_is(verdict, &host_expected[HOST_DIGEST]));
    free(bytes);
    lmod_subject_free(s);
}

/* A verdict outlives its engine; what it lends stays until it is freed. */
static void test_verdict(void)
{
    lmod_engine *own = host_engine(&site);
    lmod_verdict *v = NULL;
    size_t size, length = 0;
    void *bytes = host_read(&site, "listed.bin", &size);
    CU_ASSERT_EQUAL_FATAL(lmod_scan_bytes(&v, own, NULL, bytes, size, NULL), LMOD_OK);
    free(bytes);
    lmod_engine_close(own);
    const char *source = lmod_verdict_field(v, 0, "source");
    const char *distance = lmod_verdict_field(v, 0, "distance");
    const char *version = lmod_verdict_field(v, LMOD_WHOLE, "engine.version");
    const char *json = lmod_verdict_json(v, &length);
    CU_ASSERT_EQUAL(strlen(json), length);
    CU_ASSERT_PTR_NULL(strchr(json, '\n'));
    CU_ASSERT_STRING_EQUAL(source, "ban");
    CU_ASSERT_STRING_EQUAL(distance, "0");
    CU_ASSERT_STRING_EQUAL(version, lmod_version());
    CU_ASSERT_STRING_EQUAL(lmod_verdict_field(v, 0, "suppressed"), "false");
    CU_ASSERT_STRING_EQUAL(lmod_verdict_field(v, LMOD_WHOLE, "matches.0.entry"), "file");
    CU_ASSERT_PTR_NULL(lmod_verdict_field(v, 0, "rule"));
    CU_ASSERT_PTR_NULL(lmod_verdict_field(v, 0, "no.such"));
    CU_ASSERT_PTR_NULL(lmod_verdict_field(v, 0, NULL));
    CU_ASSERT_PTR_NULL(lmod_verdict_field(v, 1, "source"));
    CU_ASSERT_EQUAL(lmod_verdict_recorded(v), LMOD_RECORDED_OK);
    CU_ASSERT_EQUAL(strlen(lmod_verdict_field(v, LMOD_WHOLE, "event")), 36);
    lmod_verdict_free(v);
}

static void test_null(void)
{
    size_t length = 7;
    lmod_error_free(NULL);
    lmod_doc_free(NULL);
    lmod_config_free(NULL);
    lmod_engine_close(NULL);
    lmod_subject_free(NULL);
    lmod_verdict_free(NULL);
    CU_ASSERT_EQUAL(lmod_error_status(NULL), LMOD_OK);
    CU_ASSERT_PTR_NOT_NULL(lmod_error_message(NULL));
    CU_ASSERT_PTR_NULL(lmod_error_file(NULL));
    CU_ASSERT_EQUAL(lmod_error_line(NULL) + lmod_error_column(NULL), 0);
    CU_ASSERT_PTR_NULL(lmod_doc_json(NULL, &length));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_PTR_NULL(lmod_doc_field(NULL, "x"));
    length = 7;
    CU_ASSERT_PTR_NULL(lmod_verdict_json(NULL, &length));
    CU_ASSERT_EQUAL(length, 0);
    CU_ASSERT_PTR_NULL(lmod_verdict_field(NULL, 0, "x"));
    CU_ASSERT_EQUAL(lmod_verdict_action(NULL), LMOD_ALLOW);
    CU_ASSERT_EQUAL(lmod_verdict_coverage(NULL), LMOD_NOT_RUN);
    CU_ASSERT_EQUAL(lmod_verdict_recorded(NULL), LMOD_RECORDED_NONE);
    CU_ASSERT_EQUAL(lmod_verdict_count(NULL), 0);
}

static void test_doc(void)
{
    lmod_doc *doc = NULL;
    size_t length = 0;
    CU_ASSERT_EQUAL_FATAL(lmod_engine_stats(&doc, engine, NULL), LMOD_OK);
    const char *json = lmod_doc_json(doc, &length);
    CU_ASSERT(json && strlen(json) == length && json[0] == '{');
    CU_ASSERT_PTR_EQUAL(lmod_doc_json(doc, NULL), json);
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "lists.0.id"), "ban");
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "lists.0.loaded"), "true");
    CU_ASSERT_STRING_EQUAL(lmod_doc_field(doc, "v"), "1");
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, "lists.1.id"));
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, "reload_error"));
    CU_ASSERT_PTR_NULL(lmod_doc_field(doc, NULL));
    lmod_doc_free(doc);
}

int main(void)
{
    bool ready = host_site(&site) && (engine = host_engine(&site)) != NULL;
    int result = !ready ? 99
                        : TAP_RUN("hosts/calls", {"config", test_config},
                                  {"the place of an error", test_config_error_place},
                                  {"success empties the error slot", test_success_empties_the_slot},
                                  {"engine", test_engine}, {"scan", test_scan},
                                  {"the descriptor is left alone", test_descriptor_is_left},
                                  {"subject", test_subject}, {"verdict", test_verdict},
                                  {"NULL", test_null}, {"document", test_doc});
    lmod_engine_close(engine);
    tempdir_remove(&site);
    return result;
}
