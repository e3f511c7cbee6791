/* Links in rules: families, hosts, lists outside of the pack, near and count, and what tests give. */
#include "support.h"
#include "tap.h"

#define LISTS                                                                                      \
    "lists: {a: {words: [one, 偷拍]}, known: {file: lists/known.lml}, site: {config: links}}"

/* `span` of the raw text, NULL: no match. */
static const struct {
    const char *when, *text, *span;
} cases[] = {
    {"{link: {}}", "see https://example.org/x now", "https://example.org/x"},
    {"{link: {}}", "nothing of the kind", NULL},
    {"{link: {family: telegram}}", "加入 t。me／+AbCdEf 吧", "t。me／+AbCdEf"},
    {"{link: {family: telegram}}", "discord.gg/QwErTy", NULL},
    {"{link: {family: [telegram, discord]}}", "discord.gg/QwErTy", "discord.gg/QwErTy"},
    {"{link: {family: matrix}}", "in #room:example.org", "#room:example.org"},
    {"{link: {family: whatsapp}}", "chat.whatsapp.com/AbCdEfGhIjK",
     "chat.whatsapp.com/AbCdEfGhIjK"},
    {"{link: {family: line}}", "line.me/ti/g/AbCdEf", "line.me/ti/g/AbCdEf"},
    {"{link: {family: signal}}", "signal.group/#CjQKIAbC", "signal.group/#CjQKIAbC"},
    {"{link: {family: qq}}", "QQ群：123456789", "QQ群：123456789"},
    {"{link: {family: potato}}", "potato.im/some_name", "potato.im/some_name"},
    {"{link: {family: safew}}", "safew.com/some_name", "safew.com/some_name"},
    {"{link: {family: web}}", "t.me/+AbCdEf", NULL},
    {"{link: {host: example.org}}", "www.Example.org/a", "www.Example.org/a"},
    {"{link: {host: example.org}}", "https://a.b.example.org/", "https://a.b.example.org/"},
    {"{link: {host: example.org}}", "https://notexample.org/", NULL},
    {"{link: {host: [example.net, Example.ORG]}}", "hxxps://example[.]org/x",
     "hxxps://example[.]org/x"},
    {"{link: {family: discord, host: discord.com}}", "discord.gg/QwErTy", NULL},
    {"{link: {family: discord, host: discord.com}}", "discord.com/invite/QwErTy",
     "discord.com/invite/QwErTy"},
    {"{all: [{list: a}, {link: {}}]}", "one at t.me/+AbCdEf", "one at t.me/+AbCdEf"},
    {"{all: [{list: a}, {link: {}}]}", "one", NULL},
    {"{all: [{link: {}}], not: [{link: {host: example.org}}]}", "t.me/+AbCdEf", "t.me/+AbCdEf"},
    {"{all: [{link: {}}], not: [{link: {host: example.org}}]}", "t.me/+AbCdEf example.org/x", NULL},
    {"{near: {of: [a, {link: {}}], within: 3}}", "one: t.me/+AbCdEf", "one: t.me/+AbCdEf"},
    {"{near: {of: [a, {link: {}}], within: 3}}", "one for all: t.me/+AbCdEf", NULL},
    {"{near: {of: [a, {link: {}}], within: 3, ordered: true}}", "t.me/+AbCdEf one", NULL},
    {"{count: {of: {link: {}}, min: 2}}", "t.me/+AbCdEf", NULL},
    {"{count: {of: {link: {}}, min: 2}}", "t.me/+AbCdEf, tg://join?invite=AbCdEf",
     "t.me/+AbCdEf, tg://join?invite=AbCdEf"},
    {"{count: {of: {link: {}}, min: 2, distinct: true}}", "t.me/+AbCdEf, tg://join?invite=AbCdEf",
     NULL},
    {"{count: {of: {link: {}}, min: 2, distinct: true}}", "t.me/+AbCdEf, t.me/+XyZwVu",
     "t.me/+AbCdEf, t.me/+XyZwVu"},
    {"{count: {of: [a, {link: {}}], min: 2, distinct: true}}", "one t.me/+XyZwVu",
     "one t.me/+XyZwVu"},
    {"{list: known}", "t.me/+AbCdEf", NULL},
};

static void test_cases(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *text = cases[i].text, *span = cases[i].span;
        struct rules *r = pack_when(LISTS, cases[i].when, "");
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        struct found f = pack_scan(r, text);
        bool so = f.status == LMOD_OK && f.n == (span ? 1u : 0u);
        if (so && span) {
            size_t size = f.first.to - f.first.from;
            so = size == strlen(span) && memcmp(text + f.first.from, span, size) == 0;
        }
        if (!so)
            printf("# %s: %s: %u [%u, %u]\n", cases[i].when, text, f.n, f.first.from, f.first.to);
        CU_ASSERT(so);
        rules_free(r);
    }
}

