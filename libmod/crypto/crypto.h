/*
 * crypto: digests, HMAC and random bytes over libcrypto. No global state, any thread.
 */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MD5_BYTES = 16, SHA1_BYTES = 20, SHA256_BYTES = 32, SITE_KEY_BYTES = 32 };

/* Which digests to compute: bits. */
enum { DIGEST_MD5 = 1, DIGEST_SHA1 = 2, DIGEST_SHA256 = 4 };

struct digests {
    uint32_t have; /* DIGEST_* bits that are filled in */
    uint8_t md5[MD5_BYTES], sha1[SHA1_BYTES], sha256[SHA256_BYTES];
};

/* Several digests over one stream of bytes. */
struct digester {
    uint32_t want;
    void *context[3];
};

/* Status; on failure there is nothing to finish. */
int digester_begin(struct digester *d, uint32_t want);
int digester_add(struct digester *d, const void *bytes, size_t size);
/* Fills `out` and frees the digester, also on failure. `out` may be NULL: only frees. */
int digester_end(struct digester *d, struct digests *out);

/* All at once. */
int digests_of(struct digests *out, uint32_t want, const void *bytes, size_t size);

/* SHA-256 of one piece; false when memory ran out. */
bool sha256_of(uint8_t out[SHA256_BYTES], const void *bytes, size_t size);

/* SHA-256 of many short pieces, a third of the time each. One thread at a time. */
struct hasher;
struct hasher *hasher_new(void); /* NULL: out of memory */
void hasher_free(struct hasher *h);
bool hasher_run(struct hasher *h, uint8_t out[SHA256_BYTES], const void *bytes, size_t size);

/* HMAC-SHA-256 over `tag`, a zero byte and `size` bytes; false when memory ran out. */
bool hmac_of(uint8_t out[SHA256_BYTES],
             const uint8_t key[SITE_KEY_BYTES],
             const char *tag,
             const void *bytes,
             size_t size);

/* Random bytes from the kernel; false when it has none. */
bool random_bytes(void *out, size_t size);

#endif
