/* The commands of the store: opening it, reading times and ids. */
#include "review.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings.h"

/* ---- opening ---- */

static bool path_there(const char *path)
{
    return access(path, F_OK) == 0 || errno != ENOENT;
}

bool review_store_there(const struct config *c)
{
    char *path = path_join(c->state_dir, "store.db");
    bool there = path && path_there(path);
    free(path);
    return there;
}

static int need_state_dir(const char *path)
{
    struct stat st;
    int number = stat(path, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    if (number == 0)
        return EXIT_CLEAN;
    say("%s: %s; make state_dir, owned by the user of the server, on a local file system", path,
        strerror(number));
    return EXIT_UNAVAILABLE;
}

int review_begin(struct review *r, const struct config *c)
{
    const struct store_options o = {
        .dir = c->state_dir,
        .quota = c->events.quota,
        .keep_ms = c->events.keep_ms,
        .sync_full = c->events.sync == SYNC_FULL,
        .stall_ms = REVIEW_MS,
    };
    struct error e;
    *r = (struct review){0};
    int code = need_state_dir(c->state_dir);
    if (code != EXIT_CLEAN)
        return code;
    r->config = config_share(c);
    r->path = path_join(c->state_dir, "store.db");
    if (!r->path || store_open(&r->store, &o, &e) != LMOD_OK) {
        say("out of memory");
        review_close(r);
        return EXIT_BUG;
    }
    r->there = path_there(r->path);
    return EXIT_CLEAN;
}

int review_open(struct review *r, const struct args *a)
{
    const struct config *c = NULL;
    int code = settings_need(&c, a);
    if (code == EXIT_CLEAN)
        code = review_begin(r, c);
    config_free(c);
    return code;
}

void review_close(struct review *r)
{
    bool opened = r->store != NULL;
    store_close(r->store);
    if (opened)
        review_give_away(r->config, r->there);
    config_free(r->config);
    free(r->path);
    *r = (struct review){0};
}

void review_give_away(const struct config *c, bool was_there)
{
    static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm", "gen"};
    struct stat dir, st;
    if (was_there || geteuid() != 0 || stat(c->state_dir, &dir) != 0 || dir.st_uid == 0)
        return;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *path = path_join(c->state_dir, names[i]);
        bool ours = path && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 &&
                    st.st_nlink == 1;
        if (ours && lchown(path, dir.st_uid, dir.st_gid) != 0)
            say("%s: cannot give it to the owner of its directory: %s", path, strerror(errno));
        free(path);
    }
}

uint64_t review_deadline(void)
{
    return time_now_ns() + REVIEW_MS * UINT64_C(1000000);
}

int review_source(struct review *r, char out[SOURCE_BYTES])
{
    char uuid[STORE_ID];
    struct error e;
    out[0] = '\0';
    if (!r->there)
        return EXIT_CLEAN;
    if (store_ping(r->store, review_deadline(), uuid, &e) != LMOD_OK)
        return review_say(&e);
    (void)snprintf(out, SOURCE_BYTES, "urn:uuid:%s", uuid);
    return EXIT_CLEAN;
}

int review_say(const struct error *e)
{
    int code = say_error(e);
    return e->status == LMOD_E_TIMEOUT ? EXIT_UNAVAILABLE : code;
}

/* ---- events by their ids ---- */

/* Ids in lower case; false when no id begins like this. */
static bool read_id(const char *word, char id[STORE_ID])
{
    size_t n = strlen(word);
    if (n == 0 || n >= STORE_ID)
        return false;
    for (size_t i = 0; i <= n; i++) {
        id[i] = word[i];
        if (word[i] >= 'A' && word[i] <= 'F')
            id[i] = (char)(word[i] + 'a' - 'A');
    }
    return strspn(id, "0123456789abcdef-") == n;
}

struct found {
    char *id;
    store_listed_fn each;
    void *user;
};

static int take_found(void *user, const struct store_listed *row)
{
    struct found *f = user;
    (void)snprintf(f->id, STORE_ID, "%s", row->id);
    return f->each ? f->each(f->user, row) : LMOD_OK;
}

