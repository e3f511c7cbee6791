/*
 * The libmod side of bench/lists: answers one command a line with one line of numbers. Hashes,
 * digests and queries come from files that the script wrote for both sides.
 *
 * All ms and ns are CPU time.
 *
 *     lists-bench DIR      DIR/hashes, DIR/digests: 32 bytes each; DIR/queries: 32 bytes each
 *     build WHAT           hashes or digests: ms to add all rows, ms to write, the same by the
 *                          clock on the wall, bytes of the list
 *     open WHAT            ms
 *     near FIRST COUNT     ms of one search for COUNT queries from FIRST on, entries found
 *     linear FIRST COUNT   the same without the index
 *     path NAME            the instructions in use
 *     digest present|absent    ns of one look-up
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lists/format.h"

struct bench {
    const char *dir;
    struct buffer hashes, digests, queries;
    struct list *list; /* the one opened last */
};

/* CPU time in ms: what else the machine does counts as little as it can. */
static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static char *in_dir(const struct bench *b, const char *name)
{
    char *path = path_join(b->dir, name);
    if (!path)
        exit(1);
    return path;
}

static int fail(const struct error *e)
{
    char text[2048];
    error_render(e, text, sizeof(text));
    (void)fprintf(stderr, "lists-bench: %s\n", text);
    return 1;
}

static int load(const struct bench *b, struct buffer *out, const char *name)
{
    struct error e = {0};
    char *path = in_dir(b, name);
    int status = file_read(out, path, (size_t)1 << 32, &e);
    free(path);
    return status == LMOD_OK ? 0 : fail(&e);
}

static int add_rows(struct list_source *s, const struct buffer *values, enum signal signal)
{
    struct error e = {0};
    char id[32];
    struct list_row row = {.signal = signal, .entry = id, .quality = 100};
    for (size_t i = 0; i < values->size / 32; i++) {
        (void)snprintf(id, sizeof(id), "entry-%zu", i);
        memcpy(row.value, values->data + 32 * i, 32);
        if (list_source_add(s, &row, &e) != LMOD_OK)
            return fail(&e);
    }
    return 0;
}

static char *list_path(const struct bench *b, const char *what)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "%s.lml", what);
    return in_dir(b, name);
}

static int run_build(struct bench *b, const char *what)
{
    struct error e = {0};
    struct list_info info;
    const struct list_meta meta = {"bench", "1", DIALECT_REFERENCE};
    bool hashes = strcmp(what, "hashes") == 0;
    struct list_source *s = list_source_new();
    double start = cpu_ms();
    if (!s || add_rows(s, hashes ? &b->hashes : &b->digests, hashes ? SIGNAL_PDQ : SIGNAL_SHA256))
        return 1;
    double added = cpu_ms() - start;
    char *path = list_path(b, what);
    uint64_t wall = time_now_ns();
    start = cpu_ms();
    int status = list_write(path, s, &meta, &info, &e);
    double written = cpu_ms() - start, waited = (double)(time_now_ns() - wall) / 1e6;
    list_source_free(s);
    free(path);
    if (status != LMOD_OK)
        return fail(&e);
    printf("%.3f %.3f %.3f %" PRIu64 "\n", added, written, waited, info.bytes);
    return 0;
}

static int run_open(struct bench *b, const char *what)
{
    struct error e = {0};
    char *path = list_path(b, what);
    list_close(b->list);
    double start = cpu_ms();
    int status = list_open(&b->list, path, b->dir, &e);
    double ms = cpu_ms() - start;
    free(path);
    if (status != LMOD_OK)
        return fail(&e);
    printf("%.3f\n", ms);
    return 0;
}

static int run_near(struct bench *b, bool linear, size_t first, size_t count)
{
    struct list_hit hits[256];
    size_t n, total;
    if (!b->list || (first + count) * 32 > b->queries.size)
        return 1;
    const struct pdq *q = (const struct pdq *)(const void *)b->queries.data + first;
    const struct index kept = b->list->index;
    if (linear)
        b->list->index.parts = NULL;
    double start = cpu_ms();
    int status = list_near(b->list, q, count, PDQ_RADIUS, 0, hits, COUNT_OF(hits), &n, &total);
    printf("%.5f %zu\n", cpu_ms() - start, total);
    b->list->index = kept;
    return status == LMOD_OK ? 0 : 1;
}

static int run_digest(struct bench *b, bool present)
{
    enum { LOOKUPS = 100000 };
    size_t n = b->digests.size / 32, hits = 0;
    uint64_t x = 88172645463325252u;
    uint8_t(*keys)[32] = malloc(LOOKUPS * sizeof(*keys));
    if (!b->list || !keys || n == 0)
        return 1;
    for (size_t i = 0; i < LOOKUPS; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(keys[i], b->digests.data + 32 * (size_t)(x % n), sizeof(keys[i]));
        keys[i][31] = (uint8_t)(keys[i][31] ^ !present);
    }
    double start = cpu_ms();
    for (size_t i = 0; i < LOOKUPS; i++) {
        struct list_hit hit;
        hits += list_find(b->list, SIGNAL_SHA256, keys[i], &hit, 1);
    }
    double ns = (cpu_ms() - start) * 1e6 / LOOKUPS;
    free(keys);
    if (hits != (present ? LOOKUPS : 0))
        return 1;
    printf("%.1f\n", ns);
    return 0;
}

static int run(struct bench *b, char *line)
{
    char word[16] = "", name[16] = "";
    size_t first, count;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "near %zu %zu", &first, &count) == 2)
        return run_near(b, false, first, count);
    if (sscanf(line, "linear %zu %zu", &first, &count) == 2)
        return run_near(b, true, first, count);
    (void)sscanf(line, "%15s %15s", word, name);
    if (strcmp(word, "build") == 0)
        return run_build(b, name);
    if (strcmp(word, "open") == 0)
        return run_open(b, name);
    if (strcmp(word, "digest") == 0)
        return run_digest(b, strcmp(name, "present") == 0);
    if (strcmp(word, "path") == 0) {
        bool known = hamming_force(strcmp(name, "best") == 0 ? NULL : name);
        printf("%s\n", known ? hamming_path() : "none");
        return 0;
    }
    (void)fprintf(stderr, "lists-bench: unknown command: %s\n", line);
    return 1;
}

int main(int argc, char **argv)
{
    struct bench b = {.dir = argc > 1 ? argv[1] : "."};
    char line[256];
    int rc = load(&b, &b.hashes, "hashes") || load(&b, &b.digests, "digests") ||
             load(&b, &b.queries, "queries");
    while (!rc && fgets(line, sizeof(line), stdin)) {
        rc = run(&b, line);
        (void)fflush(stdout);
    }
    list_close(b.list);
    buffer_finish(&b.hashes);
    buffer_finish(&b.digests);
    buffer_finish(&b.queries);
    return rc;
}
