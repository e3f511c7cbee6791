/* Writing a list: order the source, stream the sections, read them back, publish by rename. */
#include "lists/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/crypto.h"

enum { BLOCK = 1 << 20 };

/* Bytes on their way to the file, through the checksum of the section that is being written. */
struct writer {
    struct file_new file;
    struct digester digester;
    uint8_t *block;
    size_t used;
    uint64_t at;    /* where the next byte goes */
    int status;     /* the first failure */
    struct error e; /* what it was */
};

/* The strings as they stand in the file: the shared ones that are in use, then the ids. */
struct strings {
    uint32_t *order; /* shared numbers, sorted by text */
    uint32_t *place; /* offset by shared number; UINT32_MAX: not in use */
    size_t n;
    uint64_t shared_size, size;
};

static void flush(struct writer *w)
{
    if (w->status == LMOD_OK && digester_add(&w->digester, w->block, w->used) != LMOD_OK)
        w->status = error_memory(&w->e);
    if (w->status == LMOD_OK && !file_write_all(w->file.fd, w->block, w->used))
        w->status = error_io(&w->e, w->file.path, "cannot write", errno);
    w->used = 0;
}

static void put(struct writer *w, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    w->at += size;
    while (size > 0) {
        size_t part = BLOCK - w->used < size ? BLOCK - w->used : size;
        memcpy(w->block + w->used, from, part);
        w->used += part;
        from += part;
        size -= part;
        if (w->used == BLOCK)
            flush(w);
    }
}

static void put_u32(struct writer *w, uint32_t value)
{
    uint8_t bytes[4];
    lml_put32(bytes, value);
    put(w, bytes, sizeof(bytes));
}

static void section_begin(struct writer *w, struct section *s)
{
    s->offset = w->at;
    if (w->status == LMOD_OK && digester_begin(&w->digester, DIGEST_SHA256) != LMOD_OK)
        w->status = error_memory(&w->e);
}

/* Ends the section and pads to where the next one may begin; the padding is no part of it. */
static void section_end(struct writer *w, struct section *s)
{
    static const uint8_t zeros[LML_ALIGN];
    struct digests d;
    s->size = w->at - s->offset;
    flush(w);
    if (digester_end(&w->digester, &d) != LMOD_OK && w->status == LMOD_OK)
        w->status = error_memory(&w->e);
    memcpy(s->sha256, d.sha256, sizeof(s->sha256));
    size_t pad = (size_t)(-w->at % LML_ALIGN);
    if (w->status == LMOD_OK && !file_write_all(w->file.fd, zeros, pad))
        w->status = error_io(&w->e, w->file.path, "cannot write", errno);
    w->at += pad;
}

static int strings_plan(struct strings *t, struct list_source *s, struct error *e)
{
    t->n = s->shared.n;
    t->place = array_new(t->n, sizeof(*t->place));
    t->order = array_new(t->n, sizeof(*t->order));
    uint32_t *rank = t->place && t->order ? names_rank(&s->shared) : NULL;
    if (!rank)
        return error_memory(e);
    memset(t->place, 0xff, t->n * sizeof(*t->place));
    for (size_t i = 0; i < t->n; i++)
        t->order[rank[i]] = (uint32_t)i;
    free(rank);
    t->place[0] = 0; /* the empty string, number 0, is always there */
    for (size_t i = 0; i < s->ids.n; i++)
        t->place[s->entries[i].labels] = t->place[s->entries[i].opinion] = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint32_t shared = t->order[i];
        if (t->place[shared] == UINT32_MAX)
            continue;
        t->place[shared] = (uint32_t)t->shared_size;
        t->shared_size += strlen(names_text(&s->shared, shared)) + 1;
        if (t->shared_size > UINT32_MAX)
            return error_set(e, LMOD_E_LIST, "labels and opinions take over 4 GiB");
    }
    t->size = t->shared_size + s->ids.size;
    return LMOD_OK;
}

static void write_strings(struct writer *w,
                          struct section *section,
                          const struct list_source *s,
                          const struct strings *t)
{
    section_begin(w, section);
    for (size_t i = 0; i < t->n; i++)
        if (t->place[t->order[i]] != UINT32_MAX) {
            const char *text = names_text(&s->shared, t->order[i]);
            put(w, text, strlen(text) + 1);
        }
    for (size_t i = 0; i < s->ids.n; i++) {
        const char *text = names_text(&s->ids, i);
        put(w, text, strlen(text) + 1);
    }
    section_end(w, section);
}

