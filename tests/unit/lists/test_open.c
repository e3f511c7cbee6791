/* Opening lists: what is refused and why, what a damaged or hostile file may not do, mapping. */
#include "support.h"

#include <sys/mman.h>

#include "crypto/crypto.h"

static struct tempdir dir;

/* A list in memory that a test may spoil: the bytes and what the header says. */
struct image {
    struct buffer b;
    struct lml_table t;
};

static struct image small_image(void)
{
    struct image m;
    struct error e = {0};
    const char *path = tempdir_file(&dir, "small.lml");
    CU_ASSERT_EQUAL_FATAL(write_source(path, small_source(), NULL), LMOD_OK);
    m.b = bytes_of(path);
    CU_ASSERT_EQUAL_FATAL(lml_head_read(&m.t, (uint8_t *)m.b.data, m.b.size, m.b.size, path, &e),
                          LMOD_OK);
    return m;
}

/* Writes header and table again, with a checksum that is right. */
static void seal(struct image *m)
{
    struct error e = {0};
    m->t.size = m->b.size;
    CU_ASSERT_EQUAL_FATAL(lml_head_write(&m->t, (uint8_t *)m->b.data, &e), LMOD_OK);
}

/* Only the checksum, over whatever the bytes of header and table are. */
static void seal_bytes(uint8_t *bytes, size_t head)
{
    memset(bytes + 32, 0, 32);
    uint8_t sum[32];
    CU_ASSERT_TRUE(sha256_of(sum, bytes, head));
    memcpy(bytes + 32, sum, 32);
}

/* Adds a section at the end; everything else moves to make room for its row in the table. */
static void append_section(struct image *m, uint32_t type, uint32_t flags, uint64_t size)
{
    enum { MOVE = 2 * LML_ALIGN };
    struct buffer b = BUFFER_INIT;
    static const char zeros[MOVE];
    buffer_append(&b, m->b.data, lml_head_size(m->t.n));
    buffer_append(&b, zeros, MOVE);
    buffer_append(&b, m->b.data + b.size - MOVE, m->b.size - (b.size - MOVE));
    buffer_finish(&m->b);
    m->b = b;
    for (uint32_t i = 0; i < m->t.n; i++)
        m->t.v[i].offset += MOVE;
    struct section *s = &m->t.v[m->t.n++];
    *s = (struct section){
        .type = type, .flags = flags, .offset = b.size, .size = size, .count = size, .item = 1};
    for (uint64_t i = 0; i < size; i++)
        buffer_append(&m->b, "x", 1);
    (void)sha256_of(s->sha256, m->b.data + s->offset, (size_t)size);
    buffer_pad(&m->b, LML_ALIGN);
    CU_ASSERT_FALSE_FATAL(m->b.failed);
}

/* Uses everything of an open list; the sanitizers watch. */
static void use(const struct list *l)
{
    struct list_info info;
    struct list_hit hit[8];
    struct pdq q[3] = {pdq_of(0), pdq_of(1), pdq_of(99)};
    size_t n, total, length = 0;
    list_info_get(l, &info);
    for (unsigned s = 0; s < SIGNAL_COUNT; s++)
        for (uint64_t i = 0; i < 6; i++) {
            uint8_t key[LIST_KEY_MAX];
            value_of((enum signal)s, i, key);
            (void)list_find(l, (enum signal)s, key, hit, COUNT_OF(hit));
        }
    CU_ASSERT_EQUAL(list_near(l, q, COUNT_OF(q), 256, 0, hit, COUNT_OF(hit), &n, &total), LMOD_OK);
    for (uint32_t i = 0; i < 10; i++) {
        struct list_entry entry;
        list_entry_get(l, i, &entry);
        length += strlen(entry.id) + strlen(entry.labels) + strlen(entry.opinion);
    }
    CU_ASSERT_TRUE(length < 1 << 20);
}

/* A file in memory with these bytes: thousands of them are quick. The path is good until the next. */
static const char *file_of(const void *bytes, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0)
        fd = memfd_create("list", MFD_CLOEXEC);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && ftruncate(fd, (off_t)size) == 0 &&
                         pwrite(fd, bytes, size, 0) == (ssize_t)size);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return path;
}

