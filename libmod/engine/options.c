/* The option table and what can be asked of it. */
#include "engine/options.h"

#include <stdio.h>
#include <string.h>

#include "engine/config.h"

/* Where a value goes. */
#define IN(scope_, type_, field)                                                                   \
    .scope = (scope_), .at = offsetof(type_, field), .size = sizeof(((type_ *)NULL)->field)
#define IN_CONFIG(field)  IN(SCOPE_CONFIG, struct config, field)
#define IN_LIST(field)    IN(SCOPE_LIST, struct config_list, field)
#define IN_SURFACE(field) IN(SCOPE_SURFACE, struct config_surface, field)

/* A list of texts: the array and its length. */
#define IN_CONFIG_MANY(field, count) IN_CONFIG(field), .count_at = offsetof(struct config, count)

#define CHOICE(terms_)         .type = OPTION_CHOICE, .terms = (terms_)
#define INTEGER(least_, most_) .type = OPTION_INTEGER, .least = (least_), .most = (most_)
#define SIZE(least_, most_)    .type = OPTION_SIZE, .least = (least_), .most = (most_)
#define LATER(key_, needs, doc_)                                                                   \
    {                                                                                              \
        .key = (key_), .type = OPTION_LATER, .feature = (needs), .doc = (doc_)                     \
    }

#define DAY ((uint64_t)86400000)

/* Both of a reason: the site's action, and a surface's own. Numbers are bits of enum reason. */
#define FAILURE(name, number, action, when)                                                        \
    {                                                                                              \
        .key = "policy.failure." name, CHOICE(action_terms), IN_CONFIG(failure[number]),           \
        .initial = (action), .doc = "Action when " when "."                                        \
    }
#define SURFACE_FAILURE(name, number, when)                                                        \
    {                                                                                              \
        .key = "policy.surfaces.*.failure." name, CHOICE(action_terms),                            \
        IN_SURFACE(failure[number]),                                                               \
        .doc = "Action on this surface when " when "; as in `policy.failure` when not set."        \
    }

#define LIMIT       "a work limit was reached before everything was looked at"
#define UNDECODABLE "a file is cut, damaged or empty"
#define TIMEOUT     "the deadline passed"
#define TOO_LARGE   "the content is larger than the limits of `media`"
#define LIST        "a list that the scan needs is missing, refused or stale"
#define UNSUPPORTED "a file is of a kind that this release does not read"
#define WORKER      "the media worker failed"
#define UNRECORDED  "an event could not be recorded"

static const struct term sync_terms[] = {{"normal", SYNC_NORMAL}, {"full", SYNC_FULL}, {NULL, 0}};

