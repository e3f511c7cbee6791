/* modctl events: the stream of everything that was recorded, once or as it comes. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "review.h"

enum { BATCH = 256, POLL_MS = 200, MINUTE_MS = 60000 };

/* The lines of one batch: printed when the store is let go of, so that a slow reader holds no
 * transaction open. */
struct stream {
    struct review review;
    char source[SOURCE_BYTES];
    struct store_filter filter;
    struct buffer lines;
    size_t rows;
    bool silent; /* only finding out where the stream ends */
    bool more;   /* somebody reads */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static const char *text_at(const json_t *body, const char *path)
{
    const char *text = json_string_value(js_at(body, path));
    return text ? text : "-";
}

/* ---- one line ---- */

static void gap_text(struct buffer *out, const json_t *body)
{
    json_t *counts = json_object_get(body, "counts"), *value;
    const char *key, *comma = "";
    json_object_foreach(counts, key, value)
    {
        buffer_printf(out, "%s%s %lld", comma, key, (long long)json_integer_value(value));
        comma = ", ";
    }
}

static void list_text(struct buffer *out, const json_t *body)
{
    if (json_is_string(js_at(body, "entry")))
        buffer_printf(out, "%s %s", text_at(body, "state"), text_at(body, "entry"));
    else
        buffer_printf(out, "%s %s, version %s", text_at(body, "state"), text_at(body, "list"),
                      text_at(body, "version"));
    if (json_is_string(js_at(body, "why")))
        buffer_printf(out, ": %s", text_at(body, "why"));
}

static void finding_text(struct buffer *out, const struct store_listed *row, const json_t *body)
{
    buffer_printf(out, "%-5s  %s  %s %s", text_at(body, "verdict.would"),
                  text_at(body, "queue.harm"), text_at(body, "context.surface"),
                  text_at(body, "content.kind"));
    if (row->cluster && strchr(row->cluster, '/'))
        buffer_printf(out, ", %s", row->cluster);
}

/* "libmod.match.v1" is "match" for people. */
static void type_write(const char *type, char out[16])
{
    const char *from = strncmp(type, "libmod.", 7) == 0 ? type + 7 : type;
    (void)snprintf(out, 16, "%.*s", (int)strcspn(from, "."), from);
}

static bool row_text(struct stream *s, const struct store_listed *row)
{
    json_t *body = row->body ? json_loads(row->body, 0, NULL) : NULL;
    struct buffer what = BUFFER_INIT;
    char at[32], type[16];
    time_iso(row->at, at);
    type_write(row->type, type);
    if (!body)
        buffer_str(&what, "older than events.keep");
    else if (strcmp(row->type, EVENT_GAP) == 0)
        gap_text(&what, body);
    else if (strcmp(row->type, EVENT_LIST) == 0)
        list_text(&what, body);
    else
        finding_text(&what, row, body);
    buffer_printf(&s->lines, "%s  %s  %-6s  %s\n", at, row->id, type,
                  what.data ? plain(what.data) : "");
    bool ok = !what.failed && !s->lines.failed;
    buffer_finish(&what);
    json_decref(body);
    return ok;
}

static bool row_json(struct stream *s, const struct store_listed *row)
{
    json_t *o = event_envelope(row, s->source);
    char *text = js_dump(o, NULL);
    json_decref(o);
    if (!text)
        return false;
    buffer_printf(&s->lines, "%s\n", text);
    free(text);
    return !s->lines.failed;
}

static int take_row(void *user, const struct store_listed *row)
{
    struct stream *s = user;
    s->rows++;
    s->filter.after = row->seq;
    if (s->silent)
        return LMOD_OK;
    return (output_is_json() ? row_json(s, row) : row_text(s, row)) ? LMOD_OK : LMOD_E_MEMORY;
}

/* ---- the stream ---- */

/* Everything that is there after the last event; `s->more` false: nobody reads. The exit code. */
static int drain(struct stream *s)
{
    struct error e = {0};
    do {
        buffer_clear(&s->lines);
        s->rows = 0;
        int status = store_list(s->review.store, &s->filter, 0, take_row, s, &e);
        if (status == LMOD_E_MEMORY)
            (void)error_memory(&e);
        if (status != LMOD_OK)
            return review_say(&e);
        if (s->lines.size)
            s->more = output_bytes(s->lines.data, s->lines.size);
    } while (s->rows == BATCH && s->more && !interrupted);
    return EXIT_CLEAN;
}

/* A store that is made meanwhile is noticed. */
static int look(struct stream *s)
{
    int code = EXIT_CLEAN;
    if (!s->review.there)
        s->review.there = review_store_there(s->review.config);
    if (!s->review.there)
        return EXIT_CLEAN;
    if (!s->source[0])
        code = review_source(&s->review, s->source);
    return code == EXIT_CLEAN ? drain(s) : code;
}

/* Until there may be something new; false when the reader left or somebody wants the end. */
static bool wait_for_more(struct stream *s)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = 0};
    int n = poll(&out, 1, POLL_MS);
    if (n > 0 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)))
        s->more = false;
    return s->more && !interrupted;
}

static int follow(struct stream *s)
{
    struct sigaction act = {.sa_handler = interrupt};
    int code;
    (void)sigaction(SIGINT, &act, NULL);
    (void)sigaction(SIGTERM, &act, NULL);
    do
        code = look(s);
    while (code == EXIT_CLEAN && wait_for_more(s));
    return code == EXIT_CLEAN && !s->more ? EXIT_INPUT : code;
}

/* Without --since only what comes from now on: a look back over a minute finds where that is. */
static int find_end(struct stream *s)
{
    s->filter.since = time_wall_ms() - MINUTE_MS;
    s->silent = true;
    int code = look(s);
    s->silent = false;
    return code;
}

static int run(const struct args *a)
{
    struct stream s = {.lines = BUFFER_INIT, .more = true, .filter = {.limit = BATCH}};
    bool following = args_value(a, "follow") != NULL;
    if (!args_time(a, "since", &s.filter.since))
        return EXIT_USAGE;
    int code = review_open(&s.review, a);
    if (code != EXIT_CLEAN)
        return code;
    if (following && !args_value(a, "since"))
        code = find_end(&s);
    if (code == EXIT_CLEAN)
        code = following ? follow(&s) : look(&s);
    buffer_finish(&s.lines);
    review_close(&s.review);
    return code;
}

static const struct option_row options[] = {
    {"follow", NULL, "go on with what comes, until interrupted; without --since only that", NULL,
     'f'},
    {"since", "T", "from T on: 7d (ago), 2026-11-01, 2026-11-01T12:00:00Z", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_events = {
    .name = "events",
    .operands = "",
    .summary = "the stream of recorded events",
    .text =
        "Prints matches, reports, gaps (what was not looked at or not recorded) and what happened\n"
        "to lists, in the order in which they were recorded. --json prints CloudEvents, the same\n"
        "that review tools read from a stream.",
    .options = options,
    .examples = "  modctl events --since 1d\n"
                "  modctl --json events --follow | jq 'select(.type == \"libmod.match.v1\")'",
    .exits = "  0 done, also when interrupted   2 usage   3 config invalid\n"
             "  4 the reader left   5 store unavailable   6 store of a newer release",
    .run = run,
};
