/* modctl rules diff: what another version of a pack would do to the messages of a corpus. */
#include "modctl.h"

#include <stdlib.h>
#include <string.h>

#include "trial.h"

enum { SAMPLES = 5, RULES_NAMED = 8, MANY = 1000 };

/* A rule that hit, by its id: in how many messages with the old pack, and with the new one. */
struct tally {
    const char *rule; /* of one of the packs */
    uint64_t count[2];
};

/* The rules that one message hits. */
struct named {
    const char *rule[RULES_NAMED];
    size_t n;
};

struct diff {
    struct trial trial[2]; /* old, new */
    struct tally *tally;
    size_t tallies, cap;
    uint32_t *slot; /* 2 * cap: numbers of tallies from 1, by the hash of their ids; 0: free */
    int side;
    struct named named[2];
    uint64_t messages, flagged[2], partial[2], fresh, gone, changed;
    uint32_t samples;
    bool failed;
};

/* The slot of an id, or the free one where it belongs; there always is one. */
static uint32_t *slot_of(const struct diff *d, const char *rule)
{
    size_t at = 5381;
    for (const char *c = rule; *c; c++)
        at = at * 33 + (unsigned char)*c;
    for (at %= 2 * d->cap; d->slot[at]; at = (at + 1) % (2 * d->cap))
        if (strcmp(d->tally[d->slot[at] - 1].rule, rule) == 0)
            break;
    return &d->slot[at];
}

/* Room for one more. */
static bool grow(struct diff *d)
{
    size_t cap = d->cap ? 2 * d->cap : 64;
    struct tally *more = reallocarray(d->tally, cap, sizeof(*more));
    uint32_t *slot = calloc(2 * cap, sizeof(*slot));
    if (more)
        d->tally = more;
    if (!more || !slot) {
        free(slot);
        return false;
    }
    free(d->slot);
    d->slot = slot;
    d->cap = cap;
    for (size_t i = 0; i < d->tallies; i++)
        *slot_of(d, d->tally[i].rule) = (uint32_t)i + 1;
    return true;
}

static void count_rule(void *user, const struct match *m)
{
    struct diff *d = user;
    struct named *named = &d->named[d->side];
    if (named->n < RULES_NAMED)
        named->rule[named->n++] = m->rule;
    if (d->tallies == d->cap && !grow(d)) {
        d->failed = true;
        return;
    }
    uint32_t *slot = slot_of(d, m->rule);
    if (!*slot) {
        d->tally[d->tallies++] = (struct tally){m->rule, {0, 0}};
        *slot = (uint32_t)d->tallies;
    }
    d->tally[*slot - 1].count[d->side]++;
}

/* ---- showing ---- */

static json_t *names_json(const struct named *named)
{
    json_t *array = json_array();
    for (size_t i = 0; i < named->n; i++)
        (void)js_push(array, json_string(named->rule[i]));
    return array;
}

static bool
show_json(const struct diff *d, const char *change, uint64_t line, const struct judgement *j)
{
    json_t *o = json_object();
    js_str(o, "change", change);
    js_int(o, "line", (int64_t)line);
    js_str(o, "old", term_name(action_terms, j[0].action));
    js_str(o, "new", term_name(action_terms, j[1].action));
    js_put(o, "old_rules", names_json(&d->named[0]));
    js_put(o, "new_rules", names_json(&d->named[1]));
    return output_object(o);
}

/* The beginning of a text, cut between characters. */
static const char *beginning(const char *text, size_t size)
{
    enum { SHOWN = 100 };
    static char cut[SHOWN + sizeof("…")];
    size_t n = size < SHOWN ? size : SHOWN;
    while (n && n < size && ((uint8_t)text[n] & 0xc0) == 0x80)
        n--;
    memcpy(cut, text, n);
    memcpy(cut + n, n < size ? "…" : "", n < size ? sizeof("…") : 1);
    return plain(cut);
}

