/* Links in rules: which are meant, lists of them and of texts outside of the pack, and finding them in a text. */
#include <stdlib.h>
#include <string.h>

#include "rules/eval.h"

enum { HOST_BYTES = 253 };

/* ---- lists outside of the pack ---- */

size_t rules_lists(const struct rules *r)
{
    return r->outsides;
}

struct rules_list rules_list_at(const struct rules *r, size_t i)
{
    return r->outside[i];
}

/* The path of a list file, which is relative to the pack; NULL: out of memory. */
static const char *file_beside(const struct load *l, const char *name)
{
    char *directory = path_directory(l->pack->file);
    char *path = directory ? path_join(directory, name) : NULL;
    const char *kept = path ? keep_text(l->r, path, strlen(path)) : NULL;
    free(path);
    free(directory);
    return kept;
}

int read_outside(struct load *l, const struct yaml_node *map, struct word_list *list)
{
    const struct yaml_node *file = yaml_get(map, "file"), *config = yaml_get(map, "config"), *other;
    struct rules *r = l->r;
    struct rules_list out = {.pack = l->pack->id,
                             .id = list->id,
                             .pack_file = l->pack->file,
                             .line = (file ? file : config)->line,
                             .column = (file ? file : config)->column};
    if (file && config)
        return bad(l, config, "a list is a \"file\" or a list of the \"config\", not both");
    if ((other = yaml_get(map, "words")))
        return bad(l, other, "a list has \"words\", or is a \"file\" or a list of the \"config\"");
    if ((other = yaml_get(map, "view")) || (other = yaml_get(map, "bound")))
        return bad(l, other, "only lists of words have a view and a bound");
    int status =
        file ? read_text(l, file, "file", &out.file) : read_id(l, config, "list id", &out.config);
    if (status == LMOD_OK && file && !(out.file = file_beside(l, out.file)))
        return error_memory(l->e);
    if (status != LMOD_OK)
        return status;
    if (!array_grow((void **)&r->outside, &r->outside_cap, r->outsides + 1, sizeof(*r->outside)))
        return error_memory(l->e);
    list->outside = (uint32_t)r->outsides;
    r->outside[r->outsides++] = out;
    return LMOD_OK;
}

/* ---- {link: …} ---- */

typedef int (*each_text)(struct load *l, const struct yaml_node *n, void *user);

/* One text, or a list of them that is not empty. */
static int
read_each(struct load *l, const struct yaml_node *n, const char *what, each_text each, void *user)
{
    int status = LMOD_OK;
    if (n->kind == YAML_TEXT)
        return each(l, n, user);
    if (n->kind != YAML_LIST || !n->item)
        return bad(l, n, "\"%s\" must be a text or a list of texts", what);
    for (const struct yaml_node *i = n->item; i && status == LMOD_OK; i = i->next)
        status = each(l, i, user);
    return status;
}

static int read_family(struct load *l, const struct yaml_node *n, void *user)
{
    struct link_def *def = user;
    uint32_t family = 0;
    int status = read_choice(l, n, "family", link_family_terms, &family);
    if (status == LMOD_OK)
        def->families |= 1u << family;
    return status;
}

/* Letters, digits, dashes and dots between them, in any script. */
static bool is_host(const struct buffer *b)
{
    bool dot = false;
    for (size_t i = 0; i < b->size; i++) {
        unsigned char c = (unsigned char)b->data[i];
        bool edge = i == 0 || i + 1 == b->size || b->data[i + 1] == '.';
        if (c == '.' && edge)
            return false;
        dot |= c == '.';
        if (c < 0x80 && c != '.' && c != '-' && c != '_' && !(c >= 'a' && c <= 'z') &&
            !(c >= '0' && c <= '9'))
            return false;
    }
    return dot && b->size <= HOST_BYTES;
}

static int read_host(struct load *l, const struct yaml_node *n, void *user)
{
    struct link_def *def = user;
    struct buffer host = BUFFER_INIT;
    char shown[YAML_SHOWN];
    int status = n->kind == YAML_TEXT ? text_fold(&host, n->text, n->length, VIEW_FOLD) : LMOD_OK;
    if (status == LMOD_OK && n->kind == YAML_TEXT && !host.failed && is_host(&host)) {
        struct piece *p = &def->host[def->hosts++];
        p->size = (uint32_t)host.size;
        p->bytes = keep_text(l->r, host.data, host.size);
        status = p->bytes ? LMOD_OK : LMOD_E_MEMORY;
    } else if (status == LMOD_OK && !host.failed) {
        status = bad(l, n, "\"%s\" is no host: one such as example.org, without scheme and path",
                     n->kind == YAML_TEXT ? yaml_show(n, shown) : "a list or map");
    }
    if (host.failed)
        status = LMOD_E_MEMORY;
    buffer_finish(&host);
    return status == LMOD_E_MEMORY ? error_memory(l->e) : status;
}

