/* One row of a scan, inside a transaction: content, item, event, and what hits too often. */
#include "store/internal.h"

#include <stdio.h>
#include <string.h>

static int put_content(struct store *s, const struct store_content *c, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(
        s, "INSERT INTO content(ck, kind, mime, bytes, w, h, sha256, sha1, md5, pdq, quality,"
           " cluster, first, last, gen, verdict, hashes)"
           " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?13,?14,?15,?16)"
           " ON CONFLICT(ck) DO UPDATE SET mime = coalesce(excluded.mime, mime),"
           " bytes = coalesce(excluded.bytes, bytes), w = coalesce(excluded.w, w),"
           " h = coalesce(excluded.h, h), sha256 = coalesce(excluded.sha256, sha256),"
           " sha1 = coalesce(excluded.sha1, sha1), md5 = coalesce(excluded.md5, md5),"
           " pdq = coalesce(excluded.pdq, pdq), quality = coalesce(excluded.quality, quality),"
           " cluster = excluded.cluster, last = max(last, excluded.last),"
           " gen = iif(excluded.verdict IS NULL, gen, excluded.gen),"
           " verdict = coalesce(excluded.verdict, verdict),"
           " hashes = coalesce(excluded.hashes, hashes)");
    bind_text(stmt, 1, c->ck);
    bind_text(stmt, 2, term_name(content_kind_terms, c->kind));
    bind_text(stmt, 3, c->mime);
    bind_known(stmt, 4, c->bytes);
    bind_known(stmt, 5, c->width);
    bind_known(stmt, 6, c->height);
    bind_blob(stmt, 7, c->sha256, SHA256_BYTES);
    bind_blob(stmt, 8, c->sha1, SHA1_BYTES);
    bind_blob(stmt, 9, c->md5, MD5_BYTES);
    bind_blob(stmt, 10, c->pdq, PDQ_BYTES);
    if (c->pdq)
        bind_u64(stmt, 11, c->quality);
    bind_text(stmt, 12, c->cluster ? c->cluster : c->ck);
    bind_u64(stmt, 13, c->at);
    bind_u64(stmt, 14, c->gen);
    bind_bytes(stmt, 15, c->verdict);
    bind_blob(stmt, 16, c->hashes.at, c->hashes.size);
    return store_run(s, stmt, "keeping a content", e);
}

static int put_item(struct store *s, const struct put *p, uint64_t *id, struct error *e)
{
    const struct store_item *i = &p->item;
    sqlite3_stmt *stmt = store_statement(
        s,
        "INSERT INTO item(host, ref, surface, room, sender, ck, at)"
        " VALUES(coalesce(?1, ''),?2,?3,?4,?5,coalesce(?6, ''),?7)"
        " ON CONFLICT(host, ref, ck) DO UPDATE SET surface = coalesce(excluded.surface, surface),"
        " room = coalesce(excluded.room, room), sender = coalesce(excluded.sender, sender),"
        " at = max(at, excluded.at) RETURNING id");
    bind_bytes(stmt, 1, i->host);
    if (i->ref.size)
        bind_bytes(stmt, 2, i->ref);
    bind_known(stmt, 3, i->surface);
    if (i->room.size)
        bind_bytes(stmt, 4, i->room);
    if (i->sender.size)
        bind_bytes(stmt, 5, i->sender);
    bind_text(stmt, 6, p->row.content ? p->content.ck : NULL);
    bind_u64(stmt, 7, i->at);
    int rc = store_step(s, stmt, "keeping an item", e);
    if (rc < 0)
        return rc;
    *id = column_u64(stmt, 0);
    return store_run(s, stmt, "keeping an item", e); /* to its end */
}

