/*
 * NCMEC hash sharing, version 2: pages of its entries call, as XML read by expat in a stream. A document
 * type is refused, and with it every entity that is not built in: nothing expands. An entry is a file
 * with several fingerprints; deletions name an entry alone. Pages are in no order of time.
 */
#include "import_formats.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "import_entry.h"
#include "import_value.h"

static const struct import_kind kinds[] = {
    {"md5", SIGNAL_MD5, NULL}, {"sha1", SIGNAL_SHA1, NULL},  {"sha256", SIGNAL_SHA256, NULL},
    {"pdq", SIGNAL_PDQ, NULL}, {NULL, (enum signal)0, NULL},
};

enum {
    BLOCK = 64 << 10,
    DEPTH_MAX = 32,
    TEXT_MAX = 64 << 10, /* bytes of the text of one element */
    SIGNALS_MAX = 64,    /* fingerprints of one entry */
};

/* What the elements are that are read; all others are passed over. */
enum element {
    OTHER,
    ROOT,
    GROUP, /* images, videos */
    ENTRY,
    DELETED,
    MEMBER,
    ID,
    TIMESTAMP,
    CLASSIFICATION,
    FINGERPRINTS,
    FINGERPRINT,
    FEEDBACK,
    OPINION, /* affirmativeFeedback, negativeFeedback */
};

/* An element inside another. */
static const struct {
    enum element in, is;
    const char *name; /* NULL: any */
} grammar[] = {
    {ROOT, GROUP, "images"},
    {ROOT, GROUP, "videos"},
    {GROUP, ENTRY, "image"},
    {GROUP, ENTRY, "video"},
    {GROUP, DELETED, "deletedImage"},
    {GROUP, DELETED, "deletedVideo"},
    {ENTRY, MEMBER, "member"},
    {DELETED, MEMBER, "member"},
    {ENTRY, ID, "id"},
    {DELETED, ID, "id"},
    {ENTRY, TIMESTAMP, "timestamp"},
    {DELETED, TIMESTAMP, "timestamp"},
    {ENTRY, FINGERPRINTS, "fingerprints"},
    {ENTRY, CLASSIFICATION, "classification"},
    {FINGERPRINTS, FINGERPRINT, NULL},
    {ENTRY, FEEDBACK, "feedback"},
    {FEEDBACK, OPINION, "affirmativeFeedback"},
    {FEEDBACK, OPINION, "negativeFeedback"},
};

struct fingerprint {
    char name[24];
    size_t from, size; /* in `values` */
    struct import_place at;
};

struct ncmec {
    struct importer im;
    XML_Parser parser;
    struct error *e;
    int status; /* the first failure */

    enum element stack[DEPTH_MAX];
    size_t depth;
    struct buffer text; /* of the element */

    /* the entry */
    struct import_place at;
    bool video, too_long, too_many;
    struct buffer member, name, classification, values;
    uint64_t stamp;
    struct fingerprint fingerprint[SIGNALS_MAX];
    size_t fingerprints;
};

/* ---- parsing ---- */

static struct import_place here(const struct ncmec *n)
{
    return (struct import_place){(uint32_t)XML_GetCurrentLineNumber(n->parser),
                                 (uint32_t)XML_GetCurrentColumnNumber(n->parser) + 1};
}

static void stop(struct ncmec *n, int status)
{
    if (n->status == LMOD_OK)
        n->status = status;
    (void)XML_StopParser(n->parser, XML_FALSE);
}

static void refuse(struct ncmec *n, const char *what)
{
    struct import_place at = here(n);
    stop(n, error_at(n->e, LMOD_E_LIST, n->im.o->path, at.line, at.column, "%s", what));
}

/* The name without its namespace, which differs between environments. */
static const char *local_name(const char *name)
{
    const char *bar = strrchr(name, '|');
    return bar ? bar + 1 : name;
}

static enum element element_of(enum element in, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(grammar); i++)
        if (grammar[i].in == in && (!grammar[i].name || strcmp(grammar[i].name, name) == 0))
            return grammar[i].is;
    return OTHER;
}

static const char *attribute(const char *const *attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcmp(attributes[i], name) == 0)
            return attributes[i + 1];
    return NULL;
}

