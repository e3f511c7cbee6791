/* What the fold view makes of letters: evasions become the plain word, words stay what they are. */
#include <string.h>

#include "tap.h"
#include "text/text.h"

struct row {
    const char *text, *want;
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct buffer out = BUFFER_INIT, twice = BUFFER_INIT;
        CU_ASSERT_EQUAL(text_fold(&out, rows[i].text, strlen(rows[i].text), VIEW_FOLD), LMOD_OK);
        bool so = out.size == strlen(rows[i].want) &&
                  (!out.size || memcmp(out.data, rows[i].want, out.size) == 0);
        if (!so)
            printf("# %s -> %s, not %s\n", rows[i].text, out.size ? out.data : "", rows[i].want);
        CU_ASSERT(so);
        CU_ASSERT_EQUAL(text_fold(&twice, out.data, out.size, VIEW_FOLD), LMOD_OK);
        CU_ASSERT(twice.size == out.size &&
                  (!out.size || memcmp(twice.data, out.data, out.size) == 0));
        buffer_finish(&out);
        buffer_finish(&twice);
    }
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*rows))

/* Hangul typed letter by letter. */
static void test_typed_hangul(void)
{
    static const struct row rows[] = {
        {"ㅁㅗㄹㅋㅏ", "몰카"},
        {"모ㄹ카", "몰카"},
        {"몰ㅋㅏ", "몰카"},
        {"ㅍㅏㄹ아요", "팔아요"},
        {"누드ㅂㅗㅅ 앱", "누드봇 앱"},
        {"유추ㄹ본", "유출본"},
        {"도촤ㄹ", "도촬"},
        {"ﾱￌﾩﾻￂ", "몰카"},                /* halfwidth */
        {"몰카ㅋㅋ", "몰카\u110f\u110f"}, /* laughter */
        {"몰카ㅋ", "몰카\u110f"},
        {"가ㅎ나", "가\u1112나"},
        {"ㅇㅇ 가ㄱㄱ", "\u110b\u110b 가\u1100\u1100"}, /* short words */
        {"모ㄹ\u200b카", "몰카"},
        {"ㄹ", "\u1105"},
    };
    CHECK(rows);
}

static void test_evasions(void)
{
    static const struct row rows[] = {
        {"MEGA Folder", "mega folder"},
        {"ｍｅｇａ　ｆｏｌｄｅｒ", "mega folder"}, /* full-width */
        {"ⓜⓔⓖⓐ", "mega"},                          /* circled */
        {"🅼🅴🅶🅰 🅜🅔🅖🅐", "mega mega"},                /* white on black */
        {"𝓶𝓮𝓰𝓪 𝗺𝗲𝗴𝗮", "mega mega"},                /* mathematical, never "rnega" */
        {"m\xe2\x80\x8b"
         "e\xe2\x81\xa0g\xef\xbb\xbf"
         "a",
         "mega"},                 /* zero-width */
        {"me\xc2\xadga", "mega"}, /* soft hyphen */
        {"mégà mẽğå", "mega mega"},
        {"m\xcc\x80\xcd\xae"
         "e\xcc\xb4g\xcd\x9c"
         "a\xcc\xbf",
         "mega"}, /* stacked marks */
        {"m\xe0\xb9\x8a"
         "e\xe0\xa5\x80ga",
         "mega"},                       /* Thai and Devanagari marks on Latin letters */
        {"мegа ѕрaм", "mega spam"},     /* Cyrillic */
        {"mеgα οffεr", "mega offer"},   /* Greek */
        {"օffеr ցօօd", "offer good"},   /* Armenian */
        {"ᴍᴇɢᴀ ꜰᴏʟᴅᴇʀ", "mega folder"}, /* small capitals */
        {"t。me／x t．me t｡me", "t.me/x t.me t.me"},
        {"\xe2\x80\xae"
         "agem\xe2\x80\xac",
         "agem"}, /* bidi controls go, order stays */
        {"m\x01"
         "e\x7fga",
         "mega"}, /* controls */
        {"①②③ ❶❷ ٠١٢ ९", "123 12 012 9"},
        {"1\xef\xb8\x8f\xe2\x83\xa3"
         "2\xe2\x83\xa3",
         "12"}, /* keycaps */
        {"łøđ œuvre straße", "lod oeuvre strasse"},
        {"“a” ‘b’ c—d", "\"a\" 'b' c-d"},
    };
    CHECK(rows);
}

