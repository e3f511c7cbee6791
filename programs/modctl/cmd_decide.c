/* modctl decide, modctl undo: what a moderator says about an event. */
#include <stdio.h>
#include <string.h>

#include "review.h"

static const char in_force[] = "in force in every process within a second";

/* ---- decide ---- */

static void print_entries(const struct decision *d, const struct store_decided *done)
{
    bool allow = d->action == DECIDE_DISMISS || d->action == DECIDE_WITHDRAW;
    bool listing =
        allow || d->action == DECIDE_ADD_TO_LIST || (d->action == DECIDE_REMOVE && !d->no_list);
    if (done->entries)
        (void)output_line("  %u %s changed: the content is %s from now on, %s", done->entries,
                          plural(done->entries, "list entry", "list entries"),
                          allow ? "let through" : "on the local list", in_force);
    else if (listing)
        (void)output_line("  no list entry changed: %s", "it is listed already, or its content is "
                                                         "not known");
    if (done->earlier)
        (void)output_line("  %llu earlier %s of the same content",
                          (unsigned long long)done->earlier,
                          plural(done->earlier, "event is", "events are"));
}

static void print_decided(const struct decision *d, const struct store_decided *done)
{
    if (output_is_json()) {
        (void)output_object(decided_render(d, done));
        return;
    }
    (void)output_line("%s  %s, scope %s", done->event, term_name(decision_action_terms, d->action),
                      term_name(decision_scope_terms, d->scope));
    print_entries(d, done);
}

static bool read_decision(const struct args *a, struct decision *d, int *code)
{
    uint32_t action, scope;
    *d = (struct decision){.no_list = args_value(a, "no-list") != NULL};
    *code = EXIT_USAGE;
    if (!word_term("action", a->operand[1], decision_action_terms, &action) ||
        !args_term(a, "scope", decision_scope_terms, SCOPE_ITEM, &scope))
        return false;
    d->action = (enum decision_action)action;
    d->scope = (enum decision_scope)scope;
    if (d->no_list && d->action != DECIDE_REMOVE) {
        say("--no-list belongs to remove");
        return false;
    }
    return review_signature(a, d, code);
}

static int run_decide(const struct args *a)
{
    struct decision d;
    struct store_decided done;
    struct review r;
    struct error e;
    int code;
    if (!read_decision(a, &d, &code))
        return code;
    code = review_open(&r, a);
    if (code != EXIT_CLEAN)
        return code;
    code = review_event(&r, a->operand[0], d.event, NULL, NULL);
    if (code == EXIT_CLEAN) {
        if (store_decide(r.store, &d, review_deadline(), &done, &e) == LMOD_OK)
            print_decided(&d, &done);
        else
            code = review_say(&e);
    }
    review_close(&r);
    return code;
}

/* ---- undo ---- */

/* What was decided about the event, before or after. */
struct stand {
    char decision[STORE_ID], action[32], scope[32];
};

static int take_stand(void *user, const struct store_listed *row)
{
    struct stand *s = user;
    *s = (struct stand){.decision = ""};
    if (!row->action)
        return LMOD_OK;
    (void)snprintf(s->decision, sizeof(s->decision), "%s", row->decision);
    (void)snprintf(s->action, sizeof(s->action), "%s", row->action);
    (void)snprintf(s->scope, sizeof(s->scope), "%s", row->scope);
    return LMOD_OK;
}

/* Of a removal the restore is the decision in force; else the event is open again. */
static void
print_undone(const struct stand *before, const struct stand *now, const struct store_decided *done)
{
    bool restored = strcmp(now->decision, done->decision) == 0;
    const char *action = restored ? now->action : "reopen";
    if (output_is_json()) {
        json_t *o = json_object();
        js_str(o, "decision", done->decision);
        js_str(o, "event", done->event);
        js_str(o, "action", action);
        js_str(o, "scope", before->scope);
        js_int(o, "entries", done->entries);
        js_int(o, "earlier", (int64_t)done->earlier);
        (void)output_object(o);
        return;
    }
    (void)output_line("%s  %s taken back: %s", done->event, plain(before->action),
                      restored ? "the item is restored" : "the event is open again");
    if (done->entries)
        (void)output_line("  %u %s changed, %s", done->entries,
                          plural(done->entries, "list entry", "list entries"), in_force);
}

static int run_undo(const struct args *a)
{
    struct decision d = {.scope = SCOPE_ITEM};
    struct stand before = {.decision = ""}, now = {.decision = ""};
    struct store_decided done;
    struct review r;
    struct error e;
    int code;
    if (!review_signature(a, &d, &code))
        return code;
    code = review_open(&r, a);
    if (code != EXIT_CLEAN)
        return code;
    code = review_event(&r, a->operand[0], d.event, take_stand, &before);
    if (code == EXIT_CLEAN && store_undo(r.store, &d, review_deadline(), &done, &e) != LMOD_OK)
        code = review_say(&e);
    if (code == EXIT_CLEAN)
        code = review_event(&r, d.event, d.event, take_stand, &now);
    if (code == EXIT_CLEAN)
        print_undone(&before, &now, &done);
    review_close(&r);
    return code;
}

#define SIGNATURE_OPTIONS                                                                          \
    {"reason", "R", "why, kept with the decision", NULL, 'r'},                                     \
    {                                                                                              \
        "reviewer", "P", "who decides: a pseudonym", NULL, 0                                       \
    }

static const struct option_row decide_options[] = {
    {"scope", "S", "how far: item (default), content, sender, room", NULL, 's'},
    SIGNATURE_OPTIONS,
    {"no-list", NULL, "with remove: the content does not join the local list", NULL, 0},
    {NULL, NULL, NULL, NULL, 0},
};

static const struct option_row undo_options[] = {
    SIGNATURE_OPTIONS,
    {NULL, NULL, NULL, NULL, 0},
};

static const char exits[] = "  0 decided   2 usage   3 config invalid   5 store unavailable\n"
                            "  6 refused: decided already, no such event, store of a newer release";

const struct command cmd_decide = {
    .name = "decide",
    .operands = "EVENT ACTION",
    .summary = "decide about an event",
    .text = "ACTION is one of\n"
            "  remove       the item goes, its content joins the local list: copies are held\n"
            "  hold         the item stays away until somebody decides again\n"
            "  restore      the item comes back\n"
            "  dismiss      harmless: the content joins the allow list and is let through\n"
            "  add_to_list  the content joins the local list, the item stays\n"
            "  withdraw     the content leaves the local list and joins the allow list\n"
            "The server acts on its items; lists are in force in every process within a second.\n"
            "The first decision counts: `modctl undo` takes it back.",
    .options = decide_options,
    .least = 2,
    .most = 2,
    .examples = "  modctl decide 0198c0de remove --reason confirmed --reviewer mod-7\n"
                "  modctl decide 0198c0de dismiss --scope content",
    .exits = exits,
    .run = run_decide,
};

const struct command cmd_undo = {
    .name = "undo",
    .operands = "EVENT",
    .summary = "take the last decision about an event back",
    .text =
        "Of remove, hold and add_to_list: the item is restored, the content leaves the local list\n"
        "and joins the allow list. Of dismiss, withdraw and restore: what they allowed is not\n"
        "allowed any more, and the event is open again (action \"reopen\").",
    .options = undo_options,
    .least = 1,
    .most = 1,
    .examples = "  modctl undo 0198c0de --reviewer mod-7",
    .exits = "  0 taken back   2 usage   3 config invalid   5 store unavailable\n"
             "  6 refused: not decided, no such event, store of a newer release",
    .run = run_undo,
};
