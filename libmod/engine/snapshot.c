/* Snapshots: config and open lists, checked whole, then never changed. */
#include "engine/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_mark file_mark_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return (struct file_mark){0};
    return (struct file_mark){
        .device = st.st_dev,
        .inode = st.st_ino,
        .size = (uint64_t)st.st_size,
        .changed_s = st.st_mtim.tv_sec,
        .changed_ns = st.st_mtim.tv_nsec,
    };
}

bool file_mark_same(const struct file_mark *a, const struct file_mark *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->changed_s == b->changed_s && a->changed_ns == b->changed_ns;
}

bool slot_stale(const struct slot *slot, uint64_t wall_ms)
{
    if (!slot->config || !slot->config->stale_after_ms || !slot->loaded)
        return false;
    uint64_t changed = (uint64_t)slot->mark.changed_s * 1000u;
    return wall_ms > changed && wall_ms - changed > slot->config->stale_after_ms;
}

static void loaded_drop(struct loaded *l)
{
    if (l && atomic_fetch_sub(&l->refs, 1) == 1) {
        list_close(l->list);
        free(l);
    }
}

static void rules_drop(struct loaded_rules *l)
{
    if (l && atomic_fetch_sub(&l->refs, 1) == 1) {
        rules_free(l->rules);
        free(l);
    }
}

void snapshot_free(struct snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
        return;
    for (size_t i = 0; i < s->count; i++)
        loaded_drop(s->slot[i].loaded);
    free(s->slot);
    free(s->rule_slot);
    rules_drop(s->rules);
    free(s->selftest);
    config_free(s->config);
    free(s);
}

int site_key_read(uint8_t out[SITE_KEY_BYTES], const char *path, struct error *e)
{
    uint8_t bytes[SITE_KEY_BYTES + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        char why[128] = "";
        const char *text = strerror_r(errno, why, sizeof(why));
        return error_at(e, LMOD_E_KEY, path, 0, 0,
                        "cannot open the site key: %s; `modctl init` makes one", text);
    }
    int64_t n = file_pread(fd, bytes, sizeof(bytes), 0);
    (void)close(fd);
    if (n != SITE_KEY_BYTES)
        return error_at(e, LMOD_E_KEY, path, 0, 0,
                        "the site key must be a file of exactly %d bytes", SITE_KEY_BYTES);
    memcpy(out, bytes, SITE_KEY_BYTES);
    return LMOD_OK;
}

static int open_list(struct slot *slot, bool allow, const char *mapped_root, struct error *e)
{
    struct loaded *l = calloc(1, sizeof(*l));
    if (!l)
        return error_memory(e);
    int status = list_open(&l->list, slot->file, mapped_root, e);
    if (status != LMOD_OK) {
        free(l);
        return status;
    }
    list_info_get(l->list, &l->info);
    if (allow && l->info.signals[SIGNAL_TEXT]) {
        list_close(l->list);
        free(l);
        return error_at(
            e, LMOD_E_LIST, slot->file, 0, 0,
            "an allow list may not hold texts, which whatever is like them would be let "
            "through by: modctl list add allow text:…");
    }
    if (allow && (l->info.signals[SIGNAL_MD5] || l->info.signals[SIGNAL_SHA1])) {
        list_close(l->list);
        free(l);
        return error_at(e, LMOD_E_LIST, slot->file, 0, 0,
                        "an allow list may not hold md5 or sha1 rows: two files can share them");
    }
    atomic_init(&l->refs, 1);
    slot->loaded = l;
    return LMOD_OK;
}

