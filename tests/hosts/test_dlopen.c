/*
 * Hosts that load the library at run time: a hundred times over, nothing grows; and the time from
 * dlopen to the first verdict. Nothing of libmod is linked here.
 */
#include <dlfcn.h>
#include <time.h>

#include "host.h"
#include "tap.h"

enum { ROUNDS = 100, SETTLED = 10, LIMIT_MS = 50, TRIES = 5 };

static struct tempdir site;
static const char *library;

/* The functions of the ABI that these tests call. */
/* clang-format off */
#define FUNCTIONS(X) X(config_load) X(config_free) X(engine_open) X(engine_close) X(scan_bytes) \
    X(verdict_count) X(verdict_action) X(verdict_field) X(verdict_free)
/* clang-format on */
#define MEMBER(name) __typeof__(lmod_##name) *name;
struct api {
    void *handle;
    FUNCTIONS(MEMBER)
};

static bool load(struct api *api)
{
    bool ok = true;
    api->handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (!api->handle) {
        printf("# %s\n", dlerror());
        return false;
    }
#define FIND(name)                                                                                 \
    *(void **)&api->name = dlsym(api->handle, "lmod_" #name);                                      \
    ok = ok && api->name;
    FUNCTIONS(FIND)
    return ok;
}

/* Everything from loading to the verdict of one file; false when it is not a match. */
static bool first_verdict(struct api *api, const void *bytes, size_t size, lmod_engine **engine)
{
    lmod_config *config = NULL;
    lmod_verdict *verdict = NULL;
    bool ok = load(api) &&
              api->config_load(&config, tempdir_file(&site, "libmod.yaml"), NULL) == LMOD_OK &&
              api->engine_open(engine, config, LMOD_ABI, NULL) == LMOD_OK &&
              api->scan_bytes(&verdict, *engine, NULL, bytes, size, NULL) == LMOD_OK &&
              api->verdict_action(verdict) == LMOD_HOLD && api->verdict_count(verdict) == 1;
    if (!ok)
        return false;
    api->verdict_free(verdict);
    api->config_free(config);
    return true;
}

static void unload(struct api *api, lmod_engine *engine)
{
    api->engine_close(engine);
    (void)dlclose(api->handle);
}

static void test_hundred_times(void)
{
    size_t picture_size, digest_size, descriptors = 0, maps = 0;
    void *picture = host_read(&site, "listed.png", &picture_size);
    void *digest = host_read(&site, "listed.bin", &digest_size);
    for (int i = 0; i < ROUNDS; i++) {
        struct api api;
        lmod_engine *engine = NULL;
        bool worker = i % 10 == 0; /* starting one takes most of the time */
        CU_ASSERT_FATAL(first_verdict(&api, worker ? picture : digest,
                                      worker ? picture_size : digest_size, &engine));
        unload(&api, engine);
        size_t now = host_count("/proc/self/map_files");
        CU_ASSERT_EQUAL(host_count("/proc/self/task"), 1);
        if (i == SETTLED) {
            descriptors = host_count("/proc/self/fd");
            maps = now;
        } else if (i > SETTLED) {
            CU_ASSERT_EQUAL(host_count("/proc/self/fd"), descriptors);
            CU_ASSERT(now <= maps + 2); /* the allocator's own coming and going */
        }
    }
    free(picture);
    free(digest);
}

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* In a process of its own, so that nothing is loaded yet; the time goes through the pipe. */
static bool measure(const void *bytes, size_t size, int answer)
{
    struct api api;
    lmod_engine *engine = NULL;
    double begin = now_ms();
    bool ok = first_verdict(&api, bytes, size, &engine);
    double took = now_ms() - begin;
    if (ok)
        unload(&api, engine);
    return ok && write(answer, &took, sizeof(took)) == (ssize_t)sizeof(took);
}

/* The median of a few runs in ms; negative when one failed. */
static double median(const char *name)
{
    size_t size;
    double took[TRIES], result = -1;
    int pipes[2], ok = 0;
    void *bytes = host_read(&site, name, &size);
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    for (int i = 0; i < TRIES; i++) {
        pid_t pid;
        HOST_CHILD(pid, measure(bytes, size, pipes[1]));
        double t = -1;
        ok += host_wait(pid) == 0 && read(pipes[0], &t, sizeof(t)) == (ssize_t)sizeof(t);
        int at = i;
        for (; at > 0 && took[at - 1] > t; at--)
            took[at] = took[at - 1];
        took[at] = t;
    }
    if (ok == TRIES)
        result = took[TRIES / 2];
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    free(bytes);
    return result;
}

/* Must run before anything is loaded into this process. */
static void test_first_verdict(void)
{
    double digest = median("listed.bin"), picture = median("listed.png");
    printf("# dlopen to first verdict: %.1f ms of a digest, %.1f ms of a picture\n", digest,
           picture);
    CU_ASSERT(digest > 0);
    CU_ASSERT(picture > 0);
#ifdef RELEASE
    CU_ASSERT(digest < LIMIT_MS);
#endif
}

int main(void)
{
    library = getenv("LIBMOD_LIBRARY");
    if (!library || !host_site(&site))
        return 99;
    int result = TAP_RUN("hosts/dlopen", {"dlopen to first verdict", test_first_verdict},
                         {"dlopen and dlclose 100 times", test_hundred_times});
    tempdir_remove(&site);
    return result;
}
