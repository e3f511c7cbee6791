/* The pool: opening and closing, whose turn it is, how workers end, forks and figures. */
#include "media/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_worker(const char *path, struct error *e)
{
    struct stat st;
    char why[128] = "";
    int fd = fd_high(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    int number = fd < 0 ? errno : 0;
    if (!number && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || access(path, X_OK) != 0))
        number = EACCES;
    if (!number)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    (void)error_set(e, LMOD_E_WORKER, "media worker %s: %s", path,
                    number == EACCES ? "is not an executable file that this process may read"
                                     : strerror_r(number, why, sizeof(why)));
    return -1;
}

static bool init_locks(struct media *m)
{
    if (pthread_condattr_init(&m->monotonic))
        return false;
    if (pthread_condattr_setclock(&m->monotonic, CLOCK_MONOTONIC) == 0 &&
        pthread_mutex_init(&m->spawning, NULL) == 0) {
        if (pthread_mutex_init(&m->lock, NULL) == 0)
            return true;
        (void)pthread_mutex_destroy(&m->spawning);
    }
    (void)pthread_condattr_destroy(&m->monotonic);
    return false;
}

static void clear(struct slot *s)
{
    s->state = SLOT_EMPTY;
    s->owes = OWES_NOTHING;
    s->socket = s->copy = -1;
    child_forget(&s->child);
}

int media_open(struct media **out, const struct media_options *o, struct error *e)
{
    size_t size;
    *out = NULL;
    if (o->workers < 1 || o->workers > MEDIA_WORKERS_MAX)
        return error_set(e, LMOD_E_ARGUMENT, "media workers: 1 to %d", MEDIA_WORKERS_MAX);
    int exe = open_worker(o->worker, e);
    if (exe < 0)
        return LMOD_E_WORKER;
    struct media *m = NULL;
    if (size_mul(o->workers, sizeof(struct slot), &size) && size_add(size, sizeof(*m), &size))
        m = calloc(1, size);
    char *path = m ? text_copy(o->worker, strlen(o->worker)) : NULL;
    if (!path || !init_locks(m)) {
        free(path);
        free(m);
        (void)close(exe);
        return error_memory(e);
    }
    m->owner = getpid();
    m->options = *o;
    m->options.worker = m->path = path;
    m->exe = exe;
    (void)snprintf(m->sandbox_arg, sizeof(m->sandbox_arg), "--sandbox=%s",
                   term_name(sandbox_terms, o->sandbox));
    (void)snprintf(m->formats_arg, sizeof(m->formats_arg), "--formats=%u", o->formats);
    for (uint32_t i = 0; i < o->workers; i++)
        clear(&m->slots[i]);
    *out = m;
    return LMOD_OK;
}

/* Closes what we hold of a worker that cannot be waited for. */
static void abandon(struct slot *s)
{
    if (s->socket >= 0)
        (void)close(s->socket);
    if (s->copy >= 0)
        (void)close(s->copy);
    if (s->child.pidfd >= 0)
        (void)close(s->child.pidfd);
    clear(s);
}

void media_close(struct media *m)
{
    if (!m)
        return;
    bool ours = m->owner == getpid(); /* not in a copy that no fork handler knew of */
    for (uint32_t i = 0; ours && i < m->options.workers; i++)
        pool_kill(&m->slots[i]);
    for (uint32_t i = 0; i < m->options.workers; i++) {
        if (ours && m->slots[i].child.pid)
            (void)slot_bury(m, &m->slots[i], 0);
        abandon(&m->slots[i]);
    }
    for (size_t i = 0; i < MEDIA_LATE; i++)
        free(m->late[i].result);
    (void)close(m->exe);
    (void)pthread_mutex_destroy(&m->lock);
    (void)pthread_mutex_destroy(&m->spawning);
    (void)pthread_condattr_destroy(&m->monotonic);
    free(m->path);
    free(m);
}

void pool_start_failed(struct media *m, bool final, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(m->stats.trouble, sizeof(m->stats.trouble), format, args);
    va_end(args);
    uint64_t now = time_now_ns(), wait = ns_of_ms(BACKOFF_MS);
    if (now < m->start_after) /* one of several that failed together */
        return;
    if (final && !m->failed_starts)
        m->failed_starts = 1;
    m->failed_starts++;
    for (uint32_t i = 2; i < m->failed_starts && wait < ns_of_ms(BACKOFF_MAX_MS); i++)
        wait *= 2;
    if (wait > ns_of_ms(BACKOFF_MAX_MS))
        wait = ns_of_ms(BACKOFF_MAX_MS);
    if (m->failed_starts > 1)
        m->start_after = now + wait;
}

