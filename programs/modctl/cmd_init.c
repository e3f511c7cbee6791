/* modctl init: a first config, the site key, the state directory. Never overwrites. */
#include "modctl.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"

static const char system_place[] = "/etc/libmod", system_state[] = "/var/lib/libmod";

static const char template[] =
    "# libmod.yaml: what libmod looks for and what it does about it.\n"
    "# Paths are relative to this file. Every key and its default: `modctl config reference`.\n"
    "# After a change: `modctl config check`, then `modctl doctor`.\n"
    "format: libmod/1\n"
    "\n"
    "# observe: report what would happen, let everything pass. enforce: act on it.\n"
    "mode: observe\n"
    "\n"
    "# true: the harmless picture of `modctl selftest --picture` is treated as a hit, to try the\n"
    "# whole chain without real content.\n"
    "selftest: false\n"
    "\n"
    "site:\n"
    "  key_file: site.key # identifies content in events; keep it secret, never replace it\n"
    "state_dir: %s\n"
    "\n"
    "# Hash lists, made by `modctl list build` and put in place by `modctl list install`:\n"
    "# lists:\n"
    "#   - {id: ban, file: %s/lists/ban.lml, harm: m.adult.ncii, action: hold}\n"
    "\n"
    "# Known harmless content, never matched:\n"
    "# allow: [%s/lists/ok.lml]\n"
    "\n"
    "# Rule packs for texts; copy those of your languages from PREFIX/share/libmod/packs:\n"
    "# packs: [ncii-en.yaml, ncii-ko.yaml, ncii-zh.yaml]\n"
    "\n"
    "# How soon an event of a harm must be reviewed:\n"
    "# policy: {deadlines: {m.adult.ncii: 48h}}\n"
    "\n"
    "# The event store:\n"
    "# events: {quota: 1GiB, keep: 400d}\n";

struct init {
    char *directory, *config, *key, *state, *lists;
    bool grouped;
    gid_t group;
    mode_t old_umask;
};

static void init_finish(struct init *in)
{
    free(in->directory);
    free(in->config);
    free(in->key);
    free(in->state);
    free(in->lists);
}

static int find_group(struct init *in, const char *name)
{
    struct group *g = name ? getgrnam(name) : NULL;
    if (!name)
        return EXIT_CLEAN;
    if (!g) {
        say("--group %s: there is no such group", name);
        return EXIT_USAGE;
    }
    in->grouped = true;
    in->group = g->gr_gid;
    return EXIT_CLEAN;
}

static int refuse_existing(const char *path)
{
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return LMOD_OK;
    say("%s: is there already; nothing was changed", path);
    return LMOD_E_STATE;
}

static int give_to_group(const struct init *in, const char *path, struct error *e)
{
    if (in->grouped && chown(path, (uid_t)-1, in->group) != 0)
        return error_io(e, path, "cannot give it to the group", errno);
    return LMOD_OK;
}

/* Makes `path` and what is missing above it; a directory that is there stays as it is. */
static int make_directories(const char *path, mode_t mode, struct error *e)
{
    char *copy = text_copy(path, strlen(path));
    int status = copy ? LMOD_OK : error_memory(e);
    for (char *at = copy; status == LMOD_OK && at;) {
        char *slash = strchr(at + 1, '/');
        if (slash)
            *slash = '\0';
        if (mkdir(copy, slash ? 0755 : mode) != 0 && errno != EEXIST)
            status = error_io(e, copy, "cannot make the directory", errno);
        if (slash)
            *slash = '/';
        at = slash;
    }
    free(copy);
    return status;
}

/* The state directory is private, or shared by the group that owns what is made in it (setgid). */
static int make_private(const struct init *in, const char *path, struct error *e)
{
    int status = make_directories(path, 0700, e);
    if (status == LMOD_OK)
        status = give_to_group(in, path, e);
    if (status == LMOD_OK && chmod(path, in->grouped ? 02770 : 0700) != 0)
        status = error_io(e, path, "cannot set its permissions", errno);
    return status;
}

/* O_EXCL: of two who start at once, one is refused. */
static int write_new(const struct init *in,
                     const char *path,
                     const void *bytes,
                     size_t size,
                     mode_t mode,
                     struct error *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return error_io(e, path, "cannot create", errno);
    int status = LMOD_OK;
    if (!file_write_all(fd, bytes, size) || fsync(fd) != 0)
        status = error_io(e, path, "cannot write", errno);
    else if (in->grouped && fchown(fd, (uid_t)-1, in->group) != 0)
        status = error_io(e, path, "cannot give it to the group", errno);
    else if (fchmod(fd, mode) != 0)
        status = error_io(e, path, "cannot set its permissions", errno);
    (void)close(fd);
    if (status != LMOD_OK)
        (void)unlink(path);
    return status;
}