static int read_link_list(struct load *l, const struct yaml_node *n, struct link_def *def)
{
    struct word_list *list = NULL;
    int status = find_list(l, n, &list);
    if (status != LMOD_OK)
        return status;
    if (list->outside == OUTSIDE_NONE)
        return bad(l, n, "list \"%s\" has words: links are in lists with \"file\" or \"config\"",
                   list->id);
    list->used = true;
    def->list = list->outside;
    return LMOD_OK;
}

int read_link(struct load *l, const struct yaml_node *n, struct term_set *set)
{
    static const char *const known[] = {"family", "host", "list"};
    const struct yaml_node *family, *host, *list;
    struct link_def def = {.list = OUTSIDE_NONE};
    int status = read_keys(l, n, "link", known, COUNT_OF(known));
    if (status == LMOD_OK && (family = yaml_get(n, "family")))
        status = read_each(l, family, "family", read_family, &def);
    if (status == LMOD_OK && (host = yaml_get(n, "host"))) {
        def.host = keep(l->r, host->count + 1, sizeof(*def.host));
        status = def.host ? read_each(l, host, "host", read_host, &def) : error_memory(l->e);
    }
    if (status == LMOD_OK && (list = yaml_get(n, "list")))
        status = read_link_list(l, list, &def);
    return status == LMOD_OK ? term_link(l, &def, set) : status;
}

/* ---- tests: what stands in for a list ---- */

struct giving {
    struct rule *rule;
    uint32_t list;
};

static int give(
    struct load *l, const struct giving *g, const char *key, size_t size, const struct sketch *text)
{
    struct given *given = keep(l->r, 1, sizeof(*given));
    const char *bytes = keep_text(l->r, key ? key : "", size);
    if (!given || !bytes)
        return LMOD_E_MEMORY;
    *given = (struct given){g->rule->given, g->list, {bytes, (uint32_t)size}, text};
    g->rule->given = given;
    return LMOD_OK;
}

static int read_given_link(struct load *l, const struct yaml_node *n, const struct giving *g)
{
    struct buffer key = BUFFER_INIT;
    uint8_t family;
    int status = link_key(&key, &family, n->text, n->length);
    if (status == LMOD_OK)
        status = give(l, g, key.data, key.size, NULL);
    buffer_finish(&key);
    return status;
}

static int read_given_text(struct load *l, const struct yaml_node *n, const struct giving *g)
{
    struct sketch *s = keep(l->r, 1, sizeof(*s));
    int status = s ? text_listed(s, n->text, n->length) : LMOD_E_MEMORY;
    return status == LMOD_OK ? give(l, g, NULL, 0, s) : status;
}

/* A link, or a text; {text: …}: a text also when it is a link. */
static int read_given_value(struct load *l, const struct yaml_node *n, const struct giving *g)
{
    static const char *const known[] = {"text"};
    char shown[YAML_SHOWN];
    const struct yaml_node *text = n;
    int status = LMOD_E_ARGUMENT;
    if (n->kind == YAML_MAP) {
        if ((status = read_keys(l, n, "a value", known, COUNT_OF(known))) != LMOD_OK)
            return status;
        status = LMOD_E_ARGUMENT;
        text = yaml_get(n, "text");
    } else if (n->kind == YAML_TEXT) {
        status = read_given_link(l, n, g);
    }
    if (status == LMOD_E_ARGUMENT && text && text->kind == YAML_TEXT)
        status = read_given_text(l, text, g);
    if (status == LMOD_E_ARGUMENT)
        return bad(l, n, "\"%s\" is neither one link nor a text that is long enough to compare",
                   text && text->kind == YAML_TEXT ? yaml_show(text, shown) : "a list or map");
    return status == LMOD_E_MEMORY ? error_memory(l->e) : status;
}

