/* Input: the host's file as it is where that is safe, else a sealed copy in memory. */
#include "media/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

enum { SNIFF = 32, FIRST_FREE_FD = 3 };

int fd_high(int fd)
{
    if (fd < 0 || fd >= FIRST_FREE_FD)
        return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
    if (high < 0)
        return fd;
    (void)close(fd);
    return high;
}

bool input_sniff(int fd, const void *bytes, uint64_t size, enum wire_format *format)
{
    uint8_t head[SNIFF];
    if (fd < 0) {
        *format = wire_sniff(bytes, size < SNIFF ? (size_t)size : SNIFF);
        return true;
    }
    int64_t n = file_pread(fd, head, size < SNIFF ? (size_t)size : SNIFF, 0);
    if (n < 0)
        return false;
    *format = wire_sniff(head, (size_t)n);
    return true;
}

uint32_t input_share(int fd, uint64_t size, bool *share)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    *share = flags >= 0 && (flags & (O_ACCMODE | O_PATH)) == O_RDONLY && fstat(fd, &st) == 0 &&
             S_ISREG(st.st_mode);
    return *share && (uint64_t)st.st_size < size ? REASON_UNDECODABLE : 0;
}

int input_memfd(void)
{
    int fd = memfd_create("media", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("media", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return fd_high(fd);
}

/* Writing beyond RLIMIT_FSIZE would be SIGXFSZ in the host, also in memory. */
static bool may_write(uint64_t size)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 &&
           (limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur);
}

static uint32_t copy_file(int copy, int fd, uint64_t size)
{
    uint8_t block[32768];
    for (uint64_t done = 0; done < size;) {
        size_t want = size - done < sizeof(block) ? (size_t)(size - done) : sizeof(block);
        int64_t n = file_pread(fd, block, want, done);
        if (n < 0 || !file_write_all(copy, block, (size_t)n))
            return REASON_WORKER;
        if ((size_t)n < want) /* the file is shorter than it was */
            return REASON_UNDECODABLE;
        done += want;
    }
    return 0;
}

uint32_t input_copy(int copy, int fd, const void *bytes, uint64_t size)
{
    uint32_t reason = REASON_WORKER;
    if (!may_write(size))
        return reason;
    if (fd >= 0)
        reason = copy_file(copy, fd, size);
    else if (file_write_all(copy, bytes, (size_t)size))
        reason = 0;
    if (!reason &&
        fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
        reason = REASON_WORKER;
    return reason;
}
