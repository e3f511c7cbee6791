/*
 * Rows of CSV: RFC 4180 quotes, BOM, CRLF, comments and blank lines. Whatever is wrong costs one row: an
 * unclosed quote too, after which reading goes on in the next line.
 */
#ifndef MODCTL_CSV_ROWS_H
#define MODCTL_CSV_ROWS_H

#include "import_source.h"

enum { CSV_ROW_MAX = 64 << 10, CSV_FIELDS_MAX = 64 }; /* bytes and fields of one row */

struct csv_field {
    char *text; /* without quotes and blanks around, a NUL behind */
    size_t size, at;
    uint32_t column; /* in code points, from 1 */
    bool quoted;
};

struct csv_rows {
    struct source *in;
    char *block;       /* begin … end are still to be read */
    size_t begin, end; /* before the end of the block, so that a NUL has room */
    bool ended;        /* the input has no more */
    uint32_t line;     /* where the row begins */
    uint32_t next_line;
    struct csv_field field[CSV_FIELDS_MAX];
    size_t fields;
    const char *bad; /* what is wrong with it, and where */
    uint32_t bad_column;
};

enum csv_what { CSV_END, CSV_ROW, CSV_BAD };

/* LMOD_E_MEMORY. The BOM is skipped. */
int csv_rows_init(struct csv_rows *c, struct source *in, struct error *e);
void csv_rows_finish(struct csv_rows *c);

/* The next row, comments and blank lines left out; its fields are there until the next call. */
enum csv_what csv_rows_next(struct csv_rows *c);

/* The next line as it is, without blanks around and a NUL behind; there until the next call. */
enum csv_what csv_rows_line(struct csv_rows *c, char **text, size_t *size);

#endif
