/* Local and allow entries: the signals of a content that join or leave a list, by a decision or by
 * hand. */
#include "store/decide.h"

#include <string.h>

enum { TEXT_KEY_BYTES = 32, KEY_MAX = 512 };

/* ---- the signals of a content ---- */

static void
add(struct signals *g, const char *sig, uint8_t *to, struct store_text from, size_t size)
{
    if (from.size != size)
        return;
    memcpy(to, from.at, size);
    g->row[g->n++] = (struct store_signal_row){sig, to, size};
}

static void read_media(struct signals *g, sqlite3_stmt *stmt)
{
    add(g, "sha256", g->sha256, column_bytes(stmt, 1), sizeof(g->sha256));
    if (column_u64(stmt, 5) >= PDQ_QUALITY)
        add(g, "pdq", g->pdq, column_bytes(stmt, 4), sizeof(g->pdq));
    g->join = g->allow = g->n;
    add(g, "sha1", g->sha1, column_bytes(stmt, 2), sizeof(g->sha1));
    add(g, "md5", g->md5, column_bytes(stmt, 3), sizeof(g->md5));
}

/* A text is known by the digest of its content key, and what is like it by its sketch. Only the text itself is
 * allowed. */
static void read_text(struct signals *g, const char *ck, struct store_text hashes)
{
    if (strncmp(ck, "h1:", 3) != 0 || !hex_read(ck + 3, strlen(ck + 3), g->sha256, TEXT_KEY_BYTES))
        return;
    g->row[0] = (struct store_signal_row){"text", g->sha256, TEXT_KEY_BYTES};
    g->join = g->n = g->allow = 1;
    add(g, "text", g->sketch, hashes, SKETCH_BYTES);
    g->join = g->n;
}

int signals_read(struct store *s, const char *ck, struct signals *out, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "SELECT kind, sha256, sha1, md5, pdq, quality, hashes FROM content WHERE ck = ?1");
    memset(out, 0, sizeof(*out));
    bind_text(stmt, 1, ck);
    int rc = store_step(s, stmt, "reading contents", e);
    if (rc != STORE_ROW)
        return rc;
    const char *kind = column_text(stmt, 0);
    if (kind && strcmp(kind, "text") == 0)
        read_text(out, ck, column_bytes(stmt, 6));
    else
        read_media(out, stmt);
    (void)sqlite3_reset(stmt);
    return STORE_ROW;
}

/* ---- joining and leaving ---- */

static int join_one(struct store *s,
                    const struct deciding *w,
                    const char *list,
                    const struct store_signal_row *r,
                    struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "INSERT INTO entry(list, sig, value, harm, status, decision, gen)"
           " VALUES(?1,?2,?3,?4,'active',?5,?6) ON CONFLICT(list, sig, value) DO UPDATE SET"
           " status = 'active', harm = excluded.harm, action = NULL,"
           " decision = excluded.decision, gen = excluded.gen WHERE status <> 'active'");
    bind_text(stmt, 1, list);
    bind_text(stmt, 2, r->sig);
    bind_blob(stmt, 3, r->value, r->size);
    bind_text(stmt, 4, w->target.harm[0] ? w->target.harm : NULL);
    bind_text(stmt, 5, w->d->id);
    bind_u64(stmt, 6, w->gen);
    return store_run(s, stmt, "writing entries", e);
}

static int leave_one(struct store *s,
                     const struct deciding *w,
                     const char *list,
                     const struct store_signal_row *r,
                     struct error *e)
{
    sqlite3_stmt *stmt =
        store_statement(s, "UPDATE entry SET status = 'withdrawn', gen = ?4"
                           " WHERE list = ?1 AND sig = ?2 AND value = ?3 AND status = 'active'");
    bind_text(stmt, 1, list);
    bind_text(stmt, 2, r->sig);
    bind_blob(stmt, 3, r->value, r->size);
    bind_u64(stmt, 4, w->gen);
    return store_run(s, stmt, "writing entries", e);
}

static int leave_all(struct store *s,
                     const struct deciding *w,
                     const char *list,
                     const struct store_signal_row *r,
                     size_t n,
                     uint32_t *changed,
                     struct error *e)
{
    int status = LMOD_OK;
    for (size_t i = 0; i < n && status == LMOD_OK; i++) {
        status = leave_one(s, w, list, &r[i], e);
        if (status == LMOD_OK)
            *changed += (uint32_t)sqlite3_changes(s->db);
    }
    return status;
}

static int join_all(struct store *s,
                    struct deciding *w,
                    const char *list,
                    const struct store_signal_row *r,
                    size_t n,
                    uint32_t *changed,
                    struct error *e)
{
    int status = LMOD_OK;
    for (size_t i = 0; i < n && status == LMOD_OK; i++) {
        status = join_one(s, w, list, &r[i], e);
        if (status == LMOD_OK)
            *changed += (uint32_t)sqlite3_changes(s->db);
    }
    w->counted = true;
    w->allow = strcmp(list, "allow") == 0;
    return status;
}

int signals_join(struct store *s, struct deciding *w, const char *list, struct error *e)
{
    const struct signals *g = &w->target.signals;
    size_t n = strcmp(list, "allow") == 0 ? g->allow : g->join;
    int status = join_all(s, w, list, g->row, n, &w->out->entries, e);
    if (status == LMOD_OK && !w->allow)
        status = leave_all(s, w, "allow", g->row, g->n, &w->out->entries, e);
    return status;
}

