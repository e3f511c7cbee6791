/*
 * A text among lists, local entries and what is allowed: the same text by its content key, texts like it by their
 * sketches. Only the same text is allowed.
 */
#ifndef ENGINE_TEXTS_H
#define ENGINE_TEXTS_H

#include "engine/internal.h"

struct text_look {
    const struct snapshot *snapshot;
    const struct live *live;
    struct sketch listed, stored; /* as in list files, and in the store; empty: nobody asked */
    bool cut;                     /* a list that a rule asked for was not looked at in full */
};

/* By a content key, NULL: unknown. */
enum allowed text_allowed(const struct live *live, const uint8_t *key);

/* Matches local entries: by the key (NULL: unknown), and by what is like the sketch (NULL: unknown). */
void text_local(struct policy *p,
                const struct config *c,
                const struct live *live,
                const uint8_t *key,
                const struct sketch *stored);

/*
 * Matches the text that was run last; sketches are made only when some list, entry or `stored` asks.
 * `*reasons`: too many texts of a list had something in common with it.
 */
void texts_match(struct text_look *l,
                 const struct text *text,
                 const uint8_t *key,
                 struct policy *policy,
                 uint32_t *reasons);

/* What rules ask of the text that was matched last: does list number `list` of the rules have one like it? */
bool texts_listed(struct text_look *l, size_t list);

#endif
