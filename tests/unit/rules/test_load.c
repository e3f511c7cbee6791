/* Reading packs: every construct of the grammar, good and bad, the bad ones at their exact place. */
#include "support.h"
#include "tap.h"
#include "tempdir.h"

#define RULE HEAD "rules:\n  - {id: r, title: T, harm: other, action: flag, when: {word: x}"
#define WHEN HEAD "rules:\n  - {id: r, title: T, harm: other, action: flag,\n     when: "
#define LISTS                                                                                      \
    HEAD "lists: {a: {words: [one]}, b: {words: [two]}}\nrules:\n"                                 \
         "  - {id: r, title: T, harm: other, action: flag,\n     when: "

static const struct {
    const char *text;
    uint32_t line, column;
    const char *says;
} wrong[] = {
    {"", 1, 1, "begins with \"format: libmod-rules/1\""},
    {"[1]", 1, 1, "must be a map"},
    {"format: libmod-rules/2\n", 1, 9, "must be libmod-rules/1"},
    {"format: libmod-rules/1\n", 1, 1, "needs \"pack"},
    {"format: libmod-rules/1\npack: {id: p}\n", 2, 7, "needs \"version\""},
    {"format: libmod-rules/1\npack: {version: p}\n", 2, 7, "needs \"id\""},
    {"format: libmod-rules/1\npack: {id: P, version: 1}\n", 2, 12, "\"P\" is no pack id"},
    {"format: libmod-rules/1\npack: {id: p, versoin: 1}\n", 2, 15, "did you mean \"version\"?"},
    {HEAD, 1, 1, "needs \"rules\""},
    {HEAD "rules: []\n", 3, 8, "must be a list of rules"},
    {HEAD "rulez: []\n", 3, 1, "did you mean \"rules\"?"},
    {HEAD "defaults: {view: fould}\nrules: []\n", 3, 18, "did you mean \"fold\"?"},
    {HEAD "defaults: {bound: edge}\n", 3, 19, "auto, word, start, none"},
    {HEAD "defaults: {mode: off}\n", 3, 18, "observe, enforce"},
    {HEAD "defaults: {on_limit: block}\n", 3, 22, "flag, hold"},
    {HEAD "defaults: {view: pinyim}\n", 3, 18, "did you mean \"pinyin\"?"},
    {HEAD "defaults: {view: [pinyin, pinyin]}\n", 3, 27, "named twice"},
    {HEAD "defaults: {view: [raw, raw]}\n", 3, 24, "named twice"},
    {HEAD "defaults: {view: []}\n", 3, 18, "at least one view"},
    {HEAD "lists: {a: {words: [x], words: [y]}}\n", 3, 25, "words"},
    {HEAD "lists: {a: {file: x.lml, config: ban}}\n", 3, 34, "not both"},
    {HEAD "lists: {a: {config: Ban}}\n", 3, 21, "\"Ban\" is no list id"},
    {HEAD "lists: {a: {file: x.lml, words: [x]}}\n", 3, 33, "a list has \"words\", or is"},
    {HEAD "lists: {a: {file: x.lml, view: raw}}\n", 3, 32, "only lists of words"},
    {HEAD "lists: {a: {}}\n", 3, 9, "needs \"words\", \"file\" or \"config\""},
    {HEAD "lists: {a: {words: []}}\n", 3, 20, "at least one word"},
    {HEAD "lists: {a: {words: x}}\n", 3, 20, "must be a list"},
    {HEAD "lists: {a: {words: [\" \"]}}\n", 3, 21, "nothing is left of this word in view fold"},
    {HEAD "lists: {9: {words: [x]}}\n", 3, 9, "is no list id"},
    {RULE ", acton: flag}", 4, 67, "unknown key \"acton\" in a rule; did you mean \"action\"?"},
    {RULE "}\n  - {id: r, title: T, harm: other, score: 1, when: {word: x}}", 5, 10,
     "rule \"r\" is there already, on line 4"},
    {RULE ", severity: hgh}", 4, 77, "did you mean \"high\"?"},
    {RULE ", score: 0}", 4, 74, "from 0.1 to 100"},
    {RULE ", score: 100.1}", 4, 74, "from 0.1 to 100"},
    {RULE ", score: 1.}", 4, 74, "from 0.1 to 100"},
    {HEAD "rules:\n  - {id: r, title: T, harm: bad, action: flag, when: {word: x}}", 4, 29,
     "\"bad\" is no harm id"},
    {HEAD "rules:\n  - {id: r, title: T, harm: other, action: allow, when: {word: x}}", 4, 44,
     "flag, hold, block"},
    {HEAD "rules:\n  - {id: r, title: T, harm: other, when: {word: x}}", 4, 5,
     "needs \"action\" or \"score\""},
    {HEAD "rules:\n  - {id: r, title: T, harm: other, score: 1}", 4, 5, "needs \"when\""},
    {HEAD "rules:\n  - {id: r, harm: other, score: 1, when: {word: x}}", 4, 5, "needs \"title\""},
    {WHEN "{}}", 5, 12, "a condition needs a leaf"},
    {WHEN "x}", 5, 12, "must be a map"},
    {WHEN "{wrd: x}}", 5, 13, "did you mean \"word\"?"},
    {WHEN "{word: x, re: y}}", 5, 22, "two leaves in one condition"},
    {WHEN "{word: x, not: [{word: y}]}}", 5, 13, "put it under \"all\""},
    {WHEN "{word: []}}", 5, 19, "at least one word"},
    {WHEN "{word: [[x]]}}", 5, 20, "a word must be a text"},
    {WHEN "{all: []}}", 5, 18, "must be a list of conditions"},
    {WHEN "{not: [{word: x}]}}", 5, 12, "\"not\" alone"},
    {WHEN "{link: telegram}}", 5, 19, "link must be a map"},
    {WHEN "{link: {familly: qq}}}", 5, 20, "did you mean \"family\"?"},
    {WHEN "{link: {family: telgram}}}", 5, 28, "did you mean \"telegram\"?"},
    {WHEN "{link: {family: []}}}", 5, 28, "a text or a list of texts"},
    {WHEN "{link: {host: 'https://example.org/'}}}", 5, 26, "is no host"},
    {WHEN "{link: {host: [org]}}}", 5, 27, "\"org\" is no host"},
    {WHEN "{link: {}, view: raw}}", 5, 23, "unknown key \"view\" in a link leaf"},
    {WHEN "{link: {list: a}}}", 5, 26, "there is no list \"a\""},
    {LISTS "{link: {list: a}}}", 6, 26, "list \"a\" has words"},
    {WHEN "{word: x, view: link}}", 5, 28, "view \"link\" is of links"},
    {WHEN "{list: a}}", 5, 19, "there is no list \"a\""},
    {WHEN "{list: a, bound: none}}", 5, 22, "unknown key \"bound\" in a list leaf"},
    {WHEN "{re: 'a(b'}}", 5, 21, "regex: missing closing parenthesis"},
    {WHEN "{re: 'it''s (b'}}", 5, 26, "regex: missing closing parenthesis"},
    {WHEN "{re: \"\\u5077\\u62cd [b\"}}", 5, 33, "regex: missing terminating ]"},
    {WHEN "{re: '偷拍+**x'}}", 5, 21, "regex: quantifier does not follow"},
    {WHEN "{re: 'a*'}}", 5, 18, "matches the empty text"},
    {WHEN "{re: 'a\\Kb'}}", 5, 19, "\\K, \\G and \\C are not supported"},
    {WHEN "{re: '\\b(report|举报)\\b'}}", 5, 18, "\\b beside Han never matches in running text"},
    {WHEN "{re: 'x 偷拍\\b'}}", 5, 22, "\"word:\", which has no such edge"},
    {WHEN "{re: '[一-龥]{2}\\b'}}", 5, 26, "\\b beside Han"},
    {WHEN "{re: 'a', bound: word}}", 5, 22, "unknown key \"bound\""},
    {LISTS "{list: c}}", 6, 19, "there is no list \"c\""},
    {LISTS "{near: {of: [a, b]}}}", 6, 19, "near needs \"within\""},
    {LISTS "{near: {of: [a], within: 3}}}", 6, 24, "takes 2 to 6"},
    {LISTS "{near: {of: [a, b], within: 0}}}", 6, 40, "from 1 to 1000"},
    {LISTS "{near: {of: [a, b], within: 1001}}}", 6, 40, "from 1 to 1000"},
    {LISTS "{near: {of: [a, b], within: 3, ordered: yes}}}", 6, 52, "must be true or false"},
    {LISTS "{near: {of: [a, {near: 1}], within: 3}}}", 6, 28, "takes ids of lists and leaves"},
    {LISTS "{count: {of: a}}}", 6, 20, "count needs \"min\""},
    {LISTS "{count: {of: [], min: 1}}}", 6, 25, "must name something"},
    {LISTS "{count: {of: a, min: x}}}", 6, 33, "from 1 to 1000"},
    {RULE ", scope: {surfaces: [mesage]}}", 4, 86, "did you mean \"message\"?"},
    {RULE ", scope: {surfaces: [m*x]}}", 4, 86, "no surface looks like \"m*x\""},
    {RULE ", scope: {rooms: x}}", 4, 82, "must be a list of names"},
    {RULE ", scope: {rooms: {nott: [x]}}}", 4, 83, "did you mean \"not\"?"},
    {RULE ", scope: {direct: 1}}", 4, 83, "must be true or false"},
    {RULE ", scope: {sender_age_days: {}}}", 4, 92, "needs min or max"},
    {RULE ", scope: {sender_age_days: {min: 3, max: 2}}}", 4, 92, "min is above max"},
    {RULE ", tests: {evade: {min_recall: 0.9}}}", 4, 82,
     "\"evade\" needs \"min_recall\" and \"kinds\""},
    {RULE ", tests: {given: {a: [x]}}}", 4, 83, "there is no list \"a\""},
    {LISTS "{word: x}, tests: {given: {a: [t.me/+AbCdEf]}}}", 6, 39, "has words of its own"},
    {HEAD "lists: {k: {file: k.lml}}\nrules: [{id: r, title: T, harm: other, score: 1, when: "
          "{list: k},\n  tests: {given: {k: [nothing]}}}]\n",
     5, 23, "\"nothing\" is neither one link nor a text"},
    {HEAD "lists: {k: {file: k.lml}}\nrules: [{id: r, title: T, harm: other, score: 1, when: "
          "{list: k},\n  tests: {given: {k: [{txt: x}]}}}]\n",
     5, 24, "unknown key \"txt\""},
    {RULE ", tests: {hit: x}}", 4, 80, "must be a list of texts"},
    {RULE ", tests: {hit: [{text: x, html: 1}]}}", 4, 97, "must be true or false"},
    {RULE ", tests: {hit: [{view: raw}]}}", 4, 81, "a test needs \"text\""},
    {RULE ", tests: {hit: [{text: x, span: [0, 9]}]}}", 4, 101, "from 0 to 1"},
    {RULE ", tests: {miss: [{text: x, span: [0, 1]}]}}", 4, 98, "only a hit has a view and a span"},
    {RULE ", tests: {hit: [{text: x, subject: {surface: xx}}]}}", 4, 110, "cannot be \"xx\""},
};

