/*
 * Once the scratch has grown, a text costs no allocation before its verdict: views, links, the search and
 * the conditions of every kind of rule, in plain texts and HTML.
 */
#include <string.h>

#include "rules/rules.h"
#include "shim.h"
#include "tap.h"

static const char pack[] =
    "format: libmod-rules/1\n"
    "pack: {id: birds, version: '1'}\n"
    "lists:\n"
    "  birds: {words: [parrot, budgie, cockatoo]}\n"
    "  food: {view: [raw, fold, squeeze, reverse], words: [seed, cracker]}\n"
    "rules:\n"
    "  - {id: word, title: T, harm: other, action: hold, when: {word: the parrot}}\n"
    "  - {id: re, title: T, harm: other, action: hold, when: {re: 'p[o0]lly.{0,10}\\bwants'}}\n"
    "  - {id: every, title: T, harm: other, action: hold, when: {re: '\\d\\d\\d'}}\n"
    "  - {id: sound, title: T, harm: other, action: hold, when: {word: 显微镜, view: pinyin}}\n"
    "  - {id: near, title: T, harm: other, score: 2, when: {near: {of: [birds, food], within: "
    "20}}}\n"
    "  - {id: count, title: T, harm: other, score: 2,\n"
    "     when: {all: [{count: {of: birds, min: 3, distinct: true}}], not: [{word: cage}]}}\n"
    "  - {id: link, title: T, harm: other, action: flag, when: {link: {host: example.org}}}\n";
enum { RULES = 7 };

static const char html[] =
    "<p>The  <b>PAR</b>ROT! P0l<i>ly</i> wants s.e.e.d &#49;23, a budgie, <a "
    "href=\"https://example.org/\">a cockatoo</a> 显薇镜";

static const char *const texts[] = {
    "The  PARROT! P0lly wants seed 123, a budgie, a cockatoo at example[.]org, 顕微鏡 显微镜", html,
    "nothing \xff of the kind, \xe2\x80\xaelairt\xe2\x80\xac"};

static void count(void *user, const struct match *m)
{
    (void)m;
    ++*(uint32_t *)user;
}

static uint32_t
scan(const struct rules *r, struct text *t, struct rules_scratch *s, const char *text)
{
    struct rules_outcome outcome;
    uint32_t n = 0, views = rules_views(r);
    int made = text[0] == '<' ? text_run_html(t, text, strlen(text), views)
                              : text_run(t, text, strlen(text), views);
    bool ok = made == LMOD_OK && rules_eval(r, t, NULL, NULL, s, 0, count, &n, &outcome) == LMOD_OK;
    return ok && !outcome.reasons ? n : UINT32_MAX;
}

static void test_steady(void)
{
    const struct rules_source source = {"birds.yaml", pack, sizeof(pack) - 1};
    static const uint32_t wanted[] = {RULES, RULES, 0};
    struct error e = {0};
    struct rules *r = NULL;
    int status = rules_parse(&r, &source, 1, &e);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
    struct text *t = text_new();
    struct rules_scratch *s = rules_scratch_new(0);
    CU_ASSERT_FATAL(t && s);
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        CU_ASSERT_EQUAL(scan(r, t, s, texts[i]), wanted[i]);
    uint32_t found = 0;
    fault_arm(FAULT_MEMORY, 0);
    for (size_t pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < COUNT_OF(texts); i++)
            found += scan(r, t, s, texts[i]);
    unsigned allocations = fault_disarm();
    CU_ASSERT_EQUAL(found, 3 * (RULES + RULES));
    CU_ASSERT_EQUAL(allocations, 0);
    fault_arm(FAULT_MEMORY, 0); /* and they would have been counted */
    struct text *other = text_new();
    CU_ASSERT(fault_disarm() > 0);
    text_free(other);
    text_free(t);
    rules_scratch_free(s);
    rules_free(r);
}

int main(void)
{
    return TAP_RUN("faults/steady", {"no allocation once it has grown", test_steady});
}
