/* The .lml header, section table and meta section: writing and checking. */
#include "lists/format.h"

#include <inttypes.h>
#include <string.h>

#include "crypto/crypto.h"

/* Like PNG's: shows transfers that change line ends or strip the eighth bit. */
static const uint8_t magic[LML_MAGIC] = {0x89, 'L', 'M', 'L', '\r', '\n', 0x1a, '\n'};

/* Places in the header; everything else is zero. */
enum {
    AT_FORMAT = 8,
    AT_MIN_READER = 12,
    AT_SECTIONS = 16,
    AT_FLAGS = 20, /* none yet; readers ignore them: what must be understood raises min_reader */
    AT_SIZE = 24,
    AT_CHECKSUM = 32,
};

/* Places in a row of the section table. */
enum {
    ROW_TYPE = 0,
    ROW_FLAGS = 4,
    ROW_OFFSET = 8,
    ROW_SIZE = 16,
    ROW_COUNT = 24,
    ROW_ITEM = 32,
    ROW_SHA256 = 40
};

/* Places in the meta section. */
enum {
    META_DIALECT = 0,
    META_CANON = 4,
    META_ENTRIES = 8,
    META_ACTIVE = 16,
    META_WEAK = 24,
    META_SIGNALS = 32,
    META_ID = 96,
    META_VERSION = 168,
    META_TEXTS = 240
};

const struct term dialect_terms[] = {
    {"unknown", DIALECT_UNKNOWN},
    {"reference", DIALECT_REFERENCE},
    {"full", DIALECT_FULL},
    {NULL, 0},
};

const struct term entry_status_terms[] = {
    {"active", ENTRY_ACTIVE},
    {"withdrawn", ENTRY_WITHDRAWN},
    {"expired", ENTRY_EXPIRED},
    {"disabled", ENTRY_DISABLED},
    {NULL, 0},
};

size_t signal_bytes(enum signal s)
{
    switch (s) {
    case SIGNAL_MD5:
        return 16;
    case SIGNAL_SHA1:
        return 20;
    case SIGNAL_SHA256:
    case SIGNAL_PDQ:
    case SIGNAL_LINK:
        return 32;
    case SIGNAL_TEXT:
        return SKETCH_BYTES;
    default:
        return 0;
    }
}

uint32_t lml_item(enum signal s)
{
    return (uint32_t)signal_bytes(s) + 4 + (s == SIGNAL_PDQ);
}

