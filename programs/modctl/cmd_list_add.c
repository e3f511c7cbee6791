/* modctl list add, modctl list withdraw: local entries by hand, in force everywhere at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "operands.h"
#include "pictures.h"
#include "review.h"

/* One content: its rows. */
struct content {
    struct store_signal_row row[2];
    uint8_t value[2][LIST_KEY_MAX];
    size_t rows;
};

struct editing {
    struct review review;
    struct pictures pictures;
    bool pictures_open, add;
    const char *list;
    const struct args *args;
};

static void add_row(struct content *c, enum signal signal, const uint8_t *bytes, size_t size)
{
    memcpy(c->value[c->rows], bytes, size);
    c->row[c->rows] =
        (struct store_signal_row){term_name(signal_terms, signal), c->value[c->rows], size};
    c->rows++;
}

/* ---- reading an operand ---- */

/* What a picture could not be read for; the exit code, EXIT_CLEAN when its digest is enough. */
static int check_picture(const char *path, const struct picture *p)
{
    const uint32_t ours = REASON_WORKER | REASON_TIMEOUT;
    struct buffer why = BUFFER_INIT;
    int code = EXIT_CLEAN;
    reasons_write(&why, p->media.reasons);
    if (p->media.reasons & ours) {
        say("%s: nothing was changed: the picture could not be looked at (%s)", path,
            why.data ? why.data : "");
        code = p->media.reasons & REASON_WORKER ? EXIT_UNAVAILABLE : EXIT_INPUT;
    } else if (p->media.reasons) {
        say("%s: not looked at as a picture (%s): only its sha256 counts, altered copies are not "
            "found",
            path, why.data ? why.data : "");
    }
    buffer_finish(&why);
    return code;
}

static int read_picture(struct editing *x, const char *path, struct content *c)
{
    struct picture p;
    struct error e;
    if (!x->pictures_open && pictures_open(&x->pictures, x->review.config, &e) != LMOD_OK)
        return say_error(&e);
    x->pictures_open = true;
    if (picture_read(&x->pictures, path, &p, &e) != LMOD_OK)
        return say_error(&e);
    int code = check_picture(path, &p);
    if (code != EXIT_CLEAN)
        return code;
    const struct wire_candidate *first = p.media.reply.count ? p.media.reply.candidate : NULL;
    add_row(c, SIGNAL_SHA256, p.digests.sha256, SHA256_BYTES);
    if (first && !picture_weak(first))
        add_row(c, SIGNAL_PDQ, first->hash[STRATEGY_PLAIN], PDQ_BYTES);
    else if (first)
        say("%s: too little detail for PDQ: only its sha256 counts, altered copies are not found",
            path);
    return EXIT_CLEAN;
}

/* The text itself and, of the local list, what is like it. */
static int read_text(struct editing *x, const char *word, const char *text, struct content *c)
{
    struct text_names names;
    uint8_t sketch[SKETCH_BYTES];
    struct error e;
    if (engine_text_names(&names, x->review.config, text, strlen(text), &e) != LMOD_OK)
        return say_error(&e);
    add_row(c, SIGNAL_TEXT, names.key, sizeof(names.key));
    if (strcmp(x->list, "local") != 0)
        return EXIT_CLEAN;
    if (names.stored.n < SKETCH_LEAST) {
        say("%s: too short: only the text itself counts, others like it are not found", word);
        return EXIT_CLEAN;
    }
    sketch_write(&names.stored, sketch);
    add_row(c, SIGNAL_TEXT, sketch, sizeof(sketch));
    return EXIT_CLEAN;
}

/* "key:SOURCE/ENTRY" as the brake counts it. */
static int read_key(const char *word, const char *key, struct content *c)
{
    if (!strchr(key, '/')) {
        say("%s: a key is SOURCE/ENTRY, as `modctl doctor` shows it", word);
        return EXIT_USAGE;
    }
    c->row[c->rows++] = (struct store_signal_row){"key", (const uint8_t *)key, strlen(key)};
    return EXIT_CLEAN;
}

