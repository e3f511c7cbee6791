/*
 * Hosts that fork: an engine that was opened before goes on in parent and child, as deep as it goes;
 * a copy that was made behind the fork handlers' back is told so.
 */
#include <sys/syscall.h>

#include "host.h"
#include "tap.h"

enum { CHILDREN = 8, ROUNDS = 25 };

static struct tempdir site;
static lmod_engine *engine;

static void test_child_exits(void)
{
    CU_ASSERT(host_scan_all(engine, &site));
    for (int i = 0; i < ROUNDS; i++) {
        pid_t pid;
        HOST_CHILD(pid, host_scan_all(engine, &site));
        CU_ASSERT(host_scan_all(engine, &site)); /* while the child scans too */
        CU_ASSERT_EQUAL(host_wait(pid), 0);
    }
    CU_ASSERT(host_scan_all(engine, &site));
}

static bool close_in_child(void)
{
    bool ok = host_scan_all(engine, &site);
    lmod_engine_close(engine);
    return ok;
}

static void test_child_closes(void)
{
    pid_t pid;
    CU_ASSERT(host_scan_all(engine, &site));
    HOST_CHILD(pid, close_in_child());
    CU_ASSERT_EQUAL(host_wait(pid), 0);
    CU_ASSERT(host_scan_all(engine, &site)); /* the parent's workers are still there */
}

static bool generations(int depth)
{
    pid_t pid;
    if (!host_scan_all(engine, &site))
        return false;
    if (depth == 0)
        return true;
    HOST_CHILD(pid, generations(depth - 1));
    return host_wait(pid) == 0 && host_scan_all(engine, &site);
}

static void test_grandchildren(void)
{
    CU_ASSERT(generations(3));
}

/* As web servers do: load, fork workers, never scan in the parent. */
static void test_prefork(void)
{
    struct tempdir own;
    pid_t pid[CHILDREN];
    CU_ASSERT_FATAL(host_site(&own));
    lmod_engine *loaded = host_engine(&own);
    CU_ASSERT_PTR_NOT_NULL_FATAL(loaded);
    for (int i = 0; i < CHILDREN; i++)
        HOST_CHILD(pid[i], host_scan_all(loaded, &own) && host_scan_all(loaded, &own));
    for (int i = 0; i < CHILDREN; i++)
        CU_ASSERT_EQUAL(host_wait(pid[i]), 0);
    lmod_engine_close(loaded);
    tempdir_remove(&own);
}

static bool open_and_scan(void)
{
    lmod_engine *own = host_engine(&site);
    bool ok = own && host_scan_all(own, &site);
    lmod_engine_close(own);
    return ok;
}

static void test_open_after_fork(void)
{
    pid_t pid;
    HOST_CHILD(pid, open_and_scan());
    CU_ASSERT_EQUAL(host_wait(pid), 0);
}

/* A daemon: the parent goes away, the child serves. */
static bool orphan(int answer)
{
    pid_t pid;
    HOST_CHILD(pid, host_scan_all(engine, &site) && write(answer, "y", 1) == 1);
    return pid > 0; /* without waiting */
}

static void test_parent_exits(void)
{
    pid_t pid;
    int pipes[2];
    char said = 'n';
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    HOST_CHILD(pid, orphan(pipes[1]));
    CU_ASSERT_EQUAL(host_wait(pid), 0);
    (void)close(pipes[1]);
    CU_ASSERT_EQUAL(read(pipes[0], &said, 1), 1);
    CU_ASSERT_EQUAL(said, 'y');
    (void)close(pipes[0]);
}

/* In a copy without fork handlers: told so, can open its own, can close the old one. */
static bool told(void)
{
    lmod_verdict *verdict = NULL;
    lmod_error *error = NULL;
    uint32_t need = 0;
    bool ok = lmod_scan_bytes(&verdict, engine, NULL, "x", 1, &error) == LMOD_E_FORKED;
    ok = ok && !verdict && lmod_error_status(error) == LMOD_E_FORKED;
    ok = ok && lmod_engine_poll(engine, &need, NULL) == LMOD_E_FORKED;
    ok = ok && lmod_engine_reload(engine, NULL) == LMOD_E_FORKED;
    lmod_error_free(error);
    lmod_engine_close(engine);
    return ok && open_and_scan();
}

static void check_copy(pid_t pid)
{
    if (pid == 0) {
        bool ok = told();
        (void)fflush(NULL);
        _exit(ok ? 0 : 1);
    }
    CU_ASSERT_EQUAL(host_wait(pid), 0);
    CU_ASSERT(host_scan_all(engine, &site));
}

static void test_fork_without_handlers(void)
{
    CU_ASSERT(host_scan_all(engine, &site));
    (void)fflush(NULL);
    check_copy(_Fork());
}

static void test_raw_clone(void)
{
    CU_ASSERT(host_scan_all(engine, &site));
    (void)fflush(NULL);
    check_copy((pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL));
}

/* Neither side may keep what belonged to the other. */
static bool same_descriptors(size_t before)
{
    return host_count("/proc/self/fd") <= before;
}

static void test_descriptors(void)
{
    pid_t pid;
    CU_ASSERT(host_scan_all(engine, &site));
    size_t before = host_count("/proc/self/fd");
    for (int i = 0; i < 3; i++) {
        HOST_CHILD(pid, same_descriptors(before) && host_scan_all(engine, &site) &&
                            same_descriptors(before));
        CU_ASSERT_EQUAL(host_wait(pid), 0);
        CU_ASSERT(host_scan_all(engine, &site));
        CU_ASSERT(same_descriptors(before));
    }
}

int main(void)
{
    bool ready = host_site(&site) && (engine = host_engine(&site)) != NULL;
    int result = !ready ? 99
                        : TAP_RUN("hosts/fork", {"child scans and exits", test_child_exits},
                                  {"child closes the engine", test_child_closes},
                                  {"grandchildren", test_grandchildren},
                                  {"prefork with 8 children", test_prefork},
                                  {"open after fork", test_open_after_fork},
                                  {"parent exits", test_parent_exits},
                                  {"_Fork is told", test_fork_without_handlers},
                                  {"raw clone is told", test_raw_clone},
                                  {"no descriptor leaks", test_descriptors});
    lmod_engine_close(engine);
    tempdir_remove(&site);
    return result;
}
