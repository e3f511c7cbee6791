/* <libmod/error.h> */
#include "api/api.h"

#include <stdlib.h>
#include <string.h>

/* What a caller gets when not even the error can be allocated. */
static char no_memory_text[] = "out of memory";
static lmod_error no_memory = {.status = LMOD_E_MEMORY, .message = no_memory_text};

EXPORT int32_t lmod_error_status(const lmod_error *error)
{
    return error ? error->status : LMOD_OK;
}

EXPORT const char *lmod_error_message(const lmod_error *error)
{
    return error ? error->message : "";
}

EXPORT const char *lmod_error_file(const lmod_error *error)
{
    return error ? error->file : NULL;
}

EXPORT uint32_t lmod_error_line(const lmod_error *error)
{
    return error ? error->line : 0;
}

EXPORT uint32_t lmod_error_column(const lmod_error *error)
{
    return error ? error->column : 0;
}

EXPORT void lmod_error_free(lmod_error *error)
{
    if (!error || error == &no_memory)
        return;
    free(error->file);
    free(error->message);
    free(error);
}

void api_clear(lmod_error **slot)
{
    if (slot)
        *slot = NULL;
}

int32_t api_fail(lmod_error **slot, const struct error *e)
{
    char message[sizeof(e->file) + sizeof(e->text) + sizeof(e->excerpt) + 64];
    struct buffer valid = BUFFER_INIT;
    if (!slot)
        return e->status;
    lmod_error *error = calloc(1, sizeof(*error));
    error_render(e, message, sizeof(message));
    utf8_repair(&valid, message, strlen(message));
    char *text = buffer_take(&valid, NULL);
    char *file = e->file[0] ? text_copy(e->file, strlen(e->file)) : NULL;
    if (!error || !text || (e->file[0] && !file)) {
        free(error);
        free(text);
        free(file);
        *slot = &no_memory;
        return e->status;
    }
    *error = (lmod_error){e->status, e->line, e->column, file, text};
    *slot = error;
    return e->status;
}

int32_t api_refuse(lmod_error **slot, int32_t status, const char *text)
{
    struct error e;
    (void)error_set(&e, status, "%s", text);
    return api_fail(slot, &e);
}
