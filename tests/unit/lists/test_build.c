/* Building lists: what comes back, equal bytes for equal rows, refusals, a disk that is full. */
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static struct tempdir dir;

static void test_round_trip(void)
{
    const char *path = tempdir_file(&dir, "round.lml");
    struct list_info written, read;
    CU_ASSERT_EQUAL_FATAL(write_source(path, small_source(), &written), LMOD_OK);
    struct list *l = open_ok(path);
    list_info_get(l, &read);
    CU_ASSERT_STRING_EQUAL(read.id, "ban");
    CU_ASSERT_STRING_EQUAL(read.version, "2026-11-01");
    CU_ASSERT_EQUAL(read.dialect, DIALECT_REFERENCE);
    CU_ASSERT_EQUAL(read.format, LIST_FORMAT);
    CU_ASSERT_EQUAL(read.entries, 4);
    CU_ASSERT_EQUAL(read.active, 3);
    for (enum signal s = SIGNAL_MD5; s <= SIGNAL_LINK; s++)
        CU_ASSERT_EQUAL(read.signals[s], 3);
    CU_ASSERT_EQUAL(read.weak, 1);
    CU_ASSERT_FALSE(read.mapped);
    struct stat st;
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(read.bytes, (uint64_t)st.st_size);
    CU_ASSERT_EQUAL(memcmp(&written, &read, sizeof(read)), 0);
    struct list_entry entry;
    list_entry_get(l, 1, &entry);
    CU_ASSERT_STRING_EQUAL(entry.id, "entry-1");
    CU_ASSERT_STRING_EQUAL(entry.labels, "beach,summer");
    CU_ASSERT_STRING_EQUAL(entry.opinion, "agreed");
    list_entry_get(l, 2, &entry);
    CU_ASSERT_EQUAL(entry.status, ENTRY_WITHDRAWN);
    list_entry_get(l, 4, &entry);
    CU_ASSERT_STRING_EQUAL(entry.id, "");
    list_close(l);
}

/* Rows `i` of 300 with shared and single entries, duplicates and conflicting labels. */
static struct list_row shuffled_row(size_t i, char id[32])
{
    static const char *const labels[] = {NULL, "a", "b,a", "c , a"};
    (void)snprintf(id, 32, "long common part %u", (unsigned)(i % 70));
    struct list_row row = row_of((enum signal)(SIGNAL_MD5 + i % 5), i % 90, id);
    row.labels = labels[i % 4];
    row.opinion = i % 3 ? "yes" : "no";
    row.quality = (uint8_t)(i % 101);
    row.status = i % 17 ? ENTRY_ACTIVE : ENTRY_EXPIRED;
    row.stamp = i % 70 < 30 ? i % 4 : 0;
    return row;
}

static void test_same_rows_same_bytes(void)
{
    enum { ROWS = 300 };
    struct buffer first = BUFFER_INIT;
    for (uint64_t round = 0; round < 5; round++) {
        size_t order[ROWS];
        uint64_t state = round;
        for (size_t i = 0; i < ROWS; i++)
            order[i] = i;
        for (size_t i = ROWS - 1; round && i > 0; i--) {
            size_t k = stream(&state) % (i + 1), held = order[i];
            order[i] = order[k];
            order[k] = held;
        }
        struct list_source *s = list_source_new();
        for (size_t i = 0; i < ROWS; i++) {
            char id[32];
            struct list_row row = shuffled_row(order[i], id);
            add_row(s, &row);
        }
        const char *path = tempdir_file(&dir, "same.lml");
        CU_ASSERT_EQUAL_FATAL(write_source(path, s, NULL), LMOD_OK);
        struct buffer b = bytes_of(path);
        if (round == 0) {
            first = b;
            continue;
        }
        CU_ASSERT_TRUE(b.size == first.size && memcmp(b.data, first.data, b.size) == 0);
        buffer_finish(&b);
    }
    buffer_finish(&first);
}

