/* The hasher that asks the media worker, in the strictest sandbox that the build allows. */
#include "hasher.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/media.h"

#ifdef SANITIZED
static const enum sandbox_mode sandbox = SANDBOX_OFF;
#else
static const enum sandbox_mode sandbox = SANDBOX_STRICT;
#endif

static struct media *media;

bool hasher_begin(const char *worker)
{
    const struct media_options options = {
        .worker = worker,
        .workers = 1,
        .sandbox = sandbox,
        .formats = FORMAT_JPEG | FORMAT_PNG,
        .max_bytes = 20 << 20,
        .max_pixels = 50000000,
        .wall_ms = 60000,
        .frames = 1,
    };
    return media_open(&media, &options, NULL) == LMOD_OK;
}

void hasher_end(void)
{
    media_close(media);
}

/* The candidate as stored; false when the reply has none. */
static bool stored(const struct wire_reply *reply, struct pdq_result *out)
{
    for (uint32_t i = 0; i < reply->count; i++) {
        const struct wire_candidate *c = &reply->candidate[i];
        if (c->strategy != STRATEGY_PLAIN || c->frame != 0)
            continue;
        out->quality = c->quality;
        for (int how = 0; how < DIHEDRALS; how++)
            memcpy(out->hash[how].b, c->hash[how], PDQ_BYTES);
        return true;
    }
    return false;
}

bool hasher_file(const char *path, struct pdq_result *out)
{
    static struct media_result result;
    static uint8_t digest[32]; /* no content of this test kills a worker, so any name will do */
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        printf("# cannot read %s\n", path);
        return false;
    }
    digest[0]++;
    media_hash(media, fd, NULL, (uint64_t)st.st_size, digest, 0, &result);
    (void)close(fd);
    bool ok = stored(&result.reply, out);
    if (!ok)
        printf("# reasons %u, outcome %u, no candidate\n", result.reasons, result.reply.outcome);
    return ok;
}
