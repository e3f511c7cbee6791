/* modctl list build: sources in, one compiled list out. Same input, same bytes. */
#include "list_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import.h"
#include "pictures.h"

enum { BAD_SHOWN = 20, VERSION_DIGITS = 12 };

struct build {
    const struct args *args;
    struct list_source *source;
    struct import_report report;
    struct list_meta meta;
    char id[LIST_ID_MAX + 1], version[LIST_ID_MAX + 1];
    struct pictures pictures;
    bool pictures_open;
    uint64_t bad_shown;
    enum import_format format; /* 0: each source's own */
};

/* ---- rows ---- */

static void
bad_row(void *context, const char *path, uint32_t line, uint32_t column, const char *text)
{
    struct build *b = context;
    if (b->bad_shown++ < BAD_SHOWN)
        say("%s:%u:%u: %s", path, line, column, text);
}

/* Pictures are hashed as the reference tool does; another dialect would be a lie in the list. */
static int refuse_dialect(const struct build *b, struct error *e)
{
    if (b->meta.dialect != DIALECT_FULL)
        return LMOD_OK;
    return error_set(e, LMOD_E_UNSUPPORTED,
                     "pictures cannot be hashed with --pdq full; that comes with a later release");
}

static int read_whole(struct build *b, const char *path, struct picture *p, struct error *e)
{
    struct buffer why = BUFFER_INIT;
    int status = refuse_dialect(b, e);
    if (status == LMOD_OK && !b->pictures_open) {
        status = pictures_open_default(&b->pictures, b->args, e);
        b->pictures_open = status == LMOD_OK;
    }
    if (status == LMOD_OK)
        status = picture_read(&b->pictures, path, p, e);
    if (status != LMOD_OK)
        return status;
    reasons_write(&why, p->media.reasons & ~(uint32_t)REASON_LIMIT);
    if (why.size > 0)
        status = error_set(e, LMOD_E_LIST, "%s: cannot be hashed completely (%s)", path, why.data);
    else if (p->media.reasons & REASON_LIMIT)
        say("%s: has more frames than are hashed; a sample of them is listed", path);
    buffer_finish(&why);
    return status;
}

static int add_picture(void *context,
                       const char *path,
                       const struct list_row *row,
                       struct list_source *to,
                       struct error *e)
{
    struct build *b = context;
    struct list_row copy = *row;
    struct picture p;
    bool strong = false;
    int status = read_whole(b, path, &p, e);
    if (status != LMOD_OK)
        return status;
    copy.signal = SIGNAL_SHA256;
    copy.quality = 100;
    memcpy(copy.value, p.digests.sha256, SHA256_BYTES);
    status = list_source_add(to, &copy, e);
    copy.signal = SIGNAL_PDQ;
    for (uint32_t i = 0; status == LMOD_OK && i < p.media.reply.count; i++) {
        const struct wire_candidate *c = &p.media.reply.candidate[i];
        if (!picture_whole(c) || picture_repeats(&p, i))
            continue;
        strong |= !picture_weak(c);
        copy.quality = picture_listed_quality(c);
        memcpy(copy.value, c->hash[STRATEGY_PLAIN], PDQ_BYTES);
        status = list_source_add(to, &copy, e);
    }
    if (status == LMOD_OK && !strong)
        say("%s: too little detail: its PDQ never matches, only the sha256 does", path);
    progress("%llu pictures", (unsigned long long)b->report.pictures);
    return status;
}

/* ---- options ---- */

/* The default id: the output's name without directories and ".lml". */
static bool choose_id(struct build *b, const char *out)
{
    const char *given = args_value(b->args, "id"), *slash = strrchr(out, '/');
    const char *name = given ? given : slash ? slash + 1 : out;
    size_t n = strlen(name);
    if (!given && n > 4 && strcmp(name + n - 4, ".lml") == 0)
        n -= 4;
    if (n == 0 || n > LIST_ID_MAX) {
        say("--id: must have 1 to %d bytes", LIST_ID_MAX);
        return false;
    }
    memcpy(b->id, name, n);
    b->meta.id = b->id;
    return true;
}