bool pool_may_start(struct media *m)
{
    (void)pthread_mutex_lock(&m->lock);
    bool may = time_now_ns() >= m->start_after;
    (void)pthread_mutex_unlock(&m->lock);
    return may;
}

void pool_kill(struct slot *s)
{
    child_kill(&s->child, SIGKILL);
    if (s->socket >= 0)
        (void)close(s->socket);
    s->socket = -1;
}

static void count_death(struct media *m, const struct slot *s)
{
    m->stats.deaths++;
    if (s->has_digest)
        graves_add(m, s->digest);
}

void pool_hostile(struct media *m, struct slot *s)
{
    s->owes = OWES_NOTHING;
    count_death(m, s);
    pool_kill(s);
}

/* A status of -1 means that the host reaped the worker and nobody knows how it ended: in doubt it
 * left, which only a worker that never replied cannot have done. */
static enum fate fate_of(const struct slot *s, int status)
{
    if (s->owes == OWES_NOTHING)
        return FATE_LEFT;
    if (status == -1 && time_now_ns() >= s->kill_at)
        return FATE_ALARM;
    if (status == -1)
        return s->fresh ? FATE_DEAD : FATE_LEFT;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return FATE_ALARM;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS && s->borrowed)
        return FATE_BUS;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !s->fresh)
        return FATE_LEFT;
    return FATE_DEAD;
}

