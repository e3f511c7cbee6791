/*
 * The group commit. Of the threads that put something at once one leads: it commits for all that
 * stand in the queue, one fsync for all of them, and hands the lead to the first that came too late.
 * So a leader serves one batch, and a row waits for two commits at most.
 */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- copying a row: its owner may leave before it is written ---- */

/* Measures when `at` is NULL, copies otherwise. */
struct packing {
    char *at;
    size_t size;
};

static const void *pack(struct packing *p, const void *bytes, size_t size)
{
    char *to = p->at;
    p->size += size;
    if (!to || !bytes)
        return NULL;
    memcpy(to, bytes, size);
    p->at += size;
    return to;
}

static void pack_string(struct packing *p, const char **text)
{
    if (*text)
        *text = pack(p, *text, strlen(*text) + 1);
}

static void pack_text(struct packing *p, struct store_text *t)
{
    if (t->at)
        t->at = pack(p, t->at, t->size);
}

static void pack_blob(struct packing *p, const uint8_t **bytes, size_t size)
{
    if (*bytes)
        *bytes = pack(p, *bytes, size);
}

static void pack_row(struct packing *p, struct put *put)
{
    struct store_content *c = &put->content;
    pack_string(p, &c->ck);
    pack_string(p, &c->mime);
    pack_string(p, &c->cluster);
    pack_blob(p, &c->sha256, SHA256_BYTES);
    pack_blob(p, &c->sha1, SHA1_BYTES);
    pack_blob(p, &c->md5, MD5_BYTES);
    pack_blob(p, &c->pdq, PDQ_BYTES);
    pack_text(p, &c->verdict);
    pack_text(p, &c->hashes);
    pack_text(p, &put->item.host);
    pack_text(p, &put->item.ref);
    pack_text(p, &put->item.room);
    pack_text(p, &put->item.sender);
    pack_string(p, &put->event.id);
    pack_string(p, &put->event.type);
    pack_blob(p, &put->event.dedupe, SHA256_BYTES);
    pack_text(p, &put->event.body);
    for (size_t i = 0; i < put->row.brake_count; i++)
        pack_string(p, &put->brake[i]);
}

static void point_at_parts(struct put *put, const struct store_row *r)
{
    put->row = *r;
    if (r->content)
        put->content = *r->content;
    if (r->item)
        put->item = *r->item;
    if (r->event)
        put->event = *r->event;
    if (put->row.brake_count > STORE_BRAKES)
        put->row.brake_count = STORE_BRAKES;
    for (size_t i = 0; i < put->row.brake_count; i++)
        put->brake[i] = r->brake[i];
}

static struct put *put_new(const struct store_row *r)
{
    struct put draft = {0}, *put;
    struct packing p = {NULL, 0};
    point_at_parts(&draft, r);
    pack_row(&p, &draft);
    if (!(put = calloc(1, sizeof(*put) + p.size)))
        return NULL;
    point_at_parts(put, r);
    p = (struct packing){(char *)(put + 1), 0};
    pack_row(&p, put);
    put->row.content = r->content ? &put->content : NULL;
    put->row.item = r->item ? &put->item : NULL;
    put->row.event = r->event ? &put->event : NULL;
    put->row.brake = put->brake;
    return put;
}

/* ---- the queue, under `lock` ---- */

static void join(struct store *s, struct put *p)
{
    *s->last = p;
    s->last = &p->next;
    p->bell = s->next_bell++ % BELLS;
}

static void quit(struct store *s, struct put *p)
{
    struct put **at = &s->first;
    while (*at && *at != p)
        at = &(*at)->next;
    if (*at)
        *at = p->next;
    if (s->last == &p->next)
        s->last = at;
}

/* Who stands first leads next. */
static void hand_on(struct store *s)
{
    s->leading = s->first != NULL;
    if (!s->leading)
        return;
    s->first->lead = true;
    (void)pthread_cond_broadcast(&s->bell[s->first->bell]);
}

/* The rows of one commit leave the queue. `events` false: only up to the first with an event, for
 * which that commit would not be durable enough. */
static struct put *take_batch(struct store *s, bool events)
{
    struct put *batch = s->first, **end = &s->first;
    for (size_t n = 0; *end && n < BATCH_MAX && (events || !(*end)->row.event); n++) {
        (*end)->running = true;
        end = &(*end)->next;
    }
    if (end == &s->first)
        return NULL;
    s->first = *end;
    if (!s->first)
        s->last = &s->first;
    *end = NULL;
    return batch;
}

static bool any_event(struct store *s)
{
    bool found = false;
    (void)pthread_mutex_lock(&s->lock);
    size_t n = 0;
    for (const struct put *p = s->first; p && n < BATCH_MAX && !found; p = p->next, n++)
        found = p->row.event != NULL;
    (void)pthread_mutex_unlock(&s->lock);
    return found;
}

/* The bells to ring for a batch that is finished: when the lock is free again, so that nobody wakes up
 * only to wait for it. From then on its rows belong to their callers. */
