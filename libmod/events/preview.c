/* The preview: 32 × 32 grey, twice blurred. Enough to tell a landscape from a person, and no more. */
#include "events/events.h"

#include "events/own.h"

enum { FROM = 64, SIDE = 32 };

static uint8_t mean(const uint8_t *luma, int x, int y)
{
    unsigned sum = 0, n = 0;
    for (int v = y - 2; v <= y + 3; v++)
        for (int u = x - 2; u <= x + 3; u++)
            if (u >= 0 && v >= 0 && u < FROM && v < FROM) {
                sum += luma[v * FROM + u];
                n++;
            }
    return (uint8_t)(sum / n);
}

static void base64(const uint8_t *bytes, size_t size, char *out)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    for (size_t i = 0; i < size; i += 3) {
        uint32_t a = bytes[i], b = i + 1 < size ? bytes[i + 1] : 0,
                 c = i + 2 < size ? bytes[i + 2] : 0, v = a << 16 | b << 8 | c;
        *out++ = digit[v >> 18];
        *out++ = digit[v >> 12 & 63];
        *out++ = digit[i + 1 < size ? v >> 6 & 63 : 64];
        *out++ = digit[i + 2 < size ? v & 63 : 64];
    }
    *out = '\0';
}

json_t *preview_render(const uint8_t *luma)
{
    uint8_t small[SIDE * SIDE];
    char text[(SIDE * SIDE + 2) / 3 * 4 + 1];
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            small[y * SIDE + x] = mean(luma, 2 * x, 2 * y);
    base64(small, sizeof(small), text);
    json_t *o = json_object();
    if (o && js_int(o, "width", SIDE) && js_int(o, "height", SIDE) &&
        js_str(o, "format", "grey8") && js_str(o, "data", text))
        return o;
    json_decref(o);
    return NULL;
}
