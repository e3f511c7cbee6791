/* modctl hash: digests and PDQ of picture files, for victims and partners. Needs no config. */
#include "pictures.h"

#include <stdlib.h>
#include <string.h>

#include "walk.h"

struct job {
    struct pictures pictures;
    bool csv, stopped;
    uint64_t done;
    int code;
};

static void put_hex(json_t *o, const char *key, const uint8_t *bytes, size_t size)
{
    char text[2 * 32 + 1];
    hex_write(bytes, size, text);
    js_str(o, key, text);
}

static void put_pdq(json_t *o, const struct picture *p)
{
    const struct wire_candidate *stored = picture_candidate(p, STRATEGY_PLAIN);
    const struct wire_candidate *shown = picture_candidate(p, STRATEGY_DISPLAYED);
    json_t *turned = json_array();
    char text[2 * WIRE_HASH + 1];
    if (stored)
        put_hex(o, "pdq", stored->hash[STRATEGY_PLAIN], WIRE_HASH);
    else
        js_null(o, "pdq");
    if (stored)
        js_int(o, "quality", stored->quality);
    else
        js_null(o, "quality");
    for (size_t i = 0; stored && i < DIHEDRALS; i++) {
        hex_write(stored->hash[i], WIRE_HASH, text);
        js_push(turned, json_string(text));
    }
    js_put(o, "dihedral", turned);
    if (shown)
        put_hex(o, "pdq_displayed", shown->hash[STRATEGY_PLAIN], WIRE_HASH);
    else
        js_null(o, "pdq_displayed");
}

static bool print_json(const char *path, const struct picture *p)
{
    const struct wire_reply *r = &p->media.reply;
    json_t *o = json_object();
    js_str(o, "input", path);
    js_str(o, "format", r->format ? term_name(format_terms, r->format) : NULL);
    if (r->width)
        js_int(o, "width", r->width);
    else
        js_null(o, "width");
    if (r->height)
        js_int(o, "height", r->height);
    else
        js_null(o, "height");
    put_hex(o, "sha256", p->digests.sha256, SHA256_BYTES);
    put_hex(o, "sha1", p->digests.sha1, SHA1_BYTES);
    put_hex(o, "md5", p->digests.md5, MD5_BYTES);
    put_pdq(o, p);
    js_str(o, "coverage", term_name(coverage_terms, picture_coverage(p)));
    return output_object(o);
}

static void digest_line(const char *name, const uint8_t *bytes, size_t size)
{
    char text[2 * 32 + 1];
    hex_write(bytes, size, text);
    (void)output_line("  %-7s  %s", name, text);
}

static bool print_text(const char *path, const struct picture *p)
{
    const struct wire_reply *r = &p->media.reply;
    char text[2 * WIRE_HASH + 1];
    bool ok = output_line("%s", plain(path));
    if (r->format)
        (void)output_line("  format   %s %u x %u", term_name(format_terms, r->format), r->width,
                          r->height);
    digest_line("sha256", p->digests.sha256, SHA256_BYTES);
    digest_line("sha1", p->digests.sha1, SHA1_BYTES);
    digest_line("md5", p->digests.md5, MD5_BYTES);
    for (uint32_t i = 0; ok && i < r->count; i++) {
        const struct wire_candidate *c = &r->candidate[i];
        if (!picture_whole(c) || picture_repeats(p, i))
            continue;
        hex_write(c->hash[STRATEGY_PLAIN], WIRE_HASH, text);
        ok = output_line("  pdq      %s quality %u%s%s", text, c->quality,
                         picture_weak(c) ? ", too weak to match" : "",
                         c->strategy == STRATEGY_DISPLAYED ? ", as displayed" : "");
    }
    return ok;
}

/* Rows are handed to others: the entry is named by its digest, never by the file. */
static bool print_csv(const struct picture *p)
{
    char entry[2 * 8 + 1], text[2 * 32 + 1];
    hex_write(p->digests.sha256, 8, entry);
    hex_write(p->digests.sha256, SHA256_BYTES, text);
    bool ok = output_line("sha256,%s,%s", text, entry);
    for (uint32_t i = 0; i < p->media.reply.count; i++) {
        const struct wire_candidate *c = &p->media.reply.candidate[i];
        if (!picture_whole(c) || picture_repeats(p, i))
            continue;
        hex_write(c->hash[STRATEGY_PLAIN], WIRE_HASH, text);
        ok = output_line("pdq,%s,%s,quality=%u", text, entry, picture_listed_quality(c));
    }
    return ok;
}

