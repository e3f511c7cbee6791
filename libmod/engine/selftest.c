/*
 * Self-test content, in the manner of EICAR: a picture that hits the built-in source
 * "libmod.selftest", so that an operator can prove the whole chain without any real content.
 *
 * The picture is drawn, not stored: smooth random blobs, so that its PDQ is good and far from any
 * photograph's, written as a PNG of stored (uncompressed) deflate blocks.
 */
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

enum { SIDE = 128, CELL = 16, AREA = CELL * CELL, CELLS = SIDE / CELL + 1 };

/* A fixed sequence (a 32-bit linear congruential generator, high byte). */
static uint8_t next_grey(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint8_t)(*state >> 24);
}

/* Bilinear interpolation between random corners of a coarse grid. */
static void draw(uint8_t pixels[SIDE * SIDE])
{
    uint8_t corner[CELLS][CELLS];
    uint32_t state = 0x7f3a;
    for (size_t i = 0; i < CELLS; i++)
        for (size_t j = 0; j < CELLS; j++)
            corner[i][j] = next_grey(&state);
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++) {
            size_t i = y / CELL, j = x / CELL, v = y % CELL, u = x % CELL;
            size_t top = corner[i][j] * (CELL - u) + corner[i][j + 1] * u;
            size_t bottom = corner[i + 1][j] * (CELL - u) + corner[i + 1][j + 1] * u;
            pixels[y * SIDE + x] = (uint8_t)((top * (CELL - v) + bottom * v) / AREA);
        }
}

static void big_endian(struct buffer *b, uint32_t value)
{
    uint8_t raw[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                      (uint8_t)value};
    buffer_append(b, raw, sizeof(raw));
}

/* CRC-32 as PNG wants it (ISO 3309). */
static uint32_t crc32_of(const char *bytes, size_t size)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)bytes[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1u ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
    }
    return ~crc;
}

static void chunk(struct buffer *b, const char *type, const void *data, size_t size)
{
    big_endian(b, (uint32_t)size);
    size_t start = b->size;
    buffer_append(b, type, 4);
    buffer_append(b, data, size);
    if (!b->failed)
        big_endian(b, crc32_of(b->data + start, b->size - start));
}

/* The rows, each behind its filter byte, as one stored deflate block in a zlib stream. */
static void zlib_rows(struct buffer *z, const uint8_t pixels[SIDE * SIDE])
{
    enum { RAW = SIDE * (SIDE + 1) };
    uint32_t a = 1, b = 0;
    buffer_append(z, "\x78\x01\x01", 3);
    buffer_u16(z, RAW);
    buffer_u16(z, (uint16_t)~RAW);
    for (size_t y = 0; y < SIDE; y++) {
        buffer_append(z, "", 1);
        buffer_append(z, pixels + y * SIDE, SIDE);
        b = (b + a) % 65521u; /* Adler-32 over the filter byte, which is zero, then the row */
        for (size_t x = 0; x < SIDE; x++) {
            a = (a + pixels[y * SIDE + x]) % 65521u;
            b = (b + a) % 65521u;
        }
    }
    big_endian(z, b << 16 | a);
}

void selftest_picture(struct buffer *out)
{
    static const uint8_t header[13] = {0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 0, 0, 0, 0};
    uint8_t pixels[SIDE * SIDE];
    struct buffer z = BUFFER_INIT;
    draw(pixels);
    zlib_rows(&z, pixels);
    buffer_append(out, "\x89PNG\r\n\x1a\n", 8);
    chunk(out, "IHDR", header, sizeof(header));
    chunk(out, "IDAT", z.data, z.failed ? 0 : z.size);
    chunk(out, "IEND", NULL, 0);
    out->failed |= z.failed;
    buffer_finish(&z);
}

static int hash_picture(struct selftest *s)
{
    uint8_t pixels[SIDE * SIDE];
    struct pdq_sampler sampler;
    struct pdq_result result;
    struct pdq_scratch *scratch = pdq_scratch_new();
    if (!scratch)
        return LMOD_E_MEMORY;
    draw(pixels);
    pdq_sampler_begin(&sampler, scratch, SIDE, SIDE, 1);
    for (size_t y = 0; y < SIDE; y++)
        pdq_sampler_row(&sampler, (uint32_t)y, pixels + y * SIDE, 1, 1);
    pdq_sampler_hash(&sampler, scratch, &result);
    pdq_scratch_free(scratch);
    s->pdq = result.hash[STRATEGY_PLAIN];
    return LMOD_OK;
}

int selftest_load(struct selftest **out, struct error *e)
{
    struct buffer png = BUFFER_INIT;
    struct selftest *s = calloc(1, sizeof(*s));
    selftest_picture(&png);
    bool ok =
        s && !png.failed && sha256_of(s->sha256, png.data, png.size) && hash_picture(s) == LMOD_OK;
    buffer_finish(&png);
    if (!ok) {
        free(s);
        return error_memory(e);
    }
    *out = s;
    return LMOD_OK;
}
