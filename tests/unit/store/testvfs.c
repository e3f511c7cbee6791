/* The VFS of testvfs.h: every call goes to the usual one, unless it is to fail or the power is gone. */
#include "testvfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 512, IMAGES = 8 };

/* What of a file would survive. */
struct image {
    char path[512];
    uint8_t *bytes;
    size_t size;
    size_t from, to; /* written since the last sync */
    bool named;      /* its name in the directory is synced */
    bool fresh;      /* … and will be with its next sync: a journal or log that is new */
};

struct file {
    sqlite3_file base;
    struct image *image; /* NULL: not kept in mind */
    sqlite3_file *real;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs *under, over;
static struct {
    uint64_t syncs, fail_at, calls, dark_at, changes;
    unsigned fail_calls;
    int fail_code;
    bool lasting, failed, power, dark;
    struct image image[IMAGES];
} now;

static struct file *file_of(sqlite3_file *f)
{
    return (struct file *)(void *)f;
}

/* Whether this call fails, and how. */
static int trouble(unsigned call)
{
    int rc = SQLITE_OK;
    (void)pthread_mutex_lock(&lock);
    if (call == TESTVFS_SYNC)
        now.syncs++;
    if (now.fail_at && (now.fail_calls & call)) {
        now.calls++;
        if (now.calls == now.fail_at || (now.lasting && now.calls > now.fail_at)) {
            now.failed = true;
            rc = now.fail_code;
        }
    }
    if (now.power && (call & (TESTVFS_WRITE | TESTVFS_SYNC | TESTVFS_TRUNCATE))) {
        now.changes++;
        now.dark = now.dark || now.changes >= now.dark_at;
    }
    if (now.dark)
        rc = SQLITE_IOERR;
    (void)pthread_mutex_unlock(&lock);
    return rc;
}

/* ---- images ---- */

static void image_load(struct image *i)
{
    struct stat st;
    int fd = open(i->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0 && st.st_size > 0 && (i->bytes = malloc((size_t)st.st_size)))
        i->size = (size_t)pread(fd, i->bytes, (size_t)st.st_size, 0);
    (void)close(fd);
}

static struct image *image_of(const char *path, int flags, bool there)
{
    enum { KEPT = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL };
    if (!now.power || !path || !(flags & KEPT))
        return NULL;
    for (size_t i = 0; i < IMAGES; i++) {
        struct image *m = &now.image[i];
        if (m->path[0] && strcmp(m->path, path) != 0)
            continue;
        if (!m->path[0]) {
            (void)snprintf(m->path, sizeof(m->path), "%s", path);
            m->named = there;
            if (there)
                image_load(m);
        }
        m->fresh = !there && !(flags & SQLITE_OPEN_MAIN_DB);
        return m;
    }
    abort();
}

static void image_touch(struct image *i, size_t from, size_t to)
{
    if (i->from == i->to)
        i->from = i->to = from;
    i->from = from < i->from ? from : i->from;
    i->to = to > i->to ? to : i->to;
}

/* What is in the file now survives; of a new log, its name too, and every other name with it. */
static void image_sync(struct image *m, sqlite3_file *real)
{
    sqlite3_int64 size = 0;
    (void)real->pMethods->xFileSize(real, &size);
    uint8_t *bytes = realloc(m->bytes, (size_t)size + 1);
    if (!bytes)
        abort();
    m->bytes = bytes;
    if (m->size < (size_t)size)
        image_touch(m, m->size, (size_t)size);
    m->size = (size_t)size;
    size_t to = m->to < m->size ? m->to : m->size;
    if (m->from < to)
        (void)real->pMethods->xRead(real, bytes + m->from, (int)(to - m->from),
                                    (sqlite3_int64)m->from);
    m->from = m->to = 0;
    for (size_t i = 0; m->fresh && i < IMAGES; i++)
        now.image[i].named = now.image[i].path[0] != '\0';
    m->fresh = false;
}

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* The file as a mixture of what was synced and what was written. */
static void image_cut(struct image *m, uint64_t *seed)
{
    struct image is = {.size = 0};
    (void)snprintf(is.path, sizeof(is.path), "%s", m->path);
    image_load(&is);
    if (!m->named && next(seed) % 2) {
        (void)unlink(m->path);
        free(is.bytes);
        return;
    }
    size_t low = is.size < m->size ? is.size : m->size;
    size_t high = is.size > m->size ? is.size : m->size;
    size_t size = low + (high > low ? (size_t)(next(seed) % (high - low + 1)) : 0);
    unsigned lost = (unsigned)(next(seed) % 5); /* of four pieces; 0 and 4: all or nothing */
    uint8_t *mix = calloc(1, size + 1);
    if (!mix)
        abort();
    for (size_t at = 0; at < size; at += PIECE) {
        bool old = next(seed) % 4 < lost;
        const struct image *from = old ? m : &is;
        size_t n = size - at < PIECE ? size - at : PIECE;
        if (at < from->size)
            memcpy(mix + at, from->bytes + at, n < from->size - at ? n : from->size - at);
    }
    int fd = open(m->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || pwrite(fd, mix, size, 0) != (ssize_t)size)
        abort();
    (void)close(fd);
    free(mix);
    free(is.bytes);
}

void testvfs_cut(uint64_t seed)
{
    seed = seed * 0x9E3779B97F4A7C15u + 1;
    for (size_t i = 0; i < IMAGES; i++)
        if (now.image[i].path[0])
            image_cut(&now.image[i], &seed);
    testvfs_reset();
}

/* ---- files ---- */

static int x_close(sqlite3_file *f)
{
    return file_of(f)->real->pMethods->xClose(file_of(f)->real);
}

static int x_read(sqlite3_file *f, void *out, int n, sqlite3_int64 at)
{
    int rc = trouble(TESTVFS_READ);
    return rc ? rc : file_of(f)->real->pMethods->xRead(file_of(f)->real, out, n, at);
}

static int x_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 at)
{
    struct file *t = file_of(f);
    int rc = trouble(TESTVFS_WRITE);
    if (rc)
        return rc;
    (void)pthread_mutex_lock(&lock);
    if (t->image)
        image_touch(t->image, (size_t)at, (size_t)at + (size_t)n);
    rc = t->real->pMethods->xWrite(t->real, bytes, n, at);
    (void)pthread_mutex_unlock(&lock);
    return rc;
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int rc = trouble(TESTVFS_TRUNCATE);
    return rc ? rc : file_of(f)->real->pMethods->xTruncate(file_of(f)->real, size);
}

