/*
 * looks: what has been seen of the frames of one file, and the choice of the few that are reported.
 * A frame that looks like one already chosen is a repeat and costs nothing.
 */
#ifndef WORKER_LOOKS_H
#define WORKER_LOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hash/hash.h"
#include "shapes/shapes.h"
#include "wire/wire.h"

enum {
    LOOKS_MAX = 4096, /* frames of one file */
    REPEAT_BITS = 8,  /* frames this near are the same to us */
};

struct look {
    uint16_t frame, views;
    size_t first; /* its first view */
    bool strong;  /* a view is not weak */
};

struct view {
    uint8_t strategy, quality;
    bool weak; /* says too little to match */
    uint8_t hash[DIHEDRALS][WIRE_HASH];
};

struct looks {
    struct look *look;
    struct view *view;
    size_t n, look_cap, views, view_cap;
    bool strong;                   /* a look is */
    struct shape part[SHAPES_MAX]; /* of a still picture */
    size_t parts;
    uint8_t luma[WIRE_LUMA];        /* of the first view */
    uint8_t strong_luma[WIRE_LUMA]; /* of the first view of the first strong look */
};

void looks_clear(struct looks *l); /* and frees */

/* A new frame, then its views. False when memory runs out or there are LOOKS_MAX. */
bool looks_begin(struct looks *l, uint16_t frame);
bool looks_add(struct looks *l, uint8_t strategy, const struct pdq_result *hashed);

/*
 * Fills the reply's candidates, luma and the flags SAMPLED and WEAK: at most `frames` distinct
 * frames, chosen evenly over the file, in the order of the file, then the parts of a still picture.
 * Width and height must be set, and there must be a look.
 */
void looks_choose(const struct looks *l, uint32_t frames, struct wire_reply *reply);

#endif
