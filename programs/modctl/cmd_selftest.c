/* modctl selftest: proves the chain with content that is harmless and always a hit. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"

#include <libmod/subject.h>

static const char source[] = "libmod.selftest";

static int write_picture(const char *path)
{
    struct buffer png = BUFFER_INIT;
    struct error e;
    selftest_picture(&png);
    int status = png.failed ? error_memory(&e) : file_replace(path, png.data, png.size, 0644, &e);
    buffer_finish(&png);
    if (status != LMOD_OK)
        return say_error(&e);
    if (output_is_json()) {
        json_t *o = json_object();
        js_str(o, "picture", path);
        (void)output_object(o);
        return EXIT_CLEAN;
    }
    (void)output_line("%s: the self-test picture. With `selftest: true` in the config of a server, "
                      "uploading it is a hit of %s.",
                      plain(path), source);
    return EXIT_CLEAN;
}

static const struct match *find_hit(const struct verdict *v)
{
    for (uint32_t i = 0; i < v->count; i++)
        if (v->match[i].source && strcmp(v->match[i].source, source) == 0)
            return &v->match[i];
    return NULL;
}

/* The result: the hit must be there and the whole picture looked at. */
static int report(const struct verdict *v)
{
    const struct match *m = find_hit(v);
    struct buffer text = BUFFER_INIT;
    bool ok = m && v->coverage == COVERAGE_COMPLETE;
    buffer_printf(&text, "%s", m ? "recognised" : "not recognised");
    for (const struct term *t = reason_terms; t->name; t++)
        if (v->reasons & t->value)
            buffer_printf(&text, ", %s", t->name);
    if (!text.data) {
        (void)output_object(NULL);
        return EXIT_BUG;
    }
    if (output_is_json()) {
        json_t *o = json_object();
        js_str(o, "check", "selftest.picture");
        js_str(o, "state", ok ? "ok" : "bad");
        js_str(o, "text", text.data);
        js_str(o, "source", m ? m->source : NULL);
        js_str(o, "would", term_name(action_terms, v->would));
        js_str(o, "action", term_name(action_terms, v->action));
        js_str(o, "mode", term_name(mode_terms, v->mode));
        js_str(o, "coverage", term_name(coverage_terms, v->coverage));
        (void)output_object(o);
    } else {
        (void)output_line("%s  picture %s: would %s, action %s (%s), coverage %s",
                          coloured(ok ? COLOUR_GOOD : COLOUR_BAD, ok ? "ok" : "bad", 4), text.data,
                          term_name(action_terms, v->would), term_name(action_terms, v->action),
                          term_name(mode_terms, v->mode), term_name(coverage_terms, v->coverage));
    }
    buffer_finish(&text);
    if (v->reasons & REASON_WORKER)
        return EXIT_UNAVAILABLE;
    return ok ? EXIT_CLEAN : EXIT_FOUND;
}

static int scan(const struct config *c)
{
    const struct subject who = {
        .surface = LMOD_SURFACE_UPLOAD, .encrypted = UNSET, .direct = UNSET};
    struct engine *engine = NULL;
    struct verdict *v = NULL;
    struct buffer png = BUFFER_INIT;
    struct error e;
    int status = engine_open(&engine, c, 0, say_log, NULL, &e);
    if (status == LMOD_OK) {
        selftest_picture(&png);
        status = png.failed ? error_memory(&e)
                            : engine_media(&v, engine, &who, -1, png.data, png.size, &e);
    }
    int code = status == LMOD_OK ? report(v) : say_error(&e);
    verdict_free(v);
    engine_close(engine);
    buffer_finish(&png);
    return code;
}

static int run(const struct args *a)
{
    const char *picture = args_value(a, "picture");
    const struct config *c = NULL;
    if (picture)
        return write_picture(picture);
    int code = settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    if (!c->selftest) {
        say("%s: selftest is off; write `selftest: true` there, and let the servers reload, to "
            "have "
            "self-test content recognised",
            settings_path(a));
        code = EXIT_REFUSED;
    } else {
        code = scan(c);
    }
    config_free(c);
    return code;
}

static const struct option_row options[] = {
    {"picture", "OUT.png", "write the self-test picture, to upload it to a server", NULL, 'p'},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_selftest = {
    .name = "selftest",
    .operands = "",
    .summary = "prove the chain without real content",
    .text =
        "Scans the built-in self-test picture with the config and expects the hit of the source\n"
        "libmod.selftest. The config must say `selftest: true`. With --picture it only writes\n"
        "the picture; that needs no config.",
    .options = options,
    .examples = "  modctl selftest\n"
                "  modctl selftest --picture test.png",
    .exits = "  0 recognised   1 not recognised   2 usage   3 config invalid\n"
             "  4 cannot write the picture   5 the media worker is not available\n"
             "  6 selftest is off in the config",
    .run = run,
};