static bool show_text(const struct diff *d,
                      const struct corpus *c,
                      const struct judgement *j,
                      const char *text,
                      size_t size)
{
    const struct named *named = &d->named[j[1].action >= ACTION_FLAG ? 1 : 0];
    bool fresh = j[0].action < ACTION_FLAG, gone = j[1].action < ACTION_FLAG;
    return output_line("%s %s:%llu: %s → %s: %s: %s",
                       coloured(fresh  ? COLOUR_BAD
                                : gone ? COLOUR_GOOD
                                       : COLOUR_CAUTION,
                                fresh  ? "+"
                                : gone ? "-"
                                       : "~",
                                0),
                       plain(c->path), (unsigned long long)c->number,
                       term_name(action_terms, j[0].action), term_name(action_terms, j[1].action),
                       named->n ? plain(named->rule[0]) : "scores", beginning(text, size));
}

/* One message; false when nobody reads on. */
static bool compare(struct diff *d, const struct corpus *c, const char *text, size_t size)
{
    struct judgement j[2];
    for (d->side = 0; d->side < 2; d->side++) {
        int side = d->side;
        d->named[side].n = 0;
        if (!trial_judge(&d->trial[side], text, size, count_rule, d, &j[side]))
            d->failed = true;
        d->flagged[side] += j[side].action >= ACTION_FLAG;
        d->partial[side] += j[side].partial;
    }
    d->messages++;
    bool was = j[0].action >= ACTION_FLAG, is = j[1].action >= ACTION_FLAG;
    uint64_t *count = is && !was                   ? &d->fresh
                      : was && !is                 ? &d->gone
                      : j[0].action != j[1].action ? &d->changed
                                                   : NULL;
    if (!count || ++*count > d->samples)
        return true;
    if (!output_is_json())
        return show_text(d, c, j, text, size);
    return show_json(d, is && !was ? "new" : was && !is ? "gone" : "action", c->number, j);
}

static bool show_rules(const struct diff *d)
{
    bool ok = true;
    for (size_t i = 0; ok && i < d->tallies; i++) {
        const struct tally *t = &d->tally[i];
        if (t->count[0] == t->count[1])
            continue;
        if (!output_is_json()) {
            ok = output_line("%s: %llu → %llu messages", plain(t->rule),
                             (unsigned long long)t->count[0], (unsigned long long)t->count[1]);
            continue;
        }
        json_t *o = json_object();
        js_str(o, "rule", t->rule);
        js_int(o, "old", (int64_t)t->count[0]);
        js_int(o, "new", (int64_t)t->count[1]);
        ok = output_object(o);
    }
    return ok;
}

/* Of 100 000 messages. */
static double rate(const struct diff *d, uint64_t count)
{
    return d->messages ? (double)count * 1e5 / (double)d->messages : 0;
}

/* " (4.8 of 100 000)", where there are enough messages to say so. */
static const char *share(const struct diff *d, uint64_t count, char out[32])
{
    out[0] = '\0';
    if (d->messages >= MANY)
        (void)snprintf(out, 32, " (%.1f of 100 000)", rate(d, count));
    return out;
}

static void show_summary(const struct diff *d)
{
    char fresh[32], gone[32], changed[32];
    if (!output_is_json()) {
        (void)output_line(
            "would newly flag %llu of %llu%s, no longer flag %llu%s, change the action of "
            "%llu%s",
            (unsigned long long)d->fresh, (unsigned long long)d->messages,
            share(d, d->fresh, fresh), (unsigned long long)d->gone, share(d, d->gone, gone),
            (unsigned long long)d->changed, share(d, d->changed, changed));
        if (d->partial[0] || d->partial[1])
            (void)output_line("a limit was hit in %llu messages, before in %llu",
                              (unsigned long long)d->partial[1], (unsigned long long)d->partial[0]);
        return;
    }
    json_t *o = json_object();
    js_int(o, "messages", (int64_t)d->messages);
    js_int(o, "old_flagged", (int64_t)d->flagged[0]);
    js_int(o, "new_flagged", (int64_t)d->flagged[1]);
    js_int(o, "newly", (int64_t)d->fresh);
    js_int(o, "no_longer", (int64_t)d->gone);
    js_int(o, "action_changed", (int64_t)d->changed);
    js_int(o, "old_partial", (int64_t)d->partial[0]);
    js_int(o, "new_partial", (int64_t)d->partial[1]);
    js_real(o, "newly_per_100k", rate(d, d->fresh));
    (void)output_object(o);
}

