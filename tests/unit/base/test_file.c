/* Files: whole reads, writes by rename, paths. */
#include "base/base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"
#include "tempdir.h"

static void test_read(void)
{
    struct tempdir t;
    struct buffer b = BUFFER_INIT;
    struct error e;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_TRUE(tempdir_write(&t, "five", "a\0bcd", 5));
    CU_ASSERT_TRUE(tempdir_write(&t, "empty", "", 0));
    buffer_str(&b, "left over");
    CU_ASSERT_EQUAL(file_read(&b, tempdir_file(&t, "five"), 5, &e), LMOD_OK);
    CU_ASSERT_EQUAL_FATAL(b.size, 5);
    CU_ASSERT_EQUAL(memcmp(b.data, "a\0bcd", 6), 0);
    CU_ASSERT_EQUAL(file_read(&b, tempdir_file(&t, "five"), 4, &e), LMOD_E_IO);
    CU_ASSERT_STRING_EQUAL(e.text, "larger than 4 bytes");
    CU_ASSERT_EQUAL(file_read(&b, tempdir_file(&t, "empty"), 0, &e), LMOD_OK);
    CU_ASSERT_EQUAL(b.size, 0);
    CU_ASSERT_STRING_EQUAL(b.data, "");
    buffer_finish(&b);
    tempdir_remove(&t);
}

static void test_read_large(void)
{
    enum { SIZE = 100000 };
    struct tempdir t;
    struct buffer b = BUFFER_INIT;
    char *bytes = malloc(SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 7 % 251);
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_TRUE(tempdir_write(&t, "large", bytes, SIZE));
    CU_ASSERT_EQUAL(file_read(&b, tempdir_file(&t, "large"), SIZE, NULL), LMOD_OK);
    CU_ASSERT_EQUAL_FATAL(b.size, SIZE);
    CU_ASSERT_EQUAL(memcmp(b.data, bytes, SIZE), 0);
    buffer_finish(&b);
    free(bytes);
    tempdir_remove(&t);
}

/* What is not a regular file is refused at once; a pipe without a writer does not hang. */
static void test_read_refused(void)
{
    struct tempdir t;
    struct buffer b = BUFFER_INIT;
    struct error e;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_EQUAL(mkfifo(tempdir_file(&t, "pipe"), 0600), 0);
    const struct {
        const char *path, *text;
    } cases[] = {
        {tempdir_file(&t, "missing"), "cannot open: No such file or directory"},
        {t.path, "is a directory"},
        {tempdir_file(&t, "pipe"), "is not a regular file"},
        {"/dev/null", "is not a regular file"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT_EQUAL(file_read(&b, cases[i].path, 100, &e), LMOD_E_IO);
        CU_ASSERT_STRING_EQUAL(e.file, cases[i].path);
        CU_ASSERT_STRING_EQUAL(e.text, cases[i].text);
    }
    buffer_finish(&b);
    tempdir_remove(&t);
}

static void test_pread(void)
{
    struct tempdir t;
    char out[8] = "";
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_TRUE(tempdir_write(&t, "f", "0123456789", 10));
    int fd = open(tempdir_file(&t, "f"), O_RDONLY | O_CLOEXEC);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(file_pread(fd, out, 4, 3), 4);
    CU_ASSERT_EQUAL(memcmp(out, "3456", 4), 0);
    CU_ASSERT_EQUAL(file_pread(fd, out, 8, 7), 3);
    CU_ASSERT_EQUAL(memcmp(out, "789", 3), 0);
    CU_ASSERT_EQUAL(file_pread(fd, out, 8, 10), 0);
    CU_ASSERT_EQUAL(file_pread(fd, out, 0, 0), 0);
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_CUR), 0);
    (void)close(fd);
    CU_ASSERT_EQUAL(file_pread(fd, out, 4, 0), -1);
    CU_ASSERT_FALSE(file_write_all(fd, "x", 1));
    tempdir_remove(&t);
}

/* The names in a directory, without . and .. */
static unsigned names_in(const char *path)
{
    struct buffer b = BUFFER_INIT;
    unsigned n = 0;
    buffer_printf(&b, "ls -A '%s' | wc -l", path);
    FILE *f = b.failed ? NULL : popen(b.data, "r");
    if (!f || fscanf(f, "%u", &n) != 1)
        n = 999;
    if (f)
        (void)pclose(f);
    buffer_finish(&b);
    return n;
}

