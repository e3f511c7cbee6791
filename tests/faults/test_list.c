/*
 * Writing and reading a list under faults: a list that was there stays or is replaced, whole; one
 * that cannot be read is refused, never read as empty.
 */
#include "faults.h"

#include <string.h>

#include "lists/lists.h"
#include "tempdir.h"

enum { ROWS = 300 };

static struct tempdir dir;
static char path[512];

/* Row `i` of a list: every third a PDQ, the others digests, three rows an entry. */
static bool add_row(struct list_source *s, unsigned i)
{
    static const enum signal signals[] = {SIGNAL_PDQ, SIGNAL_SHA256, SIGNAL_MD5};
    char entry[16];
    (void)snprintf(entry, sizeof(entry), "e%u", i / 3);
    struct list_row row = {.signal = signals[i % 3], .entry = entry, .quality = 100};
    for (size_t k = 0; k < signal_bytes(row.signal); k++)
        row.value[k] = (uint8_t)(i * 131 + k * 29 + (i >> 3) * k);
    return list_source_add(s, &row, NULL) == LMOD_OK;
}

static bool write_list(unsigned rows, const char *version)
{
    struct list_source *s = list_source_new();
    const struct list_meta meta = {"ban", version, DIALECT_REFERENCE};
    bool ok = s != NULL;
    for (unsigned i = 0; ok && i < rows; i++)
        ok = add_row(s, i);
    ok = ok && list_write(path, s, &meta, NULL, NULL) == LMOD_OK;
    list_source_free(s);
    return ok;
}

/* The list at `path` is whole and holds what its version says. */
static bool whole(void)
{
    struct list *l = NULL;
    struct list_info info;
    struct list_hit hit[4];
    uint8_t key[LIST_KEY_MAX] = {0};
    if (list_check(path, &info, NULL) != LMOD_OK || list_open(&l, path, NULL, NULL) != LMOD_OK)
        return false;
    unsigned rows = strcmp(info.version, "old") == 0 ? 3 : ROWS, i = rows - 2; /* a SHA-256 */
    for (size_t k = 0; k < signal_bytes(SIGNAL_SHA256); k++)
        key[k] = (uint8_t)(i * 131 + k * 29 + (i >> 3) * k);
    bool ok = list_find(l, SIGNAL_SHA256, key, hit, 4) == 1;
    list_close(l);
    return ok && info.entries == rows / 3;
}

static bool prepare_old(void)
{
    return write_list(3, "old");
}

static bool prepare_new(void)
{
    return write_list(ROWS, "new");
}

static bool run_write(void)
{
    (void)write_list(ROWS, "new");
    return true;
}

static bool after_write(void)
{
    return whole() && write_list(ROWS, "new") && whole();
}

static bool run_read(void)
{
    struct list *l = NULL;
    struct list_info info;
    if (list_open(&l, path, NULL, NULL) == LMOD_OK) {
        list_info_get(l, &info);
        bool ok = info.entries == ROWS / 3 && info.signals[SIGNAL_SHA256] == ROWS / 3;
        list_close(l);
        return ok;
    }
    return l == NULL;
}

static bool run_check(void)
{
    struct list_info info;
    return list_check(path, &info, NULL) != LMOD_OK || info.entries == ROWS / 3;
}

static const struct scenario scenarios[] = {
    {"list-write", prepare_old, run_write, after_write, NULL},
    {"list-open", prepare_new, run_read, whole, NULL},
    {"list-check", prepare_new, run_check, whole, NULL},
};

int main(int argc, char **argv)
{
    faults_place();
    if (!tempdir_make(&dir)) {
        printf("Bail out! no directory\n");
        return 1;
    }
    (void)snprintf(path, sizeof(path), "%s/ban.lml", dir.path);
    int code = faults_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
    tempdir_remove(&dir);
    return code;
}
