/*
 * JSON by jansson, with the house rules in one place: keys keep their order, bytes that are not
 * UTF-8 are repaired, and a failed allocation anywhere is seen once, at js_dump().
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

/* The value at a dotted path ("lists.0.id"), or NULL. Borrowed. */
const json_t *js_at(const json_t *value, const char *path);

/* A value as lmod_doc_field() gives it: strings raw, null as NULL. Caller frees. */
char *js_scalar(const json_t *value);

#endif
