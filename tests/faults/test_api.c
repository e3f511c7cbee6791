/*
 * The ABI under faults: whatever allocation or system call fails, content that is listed is never
 * called clean, a failure is reported as one, nothing leaks, and the next scan works.
 */
#include "faults.h"

#include <sys/syscall.h>

#include "host.h"
#include "state.h"

static struct tempdir site;
static lmod_engine *engine;
static void *listed, *cut, *ban, *other;
static size_t listed_size, cut_size, ban_size, other_size;

enum content { LISTED, CLEAN, CUT };

/* The keys of a verdict; none may be missing because memory ran out. */
static bool whole_json(lmod_verdict *verdict)
{
    static const char *const keys[] = {"v",       "action",   "would",  "mode",    "coverage",
                                       "reasons", "recorded", "event",  "content", "score",
                                       "dropped", "matches",  "engine", "took_us"};
    const char *json = lmod_verdict_json(verdict, NULL);
    for (size_t i = 0; json && i < sizeof(keys) / sizeof(keys[0]); i++) {
        char quoted[32];
        (void)snprintf(quoted, sizeof(quoted), "\"%s\":", keys[i]);
        if (!strstr(json, quoted))
            return false;
    }
    return true;
}

/* Is it right, or honest about not being so? Takes the verdict. */
static bool honest(int32_t status, lmod_verdict *verdict, enum content content)
{
    bool ok = status < 0 && !verdict;
    if (status == LMOD_OK && verdict) {
        bool complete = lmod_verdict_coverage(verdict) == LMOD_COMPLETE;
        bool hit = lmod_verdict_action(verdict) == LMOD_HOLD && lmod_verdict_count(verdict) > 0;
        if (content == LISTED)
            ok = hit || !complete;
        else if (content == CLEAN)
            ok = lmod_verdict_count(verdict) == 0;
        else
            ok = !complete;
        ok = ok && whole_json(verdict);
    }
    lmod_verdict_free(verdict);
    return ok;
}

static bool scan_bytes(const void *bytes, size_t size, enum content content)
{
    lmod_verdict *verdict = NULL;
    lmod_error *error = NULL;
    int32_t status = lmod_scan_bytes(&verdict, engine, NULL, bytes, size, &error);
    bool ok = (status == LMOD_OK) == (error == NULL) || status == LMOD_E_MEMORY;
    lmod_error_free(error);
    return honest(status, verdict, content) && ok;
}

static bool scan_file(const char *name, enum content content)
{
    lmod_verdict *verdict = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", site.path, name);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC); /* the host's own */
    int32_t status = lmod_scan_fd(&verdict, engine, NULL, fd, NULL);
    (void)close(fd);
    return honest(status, verdict, content);
}

static bool load_and_open(lmod_engine **out)
{
    lmod_config *config = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/libmod.yaml", site.path);
    int32_t status = lmod_config_load(&config, path, NULL);
    if (status == LMOD_OK)
        status = lmod_engine_open(out, config, LMOD_ABI, NULL);
    lmod_config_free(config);
    return status == LMOD_OK;
}

static bool prepare_state(void)
{
    return state_restore(&site);
}

static bool open_warm(void)
{
    engine = state_restore(&site) ? host_engine(&site) : NULL;
    return engine && host_scan(engine, &site, &host_expected[0]);
}

/* A poll reads decisions at once that could not be read the first time. */
static bool works(void)
{
    uint32_t need;
    return engine && lmod_engine_poll(engine, &need, NULL) == LMOD_OK &&
           host_scan_all(engine, &site);
}

static void close_engine(void)
{
    lmod_engine_close(engine);
    engine = NULL;
}

static bool open_and_works(void)
{
    if (!engine)
        engine = host_engine(&site);
    return works();
}

/* An engine that opened degraded stays so until it reads its lists again. */
static bool reopen_and_works(void)
{
    close_engine();
    return open_and_works();
}

static bool run_config(void)
{
    lmod_config *config = NULL;
    lmod_doc *doc = NULL;
    lmod_error *error = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/libmod.yaml", site.path);
    bool ok = true;
    if (lmod_config_load(&config, path, &error) != LMOD_OK)
        ok = !config && lmod_error_message(error);
    else if (lmod_config_doc(&doc, config, NULL) != LMOD_OK)
        ok = !doc;
    else if (lmod_doc_json(doc, NULL))
        (void)lmod_doc_field(doc, "values.0.key");
    lmod_error_free(error);
    error = NULL;
    if (config && lmod_config_set(config, "mode", "observe", &error) == LMOD_OK)
        ok = ok && !error;
    lmod_error_free(error);
    lmod_doc_free(doc);
    lmod_config_free(config);
    return ok;
}

