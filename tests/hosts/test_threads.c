/*
 * Sixteen threads scan while the lists are put in place and reloaded: every verdict is the old list's
 * or the new one's, none is in between, and nobody waits for long. Meant for ThreadSanitizer too.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "host.h"
#include "tap.h"

enum { THREADS = 16, DIGEST_THREADS = 8, RELOADS = 30, PAUSE_MS = 100, PICTURES = 15 };

static struct tempdir site;
static lmod_engine *engine;
static atomic_bool stop;
static atomic_ulong scans[2], slowest_us[2]; /* digests, pictures */

static uint64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* What one thread scans: one file, again and again. */
struct work {
    pthread_t thread;
    const char *name;
    void *bytes;
    size_t size;
    atomic_ulong held, allowed, wrong;
};

static void note(struct work *w, lmod_verdict *verdict, uint64_t took)
{
    uint32_t action = verdict ? lmod_verdict_action(verdict) : LMOD_BLOCK;
    size_t matches = lmod_verdict_count(verdict);
    bool fits = (action == LMOD_HOLD && matches == 1) || (action == LMOD_ALLOW && matches == 0);
    atomic_fetch_add(!fits ? &w->wrong : matches ? &w->held : &w->allowed, 1);
    bool picture = strstr(w->name, ".png") != NULL;
    atomic_fetch_add(&scans[picture], 1);
    unsigned long most = atomic_load(&slowest_us[picture]);
    while (took > most && !atomic_compare_exchange_weak(&slowest_us[picture], &most, took))
        ;
}

static void *scan(void *data)
{
    struct work *w = data;
    lmod_subject *who = NULL;
    if (lmod_subject_new(&who) != LMOD_OK ||
        lmod_subject_set_u64(who, LMOD_KEY_SURFACE, LMOD_SURFACE_UPLOAD) != LMOD_OK)
        atomic_fetch_add(&w->wrong, 1);
    while (!atomic_load(&stop)) {
        lmod_verdict *verdict = NULL;
        uint64_t begin = now_us();
        (void)lmod_scan_bytes(&verdict, engine, who, w->bytes, w->size, NULL);
        note(w, verdict, now_us() - begin);
        lmod_verdict_free(verdict);
    }
    lmod_subject_free(who);
    return NULL;
}

/* Puts one of the two lists in place, by rename as an operator's tool does, and reloads. */
static bool swap_lists(bool other)
{
    size_t size;
    uint32_t need = 0;
    lmod_doc *doc = NULL;
    void *list = host_read(&site, other ? "other.lml" : "first.lml", &size);
    bool ok = list && tempdir_write(&site, "fresh", list, size) &&
              rename(tempdir_file(&site, "fresh"), tempdir_file(&site, "ban.lml")) == 0 &&
              lmod_engine_poll(engine, &need, NULL) == LMOD_OK && (need & LMOD_NEED_RELOAD) &&
              lmod_engine_reload(engine, NULL) == LMOD_OK &&
              lmod_engine_poll(engine, &need, NULL) == LMOD_OK && !(need & LMOD_NEED_RELOAD) &&
              lmod_engine_stats(&doc, engine, NULL) == LMOD_OK && lmod_doc_json(doc, NULL);
    lmod_doc_free(doc);
    free(list);
    return ok;
}

static void test_reload(void)
{
    static struct work work[THREADS];
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    CU_ASSERT(host_scan_all(engine, &site)); /* starting a worker takes long under a sanitizer */
    for (int i = 0; i < THREADS; i++) {
        work[i].name = i < DIGEST_THREADS ? "listed.bin" : i % 2 ? "listed.png" : "clean.png";
        work[i].bytes = host_read(&site, work[i].name, &work[i].size);
        CU_ASSERT_FATAL(work[i].size > 0);
        CU_ASSERT_EQUAL_FATAL(pthread_create(&work[i].thread, NULL, scan, &work[i]), 0);
    }
    int failed = 0;
    for (int i = 0; i < RELOADS; i++) {
        (void)nanosleep(&pause, NULL); /* the load itself, not a wait for something */
        failed += !swap_lists(i % 2 == 0);
    }
    atomic_store(&stop, true);
    unsigned long held = 0, allowed = 0;
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(pthread_join(work[i].thread, NULL), 0);
        CU_ASSERT_EQUAL(work[i].wrong, 0);
        held += work[i].held;
        allowed += work[i].allowed;
        free(work[i].bytes);
    }
    CU_ASSERT_EQUAL(failed, 0);
    CU_ASSERT(held > 0 && allowed > 0);
    printf("# %d threads, %d reloads\n", THREADS, RELOADS);
    for (int i = 0; i < 2; i++)
        printf("# %s: %lu scans, slowest %.1f ms\n", i ? "pictures" : "digests",
               (unsigned long)scans[i], (double)slowest_us[i] / 1000);
}

/* The verdict is that of the list that is in place when everything is over. */
static void test_after(void)
{
    CU_ASSERT(swap_lists(false));
    CU_ASSERT(host_scan_all(engine, &site));
}

/* The pool of workers alone: many more threads than workers, each waits its turn. */
static void *scan_pictures(void *data)
{
    bool *ok = data;
    lmod_doc *doc = NULL;
    *ok = true;
    for (int i = 0; i < PICTURES; i++)
        *ok = host_scan(engine, &site, &host_expected[i % HOST_DIGEST]) && *ok;
    *ok = lmod_engine_stats(&doc, engine, NULL) == LMOD_OK && *ok;
    lmod_doc_free(doc);
    return NULL;
}

/* Open, scan and close in many threads at once: nothing is shared by accident. */
static void *open_scan_close(void *data)
{
    bool *ok = data;
    char path[512];
    lmod_config *config = NULL;
    lmod_engine *own = NULL;
    (void)snprintf(path, sizeof(path), "%s/libmod.yaml", site.path);
    *ok = lmod_config_load(&config, path, NULL) == LMOD_OK &&
          lmod_config_set(config, "media.workers", "1", NULL) == LMOD_OK &&
          lmod_engine_open(&own, config, LMOD_ABI, NULL) == LMOD_OK;
    lmod_config_free(config);
    *ok = *ok && host_scan(own, &site, &host_expected[HOST_DIGEST]);
    lmod_engine_close(own);
    return NULL;
}

static void in_threads(void *(*run)(void *))
{
    pthread_t thread[THREADS];
    bool ok[THREADS];
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, run, &ok[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL(pthread_join(thread[i], NULL), 0);
        CU_ASSERT(ok[i]);
    }
}

static void test_pool(void)
{
    in_threads(scan_pictures);
}

static void test_engines(void)
{
    in_threads(open_scan_close);
}

int main(void)
{
    size_t size;
    bool ready = host_site(&site) && (engine = host_engine(&site)) != NULL;
    void *list = ready ? host_read(&site, "ban.lml", &size) : NULL;
    ready = list && tempdir_write(&site, "first.lml", list, size);
    free(list);
    int result = !ready ? 99
                        : TAP_RUN("hosts/threads", {"16 threads and reloads", test_reload},
                                  {"the last list is in force", test_after},
                                  {"16 threads of pictures", test_pool},
                                  {"16 engines at once", test_engines});
    lmod_engine_close(engine);
    tempdir_remove(&site);
    return result;
}
