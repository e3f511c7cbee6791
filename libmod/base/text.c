/* Small text helpers. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

char *text_copy(const char *text, size_t length)
{
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

bool text_is(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

void hex_write(const uint8_t *bytes, size_t size, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digit[bytes[i] >> 4];
        out[2 * i + 1] = digit[bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

/* Without branches that the processor would have to guess: lists are read by the million. */
static int hex_digit(char c)
{
    unsigned digit = (unsigned)(unsigned char)c - '0', letter = ((unsigned char)c | 32u) - 'a';
    int value = letter < 6 ? (int)letter + 10 : -1;
    return digit < 10 ? (int)digit : value;
}

bool hex_read(const char *text, size_t length, uint8_t *bytes, size_t size)
{
    if (length != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        if ((high | low) < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours. Words over 63 bytes are
 * never alike. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t row[3][64];
    if (n > 63 || m > 63)
        return 64;
    for (size_t j = 0; j <= m; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            best = least(best, least(last[j] + 1, now[j - 1] + 1));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, before[j - 2] + 1);
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

const char *text_suggest(const char *word, size_t length, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t limit = least(3, length / 3 + 1), found = limit + 1;
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(word, length, names[i], strlen(names[i]));
        if (d < found) {
            found = d;
            best = names[i];
        }
    }
    return best;
}

struct unit {
    const char *name;
    uint64_t factor;
};

static bool with_unit(const char *text, size_t length, const struct unit *units, uint64_t *out)
{
    size_t i = 0;
    uint64_t value = 0;
    for (; i < length && text[i] >= '0' && text[i] <= '9'; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    if (i == 0)
        return false;
    while (i < length && text[i] == ' ')
        i++;
    for (const struct unit *u = units; u->name; u++)
        if (text_is(text + i, length - i, u->name))
            return !__builtin_mul_overflow(value, u->factor, out) && *out <= INT64_MAX;
    return false;
}

bool text_size(const char *text, size_t length, uint64_t *bytes)
{
    static const struct unit units[] = {
        {"", 1},
        {"B", 1},
        {"k", 1000},
        {"K", 1000},
        {"kB", 1000},
        {"KB", 1000},
        {"M", 1000000},
        {"MB", 1000000},
        {"G", 1000000000},
        {"GB", 1000000000},
        {"KiB", 1ull << 10},
        {"MiB", 1ull << 20},
        {"GiB", 1ull << 30},
        {NULL, 0},
    };
    return with_unit(text, length, units, bytes);
}

bool text_duration(const char *text, size_t length, uint64_t *ms)
{
    static const struct unit units[] = {
        {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0},
    };
    return with_unit(text, length, units, ms);
}

/* Length of the valid UTF-8 character at `p` (n > 0 bytes left), 0 when there is none. */
static size_t utf8_char(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return p[0] ? 1 : 0;
    size_t size = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || n < size)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return size;
}

bool utf8_valid(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char((const unsigned char *)text + i, length - i);
        if (!size)
            return false;
        i += size;
    }
    return true;
}

void utf8_repair(struct buffer *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char((const unsigned char *)text + i, length - i);
        buffer_append(out, size ? text + i : "\xEF\xBF\xBD", size ? size : 3);
        i += size ? size : 1;
    }
}
