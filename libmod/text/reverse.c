/*
 * The reverse view: the fold view of the text in the order in which it is read. A right-to-left override
 * (U+202E) shows what follows it from its end; it ends with U+202C, with an isolate's end or with the
 * line. A text without one is read as it stands.
 */
#include <string.h>

#include "text/views.h"

enum { RLO = 0x202e, PDF = 0x202c, LRO = 0x202d, PDI = 0x2069 };

static const char rlo_bytes[] = "\xe2\x80\xae"; /* U+202E */

bool reverse_needed(const struct text_view *raw)
{
    return raw->size >= 3 && memmem(raw->bytes, raw->size, rlo_bytes, 3);
}

/* Where the run that begins at `at` ends. */
static uint32_t run_end(const struct text_view *raw, uint32_t at)
{
    const uint8_t *s = (const uint8_t *)raw->bytes;
    while (at < raw->size) {
        unsigned length;
        uint32_t c = utf8_get(s + at, &length);
        if (c == PDF || c == PDI || c == LRO || c == RLO || c == '\n' || c == 0x2029)
            break;
        at += length;
    }
    return at;
}

/* The character [at, at + length) of the raw view goes to the end of `to`. */
static void copy(struct squeezed *to, const struct text_view *raw, uint32_t at, unsigned length)
{
    struct grown *g = &to->view;
    for (unsigned k = 0; k < length; k++) {
        g->bytes[g->size] = raw->bytes[at + k];
        g->map[g->size++] = raw->map[at];
    }
}

static void
copy_backwards(struct squeezed *to, const struct text_view *raw, uint32_t from, uint32_t end)
{
    while (end > from) {
        uint32_t at = end - 1;
        while (at > from && ((uint8_t)raw->bytes[at] & 0xc0) == 0x80)
            at--;
        copy(to, raw, at, end - at);
        end = at;
    }
}

/* The raw view with its overrides read, into `to`. */
static bool in_reading_order(struct squeezed *to, const struct text_view *raw)
{
    const uint8_t *s = (const uint8_t *)raw->bytes;
    to->view.size = 0;
    if (!squeezed_reserve(to, raw->size))
        return false;
    for (uint32_t i = 0; i < raw->size;) {
        unsigned length;
        if (utf8_get(s + i, &length) == RLO) {
            uint32_t end = run_end(raw, i + length);
            copy_backwards(to, raw, i + length, end);
            i = end;
        } else {
            copy(to, raw, i, length);
            i += length;
        }
    }
    to->view.map[to->view.size] = raw->map[raw->size];
    to->view.bytes[to->view.size] = '\0';
    return true;
}

/* Where the raw character at raw offset `from` ends. */
static uint32_t end_of(const struct text_view *raw, uint32_t from)
{
    uint32_t low = 0, high = raw->size;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (raw->map[mid] <= from)
            low = mid + 1;
        else
            high = mid;
    }
    while (low < raw->size && ((uint8_t)raw->bytes[low] & 0xc0) == 0x80)
        low++;
    return raw->map[low];
}

bool reverse_view(struct squeezed *to, struct squeezed *order, const struct text_view *raw)
{
    to->view.size = 0;
    if (!in_reading_order(order, raw))
        return false;
    const struct text_view read = {order->view.bytes, (uint32_t)order->view.size, order->view.map,
                                   NULL};
    if (!fold_view(&to->view, &read) || !squeezed_reserve(to, 0))
        return false;
    for (size_t i = 0; i < to->view.size; i++)
        to->ends[i] = end_of(raw, to->view.map[i]);
    return true;
}
