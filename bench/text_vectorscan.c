/* Vectorscan for bench/text: all patterns in one database, candidates confirmed by PCRE2. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hs.h>

#include "text_peers.h"

static hs_database_t *database;
static hs_scratch_t *scratch;

struct scan {
    const char *bytes;
    size_t size, found;
};

/* The flags with which a pattern is taken; what it cannot do exactly it finds approximately. */
static bool flags_for(const char *pattern, unsigned *flags)
{
    static const unsigned extra[] = {0, HS_FLAG_PREFILTER};
    for (size_t i = 0; i < sizeof(extra) / sizeof(extra[0]); i++) {
        hs_expr_info_t *info = NULL;
        hs_compile_error_t *error = NULL;
        *flags = HS_FLAG_UTF8 | HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH | extra[i];
        bool ok = hs_expression_info(pattern, *flags, &info, &error) == HS_SUCCESS;
        free(info);
        (void)hs_free_compile_error(error);
        if (ok)
            return true;
    }
    return false;
}

/* A word with something between its letters: hundreds of them take minutes to compile. */
static bool spaced(const char *pattern)
{
    const char *first = strstr(pattern, "\\W?");
    return first && strstr(first + 1, "\\W?");
}

/* ---- compiled once: fifty thousand patterns take ten minutes ---- */

/* What a run before this one has compiled, with the time that it took. */
static bool kept(const char *path, struct ready *out)
{
    FILE *file = path ? fopen(path, "rb") : NULL;
    size_t size = 0;
    if (!file)
        return false;
    need(fscanf(file, "%lf %zu %zu", &out->ms, &out->taken, &size) == 3 && fgetc(file) == '\n',
         path);
    char *bytes = malloc(size + 1);
    need(bytes && fread(bytes, 1, size, file) == size, path);
    need(hs_deserialize_database(bytes, size, &database) == HS_SUCCESS, path);
    free(bytes);
    (void)fclose(file);
    return true;
}

static void keep(const char *path, const struct ready *out)
{
    char *bytes = NULL, part[4096];
    size_t size = 0;
    need(snprintf(part, sizeof(part), "%s.part", path) < (int)sizeof(part), path);
    need(hs_serialize_database(database, &bytes, &size) == HS_SUCCESS, "not kept");
    FILE *file = fopen(part, "wb");
    need(file && fprintf(file, "%.1f %zu %zu\n", out->ms, out->taken, size) > 0, part);
    need(fwrite(bytes, 1, size, file) == size && fclose(file) == 0, part);
    need(rename(part, path) == 0, path);
    free(bytes);
}

static void compile(char *const *patterns, size_t n, bool all, struct ready *out)
{
    double start = cpu_ms();
    const char **taken = calloc(n + 1, sizeof(*taken));
    unsigned *flags = calloc(n + 1, sizeof(*flags)), *ids = calloc(n + 1, sizeof(*ids));
    size_t k = 0;
    hs_compile_error_t *error = NULL;
    need(taken && flags && ids, "out of memory");
    for (size_t i = 0; i < n; i++)
        if ((all || !spaced(patterns[i])) && flags_for(patterns[i], &flags[k])) {
            ids[k] = (unsigned)i;
            taken[k++] = patterns[i];
        }
    if (hs_compile_multi(taken, flags, ids, (unsigned)k, HS_MODE_BLOCK, NULL, &database, &error) !=
        HS_SUCCESS)
        need(false, error->message);
    out->taken = k;
    out->ms = cpu_ms() - start;
    free(taken);
    free(flags);
    free(ids);
}

void vectorscan_load(char *const *patterns, size_t n, bool all, const char *path, struct ready *out)
{
    size_t database_bytes = 0, scratch_bytes = 0;
    if (!kept(path, out)) {
        compile(patterns, n, all, out);
        if (path)
            keep(path, out);
    }
    need(hs_alloc_scratch(database, &scratch) == HS_SUCCESS, "no scratch");
    (void)hs_database_size(database, &database_bytes);
    (void)hs_scratch_size(scratch, &scratch_bytes);
    out->bytes = database_bytes + scratch_bytes;
}

static int
candidate(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *user)
{
    struct scan *s = user;
    (void)from;
    (void)to;
    (void)flags;
    s->found += confirm(id, s->bytes, s->size);
    return 0;
}

size_t vectorscan_scan(const char *bytes, size_t size)
{
    struct scan s = {bytes, size, 0};
    need(hs_scan(database, bytes, (unsigned)size, 0, scratch, candidate, &s) == HS_SUCCESS,
         "Vectorscan fails");
    return s.found;
}
