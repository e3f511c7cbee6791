/* The source CSV: what is read, what is a bad row and where, and that one bad row costs no other. */
#include "import_csv.h"
#include "tap.h"
#include "tempdir.h"

#include <sys/stat.h>

static struct tempdir dir;

#define MD5  "0123456789abcdef0123456789ABCDEF"
#define SHA1 "0123456789abcdef0123456789abcdef01234567"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* What the callbacks saw. */
struct seen {
    char bad[4096];      /* "LINE:COLUMN text\n" each */
    char pictures[1024]; /* "PATH entry labels\n" each */
    int picture_status;
    bool no_pictures;
};

static void
see_bad(void *context, const char *path, uint32_t line, uint32_t column, const char *text)
{
    struct seen *s = context;
    size_t used = strlen(s->bad);
    CU_ASSERT_PTR_NOT_NULL(path);
    (void)snprintf(s->bad + used, sizeof(s->bad) - used, "%u:%u %s\n", line, column, text);
}

static int see_picture(void *context,
                       const char *path,
                       const struct list_row *row,
                       struct list_source *to,
                       struct error *e)
{
    struct seen *s = context;
    size_t used = strlen(s->pictures);
    (void)snprintf(s->pictures + used, sizeof(s->pictures) - used, "%s %s %s\n", path, row->entry,
                   row->labels);
    if (s->picture_status != LMOD_OK)
        return error_set(e, s->picture_status, "cannot be decoded");
    struct list_row copy = *row;
    copy.signal = SIGNAL_MD5;
    return list_source_add(to, &copy, e);
}

struct result {
    int status;
    struct import_report r;
    struct seen seen;
    struct error e;
    struct list *list; /* NULL: nothing was listed */
};

/* Imports `size` bytes called "source.csv" and opens the list that comes of it. */
static void import_bytes(struct result *out, const char *bytes, size_t size, const char *type)
{
    struct import_options o = {.path = "data/source.csv",
                               .type = type,
                               .now = 1800000000000, /* January 2027 */
                               .picture = out->seen.no_pictures ? NULL : see_picture,
                               .bad = see_bad,
                               .context = &out->seen};
    struct list_source *s = list_source_new();
    FILE *in = size ? fmemopen((void *)(uintptr_t)bytes, size, "r") : fopen("/dev/null", "r");
    CU_ASSERT_FATAL(s && in);
    struct source source;
    source_init(&source, in, &o);
    out->status = import_csv(s, &source, &out->r, &out->e);
    (void)fclose(in);
    if (out->status == LMOD_OK)
        CU_ASSERT_EQUAL(out->r.rows, out->r.added + out->r.bad);
    const char *path = tempdir_file(&dir, "out.lml");
    struct list_meta meta = {"t", "1", DIALECT_UNKNOWN};
    if (list_write(path, s, &meta, NULL, NULL) == LMOD_OK)
        CU_ASSERT_EQUAL(list_open(&out->list, path, NULL, NULL), LMOD_OK);
    list_source_free(s);
}

static struct result import(const char *text, const char *type)
{
    struct result out;
    memset(&out, 0, sizeof(out));
    import_bytes(&out, text, strlen(text), type);
    CU_ASSERT_EQUAL(out.status, LMOD_OK);
    return out;
}

static void done(struct result *out)
{
    list_close(out->list);
}

/* All entries: "id[status](labels){opinion} …". */
static const char *entries(const struct result *out)
{
    static char text[1024];
    text[0] = '\0';
    struct list_entry x;
    for (uint32_t i = 0; out->list; i++) {
        list_entry_get(out->list, i, &x);
        if (!x.id[0])
            break;
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, "%s%s[%s](%s){%s}", i ? " " : "", x.id,
                       term_name(entry_status_terms, x.status), x.labels, x.opinion);
    }
    return text;
}

static bool listed(const struct result *out, enum signal s, const char *hex)
{
    uint8_t key[LIST_KEY_MAX];
    CU_ASSERT_TRUE(hex_read(hex, strlen(hex), key, signal_bytes(s)));
    return out->list && list_find(out->list, s, key, NULL, 0) > 0;
}

