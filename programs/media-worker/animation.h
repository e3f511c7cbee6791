/* animation: the frames of a GIF or WebP, each looked at as far as time allows. */
#ifndef WORKER_ANIMATION_H
#define WORKER_ANIMATION_H

#include "picture.h"

/* Looks at the `pages` frames of a file whose header is in the reply; sets REPLY_SAMPLED when it did not
 * look at all of them. On any other outcome than OK the looks taken so far stay. */
enum wire_outcome animation_look(struct job *j, VipsFailOn fail_on, uint32_t pages);

#endif