bool lml_printable(const char *text, size_t length, size_t max)
{
    if (length > max || !utf8_valid(text, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

size_t lml_head_size(uint32_t sections)
{
    return LML_HEADER + (size_t)sections * LML_ROW;
}

/* SHA-256 over header and table with the checksum's own place as zeros. */
static bool head_checksum(uint8_t out[32], const uint8_t *bytes, size_t size)
{
    static const uint8_t zeros[32];
    struct digester d;
    struct digests got;
    if (digester_begin(&d, DIGEST_SHA256) != LMOD_OK)
        return false;
    int status = digester_add(&d, bytes, AT_CHECKSUM);
    if (status == LMOD_OK)
        status = digester_add(&d, zeros, sizeof(zeros));
    if (status == LMOD_OK)
        status = digester_add(&d, bytes + AT_CHECKSUM + 32, size - AT_CHECKSUM - 32);
    int end = digester_end(&d, &got);
    memcpy(out, got.sha256, 32);
    return status == LMOD_OK && end == LMOD_OK;
}

int lml_head_write(struct lml_table *t, uint8_t *out, struct error *e)
{
    size_t size = lml_head_size(t->n);
    memset(out, 0, size);
    memcpy(out, magic, LML_MAGIC);
    lml_put32(out + AT_FORMAT, t->format);
    lml_put32(out + AT_MIN_READER, t->min_reader);
    lml_put32(out + AT_SECTIONS, t->n);
    lml_put64(out + AT_SIZE, t->size);
    for (uint32_t i = 0; i < t->n; i++) {
        const struct section *s = &t->v[i];
        uint8_t *row = out + lml_head_size(i);
        lml_put32(row + ROW_TYPE, s->type);
        lml_put32(row + ROW_FLAGS, s->flags);
        lml_put64(row + ROW_OFFSET, s->offset);
        lml_put64(row + ROW_SIZE, s->size);
        lml_put64(row + ROW_COUNT, s->count);
        lml_put32(row + ROW_ITEM, s->item);
        memcpy(row + ROW_SHA256, s->sha256, 32);
    }
    if (!head_checksum(t->checksum, out, size))
        return error_memory(e);
    memcpy(out + AT_CHECKSUM, t->checksum, 32);
    return LMOD_OK;
}

static int bad(struct error *e, const char *path, const char *what)
{
    return error_at(e, LMOD_E_LIST, path, 0, 0, "damaged list: %s", what);
}

/* Magic, versions and the file's size; fills everything of `t` but the rows. */
static int read_header(struct lml_table *t,
                       const uint8_t *bytes,
                       size_t have,
                       uint64_t file_size,
                       const char *path,
                       struct error *e)
{
    size_t begin = have < LML_MAGIC ? have : LML_MAGIC;
    if (file_size == 0)
        return error_at(e, LMOD_E_LIST, path, 0, 0, "not a list: the file is empty");
    if (memcmp(bytes, magic, begin) != 0)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "not a list: build one from a source with modctl list build");
    if (file_size < LML_HEADER || have < LML_HEADER)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "truncated: a header takes %d bytes, file has %" PRIu64, LML_HEADER,
                        file_size);
    t->format = lml_u32(bytes + AT_FORMAT);
    t->min_reader = lml_u32(bytes + AT_MIN_READER);
    t->n = lml_u32(bytes + AT_SECTIONS);
    t->size = lml_u64(bytes + AT_SIZE);
    memcpy(t->checksum, bytes + AT_CHECKSUM, 32);
    if (t->min_reader > LIST_FORMAT)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "newer list format %" PRIu32
                        ", this release reads up to %d: rebuild it or upgrade",
                        t->format > t->min_reader ? t->format : t->min_reader, LIST_FORMAT);
    if (file_size < t->size)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "truncated: header says %" PRIu64 " bytes, file has %" PRIu64, t->size,
                        file_size);
    if (file_size > t->size)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "damaged list: header says %" PRIu64 " bytes, file has %" PRIu64, t->size,
                        file_size);
    return LMOD_OK;
}

static struct section read_row(const uint8_t *row)
{
    struct section s = {
        .type = lml_u32(row + ROW_TYPE),
        .flags = lml_u32(row + ROW_FLAGS),
        .offset = lml_u64(row + ROW_OFFSET),
        .size = lml_u64(row + ROW_SIZE),
        .count = lml_u64(row + ROW_COUNT),
        .item = lml_u32(row + ROW_ITEM),
    };
    memcpy(s.sha256, row + ROW_SHA256, 32);
    return s;
}

static bool known(uint32_t type)
{
    return (type >= SECTION_META && type <= SECTION_STRINGS) || type == SECTION_INDEX ||
           (type > SECTION_SIGNAL && type < SECTION_SIGNAL + SIGNAL_COUNT &&
            signal_bytes((enum signal)(type - SECTION_SIGNAL)) > 0);
}

