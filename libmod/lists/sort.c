/* In-place radix sort by leading bytes ("American flag", McIlroy, Bostic and McIlroy 1993). */
#include "lists/sort.h"

#include <stdbool.h>
#include <string.h>

enum { FEW = 24 }; /* up to this many records insertion is faster */

static void insert_sort(uint8_t *v, size_t n, size_t size, size_t from, size_t key)
{
    uint8_t held[RECORD_MAX];
    for (size_t i = 1; i < n; i++) {
        size_t to = i;
        memcpy(held, v + i * size, size);
        while (to > 0 && memcmp(v + (to - 1) * size + from, held + from, key - from) > 0)
            to--;
        if (to == i)
            continue;
        memmove(v + (to + 1) * size, v + to * size, (i - to) * size);
        memcpy(v + to * size, held, size);
    }
}

/* Moves every record into the bucket of its byte `at`; `end` receives where each bucket ends. False
 * when all of them share that byte. */
static bool deal(uint8_t *v, size_t n, size_t size, size_t at, size_t end[256])
{
    size_t count[256] = {0}, next[256], sum = 0;
    for (size_t i = 0; i < n; i++)
        count[v[i * size + at]]++;
    if (count[v[at]] == n)
        return false;
    for (size_t b = 0; b < 256; b++) {
        next[b] = sum;
        sum += count[b];
        end[b] = sum;
    }
    for (size_t b = 0; b < 256; b++)
        while (next[b] < end[b]) {
            uint8_t held[RECORD_MAX], *home = v + next[b] * size;
            size_t to = home[at];
            if (to == b) {
                next[b]++;
                continue;
            }
            uint8_t *there = v + next[to]++ * size;
            memcpy(held, there, size);
            memcpy(there, home, size);
            memcpy(home, held, size);
        }
    return true;
}

static void sort_from(uint8_t *v, size_t n, size_t size, size_t at, size_t key)
{
    size_t end[256], begin = 0;
    while (n > FEW && at < key && !deal(v, n, size, at, end))
        at++;
    if (at >= key)
        return;
    if (n <= FEW) {
        insert_sort(v, n, size, at, key);
        return;
    }
    for (size_t b = 0; b < 256; b++) {
        if (end[b] - begin > 1)
            sort_from(v + begin * size, end[b] - begin, size, at + 1, key);
        begin = end[b];
    }
}

void records_sort(uint8_t *records, size_t n, size_t size, size_t key)
{
    if (n > 1)
        sort_from(records, n, size, 0, key);
}
