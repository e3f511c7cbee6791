/*
 * Events as an engine would make them, the same ones always: what the tests of the room look at field
 * by field, and what docs/events/samples/ shows.
 */
#ifndef SUPPORT_EVENTS_H
#define SUPPORT_EVENTS_H

#include <string.h>

#include <libmod/subject.h>

#include "events/events.h"

#define SAMPLE_ID  "019c0de0-1f00-7000-8000-0123456789ab"
#define SAMPLE_KEY "h1:7eb0cb37e5a90fbc4c8d3f0e2a1b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d"
#define SAMPLE_AT  1793534400123u /* 2026-11-01T12:00:00.123Z */

static const uint8_t sample_site_key[SITE_KEY_BYTES] = "0123456789abcdef0123456789abcde";

static const struct match sample_picture[] = {
    {.kind = MATCH_LIST,
     .source = "ban",
     .version = "2026-11-01",
     .entry = "e42",
     .signal = SIGNAL_PDQ,
     .distance = 12,
     .strategy = STRATEGY_MIRROR,
     .frame = 3,
     .harm = "m.adult.ncii",
     .severity = SEVERITY_HIGH,
     .action = ACTION_HOLD,
     .own_action = ACTION_BLOCK,
     .mode = MODE_ENFORCE},
    {.kind = MATCH_LIST,
     .source = "partner",
     .version = "7",
     .entry = "p1",
     .signal = SIGNAL_SHA256,
     .strategy = STRATEGY_EXACT,
     .harm = "m.adult.ncii",
     .severity = SEVERITY_CRITICAL,
     .action = ACTION_FLAG,
     .own_action = ACTION_FLAG,
     .mode = MODE_OBSERVE,
     .suppressed = true,
     .authority = true},
};

static const struct match sample_text[] = {
    {.kind = MATCH_RULE,
     .source = "ncii-en",
     .version = "2026.11.1",
     .rule = "ncii.covert.sale",
     .view = "squeeze",
     .from = 12,
     .to = 30,
     .score = 3.5F,
     .harm = "m.adult.ncii",
     .severity = SEVERITY_MEDIUM,
     .action = ACTION_FLAG,
     .own_action = ACTION_FLAG,
     .mode = MODE_OBSERVE},
    {.kind = MATCH_LIST,
     .source = "links",
     .version = "3",
     .entry = "shop",
     .signal = SIGNAL_LINK,
     .strategy = STRATEGY_EXACT,
     .harm = "m.tos.ban_evasion",
     .severity = SEVERITY_LOW,
     .action = ACTION_FLAG,
     .own_action = ACTION_FLAG,
     .mode = MODE_ENFORCE},
    {.kind = MATCH_SCORE,
     .score = 10.1F,
     .harm = "m.adult.ncii",
     .action = ACTION_HOLD,
     .own_action = ACTION_HOLD,
     .mode = MODE_OBSERVE},
};

static const struct finding_score sample_scores[] = {{"m.adult.ncii", 10.1F, 0}};

static const struct finding sample_found_picture = {
    .action = ACTION_HOLD,
    .would = ACTION_HOLD,
    .mode = MODE_ENFORCE,
    .coverage = COVERAGE_COMPLETE,
    .match = sample_picture,
    .count = COUNT_OF(sample_picture),
    .config = "9f31c2aa",
    .policy = "0d5e8b11",
    .took_us = 91234,
};
static const struct finding sample_found_text = {
    .action = ACTION_ALLOW,
    .would = ACTION_HOLD,
    .mode = MODE_OBSERVE,
    .coverage = COVERAGE_PARTIAL,
    .reasons = REASON_LIMIT | REASON_LIST,
    .match = sample_text,
    .count = COUNT_OF(sample_text),
    .dropped = 2,
    .score = sample_scores,
    .scores = COUNT_OF(sample_scores),
    .config = "9f31c2aa",
    .policy = "0d5e8b11",
    .took_us = 87,
};
/* Nothing matched; a timeout asks for a flag, or a person reported it. */
static const struct finding sample_found_nothing = {
    .action = ACTION_FLAG,
    .would = ACTION_FLAG,
    .mode = MODE_ENFORCE,
    .coverage = COVERAGE_PARTIAL,
    .reasons = REASON_TIMEOUT,
    .config = "9f31c2aa",
    .took_us = 3000512,
};

static const struct store_count sample_counts[] = {
    {"timeout", 17}, {"list", 204}, {"unrecorded", 3}, {"refused", 1}};

static inline struct store_text sample_words(const char *text)
{
    return (struct store_text){text, strlen(text)};
}

