/*
 * Scanning a file: digests here, pixels in the worker, look-ups here, policy, verdict.
 */
#include "engine/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    READ_BLOCK = 256 * 1024,
    HITS = MATCHES_MAX + 1,
    NEEDLES = WIRE_CANDIDATES * DIHEDRALS,
};

/* The input of one scan: a descriptor, or bytes when `fd` is negative. */
struct input {
    int fd;
    const void *bytes;
    uint64_t size;
    struct stat before;
};

/* Which candidate and orientation a query hash came from. */
struct needle {
    uint16_t frame;
    uint8_t strategy;
};

/* Everything of one scan; about 60 KiB, on the heap. */
struct scan {
    struct engine *engine;
    const struct snapshot *snapshot;
    const struct subject *who;
    struct input input;
    uint64_t start, dl;
    uint32_t reasons;
    struct digests digests;
    struct media_result media;
    struct pdq query[NEEDLES];
    struct needle needle[NEEDLES];
    size_t needles;
    struct list_hit hit[HITS];
    struct policy policy;
    struct matches matches;
};

/* ---- digests ---- */

static int digest_fd(struct scan *s, struct digester *d)
{
    char *block = malloc(READ_BLOCK);
    int status = block ? LMOD_OK : LMOD_E_MEMORY;
    for (uint64_t at = 0; status == LMOD_OK && at < s->input.size;) {
        uint64_t left = s->input.size - at;
        int64_t n = file_pread(s->input.fd, block, left < READ_BLOCK ? left : READ_BLOCK, at);
        if (n < 0)
            status = LMOD_E_IO;
        else if (n == 0)
            break; /* it shrank: seen afterwards */
        else
            status = digester_add(d, block, (size_t)n);
        at += n > 0 ? (uint64_t)n : 0;
        if (status == LMOD_OK && time_now_ns() > s->dl)
            status = LMOD_E_TIMEOUT;
    }
    free(block);
    return status;
}

static int digest_input(struct scan *s, struct error *e)
{
    struct digester d;
    int status = digester_begin(&d, s->snapshot->digests);
    if (status != LMOD_OK)
        return error_memory(e);
    status = s->input.fd < 0 ? digester_add(&d, s->input.bytes, s->input.size) : digest_fd(s, &d);
    int end = digester_end(&d, status == LMOD_OK ? &s->digests : NULL);
    if (status == LMOD_E_TIMEOUT) {
        s->reasons |= REASON_TIMEOUT;
        return LMOD_OK;
    }
    if (status == LMOD_E_IO)
        return error_set(e, status, "cannot read the file");
    return status == LMOD_OK && end == LMOD_OK ? LMOD_OK : error_memory(e);
}

/* ---- matching ---- */

static const uint8_t *digest_of(const struct scan *s, enum signal signal)
{
    uint32_t bit = 1u << (signal - SIGNAL_MD5);
    if (!(s->digests.have & bit))
        return NULL;
    return signal == SIGNAL_MD5    ? s->digests.md5
           : signal == SIGNAL_SHA1 ? s->digests.sha1
                                   : s->digests.sha256;
}

static struct match list_match(const struct slot *slot)
{
    const struct config_list *c = slot->config;
    return (struct match){
        .kind = MATCH_LIST,
        .own_action = c->action,
        .mode = c->mode,
        .severity = c->severity,
        .authority = c->authority,
        .source = c->id,
        .version = slot->loaded->info.version,
        .harm = c->harm,
        .strategy = STRATEGY_EXACT,
    };
}

/* Reports what is in s->hit[0 … n), except entries that `skip` hits before them already named. */
static void
report_hits(struct scan *s, const struct slot *slot, enum signal signal, size_t skip, size_t n)
{
    struct match m = list_match(slot);
    m.signal = (uint8_t)signal;
    for (size_t i = skip; i < n; i++) {
        const struct list_hit *hit = &s->hit[i];
        struct list_entry entry;
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = s->hit[k].entry == hit->entry;
        if (known)
            continue;
        list_entry_get(slot->loaded->list, hit->entry, &entry);
        m.entry = entry.id;
        m.distance = hit->distance;
        if (signal == SIGNAL_PDQ) {
            m.frame = s->needle[hit->needle].frame;
            m.strategy = s->needle[hit->needle].strategy;
        }
        policy_match(&s->policy, &m);
    }
}