static void test_every_type(void)
{
    struct result out = import("type,value,entry\n"
                               "md5," MD5 ",a\n"
                               "SHA1," SHA1 ",a\n"
                               "sha256," HASH ",b\n"
                               "pdq," HASH ",b\n",
                               NULL);
    CU_ASSERT_EQUAL(out.r.rows, 4);
    CU_ASSERT_EQUAL(out.r.added, 4);
    CU_ASSERT_STRING_EQUAL(out.seen.bad, "");
    CU_ASSERT_TRUE(listed(&out, SIGNAL_MD5, MD5));
    CU_ASSERT_TRUE(listed(&out, SIGNAL_SHA1, SHA1));
    CU_ASSERT_TRUE(listed(&out, SIGNAL_SHA256, HASH));
    CU_ASSERT_TRUE(listed(&out, SIGNAL_PDQ, HASH));
    CU_ASSERT_STRING_EQUAL(entries(&out), "a[active](){} b[active](){}");
    done(&out);
}

static void test_spellings(void)
{
    static const char *const texts[] = {
        "md5," MD5 ",a",
        "md5," MD5 ",a\n",
        "\xef\xbb\xbfmd5," MD5 ",a\r\n",
        "\xef\xbb\xbftype,value\r\nmd5," MD5 ",a\r\n",
        "# a comment\n\n   \n\t# another\nmd5," MD5 ",a\n# , \" \n",
        "\"md5\",\"" MD5 "\",\"a\"\r\n",
        " MD5 , " MD5 " ,\ta \n",
        "  \"md5\"  ,\"" MD5 "\" , \"a\" \n",
        "Type;whatever\n", /* not a header: a bad row, with the next one */
        "SIGNAL_TYPE,Value\nmd5," MD5 ",a,,,\n",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct result out = import(texts[i], NULL);
        bool good = i != 8;
        CU_ASSERT_EQUAL(out.r.added, good);
        CU_ASSERT_EQUAL(out.r.bad, !good);
        CU_ASSERT_STRING_EQUAL(entries(&out), good ? "a[active](){}" : "");
        done(&out);
    }
}

static void test_header_only_first(void)
{
    struct result out = import("md5," MD5 ",a\ntype,value\n", NULL);
    CU_ASSERT_EQUAL(out.r.added, 1);
    CU_ASSERT_EQUAL(out.r.bad, 1);
    done(&out);
    out = import("type,value,entry\n", NULL);
    CU_ASSERT_EQUAL(out.r.rows, 0);
    CU_ASSERT_PTR_NULL(out.list);
    done(&out);
    out = import("", NULL);
    CU_ASSERT_EQUAL(out.r.rows, 0);
    done(&out);
}

static void test_bare_values(void)
{
    struct result out = import("hash\n" MD5 "\n" MD5 ",with-entry,label\n", "md5");
    CU_ASSERT_EQUAL(out.r.added, 2);
    CU_ASSERT_STRING_EQUAL(entries(&out),
                           "data/source.csv:2[active](){} with-entry[active](label){}");
    done(&out);
    out = import("pdq\n" HASH "\n", "PDQ");
    CU_ASSERT_EQUAL(out.r.added, 1);
    CU_ASSERT_TRUE(listed(&out, SIGNAL_PDQ, HASH));
    done(&out);
    out = import("a.jpg\nsub/b.png\n", "file");
    CU_ASSERT_EQUAL(out.r.pictures, 2);
    CU_ASSERT_STRING_EQUAL(out.seen.pictures, "data/a.jpg data/source.csv:1 \n"
                                              "data/sub/b.png data/source.csv:2 \n");
    done(&out);
}

static void test_labels(void)
{
    struct result out = import("md5," MD5 ",a,red,\"blue, green\",opinion=agree\n"
                               "sha1," SHA1 ",b,status=withdrawn\n"
                               "sha256," HASH ",c,Status=Expired,x\n"
                               "pdq," HASH ",d,quality=30,status=disabled\n",
                               NULL);
    CU_ASSERT_EQUAL(out.r.added, 4);
    CU_ASSERT_STRING_EQUAL(entries(&out), "a[active](blue,green,red){agree} b[withdrawn](){} "
                                          "c[expired](x){} d[disabled](){}");
    CU_ASSERT_FALSE(listed(&out, SIGNAL_SHA1, SHA1));
    done(&out);
}

