/* Frames and first bytes, hostile: readers must not read past the end, and what they accept must be
 * what a writer writes. */
#include <stdlib.h>
#include <string.h>

#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so)
{
    if (!so)
        abort();
}

static void reply(const uint8_t *data, size_t size)
{
    static struct wire_reply p;
    static uint8_t again[WIRE_REPLY_MAX];
    if (!wire_reply_read(&p, data, size))
        return;
    must(p.count <= WIRE_CANDIDATES);
    for (uint32_t i = 0; i < p.count; i++) {
        const struct wire_candidate *c = &p.candidate[i];
        must((uint64_t)c->x + c->w <= p.width && (uint64_t)c->y + c->h <= p.height);
        must(c->frame < p.frames);
    }
    must(wire_reply_write(again, &p) == size && memcmp(again, data, size) == 0);
}

static void request(const uint8_t *data, size_t size)
{
    struct wire_request q;
    uint8_t again[WIRE_REQUEST_SIZE];
    if (!wire_request_read(&q, data, size))
        return;
    wire_request_write(again, &q);
    must(size == sizeof(again) && memcmp(again, data, size) == 0);
}

static void hello(const uint8_t *data, size_t size)
{
    struct wire_hello h;
    uint8_t again[WIRE_HELLO_SIZE];
    if (!wire_hello_read(&h, data, size))
        return;
    wire_hello_write(again, &h);
    must(size == sizeof(again) && memcmp(again, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    reply(data, size);
    request(data, size);
    hello(data, size);
    (void)wire_sniff(data, size);
    return 0;
}