int signals_leave(struct store *s, struct deciding *w, const char *list, struct error *e)
{
    const struct signals *g = &w->target.signals;
    return leave_all(s, w, list, g->row, g->n, &w->out->entries, e);
}

/* ---- by hand ---- */

static size_t size_of(const char *sig)
{
    static const struct {
        const char *sig;
        size_t size;
    } sizes[] = {
        {"md5", MD5_BYTES}, {"sha1", SHA1_BYTES},   {"sha256", SHA256_BYTES},
        {"pdq", PDQ_BYTES}, {"link", SHA256_BYTES}, {"text", TEXT_KEY_BYTES},
    };
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        if (strcmp(sizes[i].sig, sig) == 0)
            return sizes[i].size;
    return 0;
}

static int
check_row(const char *list, bool adding, const struct store_signal_row *r, struct error *e)
{
    bool digest = r->sig && (strcmp(r->sig, "md5") == 0 || strcmp(r->sig, "sha1") == 0);
    if (!r->sig || !r->value)
        return error_set(e, LMOD_E_ARGUMENT, "an entry needs a signal and a value");
    if (strcmp(list, "brake") == 0)
        return strcmp(r->sig, "key") == 0 && r->size && r->size <= KEY_MAX
                   ? LMOD_OK
                   : error_set(e, LMOD_E_ARGUMENT, "list brake has keys: SOURCE/ENTRY");
    struct sketch like;
    if (adding && strcmp(r->sig, "text") == 0 && r->size == SKETCH_BYTES) {
        if (strcmp(list, "allow") == 0 || !sketch_read(&like, r->value))
            return error_set(e, LMOD_E_ARGUMENT, "only the text itself is allowed");
        return LMOD_OK;
    }
    if (!adding && strcmp(r->sig, "text") == 0 && r->size == SKETCH_BYTES)
        return LMOD_OK;
    if (r->size == 0 || r->size != size_of(r->sig))
        return error_set(e, LMOD_E_ARGUMENT, "\"%s\" of %zu bytes is no signal", r->sig, r->size);
    if (adding && digest && strcmp(list, "allow") == 0)
        return error_set(e, LMOD_E_STATE,
                         "%s is too weak to allow by: another file can be made to have the same; "
                         "add its sha256",
                         r->sig);
    return LMOD_OK;
}

static int check_rows(const struct deciding *w, bool adding, struct error *e)
{
    bool brake = strcmp(w->list, "brake") == 0;
    if (strcmp(w->list, "local") != 0 && strcmp(w->list, "allow") != 0 && !brake)
        return error_set(e, LMOD_E_ARGUMENT, "there is no list \"%s\" to change: local, allow%s",
                         w->list, adding ? "" : ", brake");
    if (brake && adding)
        return error_set(e, LMOD_E_ARGUMENT, "list brake can only be withdrawn from");
    int status = w->n ? LMOD_OK : error_set(e, LMOD_E_ARGUMENT, "no entry is given");
    for (size_t i = 0; i < w->n && status == LMOD_OK; i++)
        status = check_row(w->list, adding, &w->row[i], e);
    return status;
}

static int add_rows(struct store *s, struct deciding *w, struct error *e)
{
    uint32_t left = 0;
    int status = deciding_keep(s, w, "add_to_list", "content", e);
    if (status == LMOD_OK)
        status = join_all(s, w, w->list, w->row, w->n, &w->out->entries, e);
    if (status == LMOD_OK && !w->allow) /* which would win; not what was asked: not counted */
        status = leave_all(s, w, "allow", w->row, w->n, &left, e);
    return status;
}

static int withdraw_rows(struct store *s, struct deciding *w, struct error *e)
{
    int status = deciding_keep(s, w, "withdraw", "content", e);
    if (status == LMOD_OK)
        status = leave_all(s, w, w->list, w->row, w->n, &w->out->entries, e);
    for (size_t i = 0; i < w->n && status == LMOD_OK && strcmp(w->list, "brake") == 0; i++)
        status = brake_forget(s, w->row[i].value, w->row[i].size, e);
    return status;
}

int store_list_add(struct store *s,
                   const char *list,
                   const struct store_signal_row *row,
                   size_t n,
                   const struct decision *d,
                   uint64_t dl,
                   struct store_decided *out,
                   struct error *e)
{
    struct deciding w = {.d = d, .out = out, .list = list, .row = row, .n = n};
    memset(out, 0, sizeof(*out));
    int status = check_rows(&w, true, e);
    return status == LMOD_OK ? deciding_run(s, &w, add_rows, dl, e) : status;
}

int store_list_withdraw(struct store *s,
                        const char *list,
                        const struct store_signal_row *row,
                        size_t n,
                        const struct decision *d,
                        uint64_t dl,
                        struct store_decided *out,
                        struct error *e)
{
    struct deciding w = {.d = d, .out = out, .list = list, .row = row, .n = n};
    memset(out, 0, sizeof(*out));
    int status = check_rows(&w, false, e);
    return status == LMOD_OK ? deciding_run(s, &w, withdraw_rows, dl, e) : status;
}
