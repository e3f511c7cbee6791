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

static void test_iso_ms(void)
{
    static const struct {
        uint64_t ms;
        const char *want;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {7, "1970-01-01T00:00:00.007Z"},
        {1793534400123, "2026-11-01T12:00:00.123Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {253402300800001, "10000-01-01T00:00:00.001Z"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char out[32];
        uint64_t back = 1;
        time_iso_ms(cases[i].ms, out);
        CU_ASSERT_STRING_EQUAL(out, cases[i].want);
        CU_ASSERT_EQUAL(time_read(out, strlen(out), &back), strlen(out) == 24);
        CU_ASSERT_EQUAL(back, strlen(out) == 24 ? cases[i].ms : 1);
    }
    char out[32];
    time_iso_ms(UINT64_MAX, out);
    CU_ASSERT(strlen(out) < sizeof(out));
}

static void test_read(void)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01", 0},
        {"2026-11-01", 1793491200000},
        {"2026-11-01T12:00:00Z", 1793534400000},
        {"2026-11-01T12:00:00.5Z", 1793534400500},
        {"2026-11-01T12:00:00.123999999999Z", 1793534400123},
        {"2026-11-01T12:00:00+00:00", 1793534400000},
        {"2026-11-01T13:30:00+01:30", 1793534400000},
        {"2026-11-01T03:00:00-09:00", 1793534400000},
        {"2026-11-01T12:00:60Z", 1793534460000},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2024-12-31T23:59:59Z", 1735689599000},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t ms = 1;
        CU_ASSERT_TRUE(time_read(cases[i].text, strlen(cases[i].text), &ms));
        CU_ASSERT_EQUAL(ms, cases[i].ms);
    }
}

/* Every day from 1970 to 2100, against the C library. */
static void test_days(void)
{
    for (uint64_t day = 0; day < 47847; day++) {
        char text[32];
        uint64_t ms = 0;
        time_iso(day * 86400000u, text);
        if (!time_read(text, 10, &ms) || ms != day * 86400000u) {
            CU_FAIL("a day is read as another one");
            printf("# %s\n", text);
            return;
        }
    }
}

static void test_not_read(void)
{
    static const char *const cases[] = {
        "",
        "2026",
        "2026-11",
        "2026-11-1",
        "2026-11-01T",
        "2026-11-01T12",
        "2026-11-01T12:00Z",
        "2026-11-01T12:00:00",
        "2026-11-01T12:00:00.Z",
        "2026-11-01T12:00:00,5Z",
        "2026-11-01T12:00:00Zz",
        "2026-11-01T12:00:00Z ",
        " 2026-11-01T12:00:00Z",
        "2026-11-01 12:00:00Z",
        "2026-11-01t12:00:00z",
        "2026-11-01T24:00:00Z",
        "2026-11-01T12:60:00Z",
        "2026-11-01T12:00:61Z",
        "2026-11-01T12:00:00+1:00",
        "2026-11-01T12:00:00+24:00",
        "2026-11-01T12:00:00+01:60",
        "2026-11-01T12:00:00+0100",
        "2026-13-01",
        "2026-00-01",
        "2026-11-31",
        "2026-11-00",
        "2026-02-29",
        "2100-02-29",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+00:01",
        "-026-11-01",
        "+2026-11-01",
        "202a-11-01",
        "7d",
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        uint64_t ms = 42;
        CU_ASSERT_FALSE(time_read(cases[i], strlen(cases[i]), &ms));
        CU_ASSERT_EQUAL(ms, 42);
    }
    /* What stands behind the length does not count. */
    uint64_t ms = 0;
    CU_ASSERT_TRUE(time_read("2026-11-01T12:00:00Z", 10, &ms));
    CU_ASSERT_FALSE(time_read("2026-11-01T12:00:00Z", 19, &ms));
    CU_ASSERT_FALSE(time_read("2026-11-01\0", 11, &ms));
}

int main(void)
{
    return TAP_RUN("base/time", {"clocks run", test_clocks}, {"time that is left", test_left},
                   {"the nearer deadline", test_nearer}, {"ISO 8601", test_iso},
                   {"ISO 8601 with milliseconds", test_iso_ms}, {"times that are read", test_read},
                   {"every day", test_days}, {"what is no time", test_not_read});
}
