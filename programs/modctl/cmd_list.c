/* modctl list info, check, install. */
#include "list_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"

int list_file_readable(const char *path)
{
    struct stat st;
    struct error e;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        (void)error_io(&e, path, "cannot open", errno);
        return say_error(&e);
    }
    int code = EXIT_CLEAN;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)error_at(&e, LMOD_E_IO, path, 0, 0,
                       S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
        code = say_error(&e);
    }
    (void)close(fd);
    return code;
}

/* Every signal that lists hold, also when there is none of it. */
static json_t *signals_json(const struct list_info *info)
{
    json_t *o = json_object();
    for (const struct term *t = signal_terms; t->name; t++)
        if (signal_bytes((enum signal)t->value) > 0)
            js_int(o, t->name, (int64_t)info->signals[t->value]);
    return o;
}

/* Signals that the sources had and lists do not hold, by their names. */
static json_t *others_json(const struct import_report *r)
{
    json_t *o = json_object();
    for (size_t i = 0; r && i < r->others.n; i++)
        js_int(o, r->others.v[i].name, (int64_t)r->others.v[i].n);
    return o;
}

static bool print_json(const struct list_info *info, const struct import_report *r)
{
    json_t *o = json_object();
    js_str(o, "id", info->id);
    js_str(o, "version", info->version);
    js_int(o, "entries", (int64_t)info->entries);
    js_put(o, "signals", signals_json(info));
    js_int(o, "bad", r ? (int64_t)r->bad : 0);
    js_str(o, "pdq", term_name(dialect_terms, info->dialect));
    js_int(o, "bytes", (int64_t)info->bytes);
    js_put(o, "others", others_json(r));
    return output_object(o);
}

bool list_info_print(const char *path, const struct list_info *info, const struct import_report *r)
{
    uint64_t bad = r ? r->bad : 0;
    if (output_is_json())
        return print_json(info, r);
    bool ok = output_line("%s: list \"%s\", version \"%s\"", plain(path), plain(info->id),
                          plain(info->version));
    ok = output_line("  entries  %llu, %llu of them active", (unsigned long long)info->entries,
                     (unsigned long long)info->active);
    for (const struct term *t = signal_terms; t->name; t++)
        if (info->signals[t->value] > 0)
            ok = output_line("  %-7s  %llu", t->name, (unsigned long long)info->signals[t->value]);
    if (info->weak > 0)
        ok = output_line("  weak     %llu PDQ under quality %d, which never match",
                         (unsigned long long)info->weak, PDQ_QUALITY_MIN);
    if (info->signals[SIGNAL_PDQ] > 0)
        ok = output_line("  dialect  %s", term_name(dialect_terms, info->dialect));
    if (info->indexed)
        ok = output_line("  index    of the PDQ hashes");
    if (bad > 0)
        ok = output_line("  bad      %llu rows were left out", (unsigned long long)bad);
    return ok && output_line("  bytes    %llu", (unsigned long long)info->bytes);
}

static int check(const char *path, struct list_info *info)
{
    struct error e;
    int code = list_file_readable(path);
    if (code != EXIT_CLEAN)
        return code;
    return list_check(path, info, &e) == LMOD_OK ? EXIT_CLEAN : say_error(&e);
}

static int run_check(const struct args *a)
{
    struct list_info info;
    int code = check(a->operand[0], &info);
    if (code == EXIT_CLEAN)
        (void)list_info_print(a->operand[0], &info, NULL);
    return code;
}

/* Header and tables only; large lists below the file's own directory may be mapped. */
static int run_info(const struct args *a)
{
    const char *path = a->operand[0];
    struct list_info info;
    struct list *l = NULL;
    struct error e;
    int code = list_file_readable(path);
    if (code != EXIT_CLEAN)
        return code;
    char *root = path_directory(path);
    int status = root ? list_open(&l, path, root, &e) : error_memory(&e);
    free(root);
    if (status != LMOD_OK)
        return say_error(&e);
    list_info_get(l, &info);
    list_close(l);
    (void)list_info_print(path, &info, NULL);
    return EXIT_CLEAN;
}

/* ---- install ---- */

static int copy_bytes(int from, const char *name, int to, struct error *e)
{
    char block[65536];
    uint64_t at = 0;
    for (;;) {
        int64_t n = file_pread(from, block, sizeof(block), at);
        if (n < 0)
            return error_io(e, name, "cannot read", errno);
        if (n == 0)
            return LMOD_OK;
        if (!file_write_all(to, block, (size_t)n))
            return error_io(e, name, "cannot copy", errno);
        at += (uint64_t)n;
    }
}