static void test_expires(void)
{
    struct result out = import("md5," MD5 ",a,expires=2026-12-31\n"
                               "sha1," SHA1 ",b,expires=2027-12-31T00:00:00Z\n"
                               "sha256," HASH ",c,expires=2001-01-01,status=withdrawn\n"
                               "sha256," HASH ",d,expires=2001-01-01,status=active\n"
                               "sha256," HASH ",e,expires=soon\n",
                               NULL);
    CU_ASSERT_STRING_EQUAL(entries(&out), "a[expired](){} b[active](){} c[withdrawn](){} "
                                          "d[expired](){}");
    CU_ASSERT_PTR_NOT_NULL(strstr(out.seen.bad, "5:75 expires is a date"));
    done(&out);
}

static void test_quality(void)
{
    struct result out = import("pdq," HASH ",a,quality=49\n", NULL);
    struct list_info info;
    list_info_get(out.list, &info);
    CU_ASSERT_EQUAL(info.weak, 1);
    CU_ASSERT_FALSE(listed(&out, SIGNAL_PDQ, HASH));
    done(&out);
    out = import("pdq," HASH ",a,quality=50\n", NULL);
    CU_ASSERT_TRUE(listed(&out, SIGNAL_PDQ, HASH));
    done(&out);
}

static void test_quotes(void)
{
    struct result out = import("md5," MD5 ",\"say \"\"hi\"\", you\"\n"
                               "sha1,\"" SHA1 "\",\"\"\n",
                               NULL);
    CU_ASSERT_EQUAL(out.r.added, 2);
    CU_ASSERT_STRING_EQUAL(entries(&out),
                           "data/source.csv:2[active](){} say \"hi\", you[active](){}");
    done(&out);
    /* A field over two lines: the id is refused for its line end, and lines are counted on. */
    out = import("md5," MD5 ",\"two\nlines\"\nmd5," MD5 "\n", NULL);
    CU_ASSERT_EQUAL(out.r.bad, 1);
    CU_ASSERT_STRING_EQUAL(entries(&out), "data/source.csv:3[active](){}");
    done(&out);
}

static void test_bad_rows(void)
{
    static const struct {
        const char *row, *place, *says;
    } rows[] = {
        {"md5,abc,e", "1:5 ", "md5 takes 32 hex digits, this has 3"},
        {"md5," SHA1, "1:5 ", "md5 takes 32 hex digits, this has 40"},
        {"  md5,  x123456789abcdef0123456789abcdef", "1:9 ", "hex digits only"},
        {"sha265," HASH, "1:1 ", "did you mean sha256?"},
        {"photodna,abc", "1:1 ", "types are md5"},
        {MD5, "1:1 ", "--type"},
        {"link,hello,e", "1:6 ", "not one link"},
        {"link,t.me/abcde t.me/fghij,e", "1:6 ", "not one link"},
        {"text,hello,e", "1:6 ", "too short"},
        {"pdq," HASH ",e,quality=101", "1:72 ", "quality is a whole number"},
        {"pdq," HASH ",e,quality=", "1:72 ", "quality is a whole number"},
        {"pdq," HASH ",e,quality=1e1", "1:72 ", "quality is a whole number"},
        {"md5," MD5 ",é,status=gone", "1:40 ", "status is one of active"},
        {"md5," MD5 ",\xff", "1:1 ", "not UTF-8"},
        {"md5," MD5 ",a\tb", "1:1 ", "control characters"},
        {"md5,\"" MD5 "\"x,e", "1:39 ", "text after a closing quote"},
        {"md5," MD5 ",\"open", "1:38 ", "never closed"},
        {"file,", "1:6 ", "name is empty"},
        {",", "1:1 ", "unknown type"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), "%s\nsha1," SHA1 ",good\n", rows[i].row);
        struct result out = import(text, NULL);
        CU_ASSERT_EQUAL(out.r.bad, 1);
        CU_ASSERT_EQUAL(out.r.added, 1);
        CU_ASSERT_TRUE(listed(&out, SIGNAL_SHA1, SHA1)); /* the row behind it is untouched */
        CU_ASSERT_EQUAL(strncmp(out.seen.bad, rows[i].place, strlen(rows[i].place)), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(out.seen.bad, rows[i].says));
        if (!strstr(out.seen.bad, rows[i].says) ||
            strncmp(out.seen.bad, rows[i].place, strlen(rows[i].place)) != 0)
            printf("# row %zu: %s\n", i, out.seen.bad);
        done(&out);
    }
}

