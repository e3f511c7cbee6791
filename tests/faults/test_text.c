/*
 * Texts and rule packs under faults: a text that rules match is called so by every one of them or not
 * fully looked at, a pack is in force whole or not at all, and the next text is looked at again.
 */
#include "faults.h"

#include "host.h"
#include "shim.h"
#include "state.h"

/* Every way to look for something. */
static const char pack[] =
    "format: libmod-rules/1\n"
    "pack: {id: birds, version: '1'}\n"
    "lists:\n"
    "  birds: {words: [parrot, budgie, cockatoo]}\n"
    "  food: {view: [fold, squeeze], words: [seed, cracker]}\n"
    "rules:\n"
    "  - {id: word, title: T, harm: other, action: hold, when: {word: the parrot}}\n"
    "  - {id: re, title: T, harm: other, action: hold, when: {re: 'p[o0]lly.{0,10}\\bwants'}}\n"
    "  - {id: every, title: T, harm: other, action: hold, when: {re: '\\d\\d\\d'}}\n"
    "  - {id: squeeze, title: T, harm: other, action: hold, when: {word: macaw, view: squeeze}}\n"
    "  - {id: near, title: T, harm: other, action: hold,\n"
    "     when: {near: {of: [birds, food], within: 20}}}\n"
    "  - {id: count, title: T, harm: other, action: hold,\n"
    "     when: {all: [{count: {of: birds, min: 3, distinct: true}}], not: [{word: cage}]}}\n"
    "  - {id: link, title: T, harm: other, action: hold, when: {link: {host: example.org}}}\n";
enum { RULES = 7 };

/* What reloading puts in its place. */
static const char other_pack[] =
    "format: libmod-rules/1\n"
    "pack: {id: birds, version: '2'}\n"
    "rules:\n"
    "  - {id: rail, title: T, harm: other, action: hold, when: {word: water rail}}\n";

static const char hit[] = "The  PARROT! P0lly wants seed 123, m.a.c.4.w, a b\xc3\xbc"
                          "dgie, a cockatoo at example[.]org",
                  clean[] = "a water rail in a cage, and p\xffolly",
                  html[] = "<p>The  <b>PAR</b>ROT! P0l<i>ly</i> wants seed &#49;23, m.a.c.4.w, a "
                           "budgie, <a href=\"https://example.org/\">a cockatoo</a>";

static struct tempdir site;
static lmod_engine *engine;
static char *long_hit; /* more than anything that was scanned before */
static size_t long_size;

static lmod_engine *open_engine(void)
{
    lmod_config *config = NULL;
    lmod_engine *out = NULL;
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/libmod.yaml", site.path);
    if (lmod_config_load(&config, path, NULL) == LMOD_OK)
        (void)lmod_engine_open(&out, config, LMOD_ABI, NULL);
    lmod_config_free(config);
    return out;
}

/* An outcome that is right with `n` matches, or a failure that says so. `whole`: only the former. */
static bool honest(int32_t status, lmod_verdict *verdict, size_t n, bool whole)
{
    bool ok = status < 0 && !verdict && !whole;
    if (status == LMOD_OK && verdict) {
        size_t count = lmod_verdict_count(verdict);
        bool complete = lmod_verdict_coverage(verdict) == LMOD_COMPLETE;
        bool right = count == n && (lmod_verdict_action(verdict) == LMOD_HOLD) == (n > 0);
        ok = right ? complete || !whole : !complete && !whole && count < n;
    }
    if (!ok)
        printf("# %d, %zu wanted: %s\n", status, n, lmod_verdict_json(verdict, NULL));
    lmod_verdict_free(verdict);
    return ok;
}

static bool scan(const char *text, size_t size, const char *format, size_t n, bool whole)
{
    lmod_subject *who = NULL;
    lmod_verdict *verdict = NULL;
    int32_t status = lmod_subject_new(&who);
    if (status == LMOD_OK)
        status = lmod_subject_set(who, LMOD_KEY_TEXT_FORMAT, format, strlen(format));
    if (status == LMOD_OK)
        status = lmod_scan_text(&verdict, engine, who, text, size, NULL);
    lmod_subject_free(who);
    return honest(status, verdict, n, whole);
}

static bool scan_plain(const char *text, size_t n, bool whole)
{
    return scan(text, strlen(text), "text/plain", n, whole);
}

/* Without faults, on the engine that had them: all texts, each with all that is in it. */
static bool all_right(void)
{
    return scan_plain(hit, RULES, true) && scan_plain(clean, 0, true) &&
           scan(html, strlen(html), "text/html", RULES, true) &&
           scan(long_hit, long_size, "text/plain", RULES, true);
}

