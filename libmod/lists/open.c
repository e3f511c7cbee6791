/* Opening a list: copied or mapped, every place in it checked before anything is read through it. */
#include "lists/format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int bad(struct error *e, const char *path, const char *what)
{
    return error_at(e, LMOD_E_LIST, path, 0, 0, "damaged list: %s", what);
}

static int open_file(int *fd, struct stat *st, const char *path, struct error *e)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return error_io(e, path, "cannot open", errno);
    if (fstat(*fd, st) != 0)
        return error_io(e, path, "cannot stat", errno);
    if (S_ISDIR(st->st_mode))
        return error_at(e, LMOD_E_IO, path, 0, 0, "is a directory");
    if (!S_ISREG(st->st_mode))
        return error_at(e, LMOD_E_IO, path, 0, 0, "is not a regular file");
    return LMOD_OK;
}

/* Whether the open file is what `path` names below `root`, symbolic links followed. */
static bool below(const char *path, const char *root, const struct stat *st)
{
    struct stat now;
    char *real = realpath(path, NULL), *top = root ? realpath(root, NULL) : NULL;
    size_t length = top ? strlen(top) : 0;
    bool inside = real && length > 1 && strncmp(real, top, length) == 0 && real[length] == '/' &&
                  stat(real, &now) == 0 && now.st_dev == st->st_dev && now.st_ino == st->st_ino;
    free(real);
    free(top);
    return inside;
}

static int copy_file(struct list *l, int fd, const char *path, struct error *e)
{
    l->base = aligned_alloc(LML_ALIGN, (l->size + LML_ALIGN) / LML_ALIGN * LML_ALIGN);
    if (!l->base)
        return error_memory(e);
    int64_t n = file_pread(fd, l->base, l->size, 0);
    if (n < 0)
        return error_io(e, path, "cannot read", errno);
    if ((uint64_t)n != l->size)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "truncated: %zu bytes when it was opened, %" PRId64 " now", l->size, n);
    return LMOD_OK;
}

static int map_file(struct list *l, int fd, const char *path, struct error *e)
{
    void *base = mmap(NULL, l->size, PROT_READ, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED)
        return error_io(e, path, "cannot map", errno);
    l->base = base;
    l->info.mapped = true;
    return LMOD_OK;
}

/* The columns of one signal; a list without the section has none. */
static int place_column(struct list *l, enum signal signal, const char *path, struct error *e)
{
    const struct section *s = lml_section(&l->table, SECTION_SIGNAL + signal);
    struct column *c = &l->column[signal];
    c->key = signal_bytes(signal);
    if (!s || s->count == 0)
        return l->info.signals[signal] ? bad(e, path, "a section of signals is missing") : LMOD_OK;
    if (s->item != lml_item(signal) || s->count > UINT32_MAX)
        return bad(e, path, "a section of signals has rows of the wrong size");
    if (l->info.signals[signal] > s->count)
        return bad(e, path, "it counts more signals than it has");
    c->n = (size_t)s->count;
    c->keys = l->base + s->offset;
    c->entries = c->keys + c->n * c->key;
    c->quality = signal == SIGNAL_PDQ ? c->entries + 4 * c->n : NULL;
    return LMOD_OK;
}

/* The index of the PDQ hashes, whose layout follows from how many there are. */
static int place_index(struct list *l, const char *path, struct error *e)
{
    const struct section *s = lml_section(&l->table, SECTION_INDEX);
    const struct column *c = &l->column[SIGNAL_PDQ];
    if (!s)
        return LMOD_OK;
    if (c->n == 0)
        return bad(e, path, "it has an index of hashes that it does not have");
    struct index x = {.layout = index_layout(c->n)};
    if (s->item != sizeof(uint32_t) || s->count / INDEX_CHUNKS != x.layout.part ||
        s->count % INDEX_CHUNKS != 0)
        return bad(e, path, "the index is not that of its hashes");
    x.parts = (const uint32_t *)(const void *)(l->base + s->offset);
    x.hashes = (const struct pdq *)(const void *)c->keys;
    l->index = x;
    l->info.indexed = true;
    return LMOD_OK;
}

static int place_entries(struct list *l, const char *path, struct error *e)
{
    const struct section *entries = lml_section(&l->table, SECTION_ENTRIES);
    const struct section *strings = lml_section(&l->table, SECTION_STRINGS);
    if (!entries || entries->item < LML_ENTRY || entries->count >= UINT32_MAX ||
        entries->count != l->info.entries || l->info.active > l->info.entries)
        return bad(e, path, "the entries do not fit");
    if (!strings || strings->size == 0 || l->base[strings->offset + strings->size - 1] != 0)
        return bad(e, path, "the strings have no end");
    l->entries = l->base + entries->offset;
    l->entry_count = (size_t)entries->count;
    l->entry_item = entries->item;
    l->strings = (const char *)l->base + strings->offset;
    l->strings_size = (size_t)strings->size;
    return LMOD_OK;
}

