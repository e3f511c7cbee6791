/* modctl scan: what would happen to files, directories and standard input. */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/media.h"
#include "review.h"
#include "verdicts.h"
#include "walk.h"

#include <libmod/subject.h>

/* One input on its way: filled by the walker, worked on by a thread, printed in order. */
struct slot {
    char *path;
    struct verdict *verdict; /* NULL: `error` says why */
    struct error error;
    bool done;
};

enum { SLOTS_A_JOB = 4 };

struct scan {
    struct engine *engine;
    struct subject subject;
    uint64_t max_bytes;
    char config[9]; /* hash of the config as it is written, whatever --jobs made of it */
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct slot *slot; /* a ring: [printed, taken) done or under way, [taken, given) waiting */
    size_t slots, given, taken, printed;
    bool closing;
    uint64_t flagged;
    int code;
};

/* ---- one input ---- */

static void scan_input(struct scan *s, struct slot *slot)
{
    struct buffer bytes = BUFFER_INIT;
    if (input_read(&bytes, s->max_bytes, &slot->error) == LMOD_OK)
        (void)engine_media(&slot->verdict, s->engine, &s->subject, -1, bytes.data ? bytes.data : "",
                           bytes.size, &slot->error);
    buffer_finish(&bytes);
}

static void scan_file(struct scan *s, struct slot *slot)
{
    int fd = open(slot->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        (void)error_io(&slot->error, slot->path, "cannot open", errno);
        return;
    }
    (void)engine_media(&slot->verdict, s->engine, &s->subject, fd, NULL, 0, &slot->error);
    (void)close(fd);
}

/* ---- the threads ---- */

static void *work(void *user)
{
    struct scan *s = user;
    (void)pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->taken == s->given && !s->closing)
            (void)pthread_cond_wait(&s->work, &s->lock);
        if (s->taken == s->given)
            break;
        struct slot *slot = &s->slot[s->taken++ % s->slots];
        (void)pthread_mutex_unlock(&s->lock);
        if (slot->error.status == LMOD_OK && strcmp(slot->path, "-") == 0)
            scan_input(s, slot);
        else if (slot->error.status == LMOD_OK)
            scan_file(s, slot);
        (void)pthread_mutex_lock(&s->lock);
        slot->done = true;
        (void)pthread_cond_signal(&s->done);
    }
    (void)pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void give(struct scan *s, const struct walk_item *item)
{
    struct slot *slot = &s->slot[s->given % s->slots];
    *slot = (struct slot){.path = text_copy(item->path, strlen(item->path))};
    if (!slot->path)
        (void)error_memory(&slot->error);
    else if (item->error)
        (void)error_at(&slot->error, LMOD_E_IO, item->path, 0, 0, "%s", item->error);
    (void)pthread_mutex_lock(&s->lock);
    s->given++;
    (void)pthread_cond_signal(&s->work);
    (void)pthread_mutex_unlock(&s->lock);
}

static struct slot *wait_for_next(struct scan *s)
{
    struct slot *slot = &s->slot[s->printed % s->slots];
    (void)pthread_mutex_lock(&s->lock);
    while (!slot->done)
        (void)pthread_cond_wait(&s->done, &s->lock);
    (void)pthread_mutex_unlock(&s->lock);
    return slot;
}

/* ---- printing ---- */

static bool print_verdict(struct scan *s, const char *path, struct verdict *v)
{
    memcpy(v->config, s->config, sizeof(v->config));
    s->code = exit_worse(s->code, verdict_code(v));
    s->flagged += v->would >= ACTION_FLAG;
    return verdict_print(path, v);
}

static bool print_next(struct scan *s)
{
    struct slot *slot = wait_for_next(s);
    const char *path = slot->path ? slot->path : "?";
    struct verdict *v = slot->verdict;
    bool ok;
    if (v) {
        ok = print_verdict(s, path, v);
    } else {
        s->code = exit_worse(s->code, exit_of(slot->error.status));
        ok = verdict_print_error(path, &slot->error);
    }
    verdict_free(v);
    free(slot->path);
    *slot = (struct slot){0};
    s->printed++;
    progress("%llu scanned, %llu at flag or more", (unsigned long long)s->printed,
             (unsigned long long)s->flagged);
    return ok;
}

