/*
 * The field's words with their numbers and names, each in one place: config, policy, lists, verdict
 * and command line all spell them by these tables. Numbers of actions, coverage and surfaces are
 * those of the public headers; the others are internal, except that signals are stored in list files.
 */
#ifndef BASE_TERMS_H
#define BASE_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action { ACTION_ALLOW = 0, ACTION_FLAG = 10, ACTION_HOLD = 20, ACTION_BLOCK = 30 };
enum coverage { COVERAGE_COMPLETE = 0, COVERAGE_PARTIAL = 10, COVERAGE_NOT_RUN = 20 };
enum recorded { RECORDED_NONE = 0, RECORDED_OK = 10, RECORDED_FAILED = 20 };
enum mode { MODE_OBSERVE, MODE_ENFORCE };
enum severity { SEVERITY_INFO, SEVERITY_LOW, SEVERITY_MEDIUM, SEVERITY_HIGH, SEVERITY_CRITICAL };
enum match_kind { MATCH_LIST, MATCH_RULE, MATCH_SCORE };

/* Signals; the numbers are in list files. */
enum signal {
    SIGNAL_MD5 = 1,
    SIGNAL_SHA1 = 2,
    SIGNAL_SHA256 = 3,
    SIGNAL_PDQ = 4,
    SIGNAL_LINK = 5,
    SIGNAL_TEXT = 6,
};
enum { SIGNAL_COUNT = 7 }; /* one more than the highest */

/* Of the keys that links are listed by (the text room makes them): lists of another version have to be
 * built again. */
enum { LINK_VERSION = 1 };

/* The same of the sketches by which texts are listed. */
enum { TEXT_VERSION = 1 };

/* How the picture was seen when it matched. PLAIN … TRANSVERSE number the eight dihedral hashes, in
 * the order in which the reference tool prints them. */
enum strategy {
    STRATEGY_PLAIN = 0,
    STRATEGY_ROT90 = 1, /* the copy is the entry turned clockwise by 90 degrees */
    STRATEGY_ROT180 = 2,
    STRATEGY_ROT270 = 3,
    STRATEGY_FLIP = 4,       /* upside down (the reference's flipx) */
    STRATEGY_MIRROR = 5,     /* left and right swapped (the reference's flipy) */
    STRATEGY_TRANSPOSE = 6,  /* flipplus1 */
    STRATEGY_TRANSVERSE = 7, /* flipminus1 */
    STRATEGY_EXACT = 8,      /* the bytes themselves: a digest */
    STRATEGY_DISPLAYED = 9,  /* turned as its EXIF orientation says */
    STRATEGY_NEGATIVE = 10,
    STRATEGY_TRIM = 11,
    STRATEGY_SCREENSHOT = 12,
    STRATEGY_CELL = 13,
    STRATEGY_CROP = 14,
};
enum { DIHEDRALS = 8 };

/* Why coverage is not complete; bits, in the order in which they are printed. */
enum reason {
    REASON_LIMIT = 1,
    REASON_TIMEOUT = 2,
    REASON_TOO_LARGE = 4,
    REASON_UNDECODABLE = 8,
    REASON_UNSUPPORTED = 16,
    REASON_WORKER = 32,
    REASON_LIST = 64,
    REASON_EXEMPT = 128,
};
enum { REASONS = 8 };

/* One row of a table; a table ends with a NULL name. */
struct term {
    const char *name;
    uint32_t value;
};

extern const struct term action_terms[], coverage_terms[], recorded_terms[], mode_terms[],
    severity_terms[], match_kind_terms[], signal_terms[], strategy_terms[], reason_terms[],
    surface_terms[];

/* The name of a value, "?" when the table has none. */
const char *term_name(const struct term *table, uint32_t value);

/* The value of a name; false when the table has none. */
bool term_value(const struct term *table, const char *name, size_t length, uint32_t *value);

/* One finding, the same from lists and rules to verdict and event. The strings are borrowed from
 * the snapshot; the verdict copies them. */
struct match {
    uint8_t kind, action, mode, severity, signal, strategy;
    bool suppressed, authority;
    uint8_t own_action; /* before caps; what the list or rule says */
    uint16_t distance, frame;
    uint32_t from, to; /* raw bytes of a text */
    float score;
    const char *source, *version, *entry, *rule, *view, *harm;
};

enum { MATCHES_MAX = 64 };

struct matches {
    struct match v[MATCHES_MAX];
    uint32_t n, dropped;
    uint32_t reasons; /* REASON_* bits met while matching */
};

#endif
