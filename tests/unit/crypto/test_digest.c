/* Digests, HMAC and random bytes against published vectors. */
#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "tap.h"

enum { ALL = DIGEST_MD5 | DIGEST_SHA1 | DIGEST_SHA256 };

/* RFC 1321 A.5; FIPS 180-4 examples. */
static const struct {
    const char *text, *md5, *sha1, *sha256;
} vectors[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "8215ef0796a20bcaaae116d3876c664a",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static bool is_hex(const uint8_t *bytes, size_t size, const char *want)
{
    char text[2 * SHA256_BYTES + 1];
    hex_write(bytes, size, text);
    return strcmp(text, want) == 0;
}

static void test_vectors(void)
{
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct digests d;
        uint8_t alone[SHA256_BYTES];
        size_t size = strlen(vectors[i].text);
        CU_ASSERT_EQUAL(digests_of(&d, ALL, vectors[i].text, size), LMOD_OK);
        CU_ASSERT_EQUAL(d.have, ALL);
        CU_ASSERT_TRUE(is_hex(d.md5, MD5_BYTES, vectors[i].md5));
        CU_ASSERT_TRUE(is_hex(d.sha1, SHA1_BYTES, vectors[i].sha1));
        CU_ASSERT_TRUE(is_hex(d.sha256, SHA256_BYTES, vectors[i].sha256));
        CU_ASSERT_TRUE(sha256_of(alone, vectors[i].text, size));
        CU_ASSERT_EQUAL(memcmp(alone, d.sha256, SHA256_BYTES), 0);
    }
    struct digests d;
    CU_ASSERT_EQUAL(digests_of(&d, ALL, NULL, 0), LMOD_OK);
    CU_ASSERT_TRUE(is_hex(d.md5, MD5_BYTES, vectors[0].md5));
}

/* Only what is asked for is computed. */
static void test_wanted(void)
{
    static const uint8_t zero[SHA256_BYTES];
    for (uint32_t want = 0; want <= ALL; want++) {
        struct digests d;
        CU_ASSERT_EQUAL(digests_of(&d, want, "abc", 3), LMOD_OK);
        CU_ASSERT_EQUAL(d.have, want);
        CU_ASSERT_EQUAL(memcmp(d.md5, zero, MD5_BYTES) != 0, (want & DIGEST_MD5) != 0);
        CU_ASSERT_EQUAL(memcmp(d.sha1, zero, SHA1_BYTES) != 0, (want & DIGEST_SHA1) != 0);
        CU_ASSERT_EQUAL(memcmp(d.sha256, zero, SHA256_BYTES) != 0, (want & DIGEST_SHA256) != 0);
    }
}

/* A million times "a", in pieces of odd sizes (FIPS 180-4). */
static void test_stream(void)
{
    struct digester s;
    struct digests d;
    char piece[997];
    memset(piece, 'a', sizeof(piece));
    CU_ASSERT_EQUAL_FATAL(digester_begin(&s, ALL), LMOD_OK);
    for (size_t left = 1000000; left;) {
        size_t n = left < sizeof(piece) ? left : sizeof(piece);
        CU_ASSERT_EQUAL(digester_add(&s, piece, n), LMOD_OK);
        CU_ASSERT_EQUAL(digester_add(&s, piece, 0), LMOD_OK);
        left -= n;
    }
    CU_ASSERT_EQUAL(digester_end(&s, &d), LMOD_OK);
    CU_ASSERT_EQUAL(d.have, ALL);
    CU_ASSERT_TRUE(is_hex(d.md5, MD5_BYTES, "7707d6ae4e027c70eea2a935c2296f21"));
    CU_ASSERT_TRUE(is_hex(d.sha1, SHA1_BYTES, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"));
    CU_ASSERT_TRUE(is_hex(d.sha256, SHA256_BYTES,
                          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    CU_ASSERT_EQUAL_FATAL(digester_begin(&s, ALL), LMOD_OK);
    CU_ASSERT_EQUAL(digester_end(&s, NULL), LMOD_OK); /* given up; the leak checker looks on */
}

/* Against the value that Python's hmac gives for key 00 01 … 1f and b"tag\0" + b"message". */
static void test_hmac(void)
{
    uint8_t key[SITE_KEY_BYTES], out[SHA256_BYTES], other[SHA256_BYTES];
    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    CU_ASSERT_TRUE(hmac_of(out, key, "tag", "message", 7));
    CU_ASSERT_TRUE(is_hex(out, SHA256_BYTES,
                          "130fba5ef5ec2d364b0d38bc21beecae90252efd05e8705ded9f76ce7efe47e4"));
    CU_ASSERT_TRUE(hmac_of(out, key, "", NULL, 0));
    CU_ASSERT_TRUE(is_hex(out, SHA256_BYTES,
                          "e711546e3faad4c7c4aa756bc26cad6abea8241984a0f6b0839c70ca61c4ef88"));
    /* The zero byte keeps tag and bytes apart. */
    CU_ASSERT_TRUE(hmac_of(out, key, "ab", "c", 1));
    CU_ASSERT_TRUE(hmac_of(other, key, "a", "bc", 2));
    CU_ASSERT_NOT_EQUAL(memcmp(out, other, sizeof(out)), 0);
    key[31] ^= 1;
    CU_ASSERT_TRUE(hmac_of(other, key, "ab", "c", 1));
    CU_ASSERT_NOT_EQUAL(memcmp(out, other, sizeof(out)), 0);
}

/* One after another, with the same memory. */
static void test_hasher(void)
{
    struct hasher *h = hasher_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(h);
    for (size_t i = 0; i < 2 * COUNT_OF(vectors); i++) {
        uint8_t sha256[SHA256_BYTES];
        const char *text = vectors[i % COUNT_OF(vectors)].text;
        CU_ASSERT_TRUE(hasher_run(h, sha256, text, strlen(text)));
        CU_ASSERT_TRUE(is_hex(sha256, SHA256_BYTES, vectors[i % COUNT_OF(vectors)].sha256));
    }
    hasher_free(h);
}

static void test_random(void)
{
    enum { SIZE = 100000 };
    uint8_t a[32] = {0}, b[32] = {0}, *many = calloc(1, SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(many);
    CU_ASSERT_TRUE(random_bytes(a, sizeof(a)));
    CU_ASSERT_TRUE(random_bytes(b, sizeof(b)));
    CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
    CU_ASSERT_TRUE(random_bytes(many, SIZE));
    size_t zeros = 0; /* of the last thousand bytes some four are zero; all would be a short read */
    for (size_t i = SIZE - 1000; i < SIZE; i++)
        zeros += many[i] == 0;
    CU_ASSERT(zeros < 100);
    CU_ASSERT_TRUE(random_bytes(a, 0));
    free(many);
}

int main(void)
{
    return TAP_RUN("crypto/digest", {"published vectors", test_vectors},
                   {"only what is wanted", test_wanted}, {"a stream in pieces", test_stream},
                   {"short pieces", test_hasher}, {"HMAC with a tag", test_hmac},
                   {"random bytes", test_random});
}