/* ---- texts ---- */

/* One text; false when the output cannot be written. */
static bool scan_one_text(struct scan *s, const char *name, const char *text, size_t size)
{
    struct verdict *v = NULL;
    struct error e = {0};
    if (engine_text(&v, s->engine, &s->subject, text, size, &e) != LMOD_OK) {
        s->code = exit_worse(s->code, exit_of(e.status));
        return verdict_print_error(name, &e);
    }
    bool ok = print_verdict(s, name, v);
    verdict_free(v);
    return ok;
}

/* A text a line; "-" is standard input. Lines may be of any length. */
static void scan_lines(struct scan *s, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL, name[PATH_MAX + 32];
    size_t cap = 0;
    unsigned long number = 0;
    struct error e;
    bool ok = true;
    for (ssize_t n; file && ok && (n = getline(&line, &cap, file)) >= 0;) {
        size_t size = (size_t)n - (n > 0 && line[n - 1] == '\n');
        (void)snprintf(name, sizeof(name), "%s:%lu", path, ++number);
        ok = scan_one_text(s, name, line, size);
    }
    if (!file || ferror(file)) {
        (void)error_io(&e, path, "cannot read", errno);
        s->code = exit_worse(s->code, exit_of(e.status));
        (void)verdict_print_error(path, &e);
    }
    free(line);
    if (file && file != stdin)
        (void)fclose(file);
}

static int run_texts(struct scan *s, const struct args *a)
{
    const char *text = args_value(a, "text"), *lines = args_value(a, "lines");
    if (text)
        (void)scan_one_text(s, "text", text, strlen(text));
    if (lines)
        scan_lines(s, lines);
    return s->code;
}

/* ---- the run ---- */

static void feed(struct scan *s, struct walk *w)
{
    struct walk_item item;
    bool ok = true, more = true;
    while (ok && (more || s->printed < s->given)) {
        while (more && s->given - s->printed < s->slots && (more = walk_next(w, &item)))
            give(s, &item);
        if (s->printed < s->given)
            ok = print_next(s);
    }
    while (s->printed < s->given) { /* nobody reads any more: only tidy up */
        struct slot *slot = wait_for_next(s);
        verdict_free(slot->verdict);
        free(slot->path);
        s->printed++;
    }
}

/* Starts the threads, feeds them, and waits for their end. False when none could be started. */
static bool feed_threads(struct scan *s, struct walk *w, pthread_t *thread, uint32_t jobs)
{
    uint32_t started = 0;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->work, NULL);
    (void)pthread_cond_init(&s->done, NULL);
    while (started < jobs && pthread_create(&thread[started], NULL, work, s) == 0)
        started++;
    if (started > 0)
        feed(s, w);
    (void)pthread_mutex_lock(&s->lock);
    s->closing = true;
    (void)pthread_cond_broadcast(&s->work);
    (void)pthread_mutex_unlock(&s->lock);
    for (uint32_t i = 0; i < started; i++)
        (void)pthread_join(thread[i], NULL);
    (void)pthread_cond_destroy(&s->work);
    (void)pthread_cond_destroy(&s->done);
    (void)pthread_mutex_destroy(&s->lock);
    return started > 0;
}

static int run_threads(struct scan *s, struct walk *w, uint32_t jobs)
{
    pthread_t *thread = array_new(jobs, sizeof(*thread));
    s->slots = (size_t)jobs * SLOTS_A_JOB;
    s->slot = array_new(s->slots, sizeof(*s->slot));
    bool ran = thread && s->slot && feed_threads(s, w, thread, jobs);
    free(s->slot);
    free(thread);
    if (!ran)
        say("cannot start a thread");
    return ran ? s->code : EXIT_BUG;
}

/* Root may be the first who records something. */
static int open_engine(struct scan *s, const struct config *c, bool record, struct error *e)
{
    bool there = review_store_there(c);
    int status = engine_open(&s->engine, c, record ? ENGINE_RECORD : 0, say_log, NULL, e);
    if (status == LMOD_OK && record)
        review_give_away(c, there);
    return status;
}

