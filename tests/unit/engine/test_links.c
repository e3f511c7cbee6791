/*
 * Links of texts, end to end: entries that another process made, lists of links beside pictures, what is
 * allowed, and lists that packs name.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libmod/libmod.h>

#include "engine/engine.h"
#include "store/store.h"
#include "tap.h"
#include "tempdir.h"
#include "text/text.h"

#define INVITE "t.me/+AbCdEf0123456789"

struct site {
    struct tempdir dir;
    struct engine *engine;
    struct store *store; /* as another process has it open */
};

static void begin(struct site *s)
{
    struct error why = {0};
    *s = (struct site){.engine = NULL};
    CU_ASSERT_TRUE_FATAL(tempdir_make(&s->dir));
    CU_ASSERT_TRUE_FATAL(
        tempdir_write(&s->dir, "site.key", "0123456789abcdef0123456789abcdef", 32));
    CU_ASSERT_EQUAL_FATAL(mkdir(tempdir_file(&s->dir, "state"), 0700), 0);
    const struct store_options o = {.dir = tempdir_file(&s->dir, "state"),
                                    .quota = UINT64_C(1) << 26,
                                    .keep_ms = UINT64_C(1) << 40};
    CU_ASSERT_EQUAL_FATAL(store_open(&s->store, &o, &why), LMOD_OK);
}

static int try_engine(struct site *s, const char *more, struct error *why)
{
    struct buffer b = BUFFER_INIT;
    const struct config *c = NULL;
    buffer_printf(&b,
                  "format: libmod/1\nsite: {name: example.org, key_file: site.key}\n"
                  "mode: enforce\nstate_dir: state\n"
                  "media: {worker: %s, sandbox: %s, workers: 1, wall_ms: 20000}\n%s",
                  TEST_WORKER, TEST_SANDBOX, more);
    const struct config_source source = {
        .name = "config", .base = s->dir.path, .text = b.data, .length = b.size};
    int status = config_parse(&c, &source, why);
    if (status == LMOD_OK)
        status = engine_open(&s->engine, c, ENGINE_RECORD, NULL, NULL, why);
    config_free(c);
    buffer_finish(&b);
    return status;
}

static void open_engine(struct site *s, const char *more)
{
    struct error why = {0};
    int status = try_engine(s, more, &why);
    if (status != LMOD_OK)
        printf("# %s:%u: %s\n", why.file, why.line, why.text);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
}

static void end(struct site *s)
{
    engine_close(s->engine);
    store_close(s->store);
    tempdir_remove(&s->dir);
}

static struct verdict *scan(struct site *s, const char *format, const char *words)
{
    struct verdict *v = NULL;
    const struct subject who = {.surface = LMOD_SURFACE_MESSAGE,
                                .host = "example.org",
                                .host_length = 11,
                                .item = "$1",
                                .item_length = 2,
                                .text_format = format,
                                .encrypted = UNSET,
                                .direct = UNSET};
    CU_ASSERT_EQUAL_FATAL(engine_text(&v, s->engine, &who, words, strlen(words), NULL), LMOD_OK);
    return v;
}

static uint8_t action_of(struct site *s, const char *words)
{
    struct verdict *v = scan(s, NULL, words);
    uint8_t action = v->action;
    verdict_free(v);
    return action;
}

/* A link joins or leaves a list in the other process; the engine hears of it. */
static void edit(struct site *s, const char *list, const char *link, bool add)
{
    struct link_digests d;
    struct store_decided done;
    struct error e = {0};
    uint32_t need;
    struct decision by = {.action = add ? DECIDE_ADD_TO_LIST : DECIDE_WITHDRAW, .src = "modctl"};
    CU_ASSERT_TRUE_FATAL(event_id(by.id, time_wall_ms()));
    CU_ASSERT_EQUAL_FATAL(link_listed(&d, link, strlen(link)), LMOD_OK);
    const struct store_signal_row row = {"link", d.sha256[0], sizeof(d.sha256[0])};
    int status = (add ? store_list_add : store_list_withdraw)(s->store, list, &row, 1, &by,
                                                              time_in_ms(5000), &done, &e);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
    CU_ASSERT_EQUAL(done.entries, 1);
    CU_ASSERT_EQUAL(engine_poll(s->engine, &need, NULL), LMOD_OK);
}

