/* modctl list find: the nearest entries to a hash or a picture. */
#include "list_files.h"

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "local.h"
#include "operands.h"
#include "pictures.h"
#include "settings.h"
#include "text/text.h"

enum { HITS_MAX = 256, NEEDLES_MAX = WIRE_CANDIDATES * PDQ_LOOKS };

/* A list to search. */
struct place {
    char *id;          /* owned */
    struct list *list; /* NULL: local entries, those of `allow` or the others */
    bool allow;
    unsigned radius;
};

struct found_entry {
    const struct place *place;
    struct list_entry entry;
    enum signal signal;
    enum strategy strategy;
    unsigned distance;
};

struct find {
    struct place *place;
    size_t places;
    const struct config *config; /* NULL: a list was named */
    struct local local;
    struct pictures pictures;
    bool pictures_open;
    struct found_entry *finding; /* of the query under way */
    size_t findings, cap;
    int code;
};

/* A query: digests and PDQs, each with the strategy that a hit shows. */
struct query {
    const uint8_t *digest[SIGNAL_COUNT];
    const uint8_t *domain;  /* of the whole domain of a link that is a page */
    struct text_names text; /* of a text: by these */
    bool is_text;
    struct pdq needle[NEEDLES_MAX];
    uint8_t strategy[NEEDLES_MAX];
    size_t needles;
};

static int compare_findings(const void *left, const void *right)
{
    const struct found_entry *a = left, *b = right;
    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    int order = strcmp(a->entry.id, b->entry.id);
    return order ? order : (int)a->signal - (int)b->signal;
}

static bool add_finding(struct find *f, const struct found_entry *found)
{
    void *array = f->finding;
    if (!array_grow(&array, &f->cap, f->findings + 1, sizeof(*f->finding)))
        return false;
    f->finding = array;
    f->finding[f->findings++] = *found;
    return true;
}

static int search_digest(struct find *f, const struct place *p, enum signal s, const uint8_t *key)
{
    struct list_hit hit[HITS_MAX];
    size_t n = key ? list_find(p->list, s, key, hit, HITS_MAX) : 0;
    if (n > HITS_MAX)
        say("list %s: %zu entries, the first %d are shown", p->id, n, HITS_MAX);
    for (size_t i = 0; i < n && i < HITS_MAX; i++) {
        struct found_entry found = {p, {0}, s, STRATEGY_EXACT, 0};
        list_entry_get(p->list, hit[i].entry, &found.entry);
        if (!add_finding(f, &found))
            return LMOD_E_MEMORY;
    }
    return LMOD_OK;
}

static int search_digests(struct find *f, const struct place *p, const struct query *q)
{
    int status = LMOD_OK;
    for (uint32_t s = 1; s < SIGNAL_COUNT && status == LMOD_OK; s++)
        status = search_digest(f, p, (enum signal)s, q->digest[s]);
    return status == LMOD_OK ? search_digest(f, p, SIGNAL_LINK, q->domain) : status;
}

static int search_pictures(struct find *f, const struct place *p, const struct query *q)
{
    struct list_hit hit[HITS_MAX];
    size_t n = 0, total = 0;
    if (q->needles == 0)
        return LMOD_OK;
    int status = list_near(p->list, q->needle, q->needles, p->radius, 0, hit, HITS_MAX, &n, &total);
    if (status != LMOD_OK)
        return status;
    if (total > n)
        say("list %s: %zu entries, the nearest %zu are shown", p->id, total, n);
    for (size_t i = 0; i < n; i++) {
        struct found_entry found = {p, {0}, SIGNAL_PDQ, STRATEGY_PLAIN, hit[i].distance};
        found.strategy = (enum strategy)q->strategy[hit[i].needle];
        list_entry_get(p->list, hit[i].entry, &found.entry);
        if (!add_finding(f, &found))
            return LMOD_E_MEMORY;
    }
    return LMOD_OK;
}

static int search_texts(struct find *f, const struct place *p, const struct query *q)
{
    struct list_hit hit[HITS_MAX];
    bool cut = false;
    size_t n = q->is_text ? list_near_text(p->list, &q->text.listed, hit, HITS_MAX, &cut) : 0;
    if (cut || n > HITS_MAX)
        say("list %s: too many texts are like it: not all were looked at", p->id);
    for (size_t i = 0; i < n && i < HITS_MAX; i++) {
        struct found_entry found = {p, {0}, SIGNAL_TEXT, STRATEGY_PLAIN, hit[i].distance};
        list_entry_get(p->list, hit[i].entry, &found.entry);
        if (!add_finding(f, &found))
            return LMOD_E_MEMORY;
    }
    return LMOD_OK;
}