/* Opens the bytes and uses what opens. */
static int open_bytes(const void *bytes, size_t size, struct error *e)
{
    struct list *l = NULL;
    int status = list_open(&l, file_of(bytes, size), NULL, e);
    if (status == LMOD_OK)
        use(l);
    else
        CU_ASSERT_PTR_NULL(l);
    list_close(l);
    return status;
}

static int check_bytes(const void *bytes, size_t size, struct error *e)
{
    return list_check(file_of(bytes, size), NULL, e);
}

static void refused(const char *path, int status, const char *says)
{
    struct list *l = (struct list *)&dir;
    struct error e = {0};
    CU_ASSERT_EQUAL(list_open(&l, path, NULL, &e), status);
    CU_ASSERT_PTR_NULL(l);
    CU_ASSERT_STRING_EQUAL(e.file, path);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, says));
    CU_ASSERT_EQUAL(list_check(path, NULL, &e), status);
    if (!strstr(e.text, says))
        printf("# %s: not \"%s\"\n", e.text, says);
}

static void test_not_a_list(void)
{
    refused(tempdir_file(&dir, "missing.lml"), LMOD_E_IO, "No such file");
    refused(dir.path, LMOD_E_IO, "is a directory");
    CU_ASSERT_EQUAL(mkfifo(tempdir_file(&dir, "pipe"), 0600), 0);
    refused(tempdir_file(&dir, "pipe"), LMOD_E_IO, "not a regular file");
    CU_ASSERT_TRUE(tempdir_write(&dir, "empty", "", 0));
    refused(tempdir_file(&dir, "empty"), LMOD_E_LIST, "empty");
    CU_ASSERT_TRUE(tempdir_write(&dir, "text", "md5,abc\n", 8));
    refused(tempdir_file(&dir, "text"), LMOD_E_LIST, "not a list");
}

static void test_unreadable(void)
{
    if (geteuid() == 0)
        TAP_SKIP("root may read everything");
    CU_ASSERT_TRUE(tempdir_write(&dir, "secret", "x", 1));
    CU_ASSERT_EQUAL(chmod(tempdir_file(&dir, "secret"), 0), 0);
    refused(tempdir_file(&dir, "secret"), LMOD_E_IO, "Permission denied");
}

static void test_truncated_anywhere(void)
{
    struct image m = small_image();
    char says[64];
    (void)snprintf(says, sizeof(says), "header says %zu bytes, file has", m.b.size);
    for (size_t size = 0; size < m.b.size; size++) {
        struct error e = {0};
        CU_ASSERT_EQUAL(open_bytes(m.b.data, size, &e), LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, size == 0           ? "empty"
                                              : size < LML_HEADER ? "truncated"
                                                                  : says));
    }
    buffer_append(&m.b, "", 1);
    struct error e = {0};
    CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);
    buffer_finish(&m.b);
}

/* The same by someone who mends the header: refused or safe. */
static void test_truncated_and_sealed(void)
{
    struct image m = small_image();
    size_t head = lml_head_size(m.t.n), opened = 0;
    for (size_t size = head; size < m.b.size; size++) {
        struct error e = {0};
        lml_put64((uint8_t *)m.b.data + 24, size);
        seal_bytes((uint8_t *)m.b.data, head);
        opened += open_bytes(m.b.data, size, &e) == LMOD_OK;
    }
    CU_ASSERT_TRUE(opened < LML_ALIGN); /* only the last padding can be missed */
    buffer_finish(&m.b);
}

static void test_every_flip_is_found(void)
{
    struct image m = small_image();
    struct error e = {0};
    CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    size_t missed = 0;
    for (size_t i = 0; i < m.b.size; i++)
        for (unsigned bit = 0; bit < 8; bit += 3) {
            m.b.data[i] = (char)(m.b.data[i] ^ 1 << bit);
            missed += check_bytes(m.b.data, m.b.size, &e) != LMOD_E_LIST;
            (void)open_bytes(m.b.data, m.b.size, &e);
            m.b.data[i] = (char)(m.b.data[i] ^ 1 << bit);
        }
    CU_ASSERT_EQUAL(missed, 0);
    buffer_finish(&m.b);
}