/* The copy is checked, not the original: that may change meanwhile. */
static int install_copy(const char *from, const char *to, struct list_info *info, struct error *e)
{
    struct stat directory;
    struct file_new f;
    char *parent = path_directory(to);
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    int status = parent ? LMOD_OK : error_memory(e);
    if (status == LMOD_OK && fd < 0)
        status = error_io(e, from, "cannot open", errno);
    if (status == LMOD_OK && mkdir(parent, 0700) != 0 && errno != EEXIST)
        status = error_io(e, parent, "cannot make the directory", errno);
    if (status == LMOD_OK && stat(parent, &directory) != 0)
        status = error_io(e, parent, "cannot stat", errno);
    bool shared = status == LMOD_OK && (directory.st_mode & S_IRGRP);
    if (status == LMOD_OK &&
        (status = file_new_begin(&f, to, shared ? 0640 : 0600, e)) == LMOD_OK) {
        status = copy_bytes(fd, from, f.fd, e);
        if (status == LMOD_OK)
            status = list_check(f.temporary, info, e);
        if (status == LMOD_OK)
            status = file_new_commit(&f, e);
        else
            file_new_abort(&f);
    }
    if (fd >= 0)
        (void)close(fd);
    free(parent);
    return status;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The configured list that is this file, or NULL. */
static const char *configured_as(const struct config *c, const char *path)
{
    for (size_t i = 0; i < c->list_count; i++)
        if (same_file(c->lists[i].file, path))
            return c->lists[i].id;
    for (size_t i = 0; i < c->allow_count; i++)
        if (same_file(c->allow[i], path))
            return "allow";
    return NULL;
}

/* The config takes paths relative to itself, so the hint has an absolute one. */
static void next_step(const struct config *c, const char *path, const struct list_info *info)
{
    const char *id = configured_as(c, path);
    char *whole = realpath(path, NULL);
    if (whole)
        path = whole;
    if (id)
        (void)output_line(
            "Installed as %s, which the config has as \"%s\": a running host loads it "
            "at its next reload.",
            plain(path), plain(id));
    else
        (void)output_line(
            "Installed as %s. Name it in the config, with what it lists and what to "
            "do:\n  lists:\n    - {id: %s, file: %s, harm: m.adult.ncii, action: hold}",
            plain(path), plain(info->id), plain(path));
    free(whole);
}

static char *install_path(const struct config *c, const char *from)
{
    const char *slash = strrchr(from, '/');
    char *lists = settings_lists(c);
    char *path = lists ? path_join(lists, slash ? slash + 1 : from) : NULL;
    free(lists);
    return path;
}

static int run_install(const struct args *a)
{
    const char *from = a->operand[0];
    const struct config *c = NULL;
    struct list_info info;
    struct error e = {0};
    int code = list_file_readable(from);
    if (code == EXIT_CLEAN)
        code = check(from, &info);
    if (code == EXIT_CLEAN)
        code = settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    char *to = install_path(c, from);
    int status = to ? LMOD_OK : error_memory(&e);
    if (status == LMOD_OK && !same_file(from, to))
        status = install_copy(from, to, &info, &e);
    if (status == LMOD_OK) {
        (void)list_info_print(to, &info, NULL);
        if (!output_is_json())
            next_step(c, to, &info);
    } else {
        code = say_error(&e);
    }
    free(to);
    config_free(c);
    return code;
}

static const char exits[] =
    "  0 valid   2 usage   3 not a valid list   4 missing or unreadable file";

const struct command cmd_list_info = {
    .name = "list info",
    .operands = "FILE",
    .summary = "say what a list holds",
    .text = "Prints id, version and counts of a compiled list, after a look at its header only.",
    .least = 1,
    .most = 1,
    .examples = "  modctl list info ban.lml",
    .exits = exits,
    .run = run_info,
};

const struct command cmd_list_check = {
    .name = "list check",
    .operands = "FILE",
    .summary = "check every byte of a list",
    .text = "Reads the whole list: checksum, order, every reference.",
    .least = 1,
    .most = 1,
    .examples = "  modctl list check ban.lml",
    .exits = exits,
    .run = run_check,
};

const struct command cmd_list_install = {
    .name = "list install",
    .operands = "FILE",
    .summary = "put a list in place",
    .text =
        "Checks a list, copies it into lists/ of the state directory and publishes it by rename,\n"
        "under its own name: a host that reads the old one meanwhile is not disturbed.",
    .least = 1,
    .most = 1,
    .examples = "  modctl list install ban.lml",
    .exits = "  0 installed   2 usage   3 list or config invalid\n"
             "  4 missing or unreadable file, cannot write",
    .run = run_install,
};
