/*
 * Odd hosts: SIGCHLD ignored, no standard descriptors, other children, hardly any descriptors. And the
 * library's manners: what it leaves alone in the process that loaded it.
 */
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "host.h"
#include "tap.h"

static struct tempdir site;

static bool open_and_scan(void)
{
    lmod_engine *engine = host_engine(&site);
    bool ok = engine && host_scan_all(engine, &site) && host_scan_all(engine, &site);
    lmod_engine_close(engine);
    return ok;
}

static bool sigchld_ignored(void)
{
    return signal(SIGCHLD, SIG_IGN) != SIG_ERR && open_and_scan();
}

/* A host that reaps every child itself, ours too. */
static void reap_all(int number)
{
    int saved = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

static bool sigchld_reaps_all(void)
{
    return signal(SIGCHLD, reap_all) != SIG_ERR && open_and_scan();
}

static bool signals_blocked(void)
{
    sigset_t all;
    (void)sigfillset(&all);
    return sigprocmask(SIG_SETMASK, &all, NULL) == 0 && open_and_scan();
}

static bool standard_descriptors_closed(void)
{
    (void)close(STDIN_FILENO);
    (void)close(STDOUT_FILENO);
    (void)close(STDERR_FILENO);
    return open_and_scan();
}

static bool other_user_limits(void)
{
    const struct rlimit files = {24, 24};
    return setrlimit(RLIMIT_NOFILE, &files) == 0 && open_and_scan();
}

/* The host's own child is left for the host to reap. */
static bool own_child(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(7);
    return pid > 0 && open_and_scan() && host_wait(pid) == 7;
}

static const struct {
    const char *name;
    bool (*run)(void);
} hosts[] = {
    {"SIGCHLD ignored", sigchld_ignored},
    {"SIGCHLD handler reaps everything", sigchld_reaps_all},
    {"all signals blocked", signals_blocked},
    {"no stdin, stdout, stderr", standard_descriptors_closed},
    {"24 descriptors", other_user_limits},
    {"own children", own_child},
};

static void test_odd_hosts(void)
{
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        pid_t pid;
        HOST_CHILD(pid, hosts[i].run());
        int code = host_wait(pid);
        if (code != 0)
            printf("# %s: %d\n", hosts[i].name, code);
        CU_ASSERT_EQUAL(code, 0);
    }
}

/* ---- manners ---- */

static atomic_bool stop;

static void *count_threads(void *data)
{
    size_t *most = data;
    while (!atomic_load(&stop)) {
        size_t n = host_count("/proc/self/task");
        *most = n > *most ? n : *most;
    }
    return NULL;
}

static void test_no_threads(void)
{
    pthread_t watcher;
    size_t most = 0;
    CU_ASSERT_EQUAL_FATAL(host_count("/proc/self/task"), 1);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&watcher, NULL, count_threads, &most), 0);
    for (int i = 0; i < 3; i++)
        CU_ASSERT(open_and_scan());
    atomic_store(&stop, true);
    CU_ASSERT_EQUAL(pthread_join(watcher, NULL), 0);
    CU_ASSERT_EQUAL(most, 2); /* this one and the watcher */
}

/* What a process has besides memory and descriptors. */
struct manners {
    void (*handler[64])(int);
    int flags[64];
    uint64_t mask_of[64], blocked;
    struct itimerval timer[3];
    mode_t mask;
    char directory[1024], locale[256];
    char **environment;
    struct rlimit files, core;
};

/* The C library leaves rubbish in what it does not use of a set. */
static uint64_t bits_of(const sigset_t *set)
{
    uint64_t bits = 0;
    for (int i = 1; i < 64; i++)
        bits |= (uint64_t)(sigismember(set, i) == 1) << i;
    return bits;
}

