/* modctl show: everything that is known about one event. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "review.h"

static const char *text_at(const json_t *body, const char *path)
{
    return json_string_value(js_at(body, path));
}

/* ---- JSON ---- */

static bool put_text(json_t *o, const char *name, struct store_text t)
{
    return t.size ? js_bytes(o, name, t.at, t.size) : js_null(o, name);
}

static json_t *item_json(const struct store_listed *row)
{
    const struct store_item *i = &row->item;
    if (!i->host.size && !i->ref.size && !i->room.size && !i->sender.size)
        return json_null();
    json_t *o = json_object();
    put_text(o, "host", i->host);
    put_text(o, "item", i->ref);
    js_str(o, "surface", term_name(surface_terms, i->surface));
    put_text(o, "room", i->room);
    put_text(o, "sender", i->sender);
    js_time(o, "at", i->at);
    return o;
}

static json_t *decision_json(const struct store_listed *row)
{
    if (!row->action)
        return json_null();
    json_t *o = json_object();
    js_str(o, "decision", row->decision);
    js_str(o, "action", row->action);
    js_str(o, "scope", row->scope);
    js_str(o, "reason", row->reason);
    js_str(o, "reviewer", row->reviewer);
    js_time(o, "at", row->decided_at);
    return o;
}

/* ---- text ---- */

static void line(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(const char *name, const char *format, ...)
{
    struct buffer b = BUFFER_INIT;
    char *text = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&text, format, list) >= 0)
        buffer_str(&b, text);
    va_end(list);
    free(text);
    (void)output_line("%s  %s", coloured(COLOUR_DIM, name, 9), b.data ? plain(b.data) : "");
    buffer_finish(&b);
}

static void ago_write(uint64_t at, uint64_t now, char out[80])
{
    char span[32], iso[32];
    time_iso(at, iso);
    span_write(now > at ? now - at : 0, span);
    (void)snprintf(out, 80, "%s (%s ago)", iso, span);
}

static void print_status(const struct store_listed *row, uint64_t now)
{
    char when[80], span[32];
    if (row->action) {
        ago_write(row->decided_at, now, when);
        line("status", "%s, scope %s%s%s, %s", row->action, row->scope,
             row->reviewer ? ", by " : "", row->reviewer ? row->reviewer : "", when);
        line("decision", "%s%s%s", row->decision, row->reason ? ": " : "",
             row->reason ? row->reason : "");
        return;
    }
    bool review = strcmp(row->type, EVENT_MATCH) == 0 || strcmp(row->type, EVENT_REPORT) == 0;
    if (!review) {
        line("status", "nothing to decide");
        return;
    }
    if (!row->deadline) {
        line("status", "open");
        return;
    }
    bool over = row->deadline < now;
    span_write(over ? now - row->deadline : row->deadline - now, span);
    time_iso(row->deadline, when);
    line("status", "open, %s %s, by %s", over ? "overdue" : "to review in", span, when);
}

static void print_match(const json_t *m)
{
    struct buffer b = BUFFER_INIT;
    const char *kind = text_at(m, "kind"), *source = text_at(m, "source");
    const char *entry = text_at(m, "entry"), *rule = text_at(m, "rule");
    if (kind && strcmp(kind, "score") == 0)
        buffer_str(&b, "score");
    else
        buffer_printf(&b, "%s/%s", source ? source : "-", entry ? entry : rule ? rule : "-");
    if (text_at(m, "signal"))
        buffer_printf(&b, " %s, distance %lld, %s", text_at(m, "signal"),
                      (long long)json_integer_value(js_at(m, "distance")),
                      text_at(m, "strategy") ? text_at(m, "strategy") : "-");
    if (text_at(m, "view"))
        buffer_printf(&b, " %s, bytes %lld to %lld", text_at(m, "view"),
                      (long long)json_integer_value(js_at(m, "start")),
                      (long long)json_integer_value(js_at(m, "end")));
    line("match", "%s: %s, %s, %s%s", b.data ? b.data : "",
         text_at(m, "harm") ? text_at(m, "harm") : "-",
         text_at(m, "severity") ? text_at(m, "severity") : "-",
         text_at(m, "action") ? text_at(m, "action") : "-",
         json_is_true(js_at(m, "suppressed")) ? ", allowed" : "");
    buffer_finish(&b);
}