static void test_view(void)
{
    struct rules *r = pack_when("", "{link: {}}", "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_EQUAL(rules_views(r), 1u << VIEW_RAW | 1u << VIEW_FOLD);
    struct found f = pack_scan(r, "t.me/+AbCdEf");
    CU_ASSERT_STRING_EQUAL(f.first.view, "link");
    rules_free(r);
}

/* What a test of the outside knows. */
struct outside {
    size_t list;      /* that has links */
    uint32_t allowed; /* bits of links */
};

static bool listed(void *user, size_t list, uint32_t link)
{
    (void)link;
    return list == ((const struct outside *)user)->list;
}

static bool allowed(void *user, uint32_t link)
{
    return ((const struct outside *)user)->allowed >> link & 1;
}

static struct found scan_outside(const struct rules *r, const char *text, struct outside *o)
{
    const struct rules_outside outside = {listed, allowed, NULL, o};
    struct found f = {0};
    struct text *t = text_new();
    struct rules_scratch *s = rules_scratch_new(0);
    CU_ASSERT_FATAL(t && s);
    CU_ASSERT_EQUAL(text_run(t, text, strlen(text), rules_views(r)), LMOD_OK);
    CU_ASSERT_EQUAL(rules_eval(r, t, NULL, &outside, s, 0, found_hit, &f, &f.outcome), LMOD_OK);
    rules_scratch_free(s);
    text_free(t);
    return f;
}

/* Lists outside of the pack are named to the caller, and asked for. */
static void test_outside(void)
{
    struct rules *r =
        pack_when(LISTS, "{any: [{list: known}, {link: {family: qq, list: site}}]}", "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_EQUAL_FATAL(rules_lists(r), 2);
    struct rules_list known = rules_list_at(r, 0), site = rules_list_at(r, 1);
    CU_ASSERT_STRING_EQUAL(known.file, "./lists/known.lml");
    CU_ASSERT(!known.config && known.line == 3);
    CU_ASSERT_STRING_EQUAL(site.config, "links");
    CU_ASSERT(!site.file && strcmp(site.id, "site") == 0 && strcmp(site.pack, "p") == 0);
    CU_ASSERT_EQUAL(scan_outside(r, "t.me/+AbCdEf", &(struct outside){0, 0}).n, 1);
    CU_ASSERT_EQUAL(scan_outside(r, "t.me/+AbCdEf", &(struct outside){1, 0}).n, 0);
    CU_ASSERT_EQUAL(scan_outside(r, "QQ 123456789", &(struct outside){1, 0}).n, 1);
    rules_free(r);
}

/* A link that is allowed is none for the rules; the others of its text are. */
static void test_allowed(void)
{
    struct rules *r = pack_when("", "{link: {}}", "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT_EQUAL(scan_outside(r, "t.me/+AbCdEf", &(struct outside){0, 1}).n, 0);
    struct found f = scan_outside(r, "t.me/+AbCdEf t.me/+XyZwVu", &(struct outside){0, 1});
    CU_ASSERT(f.n == 1 && f.first.from == 13);
    rules_free(r);
}

/* Links that were not looked at may be those that are meant. */
static void test_limit(void)
{
    struct rules *r = pack_when("", "{link: {family: qq}}", "    on_limit: hold\n");
    struct buffer b = BUFFER_INIT;
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    for (unsigned i = 0; i < TEXT_LINKS_MAX; i++)
        buffer_printf(&b, "t.me/name%u ", i);
    CU_ASSERT_EQUAL(pack_scan(r, b.data).outcome.reasons, 0);
    buffer_str(&b, "QQ 123456789");
    CU_ASSERT_FATAL(!b.failed);
    struct found f = pack_scan(r, b.data);
    CU_ASSERT(f.n == 0 && f.outcome.reasons == REASON_LIMIT && f.outcome.on_limit == ACTION_HOLD);
    buffer_finish(&b);
    rules_free(r);
}

static bool write_test(void *user, const struct rules_test *t)
{
    buffer_printf(user, "%s%u:%s ", t->kind, t->n, t->ok ? "ok" : t->why);
    return true;
}

/* What `given` of a list "known" means for the tests of a rule that asks for it. */
struct given_case {
    const char *given, *results;
};

static void given_cases(const struct given_case *rows, size_t n, const char *tests)
{
    for (size_t i = 0; i < n; i++) {
        struct buffer out = BUFFER_INIT;
        struct error e = {0};
        char more[512];
        (void)snprintf(more, sizeof(more), "    tests:\n      given: %s\n%s", rows[i].given, tests);
        struct rules *r = pack_when(LISTS, "{list: known}", more);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        CU_ASSERT_EQUAL(rules_test_run(r, write_test, &out, &e), LMOD_OK);
        CU_ASSERT_STRING_EQUAL(out.data ? out.data : "", rows[i].results);
        if (out.data && strcmp(out.data, rows[i].results) != 0)
            printf("# %s: %s\n", rows[i].given, out.data);
        buffer_finish(&out);
        rules_free(r);
    }
}

static void test_given(void)
{
    static const struct given_case rows[] = {
        {"{known: [https://t.me/joinchat/AbCdEf]}", "hit1:ok hit2:ok hit3:ok miss1:ok "},
        {"{known: t.me/+AbCdEf}", "hit1:ok hit2:ok hit3:ok miss1:ok "},
        {"{known: [telegram:+AbCdEf, t.me/telegram]}", "hit1:ok hit2:ok hit3:ok miss1:hits "},
        {"{site: [t.me/+AbCdEf]}",
         "hit1:does not hit hit2:does not hit hit3:does not hit miss1:ok "},
    };
    given_cases(rows, COUNT_OF(rows),
                "      hit: ['加入 t.me/+AbCdEf', 'tg://join?invite=AbCdEf',\n"
                "            {text: '<a href=\"t.me/+AbCdEf\">x</a>', html: true, view: link,\n"
                "             span: [9, 21]}]\n"
                "      miss: ['https://t.me/telegram']\n");
}

/* ---- lists of texts ---- */

static bool like(void *user, size_t list)
{
    return list == *(const size_t *)user;
}

static void test_texts(void)
{
    static const struct {
        const char *when;
        size_t list;       /* that has a text like it; the first one that is named is 0 */
        const char *found; /* NULL: no match */
    } rows[] = {
        {"{list: known}", 0, "fold [0, 18]"},
        {"{list: known}", 1, NULL},
        {"{link: {list: known}}", 0, NULL},
        {"{any: [{list: site}, {word: none}]}", 1, "fold [0, 18]"},
        {"{all: [{list: known}, {list: a}]}", 0, "fold [0, 18]"},
        {"{all: [{list: a}], not: [{list: known}]}", 0, NULL},
        {"{all: [{list: a}], not: [{list: known}]}", 1, "fold [4, 7]"},
        {"{near: {of: [known, a], within: 1}}", 0, "fold [0, 18]"},
        {"{count: {of: [known, a], min: 2}}", 0, "fold [0, 18]"},
        {"{count: {of: [known], min: 2}}", 0, NULL},
        {"{count: {of: [known, site], min: 2, distinct: true}}", 0, NULL},
    };
    struct text *t = text_new();
    struct rules_scratch *s = rules_scratch_new(0);
    CU_ASSERT_FATAL(t && s);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct rules *r = pack_when(LISTS, rows[i].when, "");
        struct found f = {0};
        char found[64] = "";
        size_t list = rows[i].list;
        const struct rules_outside outside = {.like = like, .user = &list};
        CU_ASSERT_PTR_NOT_NULL_FATAL(r);
        CU_ASSERT_EQUAL(text_run(t, "the one text here!", 18, rules_views(r)), LMOD_OK);
        CU_ASSERT_EQUAL(rules_eval(r, t, NULL, &outside, s, 0, found_hit, &f, &f.outcome), LMOD_OK);
        if (f.n)
            (void)snprintf(found, sizeof(found), "%s [%u, %u]", f.first.view, f.first.from,
                           f.first.to);
        CU_ASSERT_STRING_EQUAL(found, rows[i].found ? rows[i].found : "");
        if (strcmp(found, rows[i].found ? rows[i].found : "") != 0)
            printf("# %s: %s\n", rows[i].when, found);
        rules_free(r);
    }
    rules_scratch_free(s);
    text_free(t);
}

static void test_given_texts(void)
{
    static const struct given_case rows[] = {
        {"{known: [best summer hats for sale tonight]}", "hit1:ok hit2:ok miss1:ok miss2:ok "},
        {"{known: {text: best summer hats for sale tonight}}",
         "hit1:ok hit2:ok miss1:ok miss2:ok "},
        {"{known: [{text: look at t.me/telegram}, best summer hats for sale tonight]}",
         "hit1:ok hit2:ok miss1:ok miss2:hits "},
        {"{known: [look at t.me/telegram]}",
         "hit1:does not hit hit2:does not hit miss1:ok miss2:hits "},
        {"{site: [best summer hats for sale tonight]}",
         "hit1:does not hit hit2:does not hit miss1:ok miss2:ok "},
    };
    given_cases(
        rows, COUNT_OF(rows),
        "      hit: ['best WINTER hats for sale tonight!', 'tonight: for sale, best summer "
        "hats']\n"
        "      miss: ['what is the best hat for a summer night', 'look at t.me/telegram']\n");
}

int main(void)
{
    return TAP_RUN("rules/link", {"texts and spans", test_cases}, {"view", test_view},
                   {"lists outside of the pack", test_outside}, {"allowed links", test_allowed},
                   {"too many links", test_limit}, {"given", test_given},
                   {"lists of texts", test_texts}, {"given texts", test_given_texts});
}
