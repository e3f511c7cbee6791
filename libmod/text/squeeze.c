/*
 * The squeeze view: the fold view without what people put into words to hide them. Separators and
 * emoji are left out, digits and signs that stand for letters become letters, and a letter that is
 * written several times in a row is written once. Whether a hit is a word of its own is for who searches to
 * ask of the raw text.
 */
#include <endian.h>
#include <string.h>

#include "text/views.h"

/* The letter that an ASCII sign stands for; 0: none. "l" is written "1" as often as "i" is, so all of
 * them are one letter here, "i", in words and in texts. */
static const char stands_for[128] = {
    ['0'] = 'o', ['1'] = 'i', ['2'] = 'z', ['3'] = 'e', ['4'] = 'a',
    ['5'] = 's', ['6'] = 'g', ['7'] = 't', ['8'] = 'b', ['9'] = 'g',
    ['@'] = 'a', ['$'] = 's', ['!'] = 'i', ['|'] = 'i', ['+'] = 't',
};

/* The same beyond ASCII: signs of money and others that look like a letter. */
static char looks_like(uint32_t c)
{
    static const struct {
        uint16_t sign;
        char letter;
    } table[] = {{0xa1, 'i'}, {0xa2, 'c'}, {0xa3, 'l'}, {0xa5, 'y'},
                 {0xa7, 's'}, {0xa9, 'c'}, {0xae, 'r'}, {0x20ac, 'e'}};
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (table[i].sign == c)
            return table[i].letter;
    return '\0';
}

/* Ranges of the fold view that are no letters and no digits. */
static const struct {
    uint32_t from, to;
} signs[] = {
    {0x00, 0x2f},     {0x3a, 0x60},     {0x7b, 0xb4},       {0xb6, 0xb9},        {0xbb, 0xbf},
    {0xd7, 0xd7},     {0xf7, 0xf7},     {0x2000, 0x2bff},   {0x2e00, 0x2e7f},    {0x2ff0, 0x2fff},
    {0x3000, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030},   {0x303d, 0x303f},    {0x30fb, 0x30fb},
    {0xd800, 0xf8ff}, {0xfe00, 0xfe6f}, {0xff00, 0xff0f},   {0xff1a, 0xff20},    {0xff3b, 0xff40},
    {0xff5b, 0xff65}, {0xffe0, 0xffff}, {0x1f000, 0x1faff}, {0xe0000, 0x10ffff},
};

/* First bytes of U+4000 to U+D7FF: three bytes each, and no signs. */
enum { IDEOGRAPHS_FROM = 0xe4, IDEOGRAPHS_TO = 0xed };

static inline bool is_sign(uint32_t c)
{
    size_t low = 0, high = COUNT_OF(signs);
    if (c > 0x30fb && c < 0xd800) /* Han, Hangul and Kana have none */
        return false;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c > signs[mid].to)
            low = mid + 1;
        else
            high = mid;
    }
    return low < COUNT_OF(signs) && c >= signs[low].from;
}

bool view_is_sign(uint32_t c)
{
    return is_sign(c);
}

static inline bool is_letter(uint8_t c)
{
    return c >= 'a' && c <= 'z';
}

