/* modctl doctor, the event store: nothing is made that is not there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "review.h"

struct look {
    struct doctor *doctor;
    struct store *store;
    char *path, *gen;
    struct store_stats stats;
    size_t braked;
};

/* "what; mend" of the store's errors. */
static void tell_error(struct look *l, enum state state, const struct error *e)
{
    const char *cut = strstr(e->text, "; ");
    const char *mend = cut ? cut + 2 : "look at the disk that state_dir lies on";
    tell(l->doctor, "store", state, mend, "%s: %.*s", e->file[0] ? e->file : l->path,
         cut ? (int)(cut - e->text) : (int)strlen(e->text), e->text);
}

/* Whether it can be read and, by a counter of its own, written. */
static bool look_at_writing(struct look *l)
{
    const struct store_count count = {"doctor", 1};
    struct error e = {0};
    char uuid[STORE_ID];
    if (store_ping(l->store, review_deadline(), uuid, &e) != LMOD_OK ||
        store_stats_get(l->store, 0, &l->stats, &e) != LMOD_OK) {
        tell_error(l, STATE_BAD, &e);
        return false;
    }
    if (access(l->path, W_OK) != 0)
        tell(l->doctor, "store", STATE_WARN, "run as the user or group of the server",
             "%s: this user may only read it", l->path);
    else if (store_count(l->store, &count, 1, review_deadline(), &e) != LMOD_OK)
        tell_error(l, STATE_BAD, &e);
    else
        tell(l->doctor, "store", STATE_OK, NULL, "%s, id %s, version %d, %llu events", l->path,
             uuid, STORE_VERSION, (unsigned long long)l->stats.events);
    return true;
}

/* The server's user must be able to write what another user made. */
static void look_at_owner(struct look *l)
{
    struct stat dir, st;
    const char *root = l->doctor->config->state_dir;
    if (stat(root, &dir) != 0 || stat(l->path, &st) != 0)
        return;
    bool shared = (dir.st_mode & S_ISGID) && (dir.st_mode & S_IWGRP);
    unsigned mode = (unsigned)(st.st_mode & 07777);
    char mend[160];
    if (mode & S_IRWXO)
        tell(l->doctor, "store.access", STATE_WARN, "chmod o= store.db*",
             "%s: mode %04o lets others at it", l->path, mode);
    else if (shared && (st.st_gid != dir.st_gid || (mode & 0060) != 0060)) {
        (void)snprintf(mend, sizeof(mend), "chgrp %u and chmod 0660: store.db* and gen",
                       (unsigned)dir.st_gid);
        tell(l->doctor, "store.access", STATE_BAD, mend,
             "%s: mode %04o, group %u: the group of %s cannot write it", l->path, mode,
             (unsigned)st.st_gid, root);
    } else if (!shared && st.st_uid != dir.st_uid) {
        (void)snprintf(mend, sizeof(mend), "chown %u: store.db* and gen", (unsigned)dir.st_uid);
        tell(l->doctor, "store.access", STATE_BAD, mend,
             "%s: belongs to user %u, and its directory to user %u", l->path, (unsigned)st.st_uid,
             (unsigned)dir.st_uid);
    } else
        tell(l->doctor, "store.access", STATE_OK, NULL, "mode %04o, %s", mode,
             shared ? "shared by its group" : "of one user");
}

static void look_at_size(struct look *l)
{
    uint64_t percent = l->stats.quota ? l->stats.bytes * 100 / l->stats.quota : 0;
    enum state state = percent >= 95 ? STATE_BAD : percent >= 80 ? STATE_WARN : STATE_OK;
    tell(l->doctor, "store.size", state,
         state == STATE_OK ? NULL : "review what waits (`modctl queue`), or raise `events.quota`",
         "%llu of %llu bytes, %llu %%%s", (unsigned long long)l->stats.bytes,
         (unsigned long long)l->stats.quota, (unsigned long long)percent,
         percent >= 100  ? ": every new event is refused"
         : percent >= 95 ? ": events of low and medium severity are refused"
         : percent >= 80 ? ": events of low severity are refused"
                         : "");
}

