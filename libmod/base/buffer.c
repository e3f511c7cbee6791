/* Growable byte strings and arrays. */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *array_new(size_t n, size_t item)
{
    size_t bytes;
    if (!size_mul(n, item, &bytes))
        return NULL;
    return calloc(1, bytes ? bytes : 1);
}

bool array_grow(void **array, size_t *cap, size_t need, size_t item)
{
    if (need <= *cap)
        return true;
    size_t want = *cap ? *cap : 8, bytes;
    while (want < need)
        if (!size_mul(want, 2, &want))
            return false;
    if (!size_mul(want, item, &bytes))
        return false;
    void *grown = realloc(*array, bytes);
    if (!grown)
        return false;
    *array = grown;
    *cap = want;
    return true;
}

void buffer_finish(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer)BUFFER_INIT;
}

void buffer_clear(struct buffer *b)
{
    b->size = 0;
    b->failed = false;
}

static bool reserve(struct buffer *b, size_t extra)
{
    size_t need;
    if (b->failed || !size_add(b->size, extra, &need) || !size_add(need, 1, &need) ||
        !array_grow((void **)&b->data, &b->cap, need, 1)) {
        b->failed = true;
        return false;
    }
    return true;
}

void buffer_append(struct buffer *b, const void *bytes, size_t size)
{
    if (!reserve(b, size))
        return;
    if (size)
        memcpy(b->data + b->size, bytes, size);
    b->size += size;
    b->data[b->size] = '\0';
}

void buffer_str(struct buffer *b, const char *text)
{
    buffer_append(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !reserve(b, (size_t)n)) {
        b->failed = true;
        return;
    }
    va_start(args, format);
    (void)vsnprintf(b->data + b->size, (size_t)n + 1, format, args);
    va_end(args);
    b->size += (size_t)n;
}

static void little(struct buffer *b, uint64_t value, size_t bytes)
{
    uint8_t raw[8];
    for (size_t i = 0; i < bytes; i++)
        raw[i] = (uint8_t)(value >> (8 * i));
    buffer_append(b, raw, bytes);
}

void buffer_u16(struct buffer *b, uint16_t value)
{
    little(b, value, 2);
}

void buffer_u32(struct buffer *b, uint32_t value)
{
    little(b, value, 4);
}

void buffer_u64(struct buffer *b, uint64_t value)
{
    little(b, value, 8);
}

void buffer_pad(struct buffer *b, size_t align)
{
    static const char zero[64];
    while (!b->failed && b->size % align) {
        size_t gap = align - b->size % align;
        buffer_append(b, zero, gap < sizeof(zero) ? gap : sizeof(zero));
    }
}

char *buffer_take(struct buffer *b, size_t *size)
{
    if (b->size == 0)
        buffer_append(b, "", 0);
    char *data = b->failed ? NULL : b->data;
    if (!data)
        free(b->data);
    if (size)
        *size = data ? b->size : 0;
    *b = (struct buffer)BUFFER_INIT;
    return data;
}
