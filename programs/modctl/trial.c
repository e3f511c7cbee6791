/* The reading and judging behind trial.h. */
#include "trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libmod/subject.h>

#include "engine/policy.h"
#include "settings.h"

static int unreadable(const char *path)
{
    struct error e = {0};
    (void)error_io(&e, path, "cannot read", errno);
    return say_error(&e);
}

int corpus_open(struct corpus *c, const char *path)
{
    *c = (struct corpus){.path = path};
    c->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    return c->file ? EXIT_CLEAN : unreadable(path);
}

bool corpus_next(struct corpus *c, const char **text, size_t *size)
{
    ssize_t n = getline(&c->line, &c->cap, c->file);
    if (n < 0)
        return false;
    *size = (size_t)n;
    if (*size && c->line[*size - 1] == '\n')
        --*size;
    if (*size && c->line[*size - 1] == '\r')
        --*size;
    *text = c->line;
    c->number++;
    return true;
}

int corpus_close(struct corpus *c)
{
    int code = ferror(c->file) ? unreadable(c->path) : EXIT_CLEAN;
    if (c->file != stdin)
        (void)fclose(c->file);
    free(c->line);
    return code;
}

/* A list of the config, opened as the server does. */
static int
open_configured(struct trial *t, const struct rules_list *l, struct list **out, struct error *e)
{
    const struct config *c = t->config;
    size_t i = 0;
    while (i < c->list_count && strcmp(c->lists[i].id, l->config) != 0)
        i++;
    if (i == c->list_count)
        return error_at(e, LMOD_E_RULES, l->pack_file, l->line, l->column,
                        "the config has no list \"%s\"", l->config);
    char *root = settings_lists(c);
    int status = root ? list_open(out, c->lists[i].file, root, e) : error_memory(e);
    free(root);
    return status;
}

static int open_beside(const struct rules_list *l, struct list **out, struct error *e)
{
    char *root = path_directory(l->file);
    int status = root ? list_open(out, l->file, root, e) : error_memory(e);
    free(root);
    return status;
}

static int open_lists(struct trial *t, bool found, struct error *e)
{
    size_t n = rules_lists(t->rules);
    int status = LMOD_OK;
    t->list = array_new(n + 1, sizeof(*t->list));
    if (!t->list)
        return error_memory(e);
    for (size_t i = 0; i < n && status == LMOD_OK; i++) {
        const struct rules_list l = rules_list_at(t->rules, i);
        if (l.file)
            status = open_beside(&l, &t->list[i].file, e);
        else if (found)
            status = open_configured(t, &l, &t->list[i].file, e);
        else
            say("%s:%u: list \"%s\" of the config has nothing here: name the config with -c FILE",
                l.pack_file, l.line, l.config);
    }
    return status;
}

int trial_load(struct trial *t, const struct args *a, const char *const *packs, size_t n)
{
    struct error e = {0};
    bool found;
    *t = (struct trial){.text = text_new(), .hasher = hasher_new()};
    int code = settings_found(&t->config, a, &found);
    if (code != EXIT_CLEAN)
        return code;
    t->scratch = rules_scratch_new(t->config->text.match_limit);
    int status =
        t->text && t->scratch && t->hasher ? rules_load(&t->rules, packs, n, &e) : error_memory(&e);
    if (status == LMOD_OK)
        status = open_lists(t, found, &e);
    return status == LMOD_OK ? EXIT_CLEAN : say_error(&e);
}

void trial_finish(struct trial *t)
{
    for (size_t i = 0; t->list && i < rules_lists(t->rules); i++)
        list_close(t->list[i].file);
    free(t->list);
    hasher_free(t->hasher);
    rules_free(t->rules);
    rules_scratch_free(t->scratch);
    text_free(t->text);
    config_free(t->config);
}

struct weighing {
    rules_hit each;
    void *user;
    struct policy policy;
    struct matches matches;
};

static void weigh(void *user, const struct match *m)
{
    struct weighing *w = user;
    policy_match(&w->policy, m);
    if (w->each)
        w->each(w->user, m);
}

/* Is this link of the text on the list? */
static bool listed(void *user, size_t list, uint32_t link)
{
    const struct trial *t = user;
    struct text_links links;
    struct link_digests d;
    size_t n = 0;
    if (!t->list[list].file || text_links(t->text, 0, &links) != LMOD_OK ||
        !link_digests(&d, t->hasher, links.links[link].key, links.links[link].key_size))
        return false;
    for (uint32_t k = 0; k < d.n; k++)
        n += list_find(t->list[list].file, SIGNAL_LINK, d.sha256[k], NULL, 0);
    return n > 0;
}

/* Is the whole text like one on the list? */
static bool like(void *user, size_t list)
{
    const struct trial *t = user;
    struct list_hit hit;
    struct sketch s;
    bool cut;
    return t->list[list].file && text_sketch(t->text, NULL, &s) &&
           list_near_text(t->list[list].file, &s, &hit, 1, &cut) > 0;
}

bool trial_judge(struct trial *t,
                 const char *text,
                 size_t size,
                 rules_hit each,
                 void *user,
                 struct judgement *out)
{
    struct weighing w = {.each = each, .user = user};
    const struct rules_outside outside = {.listed = listed, .like = like, .user = t};
    struct rules_outcome limits = {0};
    *out = (struct judgement){ACTION_ALLOW, false};
    policy_begin(&w.policy, t->config, LMOD_SURFACE_MESSAGE, NOT_ALLOWED, &w.matches);
    if (text_run(t->text, text, size, rules_views(t->rules)) != LMOD_OK ||
        rules_eval(t->rules, t->text, NULL, &outside, t->scratch, 0, weigh, &w, &limits) != LMOD_OK)
        return false;
    policy_scores(&w.policy);
    policy_on_limit(&w.policy, limits.on_limit, limits.on_limit_enforced);
    policy_reasons(&w.policy, limits.reasons);
    *out = (struct judgement){w.policy.would, limits.reasons != 0};
    return true;
}
