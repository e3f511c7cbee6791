/* Reading hostile bytes. */
#include "base/base.h"

#include "tap.h"

static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void test_values(void)
{
    struct reader r = reader_over(bytes, sizeof(bytes));
    CU_ASSERT_EQUAL(reader_u8(&r), 1);
    CU_ASSERT_EQUAL(reader_u16(&r), 0x0302);
    CU_ASSERT_EQUAL(reader_u32(&r), 0x07060504);
    CU_ASSERT_EQUAL(reader_u64(&r), 0x0f0e0d0c0b0a0908);
    CU_ASSERT_FALSE(r.bad);
    CU_ASSERT_EQUAL(r.left, 0);
}

/* One byte too few: zero, and bad for good, even for reads that would fit. */
static void test_bounds(void)
{
    static const size_t sizes[] = {1, 2, 4, 8};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct reader r = reader_over(bytes, sizes[i] - 1);
        CU_ASSERT_EQUAL(reader_little(&r, sizes[i]), 0);
        CU_ASSERT_TRUE(r.bad);
        CU_ASSERT_EQUAL(r.left, sizes[i] - 1);
        CU_ASSERT_PTR_NULL(reader_bytes(&r, 0));
        CU_ASSERT_EQUAL(reader_u8(&r), 0);
        CU_ASSERT_TRUE(r.bad);
    }
}

static void test_bytes(void)
{
    struct reader r = reader_over(bytes, sizeof(bytes));
    CU_ASSERT_PTR_EQUAL(reader_bytes(&r, 5), bytes);
    CU_ASSERT_PTR_EQUAL(reader_bytes(&r, 0), bytes + 5);
    CU_ASSERT_PTR_NULL(reader_bytes(&r, SIZE_MAX));
    CU_ASSERT_TRUE(r.bad);
    r = reader_over(NULL, 0);
    CU_ASSERT_EQUAL(reader_u8(&r), 0);
    CU_ASSERT_TRUE(r.bad);
}

int main(void)
{
    return TAP_RUN("base/reader", {"little-endian values", test_values},
                   {"the end is never passed", test_bounds}, {"runs of bytes", test_bytes});
}
