/*
 * Errors inside the library: a plain struct on the caller's stack, so that reporting never
 * allocates. Status values are those of <libmod/error.h>; every `struct error *` may be NULL.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stddef.h>
#include <stdint.h>

#include <libmod/error.h>

struct error {
    int status;
    uint32_t line, column; /* from 1; 0: no place. Columns count code points */
    char file[1024];       /* empty: no file */
    char text[512];        /* what is wrong, one line */
    char excerpt[512];     /* the source line and a caret below it, or empty */
};

/* Fills `e` and returns `status`, so that a failing function can `return error_set(…)`. */
int error_set(struct error *e, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with a place. `file` may be NULL. */
int error_at(struct error *e,
             int status,
             const char *file,
             uint32_t line,
             uint32_t column,
             const char *format,
             ...) __attribute__((format(printf, 6, 7)));

/* LMOD_E_IO for a failed system call: "FILE: what: strerror(number)". */
int error_io(struct error *e, const char *file, const char *what, int number);

/* LMOD_E_MEMORY with its one text. */
int error_memory(struct error *e);

/* Quotes line `e->line` of `text` into e->excerpt with a caret under e->column. */
void error_quote(struct error *e, const char *text, size_t length);

/* "FILE:LINE:COLUMN: text" and, when there is one, "\n" and the excerpt. Always terminated. */
void error_render(const struct error *e, char *out, size_t size);

/* "LMOD_E_CONFIG" …; "LMOD_E_?" for an unknown number. */
const char *status_name(int status);

/* A failure is a failure: what the analyzer of clang-tidy cannot see across files. */
#if defined(__clang_analyzer__) && !defined(BASE_ERROR_C)
#define error_set(e, status, ...) (error_set(e, status, __VA_ARGS__), (status))
#define error_at(e, status, ...)  (error_at(e, status, __VA_ARGS__), (status))
#define error_io(...)             (error_io(__VA_ARGS__), LMOD_E_IO)
#define error_memory(e)           (error_memory(e), LMOD_E_MEMORY)
#endif

#endif