/* What this release makes otherwise would never match. */
static int
check_versions(const struct list *l, const struct lml_meta *m, const char *path, struct error *e)
{
    if (lml_section(&l->table, SECTION_SIGNAL + SIGNAL_LINK) && m->canon != LINK_VERSION)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "its links have keys of version %" PRIu32
                        ", this release makes version %d: rebuild it with modctl list build",
                        m->canon, LINK_VERSION);
    if (lml_section(&l->table, SECTION_SIGNAL + SIGNAL_TEXT) && m->texts != TEXT_VERSION)
        return error_at(e, LMOD_E_LIST, path, 0, 0,
                        "its texts have sketches of version %" PRIu32
                        ", this release makes version %d: rebuild it with modctl list build",
                        m->texts, TEXT_VERSION);
    return LMOD_OK;
}

static int place_meta(struct list *l, const char *path, struct error *e)
{
    struct lml_meta m;
    const struct section *s = lml_section(&l->table, SECTION_META);
    if (!s || s->count != 1 || !lml_meta_read(&m, l->base + s->offset, (size_t)s->size))
        return bad(e, path, "the meta section does not fit");
    l->info.format = l->table.format;
    l->info.link_version = m.canon;
    l->info.text_version = m.texts;
    l->info.dialect = m.dialect;
    l->info.entries = m.entries;
    l->info.active = m.active;
    l->info.weak = m.weak;
    l->info.bytes = l->size;
    memcpy(l->info.signals, m.signals, sizeof(l->info.signals));
    memcpy(l->info.id, m.id, sizeof(l->info.id));
    memcpy(l->info.version, m.version, sizeof(l->info.version));
    memcpy(l->info.checksum, l->table.checksum, sizeof(l->info.checksum));
    return check_versions(l, &m, path, e);
}

static bool text_is_active(const void *user, size_t row)
{
    const struct list *l = user;
    return lml_active(l, &l->column[SIGNAL_TEXT], row) != UINT32_MAX;
}

static int place_texts(struct list *l, struct error *e)
{
    const struct column *c = &l->column[SIGNAL_TEXT];
    if (c->n)
        l->texts = sketch_index_new(c->keys, c->n, text_is_active, l);
    return c->n && !l->texts ? error_memory(e) : LMOD_OK;
}

static int place(struct list *l, const char *path, struct error *e)
{
    int status = lml_head_read(&l->table, l->base, l->size, l->size, path, e);
    if (status == LMOD_OK)
        status = place_meta(l, path, e);
    if (status == LMOD_OK)
        status = place_entries(l, path, e);
    for (unsigned i = 0; status == LMOD_OK && i < SIGNAL_COUNT; i++)
        if (signal_bytes((enum signal)i))
            status = place_column(l, (enum signal)i, path, e);
    if (status == LMOD_OK)
        status = place_index(l, path, e);
    return status == LMOD_OK ? place_texts(l, e) : status;
}

static int too_large(const char *path, const char *root, struct error *e)
{
    return error_at(e, LMOD_E_LIST, path, 0, 0,
                    "over %d MiB and not below %s: run modctl list install %s", LIST_COPY_MAX >> 20,
                    root ? root : "the state directory's lists/", path);
}

static int
open_list(struct list **out, const char *path, const char *root, bool anywhere, struct error *e)
{
    struct stat st;
    int fd = -1;
    struct list *l = calloc(1, sizeof(*l));
    int status = l ? open_file(&fd, &st, path, e) : error_memory(e);
    if (status != LMOD_OK)
        goto cleanup;
    l->size = (size_t)st.st_size;
    if (st.st_size <= LIST_COPY_MAX)
        status = copy_file(l, fd, path, e);
    else if (anywhere || below(path, root, &st))
        status = map_file(l, fd, path, e);
    else
        status = too_large(path, root, e);
    if (status == LMOD_OK)
        status = place(l, path, e);
cleanup:
    if (fd >= 0)
        (void)close(fd);
    if (status != LMOD_OK) {
        list_close(l);
        l = NULL;
    }
    *out = l;
    return status;
}

int list_open(struct list **out, const char *path, const char *mapped_root, struct error *e)
{
    return open_list(out, path, mapped_root, false, e);
}

int lml_open_anywhere(struct list **out, const char *path, struct error *e)
{
    return open_list(out, path, NULL, true, e);
}

void list_close(struct list *l)
{
    if (!l)
        return;
    sketch_index_free(l->texts);
    if (l->info.mapped)
        (void)munmap(l->base, l->size);
    else
        free(l->base);
    free(l);
}

void list_info_get(const struct list *l, struct list_info *out)
{
    *out = l->info;
}
