/* job: one file on its way from bytes to a reply. */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "looks.h"
#include "views.h"
#include "wire/wire.h"

struct job {
    const struct wire_request *ask;
    const uint8_t *bytes;
    size_t size;
    uint32_t formats;   /* FORMAT_* that may be read */
    uint64_t began_ns;  /* on time_now_ns()'s clock */
    struct views views; /* kept from job to job */
    struct looks looks;
    struct wire_reply *reply;
};

/* Fills everything in the reply but id, cpu_us and rss_kib. */
void job_hash(struct job *j);

/* The worker stops by itself a little before its alarm would kill it. */
bool job_late(const struct job *j);

#endif
