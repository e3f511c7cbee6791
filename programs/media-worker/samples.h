/* Small pictures for the warm-up, one of each kind that takes its own way through a decoder.
 * samples_data.c is written by samples/make.c. */
#ifndef WORKER_SAMPLES_H
#define WORKER_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

struct sample {
    const char *name;
    uint32_t format; /* FORMAT_* */
    const uint8_t *bytes;
    size_t size;
};

extern const struct sample samples[];
extern const size_t samples_count;

#endif
