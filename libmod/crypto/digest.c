/* Digests, HMAC and random bytes over OpenSSL's EVP. */
#include "crypto/crypto.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "base/base.h"

enum { HMAC_BLOCK = 64 }; /* of SHA-256 */

static const EVP_MD *algorithm(size_t i)
{
    switch (i) {
    case 0:
        return EVP_md5();
    case 1:
        return EVP_sha1();
    default:
        return EVP_sha256();
    }
}

int digester_begin(struct digester *d, uint32_t want)
{
    memset(d, 0, sizeof(*d));
    d->want = want;
    for (size_t i = 0; i < COUNT_OF(d->context); i++) {
        if (!(want & 1u << i))
            continue;
        EVP_MD_CTX *c = EVP_MD_CTX_new();
        d->context[i] = c;
        if (!c || EVP_DigestInit_ex(c, algorithm(i), NULL) != 1) {
            (void)digester_end(d, NULL);
            return LMOD_E_MEMORY;
        }
    }
    return LMOD_OK;
}

int digester_add(struct digester *d, const void *bytes, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(d->context); i++)
        if (d->context[i] && EVP_DigestUpdate(d->context[i], bytes, size) != 1)
            return LMOD_E_MEMORY;
    return LMOD_OK;
}

int digester_end(struct digester *d, struct digests *out)
{
    int status = LMOD_OK;
    if (out)
        memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < COUNT_OF(d->context); i++) {
        if (!d->context[i])
            continue;
        if (out) {
            uint8_t *to = i == 0 ? out->md5 : i == 1 ? out->sha1 : out->sha256;
            if (EVP_DigestFinal_ex(d->context[i], to, NULL) == 1)
                out->have |= 1u << i;
            else
                status = LMOD_E_MEMORY;
        }
        EVP_MD_CTX_free(d->context[i]);
        d->context[i] = NULL;
    }
    return status;
}

int digests_of(struct digests *out, uint32_t want, const void *bytes, size_t size)
{
    struct digester d;
    memset(out, 0, sizeof(*out));
    int status = digester_begin(&d, want);
    if (status != LMOD_OK)
        return status;
    status = digester_add(&d, bytes, size);
    int end = digester_end(&d, out);
    return status != LMOD_OK ? status : end;
}

bool sha256_of(uint8_t out[SHA256_BYTES], const void *bytes, size_t size)
{
    return EVP_Digest(bytes, size, out, NULL, EVP_sha256(), NULL) == 1;
}

/* The algorithm is looked up once; EVP_Digest() does so every time. */
struct hasher {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

struct hasher *hasher_new(void)
{
    struct hasher *h = calloc(1, sizeof(*h));
    if (!h)
        return NULL;
    h->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->context = EVP_MD_CTX_new();
    if (h->algorithm && h->context)
        return h;
    hasher_free(h);
    return NULL;
}

void hasher_free(struct hasher *h)
{
    if (!h)
        return;
    EVP_MD_CTX_free(h->context);
    EVP_MD_free(h->algorithm);
    free(h);
}

bool hasher_run(struct hasher *h, uint8_t out[SHA256_BYTES], const void *bytes, size_t size)
{
    return EVP_DigestInit_ex(h->context, h->algorithm, NULL) == 1 &&
           EVP_DigestUpdate(h->context, bytes, size) == 1 &&
           EVP_DigestFinal_ex(h->context, out, NULL) == 1;
}

/* By hand (RFC 2104): HMAC() of OpenSSL 3 fetches an algorithm of its own, and when memory runs out in
 * the first fetch it fails for as long as the process lives. */
bool hmac_of(uint8_t out[SHA256_BYTES],
             const uint8_t key[SITE_KEY_BYTES],
             const char *tag,
             const void *bytes,
             size_t size)
{
    uint8_t inner[HMAC_BLOCK], outer[HMAC_BLOCK + SHA256_BYTES];
    struct digester d;
    struct digests got;
    for (size_t i = 0; i < HMAC_BLOCK; i++) {
        uint8_t k = i < SITE_KEY_BYTES ? key[i] : 0;
        inner[i] = k ^ 0x36;
        outer[i] = k ^ 0x5c;
    }
    if (digester_begin(&d, DIGEST_SHA256) != LMOD_OK)
        return false;
    bool ok = digester_add(&d, inner, sizeof(inner)) == LMOD_OK &&
              digester_add(&d, tag, strlen(tag) + 1) == LMOD_OK &&
              digester_add(&d, bytes, size) == LMOD_OK;
    ok = digester_end(&d, &got) == LMOD_OK && ok;
    memcpy(outer + HMAC_BLOCK, got.sha256, SHA256_BYTES);
    ok = ok && sha256_of(out, outer, sizeof(outer));
    explicit_bzero(inner, sizeof(inner));
    explicit_bzero(outer, sizeof(outer));
    return ok;
}

bool random_bytes(void *out, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = getrandom((char *)out + done, size - done, 0);
        if (n < 0 && errno == EINTR) /* possible over 256 bytes */
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}
