/* Opening: the tables, files and their rights, and what is turned away. */
#include "kit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* "name type pk" of every column of every table, as contract.md and ADR 15 have them. */
static const char *const columns[] = {
    ("content: ck kind mime bytes w h sha256 sha1 md5 pdq quality cluster first last gen verdict "
     "hashes"),
    "counter: k n",
    "decision: id event_id ck scope action reason reviewer at src",
    "delivery: decision host lease_by lease_until tries acked outcome",
    "entry: id list sig value harm action status decision gen",
    "event: seq id dedupe type prio deadline at ck item body sent",
    "item: id host ref surface room sender ck at",
    "meta: k v",
};

static void test_tables(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    char uuid[STORE_ID] = "", again[STORE_ID] = "";
    sqlite3_stmt *st = NULL;
    size_t n = 0;
    CU_ASSERT_EQUAL(store_ping(s, 0, uuid, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(strlen(uuid), STORE_ID - 1);
    sqlite3 *db = outsider(&dir);
    (void)sqlite3_prepare_v2(db,
                             "SELECT m.name || ': ' || (SELECT group_concat(name, ' ') FROM"
                             " (SELECT name FROM pragma_table_info(m.name) ORDER BY cid))"
                             " FROM sqlite_master m WHERE type = 'table'"
                             " AND name NOT LIKE 'sqlite_%' ORDER BY m.name",
                             -1, &st, NULL);
    while (sqlite3_step(st) == SQLITE_ROW && n < COUNT_OF(columns)) {
        CU_ASSERT_STRING_EQUAL((const char *)sqlite3_column_text(st, 0), columns[n]);
        n++;
    }
    CU_ASSERT_EQUAL(n, COUNT_OF(columns));
    (void)sqlite3_finalize(st);
    CU_ASSERT_EQUAL(ask(db, "PRAGMA user_version"), STORE_VERSION);
    CU_ASSERT_EQUAL(ask(db, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"),
                    1);
    CU_ASSERT_EQUAL(ask(db, "SELECT count(*) FROM meta WHERE k IN"
                            " ('uuid', 'gen', 'min_reader', 'created')"),
                    4);
    CU_ASSERT_EQUAL(ask(db, "SELECT v FROM meta WHERE k = 'min_reader'"), 1);
    (void)sqlite3_close(db);
    store_close(s);
    struct store_options o = kit_options(&dir);
    CU_ASSERT_EQUAL(store_open(&s, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(store_ping(s, 0, again, NULL), LMOD_OK);
    CU_ASSERT_STRING_EQUAL(again, uuid);
    kit_close(s, &dir);
}

/* What the store says after another program has changed its files. */
static int after(const struct tempdir *dir, struct error *e)
{
    struct store_options o = kit_options(dir);
    struct store *s = NULL;
    memset(e, 0, sizeof(*e));
    CU_ASSERT_EQUAL_FATAL(store_open(&s, &o, NULL), LMOD_OK);
    int status = store_ping(s, 0, NULL, e);
    if (status == LMOD_OK)
        status = kit_put(s, 12345, NULL);
    store_close(s);
    return status;
}

static void test_newer(void)
{
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    struct error e;
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    store_close(s);
    /* a newer release added a table and a column, which we need not know */
    CU_ASSERT_TRUE(change_file(&dir, "PRAGMA user_version = 2; CREATE TABLE more(x);"
                                     "ALTER TABLE event ADD COLUMN more TEXT"));
    CU_ASSERT_EQUAL(after(&dir, &e), LMOD_OK);
    /* and now one that we would not understand */
    CU_ASSERT_TRUE(change_file(&dir, "UPDATE meta SET v = 2 WHERE k = 'min_reader'"));
    CU_ASSERT_EQUAL(after(&dir, &e), LMOD_E_STATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "newer release"));
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM event"), 2);
    tempdir_remove(&dir);
}

static void test_not_ours(void)
{
    static const char *noise = "This is no database. It is a text that somebody put here, long "
                               "enough to be read as a header and to be refused as one. ";
    struct tempdir dir;
    struct error e;
    char page[4096];
    sqlite3 *db = NULL;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
    for (size_t i = 0; i < sizeof(page); i++)
        page[i] = noise[i % strlen(noise)];
    CU_ASSERT_TRUE(tempdir_write(&dir, "store.db", page, sizeof(page)));
    CU_ASSERT_EQUAL(after(&dir, &e), LMOD_E_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "no database"));
    CU_ASSERT_EQUAL(unlink(tempdir_file(&dir, "store.db")), 0);
    (void)sqlite3_open(tempdir_file(&dir, "store.db"), &db);
    (void)sqlite3_exec(db, "CREATE TABLE users(name)", NULL, NULL, NULL);
    (void)sqlite3_close(db);
    CU_ASSERT_EQUAL(after(&dir, &e), LMOD_E_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "another program"));
    CU_ASSERT_EQUAL(ask_file(&dir, "SELECT count(*) FROM sqlite_master"), 1);
    /* an empty file is what is left when somebody died while making it */
    CU_ASSERT_TRUE(tempdir_write(&dir, "store.db", "", 0));
    CU_ASSERT_EQUAL(after(&dir, &e), LMOD_OK);
    tempdir_remove(&dir);
}

static void test_no_directory(void)
{
    struct tempdir dir, sub;
    struct error e;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
    (void)snprintf(sub.path, sizeof(sub.path), "%.200s/missing", dir.path);
    CU_ASSERT_EQUAL(after(&sub, &e), LMOD_E_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "modctl init"));
    CU_ASSERT_STRING_EQUAL(e.file, sub.path);
    CU_ASSERT_NOT_EQUAL(access(sub.path, F_OK), 0);
    CU_ASSERT_TRUE(tempdir_write(&dir, "missing", "", 0));
    CU_ASSERT_EQUAL(after(&sub, &e), LMOD_E_STORE);
    tempdir_remove(&dir);
}

/* Names that mean something in a URI, and a link on the way. */
static void test_odd_names(void)
{
    static const char *const names[] = {"a?b=c&mode=ro", "50%25 #1", "\xc3\xa4 b;c", "link"};
    struct tempdir dir, sub;
    struct error e;
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        (void)snprintf(sub.path, sizeof(sub.path), "%.200s/%s", dir.path, names[i]);
        bool last = i + 1 == COUNT_OF(names);
        CU_ASSERT_EQUAL(last ? symlink(names[0], sub.path) : mkdir(sub.path, 0700), 0);
        CU_ASSERT_EQUAL(after(&sub, &e), LMOD_OK);
        CU_ASSERT_EQUAL(access(tempdir_file(&sub, "store.db"), F_OK), 0);
        CU_ASSERT_EQUAL(access(tempdir_file(&sub, "gen"), F_OK), 0);
    }
    tempdir_remove(&dir);
}

