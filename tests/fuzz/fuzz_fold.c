/*
 * Any bytes through the views, beside references that do one thing at a time: decode by the definition
 * of UTF-8, map one code point after the other.
 */
#include <stdlib.h>
#include <string.h>

#include "text/fold_table.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096, OUT_MAX = 70 * INPUT_MAX };

/* A character of a view and the raw byte it came from. */
struct sign {
    uint32_t c, from;
};
static struct sign raw[INPUT_MAX], fold[OUT_MAX];
static size_t raw_size, fold_size;

static void must(bool so)
{
    if (!so)
        abort();
}

/* The character at `s`, by the definition: bits, then shortest form, range and surrogates. */
static uint32_t decode(const uint8_t *s, size_t left, size_t *length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    bool good = n && n <= left;
    for (size_t k = 1; good && k < n; k++) {
        good = s[k] >> 6 == 2;
        c = c << 6 | (s[k] & 0x3f);
    }
    good = good && c >= least[n] && c < 0x110000 && (c < 0xd800 || c > 0xdfff);
    *length = good ? n : 1;
    return good ? c : 0xfffd;
}

static void make_raw(const uint8_t *data, size_t size)
{
    raw_size = 0;
    for (size_t i = 0, n; i < size; i += n)
        raw[raw_size++] = (struct sign){decode(data + i, size - i, &n), (uint32_t)i};
}

static uint32_t find(const uint32_t *list, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == c)
            return (uint32_t)(i + 1);
    return 0;
}

/* What two characters become in NFC, of kana and jamo; 0: nothing. The lists are of hiragana. */
static uint32_t compose(uint32_t a, uint32_t b)
{
    static const uint32_t voiced[] = {0x304b, 0x304d, 0x304f, 0x3051, 0x3053, 0x3055, 0x3057,
                                      0x3059, 0x305b, 0x305d, 0x305f, 0x3061, 0x3064, 0x3066,
                                      0x3068, 0x306f, 0x3072, 0x3075, 0x3078, 0x307b, 0x309d};
    static const uint32_t half[] = {0x306f, 0x3072, 0x3075, 0x3078, 0x307b};
    uint32_t kana = a > 0x30a0 && a < 0x3100 ? a - 0x60 : a;
    if (b == 0x3099 && a >= 0x30ef && a <= 0x30f2)
        return a + 8;
    if (b == 0x3099 && kana == 0x3046)
        return a == 0x3046 ? 0x3094 : 0x30f4;
    if (b == 0x3099)
        return find(voiced, sizeof(voiced) / sizeof(*voiced), kana) ? a + 1 : 0;
    if (b == 0x309a)
        return find(half, sizeof(half) / sizeof(*half), kana) ? a + 2 : 0;
    if (b >= 0x1161 && b <= 0x1175 && a >= 0x1100 && a <= 0x1112)
        return 0xac00 + (a - 0x1100) * 588 + (b - 0x1161) * 28;
    if (b >= 0x11a8 && b <= 0x11c2 && a >= 0xac00 && a <= 0xd7a3 && (a - 0xac00) % 28 == 0)
        return a + (b - 0x11a7);
    return 0;
}

/* What is left of the text behind character `*i`, folded; 0: nothing. */
static uint32_t ahead(size_t *i)
{
    size_t length;
    while (++*i < raw_size) {
        const uint8_t *entry = fold_entry(raw[*i].c);
        size_t n = entry[0] & FOLD_SIZE_MAX;
        uint32_t c = entry == fold_pool ? raw[*i].c : n ? decode(entry + 1, n, &length) : 0;
        if (c && (entry == fold_pool || entry[0] >> 6 != FOLD_MARK) && c - 0x3099 > 1)
            return c;
    }
    return 0;
}

/* Character `i`, the consonant `c`, at the end of the syllable before it; 0: it is not its end. */
static uint32_t close_with(size_t i, uint32_t c)
{
    static const uint8_t ends[] = {1,  2,  4,  7, 0,  8,  16, 17, 0, 19,
                                   20, 21, 22, 0, 23, 24, 25, 26, 27};
    const struct sign *last = fold_size ? &fold[fold_size - 1] : NULL;
    if (!last || last->c < 0xac00 || last->c > 0xd7a3 || (last->c - 0xac00) % 28 ||
        !ends[c - 0x1100])
        return 0;
    bool typed = raw[i].from - last->from > 3, liquid = c == 0x1105 || c == 0x1106;
    uint32_t one = ahead(&i), two = 0;
    if (one >= 0x1161 && one <= 0x1175)
        return 0;
    bool whole = one >= 0xac00 && one <= 0xd7a3, single = one >= 0x1100 && one <= 0x1112;
    if (single)
        two = ahead(&i);
    if (two >= 0x1161 && two <= 0x1175)
        whole = true;
    else if (single)
        return 0;
    bool may = typed || (c != 0x110f && c != 0x1112 && (whole || liquid));
    return may ? last->c + ends[c - 0x1100] : 0;
}

static void make_fold(void)
{
    fold_size = 0;
    for (size_t i = 0; i < raw_size; i++) {
        const uint8_t *entry = fold_entry(raw[i].c);
        size_t n = entry[0] & FOLD_SIZE_MAX, kind = entry[0] >> 6, length;
        uint32_t before = fold_size ? fold[fold_size - 1].c : 0;
        if (entry == fold_pool) {
            fold[fold_size++] = raw[i];
            continue;
        }
        uint32_t first = n ? decode(entry + 1, n, &length) : 0;
        uint32_t apart = before < first ? first - before : before - first;
        if (kind == FOLD_MARK && (before < 0x700 || apart >= 256))
            continue;
        uint32_t one = kind != FOLD_JOIN                    ? 0
                       : first >= 0x1100 && first <= 0x1112 ? close_with(i, first)
                                                            : compose(before, first);
        if (one)
            fold[fold_size - 1].c = one;
        if (one || (kind == FOLD_JOIN && first >= 0x3099))
            continue;
        for (size_t k = 0; k < n; k += length)
            fold[fold_size++] = (struct sign){decode(entry + 1 + k, n - k, &length), raw[i].from};
    }
}

/* A view must hold these characters, each mapped to its raw byte, and end where the text ends. */
static void compare(const struct text_view *v, const struct sign *signs, size_t n, size_t size)
{
    size_t at = 0;
    must(v != NULL);
    for (size_t i = 0; i < n; i++) {
        size_t length;
        must(at < v->size && v->map[at] == signs[i].from);
        must(decode((const uint8_t *)v->bytes + at, v->size - at, &length) == signs[i].c);
        at += length;
    }
    must(at == v->size && v->map[at] == size);
    for (size_t i = 0; i < v->size; i++)
        must(v->map[i] <= v->map[i + 1]);
}

static void twice(const struct text_view *v)
{
    struct buffer again = BUFFER_INIT;
    int status = text_fold(&again, v->bytes, v->size, VIEW_FOLD);
    must(status == LMOD_E_MEMORY ||
         (again.size == v->size && (!v->size || memcmp(again.data, v->bytes, v->size) == 0)));
    buffer_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size = size > INPUT_MAX ? INPUT_MAX : size;
    struct text *t = text_new();
    if (t && text_run(t, data, size, 1u << VIEW_FOLD) == LMOD_OK) {
        make_raw(data, size);
        make_fold();
        const struct text_view *r = text_get(t, VIEW_RAW), *f = text_get(t, VIEW_FOLD);
        compare(r, raw, raw_size, size);
        compare(f, fold, fold_size, size);
        twice(f);
    }
    text_free(t);
    return 0;
}
