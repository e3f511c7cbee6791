/*
 * libmod: the subject. Who sent the content, where, and how long the scan may take.
 *
 * A subject is used by one thread at a time; it may serve many scans. Unset keys are unknown, and
 * no key is mandatory. Values are copied.
 */
#ifndef LIBMOD_SUBJECT_H
#define LIBMOD_SUBJECT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lmod_subject lmod_subject;

/* Keys of lmod_subject_set(): UTF-8 text, at most LMOD_SUBJECT_MAX bytes each, any content. */
#define LMOD_KEY_HOST        1u /* name of the server or site */
#define LMOD_KEY_ROOM        2u /* room, channel, topic or category id */
#define LMOD_KEY_SENDER      3u /* who sent it */
#define LMOD_KEY_ITEM        4u /* the host's reference of the content: event id, mxc://…, upload id */
#define LMOD_KEY_MIME        5u /* the media type that the sender claims; never believed */
#define LMOD_KEY_FILE_NAME   6u /* the file name that the sender gave; never stored */
#define LMOD_KEY_TEXT_FORMAT 7u /* "text/plain" (default) or "text/html" */

/* Keys of lmod_subject_set_u64(). */
#define LMOD_KEY_SURFACE         32u /* LMOD_SURFACE_*; unset: LMOD_SURFACE_OTHER */
#define LMOD_KEY_AT              33u /* when it was sent, milliseconds since 1970 (UTC) */
#define LMOD_KEY_ENCRYPTED       34u /* 1: the room is end-to-end encrypted; 0: it is not */
#define LMOD_KEY_DIRECT          35u /* 1: a direct conversation; 0: it is not */
#define LMOD_KEY_SENDER_AGE_DAYS 36u /* age of the sender's account in days */
#define LMOD_KEY_DEADLINE_MS     37u /* a scan answers within so many ms; 0, unset: media.wall_ms */

/* The most bytes that a text value may have; longer ones are LMOD_E_ARGUMENT. */
#define LMOD_SUBJECT_MAX 4096u

/* Surfaces: where it happens. The numbers are pinned; the names are those of libmod.yaml. */
#define LMOD_SURFACE_OTHER          0u
#define LMOD_SURFACE_MESSAGE        1u
#define LMOD_SURFACE_EDIT           2u
#define LMOD_SURFACE_POST           3u
#define LMOD_SURFACE_TITLE          4u
#define LMOD_SURFACE_CHAT           5u
#define LMOD_SURFACE_DIRECT_MESSAGE 6u
#define LMOD_SURFACE_UPLOAD         7u
#define LMOD_SURFACE_AVATAR         8u
#define LMOD_SURFACE_ROOM_AVATAR    9u
#define LMOD_SURFACE_PROFILE_NAME   10u
#define LMOD_SURFACE_BIO            11u
#define LMOD_SURFACE_USERNAME       12u
#define LMOD_SURFACE_ROOM_NAME      13u
#define LMOD_SURFACE_ROOM_TOPIC     14u
#define LMOD_SURFACE_ROOM_ALIAS     15u
#define LMOD_SURFACE_INVITE         16u
#define LMOD_SURFACE_LINK_PREVIEW   17u
#define LMOD_SURFACE_REPORT         18u

/* A new subject with nothing set; owned by the caller. Errors: LMOD_E_MEMORY, LMOD_E_ARGUMENT.
 * [any-thread] */
int32_t lmod_subject_new(lmod_subject **out);

/*
 * Sets a text key; `length` 0 unsets it. Invalid UTF-8 is accepted and kept as it is.
 * Errors: LMOD_E_UNSUPPORTED (not a text key of this release), LMOD_E_ARGUMENT (too long),
 * LMOD_E_MEMORY; the subject is then as before. [one thread at a time]
 */
int32_t lmod_subject_set(lmod_subject *subject, uint32_t key, const void *value, size_t length);

/*
 * Sets a number key. Errors: LMOD_E_UNSUPPORTED (not a number key of this release),
 * LMOD_E_ARGUMENT (unknown surface, a truth value above 1). [one thread at a time]
 */
int32_t lmod_subject_set_u64(lmod_subject *subject, uint32_t key, uint64_t value);

/* Frees `subject`. NULL is fine. */
void lmod_subject_free(lmod_subject *subject);

#ifdef __cplusplus
}
#endif

#endif
