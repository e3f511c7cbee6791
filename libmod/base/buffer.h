/*
 * A growable byte string. Appending never fails at once: a failed allocation makes the buffer
 * `failed`, and it stays so; ask once, at the end.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data; /* NUL-terminated whenever size > 0 */
    size_t size, cap;
    bool failed;
};

#define BUFFER_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0, false                                                                          \
    }

void buffer_finish(struct buffer *b);
void buffer_clear(struct buffer *b);
void buffer_append(struct buffer *b, const void *bytes, size_t size);
void buffer_str(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_u16(struct buffer *b, uint16_t value); /* little-endian, like the next two */
void buffer_u32(struct buffer *b, uint32_t value);
void buffer_u64(struct buffer *b, uint64_t value);
void buffer_pad(struct buffer *b, size_t align); /* zero bytes up to a multiple of `align` */

/* Gives the bytes away (caller frees); NULL when the buffer failed. The buffer is empty after. */
char *buffer_take(struct buffer *b, size_t *size);

#endif
