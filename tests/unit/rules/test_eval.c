/* Matching: words and their edges, patterns, conditions, scope, spans, limits. */
#include "support.h"
#include "tap.h"

#include <libmod/subject.h>

#define LISTS "lists: {a: {words: [one, 偷拍]}, b: {words: [two, 资源]}}"

/* `span` of the raw text, NULL: no match. */
static const struct pack_case cases[] = {
    {"{word: spam}", "buy Spam now", "Spam"},
    {"{word: spam}", "spammer", NULL},
    {"{word: spam}", "nospam", NULL},
    {"{word: spam}", "我要spam啊", "spam"},
    {"{word: spam}", "불법spam을", "spam"},
    {"{word: spam}", "spam2", NULL},
    {"{word: spam}", "(spam)_", "spam"},
    {"{word: spam, bound: none}", "nospammer", "spam"},
    {"{word: spam, bound: start}", "spammer", "spam"},
    {"{word: spam, bound: start}", "nospam", NULL},
    {"{word: spam, bound: word}", "我要spam", NULL},
    {"{word: 偷拍}", "反偷拍者", "偷拍"},
    {"{word: 偷拍, bound: word}", "反偷拍", NULL},
    {"{word: 偷拍, bound: word}", "反 偷拍!", "偷拍"},
    {"{word: 몰카}", "몰카를 봤다", "몰카"},
    {"{word: 몰카}", "안티몰카", NULL},
    {"{word: 'hidden cam'}", "a hidden \t cam x", "hidden \t cam"},
    {"{word: 'hidden cam'}", "hiddencam", NULL},
    {"{word: 'a longest z'}", "a  longest   z", "a  longest   z"},
    {"{word: 't.me/'}", "see t.me/abc", "t.me/"},
    {"{word: spam, view: raw}", "Spam", NULL},
    {"{word: spam, view: [raw, fold]}", "SPAM", "SPAM"},
    {"{word: 偷窥}", "有人偷窺", "偷窺"},
    {"{word: [red, blue]}", "red or blue", "red or blue"},
    {"{re: 'mega.{0,5}folder'}", "x MEGA my folder y", "MEGA my folder"},
    {"{re: 'mega.{0,5}folder'}", "x mega 123456 folder y", NULL},
    {"{re: '\\b(report|victim)s?\\b'}", "the victims of", "victims"},
    {"{re: '\\b(report|victim)\\b'}", "reporter", NULL},
    {"{re: '偷\\W{0,2}窺'}", "偷--窥", "偷--窥"},
    {"{re: '(?<!反)偷拍'}", "反偷拍", NULL},
    {"{re: '(?<!反)偷拍'}", "在偷拍", "偷拍"},
    {"{re: 'abc(?=def)'}", "abcdef", "abc"},
    {"{re: '^abc$'}", "abc", "abc"},
    {"{re: '^abc$'}", "xabc", NULL},
    {"{re: '\\d{4}-\\d{2}'}", "on 2024-05 x", "2024-05"},
    {"{re: 'x+abc.*z'}", "xxxabc to z end", "xxxabc to z"},
    {"{re: 'colou?r'}", "Color", "Color"},
    {"{re: '(ab|cd){2}e'}", "xabcdex", "abcde"},
    {"{re: 'a(?:b|c*)d', view: raw}", "ACCD", "ACCD"},
    {"{re: 'caf\\xE9', view: raw}", "CAFÉ", "CAFÉ"},
    {"{re: '\\Qa.b\\E+c'}", "a.bbc", "a.bbc"},
    {"{all: [{list: a}, {list: b}]}", "one and two", "one and two"},
    {"{all: [{list: a}, {list: b}]}", "one and three", NULL},
    {"{any: [{list: a}, {word: x}]}", "an x", "x"},
    {"{all: [{word: x}], any: [{list: a}, {list: b}]}", "x two one", "x two one"},
    {"{all: [{word: x}], not: [{word: y}]}", "x z", "x"},
    {"{all: [{word: x}], not: [{word: y}]}", "x y", NULL},
    {"{all: [{word: x}, {not: [{word: y}]}]}", "x y", NULL},
    {"{all: [{word: x}], not: [{all: [{word: y}, {word: z}]}]}", "x y", "x"},
    {"{all: [{re: '\\d+'}], not: [{re: '\\d{3}'}]}", "n 12", "12"},
    {"{all: [{re: '\\d+'}], not: [{re: '\\d{3}'}]}", "n 123", NULL},
    {"{near: {of: [a, b], within: 5}}", "one 345 two", "one 345 two"},
    {"{near: {of: [a, b], within: 4}}", "one 345 two", NULL},
    {"{near: {of: [a, b], within: 3}}", "资源是不是偷拍", "资源是不是偷拍"},
    {"{near: {of: [a, b], within: 2}}", "资源是不是偷拍", NULL},
    {"{near: {of: [a, b], within: 5, ordered: true}}", "two one", NULL},
    {"{near: {of: [a, b], within: 5, ordered: true}}", "two one two", "one two"},
    {"{near: {of: [a, a], within: 5}}", "one", NULL},
    {"{near: {of: [a, a], within: 5}}", "one one", "one one"},
    {"{near: {of: [a, b, {word: x}], within: 2}}", "one two 两字 x", NULL},
    {"{near: {of: [a, b, {word: x}], within: 2}}", "x one two", "x one two"},
    {"{near: {of: [a, b, {re: 'z\\d'}], within: 1, ordered: true}}", "one two z1", "one two z1"},
    {"{near: {of: [{word: A}, {word: B}, {word: C}], within: 1}}", "a b b c", NULL},
    {"{count: {of: a, min: 2}}", "one one", "one one"},
    {"{count: {of: a, min: 3}}", "one one", NULL},
    {"{count: {of: a, min: 2, distinct: true}}", "one one", NULL},
    {"{count: {of: a, min: 2, distinct: true}}", "one 偷拍", "one 偷拍"},
    {"{count: {of: [a, b], min: 2, distinct: true}}", "one two", "one two"},
    {"{count: {of: {word: x, view: [raw, fold]}, min: 2}}", "x", NULL},
};