static void begin_entry(struct ncmec *n, const char *name)
{
    entry_begin(&n->im);
    n->at = here(n);
    n->video = strcmp(name, "video") == 0;
    n->stamp = 0;
    n->fingerprints = 0;
    n->too_long = n->too_many = false;
    buffer_clear(&n->member);
    buffer_clear(&n->name);
    buffer_clear(&n->classification);
    buffer_clear(&n->values);
}

static void begin_opinion(struct ncmec *n, const char *name, const char *type)
{
    bool no = strcmp(name, "negativeFeedback") == 0;
    entry_opinion(&n->im, type, no ? "negative" : "affirmative");
    if (no)
        entry_label(&n->im, NULL, "disputed");
}

static void begin_fingerprint(struct ncmec *n, const char *name)
{
    if (n->fingerprints == SIGNALS_MAX) {
        n->too_many = true;
        return;
    }
    struct fingerprint *f = &n->fingerprint[n->fingerprints++];
    (void)snprintf(f->name, sizeof(f->name), "%s", name);
    f->at = here(n);
    f->from = f->size = 0;
}

static void on_begin(void *user, const char *full_name, const char **attributes)
{
    struct ncmec *n = user;
    const char *name = local_name(full_name);
    if (n->status != LMOD_OK) /* stopped: expat ends the element yet */
        return;
    if (n->depth == DEPTH_MAX) {
        refuse(n, "elements are nested too deep");
        return;
    }
    if (n->depth == 0 && strcmp(name, "queryResult") != 0) {
        refuse(n, "not NCMEC hash sharing, version 2: the first element is not queryResult");
        return;
    }
    enum element is = n->depth ? element_of(n->stack[n->depth - 1], name) : ROOT;
    n->stack[n->depth++] = is;
    buffer_clear(&n->text);
    if (is == ENTRY || is == DELETED)
        begin_entry(n, name);
    else if (is == FINGERPRINT)
        begin_fingerprint(n, name);
    else if (is == OPINION)
        begin_opinion(n, name, attribute(attributes, "type"));
    else if (is == MEMBER && attribute(attributes, "id"))
        buffer_str(&n->member, attribute(attributes, "id"));
}

static void on_text(void *user, const char *text, int size)
{
    struct ncmec *n = user;
    enum element is = n->depth ? n->stack[n->depth - 1] : OTHER;
    if (is != ID && is != TIMESTAMP && is != CLASSIFICATION && is != FINGERPRINT)
        return;
    if (n->text.size == 0 && is == FINGERPRINT && n->fingerprints > 0 && !n->too_many)
        n->fingerprint[n->fingerprints - 1].at = here(n);
    if (n->text.size + (size_t)size > TEXT_MAX)
        n->too_long = true;
    else
        buffer_append(&n->text, text, (size_t)size);
}

static void set(struct buffer *to, const struct buffer *text)
{
    buffer_clear(to);
    buffer_append(to, text->size ? text->data : "", text->size);
}

static void end_fingerprint(struct ncmec *n)
{
    if (n->too_many)
        return;
    struct fingerprint *f = &n->fingerprint[n->fingerprints - 1];
    f->from = n->values.size;
    f->size = n->text.size;
    buffer_append(&n->values, n->text.size ? n->text.data : "", n->text.size);
}

/* ---- entries ---- */

static int add_fingerprints(struct ncmec *n)
{
    int status = LMOD_OK;
    for (size_t i = 0; status == LMOD_OK && i < n->fingerprints; i++) {
        const struct fingerprint *f = &n->fingerprint[i];
        const char *value = f->size ? n->values.data + f->from : "";
        status = entry_signal(&n->im, f->name, value, f->size, f->at, n->e);
    }
    return status;
}

