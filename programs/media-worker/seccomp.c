/*
 * The system call filter: an allow list, everything else kills the process. Written out as BPF, so
 * that the worker needs no library for it and the list below is all there is to review.
 */
#include "sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__x86_64__)
enum { ARCH = (int)AUDIT_ARCH_X86_64, X32_BIT = 0x40000000 };
#elif defined(__aarch64__)
enum { ARCH = (int)AUDIT_ARCH_AARCH64, X32_BIT = 0 };
#else
#error "the system call list has been checked on x86-64 and arm64 only"
#endif

/* A thread, not a process, and no namespace on the way. */
enum {
    CLONE_MUST = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
    CLONE_NEVER = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWUTS |
                  CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_VFORK | CLONE_PTRACE,
};

/* Allowed when (argument & mask) == value. Mask 0: always. */
struct rule {
    uint32_t call, argument, mask, value;
};

static const struct rule allowed[] = {
    /* the loop */
    {SYS_recvmsg, 0, 0, 0},
    {SYS_sendto, 0, 0, 0},
    {SYS_close, 0, 0, 0},
    {SYS_setitimer, 0, ~0u, ITIMER_REAL},
    {SYS_pread64, 0, ~0u, FD_STATM}, /* our own size in memory, for the reply */
    /* memory, never executable */
    {SYS_mmap, 2, PROT_EXEC, 0},
    {SYS_munmap, 0, 0, 0},
    {SYS_mprotect, 2, PROT_EXEC, 0},
    {SYS_brk, 0, 0, 0},
    {SYS_madvise, 0, 0, 0},
    {SYS_mremap, 0, 0, 0},
    /* threads of libwebp and libvips */
    {SYS_futex, 0, 0, 0},
    {SYS_clone, 0, (uint32_t)CLONE_MUST | (uint32_t)CLONE_NEVER, CLONE_MUST},
    {SYS_set_robust_list, 0, 0, 0},
    {SYS_rseq, 0, 0, 0},
    {SYS_rt_sigprocmask, 0, 0, 0},
    {SYS_prctl, 0, ~0u, PR_SET_NAME},
    {SYS_exit, 0, 0, 0},
    /* reading a clock is harmless, and without a vDSO clock it is a call; resuming a wait after
     * SIGSTOP and SIGCONT likewise */
    {SYS_clock_gettime, 0, 0, 0},
    {SYS_restart_syscall, 0, 0, 0},
    {SYS_exit_group, 0, 0, 0},
};

/* Refused with an error, because a library that hears it goes on: glibc makes threads by clone(),
 * and messages for stderr are lost. */
static const struct {
    uint32_t call, error;
} refused[] = {
    {SYS_clone3, ENOSYS},
    {SYS_write, EPERM},
};

enum { PROGRAM_MAX = 8 + 6 * (int)(sizeof(allowed) / sizeof(allowed[0])) + 2 * 2 };

struct program {
    struct sock_filter code[PROGRAM_MAX];
    uint16_t n;
};

static void add(struct program *p, uint32_t code, uint32_t k, uint8_t when_true, uint8_t when_false)
{
    p->code[p->n++] = (struct sock_filter){(uint16_t)code, when_true, when_false, k};
}

static void load(struct program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct program *p, uint32_t action)
{
    add(p, BPF_RET | BPF_K, action, 0, 0);
}

/* The low half of an argument: all that the kernel looks at in those that are filtered. */
static size_t argument_at(uint32_t index)
{
    return offsetof(struct seccomp_data, args) + index * sizeof(uint64_t);
}

static void allow(struct program *p, const struct rule *r)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, r->call, 0, r->mask ? 5 : 1);
    if (r->mask) {
        load(p, argument_at(r->argument));
        add(p, BPF_ALU | BPF_AND | BPF_K, r->mask, 0, 0);
        add(p, BPF_JMP | BPF_JEQ | BPF_K, r->value, 0, 1);
        answer(p, SECCOMP_RET_ALLOW);
        answer(p, SECCOMP_RET_KILL_PROCESS);
    } else {
        answer(p, SECCOMP_RET_ALLOW);
    }
}

static void compile(struct program *p)
{
    load(p, offsetof(struct seccomp_data, arch));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)ARCH, 1, 0);
    answer(p, SECCOMP_RET_KILL_PROCESS);
    load(p, offsetof(struct seccomp_data, nr));
    if (X32_BIT) {
        add(p, BPF_JMP | BPF_JSET | BPF_K, (uint32_t)X32_BIT, 0, 1);
        answer(p, SECCOMP_RET_KILL_PROCESS);
    }
    for (size_t i = 0; i < COUNT_OF(allowed); i++)
        allow(p, &allowed[i]);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        add(p, BPF_JMP | BPF_JEQ | BPF_K, refused[i].call, 0, 1);
        answer(p, SECCOMP_RET_ERRNO | refused[i].error);
    }
    answer(p, SECCOMP_RET_KILL_PROCESS);
}

bool seccomp_install(void)
{
    struct program p = {.n = 0};
    compile(&p);
    const struct sock_fprog code = {p.n, p.code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                   SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, &code) == 0;
}
