/*
 * The features by which texts are compared: words where a script has spaces, characters and pairs of neighbours
 * where it has none. Punctuation, spaces and signs do not count, nor does the order beyond pairs; digits that
 * stand for letters, letters that are repeated and words with something between their letters are read as in
 * the squeeze view. Whatever changes here needs another TEXT_VERSION.
 */
#include <string.h>

#include "text/views.h"

enum { TAG_WORD = 1, TAG_WEIGHT = 2, TAG_CHARACTER = 3, TAG_PAIR = 4 };
enum { SMALL = 4 }; /* bytes of a word that are kept to know it by */

static const uint64_t word_seed = UINT64_C(0xcbf29ce484222325), word_step = UINT64_C(0x100000001b3);

/* A word while it is read: by FNV-1a of its characters, as letters and as they stand. */
struct word {
    uint64_t letters, plain;
    uint32_t size, last; /* characters; the last one, as a letter */
    bool lettered;       /* it has more than digits */
    char small[SMALL];
};

struct sketching {
    text_feature each;
    void *user;
    struct word word, lone; /* lone: single letters with something between them */
    uint32_t before;        /* the character of a script without spaces before this one; 0: none */
};

static void add(struct sketching *r, unsigned tag, uint64_t what)
{
    r->each(r->user, (uint64_t)tag << 56 | (what & (UINT64_MAX >> 8)));
}

/* ---- words ---- */

static struct word word_new(void)
{
    return (struct word){.letters = word_seed, .plain = word_seed};
}

/* The letter that `c` stands for in a word. */
static uint32_t letter_of(uint32_t c)
{
    static const char digits[] = "oizeasgtbg";
    if (c >= '0' && c <= '9')
        return (uint32_t)(unsigned char)digits[c - '0'];
    return c == '@' ? 'a' : c == '$' ? 's' : c == 'l' ? 'i' : c;
}

static void word_add(struct word *w, uint32_t c)
{
    uint32_t letter = letter_of(c);
    w->plain = (w->plain ^ c) * word_step;
    if (w->size < SMALL)
        w->small[w->size] = (char)(c < 0x80 ? c : 0);
    w->lettered |= c > '9';
    if (letter != w->last)
        w->letters = (w->letters ^ letter) * word_step;
    w->last = letter;
    w->size++;
}

/* The words that half of all English texts have say least: they count once, others twice. */
static bool is_filler(const struct word *w)
{
    static const char fillers[][SMALL] = {"the", "to", "and", "a",  "of",
                                          "you", "i",  "in",  "is", "it"};
    for (size_t i = 0; w->size < SMALL && i < COUNT_OF(fillers); i++)
        if (strlen(fillers[i]) == w->size && memcmp(fillers[i], w->small, w->size) == 0)
            return true;
    return false;
}

static void word_tell(struct sketching *r, struct word *w)
{
    uint64_t hash = w->lettered ? w->letters : w->plain;
    if (!w->size)
        return;
    add(r, TAG_WORD, hash);
    if (!is_filler(w))
        add(r, TAG_WEIGHT, hash);
    *w = word_new();
}

/* The word that ends here; "f r e e" is one. */
static void word_end(struct sketching *r)
{
    struct word *w = &r->word;
    if (w->size == 1 && w->lettered) {
        word_add(&r->lone, w->small[0] ? (unsigned char)w->small[0] : w->last);
        *w = word_new();
    } else if (w->size) {
        word_tell(r, &r->lone);
        word_tell(r, w);
    }
}

/* ---- scripts without spaces ---- */

static bool is_joined(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {
        {0x0e01, 0x0eff},   {0x0f40, 0x0fbc},   {0x1000, 0x109f}, {0x1100, 0x11ff},
        {0x1780, 0x17d3},   {0x2e80, 0xa4cf},   {0xac00, 0xd7ff}, {0xf900, 0xfaff},
        {0x1b000, 0x1b16f}, {0x20000, 0x3ffff},
    };
    for (size_t i = 0; c >= 0x0e01 && i < COUNT_OF(ranges); i++)
        if (c <= ranges[i].to)
            return c >= ranges[i].from;
    return false;
}

static void joined(struct sketching *r, uint32_t c)
{
    word_end(r);
    word_tell(r, &r->lone);
    add(r, TAG_CHARACTER, c);
    if (r->before)
        add(r, TAG_PAIR, (uint64_t)r->before << 21 | c);
    r->before = c;
}

/* ---- the text ---- */

static bool is_ascii_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* What an ASCII character is to the word around it: 0: it ends it, 1: nothing, 2: part of it. */
static int part_of(const uint8_t *s, size_t at, size_t size)
{
    uint8_t before = at ? s[at - 1] : 0, after = at + 1 < size ? s[at + 1] : 0;
    bool inside = is_ascii_word(before) && is_ascii_word(after);
    if (is_ascii_word(s[at]) || (s[at] == '@' && inside))
        return 2;
    if (s[at] == '$' && ((before >= 'a' && before <= 'z') || (after >= 'a' && after <= 'z')))
        return 2;
    return s[at] == '\'' && inside;
}

static void read_ascii(struct sketching *r, const uint8_t *s, size_t at, size_t size)
{
    int part = part_of(s, at, size);
    if (part == 0)
        word_end(r);
    if (part != 2)
        return;
    word_add(&r->word, s[at]);
    r->before = 0;
}

bool text_features(const struct text *t, text_feature each, void *user)
{
    const struct text_view *fold = text_get(t, VIEW_FOLD);
    struct sketching r = {each, user, word_new(), word_new(), 0};
    if (!fold)
        return false;
    const uint8_t *s = (const uint8_t *)fold->bytes;
    unsigned length = 1;
    for (size_t i = 0; i < fold->size; i += length) {
        uint32_t c = utf8_get(s + i, &length);
        if (c < 0x80) {
            read_ascii(&r, s, i, fold->size);
        } else if (view_is_sign(c)) {
            word_end(&r);
        } else if (is_joined(c)) {
            joined(&r, c);
        } else {
            word_add(&r.word, c);
            r.before = 0;
        }
    }
    word_end(&r);
    word_tell(&r, &r.lone);
    return true;
}

struct adding {
    struct sketch *to;
    const struct sketch_key *key;
};

static void add_feature(void *user, uint64_t feature)
{
    const struct adding *a = user;
    sketch_add(a->to, feature, a->key);
}

bool text_sketch(const struct text *t, const struct sketch_key *key, struct sketch *out)
{
    struct adding a = {out, key};
    sketch_init(out);
    return text_features(t, add_feature, &a);
}

int text_listed(struct sketch *out, const char *bytes, size_t size)
{
    struct text *t = text_new();
    int status = t ? text_run(t, bytes, size, 1u << VIEW_FOLD) : LMOD_E_MEMORY;
    if (status == LMOD_OK && text_sketch(t, NULL, out) && out->n < SKETCH_LEAST)
        status = LMOD_E_ARGUMENT;
    text_free(t);
    return status;
}
