/*
 * PDQ against the reference tool: every file of pdq-golden.csv has exactly its quality and its eight
 * hashes. Usage: golden SOURCE-ROOT [WORKER]; the pictures are in $LIBMOD_SHARED/data or in
 * ../shared/data beside the source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hasher.h"

enum { LINE = 1024 };

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

static unsigned compare(FILE *table, const char *directory)
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
        bool ok = hasher_file(path, &result) && same(&result, comma + 1);
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
    unsigned failed = 1;
    if (hasher_begin(argc > 2 ? argv[2] : NULL)) {
        failed = compare(table, directory);
        hasher_end();
    }
    (void)fclose(table);
    return failed ? 1 : 0;
}