static void test_chinese(void)
{
    static const struct row rows[] = {
        {"頭髮資源", "头发资源"},
        {"头发资源", "头发资源"},
        {"加入，快！", "加入,快!"},
        {"你好。", "你好."},
        {"㊙", "秘"},
    };
    CHECK(rows);
}

/* Other scripts keep what is spelling in them. */
static void test_scripts(void)
{
    static const struct row rows[] = {
        {"かが ハバパ", "かが ハバパ"},
        {"か\xe3\x82\x99 ハ\xe3\x82\x99 ハ\xe3\x82\x9a ウ\xe3\x82\x99", "が バ パ ヴ"},
        {"ﾊﾞｶ ｶﾞ", "バカ ガ"},
        {"あ\xe3\x82\x99", "あ"},
        {"한국어", "한국어"},
        {"ᄒ\xe1\x85\xa1\xe1\x86\xab", "한"},
        {"ㄱㅏ", "가"},
        {"हिन्दी", "हिन्दी"},
        {"ที่นี่", "ที่นี่"},
        {"தமிழ்", "தமிழ்"},
        {"مُحَمَّد", "محمد"},
        {"شـــكرا", "شكرا"},
        {"שָׁלוֹם", "שלום"},
        {"😀👍🏽🇩🇪", "😀👍🏽🇩🇪"},
        {"100 € 5 £ 3 ¥", "100 € 5 £ 3 ¥"},
    };
    CHECK(rows);
}

/* Capitals and small letters of one word fold alike. */
static void test_case(void)
{
    static const struct row rows[] = {
        {"ПРИВЕТ", "пpиbet"}, {"привет", "пpиbet"}, {"ΝΑΙ", "vai"},   {"ναι", "vai"},
        {"ΟΔΟΣ", "oδoo"},     {"οδος", "oδoo"},     {"ИЮЛЬ", "июль"},
    };
    (void)rows;
    for (size_t i = 0; i + 1 < 6; i += 2) {
        struct buffer a = BUFFER_INIT, b = BUFFER_INIT;
        CU_ASSERT(!text_fold(&a, rows[i].text, strlen(rows[i].text), VIEW_FOLD));
        CU_ASSERT(!text_fold(&b, rows[i + 1].text, strlen(rows[i + 1].text), VIEW_FOLD));
        CU_ASSERT(a.size > 0 && a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
        buffer_finish(&a);
        buffer_finish(&b);
    }
}

static void test_white_space(void)
{
    static const struct row rows[] = {
        {"a\tb\r\nc\fd", "a b  c d"},
        {"a\xc2\xa0"
         "b\xe2\x80\x83"
         "c\xe3\x80\x80"
         "d\xe2\x80\xa8"
         "e\xc2\x85"
         "f",
         "a b c d e f"},
        {"a\xe2\xa0\x80"
         "b",
         "a b"},
    };
    CHECK(rows);
}

/* Of every code point: the view is valid UTF-8 and folding it again changes nothing. */
static void test_every_code_point(void)
{
    struct text *t = text_new(), *again = text_new();
    unsigned wrong = 0;
    CU_ASSERT_FATAL(t && again);
    for (uint32_t c = 0x80; c < 0x110000; c++) {
        char s[] = {(char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 63)),
                    (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))};
        unsigned skip = c < 0x800 ? 2 : c < 0x10000 ? 1 : 0;
        if (c >= 0xd800 && c < 0xe000)
            continue;
        if (skip)
            s[skip] = (char)(skip == 2 ? 0xc0 | c >> 6 : 0xe0 | c >> 12);
        CU_ASSERT_FATAL(!text_run(t, s + skip, 4 - skip, 1u << VIEW_FOLD));
        const struct text_view *v = text_get(t, VIEW_FOLD);
        CU_ASSERT_FATAL(v && !text_run(again, v->bytes, v->size, 1u << VIEW_FOLD));
        const struct text_view *w = text_get(again, VIEW_FOLD), *raw = text_get(again, VIEW_RAW);
        bool so = w && raw && w->size == v->size && memcmp(w->bytes, v->bytes, v->size) == 0 &&
                  raw->size == v->size && memcmp(raw->bytes, v->bytes, v->size) == 0;
        if (!so && wrong++ < 10)
            printf("# U+%04X\n", (unsigned)c);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    text_free(t);
    text_free(again);
}

int main(void)
{
    return TAP_RUN("text/fold", {"evasions of words", test_evasions},
                   {"Hangul in letters", test_typed_hangul}, {"Chinese", test_chinese},
                   {"other scripts", test_scripts}, {"case", test_case},
                   {"white space", test_white_space}, {"every code point", test_every_code_point});
}
