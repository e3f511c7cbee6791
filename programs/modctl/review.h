/* What the commands of the store share: opening it, times, ids of events, how rows are shown. */
#ifndef MODCTL_REVIEW_H
#define MODCTL_REVIEW_H

#include "engine/config.h"
#include "events/events.h"
#include "modctl.h"
#include "store/store.h"

enum { REVIEW_MS = 5000 }; /* how long a person waits for other writers */

struct review {
    const struct config *config;
    struct store *store;
    char *path; /* of store.db */
    bool there; /* false: nothing was recorded yet, there is no store.db */
};

/* Config and store; connects when first needed. The exit code: what is wrong was said then. */
int review_open(struct review *r, const struct args *a);
int review_begin(struct review *r, const struct config *c); /* which it shares */
void review_close(struct review *r);

/* Who an event is from, as CloudEvents want it: "urn:uuid:" and the store's id. The exit code. */
enum { SOURCE_BYTES = 9 + STORE_ID };
int review_source(struct review *r, char out[SOURCE_BYTES]);

/* For a call that may wait for others, as its `dl`; reading much takes as long as it takes. */
uint64_t review_deadline(void);

/* Says an error of the store; the exit code. */
int review_say(const struct error *e);

/* A store that root makes belongs to the owner of the state directory: the server must be able to
 * write it. `was_there`: of store.db before the work began. */
void review_give_away(const struct config *c, bool was_there);
bool review_store_there(const struct config *c);

/*
 * The event that `word` names: its id, or the beginning of one when it is the only one. Calls `each`
 * (may be NULL) with it. The exit code: EXIT_REFUSED, and said, when there is none or there are
 * several.
 */
int review_event(
    struct review *r, const char *word, char id[STORE_ID], store_listed_fn each, void *user);

/* How many characters of `id` tell it from every other event: at least `least`. */
int review_short(struct review *r, const char *id, int least);

/* A time option: "7d" ago, or ISO 8601; 0 when it was not given. False: said, usage error. */
bool args_time(const struct args *a, const char *name, uint64_t *ms);

/* The value of a word option from a table of terms; false: said, usage error. */
bool args_term(const struct args *a,
               const char *name,
               const struct term *terms,
               uint32_t fallback,
               uint32_t *out);
bool word_term(const char *what, const char *word, const struct term *terms, uint32_t *out);

/* --reason and --reviewer, and the id, the source and the time of a decision; false: said. */
enum { REASON_BYTES = 1000, REVIEWER_BYTES = 200 };
bool review_signature(const struct args *a, struct decision *d, int *code);

/* "5 h", "3 d": whole units, the largest that there are two of. */
void span_write(uint64_t ms, char out[32]);

/* Puts a time, as the events have it; null for 0. */
bool js_time(json_t *o, const char *name, uint64_t ms);

const char *plural(uint64_t n, const char *one, const char *many);

#endif
