/* Small text helpers: hex, "did you mean", sizes and durations with units, UTF-8 repair. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer;

/* strdup() for bytes that need not be terminated. NULL when memory runs out. */
char *text_copy(const char *text, size_t length);

/* Compares bytes with a C string. */
bool text_is(const char *text, size_t length, const char *word);

/* Lower-case hex of `size` bytes into `out` (2 * size + 1 chars). */
void hex_write(const uint8_t *bytes, size_t size, char *out);

/* Exactly 2 * size hex digits of any case; false otherwise. */
bool hex_read(const char *text, size_t length, uint8_t *bytes, size_t size);

/*
 * The name most like `word` (optimal string alignment distance, at most one more than a third of
 * its length and at most 3), or NULL. `names` of `n` entries.
 */
const char *text_suggest(const char *word, size_t length, const char *const *names, size_t n);

/* "20MiB", "256 KiB", "1GB", "50M", "4096": a whole number with an optional unit. KiB MiB GiB are
 * powers of 1024, kB MB GB and k K M G powers of 1000. False: not a size, or over 2^63. */
bool text_size(const char *text, size_t length, uint64_t *bytes);

/* "7d", "48h", "15m", "90s", "250ms": a whole number with a unit, into milliseconds. */
bool text_duration(const char *text, size_t length, uint64_t *ms);

/* True when all of it is valid UTF-8 without NUL. */
bool utf8_valid(const char *text, size_t length);

/* Appends `text` with each invalid byte replaced by U+FFFD; NUL becomes U+FFFD too. */
void utf8_repair(struct buffer *out, const char *text, size_t length);

#endif
