/* picture: a file opened by libvips: its header, checked, and its rows in strips. */
#ifndef WORKER_PICTURE_H
#define WORKER_PICTURE_H

#include <vips/vips.h>

#include "job.h"

enum { STRIP = 16 }; /* rows at a time */

/* Opens `pages` pages of the file from the first by the loader of its format; NULL: see
 * picture_failure(). Nothing is decoded yet. */
VipsImage *picture_open(const struct job *j, VipsFailOn fail_on, int pages);

/* Puts the header into the reply and checks it against the limits of the job. `pages`: the frames that
 * the loader can read. */
enum wire_outcome picture_header(struct job *j, VipsImage *image, uint32_t *pages);

/* What the loader will give; false when that is nothing we can use. */
bool picture_layout(VipsImage *image, struct layout *out);

/* Reads the rows of one page that begins at row `top`, into the views when `feed`. */
enum wire_outcome picture_rows(struct job *j, VipsRegion *region, uint32_t top, bool feed);

/* Why libvips failed just now; forgets its messages. */
enum wire_outcome picture_failure(void);

#endif
