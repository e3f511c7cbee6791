/* Packs from files or memory to rules. */
#include <stdlib.h>
#include <string.h>

#include "rules/pack.h"

static int read_format(const struct load *l, const struct yaml_node *root)
{
    char shown[YAML_SHOWN];
    const struct yaml_node *n = yaml_get(root, "format");
    if (!n)
        return bad(l, root, "a rule pack begins with \"format: " RULES_FORMAT "\"");
    if (n->kind == YAML_TEXT && text_is(n->text, n->length, RULES_FORMAT))
        return LMOD_OK;
    return bad(l, n, "\"format\" must be " RULES_FORMAT ", not \"%s\"",
               n->kind == YAML_TEXT ? yaml_show(n, shown) : "a list or map");
}

static int read_pack(struct load *l, const struct yaml_node *root)
{
    static const char *const known[] = {"id", "version", "maintainer"};
    const struct yaml_node *map = yaml_get(root, "pack"), *n;
    struct pack *p = l->pack;
    if (!map)
        return bad(l, root, "a rule pack needs \"pack: {id: ID, version: VERSION}\"");
    int status = read_keys(l, map, "pack", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    if (!yaml_get(map, "id") || !yaml_get(map, "version"))
        return bad(l, map, "\"pack\" needs \"%s\"", yaml_get(map, "id") ? "version" : "id");
    status = read_id(l, yaml_get(map, "id"), "pack id", &p->id);
    for (size_t i = 0; status == LMOD_OK && i + 1 < l->r->packs; i++)
        if (strcmp(l->r->pack[i].id, p->id) == 0)
            return bad(l, yaml_get(map, "id"), "pack \"%s\" is loaded already from %s", p->id,
                       l->r->pack[i].file);
    if (status == LMOD_OK)
        status = read_text(l, yaml_get(map, "version"), "version", &p->version);
    if (status == LMOD_OK && (n = yaml_get(map, "maintainer")))
        status = read_text(l, n, "maintainer", &p->maintainer);
    return status;
}

/* Rules of one pack have different ids. */
struct rule_key {
    const struct rules *r;
    const char *id;
};

static bool same_rule(const void *user, uint32_t number)
{
    const struct rule_key *k = user;
    return strcmp(k->r->rule[number].id, k->id) == 0;
}

static int read_rules(struct load *l, const struct yaml_node *list)
{
    struct table ids = {0};
    int status = LMOD_OK;
    if (list->kind != YAML_LIST || !list->item)
        return bad(l, list, "\"rules\" must be a list of rules");
    for (const struct yaml_node *n = list->item; n && status == LMOD_OK; n = n->next) {
        status = read_rule(l, n);
        if (status != LMOD_OK)
            break;
        struct rule *rule = &l->r->rule[l->r->rules - 1];
        struct rule_key key = {l->r, rule->id};
        struct slot_key *k =
            table_find(&ids, hash_bytes(0, rule->id, strlen(rule->id)), same_rule, &key);
        if (!k)
            status = error_memory(l->e);
        else if (k->number)
            status = bad(l, yaml_get(n, "id"), "rule \"%s\" is there already, on line %u", rule->id,
                         l->r->rule[k->number - 1].place.line);
        else {
            k->number = (uint32_t)l->r->rules; /* one more than its index */
            ids.used++;
        }
        l->pack->rules++;
    }
    free(ids.slot);
    l->rule = NULL;
    return status;
}

static int unused_lists(const struct load *l)
{
    int status = LMOD_OK;
    for (uint32_t i = 0; i < l->pack->lists && status == LMOD_OK; i++)
        if (!l->pack->list[i].used)
            status =
                warn(l, l->pack->list[i].place, "no rule uses list \"%s\"", l->pack->list[i].id);
    return status;
}

static int read_defaults(struct load *l, const struct yaml_node *map)
{
    static const char *const known[] = {"view", "bound", "mode", "on_limit"};
    struct pack *p = l->pack;
    int status = read_keys(l, map, "defaults", known, COUNT_OF(known));
    if (status != LMOD_OK)
        return status;
    return read_manners(l, map, &p->views, &p->bound, &p->mode, &p->on_limit);
}

static int read_root(struct load *l)
{
    static const char *const known[] = {"format", "pack", "defaults", "lists", "rules"};
    const struct yaml_node *root = yaml_root(l->pack->yaml), *n;
    int status = root->kind == YAML_MAP ? read_format(l, root) : LMOD_OK;
    if (status == LMOD_OK)
        status = read_keys(l, root, "the pack", known, COUNT_OF(known));
    if (status == LMOD_OK)
        status = read_pack(l, root);
    if (status == LMOD_OK && (n = yaml_get(root, "defaults")))
        status = read_defaults(l, n);
    if (status == LMOD_OK && (n = yaml_get(root, "lists")))
        status = read_lists(l, n);
    if (status == LMOD_OK && !(n = yaml_get(root, "rules")))
        return bad(l, root, "a rule pack needs \"rules\"");
    if (status == LMOD_OK)
        status = read_rules(l, n);
    return status == LMOD_OK ? unused_lists(l) : status;
}

static int add_pack(struct rules *r, const struct rules_source *s, struct error *e)
{
    struct pack *p = &r->pack[r->packs++];
    struct load l = {.r = r, .pack = p, .e = e};
    *p = (struct pack){.views = 1u << VIEW_FOLD, .bound = BOUND_AUTO, .mode = MODE_ENFORCE};
    p->first_rule = (uint32_t)r->rules;
    p->file = keep_text(r, s->name, strlen(s->name));
    if (!p->file)
        return error_memory(e);
    int status = yaml_parse(&p->yaml, s->name, s->bytes, s->size, RULES_PACK_MAX, LMOD_E_RULES, e);
    return status == LMOD_OK ? read_root(&l) : status;
}

static struct rules *rules_new(size_t packs)
{
    int number;
    size_t offset;
    struct rules *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->notes_end = &r->notes;
    r->pack = array_new(packs + 1, sizeof(*r->pack));
    r->compile = pcre2_compile_context_create(NULL);
    r->letter = pcre2_compile((PCRE2_SPTR) "^[\\p{L}\\p{M}\\p{N}]", PCRE2_ZERO_TERMINATED,
                              PCRE2_UTF, &number, &offset, NULL);
    if (r->pack && r->compile && r->letter)
        return r;
    rules_free(r);
    return NULL;
}

static int finish(struct rules **out, struct rules *r, int status, struct error *e)
{
    for (size_t p = 0; status == LMOD_OK && p < r->packs; p++)
        for (size_t i = 0; i < r->pack[p].rules; i++)
            r->rule[r->pack[p].first_rule + i].pack = &r->pack[p];
    if (status == LMOD_OK)
        status = rules_index(r, e);
    if (status != LMOD_OK) {
        rules_free(r);
        r = NULL;
    }
    *out = r;
    return status;
}

int rules_parse(struct rules **out, const struct rules_source *packs, size_t n, struct error *e)
{
    struct rules *r = rules_new(n);
    int status = LMOD_OK;
    *out = NULL;
    if (!r)
        return error_memory(e);
    for (size_t i = 0; i < n && status == LMOD_OK; i++)
        status = add_pack(r, &packs[i], e);
    return finish(out, r, status, e);
}

int rules_load(struct rules **out, const char *const *paths, size_t n, struct error *e)
{
    struct rules *r = rules_new(n);
    struct buffer file = BUFFER_INIT;
    int status = LMOD_OK;
    *out = NULL;
    if (!r)
        return error_memory(e);
    for (size_t i = 0; i < n && status == LMOD_OK; i++) {
        status = file_read(&file, paths[i], RULES_PACK_MAX, e);
        if (status == LMOD_OK)
            status = add_pack(r, &(struct rules_source){paths[i], file.data, file.size}, e);
    }
    buffer_finish(&file);
    return finish(out, r, status, e);
}

void rules_free(struct rules *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->terms; i++)
        pcre2_code_free(r->term[i].code);
    for (size_t v = 0; v < VIEWS_KNOWN; v++)
        matcher_free(r->view[v].matcher);
    for (size_t i = 0; i < r->packs; i++)
        yaml_close(r->pack[i].yaml);
    pcre2_code_free(r->letter);
    pcre2_compile_context_free(r->compile);
    free(r->pack);
    free(r->rule);
    free(r->term);
    for (size_t v = 0; v < VIEWS_KNOWN; v++)
        free(r->view[v].first);
    free(r->use);
    free(r->always);
    free(r->outside);
    free(r->link_term);
    free(r->term_table.slot);
    keep_free(r);
    free(r);
}

uint32_t rules_views(const struct rules *r)
{
    return r->views;
}

size_t rules_matcher_bytes(const struct rules *r)
{
    size_t bytes = 0;
    for (size_t v = 0; v < VIEWS_KNOWN; v++)
        bytes += matcher_bytes(r->view[v].matcher);
    return bytes;
}

size_t rules_packs(const struct rules *r)
{
    return r->packs;
}

struct rules_pack rules_pack_at(const struct rules *r, size_t i)
{
    const struct pack *p = &r->pack[i];
    return (struct rules_pack){p->id, p->version, p->maintainer, p->file, p->rules};
}
