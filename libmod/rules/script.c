/* Characters: UTF-8 steps, and which letters have word edges. Ranges only where a script is written
 * without spaces or is frequent; PCRE2's Unicode properties know the rest. */
#include "rules/pack.h"

uint32_t code_point(const char *bytes, size_t size, uint32_t *length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    uint32_t n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
    if (n > size)
        n = (uint32_t)size;
    for (uint32_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3Fu);
    *length = n;
    return c;
}

uint32_t code_point_before(const char *bytes, size_t at)
{
    uint32_t length;
    size_t from = at;
    do
        from--;
    while (from > 0 && ((unsigned char)bytes[from] & 0xC0) == 0x80);
    return code_point(bytes + from, at - from, &length);
}

static const struct range {
    uint32_t from, to;
    enum script script;
} ranges[] = {
    {0x00C0, 0x00D6, SCRIPT_SPACED},   {0x00D8, 0x00F6, SCRIPT_SPACED},
    {0x00F8, 0x02AF, SCRIPT_SPACED},   {0x0400, 0x0481, SCRIPT_SPACED},
    {0x048A, 0x052F, SCRIPT_SPACED},   {0x0E01, 0x0E3A, SCRIPT_JOINED}, /* Thai */
    {0x0E40, 0x0E4E, SCRIPT_JOINED},   {0x0E80, 0x0EFF, SCRIPT_JOINED}, /* Lao */
    {0x0F40, 0x0FBC, SCRIPT_JOINED},                                    /* Tibetan */
    {0x1000, 0x109F, SCRIPT_JOINED},                                    /* Myanmar */
    {0x1100, 0x11FF, SCRIPT_HANGUL},   {0x1780, 0x17D3, SCRIPT_JOINED}, /* Khmer */
    {0x2000, 0x206F, SCRIPT_NONE},     {0x2E80, 0x2FDF, SCRIPT_JOINED},
    {0x3000, 0x3004, SCRIPT_NONE},     {0x3005, 0x3007, SCRIPT_JOINED},
    {0x3008, 0x3020, SCRIPT_NONE},     {0x3021, 0x303C, SCRIPT_JOINED},
    {0x303D, 0x3040, SCRIPT_NONE},     {0x3041, 0x30FA, SCRIPT_JOINED}, /* Kana */
    {0x30FB, 0x30FB, SCRIPT_NONE},     {0x30FC, 0x312F, SCRIPT_JOINED},
    {0x3130, 0x318F, SCRIPT_HANGUL},   {0x31A0, 0x31FF, SCRIPT_JOINED},
    {0x3400, 0x4DBF, SCRIPT_JOINED},   {0x4E00, 0x9FFF, SCRIPT_JOINED}, /* Han */
    {0xA960, 0xA97F, SCRIPT_HANGUL},   {0xAC00, 0xD7FF, SCRIPT_HANGUL},
    {0xF900, 0xFAFF, SCRIPT_JOINED},   {0xFF01, 0xFF0F, SCRIPT_NONE},
    {0xFF66, 0xFF9F, SCRIPT_JOINED},   {0xFFA0, 0xFFDC, SCRIPT_HANGUL},
    {0x1B000, 0x1B16F, SCRIPT_JOINED}, {0x20000, 0x3FFFF, SCRIPT_JOINED},
};

static const struct range *range_of(uint32_t c)
{
    size_t low = 0, high = COUNT_OF(ranges);
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c > ranges[mid].to)
            low = mid + 1;
        else
            high = mid;
    }
    return low < COUNT_OF(ranges) && c >= ranges[low].from ? &ranges[low] : NULL;
}

bool is_han(uint32_t c)
{
    const struct range *found = c < 0x2E80 ? NULL : range_of(c);
    return found && found->script == SCRIPT_JOINED;
}

bool is_space(uint32_t c)
{
    return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/* Writes one code point; returns its bytes. */
static size_t utf8_put(uint32_t c, unsigned char out[4])
{
    if (c < 0x800) {
        out[0] = (unsigned char)(0xC0 | c >> 6);
        out[1] = (unsigned char)(0x80 | (c & 0x3F));
        return 2;
    }
    size_t n = c < 0x10000 ? 3 : 4;
    out[0] = (unsigned char)((n == 3 ? 0xE0 : 0xF0) | c >> (6 * (n - 1)));
    for (size_t i = 1; i < n; i++)
        out[i] = (unsigned char)(0x80 | (c >> (6 * (n - 1 - i)) & 0x3F));
    return n;
}

enum script script_of(const struct rules *r, pcre2_match_data *data, uint32_t c)
{
    unsigned char bytes[4];
    if (c < 0x80)
        return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ? SCRIPT_SPACED
                                                                              : SCRIPT_NONE;
    const struct range *found = range_of(c);
    if (found)
        return found->script;
    int n = pcre2_match(r->letter, bytes, utf8_put(c, bytes), 0, PCRE2_NO_UTF_CHECK, data, NULL);
    return n > 0 ? SCRIPT_SPACED : SCRIPT_NONE;
}
