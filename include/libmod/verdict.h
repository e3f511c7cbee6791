/*
 * libmod: the verdict. What a scan found, what the host must do, and how much was looked at.
 *
 * A verdict is owned by the caller, used by one thread at a time, and independent of the engine.
 */
#ifndef LIBMOD_VERDICT_H
#define LIBMOD_VERDICT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lmod_verdict lmod_verdict;

/* Actions, from least to most; compare with <, and treat an unknown number as the next lower one
 * that you know. */
#define LMOD_ALLOW 0u
#define LMOD_FLAG  10u /* let it through; a moderator will look */
#define LMOD_HOLD  20u /* keep it back until a moderator has looked */
#define LMOD_BLOCK 30u /* refuse it */

/* Coverage: how much of the content was looked at. */
#define LMOD_COMPLETE 0u
#define LMOD_PARTIAL  10u
#define LMOD_NOT_RUN  20u

/* Whether the event of this verdict is safe in the store. */
#define LMOD_RECORDED_NONE   0u /* there was nothing to record */
#define LMOD_RECORDED_OK     10u
#define LMOD_RECORDED_FAILED 20u

/* What the host must do now: LMOD_ALLOW … LMOD_BLOCK. The mode (observe, enforce) is already in it:
 * obey this and nothing else. LMOD_ALLOW for NULL. */
uint32_t lmod_verdict_action(const lmod_verdict *verdict);

/* LMOD_COMPLETE, LMOD_PARTIAL or LMOD_NOT_RUN; LMOD_NOT_RUN for NULL. */
uint32_t lmod_verdict_coverage(const lmod_verdict *verdict);

/* LMOD_RECORDED_*; LMOD_RECORDED_NONE for NULL. */
uint32_t lmod_verdict_recorded(const lmod_verdict *verdict);

/* How many matches the verdict holds, at most 64; "dropped" counts further ones. */
size_t lmod_verdict_count(const lmod_verdict *verdict);

/* Pass as `index` to lmod_verdict_field() for a field of the verdict itself. */
#define LMOD_WHOLE ((size_t)-1)

/*
 * One field by its name in the JSON: of the match number `index`, such as (0, "source"), or of the
 * verdict itself with LMOD_WHOLE, such as (LMOD_WHOLE, "would"); dots go down ("engine.version").
 * Strings come as they are, numbers and truth values as JSON writes them. NULL when the field has
 * no value, or is unknown, or memory ran out. Borrowed from `verdict`. [one thread at a time]
 */
const char *lmod_verdict_field(lmod_verdict *verdict, size_t index, const char *name);

/*
 * The whole verdict as one line of JSON (docs/reference/verdict.md), UTF-8, NUL-terminated.
 * `length`, when not NULL, receives its bytes. It never holds the content. Borrowed from `verdict`;
 * NULL and 0 for NULL or when memory ran out. [one thread at a time]
 */
const char *lmod_verdict_json(lmod_verdict *verdict, size_t *length);

/* Frees `verdict` and everything borrowed from it. NULL is fine. */
void lmod_verdict_free(lmod_verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
