/* list_check(): everything that opening leaves out. Checksums, padding, order, every reference. */
#include "lists/format.h"

#include <inttypes.h>
#include <string.h>

#include "crypto/crypto.h"

static int bad(struct error *e, const char *path, const char *what)
{
    return error_at(e, LMOD_E_LIST, path, 0, 0, "damaged list: %s", what);
}

static int check_sums(const struct list *l, const char *path, struct error *e)
{
    for (uint32_t i = 0; i < l->table.n; i++) {
        const struct section *s = &l->table.v[i];
        uint8_t sum[32];
        if (!sha256_of(sum, l->base + s->offset, (size_t)s->size))
            return error_memory(e);
        if (memcmp(sum, s->sha256, sizeof(sum)) != 0)
            return error_at(e, LMOD_E_LIST, path, 0, 0,
                            "damaged list: the checksum of section %" PRIu32 " is wrong", s->type);
    }
    return LMOD_OK;
}

/* Bytes that belong to no section are zero, so that every byte of the file is accounted for. */
static int check_padding(const struct list *l, const char *path, struct error *e)
{
    uint64_t at = lml_head_size(l->table.n);
    while (at < l->size) {
        uint64_t next = l->size, end = 0;
        for (uint32_t i = 0; i < l->table.n; i++) {
            const struct section *s = &l->table.v[i];
            if (s->size && s->offset >= at && s->offset < next) {
                next = s->offset;
                end = s->offset + s->size;
            }
        }
        for (; at < next; at++)
            if (l->base[at] != 0)
                return bad(e, path, "there are bytes between its sections");
        at = end ? end : l->size;
    }
    return LMOD_OK;
}

/* An offset of a string that begins where another ends. */
static bool string_at(const struct list *l, uint64_t offset)
{
    return offset < l->strings_size && (offset == 0 || l->strings[offset - 1] == '\0');
}

static int check_entry(const struct list *l, uint32_t i, const char *path, struct error *e)
{
    const uint8_t *p = l->entries + (size_t)i * l->entry_item;
    uint64_t id = lml_u64(p);
    uint32_t labels = lml_u32(p + 8), opinion = lml_u32(p + 12);
    if (!string_at(l, id) || !string_at(l, labels) || !string_at(l, opinion) ||
        p[16] > ENTRY_DISABLED)
        return bad(e, path, "an entry is out of range");
    const char *text = l->strings + id;
    if (!text[0] || !lml_printable(text, strlen(text), LIST_ENTRY_MAX) ||
        !lml_printable(l->strings + labels, strlen(l->strings + labels), LIST_LABELS_MAX) ||
        !lml_printable(l->strings + opinion, strlen(l->strings + opinion), LIST_LABELS_MAX))
        return bad(e, path, "an entry's text is no good");
    if (i > 0) {
        struct list_entry before;
        list_entry_get(l, i - 1, &before);
        if (strcmp(before.id, text) >= 0)
            return bad(e, path, "the entries are not in order");
    }
    return LMOD_OK;
}

static int check_column(const struct list *l,
                        const struct column *c,
                        struct lml_meta *m,
                        const char *path,
                        struct error *e)
{
    uint64_t active = 0;
    struct sketch text;
    for (size_t i = 0; i < c->n; i++) {
        const uint8_t *key = c->keys + i * c->key;
        uint32_t entry = lml_u32(c->entries + 4 * i);
        int order = i ? memcmp(key - c->key, key, c->key) : -1;
        if (entry >= l->entry_count || (c->quality && c->quality[i] > 100))
            return bad(e, path, "a signal is out of range");
        if (c == &l->column[SIGNAL_TEXT] && !sketch_read(&text, key))
            return bad(e, path, "a text's sketch is none");
        if (order > 0 || (order == 0 && lml_u32(c->entries + 4 * (i - 1)) >= entry))
            return bad(e, path, "the signals are not in order");
        if (lml_active(l, c, i) == UINT32_MAX)
            continue;
        active++;
        m->weak += c->quality && c->quality[i] < PDQ_QUALITY_MIN;
    }
    m->signals[(size_t)(c - l->column)] = active;
    return LMOD_OK;
}

static int
check_counts(const struct list *l, const struct lml_meta *m, const char *path, struct error *e)
{
    if (m->active != l->info.active || m->weak != l->info.weak ||
        memcmp(m->signals, l->info.signals, sizeof(m->signals)) != 0)
        return bad(e, path, "its counts are wrong");
    return LMOD_OK;
}

static int check_content(const struct list *l, const char *path, struct error *e)
{
    struct lml_meta m;
    memset(&m, 0, sizeof(m));
    int status = LMOD_OK;
    for (uint32_t i = 0; status == LMOD_OK && i < l->entry_count; i++) {
        status = check_entry(l, i, path, e);
        m.active += l->entries[(size_t)i * l->entry_item + 16] == ENTRY_ACTIVE;
    }
    for (size_t i = 0; status == LMOD_OK && i < SIGNAL_COUNT; i++)
        status = check_column(l, &l->column[i], &m, path, e);
    return status == LMOD_OK ? check_counts(l, &m, path, e) : status;
}

/* Makes the index again and compares. */
static int check_index(const struct list *l, const char *path, struct error *e)
{
    struct index_maker m;
    int status = LMOD_OK;
    if (!l->index.parts)
        return LMOD_OK;
    if (!index_maker_init(&m, &l->index.layout))
        return error_memory(e);
    for (unsigned i = 0; status == LMOD_OK && i < INDEX_CHUNKS; i++) {
        size_t part = m.layout.part;
        index_make(&m, i, l->column[SIGNAL_PDQ].keys, PDQ_BYTES);
        if (memcmp(m.part, l->index.parts + i * part, part * sizeof(*m.part)) != 0)
            status = bad(e, path, "the index does not say where its hashes are");
    }
    index_maker_finish(&m);
    return status;
}

int lml_check(const char *path, bool index, struct list_info *info, struct error *e)
{
    struct list *l;
    int status = lml_open_anywhere(&l, path, e);
    if (status != LMOD_OK)
        return status;
    status = check_sums(l, path, e);
    if (status == LMOD_OK)
        status = check_padding(l, path, e);
    if (status == LMOD_OK)
        status = check_content(l, path, e);
    if (status == LMOD_OK && index)
        status = check_index(l, path, e);
    if (status == LMOD_OK && info)
        list_info_get(l, info);
    list_close(l);
    return status;
}

int list_check(const char *path, struct list_info *info, struct error *e)
{
    return lml_check(path, true, info, e);
}
