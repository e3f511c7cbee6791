/* Verdicts and subjects of the command line. */
#include "verdicts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmod/subject.h>

/* ---- input ---- */

int input_read(struct buffer *out, uint64_t max, struct error *e)
{
    char block[65536];
    while (out->size <= max) {
        size_t want =
            max + 1 - out->size < sizeof(block) ? (size_t)(max + 1 - out->size) : sizeof(block);
        ssize_t n = read(STDIN_FILENO, block, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_io(e, "-", "cannot read standard input", errno);
        if (n == 0)
            break;
        buffer_append(out, block, (size_t)n);
        if (out->failed)
            return error_memory(e);
    }
    return LMOD_OK;
}

static bool set_text(const struct args *a, const char *name, const char **text, size_t *length)
{
    *text = args_value(a, name);
    *length = *text ? strlen(*text) : 0;
    if (*length <= LMOD_SUBJECT_MAX)
        return true;
    say("--%s: at most %u bytes", name, LMOD_SUBJECT_MAX);
    return false;
}

bool subject_read(const struct args *a, uint32_t surface, struct subject *out)
{
    const char *word = args_value(a, "surface");
    const char *names[64];
    size_t n = 0;
    *out = (struct subject){.surface = surface, .encrypted = UNSET, .direct = UNSET};
    if (!set_text(a, "host", &out->host, &out->host_length) ||
        !set_text(a, "room", &out->room, &out->room_length) ||
        !set_text(a, "sender", &out->sender, &out->sender_length) ||
        !set_text(a, "item", &out->item, &out->item_length))
        return false;
    if (!word || term_value(surface_terms, word, strlen(word), &out->surface))
        return true;
    while (surface_terms[n].name && n < COUNT_OF(names)) {
        names[n] = surface_terms[n].name;
        n++;
    }
    say("--surface %s: there is no such surface%s", word, did_you_mean(word, names, n));
    return false;
}

/* ---- printing ---- */

/* The match to show: the one with the highest action, then the nearest. */
static const struct match *best_match(const struct verdict *v)
{
    const struct match *best = NULL;
    for (uint32_t i = 0; i < v->count; i++) {
        const struct match *m = &v->match[i];
        int better = best ? (int)best->suppressed - (int)m->suppressed : 1;
        if (better == 0)
            better = (int)m->action - (int)best->action;
        if (better == 0)
            better = (int)best->distance - (int)m->distance;
        if (better > 0)
            best = m;
    }
    return best;
}

static void match_write(struct buffer *out, const struct verdict *v)
{
    const struct match *m = best_match(v);
    if (!m) {
        buffer_str(out, "-");
        return;
    }
    if (m->kind == MATCH_LIST)
        buffer_printf(out, "%s/%s %s", m->source, m->entry ? m->entry : "-",
                      term_name(signal_terms, m->signal));
    else if (m->kind == MATCH_RULE)
        buffer_printf(out, "%s/%s %s %u-%u", m->source, m->rule, m->view, m->from, m->to);
    else
        buffer_printf(out, "score of %s", m->harm);
    if (m->kind == MATCH_LIST && m->signal == SIGNAL_PDQ)
        buffer_printf(out, " distance %u", m->distance);
    if (m->kind == MATCH_LIST)
        buffer_printf(out, " %s", term_name(strategy_terms, m->strategy));
    buffer_str(out, m->suppressed ? ", allowed" : "");
    if (v->count > 1)
        buffer_printf(out, " (+%u)", v->count - 1 + v->dropped);
}

static enum colour colour_of(uint8_t action)
{
    return action >= ACTION_HOLD   ? COLOUR_BAD
           : action >= ACTION_FLAG ? COLOUR_CAUTION
                                   : COLOUR_GOOD;
}

static bool print_text(const char *path, const struct verdict *v)
{
    struct buffer coverage = BUFFER_INIT, match = BUFFER_INIT, reasons = BUFFER_INIT;
    for (const struct term *t = reason_terms; t->name; t++)
        if (v->reasons & t->value)
            buffer_printf(&reasons, "%s%s", reasons.size ? "," : "", t->name);
    buffer_printf(&coverage, "%s%s%s", term_name(coverage_terms, v->coverage),
                  reasons.size ? ": " : "", reasons.size ? reasons.data : "");
    match_write(&match, v);
    bool ok = coverage.data && match.data &&
              output_line("%s  %-6s  %s  %-44s  %s%s%s",
                          coloured(colour_of(v->would), term_name(action_terms, v->would), 6),
                          term_name(action_terms, v->action),
                          coloured(v->reasons ? COLOUR_CAUTION : COLOUR_NONE, coverage.data, 22),
                          plain(match.data), plain(path), v->recorded ? "  event " : "",
                          v->recorded == RECORDED_OK       ? v->event
                          : v->recorded == RECORDED_FAILED ? coloured(COLOUR_BAD, "not recorded", 0)
                                                           : "");
    buffer_finish(&coverage);
    buffer_finish(&match);
    buffer_finish(&reasons);
    return ok;
}

/* The verdict as it is, with the input put before its first member. */
static bool print_json(const char *path, struct verdict *v)
{
    json_t *name = json_object();
    char *head = js_str(name, "input", path) ? js_dump(name, NULL) : NULL;
    const char *body = verdict_json(v, NULL);
    json_decref(name);
    bool ok = head && body ? output_line("%.*s,%s", (int)strlen(head) - 1, head, body + 1)
                           : output_object(NULL);
    free(head);
    return ok;
}

bool verdict_print_error(const char *path, struct error *e)
{
    if (!e->file[0])
        (void)snprintf(e->file, sizeof(e->file), "%s", path);
    (void)say_error(e);
    if (!output_is_json())
        return true;
    json_t *o = json_object();
    js_str(o, "input", path);
    js_str(o, "error", e->text);
    js_str(o, "coverage", term_name(coverage_terms, COVERAGE_NOT_RUN));
    return output_object(o);
}

/* See exits below. A failure policy's flag comes with a reason, which counts more than a match. */
int verdict_code(const struct verdict *v)
{
    const uint32_t fine = REASON_EXEMPT | REASON_UNSUPPORTED;
    if (v->reasons & REASON_WORKER || v->recorded == RECORDED_FAILED)
        return EXIT_UNAVAILABLE;
    if (v->reasons & ~fine)
        return EXIT_INPUT;
    return v->would >= ACTION_FLAG ? EXIT_FOUND : EXIT_CLEAN;
}

bool verdict_print(const char *input, struct verdict *v)
{
    return output_is_json() ? print_json(input, v) : print_text(input, v);
}