static void look_at_signals(struct manners *m)
{
    sigset_t blocked;
    for (int i = 1; i < 64; i++) {
        struct sigaction action = {0};
        (void)sigaction(i, NULL, &action);
        m->handler[i] = action.sa_handler;
        m->flags[i] = action.sa_flags;
        m->mask_of[i] = bits_of(&action.sa_mask);
    }
    (void)sigprocmask(SIG_SETMASK, NULL, &blocked);
    m->blocked = bits_of(&blocked);
}

static void look(struct manners *m)
{
    memset(m, 0, sizeof(*m));
    look_at_signals(m);
    (void)getitimer(ITIMER_REAL, &m->timer[0]);
    (void)getitimer(ITIMER_VIRTUAL, &m->timer[1]);
    (void)getitimer(ITIMER_PROF, &m->timer[2]);
    m->mask = umask(0);
    (void)umask(m->mask);
    CU_ASSERT_PTR_NOT_NULL(getcwd(m->directory, sizeof(m->directory)));
    (void)snprintf(m->locale, sizeof(m->locale), "%s", setlocale(LC_ALL, NULL));
    m->environment = environ;
    (void)getrlimit(RLIMIT_NOFILE, &m->files);
    (void)getrlimit(RLIMIT_CORE, &m->core);
}

static void test_process_state(void)
{
    static struct manners before, after;
    lmod_engine *engine;
    look(&before);
    engine = host_engine(&site);
    CU_ASSERT(host_scan_all(engine, &site));
    look(&after);
    CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
    lmod_engine_close(engine);
    look(&after);
    CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
}

/* In a child whose standard output and error are files: nothing gets there. */
static bool silent(void)
{
    struct stat st;
    const char *path = tempdir_file(&site, "output");
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
        return false;
    lmod_config *config = NULL;
    lmod_engine *engine = NULL;
    bool ok = lmod_config_load(&config, tempdir_file(&site, "libmod.yaml"), NULL) == LMOD_OK &&
              lmod_config_set(config, "no.such.key", "1", NULL) == LMOD_E_CONFIG &&
              lmod_engine_open(&engine, config, LMOD_ABI, NULL) == LMOD_OK &&
              host_scan_all(engine, &site);
    lmod_engine_close(engine);
    lmod_config_free(config);
    return ok && fflush(NULL) == 0 && fstat(fd, &st) == 0 && st.st_size == 0;
}

static void test_silent(void)
{
    pid_t pid;
    HOST_CHILD(pid, silent());
    CU_ASSERT_EQUAL(host_wait(pid), 0);
}

/* Every descriptor that the library holds is closed by exec, and all are closed by close. */
static void test_descriptors(void)
{
    bool mine[1024];
    for (int fd = 0; fd < 1024; fd++)
        mine[fd] = fcntl(fd, F_GETFD) >= 0;
    lmod_engine *engine = host_engine(&site);
    CU_ASSERT(host_scan_all(engine, &site));
    int held = 0;
    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (mine[fd] || flags < 0)
            continue;
        held++;
        CU_ASSERT(flags & FD_CLOEXEC);
    }
    printf("# an engine with a worker holds %d descriptors\n", held);
    CU_ASSERT(held > 0);
    lmod_engine_close(engine);
    for (int fd = 0; fd < 1024; fd++)
        CU_ASSERT_EQUAL(fcntl(fd, F_GETFD) >= 0, mine[fd]);
}

static void test_no_zombies(void)
{
    CU_ASSERT(open_and_scan());
    errno = 0;
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
    CU_ASSERT_EQUAL(errno, ECHILD);
}

int main(void)
{
    if (!host_site(&site))
        return 99;
    int result =
        TAP_RUN("hosts/surroundings", {"odd hosts", test_odd_hosts}, {"no thread", test_no_threads},
                {"signals, timers, umask, directory, locale", test_process_state},
                {"no output", test_silent}, {"descriptors", test_descriptors},
                {"no child is left", test_no_zombies});
    tempdir_remove(&site);
    return result;
}
