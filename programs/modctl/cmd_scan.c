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

#include "engine/engine.h"
#include "media/media.h"
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

/* Standard input, to one byte more than is scanned, so that too much is seen as too much. */
static int read_input(struct buffer *out, uint64_t max, struct error *e)
{
    char block[65536];
    while (out->size <= max) {
        size_t want =
            max + 1 - out->size < sizeof(block) ? (size_t)(max + 1 - out->size) : sizeof(block);
        ssize_t n = read(STDIN_FILENO, block, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_io(e, "-", "cannot read standard input", errno);
        if (n == 0)
            break;
        buffer_append(out, block, (size_t)n);
        if (out->failed)
            return error_memory(e);
    }
    return LMOD_OK;
}

static void scan_input(struct scan *s, struct slot *slot)
{
    struct buffer bytes = BUFFER_INIT;
    if (read_input(&bytes, s->max_bytes, &slot->error) == LMOD_OK)
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

/* The match to show: the one with the highest action, then the nearest. */
static const struct match *best_match(const struct verdict *v)
{
    const struct match *best = NULL;
    for (uint32_t i = 0; i < v->count; i++) {
        const struct match *m = &v->match[i];
        int better = best ? (int)best->suppressed - (int)m->suppressed : 1;
        if (better == 0)
            better = (int)m->action - (int)best->action;
        if (better == 0)
            better = (int)best->distance - (int)m->distance;
        if (better > 0)
            best = m;
    }
    return best;
}

static void match_write(struct buffer *out, const struct verdict *v)
{
    const struct match *m = best_match(v);
    if (!m) {
        buffer_str(out, "-");
        return;
    }
    if (m->kind == MATCH_LIST)
        buffer_printf(out, "%s/%s %s", m->source, m->entry ? m->entry : "-",
                      term_name(signal_terms, m->signal));
    else if (m->kind == MATCH_RULE)
        buffer_printf(out, "%s/%s %s %u-%u", m->source, m->rule, m->view, m->from, m->to);
    else
        buffer_printf(out, "score of %s", m->harm);
    if (m->kind == MATCH_LIST && m->signal == SIGNAL_PDQ)
        buffer_printf(out, " distance %u", m->distance);
    if (m->kind == MATCH_LIST)
        buffer_printf(out, " %s", term_name(strategy_terms, m->strategy));
    buffer_str(out, m->suppressed ? ", allowed" : "");
    if (v->count > 1)
        buffer_printf(out, " (+%u)", v->count - 1 + v->dropped);
}

static enum colour colour_of(uint8_t action)
{
    return action >= ACTION_HOLD   ? COLOUR_BAD
           : action >= ACTION_FLAG ? COLOUR_CAUTION
                                   : COLOUR_GOOD;
}

static bool print_text(const char *path, const struct verdict *v)
{
    struct buffer coverage = BUFFER_INIT, match = BUFFER_INIT, reasons = BUFFER_INIT;
    for (const struct term *t = reason_terms; t->name; t++)
        if (v->reasons & t->value)
            buffer_printf(&reasons, "%s%s", reasons.size ? "," : "", t->name);
    buffer_printf(&coverage, "%s%s%s", term_name(coverage_terms, v->coverage),
                  reasons.size ? ": " : "", reasons.size ? reasons.data : "");
    match_write(&match, v);
    bool ok = coverage.data && match.data &&
              output_line("%s  %-6s  %s  %-44s  %s",
                          coloured(colour_of(v->would), term_name(action_terms, v->would), 6),
                          term_name(action_terms, v->action),
                          coloured(v->reasons ? COLOUR_CAUTION : COLOUR_NONE, coverage.data, 22),
                          plain(match.data), plain(path));
    buffer_finish(&coverage);
    buffer_finish(&match);
    buffer_finish(&reasons);
    return ok;
}

/* The verdict as it is, with the input put before its first member. */
static bool print_json(const char *path, struct verdict *v)
{
    json_t *name = json_object();
    char *head = js_str(name, "input", path) ? js_dump(name, NULL) : NULL;
    const char *body = verdict_json(v, NULL);
    json_decref(name);
    bool ok = head && body ? output_line("%.*s,%s", (int)strlen(head) - 1, head, body + 1)
                           : output_object(NULL);
    free(head);
    return ok;
}

static bool print_error(const char *path, struct error *e)
{
    if (!e->file[0])
        (void)snprintf(e->file, sizeof(e->file), "%s", path);
    (void)say_error(e);
    if (!output_is_json())
        return true;
    json_t *o = json_object();
    js_str(o, "input", path);
    js_str(o, "error", e->text);
    js_str(o, "coverage", term_name(coverage_terms, COVERAGE_NOT_RUN));
    return output_object(o);
}

/* See exits below. A failure policy's flag comes with a reason, which counts more than a match. */
static int code_of(const struct verdict *v)
{
    const uint32_t fine = REASON_EXEMPT | REASON_UNSUPPORTED;
    if (v->reasons & REASON_WORKER)
        return EXIT_UNAVAILABLE;
    if (v->reasons & ~fine)
        return EXIT_INPUT;
    return v->would >= ACTION_FLAG ? EXIT_FOUND : EXIT_CLEAN;
}

static bool print_verdict(struct scan *s, const char *path, struct verdict *v)
{
    memcpy(v->config, s->config, sizeof(v->config));
    s->code = exit_worse(s->code, code_of(v));
    s->flagged += v->would >= ACTION_FLAG;
    return output_is_json() ? print_json(path, v) : print_text(path, v);
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
        ok = print_error(path, &slot->error);
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
        return print_error(name, &e);
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
        (void)print_error(path, &e);
    }
    free(line);
    if (file && file != stdin)
        (void)fclose(file);
}

static int run_texts(struct scan *s, const struct args *a)
{
    const char *text = args_value(a, "text"), *lines = args_value(a, "lines");
    if (!args_value(a, "surface"))
        s->subject.surface = LMOD_SURFACE_MESSAGE;
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

static void set_text(const struct args *a, const char *name, const char **text, size_t *length)
{
    *text = args_value(a, name);
    *length = *text ? strlen(*text) : 0;
}

static bool read_subject(const struct args *a, struct subject *s)
{
    const char *surface = args_value(a, "surface");
    const char *names[64];
    size_t n = 0;
    *s = (struct subject){.surface = LMOD_SURFACE_UPLOAD, .encrypted = UNSET, .direct = UNSET};
    set_text(a, "room", &s->room, &s->room_length);
    set_text(a, "sender", &s->sender, &s->sender_length);
    set_text(a, "item", &s->item, &s->item_length);
    if (!surface || term_value(surface_terms, surface, strlen(surface), &s->surface))
        return true;
    while (surface_terms[n].name && n < COUNT_OF(names)) {
        names[n] = surface_terms[n].name;
        n++;
    }
    say("--surface %s: there is no such surface%s", surface, did_you_mean(surface, names, n));
    return false;
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
    if (!read_subject(a, &s.subject) || !inputs_given(a, texts))
        return EXIT_USAGE;
    int code = settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    if (!args_number(a, "jobs", 1, MEDIA_WORKERS_MAX, c->media.workers, &jobs)) {
        config_free(c);
        return EXIT_USAGE;
    }
    s.max_bytes = c->media.max_bytes;
    memcpy(s.config, c->hash, sizeof(s.config));
    if (give_workers(&c, jobs, &e) != LMOD_OK ||
        engine_open(&s.engine, c, say_log, NULL, &e) != LMOD_OK)
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
    {"surface", "S",
     "where it would happen: upload, message (the defaults of files and texts), avatar, …", NULL,
     0},
    {"room", "R", "the room, as the host names it", NULL, 0},
    {"sender", "U", "the sender, as the host names it", NULL, 0},
    {"item", "I", "the host's reference of the content", NULL, 0},
    {"jobs", "N", "scan N files at a time (default: media.workers)", NULL, 'j'},
    {"text", "S", "scan this text instead of files", NULL, 0},
    {"lines", "FILE", "scan each line of FILE (-: standard input) as a text", NULL, 0},
    {"html", NULL, NULL, "HTML reduction", 0},
    {"record", NULL, NULL, "the event store", 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_scan = {
    .name = "scan",
    .operands = "PATH… | --text S | --lines FILE",
    .summary = "say what would happen to files or texts",
    .text = "Scans media files as a server would: files, directories (walked, sorted), and - for\n"
            "standard input; or texts. Nothing is recorded. Each line: what would happen when "
            "enforced, the\n"
            "action in the mode of the config, how much was looked at and why not more, the best\n"
            "match (list/entry, signal, distance, strategy), the path.",
    .options = options,
    .least = 0,
    .most = OPERANDS_ANY,
    .examples =
        "  modctl scan upload.jpg\n"
        "  modctl --json scan --jobs 4 /srv/uploads | jq -r 'select(.would != \"allow\").input'\n"
        "  modctl scan - < picture.png\n"
        "  modctl scan --text 'see the mega folder'   modctl scan --lines chat.txt",
    .exits = "  0 nothing found   1 something would be flagged, held or blocked\n"
             "  2 usage   3 config, key or a required list invalid\n"
             "  4 an input was missing, unreadable or not scanned completely\n"
             "    (an exempt subject or a format that is not supported does not count)\n"
             "  5 the media worker is not available\n"
             "  Of several inputs the highest of 5, 4, 1, 0 counts.",
    .run = run,
};
