/*
 * Animations. Frames build on one another, so each is decoded, in order; hashing is what can be
 * saved: when time gets short, every second, third … frame is hashed, evenly to the end.
 */
#include "animation.h"

#include <webp/demux.h>

enum {
    FRAMES_MAX = 65536,         /* a frame has 16 bits in the reply */
    ANIMATED_PIXELS = 25000000, /* of a WebP canvas, which takes three pictures of memory */
    SHARE_DECODE = 4,           /* hashing may take this part of decoding when time is short */
    NS_PER_MS = 1000000,
};

struct pace {
    uint64_t end, mark;    /* ns */
    uint64_t decode, hash; /* ns for one frame, the last seen */
    uint32_t left;         /* frames to come */
    uint32_t skip, least;  /* frames to pass over now; at least, always */
    bool skipped;
};

static struct pace pace_begin(const struct job *j, uint32_t frames)
{
    return (struct pace){
        .end = j->began_ns + (uint64_t)j->ask->wall_ms * NS_PER_MS / 2,
        .mark = time_now_ns(),
        .left = frames,
        .least = (frames - 1) / LOOKS_MAX,
    };
}

/* Time for another frame? The first one is always taken. */
static bool pace_goes_on(const struct pace *p, const struct looks *l)
{
    return l->n == 0 || time_now_ns() < p->end;
}

/* Whether the frame that was just decoded is to be hashed. */
static bool pace_wants(struct pace *p)
{
    uint64_t now = time_now_ns();
    p->decode = now - p->mark;
    p->mark = now;
    p->left--;
    if (!p->skip)
        return true;
    p->skip--;
    p->skipped = true;
    return false;
}

/* After a hash: how many frames to pass over so that there is time for the last one. */
static void pace_hashed(struct pace *p)
{
    uint64_t now = time_now_ns();
    p->hash = now - p->mark;
    p->mark = now;
    uint64_t left = now < p->end ? p->end - now : 0;
    uint64_t decoding = p->decode * p->left, hashing = p->hash * p->left;
    uint64_t spare = left > decoding ? left - decoding : p->decode * p->left / SHARE_DECODE;
    uint64_t skip = hashing > spare ? hashing / (spare + 1) : 0;
    p->skip = skip > p->least ? (uint32_t)(skip < FRAMES_MAX ? skip : FRAMES_MAX) : p->least;
}

static enum wire_outcome look(struct job *j, struct pace *p, uint32_t frame)
{
    if (!views_look(&j->views, &j->looks, (uint16_t)frame))
        return OUTCOME_MEMORY;
    pace_hashed(p);
    return OUTCOME_OK;
}

static enum wire_outcome gif_pages(struct job *j, VipsImage *roll, uint32_t pages)
{
    struct pace p = pace_begin(j, pages);
    enum wire_outcome outcome = OUTCOME_OK;
    VipsRegion *region = vips_region_new(roll);
    uint32_t page = 0;
    for (; region && page < pages && pace_goes_on(&p, &j->looks); page++) {
        bool feed = p.skip == 0;
        if (feed)
            views_begin(&j->views);
        outcome = picture_rows(j, region, page * j->reply->height, feed);
        if (outcome == OUTCOME_OK && pace_wants(&p))
            outcome = look(j, &p, page);
        if (outcome != OUTCOME_OK)
            break;
    }
    if (!region)
        return OUTCOME_MEMORY;
    g_object_unref(region);
    if (p.skipped || page < j->reply->frames)
        j->reply->flags |= REPLY_SAMPLED;
    return outcome;
}

/* All pages as one tall image, as many as libvips lets one have. */
static enum wire_outcome gif(struct job *j, VipsFailOn fail_on, uint32_t pages)
{
    uint32_t most = (uint32_t)VIPS_MAX_COORD / j->reply->height;
    uint32_t window = pages < most ? pages : most;
    struct layout layout;
    VipsImage *roll = picture_open(j, fail_on, (int)window);
    if (!roll)
        return picture_failure();
    enum wire_outcome outcome = OUTCOME_UNDECODABLE;
    if (picture_layout(roll, &layout) && layout.width == j->reply->width &&
        (uint64_t)vips_image_get_height(roll) == (uint64_t)window * j->reply->height) {
        outcome = OUTCOME_MEMORY;
        if (views_open(&j->views, &layout, j->reply->height, j->reply->orientation))
            outcome = gif_pages(j, roll, window);
        views_close(&j->views);
    }
    g_object_unref(roll);
    return outcome;
}

static void feed_canvas(struct job *j, const uint8_t *canvas)
{
    size_t line = (size_t)j->reply->width * 4;
    views_begin(&j->views);
    for (uint32_t y = 0; y < j->reply->height; y++)
        views_row(&j->views, y, canvas + y * line);
}

static enum wire_outcome webp_frames(struct job *j, WebPAnimDecoder *decoder, uint32_t frames)
{
    struct pace p = pace_begin(j, frames);
    uint32_t most = frames < FRAMES_MAX ? frames : FRAMES_MAX, frame = 0;
    enum wire_outcome outcome = OUTCOME_OK;
    for (; frame < most && pace_goes_on(&p, &j->looks); frame++) {
        uint8_t *canvas;
        int at_ms;
        if (!WebPAnimDecoderGetNext(decoder, &canvas, &at_ms)) {
            outcome = OUTCOME_UNDECODABLE;
            break;
        }
        if (!pace_wants(&p))
            continue;
        feed_canvas(j, canvas);
        outcome = look(j, &p, frame);
        if (outcome != OUTCOME_OK)
            break;
    }
    if (p.skipped || frame < frames)
        j->reply->flags |= REPLY_SAMPLED;
    return outcome;
}

/* libvips would hold all frames at once and take four times as long. */
static enum wire_outcome webp(struct job *j)
{
    const WebPData data = {j->bytes, j->size};
    const struct layout layout = {.width = j->reply->width, .bands = 4};
    WebPAnimDecoderOptions options;
    WebPAnimInfo info;
    if (!WebPAnimDecoderOptionsInit(&options))
        return OUTCOME_UNDECODABLE;
    options.color_mode = MODE_RGBA;
    options.use_threads = 0;
    WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
    if (!decoder)
        return OUTCOME_UNDECODABLE;
    enum wire_outcome outcome = OUTCOME_UNDECODABLE;
    if (WebPAnimDecoderGetInfo(decoder, &info) && info.canvas_width == j->reply->width &&
        info.canvas_height == j->reply->height && info.frame_count > 0) {
        outcome = OUTCOME_MEMORY;
        if (views_open(&j->views, &layout, j->reply->height, j->reply->orientation))
            outcome = webp_frames(j, decoder, info.frame_count);
        views_close(&j->views);
    }
    WebPAnimDecoderDelete(decoder);
    return outcome;
}

enum wire_outcome animation_look(struct job *j, VipsFailOn fail_on, uint32_t pages)
{
    if (j->reply->format == FORMAT_GIF)
        return gif(j, fail_on, pages);
    if ((uint64_t)j->reply->width * j->reply->height > ANIMATED_PIXELS)
        return OUTCOME_TOO_LARGE;
    return webp(j);
}
