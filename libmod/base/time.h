/* Clocks and time stamps. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in ns. Deadlines (`dl`) are on this clock; 0 means none. */
uint64_t time_now_ns(void);

/* So many ms from now, as a deadline. */
uint64_t time_in_ms(uint64_t ms);

/* CLOCK_REALTIME in ms since 1970. */
uint64_t time_wall_ms(void);

/* Whole milliseconds until `dl`, rounded up, 0 when it has passed; -1 (for poll()) when `dl` is 0. */
int time_left_ms(uint64_t dl);

/* The nearer of two deadlines, either of which may be 0. */
uint64_t time_nearer(uint64_t a, uint64_t b);

/* "2026-11-01T12:00:00Z" (21 bytes with NUL) of ms since 1970. */
void time_iso(uint64_t ms, char out[32]);

/* "2026-11-01T12:00:00.123Z" (25 bytes with NUL). Both are longer after the year 9999. */
void time_iso_ms(uint64_t ms, char out[32]);

/* Reads what these write, also with an offset ("+01:00") instead of Z, or a date alone, into ms since
 * 1970. Digits behind the ms are dropped; a leap second is the one after it. False, and `*ms` is as it
 * was: not such a time, or before 1970. */
bool time_read(const char *text, size_t length, uint64_t *ms);

#endif