static int x_sync(sqlite3_file *f, int flags)
{
    struct file *t = file_of(f);
    int rc = trouble(TESTVFS_SYNC);
    if (rc)
        return rc;
    (void)flags; /* the machine stays up: no need to wait for the disk */
    (void)pthread_mutex_lock(&lock);
    if (t->image)
        image_sync(t->image, t->real);
    (void)pthread_mutex_unlock(&lock);
    return SQLITE_OK;
}

static int x_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return file_of(f)->real->pMethods->xFileSize(file_of(f)->real, size);
}

static int x_lock(sqlite3_file *f, int level)
{
    return file_of(f)->real->pMethods->xLock(file_of(f)->real, level);
}

static int x_unlock(sqlite3_file *f, int level)
{
    return file_of(f)->real->pMethods->xUnlock(file_of(f)->real, level);
}

static int x_reserved(sqlite3_file *f, int *out)
{
    return file_of(f)->real->pMethods->xCheckReservedLock(file_of(f)->real, out);
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
    return file_of(f)->real->pMethods->xFileControl(file_of(f)->real, op, arg);
}

static int x_sector(sqlite3_file *f)
{
    return file_of(f)->real->pMethods->xSectorSize(file_of(f)->real);
}

static int x_device(sqlite3_file *f)
{
    return file_of(f)->real->pMethods->xDeviceCharacteristics(file_of(f)->real);
}

static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    int rc = trouble(TESTVFS_SHARE);
    if (rc)
        return rc;
    return file_of(f)->real->pMethods->xShmMap(file_of(f)->real, page, size, extend, out);
}

static int x_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
    return file_of(f)->real->pMethods->xShmLock(file_of(f)->real, at, n, flags);
}

static void x_shm_barrier(sqlite3_file *f)
{
    file_of(f)->real->pMethods->xShmBarrier(file_of(f)->real);
}

