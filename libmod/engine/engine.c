/* The engine: open, close, reload, poll, fork. */
#include "engine/internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmod/config.h>
#include <libmod/engine.h>

#include "engine/crowd.h"
#include "engine/live.h"
#include "engine/lookup.h"
#include "engine/record.h"

enum { POLL_MS = 50 }; /* what a poll lends to the store */

/* ---- all engines of this process, for the fork handlers ---- */

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t all_once = PTHREAD_ONCE_INIT;
static struct engine *all;

static void before_fork(void)
{
    (void)pthread_mutex_lock(&all_lock);
    for (struct engine *e = all; e; e = e->next) {
        crowd_fork(e->crowd, FORK_PREPARE); /* first: who has it may wait for the store */
        store_fork(e->store, FORK_PREPARE); /* it may wait for a commit */
        (void)pthread_mutex_lock(&e->lock);
        if (e->media)
            media_fork(e->media, FORK_PREPARE);
    }
}

/* Locks that a thread of the parent may hold while it waits: there is no such thread in the child. */
static void renew_locks(struct engine *e)
{
    (void)pthread_mutex_init(&e->reload_lock, NULL);
    (void)pthread_mutex_init(&e->live_lock, NULL);
    (void)pthread_mutex_init(&e->told_lock, NULL);
}

static void after_fork(enum fork_phase phase)
{
    for (struct engine *e = all; e; e = e->next) {
        if (e->media)
            media_fork(e->media, phase);
        (void)pthread_mutex_unlock(&e->lock);
        store_fork(e->store, phase);
        crowd_fork(e->crowd, phase);
        if (phase == FORK_CHILD) {
            e->pid = getpid();
            /* The parent goes on counting, and tells, its own. */
            memset(&e->counters, 0, sizeof(e->counters));
            memset(e->told, 0, sizeof(e->told));
            e->gap = (struct gap){0};
            renew_locks(e);
        }
    }
    (void)pthread_mutex_unlock(&all_lock);
}

static void after_fork_parent(void)
{
    after_fork(FORK_PARENT);
}

static void after_fork_child(void)
{
    after_fork(FORK_CHILD);
}

static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

static void all_add(struct engine *e)
{
    (void)pthread_once(&all_once, watch_forks);
    (void)pthread_mutex_lock(&all_lock);
    e->next = all;
    all = e;
    (void)pthread_mutex_unlock(&all_lock);
}

static void all_remove(struct engine *e)
{
    (void)pthread_mutex_lock(&all_lock);
    for (struct engine **at = &all; *at; at = &(*at)->next)
        if (*at == e) {
            *at = e->next;
            break;
        }
    (void)pthread_mutex_unlock(&all_lock);
}

int engine_own_process(const struct engine *e, struct error *err)
{
    if (e->pid == getpid())
        return LMOD_OK;
    return error_set(err, LMOD_E_FORKED,
                     "this process was copied without fork handlers: open a new engine");
}

/* ---- small helpers ---- */

void engine_say(const struct engine *e, uint32_t level, const char *format, ...)
{
    char text[1024];
    if (!e->log)
        return;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if (*c == '\n')
            *c = ' ';
    e->log(e->log_user, level, text);
}

void engine_store_state(struct engine *e, int status, const struct error *why)
{
    (void)pthread_mutex_lock(&e->lock);
    int before = e->store_error.status;
    if (status == LMOD_OK)
        e->store_error.status = LMOD_OK;
    else
        e->store_error = *why;
    (void)pthread_mutex_unlock(&e->lock);
    if (status != LMOD_OK && before == LMOD_OK)
        engine_say(e, LMOD_LOG_ERROR, "events are not recorded: %s", why->text);
    else if (status == LMOD_OK && before != LMOD_OK)
        engine_say(e, LMOD_LOG_WARNING, "events are recorded again");
}

struct snapshot *engine_snapshot(struct engine *e)
{
    (void)pthread_mutex_lock(&e->lock);
    struct snapshot *s = e->snapshot;
    atomic_fetch_add(&s->refs, 1);
    (void)pthread_mutex_unlock(&e->lock);
    return s;
}

struct media *engine_pool(struct engine *e)
{
    (void)pthread_mutex_lock(&e->lock);
    struct media *m = e->media;
    (void)pthread_mutex_unlock(&e->lock);
    return m;
}

