/*
 * The literal matcher beside a search that looks for every literal at every place: the same hits, each
 * once and ascending. The input: how many literals, three bytes for each (where it stands in the text,
 * its length), then the text; of four literals one has a last byte that the text need not have there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LITERALS = 64, LONGEST = 48, TEXT_MAX = 2048 };

static uint64_t texts, comparisons; /* a literal and a text are one */

__attribute__((destructor)) static void tell(void)
{
    printf("# %" PRIu64 " comparisons of a literal and a text, %" PRIu64 " texts\n", comparisons,
           texts);
}

struct seen {
    const struct text_literal *literal;
    const char *text;
    uint32_t from;
    uint64_t here; /* the literals that were told at `from` */
    size_t count;
};

static void must(bool so)
{
    if (!so)
        abort();
}

static bool see(void *user, uint32_t which, uint32_t from, uint32_t to)
{
    struct seen *s = user;
    if (from != s->from)
        s->here = 0;
    must(from >= s->from && !(s->here >> which & 1));
    must(to - from == s->literal[which].size);
    must(memcmp(s->text + from, s->literal[which].bytes, to - from) == 0);
    s->from = from;
    s->here |= UINT64_C(1) << which;
    s->count++;
    return true;
}

static void compare(const struct text_literal *literal, size_t n, const char *text, size_t size)
{
    struct matcher *m = NULL;
    size_t count = 0;
    if (matcher_new(&m, literal, n) != LMOD_OK) /* out of memory */
        return;
    struct seen seen = {.literal = literal, .text = text};
    matcher_run(m, text, (uint32_t)size, see, &seen);
    for (size_t i = 0; i < n; i++)
        for (size_t at = 0; at + literal[i].size <= size; at++)
            count += text[at] == literal[i].bytes[0] &&
                     memcmp(text + at, literal[i].bytes, literal[i].size) == 0;
    must(seen.count == count);
    texts++;
    comparisons += n;
    matcher_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char bytes[LITERALS][LONGEST];
    struct text_literal literal[LITERALS] = {{NULL, 0}};
    size_t n = size ? data[0] % (LITERALS + 1) : 0;
    if (size < 1 + 3 * n + 1)
        return 0;
    const uint8_t *at = data + 1, *begin = at + 3 * n;
    size_t length = size - 1 - 3 * n;
    length = length > TEXT_MAX ? TEXT_MAX : length;
    /* Of exactly its size, so that a sanitizer sees a byte read too far. */
    char *text = malloc(length);
    if (!text)
        return 0;
    memcpy(text, begin, length);
    for (size_t i = 0; i < n; i++, at += 3) {
        size_t from = (size_t)(at[0] | at[1] << 8) % length, most = length - from;
        size_t wanted = 1 + at[2] % LONGEST;
        literal[i] = (struct text_literal){bytes[i], (uint32_t)(wanted < most ? wanted : most)};
        memcpy(bytes[i], text + from, literal[i].size);
        if (i % 4 == 3)
            bytes[i][literal[i].size - 1] = (char)at[2];
    }
    compare(literal, n, text, length);
    free(text);
    return 0;
}
