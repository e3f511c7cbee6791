/*
 * wire: frames between the library and its media worker, version 2. Fixed-layout little-endian
 * messages, one per SEQPACKET packet, read by bounds-checked readers on both sides: the library
 * treats every reply as hostile.
 *
 *   worker → library   hello, once, when the worker is locked down and ready
 *   library → worker   request, with one descriptor (SCM_RIGHTS) unless it is a ping
 *   worker → library   reply, at most WIRE_REPLY_MAX bytes
 */
#ifndef WIRE_WIRE_H
#define WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

enum {
    WIRE_VERSION = 2,
    WIRE_CANDIDATES = 64,
    WIRE_HASH = 32,
    WIRE_LUMA = 64 * 64,
};

/* Formats; bits. Numbers are pinned: they are in requests and replies. */
enum wire_format {
    FORMAT_NONE = 0,
    FORMAT_JPEG = 1,
    FORMAT_PNG = 2,
    FORMAT_WEBP = 4,
    FORMAT_GIF = 8,
    FORMAT_HEIF = 16,
    FORMAT_TIFF = 32,
};
extern const struct term format_terms[]; /* "jpeg" … */

/* Layers of the sandbox; bits, in the order in which they are applied. */
enum wire_layer {
    LAYER_ENVIRONMENT = 1, /* empty environment, descriptors closed */
    LAYER_NO_NEW_PRIVS = 2,
    LAYER_NOT_DUMPABLE = 4,
    LAYER_NAMESPACES = 8, /* user, net, ipc, mount, uts */
    LAYER_LOADERS = 16,   /* only the wanted loaders are unblocked, proven by a refused sample */
    LAYER_RLIMITS = 32,
    LAYER_LANDLOCK = 64,
    LAYER_SECCOMP = 128,
};
enum { LAYERS = 8 };
extern const struct term layer_terms[]; /* "environment", "no_new_privs" … */

/* What the operator asked for (media.sandbox). */
enum sandbox_mode {
    SANDBOX_STRICT, /* seccomp or nothing: the worker refuses to run without it */
    SANDBOX_BASIC,  /* every layer that can be had */
    SANDBOX_OFF,    /* none: for debugging and sanitizers */
};
extern const struct term sandbox_terms[];

struct wire_hello {
    uint16_t version;
    uint32_t layers;       /* LAYER_* that are active */
    uint32_t landlock_abi; /* 0: none */
    uint32_t formats;      /* FORMAT_* that can be read */
    uint32_t failed;       /* 0: ready; else the LAYER_* bit that a strict worker could not have */
};

enum wire_job { JOB_PING = 0, JOB_HASH = 1 };

struct wire_request {
    uint64_t id;
    uint32_t job;
    uint32_t formats;    /* FORMAT_* to accept */
    uint64_t size;       /* bytes to read from the descriptor */
    uint64_t max_pixels; /* of one frame */
    uint32_t wall_ms;    /* the worker's own alarm */
    uint32_t frames;     /* distinct frames to hash at most, 1–WIRE_CANDIDATES */
};

enum wire_outcome {
    OUTCOME_OK = 0,
    OUTCOME_UNDECODABLE = 1, /* a known magic that fails */
    OUTCOME_UNSUPPORTED = 2, /* no magic that we read */
    OUTCOME_TOO_LARGE = 3,   /* over max_pixels, or metadata out of all proportion */
    OUTCOME_TIMEOUT = 4,     /* the worker stopped before the end by itself */
    OUTCOME_MEMORY = 5,      /* ours: out of memory within the limits */
};

/* Flags of a reply. */
enum {
    REPLY_TRUNCATED =
        1,             /* decoded, but the file is cut or damaged: coverage partial, undecodable */
    REPLY_SAMPLED = 2, /* more distinct frames than the budget: coverage partial, limit */
    REPLY_WEAK = 4,    /* no candidate says enough to match */
};

/* One hashed view of the picture. */
struct wire_candidate {
    uint8_t strategy;    /* enum strategy: PLAIN, DISPLAYED, TRIM, SCREENSHOT, CELL or CROP */
    uint8_t quality;     /* 0–100 */
    bool weak;           /* says too little to match, whatever its quality */
    uint16_t frame;      /* from 0 */
    uint32_t x, y, w, h; /* the rectangle in pixels of the stored picture */
    uint8_t hash[DIHEDRALS][WIRE_HASH];
};

struct wire_reply {
    uint64_t id;
    uint8_t outcome, orientation; /* EXIF 1–8; 1 when there is none */
    uint16_t flags;
    uint32_t format;          /* one FORMAT_* bit or 0 */
    uint32_t width, height;   /* as stored */
    uint32_t frames;          /* in the file */
    uint32_t cpu_us, rss_kib; /* of this job; of the worker */
    uint32_t count;
    uint8_t luma[WIRE_LUMA]; /* of the first candidate; zero when there is none */
    struct wire_candidate candidate[WIRE_CANDIDATES];
};

enum {
    WIRE_HELLO_SIZE = 32,
    WIRE_REQUEST_SIZE = 48,
    WIRE_CANDIDATE_SIZE = 24 + DIHEDRALS * WIRE_HASH,
    WIRE_REPLY_HEAD = 56 + WIRE_LUMA,
    WIRE_REPLY_MAX = WIRE_REPLY_HEAD + WIRE_CANDIDATES * WIRE_CANDIDATE_SIZE,
};

/* Writers fill exactly the named size; the reply's size is returned. */
void wire_hello_write(uint8_t out[WIRE_HELLO_SIZE], const struct wire_hello *h);
void wire_request_write(uint8_t out[WIRE_REQUEST_SIZE], const struct wire_request *r);
size_t wire_reply_write(uint8_t out[WIRE_REPLY_MAX], const struct wire_reply *r);

/* Readers: false when the bytes are not exactly such a message with every value in range. */
bool wire_hello_read(struct wire_hello *h, const void *bytes, size_t size);
bool wire_request_read(struct wire_request *r, const void *bytes, size_t size);
bool wire_reply_read(struct wire_reply *r, const void *bytes, size_t size);

/* The format that the first bytes of a file claim, FORMAT_NONE for none that we know. 32 bytes are
 * enough. */
enum wire_format wire_sniff(const void *bytes, size_t size);

#endif
