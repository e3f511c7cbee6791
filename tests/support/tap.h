/*
 * The only test runner: CUnit tests reported as TAP, one line per test, so that meson counts each.
 *
 *     static void test_adds(void) { CU_ASSERT_EQUAL(1 + 1, 2); }
 *     int main(void) { return TAP_RUN("base/arith", {"adds", test_adds}, …); }
 */
#ifndef SUPPORT_TAP_H
#define SUPPORT_TAP_H

#include <stdio.h>
#include <stdlib.h>

#include <CUnit/Basic.h>
#include <CUnit/TestRun.h>

struct tap_test {
    const char *name;
    void (*run)(void);
};

static unsigned tap_number;
static char tap_skip[256]; /* set by TAP_SKIP() inside a test */

/* Ends the current test as skipped, with the reason. */
#define TAP_SKIP(reason)                                                                           \
    do {                                                                                           \
        (void)snprintf(tap_skip, sizeof(tap_skip), "%s", reason);                                  \
        return;                                                                                    \
    } while (0)

static void tap_begin(const CU_pTest test, const CU_pSuite suite)
{
    (void)test;
    (void)suite;
    tap_skip[0] = '\0';
}

static void tap_end(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failure)
{
    (void)suite;
    printf("%sok %u - %s%s%s\n", failure ? "not " : "", ++tap_number, test->pName,
           tap_skip[0] ? " # SKIP " : "", tap_skip);
    for (CU_pFailureRecord f = failure; f; f = f->pNext)
        printf("# %s:%u: %s\n", f->strFileName ? f->strFileName : "?", f->uiLineNumber,
               f->strCondition ? f->strCondition : "?");
    (void)fflush(stdout);
}

static int tap_run(const char *suite_name, const struct tap_test *tests, size_t n)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 99;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (size_t i = 0; suite && i < n; i++)
        if (!CU_add_test(suite, tests[i].name, tests[i].run))
            return 99;
    printf("1..%zu\n", n);
    CU_set_test_start_handler(tap_begin);
    CU_set_test_complete_handler(tap_end);
    CU_run_all_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures ? 1 : 0;
}

#define TAP_RUN(suite, ...)                                                                        \
    tap_run(suite, (const struct tap_test[]){__VA_ARGS__},                                         \
            sizeof((const struct tap_test[]){__VA_ARGS__}) / sizeof(struct tap_test))

#endif