/* A row of a text: the text itself, or what is like it. */
static bool is_text(const struct query *q, const struct local_entry *e, struct found_entry *found)
{
    struct sketch s;
    if (!q->is_text || e->size != SKETCH_BYTES)
        return q->is_text && e->size == SHA256_BYTES &&
               memcmp(q->text.key, e->value, SHA256_BYTES) == 0;
    found->strategy = STRATEGY_PLAIN;
    return sketch_read(&s, e->value) && sketch_near(&s, &q->text.stored, &found->distance);
}

/* The nearest needle within the radius; false: there is none. */
static bool
nearest(const struct query *q, const uint8_t *value, unsigned radius, struct found_entry *f)
{
    struct pdq pdq;
    bool found = false;
    memcpy(pdq.b, value, PDQ_BYTES);
    for (size_t i = 0; i < q->needles; i++) {
        unsigned distance = pdq_distance(&pdq, &q->needle[i]);
        if (distance > radius || (found && distance >= f->distance))
            continue;
        f->distance = distance;
        f->strategy = (enum strategy)q->strategy[i];
        found = true;
    }
    return found;
}

static int search_local(struct find *f, const struct place *p, const struct query *q)
{
    for (size_t i = 0; i < f->local.count; i++) {
        const struct local_entry *e = &f->local.entry[i];
        struct found_entry found = {p, {.id = e->name}, e->signal, STRATEGY_EXACT, 0};
        const uint8_t *digest = q->digest[e->signal];
        size_t size = signal_bytes(e->signal);
        bool hit = e->signal == SIGNAL_PDQ    ? nearest(q, e->value, p->radius, &found)
                   : e->signal == SIGNAL_TEXT ? is_text(q, e, &found)
                                              : digest && memcmp(digest, e->value, size) == 0;
        if (e->signal == SIGNAL_LINK && q->domain)
            hit |= memcmp(q->domain, e->value, size) == 0;
        if (hit && e->allow == p->allow && !add_finding(f, &found))
            return LMOD_E_MEMORY;
    }
    return LMOD_OK;
}

static int search_list(struct find *f, const struct place *p, const struct query *q)
{
    int status = search_digests(f, p, q);
    if (status == LMOD_OK)
        status = search_texts(f, p, q);
    return status == LMOD_OK ? search_pictures(f, p, q) : status;
}

static bool print_finding(const char *input, const struct found_entry *found)
{
    if (!output_is_json())
        return output_line("%3u  %-10s  %-7s  %s/%s  %s", found->distance,
                           term_name(strategy_terms, found->strategy),
                           term_name(signal_terms, found->signal), plain(found->place->id),
                           plain(found->entry.id), plain(input));
    json_t *o = json_object();
    js_str(o, "input", input);
    js_str(o, "list", found->place->id);
    js_str(o, "entry", found->entry.id);
    js_str(o, "signal", term_name(signal_terms, found->signal));
    js_int(o, "distance", found->distance);
    js_str(o, "strategy", term_name(strategy_terms, found->strategy));
    return output_object(o);
}

static int search(struct find *f, const char *input, const struct query *q)
{
    int status = LMOD_OK;
    f->findings = 0;
    for (size_t i = 0; i < f->places && status == LMOD_OK; i++)
        status = (f->place[i].list ? search_list : search_local)(f, &f->place[i], q);
    if (status != LMOD_OK) {
        say("%s: %s", input, status == LMOD_E_MEMORY ? "out of memory" : status_name(status));
        return exit_of(status);
    }
    if (f->findings > 0)
        qsort(f->finding, f->findings, sizeof(*f->finding), compare_findings);
    for (size_t i = 0; i < f->findings; i++)
        if (!print_finding(input, &f->finding[i]))
            break;
    return f->findings > 0 ? EXIT_FOUND : EXIT_CLEAN;
}

/* ---- queries ---- */