/* Whatever the umask: a directory with setgid is a group's, else everything is its owner's alone. */
static void test_rights(void)
{
    static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm", "gen"};
    static const mode_t umasks[] = {0, 022, 077};
    struct stat st;
    struct error e;
    for (unsigned i = 0; i < 2 * COUNT_OF(umasks); i++) {
        struct tempdir dir;
        bool group = i % 2;
        CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
        CU_ASSERT_EQUAL(chmod(dir.path, group ? 02770 : 0700), 0);
        mode_t old = umask(umasks[i / 2]);
        CU_ASSERT_EQUAL(after(&dir, &e), LMOD_OK);
        (void)umask(old);
        for (size_t f = 0; f < COUNT_OF(files); f++) {
            CU_ASSERT_EQUAL(stat(tempdir_file(&dir, files[f]), &st), 0);
            CU_ASSERT_EQUAL(st.st_mode & 0777, group ? 0660u : 0600u);
        }
        tempdir_remove(&dir);
    }
}

/* root runs modctl before the server has run once: the files are the server's all the same. */
static void test_root_first(void)
{
    static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm", "gen"};
    struct tempdir dir;
    struct stat st;
    struct error e;
    if (geteuid() != 0)
        TAP_SKIP("needs root");
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
    CU_ASSERT_EQUAL(chown(dir.path, 65534, 65534), 0);
    CU_ASSERT_EQUAL(after(&dir, &e), LMOD_OK);
    for (size_t f = 0; f < COUNT_OF(files); f++) {
        CU_ASSERT_EQUAL(stat(tempdir_file(&dir, files[f]), &st), 0);
        CU_ASSERT_EQUAL(st.st_uid, 65534);
    }
    tempdir_remove(&dir);
}