/* As many workers as jobs: a scan that waits for a worker waits on its own deadline. */
static int give_workers(const struct config **c, uint32_t jobs, struct error *e)
{
    char number[16];
    if (jobs <= (*c)->media.workers)
        return LMOD_OK;
    (void)snprintf(number, sizeof(number), "%u", jobs);
    return settings_change(c, "media.workers", number, e);
}

/* Files or texts, not both: they are on different surfaces. */
static bool inputs_given(const struct args *a, bool texts)
{
    if (texts == (a->count == 0))
        return true;
    say(texts ? "scan takes files or texts (--text, --lines), not both at once"
              : "scan needs a PATH, --text or --lines");
    return false;
}

static int run(const struct args *a)
{
    const struct config *c = NULL;
    struct scan s = {0};
    struct error e;
    struct walk *w = NULL;
    uint32_t jobs;
    bool texts = args_value(a, "text") || args_value(a, "lines");
    uint32_t surface = texts ? LMOD_SURFACE_MESSAGE : LMOD_SURFACE_UPLOAD;
    if (!subject_read(a, surface, &s.subject) || !inputs_given(a, texts))
        return EXIT_USAGE;
    int code = settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    if (!args_number(a, "jobs", 1, MEDIA_WORKERS_MAX, c->media.workers, &jobs)) {
        config_free(c);
        return EXIT_USAGE;
    }
    s.max_bytes = c->media.max_bytes;
    if (args_value(a, "html"))
        s.subject.text_format = "text/html";
    memcpy(s.config, c->hash, sizeof(s.config));
    if (give_workers(&c, jobs, &e) != LMOD_OK ||
        open_engine(&s, c, args_value(a, "record") != NULL, &e) != LMOD_OK)
        code = say_error(&e);
    else if (texts)
        code = run_texts(&s, a);
    else if ((w = walk_new(a->operand, a->count)) == NULL)
        code = EXIT_BUG;
    else
        code = run_threads(&s, w, jobs);
    walk_free(w);
    engine_close(s.engine);
    config_free(c);
    return code;
}

static const struct option_row options[] = {
    SUBJECT_OPTIONS,
    {"jobs", "N", "scan N files at a time (default: media.workers)", NULL, 'j'},
    {"text", "S", "scan this text instead of files", NULL, 0},
    {"lines", "FILE", "scan each line of FILE (-: standard input) as a text", NULL, 0},
    {"html", NULL, "the texts are HTML: scan what a reader sees", NULL, 0},
    {"record", NULL, "record events as a server does; without it nothing is written", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_scan = {
    .name = "scan",
    .operands = "PATH… | --text S | --lines FILE",
    .summary = "say what would happen to files or texts",
    .text =
        "Scans media files as a server would: files, directories (walked, sorted), and - for\n"
        "standard input; or texts. Nothing is recorded without --record. Each line: what would\n"
        "happen when enforced, the action in the mode of the config, how much was looked at and\n"
        "why not more, the best match (list/entry, signal, distance, strategy), the path, the\n"
        "event that was recorded.",
    .options = options,
    .least = 0,
    .most = OPERANDS_ANY,
    .examples =
        "  modctl scan upload.jpg\n"
        "  modctl --json scan --jobs 4 /srv/uploads | jq -r 'select(.would != \"allow\").input'\n"
        "  modctl scan - < picture.png\n"
        "  modctl scan --text 'see the mega folder'   modctl scan --lines chat.txt\n"
        "  modctl scan --record --host example.org --item mxc://example.org/abc upload.jpg",
    .exits = "  0 nothing found   1 something would be flagged, held or blocked\n"
             "  2 usage   3 config, key or a required list invalid\n"
             "  4 an input was missing, unreadable or not scanned completely\n"
             "    (an exempt subject or a format that is not supported does not count)\n"
             "  5 the media worker is not available, or an event was not recorded\n"
             "  Of several inputs the highest of 5, 4, 1, 0 counts.",
    .run = run,
};
