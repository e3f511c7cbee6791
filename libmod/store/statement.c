/* Statements, and SQLite's errors in words that say what mends them. */
#include "store/internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

sqlite3_stmt *store_statement(struct store *s, const char *sql)
{
    for (size_t i = 0; i < s->statements; i++)
        if (s->statement[i].sql == sql) {
            (void)sqlite3_reset(s->statement[i].stmt);
            (void)sqlite3_clear_bindings(s->statement[i].stmt);
            return s->statement[i].stmt;
        }
    sqlite3_stmt *stmt = NULL;
    if (s->statements == STATEMENTS ||
        sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        return NULL;
    s->statement[s->statements++] = (struct statement){sql, stmt};
    return stmt;
}

int store_step(struct store *s, sqlite3_stmt *stmt, const char *what, struct error *e)
{
    int rc = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
    if (rc == SQLITE_ROW)
        return STORE_ROW;
    if (rc != SQLITE_DONE)
        return store_fail(s, what, e);
    (void)sqlite3_reset(stmt);
    return STORE_DONE;
}

int store_run(struct store *s, sqlite3_stmt *stmt, const char *what, struct error *e)
{
    int rc = store_step(s, stmt, what, e);
    if (rc == STORE_ROW)
        (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

struct store_item store_item_read(sqlite3_stmt *stmt, int at)
{
    return (struct store_item){
        .host = column_bytes(stmt, at),
        .ref = column_bytes(stmt, at + 1),
        .surface = (uint32_t)column_u64(stmt, at + 2),
        .room = column_bytes(stmt, at + 3),
        .sender = column_bytes(stmt, at + 4),
        .at = column_u64(stmt, at + 5),
    };
}

/* ---- failures ---- */

int trouble_now(const struct trouble *t, struct error *e)
{
    if (t->count < 2 || time_now_ns() >= t->until)
        return LMOD_OK;
    if (e)
        *e = t->error;
    return t->error.status;
}

void trouble_note(struct trouble *t, const struct error *e)
{
    t->count++;
    t->until = time_now_ns() + RETRY_MS * UINT64_C(1000000);
    t->error = *e;
}

/* What concerns this call alone; the connection stays. LMOD_OK: not of that kind. */
static int explain_passing(struct store *s, int code, const char *what, struct error *e)
{
    switch (code & 0xFF) {
    case SQLITE_NOMEM:
        return error_memory(e);
    case SQLITE_INTERRUPT:
        return error_at(e, LMOD_E_TIMEOUT, s->path, 0, 0, "the deadline passed while %s", what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        if (s->late)
            return error_at(e, LMOD_E_TIMEOUT, s->path, 0, 0,
                            "the deadline passed while other programs wrote");
        return error_at(e, LMOD_E_STORE, s->path, 0, 0,
                        "locked by another program, which does not get on; end that program "
                        "(`fuser store.db` names it)");
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return error_at(e, LMOD_E_INTERNAL, s->path, 0, 0, "%s: %s", what, sqlite3_errmsg(s->db));
    default:
        return LMOD_OK;
    }
}

static int explain_lasting(struct store *s, int code, const char *what, struct error *e)
{
    int number =
        sqlite3_system_errno(s->db); /* growing the shared index of the log fails like this */
    if ((code & 0xFF) == SQLITE_IOERR && (number == ENOSPC || number == EDQUOT))
        code = SQLITE_FULL;
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return error_at(e, LMOD_E_STORE, s->path, 0, 0, "the disk is full; make room on it");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
        return error_at(e, LMOD_E_STORE, s->path, 0, 0,
                        "user %u may not write it or its directory; look at their owner, their "
                        "rights and the mount (several users: `modctl init --group`)",
                        (unsigned)geteuid());
    case SQLITE_CORRUPT:
        return error_at(e, LMOD_E_STORE, s->path, 0, 0,
                        "damaged; end all programs that use it, move store.db, store.db-wal and "
                        "store.db-shm away and put a copy of `modctl store backup` there");
    case SQLITE_NOTADB:
        return error_at(e, LMOD_E_STORE, s->path, 0, 0,
                        "damaged, or no database at all; move it away and put a copy of `modctl "
                        "store backup` there, or let a new store be made");
    case SQLITE_PROTOCOL:
        return error_at(
            e, LMOD_E_STORE, s->path, 0, 0,
            "its log is in use in a way that does not end; end all programs that use it "
            "(`fuser store.db` names them)");
    case SQLITE_IOERR:
        return error_at(e, LMOD_E_STORE, s->path, 0, 0,
                        "the disk failed while %s (%d); look at the kernel's log", what, code);
    default:
        return error_at(e, LMOD_E_STORE, s->path, 0, 0, "%s: %s (%d); see `modctl store check`",
                        what, sqlite3_errmsg(s->db), code);
    }
}

int store_fail(struct store *s, const char *what, struct error *e)
{
    struct error own;
    int code = sqlite3_extended_errcode(s->db);
    if (s->statements == STATEMENTS && code == SQLITE_OK)
        return error_set(e, LMOD_E_INTERNAL, "the store has no room for one more statement");
    int status = explain_passing(s, code, what, e);
    if (status != LMOD_OK)
        return status;
    status = explain_lasting(s, code, what, &own);
    if (!s->broken)
        trouble_note(s->writing ? &s->recording : &s->reading, &own);
    s->broken = true;
    if (e)
        *e = own;
    return status;
}
