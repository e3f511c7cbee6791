/* Writing: transactions, what makes them durable, and the gen that decisions bump. */
#include "store/internal.h"

/* The level is set only when another one is needed than last time; not inside a transaction. */
static int set_durable(struct store *s, bool durable, struct error *e)
{
    bool normal = !durable || !s->options.sync_full;
    if (normal == s->normal)
        return LMOD_OK;
    if (sqlite3_exec(s->db, normal ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL", NULL,
                     NULL, NULL) != SQLITE_OK)
        return store_fail(s, "setting how it syncs", e);
    s->normal = normal;
    return LMOD_OK;
}

int store_begin(struct store *s, bool durable, uint64_t dl, struct error *e)
{
    int status = trouble_now(&s->recording, e);
    if (status != LMOD_OK)
        return status;
    s->dl = dl;
    s->writing = true;
    status = set_durable(s, durable, e);
    if (status == LMOD_OK)
        status = store_run(s, store_statement(s, "BEGIN IMMEDIATE"), "beginning to write", e);
    s->writing = status == LMOD_OK;
    if (status != LMOD_OK)
        return status;
    store_signal_hold(s, true);
    s->dl = 0;
    s->gen_new = 0;
    store_signal_check(s);
    return LMOD_OK;
}

void store_roll_back(struct store *s)
{
    (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->broken |= !sqlite3_get_autocommit(s->db);
}

/* Somebody may have committed behind us and written the file before us: the last to write looks again. */
static void tell_gen(struct store *s)
{
    uint64_t told, now = s->gen_new;
    do {
        told = now;
        store_signal_write(s, told);
    } while (store_gen_now(s, &now, NULL) == LMOD_OK && now > told);
}

int store_end(struct store *s, int status, bool signal, struct error *e)
{
    for (size_t i = 0; i < s->statements; i++)
        (void)sqlite3_reset(s->statement[i].stmt);
    if (status == LMOD_OK &&
        (status = store_run(s, store_statement(s, "COMMIT"), "committing", e)) != LMOD_OK)
        s->gen_due = 0; /* it may turn out to have happened */
    if (!sqlite3_get_autocommit(s->db))
        store_roll_back(s);
    store_signal_hold(s, false);
    if (status == LMOD_OK)
        s->recording.count = 0;
    if (status == LMOD_OK && signal && s->gen_new)
        tell_gen(s);
    s->writing = false;
    return status;
}

int store_gen_now(struct store *s, uint64_t *gen, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, "SELECT v FROM meta WHERE k = 'gen'");
    int rc = store_step(s, stmt, "reading its gen", e);
    *gen = rc == STORE_ROW ? column_u64(stmt, 0) : 0;
    if (rc == STORE_ROW)
        (void)sqlite3_reset(stmt);
    return rc < 0 ? rc : LMOD_OK;
}

int store_gen_next(struct store *s, uint64_t *gen, struct error *e)
{
    int status = store_run(s, store_statement(s, "UPDATE meta SET v = v + 1 WHERE k = 'gen'"),
                           "counting its gen", e);
    if (status == LMOD_OK)
        status = store_gen_now(s, gen, e);
    if (status == LMOD_OK)
        s->gen_new = *gen;
    return status;
}
