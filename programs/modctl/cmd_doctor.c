/* modctl doctor: looks at everything that a server needs, and says how to mend what is not well. */
#include "settings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "doctor.h"
#include "hash/hash.h"
#include "media/media.h"

#include <libmod/version.h>

enum { WORKER_MS = 10000 };

void tell(struct doctor *d,
          const char *check,
          enum state state,
          const char *mend,
          const char *format,
          ...)
{
    static const char *const word[] = {"ok", "warn", "bad"};
    static const enum colour colour[] = {COLOUR_GOOD, COLOUR_CAUTION, COLOUR_BAD};
    char text[1024];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    if (state == STATE_BAD)
        d->code = exit_worse(d->code, EXIT_FOUND);
    if (!output_is_json()) {
        (void)output_line("%s  %-22s %s", coloured(colour[state], word[state], 4), plain(check),
                          plain(text));
        if (mend)
            (void)output_line("      %-22s -> %s", "", plain(mend));
        return;
    }
    json_t *o = json_object();
    js_str(o, "check", check);
    js_str(o, "state", word[state]);
    js_str(o, "text", text);
    js_str(o, "mend", mend);
    (void)output_object(o);
}

static bool look_at_config(struct doctor *d, const struct args *a)
{
    struct error e;
    const char *path = settings_path(a);
    if (settings_load(&d->config, a, &e) != LMOD_OK) {
        char text[1024];
        error_render(&e, text, sizeof(text));
        tell(d, "config", STATE_BAD,
             path ? "correct the file; `modctl config reference` lists every key"
                  : "make one with `modctl init`, or name it with -c FILE",
             "%.*s", (int)strcspn(text, "\n"), text);
        return false;
    }
    tell(d, "config", STATE_OK, NULL, "%s, mode %s, %zu lists, %zu allow lists", path,
         term_name(mode_terms, d->config->mode), d->config->list_count, d->config->allow_count);
    return true;
}

static void look_at_key(struct doctor *d)
{
    const char *path = d->config->key_file;
    struct stat st;
    if (!path) {
        tell(d, "key", STATE_BAD, "add `site: {key_file: site.key}`; `modctl init` makes a key",
             "the config names no key file");
        return;
    }
    if (stat(path, &st) != 0)
        tell(d, "key", STATE_BAD,
             "restore it from your copy; `modctl init` in an empty directory "
             "makes a new one",
             "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) || st.st_size != SITE_KEY_BYTES)
        tell(d, "key", STATE_BAD, "restore it from your copy", "%s: not a file of %d bytes", path,
             SITE_KEY_BYTES);
    else if (access(path, R_OK) != 0)
        tell(d, "key", STATE_BAD, "run as the user or group of the server", "%s: %s", path,
             strerror(errno));
    else if (st.st_mode & (S_IRWXO | S_IWGRP))
        tell(d, "key", STATE_WARN, "chmod 0600 (or 0640 for a group)",
             "%s: mode %04o lets others at it", path, (unsigned)(st.st_mode & 07777));
    else
        tell(d, "key", STATE_OK, NULL, "%s, mode %04o", path, (unsigned)(st.st_mode & 07777));
}

static void look_at_state(struct doctor *d)
{
    const char *path = d->config->state_dir;
    struct stat st;
    if (stat(path, &st) != 0)
        tell(d, "state_dir", STATE_BAD, "make it, owned by the user of the server", "%s: %s", path,
             strerror(errno));
    else if (!S_ISDIR(st.st_mode))
        tell(d, "state_dir", STATE_BAD, "make it a directory", "%s: not a directory", path);
    else if (access(path, W_OK | X_OK) != 0)
        tell(d, "state_dir", STATE_WARN, "run as the user or group of the server",
             "%s: this user may not write there", path);
    else if (st.st_mode & S_IRWXO)
        tell(d, "state_dir", STATE_WARN, "chmod 0700 (or 2770 for a group)",
             "%s: mode %04o lets others at it", path, (unsigned)(st.st_mode & 07777));
    else
        tell(d, "state_dir", STATE_OK, NULL, "%s, mode %04o", path, (unsigned)(st.st_mode & 07777));
}

/* ---- what only an engine knows ---- */

static const char *list_mend(const struct engine_list *l)
{
    if (access(l->file, F_OK) != 0)
        return "build it with `modctl list build`, install it, or take it out of the config";
    return l->list ? "install a newer version with `modctl list install`"
                   : "`modctl list check` says more; build or fetch it again";
}

static void look_at_list(void *user, const struct engine_list *l)
{
    struct doctor *d = user;
    struct list_info info;
    char check[LIST_ID_MAX + 8];
    (void)snprintf(check, sizeof(check), "list.%s", l->id);
    if (!l->list) {
        tell(d, check, STATE_BAD, list_mend(l), "%s: %s", l->file, l->why ? l->why : "not loaded");
        return;
    }
    list_info_get(l->list, &info);
    tell(d, check, l->stale || l->why ? STATE_WARN : STATE_OK,
         l->stale || l->why ? list_mend(l) : NULL, "%s: version %s, %llu entries%s%s%s", l->file,
         info.version, (unsigned long long)info.active, l->stale ? ", stale" : "",
         l->why ? ": " : "", l->why ? l->why : "");
}

/* Without an engine (a broken key, a missing required list) the lists are still looked at. */
static void look_at_lists_alone(struct doctor *d)
{
    char *root = settings_lists(d->config);
    size_t n = d->config->list_count;
    for (size_t i = 0; i < n + d->config->allow_count; i++) {
        struct engine_list l = {
            .id = i < n ? d->config->lists[i].id : "allow",
            .file = i < n ? d->config->lists[i].file : d->config->allow[i - n],
        };
        struct list *list = NULL;
        struct error e;
        if (list_open(&list, l.file, root, &e) != LMOD_OK)
            l.why = e.text;
        l.list = list;
        look_at_list(d, &l);
        list_close(list);
    }
    free(root);
}

static void look_at_sandbox(struct doctor *d, const struct wire_hello *hello)
{
    enum sandbox_mode mode = d->config->media.sandbox;
    for (const struct term *t = layer_terms; t->name; t++) {
        char check[48];
        bool active = hello->layers & t->value;
        bool needed = mode == SANDBOX_STRICT && t->value == LAYER_SECCOMP;
        (void)snprintf(check, sizeof(check), "sandbox.%s", t->name);
        if (active && t->value == LAYER_LANDLOCK)
            tell(d, check, STATE_OK, NULL, "active, ABI %u", hello->landlock_abi);
        else if (active)
            tell(d, check, STATE_OK, NULL, "active");
        else
            tell(d, check, needed ? STATE_BAD : STATE_WARN,
                 mode == SANDBOX_OFF ? "set `media: {sandbox: strict}`"
                                     : "the kernel or container does not allow it; see what it "
                                       "would take",
                 mode == SANDBOX_OFF ? "off: sandbox is off in the config" : "not active");
    }
}

static void formats_write(char *out, size_t size, uint32_t formats)
{
    size_t at = 0;
    out[0] = '\0';
    for (const struct term *t = format_terms; t->name && at < size; t++)
        if (formats & t->value)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? " " : "", t->name);
}

