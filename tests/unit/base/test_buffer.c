/* Growable buffers and checked arithmetic. */
#include "base/base.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static void test_sizes(void)
{
    static const struct {
        size_t a, b;
        bool sum, product;
    } cases[] = {
        {0, 0, true, true},
        {1, SIZE_MAX, false, true},
        {2, SIZE_MAX / 2, true, true},
        {2, SIZE_MAX / 2 + 1, true, false},
        {SIZE_MAX, SIZE_MAX, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t out = 0;
        CU_ASSERT_EQUAL(size_add(cases[i].a, cases[i].b, &out), cases[i].sum);
        if (cases[i].sum)
            CU_ASSERT_EQUAL(out, cases[i].a + cases[i].b);
        CU_ASSERT_EQUAL(size_mul(cases[i].a, cases[i].b, &out), cases[i].product);
        if (cases[i].product)
            CU_ASSERT_EQUAL(out, cases[i].a * cases[i].b);
    }
}

static void test_array_new(void)
{
    uint32_t *v = array_new(4, sizeof(*v));
    CU_ASSERT_PTR_NOT_NULL_FATAL(v);
    for (size_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(v[i], 0);
    free(v);
    void *none = array_new(0, 8);
    CU_ASSERT_PTR_NOT_NULL(none);
    free(none);
    CU_ASSERT_PTR_NULL(array_new(SIZE_MAX / 2, 4));
}

static void test_array_grow(void)
{
    uint32_t *v = NULL;
    size_t cap = 0;
    CU_ASSERT_TRUE_FATAL(array_grow((void **)&v, &cap, 1, sizeof(*v)));
    CU_ASSERT(cap >= 1);
    v[0] = 7;
    uint32_t *same = v;
    CU_ASSERT_TRUE(array_grow((void **)&v, &cap, cap, sizeof(*v)));
    CU_ASSERT_PTR_EQUAL(v, same);
    size_t before = cap;
    CU_ASSERT_TRUE_FATAL(array_grow((void **)&v, &cap, cap + 1, sizeof(*v)));
    CU_ASSERT(cap >= 2 * before);
    CU_ASSERT_EQUAL(v[0], 7);
    before = cap;
    same = v;
    CU_ASSERT_FALSE(array_grow((void **)&v, &cap, SIZE_MAX, sizeof(*v)));
    CU_ASSERT_FALSE(array_grow((void **)&v, &cap, SIZE_MAX / 2, sizeof(*v)));
    CU_ASSERT_EQUAL(cap, before);
    CU_ASSERT_PTR_EQUAL(v, same);
    free(v);
}

static void test_append(void)
{
    struct buffer b = BUFFER_INIT;
    buffer_append(&b, "a\0b", 3);
    buffer_append(&b, NULL, 0);
    buffer_str(&b, "cd");
    buffer_printf(&b, "-%d-%s", 42, "x");
    CU_ASSERT_FALSE(b.failed);
    CU_ASSERT_EQUAL_FATAL(b.size, 10);
    CU_ASSERT_EQUAL(memcmp(b.data, "a\0bcd-42-x", 11), 0);
    buffer_clear(&b);
    CU_ASSERT_EQUAL(b.size, 0);
    for (int i = 0; i < 10000; i++)
        buffer_str(&b, "0123456789");
    CU_ASSERT_EQUAL(b.size, 100000);
    CU_ASSERT_EQUAL(b.data[99999], '9');
    CU_ASSERT_EQUAL(b.data[100000], '\0');
    buffer_finish(&b);
    CU_ASSERT_PTR_NULL(b.data);
    buffer_finish(&b);
}

static void test_numbers(void)
{
    static const uint8_t want[] = {0x34, 0x12, 0x78, 0x56, 0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 1};
    struct buffer b = BUFFER_INIT;
    buffer_u16(&b, 0x1234);
    buffer_u32(&b, 0x12345678);
    buffer_u64(&b, 0x0102030405060708);
    CU_ASSERT_EQUAL_FATAL(b.size, sizeof(want));
    CU_ASSERT_EQUAL(memcmp(b.data, want, sizeof(want)), 0);
    buffer_finish(&b);
}

static void test_pad(void)
{
    static const struct {
        size_t size, align, want;
    } cases[] = {{0, 8, 0}, {1, 8, 8}, {8, 8, 8}, {9, 1, 9}, {3, 64, 64}, {1, 4096, 4096}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buffer b = BUFFER_INIT;
        for (size_t k = 0; k < cases[i].size; k++)
            buffer_str(&b, "x");
        buffer_pad(&b, cases[i].align);
        CU_ASSERT_EQUAL(b.size, cases[i].want);
        for (size_t k = cases[i].size; k < b.size; k++)
            CU_ASSERT_EQUAL(b.data[k], '\0');
        buffer_finish(&b);
    }
}

static void test_take(void)
{
    struct buffer b = BUFFER_INIT;
    size_t size = 99;
    char *text = buffer_take(&b, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "");
    CU_ASSERT_EQUAL(size, 0);
    free(text);
    buffer_str(&b, "abc");
    text = buffer_take(&b, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, "abc");
    CU_ASSERT_EQUAL(size, 3);
    CU_ASSERT_EQUAL(b.size, 0);
    CU_ASSERT_PTR_NULL(b.data);
    free(text);
}

/* A size that cannot be had fails the buffer for good, until it is cleared. */
static void test_failure(void)
{
    struct buffer b = BUFFER_INIT;
    size_t size = 99;
    buffer_str(&b, "kept");
    buffer_append(&b, "x", SIZE_MAX - 8);
    CU_ASSERT_TRUE(b.failed);
    CU_ASSERT_EQUAL(b.size, 4);
    buffer_str(&b, "more");
    buffer_printf(&b, "%d", 1);
    buffer_pad(&b, 64);
    CU_ASSERT_EQUAL(b.size, 4);
    buffer_clear(&b);
    CU_ASSERT_FALSE(b.failed);
    buffer_str(&b, "new");
    CU_ASSERT_STRING_EQUAL(b.data, "new");
    buffer_append(&b, "x", SIZE_MAX - 8);
    CU_ASSERT_PTR_NULL(buffer_take(&b, &size));
    CU_ASSERT_EQUAL(size, 0);
    CU_ASSERT_FALSE(b.failed);
}

int main(void)
{
    return TAP_RUN("base/buffer", {"sizes that do not fit are refused", test_sizes},
                   {"array_new zeroes and refuses", test_array_new},
                   {"array_grow doubles and keeps", test_array_grow},
                   {"bytes, strings and formats are appended", test_append},
                   {"numbers are little-endian", test_numbers},
                   {"pad fills with zeros up to a multiple", test_pad},
                   {"take gives the bytes away", test_take},
                   {"a failure stays until clear", test_failure});
}
