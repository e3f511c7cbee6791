/* Links: every spelling of an identity gives its one key, and everyday prose has none. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "tap.h"
#include "text/text.h"

#include "link_spellings.h"

static bool equal(const char *bytes, size_t size, const char *want)
{
    return size == strlen(want) && (!size || memcmp(bytes, want, size) == 0);
}

/* The links of a text; `t` holds them. */
static struct text_links links_of(struct text *t, const char *s, uint32_t want)
{
    struct text_links l;
    CU_ASSERT_EQUAL_FATAL(text_run(t, s, strlen(s), 1u << VIEW_FOLD), LMOD_OK);
    CU_ASSERT_EQUAL_FATAL(text_links(t, want, &l), LMOD_OK);
    return l;
}

/* Texts with this one link in them. */
static void check(const struct spelling *rows, uint32_t want)
{
    struct text *t = text_new();
    CU_ASSERT_FATAL(t != NULL);
    for (; rows->text; rows++) {
        struct text_links l = links_of(t, rows->text, want);
        const char *colon = strchr(rows->key, ':');
        uint32_t family = 0;
        bool so = l.size == 1 && !l.more && equal(l.links[0].key, l.links[0].key_size, rows->key);
        if (!so)
            printf("# %s: %u links, %.*s, not %s\n", rows->text, (unsigned)l.size,
                   l.size ? (int)l.links[0].key_size : 0, l.size ? l.links[0].key : "", rows->key);
        CU_ASSERT(so);
        CU_ASSERT(term_value(link_family_terms, rows->key, (size_t)(colon - rows->key), &family));
        CU_ASSERT(!so || l.links[0].family == family);
    }
    text_free(t);
}

static void test_services(void)
{
    check(telegram_spellings, 0);
    check(discord_spellings, 0);
    check(matrix_spellings, 0);
    check(whatsapp_spellings, 0);
    check(line_spellings, 0);
    check(signal_spellings, 0);
    check(qq_spellings, 0);
    check(potato_spellings, 0);
}

static void test_web(void)
{
    check(web_spellings, 0);
}

static void test_handles(void)
{
    static const struct spelling asked[] = {
        {"write to @Some_Name please", "telegram:@some_name"},
        {"(@some_name)", "telegram:@some_name"},
        {"@some_name, hello", "telegram:@some_name"},
        {"加@some_name吧", "telegram:@some_name"},
        {NULL, NULL},
    };
    check(asked, LINKS_HANDLES);
    check(handle_spellings, 0);
}

static void test_prose(void)
{
    struct text *t = text_new();
    CU_ASSERT_FATAL(t != NULL);
    for (size_t i = 0; prose[i]; i++) {
        struct text_links l = links_of(t, prose[i], 0);
        if (l.size)
            printf("# %s: %.*s\n", prose[i], (int)l.links[0].key_size, l.links[0].key);
        CU_ASSERT_EQUAL(l.size + l.more, 0);
    }
    text_free(t);
}

static void test_handles_not_asked(void)
{
    static const char *const rows[] = {
        "@everyone look",
        "ask someone@example.org",
        "@user@social.example",
        "ping @al",
        "@1234567",
        "@this_name_is_far_too_long_for_any_account_there",
    };
    struct text *t = text_new();
    CU_ASSERT_FATAL(t != NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text_links l = links_of(t, rows[i], LINKS_HANDLES);
        if (l.size)
            printf("# %s: %.*s\n", rows[i], (int)l.links[0].key_size, l.links[0].key);
        CU_ASSERT_EQUAL(l.size, 0);
    }
    CU_ASSERT_EQUAL(links_of(t, "thanks @some_name", 0).size, 0);
    text_free(t);
}

/* The place in the raw text, whole characters of it. */
static void test_spans(void)
{
    static const struct {
        const char *text, *link;
    } rows[] = {
        {"see https://example.org/a/b, ok", "https://example.org/a/b"},
        {"加入 t。me／+AbCdEf 吧", "t。me／+AbCdEf"},
        {"(https://user:pw@example.org:8080/x)", "https://user:pw@example.org:8080/x"},
        {"[a](https://example.org/x_(y))", "https://example.org/x_(y)"},
        {"now t . me / + AbCdEf!", "t . me / + AbCdEf"},
        {"hxxps://example[.]org/a.", "hxxps://example[.]org/a"},
        {"飞机：@some_name。", "飞机：@some_name"},
        {"\xff\xfe go to example.org", "example.org"},
        {"ｅｘａｍｐｌｅ．ｏｒｇ", "ｅｘａｍｐｌｅ．ｏｒｇ"},
        {"QQ群：123456789，快", "QQ群：123456789"},
        {"example.org.", "example.org"},
    };
    struct text *t = text_new();
    CU_ASSERT_FATAL(t != NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct text_links l = links_of(t, rows[i].text, 0);
        CU_ASSERT_EQUAL_FATAL(l.size, 1);
        const struct text_link *k = &l.links[0];
        bool so = equal(rows[i].text + k->from, k->to - k->from, rows[i].link);
        if (!so)
            printf("# %s: %.*s\n", rows[i].text, (int)(k->to - k->from), rows[i].text + k->from);
        CU_ASSERT(so);
    }
    text_free(t);
}

