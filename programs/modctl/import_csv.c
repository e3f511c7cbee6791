/*
 * The source CSV of lists: RFC 4180 quotes, BOM, CRLF, comments and an optional header. Whatever is
 * wrong costs one row: an unclosed quote too, after which reading goes on in the next line.
 */
#include "import_csv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "text/text.h"

enum { BLOCK = 1 << 20 };

/* What a row's value is: signals by their numbers, and pictures. */
enum { TYPE_FILE = 100 };
static const struct term types[] = {
    {"md5", SIGNAL_MD5},   {"sha1", SIGNAL_SHA1}, {"sha256", SIGNAL_SHA256}, {"pdq", SIGNAL_PDQ},
    {"link", SIGNAL_LINK}, {"text", SIGNAL_TEXT}, {"file", TYPE_FILE},       {NULL, 0},
};
enum { TYPES = COUNT_OF(types) - 1 };

struct field {
    char *text; /* with a NUL behind once it is finished */
    size_t size, at;
    uint32_t column; /* in code points, from 1 */
    bool quoted;
};

struct csv {
    FILE *in;
    char *block;       /* of BLOCK bytes; begin … end are still to be read */
    size_t begin, end; /* end < BLOCK, so that a NUL has room */
    bool ended;        /* the input has no more */
    int error;         /* errno of a failed read */
    uint32_t line;     /* of the row at `begin` */
    bool body;         /* past the place where a header may be */
    struct field field[CSV_FIELDS_MAX];
    size_t fields;

    const struct import_options *o;
    struct import_report *r;
    struct list_source *to;
    uint32_t type;        /* of bare values; 0: rows name theirs */
    char *directory;      /* that pictures are relative to */
    struct buffer origin; /* the source's name as it stands in entry ids */
    struct buffer labels; /* of the row, joined by commas */
};

/* ---- from bytes to fields ---- */

/* Makes sure that a whole row is in the block, or more than a row may have, or all the rest. */
static void fill(struct csv *c)
{
    if (c->ended || c->end - c->begin > CSV_ROW_MAX)
        return;
    memmove(c->block, c->block + c->begin, c->end - c->begin);
    c->end -= c->begin;
    c->begin = 0;
    while (!c->ended && c->end < BLOCK - 1) {
        errno = 0;
        size_t n = fread(c->block + c->end, 1, BLOCK - 1 - c->end, c->in);
        c->end += n;
        if (n > 0)
            continue;
        if (ferror(c->in))
            c->error = errno ? errno : EIO;
        c->ended = true;
    }
}

static void skip_line(struct csv *c)
{
    for (;;) {
        fill(c);
        char *from = c->block + c->begin, *feed = memchr(from, '\n', c->end - c->begin);
        c->begin = feed ? (size_t)(feed + 1 - c->block) : c->end;
        if (feed)
            c->line++;
        if (feed || (c->ended && c->begin == c->end))
            return;
    }
}

static bool blank(char b)
{
    return b == ' ' || b == '\t' || b == '\r';
}

/* Nothing to read in this line: blanks only, or a comment. */
static bool is_empty_line(const struct csv *c)
{
    size_t i = c->begin;
    while (i < c->end && blank(c->block[i]))
        i++;
    return i < c->end ? c->block[i] == '\n' || c->block[i] == '#' : c->ended;
}

