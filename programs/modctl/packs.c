/* Which packs are meant, and each in turn. */
#include "packs.h"

#include "settings.h"

int packs_open(struct packs *p, const struct args *a)
{
    *p = (struct packs){(const char *const *)a->operand, a->count, NULL};
    if (a->count)
        return EXIT_CLEAN;
    int code = settings_packs(&p->config, a);
    if (code == EXIT_CLEAN) {
        p->file = p->config->packs;
        p->n = p->config->pack_count;
    }
    return code;
}

void packs_close(struct packs *p)
{
    config_free(p->config);
}

int packs_each(const struct packs *p, pack_work work, void *user)
{
    int code = EXIT_CLEAN;
    bool stop = false;
    for (size_t i = 0; i < p->n && !stop; i++)
        code = exit_worse(code, work(user, p->file[i], &stop));
    return code;
}
