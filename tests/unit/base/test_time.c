/* Clocks, deadlines, time stamps. */
#include "base/base.h"

#include <limits.h>
#include <string.h>
#include <time.h>

#include "tap.h"

static void test_clocks(void)
{
    uint64_t a = time_now_ns(), b = time_now_ns();
    CU_ASSERT(a > 0 && b >= a);
    uint64_t wall = time_wall_ms(), seconds = (uint64_t)time(NULL);
    CU_ASSERT(wall / 1000 + 2 >= seconds && wall / 1000 <= seconds + 2);
}

static void test_left(void)
{
    uint64_t now = time_now_ns();
    CU_ASSERT_EQUAL(time_left_ms(0), -1);
    CU_ASSERT_EQUAL(time_left_ms(1), 0);
    CU_ASSERT_EQUAL(time_left_ms(now), 0);
    int left = time_left_ms(now + 3600000000000u);
    CU_ASSERT(left > 3590000 && left <= 3600000);
    CU_ASSERT_EQUAL(time_left_ms(UINT64_MAX), INT_MAX);
    /* A wait that is rounded down would spin through the last millisecond. */
    do {
        now = time_now_ns();
        left = time_left_ms(now + 500000);
    } while (time_now_ns() - now > 400000);
    CU_ASSERT_EQUAL(left, 1);
}

static void test_nearer(void)
{
    static const uint64_t cases[][3] = {{0, 0, 0}, {5, 0, 5}, {0, 5, 5}, {3, 5, 3}, {5, 3, 3}};
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_EQUAL(time_nearer(cases[i][0], cases[i][1]), cases[i][2]);
}

static void test_iso(void)
{
    static const struct {
        uint64_t ms;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {999, "1970-01-01T00:00:00Z"},
        {1793534400000, "2026-11-01T12:00:00Z"},
        {951782400000, "2000-02-29T00:00:00Z"},
        {253402300799999, "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[32];
        time_iso(cases[i].ms, out);
        CU_ASSERT_STRING_EQUAL(out, cases[i].want);
    }
    char out[32];
    time_iso(UINT64_MAX, out);
    CU_ASSERT(strlen(out) < sizeof(out));
}

int main(void)
{
    return TAP_RUN("base/time", {"clocks run", test_clocks}, {"time that is left", test_left},
                   {"the nearer deadline", test_nearer}, {"ISO 8601", test_iso});
}
