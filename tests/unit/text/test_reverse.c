/* The reverse view: overrides are read as they are shown, and hits have their place in the raw text. */
#include <string.h>

#include "tap.h"
#include "text/text.h"

#define RLO "\xe2\x80\xae"
#define PDF "\xe2\x80\xac"

static void test_reading_order(void)
{
    static const struct {
        const char *raw, *read;
    } rows[] = {
        {"spycam", "spycam"},
        {"a " RLO "macyps" PDF " b", "a spycam b"},
        {RLO "macyps", "spycam"},
        {RLO "macyps\nnext", "spycam\nnext"},
        {RLO "\xe6\x8b\x8d\xe5\x81\xb7", "\xe5\x81\xb7\xe6\x8b\x8d"},
        {RLO "MACYPS" PDF, "spycam"},
        {RLO "ba" RLO "dc", "abcd"},
        {RLO, ""},
    };
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer want = BUFFER_INIT;
        CU_ASSERT_EQUAL_FATAL(text_run(t, rows[i].raw, strlen(rows[i].raw), 1u << VIEW_REVERSE),
                              LMOD_OK);
        const struct text_view *v = text_get(t, VIEW_REVERSE);
        CU_ASSERT_EQUAL(text_fold(&want, rows[i].read, strlen(rows[i].read), VIEW_FOLD), LMOD_OK);
        CU_ASSERT_EQUAL(v->size, want.size);
        CU_ASSERT_TRUE(v->size == want.size &&
                       (!v->size || memcmp(v->bytes, want.data, v->size) == 0));
        buffer_finish(&want);
    }
    text_free(t);
}

static void test_span(void)
{
    static const char raw[] = "see " RLO "!macyps" PDF " now";
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL_FATAL(text_run(t, raw, strlen(raw), 1u << VIEW_REVERSE), LMOD_OK);
    const struct text_view *v = text_get(t, VIEW_REVERSE);
    const char *at = strstr(v->bytes, "spycam");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    uint32_t from = (uint32_t)(at - v->bytes);
    struct text_span s = text_span(v, from, from + 6);
    CU_ASSERT_EQUAL(s.to - s.from, 6);
    CU_ASSERT_NSTRING_EQUAL(raw + s.from, "macyps", 6);
    text_free(t);
}

int main(void)
{
    return TAP_RUN("text/reverse", {"reading order", test_reading_order},
                   {"spans in the raw text", test_span});
}