/* Fills one slot. `before` is the same slot of the old snapshot, or NULL. */
static int load_slot(struct slot *slot,
                     bool allow,
                     const struct slot *before,
                     const char *mapped_root,
                     struct error *e)
{
    struct error why = {0};
    slot->mark = file_mark_of(slot->file);
    if (before && before->loaded && file_mark_same(&slot->mark, &before->loaded->mark)) {
        slot->loaded = before->loaded;
        atomic_fetch_add(&slot->loaded->refs, 1);
        return LMOD_OK;
    }
    int status = open_list(slot, allow, mapped_root, &why);
    if (status == LMOD_OK) {
        slot->loaded->mark = slot->mark;
        return LMOD_OK;
    }
    error_render(&why, slot->why, sizeof(slot->why));
    bool needed = (slot->config && slot->config->required) || (before && before->loaded);
    if (status != LMOD_E_MEMORY && !needed)
        return LMOD_OK; /* degraded: scans say so */
    if (e) {
        *e = why;
        e->status = status == LMOD_E_MEMORY ? status : LMOD_E_LIST;
    }
    return status == LMOD_E_MEMORY ? status : LMOD_E_LIST;
}

/* The lists that packs name: of the config, or files of their own behind the others. */
static int plan_pack_lists(struct snapshot *s, struct error *e)
{
    const struct rules *r = s->rules ? s->rules->rules : NULL;
    for (size_t i = 0; r && i < rules_lists(r); i++) {
        const struct rules_list list = rules_list_at(r, i);
        size_t k = 0;
        if (list.file) {
            s->rule_slot[i] = s->count;
            s->slot[s->count++] = (struct slot){.name = list.id, .file = list.file};
            continue;
        }
        while (k < s->list_count && strcmp(s->slot[k].name, list.config) != 0)
            k++;
        if (k == s->list_count)
            return error_at(e, LMOD_E_RULES, list.pack_file, list.line, list.column,
                            "the config has no list \"%s\"", list.config);
        s->rule_slot[i] = k;
    }
    return LMOD_OK;
}

static int plan_slots(struct snapshot *s, struct error *e)
{
    const struct config *c = s->config;
    size_t n = c->list_count + c->allow_count, named = s->rules ? rules_lists(s->rules->rules) : 0;
    s->slot = array_new(n + named, sizeof(*s->slot));
    s->rule_slot = array_new(named + 1, sizeof(*s->rule_slot));
    if (!s->slot || !s->rule_slot)
        return error_memory(e);
    s->list_count = c->list_count;
    s->count = s->pack_at = n;
    for (size_t i = 0; i < n; i++) {
        bool list = i < c->list_count;
        s->slot[i].config = list ? &c->lists[i] : NULL;
        s->slot[i].name = list ? c->lists[i].id : "allow";
        s->slot[i].file = list ? c->lists[i].file : c->allow[i - c->list_count];
    }
    return plan_pack_lists(s, e);
}

/* The slot of the old snapshot with the same list, or NULL. */
static const struct slot *
slot_before(const struct snapshot *s, const struct snapshot *old, size_t i)
{
    if (!old || i < s->pack_at)
        return old ? &old->slot[i] : NULL;
    for (size_t k = old->pack_at; k < old->count; k++)
        if (strcmp(old->slot[k].file, s->slot[i].file) == 0)
            return &old->slot[k];
    return NULL;
}

static void add_up(struct snapshot *s)
{
    s->digests = DIGEST_SHA256;
    for (size_t i = 0; i < s->count; i++) {
        const struct loaded *l = s->slot[i].loaded;
        if (!l) {
            s->missing |= i < s->pack_at;
            continue;
        }
        s->links |= l->info.signals[SIGNAL_LINK] > 0;
        s->texts |= l->info.signals[SIGNAL_TEXT] > 0;
        if (l->info.signals[SIGNAL_MD5])
            s->digests |= DIGEST_MD5;
        if (l->info.signals[SIGNAL_SHA1])
            s->digests |= DIGEST_SHA1;
    }
}

static int load_lists(struct snapshot *s, const struct snapshot *old, struct error *e)
{
    char *root = path_join(s->config->state_dir, "lists");
    if (!root)
        return error_memory(e);
    int status = plan_slots(s, e);
    for (size_t i = 0; status == LMOD_OK && i < s->count; i++)
        status = load_slot(&s->slot[i], i >= s->list_count && i < s->pack_at,
                           slot_before(s, old, i), root, e);
    free(root);
    if (status == LMOD_OK)
        add_up(s);
    return status;
}