static inline void sample_fill(struct event *ev, const struct finding *f)
{
    *ev = (struct event){
        .id = SAMPLE_ID,
        .type = EVENT_MATCH,
        .at = SAMPLE_AT,
        .key = sample_site_key,
        .encrypted = 255,
        .finding = f,
    };
    event_weigh(ev, f);
}

static inline void sample_context(struct event *ev)
{
    ev->host = sample_words("example.org");
    ev->room = sample_words("!room:example.org");
    ev->sender = sample_words("@sender:example.org");
    ev->item = sample_words("$item");
    ev->sent_at = 1793534399000u;
}

static inline const uint8_t *sample_luma(void)
{
    static uint8_t luma[64 * 64];
    for (size_t i = 0; i < sizeof(luma); i++)
        luma[i] = (uint8_t)(2 * (i % 64) + 2 * (i / 64));
    return luma;
}

static inline void sample_match_picture(struct event *ev)
{
    sample_fill(ev, &sample_found_picture);
    sample_context(ev);
    ev->surface = LMOD_SURFACE_UPLOAD;
    ev->encrypted = 0;
    ev->kind = CONTENT_MEDIA;
    ev->content = SAMPLE_KEY;
    ev->mime = "image/jpeg";
    ev->bytes = 123456;
    ev->width = 1024;
    ev->height = 768;
    ev->cluster = "ban/e42";
    ev->deadline = SAMPLE_AT + 48 * 3600000u;
    ev->luma = sample_luma();
}

static inline void sample_match_text(struct event *ev)
{
    sample_fill(ev, &sample_found_text);
    sample_context(ev);
    ev->surface = LMOD_SURFACE_DIRECT_MESSAGE;
    ev->encrypted = 1;
    ev->kind = CONTENT_TEXT;
    ev->content = SAMPLE_KEY;
    ev->bytes = 61;
    ev->cluster = "links/shop";
}

static inline void sample_match_incomplete(struct event *ev)
{
    sample_fill(ev, &sample_found_nothing);
    ev->surface = LMOD_SURFACE_OTHER;
    ev->kind = CONTENT_MEDIA;
    ev->content = SAMPLE_KEY;
    ev->bytes = 20000000;
    ev->cluster = SAMPLE_KEY;
}

/* A person reports an item that no scan has seen: its content is not known. */
static inline void sample_report(struct event *ev)
{
    sample_fill(ev, &sample_found_nothing);
    sample_context(ev);
    ev->type = EVENT_REPORT;
    ev->surface = LMOD_SURFACE_REPORT;
    ev->harm = "m.adult.ncii";
    ev->severity = SEVERITY_HIGH;
    ev->prio = 6;
    ev->reason = sample_words("this is me, and I never agreed");
}

static inline void sample_gap(struct event *ev)
{
    *ev = (struct event){
        .id = SAMPLE_ID,
        .type = EVENT_GAP,
        .at = SAMPLE_AT,
        .from = SAMPLE_AT - 60000,
        .counts = sample_counts,
        .count = COUNT_OF(sample_counts),
    };
}

static inline void sample_list_loaded(struct event *ev)
{
    *ev = (struct event){
        .id = SAMPLE_ID,
        .type = EVENT_LIST,
        .at = SAMPLE_AT,
        .list = "ban",
        .version = "2026-11-01",
        .entries = 41230,
        .state = "loaded",
    };
}

static inline void sample_list_refused(struct event *ev)
{
    *ev = (struct event){
        .id = SAMPLE_ID,
        .type = EVENT_LIST,
        .at = SAMPLE_AT,
        .list = "links",
        .state = "refused",
        .why = "links.lml: the file ends too early",
    };
}

static inline void sample_list_braked(struct event *ev)
{
    *ev = (struct event){
        .id = SAMPLE_ID,
        .type = EVENT_LIST,
        .at = SAMPLE_AT,
        .entry = "ncii-en/ncii.covert.sale",
        .state = "braked",
    };
}

static const struct sample {
    const char *name;
    void (*fill)(struct event *ev);
} samples[] = {
    {"match-picture", sample_match_picture},
    {"match-text", sample_match_text},
    {"match-incomplete", sample_match_incomplete},
    {"report", sample_report},
    {"gap", sample_gap},
    {"list-loaded", sample_list_loaded},
    {"list-refused", sample_list_refused},
    {"list-braked", sample_list_braked},
};

/* Renders a sample's data; false when memory ran out. */
static inline bool sample_render(const struct sample *s, struct event *ev, struct buffer *out)
{
    s->fill(ev);
    return event_render(out, ev);
}

#endif
