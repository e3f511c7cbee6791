/*
 * Pictures for tests, made from a seed: harmless, reproducible, with enough structure for PDQ.
 * Written as PNG with stored blocks, so that nothing outside is needed.
 */
#ifndef HOSTS_PICTURE_H
#define HOSTS_PICTURE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURE_SIDE = 256, PICTURE_CELL = 16, PICTURE_BYTES = PICTURE_SIDE * PICTURE_SIDE };

static inline uint32_t picture_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Grey blots: random values on a coarse grid, blended in between. */
static inline void picture_make(uint8_t grey[PICTURE_BYTES], uint32_t seed)
{
    enum { POINTS = PICTURE_SIDE / PICTURE_CELL + 1 };
    uint32_t point[POINTS * POINTS], state = seed * 2654435761u + 1;
    for (size_t i = 0; i < POINTS * POINTS; i++)
        point[i] = picture_next(&state) % 256;
    for (uint32_t y = 0; y < PICTURE_SIDE; y++)
        for (uint32_t x = 0; x < PICTURE_SIDE; x++) {
            const uint32_t *p = point + (y / PICTURE_CELL) * POINTS + x / PICTURE_CELL;
            uint32_t fx = x % PICTURE_CELL, fy = y % PICTURE_CELL;
            uint32_t top = p[0] * (PICTURE_CELL - fx) + p[1] * fx;
            uint32_t low = p[POINTS] * (PICTURE_CELL - fx) + p[POINTS + 1] * fx;
            grey[y * PICTURE_SIDE + x] =
                (uint8_t)((top * (PICTURE_CELL - fy) + low * fy) / (PICTURE_CELL * PICTURE_CELL));
        }
}

/* Left and right swapped. */
static inline void picture_mirror(uint8_t out[PICTURE_BYTES], const uint8_t in[PICTURE_BYTES])
{
    for (size_t y = 0; y < PICTURE_SIDE; y++)
        for (size_t x = 0; x < PICTURE_SIDE; x++)
            out[y * PICTURE_SIDE + x] = in[y * PICTURE_SIDE + PICTURE_SIDE - 1 - x];
}

static inline uint8_t *picture_u32(uint8_t *at, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        *at++ = (uint8_t)(value >> shift);
    return at;
}

/* Length, type, data and checksum of one PNG chunk. */
static inline uint8_t *
picture_chunk(uint8_t *at, const char *type, const uint8_t *data, size_t size)
{
    uint8_t *begin = picture_u32(at, (uint32_t)size);
    uint32_t crc = 0xffffffffu;
    memcpy(begin, type, 4);
    if (size)
        memcpy(begin + 4, data, size);
    for (size_t i = 0; i < size + 4; i++) {
        crc ^= begin[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return picture_u32(begin + 4 + size, crc ^ 0xffffffffu);
}

/* zlib with one stored block a row, each row with its filter byte. Returns the size. */
static inline size_t picture_zlib(uint8_t *out, const uint8_t grey[PICTURE_BYTES])
{
    enum { ROW = PICTURE_SIDE + 1 };
    uint32_t a = 1, b = 0;
    uint8_t *at = out;
    *at++ = 0x78;
    *at++ = 0x01;
    for (size_t y = 0; y < PICTURE_SIDE; y++) {
        *at++ = y + 1 == PICTURE_SIDE;
        *at++ = ROW & 0xff;
        *at++ = ROW >> 8;
        *at++ = (uint8_t) ~(ROW & 0xff);
        *at++ = (uint8_t) ~(ROW >> 8);
        *at = 0;
        memcpy(at + 1, grey + y * PICTURE_SIDE, PICTURE_SIDE);
        for (size_t i = 0; i < ROW; i++) {
            a = (a + at[i]) % 65521;
            b = (b + a) % 65521;
        }
        at += ROW;
    }
    return (size_t)(picture_u32(at, b << 16 | a) - out);
}

/* The picture as a PNG file; the caller frees it. NULL: out of memory. */
static inline uint8_t *picture_png(const uint8_t grey[PICTURE_BYTES], size_t *size)
{
    uint8_t header[13] = {0, 0, PICTURE_SIDE >> 8, 0, 0, 0, PICTURE_SIDE >> 8, 0, 8, 0, 0, 0, 0};
    uint8_t *packed = malloc(PICTURE_BYTES + PICTURE_SIDE * 6u + 64u);
    uint8_t *file = malloc(PICTURE_BYTES + PICTURE_SIDE * 6u + 256u);
    *size = 0;
    if (packed && file) {
        memcpy(file, "\x89PNG\r\n\x1a\n", 8);
        uint8_t *at = picture_chunk(file + 8, "IHDR", header, sizeof(header));
        at = picture_chunk(at, "IDAT", packed, picture_zlib(packed, grey));
        *size = (size_t)(picture_chunk(at, "IEND", NULL, 0) - file);
    }
    free(packed);
    if (!*size) {
        free(file);
        return NULL;
    }
    return file;
}

#endif