struct media *engine_media_pool(struct engine *e, char *why, size_t size)
{
    (void)pthread_mutex_lock(&e->lock);
    struct media *m = e->media;
    if (!m)
        error_render(&e->media_error, why, size);
    (void)pthread_mutex_unlock(&e->lock);
    return m;
}

/* Opens the worker's executable when that has not worked yet. A missing one is no failure: media
 * scans say so. */
static void find_worker(struct engine *e)
{
    const struct config *c = e->config;
    const struct media_options options = {
        .worker = c->media.worker,
        .workers = c->media.workers,
        .sandbox = c->media.sandbox,
        .formats = c->media.formats,
        .max_bytes = c->media.max_bytes,
        .max_pixels = c->media.max_pixels,
        .wall_ms = c->media.wall_ms,
        .frames = c->media.frames,
    };
    struct media *m = NULL;
    struct error why = {0};
    if (engine_pool(e))
        return;
    if (media_open(&m, &options, &why) != LMOD_OK)
        engine_say(e, LMOD_LOG_ERROR, "%s; pictures are not looked at", why.text);
    (void)pthread_mutex_lock(&e->lock);
    e->media = m;
    e->media_error = why;
    (void)pthread_mutex_unlock(&e->lock);
}

/* Tells the log about every list that is not in force. */
static void report_lists(const struct engine *e, const struct snapshot *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (!s->slot[i].loaded)
            engine_say(e, LMOD_LOG_ERROR, "list %s is not loaded: %s", s->slot[i].name,
                       s->slot[i].why);
}

static void record_lists(struct engine *e, const struct snapshot *s)
{
    for (size_t i = 0; i < s->count; i++)
        record_list(e, s, &s->slot[i], s->slot[i].loaded ? "loaded" : "refused", NULL);
}

/* How the files of a snapshot look, or looked when it was loaded; NULL: out of memory. */
static struct file_mark *marks_now(const struct snapshot *s)
{
    struct file_mark *marks = array_new(snapshot_files(s) + 1, sizeof(*marks));
    for (size_t i = 0; marks && i < snapshot_files(s); i++)
        marks[i] = snapshot_mark_now(s, i);
    return marks;
}

static struct file_mark *marks_loaded(const struct snapshot *s)
{
    struct file_mark *marks = array_new(snapshot_files(s) + 1, sizeof(*marks));
    for (size_t i = 0; marks && i < snapshot_files(s); i++)
        marks[i] = snapshot_mark(s, i);
    return marks;
}

/* ---- open and close ---- */

/* The store of an engine connects when it is first needed. */
static int open_store(struct engine *e, struct error *err)
{
    const struct store_options o = {
        .dir = e->config->state_dir,
        .quota = e->config->events.quota,
        .keep_ms = e->config->events.keep_ms,
        .sync_full = e->config->events.sync == SYNC_FULL,
    };
    e->live = live_new();
    e->cache = cache_new();
    e->crowd = crowd_new();
    if (!e->live || !e->cache || !e->crowd)
        return error_memory(err);
    return store_open(&e->store, &o, err);
}

static int begin(struct engine *e, struct error *err)
{
    const struct config *c = e->config;
    int status = open_store(e, err);
    if (status == LMOD_OK)
        status = snapshot_load(&e->snapshot, c, NULL, err);
    if (status != LMOD_OK)
        return status;
    e->seen = marks_loaded(e->snapshot);
    return e->seen ? LMOD_OK : error_memory(err);
}

/* What was decided before is in force from the first scan on; a store that nobody wrote yet is not
 * made for that. */
static void read_decisions(struct engine *e)
{
    bool stale;
    char *path = path_join(e->config->state_dir, "store.db");
    if (!path || access(path, F_OK) == 0 || errno != ENOENT)
        live_free(live_get(e, true, &stale));
    free(path);
}