/* ---- the run ---- */

static int compare_all(struct diff *d, const char *path)
{
    struct corpus c;
    const char *text;
    size_t size;
    int code = corpus_open(&c, path);
    if (code != EXIT_CLEAN)
        return code;
    bool ok = true;
    while (ok && !d->failed && corpus_next(&c, &text, &size)) {
        ok = compare(d, &c, text, size);
        progress("%llu messages, %llu newly flagged", (unsigned long long)d->messages,
                 (unsigned long long)d->fresh);
    }
    progress_end();
    code = corpus_close(&c);
    if (d->failed) {
        struct error e = {0};
        (void)error_memory(&e);
        return exit_worse(code, say_error(&e));
    }
    if (ok && show_rules(d))
        show_summary(d);
    return code;
}

static int run_diff(const struct args *a)
{
    struct diff d = {.samples = SAMPLES};
    const char *corpus = args_value(a, "corpus");
    uint32_t most = 0;
    if (!corpus) {
        say("rules diff needs --corpus FILE: messages, one a line");
        return EXIT_USAGE;
    }
    if (!args_number(a, "samples", 0, UINT32_MAX, SAMPLES, &d.samples) ||
        !args_number(a, "max-new", 0, UINT32_MAX, 0, &most))
        return EXIT_USAGE;
    int code = EXIT_CLEAN;
    for (size_t i = 0; i < 2; i++) {
        const char *pack = a->operand[i];
        code = exit_worse(code, trial_load(&d.trial[i], a, &pack, 1));
    }
    if (code == EXIT_CLEAN)
        code = compare_all(&d, corpus);
    bool differs = args_value(a, "max-new") ? d.fresh > most : d.fresh || d.gone || d.changed;
    if (differs)
        code = exit_worse(code, EXIT_FOUND);
    for (size_t i = 0; i < 2; i++)
        trial_finish(&d.trial[i]);
    free(d.tally);
    free(d.slot);
    return code;
}

static const struct option_row diff_options[] = {
    {"corpus", "FILE", "messages, one a line (-: standard input)", NULL, 0},
    {"max-new", "N", "a difference only if more than N messages are newly flagged", NULL, 0},
    {"samples", "N", "show so many messages of each kind (5)", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_rules_diff = {
    .name = "rules diff",
    .operands = "OLD NEW",
    .summary = "what a change of a pack would do to a corpus",
    .text = "Tries two packs on the messages of a corpus and shows which ones only NEW would flag "
            "(+),\n"
            "which ones only OLD flags (-), and which ones get another action (~), as the policy "
            "of the\n"
            "config has it in enforce: thresholds, what a limit does, what the surface message "
            "allows.\n"
            "Lists of the config are those of the config. Where there is no config: the default "
            "values.\n"
            "Messages have no subject: every rule is in scope.",
    .options = diff_options,
    .least = 2,
    .most = 2,
    .examples = "  modctl rules diff old.yaml new.yaml --corpus chat.txt\n"
                "  modctl rules diff old.yaml new.yaml --corpus chat.txt --max-new 10",
    .exits = "  0 no difference   1 a difference, or more than N newly flagged   2 usage\n"
             "  3 a pack is invalid   4 missing or unreadable file",
    .run = run_diff,
};
