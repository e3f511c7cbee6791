/* Jobs: one file or ping through a worker, tried again when that is fair. */
#include "media/pool.h"

#include <string.h>
#include <unistd.h>

struct job {
    struct wire_request request;
    int fd; /* the host's, or -1 */
    const void *bytes;
    const uint8_t *digest; /* NULL: a ping */
    uint64_t dl;
    bool copied;     /* the host's file is to be copied, not shared */
    uint32_t deaths; /* of workers over this job */
    struct wire_reply *reply;
};

/* The descriptor to pass. A copy lives in the slot, where a fork finds it. */
static uint32_t input(struct media *m, struct slot *s, struct job *j, int *fd)
{
    uint32_t reason = 0;
    s->borrowed = false;
    if (j->fd >= 0 && !j->copied)
        reason = input_share(j->fd, j->request.size, &s->borrowed);
    if (reason)
        return reason;
    if (s->borrowed) {
        *fd = j->fd;
        return 0;
    }
    if (s->copy < 0) {
        (void)pthread_mutex_lock(&m->lock);
        s->copy = input_memfd();
        (void)pthread_mutex_unlock(&m->lock);
        if (s->copy < 0)
            return REASON_WORKER;
        reason = input_copy(s->copy, j->fd, j->bytes, j->request.size);
        if (reason)
            return reason;
    }
    *fd = s->copy;
    return 0;
}

/* Out of memory is a limit: ours, but only the file decides who reaches it. No view of a picture
 * that is said to be fine is nonsense, and must not pass for clean. */
uint32_t job_reasons(const struct wire_reply *r)
{
    static const uint32_t of[] = {
        [OUTCOME_OK] = 0,
        [OUTCOME_UNDECODABLE] = REASON_UNDECODABLE,
        [OUTCOME_UNSUPPORTED] = REASON_UNSUPPORTED,
        [OUTCOME_TOO_LARGE] = REASON_TOO_LARGE,
        [OUTCOME_TIMEOUT] = REASON_TIMEOUT,
        [OUTCOME_MEMORY] = REASON_LIMIT,
    };
    uint32_t reasons = r->outcome < COUNT_OF(of) ? of[r->outcome] : REASON_WORKER;
    if (r->outcome == OUTCOME_OK && r->count == 0)
        reasons = REASON_WORKER;
    if (r->flags & REPLY_TRUNCATED)
        reasons |= REASON_UNDECODABLE;
    if (r->flags & REPLY_SAMPLED)
        reasons |= REASON_LIMIT;
    return reasons;
}

static bool passed(const struct job *j)
{
    return j->dl && time_now_ns() >= j->dl;
}

/* The worker is gone. True: try again. */
static bool after_death(struct media *m, struct slot *s, struct job *j, uint32_t *reasons)
{
    enum fate fate = slot_bury(m, s, j->dl);
    bool again = fate == FATE_LEFT;
    *reasons = fate == FATE_ALARM || passed(j) ? REASON_TIMEOUT : REASON_WORKER;
    if (fate != FATE_BUS && fate != FATE_DEAD)
        return again;
    (void)pthread_mutex_lock(&m->lock);
    if (fate == FATE_DEAD)
        j->deaths++;
    uint32_t deaths = j->digest ? graves_deaths(m, j->digest) : 0;
    again = j->deaths < DEADLY && deaths < DEADLY;
    if (again)
        m->stats.retries++;
    else if (j->digest)
        *reasons = REASON_UNDECODABLE;
    (void)pthread_mutex_unlock(&m->lock);
    j->copied = true; /* whatever it was: a copy of our own rules the host's file out */
    return again;
}

/* What came or did not come until the job's time was over. True: try again. */
static bool conclude(struct media *m,
                     struct slot *s,
                     struct job *j,
                     enum event event,
                     size_t size,
                     uint32_t *reasons)
{
    if (event == EVENT_PACKET && slot_reply(m, s, size, j->reply)) {
        *reasons = j->digest ? job_reasons(j->reply) : 0;
        return false;
    }
    if (event == EVENT_GONE)
        return after_death(m, s, j, reasons);
    *reasons = REASON_TIMEOUT;
    if (event == EVENT_PASSED && time_now_ns() < s->kill_at)
        return false; /* the worker goes on alone; a later job collects its reply */
    (void)pthread_mutex_lock(&m->lock);
    if (event == EVENT_PASSED) {
        s->owes = OWES_NOTHING;
        pool_kill(s);
    } else {
        *reasons = REASON_WORKER;
        memset(j->reply, 0, sizeof(*j->reply));
        pool_hostile(m, s);
    }
    (void)pthread_mutex_unlock(&m->lock);
    return false;
}

