/* Any bytes as a rule pack: rules that can be checked, tested and run, or an error with its place.
 * What stands after the first NUL is the text that is scanned. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
    if (!condition)
        abort();
}

static bool each_note(void *user, const struct rules_note *n)
{
    (void)user;
    check(n->text && n->text[0] && n->line && n->column);
    return true;
}

static bool each_test(void *user, const struct rules_test *t)
{
    (void)user;
    check(t->ok == !t->why && t->n && t->line);
    return true;
}

static void each_match(void *user, const struct match *m)
{
    check(m->from <= m->to && m->to <= *(const size_t *)user);
    check(m->kind == MATCH_RULE && m->rule && m->source && m->view);
}

static void scan(const struct rules *r, const uint8_t *bytes, size_t size)
{
    struct text *t = text_new();
    struct rules_scratch *s = rules_scratch_new(0);
    struct rules_outcome out;
    if (t && s && text_run(t, bytes, size, rules_views(r)) == LMOD_OK)
        (void)rules_eval(r, t, NULL, NULL, s, 0, each_match, &size, &out);
    rules_scratch_free(s);
    text_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, 0, size) : NULL;
    size_t length = zero ? (size_t)(zero - data) : size;
    const struct rules_source source = {"fuzz.yaml", data, length};
    struct rules *r = NULL;
    struct error e = {0};
    int status = rules_parse(&r, &source, 1, &e);
    if (status != LMOD_OK) {
        check(!r && status == e.status);
        check(status == LMOD_E_MEMORY || (e.line && e.column && e.text[0]));
        check(utf8_valid(e.text, strlen(e.text)));
        return 0;
    }
    (void)rules_check(r, each_note, NULL, &e);
    (void)rules_test_run(r, each_test, NULL, &e);
    if (zero)
        scan(r, zero + 1, size - length - 1);
    rules_free(r);
    return 0;
}
