/* Rows of CSV: RFC 4180 quotes, and what is wrong costs one row. */
#include "csv_rows.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 20 };

static const char too_long[] = "longer than 65536 bytes";

/* Makes sure that a whole row is in the block, or more than a row may have, or all the rest. */
static void fill(struct csv_rows *c)
{
    if (c->ended || c->end - c->begin > CSV_ROW_MAX)
        return;
    memmove(c->block, c->block + c->begin, c->end - c->begin);
    c->end -= c->begin;
    c->begin = 0;
    size_t room = BLOCK - 1 - c->end, n = source_read(c->in, c->block + c->end, room);
    c->end += n;
    c->ended = n < room;
}

static void skip_line(struct csv_rows *c)
{
    for (;;) {
        fill(c);
        char *from = c->block + c->begin, *feed = memchr(from, '\n', c->end - c->begin);
        c->begin = feed ? (size_t)(feed + 1 - c->block) : c->end;
        if (feed)
            c->next_line++;
        if (feed || (c->ended && c->begin == c->end))
            return;
    }
}

static bool blank(char b)
{
    return b == ' ' || b == '\t' || b == '\r';
}

/* Nothing to read in this line: blanks only, or a comment. */
static bool is_empty_line(const struct csv_rows *c)
{
    size_t i = c->begin;
    while (i < c->end && blank(c->block[i]))
        i++;
    return i < c->end ? c->block[i] == '\n' || c->block[i] == '#' : c->ended;
}

/* Reads a quoted field whose opening quote is at `*at`; `*at` moves to what follows its blanks. */
static const char *scan_quoted(struct csv_field *f, const char *text, size_t *at, size_t limit)
{
    size_t i = *at + 1;
    f->quoted = true;
    f->at = *at;
    f->text += i;
    for (; i < limit && (text[i] != '"' || (i + 1 < limit && text[i + 1] == '"')); i++)
        i += text[i] == '"';
    if (i >= limit)
        return "a quote is never closed";
    f->size = i - *at - 1;
    for (i++; i < limit && blank(text[i]);)
        i++;
    *at = i;
    return i >= limit || text[i] == ',' || text[i] == '\n' ? NULL
                                                           : "there is text after a closing quote";
}

/* Reads the field at `*at`, which moves to its comma, its line end or the limit. NULL or what is
 * wrong at `*at`. */
static const char *scan_field(struct csv_rows *c, size_t *at, size_t limit)
{
    char *text = c->block + c->begin;
    size_t i = *at;
    if (c->fields == CSV_FIELDS_MAX)
        return "more than 64 fields";
    struct csv_field *f = &c->field[c->fields++];
    while (i < limit && blank(text[i]))
        i++;
    *f = (struct csv_field){.text = text, .at = i};
    *at = i;
    if (i < limit && text[i] == '"')
        return scan_quoted(f, text, at, limit);
    while (i < limit && text[i] != ',' && text[i] != '\n')
        i++;
    f->text += *at;
    f->size = i - *at;
    *at = i;
    return NULL;
}

/* Finds the fields of the row at `begin`; `*at` is its end, or the place of what is wrong. */
static const char *scan_row(struct csv_rows *c, size_t *at)
{
    const char *text = c->block + c->begin, *wrong;
    size_t have = c->end - c->begin, limit = have < CSV_ROW_MAX ? have : CSV_ROW_MAX;
    c->fields = 0;
    for (*at = 0;; ++*at) {
        wrong = scan_field(c, at, limit);
        if (wrong || *at >= limit || text[*at] == '\n')
            break;
    }
    if (!wrong && *at >= limit && limit < have)
        wrong = too_long;
    return wrong;
}

static uint32_t count_columns(const char *text, size_t from, size_t to)
{
    uint32_t n = 0;
    for (size_t i = from; i < to; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return n;
}

/* Takes doubled quotes and blanks out of the fields and ends each with a NUL. */
static void finish_fields(struct csv_rows *c, const char *row)
{
    uint32_t column = 1;
    for (size_t k = 0, from = 0; k < c->fields; from = c->field[k++].at) {
        column += count_columns(row, from, c->field[k].at);
        c->field[k].column = column;
    }
    for (struct csv_field *f = c->field; f < c->field + c->fields; f++) {
        size_t n = f->quoted ? 0 : f->size;
        for (size_t i = 0; f->quoted && i < f->size; i++) {
            i += f->text[i] == '"';
            f->text[n++] = f->text[i];
        }
        while (!f->quoted && n > 0 && blank(f->text[n - 1]))
            n--;
        f->size = n;
        f->text[n] = '\0';
    }
}

int csv_rows_init(struct csv_rows *c, struct source *in, struct error *e)
{
    *c = (struct csv_rows){.in = in, .line = 1, .next_line = 1, .block = malloc(BLOCK)};
    if (!c->block)
        return error_memory(e);
    fill(c);
    if (c->end >= 3 && memcmp(c->block, "\xef\xbb\xbf", 3) == 0)
        c->begin = 3;
    return LMOD_OK;
}

void csv_rows_finish(struct csv_rows *c)
{
    free(c->block);
    c->block = NULL;
}

static enum csv_what bad_row(struct csv_rows *c, uint32_t column, const char *text)
{
    c->bad_column = column;
    c->bad = text;
    return CSV_BAD;
}

/* The place behind the row or line of `size` bytes. */
static void go_on(struct csv_rows *c, size_t size)
{
    size_t end = c->begin + size;
    if (end < c->end)
        end++; /* over the line end */
    for (size_t i = c->begin; i < end; i++)
        c->next_line += c->block[i] == '\n';
    c->begin = end;
}

/* To the next line that is neither blank nor a comment; false: there is none. */
static bool find_row(struct csv_rows *c)
{
    for (;;) {
        fill(c);
        if (c->begin == c->end)
            return false;
        c->line = c->next_line;
        if (!is_empty_line(c))
            return true;
        skip_line(c);
    }
}

enum csv_what csv_rows_next(struct csv_rows *c)
{
    size_t size;
    if (!find_row(c))
        return CSV_END;
    const char *wrong = scan_row(c, &size), *row = c->block + c->begin;
    if (wrong) {
        uint32_t column = 1 + count_columns(row, 0, size);
        skip_line(c);
        return bad_row(c, column, wrong);
    }
    bool text = utf8_valid(row, size);
    size_t begin = c->begin;
    go_on(c, size);
    finish_fields(c, c->block + begin);
    return text ? CSV_ROW : bad_row(c, 1, "not UTF-8 text without NUL bytes");
}

enum csv_what csv_rows_line(struct csv_rows *c, char **text, size_t *size)
{
    if (!find_row(c))
        return CSV_END;
    char *line = c->block + c->begin;
    size_t have = c->end - c->begin;
    const char *feed = memchr(line, '\n', have);
    size_t n = feed ? (size_t)(feed - line) : have;
    if (n > CSV_ROW_MAX) {
        skip_line(c);
        return bad_row(c, CSV_ROW_MAX + 1, too_long);
    }
    go_on(c, n);
    line[n] = '\0';
    while (n > 0 && blank(line[n - 1]))
        line[--n] = '\0';
    while (blank(*line)) {
        line++;
        n--;
    }
    *text = line;
    *size = n;
    return utf8_valid(line, n) ? CSV_ROW : bad_row(c, 1, "not UTF-8 text without NUL bytes");
}
