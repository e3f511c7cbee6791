/*
 * The engine end to end: real lists, the real worker, real verdicts. The picture is the one that
 * selftest_picture() draws; the lists hold what this file computes from it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <libmod/libmod.h>

#include "crypto/crypto.h"
#include "engine/engine.h"
#include "hash/hash.h"
#include "lists/lists.h"
#include "tap.h"
#include "tempdir.h"

static const char clip[] = "\0\0\0\x20"
                           "ftypisom a film, byte for byte";
#define CLIP clip, sizeof(clip) - 1

/* A site in a directory of its own. */
struct site {
    struct tempdir dir;
    struct buffer picture;
    struct buffer config;
    struct engine *engine;
};

static void site_begin(struct site *s, const char *more)
{
    *s = (struct site){.picture = BUFFER_INIT, .config = BUFFER_INIT};
    CU_ASSERT_TRUE_FATAL(tempdir_make(&s->dir));
    CU_ASSERT_TRUE_FATAL(
        tempdir_write(&s->dir, "site.key", "0123456789abcdef0123456789abcdef", 32));
    selftest_picture(&s->picture);
    buffer_printf(
        &s->config,
        "format: libmod/1\nsite: {name: example.org, key_file: site.key}\n"
        "state_dir: state\nmedia: {worker: %s, sandbox: %s, workers: 1, wall_ms: 20000}\n%s",
        TEST_WORKER, TEST_SANDBOX, more);
}

static int site_open(struct site *s, struct error *e)
{
    const struct config *c = NULL;
    const struct config_source source = {
        .name = "config", .base = s->dir.path, .text = s->config.data, .length = s->config.size};
    int status = config_parse(&c, &source, e);
    if (status == LMOD_OK)
        status = engine_open(&s->engine, c, ENGINE_RECORD, NULL, NULL, e);
    config_free(c);
    return status;
}

static void site_must_open(struct site *s)
{
    struct error e = {0};
    int status = site_open(s, &e);
    if (status != LMOD_OK)
        printf("# %s:%u: %s\n", e.file, e.line, e.text);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
}

static void site_end(struct site *s)
{
    engine_close(s->engine);
    buffer_finish(&s->picture);
    buffer_finish(&s->config);
    tempdir_remove(&s->dir);
}

/* Scans bytes on a surface; the caller frees. */
static struct verdict *look(struct site *s, uint32_t surface, const void *bytes, size_t size)
{
    struct verdict *v = NULL;
    const struct subject who = {.surface = surface, .encrypted = UNSET, .direct = UNSET};
    CU_ASSERT_EQUAL_FATAL(engine_media(&v, s->engine, &who, -1, bytes, size, NULL), LMOD_OK);
    return v;
}

/* ---- lists ---- */

static void row(struct list_source *to, const char *entry, enum signal signal, const void *value)
{
    struct list_row r = {.signal = signal, .entry = entry, .quality = 100};
    struct error e = {0};
    memcpy(r.value, value, signal_bytes(signal));
    CU_ASSERT_EQUAL_FATAL(list_source_add(to, &r, &e), LMOD_OK);
}

static void write_list(struct site *s, const char *name, const char *version, struct list_source *l)
{
    const struct list_meta meta = {.id = "test", .version = version, .dialect = DIALECT_REFERENCE};
    struct error e = {0};
    int status = list_write(tempdir_file(&s->dir, name), l, &meta, NULL, &e);
    if (status != LMOD_OK)
        printf("# %s\n", e.text);
    CU_ASSERT_EQUAL_FATAL(status, LMOD_OK);
    list_source_free(l);
}

/* A list with one digest of the clip. */
static void write_clip_list(struct site *s, const char *name, const char *version, enum signal kind)
{
    struct digests d;
    struct list_source *l = list_source_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(l);
    CU_ASSERT_EQUAL_FATAL(digests_of(&d, DIGEST_MD5 | DIGEST_SHA1 | DIGEST_SHA256, CLIP), LMOD_OK);
    row(l, "clip", kind, kind == SIGNAL_MD5 ? d.md5 : kind == SIGNAL_SHA1 ? d.sha1 : d.sha256);
    write_list(s, name, version, l);
}