static void test_wrong(void)
{
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct rules *r = NULL;
        struct error e = {0};
        int status = pack_load(&r, wrong[i].text, &e);
        bool place = e.line == wrong[i].line && e.column == wrong[i].column;
        CU_ASSERT_EQUAL(status, LMOD_E_RULES);
        CU_ASSERT_PTR_NULL(r);
        CU_ASSERT(place && strstr(e.text, wrong[i].says) && strcmp(e.file, "p.yaml") == 0);
        if (!place || !strstr(e.text, wrong[i].says))
            printf("# %zu: %u:%u %s (wanted %u:%u %s)\n", i, e.line, e.column, e.text,
                   wrong[i].line, wrong[i].column, wrong[i].says);
        rules_free(r);
    }
}

static void test_caret(void)
{
    struct rules *r = NULL;
    struct error e = {0};
    CU_ASSERT_EQUAL(pack_load(&r,
                              HEAD "rules:\n- id: r\n  title: T\n  harm: other\n  action: flag\n"
                                   "  when: {re: '偷(拍'}\n",
                              &e),
                    LMOD_E_RULES);
    CU_ASSERT_STRING_EQUAL(e.excerpt, "    when: {re: '偷(拍'}\n                   ^");
}

static void test_everything_good(void)
{
    static const char text[] =
        HEAD "defaults: {view: [raw, fold], bound: auto, mode: enforce, on_limit: hold}\n"
             "lists:\n"
             "  covert: {words: [偷拍, \"hidden cam\"], bound: word, view: fold}\n"
             "  sell: {words: [出售]}\n"
             "rules:\n"
             "  - id: r.one-1_x\n"
             "    title: T\n"
             "    harm: m.adult.ncii\n"
             "    severity: critical\n"
             "    action: block\n"
             "    score: 100\n"
             "    mode: observe\n"
             "    view: raw\n"
             "    bound: start\n"
             "    on_limit: flag\n"
             "    note: why\n"
             "    scope: {surfaces: {not: [message]}, rooms: [\"#a*\"], senders: {not: [\"@b?\"]}, "
             "hosts: [h],\n"
             "            encrypted: false, direct: true, sender_age_days: {min: 1, max: 30}}\n"
             "    when:\n"
             "      all:\n"
             "        - list: covert\n"
             "        - any: [{near: {of: [covert, {word: x}], within: 40, ordered: true}},\n"
             "                {count: {of: [sell, {re: 'a+b'}], min: 2, distinct: true}}]\n"
             "      not: [{re: '\\b(report|victim)\\b', view: fold}, {word: [举报], bound: none, "
             "view: raw}]\n"
             "    tests:\n"
             "      hit: [a, {text: b, subject: {surface: chat, room: r, sender: s, host: h, "
             "encrypted: true,\n"
             "                                    direct: false, sender_age_days: 3}, view: fold, "
             "span: [0, 1]}]\n"
             "      miss: [c, {text: d}]\n"
             "  - {id: s, title: T, harm: other, score: 0.1, when: {list: sell}}\n";
    struct rules *r = NULL;
    struct error e = {0};
    CU_ASSERT_EQUAL(pack_load(&r, text, &e), LMOD_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_EQUAL(rules_packs(r), 1);
    CU_ASSERT_EQUAL(rules_pack_at(r, 0).rules, 2);
    CU_ASSERT_STRING_EQUAL(rules_pack_at(r, 0).version, "v1");
    CU_ASSERT_EQUAL(rules_views(r), 1u << VIEW_RAW | 1u << VIEW_FOLD);
    rules_free(r);
}

static bool keep_warning(void *user, const struct rules_note *n)
{
    struct rules_note *out = user;
    if (n->level == RULES_WARNING && !out->text) {
        static char text[400];
        (void)snprintf(text, sizeof(text), "%s", n->text);
        *out = *n;
        out->text = text;
    }
    return true;
}

static void test_warnings(void)
{
    static const struct {
        const char *lists, *when, *says;
        uint32_t line;
    } cases[] = {
        {"", "{re: \"\\bx report\"}", "\"\\b\" in double quotes is a backspace", 9},
        {"lists: {a: {words: [x]}}", "{word: x}", "no rule uses list \"a\"", 3},
        {"", "{re: '\\d{4,}'}", "has no atom", 5},
        {"", "{word: x}", "no hit test", 5},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct rules_note n = {0};
        struct error e = {0};
        struct rules *r = pack_when(cases[i].lists, cases[i].when, "");
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        CU_ASSERT_EQUAL(rules_check(r, keep_warning, &n, &e), LMOD_OK);
        CU_ASSERT(n.text && strstr(n.text, cases[i].says) && n.line == cases[i].line);
        if (n.text && (!strstr(n.text, cases[i].says) || n.line != cases[i].line))
            printf("# %zu: %u: %s\n", i, n.line, n.text);
        rules_free(r);
    }
}

static void test_two_packs(void)
{
    static const char one[] =
        HEAD "rules: [{id: r, title: T, harm: other, score: 1, when: {word: x}}]";
    static const char two[] = "format: libmod-rules/1\npack: {id: q, version: v2}\n"
                              "rules: [{id: r, title: T, harm: other, score: 2, when: {word: x}}]";
    const struct rules_source both[] = {{"a", one, sizeof(one) - 1}, {"b", two, sizeof(two) - 1}};
    const struct rules_source same[] = {{"a", one, sizeof(one) - 1}, {"b", one, sizeof(one) - 1}};
    struct rules *r = NULL;
    struct error e = {0};
    CU_ASSERT_EQUAL(rules_parse(&r, same, 2, &e), LMOD_E_RULES);
    CU_ASSERT(strstr(e.text, "loaded already from a") != NULL);
    CU_ASSERT_EQUAL_FATAL(rules_parse(&r, both, 2, &e), LMOD_OK);
    struct found f = pack_scan(r, "an x here");
    CU_ASSERT_EQUAL(f.n, 2);
    CU_ASSERT_STRING_EQUAL(f.first.source, "p");
    CU_ASSERT_STRING_EQUAL(f.last.source, "q");
    CU_ASSERT_STRING_EQUAL(f.last.version, "v2");
    rules_free(r);
    CU_ASSERT_EQUAL(rules_parse(&r, both, 0, &e), LMOD_OK);
    CU_ASSERT_EQUAL(rules_views(r), 0);
    rules_free(r);
}

static void test_files(void)
{
    static const char text[] =
        HEAD "rules: [{id: r, title: T, harm: other, score: 1, when: {word: x}}]";
    struct tempdir t;
    struct rules *r = NULL;
    struct error e = {0};
    CU_ASSERT_FATAL(tempdir_make(&t));
    CU_ASSERT_FATAL(tempdir_write(&t, "p.yaml", text, sizeof(text) - 1));
    const char *good = tempdir_file(&t, "p.yaml"), *none = tempdir_file(&t, "none.yaml");
    CU_ASSERT_EQUAL(rules_load(&r, &good, 1, &e), LMOD_OK);
    CU_ASSERT(r && strcmp(rules_pack_at(r, 0).file, good) == 0);
    rules_free(r);
    CU_ASSERT_EQUAL(rules_load(&r, &none, 1, &e), LMOD_E_IO);
    CU_ASSERT_PTR_NULL(r);
    tempdir_remove(&t);
}

int main(void)
{
    return TAP_RUN("rules/load", {"wrong packs, each at its place", test_wrong},
                   {"the caret counts characters", test_caret},
                   {"every construct", test_everything_good}, {"warnings", test_warnings},
                   {"several packs", test_two_packs}, {"files", test_files});
}
