/*
 * libmod: scanning. Content goes in, a verdict comes out.
 *
 * [any-thread], and any number at the same time. A scan answers within its deadline
 * (LMOD_KEY_DEADLINE_MS, else media.wall_ms) with whatever it has: what was not looked at is in the
 * verdict's coverage, never silently left out. When a scan *fails* (status not LMOD_OK) the content
 * has not been looked at; the host treats it as it treats any error of its own.
 */
#ifndef LIBMOD_SCAN_H
#define LIBMOD_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include <libmod/engine.h>
#include <libmod/error.h>
#include <libmod/subject.h>
#include <libmod/verdict.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Scans a text: a message, a title, a name. `text` is bytes of any content; invalid UTF-8 never fails
 * a scan. It may be NULL only when `length` is 0 (an empty text is complete). Nothing of it is kept.
 * Spans in the verdict are offsets into these bytes. "text/html" (LMOD_KEY_TEXT_FORMAT) is reduced to
 * what a reader sees; another format is searched as it stands: coverage partial, "unsupported".
 * `subject` may be NULL: everything unknown, surface "message".
 * `*out` is owned by the caller: lmod_verdict_free().
 * Errors: LMOD_E_ARGUMENT, LMOD_E_MEMORY, LMOD_E_FORKED.
 */
int32_t lmod_scan_text(lmod_verdict **out,
                       lmod_engine *engine,
                       const lmod_subject *subject,
                       const void *text,
                       size_t length,
                       lmod_error **error);

/*
 * Scans a file that is in memory: its digests here, its pixels in the sandboxed worker. `bytes` may
 * be NULL only when `length` is 0 (an empty file is "undecodable"). Nothing of it is kept.
 * `subject` may be NULL: everything unknown, surface "upload".
 * `*out` is owned by the caller: lmod_verdict_free().
 * Errors: LMOD_E_ARGUMENT, LMOD_E_MEMORY, LMOD_E_FORKED.
 */
int32_t lmod_scan_bytes(lmod_verdict **out,
                        lmod_engine *engine,
                        const lmod_subject *subject,
                        const void *bytes,
                        size_t length,
                        lmod_error **error);

/*
 * Scans an open regular file, from its first byte. The descriptor is read by pread() (its offset
 * stays), never mapped into this process, not closed, and never written. A read-only descriptor is
 * passed to the worker without a copy. A file whose size or time changes meanwhile is not called
 * clean: coverage partial, reason "undecodable".
 * Errors: as lmod_scan_bytes(), and LMOD_E_IO when it is not a readable regular file.
 */
int32_t lmod_scan_fd(lmod_verdict **out,
                     lmod_engine *engine,
                     const lmod_subject *subject,
                     int32_t fd,
                     lmod_error **error);

/*
 * Judges a content that was scanned before, for where it appears now: a message names an upload by the
 * host's reference `ref` (LMOD_KEY_ITEM of that scan; LMOD_KEY_HOST must be the same). It is matched
 * against the lists and decisions of now with the hashes of then, whichever process scanned it, and
 * the event, if any, joins it to this subject's item, room and sender. A few tens of microseconds and
 * one look-up per list; no worker. `subject` says where the content appears now.
 * `*out` is owned by the caller: lmod_verdict_free().
 * Errors: LMOD_E_NOT_FOUND (never scanned, or `media.seen` is off and it was clean: scan it),
 * LMOD_E_STORE, LMOD_E_STATE (the store is of a newer release), LMOD_E_TIMEOUT, LMOD_E_ARGUMENT
 * (`ref` is empty or too long), LMOD_E_MEMORY, LMOD_E_FORKED.
 */
int32_t lmod_recall(lmod_verdict **out,
                    lmod_engine *engine,
                    const lmod_subject *subject,
                    const char *ref,
                    size_t length,
                    lmod_error **error);

#ifdef __cplusplus
}
#endif

#endif
