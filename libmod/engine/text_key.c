/* What a text is known by among contents, local entries and lists. */
#include "engine/internal.h"

bool text_key(uint8_t out[SHA256_BYTES],
              const uint8_t site_key[SITE_KEY_BYTES],
              const struct text *text)
{
    const struct text_view *fold = text_get(text, VIEW_FOLD);
    return fold && hmac_of(out, site_key, "text", fold->bytes, fold->size);
}

bool text_sketch_key(struct sketch_key *out, const uint8_t site_key[SITE_KEY_BYTES])
{
    uint8_t bytes[SHA256_BYTES];
    if (!hmac_of(bytes, site_key, "sketch", "", 0))
        return false;
    *out = sketch_key_of(bytes);
    return true;
}

int engine_text_names(
    struct text_names *out, const struct config *c, const void *bytes, size_t size, struct error *e)
{
    uint8_t site_key[SITE_KEY_BYTES];
    struct sketch_key sealed;
    int status = site_key_read(site_key, c->key_file, e);
    if (status != LMOD_OK)
        return status;
    if (size > c->text.max_bytes) /* a scan looks no further */
        size = c->text.max_bytes;
    struct text *text = text_new();
    bool made = text && text_run(text, bytes, size, 1u << VIEW_FOLD) == LMOD_OK &&
                text_key(out->key, site_key, text) && text_sketch_key(&sealed, site_key) &&
                text_sketch(text, &sealed, &out->stored) && text_sketch(text, NULL, &out->listed);
    text_free(text);
    return made ? LMOD_OK : error_memory(e);
}