/* Flips in header and table by someone who mends the checksum. */
static void test_sealed_flips_are_safe(void)
{
    struct image m = small_image();
    size_t head = lml_head_size(m.t.n);
    struct error e = {0};
    for (size_t i = 0; i < head; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            m.b.data[i] = (char)(m.b.data[i] ^ 1 << bit);
            char kept[32];
            memcpy(kept, m.b.data + 32, sizeof(kept));
            seal_bytes((uint8_t *)m.b.data, head);
            (void)open_bytes(m.b.data, m.b.size, &e);
            (void)check_bytes(m.b.data, m.b.size, &e);
            memcpy(m.b.data + 32, kept, sizeof(kept));
            m.b.data[i] = (char)(m.b.data[i] ^ 1 << bit);
        }
    CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    buffer_finish(&m.b);
}

/* Places that lead outside: no hit, no text, no crash; list_check() says what is wrong. */
static void test_hostile_references(void)
{
    static const uint32_t types[] = {SECTION_ENTRIES, SECTION_SIGNAL + SIGNAL_MD5,
                                     SECTION_SIGNAL + SIGNAL_PDQ};
    for (size_t k = 0; k < COUNT_OF(types); k++) {
        struct image m = small_image();
        struct error e = {0};
        const struct section *s = lml_section(&m.t, types[k]);
        size_t keys = types[k] == SECTION_ENTRIES
                          ? 0
                          : s->count * signal_bytes((enum signal)(types[k] - SECTION_SIGNAL));
        memset(m.b.data + s->offset + keys, 0xff, (size_t)s->size - keys);
        (void)sha256_of(m.t.v[s - m.t.v].sha256, m.b.data + s->offset, (size_t)s->size);
        seal(&m);
        CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_OK);
        struct list *l = open_ok(file_of(m.b.data, m.b.size));
        struct list_entry entry;
        list_entry_get(l, 0, &entry);
        CU_ASSERT_STRING_EQUAL(entry.id, k == 0 ? "" : "entry-0");
        if (k != 2)
            CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 0), "");
        list_close(l);
        CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "out of range"));
        buffer_finish(&m.b);
    }
}

static void test_order_is_checked(void)
{
    struct image m = small_image();
    struct section *s = &m.t.v[lml_section(&m.t, SECTION_SIGNAL + SIGNAL_SHA1) - m.t.v];
    struct error e = {0};
    char *keys = m.b.data + s->offset, held[20];
    memcpy(held, keys, 20);
    memcpy(keys, keys + 20, 20);
    memcpy(keys + 20, held, 20);
    (void)sha256_of(s->sha256, keys, (size_t)s->size);
    seal(&m);
    CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "not in order"));
    buffer_finish(&m.b);
}

static void unaligned(struct lml_table *t)
{
    t->v[3].offset += 4;
}

static void outside(struct lml_table *t)
{
    t->v[3].offset = t->size;
}

static void wraps(struct lml_table *t)
{
    t->v[3].offset = UINT64_MAX - LML_ALIGN + 1;
}

static void in_the_head(struct lml_table *t)
{
    t->v[0].offset = 0;
}

static void overlap(struct lml_table *t)
{
    t->v[4].offset = t->v[3].offset;
}

static void twice(struct lml_table *t)
{
    t->v[7].type = t->v[3].type;
}

static void huge_count(struct lml_table *t)
{
    t->v[3].count = UINT64_MAX / 4;
}

static void wrong_item(struct lml_table *t)
{
    t->v[3].item *= 2;
    t->v[3].count /= 2;
}

static void no_meta(struct lml_table *t)
{
    t->v[0].type = 999;
}

static void no_entries(struct lml_table *t)
{
    t->v[1].type = 999;
}

static void no_strings(struct lml_table *t)
{
    t->v[2].type = 999;
}

static void no_signals(struct lml_table *t)
{
    t->v[3].type = 999;
}

static void too_few_entries(struct lml_table *t)
{
    t->v[1].count--;
    t->v[1].size -= LML_ENTRY;
}

static void open_strings(struct lml_table *t)
{
    t->v[2].count--;
    t->v[2].size--;
}

static void test_bad_tables(void)
{
    static const struct {
        void (*spoil)(struct lml_table *t);
        const char *says;
    } rows[] = {
        {unaligned, "not aligned"},
        {outside, "outside of the file"},
        {wraps, "outside of the file"},
        {in_the_head, "outside of the file"},
        {overlap, "overlap"},
        {twice, "stands twice"},
        {huge_count, "not that of its"},
        {wrong_item, "wrong size"},
        {no_meta, "meta"},
        {no_entries, "entries do not fit"},
        {no_strings, "strings have no end"},
        {no_signals, "signals is missing"},
        {too_few_entries, "do not fit"},
        {open_strings, "no end"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct image m = small_image();
        struct error e = {0};
        rows[i].spoil(&m.t);
        seal(&m);
        CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, rows[i].says));
        if (!strstr(e.text, rows[i].says))
            printf("# row %zu: %s\n", i, e.text);
        buffer_finish(&m.b);
    }
}

