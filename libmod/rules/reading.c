/* Words in view pinyin: their syllables, in all ways to read them, and what must stand beside a short one. */
#include <string.h>

#include "rules/pack.h"
#include "text/text.h"

/* Ways to read one word that are looked for; syllables that a word must have, to be looked for and to
 * stand alone. */
enum { WAYS_MAX = 16, WORD_MIN = 2, ALONE_MIN = 3 };

static uint32_t count_syllables(const char *bytes, size_t size)
{
    uint32_t n = 0;
    for (size_t i = 0; i < size; i++)
        n += ((unsigned char)bytes[i] & 0xc0) != 0x80;
    return n;
}

static int make_syllables(struct load *l, const struct yaml_node *n, struct term_def *t)
{
    return term_split(l, t, n->text, n->length);
}

/* One way to read the word, as a term. */
static int add_way(struct load *l,
                   const struct yaml_node *n,
                   const struct buffer *read,
                   uint8_t bound,
                   struct term_set *set,
                   uint32_t *entry)
{
    struct wanted w = {.r = l->r, .bound = bound};
    struct yaml_node as = *n;
    size_t had = l->r->terms;
    as.text = read->data;
    as.length = read->size;
    int status = term_in_views(l, &as, &w, 1u << VIEW_PINYIN, make_syllables, set, entry);
    if (status == LMOD_OK && l->r->terms > had) {
        struct term_def *t = &l->r->term[had];
        t->syllables = t->source;
        t->source = keep_text(l->r, n->text, n->length);
        if (!t->source)
            return error_memory(l->e);
    }
    return status;
}

int term_reading(struct load *l,
                 const struct yaml_node *n,
                 uint32_t views,
                 uint8_t bound,
                 struct term_set *set,
                 uint32_t *entry)
{
    int status = LMOD_OK;
    for (uint32_t way = 0; way < WAYS_MAX && status == LMOD_OK; way++) {
        struct buffer read = BUFFER_INIT;
        status = text_reading(&read, n->text, n->length, way);
        bool none = status == LMOD_E_ARGUMENT ||
                    (status == LMOD_OK && count_syllables(read.data, read.size) < WORD_MIN);
        if (!none && status == LMOD_OK)
            status = add_way(l, n, &read, bound, set, entry);
        else if (status == LMOD_E_MEMORY)
            status = error_memory(l->e);
        buffer_finish(&read);
        if (none && (way > 0 || views != 1u << VIEW_PINYIN))
            return LMOD_OK;
        if (none)
            return bad(
                l, n,
                "view pinyin is of Chinese words of two syllables and more, with Latin letters "
                "or digits in them: look for this one in view fold or squeeze");
    }
    return status;
}

/* ---- what is too short to stand alone ---- */

static bool is_short(const struct term_def *t)
{
    return t->view == VIEW_PINYIN &&
           count_syllables(t->piece[0].bytes, t->piece[0].size) < ALONE_MIN;
}

static const struct term_def *short_term(const struct rules *r, const struct term_set *set)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (is_short(&r->term[set->term[i]]))
            return &r->term[set->term[i]];
    return NULL;
}

/* The leaf that makes the condition true with one short word and nothing else; NULL: there is none. */
static const struct cond *
lone_leaf(const struct rules *r, const struct cond *c, const struct term_def **word)
{
    if (c->kind == COND_NEAR || (c->kind == COND_COUNT && c->min > 1))
        return NULL;
    if (c->kind != COND_GROUP)
        return (*word = short_term(r, c->set)) ? c : NULL;
    if (c->all)
        return c->all->next || c->has_any ? NULL : lone_leaf(r, c->all, word);
    const struct cond *found = NULL;
    for (const struct cond *a = c->any; a && !found; a = a->next)
        found = lone_leaf(r, a, word);
    return found;
}

int check_readings(const struct load *l, const struct cond *when)
{
    const struct term_def *t = NULL;
    const struct cond *c = lone_leaf(l->r, when, &t);
    if (!c)
        return LMOD_OK;
    char shown[YAML_SHOWN];
    const struct yaml_node at = {.line = c->place.line, .column = c->place.column};
    const struct yaml_node word = {.text = t->source, .length = strlen(t->source)};
    return bad(l, &at,
               "\"%s\" has fewer than %d syllables, and much else sounds like it: beside a short "
               "word in view pinyin another leaf must hold, under \"all\" or in \"near\"",
               yaml_show(&word, shown), ALONE_MIN);
}
