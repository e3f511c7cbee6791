/*
 * Output: data on stdout (text or one JSON object a line), diagnostics on stderr. Whatever comes from
 * outside is shown without control characters. A write that fails is remembered and ends the command.
 */
#ifndef MODCTL_OUTPUT_H
#define MODCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

void output_begin(bool json);
bool output_is_json(void);

/* One line of data; the newline is added. False when nobody can read it: stop working. */
bool output_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One object; taken over. NULL means that memory ran out. */
bool output_object(json_t *object);

/* Bytes as they are: schema, reference page. */
bool output_bytes(const char *bytes, size_t size);

/* Flushes; the exit code to end with: `code`, or EXIT_INPUT when output was lost. */
int output_end(int code);

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_CAUTION, COLOUR_BAD, COLOUR_DIM };

/* `text` padded to `width` columns and coloured when stdout is a terminal that wants colour; in one of
 * eight static slots, for the main thread only. */
const char *coloured(enum colour c, const char *text, int width);

/* `text` without control characters, in one of eight static slots of the main thread. */
const char *plain(const char *text);

/* A diagnostic: "modctl: …" on stderr. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error with its place and excerpt; returns exit_of() its status. */
int say_error(const struct error *e);

/* The log of an engine: its warnings and errors are diagnostics here. */
void say_log(void *user, uint32_t level, const char *message);

/* A line that overwrites itself, on a terminal only, at most ten times a second. */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void);

#endif
