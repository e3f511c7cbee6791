/* A regex put through the view that it searches, so that its letters are the view's letters. */
#include "rules/regex.h"

#include <string.h>

#include "text/text.h"

struct folding {
    struct buffer *out, *map;
    const char *p;
    size_t size, at;
    bool in_class, quoted;
};

static void put(struct folding *f, const char *bytes, size_t size)
{
    buffer_append(f->out, bytes, size);
    for (size_t i = 0; i < size; i++) {
        uint32_t from = (uint32_t)f->at;
        buffer_append(f->map, &from, sizeof(from));
    }
}

static bool ends_range(const struct folding *f, size_t after)
{
    return (f->at > 0 && f->p[f->at - 1] == '-') || (after < f->size && f->p[after] == '-');
}

/* A character that is not ASCII. What becomes several is grouped, so that a quantifier still is
 * about all of it; in a class only what stays one character is folded. */
static void letter(struct folding *f, uint32_t length)
{
    struct buffer folded = BUFFER_INIT;
    uint32_t first = 0;
    int status = text_fold(&folded, f->p + f->at, length, VIEW_FOLD);
    bool good = status == LMOD_OK && !folded.failed;
    if (good && folded.size > 0)
        (void)code_point(folded.data, folded.size, &first);
    bool single = good && folded.size > 0 && first == folded.size;
    /* an operator that a character folds to, such as a full-width bracket, stays a literal */
    bool plain = single && ((unsigned char)folded.data[0] >= 0x80 ||
                            !strchr("\\[](){}.*+?^$|-#", folded.data[0]));
    if (single && f->in_class && ends_range(f, f->at + length))
        single = plain = false;
    if (plain) {
        put(f, folded.data, folded.size);
    } else if (single && !f->quoted) {
        put(f, "\\", 1);
        put(f, folded.data, folded.size);
    } else if (good && folded.size > 0 && !f->in_class && !f->quoted) {
        put(f, "(?:\\Q", 5);
        put(f, folded.data, folded.size);
        put(f, "\\E)", 3);
    } else if (good && folded.size == 0 && !f->in_class && !f->quoted) {
        put(f, "(?:)", 4);
    } else {
        put(f, f->p + f->at, length);
    }
    f->out->failed |= folded.failed || status == LMOD_E_MEMORY;
    buffer_finish(&folded);
}

static void ascii(struct folding *f)
{
    const char *c = f->p + f->at;
    size_t left = f->size - f->at, n = 1;
    if (*c == '\\' && left > 1 && (c[1] == 'Q' || c[1] == 'E'))
        f->quoted = c[1] == 'Q';
    if (*c == '\\' && left > 1 && !f->quoted && (unsigned char)c[1] < 0x80) {
        n = 2;
    } else if (!f->quoted && *c == '[' && !f->in_class) {
        f->in_class = true; /* "]" right after is a member */
        n += left > 1 && c[1] == '^';
        n += left > n && c[n] == ']';
    } else if (!f->quoted && *c == ']') {
        f->in_class = false;
    }
    put(f, c, n);
    f->at += n;
}

void regex_fold(struct buffer *out, struct buffer *map, const char *pattern, size_t size)
{
    struct folding f = {.out = out, .map = map, .p = pattern, .size = size};
    while (f.at < size) {
        uint32_t length;
        if ((unsigned char)pattern[f.at] < 0x80) {
            ascii(&f);
            continue;
        }
        (void)code_point(pattern + f.at, size - f.at, &length);
        letter(&f, length);
        f.at += length;
    }
    uint32_t end = (uint32_t)size;
    buffer_append(map, &end, sizeof(end));
}