/* A store that fell ill is left alone for a second; who opens the site anew does not wait. */
static bool settled(void)
{
    if (engine && fault_lasted()) {
        lmod_engine_close(engine);
        engine = NULL;
    }
    if (!engine)
        engine = open_engine();
    return engine != NULL;
}

static bool works(void)
{
    return settled() && all_right();
}

/* ---- before and after ---- */

static bool prepare_closed(void)
{
    return state_restore(&site);
}

static bool prepare(void)
{
    return state_restore(&site) && (engine = open_engine()) != NULL;
}

static bool prepare_warm(void)
{
    return prepare() && scan_plain(hit, RULES, true);
}

static void finish(void)
{
    lmod_engine_close(engine);
    engine = NULL;
}

static void finish_pack(void)
{
    finish();
    (void)tempdir_write(&site, "pack.yaml", pack, sizeof(pack) - 1);
}

/* An engine that opened degraded stays so until it reads its lists again: any may be of links. */
static bool reopen_and_works(void)
{
    finish();
    return works();
}

/* ---- scenarios ---- */

static bool run_open(void)
{
    engine = open_engine();
    return !engine || scan_plain(hit, RULES, false);
}

static bool run_hit(void)
{
    return scan_plain(hit, RULES, false);
}

static bool run_clean(void)
{
    return scan_plain(clean, 0, false);
}

static bool run_html(void)
{
    return scan(html, strlen(html), "text/html", RULES, false);
}

static bool run_long(void)
{
    return scan(long_hit, long_size, "text/plain", RULES, false);
}

static bool prepare_reload(void)
{
    return prepare_warm() && tempdir_write(&site, "pack.yaml", other_pack, sizeof(other_pack) - 1);
}

static bool run_reload(void)
{
    (void)lmod_engine_reload(engine, NULL);
    return true;
}

/* The old pack or the new one, with all of its rules; the new one once it can be read. */
static bool after_reload(void)
{
    lmod_verdict *verdict = NULL;
    if (lmod_scan_text(&verdict, engine, NULL, clean, strlen(clean), NULL) != LMOD_OK)
        return false;
    bool newer = lmod_verdict_count(verdict) > 0;
    lmod_verdict_free(verdict);
    bool ok = scan_plain(hit, newer ? 0 : RULES, false) && scan_plain(clean, newer, false);
    return ok && settled() && lmod_engine_reload(engine, NULL) == LMOD_OK &&
           scan_plain(clean, 1, true) && scan_plain(hit, 0, true);
}

static const struct scenario scenarios[] = {
    {"text-open", prepare_closed, run_open, reopen_and_works, finish},
    {"text-first", prepare, run_hit, works, finish},
    {"text-hit", prepare_warm, run_hit, works, finish},
    {"text-clean", prepare_warm, run_clean, works, finish},
    {"text-html", prepare, run_html, works, finish},
    {"text-long", prepare_warm, run_long, works, finish},
    {"text-reload", prepare_reload, run_reload, after_reload, finish_pack},
};

/* ---- the site ---- */

static bool write_site(void)
{
    static const char more[] = "packs: [pack.yaml]\ntext: {budget_us: 10000000}\n";
    size_t size;
    char *config = host_read(&site, "libmod.yaml", &size);
    bool ok = config && size && tempdir_write(&site, "pack.yaml", pack, sizeof(pack) - 1);
    if (ok) {
        memcpy(config + size, more, sizeof(more) - 1);
        ok = tempdir_write(&site, "libmod.yaml", config, size + sizeof(more) - 1);
    }
    free(config);
    return ok;
}

/* The words at the end of much that says nothing. */
static bool write_long(void)
{
    enum { BEFORE = 30000 };
    long_size = BEFORE + sizeof(hit) - 1;
    long_hit = malloc(long_size);
    if (!long_hit)
        return false;
    for (size_t i = 0; i < BEFORE; i++)
        long_hit[i] = "word after word, and no bird here. "[i % 35];
    memcpy(long_hit + BEFORE, hit, sizeof(hit) - 1);
    return true;
}

int main(int argc, char **argv)
{
    int code = 1;
    faults_place();
    bool ok =
        host_site(&site) && write_site() && write_long() && (engine = open_engine()) && all_right();
    finish();
    if (ok && state_save(&site))
        code = faults_main(argc, argv, scenarios, sizeof(scenarios) / sizeof(scenarios[0]));
    else
        printf("Bail out! no site to scan against\n");
    free(long_hit);
    tempdir_remove(&site);
    return code;
}
