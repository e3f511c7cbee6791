/* The contents of a bank of Hasher-Matcher-Actioner, as its API gives them. */
#include "import_formats.h"

#include <string.h>

#include "import_json.h"

static const struct import_kind kinds[] = {
    {"pdq", SIGNAL_PDQ, NULL},
    {"md5", SIGNAL_MD5, NULL},
    {"photo_md5", SIGNAL_MD5, NULL},
    {"video_md5", SIGNAL_MD5, "video"},
    {"sha1", SIGNAL_SHA1, NULL},
    {"sha256", SIGNAL_SHA256, NULL},
    {"video_sha256", SIGNAL_SHA256, "video"},
    {"url", SIGNAL_LINK, NULL},
    {"raw_text", SIGNAL_TEXT, NULL},
    {NULL, (enum signal)0, NULL},
};

/* 0: it never matches; else the time until which it does not, 1 when it always does. Some releases say
 * `enabled`. */
static bool is_disabled(const json_t *content, uint64_t now)
{
    if (json_is_false(json_object_get(content, "enabled")))
        return true;
    const json_t *until = json_object_get(content, "disable_until_ts");
    json_int_t value = json_integer_value(until);
    return json_is_integer(until) && (value <= 0 || (uint64_t)value > now / 1000);
}

/* The bank is an object with its name, or the name. */
static const char *bank_name(const json_t *content)
{
    const json_t *bank = json_object_get(content, "bank");
    return json_is_string(bank) ? json_string_value(bank) : json_text(bank, "name");
}

static void read_bank(struct importer *im, const json_t *content)
{
    const json_t *bank = json_object_get(content, "bank");
    const json_t *ratio = json_object_get(bank, "matching_enabled_ratio");
    const char *name = bank_name(content);
    if (name)
        entry_label(im, "bank", name);
    if (json_is_number(ratio) && json_number_value(ratio) <= 0)
        entry_status(im, ENTRY_DISABLED);
}

static void read_details(struct importer *im, const json_t *content)
{
    json_t *from = json_object_get(content, "collab_metadata");
    const json_t *metadata = json_object_get(content, "metadata");
    const char *exchange, *id = json_text(metadata, "content_id");
    json_t *keys;
    if (!from)
        from = json_object_get(metadata, "collab");
    json_object_foreach(from, exchange, keys) entry_label(im, "exchange", exchange);
    if (id)
        entry_label(im, "content", id);
    if (json_text(content, "note"))
        entry_label(im, "note", json_text(content, "note"));
}

static int read_signals(struct importer *im, const struct json_record *r, struct error *e)
{
    json_t *signals = json_object_get(r->value, "signals"), *value;
    const char *kind;
    int status = LMOD_OK;
    json_object_foreach(signals, kind, value)
    {
        const char *text = json_string_value(value);
        if (text)
            status = entry_signal(im, kind, text, strlen(text), json_place(r, text), e);
        else
            import_bad(im, r->at, "the signal %.40s is no text", kind);
        if (status != LMOD_OK)
            return status;
    }
    return LMOD_OK;
}

static int read_content(struct importer *im, const struct json_record *r, struct error *e)
{
    const json_t *signals = json_object_get(r->value, "signals");
    const char *bank = bank_name(r->value);
    char id[64];
    json_name(json_object_get(r->value, "id"), id);
    if (!id[0]) {
        import_bad(im, r->at, "a content needs an id");
        return LMOD_OK;
    }
    if (json_object_size(signals) == 0) {
        import_bad(im, r->at, "a content without signals: ask for it with include_signals");
        return LMOD_OK;
    }
    buffer_printf(&im->id, "%s%s%s", bank ? bank : "", bank ? "/" : "", id);
    if (is_disabled(r->value, im->o->now))
        entry_status(im, ENTRY_DISABLED);
    read_bank(im, r->value);
    read_details(im, r->value);
    return read_signals(im, r, e);
}

int import_hma(struct list_source *to, struct source *in, struct import_report *r, struct error *e)
{
    static const char *const arrays[] = {"content", "contents", "data", "items", NULL};
    struct importer im;
    importer_init(&im, to, in, kinds, r);
    int status = json_records(&im, arrays, read_content, e);
    importer_finish(&im);
    return status;
}