static void row(struct list_source *to, const char *entry, enum signal signal, const uint8_t *value)
{
    struct list_row r = {.signal = signal, .entry = entry, .quality = 100};
    struct error e = {0};
    memcpy(r.value, value, signal_bytes(signal));
    CU_ASSERT_EQUAL_FATAL(list_source_add(to, &r, &e), LMOD_OK);
}

static void row_link(struct list_source *to, const char *entry, const char *link)
{
    struct link_digests d;
    CU_ASSERT_EQUAL_FATAL(link_listed(&d, link, strlen(link)), LMOD_OK);
    row(to, entry, SIGNAL_LINK, d.sha256[0]);
}

static void write_list(struct site *s, const char *name, struct list_source *from)
{
    const struct list_meta meta = {.id = "test", .version = "v7"};
    struct error e = {0};
    CU_ASSERT_EQUAL_FATAL(list_write(tempdir_file(&s->dir, name), from, &meta, NULL, &e), LMOD_OK);
    list_source_free(from);
}

/* ---- local entries ---- */

static void test_local(void)
{
    static const char words[] = "come to t。me／joinchat/AbCdEf0123456789 and see";
    struct site s;
    begin(&s);
    open_engine(&s, "local: {harm: m.tos.ban_evasion, action: block, severity: high}\n");
    CU_ASSERT_EQUAL(action_of(&s, words), ACTION_ALLOW);
    edit(&s, "local", "https://" INVITE, true);
    struct verdict *v = scan(&s, NULL, words);
    CU_ASSERT_EQUAL(v->action, ACTION_BLOCK);
    CU_ASSERT_EQUAL(v->recorded, RECORDED_OK);
    CU_ASSERT_EQUAL_FATAL(v->count, 1);
    const struct match *m = &v->match[0];
    CU_ASSERT(m->kind == MATCH_LIST && m->signal == SIGNAL_LINK && m->strategy == STRATEGY_EXACT);
    CU_ASSERT_STRING_EQUAL(m->source, "local");
    CU_ASSERT_STRING_EQUAL(m->view, "link");
    CU_ASSERT_STRING_EQUAL(verdict_field(v, 0, "start"), "8");
    CU_ASSERT_EQUAL(m->to, strstr(words, " and") - words);
    verdict_free(v);
    CU_ASSERT_EQUAL(action_of(&s, "t.me/+Another0123456789"), ACTION_ALLOW);
    edit(&s, "local", INVITE, false);
    CU_ASSERT_EQUAL(action_of(&s, words), ACTION_ALLOW);
    end(&s);
}

/* A listed domain meets its pages; a listed page only itself. */
static void test_domains(void)
{
    struct site s;
    begin(&s);
    open_engine(&s, "");
    edit(&s, "local", "https://example.org/", true);
    edit(&s, "local", "example.net/a", true);
    CU_ASSERT_EQUAL(action_of(&s, "https://www.example.org/any/page?x=1"), ACTION_HOLD);
    CU_ASSERT_EQUAL(action_of(&s, "sub.example.org"), ACTION_HOLD);
    CU_ASSERT_EQUAL(action_of(&s, "example.net/a/"), ACTION_HOLD);
    CU_ASSERT_EQUAL(action_of(&s, "example.net/b example.net"), ACTION_ALLOW);
    end(&s);
}

static void test_html(void)
{
    static const char page[] = "<p>see <a href=\"https://" INVITE "\">here</a></p>";
    struct site s;
    begin(&s);
    open_engine(&s, "");
    edit(&s, "local", INVITE, true);
    struct verdict *v = scan(&s, "text/html", page);
    CU_ASSERT_EQUAL(v->action, ACTION_HOLD);
    CU_ASSERT_EQUAL_FATAL(v->count, 1);
    CU_ASSERT_EQUAL(v->match[0].from, strstr(page, "https") - page);
    CU_ASSERT_EQUAL(v->match[0].to, strstr(page, "\">here") - page);
    verdict_free(v);
    end(&s);
}

/* ---- lists ---- */

static const char with_lists[] =
    "lists: [{id: mixed, file: mixed.lml, harm: m.adult.ncii, action: block, severity: high}]\n";