static uint64_t finish(struct put *batch)
{
    uint64_t bells = 0;
    for (struct put *p = batch, *next; p; p = next) {
        next = p->next;
        p->finished = true;
        bells |= UINT64_C(1) << p->bell;
        if (p->abandoned)
            free(p);
    }
    return bells;
}

static void ring(struct store *s, uint64_t bells)
{
    for (size_t i = 0; i < BELLS; i++)
        if (bells & UINT64_C(1) << i)
            (void)pthread_cond_broadcast(&s->bell[i]);
}

void put_forget(struct store *s)
{
    for (struct put *p = s->first, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    s->first = NULL;
    s->last = &s->first;
    s->leading = false;
}

/* ---- leading ---- */

static void fail_batch(struct put *batch, int status, const struct error *e)
{
    for (struct put *p = batch; p; p = p->next) {
        p->status = status;
        p->error = *e;
        p->done = (struct store_done){.fresh = false};
    }
}

/* Inside a transaction, to its end; every row's status is set. */
static void write_batch(struct store *s, struct put *batch)
{
    struct error e = {0};
    bool signal = false;
    uint64_t used = 0;
    int status = quota_make_room(s, batch, &used, &e);
    for (struct put *p = batch; p && status == LMOD_OK; p = p->next) {
        status = put_row(s, p, used, &e);
        signal = signal || p->signal;
    }
    status = store_end(s, status, signal, &e);
    if (status != LMOD_OK)
        fail_batch(batch, status, &e);
}

/* In a transaction: one commit for the queue as it stands now. The rows are told before the turn is
 * given up, so that a fork finds each of them in the queue or finished. */
static void commit_queue(struct store *s, bool events)
{
    (void)pthread_mutex_lock(&s->lock);
    struct put *batch = take_batch(s, events);
    (void)pthread_mutex_unlock(&s->lock);
    write_batch(s, batch);
    (void)pthread_mutex_lock(&s->lock);
    uint64_t bells = finish(batch);
    (void)pthread_mutex_unlock(&s->lock);
    ring(s, bells);
}

/* The store fails: so does everybody in the queue, who would find the same one after the other. */
static void fail_queue(struct store *s, int status, const struct error *e)
{
    (void)pthread_mutex_lock(&s->lock);
    struct put *batch = take_batch(s, true);
    fail_batch(batch, status, e);
    uint64_t bells = finish(batch);
    (void)pthread_mutex_unlock(&s->lock);
    ring(s, bells);
}

/* Not LMOD_OK and the leader's row not finished: its deadline has passed, the others stay. */
static int lead(struct store *s, uint64_t dl, struct error *e)
{
    int status = store_enter(s, dl, e);
    bool entered = status == LMOD_OK, events = any_event(s);
    if (entered)
        status = store_begin(s, events, dl, e);
    if (status == LMOD_OK)
        commit_queue(s, events);
    else if (status == LMOD_E_STORE || status == LMOD_E_STATE)
        fail_queue(s, status, e);
    if (entered)
        store_leave(s);
    return status;
}

/* Under `lock`: until it is finished, leads, or `dl` passes. */
static void wait_for_it(struct store *s, struct put *p, uint64_t dl)
{
    bool on_time = true;
    while (!p->finished && !p->lead && on_time)
        on_time = store_wait(s, &s->bell[p->bell], dl);
}

/* The way through the queue. True: finished, and the caller's again. False: `status` and `e` say why
 * not, and the row is nobody's to touch. */
static bool go_through(struct store *s, struct put *p, uint64_t dl, int *status, struct error *e)
{
    *status = error_at(e, LMOD_E_TIMEOUT, s->path, 0, 0, "the deadline passed before its turn");
    (void)pthread_mutex_lock(&s->lock);
    join(s, p);
    if (s->leading)
        wait_for_it(s, p, dl);
    else
        s->leading = p->lead = true;
    bool leads = p->lead && !p->finished;
    if (leads) {
        (void)pthread_mutex_unlock(&s->lock);
        *status = lead(s, dl, e);
        (void)pthread_mutex_lock(&s->lock);
    }
    bool finished = p->finished;
    p->abandoned = !finished; /* when it is being written, its leader frees it */
    if (!finished && !p->running) {
        quit(s, p);
        free(p);
    }
    if (leads)
        hand_on(s);
    (void)pthread_mutex_unlock(&s->lock);
    return finished;
}

int store_put(struct store *s,
              const struct store_row *r,
              uint64_t dl,
              struct store_done *out,
              struct error *e)
{
    struct error own;
    *out = (struct store_done){.fresh = false};
    int status = store_own(s, e);
    if (status != LMOD_OK)
        return status;
    if (!put_is_whole(r))
        return error_set(e, LMOD_E_INTERNAL, "a row without its content key, event id or type");
    struct put *p = put_new(r);
    if (!p)
        return error_memory(e);
    if (go_through(s, p, dl, &status, &own)) {
        status = p->status;
        own = p->error;
        *out = p->done;
        free(p);
    }
    if (status != LMOD_OK && e)
        *e = own;
    return status;
}
