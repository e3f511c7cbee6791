/* Any bytes as a list file, as they are and with size and checksum put right, so that what lies
 * behind them is reached: refused with a text, or safe to use; and what list_check() accepts is
 * found again row by row. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "lists/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE_MAX_TRIED = 1 << 20, ROWS_TRIED = 64 };

static void must(bool so)
{
    if (!so)
        abort();
}

/* Whether row `i` of a checked list is found. */
static void check_row(const struct list *l, enum signal s, size_t i)
{
    const struct column *c = &l->column[s];
    bool active = lml_active(l, c, i) != UINT32_MAX;
    bool weak = c->quality && c->quality[i] < PDQ_QUALITY_MIN;
    struct list_hit hit;
    size_t n = list_find(l, s, c->keys + i * c->key, &hit, 1), total = 0;
    must(n > 0 || !active || weak);
    struct sketch text;
    bool cut = false;
    if (s == SIGNAL_TEXT && active) {
        must(sketch_read(&text, c->keys + i * c->key));
        n = list_near_text(l, &text, &hit, 1, &cut);
        must(cut || (n > 0 && hit.distance == 0));
    }
    if (s == SIGNAL_PDQ && active && !weak) {
        struct pdq q;
        memcpy(q.b, c->keys + i * c->key, sizeof(q.b));
        if (list_near(l, &q, 1, 0, 0, &hit, 1, &n, &total) == LMOD_OK)
            must(n == 1 && hit.distance == 0 && total >= 1);
    }
}

static void use(const struct list *l, bool checked)
{
    struct list_hit hit[4];
    struct list_entry entry;
    struct pdq q[2] = {{{0}}, {{0xff}}};
    static const uint8_t key[LIST_KEY_MAX];
    size_t n, total, length = 0;
    for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
        const struct column *c = &l->column[s];
        n = list_find(l, (enum signal)s, key, hit, COUNT_OF(hit));
        for (size_t i = 0; i < n && i < COUNT_OF(hit); i++)
            must(hit[i].entry < l->entry_count);
        for (size_t i = 0; checked && i < c->n && i < ROWS_TRIED; i++)
            check_row(l, (enum signal)s, i);
    }
    if (list_near(l, q, 2, 256, 0, hit, COUNT_OF(hit), &n, &total) == LMOD_OK)
        must(n <= COUNT_OF(hit) && n <= total);
    struct sketch text = {SKETCH_LEAST, {1, 2, 3, 4}};
    bool cut;
    n = list_near_text(l, &text, hit, COUNT_OF(hit), &cut);
    for (size_t i = 0; i < n && i < COUNT_OF(hit); i++)
        must(hit[i].entry < l->entry_count);
    for (uint32_t i = 0; i < ROWS_TRIED; i++) {
        list_entry_get(l, i, &entry);
        length += strlen(entry.id) + strlen(entry.labels) + strlen(entry.opinion);
        must(!checked || i >= l->entry_count || entry.id[0]);
    }
    must(length <= 3 * (size_t)ROWS_TRIED * SIZE_MAX_TRIED);
}

static void try_bytes(const uint8_t *bytes, size_t size)
{
    static int fd = -1;
    static char path[64];
    struct list *l = NULL;
    struct error e = {0};
    if (fd < 0)
        fd = memfd_create("list", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size)
        return;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int opened = list_open(&l, path, NULL, &e);
    if (opened != LMOD_OK) {
        must(!l && e.status == opened && e.text[0] && !strchr(e.text, '\n'));
        must(list_check(path, NULL, &e) != LMOD_OK || opened == LMOD_E_MEMORY);
        return;
    }
    use(l, list_check(path, NULL, &e) == LMOD_OK);
    list_close(l);
}

/* Puts the file's size and the header's checksum right. */
static bool mend(uint8_t *bytes, size_t size)
{
    enum { AT_SECTIONS = 16, AT_SIZE = 24, AT_CHECKSUM = 32 };
    uint8_t sum[32];
    if (size < LML_HEADER || lml_u32(bytes + AT_SECTIONS) > LML_SECTIONS_MAX ||
        lml_head_size(lml_u32(bytes + AT_SECTIONS)) > size)
        return false;
    lml_put64(bytes + AT_SIZE, size);
    memset(bytes + AT_CHECKSUM, 0, 32);
    if (!sha256_of(sum, bytes, lml_head_size(lml_u32(bytes + AT_SECTIONS))))
        return false;
    memcpy(bytes + AT_CHECKSUM, sum, 32);
    return true;
}

/* The same for every section that lies in the file. */
static void mend_sections(uint8_t *bytes, size_t size)
{
    for (uint32_t i = 0; i < lml_u32(bytes + 16); i++) {
        uint8_t *row = bytes + lml_head_size(i);
        uint64_t offset = lml_u64(row + 8), length = lml_u64(row + 16);
        uint8_t sum[32];
        if (offset <= size && length <= size - offset &&
            sha256_of(sum, bytes + offset, (size_t)length))
            memcpy(row + 40, sum, 32);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SIZE_MAX_TRIED)
        return 0;
    try_bytes(data, size);
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    if (mend(copy, size)) {
        try_bytes(copy, size);
        mend_sections(copy, size);
        (void)mend(copy, size);
        try_bytes(copy, size);
    }
    free(copy);
    return 0;
}
