/* A store's life: opening and closing it, whose turn it is on the connection, forks. */
#include "store/internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void init_bells(struct store *s)
{
    (void)pthread_cond_init(&s->turn, &s->monotonic);
    for (size_t i = 0; i < BELLS; i++)
        (void)pthread_cond_init(&s->bell[i], &s->monotonic);
}

static bool init_locks(struct store *s)
{
    if (pthread_condattr_init(&s->monotonic))
        return false;
    /* Linux has no reason to fail these. */
    (void)pthread_condattr_setclock(&s->monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_mutex_init(&s->signal_lock, NULL);
    init_bells(s);
    return true;
}

static void free_store(struct store *s)
{
    void *own[] = {(void *)(uintptr_t)s->options.dir, (void *)(uintptr_t)s->options.vfs, s->path,
                   s->wal, s->gen_path};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        free(own[i]);
    free(s);
}

static bool fill(struct store *s, const struct store_options *o)
{
    s->options = *o;
    s->options.dir = text_copy(o->dir, strlen(o->dir));
    s->options.vfs = o->vfs ? text_copy(o->vfs, strlen(o->vfs)) : NULL;
    s->path = path_join(o->dir, "store.db");
    s->wal = path_join(o->dir, "store.db-wal");
    s->gen_path = path_join(o->dir, "gen");
    s->pid = getpid();
    s->last = &s->first;
    s->random = time_now_ns() ^ (uint64_t)s->pid << 32;
    s->gen_fd = -1;
    return s->options.dir && s->path && s->wal && s->gen_path && (s->options.vfs || !o->vfs);
}

int store_open(struct store **out, const struct store_options *o, struct error *e)
{
    *out = NULL;
    struct store *s = calloc(1, sizeof(*s));
    if (!s)
        return error_memory(e);
    if (!fill(s, o) || !init_locks(s)) {
        free_store(s);
        return error_memory(e);
    }
    *out = s;
    return LMOD_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->pid == getpid()) { /* else the connection is another process's: it is let go as it is */
        store_disconnect(s);
        (void)pthread_cond_destroy(&s->turn);
        for (size_t i = 0; i < BELLS; i++)
            (void)pthread_cond_destroy(&s->bell[i]);
        (void)pthread_mutex_destroy(&s->lock);
        (void)pthread_mutex_destroy(&s->signal_lock);
        (void)pthread_condattr_destroy(&s->monotonic);
    }
    if (s->gen_fd >= 0)
        (void)close(s->gen_fd);
    free_store(s);
}

int store_own(const struct store *s, struct error *e)
{
    if (s->pid == getpid())
        return LMOD_OK;
    return error_set(e, LMOD_E_FORKED,
                     "this process was copied without fork handlers: open a new engine");
}

bool store_wait(struct store *s, pthread_cond_t *c, uint64_t dl)
{
    struct timespec t = {(time_t)(dl / 1000000000u), (long)(dl % 1000000000u)};
    if (!dl)
        return pthread_cond_wait(c, &s->lock) == 0;
    return pthread_cond_timedwait(c, &s->lock, &t) == 0;
}

int store_enter(struct store *s, uint64_t dl, struct error *e)
{
    bool mine = true;
    int status = store_own(s, e);
    if (status != LMOD_OK)
        return status;
    (void)pthread_mutex_lock(&s->lock);
    while ((s->taken || s->prepared) && mine)
        mine = store_wait(s, &s->turn, dl) || !(s->taken || s->prepared);
    if (mine)
        s->taken = true;
    (void)pthread_mutex_unlock(&s->lock);
    if (!mine)
        return error_at(e, LMOD_E_TIMEOUT, s->path, 0, 0, "the deadline passed before its turn");
    s->dl = dl;
    s->broken = s->late = s->writing = false;
    status = store_connect(s, e);
    if (status != LMOD_OK)
        store_leave(s);
    return status;
}

void store_leave(struct store *s)
{
    for (size_t i = 0; i < s->statements; i++)
        (void)sqlite3_reset(s->statement[i].stmt);
    if (s->db && !sqlite3_get_autocommit(s->db))
        store_roll_back(s);
    store_signal_hold(s, false);
    if (s->broken)
        store_disconnect(s);
    else
        s->reading.count = 0;
    (void)pthread_mutex_lock(&s->lock);
    s->taken = false;
    if (s->prepared) /* the fork goes first, whoever else waits */
        (void)pthread_cond_broadcast(&s->turn);
    else
        (void)pthread_cond_signal(&s->turn);
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- forks ---- */

/* Before a fork: whoever has the turn ends it, nobody gets it any more, and the locks stay locked until
 * PARENT or CHILD. */
static void prepare(struct store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->prepared = true;
    while (s->taken)
        (void)pthread_cond_wait(&s->turn, &s->lock);
    (void)pthread_mutex_lock(&s->signal_lock);
    store_disconnect(s);
    if (s->gen_fd >= 0) /* its locks would be shared */
        (void)close(s->gen_fd);
    s->gen_fd = -1;
}

static void in_parent(struct store *s)
{
    (void)pthread_cond_broadcast(&s->turn);
    (void)pthread_mutex_unlock(&s->signal_lock);
    (void)pthread_mutex_unlock(&s->lock);
}

/* The threads that wait in the parent are not here: what they wait for is made anew, not destroyed. */
static void in_child(struct store *s)
{
    init_bells(s);
    put_forget(s);
    s->pid = getpid();
    s->random ^= (uint64_t)s->pid << 16;
    (void)pthread_mutex_unlock(&s->signal_lock);
    (void)pthread_mutex_unlock(&s->lock);
}

void store_fork(struct store *s, enum fork_phase phase)
{
    if (phase == FORK_PREPARE) {
        if (s->pid == getpid())
            prepare(s);
        return;
    }
    if (!s->prepared) /* of a process that was copied without us */
        return;
    s->prepared = false;
    if (phase == FORK_PARENT)
        in_parent(s);
    else
        in_child(s);
}

int store_ping(struct store *s, uint64_t dl, char uuid[STORE_ID], struct error *e)
{
    int status = store_enter(s, dl, e);
    if (status != LMOD_OK)
        return status;
    uint64_t gen; /* to have read something, also where it was connected already */
    status = store_gen_now(s, &gen, e);
    if (uuid)
        memcpy(uuid, s->uuid, STORE_ID);
    store_leave(s);
    return status;
}
