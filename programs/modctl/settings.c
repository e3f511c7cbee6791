/* Which libmod.yaml is used, and loading it. */
#include "settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const usual_places[] = {"libmod.yaml", "/etc/libmod/libmod.yaml"};

const char *settings_path(const struct args *a)
{
    const char *path = getenv("LIBMOD_CONFIG");
    if (a->config)
        return a->config;
    if (path && path[0])
        return path;
    for (size_t i = 0; i < COUNT_OF(usual_places); i++)
        if (access(usual_places[i], F_OK) == 0)
            return usual_places[i];
    return NULL;
}

int settings_change(const struct config **c, const char *key, const char *value, struct error *e)
{
    const struct config *changed = NULL;
    int status = config_with(&changed, *c, key, value, e);
    if (status != LMOD_OK)
        return status;
    config_free(*c);
    *c = changed;
    return LMOD_OK;
}

/* An uninstalled build has its worker elsewhere. */
static int use_named_worker(const struct config **c, struct error *e)
{
    const char *worker = getenv("LIBMOD_WORKER");
    if (!worker || !worker[0])
        return LMOD_OK;
    int status = settings_change(c, "media.worker", worker, e);
    if (status != LMOD_OK) {
        config_free(*c);
        *c = NULL;
    }
    return status;
}

int settings_load(const struct config **out, const struct args *a, struct error *e)
{
    const char *path = settings_path(a);
    *out = NULL;
    if (!path)
        return error_set(e, LMOD_E_CONFIG,
                         "no config: neither ./libmod.yaml nor /etc/libmod/libmod.yaml is there; "
                         "make one with `modctl init` or name it with -c FILE");
    int status = config_load(out, path, e);
    if (status == LMOD_E_IO) /* a config that cannot be read is as useless as an invalid one */
        e->status = status = LMOD_E_CONFIG;
    return status == LMOD_OK ? use_named_worker(out, e) : status;
}

int settings_need(const struct config **out, const struct args *a)
{
    struct error e;
    return settings_load(out, a, &e) == LMOD_OK ? EXIT_CLEAN : say_error(&e);
}

int settings_packs(const struct config **out, const struct args *a)
{
    struct error e;
    if (settings_load(out, a, &e) != LMOD_OK)
        return say_error(&e);
    if ((*out)->pack_count)
        return EXIT_CLEAN;
    say("%s has no packs: name them here, or under \"packs\" there", plain(settings_path(a)));
    config_free(*out);
    *out = NULL;
    return EXIT_USAGE;
}

static int builtin(const struct config **out, struct error *e)
{
    /* The key is never read: nothing is opened that needs one. */
    static const char empty[] = "format: libmod/1\nsite: {key_file: site.key}\n";
    struct config_source source = {"built-in config", NULL, empty, sizeof(empty) - 1};
    *out = NULL;
    int status = config_parse(out, &source, e);
    return status == LMOD_OK ? use_named_worker(out, e) : status;
}

int settings_or_default(const struct config **out, const struct args *a, struct error *e)
{
    return a->config ? settings_load(out, a, e) : builtin(out, e);
}

int settings_found(const struct config **out, const struct args *a, bool *found)
{
    struct error e;
    *found = settings_path(a) != NULL;
    int status = *found ? settings_load(out, a, &e) : builtin(out, &e);
    return status == LMOD_OK ? EXIT_CLEAN : say_error(&e);
}

char *settings_lists(const struct config *c)
{
    return path_join(c->state_dir, "lists");
}
