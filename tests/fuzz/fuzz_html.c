/*
 * Any bytes as HTML through all views: what comes out is UTF-8, its places ascend and lie in the text, and
 * so do its links.
 */
#include <stdlib.h>

#include "text/text.h"
#include "text/views.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16 };

static void must(bool so)
{
    if (!so)
        abort();
}

static void check_view(const struct text_view *v, enum view which, size_t size)
{
    const uint8_t *s = (const uint8_t *)v->bytes;
    must(v->map[v->size] <= size && v->bytes[v->size] == '\0');
    for (uint32_t i = 0; i < v->size;) {
        unsigned n = utf8_length(s + i, s + v->size);
        must(n > 0);
        for (; n > 0; n--, i++) {
            struct text_span one = text_span(v, i, i + 1);
            must(which == VIEW_REVERSE || v->map[i] <= v->map[i + 1]);
            must(one.from <= one.to && one.to <= size);
            must(v->ends ? v->map[i] < v->ends[i] : v->map[i] < size);
        }
    }
}

static void check_links(struct text *t, size_t size)
{
    struct text_links found;
    uint32_t before = 0;
    if (text_links(t, LINKS_HANDLES, &found) != LMOD_OK)
        return;
    for (uint32_t i = 0; i < found.size; i++) {
        must(before <= found.links[i].from && found.links[i].from < found.links[i].to);
        before = found.links[i].to;
    }
    must(before <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum view all[] = {VIEW_RAW, VIEW_FOLD, VIEW_SQUEEZE, VIEW_REVERSE, VIEW_PINYIN};
    struct text *t = text_new();
    uint32_t views = 0;
    size = size > INPUT_MAX ? INPUT_MAX : size;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        views |= 1u << all[i];
    if (t && text_run_html(t, data, size, views) == LMOD_OK) {
        for (size_t i = 0; i < COUNT_OF(all); i++)
            check_view(text_get(t, all[i]), all[i], size);
        check_links(t, size);
    }
    text_free(t);
    return 0;
}
