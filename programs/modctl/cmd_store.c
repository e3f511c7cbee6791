/* modctl store check, modctl store backup. */
#include <stdlib.h>
#include <sys/stat.h>

#include "review.h"

/* ---- check ---- */

struct check {
    const char *path;
    uint64_t findings;
};

static void print_check(const char *path, bool ok, const char *finding)
{
    if (!output_is_json()) {
        (void)output_line("%s  %s: %s",
                          coloured(ok ? COLOUR_GOOD : COLOUR_BAD, ok ? "ok" : "bad", 4),
                          plain(path), finding ? plain(finding) : "every row is in order");
        return;
    }
    json_t *o = json_object();
    js_str(o, "store", path);
    js_bool(o, "ok", ok);
    js_str(o, "finding", finding);
    (void)output_object(o);
}

static void take_finding(void *user, const char *finding)
{
    struct check *c = user;
    c->findings++;
    print_check(c->path, false, finding);
}

static int nothing_there(const struct review *r)
{
    say("%s: not there: nothing was recorded yet", r->path);
    return EXIT_UNAVAILABLE;
}

static int run_check(const struct args *a)
{
    struct review r;
    struct error e;
    int code = review_open(&r, a);
    if (code != EXIT_CLEAN)
        return code;
    struct check c = {.path = r.path};
    if (!r.there)
        code = nothing_there(&r);
    else if (store_check(r.store, take_finding, &c, &e) != LMOD_OK)
        code = review_say(&e);
    else if (!c.findings)
        print_check(r.path, true, NULL);
    else
        say("put a copy of `modctl store backup` in its place; what was recorded since is lost");
    if (c.findings)
        code = EXIT_FOUND;
    review_close(&r);
    return code;
}

/* ---- backup ---- */

static void print_backup(const char *from, const char *to)
{
    struct stat st;
    long long bytes = stat(to, &st) == 0 ? (long long)st.st_size : 0;
    if (!output_is_json()) {
        (void)output_line("%s  %lld bytes, a whole copy of %s", plain(to), bytes, plain(from));
        return;
    }
    json_t *o = json_object();
    js_str(o, "store", from);
    js_str(o, "backup", to);
    js_int(o, "bytes", bytes);
    (void)output_object(o);
}

static int run_backup(const struct args *a)
{
    const char *to = a->operand[0];
    struct review r;
    struct error e;
    int code = review_open(&r, a);
    if (code != EXIT_CLEAN)
        return code;
    if (!r.there)
        code = nothing_there(&r);
    else if (store_backup(r.store, to, &e) != LMOD_OK)
        code = review_say(&e);
    else
        print_backup(r.path, to);
    review_close(&r);
    return code;
}

const struct command cmd_store_check = {
    .name = "store check",
    .operands = "",
    .summary = "look for damage in the event store",
    .text = "Reads the whole store: SQLite's own check, then what refers to what.",
    .examples = "  modctl store check",
    .exits = "  0 in order   1 damaged   2 usage   3 config invalid\n"
             "  5 store unavailable or not there   6 store of a newer release",
    .run = run_check,
};

const struct command cmd_store_backup = {
    .name = "store backup",
    .operands = "FILE",
    .summary = "copy the event store while it is in use",
    .text = "Writes a consistent copy and publishes it under its name when it is on the disk. A\n"
            "file that is there is not overwritten.",
    .least = 1,
    .most = 1,
    .examples = "  modctl store backup /backup/libmod-$(date +%F).db",
    .exits =
        "  0 copied   2 usage   3 config invalid   4 cannot write\n"
        "  5 store unavailable or not there   6 FILE is there already, store of a newer release",
    .run = run_backup,
};