/* As a user who is not root, in a process of its own; what the function returned. */
static int as_somebody(const struct tempdir *dir, int (*f)(const struct tempdir *dir))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        bool ok = geteuid() != 0 || (setgid(65534) == 0 && setuid(65534) == 0);
        _exit(ok ? f(dir) : 99);
    }
    (void)waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* Reading works, writing says why it does not. */
static int read_only(const struct tempdir *dir)
{
    struct store_options o = kit_options(dir);
    struct store_done done;
    struct store_found *f = NULL;
    struct store *s = NULL;
    struct kit_row k;
    struct error e = {0};
    kit_row(&k, 1);
    if (store_open(&s, &o, NULL) != LMOD_OK)
        return 1;
    int status = store_content(s, k.ck, 0, &f, &e);
    free(f);
    if (status != LMOD_OK && (status != LMOD_E_STORE || !strstr(e.text, "may not write")))
        return 2;
    memset(&e, 0, sizeof(e));
    if (store_put(s, &k.row, 0, &done, &e) != LMOD_E_STORE || !strstr(e.text, "may not write"))
        return 3;
    store_close(s);
    return 0;
}

static int cannot_make(const struct tempdir *dir)
{
    struct store_options o = kit_options(dir);
    struct store *s = NULL;
    struct error e = {0};
    if (store_open(&s, &o, NULL) != LMOD_OK)
        return 1;
    if (store_ping(s, 0, NULL, &e) != LMOD_E_STORE || !strstr(e.text, "cannot make this file"))
        return 2;
    store_close(s);
    return 0;
}

static void test_read_only(void)
{
    static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm", "gen"};
    struct tempdir dir;
    struct store *s = kit_open(&dir);
    CU_ASSERT_EQUAL(chmod(dir.path, 0755), 0);
    CU_ASSERT_EQUAL(kit_put(s, 1, NULL), LMOD_OK);
    for (size_t f = 0; f < COUNT_OF(files); f++)
        CU_ASSERT_EQUAL(chmod(tempdir_file(&dir, files[f]), 0444), 0);
    CU_ASSERT_EQUAL(chmod(dir.path, 0555), 0);
    CU_ASSERT_EQUAL(as_somebody(&dir, read_only), 0);
    CU_ASSERT_EQUAL(chmod(dir.path, 0755), 0);
    kit_close(s, &dir);
    CU_ASSERT_TRUE_FATAL(tempdir_make(&dir));
    CU_ASSERT_EQUAL(chmod(dir.path, 0555), 0);
    CU_ASSERT_EQUAL(as_somebody(&dir, cannot_make), 0);
    tempdir_remove(&dir);
}

int main(void)
{
    return TAP_RUN(
        "store/open", {"the tables are the contract's", test_tables}, {"newer stores", test_newer},
        {"files that are not ours", test_not_ours}, {"no state directory", test_no_directory},
        {"odd names", test_odd_names}, {"rights do not depend on the umask", test_rights},
        {"root comes first", test_root_first}, {"files that may only be read", test_read_only});
}
