/*
 * A media worker that misbehaves on demand. How it starts stands in the file "start" beside its
 * executable; what it does with a job stands in the job's content, from offset MODE on.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "media/media.h"

enum { SOCKET = 3, MODE = 32 };

static char mode[64];
static int input = -1;
static unsigned done; /* jobs of this life */
static struct wire_request request;
static struct wire_reply reply;

/* "DIR of the executable/name". */
static const char *beside(const char *name)
{
    static char path[600];
    ssize_t n = readlink("/proc/self/exe", path, 500);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    (void)snprintf(slash ? slash + 1 : path, 64, "%s", name);
    return path;
}

static bool is(const char *name)
{
    return strncmp(mode, name, strlen(name)) == 0;
}

static void die_by(int number)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)signal(number, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)raise(number);
    _exit(99);
}

static void post(const void *bytes, size_t size)
{
    if (send(SOCKET, bytes, size, MSG_NOSIGNAL) < 0)
        _exit(0);
}

static void post_reply(void)
{
    static uint8_t bytes[WIRE_REPLY_MAX];
    post(bytes, wire_reply_write(bytes, &reply));
}

static void read_start(void)
{
    int fd = open(beside("start"), O_RDONLY);
    if (fd >= 0) {
        ssize_t n = read(fd, mode, sizeof(mode) - 1);
        mode[n > 0 ? n : 0] = '\0';
        (void)close(fd);
    }
}

static void greet(void)
{
    uint8_t bytes[WIRE_HELLO_SIZE];
    struct wire_hello h = {.version = WIRE_VERSION, .layers = LAYER_ENVIRONMENT, .formats = 1};
    read_start();
    if (is("silent"))
        for (;;)
            (void)pause();
    if (is("exit"))
        _exit(3);
    if (is("abort"))
        die_by(SIGABRT);
    if (is("garbage"))
        post("hello", 5);
    if (is("refuse"))
        h.failed = LAYER_SECCOMP;
    wire_hello_write(bytes, &h);
    post(bytes, sizeof(bytes));
    if (h.failed)
        _exit(4);
}

static void receive(void)
{
    uint8_t bytes[WIRE_REQUEST_SIZE];
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {bytes, sizeof(bytes)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.space)};
    ssize_t n = recvmsg(SOCKET, &message, MSG_CMSG_CLOEXEC);
    if (n <= 0)
        _exit(0);
    if (!wire_request_read(&request, bytes, (size_t)n))
        _exit(98);
    input = -1;
    if (message.msg_controllen >= CMSG_LEN(sizeof(int)))
        memcpy(&input, CMSG_DATA(&control.head), sizeof(int));
    memset(mode, 0, sizeof(mode));
    if (input >= 0 && pread(input, mode, sizeof(mode) - 1, MODE) < 0)
        _exit(97);
}

/* Bytes that can really be read, up to the size that was announced. */
static uint32_t readable(void)
{
    static char block[65536];
    uint64_t sum = 0;
    ssize_t n;
    while (sum < request.size && (n = pread(input, block, sizeof(block), (off_t)sum)) > 0)
        sum += (uint64_t)n;
    return (uint32_t)sum;
}

static bool sealed(void)
{
    int want = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    int seals = fcntl(input, F_GET_SEALS);
    return seals >= 0 && (seals & want) == want;
}

/* A good answer: width is the number of readable bytes, height 2 for a sealed copy, else 1. */
static void prepare(void)
{
    memset(&reply, 0, sizeof(reply));
    reply.id = request.id;
    reply.orientation = 1;
    reply.rss_kib = 1000;
    if (request.job == JOB_PING)
        return;
    reply.format = FORMAT_JPEG;
    reply.width = readable();
    reply.height = sealed() ? 2 : 1;
    reply.frames = 1;
    reply.count = 1;
    reply.candidate[0] = (struct wire_candidate){.quality = 100, .w = 1, .h = 1};
}

