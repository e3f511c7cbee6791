/*
 * Any bytes through the squeeze view, beside a reference that first says of every character of the fold
 * view what it is, and then puts them one after the other.
 */
#include <string.h>

#include "signs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum what { OTHER, LETTER, STANDS, SEPARATOR };

static struct sign in[OUT_MAX], want[OUT_MAX];
static enum what is[OUT_MAX]; /* of each of `in` */
static size_t in_size, want_size;

static bool digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool letter(size_t i)
{
    return i < in_size && in[i].c >= 'a' && in[i].c <= 'z';
}

/* The letter that a sign or digit of ASCII stands for; 0: none. */
static uint32_t stands(uint32_t c)
{
    static const char signs[] = "0123456789@$!|+", letters[] = "oizeasgtbgasiit";
    const char *at = c > 0 && c < 0x80 ? strchr(signs, (int)c) : NULL;
    return at ? (uint32_t)letters[at - signs] : 0;
}

static uint32_t looks(uint32_t c)
{
    switch (c) {
    case 0xa1:
        return 'i';
    case 0xa2:
    case 0xa9:
        return 'c';
    case 0xa3:
        return 'l';
    case 0xa5:
        return 'y';
    case 0xa7:
        return 's';
    case 0xae:
        return 'r';
    case 0x20ac:
        return 'e';
    default:
        return 0;
    }
}

/* "s|p|y": a sign between letters that another one follows or precedes in the same way. */
static bool divides(size_t i)
{
    if (digit(in[i].c) || i == 0 || !letter(i - 1) || !letter(i + 1))
        return false;
    bool left = i > 1 && in[i - 2].c == in[i].c, right = i + 2 < in_size && in[i + 2].c == in[i].c;
    return (left && !letter(i + 2)) || (right && !(i > 1 && letter(i - 2)));
}

static enum what what(size_t i)
{
    uint32_t c = in[i].c;
    if (letter(i))
        return LETTER;
    if (c >= 0x80)
        return view_is_sign(c) ? SEPARATOR : OTHER;
    return stands(c) && !divides(i) ? STANDS : SEPARATOR;
}

static bool edge(size_t i)
{
    return i >= in_size || is[i] == SEPARATOR;
}

/* Within four separators from `i` on a lone letter begins. */
static bool lone_follows(size_t i)
{
    size_t gap = 0;
    while (gap < 4 && i + gap < in_size && edge(i + gap))
        gap++;
    return gap > 0 && letter(i + gap) && edge(i + gap + 1);
}

static struct {
    bool joined, lone;
} before;

static void put(uint32_t c, const struct sign *s)
{
    want[want_size] = *s;
    want[want_size++].c = c;
}

static void put_letter(uint32_t c, size_t i)
{
    bool lone = !before.joined && edge(i + 1);
    struct sign *last = want_size ? &want[want_size - 1] : NULL;
    c = c == 'l' ? 'i' : c;
    if (last && last->c == c && (before.joined || (lone && before.lone)))
        last->to = in[i].to;
    else
        put(c, &in[i]);
    before.joined = true;
    before.lone = lone;
}

static size_t put_run(size_t i)
{
    size_t end = i;
    while (end < in_size && stands(in[end].c))
        end++;
    bool beside = (i > 0 && letter(i - 1)) || letter(end);
    bool read = beside || (end - i == 1 && !before.joined && (before.lone || lone_follows(end)));
    for (; i < end; i++) {
        if (read) {
            put_letter(stands(in[i].c), i);
            continue;
        }
        if (digit(in[i].c))
            put(in[i].c, &in[i]);
        before.joined = digit(in[i].c);
        before.lone = before.lone && !digit(in[i].c);
    }
    return end;
}

static void make_want(void)
{
    want_size = 0;
    before.joined = before.lone = false;
    for (size_t i = 0; i < in_size; i++)
        is[i] = what(i);
    for (size_t i = 0; i < in_size; i++) {
        uint32_t look = looks(in[i].c);
        if (is[i] == LETTER) {
            put_letter(in[i].c, i);
        } else if (is[i] == STANDS) {
            i = put_run(i) - 1;
        } else if (is[i] == OTHER) {
            put(in[i].c, &in[i]);
            before.joined = true;
            before.lone = false;
        } else if (look && ((i > 0 && letter(i - 1)) || letter(i + 1))) {
            put_letter(look, i);
        } else {
            before.joined = false;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size = size > INPUT_MAX ? INPUT_MAX : size;
    struct text *t = text_new();
    if (t && text_run(t, data, size, 1u << VIEW_SQUEEZE) == LMOD_OK) {
        in_size = signs_read(in, text_get(t, VIEW_FOLD));
        make_want();
        signs_compare(want, want_size, text_get(t, VIEW_SQUEEZE), size);
    }
    text_free(t);
    return 0;
}
