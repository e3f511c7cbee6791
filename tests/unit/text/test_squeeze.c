/* The squeeze view: what hides a word is gone, and every byte still knows its place. */
#include <string.h>

#include "places.h"

/* What a text becomes; words of rules go the same way. */
static const struct {
    const char *raw, *squeezed;
} forms[] = {
    {"spycam", "spycam"},
    {"SpyCam", "spycam"},
    {"s p y c a m", "spycam"},
    {"s.p.y-c_a*m", "spycam"},
    {"spy  cam", "spycam"},
    {"s\xf0\x9f\x98\x80py\xe2\x9d\xa4"
     "cam",
     "spycam"}, /* emoji, a heart */
    {"5pyc4m", "spycam"},
    {"$pyc@m", "spycam"},
    {"spycaaaam", "spycam"},
    {"hidden", "hiden"},
    {"h1dden", "hiden"},
    {"h 1 d d 3 n", "hiden"},
    {"se11", "sei"},
    {"sell", "sei"},
    {"SELL", "sei"},
    {"s e l l", "sei"},
    {"bus stop", "busstop"}, /* two words: both letters stay */
    {"aa bb", "ab"},
    {"room 101", "rom101"}, /* a number between words stays a number */
    {"101", "101"},
    {"call 555 now", "cai555now"},
    {"mp3", "mpe"},
    {"!", ""},
    {"wow!", "wowi"}, /* whether a sign is part of the word is asked of the raw text */
    {"1", "1"},
    {"", ""},
    {"\xe5\x81\xb7 \xe6\x8b\x8d", "\xe5\x81\xb7\xe6\x8b\x8d"},
    {"\xe5\x81\xb7|\xe6\x8b\x8d",
     "\xe5\x81\xb7\xe6\x8b\x8d"}, /* no letter beside it: a separator */
    {"\xe5\x81\xb7\xe2\x80\xa2\xe6\x8b\x8d", "\xe5\x81\xb7\xe6\x8b\x8d"},
    {"\xe5\xa4\xa9\xe5\xa4\xa9", "\xe5\xa4\xa9\xe5\xa4\xa9"}, /* doubled Han are words */
    {"\xef\xbd\x93\xef\xbd\x90\xef\xbd\x99", "spy"},          /* full width */
    {"s\xcc\x81p\xcc\x81y", "spy"},                           /* accents */
    {"sp\xc2\xa5"
     "cam",
     "spycam"}, /* the sign of the yen */
    {"nud\xe2\x82\xacs", "nudes"},
    {"5\xe2\x82\xac per", "5per"}, /* no letter beside it */
    {"s|p|y|c|a|m", "spycam"},     /* a sign between all letters stands for none */
    {"h!i!d!d!e!n", "hiden"},
    {"a|b", "aib"},
    {"fu|| s|ze", "fuisize"},
    {"\xeb\xaa\xb0 \xec\xb9\xb4", "\xeb\xaa\xb0\xec\xb9\xb4"}, /* Hangul */
};

static void test_forms(void)
{
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct buffer out = BUFFER_INIT;
        CU_ASSERT_EQUAL(text_fold(&out, forms[i].raw, strlen(forms[i].raw), VIEW_SQUEEZE), LMOD_OK);
        bool same = strcmp(out.size ? out.data : "", forms[i].squeezed) == 0;
        CU_ASSERT_TRUE(same);
        if (!same)
            printf("# %s -> %s, not %s\n", forms[i].raw, out.size ? out.data : "",
                   forms[i].squeezed);
        buffer_finish(&out);
    }
}

/* A hit gives the raw bytes from its first character to the end of its last one, and nothing behind. */
static void test_spans(void)
{
    static const struct {
        const char *raw, *word, *found;
    } rows[] = {
        {"my s.p.y -- you", "spy", "s.p.y"},
        {"a sppyyy!", "spy", "sppyyy"},
        {"(5py)", "spy", "5py"},
        {"s\xcc\x81 p y\xcc\x81.", "spy", "s\xcc\x81 p y\xcc\x81"},
        {"\xef\xbc\x8c\xe5\x81\xb7 \xe6\x8b\x8d\xe3\x80\x82", "\xe5\x81\xb7\xe6\x8b\x8d",
         "\xe5\x81\xb7 \xe6\x8b\x8d"},
    };
    struct text *t = text_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        CU_ASSERT_EQUAL_FATAL(text_run(t, rows[i].raw, strlen(rows[i].raw), 1u << VIEW_SQUEEZE),
                              LMOD_OK);
        const struct text_view *v = text_get(t, VIEW_SQUEEZE);
        const char *at = strstr(v->bytes, rows[i].word);
        CU_ASSERT_PTR_NOT_NULL_FATAL(at);
        uint32_t from = (uint32_t)(at - v->bytes);
        struct text_span s = text_span(v, from, from + (uint32_t)strlen(rows[i].word));
        CU_ASSERT_EQUAL(s.to - s.from, strlen(rows[i].found));
        CU_ASSERT_NSTRING_EQUAL(rows[i].raw + s.from, rows[i].found, strlen(rows[i].found));
    }
    text_free(t);
}

/* Whatever comes: places ascend and lie in the text, ends lie behind their beginnings. */
static void test_places(void)
{
    static const char part[] = "a1!\xc3\xa9 .\xe2\x82\xac\xe5\x81\xb7\xf0\x9f\x98\x80\xff"
                               "l|s";
    places_hold(VIEW_SQUEEZE, part, sizeof(part) - 1);
}

int main(void)
{
    return TAP_RUN("text/squeeze", {"what texts become", test_forms},
                   {"spans in the raw text", test_spans}, {"places of anything", test_places});
}
