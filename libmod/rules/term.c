/* Terms: words and patterns, each in one view, shared by all rules that name the same one. */
#include <stdlib.h>
#include <string.h>

#include "rules/regex.h"
#include "text/text.h"

static bool same_term(const void *user, uint32_t number)
{
    const struct wanted *w = user;
    const struct term_def *t = &w->r->term[number];
    const char *known = t->syllables ? t->syllables : t->source;
    return t->regex == w->regex && t->view == w->view && t->bound == w->bound &&
           strlen(known) == w->size && memcmp(known, w->bytes, w->size) == 0;
}

int set_add(struct load *l, struct term_set *set, uint32_t term)
{
    /* Words of a set are few or, in a long list, different: only the last ones may repeat. */
    for (uint32_t i = set->n; i > 0 && set->n - i < 64; i--)
        if (set->term[i - 1] == term)
            return LMOD_OK;
    if (set->n == set->cap) {
        uint32_t cap = set->cap ? set->cap * 2 : 4;
        uint32_t *grown = keep(l->r, cap, sizeof(*grown));
        if (!grown)
            return error_memory(l->e);
        if (set->n)
            memcpy(grown, set->term, set->n * sizeof(*grown));
        set->term = grown;
        set->cap = cap;
    }
    set->term[set->n++] = term;
    return LMOD_OK;
}

/* Finds the term or makes an empty one; `*made` says which. */
static int term_get(struct load *l, const struct wanted *w, uint32_t *number, bool *made)
{
    struct rules *r = l->r;
    uint64_t seed = (uint64_t)w->view << 16 | (uint64_t)w->bound << 8 | w->regex;
    struct slot_key *k =
        table_find(&r->term_table, hash_bytes(seed, w->bytes, w->size), same_term, w);
    *made = k && k->number == 0;
    if (!k ||
        (*made && (r->terms >= UINT32_MAX - 1 ||
                   !array_grow((void **)&r->term, &r->terms_cap, r->terms + 1, sizeof(*r->term)))))
        return error_memory(l->e);
    if (!*made) {
        *number = k->number - 1;
        return LMOD_OK;
    }
    struct term_def *t = &r->term[r->terms];
    *t = (struct term_def){.regex = w->regex, .view = w->view, .bound = w->bound};
    t->source = keep_text(r, w->bytes, w->size);
    if (!t->source)
        return error_memory(l->e);
    k->number = (uint32_t)++r->terms; /* one more than its index */
    r->term_table.used++;
    *number = k->number - 1;
    return LMOD_OK;
}

int term_split(struct load *l, struct term_def *t, const char *bytes, size_t size)
{
    uint32_t n = 0, length;
    const char *copy = keep_text(l->r, bytes, size);
    struct piece *piece = keep(l->r, size + 1, sizeof(*piece));
    if (!copy || !piece)
        return error_memory(l->e);
    for (size_t i = 0; i < size; i += length) {
        bool space = is_space(code_point(copy + i, size - i, &length));
        if (space) {
            n += piece[n].size > 0;
        } else {
            if (piece[n].size == 0)
                piece[n].bytes = copy + i;
            piece[n].size += length;
        }
    }
    t->pieces = n + (piece[n].size > 0);
    t->piece = piece;
    for (uint32_t i = 1; i < t->pieces; i++)
        if (piece[i].size > piece[t->atom].size)
            t->atom = i;
    return LMOD_OK;
}

static int make_word(struct load *l, const struct yaml_node *n, struct term_def *t)
{
    struct buffer folded = BUFFER_INIT;
    int status = text_fold(&folded, n->text, n->length, t->view);
    if (status == LMOD_OK && folded.failed)
        status = LMOD_E_MEMORY;
    if (status != LMOD_OK)
        error_set(l->e, status, "out of memory");
    else
        status = term_split(l, t, folded.data ? folded.data : "", folded.size);
    buffer_finish(&folded);
    if (status == LMOD_OK && t->pieces == 0)
        return bad(l, n, "nothing is left of this word in view %s", term_name(view_terms, t->view));
    return status;
}