static int x_shm_unmap(sqlite3_file *f, int remove_it)
{
    return file_of(f)->real->pMethods->xShmUnmap(file_of(f)->real, remove_it);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = x_close,
    .xRead = x_read,
    .xWrite = x_write,
    .xTruncate = x_truncate,
    .xSync = x_sync,
    .xFileSize = x_size,
    .xLock = x_lock,
    .xUnlock = x_unlock,
    .xCheckReservedLock = x_reserved,
    .xFileControl = x_control,
    .xSectorSize = x_sector,
    .xDeviceCharacteristics = x_device,
    .xShmMap = x_shm_map,
    .xShmLock = x_shm_lock,
    .xShmBarrier = x_shm_barrier,
    .xShmUnmap = x_shm_unmap,
};

static int x_open(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *out)
{
    struct file *t = file_of(f);
    (void)v;
    t->base.pMethods = NULL;
    t->real = (sqlite3_file *)(void *)(t + 1);
    int rc = trouble(TESTVFS_OPEN);
    if (rc)
        return rc;
    bool there = path && access(path, F_OK) == 0;
    rc = under->xOpen(under, path, t->real, flags, out);
    if (rc != SQLITE_OK)
        return rc;
    (void)pthread_mutex_lock(&lock);
    t->image = image_of(path, flags, there);
    (void)pthread_mutex_unlock(&lock);
    t->base.pMethods = &methods;
    return rc;
}

/* A name that is gone without a sync of the directory may be there again after the cut; SQLite asks
 * for that sync wherever it matters, so a file that goes is forgotten. */
static int x_delete(sqlite3_vfs *v, const char *path, int sync_directory)
{
    (void)v;
    if (testvfs_is_dark())
        return SQLITE_IOERR;
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < IMAGES; i++)
        if (now.power && strcmp(now.image[i].path, path) == 0) {
            free(now.image[i].bytes);
            now.image[i] = (struct image){.size = 0};
        }
    (void)pthread_mutex_unlock(&lock);
    return under->xDelete(under, path, sync_directory);
}

static int x_access(sqlite3_vfs *v, const char *path, int flags, int *out)
{
    (void)v;
    return under->xAccess(under, path, flags, out);
}

static int x_full(sqlite3_vfs *v, const char *path, int n, char *out)
{
    (void)v;
    return under->xFullPathname(under, path, n, out);
}

bool testvfs_install(void)
{
    if (under)
        return true;
    under = sqlite3_vfs_find(NULL);
    if (!under)
        return false;
    over = *under;
    over.zName = "test";
    over.pNext = NULL;
    over.szOsFile = (int)sizeof(struct file) + under->szOsFile;
    over.xOpen = x_open;
    over.xDelete = x_delete;
    over.xAccess = x_access;
    over.xFullPathname = x_full;
    return sqlite3_vfs_register(&over, 0) == SQLITE_OK;
}

/* ---- what the tests ask for ---- */

void testvfs_reset(void)
{
    (void)pthread_mutex_lock(&lock);
    for (size_t i = 0; i < IMAGES; i++)
        free(now.image[i].bytes);
    memset(&now, 0, sizeof(now));
    (void)pthread_mutex_unlock(&lock);
}

uint64_t testvfs_syncs(void)
{
    (void)pthread_mutex_lock(&lock);
    uint64_t n = now.syncs;
    (void)pthread_mutex_unlock(&lock);
    return n;
}

void testvfs_fail(unsigned calls, uint64_t n, int code, bool lasting)
{
    (void)pthread_mutex_lock(&lock);
    now.fail_calls = calls;
    now.fail_at = n;
    now.fail_code = code;
    now.lasting = lasting;
    now.calls = 0;
    now.failed = false;
    (void)pthread_mutex_unlock(&lock);
}

bool testvfs_failed(void)
{
    (void)pthread_mutex_lock(&lock);
    bool failed = now.failed;
    (void)pthread_mutex_unlock(&lock);
    return failed;
}

void testvfs_power(uint64_t n)
{
    testvfs_reset();
    (void)pthread_mutex_lock(&lock);
    now.power = true;
    now.dark_at = n;
    (void)pthread_mutex_unlock(&lock);
}

bool testvfs_is_dark(void)
{
    (void)pthread_mutex_lock(&lock);
    bool dark = now.dark;
    (void)pthread_mutex_unlock(&lock);
    return dark;
}
