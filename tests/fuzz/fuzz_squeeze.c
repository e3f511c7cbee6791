/*
 * Any bytes through the squeeze view, beside a reference that first says of every character of the fold
 * view what it is, and then puts them one after the other.
 */
#include <stdlib.h>
#include <string.h>

#include "text/text.h"
#include "text/views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 4096, OUT_MAX = 70 * INPUT_MAX };
enum what { OTHER, LETTER, STANDS, SEPARATOR };

/* A character and the raw bytes that it stands for; `lone`: a letter with separators on both sides. */
struct sign {
    uint32_t c, from, to;
    enum what what;
    bool lone;
};
static struct sign in[OUT_MAX], want[OUT_MAX];
static size_t in_size, want_size;

static void must(bool so)
{
    if (!so)
        abort();
}

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
    return i >= in_size || in[i].what == SEPARATOR;
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
        in[i].what = what(i);
    for (size_t i = 0; i < in_size; i++) {
        uint32_t look = looks(in[i].c);
        if (in[i].what == LETTER) {
            put_letter(in[i].c, i);
        } else if (in[i].what == STANDS) {
            i = put_run(i) - 1;
        } else if (in[i].what == OTHER) {
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

/* The characters of the fold view, each up to where the next raw character begins. */
static void read_fold(const struct text_view *v)
{
    unsigned length;
    in_size = 0;
    for (uint32_t i = 0; i < v->size; i += length) {
        uint32_t c = utf8_get((const uint8_t *)v->bytes + i, &length), next = i;
        while (next < v->size && v->map[next] <= v->map[i])
            next++;
        in[in_size++] = (struct sign){.c = c, .from = v->map[i], .to = v->map[next]};
    }
}

static void compare(const struct text_view *v, size_t size)
{
    uint32_t at = 0;
    for (size_t i = 0; i < want_size; i++) {
        unsigned length = 0;
        must(at < v->size && utf8_get((const uint8_t *)v->bytes + at, &length) == want[i].c);
        for (; length > 0; length--, at++)
            must(v->map[at] == want[i].from && v->ends[at] == want[i].to);
    }
    must(at == v->size && v->map[at] == size);
    for (uint32_t i = 0; i < v->size; i++)
        must(v->map[i] <= v->map[i + 1] && v->map[i] < v->ends[i] && v->ends[i] <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size = size > INPUT_MAX ? INPUT_MAX : size;
    struct text *t = text_new();
    if (t && text_run(t, data, size, 1u << VIEW_SQUEEZE) == LMOD_OK) {
        read_fold(text_get(t, VIEW_FOLD));
        make_want();
        compare(text_get(t, VIEW_SQUEEZE), size);
    }
    text_free(t);
    return 0;
}
