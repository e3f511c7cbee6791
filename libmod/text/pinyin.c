/*
 * The pinyin view: Chinese characters as they are read, without tones, and what is typed in Latin
 * letters for them. A syllable is one character of the view, so that a hit begins and ends with whole
 * ones; separators, signs and emoji fall out as they do in the squeeze view.
 */
#include <string.h>

#include "text/pinyin_table.h"
#include "text/views.h"

enum { RUN_MAX = 63 }; /* letters in a row that are looked at as syllables */

/* The view while it is made. A syllable takes two bytes: of a character that had three, or of two
 * letters and more, so the view is never longer than the fold view. */
struct out {
    char *bytes;
    uint32_t *map, *ends;
    size_t size;
    const struct text_view *fold;
};

static inline bool is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

static inline void put_byte(struct out *o, uint8_t byte, uint32_t from, uint32_t end)
{
    o->bytes[o->size] = (char)byte;
    o->map[o->size] = from;
    o->ends[o->size++] = end;
}

/* Syllable number `n`, spelt in [at, next) of the fold view. */
static inline void put_syllable(struct out *o, uint32_t n, uint32_t at, uint32_t next)
{
    uint32_t c = PINYIN_FIRST + n, from = o->fold->map[at], end = view_raw_end(o->fold, next);
    put_byte(o, (uint8_t)(0xc0 | c >> 6), from, end);
    put_byte(o, (uint8_t)(0x80 | (c & 0x3f)), from, end);
}

/* ---- Latin letters ---- */

/* The lengths of the syllables that `s` begins with, as bits; one letter is none. */
static uint32_t syllables_at(const uint8_t *s, uint32_t left)
{
    uint32_t found = 0, state = 0;
    for (uint32_t n = 0; n < left; n++) {
        state = pinyin_letters[state * PINYIN_LETTERS + s[n] - 'a'];
        if (!state)
            break;
        if (n > 0 && pinyin_letters[state * PINYIN_LETTERS + PINYIN_LETTERS - 1])
            found |= 1u << (n + 1);
    }
    return found;
}

static uint32_t syllable_of(const uint8_t *s, uint32_t n)
{
    uint32_t state = 0;
    for (uint32_t i = 0; i < n; i++)
        state = pinyin_letters[state * PINYIN_LETTERS + s[i] - 'a'];
    return pinyin_letters[state * PINYIN_LETTERS + PINYIN_LETTERS - 1];
}

static bool is_vowel(uint8_t c)
{
    return c == 'a' || c == 'e' || c == 'o';
}

/* Whether the run of `n` letters is syllables from end to end. Most words are not, and are left early. */
static bool is_typed(const uint8_t *s, uint32_t n)
{
    uint64_t reach = 1;
    if (n > RUN_MAX)
        return false;
    for (uint32_t at = 0; at < n && reach >> at; at++)
        if (reach >> at & 1)
            reach |= (uint64_t)syllables_at(s + at, n - at) << at;
    return reach >> n & 1;
}

/*
 * Where each syllable of a typed run ends: cut[i] for the one that begins at i, 0 for none that leads to
 * the end. Of several ways the one in which no syllable begins with a vowel, as pinyin is spelt: "fangan"
 * is "fan gan", since "fang an" has an apostrophe. Then the longest.
 */
static void cut_typed(const uint8_t *s, uint32_t n, uint8_t *cut)
{
    for (uint32_t at = n; at-- > 0;) {
        uint32_t lengths = syllables_at(s + at, n - at);
        bool best_vowel = true;
        cut[at] = 0;
        for (uint32_t k = 2; lengths >> k; k++) {
            uint32_t end = at + k;
            if (!(lengths >> k & 1) || (end < n && !cut[end]))
                continue;
            bool vowel = end < n && is_vowel(s[end]);
            if (!cut[at] || !vowel || best_vowel) {
                cut[at] = (uint8_t)end;
                best_vowel = vowel;
            }
        }
    }
}