const struct option options[] = {
    {.key = "format",
     .type = OPTION_FORMAT,
     .required = true,
     .mend = "write \"format: " CONFIG_FORMAT "\" as the first line",
     .doc = "The version of this file's format: always `" CONFIG_FORMAT "`."},
    {.key = "mode",
     CHOICE(mode_terms),
     IN_CONFIG(mode),
     .initial = "observe",
     .doc = "In `observe` nothing is held or blocked: verdicts only tell what would be done."},
    {.key = "selftest",
     .type = OPTION_BOOL,
     IN_CONFIG(selftest),
     .initial = "false",
     .doc = "Makes the harmless self-test text and picture hit, to prove the whole chain."},
    {.key = "site.name",
     .type = OPTION_TEXT,
     IN_CONFIG(site_name),
     .initial = "",
     .doc = "Name of the server or forum, such as `example.org`."},
    {.key = "site.key_file",
     .type = OPTION_PATH,
     IN_CONFIG(key_file),
     .required = true,
     .mend = "\"modctl init\" makes a key file and writes this key",
     .doc = "File with the 32 random bytes of the site key; keep it private and backed up."},
    {.key = "state_dir",
     .type = OPTION_PATH,
     IN_CONFIG(state_dir),
     .initial = "/var/lib/libmod",
     .doc = "Directory of what libmod keeps; on a local file system."},
    {.key = "lists[].id",
     .type = OPTION_ID,
     IN_LIST(id),
     .required = true,
     .doc = "Name of the list in verdicts; unique, and not `libmod.selftest`, `local`, `allow` or "
            "`brake`."},
    {.key = "lists[].file",
     .type = OPTION_PATH,
     IN_LIST(file),
     .required = true,
     .doc = "The compiled list, made by `modctl list build`."},
    {.key = "lists[].harm",
     .type = OPTION_HARM,
     IN_LIST(harm),
     .required = true,
     .doc = "Why its content is bad: an MSC4456 id such as `m.adult.ncii`, or `other`."},
    {.key = "lists[].action",
     CHOICE(action_terms),
     IN_LIST(action),
     .required = true,
     .doc = "What a match asks for, before `policy` caps it."},
    {.key = "lists[].severity",
     CHOICE(severity_terms),
     IN_LIST(severity),
     .initial = "medium",
     .doc = "How bad it is: moderators see the highest first."},
    {.key = "lists[].radius",
     INTEGER(0, 31),
     IN_LIST(radius),
     .initial = "31",
     .doc = "Most differing bits of 256 at which a picture still matches perceptually."},
    {.key = "lists[].required",
     .type = OPTION_BOOL,
     IN_LIST(required),
     .initial = "false",
     .doc = "Without this list the engine does not open; otherwise scans become partial."},
    {.key = "lists[].authority",
     .type = OPTION_BOOL,
     IN_LIST(authority),
     .initial = "false",
     .doc = "A digest hit of this list counts even for content on an allow list."},
    {.key = "lists[].stale_after",
     .type = OPTION_DURATION,
     IN_LIST(stale_after_ms),
     .least = 1,
     .most = 3650 * DAY,
     .doc = "Age of the list from which scans count as partial (reason `list`); never when not "
            "set."},
    {.key = "lists[].mode",
     CHOICE(mode_terms),
     IN_LIST(mode),
     .doc = "`observe` keeps this list's matches from acting; `enforce` lifts no `observe` of the "
            "site or surface."},
    {.key = "local.harm",
     .type = OPTION_HARM,
     IN_CONFIG(local.harm),
     .initial = "m.adult.ncii",
     .doc = "Why their content is bad: an MSC4456 id such as `m.adult.ncii`, or `other`."},
    {.key = "local.action",
     CHOICE(action_terms),
     IN_CONFIG(local.action),
     .initial = "hold",
     .doc = "What a match asks for, before `policy` caps it."},
    {.key = "local.severity",
     CHOICE(severity_terms),
     IN_CONFIG(local.severity),
     .initial = "high",
     .doc = "How bad it is: moderators see the highest first."},
    {.key = "local.radius",
     INTEGER(0, 31),
     IN_CONFIG(local.radius),
     .initial = "31",
     .doc = "Most differing bits of 256 at which a picture still matches perceptually."},
    {.key = "allow",
     .type = OPTION_PATHS,
     IN_CONFIG_MANY(allow, allow_count),
     .doc = "Compiled lists of known harmless content; a match there suppresses all others except "
            "digest hits of lists with `authority: true`."},
    {.key = "packs",
     .type = OPTION_PATHS,
     IN_CONFIG_MANY(packs, pack_count),
     .doc = "Rule packs that texts are searched with."},
    {.key = "policy.perceptual_max",
     CHOICE(action_terms),
     IN_CONFIG(perceptual_max),
     .initial = "hold",
     .doc = "The most that a perceptual match may ask for."},
    {.key = "policy.deadlines",
     .type = OPTION_DEADLINES,
     .least = 1,
     .most = 3650 * DAY,
     .scope = SCOPE_CONFIG,
     .at = offsetof(struct config, deadlines),
     .count_at = offsetof(struct config, deadline_count),
     .doc = "Time within which an event of a harm must be reviewed, by harm."},
    {.key = "policy.thresholds.flag",
     INTEGER(0, 10000),
     IN_CONFIG(thresholds[0]),
     .initial = "5",
     .doc = "Sum of the rule scores of one harm at which a text is flagged; 0: never."},
    {.key = "policy.thresholds.hold",
     INTEGER(0, 10000),
     IN_CONFIG(thresholds[1]),
     .initial = "10",
     .doc = "Sum at which it is held; 0: never."},
    {.key = "policy.thresholds.block",
     INTEGER(0, 10000),
     IN_CONFIG(thresholds[2]),
     .initial = "0",
     .doc = "Sum at which it is blocked; 0: never."},
    {.key = "policy.surfaces.*.scan",
     .type = OPTION_BOOL,
     IN_SURFACE(scan),
     .initial = "true",
     .doc = "`false`: content of this surface is not looked at (`not_run`, reason `exempt`)."},
    {.key = "policy.surfaces.*.mode",
     CHOICE(mode_terms),
     IN_SURFACE(mode),
     .doc =
         "`observe` makes every action here `allow`; `enforce` lifts no `observe` of the site or "
         "list."},
    {.key = "policy.surfaces.*.max",
     CHOICE(action_terms),
     IN_SURFACE(max),
     .doc = "The most that is done here; no cap when not set."},
    SURFACE_FAILURE("limit", 0, LIMIT),
    SURFACE_FAILURE("undecodable", 3, UNDECODABLE),
    SURFACE_FAILURE("timeout", 1, TIMEOUT),
    SURFACE_FAILURE("too_large", 2, TOO_LARGE),
    SURFACE_FAILURE("list", 6, LIST),
    SURFACE_FAILURE("unsupported", 4, UNSUPPORTED),
    SURFACE_FAILURE("worker", 5, WORKER),
    {.key = "policy.surfaces.*.failure.unrecorded",
     CHOICE(action_terms),
     IN_SURFACE(unrecorded),
     .doc = "The least action on this surface when " UNRECORDED
            "; as in `policy.failure` when not set."},
    {.key = "policy.exempt.senders",
     .type = OPTION_TEXTS,
     IN_CONFIG_MANY(exempt_senders, exempt_sender_count),
     .doc = "Senders whose content is not looked at: whole ids, compared byte by byte."},
    {.key = "policy.exempt.rooms",
     .type = OPTION_TEXTS,
     IN_CONFIG_MANY(exempt_rooms, exempt_room_count),
     .doc = "Rooms whose content is not looked at: whole ids, compared byte by byte."},
    FAILURE("limit", 0, "flag", LIMIT),
    FAILURE("undecodable", 3, "flag", UNDECODABLE),
    FAILURE("timeout", 1, "flag", TIMEOUT),
    FAILURE("too_large", 2, "flag", TOO_LARGE),
    FAILURE("list", 6, "allow", LIST),
    FAILURE("unsupported", 4, "allow", UNSUPPORTED),
    FAILURE("worker", 5, "allow", WORKER),
    {.key = "policy.failure.unrecorded",
     CHOICE(action_terms),
     IN_CONFIG(unrecorded),
     .initial = "allow",
     .doc = "The least action when " UNRECORDED "."},
    {.key = "text.max_bytes",
     SIZE(1, (uint64_t)16 << 20),
     IN_CONFIG(text.max_bytes),
     .initial = "256KiB",
     .doc = "Of longer texts only the beginning is searched (reason `too_large`)."},
    {.key = "text.budget_us",
     INTEGER(1, 10000000),
     IN_CONFIG(text.budget_us),
     .initial = "1000",
     .doc = "Microseconds that views, links and rules may take for each begun 4 KiB of text "
            "(reason `limit`)."},
    {.key = "text.match_limit",
     INTEGER(1, 10000000),
     IN_CONFIG(text.match_limit),
     .initial = "10000",
     .doc = "Steps that one regular expression may take at one place (reason `limit`)."},
    {.key = "media.workers",
     INTEGER(1, 64),
     IN_CONFIG(media.workers),
     .initial = "2",
     .doc = "Most worker processes per host process; they start on demand."},
    {.key = "media.max_bytes",
     SIZE(1, (uint64_t)1 << 30),
     IN_CONFIG(media.max_bytes),
     .initial = "20MiB",
     .doc = "Larger files are not decoded (reason `too_large`)."},
    {.key = "media.max_pixels",
     SIZE(1, 1000000000),
     IN_CONFIG(media.max_pixels),
     .initial = "50M",
     .doc = "Pictures with more pixels are not decoded (reason `too_large`)."},
    {.key = "media.wall_ms",
     INTEGER(1, 600000),
     IN_CONFIG(media.wall_ms),
     .initial = "3000",
     .doc = "Milliseconds that a scan may take when the host sets no deadline."},
    {.key = "media.frames",
     INTEGER(1, 64),
     IN_CONFIG(media.frames),
     .initial = "16",
     .doc = "Most distinct frames of an animation that are looked at, evenly spread."},
    {.key = "media.sandbox",
     CHOICE(sandbox_terms),
     IN_CONFIG(media.sandbox),
     .initial = "strict",
     .doc = "`strict`: the worker runs with seccomp or not at all; `basic`: with every layer that "
            "can be had; `off`: with none, for debugging only."},
    {.key = "media.formats",
     .type = OPTION_CHOICES,
     .terms = format_terms,
     .refused = FORMAT_HEIF | FORMAT_TIFF,
     .feature = "its decoder",
     IN_CONFIG(media.formats),
     .initial = "[jpeg, png, webp, gif]",
     .doc = "Formats whose pixels are decoded; files of others are still looked up by digest."},
    {.key = "media.worker",
     .type = OPTION_PATH,
     IN_CONFIG(media.worker),
     .initial = LMOD_WORKER_PATH,
     .told = "the path fixed at build time",
     .doc = "The worker executable."},
    {.key = "media.seen",
     .type = OPTION_BOOL,
     IN_CONFIG(media.seen),
     .initial = "true",
     .doc = "Clean media are remembered, so that a later entry of a list finds them."},
    {.key = "events.sync",
     CHOICE(sync_terms),
     IN_CONFIG(events.sync),
     .initial = "full",
     .doc = "`full`: a recorded event survives a power cut; `normal` is faster and may lose the "
            "last moments before one."},
    {.key = "events.quota",
     SIZE((uint64_t)1 << 20, (uint64_t)1 << 40),
     IN_CONFIG(events.quota),
     .initial = "1GiB",
     .doc = "Most bytes that the event store takes; near it new events are refused, the least "
            "severe first."},
    {.key = "events.keep",
     .type = OPTION_DURATION,
     .least = 3600000,
     .most = 3650 * DAY,
     IN_CONFIG(events.keep_ms),
     .initial = "400d",
     .doc = "How long events are kept."},
    {.key = "events.preview",
     .type = OPTION_BOOL,
     IN_CONFIG(events.preview),
     .initial = "false",
     .doc = "Events carry a small, blurred, grey preview of the picture."},
    {.key = "brake.distinct_per_hour",
     INTEGER(0, 1000000),
     IN_CONFIG(brake.distinct_per_hour),
     .initial = "50",
     .doc = "Distinct contents that one entry or rule may hit in an hour; one that hits more falls "
            "back to `observe`. 0: any number."},
    LATER("kafka", "the Kafka relay", "Where `modrelay` sends events."),
};
const size_t option_count = COUNT_OF(options);
_Static_assert(COUNT_OF(options) <= OPTIONS_MAX, "raise OPTIONS_MAX");

