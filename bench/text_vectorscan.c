/* Vectorscan for bench/text: all patterns in one database, candidates confirmed by PCRE2. */
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

void vectorscan_load(char *const *patterns, size_t n, bool all, struct ready *out)
{
    const char **taken = calloc(n + 1, sizeof(*taken));
    unsigned *flags = calloc(n + 1, sizeof(*flags)), *ids = calloc(n + 1, sizeof(*ids));
    size_t database_bytes = 0, scratch_bytes = 0, k = 0;
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
    need(hs_alloc_scratch(database, &scratch) == HS_SUCCESS, "no scratch");
    (void)hs_database_size(database, &database_bytes);
    (void)hs_scratch_size(scratch, &scratch_bytes);
    out->taken = k;
    out->bytes = database_bytes + scratch_bytes;
    free(taken);
    free(flags);
    free(ids);
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