/* A real decode: a picture goes through the worker and comes back as the hash that it must have. */
static void look_at_decode(struct doctor *d, struct media *m)
{
    struct buffer png = BUFFER_INIT;
    struct media_result result = {.reasons = REASON_WORKER};
    uint8_t digest[SHA256_BYTES];
    selftest_picture(&png);
    if (!png.failed && sha256_of(digest, png.data, png.size))
        media_hash(m, -1, png.data, png.size, digest, time_now_ns() + WORKER_MS * UINT64_C(1000000),
                   &result);
    buffer_finish(&png);
    if (result.reasons == 0 && result.reply.count > 0)
        tell(d, "decode", STATE_OK, NULL, "a %s of %u x %u, PDQ quality %u, in %u µs of CPU",
             term_name(format_terms, result.reply.format), result.reply.width, result.reply.height,
             result.reply.candidate[0].quality, result.reply.cpu_us);
    else
        tell(d, "decode", STATE_BAD, "libvips may be broken or media.formats too narrow",
             "the worker did not decode a sample picture");
}

static void look_at_worker(struct doctor *d)
{
    char why[512] = "";
    struct media *m = engine_media_pool(d->engine, why, sizeof(why));
    struct media_stats stats;
    char formats[96];
    struct error e;
    const char *mend = "install the package's media-worker or set media.worker";
    if (!m) {
        tell(d, "worker", STATE_BAD, mend, "%s", why);
        return;
    }
    int status = media_ping(m, time_now_ns() + WORKER_MS * UINT64_C(1000000), &e);
    media_stats_get(m, &stats);
    formats_write(formats, sizeof(formats), stats.hello.formats);
    if (status != LMOD_OK)
        tell(d, "worker", STATE_BAD,
             stats.greeted && stats.hello.failed ? "the kernel or container forbids that layer; "
                                                   "`media: {sandbox: basic}` goes on without it"
                                                 : mend,
             "%s: %s", d->config->media.worker, e.text);
    else
        tell(d, "worker", STATE_OK, NULL, "%s, wire %u, reads %s", d->config->media.worker,
             stats.hello.version, formats);
    if (stats.greeted)
        look_at_sandbox(d, &stats.hello);
    if (status == LMOD_OK)
        look_at_decode(d, m);
}

static void look_at_engine(struct doctor *d)
{
    struct error e;
    if (engine_open(&d->engine, d->config, 0, NULL, NULL, &e) != LMOD_OK) {
        look_at_lists_alone(d);
        tell(d, "engine", STATE_BAD, "mend what is bad above", "does not open: %s", e.text);
        return;
    }
    engine_lists(d->engine, look_at_list, d);
    look_at_worker(d);
    engine_close(d->engine);
}

static int run(const struct args *a)
{
    struct doctor d = {0};
    tell(&d, "version", STATE_OK, NULL, "libmod %s, Hamming search by %s", LMOD_VERSION,
         hamming_path());
    if (look_at_config(&d, a)) {
        look_at_key(&d);
        look_at_state(&d);
        doctor_store(&d);
        look_at_engine(&d);
        config_free(d.config);
    }
    return d.code;
}

const struct command cmd_doctor = {
    .name = "doctor",
    .operands = "",
    .summary = "look whether everything is well",
    .text =
        "Checks the config, the site key, the state directory, the event store (a counter is\n"
        "really written) and what waits in it, every list, and a media worker that is really\n"
        "started: each layer of its sandbox and a real decode. What is not well comes with what\n"
        "to do about it.",
    .examples = "  modctl doctor\n"
                "  modctl --json doctor | jq -r 'select(.state != \"ok\").mend'",
    .exits = "  0 nothing is bad (warnings may be)   1 something is bad   2 usage",
    .run = run,
};
