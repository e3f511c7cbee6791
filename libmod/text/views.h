/* Inside the room: views that grow, and how UTF-8 is read. */
#ifndef TEXT_VIEWS_H
#define TEXT_VIEWS_H

#include "text/text.h"

/* A view while it is made: its arrays live as long as the text and only grow. */
struct grown {
    char *bytes;
    uint32_t *map;
    size_t size, cap;
};

/* Room for `more` bytes and as many offsets, and the end's. */
bool grown_reserve(struct grown *g, size_t more);

/* The length of the valid character at `s`, before `end`; 0: invalid. */
static inline unsigned utf8_length(const uint8_t *s, const uint8_t *end)
{
    size_t left = (size_t)(end - s);
    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || left < 2 || (s[1] & 0xc0) != 0x80)
        return 0;
    if (s[0] < 0xe0)
        return 2;
    if (left < 3 || (s[2] & 0xc0) != 0x80)
        return 0;
    if (s[0] < 0xf0)
        return (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ? 0 : 3;
    if (s[0] > 0xf4 || left < 4 || (s[3] & 0xc0) != 0x80)
        return 0;
    return (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90) ? 0 : 4;
}

/* The code point of the valid character at `s`, and its length. */
static inline uint32_t utf8_get(const uint8_t *s, unsigned *length)
{
    if (s[0] < 0x80) {
        *length = 1;
        return s[0];
    }
    if (s[0] < 0xe0) {
        *length = 2;
        return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
    }
    if (s[0] < 0xf0) {
        *length = 3;
        return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
    }
    *length = 4;
    return (s[0] & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 | (s[3] & 0x3fu);
}

/* The fold view of a raw view. False: out of memory. */
bool fold_view(struct grown *to, const struct text_view *raw);

/* The raw view of an HTML text: what a reader sees of it. False: out of memory. */
bool html_view(struct grown *to, const char *bytes, size_t size);

/* A view with the raw end of each byte's character: what lies between two of its characters is not
 * theirs. */
struct squeezed {
    struct grown view;
    uint32_t *ends;
    size_t ends_cap;
};

bool squeezed_reserve(struct squeezed *s, size_t more);

/* The squeeze view of a fold view. False: out of memory. */
bool squeeze_view(struct squeezed *to, const struct text_view *fold);

/* Frees what it holds. */
void squeezed_finish(struct squeezed *s);

/* Whether a character of the fold view is neither letter nor digit. */
bool view_is_sign(uint32_t c);

/* Where the raw character before fold byte `next` ends, with what the fold view dropped behind it. */
static inline uint32_t view_raw_end(const struct text_view *fold, uint32_t next)
{
    while (next < fold->size && fold->map[next] == fold->map[next - 1])
        next++;
    return fold->map[next];
}

/* The pinyin view of a fold view. False: out of memory. */
bool pinyin_view(struct squeezed *to, const struct text_view *fold);

/* Whether the text has a right-to-left override; without one the reverse view is the fold view. */
bool reverse_needed(const struct text_view *raw);

/* The reverse view of a raw view; `order` is its scratch. False: out of memory. */
bool reverse_view(struct squeezed *to, struct squeezed *order, const struct text_view *raw);

/* Writes one code point in UTF-8; the length. */
unsigned utf8_put(char *to, uint32_t c);

/* The links that a text keeps: of its last run, until the next. */
struct links;
struct links **links_slot(struct text *t);
void links_forget(struct links *l);
void links_free(struct links *l);

/* Whether the raw view is the text, byte for byte. */
bool text_unchanged(const struct text *t);

#endif