static void test_nul_bytes(void)
{
    struct result out;
    memset(&out, 0, sizeof(out));
    static const char text[] = "md5," MD5 ",a\0b\nmd5," MD5 ",c\n";
    import_bytes(&out, text, sizeof(text) - 1, NULL);
    CU_ASSERT_EQUAL(out.r.bad, 1);
    CU_ASSERT_STRING_EQUAL(entries(&out), "c[active](){}");
    done(&out);
}

static void test_long_rows(void)
{
    struct buffer b = BUFFER_INIT;
    static char many[3 * CSV_ROW_MAX];
    memset(many, 'x', sizeof(many));
    buffer_append(&b, many, sizeof(many)); /* one that never ends, as it seems */
    buffer_str(&b, "\n#");
    buffer_append(&b, many, sizeof(many)); /* comments may be long */
    buffer_str(&b, "\nmd5," MD5 ",a");
    for (int i = 0; i < 70; i++)
        buffer_str(&b, ",l");
    buffer_str(&b, "\nmd5," MD5 ",b,");
    buffer_append(&b, many, 2000); /* labels have their own limit */
    buffer_str(&b, "\n\"");
    buffer_append(&b, many, sizeof(many));
    buffer_str(&b, "\nmd5," MD5 ",good\n");
    memset(many, ' ', sizeof(many));
    buffer_append(&b, many, sizeof(many));
    buffer_str(&b, "md5," MD5 ",far away\nsha1," SHA1 ",last");
    struct result out;
    memset(&out, 0, sizeof(out));
    import_bytes(&out, b.data, b.size, NULL);
    CU_ASSERT_EQUAL(out.status, LMOD_OK);
    CU_ASSERT_STRING_EQUAL(entries(&out), "good[active](){} last[active](){}");
    CU_ASSERT_STRING_EQUAL(out.seen.bad,
                           "1:65537 longer than 65536 bytes\n"
                           "3:162 more than 64 fields\n"
                           "4:1 the labels are over 1023 bytes, not UTF-8 or have control "
                           "characters\n"
                           "5:1 a quote is never closed\n"
                           "7:65537 longer than 65536 bytes\n");
    done(&out);
    buffer_finish(&b);
}

static void test_many_rows(void)
{
    enum { MANY = 30000 };
    struct buffer b = BUFFER_INIT;
    for (unsigned i = 0; i < MANY; i++)
        buffer_printf(&b, "md5,%032x,row %u%s", i * 7919u, i, i % 2 ? "\r\n" : "\n");
    struct result out;
    memset(&out, 0, sizeof(out));
    import_bytes(&out, b.data, b.size, NULL);
    CU_ASSERT_EQUAL(out.r.added, MANY);
    size_t missed = 0;
    for (unsigned i = 0; i < MANY; i++) {
        char hex[40];
        (void)snprintf(hex, sizeof(hex), "%032x", i * 7919u);
        missed += !listed(&out, SIGNAL_MD5, hex);
    }
    CU_ASSERT_EQUAL(missed, 0);
    done(&out);
    buffer_finish(&b);
}

