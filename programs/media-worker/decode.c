/* From bytes to looks: the format by its magic, limits before anything is decoded, then pixels. */
#include "animation.h"
#include "job.h"
#include "picture.h"
#include "structure.h"

bool job_late(const struct job *j)
{
    uint64_t wall_ns = (uint64_t)j->ask->wall_ms * 1000000;
    return time_now_ns() - j->began_ns > wall_ns / 8 * 7;
}

static enum wire_outcome still(struct job *j, VipsImage *image)
{
    struct layout layout;
    if (!picture_layout(image, &layout))
        return OUTCOME_UNDECODABLE;
    if (!views_open(&j->views, &layout, j->reply->height, j->reply->orientation))
        return OUTCOME_MEMORY;
    enum wire_outcome outcome = OUTCOME_MEMORY;
    VipsRegion *region = vips_region_new(image);
    if (region) {
        views_begin(&j->views);
        if (views_want_parts(&j->views))
            outcome = picture_rows(j, region, 0, true);
        g_object_unref(region);
    }
    if (outcome == OUTCOME_OK && !views_look(&j->views, &j->looks, 0))
        outcome = OUTCOME_MEMORY;
    if (outcome == OUTCOME_OK)
        j->looks.parts = views_parts(&j->views, j->looks.part, SHAPES_MAX);
    views_close(&j->views);
    return outcome;
}

static enum wire_outcome attempt(struct job *j, VipsFailOn fail_on)
{
    uint32_t pages;
    looks_clear(&j->looks);
    VipsImage *image = picture_open(j, fail_on, 1);
    if (!image)
        return picture_failure();
    enum wire_outcome outcome = picture_header(j, image, &pages);
    if (outcome == OUTCOME_OK && pages == 1)
        outcome = still(j, image);
    g_object_unref(image);
    if (outcome == OUTCOME_OK && pages > 1)
        outcome = animation_look(j, fail_on, pages);
    return outcome;
}

/* libvips fills what is missing of a cut file with grey and says nothing: it must be made to fail
 * first. What then passes without that is hashed, and reported as cut. */
static enum wire_outcome decode(struct job *j)
{
    enum wire_outcome outcome = attempt(j, VIPS_FAIL_ON_TRUNCATED);
    if (outcome != OUTCOME_UNDECODABLE)
        return outcome;
    j->reply->flags = REPLY_TRUNCATED;
    return attempt(j, VIPS_FAIL_ON_NONE);
}

static struct structure structure_of(const struct job *j)
{
    if (j->reply->format == FORMAT_PNG)
        return structure_png(j->bytes, j->size);
    if (j->reply->format == FORMAT_GIF)
        return structure_gif(j->bytes, j->size);
    return (struct structure){.whole = true};
}

/* What the frames that were seen before a failure are worth. */
static enum wire_outcome keep_looks(struct job *j, enum wire_outcome outcome)
{
    if (outcome == OUTCOME_OK || j->looks.n == 0)
        return outcome;
    j->reply->flags |= outcome == OUTCOME_UNDECODABLE ? REPLY_TRUNCATED : REPLY_SAMPLED;
    return OUTCOME_OK;
}

void job_hash(struct job *j)
{
    struct wire_reply *reply = j->reply;
    reply->orientation = 1;
    reply->format = wire_sniff(j->bytes, j->size);
    reply->outcome = OUTCOME_UNSUPPORTED;
    if (!(reply->format & j->formats))
        return;
    struct structure structure = structure_of(j);
    reply->frames = structure.frames;
    enum wire_outcome outcome = structure.bomb ? OUTCOME_TOO_LARGE : decode(j);
    outcome = keep_looks(j, outcome);
    if (outcome == OUTCOME_OK) {
        looks_choose(&j->looks, j->ask->frames, reply);
        if (!structure.whole)
            reply->flags |= REPLY_TRUNCATED;
        if (reply->format == FORMAT_PNG && structure.frames > 1) /* libpng shows the first one */
            reply->flags |= REPLY_SAMPLED;
    } else {
        reply->flags = 0;
    }
    reply->outcome = (uint8_t)outcome;
    looks_clear(&j->looks);
}
