/* Clocks and time stamps. */
#include "base/base.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
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

uint64_t time_in_ms(uint64_t ms)
{
    return time_now_ns() + ms * 1000000u;
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

void time_iso_ms(uint64_t ms, char out[32])
{
    time_iso(ms, out);
    size_t n = strlen(out);
    if (n && n + 4 < 32)
        (void)snprintf(out + n - 1, 6, ".%03uZ", (unsigned)(ms % 1000));
}

/* Exactly `n` digits at `*at`, which moves on; -1: they are not there. */
static int digits(const char **at, const char *end, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++, ++*at) {
        if (*at >= end || **at < '0' || **at > '9')
            return -1;
        value = 10 * value + (**at - '0');
    }
    return value;
}

static bool sign(const char **at, const char *end, char c)
{
    if (*at >= end || **at != c)
        return false;
    ++*at;
    return true;
}

static int month_days(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Days since 1970 of a date of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level
 * Date Algorithms"). */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* The fraction of a second, in ms; digits behind the third do not count. */
static int fraction(const char **at, const char *end)
{
    int ms = 0, n = 0;
    for (; *at < end && **at >= '0' && **at <= '9'; ++*at, n++)
        ms = n < 3 ? 10 * ms + (**at - '0') : ms;
    for (int i = n; i < 3; i++)
        ms *= 10;
    return n ? ms : -1;
}

/* "Z" or "+01:00" in minutes. */
static bool offset_of(const char **at, const char *end, int *minutes)
{
    *minutes = 0;
    if (sign(at, end, 'Z'))
        return *at == end;
    bool minus = sign(at, end, '-');
    if (!minus && !sign(at, end, '+'))
        return false;
    int hours = digits(at, end, 2);
    int rest = hours >= 0 && sign(at, end, ':') ? digits(at, end, 2) : -1;
    *minutes = (60 * hours + rest) * (minus ? -1 : 1);
    return hours >= 0 && hours < 24 && rest >= 0 && rest < 60 && *at == end;
}

bool time_read(const char *text, size_t length, uint64_t *ms)
{
    const char *at = text, *end = text + length;
    int year = digits(&at, end, 4), month = sign(&at, end, '-') ? digits(&at, end, 2) : -1;
    int day = sign(&at, end, '-') ? digits(&at, end, 2) : -1;
    int hour = 0, minute = 0, second = 0, milli = 0, east = 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > month_days(year, month))
        return false;
    if (at != end) {
        hour = sign(&at, end, 'T') ? digits(&at, end, 2) : -1;
        minute = sign(&at, end, ':') ? digits(&at, end, 2) : -1;
        second = sign(&at, end, ':') ? digits(&at, end, 2) : -1;
        if (sign(&at, end, '.'))
            milli = fraction(&at, end);
        if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
            milli < 0 || !offset_of(&at, end, &east))
            return false;
    }
    int64_t minutes = days_of(year, month, day) * 1440 + hour * (int64_t)60 + minute - east;
    int64_t seconds = minutes * 60 + second;
    if (seconds < 0)
        return false;
    *ms = (uint64_t)seconds * 1000u + (uint64_t)milli;
    return true;
}
