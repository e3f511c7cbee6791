/*
 * Hashes pictures that somebody else has decoded: from stdin lines "width height bands orientation",
 * each followed by the samples; to stdout lines "quality,hash,…" as in pdq-golden.csv.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "hash/hash.h"

enum { SIDE_MAX = 20000 };

static bool hash_rows(struct pdq_sampler *p, uint32_t bands)
{
    size_t size = (size_t)p->width * bands;
    uint8_t *row = malloc(size + 1);
    bool ok = row != NULL;
    for (uint32_t y = 0; ok && y < p->height; y++) {
        ok = fread(row, 1, size, stdin) == size;
        if (ok)
            pdq_sampler_row(p, y, row, bands, bands);
    }
    free(row);
    return ok;
}

static void print(const struct pdq_result *r)
{
    printf("%u", r->quality);
    for (int i = 0; i < DIHEDRALS; i++) {
        char hex[2 * PDQ_BYTES + 1];
        pdq_write(&r->hash[i], hex);
        printf(",%s", hex);
    }
    puts("");
}

int main(void)
{
    struct pdq_scratch *s = pdq_scratch_new();
    uint32_t width, height, bands, orientation;
    int status = s ? 0 : 1;
    while (!status && scanf("%" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32, &width, &height, &bands,
                            &orientation) == 4) {
        struct pdq_sampler p;
        struct pdq_result r;
        if (width > SIDE_MAX || height > SIDE_MAX || (bands != 1 && bands != 3) ||
            getchar() != '\n') {
            status = 1;
            break;
        }
        pdq_sampler_begin(&p, s, width, height, orientation);
        if (!hash_rows(&p, bands)) {
            status = 1;
            break;
        }
        pdq_sampler_hash(&p, s, &r);
        print(&r);
    }
    pdq_scratch_free(s);
    return status;
}
