/* A pool over the fake worker in a directory of its own, and short ways to give it jobs. */
#ifndef MEDIA_FIXTURE_H
#define MEDIA_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/media.h"
#include "media/pool.h"
#include "descriptors.h"
#include "tap.h"
#include "tempdir.h"

enum { CONTENT = 128, MODE_AT = 32, LONG_MS = 20000 };

struct fixture {
    struct tempdir dir;
    struct media *pool;
};

static inline uint64_t in_ms(uint64_t ms)
{
    return time_now_ns() + ns_of_ms(ms);
}

/* How workers start from now on: "" well, else a word of fake_worker.c. */
static inline void set_start(const struct fixture *f, const char *how)
{
    CU_ASSERT_FATAL(tempdir_write(&f->dir, "start", how, strlen(how)));
}

static inline bool copy_worker(const struct fixture *f)
{
    struct buffer b = BUFFER_INIT;
    const char *path = tempdir_file(&f->dir, "worker");
    bool ok = file_read(&b, FAKE_WORKER, 64 << 20, NULL) == LMOD_OK &&
              tempdir_write(&f->dir, "worker", b.data, b.size) && chmod(path, 0755) == 0;
    buffer_finish(&b);
    return ok;
}

static inline struct media_options fixture_options(const struct fixture *f)
{
    return (struct media_options){.worker = tempdir_file(&f->dir, "worker"),
                                  .workers = 1,
                                  .sandbox = SANDBOX_OFF,
                                  .formats = FORMAT_JPEG | FORMAT_PNG,
                                  .max_bytes = 1 << 20,
                                  .max_pixels = 1000000,
                                  .wall_ms = LONG_MS,
                                  .frames = 4};
}

static inline void begin(struct fixture *f, uint32_t workers, uint32_t wall_ms)
{
    CU_ASSERT_FATAL(tempdir_make(&f->dir) && copy_worker(f));
    struct media_options o = fixture_options(f);
    o.workers = workers;
    o.wall_ms = wall_ms;
    f->pool = NULL;
    CU_ASSERT_EQUAL_FATAL(media_open(&f->pool, &o, NULL), LMOD_OK);
}

static inline void end(struct fixture *f)
{
    media_close(f->pool);
    tempdir_remove(&f->dir);
}

/* A JPEG by its first bytes whose worker does what `mode` says, with a digest of its own. */
struct content {
    uint8_t bytes[CONTENT], digest[32];
};

static inline struct content content_of(const char *mode)
{
    static const uint8_t magic[] = {0xff, 0xd8, 0xff, 0xe0};
    struct content c = {{0}, {0}};
    memcpy(c.bytes, magic, sizeof(magic));
    (void)snprintf((char *)c.bytes + MODE_AT, CONTENT - MODE_AT, "%s", mode);
    (void)snprintf((char *)c.digest, sizeof(c.digest), "%s", mode);
    return c;
}

/* Hashes such content from memory by `dl`; the reasons. */
static inline uint32_t hash_by(struct media *m, const char *mode, uint64_t dl)
{
    struct content c = content_of(mode);
    struct media_result r;
    media_hash(m, -1, c.bytes, sizeof(c.bytes), c.digest, dl, &r);
    return r.reasons;
}

static inline uint32_t hash(struct media *m, const char *mode)
{
    return hash_by(m, mode, in_ms(LONG_MS));
}

static inline struct media_stats stats_of(struct media *m)
{
    struct media_stats s;
    media_stats_get(m, &s);
    return s;
}

/* True when this process has no child, dead or alive. */
static inline bool childless(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Runs `body` in a child process; true when it returned true there. Made before any thread. */
static inline bool in_child(bool (*body)(void))
{
    int status = -1;
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(body() ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/* Waits until `n` jobs stand in line. */
static inline void await_waiters(struct media *m, size_t n)
{
    for (size_t have = 0; have != n; (void)sched_yield()) {
        have = 0;
        (void)pthread_mutex_lock(&m->lock);
        for (const struct waiter *w = m->first; w; w = w->next)
            have++;
        (void)pthread_mutex_unlock(&m->lock);
    }
}

/* Waits until `n` slots are in `state`. */
static inline void await_state(struct media *m, enum slot_state state, size_t n)
{
    for (size_t have = n + 1; have != n; (void)sched_yield()) {
        have = 0;
        (void)pthread_mutex_lock(&m->lock);
        for (uint32_t i = 0; i < m->options.workers; i++)
            have += m->slots[i].state == state;
        (void)pthread_mutex_unlock(&m->lock);
    }
}

#endif
