/* The field's words: name tables. */
#include "base/base.h"

#include <string.h>

#include <libmod/subject.h>

const struct term action_terms[] = {
    {"allow", ACTION_ALLOW},
    {"flag", ACTION_FLAG},
    {"hold", ACTION_HOLD},
    {"block", ACTION_BLOCK},
    {NULL, 0},
};
const struct term coverage_terms[] = {
    {"complete", COVERAGE_COMPLETE},
    {"partial", COVERAGE_PARTIAL},
    {"not_run", COVERAGE_NOT_RUN},
    {NULL, 0},
};
const struct term recorded_terms[] = {
    {"none", RECORDED_NONE},
    {"ok", RECORDED_OK},
    {"failed", RECORDED_FAILED},
    {NULL, 0},
};
const struct term mode_terms[] = {
    {"observe", MODE_OBSERVE},
    {"enforce", MODE_ENFORCE},
    {NULL, 0},
};
const struct term severity_terms[] = {
    {"info", SEVERITY_INFO}, {"low", SEVERITY_LOW},           {"medium", SEVERITY_MEDIUM},
    {"high", SEVERITY_HIGH}, {"critical", SEVERITY_CRITICAL}, {NULL, 0},
};
const struct term match_kind_terms[] = {
    {"list", MATCH_LIST},
    {"rule", MATCH_RULE},
    {"score", MATCH_SCORE},
    {NULL, 0},
};
const struct term signal_terms[] = {
    {"md5", SIGNAL_MD5}, {"sha1", SIGNAL_SHA1}, {"sha256", SIGNAL_SHA256},
    {"pdq", SIGNAL_PDQ}, {"link", SIGNAL_LINK}, {"text", SIGNAL_TEXT},
    {NULL, 0},
};
const struct term strategy_terms[] = {
    {"plain", STRATEGY_PLAIN},
    {"rot90", STRATEGY_ROT90},
    {"rot180", STRATEGY_ROT180},
    {"rot270", STRATEGY_ROT270},
    {"flip", STRATEGY_FLIP},
    {"mirror", STRATEGY_MIRROR},
    {"transpose", STRATEGY_TRANSPOSE},
    {"transverse", STRATEGY_TRANSVERSE},
    {"exact", STRATEGY_EXACT},
    {"displayed", STRATEGY_DISPLAYED},
    {"negative", STRATEGY_NEGATIVE},
    {"trim", STRATEGY_TRIM},
    {"screenshot", STRATEGY_SCREENSHOT},
    {"cell", STRATEGY_CELL},
    {"crop", STRATEGY_CROP},
    {NULL, 0},
};
const struct term reason_terms[] = {
    {"limit", REASON_LIMIT},
    {"timeout", REASON_TIMEOUT},
    {"too_large", REASON_TOO_LARGE},
    {"undecodable", REASON_UNDECODABLE},
    {"unsupported", REASON_UNSUPPORTED},
    {"worker", REASON_WORKER},
    {"list", REASON_LIST},
    {"exempt", REASON_EXEMPT},
    {NULL, 0},
};
const struct term surface_terms[] = {
    {"other", LMOD_SURFACE_OTHER},
    {"message", LMOD_SURFACE_MESSAGE},
    {"edit", LMOD_SURFACE_EDIT},
    {"post", LMOD_SURFACE_POST},
    {"title", LMOD_SURFACE_TITLE},
    {"chat", LMOD_SURFACE_CHAT},
    {"direct_message", LMOD_SURFACE_DIRECT_MESSAGE},
    {"upload", LMOD_SURFACE_UPLOAD},
    {"avatar", LMOD_SURFACE_AVATAR},
    {"room_avatar", LMOD_SURFACE_ROOM_AVATAR},
    {"profile_name", LMOD_SURFACE_PROFILE_NAME},
    {"bio", LMOD_SURFACE_BIO},
    {"username", LMOD_SURFACE_USERNAME},
    {"room_name", LMOD_SURFACE_ROOM_NAME},
    {"room_topic", LMOD_SURFACE_ROOM_TOPIC},
    {"room_alias", LMOD_SURFACE_ROOM_ALIAS},
    {"invite", LMOD_SURFACE_INVITE},
    {"link_preview", LMOD_SURFACE_LINK_PREVIEW},
    {"report", LMOD_SURFACE_REPORT},
    {NULL, 0},
};

const char *term_name(const struct term *table, uint32_t value)
{
    for (; table->name; table++)
        if (table->value == value)
            return table->name;
    return "?";
}

bool term_value(const struct term *table, const char *name, size_t length, uint32_t *value)
{
    for (; table->name; table++)
        if (text_is(name, length, table->name)) {
            *value = table->value;
            return true;
        }
    return false;
}