static void test_replace(void)
{
    struct tempdir t;
    struct buffer b = BUFFER_INIT;
    struct stat st;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    const char *path = tempdir_file(&t, "f");
    CU_ASSERT_EQUAL(file_replace(path, "first", 5, 0640, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0640);
    int old = open(path, O_RDONLY | O_CLOEXEC);
    CU_ASSERT_EQUAL(file_replace(path, "second one", 10, 0600, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
    CU_ASSERT_EQUAL(file_read(&b, path, 100, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(b.data, "second one");
    char was[8] = "";
    CU_ASSERT_EQUAL(file_pread(old, was, sizeof(was), 0), 5); /* readers keep what they opened */
    CU_ASSERT_EQUAL(memcmp(was, "first", 5), 0);
    (void)close(old);
    CU_ASSERT_EQUAL(names_in(t.path), 1);
    buffer_finish(&b);
    tempdir_remove(&t);
}

/* Until the commit the old file stands; an abort leaves nothing behind. */
static void test_new(void)
{
    struct tempdir t;
    struct buffer b = BUFFER_INIT;
    struct file_new f;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_TRUE(tempdir_write(&t, "f", "old", 3));
    CU_ASSERT_EQUAL_FATAL(file_new_begin(&f, tempdir_file(&t, "f"), 0644, NULL), LMOD_OK);
    CU_ASSERT_TRUE(file_write_all(f.fd, "new", 3));
    CU_ASSERT_EQUAL(file_read(&b, tempdir_file(&t, "f"), 100, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(b.data, "old");
    file_new_abort(&f);
    CU_ASSERT_EQUAL(f.fd, -1);
    CU_ASSERT_EQUAL(names_in(t.path), 1);
    file_new_abort(&f); /* twice is fine */
    CU_ASSERT_EQUAL_FATAL(file_new_begin(&f, tempdir_file(&t, "f"), 0644, NULL), LMOD_OK);
    CU_ASSERT_TRUE(file_write_all(f.fd, "new", 3));
    CU_ASSERT_EQUAL(file_new_commit(&f, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(file_read(&b, tempdir_file(&t, "f"), 100, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(b.data, "new");
    CU_ASSERT_EQUAL(names_in(t.path), 1);
    buffer_finish(&b);
    tempdir_remove(&t);
}

static void test_replace_refused(void)
{
    struct tempdir t;
    struct error e;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&t));
    CU_ASSERT_EQUAL(file_replace(tempdir_file(&t, "no/such/f"), "x", 1, 0600, &e), LMOD_E_IO);
    CU_ASSERT_STRING_EQUAL(e.text, "cannot create: No such file or directory");
    CU_ASSERT_EQUAL(mkdir(tempdir_file(&t, "d"), 0700), 0);
    CU_ASSERT_EQUAL(file_replace(tempdir_file(&t, "d"), "x", 1, 0600, &e), LMOD_E_IO);
    CU_ASSERT_STRING_EQUAL(e.text, "cannot write: Is a directory");
    CU_ASSERT_EQUAL(names_in(t.path), 1);
    tempdir_remove(&t);
}

static void test_paths(void)
{
    static const struct {
        const char *base, *path, *want;
    } joins[] = {
        {"/etc", "a.yaml", "/etc/a.yaml"},
        {"/etc/", "a", "/etc/a"},
        {"/etc", "/b", "/b"},
        {NULL, "c", "c"},
        {"", "d", "/d"},
        {".", "e/f", "./e/f"},
    };
    static const struct {
        const char *path, *want;
    } directories[] = {{"/a/b/c", "/a/b"}, {"/a", "/"}, {"a", "."}, {"a/b", "a"}, {"", "."}};
    for (size_t i = 0; i < COUNT_OF(joins); i++) {
        char *got = path_join(joins[i].base, joins[i].path);
        CU_ASSERT_STRING_EQUAL(got, joins[i].want);
        free(got);
    }
    for (size_t i = 0; i < COUNT_OF(directories); i++) {
        char *got = path_directory(directories[i].path);
        CU_ASSERT_STRING_EQUAL(got, directories[i].want);
        free(got);
    }
}

int main(void)
{
    return TAP_RUN("base/file", {"whole files up to a size", test_read},
                   {"a file of many blocks", test_read_large},
                   {"what is not a file is refused", test_read_refused},
                   {"pread by place", test_pread}, {"replace swaps the whole file", test_replace},
                   {"a new file appears at commit only", test_new},
                   {"a failed write leaves nothing", test_replace_refused},
                   {"paths are joined and cut", test_paths});
}
