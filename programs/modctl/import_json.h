/*
 * Records of a JSON source of any size: it is read as a stream, and only one record at a time is in
 * memory. A page is an object that has its records in an array of a known name; records also stand in
 * an array, or one behind the other. A record that is broken costs itself alone.
 */
#ifndef MODCTL_IMPORT_JSON_H
#define MODCTL_IMPORT_JSON_H

#include "import_entry.h"

enum {
    JSON_RECORD_MAX = 1 << 20,
    JSON_PAGES_MAX = 8
}; /* bytes; pages and arrays inside each other */

struct json_record {
    json_t *value;    /* an object */
    const char *text; /* as it stands in the source */
    size_t size;
    struct import_place at; /* where it begins */
};

/* LMOD_OK, or LMOD_E_MEMORY to stop. */
typedef int json_record_function(struct importer *im, const struct json_record *r, struct error *e);

/* Calls `each` for every record. `arrays`: names of the arrays of a page, ended by NULL. LMOD_E_LIST:
 * the source is cut off, or no JSON. */
int json_records(struct importer *im,
                 const char *const *arrays,
                 json_record_function *each,
                 struct error *e);

/* Where the text `value` stands in the record; its beginning when it is not found. */
struct import_place json_place(const struct json_record *r, const char *value);

/* Members of an object, NULL or false when there is none of this type. Numbers may be texts. */
const char *json_text(const json_t *object, const char *key);
bool json_time(const json_t *object, const char *key, uint64_t *ms);

/* A text, or a whole number as one, into `out`; "" when it is neither or too long. */
void json_name(const json_t *value, char out[64]);

#endif