/* What the worker says of the picture. */
static struct wire_candidate picture_hashes(struct site *s)
{
    struct media_result r;
    struct digests d;
    char why[256] = "";
    struct media *pool = engine_media_pool(s->engine, why, sizeof(why));
    CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
    CU_ASSERT_EQUAL(digests_of(&d, DIGEST_SHA256, s->picture.data, s->picture.size), LMOD_OK);
    media_hash(pool, -1, s->picture.data, s->picture.size, d.sha256, 0, &r);
    CU_ASSERT_EQUAL_FATAL(r.reasons, 0);
    CU_ASSERT_TRUE_FATAL(r.reply.count >= 1);
    return r.reply.candidate[0];
}

/* ---- tests ---- */

static void test_clean(void)
{
    struct site s;
    site_begin(&s, "mode: enforce\n");
    site_must_open(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, s.picture.size);
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
    CU_ASSERT_EQUAL(v->coverage, COVERAGE_COMPLETE);
    CU_ASSERT_EQUAL(v->count, 0);
    CU_ASSERT_EQUAL(strncmp(v->content, "h1:", 3), 0);
    CU_ASSERT_EQUAL(strlen(v->content), 67);
    verdict_free(v);
    site_end(&s);
}

static void test_digests(void)
{
    static const enum signal kinds[] = {SIGNAL_MD5, SIGNAL_SHA1, SIGNAL_SHA256};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct site s;
        site_begin(&s, "mode: enforce\nlists:\n"
                       "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: block}\n");
        write_clip_list(&s, "ban.lml", "7", kinds[i]);
        site_must_open(&s);
        struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
        CU_ASSERT_EQUAL(v->action, ACTION_BLOCK);
        CU_ASSERT_EQUAL(v->coverage, COVERAGE_PARTIAL); /* a film: byte for byte only */
        CU_ASSERT_EQUAL(v->reasons, REASON_UNSUPPORTED);
        CU_ASSERT_EQUAL_FATAL(v->count, 1);
        CU_ASSERT_EQUAL(v->match[0].signal, kinds[i]);
        CU_ASSERT_STRING_EQUAL(v->match[0].entry, "clip");
        CU_ASSERT_STRING_EQUAL(v->match[0].version, "7");
        CU_ASSERT_STRING_EQUAL(verdict_field(v, 0, "strategy"), "exact");
        verdict_free(v);
        v = look(&s, LMOD_SURFACE_UPLOAD, clip, sizeof(clip) - 2);
        CU_ASSERT_EQUAL(v->count, 0);
        verdict_free(v);
        site_end(&s);
    }
}

