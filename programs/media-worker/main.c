/*
 * media-worker: a sandboxed child of the library. It says hello when it is locked down, then turns
 * files into hashes, one request at a time, until its socket closes or nothing comes for a while.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "job.h"
#include "loaders.h"
#include "sandbox.h"

enum {
    EXIT_DONE = 0,
    EXIT_USAGE = 2,
    EXIT_BAD_REQUEST = 3,
    EXIT_NO_SANDBOX = 4,
    EXIT_NO_DECODER = 5,
};

enum { TRIM_KIB = 72 * 1024 }; /* resident: above, memory is given back after a job */

struct options {
    enum sandbox_mode sandbox;
    uint32_t formats, idle_ms;
};

static bool number_of(const char *text, uint32_t *out)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (errno || *end || text[0] < '0' || text[0] > '9' || value > UINT32_MAX)
        return false;
    *out = (uint32_t)value;
    return true;
}

/* The value of "--name=value", or NULL. */
static const char *value_of(const char *argument, const char *name)
{
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 ? argument + length : NULL;
}

static bool options_read(struct options *o, int argc, char **argv)
{
    *o = (struct options){SANDBOX_STRICT, loaders_known(), 60000};
    for (int i = 1; i < argc; i++) {
        const char *value;
        uint32_t mode;
        if ((value = value_of(argv[i], "--sandbox="))) {
            if (!term_value(sandbox_terms, value, strlen(value), &mode))
                return false;
            o->sandbox = mode;
        } else if ((value = value_of(argv[i], "--formats="))) {
            if (!number_of(value, &o->formats))
                return false;
        } else if ((value = value_of(argv[i], "--idle-ms="))) {
            if (!number_of(value, &o->idle_ms) || o->idle_ms == 0)
                return false;
        } else {
            return false;
        }
    }
    return true;
}

/* --- the loop --- */

static struct wire_request request;
static struct wire_reply reply;
static struct job job = {.reply = &reply};

/* Kills this process when time is up; 0: never mind. */
static void alarm_set(uint32_t ms)
{
    const struct itimerval to = {.it_value = {ms / 1000, (suseconds_t)(ms % 1000) * 1000}};
    (void)setitimer(ITIMER_REAL, &to, NULL);
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Resident memory by /proc/self/statm, which was opened while that was allowed; 0: unknown. */
static uint32_t rss_kib(void)
{
    static uint32_t page_kib;
    char text[128] = "", *resident;
    if (page_kib == 0)
        page_kib = (uint32_t)sysconf(_SC_PAGESIZE) / 1024;
    if (pread(FD_STATM, text, sizeof(text) - 1, 0) <= 0)
        return 0;
    (void)strtoul(text, &resident, 10); /* the first number is the address space */
    return (uint32_t)(strtoul(resident, NULL, 10) * page_kib);
}

/* The same after a job, which may have left a heap full of holes. */
static uint32_t rss_after_job(void)
{
    uint32_t rss = rss_kib();
    if (rss < TRIM_KIB)
        return rss;
    (void)malloc_trim(0);
    return rss_kib();
}

/* The file that came with the request, mapped: a file cut short meanwhile is SIGBUS, which the
 * library knows about. */
static void hash_file(int fd, uint32_t formats)
{
    if (request.size == 0) {
        reply.outcome = OUTCOME_UNDECODABLE;
        return;
    }
    size_t size = (size_t)request.size;
    void *bytes =
        size == request.size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    if (bytes == MAP_FAILED) {
        reply.outcome = OUTCOME_MEMORY;
        return;
    }
    job.ask = &request;
    job.bytes = bytes;
    job.size = size;
    job.formats = request.formats & formats;
    alarm_set(request.wall_ms);
    job_hash(&job);
    alarm_set(0);
    (void)munmap(bytes, size);
}

/* One packet and the descriptor that came with it, -1: none. The size, 0 at the end, -1 when it is
 * no packet of ours. */
static ssize_t receive(uint8_t *packet, size_t size, int *fd)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {packet, size};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t n;
    *fd = -1;
    do
        n = recvmsg(FD_SOCKET, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0) /* nothing came for a while, or the socket is broken */
        return 0;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(fd, CMSG_DATA(head), sizeof(int));
    if (n > 0 && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
        return -1;
    return n;
}

static bool answer(void)
{
    static uint8_t packet[WIRE_REPLY_MAX];
    size_t size = wire_reply_write(packet, &reply);
    return send(FD_SOCKET, packet, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static int serve(uint32_t formats)
{
    uint8_t packet[WIRE_REQUEST_SIZE + 1];
    for (;;) {
        int fd;
        ssize_t n = receive(packet, sizeof(packet), &fd);
        if (n == 0)
            return EXIT_DONE;
        if (n < 0 || !wire_request_read(&request, packet, (size_t)n) ||
            (request.job == JOB_HASH) != (fd >= 0))
            return EXIT_BAD_REQUEST;
        uint64_t cpu = cpu_ns();
        job.began_ns = time_now_ns();
        memset(&reply, 0, offsetof(struct wire_reply, candidate));
        reply.id = request.id;
        reply.orientation = 1;
        if (fd >= 0) {
            hash_file(fd, formats);
            (void)close(fd);
        }
        reply.cpu_us = (uint32_t)((cpu_ns() - cpu) / 1000);
        reply.rss_kib = rss_after_job();
        if (!answer())
            return EXIT_DONE;
    }
}

/* --- start --- */

static bool greet(const struct wire_hello *hello)
{
    uint8_t packet[WIRE_HELLO_SIZE];
    wire_hello_write(packet, hello);
    return send(FD_SOCKET, packet, sizeof(packet), MSG_NOSIGNAL) == (ssize_t)sizeof(packet);
}

static void idle_limit(uint32_t ms)
{
    const struct timeval t = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};
    (void)setsockopt(FD_SOCKET, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
}

int main(int argc, char **argv)
{
    struct options o;
    if (!options_read(&o, argc, argv))
        return EXIT_USAGE;
    struct sandbox s = sandbox_of(o.sandbox);
    struct wire_hello hello = {.version = WIRE_VERSION};
    sandbox_descriptors();
    idle_limit(o.idle_ms);
    sandbox_begin(&s);
    if (!loaders_begin(argv[0]))
        return EXIT_NO_DECODER;
    uint32_t formats = o.formats & loaders_known();
    if ((s.wanted & LAYER_LOADERS) && loaders_restrict(formats))
        s.layers |= LAYER_LOADERS;
    sandbox_confine(&s);
    hello.formats = loaders_warm_up(&job, formats);
    (void)rss_kib();
    sandbox_seal(&s);
    hello.layers = s.layers;
    hello.landlock_abi = s.landlock_abi;
    if (o.sandbox == SANDBOX_STRICT && !(s.layers & LAYER_SECCOMP))
        hello.failed = LAYER_SECCOMP;
    if (!greet(&hello))
        return EXIT_DONE;
    return hello.failed ? EXIT_NO_SANDBOX : serve(hello.formats);
}
