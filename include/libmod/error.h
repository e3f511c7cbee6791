/*
 * libmod: status values and error objects.
 *
 * Every function that can fail returns an int32_t status and takes an optional `lmod_error **` as
 * its last argument (NULL is fine). On failure every output handle is NULL and, when an error slot
 * was given, it holds an object that the caller frees with lmod_error_free(). On success the slot
 * is set to NULL. There is no errno contract, no "last error" and no global state.
 */
#ifndef LIBMOD_ERROR_H
#define LIBMOD_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Status values. Numbers are pinned and never reused; gaps are left on purpose. Treat an unknown
 * negative number as a failure. What to do about each one: docs/reference/status.md.
 */
#define LMOD_OK            0     /* done */
#define LMOD_E_ARGUMENT    (-10) /* NULL where an object is needed, a value out of range */
#define LMOD_E_MEMORY      (-20) /* an allocation failed */
#define LMOD_E_IO          (-30) /* a file or descriptor could not be read or written */
#define LMOD_E_CONFIG      (-40) /* libmod.yaml is invalid: file, line and column are set */
#define LMOD_E_RULES       (-41) /* a rule pack is invalid */
#define LMOD_E_LIST        (-42) /* a list file is invalid, newer than this release, or missing */
#define LMOD_E_KEY         (-43) /* the site key is missing, unreadable or not 32 bytes */
#define LMOD_E_UNSUPPORTED (-50) /* an ABI, key or feature that this release does not have */
#define LMOD_E_FORKED      (-60) /* the process was copied without fork handlers: open a new engine */
#define LMOD_E_STORE       (-70)  /* the store is unavailable */
#define LMOD_E_WORKER      (-80)  /* the media worker is missing or refuses to run */
#define LMOD_E_STATE       (-90)  /* refused by state, such as a decision on a decided event */
#define LMOD_E_NOT_FOUND   (-91)  /* no such event, entry or reference */
#define LMOD_E_TIMEOUT     (-100) /* the deadline passed before anything could be said */
#define LMOD_E_INTERNAL    (-120) /* a bug in libmod: please report it */

/* What went wrong. Owned by the caller; one thread at a time. */
typedef struct lmod_error lmod_error;

/* The status that the failing function returned; LMOD_OK for NULL. */
int32_t lmod_error_status(const lmod_error *error);

/*
 * The whole message for a person: "FILE:LINE:COLUMN: text", where it applies followed by the source
 * line and a caret on lines of their own. UTF-8, never NULL. Borrowed from `error`.
 */
const char *lmod_error_message(const lmod_error *error);

/* The file the error is about, or NULL. Borrowed from `error`. */
const char *lmod_error_file(const lmod_error *error);

/* The line (from 1), or 0 when the error has no place. */
uint32_t lmod_error_line(const lmod_error *error);

/* The column in code points (from 1), or 0 when the error has no place. */
uint32_t lmod_error_column(const lmod_error *error);

/* Frees `error`. NULL is fine. */
void lmod_error_free(lmod_error *error);

#ifdef __cplusplus
}
#endif

#endif
