/*
 * JSON by jansson, with the house rules in one place: keys keep their order, bytes that are not
 * UTF-8 are repaired, and every failed allocation is told.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* Each puts one member into `object`; a NULL `text` puts null. False when memory ran out: the
 * caller may go on and drop the document at the end. */
bool js_str(json_t *object, const char *key, const char *text);
bool js_bytes(json_t *object, const char *key, const char *text, size_t length);
bool js_int(json_t *object, const char *key, int64_t value);
bool js_real(json_t *object, const char *key, double value);
bool js_bool(json_t *object, const char *key, bool value);
bool js_null(json_t *object, const char *key);

/* Puts `value` and takes it over, also on failure. NULL is a failure. */
bool js_put(json_t *object, const char *key, json_t *value);

/* Appends `value` to `array` and takes it over, also on failure. */
bool js_push(json_t *array, json_t *value);

/* One line of compact JSON; NULL when memory ran out or `value` is NULL. Caller frees. */
char *js_dump(const json_t *value, size_t *length);

enum { JS_DEPTH = 32 }; /* arrays and objects inside each other */

/* Why something is no JSON: one static line of ASCII, and where. `what` NULL: memory ran out. */
struct js_fault {
    const char *what;
    unsigned line; /* from 1 */
};

/* Reads one value of any type with nothing behind it. Strict: UTF-8 without NUL, no name twice, numbers
 * in the range of a double or of 64 bits. NULL: `fault` (may be NULL) says why. Caller: json_decref(). */
json_t *js_read(const void *bytes, size_t size, struct js_fault *fault);

/* The value at a dotted path ("lists.0.id"), or NULL. Borrowed. */
const json_t *js_at(const json_t *value, const char *path);

/*
 * A document that lends out its text and its fields, for as long as it lives: what stands behind
 * verdicts and lmod_doc. One thread at a time.
 */
struct js_doc {
    json_t *root;
    char *text; /* made when first asked for */
    size_t length;
    struct js_lent *lent; /* texts of numbers and objects that were asked for */
};

/* Takes `root` over; a NULL root gives an empty document. */
void js_doc_init(struct js_doc *d, json_t *root);
void js_doc_finish(struct js_doc *d);

/* The whole document; NULL and 0 when memory ran out. */
const char *js_doc_text(struct js_doc *d, size_t *length);

/* `value` (inside the document) as text: strings as they are, others as JSON; NULL for null, for
 * no value and when memory ran out. */
const char *js_doc_lend(struct js_doc *d, const json_t *value);

#endif