static void print_content(const struct store_listed *row, const json_t *body)
{
    struct buffer b = BUFFER_INIT;
    const json_t *bytes = js_at(body, "content.bytes"), *width = js_at(body, "content.width");
    const char *mime = text_at(body, "content.mime");
    if (!row->ck) {
        line("content", "unknown: only the item was reported");
        return;
    }
    buffer_printf(&b, "%s", row->kind ? row->kind : "?");
    if (mime)
        buffer_printf(&b, ", %s", mime);
    if (json_is_integer(bytes))
        buffer_printf(&b, ", %lld bytes", (long long)json_integer_value(bytes));
    if (json_is_integer(width))
        buffer_printf(&b, ", %lld x %lld", (long long)json_integer_value(width),
                      (long long)json_integer_value(js_at(body, "content.height")));
    line("content", "%s", b.data ? b.data : "");
    line("key", "%s", row->ck);
    line("cluster", "%s, %llu open", row->cluster ? row->cluster : "-",
         (unsigned long long)row->count);
    buffer_finish(&b);
}

static void print_place(const char *name, struct store_text t)
{
    char *text = t.size ? text_copy(t.at, t.size) : NULL;
    if (text)
        line(name, "%s", text);
    free(text);
}

static void print_finding(const struct store_listed *row, const json_t *body)
{
    const json_t *matches = js_at(body, "matches"), *reasons = js_at(body, "verdict.reasons");
    struct buffer b = BUFFER_INIT;
    for (size_t i = 0; i < json_array_size(reasons); i++)
        buffer_printf(&b, "%s%s", i ? ", " : ": ", json_string_value(json_array_get(reasons, i)));
    if (text_at(body, "verdict.would"))
        line("verdict", "would %s, did %s (%s), coverage %s%s", text_at(body, "verdict.would"),
             text_at(body, "verdict.action"), text_at(body, "verdict.mode"),
             text_at(body, "verdict.coverage"), b.data ? b.data : "");
    buffer_finish(&b);
    for (size_t i = 0; i < json_array_size(matches); i++)
        print_match(json_array_get(matches, i));
    if (text_at(body, "report.reason"))
        line("reported", "%s", text_at(body, "report.reason"));
    print_content(row, body);
    if (text_at(body, "context.surface"))
        line("surface", "%s", text_at(body, "context.surface"));
    print_place("host", row->item.host);
    print_place("item", row->item.ref);
    print_place("room", row->item.room);
    print_place("sender", row->item.sender);
}

static void print_text(const struct store_listed *row)
{
    json_t *body = row->body ? json_loads(row->body, 0, NULL) : NULL;
    uint64_t now = time_wall_ms();
    char when[80];
    ago_write(row->at, now, when);
    line("event", "%s", row->id);
    line("type", "%s", row->type);
    line("at", "%s", when);
    print_status(row, now);
    if (row->harm)
        line("harm", "%s, severity %s, priority %u", row->harm,
             text_at(body, "queue.severity") ? text_at(body, "queue.severity") : "-", row->prio);
    if (!body)
        line("data", "gone: older than events.keep");
    if (strcmp(row->type, EVENT_GAP) == 0 || strcmp(row->type, EVENT_LIST) == 0)
        line("data", "%s", row->body ? row->body : "");
    else
        print_finding(row, body);
    json_decref(body);
}

/* ---- the command ---- */

struct showing {
    char source[SOURCE_BYTES];
    json_t *json;
};

static int show(void *user, const struct store_listed *row)
{
    struct showing *s = user;
    if (!output_is_json()) {
        print_text(row);
        return LMOD_OK;
    }
    json_t *o = event_envelope(row, s->source);
    bool ok = o && js_put(o, "item", item_json(row)) &&
              js_str(o, "status", row->action ? "decided" : "open") &&
              js_put(o, "decision", decision_json(row));
    if (ok)
        s->json = o;
    else
        json_decref(o);
    return ok ? LMOD_OK : LMOD_E_MEMORY;
}

static int run(const struct args *a)
{
    struct review r;
    char id[STORE_ID];
    struct showing s = {.json = NULL};
    int code = review_open(&r, a);
    if (code != EXIT_CLEAN)
        return code;
    code = review_source(&r, s.source);
    if (code == EXIT_CLEAN)
        code = review_event(&r, a->operand[0], id, show, &s);
    if (code == EXIT_CLEAN && output_is_json())
        (void)output_object(s.json);
    review_close(&r);
    return code;
}

const struct command cmd_show = {
    .name = "show",
    .operands = "EVENT",
    .summary = "all that is known about one event",
    .text = "Shows an event with its matches, where its content is (as the server named it: these\n"
            "ids are only in the store, never in an event), and what was decided. The beginning\n"
            "of an id is enough when only one event begins like this.",
    .least = 1,
    .most = 1,
    .examples = "  modctl show 0198c0de-1f2a\n"
                "  modctl --json show 0198c0de | jq .data.matches",
    .exits = "  0 shown   2 usage   3 config invalid   5 store unavailable\n"
             "  6 no such event, several begin like this, store of a newer release",
    .run = run,
};
