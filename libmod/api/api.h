/* api: the public handles and how errors leave the library. The only room whose symbols are seen. */
#ifndef API_API_H
#define API_API_H

#include <libmod/libmod.h>

#include "base/base.h"
#include "engine/engine.h"

#define EXPORT __attribute__((visibility("default")))

struct lmod_error {
    int32_t status;
    uint32_t line, column;
    char *file; /* NULL: none */
    char *message;
};

struct lmod_config {
    const struct config *config;
    lmod_log_fn log;
    void *log_user;
};

struct lmod_doc {
    struct js_doc doc;
};

enum { TEXT_KEYS = 8 }; /* one more than the highest text key */

struct lmod_subject {
    char *text[TEXT_KEYS]; /* by LMOD_KEY_* */
    size_t length[TEXT_KEYS];
    struct subject numbers; /* its strings are not used */
};

/* Gives `e` to the caller's slot (NULL is fine) and returns its status. When memory is out the slot
 * gets a static error that freeing ignores. */
int32_t api_fail(lmod_error **slot, const struct error *e);

/* The same for a plain status and text. */
int32_t api_refuse(lmod_error **slot, int32_t status, const char *text);

/* Empties the caller's slot. */
void api_clear(lmod_error **slot);

/* A document over `root`, which is taken over; NULL `root`: out of memory. */
int32_t api_doc(lmod_doc **out, json_t *root, lmod_error **slot);

/* The subject as the engine wants it; NULL: everything unknown, on `surface`. */
struct subject api_subject(const lmod_subject *s, uint32_t surface);

#endif
