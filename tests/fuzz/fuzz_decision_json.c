/* Any bytes as a decision: one whose every value is in its range, or an error of one line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "events/events.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
    if (!condition)
        abort();
}

static void check_id(const char *id)
{
    check(strlen(id) == STORE_ID - 1);
    for (size_t i = 0; i < STORE_ID - 1; i++)
        check(strchr("0123456789abcdef-", id[i]) != NULL);
}

static void check_text(const char *text, size_t max)
{
    check(!text || (strlen(text) <= max && utf8_valid(text, strlen(text))));
}

static void check_decision(const struct decision *d)
{
    check_id(d->id);
    check(!d->event[0] != !d->content[0]);
    if (d->event[0])
        check_id(d->event);
    check(!d->content[0] || (strlen(d->content) == 67 && d->scope == SCOPE_CONTENT));
    check(d->action >= DECIDE_REMOVE && d->action <= DECIDE_WITHDRAW);
    check(d->scope >= SCOPE_ITEM && d->scope <= SCOPE_ROOM);
    check(d->src != NULL);
    check_text(d->reason, 1000);
    check_text(d->reviewer, 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct decision d;
    struct error e = {0};
    json_t *doc = NULL;
    int status = decision_parse(&d, &doc, data, size, &e);
    if (status == LMOD_OK) {
        check(doc != NULL);
        check_decision(&d);
        json_decref(doc);
        return 0;
    }
    check(!doc && !d.src && status == e.status);
    check(status == LMOD_E_ARGUMENT || status == LMOD_E_MEMORY);
    check(e.text[0] && !e.file[0] && !e.line && utf8_valid(e.text, strlen(e.text)));
    for (const char *p = e.text; *p; p++)
        check((unsigned char)*p >= ' ' && *p != 0x7f);
    return 0;
}