static int read_content(struct editing *x, const char *word, struct content *c)
{
    bool brake = strcmp(x->list, "brake") == 0;
    struct operand o;
    *c = (struct content){.rows = 0};
    int code = operand_read(word, "key", &o);
    if (code != EXIT_CLEAN)
        return code;
    bool key = !o.file && !o.signal;
    if (key != brake) {
        say(brake ? "%s: the brake holds keys: key:SOURCE/ENTRY"
                  : "%s: keys belong to the list brake",
            word);
        return EXIT_USAGE;
    }
    if (key)
        return read_key(word, o.text, c);
    if (o.file)
        return read_picture(x, word, c);
    if (o.signal == SIGNAL_TEXT)
        return read_text(x, word, o.text, c);
    add_row(c, o.signal, o.bytes, signal_bytes(o.signal));
    return EXIT_CLEAN;
}

/* ---- the entry's name ---- */

struct naming {
    const char *list;
    const struct content *content;
    char *name;
};

static int take_name(void *user, const struct store_entry *row)
{
    struct naming *n = user;
    for (size_t i = 0; i < n->content->rows; i++) {
        const struct store_signal_row *want = &n->content->row[i];
        if (strcmp(row->list, n->list) == 0 && strcmp(row->sig, want->sig) == 0 &&
            row->size == want->size && memcmp(row->value, want->value, want->size) == 0)
            (void)snprintf(n->name, STORE_ID, "%s", row->decision ? row->decision : "");
    }
    return LMOD_OK;
}

/* As verdicts name it: by the decision that made it. */
static int find_name(struct editing *x,
                     const struct content *c,
                     const struct store_decided *done,
                     char name[STORE_ID],
                     struct error *e)
{
    struct naming n = {x->list, c, name};
    uint64_t gen;
    memcpy(name, done->decision, STORE_ID);
    if (x->add && done->entries)
        return LMOD_OK;
    name[0] = '\0';
    return store_entries(x->review.store, done->entries ? done->gen - 1 : 0, 0, take_name, &n, &gen,
                         e);
}

/* ---- one content ---- */

/* Two rows of a text are one signal. */
static size_t signals_of(const struct content *c)
{
    return c->rows > 1 && strcmp(c->row[0].sig, c->row[1].sig) == 0 ? 1 : c->rows;
}

static void print(const struct editing *x,
                  const char *word,
                  const struct content *c,
                  const struct store_decided *done,
                  const char *name)
{
    if (output_is_json()) {
        json_t *o = json_object(), *signals = json_array();
        js_str(o, "list", x->list);
        js_str(o, "entry", name[0] ? name : NULL);
        for (size_t i = 0; i < signals_of(c); i++)
            js_push(signals, json_string(c->row[i].sig));
        js_put(o, "signals", signals);
        js_int(o, "gen", (int64_t)done->gen);
        (void)output_object(o);
        return;
    }
    (void)output_line("%s  %s/%s  %s%s%s  %s", x->add ? "on the list" : "withdrawn", x->list,
                      name[0] ? name : "-", c->row[0].sig, signals_of(c) > 1 ? " " : "",
                      signals_of(c) > 1 ? c->row[1].sig : "", plain(word));
    if (done->earlier)
        (void)output_line("  matches %llu earlier %s", (unsigned long long)done->earlier,
                          plural(done->earlier, "event", "events"));
}

static int edit(struct editing *x, const char *word, const struct content *c)
{
    struct decision d = {.action = x->add ? DECIDE_ADD_TO_LIST : DECIDE_WITHDRAW};
    struct store_decided done;
    struct error e = {0};
    char name[STORE_ID];
    int code, status;
    if (!review_signature(x->args, &d, &code))
        return code;
    status = (x->add ? store_list_add : store_list_withdraw)(
        x->review.store, x->list, c->row, c->rows, &d, review_deadline(), &done, &e);
    if (status == LMOD_OK)
        status = find_name(x, c, &done, name, &e);
    if (status != LMOD_OK)
        return review_say(&e);
    if (!done.entries && !x->add) {
        say("%s: is not on the list %s; nothing was changed", word, x->list);
        return EXIT_REFUSED;
    }
    if (!done.entries)
        say("%s: is on the list %s already; nothing was changed", word, x->list);
    print(x, word, c, &done, name);
    return EXIT_CLEAN;
}

