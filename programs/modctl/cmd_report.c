/* modctl report: a person's report becomes an event for the review queue. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <libmod/config.h>
#include <libmod/subject.h>

#include "review.h"
#include "settings.h"
#include "verdicts.h"

struct report {
    struct engine *engine;
    struct subject subject;
    const char *input; /* path, "-", "text" or "item" */
    const char *text, *reason;
    uint64_t max_bytes;
};

static int send(struct report *r,
                enum content_kind kind,
                const struct content_in *in,
                struct verdict **out,
                struct error *e)
{
    return engine_report(out, r->engine, &r->subject, kind, in, r->reason, strlen(r->reason), e);
}

static int send_input(struct report *r, struct verdict **out, struct error *e)
{
    struct buffer bytes = BUFFER_INIT;
    int status = input_read(&bytes, r->max_bytes, e);
    const struct content_in in = {-1, bytes.data ? bytes.data : "", bytes.size};
    if (status == LMOD_OK)
        status = send(r, CONTENT_MEDIA, &in, out, e);
    buffer_finish(&bytes);
    return status;
}

static int send_file(struct report *r, struct verdict **out, struct error *e)
{
    int fd = open(r->input, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_io(e, r->input, "cannot open", errno);
    const struct content_in in = {fd, NULL, 0};
    int status = send(r, CONTENT_MEDIA, &in, out, e);
    (void)close(fd);
    return status;
}

static int send_any(struct report *r, struct verdict **out, struct error *e)
{
    const struct content_in text = {-1, r->text, r->text ? strlen(r->text) : 0};
    if (r->text)
        return send(r, CONTENT_TEXT, &text, out, e);
    if (strcmp(r->input, "item") == 0)
        return send(r, (enum content_kind)0, NULL, out, e);
    return strcmp(r->input, "-") == 0 ? send_input(r, out, e) : send_file(r, out, e);
}

static int print(const struct report *r, struct verdict *v)
{
    bool ok = v->recorded == RECORDED_OK;
    if (output_is_json())
        (void)verdict_print(r->input, v);
    else if (ok)
        (void)output_line("%s  is in the queue; `modctl show` it, then `modctl decide` it",
                          v->event);
    if (!ok)
        say("the report was not recorded; `modctl doctor` says why");
    return ok ? EXIT_CLEAN : EXIT_UNAVAILABLE;
}

static bool read_report(const struct args *a, struct report *r)
{
    *r = (struct report){.text = args_value(a, "text"), .reason = args_value(a, "reason")};
    uint32_t surface = r->text ? LMOD_SURFACE_MESSAGE : LMOD_SURFACE_UPLOAD;
    if (!subject_read(a, surface, &r->subject))
        return false;
    r->input = r->text ? "text" : a->count ? a->operand[0] : "item";
    if (!r->reason || !r->reason[0])
        say("report needs --reason R");
    else if (strlen(r->reason) > LMOD_SUBJECT_MAX)
        say("--reason: at most %u bytes", LMOD_SUBJECT_MAX);
    else if (r->text && a->count)
        say("report takes a PATH or --text S, not both at once");
    else if (!r->text && !a->count && !r->subject.item)
        say("report needs a PATH, --text S, or --item I (with its --host H)");
    else
        return true;
    return false;
}

static int run(const struct args *a)
{
    const struct config *c = NULL;
    struct verdict *v = NULL;
    struct report r;
    struct error e = {0};
    if (!read_report(a, &r))
        return EXIT_USAGE;
    int code = settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    bool there = review_store_there(c);
    r.max_bytes = c->media.max_bytes;
    int status = engine_open(&r.engine, c, ENGINE_RECORD, say_log, NULL, &e);
    if (status == LMOD_OK)
        status = send_any(&r, &v, &e);
    code = status == LMOD_OK ? print(&r, v) : review_say(&e);
    verdict_free(v);
    engine_close(r.engine);
    review_give_away(c, there);
    config_free(c);
    return code;
}

static const struct option_row options[] = {
    {"reason", "R", "why, in the reporter's words; needed", NULL, 'r'},
    {"text", "S", "report this text instead of a file", NULL, 0},
    SUBJECT_OPTIONS,
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_report = {
    .name = "report",
    .operands = "PATH | --text S | --item I",
    .summary = "put something into the review queue",
    .text =
        "A person's report: the file (- is standard input) or text becomes an event, whatever\n"
        "lists and rules say, so that a moderator can decide about content that no list knows.\n"
        "Its hashes are kept, the content itself is not. With --host and --item alone the\n"
        "content is what was scanned as that item. Say the same --host and --item as the server\n"
        "does, and it can act on the decision.",
    .options = options,
    .least = 0,
    .most = 1,
    .examples =
        "  modctl report picture.jpg --reason \"reported by mail\" \\\n"
        "      --host example.org --item mxc://example.org/abc\n"
        "  modctl report --text \"selling the private album\" --reason \"reported by mail\"",
    .exits = "  0 recorded   2 usage   3 config, key or a required list invalid\n"
             "  4 missing or unreadable file   5 not recorded",
    .run = run,
};
