/* Making, storing and comparing sketches. */
#include "base/sketch.h"

#include <string.h>

/* ---- making ---- */

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-2-4 (Aumasson and Bernstein, 2012) of one word. */
static uint64_t sip(const uint64_t key[2], uint64_t word)
{
    const uint64_t end = UINT64_C(8) << 56; /* the length of what is hashed */
    uint64_t v[4] = {key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d),
                     key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)};
    v[3] ^= word;
    sip_round(v);
    sip_round(v);
    v[0] ^= word;
    v[3] ^= end;
    sip_round(v);
    sip_round(v);
    v[0] ^= end;
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* The finalizer of SplitMix64 (Steele, Lea and Flood, 2014): every bit depends on all. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static void insert(struct sketch *s, uint32_t value)
{
    uint32_t low = 0, high = s->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        if (s->v[mid] < value)
            low = mid + 1;
        else
            high = mid;
    }
    if (low < s->n && s->v[low] == value)
        return;
    if (s->n == SKETCH_VALUES)
        s->n--;
    memmove(&s->v[low + 1], &s->v[low], (s->n - low) * sizeof(s->v[0]));
    s->v[low] = value;
    s->n++;
}

struct sketch_key sketch_key_of(const uint8_t bytes[SKETCH_KEY])
{
    struct sketch_key key = {{0, 0}};
    for (unsigned i = 0; i < SKETCH_KEY; i++)
        key.k[i / 8] |= (uint64_t)bytes[i] << 8 * (i % 8);
    return key;
}

void sketch_init(struct sketch *s)
{
    memset(s, 0, sizeof(*s));
}

void sketch_add(struct sketch *s, uint64_t feature, const struct sketch_key *key)
{
    uint32_t value = (uint32_t)((key ? sip(key->k, feature) : mix(feature)) >> 32);
    value += value == 0;
    if (s->n < SKETCH_VALUES || value < s->v[SKETCH_VALUES - 1])
        insert(s, value);
}

/* ---- storing ---- */

void sketch_write(const struct sketch *s, uint8_t out[SKETCH_BYTES])
{
    for (size_t i = 0; i < SKETCH_VALUES; i++) {
        uint32_t v = i < s->n ? s->v[i] : 0;
        out[4 * i] = (uint8_t)(v >> 24);
        out[4 * i + 1] = (uint8_t)(v >> 16);
        out[4 * i + 2] = (uint8_t)(v >> 8);
        out[4 * i + 3] = (uint8_t)v;
    }
}

bool sketch_read(struct sketch *out, const uint8_t bytes[SKETCH_BYTES])
{
    out->n = 0;
    for (uint32_t i = 0; i < SKETCH_VALUES; i++) {
        const uint8_t *p = bytes + (size_t)4 * i;
        out->v[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        if (out->v[i] && (out->n < i || (i && out->v[i] <= out->v[i - 1])))
            return false;
        out->n += out->v[i] != 0;
    }
    return out->n >= SKETCH_LEAST;
}

/* ---- comparing ---- */

/*
 * What two sets must have in common, in percent of both together, by the size of the smaller: the fewer
 * features, the more of them do two texts share by chance. docs/adr/0022 has the figures.
 */
static unsigned least_share(uint32_t n)
{
    return n >= 32 ? 45 : n >= 6 ? 55 : 66;
}

bool sketch_near(const struct sketch *a, const struct sketch *b, unsigned *distance)
{
    uint32_t i = 0, k = 0, both = 0, all = 0, last = UINT32_MAX;
    /* Of a set with more features than its sketch, nothing is known behind the last of these. */
    if (a->n == SKETCH_VALUES)
        last = a->v[SKETCH_VALUES - 1];
    if (b->n == SKETCH_VALUES && b->v[SKETCH_VALUES - 1] < last)
        last = b->v[SKETCH_VALUES - 1];
    while (i < a->n || k < b->n) {
        uint32_t x = i < a->n ? a->v[i] : UINT32_MAX, y = k < b->n ? b->v[k] : UINT32_MAX;
        if ((x < y ? x : y) > last)
            break;
        both += x == y && i < a->n && k < b->n;
        i += x <= y && i < a->n;
        k += y <= x && k < b->n;
        all++;
    }
    *distance = all ? 100 * (all - both) / all : 100;
    uint32_t n = a->n < b->n ? a->n : b->n;
    return n >= SKETCH_LEAST && 100 * both >= least_share(n) * all;
}

uint32_t sketch_needs(uint32_t n)
{
    return (least_share(n) * n + 99) / 100;
}