/* How one process tells the others that somebody decided something. */
static void look_at_signal(struct look *l)
{
    struct stat st;
    uint64_t gen = store_signal(l->store);
    if (stat(l->gen, &st) != 0)
        tell(l->doctor, "store.signal", STATE_BAD,
             "look at the permissions of state_dir: the next decision makes it again", "%s: %s",
             l->gen, strerror(errno));
    else if (access(l->gen, W_OK) != 0)
        tell(l->doctor, "store.signal", STATE_WARN, "run as the user or group of the server",
             "%s: this user may not write it", l->gen);
    else if (gen != l->stats.gen)
        tell(l->doctor, "store.signal", STATE_WARN,
             "decide or list something (`modctl decide`, `modctl list add`): it is written anew",
             "%s: says %llu, the store %llu: other processes may not know the last decision yet",
             l->gen, (unsigned long long)gen, (unsigned long long)l->stats.gen);
    else
        tell(l->doctor, "store.signal", STATE_OK, NULL, "%s, %llu", l->gen,
             (unsigned long long)gen);
}

/* ---- what is in it ---- */

static void look_at_queue(struct look *l)
{
    const struct store_stats *s = &l->stats;
    if (s->overdue)
        tell(l->doctor, "queue", STATE_WARN, "`modctl queue` shows the most urgent first",
             "%llu open, %llu of them overdue", (unsigned long long)s->open,
             (unsigned long long)s->overdue);
    else
        tell(l->doctor, "queue", STATE_OK, NULL, "%llu open, none overdue",
             (unsigned long long)s->open);
    tell(l->doctor, "queue.delivery", STATE_OK, NULL,
         "%llu events wait for a relay, %llu decisions for a server",
         (unsigned long long)s->undelivered, (unsigned long long)s->waiting);
}

static int take_braked(void *user, const struct store_entry *row)
{
    struct look *l = user;
    char mend[512];
    if (strcmp(row->list, "brake") != 0 || !row->active)
        return LMOD_OK;
    l->braked++;
    (void)snprintf(mend, sizeof(mend),
                   "look at its events; `modctl list withdraw brake key:%.*s` puts it in force",
                   (int)row->size, (const char *)row->value);
    tell(l->doctor, "brake", STATE_WARN, mend,
         "%.*s hit too many different contents in an hour and only observes", (int)row->size,
         (const char *)row->value);
    return LMOD_OK;
}

static void look_at_brake(struct look *l)
{
    struct error e = {0};
    uint64_t gen;
    if (store_entries(l->store, 0, 0, take_braked, l, &gen, &e) != LMOD_OK)
        tell_error(l, STATE_BAD, &e);
    else if (!l->braked)
        tell(l->doctor, "brake", STATE_OK, NULL, "nothing hits too much");
}

/* ---- all of it ---- */

static void look(struct look *l)
{
    if (!review_store_there(l->doctor->config)) {
        tell(l->doctor, "store", STATE_OK, NULL, "%s: not there yet; the first event makes it",
             l->path);
        return;
    }
    bool readable = look_at_writing(l);
    look_at_owner(l);
    if (!readable)
        return;
    look_at_size(l);
    look_at_signal(l);
    look_at_queue(l);
    look_at_brake(l);
}

void doctor_store(struct doctor *d)
{
    const struct config *c = d->config;
    const struct store_options o = {
        .dir = c->state_dir,
        .quota = c->events.quota,
        .keep_ms = c->events.keep_ms,
        .sync_full = c->events.sync == SYNC_FULL,
        .stall_ms = 1000,
    };
    struct look l = {.doctor = d};
    struct error e;
    l.path = path_join(c->state_dir, "store.db");
    l.gen = path_join(c->state_dir, "gen");
    int status = l.path && l.gen ? store_open(&l.store, &o, &e) : error_memory(&e);
    if (status == LMOD_OK)
        look(&l);
    else
        tell(d, "store", STATE_BAD, "free memory", "%s", e.text);
    store_close(l.store);
    free(l.path);
    free(l.gen);
}
