/* What the targets of the importers share: every row is added, of another kind, or reported with a place
 * and a reason; or the whole source is refused with one; and what was added makes a list. */
#ifndef FUZZ_IMPORTS_H
#define FUZZ_IMPORTS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

struct seen {
    uint64_t bad;
};

static inline void must(bool so)
{
    if (!so)
        abort();
}

static inline void check_text(const char *text)
{
    must(text[0] != '\0');
    for (const char *p = text; *p; p++)
        must((unsigned char)*p >= ' ' && *p != 0x7f);
}

static inline void
see_bad(void *context, const char *path, uint32_t line, uint32_t column, const char *text)
{
    struct seen *s = context;
    must(path && line >= 1 && column >= 1 && text[0]);
    s->bad++;
}

static inline int see_picture(void *context,
                              const char *path,
                              const struct list_row *row,
                              struct list_source *to,
                              struct error *e)
{
    (void)context;
    struct list_row copy = *row;
    must(path[0] && row->entry[0] && row->labels);
    copy.signal = SIGNAL_MD5;
    return list_source_add(to, &copy, e);
}

static inline void check_report(const struct import_report *r, const struct seen *seen)
{
    uint64_t others = 0;
    for (size_t i = 0; i < r->others.n; i++) {
        must(r->others.v[i].n > 0);
        check_text(r->others.v[i].name);
        others += r->others.v[i].n;
    }
    must(others == r->others.total && r->bad == seen->bad && r->pictures <= r->added);
}

/* `format` 0: recognised. */
static inline void
import_bytes(enum import_format format, const char *type, const uint8_t *data, size_t size)
{
    static struct source in;
    struct seen seen = {0};
    struct import_report r = {0};
    struct error e = {0};
    struct import_options o = {.path = "f",
                               .type = type,
                               .now = 1800000000000,
                               .picture = see_picture,
                               .bad = see_bad,
                               .context = &seen};
    struct list_source *s = list_source_new();
    FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : fopen("/dev/null", "r");
    int status = s && file ? LMOD_OK : LMOD_E_MEMORY;
    if (status == LMOD_OK) {
        source_init(&in, file, &o);
        if (!format)
            status = import_recognise(&in, &format, &e);
    }
    if (status == LMOD_OK) {
        status = import_source(s, &in, format, &r, &e);
        check_report(&r, &seen);
        must(status != LMOD_OK || r.rows == r.added + r.bad + r.others.total);
    }
    must(status == LMOD_OK || status == LMOD_E_MEMORY || status == LMOD_E_LIST);
    if (status == LMOD_E_LIST)
        check_text(e.text);
    if (file)
        (void)fclose(file);
    list_source_free(s);
}

#endif