/* "\b" in double quotes. */
static int backspace(struct load *l, const struct yaml_node *n)
{
    if (!memchr(n->text, '\b', n->length))
        return LMOD_OK;
    return warn(l, (struct place){n->line, n->column},
                "\"\\b\" in double quotes is a backspace character: use single quotes");
}

int term_in_views(struct load *l,
                  const struct yaml_node *n,
                  struct wanted *w,
                  uint32_t views,
                  term_make make,
                  struct term_set *set,
                  uint32_t *entry)
{
    w->bytes = n->text;
    w->size = n->length;
    int status = backspace(l, n);
    for (uint8_t v = 0; v < VIEWS_KNOWN && status == LMOD_OK; v++) {
        uint32_t number = 0;
        bool made = false;
        if (!(views & 1u << v))
            continue;
        w->view = v;
        status = term_get(l, w, &number, &made);
        if (status == LMOD_OK && made) {
            status = make(l, n, &l->r->term[number]);
            l->r->term[number].entry = *entry == UINT32_MAX ? l->r->entries++ : *entry;
        }
        if (status == LMOD_OK) {
            *entry = l->r->term[number].entry;
            status = set_add(l, set, number);
        }
    }
    return status;
}

/* ---- the same letter twice in a word of the squeeze view ---- */

/* Where a letter stands again: [first, second) is it and what separates it from the next one. */
struct twice {
    uint32_t first, second;
};
enum { TWICE_MAX = 4 };

static bool is_ascii_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

static uint32_t find_twice(const struct buffer *word, struct twice *out)
{
    uint32_t n = 0, before = UINT32_MAX;
    for (uint32_t i = 0; i < word->size && n < TWICE_MAX; i++) {
        char c = word->data[i], b = word->data[before == UINT32_MAX ? i : before];
        if (is_ascii_letter(c)) {
            if (before != UINT32_MAX &&
                (b == c || (b == 'l' && c == 'i') || (b == 'i' && c == 'l')))
                out[n++] = (struct twice){before, i};
            before = i;
        } else if (c != ' ') {
            before = UINT32_MAX;
        }
    }
    return n;
}

/* The word with the letters of `which` parted where they stand together, and one where they do not. */
static void retold(struct buffer *to,
                   const struct buffer *word,
                   const struct twice *at,
                   uint32_t n,
                   uint32_t which)
{
    uint32_t done = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (!(which & 1u << k))
            continue;
        bool together = at[k].second == at[k].first + 1;
        uint32_t end = together ? at[k].second : at[k].first;
        buffer_append(to, word->data + done, end - done);
        if (together)
            buffer_append(to, " ", 1);
        done = at[k].second;
    }
    buffer_append(to, word->data + done, word->size - done);
}

/* "hid den" keeps both letters, "l o c k e r r o o m" one: the view cannot know, so the word is looked
 * for as it is told either way. */
static int retell(struct load *l,
                  const struct yaml_node *n,
                  struct wanted *w,
                  struct term_set *set,
                  uint32_t *entry)
{
    struct buffer word = BUFFER_INIT;
    struct twice at[TWICE_MAX];
    int status = text_fold(&word, n->text, n->length, VIEW_FOLD);
    uint32_t count = status == LMOD_OK && !word.failed ? find_twice(&word, at) : 0;
    for (uint32_t which = 1; which < 1u << count && status == LMOD_OK; which++) {
        struct buffer other = BUFFER_INIT;
        struct yaml_node as = *n;
        retold(&other, &word, at, count, which);
        as.text = other.data;
        as.length = other.size;
        if (!other.failed)
            status = term_in_views(l, &as, w, 1u << VIEW_SQUEEZE, make_word, set, entry);
        else
            status = LMOD_E_MEMORY;
        buffer_finish(&other);
    }
    if (word.failed)
        status = LMOD_E_MEMORY;
    buffer_finish(&word);
    return status == LMOD_E_MEMORY ? error_memory(l->e) : status;
}