static void test_every_orientation(void)
{
    struct site s;
    site_begin(&s, "mode: enforce\nlists:\n"
                   "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: block}\n");
    site_must_open(&s); /* the list is missing so far: partial */
    struct wire_candidate c = picture_hashes(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, s.picture.size);
    CU_ASSERT_EQUAL(v->reasons, REASON_LIST);
    verdict_free(v);
    for (unsigned turn = 0; turn < DIHEDRALS; turn++) {
        struct list_source *l = list_source_new();
        uint32_t need = 0;
        uint8_t near[PDQ_BYTES];
        memcpy(near, c.hash[turn], sizeof(near));
        near[3] ^= 0x5A; /* four bits away */
        row(l, "e1", SIGNAL_PDQ, near);
        write_list(&s, "ban.lml", term_name(strategy_terms, turn), l);
        CU_ASSERT_EQUAL(engine_poll(s.engine, &need, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(need, LMOD_NEED_RELOAD);
        CU_ASSERT_EQUAL(engine_reload(s.engine, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(engine_poll(s.engine, &need, NULL), LMOD_OK);
        CU_ASSERT_EQUAL(need, 0);
        v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, s.picture.size);
        CU_ASSERT_EQUAL(v->action, ACTION_HOLD); /* perceptual_max */
        CU_ASSERT_EQUAL(v->coverage, COVERAGE_COMPLETE);
        CU_ASSERT_EQUAL_FATAL(v->count, 1);
        CU_ASSERT_EQUAL(v->match[0].strategy, turn);
        CU_ASSERT_EQUAL(v->match[0].distance, 4);
        CU_ASSERT_STRING_EQUAL(v->match[0].version, term_name(strategy_terms, turn));
        verdict_free(v);
    }
    site_end(&s);
}

static void test_radius(void)
{
    struct site s;
    site_begin(&s, "lists:\n"
                   "  - {id: far, file: far.lml, harm: m.adult.ncii, action: hold}\n"
                   "  - {id: near, file: near.lml, harm: m.adult.ncii, action: hold, radius: 8}\n");
    site_must_open(&s);
    struct wire_candidate c = picture_hashes(&s);
    struct list_source *far = list_source_new(), *near = list_source_new();
    for (unsigned bits = 30; bits <= 33; bits++) {
        uint8_t h[PDQ_BYTES];
        char name[8];
        (void)snprintf(name, sizeof(name), "d%u", bits);
        memcpy(h, c.hash[0], sizeof(h));
        for (unsigned b = 0; b < bits; b++)
            h[b * 7 % 256 / 8] ^= (uint8_t)(1u << (b * 7 % 8));
        row(far, name, SIGNAL_PDQ, h);
    }
    uint8_t h[PDQ_BYTES];
    memcpy(h, c.hash[0], sizeof(h));
    h[0] ^= 0xFF;
    row(near, "d8", SIGNAL_PDQ, h);
    h[1] ^= 1;
    row(near, "d9", SIGNAL_PDQ, h);
    write_list(&s, "far.lml", "1", far);
    write_list(&s, "near.lml", "1", near);
    CU_ASSERT_EQUAL(engine_reload(s.engine, NULL), LMOD_OK);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, s.picture.size);
    CU_ASSERT_EQUAL_FATAL(v->count, 3);
    CU_ASSERT_STRING_EQUAL(v->match[0].entry, "d30");
    CU_ASSERT_STRING_EQUAL(v->match[1].entry, "d31");
    CU_ASSERT_STRING_EQUAL(v->match[2].entry, "d8");
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW); /* observe is the default */
    CU_ASSERT_EQUAL(v->would, ACTION_HOLD);
    verdict_free(v);
    site_end(&s);
}

static void test_exact_before_perceptual(void)
{
    struct site s;
    struct digests d;
    site_begin(&s, "mode: enforce\nlists:\n"
                   "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: block}\n");
    site_must_open(&s);
    struct wire_candidate c = picture_hashes(&s);
    struct list_source *l = list_source_new();
    CU_ASSERT_EQUAL(digests_of(&d, DIGEST_SHA256, s.picture.data, s.picture.size), LMOD_OK);
    row(l, "one", SIGNAL_SHA256, d.sha256);
    row(l, "one", SIGNAL_PDQ, c.hash[0]);
    write_list(&s, "ban.lml", "1", l);
    CU_ASSERT_EQUAL(engine_reload(s.engine, NULL), LMOD_OK);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, s.picture.size);
    CU_ASSERT_EQUAL_FATAL(v->count, 1); /* one entry, one match: the stronger */
    CU_ASSERT_EQUAL(v->match[0].signal, SIGNAL_SHA256);
    CU_ASSERT_EQUAL(v->action, ACTION_BLOCK);
    verdict_free(v);
    site_end(&s);
}

