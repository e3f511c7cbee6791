/* Errors: filling, quoting the source line, rendering for a person. */
#define BASE_ERROR_C
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(struct error *e,
                 int status,
                 const char *file,
                 uint32_t line,
                 uint32_t column,
                 const char *format,
                 va_list args) __attribute__((format(printf, 6, 0)));

static void fill(struct error *e,
                 int status,
                 const char *file,
                 uint32_t line,
                 uint32_t column,
                 const char *format,
                 va_list args)
{
    if (!e)
        return;
    e->status = status;
    e->line = line;
    e->column = column;
    e->excerpt[0] = '\0';
    (void)snprintf(e->file, sizeof(e->file), "%s", file ? file : "");
    (void)vsnprintf(e->text, sizeof(e->text), format, args);
}

int error_set(struct error *e, int status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(e, status, NULL, 0, 0, format, args);
    va_end(args);
    return status;
}

int error_at(struct error *e,
             int status,
             const char *file,
             uint32_t line,
             uint32_t column,
             const char *format,
             ...)
{
    va_list args;
    va_start(args, format);
    fill(e, status, file, line, column, format, args);
    va_end(args);
    return status;
}

int error_io(struct error *e, const char *file, const char *what, int number)
{
    char why[128] = "";
    return error_at(e, LMOD_E_IO, file, 0, 0, "%s: %s", what, strerror_r(number, why, sizeof(why)));
}

int error_memory(struct error *e)
{
    return error_set(e, LMOD_E_MEMORY, "out of memory");
}

/* Start of line `line` (from 1) in `text`, or NULL when there are fewer lines. */
static const char *line_start(const char *text, size_t length, uint32_t line)
{
    const char *at = text, *end = text + length;
    for (uint32_t i = 1; i < line; i++) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        if (!feed)
            return NULL;
        at = feed + 1;
    }
    return at;
}

/* Moves `at` back to the beginning of its character, so that a cut text stays UTF-8. */
static size_t boundary(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* Where character number `column` (from 1) begins; `size` when there are fewer. */
static size_t column_offset(const char *text, size_t size, uint32_t column)
{
    size_t at = 0;
    for (uint32_t i = 1; at < size && i < column; i++)
        do
            at++;
        while (at < size && ((unsigned char)text[at] & 0xC0) == 0x80);
    return at;
}

void error_quote(struct error *e, const char *text, size_t length)
{
    enum { SHOWN = 160, BEFORE = 120 }; /* bytes of a long line, and of it before the place */
    char pad[SHOWN + 1];
    if (!e || !e->line || !text)
        return;
    const char *start = line_start(text, length, e->line);
    if (!start)
        return;
    size_t size = (size_t)(text + length - start), n = 0;
    const char *feed = memchr(start, '\n', size);
    if (feed)
        size = (size_t)(feed - start);
    if (size > 0 && start[size - 1] == '\r')
        size--;
    size_t place = column_offset(start, size, e->column);
    if (size > SHOWN) {
        size_t from = place > BEFORE ? boundary(start, place - BEFORE) : 0;
        if (size - from > SHOWN)
            size = boundary(start, from + SHOWN);
        start += from;
        size -= from;
        place -= from;
    }
    for (size_t i = 0; i < place && n < SHOWN; i++)
        if (((unsigned char)start[i] & 0xC0) != 0x80)
            pad[n++] = start[i] == '\t' ? '\t' : ' ';
    pad[n] = '\0';
    (void)snprintf(e->excerpt, sizeof(e->excerpt), "  %.*s\n  %s^", (int)size, start, pad);
}

void error_render(const struct error *e, char *out, size_t size)
{
    const char *gap = e->excerpt[0] ? "\n" : "";
    if (e->file[0] && e->line)
        (void)snprintf(out, size, "%s:%u:%u: %s%s%s", e->file, e->line, e->column, e->text, gap,
                       e->excerpt);
    else if (e->file[0])
        (void)snprintf(out, size, "%s: %s%s%s", e->file, e->text, gap, e->excerpt);
    else
        (void)snprintf(out, size, "%s%s%s", e->text, gap, e->excerpt);
}

const char *status_name(int status)
{
    switch (status) {
    case LMOD_OK:
        return "LMOD_OK";
    case LMOD_E_ARGUMENT:
        return "LMOD_E_ARGUMENT";
    case LMOD_E_MEMORY:
        return "LMOD_E_MEMORY";
    case LMOD_E_IO:
        return "LMOD_E_IO";
    case LMOD_E_CONFIG:
        return "LMOD_E_CONFIG";
    case LMOD_E_RULES:
        return "LMOD_E_RULES";
    case LMOD_E_LIST:
        return "LMOD_E_LIST";
    case LMOD_E_KEY:
        return "LMOD_E_KEY";
    case LMOD_E_UNSUPPORTED:
        return "LMOD_E_UNSUPPORTED";
    case LMOD_E_FORKED:
        return "LMOD_E_FORKED";
    case LMOD_E_STORE:
        return "LMOD_E_STORE";
    case LMOD_E_WORKER:
        return "LMOD_E_WORKER";
    case LMOD_E_STATE:
        return "LMOD_E_STATE";
    case LMOD_E_NOT_FOUND:
        return "LMOD_E_NOT_FOUND";
    case LMOD_E_TIMEOUT:
        return "LMOD_E_TIMEOUT";
    case LMOD_E_INTERNAL:
        return "LMOD_E_INTERNAL";
    default:
        return "LMOD_E_?";
    }
}