static void end_entry(struct ncmec *n, bool deleted)
{
    struct importer *im = &n->im;
    if (n->name.failed || n->member.failed || n->classification.failed || n->values.failed) {
        stop(n, error_memory(n->e));
        return;
    }
    const char *wrong = n->name.size == 0 ? "an entry without an id"
                        : n->too_long     ? "an element of more than 65536 bytes"
                        : n->too_many     ? "an entry of more than 64 fingerprints"
                                          : NULL;
    if (wrong) {
        import_bad(im, n->at, "%s", wrong);
        return;
    }
    if (n->member.size > 0) {
        entry_label(im, "member", n->member.data);
        buffer_printf(&im->id, "%s/", n->member.data);
    }
    buffer_str(&im->id, n->name.data);
    if (n->classification.size > 0)
        entry_label(im, NULL, n->classification.data);
    if (n->video)
        entry_label(im, NULL, "video");
    im->stamp = n->stamp;
    if (deleted)
        entry_status(im, ENTRY_WITHDRAWN);
    int status = deleted ? entry_mark(im, n->at, n->e) : add_fingerprints(n);
    if (!deleted && status == LMOD_OK && n->fingerprints == 0)
        import_bad(im, n->at, "an entry without fingerprints");
    if (status != LMOD_OK)
        stop(n, status);
}

static void on_end(void *user, const char *name)
{
    struct ncmec *n = user;
    char time[64];
    (void)name;
    if (n->status != LMOD_OK)
        return;
    enum element is = n->stack[--n->depth];
    if (n->text.failed) {
        stop(n, error_memory(n->e));
        return;
    }
    if (is == ID)
        set(&n->name, &n->text);
    else if (is == CLASSIFICATION)
        set(&n->classification, &n->text);
    else if (is == FINGERPRINT)
        end_fingerprint(n);
    else if (is == ENTRY || is == DELETED)
        end_entry(n, is == DELETED);
    else if (is == TIMESTAMP && n->text.size > 0 && n->text.size < sizeof(time)) {
        memcpy(time, n->text.data, n->text.size + 1);
        (void)import_time(time, &n->stamp);
    }
    buffer_clear(&n->text);
}

static void
on_document_type(void *user, const char *name, const char *system, const char *public, int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    refuse(user, "a document type is refused: it could define entities that expand");
}

/* ---- the door ---- */

static int failed(struct ncmec *n)
{
    enum XML_Error code = XML_GetErrorCode(n->parser);
    struct import_place at = here(n);
    if (n->status != LMOD_OK)
        return n->status;
    if (code == XML_ERROR_NO_MEMORY)
        return error_memory(n->e);
    const char *more = "";
    if (code == XML_ERROR_JUNK_AFTER_DOC_ELEMENT || code == XML_ERROR_MISPLACED_XML_PI)
        more = ": give each page as a file of its own";
    else if (code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN)
        more = ": the file is cut off, nothing of it is taken; get it again";
    return error_at(n->e, LMOD_E_LIST, n->im.o->path, at.line, at.column, "no XML: %s%s",
                    XML_ErrorString(code), more);
}

static int parse(struct ncmec *n)
{
    for (bool last = false; !last;) {
        void *block = XML_GetBuffer(n->parser, BLOCK);
        if (!block)
            return error_memory(n->e);
        size_t size = source_read(n->im.in, block, BLOCK);
        last = size < BLOCK;
        if (last && source_status(n->im.in, n->e) != LMOD_OK)
            return LMOD_E_IO;
        if (XML_ParseBuffer(n->parser, (int)size, last) != XML_STATUS_OK)
            return failed(n);
    }
    return LMOD_OK;
}

int import_ncmec(struct list_source *to,
                 struct source *in,
                 struct import_report *r,
                 struct error *e)
{
    struct ncmec *n = calloc(1, sizeof(*n));
    if (!n)
        return error_memory(e);
    importer_init(&n->im, to, in, kinds, r);
    n->e = e;
    n->parser = XML_ParserCreateNS(NULL, '|');
    int status = n->parser ? LMOD_OK : error_memory(e);
    if (status == LMOD_OK) {
        XML_SetUserData(n->parser, n);
        XML_SetElementHandler(n->parser, on_begin, on_end);
        XML_SetCharacterDataHandler(n->parser, on_text);
        XML_SetStartDoctypeDeclHandler(n->parser, on_document_type);
        status = parse(n);
        XML_ParserFree(n->parser);
    }
    importer_finish(&n->im);
    buffer_finish(&n->text);
    buffer_finish(&n->member);
    buffer_finish(&n->name);
    buffer_finish(&n->classification);
    buffer_finish(&n->values);
    free(n);
    return status;
}