/* Without a config only list files are searched, which need no key. */
static int
read_text(const struct find *f, const char *text, struct text_names *out, struct error *e)
{
    size_t size = strlen(text);
    if (f->config)
        return engine_text_names(out, f->config, text, size, e);
    int status = text_listed(&out->listed, text, size);
    return status == LMOD_E_MEMORY ? error_memory(e) : LMOD_OK;
}

static int find_value(struct find *f, const char *word, const struct operand *o)
{
    struct error e;
    struct query *q = calloc(1, sizeof(*q));
    if (!q)
        return EXIT_BUG;
    if (o->signal == SIGNAL_TEXT) {
        int status = read_text(f, o->text, &q->text, &e);
        if (status != LMOD_OK) {
            free(q);
            return say_error(&e);
        }
        q->is_text = true;
    } else if (o->signal == SIGNAL_PDQ) {
        memcpy(q->needle[0].b, o->bytes, PDQ_BYTES);
        q->strategy[0] = STRATEGY_PLAIN;
        q->needles = 1;
    } else {
        q->digest[o->signal] = o->bytes;
        q->domain = o->signal == SIGNAL_LINK && o->link.n > 1 ? o->link.sha256[1] : NULL;
    }
    int code = search(f, word, q);
    free(q);
    return code;
}

/* Plain orientations come first, so that they name a hit at equal distance, as in a scan. */
static void add_needles(struct query *q, const struct picture *p)
{
    const struct wire_candidate *c = p->media.reply.candidate;
    for (unsigned look = 0; look < PDQ_LOOKS; look++)
        for (uint32_t i = 0; i < p->media.reply.count; i++) {
            if (picture_weak(&c[i]) || picture_repeats(p, i))
                continue;
            q->needles += pdq_look(c[i].hash, c[i].strategy, look, &q->needle[q->needles],
                                   &q->strategy[q->needles]);
        }
}

static int open_pictures(struct find *f, const struct args *a)
{
    struct error e;
    if (f->pictures_open)
        return EXIT_CLEAN;
    int status = f->config ? pictures_open(&f->pictures, f->config, &e)
                           : pictures_open_default(&f->pictures, a, &e);
    f->pictures_open = status == LMOD_OK;
    return status == LMOD_OK ? EXIT_CLEAN : say_error(&e);
}

static int find_picture(struct find *f, const struct args *a, const char *path)
{
    struct picture p;
    struct error e;
    struct buffer why = BUFFER_INIT;
    struct query *q = NULL;
    int code = open_pictures(f, a);
    if (code != EXIT_CLEAN)
        return code;
    if (picture_read(&f->pictures, path, &p, &e) != LMOD_OK)
        return say_error(&e);
    if ((q = calloc(1, sizeof(*q))) == NULL)
        return EXIT_BUG;
    q->digest[SIGNAL_MD5] = p.digests.md5;
    q->digest[SIGNAL_SHA1] = p.digests.sha1;
    q->digest[SIGNAL_SHA256] = p.digests.sha256;
    add_needles(q, &p);
    code = search(f, path, q);
    reasons_write(&why, p.media.reasons);
    if (p.media.reasons && why.data) {
        say("%s: looked at in part (%s)", path, why.data);
        code = exit_worse(code, p.media.reasons & REASON_WORKER                   ? EXIT_UNAVAILABLE
                                : p.media.reasons & ~(uint32_t)REASON_UNSUPPORTED ? EXIT_INPUT
                                                                                  : EXIT_CLEAN);
    } else if (q->needles == 0) {
        say("%s: too little detail for PDQ; only its digests were looked up", path);
    }
    buffer_finish(&why);
    free(q);
    return code;
}

static int find_word(struct find *f, const struct args *a, const char *word)
{
    struct operand o;
    int code = operand_read(word, NULL, &o);
    if (code != EXIT_CLEAN)
        return code;
    return o.file ? find_picture(f, a, word) : find_value(f, word, &o);
}

/* ---- the lists ---- */

/* `id` NULL: the one in the file. */
static int
open_place(struct find *f, const char *id, const char *path, const char *root, unsigned radius)
{
    struct place *p = &f->place[f->places];
    struct list_info info;
    struct error e;
    if (list_open(&p->list, path, root, &e) != LMOD_OK)
        return say_error(&e);
    f->places++;
    list_info_get(p->list, &info);
    id = id ? id : info.id;
    p->id = text_copy(id, strlen(id));
    p->radius = radius;
    return p->id ? EXIT_CLEAN : EXIT_BUG;
}