static const struct {
    const char *pattern, *doc;
} sections[] = {
    {"site", "Who runs libmod."},
    {"lists", "Lists of known content to look for, made by `modctl list build`; at most 1000."},
    {"local", "Entries that moderators' decisions make, which match like those of a list."},
    {"policy", "What is done about matches and about content that was not fully looked at."},
    {"policy.surfaces", "Exceptions by surface: where the content appears."},
    {"policy.surfaces.*", "What is different on this surface."},
    {"policy.surfaces.*.failure", "Actions for content that was not fully looked at, here."},
    {"policy.exempt", "Who and what is not looked at."},
    {"policy.failure", "Actions for content that was not fully looked at, by reason."},
    {"media", "Decoding pictures, in sandboxed worker processes."},
    {"events", "The event store: what is recorded for moderators, and for how long."},
    {"brake", "What keeps an entry or rule that hits too much from acting."},
};

const char *option_section(const char *pattern)
{
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        if (strcmp(sections[i].pattern, pattern) == 0)
            return sections[i].doc;
    return NULL;
}

/* What of `key` follows `pattern`, or NULL when it does not begin with it. */
static const char *after(const char *key, const char *pattern)
{
    size_t n = strlen(pattern);
    if (strncmp(key, pattern, n) != 0)
        return NULL;
    if (n == 0)
        return key;
    return key[n] == '.' ? key + n + 1 : NULL;
}

