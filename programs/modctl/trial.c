/* The reading and judging behind trial.h. */
#include "trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FLAG_FROM = 5, HOLD_FROM = 10, HARMS_MAX = 16 };

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

static int open_lists(struct trial *t, struct error *e)
{
    size_t n = rules_lists(t->rules);
    int status = LMOD_OK;
    t->list = array_new(n + 1, sizeof(*t->list));
    if (!t->list)
        return error_memory(e);
    for (size_t i = 0; i < n && status == LMOD_OK; i++) {
        const struct rules_list l = rules_list_at(t->rules, i);
        char *root = l.file ? path_directory(l.file) : NULL;
        if (!l.file)
            say("%s:%u: list \"%s\" of the config has nothing here", l.pack_file, l.line, l.config);
        else
            status = root ? list_open(&t->list[i].file, l.file, root, e) : error_memory(e);
        free(root);
    }
    return status;
}

int trial_load(struct trial *t, const char *const *packs, size_t n)
{
    struct error e = {0};
    *t =
        (struct trial){.text = text_new(), .scratch = rules_scratch_new(0), .hasher = hasher_new()};
    int status =
        t->text && t->scratch && t->hasher ? rules_load(&t->rules, packs, n, &e) : error_memory(&e);
    if (status == LMOD_OK)
        status = open_lists(t, &e);
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
}

struct weighing {
    rules_hit each;
    void *user;
    struct judgement *out;
    struct {
        const char *harm;
        float sum;
    } score[HARMS_MAX];
    size_t scores;
};

static void lift(struct judgement *j, uint8_t action)
{
    if (action > j->action)
        j->action = action;
}

static void weigh(void *user, const struct match *m)
{
    struct weighing *w = user;
    lift(w->out, m->own_action);
    size_t i = 0;
    while (i < w->scores && strcmp(w->score[i].harm, m->harm) != 0)
        i++;
    if (m->score > 0 && i < HARMS_MAX) {
        if (i == w->scores)
            w->score[w->scores++].harm = m->harm;
        w->score[i].sum += m->score;
        if (w->score[i].sum >= HOLD_FROM)
            lift(w->out, ACTION_HOLD);
        else if (w->score[i].sum >= FLAG_FROM)
            lift(w->out, ACTION_FLAG);
    }
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

bool trial_judge(struct trial *t,
                 const char *text,
                 size_t size,
                 rules_hit each,
                 void *user,
                 struct judgement *out)
{
    struct weighing w = {.each = each, .user = user, .out = out};
    const struct rules_outside outside = {.listed = listed, .user = t};
    struct rules_outcome limits = {0};
    *out = (struct judgement){ACTION_ALLOW, false};
    if (text_run(t->text, text, size, rules_views(t->rules)) != LMOD_OK ||
        rules_eval(t->rules, t->text, NULL, &outside, t->scratch, 0, weigh, &w, &limits) != LMOD_OK)
        return false;
    out->partial = limits.reasons != 0;
    lift(out, limits.on_limit);
    return true;
}