int read_given(struct load *l, const struct yaml_node *map)
{
    int status = LMOD_OK;
    if (map->kind != YAML_MAP || !map->item)
        return bad(l, map, "\"given\" must be a map: LIST: [values]");
    for (const struct yaml_node *k = map->item; k && status == LMOD_OK; k = k->next) {
        struct word_list *list = NULL;
        status = find_list(l, k, &list);
        if (status != LMOD_OK)
            return status;
        if (list->outside == OUTSIDE_NONE)
            return bad(l, k,
                       "\"given\" stands in for lists with \"file\" or \"config\"; \"%s\" "
                       "has words of its own",
                       list->id);
        const struct giving g = {l->rule, list->outside};
        if (k->value->kind != YAML_LIST || !k->value->item)
            status = read_given_value(l, k->value, &g);
        for (const struct yaml_node *i = k->value->kind == YAML_LIST ? k->value->item : NULL;
             i && status == LMOD_OK; i = i->next)
            status = read_given_value(l, i, &g);
    }
    return status;
}

bool given_has(const struct rule *rule, uint32_t list, const struct text_link *link)
{
    for (const struct given *g = rule->given; g; g = g->next)
        if (g->list == list && !g->text &&
            link_covers(g->key.bytes, g->key.size, link->key, link->key_size))
            return true;
    return false;
}

bool given_like(const struct rule *rule, uint32_t list, const struct sketch *text)
{
    unsigned distance;
    for (const struct given *g = rule->given; g; g = g->next)
        if (g->list == list && g->text && sketch_near(g->text, text, &distance))
            return true;
    return false;
}

/* ---- searching ---- */

static bool on_host(const struct link_def *def, const struct text_link *link)
{
    for (uint32_t i = 0; i < def->hosts; i++) {
        const struct piece *h = &def->host[i];
        const char *end = link->host + link->host_size - h->size;
        if (link->host_size >= h->size && memcmp(end, h->bytes, h->size) == 0 &&
            (link->host_size == h->size || end[-1] == '.'))
            return true;
    }
    return def->hosts == 0;
}

static bool meant(const struct rules_scratch *s, const struct link_def *def, uint32_t i)
{
    const struct text_link *link = &s->links.links[i];
    const struct rules_outside *o = s->outside;
    if (def->whole)
        return false;
    if (def->families && !(def->families & 1u << link->family))
        return false;
    if (!on_host(def, link))
        return false;
    return def->list == OUTSIDE_NONE || (o && o->listed && o->listed(o->user, def->list, i));
}

/* The first link with the same key: what `distinct` counts. */
static void number_links(struct rules_scratch *s)
{
    const struct text_link *v = s->links.links;
    for (uint32_t i = 0; i < s->links.size; i++) {
        uint32_t k = 0;
        while (v[k].key_size != v[i].key_size || memcmp(v[k].key, v[i].key, v[i].key_size) != 0)
            k++;
        s->link_entry[i] = k;
    }
}

int search_links(struct rules_scratch *s, struct text *t)
{
    const struct rules *r = s->r;
    const struct rules_outside *o = s->outside;
    s->links = (struct text_links){NULL, 0, 0};
    int status = r->link_terms ? text_links(t, 0, &s->links) : LMOD_OK;
    if (status != LMOD_OK)
        return status;
    number_links(s);
    for (uint32_t i = 0; i < s->links.size; i++) {
        if (o && o->allowed && o->allowed(o->user, i))
            continue;
        for (uint32_t k = 0; k < r->link_terms; k++)
            if (meant(s, r->term[r->link_term[k]].link, i))
                found_link(s, r->link_term[k], i);
    }
    for (uint32_t k = 0; k < r->link_terms; k++) {
        const struct link_def *def = r->term[r->link_term[k]].link;
        if (!def->whole && s->links.more)
            cut_links(s, r->link_term[k]);
        else if (def->whole && o && o->like && o->like(o->user, def->list))
            found_link(s, r->link_term[k], HIT_WHOLE);
    }
    return s->failed ? LMOD_E_MEMORY : LMOD_OK;
}

struct text_span
hit_span(const struct rules_scratch *s, const struct term_def *t, const struct hit *h)
{
    const struct text_view *raw = s->view[VIEW_RAW];
    if (t->link && h->from == HIT_WHOLE)
        return (struct text_span){0, raw->map[raw->size]};
    if (t->link)
        return (struct text_span){s->links.links[h->from].from, s->links.links[h->from].to};
    const struct text_view *v = s->view[t->view];
    return (struct text_span){raw_from(v, h->from), raw_to(v, h->to)};
}

uint32_t hit_entry(const struct rules_scratch *s, const struct term_def *t, const struct hit *h)
{
    if (t->link && h->from == HIT_WHOLE)
        return s->r->entries + HIT_WHOLE;
    return t->link ? s->r->entries + s->link_entry[h->from] : t->entry;
}

uint8_t hit_view(const struct term_def *t)
{
    return t->link && t->link->whole ? (uint8_t)VIEW_FOLD : t->view;
}
