/*
 * SQLite's own file system with shorter naps. Where the log's index is in use in a way that does not end,
 * SQLite tries again a hundred times with naps that add up to ten seconds; a scan cannot wait so long.
 */
#include "store/internal.h"

#include <pthread.h>

enum { NAP_US = 500 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs ours;
static bool there;

static int (*sleep_of_theirs)(sqlite3_vfs *vfs, int us);

static int nap(sqlite3_vfs *vfs, int us)
{
    return sleep_of_theirs(vfs, us < NAP_US ? us : NAP_US);
}

static void make(void)
{
    const sqlite3_vfs *theirs = sqlite3_vfs_find(NULL);
    if (!theirs)
        return;
    ours = *theirs;
    ours.pNext = NULL;
    ours.zName = "libmod";
    sleep_of_theirs = theirs->xSleep;
    ours.xSleep = nap;
    there = sqlite3_vfs_register(&ours, 0) == SQLITE_OK;
}

const char *store_vfs(void)
{
    (void)pthread_once(&once, make);
    return there ? ours.zName : NULL;
}
