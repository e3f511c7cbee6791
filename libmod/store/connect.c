/* The connection: opening it, its settings, and how long it waits for other programs. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t ms_ns(uint64_t ms)
{
    return ms * 1000000u;
}

/* ---- files with the directory's owner and mode ---- */

/* A temporary file gets them and is linked to its name, so that nobody sees it without. */
int store_place(struct store *s, const char *path, struct error *e)
{
    struct stat dir;
    struct buffer name = BUFFER_INIT;
    if (stat(s->options.dir, &dir) != 0)
        return error_at(e, LMOD_E_STORE, s->options.dir, 0, 0,
                        "no state directory (%s); `modctl init` makes one", strerrorname_np(errno));
    buffer_printf(&name, "%s.XXXXXX", path);
    char *temporary = buffer_take(&name, NULL);
    if (!temporary)
        return error_memory(e);
    int fd = mkostemp(temporary, O_CLOEXEC), number = errno;
    bool ok = fd >= 0 && fchmod(fd, dir.st_mode & S_ISGID ? 0660 : 0600) == 0 &&
              (geteuid() != 0 || fchown(fd, dir.st_uid, dir.st_gid) == 0);
    if (!ok)
        number = errno;
    if (fd >= 0)
        (void)close(fd);
    if (ok && link(temporary, path) != 0 && errno != EEXIST) {
        number = errno;
        ok = false;
    }
    if (fd >= 0)
        (void)unlink(temporary);
    free(temporary);
    if (ok)
        return LMOD_OK;
    return error_at(e, LMOD_E_STORE, path, 0, 0,
                    "user %u cannot make this file (%s); give the directory to it or to a group of "
                    "all its users (`modctl init --group`)",
                    (unsigned)geteuid(), strerrorname_np(number));
}

/* SQLite gives the files beside store.db its owner and mode. */
static int place_database(struct store *s, struct error *e)
{
    struct stat st;
    return stat(s->path, &st) == 0 ? LMOD_OK : store_place(s, s->path, e);
}

static int check_directory(struct store *s, struct error *e)
{
    struct stat st;
    if (stat(s->options.dir, &st) != 0)
        return error_at(e, LMOD_E_STORE, s->options.dir, 0, 0,
                        "no state directory (%s); `modctl init` makes one", strerrorname_np(errno));
    if (!S_ISDIR(st.st_mode))
        return error_at(e, LMOD_E_STORE, s->options.dir, 0, 0,
                        "not a directory; state_dir in the config must name one");
    return LMOD_OK;
}

/* ---- waiting for other programs ---- */

/* Changes whenever somebody writes to the log or the database. */
static uint64_t stamp(const struct store *s)
{
    uint64_t sum = 0;
    const char *path[] = {s->wal, s->path};
    for (size_t i = 0; i < COUNT_OF(path); i++) {
        struct stat st;
        if (stat(path[i], &st) == 0)
            sum = sum * 31 + (uint64_t)st.st_mtim.tv_sec * 1000000000u +
                  (uint64_t)st.st_mtim.tv_nsec + (uint64_t)st.st_size;
    }
    return sum;
}

/* 0.2 to 2 ms, not beyond the deadline; random, so that those who wait do not wait in step. */
static void pause_a_little(struct store *s, uint64_t now)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    uint64_t ns = 200000 + s->random % 1800000;
    if (s->dl && ns > s->dl - now)
        ns = s->dl - now;
    struct timespec t = {0, (long)ns};
    (void)nanosleep(&t, NULL);
}

/* Whether who waited so long for others may go on waiting: 50 ms while nobody gets on. Who holds the
 * lock and is one of us gets on in the end, unless it is stopped; anything else gets less patience. */
static bool is_patient(struct store *s, uint64_t waited)
{
    if (s->options.stall_ms)
        return waited <= ms_ns(s->options.stall_ms);
    return waited <= ms_ns(STORE_STALL_MS) ||
           (waited <= ms_ns(PATIENCE_MS) && store_signal_held(s));
}

/* SQLite's busy handler: nonzero tries again. */
static int on_busy(void *user, int count)
{
    struct store *s = user;
    uint64_t now = time_now_ns(), seen = stamp(s);
    if (count == 0 || seen != s->seen)
        s->since = now;
    s->seen = seen;
    s->late = s->dl && now >= s->dl;
    if (s->late || !is_patient(s, now - s->since))
        return 0;
    pause_a_little(s, now);
    return 1;
}

bool store_again(struct store *s, int count)
{
    return on_busy(s, count) != 0;
}

/* SQLite's progress handler: nonzero interrupts. A writer is never interrupted (`dl` is 0 then). */
static int on_progress(void *user)
{
    const struct store *s = user;
    return s->dl && time_now_ns() >= s->dl;
}

/* ---- opening ---- */

static const char settings[] = "PRAGMA synchronous=FULL;"
                               "PRAGMA cache_size=-8192;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA journal_size_limit=16777216;"
                               "PRAGMA foreign_keys=OFF;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA trusted_schema=OFF";

static int set_up(struct store *s, struct error *e)
{
    enum { OPS = 4096 }; /* of SQLite's machine between two looks at the clock */
    (void)sqlite3_busy_handler(s->db, on_busy, s);
    sqlite3_progress_handler(s->db, OPS, on_progress, s);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (sqlite3_exec(s->db, settings, NULL, NULL, NULL) != SQLITE_OK)
        return store_fail(s, "opening it", e);
    s->normal = false;
    return store_schema(s, e);
}

static int open_database(struct store *s, struct error *e)
{
    enum {
        FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE
    };
    int rc = sqlite3_open_v2(s->path, &s->db, FLAGS, s->options.vfs ? s->options.vfs : store_vfs());
    if (!s->db)
        return error_memory(e);
    return rc == SQLITE_OK ? set_up(s, e) : store_fail(s, "opening it", e);
}

/* The file that is open has been moved away or deleted: what is written to it would be lost. */
static bool has_moved(struct store *s)
{
    int moved = 0;
    return sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
           moved;
}

int store_connect(struct store *s, struct error *e)
{
    struct error own;
    int status = trouble_now(&s->reading, e);
    if (status != LMOD_OK)
        return status;
    if (s->db && has_moved(s))
        store_disconnect(s);
    if (s->db)
        return LMOD_OK;
    own.status = LMOD_OK;
    status = check_directory(s, &own);
    if (status == LMOD_OK)
        status = store_signal_make(s, &own);
    if (status == LMOD_OK)
        status = place_database(s, &own);
    if (status == LMOD_OK) {
        store_signal_hold(s,
                          true); /* whoever comes first recovers the log, and others wait for it */
        status = open_database(s, &own);
        store_signal_hold(s, false);
    }
    if (status == LMOD_OK)
        return LMOD_OK;
    if (!s->broken && status != LMOD_E_TIMEOUT)
        trouble_note(&s->reading, &own);
    s->broken = true;
    store_disconnect(s);
    if (e)
        *e = own;
    return status;
}

void store_disconnect(struct store *s)
{
    for (size_t i = 0; i < s->statements; i++)
        (void)sqlite3_finalize(s->statement[i].stmt);
    s->statements = 0;
    (void)sqlite3_close_v2(s->db);
    s->db = NULL;
}