static void write_entries(struct writer *w,
                          struct section *section,
                          const struct list_source *s,
                          const struct strings *t)
{
    uint64_t id = t->shared_size;
    section_begin(w, section);
    for (size_t i = 0; i < s->ids.n; i++) {
        const struct entry_row *entry = &s->entries[i];
        uint8_t bytes[LML_ENTRY] = {0};
        lml_put64(bytes, id);
        lml_put32(bytes + 8, t->place[entry->labels]);
        lml_put32(bytes + 12, t->place[entry->opinion]);
        bytes[16] = entry->status;
        put(w, bytes, sizeof(bytes));
        id += strlen(names_text(&s->ids, i)) + 1;
    }
    section_end(w, section);
}

static void write_rows(struct writer *w, struct section *section, const struct rows *rows)
{
    enum signal signal = (enum signal)(section->type - SECTION_SIGNAL);
    size_t item = lml_item(signal), key = signal_bytes(signal);
    const uint8_t *end = rows->bytes + rows->n * item;
    section_begin(w, section);
    for (const uint8_t *record = rows->bytes; record < end; record += item)
        put(w, record, key);
    for (const uint8_t *record = rows->bytes; record < end; record += item)
        put_u32(w, record_entry(record, key));
    if (signal == SIGNAL_PDQ)
        for (const uint8_t *record = rows->bytes; record < end; record += item)
            put(w, record + key + 4, 1);
    section_end(w, section);
}

static bool has_index(const struct list_source *s)
{
    return s->rows[SIGNAL_PDQ].n >= INDEX_LEAST;
}

static void write_index(struct writer *w, struct section *section, const struct rows *rows)
{
    struct index_maker m;
    const struct index_layout layout = index_layout(rows->n);
    if (w->status == LMOD_OK && !index_maker_init(&m, &layout))
        w->status = error_memory(&w->e);
    if (w->status != LMOD_OK)
        return;
    section_begin(w, section);
    for (unsigned i = 0; i < INDEX_CHUNKS; i++) {
        index_make(&m, i, rows->bytes, lml_item(SIGNAL_PDQ));
        put(w, m.part, m.layout.part * sizeof(*m.part));
    }
    section_end(w, section);
    index_maker_finish(&m);
}

static void count(struct lml_meta *m, const struct list_source *s)
{
    m->entries = s->ids.n;
    for (size_t i = 0; i < s->ids.n; i++)
        m->active += s->entries[i].status == ENTRY_ACTIVE;
    for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
        const struct rows *rows = &s->rows[i];
        size_t item = lml_item((enum signal)i), key = signal_bytes((enum signal)i);
        for (size_t k = 0; k < rows->n; k++) {
            const uint8_t *record = rows->bytes + k * item;
            if (s->entries[record_entry(record, key)].status != ENTRY_ACTIVE)
                continue;
            m->signals[i]++;
            m->weak += i == SIGNAL_PDQ && record[key + 4] < PDQ_QUALITY_MIN;
        }
    }
}

static struct section *add_section(struct lml_table *t, uint32_t type, uint64_t n, uint32_t item)
{
    struct section *s = &t->v[t->n++];
    *s = (struct section){.type = type, .count = n, .item = item};
    return s;
}

/* Everything after the header; fills the table's rows. */
static void write_sections(struct writer *w,
                           struct lml_table *t,
                           const struct list_source *s,
                           const struct lml_meta *m,
                           const struct strings *strings)
{
    uint8_t meta[LML_META];
    lml_meta_write(m, meta);
    section_begin(w, &t->v[0]);
    put(w, meta, sizeof(meta));
    section_end(w, &t->v[0]);
    write_entries(w, &t->v[1], s, strings);
    write_strings(w, &t->v[2], s, strings);
    for (uint32_t i = 3; i < t->n; i++)
        if (t->v[i].type == SECTION_INDEX)
            write_index(w, &t->v[i], &s->rows[SIGNAL_PDQ]);
        else
            write_rows(w, &t->v[i], &s->rows[t->v[i].type - SECTION_SIGNAL]);
}