/* By which digests lists have a key: its own, and that of the domain that it is a page of. */
static void test_digests(void)
{
    static const struct {
        const char *key, *domain;
    } rows[] = {
        {"telegram:+AbCdEf", NULL},
        {"web:example.org", NULL},
        {"web:example.co.uk", NULL},
        {"web:example.org/x", "web:example.org"},
        {"web:example.org?q=1", "web:example.org"},
        {"web:a.b.example.co.uk/x/y", "web:example.co.uk"},
        {"web:name.github.io/x", "web:name.github.io"},
    };
    struct hasher *h = hasher_new();
    CU_ASSERT_FATAL(h != NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *key = rows[i].key, *domain = rows[i].domain;
        struct link_digests d;
        uint8_t sha256[SHA256_BYTES];
        CU_ASSERT_FATAL(link_digests(&d, h, key, strlen(key)));
        CU_ASSERT_EQUAL_FATAL(d.n, domain ? 2 : 1);
        for (uint32_t k = 0; k < d.n; k++) {
            const char *listed = k ? domain : key;
            CU_ASSERT(sha256_of(sha256, listed, strlen(listed)));
            CU_ASSERT_EQUAL(memcmp(sha256, d.sha256[k], sizeof(sha256)), 0);
            CU_ASSERT(link_covers(listed, strlen(listed), key, strlen(key)));
        }
        CU_ASSERT_FALSE(link_covers("web:example.net", 15, key, strlen(key)));
        CU_ASSERT_FALSE(link_covers("web:", 4, key, strlen(key)));
    }
    CU_ASSERT_FALSE(link_covers("web:example.org/x", 17, "web:example.org/y", 17));
    CU_ASSERT_FALSE(link_covers("web:example.org/x", 17, "web:example.org", 15));
    hasher_free(h);
}

/* The address of a tag is a link, where it stands. */
static void test_html(void)
{
    static const char html[] = "\xff<b>go</b> <a href=\"https://t.me/+AbC&#100;Ef\">to example</a>"
                               "<br/><br>t.<i>m</i>e/+XyZwVu";
    struct text *t = text_new();
    struct text_links l;
    CU_ASSERT_FATAL(t != NULL);
    CU_ASSERT_EQUAL_FATAL(text_run_html(t, html, strlen(html), 1u << VIEW_FOLD), LMOD_OK);
    CU_ASSERT_EQUAL_FATAL(text_links(t, 0, &l), LMOD_OK);
    CU_ASSERT_EQUAL_FATAL(l.size, 2);
    CU_ASSERT(equal(l.links[0].key, l.links[0].key_size, "telegram:+AbCdEf"));
    CU_ASSERT(equal(html + l.links[0].from, l.links[0].to - l.links[0].from,
                    "https://t.me/+AbC&#100;Ef"));
    CU_ASSERT(equal(l.links[1].key, l.links[1].key_size, "telegram:+XyZwVu"));
    CU_ASSERT_EQUAL(l.links[1].to, strlen(html));
    text_free(t);
}

/* Several in one text, in order; hosts. */
static void test_several(void)
{
    static const char *const want[] = {"telegram:+AbCdEf", "web:example.org/x", "discord:QwErTy",
                                       "web:example.co.uk"};
    struct text *t = text_new();
    CU_ASSERT_FATAL(t != NULL);
    struct text_links l = links_of(
        t, "t.me/+AbCdEf,https://www.Example.org/x;discord.gg/QwErTy\nhttps://a.b.example.co.uk/",
        0);
    CU_ASSERT_EQUAL_FATAL(l.size, COUNT_OF(want));
    for (size_t i = 0; i < COUNT_OF(want); i++) {
        CU_ASSERT(equal(l.links[i].key, l.links[i].key_size, want[i]));
        CU_ASSERT(!i || l.links[i - 1].to <= l.links[i].from);
    }
    CU_ASSERT(equal(l.links[0].host, l.links[0].host_size, "t.me"));
    CU_ASSERT(equal(l.links[1].host, l.links[1].host_size, "example.org"));
    CU_ASSERT(equal(l.links[3].host, l.links[3].host_size, "a.b.example.co.uk"));
    text_free(t);
}

