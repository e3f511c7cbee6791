/* The source CSV of lists: rows with an optional header, as docs/reference/lists.md has them. */
#include "import_csv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import_value.h"

/* What a row's value is: signals by their numbers, and pictures. */
enum { TYPE_FILE = 100 };
static const struct term types[] = {
    {"md5", SIGNAL_MD5},   {"sha1", SIGNAL_SHA1}, {"sha256", SIGNAL_SHA256}, {"pdq", SIGNAL_PDQ},
    {"link", SIGNAL_LINK}, {"text", SIGNAL_TEXT}, {"file", TYPE_FILE},       {NULL, 0},
};
enum { TYPES = COUNT_OF(types) - 1 };

struct csv {
    struct csv_rows rows;
    bool body; /* past the place where a header may be */

    const struct import_options *o;
    struct import_report *r;
    struct list_source *to;
    uint32_t type;        /* of bare values; 0: rows name theirs */
    char *directory;      /* that pictures are relative to */
    struct buffer origin; /* the source's name as it stands in entry ids */
    struct buffer labels; /* of the row, joined by commas */
    uint64_t expires;     /* when the row does; 0: never */
};

/* ---- from fields to rows ---- */

static int wrong_at(struct error *e, const struct csv_field *f, const char *what)
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
    const char *first = c->rows.field[0].text;
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
static const char *reserved(const struct csv_field *f, const char *name)
{
    size_t n = strlen(name);
    return strncasecmp(f->text, name, n) == 0 && f->text[n] == '=' ? f->text + n + 1 : NULL;
}

static int
read_label(struct csv *c, const struct csv_field *f, struct list_row *row, struct error *e)
{
    const char *value;
    if ((value = reserved(f, "status")) != NULL)
        return read_status(value, &row->status)
                   ? LMOD_OK
                   : wrong_at(e, f, "status is one of active withdrawn expired disabled");
    if ((value = reserved(f, "expires")) != NULL)
        return import_time(value, &c->expires)
                   ? LMOD_OK
                   : wrong_at(e, f, "expires is a date, such as 2027-01-31, or a time of ISO 8601");
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
    if (k < c->rows.fields && c->rows.field[k].size > 0) {
        row->entry = c->rows.field[k].text;
    } else {
        (void)snprintf(made, LIST_ENTRY_MAX + 1, "%s:%u", c->origin.data, c->rows.line);
        row->entry = made;
    }
    buffer_clear(&c->labels);
    c->expires = 0;
    int status = LMOD_OK;
    for (k++; status == LMOD_OK && k < c->rows.fields; k++)
        status = read_label(c, &c->rows.field[k], row, e);
    buffer_append(&c->labels, "", 0);
    if (status == LMOD_OK && c->labels.failed)
        return error_memory(e);
    row->labels = c->labels.data;
    if (c->expires && c->expires <= c->o->now && row->status == ENTRY_ACTIVE)
        row->status = ENTRY_EXPIRED;
    return status;
}

static int add_picture(struct csv *c,
                       const struct csv_field *value,
                       const struct list_row *row,
                       struct error *e)
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

/* A value that is written in the row. */
static int add_value(struct csv *c,
                     const struct csv_field *value,
                     struct list_row *row,
                     uint32_t type,
                     struct error *e)
{
    int status = import_value(row, (enum signal)type, value->text, value->size, e);
    if (status == LMOD_E_LIST && e)
        e->column = value->column;
    if (status == LMOD_OK)
        status = list_source_add(c->to, row, e);
    c->r->pdqs += status == LMOD_OK && row->signal == SIGNAL_PDQ;
    return status;
}

static int add_row(struct csv *c, struct error *e)
{
    struct list_row row = {.status = ENTRY_ACTIVE};
    char made[LIST_ENTRY_MAX + 1];
    uint32_t type = c->type;
    size_t k = type ? 0 : 1; /* where the value is */
    if (!type && c->rows.fields < 2)
        return wrong_at(e, &c->rows.field[0],
                        "a row is type,value[,entry[,label…]]; for bare values give --type");
    if (!type && !type_of(c->rows.field[0].text, &type))
        return unknown_type(e, c->rows.field[0].column, c->rows.field[0].text, LMOD_E_LIST);
    int status = read_details(c, k + 1, &row, made, e);
    if (status != LMOD_OK)
        return status;
    if (type == TYPE_FILE)
        return add_picture(c, &c->rows.field[k], &row, e);
    return add_value(c, &c->rows.field[k], &row, type, e);
}

static void report_bad(struct csv *c, uint32_t column, const char *text)
{
    c->r->bad++;
    if (c->o->bad)
        c->o->bad(c->o->context, c->o->path, c->rows.line, column ? column : 1, text);
}

/* The row whose fields were found. LMOD_E_MEMORY, otherwise it is counted. */
static int take_row(struct csv *c, struct error *e)
{
    struct error wrong = {0};
    bool header = !c->body && is_header(c);
    c->body = true;
    if (header)
        return LMOD_OK;
    c->r->rows++;
    int status = add_row(c, &wrong);
    if (status == LMOD_OK)
        c->r->added++;
    else if (status == LMOD_E_MEMORY)
        return error_memory(e);
    else
        report_bad(c, wrong.column, wrong.text);
    return LMOD_OK;
}

static int read_rows(struct csv *c, struct error *e)
{
    int status = LMOD_OK;
    while (status == LMOD_OK) {
        enum csv_what what = csv_rows_next(&c->rows);
        if (what == CSV_END)
            return source_status(c->rows.in, e);
        if (what == CSV_ROW) {
            status = take_row(c, e);
        } else {
            c->body = true;
            c->r->rows++;
            report_bad(c, c->rows.bad_column, c->rows.bad);
        }
    }
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

int import_csv(struct list_source *to, struct source *in, struct import_report *r, struct error *e)
{
    struct csv *c = calloc(1, sizeof(*c));
    int status = LMOD_OK;
    if (!c)
        return error_memory(e);
    c->o = in->o;
    c->r = r;
    c->to = to;
    if (c->o->type && !type_of(c->o->type, &c->type)) {
        status = unknown_type(e, 0, c->o->type, LMOD_E_ARGUMENT);
        goto cleanup;
    }
    status = csv_rows_init(&c->rows, in, e);
    c->directory = path_directory(c->o->path);
    name_origin(&c->origin, c->o->path);
    if (status == LMOD_OK && (!c->directory || c->origin.failed))
        status = error_memory(e);
    if (status == LMOD_OK)
        status = read_rows(c, e);
cleanup:
    csv_rows_finish(&c->rows);
    free(c->directory);
    buffer_finish(&c->origin);
    buffer_finish(&c->labels);
    free(c);
    return status;
}