static bool run_open(void)
{
    return load_and_open(&engine) ? engine != NULL : engine == NULL;
}

static bool run_open_and_scan(void)
{
    return !load_and_open(&engine) || scan_bytes(listed, listed_size, LISTED);
}

static bool run_listed(void)
{
    return scan_bytes(listed, listed_size, LISTED);
}

static bool run_mirror_fd(void)
{
    return scan_file("mirror.png", LISTED);
}

static bool run_digest_fd(void)
{
    return scan_file("listed.bin", LISTED);
}

static bool run_clean_fd(void)
{
    return scan_file("clean.png", CLEAN);
}

static bool run_cut(void)
{
    return scan_bytes(cut, cut_size, CUT);
}

static bool run_stats(void)
{
    lmod_doc *doc = NULL;
    uint32_t need = 0;
    int32_t status = lmod_engine_stats(&doc, engine, NULL);
    bool ok = (status == LMOD_OK) == (doc != NULL);
    (void)lmod_doc_field(doc, "scans");
    (void)lmod_doc_json(doc, NULL);
    lmod_doc_free(doc);
    (void)lmod_engine_poll(engine, &need, NULL);
    return ok;
}

static bool prepare_reload(void)
{
    return tempdir_write(&site, "ban.lml", ban, ban_size) && open_warm() &&
           tempdir_write(&site, "ban.lml", other, other_size);
}

/* Whichever list is in force, the old or the new one: it is one of them, whole. */
static bool run_reload(void)
{
    (void)lmod_engine_reload(engine, NULL);
    return true;
}

static bool after_reload(void)
{
    static const struct expected new_clean = {"listed.png", LMOD_ALLOW, LMOD_COMPLETE, NULL, NULL};
    static const struct expected new_hit = {"clean.png", LMOD_HOLD, LMOD_COMPLETE, "pdq", "plain"};
    lmod_verdict *verdict = NULL;
    if (lmod_scan_bytes(&verdict, engine, NULL, listed, listed_size, NULL) != LMOD_OK)
        return false;
    bool old = lmod_verdict_count(verdict) > 0;
    lmod_verdict_free(verdict);
    bool ok =
        old ? works() : host_scan(engine, &site, &new_clean) && host_scan(engine, &site, &new_hit);
    ok = ok && lmod_engine_reload(engine, NULL) == LMOD_OK && host_scan(engine, &site, &new_hit);
    return ok && tempdir_write(&site, "ban.lml", ban, ban_size) &&
           lmod_engine_reload(engine, NULL) == LMOD_OK && works();
}

static const struct scenario scenarios[] = {
    {"config", NULL, run_config, open_and_works, close_engine},
    {"open", prepare_state, run_open, reopen_and_works, close_engine},
    {"open-and-scan", prepare_state, run_open_and_scan, reopen_and_works, close_engine},
    {"listed", open_warm, run_listed, works, close_engine},
    {"mirror-fd", open_warm, run_mirror_fd, works, close_engine},
    {"digest-fd", open_warm, run_digest_fd, works, close_engine},
    {"clean-fd", open_warm, run_clean_fd, works, close_engine},
    {"cut", open_warm, run_cut, works, close_engine},
    {"stats", open_warm, run_stats, works, close_engine},
    {"reload", prepare_reload, run_reload, after_reload, close_engine},
};

int main(int argc, char **argv)
{
    faults_place();
    if (!host_site(&site)) {
        printf("Bail out! no site to scan against\n");
        return 1;
    }
    /* libcrypto does not survive a failed allocation in its own first use: not for us to mend. */
    engine = host_engine(&site);
    close_engine();
    if (!state_save(&site))
        return 1;
    listed = host_read(&site, "listed.png", &listed_size);
    cut = host_read(&site, "clean.png", &cut_size);
    ban = host_read(&site, "ban.lml", &ban_size);
    other = host_read(&site, "other.lml", &other_size);
    cut_size /= 2;
    int code = faults_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
    free(listed);
    free(cut);
    free(ban);
    free(other);
    tempdir_remove(&site);
    return code;
}