static void start_died(struct media *m, int status)
{
    if (status == -1)
        pool_start_failed(m, false, "%s: ended while it started", m->path);
    else if (WIFSIGNALED(status))
        pool_start_failed(m, false, "%s: killed by signal %d (%s) while it started", m->path,
                          WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
    else
        pool_start_failed(m, false, "%s: exited with status %d while it started", m->path,
                          WEXITSTATUS(status));
}

enum fate pool_reap(struct media *m, struct slot *s)
{
    int status;
    if (!child_reap(&s->child, false, &status))
        return FATE_ALIVE;
    if (s->socket >= 0)
        (void)close(s->socket);
    s->socket = -1;
    enum fate fate = fate_of(s, status);
    if (s->owes == OWES_HELLO)
        start_died(m, status);
    else if (fate == FATE_DEAD)
        count_death(m, s);
    else if (fate == FATE_BUS)
        m->stats.deaths++;
    if (s->owes == OWES_REPLY && status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        m->stats.sigsys++;
    s->owes = OWES_NOTHING;
    return fate;
}

static void set_state(struct media *m, struct slot *s, enum slot_state state)
{
    m->loose -= s->state == SLOT_LATE || s->state == SLOT_DYING;
    m->loose += state == SLOT_LATE || state == SLOT_DYING;
    s->state = state;
}

void pool_tend(struct media *m)
{
    for (uint32_t i = 0; m->loose && i < m->options.workers; i++) {
        struct slot *s = &m->slots[i];
        if (s->state == SLOT_LATE)
            set_state(m, s, slot_collect(m, s));
        else if (s->state == SLOT_DYING && pool_reap(m, s) != FATE_ALIVE)
            set_state(m, s, SLOT_EMPTY);
    }
}

/* Under the lock: a free slot, or NULL; then `*hopeless` tells that none can become free soon. The
 * first idle worker is taken, so that the last ones can leave when there is little to do. */
static struct slot *pick(struct media *m, bool *hopeless)
{
    struct slot *empty = NULL;
    bool working = false;
    pool_tend(m);
    for (uint32_t i = 0; i < m->options.workers; i++) {
        struct slot *s = &m->slots[i];
        if (s->state == SLOT_IDLE) {
            set_state(m, s, SLOT_BUSY);
            return s;
        }
        if (s->state == SLOT_EMPTY && !empty)
            empty = s;
        working = working || s->state == SLOT_BUSY || s->state == SLOT_LATE;
    }
    if (empty && m->start_after && time_now_ns() < m->start_after) {
        *hopeless = !working;
        return NULL;
    }
    if (empty)
        set_state(m, empty, SLOT_BUSY);
    return empty;
}

static void wake_first(struct media *m)
{
    if (m->first)
        (void)pthread_cond_signal(&m->first->wake);
}

/* Under the lock: sleeps until something may have changed. */
static void doze(struct media *m, struct waiter *w, uint64_t dl)
{
    uint64_t until = dl;
    if (m->first == w) { /* the first one sees to what nobody would wake it for */
        uint64_t now = time_now_ns();
        if (m->loose)
            until = time_nearer(until, now + ns_of_ms(SLICE_MS));
        if (m->start_after > now)
            until = time_nearer(until, m->start_after);
    }
    if (!until) {
        (void)pthread_cond_wait(&w->wake, &m->lock);
        return;
    }
    struct timespec t = {(time_t)(until / 1000000000u), (long)(until % 1000000000u)};
    (void)pthread_cond_timedwait(&w->wake, &m->lock, &t);
}

/* Under the lock: stands in line until there is a slot, no hope, or no time. */
static struct slot *wait_turn(struct media *m, uint64_t dl, bool *hopeless)
{
    struct waiter w = {.next = NULL};
    struct waiter **end = &m->first;
    struct slot *s = NULL;
    if (pthread_cond_init(&w.wake, &m->monotonic))
        return NULL;
    while (*end)
        end = &(*end)->next;
    *end = &w;
    for (;;) {
        if (m->first == &w && ((s = pick(m, hopeless)) || *hopeless))
            break;
        if (dl && time_now_ns() >= dl)
            break;
        doze(m, &w, dl);
    }
    for (end = &m->first; *end != &w;)
        end = &(*end)->next;
    *end = w.next;
    wake_first(m); /* there may be a slot for the next one too */
    (void)pthread_cond_destroy(&w.wake);
    return s;
}

struct slot *pool_take(struct media *m, uint64_t dl, uint32_t *reason)
{
    bool hopeless = false;
    (void)pthread_mutex_lock(&m->lock);
    struct slot *s = m->first ? NULL : pick(m, &hopeless);
    if (!s && !hopeless)
        s = wait_turn(m, dl, &hopeless);
    (void)pthread_mutex_unlock(&m->lock);
    *reason = s ? 0 : hopeless ? REASON_WORKER : REASON_TIMEOUT;
    return s;
}

void pool_give(struct media *m, struct slot *s)
{
    enum slot_state state = SLOT_IDLE;
    (void)pthread_mutex_lock(&m->lock);
    if (s->copy >= 0)
        (void)close(s->copy);
    s->copy = -1;
    if (s->rss_kib > m->stats.rss_kib_max)
        m->stats.rss_kib_max = s->rss_kib;
    if (s->child.pid && s->owes == OWES_NOTHING && s->socket >= 0 &&
        (s->jobs >= MEDIA_JOBS || s->rss_kib > MEDIA_RSS_KIB)) {
        m->stats.recycled++;
        pool_kill(s);
    }
    if (!s->child.pid)
        state = SLOT_EMPTY;
    else if (s->socket < 0)
        state = SLOT_DYING;
    else if (s->owes != OWES_NOTHING)
        state = SLOT_LATE;
    set_state(m, s, state);
    if (state == SLOT_IDLE && s->jobs &&
        m->failed_starts) { /* a worker that replies: starting works again */
        m->failed_starts = 0;
        m->start_after = 0;
        m->stats.trouble[0] = '\0';
    }
    wake_first(m);
    (void)pthread_mutex_unlock(&m->lock);
}

void media_stats_get(struct media *m, struct media_stats *out)
{
    (void)pthread_mutex_lock(&m->lock);
    pool_tend(m);
    m->stats.workers = 0;
    for (uint32_t i = 0; i < m->options.workers; i++) {
        struct slot *s = &m->slots[i];
        if (s->state == SLOT_IDLE && pool_reap(m, s) != FATE_ALIVE)
            set_state(m, s, SLOT_EMPTY);
        m->stats.workers += s->child.pid && s->state != SLOT_DYING;
    }
    *out = m->stats;
    (void)pthread_mutex_unlock(&m->lock);
}

/* The child's copies of sockets and pidfds go; the workers stay with the parent. Jobs that ran or
 * waited on other threads do not exist in the child. */
static void fork_child(struct media *m)
{
    struct media_stats keep = m->stats;
    for (uint32_t i = 0; i < m->options.workers; i++)
        abandon(&m->slots[i]);
    m->owner = getpid();
    m->loose = 0;
    m->first = NULL;
    memset(&m->stats, 0, sizeof(m->stats));
    m->stats.greeted = keep.greeted;
    m->stats.hello = keep.hello;
    memcpy(m->stats.trouble, keep.trouble, sizeof(keep.trouble));
}

void media_fork(struct media *m, enum fork_phase phase)
{
    if (phase == FORK_PREPARE) {
        (void)pthread_mutex_lock(&m->spawning);
        (void)pthread_mutex_lock(&m->lock);
        return;
    }
    if (phase == FORK_CHILD)
        fork_child(m);
    (void)pthread_mutex_unlock(&m->lock);
    (void)pthread_mutex_unlock(&m->spawning);
}
