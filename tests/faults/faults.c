/* The runner behind faults.h. */
#include "faults.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "descriptors.h"
#include "shim.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

enum { FIRST = 8, SPREAD = 24, TIME_LIMIT_S = 60 };

static bool leaks(void)
{
#ifdef __SANITIZE_ADDRESS__
    return __lsan_do_recoverable_leak_check() != 0;
#else
    return false;
#endif
}

/* In the child: one run with the n-th call failing. Says what went wrong. */
static const char *run(const struct scenario *s, enum fault kind, unsigned n, unsigned *calls)
{
    const char *wrong = NULL;
    size_t before = descriptors_open();
    if (s->prepare && !s->prepare())
        return "cannot prepare";
    fault_arm(kind, n);
    bool honest = s->run();
    *calls = fault_disarm();
    if (!honest)
        wrong = "the outcome is neither right nor a failure";
    else if (!s->after())
        wrong = "it does not work again afterwards";
    if (s->finish)
        s->finish();
    if (!wrong && descriptors_open() != before)
        wrong = "a descriptor leaks";
    if (!wrong && leaks())
        wrong = "memory leaks";
    return wrong;
}

/* Forks for one run; false when it went wrong. `*calls` is how many calls it saw. */
static bool attempt(const struct scenario *s, enum fault kind, unsigned n, unsigned *calls)
{
    int ends[2], status = 0;
    *calls = 0;
    (void)fflush(stdout);
    if (pipe(ends) != 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        (void)close(ends[0]);
        (void)alarm(TIME_LIMIT_S);
        const char *wrong = run(s, kind, n, calls);
        if (wrong)
            printf("# %s, %s %u of %u: %s\n", s->name, fault_names[kind], n, *calls, wrong);
        (void)fflush(stdout);
        ssize_t sent = write(ends[1], calls, sizeof(*calls));
        _exit(wrong || sent != sizeof(*calls) ? 1 : 0);
    }
    (void)close(ends[1]);
    bool counted = read(ends[0], calls, sizeof(*calls)) == sizeof(*calls);
    (void)close(ends[0]);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    if (WIFSIGNALED(status))
        printf("# %s, %s %u: died of signal %d%s\n", s->name, fault_names[kind], n,
               WTERMSIG(status), WTERMSIG(status) == SIGALRM ? " (it hangs)" : "");
    return counted && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The number to try after `n`: each of the first ones, then evenly up to `calls`. */
static unsigned following(unsigned n, unsigned calls, bool all)
{
    unsigned step = calls > FIRST + SPREAD ? (calls - FIRST) / SPREAD : 1;
    return all || n < FIRST ? n + 1 : n + step;
}

static bool fails_well(const struct scenario *s, enum fault kind, bool all, unsigned number)
{
    unsigned calls, ignored, tried = 0, bad = 0;
    bool good = attempt(s, kind, 0, &calls);
    if (!good)
        printf("# %s: does not even work without a fault\n", s->name);
    for (unsigned n = 1; good && n <= calls; n = following(n, calls, all)) {
        tried++;
        bad += !attempt(s, kind, n, &ignored);
    }
    printf("%sok %u - %s: %s (%u of %u tried)\n", good && !bad ? "" : "not ", number, s->name,
           fault_names[kind], tried, calls);
    return good && !bad;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc == 0;
}

void faults_place(void)
{
    if (access("/dev/shm", W_OK) == 0)
        (void)setenv("TMPDIR", "/dev/shm", 0);
}

/* --at KIND N SCENARIO: one run in this process, for a debugger. */
static int run_one(char **argv, const struct scenario *scenarios, size_t n)
{
    unsigned calls;
    for (size_t i = 0; i < n; i++)
        for (enum fault kind = FAULT_NONE; kind < FAULT_KINDS; kind++)
            if (!strcmp(argv[2], scenarios[i].name) && !strcmp(argv[0], fault_names[kind])) {
                const char *wrong =
                    run(&scenarios[i], kind, (unsigned)strtoul(argv[1], NULL, 10), &calls);
                printf("# %s\n", wrong ? wrong : "good");
                return wrong ? 1 : 0;
            }
    return 2;
}

int faults_main(int argc, char **argv, const struct scenario *scenarios, size_t n)
{
    if (argc == 5 && strcmp(argv[1], "--at") == 0)
        return run_one(argv + 2, scenarios, n);
    bool all = argc > 1 && strcmp(argv[1], "--all") == 0, good = true;
    int first = all ? 2 : 1;
    unsigned number = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_wanted(scenarios[i].name, argc - first, argv + first))
            continue;
        for (enum fault kind = FAULT_MEMORY; kind < FAULT_KINDS; kind++)
            good &= fails_well(&scenarios[i], kind, all, ++number);
    }
    printf("1..%u\n", number);
    return good ? 0 : 1;
}
