/* Entries of partners' formats: their texts, their status, and their signals into the list's source. */
#include "import_entry.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "crypto/crypto.h"
#include "import_value.h"

void importer_init(struct importer *im,
                   struct list_source *to,
                   struct source *in,
                   const struct import_kind *kinds,
                   struct import_report *r)
{
    *im = (struct importer){.in = in, .o = in->o, .r = r, .to = to, .kinds = kinds};
}

void importer_finish(struct importer *im)
{
    buffer_finish(&im->id);
    buffer_finish(&im->labels);
    buffer_finish(&im->opinion);
}

void entry_begin(struct importer *im)
{
    buffer_clear(&im->id);
    buffer_clear(&im->labels);
    buffer_clear(&im->opinion);
    im->status = ENTRY_ACTIVE;
    im->stamp = 0;
    im->group = NULL;
}

void import_bad(struct importer *im, struct import_place at, const char *format, ...)
{
    char text[400];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    im->r->rows++;
    im->r->bad++;
    if (im->o->bad)
        im->o->bad(im->o->context, im->o->path, at.line, at.column, text);
}

/* Appends to a set that is joined by commas, as long as it fits into an entry. */
static void append(struct buffer *set, const char *name, char between, const char *text)
{
    struct buffer clean = BUFFER_INIT;
    if (!text[0])
        return;
    if (name)
        buffer_printf(&clean, "%s%c", name, between);
    utf8_repair(&clean, text, strlen(text));
    for (size_t i = 0; i < clean.size; i++)
        if ((unsigned char)clean.data[i] < 0x20 || clean.data[i] == 0x7f || clean.data[i] == ',')
            clean.data[i] = ' ';
    if (clean.failed) {
        set->failed = true;
    } else if (set->size + clean.size + 1 <= LIST_LABELS_MAX) {
        if (set->size > 0)
            buffer_append(set, ",", 1);
        buffer_append(set, clean.data, clean.size);
    }
    buffer_finish(&clean);
}

void entry_label(struct importer *im, const char *name, const char *text)
{
    append(&im->labels, name, '=', text);
}

void entry_opinion(struct importer *im, const char *who, const char *what)
{
    append(&im->opinion, who && who[0] ? who : NULL, ':', what);
}

void entry_status(struct importer *im, enum entry_status status)
{
    static const uint8_t rank[] = {
        [ENTRY_ACTIVE] = 0, [ENTRY_EXPIRED] = 1, [ENTRY_DISABLED] = 2, [ENTRY_WITHDRAWN] = 3};
    if (rank[status] > rank[im->status])
        im->status = status;
}

void entry_expires(struct importer *im, uint64_t ms)
{
    if (ms <= im->o->now)
        entry_status(im, ENTRY_EXPIRED);
}