static void fail(enum wire_outcome outcome)
{
    reply.outcome = (uint8_t)outcome;
    reply.count = 0;
}

static void arm(uint32_t ms)
{
    struct itimerval t = {.it_value = {ms / 1000, (suseconds_t)(ms % 1000) * 1000}};
    (void)setitimer(ITIMER_REAL, &t, NULL);
}

static void idle_for(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Waits for a byte that the test writes into the fifo "gate". */
static void hold(void)
{
    char byte;
    int fd = open(beside("gate"), O_RDONLY);
    if (fd < 0 || read(fd, &byte, 1) < 0)
        _exit(96);
    (void)close(fd);
}

static void note(char c)
{
    int fd = open(beside("order"), O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd < 0 || write(fd, &c, 1) != 1)
        _exit(95);
    (void)close(fd);
}

/* "slow MS [then MODE]" */
static void dawdle(void)
{
    char *then = strstr(mode, "then ");
    if (!is("slow"))
        return;
    idle_for(strtol(mode + 4, NULL, 10));
    if (then)
        memmove(mode, then + 5, strlen(then + 5) + 1);
}

static void end_badly(void)
{
    if (is("crash-old") ? done > 0 : is("crash"))
        die_by(SIGILL);
    if (is("bus-shared") ? !sealed() : is("bus"))
        die_by(SIGBUS);
    if (is("sys"))
        die_by(SIGSYS);
    if (is("leave-old") ? done > 0 : is("leave"))
        _exit(0);
    if (is("hang") || is("close"))
        for (;;) {
            if (is("close"))
                (void)close(SOCKET);
            (void)pause();
        }
    if (is("stuck")) {
        (void)signal(SIGALRM, SIG_IGN);
        for (;;)
            idle_for(1000);
    }
}

static void send_descriptor(void)
{
    static uint8_t bytes[WIRE_REPLY_MAX];
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS,
                          .cmsg_len = CMSG_LEN(sizeof(int))}};
    struct iovec part = {bytes, wire_reply_write(bytes, &reply)};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.space)};
    memcpy(CMSG_DATA(&control.head), &input, sizeof(int));
    (void)sendmsg(SOCKET, &message, MSG_NOSIGNAL);
}

static void answer(void)
{
    static const char big[WIRE_REPLY_MAX + 1];
    if (is("hold"))
        hold();
    if (is("note"))
        note(mode[4]);
    if (is("undecodable"))
        fail(OUTCOME_UNDECODABLE);
    if (is("unsupported"))
        fail(OUTCOME_UNSUPPORTED);
    if (is("too-large"))
        fail(OUTCOME_TOO_LARGE);
    if (is("timeout"))
        fail(OUTCOME_TIMEOUT);
    if (is("memory"))
        fail(OUTCOME_MEMORY);
    if (is("truncated"))
        reply.flags = REPLY_TRUNCATED;
    if (is("sampled"))
        reply.flags = REPLY_SAMPLED;
    if (is("none"))
        reply.count = 0;
    if (is("fat"))
        reply.rss_kib = MEDIA_RSS_KIB + 1;
    if (is("wrong-id"))
        reply.id++;
    if (is("wrong-format"))
        reply.format = FORMAT_TIFF;
    if (is("garbage"))
        post("garbage", 7);
    else if (is("oversize"))
        post(big, sizeof(big));
    else if (is("empty"))
        post("", 0);
    else if (is("descriptor"))
        send_descriptor();
    else
        post_reply();
    if (is("twice"))
        post_reply();
    if (is("exit"))
        _exit(0);
}

int main(void)
{
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    greet();
    for (;;) {
        receive();
        if (request.job == JOB_HASH)
            arm(request.wall_ms);
        prepare();
        dawdle();
        end_badly();
        answer();
        arm(0);
        if (input >= 0)
            (void)close(input);
        done++;
    }
}