static bool choose_version(struct build *b)
{
    const char *given = args_value(b->args, "version");
    if (given && (!given[0] || strlen(given) > LIST_ID_MAX)) {
        say("--version: must have 1 to %d bytes", LIST_ID_MAX);
        return false;
    }
    memcpy(b->version, given ? given : "-", given ? strlen(given) : 1);
    b->meta.version = b->version;
    return true;
}

static bool choose_dialect(struct build *b)
{
    const char *name = args_value(b->args, "pdq");
    uint32_t dialect = DIALECT_UNKNOWN;
    if (name &&
        (!term_value(dialect_terms, name, strlen(name), &dialect) || dialect == DIALECT_UNKNOWN)) {
        say("--pdq %s: must be reference or full", name);
        return false;
    }
    b->meta.dialect = (enum list_dialect)dialect;
    return true;
}

static bool choose_format(struct build *b)
{
    const char *known[16], *name = args_value(b->args, "format");
    size_t n = 0;
    if (!name || import_format_named(name, &b->format))
        return true;
    for (const struct term *t = import_format_terms; t->name; t++)
        known[n++] = t->name;
    say("--format %s: there is no such format%s", name, did_you_mean(name, known, n));
    return false;
}

/* ---- the build ---- */

static void show_progress(void *context, const char *path, uint64_t bytes)
{
    const struct build *b = context;
    progress("%s: %llu MiB, %llu rows", plain(path), (unsigned long long)(bytes >> 20),
             (unsigned long long)b->report.rows);
}

static int import_one(struct build *b, const struct import_options *o, struct error *e)
{
    struct source in;
    enum import_format format = b->format;
    int status = source_open(&in, o, e);
    if (status != LMOD_OK)
        return status;
    if (!format)
        status = import_recognise(&in, &format, e);
    if (status == LMOD_OK && !b->format && format != FORMAT_CSV)
        say("%s: read as %s", plain(o->path), import_format_title(format));
    if (status == LMOD_OK)
        status = import_source(b->source, &in, format, &b->report, e);
    source_close(&in);
    return status;
}

/* What lists do not hold, each kind by its name. */
static void say_others(const struct import_others *others)
{
    struct buffer text = BUFFER_INIT;
    for (size_t i = 0; i < others->n; i++)
        buffer_printf(&text, "%s%llu %s", i ? ", " : "", (unsigned long long)others->v[i].n,
                      others->v[i].name);
    if (others->n > 0 && !text.failed)
        say("left out, because lists hold no such signals: %s", text.data);
    buffer_finish(&text);
}

static int import_all(struct build *b, struct error *e)
{
    struct import_options o = {
        .type = args_value(b->args, "type"),
        .now = time_wall_ms(),
        .picture = add_picture,
        .bad = bad_row,
        .progress = show_progress,
        .context = b,
    };
    int status = LMOD_OK;
    for (size_t i = 0; i < b->args->count && status == LMOD_OK; i++) {
        o.path = b->args->operand[i];
        status = import_one(b, &o, e);
    }
    progress_end();
    if (b->bad_shown > BAD_SHOWN)
        say("and %llu more bad rows", (unsigned long long)(b->bad_shown - BAD_SHOWN));
    say_others(&b->report.others);
    if (status == LMOD_OK && b->report.added == 0)
        status = error_set(e, LMOD_E_LIST, "no valid row in %s",
                           b->args->count > 1 ? "any source" : b->args->operand[0]);
    return status;
}

/*
 * Without --version it is taken from the content: the checksum of the list as it is with the version
 * "-". Events name it, so a changed list must have another one, and an unchanged list the same.
 */