static void test_written_twice(void)
{
    struct list_source *s = small_source();
    struct error e = {0};
    const char *one = tempdir_file(&dir, "one.lml"), *two = tempdir_file(&dir, "two.lml");
    CU_ASSERT_EQUAL_FATAL(list_write(one, s, &plain_meta, NULL, &e), LMOD_OK);
    add(s, SIGNAL_MD5, 77, "entry-0");
    add(s, SIGNAL_MD5, 78, "a new one");
    CU_ASSERT_EQUAL_FATAL(list_write(two, s, &plain_meta, NULL, &e), LMOD_OK);
    list_source_free(s);
    struct list *l = open_ok(two);
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 77), "entry-0");
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 78), "a new one");
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_SHA1, 1), "entry-1");
    list_close(l);
}

static void test_rows_of_one_entry(void)
{
    struct list_source *s = list_source_new();
    struct list_row row = row_of(SIGNAL_MD5, 1, "e");
    row.labels = "sea, boat";
    row.opinion = "agree";
    add_row(s, &row);
    row = row_of(SIGNAL_SHA1, 1, "e");
    row.labels = "boat,air,,";
    row.opinion = "disagree";
    add_row(s, &row);
    const char *path = tempdir_file(&dir, "one-entry.lml");
    struct list_info info;
    CU_ASSERT_EQUAL_FATAL(write_source(path, s, &info), LMOD_OK);
    CU_ASSERT_EQUAL(info.entries, 1);
    struct list *l = open_ok(path);
    struct list_entry entry;
    list_entry_get(l, 0, &entry);
    CU_ASSERT_STRING_EQUAL(entry.labels, "air,boat,sea");
    CU_ASSERT_STRING_EQUAL(entry.opinion, "agree,disagree");
    list_close(l);
}

/* An entry of three versions and a row without one, in every order: the newest counts. */
static void test_versions(void)
{
    static const struct {
        uint64_t stamp, seed;
        enum entry_status status;
        const char *labels;
    } rows[] = {{10, 1, ENTRY_WITHDRAWN, "old"},
                {20, 2, ENTRY_ACTIVE, "newer"},
                {20, 3, ENTRY_ACTIVE, "newer,too"},
                {0, 4, ENTRY_ACTIVE, "none"}};
    static const uint8_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2},
                                        {2, 3, 0, 1}, {3, 0, 1, 2}, {1, 3, 2, 0}};
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        struct list_source *s = list_source_new();
        add(s, SIGNAL_MD5, 1, "another");
        for (size_t k = 0; k < COUNT_OF(rows); k++) {
            struct list_row row = row_of(SIGNAL_MD5, rows[orders[i][k]].seed, "e");
            row.stamp = rows[orders[i][k]].stamp;
            row.status = rows[orders[i][k]].status;
            row.labels = rows[orders[i][k]].labels;
            add_row(s, &row);
        }
        const char *path = tempdir_file(&dir, "versions.lml");
        CU_ASSERT_EQUAL_FATAL(write_source(path, s, NULL), LMOD_OK);
        struct list *l = open_ok(path);
        struct list_entry entry;
        list_entry_get(l, 1, &entry);
        CU_ASSERT_STRING_EQUAL(entry.id, "e");
        CU_ASSERT_STRING_EQUAL(entry.labels, "newer,too");
        CU_ASSERT_EQUAL(entry.status, ENTRY_ACTIVE);
        CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 1), "another");
        CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 2), "e");
        CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 3), "e");
        CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_MD5, 4), "");
        list_close(l);
    }
}