/* The letters from `at` on, as syllables where they are nothing else; where they end. */
static uint32_t put_letters(struct out *o, const uint8_t *s, uint32_t at, uint32_t size)
{
    uint8_t cut[RUN_MAX];
    uint32_t end = at + 1;
    while (end < size && is_letter(s[end]))
        end++;
    if (end - at < 2 || !is_typed(s + at, end - at)) {
        for (; at < end; at++)
            put_byte(o, s[at], o->fold->map[at], view_raw_end(o->fold, at + 1));
        return end;
    }
    cut_typed(s + at, end - at, cut);
    for (uint32_t i = 0; i < end - at; i = cut[i])
        put_syllable(o, syllable_of(s + at + i, cut[i] - i), at + i, at + cut[i]);
    return end;
}

/* ---- Chinese characters ---- */

/* Reading number `*way` of the character, whose usual one is `usual`; what is left of `*way` is for the
 * characters behind it. */
static uint32_t other_reading(uint32_t c, uint32_t usual, uint32_t *way)
{
    uint32_t more[8] = {usual}, n = 1;
    for (size_t i = 0; i < PINYIN_MORE && n < COUNT_OF(more); i++)
        if (pinyin_more[i].character == c)
            more[n++] = pinyin_more[i].syllable;
    uint32_t mine = more[*way % n];
    *way /= n;
    return mine;
}

/* What stands at `at` beyond ASCII; where it ends. Letters of other scripts are one blank. */
static inline uint32_t
put_character(struct out *o, const struct text_view *fold, uint32_t at, uint32_t *way)
{
    unsigned length;
    uint32_t c = utf8_get((const uint8_t *)fold->bytes + at, &length);
    uint32_t syllable = pinyin_reading(c);
    if (syllable && way)
        syllable = other_reading(c, syllable, way);
    if (syllable)
        put_syllable(o, syllable, at, at + length);
    else if (!view_is_sign(c) && (o->size == 0 || o->bytes[o->size - 1] != ' '))
        put_byte(o, ' ', fold->map[at], view_raw_end(fold, at + length));
    return at + length;
}

/* The view; `way` as text_reading() has it, NULL for the usual readings. */
static bool make(struct squeezed *to, const struct text_view *fold, uint32_t *way)
{
    const uint8_t *s = (const uint8_t *)fold->bytes;
    uint32_t size = fold->size;
    to->view.size = 0;
    if (!squeezed_reserve(to, size))
        return false;
    struct out o = {to->view.bytes, to->view.map, to->ends, 0, fold};
    for (uint32_t i = 0; i < size;) {
        if (s[i] >= 0x80) {
            i = put_character(&o, fold, i, way);
        } else if (is_letter(s[i])) {
            i = put_letters(&o, s, i, size);
        } else {
            if (s[i] >= '0' && s[i] <= '9')
                put_byte(&o, s[i], fold->map[i], view_raw_end(fold, i + 1));
            i++;
        }
    }
    to->view.size = o.size;
    to->view.map[o.size] = fold->map[size];
    to->view.bytes[o.size] = '\0';
    return true;
}

bool pinyin_view(struct squeezed *to, const struct text_view *fold)
{
    return make(to, fold, NULL);
}

/* ---- words ---- */

static bool has_reading(const struct text_view *fold)
{
    unsigned length;
    for (uint32_t i = 0; i < fold->size; i += length)
        if (pinyin_reading(utf8_get((const uint8_t *)fold->bytes + i, &length)))
            return true;
    return false;
}

static int read_word(struct buffer *out, const struct text_view *fold, uint32_t way)
{
    struct squeezed q = {{0}, NULL, 0};
    int status = make(&q, fold, &way) ? LMOD_OK : LMOD_E_MEMORY;
    if (status == LMOD_OK && (way > 0 || memchr(q.view.bytes, ' ', q.view.size)))
        status = LMOD_E_ARGUMENT;
    if (status == LMOD_OK) {
        buffer_append(out, q.view.bytes, q.view.size);
        status = out->failed ? LMOD_E_MEMORY : LMOD_OK;
    }
    squeezed_finish(&q);
    return status;
}

int text_reading(struct buffer *out, const char *bytes, size_t size, uint32_t way)
{
    struct text *t = text_new();
    int status = t ? text_run(t, bytes, size, 1u << VIEW_FOLD) : LMOD_E_MEMORY;
    if (status == LMOD_OK) {
        const struct text_view *fold = text_get(t, VIEW_FOLD);
        status = has_reading(fold) ? read_word(out, fold, way) : LMOD_E_ARGUMENT;
    }
    text_free(t);
    return status;
}
