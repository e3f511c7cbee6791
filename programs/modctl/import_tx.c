/*
 * Files of python-threatexchange: lines "TYPE VALUE" or, with a type given, bare values, as its exchange
 * local_file reads them; and the CSV that `tx dataset` prints.
 */
#include "import_formats.h"

#include <string.h>
#include <strings.h>

#include "csv_rows.h"
#include "import_entry.h"

static const struct import_kind kinds[] = {
    {"pdq", SIGNAL_PDQ, NULL},
    {"md5", SIGNAL_MD5, NULL},
    {"photo_md5", SIGNAL_MD5, NULL},
    {"video_md5", SIGNAL_MD5, "video"}, /* of the file: it finds the same bytes */
    {"sha1", SIGNAL_SHA1, NULL},
    {"sha256", SIGNAL_SHA256, NULL},
    {"video_sha256", SIGNAL_SHA256, "video"},
    {"url", SIGNAL_LINK, NULL},
    {"raw_text", SIGNAL_TEXT, NULL},
    {"url_md5", (enum signal)0, NULL},
    {"pdq_ocr", (enum signal)0, NULL},
    {"text_tlsh", (enum signal)0, NULL},
    {"trend_query", (enum signal)0, NULL},
    {"tmk_pdqf", (enum signal)0, NULL},
    {"video_tmk_pdqf", (enum signal)0, NULL},
    {"video_vpdq", (enum signal)0, NULL},
    {"vpdq", (enum signal)0, NULL},
    {"photodna", (enum signal)0, NULL},
    {"clip", (enum signal)0, NULL},
    {NULL, (enum signal)0, NULL},
};

enum column { COLLAB, TYPE, VALUE, CATEGORY, TAGS, COLUMNS };

static const struct term columns[] = {
    {"collab", COLLAB},     {"signal_type", TYPE}, {"signal_str", VALUE},
    {"category", CATEGORY}, {"tags", TAGS},        {NULL, 0},
};

struct tx {
    struct importer im;
    struct csv_rows rows;
    size_t column[COLUMNS]; /* number of the field plus 1; 0: the file has no such column */
};

bool import_tx_type(const char *name, size_t size)
{
    for (const struct import_kind *k = kinds; k->name; k++)
        if (text_is(name, size, k->name))
            return true;
    return false;
}

static struct import_place here(const struct tx *tx, uint32_t column)
{
    return (struct import_place){tx->rows.line, column};
}

/* ---- lines ---- */

static int read_line(struct tx *tx, const char *line, size_t size, struct error *e)
{
    const char *type = tx->im.o->type;
    char name[32];
    size_t n = type ? 0 : strcspn(line, " \t"), at = n;
    entry_begin(&tx->im);
    while (line[at] == ' ' || line[at] == '\t')
        at++;
    if (!type && (n >= sizeof(name) || !import_tx_type(line, n))) {
        import_bad(&tx->im, here(tx, 1), "unknown type \"%.*s\": a line is TYPE VALUE",
                   (int)(n < 40 ? n : 0), line);
        return LMOD_OK;
    }
    if (at == size) {
        import_bad(&tx->im, here(tx, 1), "a line is TYPE VALUE, and the value is missing");
        return LMOD_OK;
    }
    if (!type) {
        memcpy(name, line, n);
        name[n] = '\0';
        type = name;
    }
    return entry_signal(&tx->im, type, line + at, size - at, here(tx, 1 + (uint32_t)at), e);
}

static int read_lines(struct tx *tx, struct error *e)
{
    char *line;
    size_t size;
    for (;;) {
        enum csv_what what = csv_rows_line(&tx->rows, &line, &size);
        if (what == CSV_END)
            return LMOD_OK;
        if (what == CSV_BAD)
            import_bad(&tx->im, here(tx, tx->rows.bad_column), "%s", tx->rows.bad);
        else if (read_line(tx, line, size, e) != LMOD_OK)
            return LMOD_E_MEMORY;
    }
}

