/*
 * StopNCII: pages of hash records as its FetchHashes call gives them. A record is the state of one hash
 * now: a later one takes the place of an earlier one.
 */
#include "import_formats.h"

#include <string.h>

#include "import_json.h"

static const struct import_kind kinds[] = {
    {"ImagePDQ", SIGNAL_PDQ, NULL},
    {"VideoMD5", SIGNAL_MD5, "video"}, /* of the file: it finds the same bytes */
    {"URL", SIGNAL_LINK, NULL},
    {NULL, (enum signal)0, NULL},
};

enum stand { STAND_UNKNOWN, STAND_LIVE, STAND_GONE };

static const struct term stands[] = {
    {"Received", STAND_LIVE},  {"Active", STAND_LIVE},  {"Unknown", STAND_LIVE},
    {"Withdrawn", STAND_GONE}, {"Deleted", STAND_GONE}, {NULL, 0},
};

static enum stand stand_of(const char *text)
{
    uint32_t value = STAND_UNKNOWN;
    (void)(text && term_value(stands, text, strlen(text), &value));
    return (enum stand)value;
}

/* Every case behind the hash was withdrawn: so is the hash, whatever its own status says. */
static bool all_cases_gone(json_t *cases)
{
    size_t gone = 0;
    const char *name;
    json_t *value;
    json_object_foreach(cases, name, value) gone +=
        stand_of(json_string_value(value)) == STAND_GONE;
    return gone > 0 && gone == json_object_size(cases);
}

/* What platforms say of the hash. */
static void read_feedback(struct importer *im, const json_t *feedback)
{
    bool doubted = false;
    for (size_t i = 0; i < json_array_size(feedback); i++) {
        const json_t *one = json_array_get(feedback, i), *tags = json_object_get(one, "tags");
        const char *what = json_text(one, "feedbackValue");
        if (!what || stand_of(what) == STAND_GONE || strcmp(what, "None") == 0)
            continue;
        entry_opinion(im, json_text(one, "source"), what);
        doubted |= strcmp(what, "NotBlocked") == 0;
        for (size_t k = 0; k < json_array_size(tags); k++)
            if (json_is_string(json_array_get(tags, k)))
                entry_label(im, NULL, json_string_value(json_array_get(tags, k)));
    }
    if (doubted)
        entry_label(im, NULL, "disputed");
}

static int read_record(struct importer *im, const struct json_record *r, struct error *e)
{
    const char *kind = json_text(r->value, "signalType"), *hash = json_text(r->value, "hashValue");
    const char *status = json_text(r->value, "hashStatus");
    json_t *cases = json_object_get(r->value, "caseNumbers");
    if (!kind || !hash) {
        import_bad(im, r->at, "a record needs signalType and hashValue");
        return LMOD_OK;
    }
    if (status && stand_of(status) == STAND_UNKNOWN) {
        import_bad(im, json_place(r, status), "the hashStatus \"%.40s\" is not known", status);
        return LMOD_OK;
    }
    if (stand_of(status) == STAND_GONE || all_cases_gone(cases))
        entry_status(im, ENTRY_WITHDRAWN);
    (void)json_time(r->value, "lastModtimestamp", &im->stamp);
    const char *number;
    json_t *value;
    json_object_foreach(cases, number, value) entry_label(im, "case", number);
    read_feedback(im, json_object_get(r->value, "CSPFeedbacks"));
    return entry_signal(im, kind, hash, strlen(hash), json_place(r, hash), e);
}

int import_stopncii(struct list_source *to,
                    struct source *in,
                    struct import_report *r,
                    struct error *e)
{
    static const char *const arrays[] = {"hashRecords", NULL};
    struct importer im;
    importer_init(&im, to, in, kinds, r);
    int status = json_records(&im, arrays, read_record, e);
    importer_finish(&im);
    return status;
}