int term_word(
    struct load *l, const struct yaml_node *n, uint32_t views, uint8_t bound, struct term_set *set)
{
    struct wanted w = {.r = l->r, .bound = bound};
    uint32_t entry = UINT32_MAX;
    if (n->kind != YAML_TEXT || n->length == 0)
        return bad(l, n, "a word must be a text that is not empty");
    int status = term_in_views(l, n, &w, views & ~(1u << VIEW_PINYIN), make_word, set, &entry);
    if (status == LMOD_OK && views & 1u << VIEW_SQUEEZE)
        status = retell(l, n, &w, set, &entry);
    if (status == LMOD_OK && views & 1u << VIEW_PINYIN)
        status = term_reading(l, n, views, bound, set, &entry);
    return status;
}

int term_link(struct load *l, const struct link_def *def, struct term_set *set)
{
    struct buffer source = BUFFER_INIT;
    uint32_t number = 0;
    bool made = false;
    buffer_printf(&source, "%x %x%s", def->families, def->list, def->whole ? " whole" : "");
    for (uint32_t i = 0; i < def->hosts; i++)
        buffer_printf(&source, " %s", def->host[i].bytes);
    struct wanted w = {.r = l->r, .bytes = source.data, .size = source.size, .view = VIEW_LINK};
    int status = source.failed ? error_memory(l->e) : term_get(l, &w, &number, &made);
    buffer_finish(&source);
    if (status == LMOD_OK && made) {
        struct link_def *copy = keep(l->r, 1, sizeof(*copy));
        if (!copy)
            return error_memory(l->e);
        *copy = *def;
        l->r->term[number].link = copy;
    }
    return status == LMOD_OK ? set_add(l, set, number) : status;
}

/* Characters of the file that stand for one byte position of a scalar written on one line. */
static uint32_t source_columns(const struct load *l, const struct yaml_node *n, size_t offset)
{
    size_t size, at = 0;
    const char *text = yaml_text(l->pack->yaml, &size);
    for (uint32_t line = 1; line < n->line && at < size; at++)
        line += text[at] == '\n';
    for (uint32_t column = 1; column < n->column && at < size; column++)
        for (at++; at < size && ((unsigned char)text[at] & 0xC0) == 0x80;)
            at++;
    char quote = '\0';
    if (at < size)
        quote = text[at];
    uint32_t columns = 0;
    if (quote == '|' || quote == '>' || memchr(n->text, '\n', n->length))
        return 0;
    if (n->quoted) {
        at++;
        columns++;
    }
    for (size_t i = 0; i < offset && at < size && text[at] != '\n';) {
        size_t step = 1;
        if (n->quoted && quote == '\'' && text[at] == '\'')
            step = 2;
        else if (n->quoted && quote == '"' && text[at] == '\\' && at + 1 < size)
            step = text[at + 1] == 'x' ? 4 : text[at + 1] == 'u' ? 6 : text[at + 1] == 'U' ? 10 : 2;
        columns += (uint32_t)step;
        at += step;
        while (step == 1 && at < size && ((unsigned char)text[at] & 0xC0) == 0x80)
            at++;
        for (i++; i < n->length && ((unsigned char)n->text[i] & 0xC0) == 0x80;)
            i++;
    }
    return columns;
}

/* A message about one byte of a pattern. */
static int
bad_regex(const struct load *l, const struct yaml_node *n, size_t offset, const char *text)
{
    struct yaml_node at = *n;
    at.column += source_columns(l, n, offset);
    return bad(l, &at, "%s", text);
}

static uint32_t mapped(const struct buffer *map, size_t at)
{
    uint32_t from = 0;
    if ((at + 1) * sizeof(from) > map->size)
        at = map->size / sizeof(from) - 1;
    memcpy(&from, map->data + at * sizeof(from), sizeof(from));
    return from;
}