static void test_cases(void)
{
    pack_cases(LISTS, cases, COUNT_OF(cases));
}

static void test_fields(void)
{
    struct rules *r = pack_when("defaults: {mode: observe}", "{word: fi, bound: none}",
                                "    severity: high\n    score: 2.5\n    mode: enforce\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    struct found f = pack_scan(r, "e\xEF\xAC\x81x"); /* the ligature of f and i */
    CU_ASSERT_EQUAL(f.n, 1);
    CU_ASSERT(f.first.from == 1 && f.first.to == 4);
    CU_ASSERT_STRING_EQUAL(f.first.view, "fold");
    CU_ASSERT_STRING_EQUAL(f.first.rule, "r");
    CU_ASSERT_STRING_EQUAL(f.first.harm, "other");
    CU_ASSERT(f.first.kind == MATCH_RULE && f.first.own_action == ACTION_FLAG);
    CU_ASSERT(f.first.severity == SEVERITY_HIGH && f.first.score == 2.5f);
    CU_ASSERT_EQUAL(f.first.mode, MODE_OBSERVE); /* the pack says so */
    rules_free(r);
}

static void test_invalid_utf8(void)
{
    static const char text[] = "\xFF\xFFone\xFF two\xFE";
    struct rules *r = pack_when(LISTS, "{near: {of: [a, b], within: 2}}", "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    struct found f = pack_scan(r, text);
    CU_ASSERT(f.n == 1 && f.first.from == 2 && f.first.to == 10);
    rules_free(r);
}

static void test_scope(void)
{
    static const struct {
        const char *scope;
        struct rules_subject who;
        bool in;
    } rows[] = {
        {"{surfaces: [message]}", {.has_surface = true, .surface = LMOD_SURFACE_MESSAGE}, true},
        {"{surfaces: [message]}", {.has_surface = true, .surface = LMOD_SURFACE_CHAT}, false},
        {"{surfaces: {not: [message]}}", {.has_surface = true, .surface = LMOD_SURFACE_CHAT}, true},
        {"{surfaces: [\"room_*\"]}",
         {.has_surface = true, .surface = LMOD_SURFACE_ROOM_TOPIC},
         true},
        {"{surfaces: [message]}", {0}, true},
        {"{rooms: [\"#a*:x?z\"]}", {.room = "#abc:xyz", .room_length = 8}, true},
        {"{rooms: [\"#a*:x?z\"]}", {.room = "#abc:xz", .room_length = 7}, false},
        {"{rooms: {not: [\"#a*\"]}}", {.room = "#abc", .room_length = 4}, false},
        {"{rooms: {not: [\"#a*\"]}}", {0}, true},
        {"{senders: [\"@a\"], hosts: [h]}",
         {.sender = "@a", .sender_length = 2, .host = "i", .host_length = 1},
         false},
        {"{direct: true}", {.direct = 1, .encrypted = RULES_UNSET}, true},
        {"{direct: true}", {.direct = 0, .encrypted = RULES_UNSET}, false},
        {"{encrypted: false}", {.direct = 0, .encrypted = RULES_UNSET}, true},
        {"{sender_age_days: {max: 30}}", {.has_age = true, .sender_age_days = 31}, false},
        {"{sender_age_days: {max: 30}}", {.has_age = true, .sender_age_days = 30}, true},
        {"{sender_age_days: {min: 5}}", {.has_age = true, .sender_age_days = 4}, false},
        {"{sender_age_days: {min: 5}}", {0}, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char more[128];
        (void)snprintf(more, sizeof(more), "    scope: %s\n", rows[i].scope);
        struct rules *r = pack_when("", "{word: x}", more);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        struct found f = pack_scan_who(r, "x", 1, &rows[i].who);
        CU_ASSERT_EQUAL(f.n, rows[i].in);
        if (f.n != rows[i].in)
            printf("# %zu: %s\n", i, rows[i].scope);
        rules_free(r);
    }
}

/* Many rules that name the same word all match, in their order. */
static void test_same_word(void)
{
    struct buffer b = BUFFER_INIT;
    struct rules *r = NULL;
    struct error e = {0};
    buffer_str(&b, HEAD "rules:\n");
    for (int i = 0; i < 300; i++)
        buffer_printf(&b, "  - {id: r%03d, title: T, harm: other, score: 1, when: {word: same}}\n",
                      i);
    CU_ASSERT_FATAL(!b.failed);
    CU_ASSERT_EQUAL_FATAL(pack_load(&r, b.data, &e), LMOD_OK);
    struct found f = pack_scan(r, "the same again");
    CU_ASSERT_EQUAL(f.n, 300);
    CU_ASSERT_STRING_EQUAL(f.first.rule, "r000");
    CU_ASSERT_STRING_EQUAL(f.last.rule, "r299");
    rules_free(r);
    buffer_finish(&b);
}

/* A limit is a result: never a silent miss, and only where the outcome hangs on it. */
static void test_limits(void)
{
    static const struct {
        const char *when, *more;
        uint8_t would, enforced;
        bool limited;
    } rows[] = {
        {"{re: '(a+)+$'}", "    on_limit: hold\n", ACTION_HOLD, ACTION_HOLD, true},
        {"{re: '(a+)+$'}", "    on_limit: flag\n    mode: observe\n", ACTION_FLAG, 0, true},
        {"{re: '(a+)+$'}", "", 0, 0, true},
        {"{all: [{word: nothing}, {re: '(a+)+$'}]}", "    on_limit: hold\n", 0, 0, false},
        {"{any: [{word: end}, {re: '(a+)+$'}]}", "    on_limit: hold\n", 0, 0, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rules *r = pack_when("", rows[i].when, rows[i].more);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        uint64_t begun = time_now_ns();
        struct found f = pack_scan(r, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! end");
        CU_ASSERT(time_now_ns() - begun < 1000000000u);
        CU_ASSERT_EQUAL(f.outcome.reasons, rows[i].limited ? REASON_LIMIT : 0);
        CU_ASSERT_EQUAL(f.outcome.on_limit, rows[i].would);
        CU_ASSERT_EQUAL(f.outcome.on_limit_enforced, rows[i].enforced);
        rules_free(r);
    }
}

/* Past the deadline patterns are not run, and that is said. */
static void test_deadline(void)
{
    struct rules *r = pack_when("", "{any: [{re: 'abc\\d'}, {word: other}]}", "");
    struct text *t = text_new();
    struct rules_scratch *s = rules_scratch_new(0);
    struct found f = {0};
    CU_ASSERT_FATAL(r && t && s);
    CU_ASSERT_EQUAL(text_run(t, "abc1", 4, rules_views(r)), LMOD_OK);
    CU_ASSERT_EQUAL(rules_eval(r, t, NULL, NULL, s, 1, found_hit, &f, &f.outcome), LMOD_OK);
    CU_ASSERT(f.n == 0 && f.outcome.reasons == REASON_LIMIT);
    CU_ASSERT_EQUAL(rules_eval(r, t, NULL, NULL, s, 0, found_hit, &f, &f.outcome), LMOD_OK);
    CU_ASSERT(f.n == 1 && f.outcome.reasons == 0);
    rules_scratch_free(s);
    text_free(t);
    rules_free(r);
}

/* Too many occurrences to keep do not hide the one that matters. */
static void test_flood(void)
{
    struct rules *r = pack_when(LISTS, "{near: {of: [a, b], within: 3}}", "    on_limit: hold\n");
    struct buffer b = BUFFER_INIT;
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    for (int i = 0; i < 9000; i++)
        buffer_str(&b, "one .... ");
    buffer_str(&b, "two");
    CU_ASSERT_FATAL(!b.failed);
    struct found f = pack_scan(r, b.data);
    CU_ASSERT(f.n == 1 || f.outcome.on_limit == ACTION_HOLD);
    rules_free(r);
    buffer_finish(&b);
}

int main(void)
{
    return TAP_RUN("rules/eval", {"texts and spans", test_cases},
                   {"fields of a match", test_fields}, {"invalid UTF-8", test_invalid_utf8},
                   {"scope", test_scope}, {"300 rules with one word", test_same_word},
                   {"limits", test_limits}, {"deadline", test_deadline}, {"flood", test_flood});
}
