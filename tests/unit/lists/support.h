/* For tests of lists: generated hashes, short ways to add rows, files as byte strings. */
#ifndef LISTS_SUPPORT_H
#define LISTS_SUPPORT_H

#include <fcntl.h>
#include <sys/stat.h>

#include "lists/format.h"
#include "lists/lists.h"
#include "tap.h"
#include "tempdir.h"

/* A repeatable stream of numbers (splitmix64). */
static inline uint64_t stream(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline void stream_bytes(uint64_t *state, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)(stream(state) >> 56);
}

/* The `i`-th value of a signal. */
static inline void value_of(enum signal s, uint64_t i, uint8_t out[LIST_KEY_MAX])
{
    uint64_t state = (uint64_t)s << 40 | i;
    stream_bytes(&state, out, LIST_KEY_MAX);
    if (s != SIGNAL_TEXT)
        return;
    struct sketch text;
    sketch_init(&text);
    for (uint64_t k = 0; k < 20; k++)
        sketch_add(&text, 100 * i + k, NULL);
    sketch_write(&text, out);
}

static inline struct pdq pdq_of(uint64_t i)
{
    struct pdq h;
    uint8_t value[LIST_KEY_MAX];
    value_of(SIGNAL_PDQ, i, value);
    memcpy(h.b, value, sizeof(h.b));
    return h;
}

/* Flips `bits` different bits, spread by `seed`. */
static inline struct pdq flipped(struct pdq h, unsigned bits, uint64_t seed)
{
    bool done[256] = {false};
    while (bits > 0) {
        unsigned bit = (unsigned)(stream(&seed) & 255);
        if (done[bit])
            continue;
        done[bit] = true;
        h.b[bit / 8] = (uint8_t)(h.b[bit / 8] ^ 1u << bit % 8);
        bits--;
    }
    return h;
}

static inline struct list_row row_of(enum signal s, uint64_t i, const char *entry)
{
    struct list_row row = {.signal = s, .entry = entry, .quality = 100};
    value_of(s, i, row.value);
    return row;
}

static inline void add_row(struct list_source *s, const struct list_row *row)
{
    struct error e = {0};
    CU_ASSERT_EQUAL(list_source_add(s, row, &e), LMOD_OK);
}

static inline void add(struct list_source *s, enum signal signal, uint64_t i, const char *entry)
{
    struct list_row row = row_of(signal, i, entry);
    add_row(s, &row);
}

static const struct list_meta plain_meta = {"ban", "2026-11-01", DIALECT_REFERENCE};

/* Writes and frees the source. */
static inline int write_source(const char *path, struct list_source *s, struct list_info *info)
{
    struct error e = {0};
    int status = list_write(path, s, &plain_meta, info, &e);
    if (status != LMOD_OK)
        printf("# list_write: %s\n", e.text);
    list_source_free(s);
    return status;
}

static inline struct list *open_ok(const char *path)
{
    struct list *l = NULL;
    struct error e = {0};
    int status = list_open(&l, path, NULL, &e);
    if (status != LMOD_OK)
        printf("# list_open: %s: %s\n", e.file, e.text);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
    return l;
}

/* The entry ids that hold a value, joined by blanks. */
static inline const char *found(const struct list *l, enum signal s, uint64_t i)
{
    static char text[512];
    struct list_hit hit[8];
    uint8_t key[LIST_KEY_MAX];
    value_of(s, i, key);
    size_t n = list_find(l, s, key, hit, COUNT_OF(hit)), used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < n && k < COUNT_OF(hit); k++) {
        struct list_entry entry;
        list_entry_get(l, hit[k].entry, &entry);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", k ? " " : "", entry.id);
    }
    return text;
}

/* A file's bytes; caller finishes the buffer. */
static inline struct buffer bytes_of(const char *path)
{
    struct buffer b = BUFFER_INIT;
    struct error e = {0};
    CU_ASSERT_EQUAL_FATAL(file_read(&b, path, (size_t)1 << 30, &e), LMOD_OK);
    return b;
}

/* A small list with every type of signal, several entries, labels, a withdrawn and a weak row. */
static inline struct list_source *small_source(void)
{
    struct list_source *s = list_source_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    static const enum signal all[] = {SIGNAL_MD5, SIGNAL_SHA1, SIGNAL_SHA256,
                                      SIGNAL_PDQ, SIGNAL_LINK, SIGNAL_TEXT};
    for (uint64_t i = 0; i < 4; i++)
        for (size_t k = 0; k < COUNT_OF(all); k++) {
            char id[32];
            (void)snprintf(id, sizeof(id), "entry-%u", (unsigned)i);
            struct list_row row = row_of(all[k], i, id);
            row.labels = i == 1 ? "beach,summer" : NULL;
            row.opinion = i == 1 ? "agreed" : NULL;
            row.status = i == 2 ? ENTRY_WITHDRAWN : ENTRY_ACTIVE;
            row.quality = i == 3 ? 49 : 80;
            add_row(s, &row);
        }
    return s;
}

#endif