static void test_newer_formats(void)
{
    struct image m = small_image();
    struct error e = {0};
    m.t.format = 7;
    m.t.min_reader = 2;
    seal(&m);
    CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);
    CU_ASSERT_STRING_EQUAL(
        e.text, "newer list format 7, this release reads up to 1: rebuild it or upgrade");
    m.t.min_reader = 1; /* newer, but made to be read by us */
    seal(&m);
    CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    buffer_finish(&m.b);
}

/* A later section does not break this reader; one that must be understood does. */
static void test_unknown_sections(void)
{
    struct image m = small_image();
    struct error e = {0};
    append_section(&m, 34, 0, 1000);
    seal(&m);
    CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    struct list *l = open_ok(file_of(m.b.data, m.b.size));
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_SHA256, 1), "entry-1");
    list_close(l);
    m.b.data[m.t.v[m.t.n - 1].offset] = 'y'; /* its checksum counts all the same */
    CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);

    append_section(&m, 4711, LML_REQUIRED, 10);
    seal(&m);
    CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "feature that this release does not have"));
    buffer_finish(&m.b);
}

/* Keys of links that this release makes otherwise: the list says what to do. */
static void test_link_versions(void)
{
    static const uint32_t versions[] = {0, LINK_VERSION, LINK_VERSION + 1};
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        struct image m = small_image();
        struct error e = {0};
        lml_put32((uint8_t *)m.b.data + lml_section(&m.t, SECTION_META)->offset + 4, versions[i]);
        seal(&m);
        bool good = versions[i] == LINK_VERSION;
        CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), good ? LMOD_OK : LMOD_E_LIST);
        CU_ASSERT(good || strstr(e.text, "rebuild it with modctl list build"));
        buffer_finish(&m.b);
    }
}

/* The same of sketches of texts. */
static void test_text_versions(void)
{
    static const uint32_t versions[] = {0, TEXT_VERSION, TEXT_VERSION + 1};
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        struct image m = small_image();
        struct error e = {0};
        lml_put32((uint8_t *)m.b.data + lml_section(&m.t, SECTION_META)->offset + 240, versions[i]);
        seal(&m);
        bool good = versions[i] == TEXT_VERSION;
        CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), good ? LMOD_OK : LMOD_E_LIST);
        CU_ASSERT(good || (strstr(e.text, "its texts have sketches of version") &&
                           strstr(e.text, "rebuild it with modctl list build")));
        buffer_finish(&m.b);
    }
}

/* Rows that are no sketches: the list opens and never finds them, and a check says so. */
static void test_bad_sketch(void)
{
    struct image m = small_image();
    struct error e = {0};
    const struct section *s = lml_section(&m.t, SECTION_SIGNAL + SIGNAL_TEXT);
    memset(m.b.data + s->offset, 0xff, SKETCH_BYTES);
    (void)sha256_of(m.t.v[s - m.t.v].sha256, m.b.data + s->offset, (size_t)s->size);
    seal(&m);
    CU_ASSERT_EQUAL(open_bytes(m.b.data, m.b.size, &e), LMOD_OK);
    CU_ASSERT_EQUAL(check_bytes(m.b.data, m.b.size, &e), LMOD_E_LIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "sketch"));
    buffer_finish(&m.b);
}

/* A file that was published by an earlier release opens for ever, and the builder still makes it. */
static void test_golden(void)
{
    static const char path[] = LISTS_DIR "/golden-v1.lml";
    struct error e = {0};
    struct list *l = open_ok(path);
    use(l);
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_PDQ, 1), "entry-1");
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_LINK, 0), "entry-0");
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_TEXT, 3), "entry-3");
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 2), "");
    list_close(l);
    CU_ASSERT_EQUAL(list_check(path, NULL, &e), LMOD_OK);
    struct buffer golden = bytes_of(path);
    struct image m = small_image();
    CU_ASSERT_TRUE(golden.size == m.b.size && memcmp(golden.data, m.b.data, m.b.size) == 0);
    buffer_finish(&golden);
    buffer_finish(&m.b);
}