enum option_kind option_find(const char *pattern, const struct option **row)
{
    size_t n = strlen(pattern);
    for (size_t i = 0; i < option_count; i++) {
        const char *key = options[i].key, *rest = after(key, pattern);
        if (strcmp(key, pattern) == 0) {
            *row = &options[i];
            return OPTION_VALUE;
        }
        if (rest)
            return rest[0] == '*' ? OPTION_EACH : OPTION_MAP;
        if (strncmp(key, pattern, n) == 0 && strncmp(key + n, "[].", 3) == 0)
            return OPTION_ITEMS;
    }
    return OPTION_NONE;
}

static void add_name(struct option_names *out, const char *name, size_t length)
{
    if (out->n == OPTION_NAMES_MAX || length >= sizeof(out->store[0]))
        return;
    for (size_t i = 0; i < out->n; i++)
        if (text_is(name, length, out->name[i]))
            return;
    memcpy(out->store[out->n], name, length);
    out->store[out->n][length] = '\0';
    out->name[out->n] = out->store[out->n];
    out->n++;
}

void option_names(const char *pattern, struct option_names *out)
{
    out->n = 0;
    for (size_t i = 0; i < option_count; i++) {
        const char *rest = after(options[i].key, pattern);
        if (rest && rest[0] == '*') {
            for (const struct term *t = surface_terms; t->name; t++)
                add_name(out, t->name, strlen(t->name));
            return;
        }
        if (rest)
            add_name(out, rest, strcspn(rest, ".["));
    }
}