static void test_allow_and_authority(void)
{
    struct site s;
    site_begin(&s, "mode: enforce\nallow: [ok.lml]\nlists:\n"
                   "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: block}\n"
                   "  - {id: law, file: law.lml, harm: other, action: hold, authority: true}\n");
    write_clip_list(&s, "ok.lml", "1", SIGNAL_SHA256);
    write_clip_list(&s, "ban.lml", "1", SIGNAL_SHA256);
    struct list_source *l = list_source_new();
    uint8_t other[32] = {1};
    row(l, "x", SIGNAL_SHA256, other);
    write_list(&s, "law.lml", "1", l);
    site_must_open(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
    CU_ASSERT_EQUAL_FATAL(v->count, 1);
    CU_ASSERT_TRUE(v->match[0].suppressed);
    verdict_free(v);
    write_clip_list(&s, "law.lml", "2", SIGNAL_SHA256);
    CU_ASSERT_EQUAL(engine_reload(s.engine, NULL), LMOD_OK);
    v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_EQUAL(v->action, ACTION_HOLD);
    CU_ASSERT_EQUAL(v->count, 2);
    verdict_free(v);
    site_end(&s);
}

static void test_allow_refuses_weak_digests(void)
{
    struct site s;
    site_begin(&s, "allow: [ok.lml]\n");
    write_clip_list(&s, "ok.lml", "1", SIGNAL_MD5);
    site_must_open(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_TRUE(v->reasons & REASON_LIST);
    verdict_free(v);
    site_end(&s);
}

static void test_exempt(void)
{
    struct site s;
    site_begin(&s, "mode: enforce\npolicy: {exempt: {rooms: ['!mods:example.org']}}\nlists:\n"
                   "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: block}\n");
    write_clip_list(&s, "ban.lml", "1", SIGNAL_SHA256);
    site_must_open(&s);
    const struct subject who = {.room = "!mods:example.org", .room_length = 17};
    struct verdict *v = NULL;
    CU_ASSERT_EQUAL_FATAL(engine_media(&v, s.engine, &who, -1, CLIP, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(v->action, ACTION_ALLOW);
    CU_ASSERT_EQUAL(v->coverage, COVERAGE_NOT_RUN);
    CU_ASSERT_EQUAL(v->reasons, REASON_EXEMPT);
    CU_ASSERT_EQUAL(v->count, 0);
    CU_ASSERT_EQUAL(v->content[0], '\0');
    verdict_free(v);
    site_end(&s);
}

static void test_no_worker(void)
{
    struct site s;
    char why[512] = "";
    site_begin(&s, "mode: enforce\npolicy: {failure: {worker: hold}}\nlists:\n"
                   "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: flag}\n");
    char *worker = strstr(s.config.data, TEST_WORKER);
    worker[strlen(TEST_WORKER) - 1] = '#'; /* no such file */
    write_clip_list(&s, "ban.lml", "1", SIGNAL_SHA256);
    site_must_open(&s);
    CU_ASSERT_PTR_NULL(engine_media_pool(s.engine, why, sizeof(why)));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "media-worke"));
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_EQUAL(v->coverage, COVERAGE_PARTIAL);
    CU_ASSERT_EQUAL(v->reasons, REASON_WORKER);
    CU_ASSERT_EQUAL(v->count, 1); /* digests are looked up all the same */
    CU_ASSERT_EQUAL(v->action, ACTION_HOLD);
    verdict_free(v);
    json_t *stats = engine_stats(s.engine);
    CU_ASSERT_TRUE(json_is_false(js_at(stats, "worker.found")));
    CU_ASSERT_TRUE(json_is_string(js_at(stats, "worker.error")));
    json_decref(stats);
    site_end(&s);
}

static void test_lists_that_fail(void)
{
    struct site s;
    struct error e = {0};
    const char *required = "lists:\n  - {id: ban, file: ban.lml, harm: other, action: flag, "
                           "required: true}\n";
    site_begin(&s, required);
    CU_ASSERT_EQUAL(site_open(&s, &e), LMOD_E_LIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.file, "ban.lml"));
    CU_ASSERT_PTR_NULL(s.engine);
    write_clip_list(&s, "ban.lml", "1", SIGNAL_SHA256);
    site_must_open(&s);
    /* Then a corrupt one arrives: refused, the old one stays in force. */
    CU_ASSERT_TRUE(tempdir_write(&s.dir, "ban.lml", "not a list", 10));
    CU_ASSERT_EQUAL(engine_reload(s.engine, &e), LMOD_E_LIST);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_EQUAL(v->count, 1);
    verdict_free(v);
    uint32_t need = 1;
    CU_ASSERT_EQUAL(engine_poll(s.engine, &need, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(need, 0); /* not again and again for the same bad file */
    json_t *stats = engine_stats(s.engine);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(stats, "reloads_failed")), 1);
    CU_ASSERT_TRUE(json_is_string(json_object_get(stats, "reload_error")));
    json_decref(stats);
    site_end(&s);
}

static void test_stale(void)
{
    struct site s;
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    site_begin(&s, "lists:\n  - {id: ban, file: ban.lml, harm: other, action: flag, "
                   "stale_after: 7d}\n");
    write_clip_list(&s, "ban.lml", "1", SIGNAL_SHA256);
    site_must_open(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_EQUAL(v->reasons, REASON_UNSUPPORTED);
    verdict_free(v);
    CU_ASSERT_EQUAL(utimensat(AT_FDCWD, tempdir_file(&s.dir, "ban.lml"), old, 0), 0);
    CU_ASSERT_EQUAL(engine_reload(s.engine, NULL), LMOD_OK);
    v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_EQUAL(v->reasons, REASON_UNSUPPORTED | REASON_LIST);
    CU_ASSERT_EQUAL(v->count, 1); /* stale, but still better than nothing */
    verdict_free(v);
    site_end(&s);
}

static void test_descriptors(void)
{
    struct site s;
    struct verdict *v = NULL;
    struct error e = {0};
    const struct subject who = {.surface = LMOD_SURFACE_UPLOAD};
    int pair[2];
    site_begin(&s, "selftest: true\nmode: enforce\n");
    site_must_open(&s);
    CU_ASSERT_TRUE_FATAL(tempdir_write(&s.dir, "p.png", s.picture.data, s.picture.size));
    const char *path = tempdir_file(&s.dir, "p.png");
    static const int modes[] = {O_RDONLY, O_RDWR};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        int fd = open(path, modes[i] | O_CLOEXEC);
        CU_ASSERT_EQUAL(lseek(fd, 5, SEEK_SET), 5);
        CU_ASSERT_EQUAL_FATAL(engine_media(&v, s.engine, &who, fd, NULL, 0, &e), LMOD_OK);
        CU_ASSERT_EQUAL(v->action, ACTION_HOLD);
        CU_ASSERT_EQUAL(v->coverage, COVERAGE_COMPLETE);
        CU_ASSERT_STRING_EQUAL(verdict_field(v, 0, "source"), "libmod.selftest");
        CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), 5); /* the offset is the host's */
        verdict_free(v);
        (void)close(fd);
    }
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(engine_media(&v, s.engine, &who, fd, NULL, 0, &e), LMOD_E_IO);
    (void)close(fd);
    fd = open(s.dir.path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(engine_media(&v, s.engine, &who, fd, NULL, 0, &e), LMOD_E_IO);
    (void)close(fd);
    CU_ASSERT_EQUAL_FATAL(pipe(pair), 0);
    CU_ASSERT_EQUAL(engine_media(&v, s.engine, &who, pair[0], NULL, 0, &e), LMOD_E_IO);
    CU_ASSERT_PTR_NULL(v);
    (void)close(pair[0]);
    (void)close(pair[1]);
    CU_ASSERT_EQUAL(engine_media(&v, s.engine, &who, 9999, NULL, 0, &e), LMOD_E_IO);
    site_end(&s);
}

