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

/* Is every byte ASCII that folds to one byte: printable or white space? */
static inline bool plain_chunk(const uint8_t *s)
{
    uint8_t odd = 0;
    for (unsigned k = 0; k < CHUNK; k++) {
        uint8_t control = (uint8_t)((s[k] < 0x20) & ((uint8_t)(s[k] - '\t') > '\r' - '\t'));
        odd |= (uint8_t)(control | (s[k] >= 0x7f));
    }
    return !odd;
}

static inline void put_chunk(char *to, const uint8_t *s)
{
    for (unsigned k = 0; k < CHUNK; k++) {
        uint8_t c = s[k];
        c = (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 'a' - 'A' : 0));
        to[k] = (char)(c < 0x20 ? 0x20 : c);
    }
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

/* Puts a character that depends on the one before it. Room is there. */
static void put_contextual(struct grown *to, const uint8_t *entry, uint32_t from)
{
    unsigned n = entry[0] & FOLD_SIZE_MAX, length = 0, before_length = 0;
    uint32_t c = utf8_get(entry + 1, &length), before = last(to, &before_length);
    if (entry[0] >> 6 == FOLD_JOIN) {
        uint32_t one = joined(before, c);
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

/* Puts the character at `s`. Room for FOLD_SIZE_MAX bytes is there. */
static inline unsigned put_character(struct grown *to, const uint8_t *s, uint32_t from)
{
    unsigned length;
    const uint8_t *entry = fold_entry(utf8_get(s, &length));
    const uint8_t *bytes = s;
    unsigned n = length;
    if (entry != fold_pool) {
        bytes = entry + 1;
        n = entry[0] & FOLD_SIZE_MAX;
        if (entry[0] >> 6 != FOLD_PLAIN) {
            put_contextual(to, entry, from);
            return length;
        }
    }
    for (unsigned k = 0; k < n; k++) {
        to->bytes[to->size + k] = (char)bytes[k];
        to->map[to->size + k] = from;
    }
    to->size += n;
    return length;
}

bool fold_view(struct grown *to, const struct text_view *raw)
{
    const uint8_t *s = (const uint8_t *)raw->bytes;
    uint32_t size = raw->size, i = 0;
    while (i < size) {
        if (!grown_reserve(to, (size_t)(size - i) + SPARE))
            return false;
        while (size - i >= CHUNK && to->cap - to->size > SPARE / 2 && plain_chunk(s + i)) {
            put_chunk(to->bytes + to->size, s + i);
            memcpy(to->map + to->size, raw->map + i, CHUNK * sizeof(*to->map));
            to->size += CHUNK;
            i += CHUNK;
        }
        uint32_t stop = size - i > CHUNK ? i + CHUNK : size;
        while (i < stop && to->cap - to->size > SPARE / 2)
            i += put_character(to, s + i, raw->map[i]);
    }
    if (!grown_reserve(to, 0))
        return false;
    to->map[to->size] = raw->map[size];
    to->bytes[to->size] = '\0';
    return true;
}
