/* modctl stats: numbers of the store, for people, programs and Prometheus. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmod/version.h>

#include "review.h"

struct counted {
    char *key;
    uint64_t n;
};

struct stats {
    struct store_stats store;
    struct counted *counter; /* by key */
    size_t counters, cap;
    bool failed;
};

/* Numbers of the moment: how programs and people name them. */
static const struct gauge {
    const char *key, *metric, *help;
    size_t at;
} gauges[] = {
#define GAUGE(key, metric, help)                                                                   \
    {                                                                                              \
#key, "libmod_" metric, help, offsetof(struct store_stats, key)                            \
    }
    GAUGE(events, "events", "Matches and reports in the store."),
    GAUGE(open, "events_open", "Of these, not decided yet."),
    GAUGE(decided, "events_decided", "Of these, decided."),
    GAUGE(overdue, "events_overdue", "Open events whose review deadline has passed."),
    GAUGE(undelivered, "events_undelivered", "Events that no relay has delivered."),
    GAUGE(contents, "contents", "Contents that are known."),
    GAUGE(items, "items", "Items of the hosts that are known."),
    GAUGE(local, "local_entries", "Entries of the local list."),
    GAUGE(allow, "allow_entries", "Entries of the local allow list."),
    GAUGE(braked, "braked_entries", "Entries and rules that hit too much and fell to observe."),
    GAUGE(waiting, "decisions_waiting", "Decisions that a host has not acted on."),
    GAUGE(bytes, "store_bytes", "Bytes of the store that are in use."),
    GAUGE(quota, "store_quota_bytes", "Most bytes of the store (events.quota)."),
    GAUGE(gen, "store_gen", "Generation of decisions and local entries."),
#undef GAUGE
};

static uint64_t gauge_of(const struct stats *s, const struct gauge *g)
{
    uint64_t value;
    memcpy(&value, (const char *)&s->store + g->at, sizeof(value));
    return value;
}

/* ---- JSON ---- */

static void print_json(const struct stats *s)
{
    json_t *o = json_object(), *counters = json_object();
    js_str(o, "uuid", s->store.uuid[0] ? s->store.uuid : NULL);
    for (size_t i = 0; i < COUNT_OF(gauges); i++)
        js_int(o, gauges[i].key, (int64_t)gauge_of(s, &gauges[i]));
    js_time(o, "oldest_open", s->store.oldest_open);
    for (size_t i = 0; i < s->counters; i++)
        js_int(counters, s->counter[i].key, (int64_t)s->counter[i].n);
    js_put(o, "counters", counters);
    (void)output_object(o);
}

/* ---- text ---- */

static void print_text(const struct stats *s)
{
    char since[32];
    uint64_t oldest = s->store.oldest_open, now = time_wall_ms();
    for (size_t i = 0; i < COUNT_OF(gauges); i++) {
        uint64_t value = gauge_of(s, &gauges[i]);
        bool alarm = value && (strcmp(gauges[i].key, "overdue") == 0 ||
                               strcmp(gauges[i].key, "braked") == 0);
        char number[32];
        (void)snprintf(number, sizeof(number), "%12llu", (unsigned long long)value);
        (void)output_line("%-20s %s  %s", gauges[i].key,
                          coloured(alarm ? COLOUR_CAUTION : COLOUR_NONE, number, 12),
                          coloured(COLOUR_DIM, gauges[i].help, 0));
    }
    if (oldest) {
        span_write(now > oldest ? now - oldest : 0, since);
        (void)output_line("%-20s %12s  %s", "oldest_open", since,
                          coloured(COLOUR_DIM, "Age of the oldest open event.", 0));
    }
    for (size_t i = 0; i < s->counters; i++)
        (void)output_line("%-20s %12llu", plain(s->counter[i].key),
                          (unsigned long long)s->counter[i].n);
}

/* ---- Prometheus, text format 0.0.4 ---- */

/* What the engines add up, by the part of the key before a dot, which becomes a label. */
static const struct family {
    const char *key, *metric, *help;
} families[] = {
    {"scans", "libmod_scans_total", "Scans that gave a verdict."},
    {"matches", "libmod_matches_total", "Matches that counted."},
    {"suppressed", "libmod_suppressed_total", "Matches that an allow list overruled."},
    {"recorded", "libmod_recorded_total", "Findings that became events."},
    {"unrecorded", "libmod_unrecorded_total", "Findings that could not be recorded."},
    {"refused", "libmod_refused_total", "Of the unrecorded, refused by the quota."},
    {"forgotten", "libmod_forgotten_total", "Clean contents that could not be remembered."},
    {"action", "libmod_verdicts_total", "Verdicts by action."},
    {"coverage", "libmod_coverage_total", "Verdicts by coverage."},
};

static void name_write(const char *from, size_t size, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n + 1 < cap; i++) {
        char c = from[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        out[n] = '_';
        if (word)
            out[n] = c;
        n++;
    }
    out[n] = '\0';
}

