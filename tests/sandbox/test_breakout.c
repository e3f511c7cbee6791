/*
 * What code that has taken over a decoder could try, from inside the worker's own lockdown: each
 * system call must be refused by the filter. As the user who runs the test and, for root, as nobody.
 */
#include "cage.h"

#include <linux/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>

/* What is expected of an attempt. */
enum { DIES = 1, WORKS = 2 }; /* any other value: -errno */

static char page[4096] __attribute__((aligned(4096)));
static char path[] = "/etc/passwd";
static char *no_strings[] = {NULL};

static long word(const void *p)
{
    return (long)(intptr_t)p;
}

#define ATTEMPT(name, call)                                                                        \
    static long try_##name(void)                                                                   \
    {                                                                                              \
        return call;                                                                               \
    }

/* files */
#ifdef SYS_open
ATTEMPT(open, raw(SYS_open, word(path), O_RDONLY, 0, 0))
ATTEMPT(unlink, raw(SYS_unlink, word(path), 0, 0, 0))
ATTEMPT(rename, raw(SYS_rename, word(path), word("/tmp/x"), 0, 0))
ATTEMPT(dup2, raw(SYS_dup2, FD_FILE, 1, 0, 0))
ATTEMPT(fork, raw(SYS_fork, 0, 0, 0, 0))
#endif
ATTEMPT(openat, raw(SYS_openat, AT_FDCWD, word(path), O_RDONLY, 0))
ATTEMPT(openat2, raw(437, AT_FDCWD, word(path), word(page), 24))
ATTEMPT(unlinkat, raw(SYS_unlinkat, AT_FDCWD, word(path), 0, 0))
ATTEMPT(write_file, raw(SYS_write, FD_FILE, word("x"), 1, 0))
ATTEMPT(write_out, raw(SYS_write, 1, word("x"), 1, 0))
ATTEMPT(pwrite, raw(SYS_pwrite64, FD_FILE, word("x"), 1, 0))
ATTEMPT(read_file, raw(SYS_read, FD_FILE, word(page), 1, 0))
ATTEMPT(pread_file, raw(SYS_pread64, FD_FILE, word(page), 1, 0))
ATTEMPT(truncate, raw(SYS_ftruncate, FD_FILE, 0, 0, 0))
ATTEMPT(fcntl, raw(SYS_fcntl, FD_FILE, F_DUPFD, 0, 0))
ATTEMPT(ioctl, raw(SYS_ioctl, 0, 0x5412, word("x"), 0))
ATTEMPT(mount, raw(SYS_mount, word("none"), word("/tmp"), word("tmpfs"), 0))
ATTEMPT(chroot, raw(SYS_chroot, word("/"), 0, 0, 0))
ATTEMPT(memfd, raw(SYS_memfd_create, word("x"), 0, 0, 0))
/* network */
ATTEMPT(socket, raw(SYS_socket, AF_INET, SOCK_STREAM, 0, 0))
ATTEMPT(socket_unix, raw(SYS_socket, AF_UNIX, SOCK_STREAM, 0, 0))
ATTEMPT(connect, raw(SYS_connect, FD_SOCKET, word(page), sizeof(struct sockaddr_in), 0))
ATTEMPT(sendmsg, raw(SYS_sendmsg, FD_SOCKET, word(page), 0, 0))
/* programs and processes */
ATTEMPT(execve, raw(SYS_execve, word("/bin/true"), word(no_strings), word(no_strings), 0))
ATTEMPT(execveat, raw(SYS_execveat, FD_FILE, word(""), word(no_strings), word(no_strings)))
ATTEMPT(clone_process, raw(SYS_clone, SIGCHLD, 0, 0, 0))
ATTEMPT(clone_vfork, raw(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0))
ATTEMPT(clone_user, raw(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0))
ATTEMPT(clone3, raw(SYS_clone3, word(page), 64, 0, 0))
ATTEMPT(ptrace, raw(SYS_ptrace, 0, 0, 0, 0))
ATTEMPT(kill_parent, raw(SYS_kill, 1, 0, 0, 0))
ATTEMPT(tgkill, raw(SYS_tgkill, 1, 1, 0, 0))
ATTEMPT(pidfd_open, raw(SYS_pidfd_open, 1, 0, 0, 0))
ATTEMPT(vm_read, raw(SYS_process_vm_readv, 1, word(page), 1, word(page)))
ATTEMPT(vm_write, raw(SYS_process_vm_writev, 1, word(page), 1, word(page)))
ATTEMPT(getpid, raw(SYS_getpid, 0, 0, 0, 0))
/* code */
ATTEMPT(mmap_exec,
        syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ATTEMPT(mmap_file_exec, syscall(SYS_mmap, NULL, 4096, PROT_EXEC, MAP_PRIVATE, FD_FILE, 0))
ATTEMPT(mmap_all, syscall(SYS_mmap, NULL, 4096, 7, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ATTEMPT(mprotect_exec, raw(SYS_mprotect, word(page), 4096, PROT_READ | PROT_EXEC, 0))
ATTEMPT(pkey_mprotect, raw(SYS_pkey_mprotect, word(page), 4096, PROT_EXEC, -1))
ATTEMPT(personality, raw(SYS_personality, 0x0400000, 0, 0, 0))
/* the kernel's large doors */
ATTEMPT(io_uring, raw(425, 8, word(page), 0, 0))
ATTEMPT(bpf, raw(SYS_bpf, BPF_PROG_LOAD, word(page), 64, 0))
ATTEMPT(userfaultfd, raw(SYS_userfaultfd, 0, 0, 0, 0))
ATTEMPT(perf, raw(SYS_perf_event_open, word(page), 0, -1, -1))
ATTEMPT(keyctl, raw(SYS_keyctl, 0, 0, 0, 0))
ATTEMPT(unshare, raw(SYS_unshare, CLONE_NEWUSER, 0, 0, 0))
ATTEMPT(setns, raw(SYS_setns, FD_FILE, 0, 0, 0))
ATTEMPT(module, raw(SYS_finit_module, FD_FILE, word(""), 0, 0))
/* our own restraints */
ATTEMPT(prctl_dump, raw(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0))
ATTEMPT(prctl_seccomp, raw(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0))
ATTEMPT(seccomp, raw(SYS_seccomp, 0, 0, 0, 0))
ATTEMPT(setrlimit, raw(SYS_prlimit64, 0, RLIMIT_NOFILE, word(page), 0))
ATTEMPT(other_timer, raw(SYS_setitimer, ITIMER_VIRTUAL, word(page), 0, 0))
ATTEMPT(sigaction, raw(SYS_rt_sigaction, SIGALRM, word(page), 0, 8))
/* what a decoder needs */
ATTEMPT(prctl_name, raw(SYS_prctl, PR_SET_NAME, word("decoder"), 0, 0))
ATTEMPT(mmap_data, syscall(SYS_mmap, NULL, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0)
ATTEMPT(mprotect_data, raw(SYS_mprotect, word(page), 4096, PROT_READ | PROT_WRITE, 0))
ATTEMPT(own_size, raw(SYS_pread64, FD_STATM, word(page), 64, 0) > 0 ? 0 : -EIO)
ATTEMPT(alarm, raw(SYS_setitimer, ITIMER_REAL, word(page), 0, 0))

static long try_clock(void)
{
    struct timespec t;
    return raw(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, word(&t), 0, 0);
}

static void *idle(void *unused)
{
    return unused;
}

static long try_thread(void)
{
    pthread_t t;
    int rc = pthread_create(&t, NULL, idle, NULL);
    return rc ? -rc : -pthread_join(t, NULL);
}

/* A filter that only knows one entry into the kernel is none. */
#if defined(__x86_64__)
ATTEMPT(x32, raw(0x40000000 | SYS_getpid, 0, 0, 0, 0))
static long try_int80(void)
{
    long rc;
    __asm__ volatile("int $0x80" : "=a"(rc) : "a"(20L) : "memory"); /* getpid of i386 */
    return rc;
}
#endif

static const struct {
    const char *name;
    attempt_fn run;
    long expected;
} attempts[] = {
#ifdef SYS_open
    {"open", try_open, DIES},
    {"unlink", try_unlink, DIES},
    {"rename", try_rename, DIES},
    {"dup2", try_dup2, DIES},
    {"fork", try_fork, DIES},
#endif
    {"openat", try_openat, DIES},
    {"openat2", try_openat2, DIES},
    {"unlinkat", try_unlinkat, DIES},
    {"write to a passed file", try_write_file, -EPERM},
    {"write to descriptor 1", try_write_out, -EPERM},
    {"pwrite", try_pwrite, DIES},
    {"read", try_read_file, DIES},
    {"pread of a passed file", try_pread_file, DIES},
    {"ftruncate", try_truncate, DIES},
    {"fcntl", try_fcntl, DIES},
    {"ioctl", try_ioctl, DIES},
    {"mount", try_mount, DIES},
    {"chroot", try_chroot, DIES},
    {"memfd_create", try_memfd, DIES},
    {"socket", try_socket, DIES},
    {"unix socket", try_socket_unix, DIES},
    {"connect", try_connect, DIES},
    {"sendmsg", try_sendmsg, DIES},
    {"execve", try_execve, DIES},
    {"execveat", try_execveat, DIES},
    {"clone of a process", try_clone_process, DIES},
    {"clone like vfork", try_clone_vfork, DIES},
    {"clone into a namespace", try_clone_user, DIES},
    {"clone3", try_clone3, -ENOSYS},
    {"ptrace", try_ptrace, DIES},
    {"kill", try_kill_parent, DIES},
    {"tgkill", try_tgkill, DIES},
    {"pidfd_open", try_pidfd_open, DIES},
    {"process_vm_readv", try_vm_read, DIES},
    {"process_vm_writev", try_vm_write, DIES},
    {"getpid", try_getpid, DIES},
    {"mmap executable", try_mmap_exec, DIES},
    {"mmap a file executable", try_mmap_file_exec, DIES},
    {"mmap writable and executable", try_mmap_all, DIES},
    {"mprotect executable", try_mprotect_exec, DIES},
    {"pkey_mprotect", try_pkey_mprotect, DIES},
    {"personality", try_personality, DIES},
    {"io_uring_setup", try_io_uring, DIES},
    {"bpf", try_bpf, DIES},
    {"userfaultfd", try_userfaultfd, DIES},
    {"perf_event_open", try_perf, DIES},
    {"keyctl", try_keyctl, DIES},
    {"unshare", try_unshare, DIES},
    {"setns", try_setns, DIES},
    {"finit_module", try_module, DIES},
    {"prctl dumpable", try_prctl_dump, DIES},
    {"prctl seccomp", try_prctl_seccomp, DIES},
    {"seccomp", try_seccomp, DIES},
    {"prlimit", try_setrlimit, DIES},
    {"another timer", try_other_timer, DIES},
    {"rt_sigaction", try_sigaction, DIES},
#if defined(__x86_64__)
    {"x32 entry", try_x32, DIES},
    {"32-bit entry", try_int80, DIES},
#endif
    {"naming a thread", try_prctl_name, 0},
    {"memory", try_mmap_data, WORKS},
    {"mprotect of data", try_mprotect_data, 0},
    {"reading the own size", try_own_size, 0},
    {"the alarm", try_alarm, 0},
    {"processor time", try_clock, 0},
    {"a thread", try_thread, 0},
};

static bool as_expected(const struct outcome *o, long expected)
{
    if (expected == DIES)
        return !o->told && WIFSIGNALED(o->status) && WTERMSIG(o->status) == SIGSYS;
    return o->told && WIFEXITED(o->status) && WEXITSTATUS(o->status) == 0 &&
           (expected == WORKS ? o->result > 0 : o->result == expected);
}

static void all(bool nobody)
{
    enum { LOCKED = LAYER_NO_NEW_PRIVS | LAYER_NOT_DUMPABLE | LAYER_NAMESPACES | LAYER_SECCOMP };
    for (size_t i = 0; i < COUNT_OF(attempts); i++) {
        struct outcome o = cage(LOCKED, nobody, attempts[i].run);
        bool good = as_expected(&o, attempts[i].expected);
        if (!good)
            printf("# %s: told %d, result %ld, status %x\n", attempts[i].name, o.told, o.result,
                   (unsigned)o.status);
        CU_ASSERT_TRUE(good);
    }
}

static bool no_filter(void)
{
    struct outcome o = cage(LAYER_NO_NEW_PRIVS | LAYER_SECCOMP, false, NULL);
    return o.told && !(o.layers & LAYER_SECCOMP);
}

static void test_as_myself(void)
{
    if (IS_SANITIZED)
        TAP_SKIP("sanitizers need system calls that the filter refuses");
    if (no_filter())
        TAP_SKIP("seccomp filters are not available here");
    all(false);
}

static void test_as_nobody(void)
{
    if (IS_SANITIZED)
        TAP_SKIP("sanitizers need system calls that the filter refuses");
    if (no_filter())
        TAP_SKIP("seccomp filters are not available here");
    if (!can_be_nobody())
        TAP_SKIP("not root: the other test was it");
    all(true);
}

/* Every layer at once, as the worker has them. */
static void test_everything_on(void)
{
    if (IS_SANITIZED)
        TAP_SKIP("sanitizers need system calls that the filter refuses");
    uint32_t wanted = sandbox_of(SANDBOX_STRICT).wanted & ~(uint32_t)LAYER_LOADERS;
    struct outcome o = cage(wanted, can_be_nobody(), try_getpid);
    CU_ASSERT_FALSE(o.told);
    CU_ASSERT_TRUE(WIFSIGNALED(o.status));
    o = cage(wanted, can_be_nobody(), try_own_size);
    CU_ASSERT_TRUE_FATAL(o.told);
    CU_ASSERT_EQUAL(o.result, 0);
    CU_ASSERT_EQUAL(o.layers & LAYER_ENVIRONMENT, LAYER_ENVIRONMENT);
}

int main(void)
{
    (void)try_thread(); /* what libc does for the first one only, the worker does in its warm-up */
    return TAP_RUN("sandbox/breakout", {"as the user who runs this", test_as_myself},
                   {"as nobody", test_as_nobody}, {"every layer at once", test_everything_on});
}