size_t snapshot_files(const struct snapshot *s)
{
    return s->count + s->config->pack_count;
}

struct file_mark snapshot_mark(const struct snapshot *s, size_t i)
{
    return i < s->count ? s->slot[i].mark : s->rules->mark[i - s->count];
}

struct file_mark snapshot_mark_now(const struct snapshot *s, size_t i)
{
    return file_mark_of(i < s->count ? s->slot[i].file : s->config->packs[i - s->count]);
}

/* True when no pack changed since `l` was loaded; fills `now` with the marks. */
static bool packs_same(const struct config *c, const struct loaded_rules *l, struct file_mark *now)
{
    bool same = l != NULL;
    for (size_t i = 0; i < c->pack_count; i++) {
        now[i] = file_mark_of(c->packs[i]);
        same = same && file_mark_same(&now[i], &l->mark[i]);
    }
    return same;
}

/* A bad pack stops the engine from opening, and fails a reload. */
static int load_rules(struct snapshot *s, const struct snapshot *old, struct error *e)
{
    const struct config *c = s->config;
    struct loaded_rules *before = old ? old->rules : NULL;
    if (!c->pack_count)
        return LMOD_OK;
    struct loaded_rules *l = calloc(1, sizeof(*l) + c->pack_count * sizeof(l->mark[0]));
    if (!l)
        return error_memory(e);
    if (packs_same(c, before, l->mark)) {
        free(l);
        atomic_fetch_add(&before->refs, 1);
        s->rules = before;
        return LMOD_OK;
    }
    int status = rules_load(&l->rules, c->packs, c->pack_count, e);
    if (status != LMOD_OK) {
        free(l);
        return status;
    }
    atomic_init(&l->refs, 1);
    s->rules = l;
    return LMOD_OK;
}

/* One hash over the versions of everything that findings come from: a finding is the same finding
 * only as long as this is the same. */
static int note_versions(struct snapshot *s, struct error *e)
{
    struct buffer b = BUFFER_INIT;
    size_t packs = s->rules ? rules_packs(s->rules->rules) : 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct loaded *l = s->slot[i].loaded;
        buffer_printf(&b, "%s/", s->slot[i].name);
        if (l)
            buffer_append(&b, l->info.checksum, sizeof(l->info.checksum));
    }
    for (size_t i = 0; i < packs; i++) {
        const struct rules_pack p = rules_pack_at(s->rules->rules, i);
        buffer_printf(&b, "%s/%s/", p.id, p.version);
    }
    bool ok = !b.failed && sha256_of(s->versions, b.size ? b.data : "", b.size);
    buffer_finish(&b);
    if (!ok)
        return error_memory(e);
    char hex[2 * SHA256_BYTES + 1];
    hex_write(s->versions, SHA256_BYTES, hex);
    memcpy(s->policy, hex, sizeof(s->policy) - 1);
    return LMOD_OK;
}

int snapshot_load(struct snapshot **out,
                  const struct config *c,
                  const struct snapshot *old,
                  struct error *e)
{
    *out = NULL;
    struct snapshot *s = calloc(1, sizeof(*s));
    if (!s)
        return error_memory(e);
    atomic_init(&s->refs, 1);
    s->config = config_share(c);
    int status = site_key_read(s->key, c->key_file, e);
    if (status == LMOD_OK && !text_sketch_key(&s->sketch_key, s->key))
        status = error_memory(e);
    if (status == LMOD_OK)
        status = load_rules(s, old, e);
    if (status == LMOD_OK)
        status = load_lists(s, old, e);
    if (status == LMOD_OK)
        status = note_versions(s, e);
    if (status == LMOD_OK && c->selftest)
        status = selftest_load(&s->selftest, e);
    if (status != LMOD_OK) {
        snapshot_free(s);
        return status;
    }
    *out = s;
    return LMOD_OK;
}