static void test_damaged_and_empty(void)
{
    struct site s;
    site_begin(&s, "mode: enforce\n");
    site_must_open(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, "", 0);
    CU_ASSERT_EQUAL(v->reasons, REASON_UNDECODABLE);
    CU_ASSERT_EQUAL(v->coverage, COVERAGE_PARTIAL);
    CU_ASSERT_EQUAL(v->action, ACTION_FLAG); /* failure.undecodable is flag */
    verdict_free(v);
    v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, s.picture.size / 2);
    CU_ASSERT_EQUAL(v->reasons, REASON_UNDECODABLE);
    verdict_free(v);
    v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, 8);
    CU_ASSERT_EQUAL(v->reasons, REASON_UNDECODABLE);
    verdict_free(v);
    site_end(&s);
}

static void test_many_entries(void)
{
    struct site s;
    struct digests d;
    site_begin(&s, "mode: enforce\nlists:\n"
                   "  - {id: ban, file: ban.lml, harm: m.adult.ncii, action: flag}\n"
                   "  - {id: top, file: top.lml, harm: m.adult.ncii, action: block}\n");
    struct list_source *l = list_source_new();
    CU_ASSERT_EQUAL(digests_of(&d, DIGEST_SHA256, CLIP), LMOD_OK);
    for (unsigned i = 0; i < 100; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "e%03u", i);
        row(l, name, SIGNAL_SHA256, d.sha256);
    }
    write_list(&s, "ban.lml", "1", l);
    write_clip_list(&s, "top.lml", "1", SIGNAL_SHA256);
    site_must_open(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, CLIP);
    CU_ASSERT_EQUAL(v->count, MATCHES_MAX);
    CU_ASSERT_EQUAL(v->dropped, 101 - MATCHES_MAX);
    CU_ASSERT_EQUAL(v->action, ACTION_BLOCK);
    verdict_free(v);
    site_end(&s);
}

