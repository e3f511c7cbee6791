/* Clocks and time stamps. */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CLOCK_MONOTONIC in ns. Deadlines (`dl`) are on this clock; 0 means none. */
uint64_t time_now_ns(void);

/* CLOCK_REALTIME in ms since 1970. */
uint64_t time_wall_ms(void);

/* Whole milliseconds until `dl`, rounded up, 0 when it has passed; -1 (for poll()) when `dl` is 0. */
int time_left_ms(uint64_t dl);

/* The nearer of two deadlines, either of which may be 0. */
uint64_t time_nearer(uint64_t a, uint64_t b);

/* "2026-11-01T12:00:00Z" (21 bytes with NUL) of ms since 1970. */
void time_iso(uint64_t ms, char out[32]);

#endif