/* The event that is there with this dedupe or id, if any, into p->done. */
static int find_twin(struct store *s, struct put *p, bool *found, struct error *e)
{
    sqlite3_stmt *stmt = store_statement(s, "SELECT id FROM event WHERE id = ?1 UNION ALL"
                                            " SELECT id FROM event WHERE dedupe = ?2 LIMIT 1");
    bind_text(stmt, 1, p->event.id);
    bind_blob(stmt, 2, p->event.dedupe, SHA256_BYTES);
    int rc = store_step(s, stmt, "looking for the same event", e);
    *found = rc == STORE_ROW;
    if (*found) {
        (void)snprintf(p->done.event, sizeof(p->done.event), "%s", column_text(stmt, 0));
        (void)sqlite3_reset(stmt);
    }
    return rc < 0 ? rc : LMOD_OK;
}

static int put_event(struct store *s, struct put *p, uint64_t item, struct error *e)
{
    const struct store_event *ev = &p->event;
    sqlite3_stmt *stmt =
        store_statement(s, "INSERT INTO event(id, dedupe, type, prio, deadline, at, ck, item, body)"
                           " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)");
    bind_text(stmt, 1, ev->id);
    bind_blob(stmt, 2, ev->dedupe, SHA256_BYTES);
    bind_text(stmt, 3, ev->type);
    bind_u64(stmt, 4, ev->prio);
    bind_known(stmt, 5, ev->deadline);
    bind_u64(stmt, 6, ev->at);
    bind_text(stmt, 7, p->row.content ? p->content.ck : NULL);
    bind_known(stmt, 8, item);
    bind_bytes(stmt, 9, ev->body);
    int status = store_run(s, stmt, "recording an event", e);
    if (status != LMOD_OK)
        return status;
    p->done.fresh = true;
    (void)snprintf(p->done.event, sizeof(p->done.event), "%s", ev->id);
    return LMOD_OK;
}

static int refuse(struct store *s, struct put *p)
{
    p->done.refused = true;
    return error_at(&p->error, LMOD_E_STORE, s->path, 0, 0,
                    "its quota is used up; decide what waits in the queue, or raise events.quota");
}

static int put_parts(struct store *s, struct put *p, bool fresh, struct error *e)
{
    uint64_t item = 0;
    int status = LMOD_OK;
    if (p->row.content)
        status = put_content(s, &p->content, e);
    if (status == LMOD_OK && p->row.item && (p->item.ref.size || fresh))
        status = put_item(s, p, &item, e);
    if (status == LMOD_OK && fresh)
        status = put_event(s, p, item, e);
    if (status == LMOD_OK && p->row.event && p->row.content)
        status = brake_count(s, p, e);
    return status;
}

bool put_is_whole(const struct store_row *r)
{
    return (!r->content || r->content->ck) && (!r->event || (r->event->id && r->event->type));
}

int put_row(struct store *s, struct put *p, uint64_t used, struct error *e)
{
    bool twin = false;
    p->done = (struct store_done){.fresh = false};
    p->status = p->row.event ? find_twin(s, p, &twin, e) : LMOD_OK;
    if (p->status == LMOD_OK && !twin && quota_refuses(s, p->row.event, used)) {
        p->status = refuse(s, p);
        return LMOD_OK;
    }
    if (p->status == LMOD_OK)
        p->status = put_parts(s, p, p->row.event && !twin, e);
    return p->status;
}

int store_count(
    struct store *s, const struct store_count *c, size_t n, uint64_t dl, struct error *e)
{
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    status = store_begin(s, false, dl, e);
    if (status == LMOD_OK) {
        for (size_t i = 0; i < n && status == LMOD_OK; i++) {
            sqlite3_stmt *stmt =
                store_statement(s, "INSERT INTO counter VALUES(?1, ?2)"
                                   " ON CONFLICT(k) DO UPDATE SET n = n + excluded.n");
            bind_text(stmt, 1, c[i].key);
            bind_u64(stmt, 2, c[i].n);
            status = store_run(s, stmt, "counting", e);
        }
        status = store_end(s, status, false, e);
    }
    store_leave(s);
    return status;
}