/* Sends the job to the slot's worker. True: try again. */
static bool attempt(struct media *m, struct slot *s, struct job *j, uint32_t *reasons)
{
    int fd = -1;
    size_t size = 0;
    *reasons = REASON_TIMEOUT;
    if (passed(j))
        return false;
    if (!s->child.pid) {
        enum event event = slot_start(m, s, j->dl);
        if (event != EVENT_PASSED)
            *reasons = REASON_WORKER;
        if (event != EVENT_PACKET)
            return event == EVENT_BAD && !s->child.pid && pool_may_start(m);
    }
    if (j->digest && (*reasons = input(m, s, j, &fd)))
        return false;
    *reasons = REASON_WORKER;
    j->request.id = ++s->id;
    s->has_digest = j->digest != NULL;
    if (j->digest)
        memcpy(s->digest, j->digest, sizeof(s->digest));
    enum event event = slot_send(s, &j->request, fd);
    if (event == EVENT_GONE) { /* it never saw the job: it left, or never really started */
        s->owes = s->fresh ? OWES_HELLO : OWES_NOTHING;
        if (slot_bury(m, s, j->dl) != FATE_ALIVE)
            return pool_may_start(m);
        *reasons = passed(j) ? REASON_TIMEOUT : REASON_WORKER;
        return false;
    }
    if (event != EVENT_PACKET) {
        (void)pthread_mutex_lock(&m->lock);
        pool_kill(s);
        (void)pthread_mutex_unlock(&m->lock);
        return false;
    }
    s->owes = OWES_REPLY;
    s->kill_at = time_now_ns() + ns_of_ms(m->options.wall_ms);
    event = slot_await(s, time_nearer(j->dl, s->kill_at), &size);
    return conclude(m, s, j, event, size, reasons);
}

static uint32_t run(struct media *m, struct job *j)
{
    uint32_t reasons;
    struct slot *s = pool_take(m, j->dl, &reasons);
    if (!s)
        return reasons;
    while (attempt(m, s, j, &reasons))
        ;
    pool_give(m, s);
    return reasons;
}

static struct wire_request request_of(const struct media *m, enum wire_job job, uint64_t size)
{
    return (struct wire_request){
        .job = job,
        .formats = m->options.formats,
        .size = size,
        .max_pixels = m->options.max_pixels,
        .wall_ms = m->options.wall_ms,
        .frames = m->options.frames,
    };
}

/* What can be said without a worker; 0: nothing. */
static uint32_t refuse(struct media *m, int fd, const void *bytes, uint64_t size, uint32_t *format)
{
    enum wire_format claimed = FORMAT_NONE;
    if (size > m->options.max_bytes)
        return REASON_TOO_LARGE;
    if (size == 0)
        return REASON_UNDECODABLE;
    if (!input_sniff(fd, bytes, size, &claimed))
        return REASON_WORKER;
    *format = claimed;
    return (uint32_t)claimed & m->options.formats ? 0 : REASON_UNSUPPORTED;
}

/* Under the lock. */
static void count(struct media_stats *t, uint32_t reasons)
{
    t->jobs++;
    t->ok += reasons == 0;
    t->undecodable += (reasons & REASON_UNDECODABLE) != 0;
    t->unsupported += (reasons & REASON_UNSUPPORTED) != 0;
    t->too_large += (reasons & REASON_TOO_LARGE) != 0;
    t->timeouts += (reasons & REASON_TIMEOUT) != 0;
}

void media_hash(struct media *m,
                int fd,
                const void *bytes,
                uint64_t size,
                const uint8_t digest[32],
                uint64_t dl,
                struct media_result *out)
{
    struct job j = {.request = request_of(m, JOB_HASH, size),
                    .fd = fd < 0 ? -1 : fd,
                    .bytes = bytes,
                    .digest = digest,
                    .dl = dl,
                    .reply = &out->reply};
    uint32_t format = FORMAT_NONE;
    memset(out, 0, sizeof(*out));
    uint32_t reasons = refuse(m, j.fd, bytes, size, &format);
    if (!reasons) {
        (void)pthread_mutex_lock(&m->lock);
        if (graves_deaths(m, digest) >= DEADLY) {
            reasons = REASON_UNDECODABLE;
            m->stats.refused++;
        }
        (void)pthread_mutex_unlock(&m->lock);
    }
    if (!reasons)
        reasons = run(m, &j);
    (void)pthread_mutex_lock(&m->lock);
    count(&m->stats, reasons);
    if (out->reply.id) /* a worker lived through it */
        graves_remove(m, digest);
    (void)pthread_mutex_unlock(&m->lock);
    if (!out->reply.format)
        out->reply.format = format;
    out->reasons = reasons;
}

int media_ping(struct media *m, uint64_t dl, struct error *e)
{
    struct wire_reply reply;
    struct media_stats now;
    struct job j = {.request = request_of(m, JOB_PING, 0), .fd = -1, .dl = dl, .reply = &reply};
    uint32_t reasons = run(m, &j);
    if (!reasons)
        return LMOD_OK;
    if (reasons & REASON_TIMEOUT)
        return error_set(e, LMOD_E_TIMEOUT, "%s: no answer in time", m->path);
    media_stats_get(m, &now);
    if (now.trouble[0])
        return error_set(e, LMOD_E_WORKER, "%s", now.trouble);
    return error_set(e, LMOD_E_WORKER, "%s: no valid answer", m->path);
}