int engine_open(struct engine **out,
                const struct config *c,
                uint32_t flags,
                engine_log_fn log,
                void *user,
                struct error *err)
{
    *out = NULL;
    struct engine *e = calloc(1, sizeof(*e));
    if (!e)
        return error_memory(err);
    (void)pthread_mutex_init(&e->lock, NULL);
    renew_locks(e);
    e->flags = flags;
    e->config = config_share(c);
    e->log = log;
    e->log_user = user;
    e->pid = getpid();
    e->opened_ns = time_now_ns();
    int status = begin(e, err);
    if (status != LMOD_OK) {
        engine_close(e);
        return status;
    }
    find_worker(e);
    report_lists(e, e->snapshot);
    read_decisions(e);
    record_lists(e, e->snapshot);
    all_add(e);
    *out = e;
    return LMOD_OK;
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    if (e->pid == getpid()) { /* a copy that no fork handler knew of may have any lock taken */
        all_remove(e);
        if (e->store && e->snapshot)
            record_flush(e, true);
    }
    store_close(e->store);
    live_free(e->live);
    cache_free(e->cache);
    crowd_free(e->crowd);
    media_close(e->media);
    snapshot_free(e->snapshot);
    config_free(e->config);
    free(e->seen);
    text_scratch_free(e->scratch);
    (void)pthread_mutex_destroy(&e->reload_lock);
    (void)pthread_mutex_destroy(&e->live_lock);
    (void)pthread_mutex_destroy(&e->told_lock);
    (void)pthread_mutex_destroy(&e->lock);
    free(e);
}

/* ---- reload and poll ---- */

static int reload(struct engine *e, struct error *err)
{
    struct snapshot *old = engine_snapshot(e), *fresh = NULL;
    struct file_mark *tried = marks_now(old), *marks = NULL;
    int status = tried ? snapshot_load(&fresh, e->config, old, err) : error_memory(err);
    if (status == LMOD_OK && !(marks = marks_loaded(fresh))) {
        snapshot_free(fresh);
        status = error_memory(err);
    }
    (void)pthread_mutex_lock(&e->lock);
    if (status == LMOD_OK)
        e->snapshot = fresh;
    if (marks || tried) {
        free(e->seen);
        e->seen = marks ? marks : tried;
    }
    (void)pthread_mutex_unlock(&e->lock);
    if (marks)
        free(tried);
    if (status == LMOD_OK) {
        report_lists(e, fresh);
        record_lists(e, fresh);
        snapshot_free(old); /* the engine's reference */
    }
    snapshot_free(old);
    return status;
}

int engine_reload(struct engine *e, struct error *err)
{
    struct error why = {0};
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    (void)pthread_mutex_lock(&e->reload_lock);
    status = reload(e, &why);
    find_worker(e);
    (void)pthread_mutex_unlock(&e->reload_lock);
    (void)pthread_mutex_lock(&e->lock);
    e->reload_error = why;
    (void)pthread_mutex_unlock(&e->lock);
    atomic_fetch_add(status == LMOD_OK ? &e->counters.reloads : &e->counters.reloads_failed, 1);
    if (status != LMOD_OK) {
        engine_say(e, LMOD_LOG_ERROR, "reload failed, the old lists stay: %s: %s", why.file,
                   why.text);
        if (err)
            *err = why;
    }
    return status;
}

int engine_poll(struct engine *e, uint32_t *need, struct error *err)
{
    *need = 0;
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    struct snapshot *s = engine_snapshot(e);
    for (size_t i = 0; i < snapshot_files(s) && !*need; i++) {
        struct file_mark now = snapshot_mark_now(s, i);
        (void)pthread_mutex_lock(&e->lock);
        if (e->snapshot == s && !file_mark_same(&now, &e->seen[i]))
            *need |= LMOD_NEED_RELOAD;
        (void)pthread_mutex_unlock(&e->lock);
    }
    snapshot_free(s);
    bool stale = false, waiting = false;
    live_free(live_get(e, true, &stale));
    record_flush(e, false);
    if (store_waiting(e->store, time_in_ms(POLL_MS), &waiting, NULL) == LMOD_OK && waiting)
        *need |= LMOD_NEED_DECISIONS;
    return LMOD_OK;
}

void engine_lists(struct engine *e,
                  void (*each)(void *user, const struct engine_list *l),
                  void *user)
{
    struct snapshot *s = engine_snapshot(e);
    uint64_t now = time_wall_ms();
    for (size_t i = 0; i < s->count; i++) {
        const struct slot *slot = &s->slot[i];
        const struct engine_list l = {
            .id = slot->name,
            .file = slot->file,
            .version = slot->loaded ? slot->loaded->info.version : NULL,
            .list = slot->loaded ? slot->loaded->list : NULL,
            .radius = slot->config ? slot->config->radius : (unsigned)PDQ_RADIUS_ALLOW,
            .stale = slot_stale(slot, now),
            .why = slot->loaded ? NULL : slot->why,
        };
        each(user, &l);
    }
    snapshot_free(s);
}