/* Sections may stand in any order, but must not share bytes. */
static bool overlaps(const struct section *a, const struct section *b)
{
    return a->size && b->size && a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static int check_section(const struct lml_table *t, uint32_t i, const char *path, struct error *e)
{
    const struct section *s = &t->v[i];
    uint64_t end, bytes;
    if (s->offset % LML_ALIGN != 0)
        return bad(e, path, "a section is not aligned");
    if (__builtin_add_overflow(s->offset, s->size, &end) || end > t->size ||
        s->offset < lml_head_size(t->n))
        return bad(e, path, "a section lies outside of the file");
    if (__builtin_mul_overflow(s->count, (uint64_t)s->item, &bytes) || bytes != s->size)
        return bad(e, path, "a section's size is not that of its items");
    for (uint32_t k = 0; k < i; k++)
        if (overlaps(s, &t->v[k]))
            return bad(e, path, "two sections overlap");
        else if (known(s->type) && s->type == t->v[k].type)
            return bad(e, path, "a section stands twice");
    if (!known(s->type) && (s->flags & LML_REQUIRED))
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "needs a feature that this release does not have (section %" PRIu32
                        "): rebuild it or upgrade",
                        s->type);
    return LMOD_OK;
}

int lml_head_read(struct lml_table *t,
                  const uint8_t *bytes,
                  size_t have,
                  uint64_t file_size,
                  const char *path,
                  struct error *e)
{
    uint8_t checksum[32];
    memset(t, 0, sizeof(*t));
    int status = read_header(t, bytes, have, file_size, path, e);
    if (status != LMOD_OK)
        return status;
    if (t->n > LML_SECTIONS_MAX)
        return bad(e, path, "too many sections");
    size_t head = lml_head_size(t->n);
    if (head > t->size || head > have)
        return bad(e, path, "the section table lies outside of the file");
    if (!head_checksum(checksum, bytes, head))
        return error_memory(e);
    if (memcmp(checksum, t->checksum, 32) != 0)
        return bad(e, path, "the header's checksum is wrong");
    for (uint32_t i = 0; i < t->n; i++) {
        t->v[i] = read_row(bytes + lml_head_size(i));
        status = check_section(t, i, path, e);
        if (status != LMOD_OK)
            return status;
    }
    return LMOD_OK;
}

const struct section *lml_section(const struct lml_table *t, uint32_t type)
{
    for (uint32_t i = 0; i < t->n; i++)
        if (t->v[i].type == type)
            return &t->v[i];
    return NULL;
}

void lml_meta_write(const struct lml_meta *m, uint8_t out[LML_META])
{
    memset(out, 0, LML_META);
    lml_put32(out + META_DIALECT, m->dialect);
    lml_put32(out + META_CANON, m->canon);
    lml_put32(out + META_TEXTS, m->texts);
    lml_put64(out + META_ENTRIES, m->entries);
    lml_put64(out + META_ACTIVE, m->active);
    lml_put64(out + META_WEAK, m->weak);
    for (size_t s = 0; s < SIGNAL_COUNT; s++)
        lml_put64(out + META_SIGNALS + 8 * s, m->signals[s]);
    memcpy(out + META_ID, m->id, strlen(m->id));
    memcpy(out + META_VERSION, m->version, strlen(m->version));
}

static bool read_name(char out[LIST_ID_MAX + 1], const uint8_t *bytes)
{
    memcpy(out, bytes, LIST_ID_MAX + 1);
    return memchr(out, 0, LIST_ID_MAX + 1) && lml_printable(out, strlen(out), LIST_ID_MAX);
}

bool lml_meta_read(struct lml_meta *m, const uint8_t *bytes, size_t size)
{
    memset(m, 0, sizeof(*m));
    if (size < LML_META)
        return false;
    uint32_t dialect = lml_u32(bytes + META_DIALECT);
    m->dialect = (enum list_dialect)dialect;
    m->canon = lml_u32(bytes + META_CANON);
    m->texts = lml_u32(bytes + META_TEXTS);
    m->entries = lml_u64(bytes + META_ENTRIES);
    m->active = lml_u64(bytes + META_ACTIVE);
    m->weak = lml_u64(bytes + META_WEAK);
    for (size_t s = 0; s < SIGNAL_COUNT; s++)
        m->signals[s] = lml_u64(bytes + META_SIGNALS + 8 * s);
    return dialect <= DIALECT_FULL && read_name(m->id, bytes + META_ID) &&
           read_name(m->version, bytes + META_VERSION);
}