/* Digest hits of one list into s->hit; strongest digest first. */
static size_t find_digests(struct scan *s, const struct slot *slot)
{
    static const enum signal order[] = {SIGNAL_SHA256, SIGNAL_SHA1, SIGNAL_MD5};
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(order) && n < HITS; i++) {
        const uint8_t *key = digest_of(s, order[i]);
        if (!key || !slot->loaded->info.signals[order[i]])
            continue;
        size_t found = list_find(slot->loaded->list, order[i], key, s->hit + n, HITS - n);
        size_t kept = found < HITS - n ? found : HITS - n;
        if (slot->config) {
            report_hits(s, slot, order[i], n, n + kept);
            s->matches.dropped += (uint32_t)(found - kept);
        }
        n += kept;
    }
    return n;
}

/* PDQ hits of one list behind the `n` digest hits. */
static size_t find_near(struct scan *s, const struct slot *slot, size_t n)
{
    size_t found = 0, total = 0;
    unsigned radius = slot->config ? slot->config->radius : (unsigned)PDQ_RADIUS_ALLOW;
    if (!s->needles || n == HITS || !slot->loaded->info.signals[SIGNAL_PDQ])
        return n;
    int status = list_near(slot->loaded->list, s->query, s->needles, radius, s->dl, s->hit + n,
                           HITS - n, &found, &total);
    if (status != LMOD_OK)
        s->reasons |= REASON_TIMEOUT;
    if (slot->config) {
        report_hits(s, slot, SIGNAL_PDQ, n, n + found);
        s->matches.dropped += (uint32_t)(total - found);
    }
    return n + found;
}

static bool allowed(struct scan *s)
{
    const struct snapshot *snap = s->snapshot;
    for (size_t i = snap->list_count; i < snap->count; i++)
        if (snap->slot[i].loaded && find_near(s, &snap->slot[i], find_digests(s, &snap->slot[i])))
            return true;
    return false;
}

/* The candidates that may match, as query hashes; plain orientations come first, so that they name
 * the match when several hit at the same distance. */
static void collect_needles(struct scan *s)
{
    const struct wire_reply *r = &s->media.reply;
    for (uint8_t turn = 0; turn < DIHEDRALS; turn++)
        for (uint32_t i = 0; i < r->count; i++) {
            const struct wire_candidate *c = &r->candidate[i];
            if (c->quality < PDQ_QUALITY_MIN)
                continue;
            memcpy(s->query[s->needles].b, c->hash[turn], PDQ_BYTES);
            s->needle[s->needles++] = (struct needle){
                .frame = c->frame,
                .strategy = turn == STRATEGY_PLAIN ? c->strategy : turn,
            };
        }
}

/* The built-in source of `selftest: true`. */
static void find_selftest(struct scan *s)
{
    const struct selftest *t = s->snapshot->selftest;
    struct match m = {
        .kind = MATCH_LIST,
        .own_action = ACTION_HOLD,
        .mode = UNSET,
        .severity = SEVERITY_INFO,
        .signal = SIGNAL_SHA256,
        .strategy = STRATEGY_EXACT,
        .source = "libmod.selftest",
        .version = "1",
        .entry = "picture",
        .harm = "other",
    };
    bool hit =
        s->digests.have & DIGEST_SHA256 && memcmp(s->digests.sha256, t->sha256, SHA256_BYTES) == 0;
    m.distance = PDQ_RADIUS + 1;
    for (size_t i = 0; !hit && i < s->needles; i++) {
        unsigned d = pdq_distance(&s->query[i], &t->pdq);
        if (d >= m.distance)
            continue;
        m.signal = SIGNAL_PDQ;
        m.distance = (uint16_t)d;
        m.strategy = s->needle[i].strategy;
        m.frame = s->needle[i].frame;
    }
    if (hit)
        m.distance = 0;
    if (m.distance <= PDQ_RADIUS)
        policy_match(&s->policy, &m);
}

/* A list that a media scan needs is missing, refused or stale. */
static bool list_trouble(const struct snapshot *snap)
{
    uint64_t now = time_wall_ms();
    if (snap->missing) /* also an allow list: it would have suppressed */
        return true;
    for (size_t i = 0; i < snap->list_count; i++) {
        const struct loaded *l = snap->slot[i].loaded;
        if (!l)
            return true;
        const uint64_t *signals = l->info.signals;
        bool media = signals[SIGNAL_MD5] || signals[SIGNAL_SHA1] || signals[SIGNAL_SHA256] ||
                     signals[SIGNAL_PDQ];
        if (media && slot_stale(&snap->slot[i], now))
            return true;
    }
    return false;
}

static void find_all(struct scan *s)
{
    const struct snapshot *snap = s->snapshot;
    collect_needles(s);
    policy_begin(&s->policy, snap->config, s->who->surface, allowed(s), &s->matches);
    for (size_t i = 0; i < snap->list_count; i++)
        if (snap->slot[i].loaded)
            (void)find_near(s, &snap->slot[i], find_digests(s, &snap->slot[i]));
    if (snap->selftest)
        find_selftest(s);
    if (list_trouble(snap))
        s->reasons |= REASON_LIST;
    policy_reasons(&s->policy, s->reasons);
}

