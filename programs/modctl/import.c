/* The door to the importers: which format a source has, and who reads it. */
#include "import.h"

#include <string.h>

#include "import_csv.h"
#include "import_formats.h"

const struct term import_format_terms[] = {
    {"csv", FORMAT_CSV},
    {"tx", FORMAT_TX},
    {"threatexchange", FORMAT_THREATEXCHANGE},
    {"stopncii", FORMAT_STOPNCII},
    {"ncmec", FORMAT_NCMEC},
    {"hma", FORMAT_HMA},
    {NULL, 0},
};

bool import_format_named(const char *name, enum import_format *out)
{
    uint32_t value;
    bool known = term_value(import_format_terms, name, strlen(name), &value);
    if (known)
        *out = (enum import_format)value;
    return known;
}

const char *import_format_title(enum import_format format)
{
    static const char *const titles[] = {
        [FORMAT_CSV] = "CSV",
        [FORMAT_TX] = "a python-threatexchange file",
        [FORMAT_THREATEXCHANGE] = "ThreatExchange JSON",
        [FORMAT_STOPNCII] = "StopNCII JSON",
        [FORMAT_NCMEC] = "NCMEC XML",
        [FORMAT_HMA] = "Hasher-Matcher-Actioner JSON",
    };
    return titles[format];
}

/* ---- recognising ---- */

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/* By the first name of a member that only one of the formats has; a page of the ThreatExchange API may
 * have no records, and then has none of these. */
static bool recognise_json(const char *at, const char *end, enum import_format *out)
{
    static const struct term names[] = {
        {"hashRecords", FORMAT_STOPNCII},
        {"hashValue", FORMAT_STOPNCII},
        {"indicator", FORMAT_THREATEXCHANGE},
        {"raw_indicator", FORMAT_THREATEXCHANGE},
        {"should_delete", FORMAT_THREATEXCHANGE},
        {"disable_until_ts", FORMAT_HMA},
        {"signals", FORMAT_HMA},
        {NULL, 0},
    };
    static const struct term pages[] = {{"data", 1}, {"paging", 1}, {NULL, 0}};
    uint32_t value;
    bool page = false;
    while (at < end && (at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const char *name = ++at, *close = memchr(name, '"', (size_t)(end - name));
        if (!close)
            break;
        const char *behind = skip_blanks(close + 1, end);
        if (behind == end || *behind != ':')
            continue;
        if (term_value(names, name, (size_t)(close - name), &value)) {
            *out = (enum import_format)value;
            return true;
        }
        page |= term_value(pages, name, (size_t)(close - name), &value);
        at = close + 1;
    }
    *out = FORMAT_THREATEXCHANGE;
    return page;
}

/* The first line that is neither blank nor a comment begins with a type, or with columns of its CSV. */
static bool is_tx(const char *at, const char *end)
{
    static const char column[] = "signal_str";
    for (at = skip_blanks(at, end); at < end && *at == '#'; at = skip_blanks(at, end)) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        at = feed ? feed : end;
    }
    const char *feed = memchr(at, '\n', (size_t)(end - at)), *stop = feed ? feed : end;
    size_t n = 0;
    while (at + n < stop && at[n] != ' ' && at[n] != '\t')
        n++;
    const char *value = skip_blanks(at + n, stop);
    return (import_tx_type(at, n) && value < stop && *value != ',') ||
           memmem(at, (size_t)(stop - at), column, sizeof(column) - 1) != NULL;
}

static int unknown(const struct source *in, struct error *e, const char *what)
{
    return error_at(e, LMOD_E_LIST, in->o->path, 1, 1, "%s", what);
}

int import_recognise(struct source *in, enum import_format *out, struct error *e)
{
    size_t size;
    const char *head = source_head(in, &size), *end = head + size, *at = head;
    if (size >= 2 && (memcmp(head, "\xff\xfe", 2) == 0 || memcmp(head, "\xfe\xff", 2) == 0) &&
        (size < 4 || (head[2] != '<' && head[3] != '<')))
        return unknown(in, e, "UTF-16: save it as UTF-8");
    if (size >= 2 && (memcmp(head, "\x1f\x8b", 2) == 0 || memcmp(head, "PK", 2) == 0))
        return unknown(in, e, "a compressed file: unpack it first");
    if (size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    at = skip_blanks(at, end);
    *out = FORMAT_CSV;
    if (at == end || in->o->type)
        return LMOD_OK;
    if (*at == '<' || (size >= 4 && (head[0] == '\xff' || head[0] == '\xfe')))
        *out = FORMAT_NCMEC;
    else if ((*at == '{' || *at == '[') && !recognise_json(at, end, out))
        return unknown(in, e, "JSON of no format that is known; which one it is says --format");
    else if (*at != '{' && *at != '[' && is_tx(at, end))
        *out = FORMAT_TX;
    return LMOD_OK;
}

/* ---- reading ---- */

int import_source(struct list_source *to,
                  struct source *in,
                  enum import_format format,
                  struct import_report *r,
                  struct error *e)
{
    static import_function *const readers[] = {
        [FORMAT_TX] = import_tx,
        [FORMAT_THREATEXCHANGE] = import_threatexchange,
        [FORMAT_STOPNCII] = import_stopncii,
        [FORMAT_NCMEC] = import_ncmec,
        [FORMAT_HMA] = import_hma,
    };
    if (format == FORMAT_CSV)
        return import_csv(to, in, r, e);
    if (in->o->type && format != FORMAT_TX)
        return error_set(e, LMOD_E_ARGUMENT,
                         "--type is for csv and tx: this format names its types");
    return readers[format](to, in, r, e);
}
