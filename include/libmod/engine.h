/*
 * libmod: the engine. One per process is enough; it holds the compiled lists and the media workers.
 *
 * Threads: every function but lmod_engine_close() is [any-thread] and may run at the same time as
 * any other. The engine starts no thread and installs no signal handler. Opening before and after
 * fork() both work. A process that was copied without fork handlers (raw clone) gets LMOD_E_FORKED.
 */
#ifndef LIBMOD_ENGINE_H
#define LIBMOD_ENGINE_H

#include <stdint.h>

#include <libmod/config.h>
#include <libmod/doc.h>
#include <libmod/error.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lmod_engine lmod_engine;

/*
 * Opens an engine. `abi` is LMOD_ABI as compiled into the caller. The config is copied.
 * A list that is missing, refused or stale does not stop the engine (unless it is `required`): every
 * scan that needs it then has partial coverage, reason "list", and the log says so.
 * Errors: LMOD_E_UNSUPPORTED (abi), LMOD_E_CONFIG, LMOD_E_RULES, LMOD_E_KEY, LMOD_E_LIST (required
 * list), LMOD_E_MEMORY, LMOD_E_ARGUMENT. A missing worker is not an error here: media scans then have
 * partial coverage, reason "worker". Neither is the store, which is connected to when first needed.
 */
int32_t
lmod_engine_open(lmod_engine **out, const lmod_config *config, uint32_t abi, lmod_error **error);

/*
 * Reads lists and packs again and swaps them in at once; scans go on all the while, and those that
 * are under way finish on what they started with. On failure what was loaded stays in force.
 * Blocks for as long as they take to read: call it from a thread that may wait, after
 * lmod_engine_poll() asked for it. Errors: LMOD_E_LIST, LMOD_E_RULES, LMOD_E_KEY, LMOD_E_MEMORY,
 * LMOD_E_FORKED, LMOD_E_ARGUMENT.
 */
int32_t lmod_engine_reload(lmod_engine *engine, lmod_error **error);

/* What lmod_engine_poll() asks for; bits, more may come. */
#define LMOD_NEED_RELOAD    1u /* a file changed: call lmod_engine_reload() */
#define LMOD_NEED_DECISIONS 2u /* decisions wait to be acted on: lmod_decision_next() */

/*
 * Looks whether files changed and whether decisions wait; cheap (a few stat() calls and a look into
 * the store, which may take up to 0.2 s when it is busy), for a timer of seconds.
 * `*need` receives LMOD_NEED_* bits. Errors: LMOD_E_ARGUMENT, LMOD_E_FORKED.
 */
int32_t lmod_engine_poll(lmod_engine *engine, uint32_t *need, lmod_error **error);

/*
 * Counters and states: scans, matches, lists, store, worker and sandbox layers as JSON; see
 * docs/reference/stats.md. `*out` is owned by the caller. Errors: LMOD_E_MEMORY, LMOD_E_FORKED,
 * LMOD_E_ARGUMENT.
 */
int32_t lmod_engine_stats(lmod_doc **out, lmod_engine *engine, lmod_error **error);

/*
 * Ends the workers and frees the engine. NULL is fine. The caller makes sure that no other call on
 * this engine is under way. Verdicts that it gave stay valid.
 */
void lmod_engine_close(lmod_engine *engine);

#ifdef __cplusplus
}
#endif

#endif
