/* A text and its views: memory that is kept from text to text, the raw view, and the door. */
#include <stdlib.h>
#include <string.h>

#include "text/views.h"

const struct term view_terms[] = {
    {"raw", VIEW_RAW},         {"fold", VIEW_FOLD},     {"squeeze", VIEW_SQUEEZE},
    {"reverse", VIEW_REVERSE}, {"pinyin", VIEW_PINYIN}, {NULL, 0},
};

enum { BUILT = 1u << VIEW_RAW | 1u << VIEW_FOLD };
/* A bad byte becomes three; a character of three bytes grows to FOLD_SIZE_MAX at most. */
static const size_t size_max = UINT32_MAX / 64;

struct text {
    struct grown raw, fold;
    uint32_t *same; /* 0, 1, 2 …: the map of a raw view without bad bytes */
    size_t same_size, same_cap;
    struct text_view views[VIEWS_KNOWN];
    bool made[VIEWS_KNOWN];
};

struct text *text_new(void)
{
    return calloc(1, sizeof(struct text));
}

void text_free(struct text *t)
{
    if (!t)
        return;
    free(t->raw.bytes);
    free(t->raw.map);
    free(t->fold.bytes);
    free(t->fold.map);
    free(t->same);
    free(t);
}

bool grown_reserve(struct grown *g, size_t more)
{
    size_t need, bytes_cap = g->cap, map_cap = g->cap;
    void *bytes = g->bytes, *map = g->map;
    if (!size_add(g->size, more, &need) || !size_add(need, 1, &need))
        return false;
    if (need <= g->cap)
        return true;
    bool so = array_grow(&bytes, &bytes_cap, need, 1);
    g->bytes = bytes;
    so = so && array_grow(&map, &map_cap, need, sizeof(*g->map));
    g->map = map;
    if (so)
        g->cap = bytes_cap;
    return so;
}

static bool same_map(struct text *t, size_t size)
{
    void *same = t->same;
    if (t->same_size > size)
        return true;
    if (!array_grow(&same, &t->same_cap, size + 1, sizeof(*t->same)))
        return false;
    t->same = same;
    while (t->same_size < t->same_cap) {
        t->same[t->same_size] = (uint32_t)t->same_size;
        t->same_size++;
    }
    return true;
}

/* How many bytes from the start are valid. */
static size_t valid_size(const uint8_t *s, size_t size)
{
    size_t i = 0;
    while (i < size) {
        uint64_t word;
        while (size - i >= sizeof(word)) {
            memcpy(&word, s + i, sizeof(word));
            if (word & 0x8080808080808080u)
                break;
            i += sizeof(word);
        }
        while (i < size && s[i] < 0x80)
            i++;
        while (i < size && s[i] >= 0x80) {
            unsigned n = utf8_length(s + i, s + size);
            if (!n)
                return i;
            i += n;
        }
    }
    return i;
}

/* The rest of a raw view from the first bad byte on. */
static bool repair(struct grown *to, const uint8_t *s, size_t from, size_t size)
{
    for (size_t i = from; i < size;) {
        unsigned n = utf8_length(s + i, s + size);
        if (!grown_reserve(to, 4))
            return false;
        memcpy(to->bytes + to->size, n ? (const char *)s + i : "\xef\xbf\xbd", n ? n : 3);
        for (unsigned k = 0; k < (n ? n : 3); k++)
            to->map[to->size++] = (uint32_t)(n ? i + k : i);
        i += n ? n : 1;
    }
    to->map[to->size] = (uint32_t)size;
    return true;
}

static bool raw_view(struct text *t, const uint8_t *s, size_t size)
{
    struct grown *to = &t->raw;
    to->size = 0;
    if (!same_map(t, size) || !grown_reserve(to, size))
        return false;
    size_t valid = valid_size(s, size);
    if (size)
        memcpy(to->bytes, s, size);
    to->size = valid;
    const uint32_t *map = t->same;
    if (valid < size) {
        memcpy(to->map, t->same, valid * sizeof(*to->map));
        if (!repair(to, s, valid, size))
            return false;
        map = to->map;
    }
    to->bytes[to->size] = '\0';
    t->views[VIEW_RAW] = (struct text_view){to->bytes, (uint32_t)to->size, map};
    return true;
}

int text_run(struct text *t, const void *bytes, size_t size, uint32_t views)
{
    memset(t->made, 0, sizeof(t->made));
    if ((views & ~(uint32_t)BUILT) || size > size_max)
        return LMOD_E_ARGUMENT;
    if (!raw_view(t, bytes, size))
        return LMOD_E_MEMORY;
    t->made[VIEW_RAW] = true;
    if (views & 1u << VIEW_FOLD) {
        t->fold.size = 0;
        if (!fold_view(&t->fold, &t->views[VIEW_RAW]))
            return LMOD_E_MEMORY;
        t->views[VIEW_FOLD] =
            (struct text_view){t->fold.bytes, (uint32_t)t->fold.size, t->fold.map};
        t->made[VIEW_FOLD] = true;
    }
    return LMOD_OK;
}

const struct text_view *text_get(const struct text *t, enum view v)
{
    return (unsigned)v < VIEWS_KNOWN && t->made[v] ? &t->views[v] : NULL;
}

struct text_span text_span(const struct text_view *v, uint32_t from, uint32_t to)
{
    while (to > from && to < v->size && v->map[to] == v->map[to - 1])
        to++;
    return (struct text_span){v->map[from], v->map[to]};
}

int text_fold(struct buffer *out, const char *bytes, size_t size, enum view v)
{
    struct text *t = text_new();
    int status = LMOD_E_MEMORY;
    if (t)
        status = (unsigned)v < VIEWS_KNOWN ? text_run(t, bytes, size, 1u << v) : LMOD_E_ARGUMENT;
    if (!status) {
        buffer_append(out, t->views[v].bytes, t->views[v].size);
        status = out->failed ? LMOD_E_MEMORY : LMOD_OK;
    }
    text_free(t);
    return status;
}
