/* The peers of bench/text, each in a file of its own and there only where its library is. */
#ifndef TEXT_PEERS_H
#define TEXT_PEERS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an engine says when it is loaded. */
struct ready {
    double ms;
    size_t taken; /* rules that it could take */
    size_t bytes; /* of what it searches with; 0: not known */
};

/* CPU time of the process. */
double cpu_ms(void);
/* Ends the program with `what` unless `ok`. */
void need(bool ok, const char *what);

/* Every pattern by PCRE2 with JIT: the bytes of all; does pattern `i` match; how many do. */
size_t confirm_load(char *const *patterns, size_t n);
bool confirm(size_t i, const char *bytes, size_t size);
size_t confirm_all(const char *bytes, size_t size);

/* How many patterns match, each confirmed. */
void re2_load(char *const *patterns, size_t n, struct ready *out);
size_t re2_scan(const char *bytes, size_t size);

/* `all`: also words with something between their letters. `path`: where what was compiled is kept for
 * the next run, or NULL. */
void vectorscan_load(
    char *const *patterns, size_t n, bool all, const char *path, struct ready *out);
size_t vectorscan_scan(const char *bytes, size_t size);

/* NFKC_Casefold with its map; borrowed until the next call. */
const char *icu_fold(const char *bytes, size_t size, size_t *folded_size);

#ifdef __cplusplus
}
#endif

#endif