static void test_mixed_list(void)
{
    uint8_t sha256[32] = {1};
    struct site s;
    struct list_source *l = list_source_new();
    begin(&s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    row(l, "picture", SIGNAL_SHA256, sha256);
    row_link(l, "clones", INVITE);
    row_link(l, "clones", "discord.gg/AbCdE");
    row_link(l, "other", "example.org");
    write_list(&s, "mixed.lml", l);
    open_engine(&s, with_lists);
    struct verdict *v = scan(&s, NULL, "tg://join?invite=AbCdEf0123456789 or discord.gg/AbCdE");
    CU_ASSERT_EQUAL(v->action, ACTION_BLOCK);
    CU_ASSERT_EQUAL_FATAL(v->count, 1); /* one entry */
    CU_ASSERT_STRING_EQUAL(v->match[0].source, "mixed");
    CU_ASSERT_STRING_EQUAL(v->match[0].version, "v7");
    CU_ASSERT_STRING_EQUAL(v->match[0].entry, "clones");
    verdict_free(v);
    v = scan(&s, NULL, "discord.gg/AbCdE, example.org/x");
    CU_ASSERT_EQUAL(v->count, 2);
    verdict_free(v);
    end(&s);
}

/* A list that is not there may hold the link: the scan says that it could not look. */
static void test_missing_list(void)
{
    struct site s;
    begin(&s);
    open_engine(&s, with_lists);
    struct verdict *v = scan(&s, NULL, INVITE);
    CU_ASSERT_EQUAL(v->coverage, COVERAGE_PARTIAL);
    CU_ASSERT_EQUAL(v->reasons, REASON_LIST);
    verdict_free(v);
    end(&s);
}

/* Links behind the 64th were not looked up. */
static void test_limit(void)
{
    struct site s;
    struct buffer b = BUFFER_INIT;
    begin(&s);
    open_engine(&s, "");
    for (unsigned i = 0; i < TEXT_LINKS_MAX + 1; i++)
        buffer_printf(&b, "t.me/name%u ", i);
    CU_ASSERT_FATAL(!b.failed);
    struct verdict *v = scan(&s, NULL, b.data);
    CU_ASSERT_EQUAL(v->reasons, 0); /* nobody lists links */
    verdict_free(v);
    edit(&s, "local", INVITE, true);
    v = scan(&s, NULL, b.data);
    CU_ASSERT_EQUAL(v->reasons, REASON_LIMIT);
    verdict_free(v);
    buffer_finish(&b);
    end(&s);
}

/* ---- what is allowed ---- */

#define HEAD(version) "format: libmod-rules/1\npack: {id: p, version: '" version "'}\n"
#define RULE          "id: any, title: T, harm: other, action: flag"
static const char pack[] =
    HEAD("1") "lists: {known: {file: known.lml}, mixed: {config: mixed}}\n"
              "rules:\n"
              "  - {" RULE ", when: {link: {}}}\n"
              "  - id: known\n"
              "    title: T\n"
              "    harm: other\n"
              "    action: hold\n"
              "    when: {any: [{list: known}, {link: {family: web, list: mixed}}]}\n";

static void write_pack(struct site *s, const char *name, const char *text)
{
    CU_ASSERT_TRUE_FATAL(tempdir_write(&s->dir, name, text, strlen(text)));
}

/* An allowed link is suppressed in lists and no link for rules; those beside it are what they were. */
static void test_allowed(void)
{
    struct site s;
    begin(&s);
    write_pack(&s, "pack.yaml", HEAD("1") "rules: [{" RULE ", when: {link: {}}}]\n");
    open_engine(&s, "packs: [pack.yaml]\n");
    edit(&s, "local", INVITE, true);
    edit(&s, "local", "discord.gg/AbCdE", true);
    CU_ASSERT_EQUAL(action_of(&s, INVITE), ACTION_HOLD);
    edit(&s, "allow", INVITE, true);
    struct verdict *v = scan(&s, NULL, INVITE);
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
    CU_ASSERT(v->count == 1 && v->match[0].suppressed);
    verdict_free(v);
    CU_ASSERT_EQUAL(action_of(&s, INVITE " example.org"), ACTION_FLAG);
    CU_ASSERT_EQUAL(action_of(&s, INVITE " discord.gg/AbCdE"), ACTION_HOLD);
    end(&s);
}

/* Allow lists in files, and whole domains. */
static void test_allow_file(void)
{
    struct site s;
    struct list_source *l = list_source_new();
    begin(&s);
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    row_link(l, "ours", "example.org");
    write_list(&s, "ok.lml", l);
    open_engine(&s, "allow: [ok.lml]\n");
    edit(&s, "local", "example.org/page", true);
    edit(&s, "local", "example.net/page", true);
    CU_ASSERT_EQUAL(action_of(&s, "example.org/page"), ACTION_ALLOW);
    CU_ASSERT_EQUAL(action_of(&s, "example.net/page"), ACTION_HOLD);
    end(&s);
}

/* ---- lists that packs name ---- */

static void test_pack_lists(void)
{
    struct site s;
    struct error e = {0};
    struct list_source *l = list_source_new(), *mixed = list_source_new();
    uint32_t need = 0;
    begin(&s);
    CU_ASSERT_FATAL(l && mixed);
    CU_ASSERT_EQUAL_FATAL(mkdir(tempdir_file(&s.dir, "packs"), 0700), 0);
    write_pack(&s, "packs/pack.yaml", pack);
    CU_ASSERT_EQUAL(try_engine(&s, "packs: [packs/pack.yaml]\n", &e), LMOD_E_RULES);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "the config has no list \"mixed\""));
    CU_ASSERT_EQUAL(e.line, 3);
    row_link(mixed, "e", "example.org");
    row_link(mixed, "e", "discord.gg/AbCdE");
    write_list(&s, "mixed.lml", mixed);
    open_engine(&s, "packs: [packs/pack.yaml]\n"
                    "lists: [{id: mixed, file: mixed.lml, harm: other, action: flag}]\n");
    struct verdict *v = scan(&s, NULL, INVITE); /* its own list is missing */
    CU_ASSERT(v->action == ACTION_FLAG && v->reasons == REASON_LIST);
    verdict_free(v);
    CU_ASSERT_EQUAL(action_of(&s, "discord.gg/AbCdE"), ACTION_FLAG);
    CU_ASSERT_EQUAL(action_of(&s, "example.org"), ACTION_HOLD);
    row_link(l, "e", INVITE);
    write_list(&s, "packs/known.lml", l);
    CU_ASSERT_EQUAL(engine_poll(s.engine, &need, NULL), LMOD_OK);
    CU_ASSERT(need & LMOD_NEED_RELOAD);
    CU_ASSERT_EQUAL(engine_reload(s.engine, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(engine_poll(s.engine, &need, NULL), LMOD_OK);
    CU_ASSERT_FALSE(need & LMOD_NEED_RELOAD);
    v = scan(&s, NULL, "t.me/joinchat/AbCdEf0123456789");
    CU_ASSERT(v->action == ACTION_HOLD && v->reasons == 0 && v->count == 2);
    verdict_free(v);
    /* The pack names one list less: the files that are watched are others. */
    write_pack(&s, "packs/pack.yaml",
               HEAD("2") "rules: [{" RULE ", when: {link: {family: qq}}}]\n");
    CU_ASSERT_EQUAL(engine_reload(s.engine, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(unlink(tempdir_file(&s.dir, "packs/known.lml")), 0);
    CU_ASSERT_EQUAL(engine_poll(s.engine, &need, NULL), LMOD_OK);
    CU_ASSERT_FALSE(need & LMOD_NEED_RELOAD);
    CU_ASSERT_EQUAL(action_of(&s, INVITE), ACTION_ALLOW);
    end(&s);
}

/* A text is not kept: what its links met is, as long as the entry is there. */
static void test_recall(void)
{
    struct site s;
    struct verdict *v = NULL;
    const struct subject who = {.surface = LMOD_SURFACE_MESSAGE,
                                .host = "example.org",
                                .host_length = 11,
                                .encrypted = UNSET,
                                .direct = UNSET};
    begin(&s);
    open_engine(&s, "");
    edit(&s, "local", INVITE, true);
    CU_ASSERT_EQUAL(action_of(&s, "see " INVITE), ACTION_HOLD);
    CU_ASSERT_EQUAL_FATAL(engine_recall(&v, s.engine, &who, "$1", 2, NULL), LMOD_OK);
    CU_ASSERT(v->action == ACTION_HOLD && v->count == 1 && v->match[0].from == 4);
    verdict_free(v);
    edit(&s, "local", INVITE, false);
    CU_ASSERT_EQUAL_FATAL(engine_recall(&v, s.engine, &who, "$1", 2, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
    verdict_free(v);
    end(&s);
}

int main(void)
{
    return TAP_RUN("engine/links", {"local entries", test_local}, {"domains", test_domains},
                   {"HTML", test_html}, {"a list of links and pictures", test_mixed_list},
                   {"a missing list", test_missing_list}, {"too many links", test_limit},
                   {"allowed links", test_allowed}, {"allow lists", test_allow_file},
                   {"lists of packs", test_pack_lists}, {"recall", test_recall});
}