static int write_file(struct writer *w,
                      const struct list_source *s,
                      const struct lml_meta *m,
                      const struct strings *strings)
{
    uint8_t head[LML_HEADER + LML_ROW * (4 + SIGNAL_COUNT) + LML_ALIGN] = {0};
    struct lml_table t = {.format = LIST_FORMAT, .min_reader = LIST_FORMAT};
    (void)add_section(&t, SECTION_META, 1, LML_META);
    (void)add_section(&t, SECTION_ENTRIES, s->ids.n, LML_ENTRY);
    (void)add_section(&t, SECTION_STRINGS, strings->size, 1);
    for (unsigned i = 0; i < SIGNAL_COUNT; i++)
        if (s->rows[i].n)
            (void)add_section(&t, SECTION_SIGNAL + i, s->rows[i].n, lml_item((enum signal)i));
    if (has_index(s))
        (void)add_section(&t, SECTION_INDEX,
                          INDEX_CHUNKS * index_layout(s->rows[SIGNAL_PDQ].n).part,
                          sizeof(uint32_t));
    w->at = (lml_head_size(t.n) + LML_ALIGN - 1) / LML_ALIGN * LML_ALIGN;
    if (!file_write_all(w->file.fd, head, (size_t)w->at)) /* its place; written when all is known */
        return error_io(&w->e, w->file.path, "cannot write", errno);
    write_sections(w, &t, s, m, strings);
    t.size = w->at;
    if (w->status == LMOD_OK)
        w->status = lml_head_write(&t, head, &w->e);
    if (w->status == LMOD_OK && (lseek(w->file.fd, 0, SEEK_SET) != 0 ||
                                 !file_write_all(w->file.fd, head, lml_head_size(t.n))))
        w->status = error_io(&w->e, w->file.path, "cannot write", errno);
    return w->status;
}

static int check_meta(struct lml_meta *m,
                      const struct list_source *s,
                      const struct list_meta *given,
                      struct error *e)
{
    const char *id = given->id ? given->id : "", *version = given->version ? given->version : "";
    memset(m, 0, sizeof(*m));
    if (!lml_printable(id, strlen(id), LIST_ID_MAX) ||
        !lml_printable(version, strlen(version), LIST_ID_MAX))
        return error_set(e, LMOD_E_LIST,
                         "id and version take at most %d bytes of UTF-8 without control characters",
                         LIST_ID_MAX);
    if (s->ids.n == 0)
        return error_set(e, LMOD_E_LIST, "nothing to write: there is no valid row");
    m->dialect = given->dialect;
    m->canon = s->rows[SIGNAL_LINK].n ? LINK_VERSION : 0;
    m->texts = s->rows[SIGNAL_TEXT].n ? TEXT_VERSION : 0;
    memcpy(m->id, id, strlen(id) + 1);
    memcpy(m->version, version, strlen(version) + 1);
    return LMOD_OK;
}

/* Writes beside `path`, reads back what the disk has, and only then renames. */
static int publish(struct writer *w,
                   const char *path,
                   const struct list_source *s,
                   const struct lml_meta *m,
                   const struct strings *strings,
                   struct list_info *info)
{
    int status = file_new_begin(&w->file, path, 0640, &w->e);
    if (status != LMOD_OK)
        return status;
    status = write_file(w, s, m, strings);
    if (status == LMOD_OK)
        status = lml_check(w->file.temporary, false, info, &w->e);
    if (status == LMOD_OK)
        return file_new_commit(&w->file, &w->e);
    file_new_abort(&w->file);
    return status;
}

int list_write(const char *path,
               struct list_source *s,
               const struct list_meta *meta,
               struct list_info *info,
               struct error *e)
{
    struct writer w = {.status = LMOD_OK, .block = malloc(BLOCK)};
    struct strings strings = {0};
    struct list_info written;
    struct lml_meta m;
    int status = w.block ? check_meta(&m, s, meta, &w.e) : error_memory(&w.e);
    if (status == LMOD_OK)
        status = source_order(s, &w.e);
    if (status == LMOD_OK)
        status = strings_plan(&strings, s, &w.e);
    if (status == LMOD_OK)
        count(&m, s);
    if (status == LMOD_OK)
        status = publish(&w, path, s, &m, &strings, &written);
    if (status == LMOD_OK && info)
        *info = written;
    if (status != LMOD_OK && e)
        *e = w.e;
    free(strings.order);
    free(strings.place);
    free(w.block);
    return status;
}