/* A character of the fold view: ASCII ones are looked at a lot. */
struct reading {
    const uint8_t *s;
    uint32_t size;
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* A sign that stands between single letters again and again, as in "s|p|y", stands for none. */
static bool divides(const struct reading *r, uint32_t at)
{
    uint8_t c = r->s[at];
    if (is_digit(c) || at < 1 || at + 1 >= r->size || !is_letter(r->s[at - 1]) ||
        !is_letter(r->s[at + 1]))
        return false;
    uint8_t before = at < 2 ? ' ' : r->s[at - 2], after = at + 2 < r->size ? r->s[at + 2] : ' ';
    return (before == c && !is_letter(after)) || (after == c && !is_letter(before));
}

/* What is neither letter nor digit, nor stands for one. */
static inline bool separates(const struct reading *r, uint32_t at)
{
    unsigned length;
    if (r->s[at] < 0x80)
        return !is_letter(r->s[at]) && (!stands_for[r->s[at]] || divides(r, at));
    return is_sign(utf8_get(r->s + at, &length));
}

/* How the character before was written. */
struct before {
    bool joined; /* nothing was left out behind it */
    bool lone;   /* a letter between separators */
};

static bool ends_at(const struct reading *r, uint32_t at)
{
    return at >= r->size || separates(r, at);
}

/* A single letter between separators, as in "s p y", is the next thing behind `at`. */
static bool lone_letter_after(const struct reading *r, uint32_t at)
{
    unsigned length = 1;
    uint32_t begin = at;
    for (int gap = 0; gap < 4 && at < r->size && separates(r, at); gap++, at += length)
        (void)utf8_get(r->s + at, &length);
    return at > begin && at < r->size && is_letter(r->s[at]) && ends_at(r, at + 1);
}

/* Whether the run [from, to) of digits and signs is read as letters: it touches one, or stands alone
 * where letters stand alone. */
static bool
reads_as_letters(const struct reading *r, uint32_t from, uint32_t to, const struct before *b)
{
    if (from > 0 && is_letter(r->s[from - 1]))
        return true;
    if (to < r->size && is_letter(r->s[to]))
        return true;
    return to - from == 1 && !b->joined && (b->lone || lone_letter_after(r, to));
}

/* ---- the view ---- */

/* The view while it is made, with room for all of it: no byte that is written can be one of these. */
struct out {
    char *bytes;
    uint32_t *map, *ends;
    size_t size;
    uint32_t from; /* what was put last: where it begins, its last byte */
    uint8_t last;
};

static inline void put(struct out *o, const uint8_t *bytes, unsigned n, uint32_t from, uint32_t end)
{
    for (unsigned k = 0; k < n; k++) {
        o->bytes[o->size + k] = (char)bytes[k];
        o->map[o->size + k] = from;
        o->ends[o->size + k] = end;
    }
    o->size += n;
    o->from = from;
    o->last = bytes[n - 1];
}

/* One letter in [at, next); the same one again makes it longer, right behind it or where letters stand
 * alone. No branch asks which letter it is: nobody could foresee it. */
static inline void put_letter(struct out *o,
                              const struct text_view *fold,
                              const struct reading *r,
                              uint8_t c,
                              uint32_t at,
                              uint32_t next,
                              struct before *b)
{
    bool lone = !b->joined && ends_at(r, next);
    bool again = b->joined || (lone && b->lone);
    c = c == 'l' ? 'i' : c;
    again &= o->last == c;
    o->size -= again;
    o->from = again ? o->from : fold->map[at];
    o->last = c;
    o->bytes[o->size] = (char)c;
    o->map[o->size] = o->from;
    o->ends[o->size++] = view_raw_end(fold, next);
    *b = (struct before){true, lone};
}

/* ---- words of ASCII letters, eight at a time: most of what there is to put ---- */

enum { EIGHT = 8 };
#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

typedef uint32_t quad __attribute__((vector_size(16)));

/* 0x80 in the bytes that are zero, and in no others. */
static inline uint64_t zeros(uint64_t v)
{
    return ~(((v & EACH(0x7f)) + EACH(0x7f)) | v | EACH(0x7f));
}

/* How many bytes of `v` are letters before the first that is none; the first byte is the lowest. */
static inline unsigned leading_letters(uint64_t v)
{
    uint64_t low = v & EACH(0x7f);
    uint64_t letters = (low + EACH(0x80 - 'a')) & ~(low + EACH(0x7f - 'z')) & ~v & EACH(0x80);
    uint64_t others = ~letters & EACH(0x80);
    return others ? (unsigned)__builtin_ctzll(others) / 8 : EIGHT;
}

/* Puts up to eight letters from `at` as put_letter() would; how many. 0: the first is special, or the end
 * too near. */
static inline unsigned
put_eight(struct out *o, const struct text_view *fold, uint32_t at, const struct before *b)
{
    uint64_t v;
    quad from[2], end[2];
    if (fold->size < EIGHT || at > fold->size - EIGHT)
        return 0;
    memcpy(&v, fold->bytes + at, sizeof(v));
    v = le64toh(v);
    unsigned n = leading_letters(v);
    v -= (zeros(v ^ EACH('l')) >> 7) * ('l' - 'i');
    uint64_t again = zeros(v ^ (v >> 8)) & ((UINT64_C(1) << (8 * n - 8)) - 1);
    if (again)
        n = (unsigned)__builtin_ctzll(again) / 8 + 1; /* up to the first of two */
    if (b->joined ? o->last == (uint8_t)v : n == 1)
        return 0;
    memcpy(from, fold->map + at, sizeof(from));
    memcpy(end, fold->map + at + 1, sizeof(end));
    quad same = (quad)(from[0] == end[0]) | (quad)(from[1] == end[1]);
    if (same[0] | same[1] | same[2] | same[3])
        return 0; /* one raw character that became several */
    o->from = fold->map[at + n - 1];
    o->last = (uint8_t)(v >> (8 * n - 8));
    v = htole64(v);
    memcpy(o->bytes + o->size, &v, sizeof(v));
    memcpy(o->map + o->size, from, sizeof(from));
    memcpy(o->ends + o->size, end, sizeof(end));
    o->size += n;
    return n;
}

/* A word of ASCII letters from `at`; where it ends. */
static uint32_t put_word(struct out *o,
                         const struct text_view *fold,
                         const struct reading *r,
                         uint32_t at,
                         struct before *b)
{
    while (at < r->size && is_letter(r->s[at])) {
        unsigned n = put_eight(o, fold, at, b);
        at += n;
        if (n) {
            *b = (struct before){true, false};
        } else {
            put_letter(o, fold, r, r->s[at], at, at + 1, b);
            at++;
        }
    }
    return at;
}

/* Han and Hangul from `at`, three bytes each; where they end. */
static uint32_t put_ideographs(struct out *o,
                               const struct text_view *fold,
                               const struct reading *r,
                               uint32_t at,
                               struct before *b)
{
    const uint32_t *from_map = fold->map, size = r->size;
    const uint8_t *s = r->s;
    char *bytes = o->bytes;
    uint32_t *map = o->map, *ends = o->ends;
    size_t n = o->size;
    for (; at < size && s[at] >= IDEOGRAPHS_FROM && s[at] <= IDEOGRAPHS_TO; at += 3, n += 3) {
        uint32_t from = from_map[at], end = view_raw_end(fold, at + 3);
        memcpy(bytes + n, s + at, 3);
        map[n] = map[n + 1] = map[n + 2] = from;
        ends[n] = ends[n + 1] = ends[n + 2] = end;
    }
    o->size = n;
    o->from = map[n - 1];
    o->last = (uint8_t)bytes[n - 1];
    *b = (struct before){true, false};
    return at;
}

/* A run of digits and signs from `at`; where it ends. */
static uint32_t put_run(struct out *o,
                        const struct text_view *fold,
                        const struct reading *r,
                        uint32_t at,
                        struct before *b)
{
    uint32_t end = at;
    while (end < r->size && r->s[end] < 0x80 && stands_for[r->s[end]])
        end++;
    bool letters = reads_as_letters(r, at, end, b);
    for (; at < end; at++) {
        uint8_t c = r->s[at];
        if (letters)
            put_letter(o, fold, r, (uint8_t)stands_for[c], at, at + 1, b);
        else if (is_digit(c))
            put(o, &r->s[at], 1, fold->map[at], view_raw_end(fold, at + 1));
        if (!letters)
            *b = (struct before){is_digit(c), b->lone && !is_digit(c)};
    }
    return end;
}

/* Puts the sign [at, next) where it stands for a letter: beside one. */
static bool put_sign(struct out *o,
                     const struct text_view *fold,
                     const struct reading *r,
                     uint32_t at,
                     uint32_t next,
                     struct before *b)
{
    unsigned length;
    char c = looks_like(utf8_get(r->s + at, &length));
    if (!c || !((at > 0 && is_letter(r->s[at - 1])) || (next < r->size && is_letter(r->s[next]))))
        return false;
    put_letter(o, fold, r, (uint8_t)c, at, next, b);
    return true;
}

bool squeeze_view(struct squeezed *to, const struct text_view *fold)
{
    const struct reading r = {(const uint8_t *)fold->bytes, fold->size};
    struct before b = {false, false};
    to->view.size = 0;
    if (!squeezed_reserve(to, fold->size))
        return false;
    struct out o = {to->view.bytes, to->view.map, to->ends, 0, 0, 0};
    for (uint32_t i = 0; i < r.size;) {
        uint8_t c = r.s[i];
        unsigned length = 1;
        if (is_letter(c)) {
            i = put_word(&o, fold, &r, i, &b);
            continue;
        }
        if (c >= IDEOGRAPHS_FROM && c <= IDEOGRAPHS_TO) {
            i = put_ideographs(&o, fold, &r, i, &b);
            continue;
        }
        if (c < 0x80 && stands_for[c] && !divides(&r, i)) {
            i = put_run(&o, fold, &r, i, &b);
            continue;
        } else if (c < 0x80 || is_sign(utf8_get(r.s + i, &length))) {
            if (c < 0x80 || !put_sign(&o, fold, &r, i, i + length, &b))
                b.joined = false;
        } else {
            put(&o, r.s + i, length, fold->map[i], view_raw_end(fold, i + length));
            b = (struct before){true, false};
        }
        i += length;
    }
    to->view.size = o.size;
    to->view.map[o.size] = fold->map[fold->size];
    to->view.bytes[o.size] = '\0';
    return true;
}
