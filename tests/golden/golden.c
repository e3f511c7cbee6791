/*
 * PDQ against the reference tool: every file of pdq-golden.csv, decoded by libvips, has exactly its
 * quality and its eight hashes. Usage: golden SOURCE-ROOT; the pictures are in $LIBMOD_SHARED/data or
 * in ../shared/data beside the source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vips/vips.h>

#include "decode.h"
#include "hash/hash.h"

enum { LINE = 1024 };

static void feed(void *user, uint32_t y, const uint8_t *pixels, uint32_t bands, uint32_t step)
{
    pdq_sampler_row(user, y, pixels, bands, step);
}

static bool hash_file(const char *path, struct pdq_scratch *s, struct pdq_result *out)
{
    struct picture picture;
    if (!picture_open(&picture, path))
        return false;
    struct pdq_sampler sampler;
    pdq_sampler_begin(&sampler, s, picture.width, picture.height, 1);
    bool ok = picture_rows(&picture, feed, &sampler);
    picture_close(&picture);
    if (ok)
        pdq_sampler_hash(&sampler, s, out);
    return ok;
}

/* Writes how far the result is from the rest of the line "quality,hash,…"; true when it is not. */
static bool same(const struct pdq_result *r, char *rest)
{
    char *field = strtok(rest, ",");
    bool equal = field && strtol(field, NULL, 10) == r->quality;
    if (!equal)
        printf("# quality %u, expected %s\n", r->quality, field ? field : "none");
    for (int i = 0; i < DIHEDRALS; i++) {
        struct pdq want;
        field = strtok(NULL, ",\r\n");
        if (!field || !pdq_read(field, strlen(field), &want)) {
            printf("# hash %d is missing in the table\n", i);
            return false;
        }
        unsigned distance = pdq_distance(&want, &r->hash[i]);
        if (distance)
            printf("# hash %d differs by %u bits\n", i, distance);
        equal = equal && distance == 0;
    }
    return equal;
}

static unsigned compare(FILE *table, const char *directory, struct pdq_scratch *s)
{
    char line[LINE], path[2 * LINE];
    unsigned number = 0, failed = 0;
    while (fgets(line, sizeof(line), table)) {
        char *comma = strchr(line, ',');
        if (line[0] == '#' || !comma)
            continue;
        *comma = '\0';
        (void)snprintf(path, sizeof(path), "%s/%s", directory, line);
        struct pdq_result result;
        bool ok = hash_file(path, s, &result);
        if (!ok)
            printf("# %s\n", vips_error_buffer());
        ok = ok && same(&result, comma + 1);
        printf("%sok %u - %s\n", ok ? "" : "not ", ++number, line);
        failed += !ok;
    }
    printf("1..%u\n", number);
    return number ? failed : 1;
}

int main(int argc, char **argv)
{
    const char *shared = getenv("LIBMOD_SHARED");
    char directory[LINE], path[2 * LINE];
    if (shared && *shared)
        (void)snprintf(directory, sizeof(directory), "%s/data", shared);
    else
        (void)snprintf(directory, sizeof(directory), "%s/../shared/data", argc > 1 ? argv[1] : ".");
    (void)snprintf(path, sizeof(path), "%s/pdq-golden.csv", directory);
    FILE *table = fopen(path, "r");
    if (!table) {
        puts("1..0 # SKIP the reference's pictures are not here: set LIBMOD_SHARED");
        return 0;
    }
    struct pdq_scratch *s = pdq_scratch_new();
    unsigned failed = 1;
    if (s && vips_init(argv[0]) == 0) {
        vips_concurrency_set(1);
        failed = compare(table, directory, s);
        vips_shutdown();
    }
    pdq_scratch_free(s);
    (void)fclose(table);
    return failed ? 1 : 0;
}
