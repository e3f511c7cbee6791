/* What the tests of decisions share: events to decide, decisions, and looking at what became of them. */
#ifndef STORE_DESK_H
#define STORE_DESK_H

#include "kit.h"

#define T0 UINT64_C(1700000000000) /* when the events were, ms */

/* Event `n` of content `n` at T0 + n, for changing before it is put. */
static inline void desk_row(struct kit_row *k, uint64_t n)
{
    kit_row(k, n);
    k->content.cluster = NULL;
    k->content.at = k->item.at = k->event.at = T0 + n;
    (void)snprintf(k->body, sizeof(k->body), "{\"queue\":{\"harm\":\"m.adult.ncii\"},\"n\":%llu}",
                   (unsigned long long)n);
    k->event.body = text_of(k->body);
}

static inline bool desk_put(struct store *s, const struct kit_row *k)
{
    struct store_done done;
    struct error e = {0};
    int status = store_put(s, &k->row, 0, &done, &e);
    if (status != LMOD_OK)
        printf("# put: %s\n", e.text);
    return status == LMOD_OK && (done.fresh || !k->row.event);
}

static inline bool desk_event(struct store *s, uint64_t n)
{
    struct kit_row k;
    desk_row(&k, n);
    return desk_put(s, &k);
}

/* A text of its own. */
static inline void desk_text(struct kit_row *k, uint64_t n)
{
    desk_row(k, n);
    k->content.kind = CONTENT_TEXT;
    k->content.sha256 = k->content.sha1 = k->content.md5 = k->content.pdq = NULL;
    k->content.quality = 0;
}

/* The same content as `n` has. */
static inline void desk_like(struct kit_row *k, uint64_t n)
{
    struct kit_row other;
    kit_row(&other, n);
    memcpy(k->ck, other.ck, sizeof(k->ck));
    memcpy(k->sha256, other.sha256, sizeof(k->sha256));
    memcpy(k->sha1, other.sha1, sizeof(k->sha1));
    memcpy(k->md5, other.md5, sizeof(k->md5));
    memcpy(k->pdq, other.pdq, sizeof(k->pdq));
}

/* Decision `n` on event `event` (0: none), a day after T0. */
static inline struct decision desk_decision(uint64_t n, uint64_t event, enum decision_action action)
{
    struct decision d = {.action = action,
                         .scope = SCOPE_ITEM,
                         .reason = "house rules",
                         .reviewer = "reviewer-7",
                         .src = "modctl",
                         .at = T0 + DAY + n};
    (void)snprintf(d.id, sizeof(d.id), "0198dddd-0000-7000-8000-%012llx",
                   (unsigned long long)n & 0xffffffffffffULL);
    if (event)
        kit_id(d.event, event);
    return d;
}

static inline int
desk_decide(struct store *s, uint64_t n, uint64_t event, enum decision_action action)
{
    struct decision d = desk_decision(n, event, action);
    struct store_decided out;
    struct error e = {0};
    int status = store_decide(s, &d, 0, &out, &e);
    if (status != LMOD_OK && status != LMOD_E_STATE)
        printf("# decide: %d: %s\n", status, e.text);
    return status;
}

static inline int desk_undo(struct store *s, uint64_t n, uint64_t event)
{
    struct decision d = desk_decision(n, event, 0);
    struct store_decided out;
    return store_undo(s, &d, 0, &out, NULL);
}

/* Active rows of a list. */
static inline int64_t desk_active(const struct tempdir *dir, const char *list)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql),
                   "SELECT count(*) FROM entry WHERE list = '%s' AND status = 'active'", list);
    return ask_file(dir, sql);
}

/* The last decision about an event; empty: it is open, "?": no such event. */
struct desk_state {
    char action[16], decision[STORE_ID], scope[16], reviewer[32];
    uint64_t count, rows;
};

static inline int desk_note(void *user, const struct store_listed *row)
{
    struct desk_state *d = user;
    d->rows++;
    d->count = row->count;
    (void)snprintf(d->action, sizeof(d->action), "%s", row->action ? row->action : "");
    (void)snprintf(d->decision, sizeof(d->decision), "%s", row->decision ? row->decision : "");
    (void)snprintf(d->scope, sizeof(d->scope), "%s", row->scope ? row->scope : "");
    (void)snprintf(d->reviewer, sizeof(d->reviewer), "%s", row->reviewer ? row->reviewer : "");
    return LMOD_OK;
}

static inline struct desk_state desk_look(struct store *s, uint64_t event)
{
    char id[STORE_ID];
    struct desk_state d = {.action = "?"};
    kit_id(id, event);
    struct store_filter f = {.id = id};
    (void)store_list(s, &f, 0, desk_note, &d, NULL);
    return d;
}

#endif