static void count_other(struct import_others *others, const char *name)
{
    size_t i = 0;
    char cut[sizeof(others->v[0].name)];
    (void)snprintf(cut, sizeof(cut), "%s", name[0] ? name : "unnamed");
    for (size_t k = strlen(cut); k > 0 && !utf8_valid(cut, k); k--)
        cut[k - 1] = '\0'; /* half a character at the end */
    for (char *p = cut; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    while (i < others->n && strcasecmp(others->v[i].name, cut) != 0)
        i++;
    if (i == COUNT_OF(others->v) || (i == others->n && i + 1 == COUNT_OF(others->v))) {
        i = COUNT_OF(others->v) - 1;
        (void)snprintf(cut, sizeof(cut), "other");
    }
    if (i >= others->n) {
        memcpy(others->v[i].name, cut, sizeof(cut));
        others->v[i].n = 0;
        others->n = i + 1;
    }
    others->v[i].n++;
    others->total++;
}

/* Digests of nothing, and hashes of pictures without content: they would meet every empty file. */
static const char *why_empty(const struct list_row *row)
{
    static const char *const nothing[] = {
        [SIGNAL_MD5] = "d41d8cd98f00b204e9800998ecf8427e",
        [SIGNAL_SHA1] = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        [SIGNAL_SHA256] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };
    char hex[2 * 32 + 1];
    size_t size = signal_bytes(row->signal), zeros = 0;
    if (row->signal > SIGNAL_PDQ)
        return NULL;
    while (zeros < size && !row->value[zeros])
        zeros++;
    if (zeros == size)
        return "all zeros: no hash of anything";
    if (row->signal == SIGNAL_PDQ)
        return NULL;
    hex_write(row->value, size, hex);
    return strcmp(hex, nothing[row->signal]) == 0 ? "the digest of an empty file" : NULL;
}

/* "pdq:VALUE"; of links and texts a digest, so that an id tells nothing. */
static int
name_by_value(struct buffer *out, const char *group, const struct list_row *row, struct error *e)
{
    char hex[2 * 32 + 1];
    size_t size = signal_bytes(row->signal);
    if (row->signal <= SIGNAL_PDQ) {
        hex_write(row->value, size, hex);
    } else {
        struct digester h;
        struct digests d;
        if (digester_begin(&h, DIGEST_SHA256) != LMOD_OK)
            return error_memory(e);
        int status = digester_add(&h, row->value, size);
        if (digester_end(&h, &d) != LMOD_OK || status != LMOD_OK)
            return error_memory(e);
        hex_write(d.sha256, 8, hex);
    }
    buffer_printf(out, "%s%s%s:%s", group ? group : "", group ? "/" : "",
                  term_name(signal_terms, row->signal), hex);
    return out->failed ? error_memory(e) : LMOD_OK;
}

static int add_row(struct importer *im, struct list_row *row, struct error *e)
{
    buffer_append(&im->id, "", 0);
    buffer_append(&im->labels, "", 0);
    buffer_append(&im->opinion, "", 0);
    if (im->id.failed || im->labels.failed || im->opinion.failed)
        return error_memory(e);
    row->entry = im->id.data;
    row->labels = im->labels.data;
    row->opinion = im->opinion.data;
    row->status = im->status;
    row->stamp = im->stamp;
    row->quality = 100;
    return list_source_add(im->to, row, e);
}

static int add_value(struct importer *im,
                     const struct import_kind *kind,
                     const char *value,
                     size_t size,
                     struct error *wrong)
{
    struct list_row row = {.status = ENTRY_ACTIVE};
    int status = import_value(&row, kind->signal, value, size, wrong);
    bool named = im->id.size > 0;
    const char *empty = status == LMOD_OK ? why_empty(&row) : NULL;
    if (empty)
        status = error_set(wrong, LMOD_E_LIST, "%s", empty);
    if (status == LMOD_OK && !named)
        status = name_by_value(&im->id, im->group, &row, wrong);
    if (status == LMOD_OK && kind->label)
        entry_label(im, NULL, kind->label);
    if (status == LMOD_OK)
        status = add_row(im, &row, wrong);
    if (status == LMOD_OK) {
        im->r->rows++;
        im->r->added++;
        im->r->pdqs += row.signal == SIGNAL_PDQ;
    }
    if (!named)
        buffer_clear(&im->id);
    return status;
}

int entry_signal(struct importer *im,
                 const char *kind,
                 const char *value,
                 size_t size,
                 struct import_place at,
                 struct error *e)
{
    struct error wrong = {0};
    const struct import_kind *k = im->kinds;
    while (k->name && strcasecmp(k->name, kind) != 0)
        k++;
    if (!k->name || !k->signal) {
        im->r->rows++;
        count_other(&im->r->others, kind);
        return LMOD_OK;
    }
    while (size > 0 && strchr(" \t\r\n", value[size - 1]))
        size--;
    while (size > 0 && strchr(" \t\r\n", *value)) {
        value++;
        size--;
    }
    int status = add_value(im, k, value, size, &wrong);
    if (status == LMOD_E_MEMORY)
        return error_memory(e);
    if (status != LMOD_OK)
        import_bad(im, at, "%s", wrong.text);
    return LMOD_OK;
}

int entry_mark(struct importer *im, struct import_place at, struct error *e)
{
    struct error wrong = {0};
    struct list_row row = {.signal = (enum signal)0};
    int status = add_row(im, &row, &wrong);
    if (status == LMOD_E_MEMORY)
        return error_memory(e);
    if (status != LMOD_OK) {
        import_bad(im, at, "%s", wrong.text);
        return LMOD_OK;
    }
    im->r->rows++;
    im->r->added++;
    return LMOD_OK;
}
