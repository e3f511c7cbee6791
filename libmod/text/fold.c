/* The fold view: ASCII sixteen bytes at a time, everything else by table, with what the table cannot
 * say of single code points: marks that need their letter, kana and Hangul that melt together. */
#include <string.h>

#include "text/fold_table.h"
#include "text/views.h"

enum {
    CHUNK = 16,
    SPARE = 4 * FOLD_SIZE_MAX, /* room before a round; half of it is left for one character */
};

unsigned utf8_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

typedef uint8_t chunk __attribute__((vector_size(CHUNK)));

/* Is every byte ASCII that folds to one byte: printable or white space? */
static inline bool plain_chunk(chunk c)
{
    chunk odd = (chunk)(((c < 0x20) & ((chunk)(c - '\t') > '\r' - '\t')) | (c >= 0x7f));
    uint64_t half[2];
    memcpy(half, &odd, sizeof(half));
    return !(half[0] | half[1]);
}

static inline chunk fold_chunk(chunk c)
{
    c += (chunk)((chunk)(c - 'A') < 26) & ('a' - 'A');
    chunk space = (chunk)(c < 0x20);
    return (c & ~space) | (space & 0x20);
}

/* The last character of the view so far; 0 when it is empty. */
static uint32_t last(const struct grown *g, unsigned *length)
{
    size_t at = g->size;
    *length = 0;
    while (at > 0 && (g->bytes[--at] & 0xc0) == 0x80)
        continue;
    return g->size ? utf8_get((const uint8_t *)g->bytes + at, length) : 0;
}

/* Katakana lie 0x60 above hiragana. Voiced forms follow their letter, half-voiced ones those. */
static uint32_t voiced(uint32_t before, uint32_t mark)
{
    uint32_t kana = before >= 0x30a1 ? before - 0x60 : before;
    bool ha = kana >= 0x306f && kana <= 0x307b && (kana - 0x306f) % 3 == 0;
    if (mark == 0x309a)
        return ha ? before + 2 : 0;
    if (kana == 0x3046)
        return before + 0x4e; /* u -> vu */
    if (before >= 0x30ef && before <= 0x30f2)
        return before + 8; /* wa wi we wo, katakana alone */
    bool ka = kana >= 0x304b && kana <= 0x3061 && kana % 2 == 1;
    bool tu = kana == 0x3064 || kana == 0x3066 || kana == 0x3068;
    return ha || ka || tu || before == 0x309d || before == 0x30fd ? before + 1 : 0;
}

/* What `before` and the jamo or mark `c` are together, as in NFC; 0: they stay two. */
static uint32_t joined(uint32_t before, uint32_t c)
{
    if (c == 0x3099 || c == 0x309a)
        return before >= 0x3046 && before <= 0x30fd ? voiced(before, c) : 0;
    if (c < 0x11a8)
        return before >= 0x1100 && before < 0x1113
                   ? 0xac00 + ((before - 0x1100) * 21 + c - 0x1161) * 28
                   : 0;
    bool open = before >= 0xac00 && before < 0xd7a4 && (before - 0xac00) % 28 == 0;
    return open ? before + c - 0x11a7 : 0;
}

static bool is_vowel(uint32_t c)
{
    return c >= 0x1161 && c <= 0x1175;
}

static bool is_consonant(uint32_t c)
{
    return c >= 0x1100 && c <= 0x1112;
}

/* The first character that is left of the text [*at, end), folded; 0: none. */
static uint32_t following(const uint8_t **at, const uint8_t *end)
{
    unsigned length, n;
    while (*at < end) {
        uint32_t c = utf8_get(*at, &length);
        const uint8_t *entry = fold_entry(c);
        *at += length;
        if (entry == fold_pool)
            return c;
        c = entry[0] & FOLD_SIZE_MAX ? utf8_get(entry + 1, &n) : 0;
        if (c && entry[0] >> 6 != FOLD_MARK && c != 0x3099 && c != 0x309a)
            return c;
    }
    return 0;
}

/*
 * What the syllable `before` is, closed by the consonant `c`; 0: `c` is not its end. Typed letters do
 * not say where a syllable ends, what follows does: a vowel takes the consonant, and consonants in a
 * row, like k and h and most others behind a whole syllable, are laughter and short words of their own.
 * `typed`: the syllable is spelt in letters itself.
 */
