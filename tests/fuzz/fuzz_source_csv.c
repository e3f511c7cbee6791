/* Any bytes as a source CSV, typed and as bare values: every row is added or reported with a place and
 * a reason, and nothing else happens. */
#include <stdlib.h>
#include <string.h>

/* The importer itself, so that this target needs no more than the rooms. */
#include "../../programs/modctl/import_csv.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    uint64_t bad;
    uint32_t line;
};

static void must(bool so)
{
    if (!so)
        abort();
}

static void
see_bad(void *context, const char *path, uint32_t line, uint32_t column, const char *text)
{
    struct seen *s = context;
    must(path && line >= 1 && line >= s->line && column >= 1 && text[0]);
    s->line = line;
    s->bad++;
}

static int see_picture(void *context,
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

static void import(const uint8_t *data, size_t size, const char *type)
{
    struct seen seen = {0, 0};
    struct import_report r = {0};
    struct import_options o = {
        .path = "f.csv", .type = type, .picture = see_picture, .bad = see_bad, .context = &seen};
    struct list_source *s = list_source_new();
    FILE *in = size ? fmemopen((void *)(uintptr_t)data, size, "r") : fopen("/dev/null", "r");
    if (s && in) {
        int status = import_csv_stream(s, in, &o, &r, NULL);
        must(status == LMOD_OK || status == LMOD_E_MEMORY);
        must(r.bad == seen.bad && r.pictures <= r.added);
        must(status != LMOD_OK || r.rows == r.added + r.bad);
    }
    if (in)
        (void)fclose(in);
    list_source_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import(data, size, NULL);
    import(data, size, "sha1");
    import(data, size, "file");
    return 0;
}
