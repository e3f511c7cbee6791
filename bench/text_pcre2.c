/* PCRE2 for bench/text: a loop over all patterns, and the confirmation of single ones. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "text_peers.h"

static pcre2_code **codes;
static size_t code_count;
static pcre2_match_data *data;

size_t confirm_load(char *const *patterns, size_t n)
{
    size_t bytes = 0;
    codes = calloc(n + 1, sizeof(pcre2_code *));
    data = pcre2_match_data_create(1, NULL);
    need(codes && data, "out of memory");
    for (size_t i = 0; i < n; i++) {
        int why;
        size_t at, size = 0, jit = 0;
        codes[i] = pcre2_compile((PCRE2_SPTR)patterns[i], strlen(patterns[i]),
                                 PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &why, &at, NULL);
        need(codes[i] && pcre2_jit_compile(codes[i], PCRE2_JIT_COMPLETE) == 0, patterns[i]);
        (void)pcre2_pattern_info(codes[i], PCRE2_INFO_SIZE, &size);
        (void)pcre2_pattern_info(codes[i], PCRE2_INFO_JITSIZE, &jit);
        bytes += size + jit;
    }
    code_count = n;
    return bytes;
}

bool confirm(size_t i, const char *bytes, size_t size)
{
    return pcre2_match(codes[i], (PCRE2_SPTR)bytes, size, 0, PCRE2_NO_UTF_CHECK, data, NULL) >= 0;
}

size_t confirm_all(const char *bytes, size_t size)
{
    size_t found = 0;
    for (size_t i = 0; i < code_count; i++)
        found += confirm(i, bytes, size);
    return found;
}