/* A row without a signal speaks of its entry; one without a stamp is not overruled by any version. */
static void test_rows_without_a_signal(void)
{
    struct list_source *s = list_source_new();
    struct list_row gone = {.entry = "gone", .status = ENTRY_WITHDRAWN, .stamp = 9};
    struct list_row ours = {.entry = "ours", .status = ENTRY_DISABLED};
    struct list_row row = row_of(SIGNAL_MD5, 1, "gone");
    row.stamp = 8;
    add_row(s, &gone);
    add_row(s, &row);
    add_row(s, &ours);
    row = row_of(SIGNAL_MD5, 2, "ours");
    row.stamp = 8;
    add_row(s, &row);
    struct list_info info;
    const char *path = tempdir_file(&dir, "none.lml");
    CU_ASSERT_EQUAL_FATAL(write_source(path, s, &info), LMOD_OK);
    CU_ASSERT_EQUAL(info.entries, 2);
    CU_ASSERT_EQUAL(info.active, 0);
    struct list *l = open_ok(path);
    struct list_entry entry;
    list_entry_get(l, 0, &entry);
    CU_ASSERT_EQUAL(entry.status, ENTRY_WITHDRAWN);
    list_entry_get(l, 1, &entry);
    CU_ASSERT_EQUAL(entry.status, ENTRY_DISABLED);
    list_close(l);
}

static void test_best_quality_stays(void)
{
    struct list_source *s = list_source_new();
    static const uint8_t quality[] = {10, 90, 40};
    for (size_t i = 0; i < COUNT_OF(quality); i++) {
        struct list_row row = row_of(SIGNAL_PDQ, 1, "e");
        row.quality = quality[i];
        add_row(s, &row);
    }
    const char *path = tempdir_file(&dir, "quality.lml");
    struct list_info info;
    CU_ASSERT_EQUAL_FATAL(write_source(path, s, &info), LMOD_OK);
    CU_ASSERT_EQUAL(info.signals[SIGNAL_PDQ], 1);
    CU_ASSERT_EQUAL(info.weak, 0);
    struct list *l = open_ok(path);
    CU_ASSERT_STRING_EQUAL(found(l, SIGNAL_PDQ, 1), "e");
    list_close(l);
}

static void test_refused_rows(void)
{
    char long_id[LIST_ENTRY_MAX + 2], long_labels[LIST_LABELS_MAX + 2];
    memset(long_id, 'x', sizeof(long_id));
    long_id[sizeof(long_id) - 1] = '\0';
    memset(long_labels, 'x', sizeof(long_labels));
    long_labels[sizeof(long_labels) - 1] = '\0';
    const struct list_row rows[] = {
        {.signal = SIGNAL_TEXT, .entry = "e"},
        {.signal = (enum signal)99, .entry = "e"},
        {.signal = SIGNAL_MD5, .entry = ""},
        {.signal = SIGNAL_MD5, .entry = NULL},
        {.signal = SIGNAL_MD5, .entry = long_id},
        {.signal = SIGNAL_MD5, .entry = "a\nb"},
        {.signal = SIGNAL_MD5, .entry = "\xff"},
        {.signal = SIGNAL_MD5, .entry = "e", .labels = long_labels},
        {.signal = SIGNAL_MD5, .entry = "e", .labels = "\x1b[31m"},
        {.signal = SIGNAL_MD5, .entry = "e", .opinion = "\xc3"},
        {.signal = SIGNAL_MD5, .entry = "e", .status = (enum entry_status)4},
        {.signal = SIGNAL_PDQ, .entry = "e", .quality = 101},
    };
    struct list_source *s = list_source_new();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct error e = {0};
        CU_ASSERT_EQUAL(list_source_add(s, &rows[i], &e), LMOD_E_LIST);
        CU_ASSERT_NOT_EQUAL(e.text[0], '\0');
    }
    struct error e = {0};
    const char *path = tempdir_file(&dir, "nothing.lml");
    CU_ASSERT_EQUAL(list_write(path, s, &plain_meta, NULL, &e), LMOD_E_LIST);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "nothing to write"));
    CU_ASSERT_EQUAL(access(path, F_OK), -1);
    list_source_free(s);
}

static void test_refused_meta(void)
{
    char long_id[LIST_ID_MAX + 2];
    memset(long_id, 'x', sizeof(long_id));
    long_id[sizeof(long_id) - 1] = '\0';
    const struct list_meta metas[] = {{long_id, "1", DIALECT_FULL}, {"a", "b\n", DIALECT_FULL}};
    struct list_source *s = small_source();
    for (size_t i = 0; i < COUNT_OF(metas); i++) {
        struct error e = {0};
        CU_ASSERT_EQUAL(list_write(tempdir_file(&dir, "meta.lml"), s, &metas[i], NULL, &e),
                        LMOD_E_LIST);
    }
    list_source_free(s);
}

