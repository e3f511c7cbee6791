/*
 * libmod: who am I? ABI number, release version, feature query, names of status values.
 *
 * Every function here is [any-thread], never fails and never allocates.
 */
#ifndef LIBMOD_VERSION_H
#define LIBMOD_VERSION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The ABI this header describes. Pass it to lmod_engine_open(). It equals the number in the soname
 * (libmod.so.1) and does not change for as long as that soname lives. */
#define LMOD_ABI 1u

/* The release this header came with; lmod_version() tells the release that is loaded. */
#define LMOD_VERSION "0.1.0"

/* The ABI number of the loaded library. A host refuses to go on when it is not LMOD_ABI. */
uint32_t lmod_abi(void);

/* The release of the loaded library, "MAJOR.MINOR.PATCH". Borrowed, static. */
const char *lmod_version(void);

/*
 * The revision of a named feature, 0 when this build does not have it (or `name` is NULL).
 * Known names: "media.pdq", "media.displayed", "lists.lml", "selftest", "sandbox", "text.rules",
 * "store", "decisions".
 * A host asks for features; it never compares version numbers.
 */
uint32_t lmod_feature(const char *name);

/*
 * The name of a status value, such as "LMOD_E_CONFIG"; "LMOD_E_?" for a number that this release
 * does not know. Borrowed, static.
 */
const char *lmod_status_name(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
