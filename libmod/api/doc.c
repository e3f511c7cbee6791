/* <libmod/doc.h> */
#include "api/api.h"

#include <stdlib.h>

int32_t api_doc(lmod_doc **out, json_t *root, lmod_error **slot)
{
    lmod_doc *doc = root ? calloc(1, sizeof(*doc)) : NULL;
    *out = NULL;
    if (!doc) {
        json_decref(root);
        return api_refuse(slot, LMOD_E_MEMORY, "out of memory");
    }
    js_doc_init(&doc->doc, root);
    *out = doc;
    return LMOD_OK;
}

EXPORT const char *lmod_doc_json(lmod_doc *doc, size_t *length)
{
    if (length)
        *length = 0;
    return doc ? js_doc_text(&doc->doc, length) : NULL;
}

EXPORT const char *lmod_doc_field(lmod_doc *doc, const char *path)
{
    return doc && path && *path ? js_doc_lend(&doc->doc, js_at(doc->doc.root, path)) : NULL;
}

EXPORT void lmod_doc_free(lmod_doc *doc)
{
    if (!doc)
        return;
    js_doc_finish(&doc->doc);
    free(doc);
}