static void rooted(const char *path, const char *root, bool opens)
{
    struct list *l = NULL;
    struct error e = {0};
    struct list_info info;
    CU_ASSERT_EQUAL(list_open(&l, path, root, &e), opens ? LMOD_OK : LMOD_E_LIST);
    if (l) {
        list_info_get(l, &info);
        CU_ASSERT_TRUE(info.mapped);
        CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_SHA1, 1), "entry-1");
    } else {
        CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "modctl list install"));
    }
    list_close(l);
}

static void test_mapped(void)
{
    struct image m = small_image();
    struct tempdir lists, evil;
    (void)snprintf(lists.path, sizeof(lists.path), "%s", tempdir_file(&dir, "lists"));
    (void)snprintf(evil.path, sizeof(evil.path), "%s", tempdir_file(&dir, "lists-evil"));
    CU_ASSERT_EQUAL_FATAL(mkdir(lists.path, 0700), 0);
    CU_ASSERT_EQUAL_FATAL(mkdir(evil.path, 0700), 0);
    append_section(&m, 34, 0, 64);
    m.t.v[m.t.n - 1].count = m.t.v[m.t.n - 1].size = LIST_COPY_MAX; /* sparse: nobody reads it */
    off_t size = (off_t)m.t.v[m.t.n - 1].offset + LIST_COPY_MAX;
    struct error e = {0};
    m.t.size = (uint64_t)size;
    CU_ASSERT_EQUAL_FATAL(lml_head_write(&m.t, (uint8_t *)m.b.data, &e), LMOD_OK);
    const struct tempdir *places[] = {&lists, &evil};
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_TRUE_FATAL(tempdir_write(places[i], "big.lml", m.b.data, m.b.size));
        CU_ASSERT_EQUAL_FATAL(truncate(tempdir_file(places[i], "big.lml"), size), 0);
    }
    CU_ASSERT_EQUAL(symlink(tempdir_file(&evil, "big.lml"), tempdir_file(&lists, "out.lml")), 0);
    CU_ASSERT_EQUAL(symlink(tempdir_file(&lists, "big.lml"), tempdir_file(&evil, "in.lml")), 0);

    rooted(tempdir_file(&lists, "big.lml"), lists.path, true);
    rooted(tempdir_file(&evil, "in.lml"), lists.path, true);
    rooted(tempdir_file(&lists, "big.lml"), NULL, false);
    rooted(tempdir_file(&lists, "big.lml"), tempdir_file(&dir, "nowhere"), false);
    rooted(tempdir_file(&evil, "big.lml"), lists.path, false);
    rooted(tempdir_file(&lists, "out.lml"), lists.path, false);
    rooted(tempdir_file(&lists, "../lists-evil/big.lml"), lists.path, false);
    buffer_finish(&m.b);
}

/* Copied lists do not care what happens to the file. */
static void test_copied(void)
{
    const char *path = tempdir_file(&dir, "copied.lml");
    CU_ASSERT_EQUAL_FATAL(write_source(path, small_source(), NULL), LMOD_OK);
    struct list *l = open_ok(path);
    CU_ASSERT_EQUAL(truncate(path, 0), 0);
    use(l);
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 1), "entry-1");
    list_close(l);
    list_close(NULL);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN(
        "lists/open", {"what is not a list", test_not_a_list}, {"unreadable", test_unreadable},
        {"truncated at any byte", test_truncated_anywhere},
        {"truncated with a mended header", test_truncated_and_sealed},
        {"every flipped bit is found", test_every_flip_is_found},
        {"flips with a mended checksum", test_sealed_flips_are_safe},
        {"references that lead outside", test_hostile_references},
        {"order is checked", test_order_is_checked}, {"section tables that lie", test_bad_tables},
        {"newer formats", test_newer_formats}, {"unknown sections", test_unknown_sections},
        {"versions of link keys", test_link_versions}, {"versions of sketches", test_text_versions},
        {"what is no sketch", test_bad_sketch}, {"a list of the first release", test_golden},
        {"large lists are mapped, from one place only", test_mapped},
        {"copied lists outlive the file", test_copied});
    tempdir_remove(&dir);
    return rc;
}
