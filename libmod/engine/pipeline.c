/*
 * Scanning a file: digests here, pixels in the worker or remembered, look-ups, policy, recording,
 * verdict.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/live.h"
#include "engine/lookup.h"
#include "engine/record.h"

enum { READ_BLOCK = 256 * 1024, RESERVE_MS = 50 };

/* The input of one scan: a descriptor, or bytes when `fd` is negative. */
struct input {
    int fd;
    const void *bytes;
    uint64_t size;
    struct stat before;
};

/* Everything of one scan; about 60 KiB, on the heap. */
struct scan {
    struct engine *engine;
    struct snapshot *snapshot;
    struct live *live;
    struct input input;
    uint64_t start, dl; /* dl: of looking; recording has what is left of the scan's deadline */
    struct seen *seen;
    char content[CONTENT_KEY];
    struct record record;
    struct lookup look;
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
    uint32_t want = s->snapshot->digests | live_count(s->live).digests;
    int status = digester_begin(&d, want);
    if (status != LMOD_OK)
        return error_memory(e);
    status = s->input.fd < 0 ? digester_add(&d, s->input.bytes, s->input.size) : digest_fd(s, &d);
    int end = digester_end(&d, status == LMOD_OK ? &s->look.digests : NULL);
    if (status == LMOD_E_TIMEOUT) {
        s->look.reasons |= REASON_TIMEOUT;
        return LMOD_OK;
    }
    if (status == LMOD_E_IO)
        return error_set(e, status, "cannot read the file");
    return status == LMOD_OK && end == LMOD_OK ? LMOD_OK : error_memory(e);
}

static bool looked(const struct scan *s)
{
    return s->look.digests.have & DIGEST_SHA256;
}

/* ---- pixels ---- */

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

/* Results that workers owed when their scans had to answer already. */
static void take_late(struct scan *s, struct media *pool, struct media_result *result)
{
    uint8_t sha256[SHA256_BYTES];
    while (media_late(pool, sha256, result)) {
        struct seen *late = seen_new(result, s->snapshot->config->events.preview);
        if (late)
            cache_put(s->engine, sha256, late);
        free(late);
    }
}

static int look_at_pixels(struct scan *s, struct error *e)
{
    struct media *pool = engine_pool(s->engine);
    const uint8_t *sha256 = s->look.digests.sha256;
    if (!pool) {
        s->look.reasons |= REASON_WORKER;
        return LMOD_OK;
    }
    struct media_result *result = malloc(sizeof(*result));
    if (!result)
        return error_memory(e);
    take_late(s, pool, result);
    s->seen = cache_get(s->engine, sha256);
    if (!s->seen) {
        media_hash(pool, s->input.fd, s->input.bytes, s->input.size, sha256, s->dl, result);
        s->seen = seen_new(result, s->snapshot->config->events.preview);
        if (s->seen && !changed(&s->input))
            cache_put(s->engine, sha256, s->seen);
    }
    free(result);
    if (!s->seen)
        return error_memory(e);
    s->look.reasons |= s->seen->reasons;
    s->look.seen = s->seen;
    return LMOD_OK;
}

/* ---- the scan ---- */

static uint8_t coverage_of(const struct scan *s)
{
    return !s->look.reasons ? COVERAGE_COMPLETE : looked(s) ? COVERAGE_PARTIAL : COVERAGE_NOT_RUN;
}

/* The content as the store keeps it; `hashes` is filled and lives as long. */
static void fill_content(struct scan *s, struct buffer *hashes)
{
    struct store_content *c = &s->record.content;
    const struct digests *d = &s->look.digests;
    c->kind = CONTENT_MEDIA;
    c->bytes = s->input.size;
    if (!looked(s))
        return;
    c->ck = s->content;
    c->sha256 = d->sha256;
    c->sha1 = d->have & DIGEST_SHA1 ? d->sha1 : NULL;
    c->md5 = d->have & DIGEST_MD5 ? d->md5 : NULL;
    if (!s->seen)
        return;
    c->mime = mime_of(s->seen->format);
    c->width = s->seen->width;
    c->height = s->seen->height;
    s->record.luma = seen_luma(s->seen);
    if (s->seen->count && !seen_part(&s->seen->hash[0])) {
        c->pdq = s->seen->hash[0].hash[STRATEGY_PLAIN];
        c->quality = s->seen->hash[0].quality;
    }
    if (seen_lasting(s->seen)) {
        seen_write(s->seen, hashes);
        c->hashes = (struct store_text){hashes->data, hashes->size};
    }
}