static void test_texts(void)
{
    struct site s;
    struct verdict *v = NULL;
    uint32_t need = 0;
    struct error e = {0};
    static const char pack[] =
        "format: libmod-rules/1\npack: {id: p, version: \"1\"}\nrules:\n"
        "  - {id: r, title: t, harm: other, action: flag, when: {word: spam}}\n";
    const struct subject who = {
        .surface = LMOD_SURFACE_MESSAGE, .encrypted = UNSET, .direct = UNSET};
    site_begin(&s, "mode: enforce\nselftest: true\npacks: [p.yaml]\ntext: {max_bytes: 64}\n");
    CU_ASSERT_EQUAL(site_open(&s, &e), LMOD_E_IO); /* a missing pack stops the engine */
    CU_ASSERT_TRUE_FATAL(tempdir_write(&s.dir, "p.yaml", pack, sizeof(pack) - 1));
    site_must_open(&s);
    const struct {
        const char *text;
        uint32_t count, reasons;
        uint8_t action;
    } texts[] = {
        {"some SPAM here", 1, 0, ACTION_FLAG},
        {"", 0, 0, ACTION_ALLOW},
        {"hello \xff there", 0, 0, ACTION_ALLOW},
        {"x LIBMOD-TEST-HIT-7f3a", 1, 0, ACTION_HOLD},
        {"0123456789012345678901234567890123456789012345678901234567890123 spam", 0,
         REASON_TOO_LARGE, ACTION_FLAG},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CU_ASSERT_EQUAL_FATAL(
            engine_text(&v, s.engine, &who, texts[i].text, strlen(texts[i].text), &e), LMOD_OK);
        CU_ASSERT_EQUAL(v->count, texts[i].count);
        CU_ASSERT_EQUAL(v->reasons, texts[i].reasons);
        CU_ASSERT_EQUAL(v->action, texts[i].action);
        verdict_free(v);
    }
    /* A broken pack fails the reload and the old one stays. */
    CU_ASSERT_TRUE(tempdir_write(&s.dir, "p.yaml", "rules: []", 9));
    CU_ASSERT_EQUAL(engine_poll(s.engine, &need, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(need, LMOD_NEED_RELOAD);
    CU_ASSERT_EQUAL(engine_reload(s.engine, &e), LMOD_E_RULES);
    CU_ASSERT_EQUAL_FATAL(engine_text(&v, s.engine, &who, "spam", 4, &e), LMOD_OK);
    CU_ASSERT_EQUAL(v->count, 1);
    verdict_free(v);
    site_end(&s);
}

static void test_selftest_off(void)
{
    struct site s;
    site_begin(&s, "selftest: false\n");
    site_must_open(&s);
    struct verdict *v = look(&s, LMOD_SURFACE_UPLOAD, s.picture.data, s.picture.size);
    CU_ASSERT_EQUAL(v->count, 0);
    verdict_free(v);
    site_end(&s);
}

int main(void)
{
    return TAP_RUN("engine/engine", {"a clean picture", test_clean},
                   {"digests, also of films", test_digests},
                   {"every orientation, through reloads", test_every_orientation},
                   {"the radius is inclusive and per list", test_radius},
                   {"an exact match comes before a perceptual one", test_exact_before_perceptual},
                   {"allow lists and authorities", test_allow_and_authority},
                   {"allow lists refuse md5 and sha1", test_allow_refuses_weak_digests},
                   {"exempt rooms", test_exempt}, {"no worker", test_no_worker},
                   {"required and refused lists", test_lists_that_fail},
                   {"stale lists", test_stale}, {"descriptors of every kind", test_descriptors},
                   {"damaged and empty files", test_damaged_and_empty},
                   {"more matches than a verdict holds", test_many_entries},
                   {"texts, packs and their reload", test_texts},
                   {"the self-test is off unless asked for", test_selftest_off});
}