int review_event(
    struct review *r, const char *word, char id[STORE_ID], store_listed_fn each, void *user)
{
    struct found found = {id, each, user};
    struct error e = {0};
    char wanted[STORE_ID];
    const struct store_filter filter = {.id = wanted};
    int status;
    if (!r->there || !read_id(word, wanted))
        status = error_set(&e, LMOD_E_NOT_FOUND, "no event %s%s", word,
                           r->there ? "" : ": nothing was recorded yet");
    else
        status = store_list(r->store, &filter, review_deadline(), take_found, &found, &e);
    return status == LMOD_OK ? EXIT_CLEAN : review_say(&e);
}

static int ignore_row(void *user, const struct store_listed *row)
{
    (void)user;
    (void)row;
    return LMOD_OK;
}

int review_short(struct review *r, const char *id, int least)
{
    char prefix[STORE_ID];
    const struct store_filter filter = {.id = prefix};
    for (int n = least; n < STORE_ID - 1; n++) {
        (void)snprintf(prefix, sizeof(prefix), "%.*s", n, id);
        if (store_list(r->store, &filter, review_deadline(), ignore_row, NULL, NULL) !=
            LMOD_E_STATE)
            return n;
    }
    return STORE_ID - 1;
}

/* ---- arguments ---- */

bool args_time(const struct args *a, const char *name, uint64_t *ms)
{
    const char *text = args_value(a, name);
    uint64_t ago, now = time_wall_ms();
    *ms = 0;
    if (!text)
        return true;
    if (text_duration(text, strlen(text), &ago)) {
        *ms = now > ago ? now - ago : 0;
        return true;
    }
    if (time_read(text, strlen(text), ms))
        return true;
    say("--%s %s: must be how long ago (90m, 12h, 7d) or a time such as 2026-11-01 or "
        "2026-11-01T12:00:00Z",
        name, text);
    return false;
}

bool word_term(const char *what, const char *word, const struct term *terms, uint32_t *out)
{
    const char *names[32];
    struct buffer all = BUFFER_INIT;
    size_t n = 0;
    if (term_value(terms, word, strlen(word), out))
        return true;
    for (const struct term *t = terms; t->name && n < COUNT_OF(names); t++) {
        names[n++] = t->name;
        buffer_printf(&all, "%s%s", n > 1 ? ", " : "", t->name);
    }
    say("%s %s: must be one of %s%s", what, word, all.data ? all.data : "",
        did_you_mean(word, names, n));
    buffer_finish(&all);
    return false;
}

bool args_term(const struct args *a,
               const char *name,
               const struct term *terms,
               uint32_t fallback,
               uint32_t *out)
{
    const char *text = args_value(a, name);
    char what[64];
    *out = fallback;
    (void)snprintf(what, sizeof(what), "--%s", name);
    return !text || word_term(what, text, terms, out);
}

static bool short_enough(const char *name, const char *text, size_t max)
{
    if (!text || strlen(text) <= max)
        return true;
    say("--%s: at most %zu bytes", name, max);
    return false;
}

bool review_signature(const struct args *a, struct decision *d, int *code)
{
    d->reason = args_value(a, "reason");
    d->reviewer = args_value(a, "reviewer");
    d->src = "modctl";
    d->at = time_wall_ms();
    *code = EXIT_USAGE;
    if (!short_enough("reason", d->reason, REASON_BYTES) ||
        !short_enough("reviewer", d->reviewer, REVIEWER_BYTES))
        return false;
    if (event_id(d->id, d->at))
        return true;
    say("the kernel gives no random bytes");
    *code = EXIT_BUG;
    return false;
}

/* ---- showing ---- */

void span_write(uint64_t ms, char out[32])
{
    const uint64_t minutes = ms / 60000;
    if (minutes < 2)
        (void)snprintf(out, 32, "%u s", (unsigned)(ms / 1000));
    else if (minutes < 120)
        (void)snprintf(out, 32, "%u min", (unsigned)minutes);
    else if (minutes < UINT64_C(2880))
        (void)snprintf(out, 32, "%u h", (unsigned)(minutes / 60));
    else
        (void)snprintf(out, 32, "%llu d", (unsigned long long)(minutes / 1440));
}

bool js_time(json_t *o, const char *name, uint64_t ms)
{
    char text[32];
    if (!ms)
        return js_null(o, name);
    time_iso_ms(ms, text);
    return js_str(o, name, text);
}

const char *plural(uint64_t n, const char *one, const char *many)
{
    return n == 1 ? one : many;
}
