/* Clusters of texts: the first that is like it, from whichever process, the newest thousands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/crowd.h"
#include "store/store.h"
#include "tap.h"
#include "tempdir.h"

static struct tempdir dir;

struct site {
    struct store *store;
    struct crowd *crowd;
};

static struct site begin(void)
{
    struct site s = {NULL, crowd_new()};
    const struct store_options o = {.dir = dir.path, .quota = (uint64_t)1 << 30};
    CU_ASSERT_FATAL(tempdir_make(&dir));
    CU_ASSERT_FATAL(store_open(&s.store, &o, NULL) == LMOD_OK && s.crowd);
    return s;
}

static void end(struct site *s)
{
    store_close(s->store);
    crowd_free(s->crowd);
    tempdir_remove(&dir);
}

/* The text of 20 features of which `other` are not those of text `i`. */
static struct sketch text_of(uint64_t i, uint64_t other)
{
    struct sketch s;
    sketch_init(&s);
    for (uint64_t k = other; k < 20 + other; k++)
        sketch_add(&s, 1000 * i + k, NULL);
    return s;
}

static void key_of(char out[CONTENT_KEY], uint64_t i)
{
    (void)snprintf(out, CONTENT_KEY, "h1:%064llx", (unsigned long long)i);
}

static void put(struct site *s, uint64_t i, const struct sketch *text, const char *cluster)
{
    char key[CONTENT_KEY];
    uint8_t bytes[SKETCH_BYTES];
    struct store_done done;
    key_of(key, i);
    struct store_content c = {.ck = key, .kind = CONTENT_TEXT, .cluster = cluster, .at = 1 + i};
    sketch_write(text, bytes);
    c.hashes = (struct store_text){(const char *)bytes, sizeof(bytes)};
    CU_ASSERT_EQUAL_FATAL(store_put(s->store, &(struct store_row){.content = &c}, 0, &done, NULL),
                          LMOD_OK);
}

/* Which text stands for `text`; UINT64_MAX: none. */
static uint64_t find(struct site *s, const struct sketch *text)
{
    char key[CONTENT_KEY];
    if (!crowd_find(s->crowd, s->store, text, 0, key))
        return UINT64_MAX;
    return strtoull(key + 3, NULL, 16);
}

/* The same when much has come since: on a slow machine one question does not read all of it. */
static uint64_t find_soon(struct site *s, const struct sketch *text, uint64_t expected)
{
    uint64_t found = find(s, text);
    for (int i = 0; i < 200 && found != expected; i++)
        found = find(s, text);
    return found;
}

static void test_first(void)
{
    struct site s = begin();
    struct sketch a = text_of(1, 0), near = text_of(1, 3), nearer = text_of(1, 4);
    struct sketch other = text_of(2, 0);
    char first[CONTENT_KEY];
    CU_ASSERT_EQUAL(find(&s, &a), UINT64_MAX);
    put(&s, 1, &a, NULL);
    CU_ASSERT_EQUAL(find(&s, &near), 1);
    CU_ASSERT_EQUAL(find(&s, &other), UINT64_MAX);
    key_of(first, 1);
    put(&s, 2, &near, first); /* as another process records it */
    CU_ASSERT_EQUAL(find(&s, &nearer), 1);
    put(&s, 3, &other, "ads/e1"); /* listed then: it stands for itself */
    CU_ASSERT_EQUAL(find(&s, &other), 3);
    crowd_fork(s.crowd, FORK_PREPARE);
    CU_ASSERT_EQUAL(find(&s, &a), UINT64_MAX); /* somebody else asks: nobody waits long */
    crowd_fork(s.crowd, FORK_PARENT);
    CU_ASSERT_EQUAL(find(&s, &a), 1);
    end(&s);
}

/* The store is made anew, or put back from a copy: its numbers begin again. */
static void test_another_store(void)
{
    struct site s = begin();
    struct sketch text = text_of(1, 0);
    for (uint64_t i = 1; i <= 3; i++, text = text_of(i, 0))
        put(&s, i, &text, NULL);
    CU_ASSERT_EQUAL(find(&s, &text), UINT64_MAX);
    store_close(s.store);
    tempdir_remove(&dir);
    struct crowd *kept = s.crowd;
    s = begin();
    crowd_free(s.crowd);
    s.crowd = kept;
    text = text_of(9, 0);
    put(&s, 9, &text, NULL);
    CU_ASSERT_EQUAL(find(&s, &text), 9);
    end(&s);
}

/* More than the index knows, more than are kept: the newest are found. */
static void test_many(void)
{
    enum { TEXTS = 5000 };
    struct site s = begin();
    for (uint64_t i = 1; i <= TEXTS; i++) {
        struct sketch text = text_of(i, 0);
        put(&s, i, &text, NULL);
        if (i % 1000 && i != 700)
            continue;
        struct sketch like = text_of(i - 500, 2), older = text_of(100, 2);
        struct sketch newest = text_of(i, 2);
        CU_ASSERT_EQUAL(find_soon(&s, &newest, i), i);
        CU_ASSERT_EQUAL(find(&s, &like), i - 500);
        CU_ASSERT_EQUAL(find(&s, &older), i < 4200 ? 100 : UINT64_MAX);
    }
    struct crowd *late = crowd_new(); /* a process that begins now reads the newest */
    CU_ASSERT_FATAL(late != NULL);
    crowd_free(s.crowd);
    s.crowd = late;
    struct sketch last = text_of(TEXTS, 1), early = text_of(5, 0);
    CU_ASSERT_EQUAL(find_soon(&s, &last, TEXTS), TEXTS);
    CU_ASSERT_EQUAL(find(&s, &early), UINT64_MAX);
    end(&s);
}

/* A store that cannot be read: what is known is still told, and nobody waits. */
static void test_no_store(void)
{
    struct site s = begin();
    struct sketch a = text_of(1, 0);
    put(&s, 1, &a, NULL);
    CU_ASSERT_EQUAL(find(&s, &a), 1);
    store_close(s.store);
    const struct store_options o = {.dir = "/nonexistent/directory", .quota = 1 << 20};
    CU_ASSERT_EQUAL_FATAL(store_open(&s.store, &o, NULL), LMOD_OK);
    CU_ASSERT_EQUAL(find(&s, &a), 1);
    end(&s);
}

int main(void)
{
    return TAP_RUN("engine/crowd", {"the first that is like it", test_first},
                   {"another store", test_another_store}, {"many texts", test_many},
                   {"no store", test_no_store});
}