void option_size(uint64_t value, struct buffer *out)
{
    static const struct {
        uint64_t factor;
        const char *name;
    } units[] = {
        {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1000000000, "G"},
        {1000000, "M"},   {1000, "k"},      {1, ""},
    };
    size_t i = 0;
    while (value == 0 ? units[i].factor != 1 : value % units[i].factor != 0)
        i++;
    buffer_printf(out, "%llu%s", (unsigned long long)(value / units[i].factor), units[i].name);
}

void option_duration(uint64_t ms, struct buffer *out)
{
    static const struct {
        uint64_t factor;
        const char *name;
    } units[] = {{DAY, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;
    while (ms % units[i].factor != 0)
        i++;
    buffer_printf(out, "%llu%s", (unsigned long long)(ms / units[i].factor), units[i].name);
}

static void term_names(const struct option *o, struct buffer *out)
{
    for (const struct term *t = o->terms; t->name; t++) {
        if (o->refused & t->value)
            continue;
        size_t left = 0;
        for (const struct term *u = t + 1; u->name; u++)
            left += !(o->refused & u->value);
        buffer_printf(out, "%s%s", t->name, left > 1 ? ", " : left ? " or " : "");
    }
}

static void ranged(const struct option *o,
                   const char *what,
                   void (*write)(uint64_t value, struct buffer *out),
                   struct buffer *out)
{
    buffer_printf(out, "%s from ", what);
    write(o->least, out);
    buffer_str(out, " to ");
    write(o->most, out);
}

static void plain(uint64_t value, struct buffer *out)
{
    buffer_printf(out, "%llu", (unsigned long long)value);
}

void option_expects(const struct option *o, struct buffer *out)
{
    switch (o->type) {
    case OPTION_FORMAT:
        return buffer_str(out, CONFIG_FORMAT);
    case OPTION_TEXT:
        return buffer_str(out, "a text");
    case OPTION_PATH:
        return buffer_str(out, "a path");
    case OPTION_ID:
        return buffer_str(out, "an id: a-z, then a-z 0-9 _ . -, at most 64 characters");
    case OPTION_HARM:
        return buffer_str(out, "a harm id such as m.adult.ncii, or other");
    case OPTION_BOOL:
        return buffer_str(out, "true or false");
    case OPTION_INTEGER:
        return ranged(o, "a whole number", plain, out);
    case OPTION_SIZE:
        return ranged(o, "a size such as 20MiB or 50M,", option_size, out);
    case OPTION_DURATION:
        return ranged(o, "a time such as 7d or 48h,", option_duration, out);
    case OPTION_CHOICE:
        return term_names(o, out);
    case OPTION_CHOICES:
        buffer_str(out, "a list of ");
        return term_names(o, out);
    case OPTION_TEXTS:
        return buffer_str(out, "a list of texts");
    case OPTION_PATHS:
        return buffer_str(out, "a list of paths");
    case OPTION_DEADLINES:
        return ranged(o, "a map of times such as {m.adult.ncii: 48h},", option_duration, out);
    case OPTION_LATER:
        return;
    }
}

uint64_t option_number(const struct option *o, const void *base)
{
    const char *at = (const char *)base + o->at;
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (o->size) {
    case sizeof(one):
        memcpy(&one, at, sizeof(one));
        return one;
    case sizeof(two):
        memcpy(&two, at, sizeof(two));
        return two;
    case sizeof(four):
        memcpy(&four, at, sizeof(four));
        return four;
    default:
        memcpy(&eight, at, sizeof(eight));
        return eight;
    }
}

void option_store(const struct option *o, void *base, uint64_t value)
{
    char *at = (char *)base + o->at;
    uint8_t one = (uint8_t)value;
    uint16_t two = (uint16_t)value;
    uint32_t four = (uint32_t)value;
    switch (o->size) {
    case sizeof(one):
        memcpy(at, &one, sizeof(one));
        return;
    case sizeof(two):
        memcpy(at, &two, sizeof(two));
        return;
    case sizeof(four):
        memcpy(at, &four, sizeof(four));
        return;
    default:
        memcpy(at, &value, sizeof(value));
        return;
    }
}
