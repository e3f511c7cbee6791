/* The library's side of a worker, for tests: starts the real executable as the pool does and speaks
 * to it through the wire. Pictures are made by libvips. */
#ifndef SANDBOX_WORKER_CLIENT_H
#define SANDBOX_WORKER_CLIENT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vips/vips.h>

#include "base/base.h"
#include "hash/hash.h"
#include "tap.h"
#include "wire/wire.h"

#ifdef SANITIZED
#define SANDBOX "off"
enum { IS_SANITIZED = 1 };
#else
#define SANDBOX "strict"
enum { IS_SANITIZED = 0 };
#endif

enum { EVERY_FORMAT = FORMAT_JPEG | FORMAT_PNG | FORMAT_WEBP | FORMAT_GIF, WAIT_S = 60 };

struct worker {
    struct child child;
    int socket;
    struct wire_hello hello;
    uint64_t id;
};

/* Starts a worker with up to three arguments; false when it does not greet. */
static inline bool
worker_start(struct worker *w, const char *sandbox, const char *formats, const char *more)
{
    char name[] = "media-worker", first[64], second[64], third[64];
    char *argv[] = {name, first, second, more ? third : NULL, NULL};
    uint8_t packet[WIRE_HELLO_SIZE + 1];
    int pair[2];
    (void)snprintf(first, sizeof(first), "--sandbox=%s", sandbox);
    (void)snprintf(second, sizeof(second), "--formats=%s", formats);
    (void)snprintf(third, sizeof(third), "%s", more ? more : "");
    *w = (struct worker){.socket = -1};
    int exe = open(WORKER, O_RDONLY | O_CLOEXEC);
    if (exe < 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return false;
    int rc = child_spawn(&w->child, exe, argv, pair[1], NULL);
    (void)close(pair[1]);
    (void)close(exe);
    w->socket = pair[0];
    const struct timeval limit = {WAIT_S, 0}; /* a hang is a failure, not a wait for ever */
    (void)setsockopt(w->socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ssize_t n = rc == LMOD_OK ? recv(w->socket, packet, sizeof(packet), 0) : -1;
    return n > 0 && wire_hello_read(&w->hello, packet, (size_t)n);
}

/* Hangs up and waits; the status of waitpid(). */
static inline int worker_stop(struct worker *w)
{
    int status = -1;
    if (w->socket >= 0)
        (void)close(w->socket);
    (void)child_reap(&w->child, true, &status);
    return status;
}

static inline struct wire_request worker_request(struct worker *w, uint64_t size)
{
    return (struct wire_request){.id = ++w->id,
                                 .job = JOB_HASH,
                                 .formats = EVERY_FORMAT,
                                 .size = size,
                                 .max_pixels = 50000000,
                                 .wall_ms = 30000,
                                 .frames = 16};
}

static inline bool worker_send(const struct worker *w, const void *packet, size_t size, int fd)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {(void *)(uintptr_t)packet, size};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    memset(&control, 0, sizeof(control));
    if (fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof(control);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    return sendmsg(w->socket, &m, MSG_NOSIGNAL) == (ssize_t)size;
}

/* The outcome of no reply at all. */
enum { GONE = 255 };

static inline const struct wire_reply *gone(void)
{
    static const struct wire_reply nothing = {.outcome = GONE};
    return &nothing;
}

/* The reply to a request, outcome GONE when the worker died or answers nonsense. */
static inline const struct wire_reply *
worker_ask(const struct worker *w, const struct wire_request *q, int fd)
{
    static uint8_t packet[WIRE_REPLY_MAX + 1];
    static struct wire_reply reply;
    uint8_t asked[WIRE_REQUEST_SIZE];
    wire_request_write(asked, q);
    if (!worker_send(w, asked, sizeof(asked), fd))
        return gone();
    ssize_t n = recv(w->socket, packet, sizeof(packet), 0);
    if (n <= 0 || !wire_reply_read(&reply, packet, (size_t)n) || reply.id != q->id)
        return gone();
    return &reply;
}

/* Bytes of a file. */
struct bytes {
    void *at;
    size_t size;
};

static inline int memory_file(const void *bytes, size_t size)
{
    int fd = memfd_create("picture", MFD_CLOEXEC);
    if (fd >= 0 && size > 0 && !file_write_all(fd, bytes, size)) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static inline const struct wire_reply *
worker_hash_as(const struct worker *w, const struct wire_request *q, const void *bytes, size_t size)
{
    int fd = memory_file(bytes, size);
    const struct wire_reply *reply = fd >= 0 ? worker_ask(w, q, fd) : gone();
    (void)close(fd);
    return reply;
}

static inline const struct wire_reply *worker_hash(struct worker *w, const void *bytes, size_t size)
{
    struct wire_request q = worker_request(w, size);
    return worker_hash_as(w, &q, bytes, size);
}

/* --- pictures --- */

/* A value of a corner of a grid, by `kind` of picture. */
static inline unsigned corner(unsigned x, unsigned y, unsigned kind)
{
    unsigned h = x * 0x9e3779b1u ^ y * 0x85ebca77u ^ kind * 0xc2b2ae3du;
    h = (h ^ h >> 15) * 0x2c1b3c6du;
    h = (h ^ h >> 12) * 0x297a2d39u;
    return (h ^ h >> 15) & 255;
}

/* Smooth blobs on a grid of 16 × 16; `x` and `y` count from 0 to 4095. */
static inline unsigned blob(unsigned x, unsigned y, unsigned kind)
{
    unsigned i = x / 256, j = y / 256, u = x % 256, v = y % 256;
    unsigned above = corner(i, j, kind) * (256 - u) + corner(i + 1, j, kind) * u;
    unsigned below = corner(i, j + 1, kind) * (256 - u) + corner(i + 1, j + 1, kind) * u;
    return (above * (256 - v) + below * v) / 65536;
}

/* A picture with much to see and no edge in it, `kind` makes different ones. Three bands of 8 bits. */
static inline VipsImage *picture(int width, int height, unsigned kind)
{
    size_t size = (size_t)width * (size_t)height * 3, at = 0;
    uint8_t *bytes = malloc(size);
    if (!bytes)
        return NULL;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int b = 0; b < 3; b++) {
                unsigned u = (unsigned)(x * 4096 / width), v = (unsigned)(y * 4096 / height);
                bytes[at++] = (uint8_t)((blob(u, v, kind) * 15 + (unsigned)b * 120) / 16);
            }
    VipsImage *image =
        vips_image_new_from_memory_copy(bytes, size, width, height, 3, VIPS_FORMAT_UCHAR);
    free(bytes);
    if (image)
        image->Type = VIPS_INTERPRETATION_sRGB;
    return image;
}

/* Saves and drops the image. */
static inline struct bytes saved(VipsImage *image, const char *suffix)
{
    struct bytes b = {NULL, 0};
    if (!image || vips_image_write_to_buffer(image, suffix, &b.at, &b.size, NULL) != 0)
        printf("# %s: %s\n", suffix, vips_error_buffer());
    if (image)
        g_object_unref(image);
    return b;
}

static inline unsigned distance(const struct wire_candidate *a, const uint8_t hash[WIRE_HASH])
{
    struct pdq left, right;
    memcpy(left.b, a->hash[STRATEGY_PLAIN], sizeof(left.b));
    memcpy(right.b, hash, sizeof(right.b));
    return pdq_distance(&left, &right);
}

#endif
