/* Any values anywhere in an index of PDQ hashes: no row is told that is not there or not as near as it
 * says; and an index that is left alone tells every row that is near. */
#include <stdlib.h>
#include <string.h>

#include "lists/index.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS = 256, SUBS = 2, CHANGES = 64, HEAD = 3, CHANGE = 7 };

static struct pdq hash[ROWS];
static struct index sub[SUBS]; /* as a list of thousands has it, and as one of millions */

static void must(bool so)
{
    if (!so)
        abort();
}

/* Hashes that have nothing to do with each other, and some that are near one of them. */
static void make_hashes(void)
{
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < PDQ_BYTES; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            hash[i].b[k] = (uint8_t)(x >> 32);
            if (i % 4 == 3 && i < 48)
                hash[i].b[k] = (uint8_t)(hash[3].b[k] ^ (k * 8 < i ? 1 << (i + k) % 8 : 0));
        }
}

static uint32_t *make(unsigned bits)
{
    struct index_maker m;
    struct index_layout l = index_layout(ROWS);
    if (bits > 0) {
        l.row_bits = 22 + bits;
        l.sub_bits = bits;
        l.tag_bits = 32 - l.row_bits;
        l.buckets = (size_t)1 << (16 + bits);
        l.part = l.buckets + 1 + ROWS;
    }
    uint32_t *parts = malloc(INDEX_CHUNKS * l.part * sizeof(*parts));
    if (!parts || !index_maker_init(&m, &l)) {
        free(parts);
        return NULL;
    }
    for (unsigned i = 0; i < INDEX_CHUNKS; i++) {
        index_make(&m, i, hash->b, sizeof(*hash));
        memcpy(parts + i * l.part, m.part, l.part * sizeof(*parts));
    }
    index_maker_finish(&m);
    sub[bits] = (struct index){l, parts, hash};
    return parts;
}

struct told {
    const struct pdq *query;
    unsigned radius;
    bool row[ROWS];
};

static bool tell(void *user, uint32_t row, unsigned distance)
{
    struct told *t = user;
    must(row < ROWS && distance <= t->radius && distance == pdq_distance(&hash[row], t->query));
    t->row[row] = true;
    return true;
}

static void ask(const struct index *x, const struct pdq *query, unsigned radius, bool whole)
{
    struct told t = {.query = query, .radius = radius};
    enum index_answer answer = index_near(x, query, radius, tell, &t);
    must(answer != INDEX_STOPPED);
    for (size_t i = 0; whole && answer == INDEX_DONE && i < ROWS; i++)
        must(t.row[i] == (pdq_distance(&hash[i], query) <= radius));
}

/* Places near the beginning of a part, near its items, or anywhere. */
static size_t place(const struct index *x, const uint8_t *change)
{
    size_t part = x->layout.part, chunk = change[0] % INDEX_CHUNKS;
    size_t at = (size_t)change[1] << 8 | change[2];
    if (change[0] & 0x80)
        at = x->layout.buckets + at % (ROWS + 1);
    else
        at <<= x->layout.sub_bits;
    return chunk * part + at % part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t *parts[SUBS];
    if (!parts[0])
        make_hashes();
    for (unsigned i = 0; i < SUBS; i++)
        if (!parts[i] && (parts[i] = make(i)) == NULL)
            return 0;
    if (size < HEAD)
        return 0;
    unsigned which = data[0] % SUBS;
    struct pdq query = hash[data[1]];
    unsigned radius = data[2] % 40;
    size_t mask = size - HEAD < PDQ_BYTES ? size - HEAD : PDQ_BYTES, changes = 0;
    for (size_t i = 0; i < mask; i++)
        query.b[i] = (uint8_t)(query.b[i] ^ data[HEAD + i]);
    ask(&sub[which], &query, radius, true);
    size_t at[CHANGES];
    uint32_t was[CHANGES];
    data += HEAD + mask;
    size -= HEAD + mask;
    for (; size >= CHANGE && changes < CHANGES; size -= CHANGE, data += CHANGE) {
        at[changes] = place(&sub[which], data);
        was[changes] = parts[which][at[changes]];
        memcpy(&parts[which][at[changes++]], data + 3, sizeof(uint32_t));
    }
    ask(&sub[which], &query, radius, changes == 0);
    while (changes > 0) {
        changes--;
        parts[which][at[changes]] = was[changes];
    }
    return 0;
}
