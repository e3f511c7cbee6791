/*
 * Links of any bytes: places inside the text, ascending and apart; keys of valid UTF-8 and bounded size
 * that are their own keys; digests of just those keys. The first byte says whether handles are asked for and
 * whether it is HTML.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "text/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16384, KEY_MOST = 2048 };

static void must(bool so)
{
    if (!so)
        abort();
}

static void own_key(const char *key, size_t size, uint8_t family)
{
    struct buffer again = BUFFER_INIT;
    uint8_t same = 0;
    int status = link_key(&again, &same, key, size);
    must(status == LMOD_E_MEMORY || status == LMOD_OK);
    if (!status)
        must(same == family && again.size == size && memcmp(again.data, key, size) == 0);
    buffer_finish(&again);
}

static void one(const struct text_link *l, uint32_t before, size_t size)
{
    uint8_t sha256[SHA256_BYTES];
    struct link_digests d;
    struct hasher *h = hasher_new();
    const char *family = term_name(link_family_terms, l->family);
    must(l->from >= before && l->from < l->to && l->to <= size);
    must(l->key_size > 0 && l->key_size <= KEY_MOST && utf8_valid(l->key, l->key_size));
    must(family && l->key_size > strlen(family) && l->key[strlen(family)] == ':' &&
         memcmp(l->key, family, strlen(family)) == 0);
    must(utf8_valid(l->host, l->host_size) && (l->family != LINK_WEB || l->host_size > 0));
    if (h && link_digests(&d, h, l->key, l->key_size) && sha256_of(sha256, l->key, l->key_size))
        must(memcmp(sha256, d.sha256[0], sizeof(sha256)) == 0 && d.n <= 2);
    hasher_free(h);
    own_key(l->key, l->key_size, l->family);
}

/* A text that is one link has a key that is its own. */
static void whole(const uint8_t *data, size_t size)
{
    struct buffer key = BUFFER_INIT;
    uint8_t family = 0;
    if (link_key(&key, &family, (const char *)data, size) == LMOD_OK)
        own_key(key.data, key.size, family);
    buffer_finish(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t want = size && data[0] & 1 ? LINKS_HANDLES : 0;
    int (*run)(struct text * t, const void *bytes, size_t size, uint32_t views) =
        size && data[0] & 2 ? text_run_html : text_run;
    struct text_links l, again;
    struct text *t = text_new();
    data += size > 0;
    size -= size > 0;
    size = size > INPUT_MAX ? INPUT_MAX : size;
    if (t && run(t, data, size, 1u << VIEW_FOLD) == LMOD_OK && text_links(t, want, &l) == LMOD_OK) {
        must(l.size <= TEXT_LINKS_MAX && (l.size == TEXT_LINKS_MAX || !l.more));
        for (uint32_t i = 0; i < l.size; i++)
            one(&l.links[i], i ? l.links[i - 1].to : 0, size);
        must(text_links(t, want, &again) == LMOD_OK && again.size == l.size);
    }
    text_free(t);
    whole(data, size);
    return 0;
}
