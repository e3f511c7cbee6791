/*
 * The links of a text among lists, local entries and what is allowed, each by the digests of its key and of
 * its whole domain. An allowed link allows itself, not the text around it: it is suppressed in lists and
 * no link for rules.
 */
#ifndef ENGINE_LINKS_H
#define ENGINE_LINKS_H

#include "engine/internal.h"

struct link_look {
    const struct snapshot *snapshot;
    const struct live *live;
    struct text_links links;
    struct hasher *hasher;
    bool looked; /* what follows is of this text */
    struct link_digests digests[TEXT_LINKS_MAX];
    bool allowed[TEXT_LINKS_MAX];
};

bool link_look_init(struct link_look *l);
void link_look_finish(struct link_look *l);

/*
 * Finds the links of the text that was run last and matches those that are listed; only when some list or
 * entry has links. `*reasons`: there were more than are looked at, or a list is missing or stale.
 * LMOD_E_MEMORY.
 */
int links_match(struct link_look *l,
                struct text *text,
                const struct snapshot *snapshot,
                const struct live *live,
                struct policy *policy,
                uint32_t *reasons);

/* What rules ask of the text that was matched last: is that link on list number `list` of the rules, and is it
 * allowed? */
bool links_listed(const struct link_look *l, size_t list, uint32_t link);
bool links_allowed(const struct link_look *l, uint32_t link);

#endif
