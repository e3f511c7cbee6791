/*
 * libmod: documents. Text that the library hands out and the caller owns: statistics, config.
 *
 * A document is a JSON object. It is used by one thread at a time and stays valid after the object
 * that it tells about is gone.
 */
#ifndef LIBMOD_DOC_H
#define LIBMOD_DOC_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lmod_doc lmod_doc;

/*
 * The document as one line of JSON (UTF-8, no newline, NUL-terminated). `length`, when not NULL,
 * receives its bytes without the NUL. Borrowed from `doc`; NULL and 0 for a NULL document or when
 * memory ran out. [one thread at a time]
 */
const char *lmod_doc_json(lmod_doc *doc, size_t *length);

/*
 * One value by its dotted path, such as "worker.deaths" or "lists.0.id"; array items by number.
 * Strings come as they are, numbers and booleans as JSON writes them, objects and arrays as JSON.
 * NULL when there is no such value or it is null. Borrowed from `doc`. [one thread at a time]
 */
const char *lmod_doc_field(lmod_doc *doc, const char *path);

/* Frees `doc` and everything borrowed from it. NULL is fine. */
void lmod_doc_free(lmod_doc *doc);

#ifdef __cplusplus
}
#endif

#endif
