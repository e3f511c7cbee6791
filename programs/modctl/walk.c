/* Walking directories by fts(3). */
#include "walk.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"

struct place {
    dev_t device;
    ino_t inode;
};

struct walk {
    char *const *paths;
    size_t count, next;
    FTS *tree;          /* of the operand under way */
    struct place *seen; /* directories entered, sorted */
    size_t seen_count, seen_cap;
};

struct walk *walk_new(char *const *paths, size_t n)
{
    struct walk *w = calloc(1, sizeof(*w));
    if (w)
        *w = (struct walk){.paths = paths, .count = n};
    return w;
}

void walk_free(struct walk *w)
{
    if (!w)
        return;
    if (w->tree)
        (void)fts_close(w->tree);
    free(w->seen);
    free(w);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int compare_place(const struct place *a, const struct place *b)
{
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    return a->inode < b->inode ? -1 : a->inode > b->inode;
}

/* False when the directory was entered before; links could otherwise make 2^n paths of n directories. */
static bool enter(struct walk *w, const struct stat *st)
{
    struct place here = {st->st_dev, st->st_ino};
    size_t low = 0, high = w->seen_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_place(&w->seen[middle], &here);
        if (order == 0)
            return false;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    void *array = w->seen;
    if (!array_grow(&array, &w->seen_cap, w->seen_count + 1, sizeof(here)))
        return true; /* fts ends real cycles by itself */
    w->seen = array;
    memmove(w->seen + low + 1, w->seen + low, (w->seen_count - low) * sizeof(here));
    w->seen[low] = here;
    w->seen_count++;
    return true;
}

static bool take(struct walk *w, FTSENT *entry, struct walk_item *item)
{
    *item = (struct walk_item){entry->fts_path, NULL};
    switch (entry->fts_info) {
    case FTS_D:
        if (!enter(w, entry->fts_statp))
            (void)fts_set(w->tree, entry, FTS_SKIP);
        return false;
    case FTS_DP:
    case FTS_DC:
        return false;
    case FTS_F:
        return true;
    case FTS_SL:
    case FTS_SLNONE:
        item->error = "is a link to nothing";
        return true;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        item->error = strerror(entry->fts_errno);
        return true;
    default:
        item->error = "is not a regular file";
        return true;
    }
}

/* Opens the next operand. True when it already is an item. */
static bool begin_operand(struct walk *w, struct walk_item *item)
{
    char *roots[2] = {w->paths[w->next++], NULL};
    *item = (struct walk_item){roots[0], NULL};
    if (strcmp(roots[0], "-") == 0)
        return true;
    w->tree = fts_open(roots, FTS_LOGICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    if (w->tree)
        return false;
    item->error = strerror(errno);
    return true;
}

bool walk_next(struct walk *w, struct walk_item *item)
{
    for (;;) {
        FTSENT *entry = w->tree ? fts_read(w->tree) : NULL;
        if (entry && take(w, entry, item))
            return true;
        if (entry)
            continue;
        if (w->tree)
            (void)fts_close(w->tree);
        w->tree = NULL;
        if (w->next == w->count)
            return false;
        if (begin_operand(w, item))
            return true;
    }
}
