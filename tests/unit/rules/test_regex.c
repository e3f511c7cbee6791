/* Patterns: what every match must hold, and that looking for it first changes no answer. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "rules/regex.h"
#include "support.h"
#include "tap.h"

enum { PATTERNS = 4000, TEXTS = 24 };

/* The atoms of a pattern as "one two". */
static const struct {
    const char *pattern, *atoms;
    uint32_t before; /* only where there are atoms */
} known[] = {
    {"spycam", "spycam", 0},
    {"SpyCam", "spycam", 0},
    {"sp[y1]cam", "spycam sp1cam", 0},
    {"h[e3]ll[o0]", "hello h3llo hell0 h3ll0", 0},
    {"[sz$5]py", "spy zpy $py 5py", 0},
    {"[sS]py", "spy", 0},
    {"[s\\-.]py", "spy -py .py", 0},
    {"[]s]py", "]py spy", 0},
    {"a[0-9]cam", "cam", 2},  /* a range is not told apart */
    {"a[^b]cam", "cam", 2},   /* nor what is not meant */
    {"a[\\db]cam", "cam", 2}, /* nor a class in a class */
    {"a[[:alpha:]]cam", "cam", 2},
    {"a[ b]cam", "cam", 2},        /* white space may be other white space */
    {"a[bcdefghij]cam", "cam", 2}, /* nine */
    {"sp[y1]+cam", "spy sp1", 0},  /* what repeats ends it */
    {"sp[y1]?cam", "cam", 3},
    {"[ab][ab][ab][ab][ab]x",
     "aaaa baaa abaa bbaa aaba baba abba bbba aaab baab abab bbab aabb babb "
     "abbb bbbb",
     0},
    {"(?:spy|h[i1]d).{0,3}cam", "cam", 6}, /* one is rarer than three */
    {"(?:spy|h[i1]d).{0,3}ca", "spy hid h1d", 0},
    {"spy|[xy]", "", 0},
    {"[\xe5\x81\xb7\xe6\x8b\x8d]\xe4\xba\x86", "\xe5\x81\xb7\xe4\xba\x86 \xe6\x8b\x8d\xe4\xba\x86",
     0},
};

static void test_atoms(void)
{
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct regex_facts f;
        struct buffer out = BUFFER_INIT;
        const char *pattern = known[i].pattern;
        CU_ASSERT_EQUAL_FATAL(regex_facts_read(&f, pattern, strlen(pattern)), LMOD_OK);
        for (uint32_t a = 0; a < f.atoms; a++) {
            buffer_append(&out, " ", a > 0);
            buffer_append(&out, f.pool.data + f.atom[a].from, f.atom[a].size);
        }
        bool good = strcmp(out.size ? out.data : "", known[i].atoms) == 0 &&
                    (f.atoms == 0 || f.before == known[i].before);
        CU_ASSERT_TRUE(good);
        if (!good)
            printf("# %s: %s, %u before\n", pattern, out.size ? out.data : "", f.before);
        buffer_finish(&out);
        regex_facts_finish(&f);
    }
}

/* ---- beside PCRE2 alone ---- */

static uint32_t state;

static uint32_t next(uint32_t below)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
}

static const char *const characters[] = {"a", "b", "c", "3", "0", ".", " ", "\xe5\x81\xb7"};

static void put_any(struct buffer *out, uint32_t from)
{
    buffer_str(out, characters[next(from)]);
}

static void put_pattern(struct buffer *out, uint32_t depth)
{
    static const char *const classes[] = {"[a3]", "[b0c]",  "[^a]", "[a-c]", "[\\d]",
                                          ".",    "[a\\.]", "\\w",  "[]a]",  "[3 \xe5\x81\xb7]"};
    static const char *const repeats[] = {"?", "*", "+", "{2}", "{0,3}", "{1,2}", "{0}", "+?"};
    static const char *const groups[] = {"(", "(?:", "(?>", "(?=", "(?<!"};
    for (uint32_t n = 1 + next(5); n > 0; n--) {
        uint32_t kind = next(depth > 0 ? 10 : 8);
        if (kind < 4)
            put_any(out, 5);
        else if (kind < 8)
            buffer_str(out, classes[next(COUNT_OF(classes))]);
        else {
            uint32_t group = next(COUNT_OF(groups));
            buffer_str(out, groups[group]);
            if (group == 4)
                put_any(out, 5);
            else
                put_pattern(out, depth - 1);
            if (group < 3 && next(2)) {
                buffer_str(out, "|");
                put_pattern(out, depth - 1);
            }
            buffer_str(out, ")");
        }
        if (next(4) == 0)
            buffer_str(out, repeats[next(COUNT_OF(repeats))]);
    }
}

/* What became of all texts. */
struct tally {
    uint32_t same, hits, limits;
};

/* Whether both agree about texts: does the pattern match, and where first? */
static void agree(const struct rules *r, const char *pattern, struct tally *t)
{
    int why;
    size_t at;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &why, &at, NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    CU_ASSERT_FATAL(code && data);
    for (uint32_t i = 0; i < TEXTS; i++) {
        struct buffer text = BUFFER_INIT;
        for (uint32_t n = 1 + next(30); n > 0; n--)
            put_any(&text, COUNT_OF(characters));
        struct found f = pack_scan_who(r, text.data, text.size, NULL);
        int n = pcre2_match(code, (PCRE2_SPTR)text.data, text.size, 0, 0, data, NULL);
        size_t *o = pcre2_get_ovector_pointer(data);
        while (n >= 0 && o[0] == o[1] && o[0] < text.size) /* an empty match is none */
            n = pcre2_match(code, (PCRE2_SPTR)text.data, text.size, o[1], PCRE2_NOTEMPTY_ATSTART,
                            data, NULL);
        bool limit = f.outcome.reasons != 0;
        bool same = n >= 0 ? f.n == 1 && f.first.from == o[0] : f.n == 0;
        t->limits += limit;
        t->hits += n >= 0;
        t->same += f.status == LMOD_OK && (same || limit);
        if (!same && !limit)
            printf("# %s in \"%s\": %d, %u\n", pattern, text.data, n, f.n);
        buffer_finish(&text);
    }
    pcre2_match_data_free(data);
    pcre2_code_free(code);
}

static void test_random(void)
{
    uint32_t taken = 0;
    struct tally t = {0, 0, 0};
    state = 11;
    for (uint32_t i = 0; i < PATTERNS; i++) {
        struct buffer pattern = BUFFER_INIT, pack = BUFFER_INIT;
        struct rules *r = NULL;
        struct error e = {0};
        put_pattern(&pattern, 2);
        buffer_printf(
            &pack,
            HEAD "rules:\n  - {id: r, title: T, harm: other, action: flag, when: {re: '%s'}}\n",
            pattern.data);
        if (pack_load(&r, pack.data, &e) == LMOD_OK) { /* not one that matches the empty text */
            taken++;
            agree(r, pattern.data, &t);
        }
        rules_free(r);
        buffer_finish(&pattern);
        buffer_finish(&pack);
    }
    CU_ASSERT(taken > PATTERNS / 4);
    CU_ASSERT(t.hits > taken);
    CU_ASSERT(t.limits < taken);
    CU_ASSERT_EQUAL(t.same, taken * TEXTS);
}

int main(void)
{
    return TAP_RUN("rules/regex", {"atoms of patterns", test_atoms},
                   {"as PCRE2 alone finds them", test_random});
}