static void test_limits(void)
{
    struct buffer b = BUFFER_INIT;
    struct text *t = text_new();
    struct text_links l;
    for (unsigned i = 0; i < 100; i++)
        buffer_printf(&b, "t.me/name%u ", i);
    CU_ASSERT_FATAL(t && !b.failed);
    l = links_of(t, b.data, 0);
    CU_ASSERT_EQUAL(l.size, TEXT_LINKS_MAX);
    CU_ASSERT_EQUAL(l.more, 100 - TEXT_LINKS_MAX);
    buffer_clear(&b);
    buffer_str(&b, "https://example.org/");
    for (unsigned i = 0; i < 5000; i++)
        buffer_str(&b, "a%e4");
    l = links_of(t, b.data, 0);
    CU_ASSERT_FATAL(l.size == 1);
    CU_ASSERT(l.links[0].key_size <= 2048);
    CU_ASSERT_EQUAL(text_run(t, "t.me/some_name", 14, 0), LMOD_OK);
    CU_ASSERT_EQUAL(text_links(t, 0, &l), LMOD_E_ARGUMENT);
    CU_ASSERT_EQUAL(l.size, 0);
    CU_ASSERT_EQUAL(links_of(t, "", 0).size, 0);
    CU_ASSERT_EQUAL(links_of(t, "nothing here", 0).size, 0);
    text_free(t);
    buffer_finish(&b);
}

/* Asking twice changes nothing, asking otherwise does, and the next text begins anew. */
static void test_again(void)
{
    struct text *t = text_new();
    struct text_links l;
    CU_ASSERT_FATAL(t != NULL);
    CU_ASSERT_EQUAL(links_of(t, "hello @some_name", 0).size, 0);
    CU_ASSERT_EQUAL(text_links(t, LINKS_HANDLES, &l), LMOD_OK);
    CU_ASSERT_EQUAL(l.size, 1);
    CU_ASSERT_EQUAL(text_links(t, 0, &l), LMOD_OK);
    CU_ASSERT_EQUAL(l.size, 0);
    CU_ASSERT_EQUAL(links_of(t, "t.me/some_name", 0).size, 1);
    CU_ASSERT_EQUAL(text_links(t, 0, &l), LMOD_OK);
    CU_ASSERT_EQUAL(l.size, 1);
    text_free(t);
}

static void key_is(const char *text, const char *want)
{
    struct buffer out = BUFFER_INIT;
    uint8_t family = 0;
    int status = link_key(&out, &family, text, strlen(text));
    bool so = want ? !status && equal(out.data, out.size, want) : status == LMOD_E_ARGUMENT;
    if (!so)
        printf("# %s: %d %s, not %s\n", text, status, out.size ? out.data : "",
               want ? want : "none");
    CU_ASSERT(so);
    buffer_finish(&out);
}

/* Every key is its own key; every spelling that is found is one for the moderator too. */
static void test_keys(void)
{
    static const struct spelling *const all[] = {
        telegram_spellings, discord_spellings, matrix_spellings, whatsapp_spellings,
        line_spellings,     signal_spellings,  qq_spellings,     potato_spellings,
        web_spellings,      handle_spellings};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        for (const struct spelling *s = all[i]; s->text; s++)
            key_is(s->key, s->key);
    key_is(" https://t.me/joinchat/AbCdEf\r\n", "telegram:+AbCdEf");
    key_is("@Some_Name", "telegram:@some_name");
    key_is("#room:example.org", "matrix:#room:example.org");
    key_is("example.in", "web:example.in");
    key_is("<www.Sub.example.in>", "web:example.in");
    key_is("https://github.com/", "web:github.com");
    key_is("somebody.github.io", "web:somebody.github.io");
    key_is("QQ 123456", "qq:123456");
    key_is("", NULL);
    key_is("  ", NULL);
    key_is("hello", NULL);
    key_is("telegram:", NULL);
    key_is("telegram:@x", NULL);
    key_is("discord:!", NULL);
    key_is("qq:12", NULL);
    key_is("web:hello", NULL);
    key_is("t.me/abcde t.me/fghij", NULL);
    key_is("look at example.org", NULL);
}

int main(void)
{
    return TAP_RUN("text/links", {"spellings of services", test_services}, {"pages", test_web},
                   {"handles", test_handles}, {"prose has none", test_prose},
                   {"handles that are none", test_handles_not_asked}, {"places", test_spans},
                   {"several", test_several}, {"digests of lists", test_digests},
                   {"HTML", test_html}, {"limits", test_limits}, {"again", test_again},
                   {"keys of moderators", test_keys});
}
