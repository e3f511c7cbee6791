/*
 * views: the ways in which one picture is looked at while its rows come by once: as stored and as
 * EXIF says it is displayed, each, when it is transparent, also over white and over black. And what
 * lies in it: parts that may be pictures of their own.
 */
#ifndef WORKER_VIEWS_H
#define WORKER_VIEWS_H

#include <stdbool.h>
#include <stdint.h>

#include "hash/hash.h"
#include "looks.h"
#include "pixels.h"
#include "shapes/shapes.h"

enum { BACKGROUNDS = 3, TURNS = 2, VIEWS = BACKGROUNDS * TURNS };

struct views {
    uint32_t width, height, orientation;
    bool transparent; /* a pixel that is not opaque has come by */
    struct pixels pixels;
    struct pdq_scratch *scratch[VIEWS]; /* kept from job to job */
    struct pdq_sampler sampler[VIEWS];
    struct shapes *shapes; /* kept from job to job; NULL: no picture with parts has come by */
    bool parted;           /* this picture may have parts */
};

/* Ready for pictures of this layout; false when memory runs out or it is none that we know. */
bool views_open(struct views *v,
                const struct layout *layout,
                uint32_t height,
                uint32_t orientation);

/* Frees the rows; the scratch stays. */
void views_close(struct views *v);

/* One picture: begin, its rows from the top, then one look. */
void views_begin(struct views *v);

/* After it: the picture's parts are wanted, too. False when memory runs out. */
bool views_want_parts(struct views *v);

void views_row(struct views *v, uint32_t y, const void *row);
bool views_look(struct views *v, struct looks *looks, uint16_t frame);

/* Then what lies in it, at most `cap` parts; of a transparent picture as it looks over white. */
size_t views_parts(struct views *v, struct shape *out, size_t cap);

#endif