static int compile(struct load *l,
                   const struct yaml_node *n,
                   struct term_def *t,
                   const struct buffer *pattern,
                   const struct buffer *map)
{
    char text[200], message[256] = "regex: ";
    int number;
    size_t offset;
    uint32_t options =
        PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_USE_OFFSET_LIMIT | PCRE2_NEVER_BACKSLASH_C;
    t->code = pcre2_compile((PCRE2_SPTR)pattern->data, pattern->size, options, &number, &offset,
                            l->r->compile);
    if (t->code) {
        (void)pcre2_jit_compile(t->code, PCRE2_JIT_COMPLETE); /* refused: the interpreter serves */
        return LMOD_OK;
    }
    if (number == PCRE2_ERROR_NOMEMORY || number == 121) /* 121: at compile time */
        return error_memory(l->e);
    (void)pcre2_get_error_message(number, (PCRE2_UCHAR *)text, sizeof(text));
    memcpy(message + strlen(message), text, strlen(text) + 1);
    return bad_regex(l, n, mapped(map, offset), message);
}

static int keep_facts(struct load *l, struct term_def *t, const struct regex_facts *f)
{
    t->atoms = keep(l->r, f->atoms + 1, sizeof(*t->atoms));
    if (!t->atoms)
        return error_memory(l->e);
    for (uint32_t i = 0; i < f->atoms; i++) {
        t->atoms[i].size = f->atom[i].size;
        t->atoms[i].bytes = keep_text(l->r, f->pool.data + f->atom[i].from, f->atom[i].size);
        if (!t->atoms[i].bytes)
            return error_memory(l->e);
    }
    /* Atoms are looked for in the fold view: not where the text is squeezed or turned. */
    t->atom_count = t->view == VIEW_SQUEEZE || t->view == VIEW_REVERSE ? 0 : f->atoms;
    t->has_atoms = t->atom_count > 0;
    t->before = f->before;
    return LMOD_OK;
}

static int make_regex(struct load *l, const struct yaml_node *n, struct term_def *t)
{
    struct buffer pattern = BUFFER_INIT, map = BUFFER_INIT;
    struct regex_facts facts = {.pool = BUFFER_INIT};
    if (t->view == VIEW_RAW || t->view == VIEW_SQUEEZE) {
        buffer_append(&pattern, n->text, n->length);
        for (uint32_t i = 0; i <= n->length; i++)
            buffer_append(&map, &i, sizeof(i));
    } else {
        regex_fold(&pattern, &map, n->text, n->length);
    }
    int status =
        pattern.failed || map.failed ? error_memory(l->e) : compile(l, n, t, &pattern, &map);
    if (status == LMOD_OK && regex_facts_read(&facts, pattern.data, pattern.size) != LMOD_OK)
        status = error_memory(l->e);
    if (status == LMOD_OK && facts.fault)
        status = bad_regex(l, n, mapped(&map, facts.fault_at), facts.fault);
    if (status == LMOD_OK)
        status = keep_facts(l, t, &facts);
    regex_facts_finish(&facts);
    buffer_finish(&pattern);
    buffer_finish(&map);
    return status;
}

int term_regex(struct load *l, const struct yaml_node *n, uint32_t views, struct term_set *set)
{
    struct wanted w = {.r = l->r, .regex = true};
    uint32_t entry = UINT32_MAX;
    if (n->kind != YAML_TEXT || n->length == 0)
        return bad(l, n, "\"re\" must be a pattern, a text that is not empty");
    if (views & 1u << VIEW_PINYIN)
        return bad(l, n,
                   "a pattern cannot look at view pinyin, which has syllables instead of letters: "
                   "give it a \"view\" of its own");
    if (n->length > UINT16_MAX)
        return bad(l, n, "a pattern has at most %d bytes: use a list of words", UINT16_MAX);
    return term_in_views(l, n, &w, views, make_regex, set, &entry);
}