/* ---- the scan ---- */

/* The file changed while it was read: what was hashed may be no file that ever existed. */
static bool changed(const struct input *input)
{
    struct stat now;
    if (input->fd < 0)
        return false;
    return fstat(input->fd, &now) != 0 || now.st_size != input->before.st_size ||
           now.st_mtim.tv_sec != input->before.st_mtim.tv_sec ||
           now.st_mtim.tv_nsec != input->before.st_mtim.tv_nsec;
}

static void look_at_pixels(struct scan *s)
{
    struct media *pool = engine_pool(s->engine);
    if (!(s->digests.have & DIGEST_SHA256))
        return; /* the deadline has passed */
    if (!pool) {
        s->reasons |= REASON_WORKER;
        return;
    }
    media_hash(pool, s->input.fd, s->input.bytes, s->input.size, s->digests.sha256, s->dl,
               &s->media);
    s->reasons |= s->media.reasons;
}

static int finish(struct scan *s, struct verdict **out, struct error *e)
{
    char content[3 + 2 * SHA256_BYTES + 1] = "h1:";
    uint8_t mac[SHA256_BYTES];
    bool looked = s->digests.have & DIGEST_SHA256;
    if (looked && !hmac_of(mac, s->snapshot->key, "media", s->digests.sha256, SHA256_BYTES))
        return error_memory(e);
    if (looked)
        hex_write(mac, sizeof(mac), content + 3);
    const struct verdict_parts parts = {
        .action = s->policy.action,
        .would = s->policy.would,
        .mode = s->policy.mode,
        .coverage = !s->reasons ? COVERAGE_COMPLETE
                    : looked    ? COVERAGE_PARTIAL
                                : COVERAGE_NOT_RUN,
        .reasons = s->reasons,
        .matches = &s->matches,
        .content = looked ? content : NULL,
        .config = s->snapshot->config->hash,
        .took_us = (time_now_ns() - s->start) / 1000u,
    };
    return verdict_make(out, &parts, e);
}

static int scan_run(struct scan *s, struct verdict **out, struct error *e)
{
    int status = digest_input(s, e);
    if (status != LMOD_OK)
        return status;
    look_at_pixels(s);
    if (changed(&s->input))
        s->reasons |= REASON_UNDECODABLE;
    find_all(s);
    return finish(s, out, e);
}

static int exempt(struct verdict **out, struct scan *s, struct error *e)
{
    policy_begin(&s->policy, s->snapshot->config, s->who->surface, false, &s->matches);
    const struct verdict_parts parts = {
        .mode = s->policy.mode,
        .coverage = COVERAGE_NOT_RUN,
        .reasons = REASON_EXEMPT,
        .config = s->snapshot->config->hash,
        .took_us = (time_now_ns() - s->start) / 1000u,
    };
    return verdict_make(out, &parts, e);
}

static int check_input(struct input *input, struct error *e)
{
    if (input->fd < 0)
        return LMOD_OK;
    if (fstat(input->fd, &input->before) != 0)
        return error_io(e, NULL, "cannot stat the file", errno);
    if (!S_ISREG(input->before.st_mode))
        return error_set(e, LMOD_E_IO, "not a regular file");
    if ((fcntl(input->fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
        return error_set(e, LMOD_E_IO, "the descriptor is not open for reading");
    input->size = (uint64_t)input->before.st_size;
    return LMOD_OK;
}

int engine_media(struct verdict **out,
                 struct engine *e,
                 const struct subject *who,
                 int fd,
                 const void *bytes,
                 size_t size,
                 struct error *err)
{
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status != LMOD_OK)
        return status;
    struct scan *s = calloc(1, sizeof(*s));
    if (!s)
        return error_memory(err);
    struct snapshot *snap = engine_snapshot(e);
    uint32_t ms = who->deadline_ms ? who->deadline_ms : snap->config->media.wall_ms;
    s->engine = e;
    s->snapshot = snap;
    s->who = who;
    s->input = (struct input){.fd = fd, .bytes = bytes, .size = size};
    s->start = time_now_ns();
    s->dl = s->start + (uint64_t)ms * 1000000u;
    status = check_input(&s->input, err);
    if (status == LMOD_OK)
        status = policy_exempt(snap->config, who) ? exempt(out, s, err) : scan_run(s, out, err);
    snapshot_free(snap);
    free(s);
    if (status == LMOD_OK)
        engine_count(e, *out);
    return status;
}
