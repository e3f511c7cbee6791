/*
 * What people decided, as scans read it: local and allow entries and what the brake holds, merged
 * from the store. A struct live is immutable and counted; merging makes a new one.
 */
#ifndef ENGINE_LIVE_H
#define ENGINE_LIVE_H

#include "engine/internal.h"

enum { LIVE_CHECK_MS = 250 }; /* how often a scan looks whether somebody decided something */

struct live_entry {
    const char *name; /* of the decision that made it; lives as long as the struct live */
    const char *harm; /* NULL: the config's */
    uint8_t action;   /* UNSET: the config's */
};

struct live;

/* An empty one; NULL: out of memory. */
struct live *live_new(void);
struct live *live_share(struct live *l);
void live_free(struct live *l); /* drops one reference; NULL is fine */

/* "17": the store's gen that it was read at; the version of its matches. */
const char *live_version(const struct live *l);
uint64_t live_gen(const struct live *l);

struct match
live_match(const struct config *c, const struct live *live, const struct live_entry *e);

/* The active entry of a digest or key, or NULL. `sig`: a SIGNAL_*. */
const struct live_entry *
live_find(const struct live *l, bool allow, enum signal sig, const uint8_t *value);

/* Whether a local entry of that name is active. */
bool live_named(const struct live *l, const char *name);

/* Calls `each` for every PDQ within `radius` of one of `count` queries. */
void live_near(
    const struct live *l,
    bool allow,
    const struct pdq *query,
    size_t count,
    unsigned radius,
    void (*each)(void *user, const struct live_entry *e, size_t needle, unsigned distance),
    void *user);

/* Local entries with a text near `q`: each once, nearest first, at most `cap`; returns how many there are. */
struct live_text {
    const struct live_entry *entry;
    uint8_t distance;
};
size_t
live_near_text(const struct live *l, const struct sketch *q, struct live_text *out, size_t cap);

/* Whether the brake holds "source/entry". */
bool live_braked(const struct live *l, const char *source, const char *entry);

/* Numbers for the statistics. */
struct live_counts {
    size_t local, allow, braked, links; /* links: of local and allow */
    size_t texts;                       /* that local entries find others by */
    uint32_t digests;                   /* DIGEST_* that local entries are of */
};
struct live_counts live_count(const struct live *l);

/* The engine's current one, merged anew when somebody decided something since it was last asked, at
 * most every LIVE_CHECK_MS unless `now`. Never NULL; caller frees. `*stale`: the store could not be
 * read, so that decisions may be missing. */
struct live *live_get(struct engine *e, bool now, bool *stale);

#endif
