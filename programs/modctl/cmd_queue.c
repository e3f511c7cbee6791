/* modctl queue: what waits for review, the most urgent first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "review.h"

/* A row that is kept until the store is let go of: a slow reader must not hold a transaction open. */
struct queued {
    char id[STORE_ID];
    char *json; /* the whole line, or NULL */
    char *deadline, *harm, *would, *what, *status;
    uint64_t count;
    enum colour urgency, weight;
};

struct queue {
    struct queued *row;
    size_t count, cap;
    uint64_t now;
};

static const char *text_at(const json_t *body, const char *path)
{
    return json_string_value(js_at(body, path));
}

/* ---- JSON ---- */

static json_t *row_json(const struct store_listed *row, const json_t *body)
{
    json_t *o = json_object();
    js_str(o, "event", row->id);
    js_str(o, "type", row->type);
    js_time(o, "at", row->at);
    js_str(o, "kind", row->kind);
    js_str(o, "surface", text_at(body, "context.surface"));
    js_str(o, "harm", row->harm);
    js_str(o, "severity", text_at(body, "queue.severity"));
    js_int(o, "priority", row->prio);
    js_time(o, "deadline", row->deadline);
    js_str(o, "would", text_at(body, "verdict.would"));
    js_str(o, "action", text_at(body, "verdict.action"));
    js_str(o, "cluster", row->cluster);
    js_int(o, "count", (int64_t)row->count);
    js_str(o, "status", row->action ? "decided" : "open");
    return o;
}

/* ---- text ---- */

static char *copy(const char *text)
{
    return text_copy(text, strlen(text));
}

static char *deadline_text(const struct queue *q, const struct store_listed *row, enum colour *c)
{
    char span[32], text[48];
    *c = COLOUR_NONE;
    if (!row->deadline || row->action)
        return copy("-");
    bool over = row->deadline < q->now;
    span_write(over ? q->now - row->deadline : row->deadline - q->now, span);
    (void)snprintf(text, sizeof(text), "%s %s", over ? "overdue" : "in", span);
    *c = over ? COLOUR_BAD : row->deadline - q->now < 3600000 ? COLOUR_CAUTION : COLOUR_NONE;
    return copy(text);
}

/* "upload media, ban/e42" */
static char *what_text(const struct store_listed *row, const json_t *body)
{
    struct buffer b = BUFFER_INIT;
    const char *surface = text_at(body, "context.surface");
    bool entry = row->cluster && strchr(row->cluster, '/');
    buffer_printf(&b, "%s%s%s", surface ? surface : "", surface && row->kind ? " " : "",
                  row->kind ? row->kind : "");
    if (strcmp(row->type, EVENT_REPORT) == 0)
        buffer_printf(&b, "%sreported", b.size ? ", " : "");
    if (entry)
        buffer_printf(&b, "%s%s", b.size ? ", " : "", row->cluster);
    return buffer_take(&b, NULL);
}

static enum colour weight_of(const char *would)
{
    return strcmp(would, "hold") == 0 || strcmp(would, "block") == 0 ? COLOUR_BAD
           : strcmp(would, "flag") == 0                              ? COLOUR_CAUTION
                                                                     : COLOUR_NONE;
}

static bool fill_text(const struct queue *q,
                      struct queued *to,
                      const struct store_listed *row,
                      const json_t *body)
{
    const char *would = text_at(body, "verdict.would");
    to->deadline = deadline_text(q, row, &to->urgency);
    to->harm = copy(row->harm ? row->harm : "-");
    to->would = copy(would ? would : "-");
    to->what = what_text(row, body);
    to->status = copy(row->action ? row->action : "open");
    to->count = row->count;
    to->weight = weight_of(to->would ? to->would : "");
    return to->deadline && to->harm && to->would && to->what && to->status;
}

static int take_row(void *user, const struct store_listed *row)
{
    struct queue *q = user;
    void *array = q->row;
    if (!array_grow(&array, &q->cap, q->count + 1, sizeof(*q->row)))
        return LMOD_E_MEMORY;
    q->row = array;
    struct queued *to = &q->row[q->count++];
    *to = (struct queued){0};
    memcpy(to->id, row->id, strnlen(row->id, sizeof(to->id) - 1));
    json_t *body = row->body ? json_loads(row->body, 0, NULL) : NULL;
    bool ok = true;
    if (output_is_json()) {
        json_t *o = row_json(row, body);
        to->json = js_dump(o, NULL);
        json_decref(o);
        ok = to->json != NULL;
    } else {
        ok = fill_text(q, to, row, body);
    }
    json_decref(body);
    return ok ? LMOD_OK : LMOD_E_MEMORY;
}