/* ---- the commands ---- */

static bool list_known(const struct editing *x)
{
    static const char *const names[] = {"local", "allow", "brake"};
    size_t n = x->add ? 2 : 3;
    for (size_t i = 0; i < n; i++)
        if (strcmp(x->list, names[i]) == 0)
            return true;
    if (x->add && strcmp(x->list, "brake") == 0)
        say("list brake: what hits too much gets there by itself; entries can only be withdrawn");
    else
        say("list %s: entries by hand belong to local or allow; other lists are built with `modctl "
            "list build`%s",
            x->list, did_you_mean(x->list, names, n));
    return false;
}

static int run(const struct args *a, bool add)
{
    struct editing x = {.add = add, .args = a, .list = a->operand[0]};
    if (!list_known(&x))
        return EXIT_USAGE;
    int code = review_open(&x.review, a);
    if (code != EXIT_CLEAN)
        return code;
    bool usable = true;
    for (size_t i = 1; usable && i < a->count; i++) {
        struct content c;
        int one = read_content(&x, a->operand[i], &c);
        if (one == EXIT_CLEAN)
            one = edit(&x, a->operand[i], &c);
        usable = one != EXIT_USAGE && one != EXIT_BUG;
        code = usable ? exit_worse(code, one) : one;
        progress("%zu of %zu", i, a->count - 1);
    }
    progress_end();
    if (x.pictures_open)
        pictures_close(&x.pictures);
    review_close(&x.review);
    return code;
}

static int run_add(const struct args *a)
{
    return run(a, true);
}

static int run_withdraw(const struct args *a)
{
    return run(a, false);
}

static const struct option_row options[] = {
    {"reason", "R", "why, kept with the entry", NULL, 'r'},
    {"reviewer", "P", "who decides: a pseudonym", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_list_add = {
    .name = "list add",
    .operands = "LIST TYPE:VALUE|PICTURE…",
    .summary = "put contents on the local or the allow list",
    .text = "LIST is local (matched as `local` in the config says) or allow (let through). Each\n"
            "operand is one content, in force in every process within a second, without a reload.\n"
            "TYPE is sha256, pdq, link (link:t.me/name, every spelling of it), text (text:THE "
            "TEXT; on\n"
            "local every text like it, on allow every spelling that folds alike) or, for local, "
            "md5 and\n"
            "sha1. A picture is hashed here: sha256, and pdq when it has detail enough.",
    .options = options,
    .least = 2,
    .most = OPERANDS_ANY,
    .examples = "  modctl list add local picture.jpg --reason \"reported by mail\"\n"
                "  modctl list add local "
                "pdq:f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22\n"
                "  modctl list add local 'link:https://t.me/+AbCdEf0123456789'\n"
                "  modctl list add allow 'text:see the mega folder'",
    .exits = "  0 listed, also when it was already   2 usage   3 config or key invalid\n"
             "  4 a picture is missing or unreadable   5 store or media worker unavailable\n"
             "  6 refused: md5 and sha1 on the allow list, store of a newer release\n"
             "  Of several the highest counts.",
    .run = run_add,
};

const struct command cmd_list_withdraw = {
    .name = "list withdraw",
    .operands = "LIST TYPE:VALUE|PICTURE…",
    .summary = "take contents off the local or the allow list",
    .text =
        "LIST is local, allow, or brake: what hit too many different contents in an hour and fell\n"
        "to observe, as key:SOURCE/ENTRY, is in force again.",
    .options = options,
    .least = 2,
    .most = OPERANDS_ANY,
    .examples = "  modctl list withdraw local picture.jpg\n"
                "  modctl list withdraw brake key:ban/e42",
    .exits = "  0 withdrawn   2 usage   3 config or key invalid\n"
             "  4 a picture is missing or unreadable   5 store or media worker unavailable\n"
             "  6 it is not on the list, store of a newer release\n"
             "  Of several the highest counts.",
    .run = run_withdraw,
};
