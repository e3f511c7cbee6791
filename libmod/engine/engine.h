/*
 * engine: config → immutable snapshot; the scan pipeline; policy; reload; stats. The verdict is made
 * here. Any thread, except engine_close().
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "engine/config.h"
#include "events/events.h"
#include "lists/lists.h"
#include "media/media.h"

/* Who, where, how long; strings borrowed for the call, NULL when unknown. */
struct subject {
    const char *host, *room, *sender, *item, *mime, *file_name, *text_format;
    size_t host_length, room_length, sender_length, item_length;
    uint32_t surface;     /* LMOD_SURFACE_* */
    uint32_t deadline_ms; /* 0: media.wall_ms */
    uint64_t at, sender_age_days;
    uint8_t encrypted, direct; /* 0, 1, UNSET */
    bool has_at, has_age;
};

/* What a scan found; independent of the engine. One allocation, with its matches and strings. */
struct verdict {
    uint8_t action, would, mode, coverage, recorded;
    uint32_t reasons;         /* REASON_* */
    char content[3 + 64 + 1]; /* "h1:" and hex, or empty */
    char event[STORE_ID];     /* empty: none */
    char config[9];
    uint64_t took_us;
    uint32_t count, dropped, scores;
    struct match *match;
    struct finding_score *score;
    struct js_doc doc; /* filled in when first asked for */
};

void verdict_free(struct verdict *v);

/* Borrowed from the verdict; NULL when there is no such value or memory ran out. `index` is a match,
 * or SIZE_MAX for the verdict itself. */
const char *verdict_json(struct verdict *v, size_t *length);
const char *verdict_field(struct verdict *v, size_t index, const char *name);

struct engine;
typedef void (*engine_log_fn)(void *user, uint32_t level, const char *message);

enum { ENGINE_RECORD = 1 }; /* flags: findings become events; without it the store is only read */

int engine_open(struct engine **out,
                const struct config *c,
                uint32_t flags,
                engine_log_fn log,
                void *user,
                struct error *e);
void engine_close(struct engine *e);
int engine_reload(struct engine *e, struct error *err);
int engine_poll(struct engine *e, uint32_t *need, struct error *err);

/* LMOD_E_FORKED when this process is a copy that no fork handler knew of. */
int engine_own_process(const struct engine *e, struct error *err);

json_t *engine_stats(struct engine *e); /* NULL when memory ran out */

/* `fd` (a regular file) or, when `fd` is negative, `bytes`. */
int engine_media(struct verdict **out,
                 struct engine *e,
                 const struct subject *who,
                 int fd,
                 const void *bytes,
                 size_t size,
                 struct error *err);

/* What was scanned as `ref` of who->host, judged for where it appears now. LMOD_E_NOT_FOUND. */
int engine_recall(struct verdict **out,
                  struct engine *e,
                  const struct subject *who,
                  const char *ref,
                  size_t length,
                  struct error *err);

/* A content by descriptor or, when `fd` is negative, by bytes. */
struct content_in {
    int fd;
    const void *bytes;
    size_t size;
};

/* A person's report: an event whatever lists and rules say. `kind` 0: the content is what was scanned
 * as who->item, or unknown. */
int engine_report(struct verdict **out,
                  struct engine *e,
                  const struct subject *who,
                  enum content_kind kind,
                  const struct content_in *in,
                  const char *reason,
                  size_t reason_size,
                  struct error *err);

/* Takes a decision document; in force in this process at once. `*out` says what it did. */
int engine_decide(json_t **out, struct engine *e, const void *json, size_t size, struct error *err);

/* The next decision that `host` has to act on, leased to this process; `*out` NULL: there is none. */
int engine_decision_next(
    json_t **out, struct engine *e, struct store_text host, uint32_t lease_s, struct error *err);
int engine_decision_ack(struct engine *e,
                        const char *decision,
                        struct store_text host,
                        uint32_t outcome, /* LMOD_OUTCOME_* */
                        struct error *err);

/* `bytes` of text; their format is the subject's. */
int engine_text(struct verdict **out,
                struct engine *e,
                const struct subject *who,
                const void *bytes,
                size_t size,
                struct error *err);

/* What a text is known by. Sketches of fewer than SKETCH_LEAST values: there is too little of it. */
struct text_names {
    uint8_t key[SHA256_BYTES]; /* its content key */
    struct sketch stored;      /* what is like it, among the local entries */
    struct sketch listed;      /* and in list files */
};

/* As a scan makes them, without an engine. LMOD_E_KEY, LMOD_E_MEMORY. */
int engine_text_names(struct text_names *out,
                      const struct config *c,
                      const void *bytes,
                      size_t size,
                      struct error *e);

/* What doctor and `list find` need to know of one configured list. */
struct engine_list {
    const char *id, *file, *version; /* id "allow" for allow lists */
    const struct list *list;         /* NULL when it is not loaded */
    unsigned radius;
    bool stale;
    const char *why; /* what is wrong with it, or NULL */
};

/* Calls `each` for every configured list of the current snapshot; pointers live for the call. */
void engine_lists(struct engine *e,
                  void (*each)(void *user, const struct engine_list *l),
                  void *user);

/* The pool; NULL when the worker is missing: `why` (of `size` bytes) then says so. */
struct media *engine_media_pool(struct engine *e, char *why, size_t size);

/* The picture that proves the chain (selftest: true): a PNG into `out`. */
void selftest_picture(struct buffer *out);

#endif
