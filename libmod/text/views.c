/* A text and its views: memory that is kept from text to text, the raw view, and the door. */
#include <stdlib.h>
#include <string.h>

#include "text/views.h"

const struct term view_terms[] = {
    {"raw", VIEW_RAW},
    {"fold", VIEW_FOLD},
    {"squeeze", VIEW_SQUEEZE},
    {"reverse", VIEW_REVERSE},
    {"pinyin", VIEW_PINYIN},
    {"link", VIEW_LINK},
    {NULL, 0},
};

enum {
    BUILT = 1u << VIEW_RAW | 1u << VIEW_FOLD | 1u << VIEW_SQUEEZE | 1u << VIEW_REVERSE |
            1u << VIEW_PINYIN
};
/* A bad byte becomes three; a character of three bytes grows to FOLD_SIZE_MAX at most. */
static const size_t size_max = UINT32_MAX / 64;

struct text {
    struct grown raw, fold;
    struct squeezed squeeze, reverse, order, pinyin;
    uint32_t *same; /* 0, 1, 2 …: the map of a raw view without bad bytes */
    size_t same_size, same_cap;
    struct text_view views[VIEWS_KNOWN];
    bool made[VIEWS_KNOWN];
    struct links *links; /* NULL until somebody asks */
};

struct text *text_new(void)
{
    return calloc(1, sizeof(struct text));
}

void squeezed_finish(struct squeezed *s)
{
    free(s->view.bytes);
    free(s->view.map);
    free(s->ends);
}

void text_free(struct text *t)
{
    if (!t)
        return;
    free(t->raw.bytes);
    free(t->raw.map);
    free(t->fold.bytes);
    free(t->fold.map);
    squeezed_finish(&t->squeeze);
    squeezed_finish(&t->reverse);
    squeezed_finish(&t->order);
    squeezed_finish(&t->pinyin);
    free(t->same);
    links_free(t->links);
    free(t);
}

struct links **links_slot(struct text *t)
{
    return &t->links;
}

bool text_unchanged(const struct text *t)
{
    return t->views[VIEW_RAW].map == t->same;
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

bool squeezed_reserve(struct squeezed *s, size_t more)
{
    size_t need;
    void *ends = s->ends;
    if (!grown_reserve(&s->view, more) || !size_add(s->view.size, more, &need) ||
        !size_add(need, 1, &need))
        return false;
    bool so = array_grow(&ends, &s->ends_cap, need, sizeof(*s->ends));
    s->ends = ends;
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

/* A valid character of three bytes, of those that need no second look. */
static inline bool plain_three(const uint8_t *s)
{
    return ((s[0] & 0xf0) == 0xe0) & (s[0] != 0xe0) & (s[0] != 0xed) & ((s[1] & 0xc0) == 0x80) &
           ((s[2] & 0xc0) == 0x80);
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
        while (size - i >= 3 && plain_three(s + i))
            i += 3;
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
    t->views[VIEW_RAW] = (struct text_view){to->bytes, (uint32_t)to->size, map, NULL};
    return true;
}

static int begin(struct text *t, size_t size, uint32_t views)
{
    memset(t->made, 0, sizeof(t->made));
    links_forget(t->links);
    return (views & ~(uint32_t)BUILT) || size > size_max ? LMOD_E_ARGUMENT : LMOD_OK;
}

static void done(struct text *t, enum view v, const struct squeezed *q)
{
    t->views[v] = (struct text_view){q->view.bytes, (uint32_t)q->view.size, q->view.map, q->ends};
    t->made[v] = true;
}

static int make_reverse(struct text *t)
{
    struct squeezed *q = &t->reverse;
    t->views[VIEW_REVERSE] = t->views[VIEW_FOLD];
    if (reverse_needed(&t->views[VIEW_RAW])) {
        if (!reverse_view(q, &t->order, &t->views[VIEW_RAW]))
            return LMOD_E_MEMORY;
        done(t, VIEW_REVERSE, q);
    }
    t->made[VIEW_REVERSE] = true;
    return LMOD_OK;
}

/* What is made of the raw view. */
static int make_views(struct text *t, uint32_t views)
{
    t->made[VIEW_RAW] = true;
    if (views & ~(1u << VIEW_RAW)) { /* every other view is made of this one */
        t->fold.size = 0;
        if (!fold_view(&t->fold, &t->views[VIEW_RAW]))
            return LMOD_E_MEMORY;
        t->views[VIEW_FOLD] =
            (struct text_view){t->fold.bytes, (uint32_t)t->fold.size, t->fold.map, NULL};
        t->made[VIEW_FOLD] = true;
    }
    if (views & 1u << VIEW_SQUEEZE) {
        if (!squeeze_view(&t->squeeze, &t->views[VIEW_FOLD]))
            return LMOD_E_MEMORY;
        done(t, VIEW_SQUEEZE, &t->squeeze);
    }
    if (views & 1u << VIEW_PINYIN) {
        if (!pinyin_view(&t->pinyin, &t->views[VIEW_FOLD]))
            return LMOD_E_MEMORY;
        done(t, VIEW_PINYIN, &t->pinyin);
    }
    return views & 1u << VIEW_REVERSE ? make_reverse(t) : LMOD_OK;
}

int text_run(struct text *t, const void *bytes, size_t size, uint32_t views)
{
    int status = begin(t, size, views);
    if (status != LMOD_OK)
        return status;
    return raw_view(t, bytes, size) ? make_views(t, views) : LMOD_E_MEMORY;
}

int text_run_html(struct text *t, const void *bytes, size_t size, uint32_t views)
{
    struct grown *raw = &t->raw;
    int status = begin(t, size, views);
    if (status != LMOD_OK)
        return status;
    if (!html_view(raw, bytes, size))
        return LMOD_E_MEMORY;
    t->views[VIEW_RAW] = (struct text_view){raw->bytes, (uint32_t)raw->size, raw->map, NULL};
    return make_views(t, views);
}

const struct text_view *text_get(const struct text *t, enum view v)
{
    return (unsigned)v < VIEWS_KNOWN && t->made[v] ? &t->views[v] : NULL;
}

struct text_span text_span(const struct text_view *v, uint32_t from, uint32_t to)
{
    if (v->ends && to > from) {
        struct text_span s = {v->map[from], v->ends[from]};
        for (uint32_t i = from + 1; i < to; i++) {
            s.from = v->map[i] < s.from ? v->map[i] : s.from;
            s.to = v->ends[i] > s.to ? v->ends[i] : s.to;
        }
        return s;
    }
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
