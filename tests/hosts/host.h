/*
 * What the host tests share: a site to scan against (site.c), and one function for each thing that a
 * host does with the library. The environment names the built files: LIBMOD_SITE, LIBMOD_WORKER.
 */
#ifndef HOSTS_HOST_H
#define HOSTS_HOST_H

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libmod/libmod.h>

#include "tempdir.h"

extern char **environ;

/* A directory with what site.c writes. */
static inline bool host_site(struct tempdir *dir)
{
    const char *program = getenv("LIBMOD_SITE"), *worker = getenv("LIBMOD_WORKER");
    char name[] = "site";
    pid_t pid;
    int status;
    if (!program || !worker || !tempdir_make(dir))
        return false;
    char *path = strdup(worker);
    char *argv[] = {name, dir->path, path, NULL};
    bool ok = path && posix_spawn(&pid, program, NULL, NULL, argv, environ) == 0 &&
              waitpid(pid, &status, 0) == pid && status == 0;
    free(path);
    return ok;
}

/* The whole of a file; the caller frees it. */
static inline void *host_read(const struct tempdir *dir, const char *name, size_t *size)
{
    FILE *f = fopen(tempdir_file(dir, name), "rb");
    char *bytes = malloc(1 << 20);
    *size = f && bytes ? fread(bytes, 1, 1 << 20, f) : 0;
    if (f)
        (void)fclose(f);
    return bytes;
}

static inline void host_log(void *user, uint32_t level, const char *message)
{
    (void)user;
    if (level >= LMOD_LOG_WARNING)
        printf("# log %u: %s\n", level, message);
}

/* An engine on the site's config; prints why not. */
static inline lmod_engine *host_engine(const struct tempdir *dir)
{
    lmod_config *config = NULL;
    lmod_engine *engine = NULL;
    lmod_error *error = NULL;
    if (lmod_config_load(&config, tempdir_file(dir, "libmod.yaml"), &error) == LMOD_OK) {
        (void)lmod_config_log(config, host_log, NULL);
        (void)lmod_engine_open(&engine, config, LMOD_ABI, &error);
    }
    if (error)
        printf("# %s\n", lmod_error_message(error));
    lmod_error_free(error);
    lmod_config_free(config);
    return engine;
}

/* An address that a failing call must replace by NULL. */
#define HOST_RUBBISH ((void *)environ)

/* The status must be `status`, the output NULL, and the error there and right; frees the error. */
static inline bool host_refused(int32_t got, int32_t status, const void *out, lmod_error *error)
{
    bool ok = got == status && !out && error && lmod_error_status(error) == status &&
              lmod_error_message(error)[0];
    if (!ok)
        printf("# %s, not %s: %s\n", lmod_status_name(got), lmod_status_name(status),
               lmod_error_message(error));
    lmod_error_free(error);
    return ok;
}

/* A subject with a host, and an item (NULL: none) in a room; freed by the caller. */
static inline lmod_subject *host_subject(const char *host, const char *item)
{
    lmod_subject *s = NULL;
    if (lmod_subject_new(&s) != LMOD_OK)
        return NULL;
    (void)lmod_subject_set(s, LMOD_KEY_HOST, host, strlen(host));
    (void)lmod_subject_set(s, LMOD_KEY_ITEM, item, item ? strlen(item) : 0);
    (void)lmod_subject_set(s, LMOD_KEY_ROOM, "!room", 5);
    (void)lmod_subject_set(s, LMOD_KEY_SENDER, "@sender", 7);
    (void)lmod_subject_set_u64(s, LMOD_KEY_SURFACE, LMOD_SURFACE_UPLOAD);
    return s;
}

/* What a scan must give. */
struct expected {
    const char *file;
    uint32_t action, coverage;
    const char *signal, *strategy; /* of the one match; NULL: no match */
};

static const struct expected host_expected[] = {
    {"listed.png", LMOD_HOLD, LMOD_COMPLETE, "pdq", "plain"},
    {"mirror.png", LMOD_HOLD, LMOD_COMPLETE, "pdq", "mirror"},
    {"clean.png", LMOD_ALLOW, LMOD_COMPLETE, NULL, NULL},
    {"listed.bin", LMOD_HOLD, LMOD_PARTIAL, "sha256", "exact"}, /* no magic: pixels not looked at */
};
enum { HOST_EXPECTED = sizeof(host_expected) / sizeof(host_expected[0]), HOST_DIGEST = 3 };

static inline bool host_same(const char *left, const char *right)
{
    return left && right ? strcmp(left, right) == 0 : left == right;
}

/* Whether a verdict is the expected one; prints it when not. Frees it. */
static inline bool host_is(lmod_verdict *verdict, const struct expected *x)
{
    bool ok = verdict && lmod_verdict_action(verdict) == x->action &&
              lmod_verdict_coverage(verdict) == x->coverage &&
              lmod_verdict_count(verdict) == (x->signal ? 1 : 0) &&
              host_same(lmod_verdict_field(verdict, 0, "signal"), x->signal) &&
              host_same(lmod_verdict_field(verdict, 0, "strategy"), x->strategy);
    if (!ok)
        printf("# %s: %s\n", x->file, verdict ? lmod_verdict_json(verdict, NULL) : "no verdict");
    lmod_verdict_free(verdict);
    return ok;
}

/* Scans a file of the site by its descriptor and compares. */
static inline bool
host_scan(lmod_engine *engine, const struct tempdir *dir, const struct expected *x)
{
    lmod_verdict *verdict = NULL;
    lmod_error *error = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", dir->path, x->file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (lmod_scan_fd(&verdict, engine, NULL, fd, &error) != LMOD_OK)
        printf("# %s: %s\n", x->file, lmod_error_message(error));
    lmod_error_free(error);
    (void)close(fd);
    return host_is(verdict, x);
}

/* Scans every file of the site. */
static inline bool host_scan_all(lmod_engine *engine, const struct tempdir *dir)
{
    for (size_t i = 0; i < HOST_EXPECTED; i++)
        if (!host_scan(engine, dir, &host_expected[i]))
            return false;
    return true;
}

/* Entries of a /proc directory such as /proc/self/fd, without the one that counting needs. */
static inline size_t host_count(const char *directory)
{
    size_t n = 0;
    DIR *d = opendir(directory);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d))
        n += e->d_name[0] != '.';
    if (d)
        (void)closedir(d);
    return n;
}

/* The exit code of a child: 0 when `run` said yes, 1 when no, 200 + signal when it died. */
static inline int host_wait(pid_t pid)
{
    int status;
    if (pid <= 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 200 + WTERMSIG(status);
}

/* Forks and runs `body` in the child; `pid` receives the child in the parent. */
#define HOST_CHILD(pid, body)                                                                      \
    do {                                                                                           \
        (void)fflush(NULL);                                                                        \
        (pid) = fork();                                                                            \
        if ((pid) == 0) {                                                                          \
            bool child_ok = (body);                                                                \
            (void)fflush(NULL);                                                                    \
            _exit(child_ok ? 0 : 1);                                                               \
        }                                                                                          \
    } while (0)

#endif
