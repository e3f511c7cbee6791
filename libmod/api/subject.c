/* <libmod/subject.h> */
#include "api/api.h"

#include <stdlib.h>

EXPORT int32_t lmod_subject_new(lmod_subject **out)
{
    if (!out)
        return LMOD_E_ARGUMENT;
    lmod_subject *s = calloc(1, sizeof(*s));
    *out = s;
    if (!s)
        return LMOD_E_MEMORY;
    s->numbers.encrypted = s->numbers.direct = UNSET;
    return LMOD_OK;
}

EXPORT int32_t lmod_subject_set(lmod_subject *subject,
                                uint32_t key,
                                const void *value,
                                size_t length)
{
    if (!subject || (!value && length) || length > LMOD_SUBJECT_MAX)
        return LMOD_E_ARGUMENT;
    if (key == 0 || key >= TEXT_KEYS)
        return LMOD_E_UNSUPPORTED;
    char *copy = length ? text_copy(value, length) : NULL;
    if (length && !copy)
        return LMOD_E_MEMORY;
    free(subject->text[key]);
    subject->text[key] = copy;
    subject->length[key] = length;
    return LMOD_OK;
}

static int32_t set_truth(uint8_t *to, uint64_t value)
{
    if (value > 1)
        return LMOD_E_ARGUMENT;
    *to = (uint8_t)value;
    return LMOD_OK;
}

EXPORT int32_t lmod_subject_set_u64(lmod_subject *subject, uint32_t key, uint64_t value)
{
    if (!subject)
        return LMOD_E_ARGUMENT;
    struct subject *n = &subject->numbers;
    switch (key) {
    case LMOD_KEY_SURFACE:
        if (value >= SURFACES)
            return LMOD_E_ARGUMENT;
        n->surface = (uint32_t)value;
        return LMOD_OK;
    case LMOD_KEY_AT:
        n->at = value;
        n->has_at = true;
        return LMOD_OK;
    case LMOD_KEY_ENCRYPTED:
        return set_truth(&n->encrypted, value);
    case LMOD_KEY_DIRECT:
        return set_truth(&n->direct, value);
    case LMOD_KEY_SENDER_AGE_DAYS:
        n->sender_age_days = value;
        n->has_age = true;
        return LMOD_OK;
    case LMOD_KEY_DEADLINE_MS:
        n->deadline_ms = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
        return LMOD_OK;
    default:
        return LMOD_E_UNSUPPORTED;
    }
}

EXPORT void lmod_subject_free(lmod_subject *subject)
{
    if (!subject)
        return;
    for (size_t i = 0; i < TEXT_KEYS; i++)
        free(subject->text[i]);
    free(subject);
}

struct subject api_subject(const lmod_subject *s, uint32_t surface)
{
    if (!s)
        return (struct subject){.surface = surface, .encrypted = UNSET, .direct = UNSET};
    struct subject out = s->numbers;
    out.host = s->text[LMOD_KEY_HOST];
    out.host_length = s->length[LMOD_KEY_HOST];
    out.room = s->text[LMOD_KEY_ROOM];
    out.room_length = s->length[LMOD_KEY_ROOM];
    out.sender = s->text[LMOD_KEY_SENDER];
    out.sender_length = s->length[LMOD_KEY_SENDER];
    out.item = s->text[LMOD_KEY_ITEM];
    out.item_length = s->length[LMOD_KEY_ITEM];
    out.mime = s->text[LMOD_KEY_MIME];
    out.file_name = s->text[LMOD_KEY_FILE_NAME];
    out.text_format = s->text[LMOD_KEY_TEXT_FORMAT];
    return out;
}