/* Reads a quoted field whose opening quote is at `*at`; `*at` moves to what follows its blanks. */
static const char *scan_quoted(struct field *f, const char *text, size_t *at, size_t limit)
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
static const char *scan_field(struct csv *c, size_t *at, size_t limit)
{
    char *text = c->block + c->begin;
    size_t i = *at;
    if (c->fields == CSV_FIELDS_MAX)
        return "more than 64 fields";
    struct field *f = &c->field[c->fields++];
    while (i < limit && blank(text[i]))
        i++;
    *f = (struct field){.text = text, .at = i};
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
static const char *scan_row(struct csv *c, size_t *at)
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
        wrong = "longer than 65536 bytes";
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
static void finish_fields(struct csv *c)
{
    const char *row = c->block + c->begin;
    uint32_t column = 1;
    for (size_t k = 0, from = 0; k < c->fields; from = c->field[k++].at) {
        column += count_columns(row, from, c->field[k].at);
        c->field[k].column = column;
    }
    for (struct field *f = c->field; f < c->field + c->fields; f++) {
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

/* ---- from fields to rows ---- */

static int wrong_at(struct error *e, const struct field *f, const char *what)
{
    return error_at(e, LMOD_E_LIST, NULL, 0, f->column, "%s", what);
}

static bool type_of(const char *name, uint32_t *type)
{
    for (const struct term *t = types; t->name; t++)
        if (strcasecmp(t->name, name) == 0) {
            *type = t->value;
            return true;
        }
    return false;
}

static int unknown_type(struct error *e, uint32_t column, const char *name, int status)
{
    const char *names[TYPES];
    for (size_t i = 0; i < TYPES; i++)
        names[i] = types[i].name;
    const char *like = text_suggest(name, strlen(name), names, TYPES);
    return error_at(e, status, NULL, 0, column, "unknown type \"%.40s\"%s%s%s", name,
                    like ? ": did you mean " : "; types are md5 sha1 sha256 pdq link text file",
                    like ? like : "", like ? "?" : "");
}

/* A header is the first row, when its first field is the name of a column. */
static bool is_header(const struct csv *c)
{
    static const char *const names[] = {"type",  "signal_type", "signal",       "hash_type",
                                        "value", "hash",        "signal_value", "indicator"};
    const char *first = c->field[0].text;
    bool bare = c->type != 0;
    if (c->type == TYPE_FILE || c->type == SIGNAL_LINK || c->type == SIGNAL_TEXT)
        return false; /* any word may be a value */
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcasecmp(first, names[i]) == 0)
            return true;
    return bare && strcasecmp(first, term_name(types, c->type)) == 0;
}

static bool read_quality(const char *text, uint8_t *out)
{
    unsigned value = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || n > 3 || text[n])
        return false;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    *out = (uint8_t)value;
    return value <= 100;
}

static bool read_status(const char *text, enum entry_status *out)
{
    for (const struct term *t = entry_status_terms; t->name; t++)
        if (strcasecmp(t->name, text) == 0) {
            *out = (enum entry_status)t->value;
            return true;
        }
    return false;
}

/* What stands behind `name=` in a reserved label, or NULL. */
static const char *reserved(const struct field *f, const char *name)
{
    size_t n = strlen(name);
    return strncasecmp(f->text, name, n) == 0 && f->text[n] == '=' ? f->text + n + 1 : NULL;
}

static int read_label(struct csv *c, const struct field *f, struct list_row *row, struct error *e)
{
    const char *value;
    if ((value = reserved(f, "status")) != NULL)
        return read_status(value, &row->status)
                   ? LMOD_OK
                   : wrong_at(e, f, "status is one of active withdrawn expired disabled");
    if ((value = reserved(f, "quality")) != NULL)
        return read_quality(value, &row->quality)
                   ? LMOD_OK
                   : wrong_at(e, f, "quality is a whole number from 0 to 100");
    if ((value = reserved(f, "opinion")) != NULL) {
        row->opinion = value;
        return LMOD_OK;
    }
    if (c->labels.size > 0)
        buffer_append(&c->labels, ",", 1);
    buffer_append(&c->labels, f->text, f->size);
    return c->labels.failed ? error_memory(e) : LMOD_OK;
}

/* Entry and labels: the fields from number `k`. `made` holds an id that the row does not give. */
static int read_details(
    struct csv *c, size_t k, struct list_row *row, char made[LIST_ENTRY_MAX + 1], struct error *e)
{
    row->quality = 100;
    if (k < c->fields && c->field[k].size > 0) {
        row->entry = c->field[k].text;
    } else {
        (void)snprintf(made, LIST_ENTRY_MAX + 1, "%s:%u", c->origin.data, c->line);
        row->entry = made;
    }
    buffer_clear(&c->labels);
    int status = LMOD_OK;
    for (k++; status == LMOD_OK && k < c->fields; k++)
        status = read_label(c, &c->field[k], row, e);
    buffer_append(&c->labels, "", 0);
    if (status == LMOD_OK && c->labels.failed)
        return error_memory(e);
    row->labels = c->labels.data;
    return status;
}

static int
add_picture(struct csv *c, const struct field *value, const struct list_row *row, struct error *e)
{
    if (value->size == 0)
        return wrong_at(e, value, "the file's name is empty");
    if (!c->o->picture)
        return wrong_at(e, value, "file rows need the media worker, which is not there");
    char *path = path_join(c->directory, value->text);
    if (!path)
        return error_memory(e);
    int status = c->o->picture(c->o->context, path, row, c->to, e);
    c->r->pictures += status == LMOD_OK;
    free(path);
    return status;
}

static int add_hash(struct csv *c, const struct field *value, struct list_row *row, struct error *e)
{
    size_t size = signal_bytes(row->signal);
    const char *name = term_name(types, row->signal);
    if (value->size != 2 * size)
        return error_at(e, LMOD_E_LIST, NULL, 0, value->column,
                        "%s takes %zu hex digits, this has %zu characters", name, 2 * size,
                        value->size);
    if (!hex_read(value->text, value->size, row->value, size))
        return error_at(e, LMOD_E_LIST, NULL, 0, value->column, "%s takes hex digits only", name);
    int status = list_source_add(c->to, row, e);
    if (status == LMOD_OK && row->signal == SIGNAL_PDQ)
        c->r->pdqs++;
    return status;
}

/* By its canonical key, whichever spelling it is. */
static int add_link(struct csv *c, const struct field *value, struct list_row *row, struct error *e)
{
    struct link_digests d;
    int status = link_listed(&d, value->text, value->size);
    if (status == LMOD_E_ARGUMENT)
        return wrong_at(e, value, "this is not one link, invite or handle");
    if (status != LMOD_OK)
        return error_memory(e);
    memcpy(row->value, d.sha256[0], sizeof(d.sha256[0]));
    return list_source_add(c->to, row, e);
}

/* By its sketch: the text itself is nowhere in a list. */
static int add_text(struct csv *c, const struct field *value, struct list_row *row, struct error *e)
{
    struct sketch s;
    int status = text_listed(&s, value->text, value->size);
    if (status == LMOD_E_ARGUMENT)
        return wrong_at(e, value, "too short: a text needs two words, or three characters of Han");
    if (status != LMOD_OK)
        return error_memory(e);
    sketch_write(&s, row->value);
    return list_source_add(c->to, row, e);
}

static int add_row(struct csv *c, struct error *e)
{
    struct list_row row = {.status = ENTRY_ACTIVE};
    char made[LIST_ENTRY_MAX + 1];
    uint32_t type = c->type;
    size_t k = type ? 0 : 1; /* where the value is */
    if (!type && c->fields < 2)
        return wrong_at(e, &c->field[0],
                        "a row is type,value[,entry[,label…]]; for bare values give --type");
    if (!type && !type_of(c->field[0].text, &type))
        return unknown_type(e, c->field[0].column, c->field[0].text, LMOD_E_LIST);
    int status = read_details(c, k + 1, &row, made, e);
    if (status != LMOD_OK)
        return status;
    if (type == TYPE_FILE)
        return add_picture(c, &c->field[k], &row, e);
    row.signal = (enum signal)type;
    if (type == SIGNAL_LINK)
        return add_link(c, &c->field[k], &row, e);
    if (type == SIGNAL_TEXT)
        return add_text(c, &c->field[k], &row, e);
    return add_hash(c, &c->field[k], &row, e);
}

static void report_bad(struct csv *c, uint32_t column, const char *text)
{
    c->r->bad++;
    if (c->o->bad)
        c->o->bad(c->o->context, c->o->path, c->line, column ? column : 1, text);
}

/* The row of `size` bytes whose fields were found. LMOD_E_MEMORY, otherwise it is counted. */
static int take_row(struct csv *c, size_t size, struct error *e)
{
    bool text = utf8_valid(c->block + c->begin, size);
    finish_fields(c);
    if (!c->body && text && is_header(c)) {
        c->body = true;
        return LMOD_OK;
    }
    c->body = true;
    c->r->rows++;
    struct error wrong = {0};
    int status = text ? add_row(c, &wrong)
                      : error_set(&wrong, LMOD_E_LIST, "not UTF-8 text without NUL bytes");
    if (status == LMOD_OK)
        c->r->added++;
    else if (status == LMOD_E_MEMORY)
        return error_memory(e);
    else
        report_bad(c, wrong.column, wrong.text);
    return LMOD_OK;
}

static int read_row(struct csv *c, struct error *e)
{
    size_t at;
    const char *wrong = scan_row(c, &at), *row = c->block + c->begin;
    if (wrong) {
        c->body = true;
        c->r->rows++;
        report_bad(c, 1 + count_columns(row, 0, at), wrong);
        skip_line(c);
        return LMOD_OK;
    }
    size_t end = c->begin + at;
    uint32_t lines = 0;
    if (end < c->end)
        end++; /* over the line end */
    for (size_t i = c->begin; i < end; i++)
        lines += c->block[i] == '\n';
    int status = take_row(c, at, e);
    c->begin = end;
    c->line += lines;
    return status;
}

static int read_rows(struct csv *c, struct error *e)
{
    int status = LMOD_OK;
    fill(c);
    if (c->end >= 3 && memcmp(c->block, "\xef\xbb\xbf", 3) == 0)
        c->begin = 3;
    while (status == LMOD_OK) {
        fill(c);
        if (c->begin == c->end)
            break;
        if (is_empty_line(c))
            skip_line(c);
        else
            status = read_row(c, e);
    }
    if (status == LMOD_OK && c->error)
        status = error_io(e, c->o->path, "cannot read", c->error);
    return status;
}

/* ---- the door ---- */

/* The end of the path that fits into an entry id with a line number, without control characters. */
static void name_origin(struct buffer *out, const char *path)
{
    enum { LINE = sizeof(":4294967295") - 1 };
    struct buffer clean = BUFFER_INIT;
    utf8_repair(&clean, path, strlen(path));
    size_t from = clean.size > LIST_ENTRY_MAX - LINE ? clean.size - (LIST_ENTRY_MAX - LINE) : 0;
    while (from < clean.size && ((unsigned char)clean.data[from] & 0xc0) == 0x80)
        from++;
    if (!clean.failed && clean.data)
        buffer_append(out, clean.data + from, clean.size - from);
    buffer_append(out, "", 0);
    out->failed |= clean.failed;
    for (size_t i = 0; !out->failed && i < out->size; i++)
        if ((unsigned char)out->data[i] < 0x20 || out->data[i] == 0x7f)
            out->data[i] = '?';
    buffer_finish(&clean);
}

int import_csv_stream(struct list_source *to,
                      FILE *in,
                      const struct import_options *o,
                      struct import_report *r,
                      struct error *e)
{
    struct csv *c = calloc(1, sizeof(*c));
    int status = LMOD_OK;
    if (!c)
        return error_memory(e);
    c->in = in;
    c->o = o;
    c->r = r;
    c->to = to;
    c->line = 1;
    if (o->type && !type_of(o->type, &c->type)) {
        status = unknown_type(e, 0, o->type, LMOD_E_ARGUMENT);
        goto cleanup;
    }
    c->block = malloc(BLOCK);
    c->directory = path_directory(o->path);
    name_origin(&c->origin, o->path);
    if (!c->block || !c->directory || c->origin.failed)
        status = error_memory(e);
    else
        status = read_rows(c, e);
cleanup:
    free(c->block);
    free(c->directory);
    buffer_finish(&c->origin);
    buffer_finish(&c->labels);
    free(c);
    return status;
}

int import_csv(struct list_source *to,
               const struct import_options *o,
               struct import_report *r,
               struct error *e)
{
    if (strcmp(o->path, "-") == 0)
        return import_csv_stream(to, stdin, o, r, e);
    FILE *in = fopen(o->path, "re");
    if (!in)
        return error_io(e, o->path, "cannot open", errno);
    int status = import_csv_stream(to, in, o, r, e);
    (void)fclose(in);
    return status;
}