static int id_width(struct review *r, const struct queue *q)
{
    int width = 0;
    for (size_t i = 0; i < q->count; i++) {
        int n = review_short(r, q->row[i].id, width > 8 ? width : 8);
        width = n > width ? n : width;
    }
    return width;
}

static int widest(const struct queue *q, size_t at, int least)
{
    int width = least;
    for (size_t i = 0; i < q->count; i++) {
        const char *text;
        memcpy(&text, (const char *)&q->row[i] + at, sizeof(text));
        int n = (int)strlen(text);
        width = n > width ? n : width;
    }
    return width < 40 ? width : 40;
}

static void print_table(struct review *r, const struct queue *q)
{
    int id = id_width(r, q), harm = widest(q, offsetof(struct queued, harm), 4);
    int status = widest(q, offsetof(struct queued, status), 6);
    char head[256];
    (void)snprintf(head, sizeof(head), "%-*s  %-14s  %-*s  %-5s  %5s  %-*s  %s", id, "EVENT",
                   "DEADLINE", harm, "HARM", "WOULD", "COUNT", status, "STATUS", "WHAT");
    bool ok = output_line("%s", coloured(COLOUR_DIM, head, 0));
    for (size_t i = 0; ok && i < q->count; i++) {
        const struct queued *row = &q->row[i];
        ok = output_line("%-*.*s  %s  %-*s  %s  %5llu  %-*s  %s", id, id, row->id,
                         coloured(row->urgency, row->deadline, 14), harm, plain(row->harm),
                         coloured(row->weight, row->would, 5), (unsigned long long)row->count,
                         status, row->status, plain(row->what));
    }
}

static void print(struct review *r, const struct queue *q)
{
    bool ok = true;
    for (size_t i = 0; ok && output_is_json() && i < q->count; i++)
        ok = output_line("%s", q->row[i].json);
    if (output_is_json())
        return;
    if (q->count)
        print_table(r, q);
    else
        say("nothing to show: no event %s", r->there ? "is like this" : "was recorded yet");
}

static void queue_finish(struct queue *q)
{
    for (size_t i = 0; i < q->count; i++) {
        free(q->row[i].json);
        free(q->row[i].deadline);
        free(q->row[i].harm);
        free(q->row[i].would);
        free(q->row[i].what);
        free(q->row[i].status);
    }
    free(q->row);
}

static bool read_filter(const struct args *a, struct store_filter *f)
{
    static const struct term statuses[] = {
        {"open", QUEUE_OPEN},
        {"decided", QUEUE_DECIDED},
        {"all", QUEUE_ALL},
        {NULL, 0},
    };
    uint32_t limit, status;
    *f = (struct store_filter){.review = true, .by_deadline = true};
    f->harm = args_value(a, "harm");
    if (!args_time(a, "since", &f->since) ||
        !args_term(a, "status", statuses, QUEUE_OPEN, &status) ||
        !args_number(a, "limit", 1, 1000000, 0, &limit))
        return false;
    f->status = (enum queue_status)status;
    f->limit = limit;
    return true;
}

static int run(const struct args *a)
{
    struct store_filter filter;
    struct queue q = {.now = time_wall_ms()};
    struct review r;
    struct error e = {0};
    if (!read_filter(a, &filter))
        return EXIT_USAGE;
    int code = review_open(&r, a);
    if (code != EXIT_CLEAN)
        return code;
    int status = r.there ? store_list(r.store, &filter, 0, take_row, &q, &e) : LMOD_OK;
    if (status == LMOD_E_MEMORY)
        (void)error_memory(&e);
    if (status == LMOD_OK)
        print(&r, &q);
    else
        code = review_say(&e);
    queue_finish(&q);
    review_close(&r);
    return code;
}

static const struct option_row options[] = {
    {"harm", "H", "only this harm, such as m.adult.ncii", NULL, 0},
    {"since", "T", "only events since T: 7d (ago), 2026-11-01, 2026-11-01T12:00:00Z", NULL, 0},
    {"status", "S", "open (default), decided or all", NULL, 0},
    {"limit", "N", "at most N events", NULL, 'n'},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_queue = {
    .name = "queue",
    .operands = "",
    .summary = "what waits for review, the most urgent first",
    .text =
        "Lists matches and reports that nobody has decided yet: by deadline, then priority, then\n"
        "age. COUNT is how many open events there are of the same thing. The beginning of an id,\n"
        "as it is shown, names an event in every other command.",
    .options = options,
    .examples = "  modctl queue\n"
                "  modctl queue --harm m.adult.ncii --since 7d --limit 20\n"
                "  modctl --json queue --status all | jq -r 'select(.count > 10).event'",
    .exits = "  0 done, also when nothing waits   2 usage   3 config invalid\n"
             "  5 store unavailable   6 store of a newer release",
    .run = run,
};
