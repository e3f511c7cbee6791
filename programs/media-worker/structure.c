/* Walks over PNG chunks and GIF blocks. */
#include "structure.h"

#include "base/base.h"

static uint32_t big32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool is(const uint8_t *type, const char *name)
{
    return memcmp(type, name, 4) == 0;
}

static void png_chunk(struct structure *s, const uint8_t *type, uint32_t length, uint32_t *packed)
{
    bool compressed = is(type, "zTXt") || is(type, "iTXt") || is(type, "iCCP");
    if ((compressed || is(type, "tEXt") || is(type, "eXIf")) && length > PNG_TEXT_MAX)
        s->bomb = true;
    if (compressed && ++*packed > PNG_PACKED_MAX)
        s->bomb = true;
}

struct structure structure_png(const uint8_t *bytes, size_t size)
{
    struct structure s = {.frames = 1};
    struct reader r = reader_over(bytes, size);
    uint32_t packed = 0;
    (void)reader_bytes(&r, 8); /* the signature */
    for (;;) {
        const uint8_t *head = reader_bytes(&r, 8);
        if (!head)
            return s;
        uint32_t length = big32(head);
        png_chunk(&s, head + 4, length, &packed);
        const uint8_t *body = reader_bytes(&r, (size_t)length + 4); /* and its checksum */
        if (!body)
            return s;
        if (is(head + 4, "acTL") && length >= 4 && big32(body) > 1)
            s.frames = big32(body);
        if (is(head + 4, "IEND")) {
            s.whole = true;
            return s;
        }
    }
}

/* The size of a colour table, by the flags that announce it. */
static size_t gif_colours(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* Data in pieces, each led by its length, up to an empty one. */
static void gif_pieces(struct reader *r)
{
    for (uint8_t length = reader_u8(r); length && !r->bad; length = reader_u8(r))
        (void)reader_bytes(r, length);
}

static void gif_image(struct reader *r)
{
    const uint8_t *place = reader_bytes(r, 9);
    if (place)
        (void)reader_bytes(r, gif_colours(place[8]));
    (void)reader_u8(r); /* code size */
    gif_pieces(r);
}

struct structure structure_gif(const uint8_t *bytes, size_t size)
{
    enum { EXTENSION = 0x21, IMAGE = 0x2c, TRAILER = 0x3b };
    struct structure s = {.frames = 0};
    struct reader r = reader_over(bytes, size);
    const uint8_t *screen = reader_bytes(&r, 13);
    if (screen)
        (void)reader_bytes(&r, gif_colours(screen[10]));
    while (!r.bad) {
        uint8_t what = reader_u8(&r);
        if (what == EXTENSION) {
            (void)reader_u8(&r);
            gif_pieces(&r);
        } else if (what == IMAGE) {
            gif_image(&r);
            s.frames++;
        } else {
            s.whole = what == TRAILER && !r.bad;
            return s;
        }
    }
    return s;
}
