/*
 * Reading hostile bytes: every read is checked, the first one out of bounds makes the reader `bad`
 * for good, and bad reads give zero. Ask once, at the end. Little-endian.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static inline struct reader reader_over(const void *bytes, size_t size)
{
    return (struct reader){bytes, size, false};
}

/* The next `size` bytes, or NULL when there are fewer. */
static inline const uint8_t *reader_bytes(struct reader *r, size_t size)
{
    if (r->bad || r->left < size) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += size;
    r->left -= size;
    return p;
}

static inline uint64_t reader_little(struct reader *r, size_t size)
{
    const uint8_t *p = reader_bytes(r, size);
    uint64_t value = 0;
    for (size_t i = 0; p && i < size; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

static inline uint8_t reader_u8(struct reader *r)
{
    return (uint8_t)reader_little(r, 1);
}

static inline uint16_t reader_u16(struct reader *r)
{
    return (uint16_t)reader_little(r, 2);
}

static inline uint32_t reader_u32(struct reader *r)
{
    return (uint32_t)reader_little(r, 4);
}

static inline uint64_t reader_u64(struct reader *r)
{
    return reader_little(r, 8);
}

#endif