static void test_pictures(void)
{
    struct result out;
    static const char text[] = "file,a b.jpg,e,sea\nfile,/abs.png\n";
    memset(&out, 0, sizeof(out));
    import_bytes(&out, text, sizeof(text) - 1, NULL);
    CU_ASSERT_EQUAL(out.r.pictures, 2);
    CU_ASSERT_STRING_EQUAL(out.seen.pictures, "data/a b.jpg e sea\n/abs.png data/source.csv:2 \n");
    done(&out);
    memset(&out, 0, sizeof(out));
    out.seen.picture_status = LMOD_E_IO;
    import_bytes(&out, text, sizeof(text) - 1, NULL);
    CU_ASSERT_EQUAL(out.status, LMOD_OK);
    CU_ASSERT_EQUAL(out.r.bad, 2);
    CU_ASSERT_EQUAL(out.r.pictures, 0);
    CU_ASSERT_STRING_EQUAL(out.seen.bad, "1:1 cannot be decoded\n2:1 cannot be decoded\n");
    done(&out);
    memset(&out, 0, sizeof(out));
    out.seen.picture_status = LMOD_E_MEMORY;
    import_bytes(&out, text, sizeof(text) - 1, NULL);
    CU_ASSERT_EQUAL(out.status, LMOD_E_MEMORY);
    done(&out);
    memset(&out, 0, sizeof(out));
    out.seen.no_pictures = true;
    import_bytes(&out, text, sizeof(text) - 1, NULL);
    CU_ASSERT_EQUAL(out.r.bad, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.seen.bad, "media worker"));
    done(&out);
}

/* As modctl does it. */
static int import_file(struct list_source *s,
                       const struct import_options *o,
                       struct import_report *r,
                       struct error *e)
{
    struct source in;
    int status = source_open(&in, o, e);
    if (status == LMOD_OK)
        status = import_csv(s, &in, r, e);
    source_close(&in);
    return status;
}

static void test_files(void)
{
    struct list_source *s = list_source_new();
    struct seen seen = {.bad = ""};
    struct import_options o = {.bad = see_bad, .context = &seen};
    struct import_report r = {0};
    struct error e = {0};
    char path[600];
    CU_ASSERT_TRUE(tempdir_write(&dir, "in.csv", "md5," MD5 "\n", strlen("md5," MD5 "\n")));
    (void)snprintf(path, sizeof(path), "%s", tempdir_file(&dir, "in.csv"));
    o.path = path;
    CU_ASSERT_EQUAL(import_file(s, &o, &r, &e), LMOD_OK);
    CU_ASSERT_EQUAL(r.added, 1);
    o.type = "sha-1";
    CU_ASSERT_EQUAL(import_file(s, &o, &r, &e), LMOD_E_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "did you mean sha1"));
    o.type = NULL;
    o.path = tempdir_file(&dir, "missing.csv");
    CU_ASSERT_EQUAL(import_file(s, &o, &r, &e), LMOD_E_IO);
    CU_ASSERT_STRING_EQUAL(e.file, o.path);
    o.path = dir.path;
    CU_ASSERT_EQUAL(import_file(s, &o, &r, &e), LMOD_E_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(e.text, "directory"));
    list_source_free(s);
}

/* Names of any length and bytes give ids that can be listed. */
static void test_odd_names(void)
{
    char path[700];
    memset(path, 'd', sizeof(path));
    (void)snprintf(path + 400, sizeof(path) - 400, "\xc3\xa9\n\xff.csv");
    struct list_source *s = list_source_new();
    struct seen seen = {.bad = ""};
    struct import_options o = {.path = path, .bad = see_bad, .context = &seen};
    struct import_report r = {0};
    static char text[] = "md5," MD5 "\n";
    FILE *in = fmemopen(text, strlen(text), "r");
    struct source source;
    source_init(&source, in, &o);
    CU_ASSERT_EQUAL(import_csv(s, &source, &r, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(r.added, 1);
    CU_ASSERT_STRING_EQUAL(seen.bad, "");
    (void)fclose(in);
    list_source_free(s);
}

int main(void)
{
    if (!tempdir_make(&dir))
        return 99;
    int rc = TAP_RUN("modctl/import_csv", {"every type", test_every_type},
                     {"BOM, CRLF, comments, quotes, blanks", test_spellings},
                     {"a header stands first or not at all", test_header_only_first},
                     {"bare values", test_bare_values}, {"labels", test_labels},
                     {"quality", test_quality}, {"dates of expiry", test_expires},
                     {"quotes", test_quotes}, {"bad rows have a place and a reason", test_bad_rows},
                     {"NUL bytes", test_nul_bytes}, {"long rows", test_long_rows},
                     {"many rows", test_many_rows}, {"pictures", test_pictures},
                     {"files that cannot be read", test_files}, {"odd file names", test_odd_names});
    tempdir_remove(&dir);
    return rc;
}
