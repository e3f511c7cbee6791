/*
 * ThreatExchange: pages of its API with indicators and what members say of them (threat_updates,
 * threat_indicators), or with descriptors, each what one member says (threat_descriptors).
 */
#include "import_formats.h"

#include <string.h>

#include "import_json.h"

static const struct import_kind kinds[] = {
    {"HASH_PDQ", SIGNAL_PDQ, NULL},
    {"HASH_MD5", SIGNAL_MD5, NULL},
    {"HASH_SHA1", SIGNAL_SHA1, NULL},
    {"HASH_SHA256", SIGNAL_SHA256, NULL},
    {"HASH_VIDEO_MD5", SIGNAL_MD5, "video"},
    {"HASH_VIDEO_SHA256", SIGNAL_SHA256, "video"},
    {"URI", SIGNAL_LINK, NULL},
    {"RAW_URI", SIGNAL_LINK, NULL},
    {"UNCLICKABLE_URL", SIGNAL_LINK, NULL},
    {"TEXT_STRING", SIGNAL_TEXT, NULL},
    {NULL, (enum signal)0, NULL},
};

/* What the members say of an indicator, added up. */
struct opinions {
    size_t yes, no, other; /* those in force */
    size_t expired;
};

/* ["a", "b"], or {"data": [{"text": "a"}, …]}. */
static void read_tags(struct importer *im, const json_t *tags)
{
    const json_t *list = json_is_object(tags) ? json_object_get(tags, "data") : tags;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *tag = json_array_get(list, i);
        const char *text = json_is_string(tag) ? json_string_value(tag) : json_text(tag, "text");
        if (text)
            entry_label(im, NULL, text);
    }
}

/* Members who only reacted: a list of ids behind each word. */
static void read_reactions(struct importer *im, const json_t *reactions, struct opinions *sum)
{
    const json_t *list = json_is_object(reactions) ? json_object_get(reactions, "data") : reactions;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *what = json_text(one, "key"), *who = json_text(one, "value");
        bool helpful = what && strcmp(what, "HELPFUL") == 0;
        bool disagrees = what && strcmp(what, "DISAGREE_WITH_TAGS") == 0;
        if (!who || (!helpful && !disagrees))
            continue;
        entry_opinion(im, who, what);
        sum->yes += helpful;
        sum->no += disagrees;
    }
}

static void read_descriptor(struct importer *im, const json_t *d, struct opinions *sum)
{
    char owner[64];
    uint64_t until;
    const json_t *by = json_object_get(d, "owner");
    const char *status = json_text(d, "status");
    json_name(json_is_object(by) ? json_object_get(by, "id") : by, owner);
    bool ends = json_time(d, "expired_on", &until) || json_time(d, "expire_time", &until);
    if (ends && until > 0 && until <= im->o->now) {
        sum->expired++;
        return;
    }
    read_tags(im, json_object_get(d, "tags"));
    entry_opinion(im, owner, status ? status : "UNKNOWN");
    if (status && strcmp(status, "MALICIOUS") == 0)
        sum->yes++;
    else if (status && strcmp(status, "NON_MALICIOUS") == 0)
        sum->no++;
    else
        sum->other++;
    read_reactions(im, json_object_get(d, "reactions"), sum);
}

/* Somebody's word that it belongs here counts, and so does a mere hint; where all say no, it is off. */
static void judge(struct importer *im, const struct opinions *sum)
{
    size_t all = sum->yes + sum->no + sum->other;
    if (all == 0)
        entry_status(im, sum->expired ? ENTRY_EXPIRED : ENTRY_WITHDRAWN);
    else if (sum->no == all)
        entry_status(im, ENTRY_DISABLED);
    else if (sum->no > 0)
        entry_label(im, NULL, "disputed");
}

static void read_opinions(struct importer *im, json_t *record)
{
    struct opinions sum = {0};
    const json_t *all = json_object_get(record, "descriptors");
    const json_t *list = json_is_object(all) ? json_object_get(all, "data") : all;
    bool indicator = all || json_object_get(record, "should_delete");
    for (size_t i = 0; i < json_array_size(list); i++)
        read_descriptor(im, json_array_get(list, i), &sum);
    if (!indicator)
        read_descriptor(im, record, &sum);
    if (json_is_true(json_object_get(record, "should_delete")))
        entry_status(im, ENTRY_WITHDRAWN);
    judge(im, &sum);
}

static int read_record(struct importer *im, const struct json_record *r, struct error *e)
{
    const json_t *indicator = json_object_get(r->value, "indicator");
    const char *type = json_text(r->value, "type"), *value = json_text(r->value, "raw_indicator");
    char id[64];
    if (!value)
        value = json_string_value(indicator);
    if (!value)
        value = json_text(indicator, "indicator");
    if (!type)
        type = json_text(indicator, "type");
    json_name(json_object_get(r->value, "id"), id);
    buffer_str(&im->id, id);
    if (!json_time(r->value, "last_updated", &im->stamp))
        (void)json_time(r->value, "added_on", &im->stamp);
    read_opinions(im, r->value);
    if (!value && id[0] && im->status == ENTRY_WITHDRAWN)
        return entry_mark(im, r->at, e);
    if (!value || !type) {
        import_bad(im, r->at, "a record needs an indicator and its type");
        return LMOD_OK;
    }
    return entry_signal(im, type, value, strlen(value), json_place(r, value), e);
}

int import_threatexchange(struct list_source *to,
                          struct source *in,
                          struct import_report *r,
                          struct error *e)
{
    static const char *const arrays[] = {"data", NULL};
    struct importer im;
    importer_init(&im, to, in, kinds, r);
    int status = json_records(&im, arrays, read_record, e);
    importer_finish(&im);
    return status;
}