static int finish(struct scan *s, struct verdict **out, struct error *e)
{
    struct buffer hashes = BUFFER_INIT;
    struct record_done recorded;
    if (looked(s) &&
        !event_key(s->content, s->snapshot->key, "media", s->look.digests.sha256, SHA256_BYTES))
        return error_memory(e);
    fill_content(s, &hashes);
    if (hashes.failed) { /* kept without them, lmod_recall() would call it clean */
        buffer_finish(&hashes);
        return error_memory(e);
    }
    s->record.reasons = s->look.reasons;
    s->record.coverage = coverage_of(s);
    s->record.policy = &s->look.policy;
    s->record.matches = &s->look.matches;
    record(&s->record, &recorded);
    buffer_finish(&hashes);
    const struct finding f = finding_of(&s->look.policy, &s->look.matches, s->snapshot,
                                        s->look.reasons, s->record.coverage, s->start);
    return verdict_make(out, &f, s->content, &recorded, e);
}

static int scan_run(struct scan *s, struct verdict **out, struct error *e)
{
    int status = digest_input(s, e);
    if (status == LMOD_OK && looked(s))
        status = look_at_pixels(s, e);
    if (status != LMOD_OK)
        return status;
    if (changed(&s->input))
        s->look.reasons |= REASON_UNDECODABLE;
    lookup_media(&s->look);
    return finish(s, out, e);
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

/* What is left for recording when looking took all its time: a tenth, at most RESERVE_MS. */
static uint64_t looking_until(uint64_t start, uint32_t ms)
{
    uint64_t reserve = ms / 10 < RESERVE_MS ? ms / 10 : (uint64_t)RESERVE_MS;
    return start + (ms - reserve) * (uint64_t)1000000u;
}

static void begin(struct scan *s, struct engine *e, const struct subject *who)
{
    bool stale = false;
    s->start = time_now_ns();
    s->engine = e;
    s->snapshot = engine_snapshot(e);
    s->live = live_get(e, false, &stale);
    uint32_t ms = who->deadline_ms ? who->deadline_ms : s->snapshot->config->media.wall_ms;
    s->dl = looking_until(s->start, ms);
    s->look.snapshot = s->snapshot;
    s->look.live = s->live;
    s->look.who = who;
    s->look.dl = s->dl;
    s->look.reasons = stale ? REASON_LIST : 0;
    s->record.engine = e;
    s->record.snapshot = s->snapshot;
    s->record.live = s->live;
    s->record.who = who;
    s->record.start = s->start;
    s->record.dl = s->start + ms * (uint64_t)1000000u;
    s->record.type = EVENT_MATCH;
    s->record.remember = s->snapshot->config->media.seen;
}

static void end(struct scan *s)
{
    live_free(s->live);
    snapshot_free(s->snapshot);
    free(s->seen);
    free(s);
}

int media_scan(struct verdict **out,
               struct engine *e,
               const struct subject *who,
               const struct content_in *in,
               const struct store_text *report,
               struct error *err)
{
    struct scan *s = calloc(1, sizeof(*s));
    if (!s)
        return error_memory(err);
    begin(s, e, who);
    s->input = (struct input){.fd = in->fd, .bytes = in->bytes, .size = in->size};
    if (report) {
        s->record.type = EVENT_REPORT;
        s->record.always = true;
        s->record.reason = *report;
    }
    int status = check_input(&s->input, err);
    if (status == LMOD_OK && !report && policy_exempt(s->snapshot->config, who))
        status = verdict_exempt(out, s->snapshot, who->surface, s->start, err);
    else if (status == LMOD_OK)
        status = scan_run(s, out, err);
    end(s);
    return status;
}

int engine_media(struct verdict **out,
                 struct engine *e,
                 const struct subject *who,
                 int fd,
                 const void *bytes,
                 size_t size,
                 struct error *err)
{
    const struct content_in in = {fd, bytes, size};
    *out = NULL;
    int status = engine_own_process(e, err);
    if (status == LMOD_OK)
        status = media_scan(out, e, who, &in, NULL, err);
    if (status == LMOD_OK)
        engine_count(e, *out);
    return status;
}
