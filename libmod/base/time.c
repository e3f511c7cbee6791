/* Clocks and time stamps. */
#include "base/base.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t = {0, 0};
    (void)clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t time_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t time_wall_ms(void)
{
    return clock_ns(CLOCK_REALTIME) / 1000000u;
}

int time_left_ms(uint64_t dl)
{
    if (!dl)
        return -1;
    uint64_t now = time_now_ns();
    if (dl <= now)
        return 0;
    uint64_t ms = (dl - now + 999999u) / 1000000u;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

uint64_t time_nearer(uint64_t a, uint64_t b)
{
    if (!a || !b)
        return a ? a : b;
    return a < b ? a : b;
}

void time_iso(uint64_t ms, char out[32])
{
    time_t seconds = (time_t)(ms / 1000u);
    struct tm t;
    out[0] = '\0';
    if (gmtime_r(&seconds, &t))
        (void)strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &t);
}
