/* Columns of a terminal: wide characters take two, marks and invisible ones none. */
#include "underline.h"

#include <stdlib.h>
#include <string.h>

/* [first, last] of characters that take two columns, and of those that take none; ascending. */
struct range {
    uint32_t first, last;
};
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
    {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
    {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
static const struct range none[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x200b, 0x200f}, {0x202a, 0x202e},
    {0x2060, 0x2064}, {0x20d0, 0x20f0}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef},
};

static bool is_in(const struct range *r, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n && r[i].first <= c; i++)
        if (c <= r[i].last)
            return true;
    return false;
}

/* The character at `text`, which is valid UTF-8, and its bytes. */
static uint32_t character(const char *text, size_t *bytes)
{
    const unsigned char *b = (const unsigned char *)text;
    *bytes = b[0] < 0x80 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    uint32_t c = *bytes == 1 ? b[0] : b[0] & (0xffu >> (*bytes + 1));
    for (size_t i = 1; i < *bytes; i++)
        c = c << 6 | (b[i] & 0x3f);
    return c;
}

/* Appends one character as it is shown; its columns. */
static uint32_t show(struct underline *u, const char *text, size_t bytes, uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
        buffer_printf(&u->text, "\\x%02x", c);
        return 4;
    }
    buffer_append(&u->text, text, bytes);
    return is_in(none, COUNT_OF(none), c) ? 0 : is_in(wide, COUNT_OF(wide), c) ? 2 : 1;
}

/* Bytes of the valid character at `text`, 0: there is none. */
static size_t valid(const char *text, size_t left)
{
    for (size_t n = 1; n <= 4 && n <= left; n++)
        if (utf8_valid(text, n))
            return n;
    return 0;
}

static void lay_out(struct underline *u, const char *text, size_t size, size_t most)
{
    uint32_t column = 0;
    size_t at = 0;
    while (at < size && u->text.size < most) {
        size_t bytes = valid(text + at, size - at), step = bytes ? bytes : 1;
        uint32_t width = bytes ? show(u, text + at, bytes, character(text + at, &bytes))
                               : show(u, "\xef\xbf\xbd", 3, 0xfffd);
        for (size_t i = 0; i < step; i++)
            u->column[at + i] = column;
        column += width;
        at += step;
    }
    if (at < size)
        buffer_str(&u->text, "…");
    for (; at <= size; at++)
        u->column[at] = column;
}

bool underline_begin(struct underline *u, const char *text, size_t size, size_t most)
{
    *u = (struct underline){BUFFER_INIT, BUFFER_INIT, array_new(size + 1, sizeof(uint32_t)), size};
    if (u->column)
        lay_out(u, text, size, most);
    buffer_append(&u->text, "", 1);
    if (u->column && !u->text.failed)
        return true;
    underline_end(u);
    return false;
}

const char *underline_at(struct underline *u, uint32_t from, uint32_t to, char mark)
{
    buffer_clear(&u->marks);
    if (from > u->size)
        from = (uint32_t)u->size;
    if (to > u->size)
        to = (uint32_t)u->size;
    for (uint32_t i = 0; i < u->column[from]; i++)
        buffer_append(&u->marks, " ", 1);
    uint32_t end = to > from ? u->column[to] : u->column[from];
    for (uint32_t i = u->column[from]; i < end || i == u->column[from]; i++)
        buffer_append(&u->marks, &mark, 1);
    buffer_append(&u->marks, "", 1);
    return u->marks.failed ? "" : u->marks.data;
}

void underline_end(struct underline *u)
{
    buffer_finish(&u->text);
    buffer_finish(&u->marks);
    free(u->column);
}