static int open_named(struct find *f, const char *path)
{
    int code = list_file_readable(path);
    if (code != EXIT_CLEAN)
        return code;
    char *root = path_directory(path);
    f->place = array_new(1, sizeof(*f->place));
    code = root && f->place ? open_place(f, NULL, path, root, PDQ_RADIUS) : EXIT_BUG;
    free(root);
    return code;
}

/* The two local lists, at the end. */
static int open_local(struct find *f, const struct config *c)
{
    static const char *const ids[] = {"local", "allow"};
    int code = local_read(&f->local, c);
    for (size_t i = 0; code == EXIT_CLEAN && i < COUNT_OF(ids); i++) {
        struct place *p = &f->place[f->places++];
        *p = (struct place){.id = text_copy(ids[i], strlen(ids[i])), .allow = i > 0};
        p->radius = p->allow ? (unsigned)PDQ_RADIUS_ALLOW : c->local.radius;
        code = p->id ? EXIT_CLEAN : EXIT_BUG;
    }
    return code;
}

/* Every list of the config; one that cannot be opened makes the answer incomplete. */
static int open_configured(struct find *f, const struct config *c)
{
    int code = EXIT_CLEAN;
    char *root = settings_lists(c);
    size_t n = c->list_count + c->allow_count;
    f->config = c;
    f->place = array_new(n + 2, sizeof(*f->place));
    if (!f->place || !root)
        code = EXIT_BUG;
    for (size_t i = 0; code != EXIT_BUG && i < n; i++) {
        bool allow = i >= c->list_count;
        const struct config_list *l = &c->lists[i];
        int one = allow
                      ? open_place(f, "allow", c->allow[i - c->list_count], root, PDQ_RADIUS_ALLOW)
                      : open_place(f, l->id, l->file, root, l->radius);
        if (one != EXIT_CLEAN)
            code = one == EXIT_BUG ? EXIT_BUG : EXIT_INPUT;
    }
    free(root);
    if (code != EXIT_BUG)
        code = exit_worse(code, open_local(f, c));
    if (n == 0 && f->local.count == 0)
        say("the config names no list, and the local lists are empty");
    return code;
}

static void find_finish(struct find *f)
{
    for (size_t i = 0; i < f->places; i++) {
        list_close(f->place[i].list);
        free(f->place[i].id);
    }
    if (f->pictures_open)
        pictures_close(&f->pictures);
    local_finish(&f->local);
    free(f->place);
    free(f->finding);
    config_free(f->config);
}

static int run(const struct args *a)
{
    const struct config *c = NULL;
    const char *named = args_value(a, "list");
    struct find f = {0};
    int code = named ? EXIT_CLEAN : settings_need(&c, a);
    if (code != EXIT_CLEAN)
        return code;
    code = named ? open_named(&f, named) : open_configured(&f, c);
    bool usable =
        code == EXIT_CLEAN ||
        (!named && (code == EXIT_INPUT || code == EXIT_UNAVAILABLE || code == EXIT_REFUSED));
    for (size_t i = 0; usable && i < a->count; i++) {
        int one = find_word(&f, a, a->operand[i]);
        usable = one != EXIT_USAGE && one != EXIT_BUG;
        code = usable ? exit_worse(code, one) : one;
    }
    find_finish(&f);
    return code;
}

static const struct option_row options[] = {
    {"list", "FILE", "search this list; no config is needed", NULL, 'l'},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_list_find = {
    .name = "list find",
    .operands = "TYPE:VALUE|PICTURE…",
    .summary = "find the nearest entries",
    .text =
        "Looks hashes and pictures up in every list of the config and in the local lists, nearest\n"
        "entries first. TYPE is md5, sha1, sha256, pdq, link (in any spelling; also its domain) "
        "or\n"
        "text (and what is like it; the distance is the percentage that differs). A picture is\n"
        "looked up by its digests and by its PDQ in eight orientations and in negative.",
    .options = options,
    .least = 1,
    .most = OPERANDS_ANY,
    .examples = "  modctl list find picture.jpg\n"
                "  modctl list find --list ban.lml "
                "pdq:f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
    .exits = "  0 nothing found   1 found   2 usage   3 config or list invalid\n"
             "  4 a list or picture is missing, unreadable or damaged\n"
             "  5 store or media worker unavailable   6 store of a newer release\n"
             "  Of several the highest counts.",
    .run = run,
};