static uint32_t
closed(uint32_t before, uint32_t c, bool typed, const uint8_t *after, const uint8_t *end)
{
    static const uint8_t last_of[19] = {1,  2,  4,  7, 0,  8,  16, 17, 0, 19,
                                        20, 21, 22, 0, 23, 24, 25, 26, 27};
    bool open = before >= 0xac00 && before < 0xd7a4 && (before - 0xac00) % 28 == 0;
    bool laughs = c == 0x110f || c == 0x1112, said_alone = c != 0x1105 && c != 0x1106;
    if (!open || !last_of[c - 0x1100])
        return 0;
    uint32_t next = following(&after, end);
    bool row = is_consonant(next), inside = next >= 0xac00 && next < 0xd7a4;
    if (row)
        inside = is_vowel(following(&after, end));
    if (is_vowel(next) || (row && !inside))
        return 0;
    if (!typed && (laughs || (!inside && said_alone)))
        return 0;
    return before + last_of[c - 0x1100];
}

/* Puts a character that depends on the one before it, and on what stands `after`. Room is there. */
static void put_contextual(
    struct grown *to, const uint8_t *entry, uint32_t from, const uint8_t *after, const uint8_t *end)
{
    unsigned n = entry[0] & FOLD_SIZE_MAX, length = 0, before_length = 0;
    uint32_t c = utf8_get(entry + 1, &length), before = last(to, &before_length);
    if (entry[0] >> 6 == FOLD_JOIN) {
        bool typed = before_length && from - to->map[to->size - before_length] > 3;
        uint32_t one = is_consonant(c) ? closed(before, c, typed, after, end) : joined(before, c);
        if (one)
            (void)utf8_put(to->bytes + to->size - before_length, one);
        if (one || c == 0x3099 || c == 0x309a)
            return;
    } else if (before < 0x700 || (before < c ? c - before : before - c) >= 256) {
        return;
    }
    for (unsigned k = 0; k < n; k++) {
        to->bytes[to->size] = (char)entry[1 + k];
        to->map[to->size++] = from;
    }
}

/* The view while bytes are put: no byte that is written can be one of these. */
struct out {
    char *bytes;
    uint32_t *map;
    size_t size, last; /* up to here there is room for one more character, and to a chunk */
};

static inline void put(struct out *o, const uint8_t *bytes, unsigned n, uint32_t from)
{
    for (unsigned k = 0; k < n; k++) {
        o->bytes[o->size + k] = (char)bytes[k];
        o->map[o->size + k] = from;
    }
    o->size += n;
}

/* Puts the character at `s`, which is not printable ASCII; its length. */
static inline unsigned
put_character(struct grown *to, struct out *o, const uint8_t *s, uint32_t from, const uint8_t *end)
{
    unsigned length;
    const uint8_t *entry = fold_entry(utf8_get(s, &length));
    if (entry == fold_pool) {
        put(o, s, length, from);
    } else if (entry[0] >> 6 == FOLD_PLAIN) {
        put(o, entry + 1, entry[0] & FOLD_SIZE_MAX, from);
    } else {
        to->size = o->size;
        put_contextual(to, entry, from, s + length, end);
        o->size = to->size;
    }
    return length;
}

static inline uint32_t three(const uint8_t *s)
{
    return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
}

/* Folds from `i` on, as far as there is room; where it ends. */
static uint32_t fold_some(struct grown *to, const struct text_view *raw, uint32_t i)
{
    const uint8_t *s = (const uint8_t *)raw->bytes;
    const uint32_t *map = raw->map, size = raw->size;
    struct out o = {to->bytes, to->map, to->size, to->cap - SPARE / 2};
    while (i < size && o.size < o.last) {
        chunk next;
        if (size - i >= CHUNK)
            memcpy(&next, s + i, CHUNK);
        if (size - i >= CHUNK && plain_chunk(next)) {
            next = fold_chunk(next);
            memcpy(o.bytes + o.size, &next, CHUNK);
            memcpy(o.map + o.size, map + i, CHUNK * sizeof(*map));
            o.size += CHUNK;
            i += CHUNK;
            continue;
        }
        uint32_t stop = size - i > CHUNK ? i + CHUNK : size;
        while (i < stop && o.size < o.last) {
            uint8_t c = s[i];
            if (c >= 0x20 && c < 0x7f) {
                o.bytes[o.size] = (char)(c + ((uint8_t)(c - 'A') < 26 ? 'a' - 'A' : 0));
                o.map[o.size++] = map[i++];
            } else if (c >= 0xe0 && c < 0xf0 && fold_entry(three(s + i)) == fold_pool) {
                put(&o, s + i, 3, map[i]);
                i += 3;
            } else {
                i += put_character(to, &o, s + i, map[i], s + size);
            }
        }
    }
    to->size = o.size;
    return i;
}

bool fold_view(struct grown *to, const struct text_view *raw)
{
    for (uint32_t i = 0; i < raw->size; i = fold_some(to, raw, i))
        if (!grown_reserve(to, (size_t)(raw->size - i) + SPARE))
            return false;
    if (!grown_reserve(to, 0))
        return false;
    to->map[to->size] = raw->map[raw->size];
    to->bytes[to->size] = '\0';
    return true;
}
