/* Each layer of the sandbox alone: what it takes away is really gone, and it is reported only then. */
#include "cage.h"

#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

extern char **environ;

static bool on(const struct outcome *o, uint32_t layer)
{
    return o->told && (o->layers & layer);
}

/* --- environment --- */

static long count_environment(void)
{
    long n = 0;
    for (char **e = environ; e && *e; e++)
        n++;
    return n;
}

static long descriptors_above(void)
{
    long n = 0;
    for (int fd = FD_STATM + 1; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void test_environment(void)
{
    struct outcome o = cage(LAYER_ENVIRONMENT, false, count_environment);
    CU_ASSERT_TRUE(on(&o, LAYER_ENVIRONMENT));
    CU_ASSERT_EQUAL(o.result, 0);
    o = cage(LAYER_ENVIRONMENT, false, descriptors_above);
    CU_ASSERT_EQUAL(o.result, 0);
}

static long claim_with_an_open_file(void)
{
    struct sandbox s = {.wanted = LAYER_ENVIRONMENT};
    (void)dup2(0, FD_STATM + 3);
    sandbox_begin(&s);
    return s.layers;
}

static void test_an_open_file_is_not_hidden(void)
{
    struct outcome o = cage(0, false, claim_with_an_open_file);
    CU_ASSERT_TRUE(o.told);
    CU_ASSERT_EQUAL(o.result, 0);
}

/* --- privileges --- */

static long no_new_privs(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static long dumpable(void)
{
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

static void test_privileges(void)
{
    struct outcome o = cage(LAYER_NO_NEW_PRIVS, false, no_new_privs);
    CU_ASSERT_TRUE(on(&o, LAYER_NO_NEW_PRIVS));
    CU_ASSERT_EQUAL(o.result, 1);
    o = cage(LAYER_NOT_DUMPABLE, false, dumpable);
    CU_ASSERT_TRUE(on(&o, LAYER_NOT_DUMPABLE));
    CU_ASSERT_EQUAL(o.result, 0);
    o = cage(0, false, no_new_privs);
    CU_ASSERT_EQUAL(o.layers, 0);
}

/* --- namespaces --- */

static long network_interfaces_to_the_world(void)
{
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(9)};
    there.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1, for documentation */
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    return connect(s, (struct sockaddr *)&there, sizeof(there)) == 0 ? 0 : -errno;
}

static long capabilities(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct have[2];
    memset(have, 0xff, sizeof(have));
    if (syscall(SYS_capget, &head, have) != 0)
        return -errno;
    return (long)(have[0].effective | have[1].effective | have[0].permitted | have[1].permitted);
}

static long namespace_inode(void)
{
    struct stat st;
    return stat("/proc/self/ns/net", &st) == 0 ? (long)st.st_ino : -errno;
}

static void namespaces(bool nobody)
{
    struct outcome o = cage(LAYER_NAMESPACES, nobody, network_interfaces_to_the_world);
    CU_ASSERT_TRUE_FATAL(o.told);
    if (!on(&o, LAYER_NAMESPACES))
        TAP_SKIP("user namespaces are not allowed here");
    CU_ASSERT_EQUAL(o.result, -ENETUNREACH);
    o = cage(LAYER_NAMESPACES, nobody, capabilities);
    CU_ASSERT_EQUAL(o.result, 0);
    o = cage(LAYER_NAMESPACES, nobody, namespace_inode);
    CU_ASSERT_TRUE(o.result > 0 && o.result != namespace_inode());
}

static void test_namespaces(void)
{
    namespaces(false);
}

static void test_namespaces_as_nobody(void)
{
    if (!can_be_nobody())
        TAP_SKIP("not root: the other test was it");
    namespaces(true);
}

/* --- limits --- */

static long open_many(void)
{
    for (long n = 0; n < 100; n++)
        if (open("/dev/null", O_RDONLY) < 0)
            return errno == EMFILE ? n : -errno;
    return 100;
}

static long much_memory(void)
{
    void *p =
        mmap(NULL, (size_t)2 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -errno : 0;
}

static long enough_memory(void)
{
    void *p =
        mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -errno : 0;
}

static long grow_file(void)
{
    char path[] = "/tmp/libmod-grow-XXXXXX";
    int fd = mkstemp(path);
    (void)unlink(path);
    return write(fd, "x", 1) == 1 ? 0 : -errno;
}

static long raise_limit(void)
{
    const struct rlimit more = {1024, 1024};
    return setrlimit(RLIMIT_NOFILE, &more) == 0 ? 0 : -errno;
}

static long core_limit(void)
{
    struct rlimit now;
    return getrlimit(RLIMIT_CORE, &now) == 0 ? (long)now.rlim_max : -errno;
}

static void test_limits(void)
{
    if (IS_SANITIZED)
        TAP_SKIP("sanitizers need more address space than the limit leaves");
    bool nobody = can_be_nobody();
    struct outcome o = cage(LAYER_RLIMITS, nobody, open_many);
    CU_ASSERT_TRUE(on(&o, LAYER_RLIMITS));
    CU_ASSERT_TRUE(o.result >= 0 && o.result < 8);
    o = cage(LAYER_RLIMITS, nobody, much_memory);
    CU_ASSERT_EQUAL(o.result, -ENOMEM);
    o = cage(LAYER_RLIMITS, nobody, enough_memory);
    CU_ASSERT_EQUAL(o.result, 0);
    o = cage(LAYER_RLIMITS, nobody, core_limit);
    CU_ASSERT_EQUAL(o.result, 0);
    o = cage(LAYER_RLIMITS, nobody, grow_file);
    CU_ASSERT_TRUE(!o.told && WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGXFSZ);
    o = cage(LAYER_RLIMITS, nobody, raise_limit);
    CU_ASSERT_EQUAL(o.result, -EPERM);
}

/* --- Landlock --- */

static long read_a_file(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0 ? 0 : -errno;
}

static long list_a_directory(void)
{
    return open("/", O_RDONLY | O_DIRECTORY) >= 0 ? 0 : -errno;
}

static long make_a_file(void)
{
    char path[] = "/tmp/libmod-make-XXXXXX";
    return mkstemp(path) >= 0 ? 0 : -errno;
}

static long run_a_program(void)
{
    char *const nothing[] = {NULL};
    (void)execve("/bin/true", nothing, nothing);
    return -errno;
}

static void *read_from_thread(void *out)
{
    *(long *)out = read_a_file();
    return NULL;
}

static long read_in_a_thread(void)
{
    pthread_t t;
    long result = 1;
    if (pthread_create(&t, NULL, read_from_thread, &result) != 0 || pthread_join(t, NULL) != 0)
        return 2;
    return result;
}

static long listen_on_tcp(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET};
    int s = socket(AF_INET, SOCK_STREAM, 0);
    return bind(s, (struct sockaddr *)&here, sizeof(here)) == 0 ? 0 : -errno;
}

static long signal_the_parent(void)
{
    return kill(getppid(), 0) == 0 ? 0 : -errno;
}

enum { LANDLOCKED = LAYER_NO_NEW_PRIVS | LAYER_LANDLOCK };

static const struct {
    const char *what;
    attempt_fn run;
    uint32_t since; /* version of Landlock */
    long expected;
    bool same_user; /* nobody could not do it anyway */
} refused[] = {
    {"reading a file", read_a_file, 1, -EACCES},
    {"listing a directory", list_a_directory, 1, -EACCES},
    {"making a file", make_a_file, 1, -EACCES},
    {"running a program", run_a_program, 1, -EACCES},
    {"reading in a thread made later", read_in_a_thread, 1, -EACCES},
    {"listening on TCP", listen_on_tcp, 4, -EACCES},
    {"a signal to the parent", signal_the_parent, 6, -EPERM, true},
};

static void landlock(bool nobody)
{
    struct outcome o = cage(LANDLOCKED, nobody, NULL);
    CU_ASSERT_TRUE_FATAL(o.told);
    if (!on(&o, LAYER_LANDLOCK)) {
        CU_ASSERT_EQUAL(o.landlock_abi, 0);
        TAP_SKIP("this kernel has no Landlock");
    }
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        if (o.landlock_abi < refused[i].since || (nobody && refused[i].same_user))
            continue;
        struct outcome tried = cage(LANDLOCKED, nobody, refused[i].run);
        if (tried.result != refused[i].expected)
            printf("# %s: %ld\n", refused[i].what, tried.result);
        CU_ASSERT_EQUAL(tried.result, refused[i].expected);
        /* The attempt itself is sound: without the layer it succeeds, or does not come back. */
        tried = cage(0, nobody, refused[i].run);
        CU_ASSERT_TRUE(!tried.told || tried.result == 0);
    }
}

static void test_landlock(void)
{
    landlock(false);
}

static void test_landlock_as_nobody(void)
{
    if (!can_be_nobody())
        TAP_SKIP("not root: the other test was it");
    landlock(true);
}

/* --- modes --- */

static void test_off_is_off(void)
{
    struct sandbox s = sandbox_of(SANDBOX_OFF);
    struct outcome o = cage(s.wanted, false, read_a_file);
    CU_ASSERT_TRUE(o.told);
    CU_ASSERT_EQUAL(o.result, 0);
    CU_ASSERT_EQUAL(o.layers, 0);
}

/* A filter needs no_new_privs or root: without, it must not be claimed. */
static void test_refusal_is_not_claimed(void)
{
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
        TAP_SKIP("not root, and no_new_privs is on already: nothing refuses the filter");
    bool nobody = can_be_nobody();
    if (!nobody && geteuid() == 0)
        TAP_SKIP("not root of the machine, but root of a namespace");
    struct outcome o = cage(LAYER_SECCOMP | LAYER_LANDLOCK, nobody, read_a_file);
    CU_ASSERT_TRUE(o.told);
    CU_ASSERT_EQUAL(o.result, 0);
    CU_ASSERT_EQUAL(o.layers, 0);
}

int main(void)
{
    (void)setenv("LIBMOD_SOMETHING", "set", 1);
    return TAP_RUN("sandbox/layers", {"environment", test_environment},
                   {"an open file is not hidden", test_an_open_file_is_not_hidden},
                   {"privileges", test_privileges}, {"namespaces", test_namespaces},
                   {"namespaces as nobody", test_namespaces_as_nobody}, {"limits", test_limits},
                   {"landlock", test_landlock}, {"landlock as nobody", test_landlock_as_nobody},
                   {"off is off", test_off_is_off},
                   {"a refusal is not claimed", test_refusal_is_not_claimed});
}
