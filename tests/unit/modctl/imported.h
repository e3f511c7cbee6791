/* What comes of a source in one of the partners' formats, for the tests of the importers. */
#ifndef IMPORTED_H
#define IMPORTED_H

#include <stdio.h>
#include <string.h>

#include "import.h"
#include "tap.h"
#include "tempdir.h"

#define MD5  "0123456789abcdef0123456789abcdef"
#define SHA1 "0123456789abcdef0123456789abcdef01234567"
#define PDQ  "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
#define PDQ2 "0707f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"

enum { IMPORT_NOW = 1800000000 }; /* seconds: January 2027 */

struct imported {
    int status;
    struct import_report r;
    struct error e;
    char bad[4096];    /* "LINE:COLUMN text\n" each */
    struct list *list; /* NULL: nothing was listed */
};

static struct tempdir dir;

static inline void
imported_bad(void *context, const char *path, uint32_t line, uint32_t column, const char *text)
{
    struct imported *x = context;
    size_t used = strlen(x->bad);
    CU_ASSERT_STRING_EQUAL(path, "data/source");
    (void)snprintf(x->bad + used, sizeof(x->bad) - used, "%u:%u %s\n", line, column, text);
}

/* `format` 0: recognised. Several sources become one list. */
static inline void import_texts(struct imported *x,
                                enum import_format format,
                                const char *type,
                                const char *const *texts,
                                size_t n)
{
    memset(x, 0, sizeof(*x));
    struct import_options o = {.path = "data/source",
                               .type = type,
                               .now = (uint64_t)IMPORT_NOW * 1000,
                               .bad = imported_bad,
                               .context = x};
    struct list_source *s = list_source_new();
    for (size_t i = 0; i < n && x->status == LMOD_OK; i++) {
        struct source in;
        enum import_format is = format;
        FILE *file = texts[i][0] ? fmemopen((void *)(uintptr_t)texts[i], strlen(texts[i]), "r")
                                 : fopen("/dev/null", "r");
        CU_ASSERT_FATAL(s && file);
        source_init(&in, file, &o);
        if (!format)
            x->status = import_recognise(&in, &is, &x->e);
        if (x->status == LMOD_OK)
            x->status = import_source(s, &in, is, &x->r, &x->e);
        (void)fclose(file);
    }
    if (x->status == LMOD_OK)
        CU_ASSERT_EQUAL(x->r.rows, x->r.added + x->r.bad + x->r.others.total);
    const char *path = tempdir_file(&dir, "out.lml");
    struct list_meta meta = {"t", "1", DIALECT_UNKNOWN};
    if (x->status == LMOD_OK && list_write(path, s, &meta, NULL, NULL) == LMOD_OK)
        CU_ASSERT_EQUAL(list_open(&x->list, path, NULL, NULL), LMOD_OK);
    list_source_free(s);
}

static inline struct imported import_text(enum import_format format, const char *text)
{
    static struct imported x;
    import_texts(&x, format, NULL, &text, 1);
    return x;
}

/* All entries: "id[status](labels){opinion} …". */
static inline const char *entries_of(const struct imported *x)
{
    static char text[4096];
    struct list_entry e;
    text[0] = '\0';
    for (uint32_t i = 0; x->list; i++) {
        list_entry_get(x->list, i, &e);
        if (!e.id[0])
            break;
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, "%s%s[%s](%s){%s}", i ? " " : "", e.id,
                       term_name(entry_status_terms, e.status), e.labels, e.opinion);
    }
    return text;
}

static inline bool is_listed(const struct imported *x, enum signal s, const char *hex)
{
    uint8_t key[LIST_KEY_MAX];
    CU_ASSERT_TRUE_FATAL(hex_read(hex, strlen(hex), key, signal_bytes(s)));
    return x->list && list_find(x->list, s, key, NULL, 0) > 0;
}

/* "NAME=COUNT …". */
static inline const char *others_of(const struct imported *x)
{
    static char text[1024];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < x->r.others.n && used < sizeof(text); i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s=%u", i ? " " : "",
                                 x->r.others.v[i].name, (unsigned)x->r.others.v[i].n);
    return text;
}

static inline void imported_done(struct imported *x)
{
    list_close(x->list);
    x->list = NULL;
}

#endif