/* A write that fails half way leaves the list that was there, and nothing else. */
static void test_full_disk(void)
{
    const char *path = tempdir_file(&dir, "full/list.lml");
    CU_ASSERT_EQUAL_FATAL(mkdir(tempdir_file(&dir, "full"), 0700), 0);
    CU_ASSERT_EQUAL_FATAL(write_source(path, small_source(), NULL), LMOD_OK);
    struct buffer before = bytes_of(path);

    struct list_source *s = small_source();
    for (uint64_t i = 100; i < 2000; i++)
        add(s, SIGNAL_SHA256, i, "many");
    struct rlimit old, small = {4096, RLIM_INFINITY};
    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    (void)fflush(stdout);
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    struct error e = {0};
    int status = list_write(path, s, &plain_meta, NULL, &e);
    (void)setrlimit(RLIMIT_FSIZE, &old);
    (void)signal(SIGXFSZ, SIG_DFL);
    CU_ASSERT_EQUAL(status, LMOD_E_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, strerror(EFBIG)));
    CU_ASSERT_STRING_EQUAL(e.file, path);

    struct buffer after = bytes_of(path);
    CU_ASSERT_TRUE(after.size == before.size && memcmp(after.data, before.data, after.size) == 0);
    CU_ASSERT_EQUAL(unlink(path), 0);
    CU_ASSERT_EQUAL(rmdir(tempdir_file(&dir, "full")), 0); /* no temporary file is left */
    CU_ASSERT_EQUAL(list_write(tempdir_file(&dir, "none/x.lml"), s, &plain_meta, NULL, &e),
                    LMOD_E_IO);
    list_source_free(s);
    buffer_finish(&before);
    buffer_finish(&after);
}

/* Ids that share long beginnings, and keys that do, come out in order: look-ups find all of them. */
static void test_many(void)
{
    enum { MANY = 20000 };
    struct list_source *s = list_source_new();
    for (uint64_t i = 0; i < MANY; i++) {
        char id[64];
        (void)snprintf(id, sizeof(id), "/a/long/path/to/the/source.csv:%u", (unsigned)i);
        struct list_row row = row_of(SIGNAL_SHA1, i, id);
        if (i % 2)
            memset(row.value, 0xee, 16);
        add_row(s, &row);
    }
    const char *path = tempdir_file(&dir, "many.lml");
    CU_ASSERT_EQUAL_FATAL(write_source(path, s, NULL), LMOD_OK);
    struct list *l = open_ok(path);
    size_t wrong = 0;
    for (uint64_t i = 0; i < MANY; i++) {
        char id[64];
        (void)snprintf(id, sizeof(id), "/a/long/path/to/the/source.csv:%u", (unsigned)i);
        struct list_row row = row_of(SIGNAL_SHA1, i, id);
        if (i % 2)
            memset(row.value, 0xee, 16);
        struct list_hit hit;
        struct list_entry entry;
        size_t n = list_find(l, SIGNAL_SHA1, row.value, &hit, 1);
        list_entry_get(l, n ? hit.entry : UINT32_MAX, &entry);
        wrong += n != 1 || strcmp(entry.id, id) != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    list_close(l);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("lists/build", {"what is written is read", test_round_trip},
                     {"same rows, same bytes", test_same_rows_same_bytes},
                     {"a source can be written again", test_written_twice},
                     {"rows of one entry are one content", test_rows_of_one_entry},
                     {"of an entry's versions the newest counts", test_versions},
                     {"rows without a signal", test_rows_without_a_signal},
                     {"the best quality of a hash stays", test_best_quality_stays},
                     {"rows that cannot be listed", test_refused_rows},
                     {"ids that cannot be written", test_refused_meta},
                     {"a full disk leaves the old list", test_full_disk},
                     {"many entries with like names", test_many});
    tempdir_remove(&dir);
    return rc;
}
