/* Rule packs tried on a corpus: a file with a message on each line. */
#ifndef MODCTL_TRIAL_H
#define MODCTL_TRIAL_H

#include <stdio.h>

#include "crypto/crypto.h"
#include "engine/config.h"
#include "lists/lists.h"
#include "modctl.h"
#include "rules/rules.h"

struct corpus {
    const char *path; /* "-": standard input */
    FILE *file;
    char *line;
    size_t cap;
    uint64_t number; /* of the last message, from 1 */
};

/* EXIT_CLEAN, or the reason is said. */
int corpus_open(struct corpus *c, const char *path);
/* The next message, without its line end; valid until the next call. */
bool corpus_next(struct corpus *c, const char **text, size_t *size);
/* EXIT_INPUT when it could not be read to its end; that is said. */
int corpus_close(struct corpus *c);

/* What a server would do with a message, as the policy of the config has it for messages. */
struct judgement {
    uint8_t action; /* as if all were in enforce: enum action */
    bool partial;   /* a limit was hit */
};

struct trial_list {
    struct list *file; /* NULL: a list of the config when there is none, which has nothing */
};

struct trial {
    const struct config *config; /* shared */
    struct rules *rules;
    struct text *text;
    struct rules_scratch *scratch;
    struct trial_list *list; /* by the rules' number */
    struct hasher *hasher;
};

/* Loads packs as one, with the lists that they name: files, and lists of the config, where there
 * is one. EXIT_CLEAN, or the reason is said; trial_finish() in both cases. */
int trial_load(struct trial *t, const struct args *a, const char *const *packs, size_t n);
void trial_finish(struct trial *t);

/* Judges one message; `each` (may be NULL) gets every rule that holds. False: out of memory. */
bool trial_judge(struct trial *t,
                 const char *text,
                 size_t size,
                 rules_hit each,
                 void *user,
                 struct judgement *out);

#endif
