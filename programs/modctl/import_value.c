/* Values of signals: what each kind must look like, and the key by which a list holds it. */
#include "import_value.h"

#include <string.h>

#include "text/text.h"

static int refuse(struct error *e, const char *what)
{
    return error_set(e, LMOD_E_LIST, "%s", what);
}

static int read_hash(struct list_row *row, const char *text, size_t length, struct error *e)
{
    size_t size = signal_bytes(row->signal);
    const char *name = term_name(signal_terms, row->signal);
    if (length != 2 * size)
        return error_set(e, LMOD_E_LIST, "%s takes %zu hex digits, this has %zu characters", name,
                         2 * size, length);
    if (!hex_read(text, length, row->value, size))
        return error_set(e, LMOD_E_LIST, "%s takes hex digits only", name);
    return LMOD_OK;
}

/* By its canonical key, whichever spelling it is. */
static int read_link(struct list_row *row, const char *text, size_t length, struct error *e)
{
    struct link_digests d;
    int status = link_listed(&d, text, length);
    if (status == LMOD_E_ARGUMENT)
        return refuse(e, "this is not one link, invite or handle");
    if (status != LMOD_OK)
        return error_memory(e);
    memcpy(row->value, d.sha256[0], sizeof(d.sha256[0]));
    return LMOD_OK;
}

/* By its sketch: the text itself is nowhere in a list. */
static int read_text(struct list_row *row, const char *text, size_t length, struct error *e)
{
    struct sketch s;
    int status = text_listed(&s, text, length);
    if (status == LMOD_E_ARGUMENT)
        return refuse(e, "too short: a text needs two words, or three characters of Han");
    if (status != LMOD_OK)
        return error_memory(e);
    sketch_write(&s, row->value);
    return LMOD_OK;
}

int import_value(
    struct list_row *row, enum signal signal, const char *text, size_t size, struct error *e)
{
    row->signal = signal;
    if (signal == SIGNAL_LINK)
        return read_link(row, text, size, e);
    if (signal == SIGNAL_TEXT)
        return read_text(row, text, size, e);
    return read_hash(row, text, size, e);
}

/* "+0000" at the end, which has no colon, into "+00:00". */
static size_t with_colon(const char *text, char out[40])
{
    size_t n = strlen(text);
    if (n >= 39)
        return 0;
    memcpy(out, text, n + 1);
    if (n < 20 || (text[n - 5] != '+' && text[n - 5] != '-'))
        return n;
    out[n - 2] = ':';
    out[n - 1] = text[n - 2];
    out[n] = text[n - 1];
    return n + 1;
}

bool import_time(const char *text, uint64_t *ms)
{
    enum { DIGITS = 13 };                 /* of ms, in the years 2001 to 2286 */
    const uint64_t as_ms = 100000000000u; /* more would be seconds after the year 5000 */
    char iso[40];
    uint64_t value = 0;
    size_t n = strspn(text, "0123456789");
    if (n == 0 || text[n])
        return time_read(iso, with_colon(text, iso), ms);
    if (n > DIGITS)
        return false;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    *ms = value < as_ms ? value * 1000 : value;
    return true;
}
