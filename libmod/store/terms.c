/* The words of contents and decisions, as stored and as written in documents. */
#include "store/store.h"

const struct term content_kind_terms[] = {
    {"media", CONTENT_MEDIA},
    {"text", CONTENT_TEXT},
    {NULL, 0},
};

const struct term decision_action_terms[] = {
    {"remove", DECIDE_REMOVE},
    {"hold", DECIDE_HOLD},
    {"restore", DECIDE_RESTORE},
    {"dismiss", DECIDE_DISMISS},
    {"add_to_list", DECIDE_ADD_TO_LIST},
    {"withdraw", DECIDE_WITHDRAW},
    {NULL, 0},
};

const struct term decision_scope_terms[] = {
    {"item", SCOPE_ITEM},
    {"content", SCOPE_CONTENT},
    {"sender", SCOPE_SENDER},
    {"room", SCOPE_ROOM},
    {NULL, 0},
};
