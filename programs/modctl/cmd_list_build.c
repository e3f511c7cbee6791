/* modctl list build: sources in, one compiled list out. Same input, same bytes. */
#include "list_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import_csv.h"
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
        if (picture_repeats(&p, i))
            continue;
        strong |= c->quality >= PDQ_QUALITY_MIN;
        copy.quality = c->quality;
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

static int check_format(const struct args *a)
{
    static const char *const later[] = {"stopncii", "ncmec", "threatexchange", "tx"};
    static const char *const known[] = {"csv"};
    const char *name = args_value(a, "format");
    if (!name || strcmp(name, "csv") == 0)
        return EXIT_CLEAN;
    for (size_t i = 0; i < COUNT_OF(later); i++)
        if (strcmp(name, later[i]) == 0)
            return refuse_later("--format of partner lists", "the importers of partner lists");
    say("--format %s: there is no such format%s", name, did_you_mean(name, known, COUNT_OF(known)));
    return EXIT_USAGE;
}

/* ---- the build ---- */

static int import_all(struct build *b, struct error *e)
{
    struct import_options o = {
        .type = args_value(b->args, "type"),
        .picture = add_picture,
        .bad = bad_row,
        .context = b,
    };
    int status = LMOD_OK;
    for (size_t i = 0; i < b->args->count && status == LMOD_OK; i++) {
        o.path = b->args->operand[i];
        status = import_csv(b->source, &o, &b->report, e);
    }
    progress_end();
    if (b->bad_shown > BAD_SHOWN)
        say("and %llu more bad rows", (unsigned long long)(b->bad_shown - BAD_SHOWN));
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
        (void)list_info_print(out, &info, b->report.bad);
    return status;
}

static int run(const struct args *a)
{
    struct build b = {.args = a};
    struct error e = {0};
    const char *out = args_value(a, "output");
    int code = check_format(a);
    if (code != EXIT_CLEAN)
        return code;
    if (!out) {
        say("list build: name the list to write with -o OUT.lml");
        return EXIT_USAGE;
    }
    if (!choose_id(&b, out) || !choose_version(&b) || !choose_dialect(&b))
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
    {"format", "F", "format of the sources: csv (the only one yet)", NULL, 'f'},
    {"pdq", "DIALECT", "how the PDQs of the sources were made: reference or full", NULL, 0},
    {"variants", NULL, NULL, "crop and turn variants of listed pictures", 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_list_build = {
    .name = "list build",
    .operands = "-o OUT.lml SOURCE…",
    .summary = "compile hash lists",
    .text =
        "Compiles CSV sources (- is standard input) into one list. A row is\n"
        "type,value[,entry[,label…]] with type md5, sha1, sha256, pdq, link or file: a picture,\n"
        "relative to the source, that is hashed here. Bad rows are left out, counted and named\n"
        "with their line. Same rows, same bytes.",
    .options = options,
    .least = 1,
    .most = OPERANDS_ANY,
    .examples = "  modctl list build -o ban.lml hashes.csv\n"
                "  modctl hash --csv pictures/ | modctl list build -o ban.lml --pdq reference -\n"
                "  modctl list build -o md5.lml --type md5 bare-values.txt",
    .exits = "  0 written   2 usage   3 no valid row\n"
             "  4 a source is missing or unreadable, the list cannot be written",
    .run = run,
};