static int version_of_content(struct build *b, const char *out, struct error *e)
{
    struct list_info info;
    struct buffer draft = BUFFER_INIT;
    char digits[2 * sizeof(info.checksum) + 1];
    buffer_printf(&draft, "%s.draft", out);
    if (draft.failed)
        return error_memory(e);
    int status = list_write(draft.data, b->source, &b->meta, &info, e);
    if (status == LMOD_OK) {
        (void)unlink(draft.data);
        hex_write(info.checksum, sizeof(info.checksum), digits);
        memcpy(b->version, digits, VERSION_DIGITS);
    }
    buffer_finish(&draft);
    return status;
}

static int write_list(struct build *b, const char *out, struct error *e)
{
    struct list_info info;
    int status = LMOD_OK;
    if (!args_value(b->args, "pdq") && b->report.pictures && !b->report.pdqs)
        b->meta.dialect = DIALECT_REFERENCE; /* every PDQ was made here */
    if (!args_value(b->args, "version"))
        status = version_of_content(b, out, e);
    if (status == LMOD_OK)
        status = list_write(out, b->source, &b->meta, &info, e);
    if (status == LMOD_OK)
        (void)list_info_print(out, &info, &b->report);
    return status;
}

static int run(const struct args *a)
{
    struct build b = {.args = a};
    struct error e = {0};
    const char *out = args_value(a, "output");
    int code = EXIT_CLEAN;
    if (!out) {
        say("list build: name the list to write with -o OUT.lml");
        return EXIT_USAGE;
    }
    if (!choose_format(&b) || !choose_id(&b, out) || !choose_version(&b) || !choose_dialect(&b))
        return EXIT_USAGE;
    b.source = list_source_new();
    int status = b.source ? import_all(&b, &e) : error_memory(&e);
    if (status == LMOD_OK)
        status = write_list(&b, out, &e);
    if (status != LMOD_OK)
        code = status == LMOD_E_ARGUMENT ? (say_error(&e), EXIT_USAGE) : say_error(&e);
    if (b.pictures_open)
        pictures_close(&b.pictures);
    list_source_free(b.source);
    return code;
}

static const struct option_row options[] = {
    {"output", "OUT.lml", "the list to write, by rename", NULL, 'o'},
    {"id", "ID", "its name (default: that of the file)", NULL, 0},
    {"version", "V", "its version (default: made from the content)", NULL, 0},
    {"type", "T", "every row is a bare value of type T", NULL, 't'},
    {"format", "F", "csv, tx, threatexchange, stopncii, ncmec or hma (default: found out)", NULL,
     'f'},
    {"pdq", "DIALECT", "how the PDQs of the sources were made: reference or full", NULL, 0},
    {"variants", NULL, NULL, "crop and turn variants of listed pictures", 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_list_build = {
    .name = "list build",
    .operands = "-o OUT.lml SOURCE…",
    .summary = "compile hash lists",
    .text =
        "Compiles sources (- is standard input) into one list: CSV, or what partners hand over:\n"
        "python-threatexchange files, JSON of ThreatExchange, StopNCII and Hasher-Matcher-\n"
        "Actioner, XML of NCMEC. A row of CSV is type,value[,entry[,label…]] with type md5, sha1,\n"
        "sha256, pdq, link, text or file: a picture, relative to the source, that is hashed here.\n"
        "Bad rows are left out, counted and named with their line. Same rows, same bytes.",
    .options = options,
    .least = 1,
    .most = OPERANDS_ANY,
    .examples = "  modctl list build -o ban.lml hashes.csv\n"
                "  modctl hash --csv pictures/ | modctl list build -o ban.lml --pdq reference -\n"
                "  modctl list build -o md5.lml --type md5 bare-values.txt\n"
                "  modctl list build -o stopncii.lml --pdq reference page-*.json",
    .exits = "  0 written   2 usage   3 no valid row, a source is cut off or of no known format\n"
             "  4 a source is missing or unreadable, the list cannot be written",
    .run = run,
};
