/*
 * The gen file: eight bytes that change whenever somebody decided something, so that asking costs one
 * pread(). The truth is meta.gen; the file follows each commit. A value is written by who committed it
 * or found it committed, so none comes back after something else was decided.
 * A lock on it tells that one of us is at work.
 */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GEN_BYTES = 8 };

/* Under signal_lock: the file, when it is there. */
static void open_gen(struct store *s)
{
    static const int modes[] = {O_RDWR, O_RDONLY};
    for (size_t i = 0; s->gen_fd < 0 && i < COUNT_OF(modes); i++)
        do
            s->gen_fd = open(s->gen_path, modes[i] | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        while (s->gen_fd < 0 && errno == EINTR);
}

/* Under signal_lock: somebody may have put another file in its place. */
static void check_gen(struct store *s)
{
    struct stat have, there;
    s->gen_checked = time_now_ns();
    if (s->gen_fd < 0 || (fstat(s->gen_fd, &have) == 0 && stat(s->gen_path, &there) == 0 &&
                          have.st_ino == there.st_ino && have.st_dev == there.st_dev))
        return;
    (void)close(s->gen_fd);
    s->gen_fd = -1;
}

static uint64_t read_gen(int fd)
{
    uint8_t bytes[GEN_BYTES];
    if (fd < 0 || file_pread(fd, bytes, sizeof(bytes), 0) != GEN_BYTES)
        return 0;
    struct reader r = reader_over(bytes, sizeof(bytes));
    return reader_little(&r, GEN_BYTES);
}

int store_signal_make(struct store *s, struct error *e)
{
    int status = LMOD_OK;
    (void)pthread_mutex_lock(&s->signal_lock);
    check_gen(s);
    open_gen(s);
    if (s->gen_fd < 0) {
        status = store_place(s, s->gen_path, e);
        open_gen(s);
    }
    if (status == LMOD_OK && s->gen_fd < 0)
        status = error_at(e, LMOD_E_STORE, s->gen_path, 0, 0,
                          "user %u may not read it (%s); look at its owner and rights",
                          (unsigned)geteuid(), strerrorname_np(errno));
    (void)pthread_mutex_unlock(&s->signal_lock);
    return status;
}

void store_signal_write(struct store *s, uint64_t gen)
{
    uint8_t bytes[GEN_BYTES];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(gen >> (8 * i));
    s->gen_due = 0; /* what is committed is committed; should this fail, the next writer mends it */
    if (store_signal_make(s, NULL) != LMOD_OK)
        return;
    (void)pthread_mutex_lock(&s->signal_lock);
    if (TEMP_FAILURE_RETRY(pwrite(s->gen_fd, bytes, sizeof(bytes), 0)) == GEN_BYTES)
        s->gen_due = time_now_ns() + GEN_CHECK_MS * UINT64_C(1000000);
    (void)pthread_mutex_unlock(&s->signal_lock);
}

void store_signal_check(struct store *s)
{
    uint64_t now = time_now_ns(), gen = 0;
    if (now < s->gen_due)
        return;
    s->gen_due = now + GEN_CHECK_MS * UINT64_C(1000000);
    if (store_signal_make(s, NULL) != LMOD_OK || store_gen_now(s, &gen, NULL) != LMOD_OK)
        return;
    (void)pthread_mutex_lock(&s->signal_lock);
    bool behind = read_gen(s->gen_fd) != gen;
    (void)pthread_mutex_unlock(&s->signal_lock);
    if (behind)
        store_signal_write(s, gen);
}

uint64_t store_signal(struct store *s)
{
    (void)pthread_mutex_lock(&s->signal_lock);
    if (time_now_ns() - s->gen_checked >= GEN_CHECK_MS * UINT64_C(1000000))
        check_gen(s);
    open_gen(s);
    uint64_t gen = read_gen(s->gen_fd);
    (void)pthread_mutex_unlock(&s->signal_lock);
    return gen;
}

/* A byte behind the gen; the lock belongs to the descriptor, which no other process shares: forks
 * close it. Readers' locks, for several of us may be at work at once. */
static struct flock sign(int type)
{
    return (struct flock){
        .l_type = (short)type, .l_whence = SEEK_SET, .l_start = GEN_BYTES, .l_len = 1};
}

void store_signal_hold(struct store *s, bool hold)
{
    struct flock lock = sign(hold ? F_RDLCK : F_UNLCK);
    if (hold == s->holding)
        return;
    s->holding = hold;
    (void)pthread_mutex_lock(&s->signal_lock);
    if (s->gen_fd >= 0) /* no more than a courtesy: without it others are less patient */
        (void)fcntl(s->gen_fd, F_OFD_SETLK, &lock);
    (void)pthread_mutex_unlock(&s->signal_lock);
}

bool store_signal_held(struct store *s)
{
    struct flock lock = sign(F_WRLCK);
    (void)pthread_mutex_lock(&s->signal_lock);
    bool held =
        s->gen_fd >= 0 && fcntl(s->gen_fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    (void)pthread_mutex_unlock(&s->signal_lock);
    return held;
}
