/*
 * The C side of bench/events: one measurement a call, one line of numbers. All through the public
 * ABI: a text that a rule flags is scanned, and the verdict says that its event is recorded.
 *
 *     events-bench bare DIR N SIZE            N appends of SIZE bytes with fdatasync: per second
 *     events-bench record CONFIG THREADS N    N recorded events by THREADS callers: per second,
 *                                             p50 and p99 of a call in ms, how many failed
 *     events-bench live CONFIG N              N decisions here, each awaited by a second process
 *                                             that scans all the while: p50, p99, worst in ms, and
 *                                             how many it never saw
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmod/libmod.h>

enum { PATIENCE_MS = 5000 };

static double now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void need(int ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "events-bench: %s\n", what);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static lmod_engine *open_engine(const char *path)
{
    lmod_config *config = NULL;
    lmod_engine *engine = NULL;
    lmod_error *error = NULL;
    if (lmod_config_load(&config, path, &error) != LMOD_OK ||
        lmod_engine_open(&engine, config, LMOD_ABI, &error) != LMOD_OK)
        need(0, lmod_error_message(error));
    lmod_config_free(config);
    return engine;
}

/* ---- bare ---- */

static int bare(const char *dir, size_t n, size_t size)
{
    char path[4096];
    char *block = calloc(1, size);
    (void)snprintf(path, sizeof(path), "%s/bare", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    need(fd >= 0 && block, path);
    double start = now_ms();
    for (size_t i = 0; i < n; i++)
        need(write(fd, block, size) == (ssize_t)size && fdatasync(fd) == 0, "cannot write");
    (void)printf("%.1f\n", (double)n * 1e3 / (now_ms() - start));
    free(block);
    return close(fd);
}

/* ---- record ---- */

struct caller {
    pthread_t thread;
    lmod_engine *engine;
    size_t number, n, failed;
    double *ms;
};

static void *call(void *user)
{
    struct caller *c = user;
    char words[128];
    for (size_t i = 0; i < c->n; i++) {
        lmod_verdict *v = NULL;
        int length = snprintf(words, sizeof(words), "parrot %zu %zu", c->number, i);
        double start = now_ms();
        int32_t status = lmod_scan_text(&v, c->engine, NULL, words, (size_t)length, NULL);
        c->ms[i] = now_ms() - start;
        c->failed += status != LMOD_OK || lmod_verdict_recorded(v) != LMOD_RECORDED_OK;
        lmod_verdict_free(v);
    }
    return NULL;
}

static int record(const char *config, size_t threads, size_t n)
{
    struct caller *c = calloc(threads, sizeof(*c));
    double *ms = calloc(n, sizeof(*ms));
    size_t each = n / threads, failed = 0;
    lmod_engine *engine = open_engine(config);
    need(c && ms && each, "not so many");
    double start = now_ms();
    for (size_t i = 0; i < threads; i++) {
        c[i] = (struct caller){.engine = engine, .number = i, .n = each, .ms = ms + i * each};
        need(pthread_create(&c[i].thread, NULL, call, &c[i]) == 0, "no thread");
    }
    for (size_t i = 0; i < threads; i++) {
        (void)pthread_join(c[i].thread, NULL);
        failed += c[i].failed;
    }
    double took = now_ms() - start;
    size_t done = each * threads;
    qsort(ms, done, sizeof(*ms), by_value);
    (void)printf("%.1f %.3f %.3f %zu\n", (double)done * 1e3 / took, ms[done / 2],
                 ms[done * 99 / 100], failed);
    lmod_engine_close(engine);
    free(ms);
    free(c);
    return 0;
}

/* ---- live ---- */

/* Text number `i`, in words that no other has: a text is held when one like it was removed. */
static size_t unlike(char words[64], size_t i)
{
    uint32_t state = (uint32_t)i + 1;
    size_t n = 0;
    for (; n < 48; n++) {
        state = state * 1664525u + 1013904223u;
        words[n] = (char)(n % 8 == 7 ? ' ' : 'a' + (state >> 16) % 26);
    }
    return n;
}

/* The other process: scans text number `i` until it is held, then writes when that was. */
static void watch(const char *config, size_t n, int from, int to)
{
    lmod_engine *engine = open_engine(config);
    char words[64], go;
    need(write(to, "r", 1) == 1, "pipe");
    for (size_t i = 0; i < n; i++) {
        uint32_t action = LMOD_ALLOW;
        double seen = 0;
        need(read(from, &go, 1) == 1, "pipe");
        size_t length = unlike(words, i);
        double until = now_ms() + PATIENCE_MS;
        while (action < LMOD_HOLD && now_ms() < until) {
            lmod_verdict *v = NULL;
            need(lmod_scan_text(&v, engine, NULL, words, length, NULL) == LMOD_OK, "scan");
            action = lmod_verdict_action(v);
            lmod_verdict_free(v);
            seen = now_ms();
            struct timespec t = {0, 1000000};
            (void)nanosleep(&t, NULL);
        }
        if (action < LMOD_HOLD)
            seen = -1;
        need(write(to, &seen, sizeof(seen)) == sizeof(seen), "pipe");
    }
    _exit(0);
}

static double decide(lmod_engine *engine, size_t i)
{
    lmod_verdict *v = NULL;
    lmod_doc *doc = NULL;
    char words[64], json[256];
    size_t length = unlike(words, i);
    need(lmod_report(&v, engine, NULL, LMOD_CONTENT_TEXT, words, length, "x", 1, NULL) == LMOD_OK,
         "report");
    int size = snprintf(json, sizeof(json), "{\"event_id\":\"%s\",\"action\":\"remove\"}",
                        lmod_verdict_field(v, LMOD_WHOLE, "event"));
    need(lmod_decide(&doc, engine, json, (size_t)size, NULL) == LMOD_OK, "decide");
    double at = now_ms();
    lmod_doc_free(doc);
    lmod_verdict_free(v);
    return at;
}

static int live(const char *config, size_t n)
{
    int there[2], back[2];
    double *ms = calloc(n, sizeof(*ms)), seen;
    char ready;
    size_t lost = 0, got = 0;
    need(ms && pipe2(there, O_CLOEXEC) == 0 && pipe2(back, O_CLOEXEC) == 0, "pipes");
    pid_t pid = fork();
    if (pid == 0)
        watch(config, n, there[0], back[1]);
    lmod_engine *engine = open_engine(config);
    need(read(back[0], &ready, 1) == 1, "the other process");
    for (size_t i = 0; i < n; i++) {
        need(write(there[1], "g", 1) == 1, "pipe"); /* it scans before the decision is there */
        struct timespec t = {0, (long)(rand_r(&(unsigned){(unsigned)i}) % 250) * 1000000};
        (void)nanosleep(&t, NULL);
        double at = decide(engine, i);
        need(read(back[0], &seen, sizeof(seen)) == sizeof(seen), "the other process");
        if (seen < 0)
            lost++;
        else
            ms[got++] = seen > at ? seen - at : 0;
    }
    (void)waitpid(pid, NULL, 0);
    qsort(ms, got, sizeof(*ms), by_value);
    need(got > 0, "nothing was seen");
    (void)printf("%.1f %.1f %.1f %zu\n", ms[got / 2], ms[got * 99 / 100], ms[got - 1], lost);
    lmod_engine_close(engine);
    free(ms);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "bare") == 0)
        return bare(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "record") == 0)
        return record(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "live") == 0)
        return live(argv[2], strtoul(argv[3], NULL, 10));
    (void)fputs("usage: events-bench bare DIR N SIZE | record CONFIG THREADS N | live CONFIG N\n",
                stderr);
    return 2;
}