/* What the numbers do not say. */
static void remark(const char *path, const struct picture *p)
{
    struct buffer why = BUFFER_INIT;
    bool strong = false;
    for (uint32_t i = 0; i < p->media.reply.count; i++)
        strong |= picture_whole(&p->media.reply.candidate[i]) &&
                  !picture_weak(&p->media.reply.candidate[i]);
    reasons_write(&why, p->media.reasons);
    if (p->media.reasons && !why.failed)
        say("%s: the picture was %s (%s); the digests are complete", path,
            p->media.reply.count ? "hashed in part" : "not hashed", why.data);
    if (p->media.reply.count && !strong)
        say("%s: too little detail: its PDQ never matches, only the digests do", path);
    buffer_finish(&why);
}

static int code_of(const struct picture *p)
{
    if (p->media.reasons & REASON_WORKER)
        return EXIT_UNAVAILABLE;
    return p->media.reasons & ~(uint32_t)REASON_UNSUPPORTED ? EXIT_INPUT : EXIT_CLEAN;
}

static bool print_unreadable(const struct job *job, const char *path, const char *error)
{
    if (!output_is_json() || job->csv)
        return true;
    json_t *o = json_object();
    js_str(o, "input", path);
    js_str(o, "error", error);
    js_str(o, "coverage", term_name(coverage_terms, COVERAGE_NOT_RUN));
    return output_object(o);
}

static void hash_one(struct job *job, const struct walk_item *item)
{
    struct picture p;
    struct error e;
    int status = item->error ? error_at(&e, LMOD_E_IO, item->path, 0, 0, "%s", item->error)
                             : picture_read(&job->pictures, item->path, &p, &e);
    if (status != LMOD_OK) {
        job->code = exit_worse(job->code, say_error(&e));
        job->stopped = !print_unreadable(job, item->path, e.text);
        return;
    }
    remark(item->path, &p);
    job->code = exit_worse(job->code, code_of(&p));
    job->stopped = !(job->csv           ? print_csv(&p)
                     : output_is_json() ? print_json(item->path, &p)
                                        : print_text(item->path, &p));
    job->done++;
    progress("%llu hashed", (unsigned long long)job->done);
}

static bool dialect_here(const struct args *a, int *code)
{
    const char *name = args_value(a, "pdq");
    if (!name || strcmp(name, "reference") == 0)
        return true;
    if (strcmp(name, "full") == 0)
        *code = refuse_later("--pdq full", "the PDQ dialect of full-size pictures");
    else {
        say("--pdq %s: must be reference or full", name);
        *code = EXIT_USAGE;
    }
    return false;
}

static int run(const struct args *a)
{
    struct job job = {.csv = args_value(a, "csv") != NULL};
    struct error e;
    struct walk_item item;
    int code;
    if (!dialect_here(a, &code))
        return code;
    if (pictures_open_default(&job.pictures, a, &e) != LMOD_OK)
        return say_error(&e);
    struct walk *w = walk_new(a->operand, a->count);
    if (!w) {
        pictures_close(&job.pictures);
        return EXIT_BUG;
    }
    if (job.csv)
        job.stopped =
            !output_line("# type,value,entry,label… by modctl hash, PDQ dialect reference");
    while (!job.stopped && walk_next(w, &item))
        hash_one(&job, &item);
    walk_free(w);
    pictures_close(&job.pictures);
    return job.code;
}

static const struct option_row options[] = {
    {"csv", NULL, "rows for `modctl list build`; they do not name the file", NULL, 0},
    {"pdq", "DIALECT", "reference: as the reference tool hashes (the only one yet)", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_hash = {
    .name = "hash",
    .operands = "PATH…",
    .summary = "hash pictures; nothing leaves this machine",
    .text =
        "Prints SHA-256, SHA-1, MD5 and PDQ of picture files; directories are walked. Needs no\n"
        "config: hand the hashes to a platform, keep the pictures. A file that is no picture\n"
        "still has its digests.",
    .options = options,
    .least = 1,
    .most = OPERANDS_ANY,
    .examples = "  modctl hash picture.jpg\n"
                "  modctl hash --csv pictures/ > hashes.csv",
    .exits = "  0 hashed   2 usage   4 missing, unreadable or damaged input\n"
             "  5 the media worker is not available (the digests are printed)",
    .run = run,
};
