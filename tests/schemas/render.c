/*
 * For the schemas' tests: what the code makes and what it takes.
 *
 *     render              every sample event, one a line: {"name", "event"}
 *     render --decisions  for each line of standard input, a decision: "ok", or why not
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events/events.h"
#include "sample_events.h"

static bool print_event(const struct sample *s)
{
    struct event ev;
    struct buffer body = BUFFER_INIT;
    json_t *o = json_object();
    char *text = NULL;
    if (o && sample_render(s, &ev, &body)) {
        const struct store_listed row = {
            .id = ev.id, .type = ev.type, .at = ev.at, .body = body.data};
        json_t *event = event_envelope(&row, "urn:uuid:019c0de0-0000-7000-8000-000000000001");
        text = js_str(o, "name", s->name) && js_put(o, "event", event) ? js_dump(o, NULL) : NULL;
    }
    if (text)
        printf("%s\n", text);
    free(text);
    json_decref(o);
    buffer_finish(&body);
    return text != NULL;
}

static void print_decision(const char *line, size_t length)
{
    struct decision d;
    json_t *doc = NULL;
    struct error e = {0};
    if (decision_parse(&d, &doc, line, length, &e) == LMOD_OK)
        printf("ok\n");
    else
        printf("%s\n", e.text);
    json_decref(doc);
}

int main(int argc, char **argv)
{
    bool ok = true;
    if (argc > 1 && strcmp(argv[1], "--decisions") == 0) {
        char *line = NULL;
        size_t room = 0;
        for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;)
            print_decision(line, (size_t)n - (line[n - 1] == '\n'));
        free(line);
        return 0;
    }
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        ok = print_event(&samples[i]) && ok;
    return ok ? 0 : 1;
}