static void print_family(const char *metric, const char *type, const char *help)
{
    (void)output_line("# HELP %s %s", metric, help);
    (void)output_line("# TYPE %s %s", metric, type);
}

static const struct family *family_of(const char *key, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(families); i++)
        if (text_is(key, size, families[i].key))
            return &families[i];
    return NULL;
}

/* Counters come sorted, so that those of one family stand together. */
static void print_counters(const struct stats *s)
{
    char last[96] = "";
    for (size_t i = 0; i < s->counters; i++) {
        const char *key = s->counter[i].key;
        size_t size = strcspn(key, ".");
        const struct family *f = family_of(key, size);
        char name[64], metric[96], label[64];
        name_write(key, size, name, sizeof(name));
        (void)snprintf(metric, sizeof(metric), "libmod_%s_total", name);
        if (f)
            (void)snprintf(metric, sizeof(metric), "%s", f->metric);
        if (strcmp(metric, last) != 0)
            print_family(metric, "counter", f ? f->help : "A counter of the store.");
        (void)snprintf(last, sizeof(last), "%s", metric);
        if (key[size]) {
            name_write(key + size + 1, strlen(key + size + 1), label, sizeof(label));
            (void)output_line("%s{%s=\"%s\"} %llu", metric, name, label,
                              (unsigned long long)s->counter[i].n);
        } else {
            (void)output_line("%s %llu", metric, (unsigned long long)s->counter[i].n);
        }
    }
}

static void print_up(bool up)
{
    print_family("libmod_store_up", "gauge", "Whether the store can be read.");
    (void)output_line("libmod_store_up %d", up);
}

static void print_prometheus(const struct stats *s)
{
    print_family("libmod_info", "gauge", "Release of modctl and id of the store.");
    (void)output_line("libmod_info{version=\"%s\",store=\"%s\"} 1", LMOD_VERSION, s->store.uuid);
    print_up(true);
    for (size_t i = 0; i < COUNT_OF(gauges); i++) {
        print_family(gauges[i].metric, "gauge", gauges[i].help);
        (void)output_line("%s %llu", gauges[i].metric, (unsigned long long)gauge_of(s, &gauges[i]));
    }
    print_family("libmod_oldest_open_timestamp_seconds", "gauge",
                 "When the oldest open event was recorded; 0: none is open.");
    (void)output_line("libmod_oldest_open_timestamp_seconds %llu",
                      (unsigned long long)s->store.oldest_open / 1000);
    print_counters(s);
}

/* ---- the command ---- */

static void take_counter(void *user, const char *key, uint64_t n)
{
    struct stats *s = user;
    void *array = s->counter;
    if (s->failed || !array_grow(&array, &s->cap, s->counters + 1, sizeof(*s->counter))) {
        s->failed = true;
        return;
    }
    s->counter = array;
    char *copy = text_copy(key, strlen(key));
    s->failed = !copy;
    if (copy)
        s->counter[s->counters++] = (struct counted){copy, n};
}

static int read_all(struct review *r, struct stats *s)
{
    struct error e = {0};
    s->store.quota = r->config->events.quota;
    if (!r->there)
        return EXIT_CLEAN;
    int status = store_stats_get(r->store, 0, &s->store, &e);
    if (status == LMOD_OK)
        status = store_counters(r->store, 0, take_counter, s, &e);
    if (status == LMOD_OK && s->failed)
        status = error_memory(&e);
    return status == LMOD_OK ? EXIT_CLEAN : review_say(&e);
}

static int run(const struct args *a)
{
    struct stats s = {.failed = false};
    struct review r;
    bool prometheus = args_value(a, "prometheus") != NULL;
    int code = review_open(&r, a);
    if (code == EXIT_CLEAN) {
        code = read_all(&r, &s);
        review_close(&r);
    }
    if (prometheus && code != EXIT_CLEAN)
        print_up(false);
    else if (prometheus)
        print_prometheus(&s);
    else if (code == EXIT_CLEAN && output_is_json())
        print_json(&s);
    else if (code == EXIT_CLEAN)
        print_text(&s);
    for (size_t i = 0; i < s.counters; i++)
        free(s.counter[i].key);
    free(s.counter);
    return code;
}

static const struct option_row options[] = {
    {"prometheus", NULL, "in Prometheus' text format, for a textfile collector", NULL, 'p'},
    {NULL, NULL, NULL, NULL, 0},
};

const struct command cmd_stats = {
    .name = "stats",
    .operands = "",
    .summary = "counters and state of the event store",
    .text = "Prints what is in the store, and the counters that every process with an engine adds\n"
            "up there, at least once a minute. What one engine counts itself: lmod_engine_stats().",
    .options = options,
    .examples = "  modctl stats\n"
                "  modctl --json stats | jq .counters.unrecorded\n"
                "  modctl stats --prometheus > /var/lib/node_exporter/libmod.prom",
    .exits = "  0 done   2 usage   3 config invalid   5 store unavailable (libmod_store_up 0)\n"
             "  6 store of a newer release",
    .run = run,
};