/* ---- CSV ---- */

/* The field of a column, NULL when the row has none. */
static const struct csv_field *field(const struct tx *tx, enum column c)
{
    size_t n = tx->column[c];
    return n > 0 && n <= tx->rows.fields && tx->rows.field[n - 1].size > 0 ? &tx->rows.field[n - 1]
                                                                           : NULL;
}

static bool says_no(const char *category)
{
    return strcasecmp(category, "NEGATIVE_CLASS") == 0 ||
           strcasecmp(category, "FALSE_POSITIVE") == 0;
}

/* Words with blanks between. */
static void read_tags(struct tx *tx, char *tags)
{
    for (char *rest = tags, *tag; (tag = strsep(&rest, " ")) != NULL;)
        entry_label(&tx->im, NULL, tag);
}

static int read_row(struct tx *tx, struct error *e)
{
    const struct csv_field *type = field(tx, TYPE), *value = field(tx, VALUE);
    const struct csv_field *collab = field(tx, COLLAB), *category = field(tx, CATEGORY);
    const struct csv_field *tags = field(tx, TAGS);
    const char *kind = type ? type->text : tx->im.o->type;
    entry_begin(&tx->im);
    if (!kind || !value) {
        import_bad(&tx->im, here(tx, 1), "a row needs signal_type and signal_str");
        return LMOD_OK;
    }
    if (collab)
        tx->im.group = collab->text; /* each may say something else of the same hash */
    if (category)
        entry_opinion(&tx->im, NULL, category->text);
    if (category && says_no(category->text))
        entry_status(&tx->im, ENTRY_DISABLED);
    if (tags)
        read_tags(tx, tags->text);
    return entry_signal(&tx->im, kind, value->text, value->size, here(tx, value->column), e);
}

static int read_header(struct tx *tx, struct error *e)
{
    enum csv_what what = csv_rows_next(&tx->rows);
    for (size_t i = 0; what == CSV_ROW && i < tx->rows.fields; i++) {
        uint32_t column;
        if (term_value(columns, tx->rows.field[i].text, tx->rows.field[i].size, &column))
            tx->column[column] = i + 1;
    }
    if (tx->column[VALUE] && (tx->column[TYPE] || tx->im.o->type))
        return LMOD_OK;
    return error_at(e, LMOD_E_LIST, tx->im.o->path, tx->rows.line, 1,
                    "the header needs the columns signal_type and signal_str");
}

static int read_csv(struct tx *tx, struct error *e)
{
    int status = read_header(tx, e);
    while (status == LMOD_OK) {
        enum csv_what what = csv_rows_next(&tx->rows);
        if (what == CSV_END)
            return LMOD_OK;
        if (what == CSV_ROW)
            status = read_row(tx, e);
        else
            import_bad(&tx->im, here(tx, tx->rows.bad_column), "%s", tx->rows.bad);
    }
    return status;
}

/* ---- the door ---- */

static bool has_header(struct source *in)
{
    size_t size;
    const char *head = source_head(in, &size), *feed = memchr(head, '\n', size);
    static const char column[] = "signal_str";
    return memmem(head, feed ? (size_t)(feed - head) : size, column, sizeof(column) - 1) != NULL;
}

int import_tx(struct list_source *to, struct source *in, struct import_report *r, struct error *e)
{
    struct tx tx = {.column = {0}};
    const char *type = in->o->type;
    if (type && !import_tx_type(type, strlen(type)))
        return error_set(e, LMOD_E_ARGUMENT, "python-threatexchange has no type \"%.40s\"", type);
    importer_init(&tx.im, to, in, kinds, r);
    bool csv = has_header(in);
    int status = csv_rows_init(&tx.rows, in, e);
    if (status == LMOD_OK)
        status = csv ? read_csv(&tx, e) : read_lines(&tx, e);
    if (status == LMOD_OK)
        status = source_status(in, e);
    csv_rows_finish(&tx.rows);
    importer_finish(&tx.im);
    return status;
}
