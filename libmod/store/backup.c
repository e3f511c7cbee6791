/* A consistent copy of the store. */
#include "store/decide.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies all pages at once: writers go on meanwhile, in the write-ahead log. */
static int copy_pages(struct store *s, sqlite3 *to, struct error *e)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", s->db, "main");
    int rc = copy ? sqlite3_backup_step(copy, -1) : sqlite3_errcode(to);
    (void)sqlite3_backup_finish(copy);
    if (rc == SQLITE_DONE)
        return LMOD_OK;
    if (rc == SQLITE_NOMEM)
        return error_memory(e);
    return error_at(e, LMOD_E_STORE, s->path, 0, 0, "cannot copy the store: %s",
                    sqlite3_errstr(rc));
}

static int copy_into(struct store *s, const char *path, struct error *e)
{
    sqlite3 *to = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int rc = sqlite3_open_v2(path, &to, flags, NULL);
    /* Whoever fails leaves no file behind: nothing has to be rolled back, and fsync comes later. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", NULL, NULL, NULL);
    int status = rc == SQLITE_OK ? copy_pages(s, to, e)
                                 : error_at(e, LMOD_E_STORE, path, 0, 0,
                                            "cannot copy the store: %s", sqlite3_errstr(rc));
    if (sqlite3_close(to) != SQLITE_OK && status == LMOD_OK)
        status = error_at(e, LMOD_E_STORE, path, 0, 0, "cannot copy the store");
    return status;
}

static int refuse_existing(const char *path, struct error *e)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return LMOD_OK;
    return error_at(e, LMOD_E_STATE, path, 0, 0, "is there already; name a new file");
}

static int backup(struct store *s, const char *path, struct error *e)
{
    struct stat st;
    struct file_new f;
    if (stat(s->path, &st) != 0)
        return error_io(e, s->path, "cannot read", errno);
    int status = file_new_begin(&f, path, st.st_mode & 0777, e);
    if (status != LMOD_OK)
        return status;
    (void)!fchown(f.fd, (uid_t)-1, st.st_gid); /* where it may: whoever could read the store */
    status = copy_into(s, f.temporary, e);
    if (status == LMOD_OK)
        status = refuse_existing(path, e); /* it took a while */
    if (status == LMOD_OK)
        return file_new_commit(&f, e);
    file_new_abort(&f);
    return status;
}

int store_backup(struct store *s, const char *path, struct error *e)
{
    int status = refuse_existing(path, e);
    if (status == LMOD_OK)
        status = store_enter(s, 0, e);
    if (status != LMOD_OK)
        return status;
    status = backup(s, path, e);
    store_leave(s);
    return status;
}
