/* One slot: starting its worker, sending, receiving, burying. Every packet is taken as hostile. */
#include "media/pool.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The worker's end of the pair exists only while `spawning` is held: a forked copy of it would keep
 * the worker's death from us. */
static bool spawn(struct media *m, struct slot *s)
{
    char name[] = "media-worker";
    char *const argv[] = {name, m->sandbox_arg, m->formats_arg, NULL};
    struct child c = {0, -1};
    struct error e = {.text = "no descriptors left"};
    int pair[2] = {-1, -1}, status = LMOD_E_WORKER;
    (void)pthread_mutex_lock(&m->spawning);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
        pair[0] = fd_high(pair[0]);
        status = child_spawn(&c, m->exe, argv, pair[1], &e);
        (void)close(pair[1]);
        c.pidfd = fd_high(c.pidfd);
    }
    (void)pthread_mutex_lock(&m->lock);
    if (status == LMOD_OK) {
        s->child = c;
        s->socket = pair[0];
        s->owes = OWES_HELLO;
        s->fresh = true;
        s->jobs = s->rss_kib = 0;
        m->stats.spawns++;
    } else {
        if (pair[0] >= 0)
            (void)close(pair[0]);
        pool_start_failed(m, true, "%s: %s", m->path, e.text);
    }
    (void)pthread_mutex_unlock(&m->lock);
    (void)pthread_mutex_unlock(&m->spawning);
    return status == LMOD_OK;
}

/* Under the lock: reads the hello in s->packet; counts a failed start when it is not one. */
static bool hello(struct media *m, struct slot *s, size_t size)
{
    struct wire_hello h;
    s->owes = OWES_NOTHING;
    if (!wire_hello_read(&h, s->packet, size) || h.version != WIRE_VERSION) {
        pool_start_failed(m, true, "%s: is not a media worker of this version", m->path);
        return false;
    }
    m->stats.hello = h;
    m->stats.greeted = true;
    if (m->options.sandbox == SANDBOX_STRICT && !h.failed && !(h.layers & LAYER_SECCOMP))
        h.failed = LAYER_SECCOMP; /* it should have said so itself */
    if (h.failed) {
        pool_start_failed(m, true,
                          "%s: refuses to run: this system gives it no sandbox layer \"%s\"; "
                          "media.sandbox: basic would run without it",
                          m->path, term_name(layer_terms, h.failed));
        return false;
    }
    return true;
}

enum event slot_start(struct media *m, struct slot *s, uint64_t dl)
{
    uint64_t now = time_now_ns();
    size_t size = 0;
    bool ready = false;
    if (!spawn(m, s))
        return EVENT_BAD;
    s->kill_at = now + ns_of_ms(START_MS);
    if (dl > s->kill_at)
        s->kill_at = dl;
    enum event event = slot_await(s, dl ? dl : s->kill_at, &size);
    if (event == EVENT_PASSED && time_now_ns() < s->kill_at)
        return EVENT_PASSED;
    if (event != EVENT_GONE) {
        (void)pthread_mutex_lock(&m->lock);
        if (event == EVENT_PASSED) {
            s->owes = OWES_NOTHING;
            pool_start_failed(m, true, "%s: does not become ready", m->path);
        } else {
            ready = hello(m, s, event == EVENT_PACKET ? size : 0);
        }
        (void)pthread_mutex_unlock(&m->lock);
    }
    if (ready)
        return EVENT_PACKET;
    (void)slot_bury(m, s, dl);
    return EVENT_BAD;
}

enum event slot_send(struct slot *s, const struct wire_request *r, int fd)
{
    uint8_t bytes[WIRE_REQUEST_SIZE];
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {bytes, sizeof(bytes)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    wire_request_write(bytes, r);
    if (fd >= 0) {
        memset(&control, 0, sizeof(control));
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.space);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.head), &fd, sizeof(int));
    }
    ssize_t n;
    do
        n = sendmsg(s->socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof(bytes))
        return EVENT_PACKET;
    return errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN ? EVENT_GONE : EVENT_BAD;
}

/* One packet, without waiting. No room for control messages: the kernel drops descriptors that a
 * hostile worker sends. */
static enum event receive(struct slot *s, size_t *size)
{
    struct iovec part = {s->packet, sizeof(s->packet)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;
    do
        n = recvmsg(s->socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? EVENT_NONE : EVENT_GONE;
    if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        return EVENT_BAD;
    *size = (size_t)n;
    return n ? EVENT_PACKET : EVENT_GONE;
}

enum event slot_await(struct slot *s, uint64_t limit, size_t *size)
{
    for (;;) {
        struct pollfd p[2] = {{s->socket, POLLIN, 0}, {s->child.pidfd, POLLIN, 0}};
        int n = poll(p, 2, time_left_ms(limit));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return EVENT_PASSED;
        enum event event = receive(s, size);
        if (event != EVENT_NONE)
            return event;
        if (p[1].revents) /* dead, though some copy of its end is still open */
            return EVENT_GONE;
    }
}

bool slot_reply(const struct media *m, struct slot *s, size_t size, struct wire_reply *r)
{
    if (!wire_reply_read(r, s->packet, size) || r->id != s->id ||
        (r->format & ~m->options.formats) != 0)
        return false;
    s->owes = OWES_NOTHING;
    s->fresh = false;
    s->jobs++;
    s->rss_kib = r->rss_kib;
    return true;
}

static bool late_packet(struct media *m, struct slot *s, size_t size)
{
    struct wire_reply reply;
    if (s->owes == OWES_HELLO)
        return hello(m, s, size);
    if (!slot_reply(m, s, size, &reply))
        return false;
    if (s->has_digest)
        pool_keep_late(m, s->digest, &reply);
    return true;
}

enum slot_state slot_collect(struct media *m, struct slot *s)
{
    size_t size = 0;
    enum event event = receive(s, &size);
    if (event == EVENT_NONE) {
        if (time_now_ns() < s->kill_at)
            return pool_reap(m, s) == FATE_ALIVE ? SLOT_LATE : SLOT_EMPTY;
        if (s->owes == OWES_HELLO)
            pool_start_failed(m, true, "%s: does not become ready", m->path);
        s->owes = OWES_NOTHING;
    } else if (event != EVENT_GONE) {
        if (late_packet(m, s, size))
            return SLOT_IDLE;
        if (s->owes == OWES_REPLY)
            pool_hostile(m, s);
    }
    pool_kill(s);
    return pool_reap(m, s) == FATE_ALIVE ? SLOT_DYING : SLOT_EMPTY;
}

enum fate slot_bury(struct media *m, struct slot *s, uint64_t dl)
{
    (void)pthread_mutex_lock(&m->lock);
    pool_kill(s);
    (void)pthread_mutex_unlock(&m->lock);
    uint64_t limit = time_nearer(dl, time_now_ns() + ns_of_ms(BURY_MS));
    struct pollfd p = {s->child.pidfd, POLLIN, 0};
    while (poll(&p, 1, time_left_ms(limit)) < 0 && errno == EINTR)
        ;
    (void)pthread_mutex_lock(&m->lock);
    enum fate fate = pool_reap(m, s);
    (void)pthread_mutex_unlock(&m->lock);
    return fate;
}
