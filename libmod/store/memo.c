/* Small helpers of decisions, queue and upkeep: steps of statements, a memory of numbers by name. */
#include "store/decide.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

int statement_number(
    struct store *s, sqlite3_stmt *stmt, uint64_t *out, const char *what, struct error *e)
{
    int rc = store_step(s, stmt, what, e);
    *out = rc == STORE_ROW ? column_u64(stmt, 0) : 0;
    (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

void column_copy(sqlite3_stmt *stmt, int at, char *out, size_t size)
{
    struct store_text t = column_bytes(stmt, at);
    size_t n = t.size < size ? t.size : size - 1;
    if (n)
        memcpy(out, t.at, n);
    out[n] = '\0';
}

struct kept {
    uint64_t n;
    char key[];
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct kept *)a)->key, ((const struct kept *)b)->key);
}

uint64_t *memo_at(struct memo *m, const char *key, bool *fresh)
{
    size_t size = strlen(key) + 1;
    struct kept *k = calloc(1, sizeof(*k) + size);
    if (!k)
        return NULL;
    memcpy(k->key, key, size);
    void *found = tsearch(k, &m->root, compare);
    struct kept *there = found ? *(struct kept **)found : NULL;
    *fresh = there == k;
    if (!*fresh)
        free(k);
    return there ? &there->n : NULL;
}

void memo_finish(struct memo *m)
{
    tdestroy(m->root, free);
    m->root = NULL;
}