static int write_key(const struct init *in, struct error *e)
{
    uint8_t key[SITE_KEY_BYTES];
    if (!random_bytes(key, sizeof(key)))
        return error_set(e, LMOD_E_IO, "the kernel gives no random bytes");
    int status = write_new(in, in->key, key, sizeof(key), in->grouped ? 0640 : 0600, e);
    explicit_bzero(key, sizeof(key));
    return status;
}

static int write_config(const struct init *in, bool system, struct error *e)
{
    struct buffer text = BUFFER_INIT;
    const char *state = system ? system_state : "state";
    buffer_printf(&text, template, state, state, state);
    int status =
        text.failed ? error_memory(e) : write_new(in, in->config, text.data, text.size, 0644, e);
    buffer_finish(&text);
    return status;
}

static int make_paths(struct init *in, const char *directory, bool system, struct error *e)
{
    in->directory = text_copy(directory, strlen(directory));
    if (strcmp(directory, ".") == 0)
        directory = NULL; /* "libmod.yaml" reads better than "./libmod.yaml" */
    in->config = path_join(directory, "libmod.yaml");
    in->key = path_join(directory, "site.key");
    in->state = path_join(directory, system ? system_state : "state");
    in->lists = in->state ? path_join(in->state, "lists") : NULL;
    return in->directory && in->config && in->key && in->lists ? LMOD_OK : error_memory(e);
}

/* The config comes last: where it is, everything is. */
static int make_all(const struct init *in, bool system, struct error *e)
{
    int status = make_directories(in->directory, 0755, e);
    if (status == LMOD_OK)
        status = refuse_existing(in->config);
    if (status == LMOD_OK)
        status = refuse_existing(in->key);
    if (status == LMOD_E_STATE)
        return status;
    if (status == LMOD_OK)
        status = make_private(in, in->state, e);
    if (status == LMOD_OK)
        status = make_private(in, in->lists, e);
    if (status == LMOD_OK)
        status = write_key(in, e);
    if (status == LMOD_OK && (status = write_config(in, system, e)) != LMOD_OK)
        (void)unlink(in->key);
    return status;
}

static void report(const struct init *in)
{
    if (output_is_json()) {
        json_t *o = json_object();
        js_str(o, "config", in->config);
        js_str(o, "key_file", in->key);
        js_str(o, "state_dir", in->state);
        (void)output_object(o);
        return;
    }
    (void)output_line("%s  the config, mode observe", plain(in->config));
    (void)output_line("%s  the site key: keep it secret, keep a copy", plain(in->key));
    (void)output_line("%s  state and installed lists", plain(in->state));
    (void)output_line("\nNext:");
    (void)output_line("  modctl list build -o ban.lml hashes.csv");
    (void)output_line("  modctl -c %s list install ban.lml", plain(in->config));
    (void)output_line("  name the list under `lists:` in %s", plain(in->config));
    (void)output_line("  modctl -c %s doctor", plain(in->config));
}

static int run(const struct args *a)
{
    const char *directory = a->count ? a->operand[0] : ".";
    struct init in = {0};
    struct error e = {0};
    size_t n = strlen(directory);
    while (n > 1 && directory[n - 1] == '/')
        n--;
    bool system = text_is(directory, n, system_place);
    int code = find_group(&in, args_value(a, "group"));
    if (code != EXIT_CLEAN)
        return code;
    mode_t old_umask = umask(022);
    int status = make_paths(&in, directory, system, &e);
    if (status == LMOD_OK)
        status = make_all(&in, system, &e);
    (void)umask(old_umask);
    if (status == LMOD_OK)
        report(&in);
    else
        code = e.status ? say_error(&e) : exit_of(status);
    init_finish(&in);
    return code;
}

static const struct option_row options[] = {
    {"group", "G", "share the state with group G (directories 2770, key 0640)", NULL, 'g'},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_init = {
    .name = "init",
    .operands = "[DIR]",
    .summary = "make a config, the site key and the state directory",
    .text =
        "Makes libmod.yaml (mode observe), site.key (32 random bytes) and the state directory\n"
        "in DIR, the current directory when it is not given. For /etc/libmod the state goes to\n"
        "/var/lib/libmod. Nothing that is there is overwritten.",
    .options = options,
    .least = 0,
    .most = 1,
    .examples = "  modctl init /etc/libmod --group moderators\n"
                "  modctl init",
    .exits = "  0 made   2 usage, no such group   4 cannot write   6 is there already",
    .run = run,
};
