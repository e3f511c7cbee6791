/* The policy: every rule by itself and in combination, as a table. */
#include "engine/policy.h"

#include <string.h>

#include <libmod/subject.h>

#include "engine/engine.h"
#include "tap.h"

enum { A = ACTION_ALLOW, F = ACTION_FLAG, H = ACTION_HOLD, B = ACTION_BLOCK };

/* One finding of a row and what must become of it. */
struct hit {
    uint8_t signal, own, mode;
    bool authority;
    uint8_t action, final_mode;
    bool suppressed;
};

struct row {
    const char *name;
    /* config: zero means "as by default" */
    uint8_t site_mode, surface_mode, surface_max, perceptual_max;
    uint8_t failure_timeout, surface_failure_timeout;
    bool allowed;
    uint32_t reasons;
    struct hit found[3];
    uint8_t would, action, mode;
};

#define ENFORCE (MODE_ENFORCE + 1)
#define OBSERVE (MODE_OBSERVE + 1)
#define SHA(...)                                                                                   \
    {                                                                                              \
        SIGNAL_SHA256, __VA_ARGS__                                                                 \
    }
#define MD5(...)                                                                                   \
    {                                                                                              \
        SIGNAL_MD5, __VA_ARGS__                                                                    \
    }
#define PDQ(...)                                                                                   \
    {                                                                                              \
        SIGNAL_PDQ, __VA_ARGS__                                                                    \
    }

static const struct row rows[] = {
    {.name = "nothing found is allow", .would = A, .action = A, .mode = MODE_ENFORCE},
    {.name = "P4 the highest action wins",
     .found = {SHA(F, UNSET, false, F, MODE_ENFORCE, false),
               SHA(B, UNSET, false, B, MODE_ENFORCE, false),
               SHA(H, UNSET, false, H, MODE_ENFORCE, false)},
     .would = B,
     .action = B,
     .mode = MODE_ENFORCE},
    {.name = "P1 a site that observes allows",
     .site_mode = OBSERVE,
     .found = {SHA(B, UNSET, false, B, MODE_OBSERVE, false)},
     .would = B,
     .action = A,
     .mode = MODE_OBSERVE},
    {.name = "P1 a list that observes leaves the others in force",
     .found = {SHA(B, MODE_OBSERVE, false, B, MODE_OBSERVE, false),
               SHA(F, UNSET, false, F, MODE_ENFORCE, false)},
     .would = B,
     .action = F,
     .mode = MODE_ENFORCE},
    {.name = "P1 a surface that observes allows",
     .surface_mode = OBSERVE,
     .found = {SHA(H, MODE_ENFORCE, false, H, MODE_OBSERVE, false)},
     .would = H,
     .action = A,
     .mode = MODE_OBSERVE},
    {.name = "P1 a surface cannot enforce what the site observes",
     .site_mode = OBSERVE,
     .surface_mode = ENFORCE,
     .found = {SHA(H, MODE_ENFORCE, false, H, MODE_OBSERVE, false)},
     .would = H,
     .action = A,
     .mode = MODE_OBSERVE},
    {.name = "P2 a perceptual match is capped",
     .perceptual_max = H,
     .found = {PDQ(B, UNSET, false, H, MODE_ENFORCE, false)},
     .would = H,
     .action = H,
     .mode = MODE_ENFORCE},
    {.name = "P2 an exact match is not",
     .perceptual_max = F,
     .found = {SHA(B, UNSET, false, B, MODE_ENFORCE, false),
               PDQ(B, UNSET, false, F, MODE_ENFORCE, false)},
     .would = B,
     .action = B,
     .mode = MODE_ENFORCE},
    {.name = "P2 the surface caps every match",
     .surface_max = F + 1,
     .perceptual_max = H,
     .found = {SHA(B, UNSET, false, F, MODE_ENFORCE, false),
               PDQ(B, UNSET, false, F, MODE_ENFORCE, false)},
     .would = F,
     .action = F,
     .mode = MODE_ENFORCE},
    {.name = "P2 a cap never raises",
     .surface_max = B + 1,
     .perceptual_max = B,
     .found = {PDQ(F, UNSET, false, F, MODE_ENFORCE, false)},
     .would = F,
     .action = F,
     .mode = MODE_ENFORCE},
    {.name = "P2 a surface that allows everything",
     .surface_max = A + 1,
     .found = {SHA(B, UNSET, false, A, MODE_ENFORCE, false)},
     .would = A,
     .action = A,
     .mode = MODE_ENFORCE},
    {.name = "P3 an allow entry suppresses",
     .allowed = true,
     .found = {SHA(B, UNSET, false, B, MODE_ENFORCE, true),
               PDQ(B, UNSET, false, H, MODE_ENFORCE, true)},
     .would = A,
     .action = A,
     .mode = MODE_ENFORCE},
    {.name = "P3 but not a digest of an authority",
     .allowed = true,
     .found = {MD5(B, UNSET, true, B, MODE_ENFORCE, false),
               PDQ(B, UNSET, true, H, MODE_ENFORCE, true)},
     .would = B,
     .action = B,
     .mode = MODE_ENFORCE},
    {.name = "P3 and P1: an authority in observe",
     .allowed = true,
     .found = {SHA(B, MODE_OBSERVE, true, B, MODE_OBSERVE, false)},
     .would = B,
     .action = A,
     .mode = MODE_ENFORCE},
    {.name = "P5 a time-out adds its failure action",
     .failure_timeout = H,
     .reasons = REASON_TIMEOUT,
     .would = H,
     .action = H,
     .mode = MODE_ENFORCE},
    {.name = "P5 only would, in observe",
     .site_mode = OBSERVE,
     .failure_timeout = H,
     .reasons = REASON_TIMEOUT,
     .would = H,
     .action = A,
     .mode = MODE_OBSERVE},
    {.name = "P5 the surface's own failure action comes first",
     .failure_timeout = B,
     .surface_failure_timeout = F + 1,
     .reasons = REASON_TIMEOUT,
     .would = F,
     .action = F,
     .mode = MODE_ENFORCE},
    {.name = "P5 capped by the surface",
     .failure_timeout = B,
     .surface_max = F + 1,
     .reasons = REASON_TIMEOUT,
     .would = F,
     .action = F,
     .mode = MODE_ENFORCE},
    {.name = "P5 and P3: allowing a match does not hide what was not looked at",
     .allowed = true,
     .failure_timeout = F,
     .reasons = REASON_TIMEOUT,
     .found = {SHA(B, UNSET, false, B, MODE_ENFORCE, true)},
     .would = F,
     .action = F,
     .mode = MODE_ENFORCE},
    {.name = "P5 does not lower a match",
     .failure_timeout = F,
     .reasons = REASON_TIMEOUT,
     .found = {SHA(H, UNSET, false, H, MODE_ENFORCE, false)},
     .would = H,
     .action = H,
     .mode = MODE_ENFORCE},
    {.name = "P5 enforce failure beside an observed match",
     .failure_timeout = F,
     .reasons = REASON_TIMEOUT,
     .found = {SHA(B, MODE_OBSERVE, false, B, MODE_OBSERVE, false)},
     .would = B,
     .action = F,
     .mode = MODE_ENFORCE},
    {.name = "P5 exempt has no failure action",
     .reasons = REASON_EXEMPT,
     .would = A,
     .action = A,
     .mode = MODE_ENFORCE},
};

static struct config config_of(const struct row *r)
{
    struct config c = {.mode = MODE_ENFORCE, .perceptual_max = ACTION_HOLD};
    for (size_t i = 0; i < SURFACES; i++) {
        c.surface[i] = (struct config_surface){.scan = true, .mode = UNSET, .max = UNSET};
        memset(c.surface[i].failure, UNSET, sizeof(c.surface[i].failure));
    }
    if (r->site_mode)
        c.mode = (uint8_t)(r->site_mode - 1);
    if (r->perceptual_max)
        c.perceptual_max = r->perceptual_max;
    struct config_surface *s = &c.surface[LMOD_SURFACE_UPLOAD];
    if (r->surface_mode)
        s->mode = (uint8_t)(r->surface_mode - 1);
    if (r->surface_max)
        s->max = (uint8_t)(r->surface_max - 1);
    if (r->surface_failure_timeout)
        s->failure[1] = (uint8_t)(r->surface_failure_timeout - 1);
    c.failure[1] = r->failure_timeout;
    return c;
}

static void check_row(const struct row *r)
{
    struct config c = config_of(r);
    struct policy p;
    struct matches out;
    uint32_t n = 0;
    policy_begin(&p, &c, LMOD_SURFACE_UPLOAD, r->allowed, &out);
    for (; n < 3 && r->found[n].signal; n++) {
        const struct match m = {
            .kind = MATCH_LIST,
            .signal = r->found[n].signal,
            .own_action = r->found[n].own,
            .mode = r->found[n].mode,
            .authority = r->found[n].authority,
        };
        policy_match(&p, &m);
    }
    policy_reasons(&p, r->reasons);
    bool ok = p.would == r->would && p.action == r->action && p.mode == r->mode && out.n == n;
    for (uint32_t i = 0; ok && i < n; i++)
        ok = out.v[i].action == r->found[i].action && out.v[i].mode == r->found[i].final_mode &&
             out.v[i].suppressed == r->found[i].suppressed;
    if (!ok)
        printf("# row: %s (would %u, action %u)\n", r->name, p.would, p.action);
    CU_ASSERT(ok);
}

static void test_rows(void)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_row(&rows[i]);
}

static void test_observe_never_acts(void)
{
    /* The host obeys `action`; observe at site or surface makes it allow whatever else is said. */
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct row r = rows[i];
        struct config c;
        struct policy p;
        struct matches out;
        r.site_mode = OBSERVE;
        c = config_of(&r);
        policy_begin(&p, &c, LMOD_SURFACE_UPLOAD, r.allowed, &out);
        for (size_t k = 0; k < 3 && r.found[k].signal; k++)
            policy_match(&p, &(struct match){.kind = MATCH_LIST,
                                             .signal = r.found[k].signal,
                                             .own_action = r.found[k].own,
                                             .mode = MODE_ENFORCE,
                                             .authority = r.found[k].authority});
        policy_reasons(&p, 0xFF);
        CU_ASSERT_EQUAL(p.action, ACTION_ALLOW);
    }
}

static void test_other_surfaces_keep_their_own(void)
{
    const struct row r = {.surface_max = A + 1, .surface_mode = OBSERVE};
    struct config c = config_of(&r);
    struct policy p;
    struct matches out;
    policy_begin(&p, &c, LMOD_SURFACE_AVATAR, false, &out);
    policy_match(&p, &(struct match){.signal = SIGNAL_SHA256, .own_action = B, .mode = UNSET});
    CU_ASSERT_EQUAL(p.action, ACTION_BLOCK);
}

static struct match numbered(uint32_t i, uint8_t action)
{
    return (struct match){.signal = SIGNAL_SHA256, .own_action = action, .mode = UNSET, .from = i};
}

static void test_too_many_matches(void)
{
    const struct row r = {.name = ""};
    struct config c = config_of(&r);
    struct policy p;
    struct matches out;
    uint32_t blocks = 0;
    policy_begin(&p, &c, LMOD_SURFACE_UPLOAD, false, &out);
    for (uint32_t i = 0; i < MATCHES_MAX + 30; i++) {
        struct match m = numbered(i, i >= MATCHES_MAX ? B : F);
        policy_match(&p, &m);
    }
    for (uint32_t i = 0; i < out.n; i++)
        blocks += out.v[i].action == B;
    CU_ASSERT_EQUAL(out.n, MATCHES_MAX);
    CU_ASSERT_EQUAL(out.dropped, 30);
    CU_ASSERT_EQUAL(blocks, 30);
}

static void test_dropped_matches_still_count(void)
{
    /* 64 observed blocks fill the verdict; the enforced hold that no longer fits must act. */
    const struct row r = {.name = ""};
    struct config c = config_of(&r);
    struct policy p;
    struct matches out;
    policy_begin(&p, &c, LMOD_SURFACE_UPLOAD, false, &out);
    for (uint32_t i = 0; i < MATCHES_MAX; i++) {
        struct match m = numbered(i, B);
        m.mode = MODE_OBSERVE;
        policy_match(&p, &m);
    }
    struct match hold = numbered(0, H);
    policy_match(&p, &hold);
    CU_ASSERT_EQUAL(p.action, ACTION_HOLD);
    CU_ASSERT_EQUAL(p.would, ACTION_BLOCK);
    CU_ASSERT_EQUAL(out.dropped, 1);
}

static struct match scored(const char *harm, float score, uint8_t mode)
{
    return (struct match){.kind = MATCH_RULE, .harm = harm, .score = score, .mode = mode};
}

static void test_scores(void)
{
    const struct row r = {.name = ""};
    struct config c = config_of(&r);
    struct policy p;
    struct matches out;
    c.thresholds[0] = 5;
    c.thresholds[1] = 10;
    policy_begin(&p, &c, LMOD_SURFACE_MESSAGE, false, &out);
    struct match rules[] = {scored("a", 6, MODE_ENFORCE), scored("a", 4, MODE_OBSERVE),
                            scored("b", 4.5f, MODE_ENFORCE)};
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        policy_match(&p, &rules[i]);
    policy_scores(&p);
    CU_ASSERT_EQUAL(p.would, ACTION_HOLD);  /* 6 + 4 of all rules */
    CU_ASSERT_EQUAL(p.action, ACTION_FLAG); /* 6 of those in enforce */
    CU_ASSERT_EQUAL_FATAL(out.n, 4);
    CU_ASSERT_EQUAL(out.v[3].kind, MATCH_SCORE);
    CU_ASSERT_EQUAL(out.v[3].action, ACTION_HOLD);
    CU_ASSERT_STRING_EQUAL(out.v[3].harm, "a");
    c.mode = MODE_OBSERVE;
    policy_begin(&p, &c, LMOD_SURFACE_MESSAGE, false, &out);
    policy_match(&p, &rules[0]);
    policy_scores(&p);
    policy_on_limit(&p, ACTION_BLOCK, ACTION_BLOCK);
    CU_ASSERT_EQUAL(p.would, ACTION_BLOCK);
    CU_ASSERT_EQUAL(p.action, ACTION_ALLOW);
}

static void test_exempt(void)
{
    static const char *const senders[] = {"@bot:example.org"};
    static const char *const rooms[] = {"#moderation:example.org", "!x:example.org"};
    const struct row r = {.name = ""};
    struct config c = config_of(&r);
    c.exempt_senders = senders;
    c.exempt_sender_count = 1;
    c.exempt_rooms = rooms;
    c.exempt_room_count = 2;
    c.surface[LMOD_SURFACE_DIRECT_MESSAGE].scan = false;
    const struct {
        const char *sender, *room;
        uint32_t surface;
        bool exempt;
    } cases[] = {
        {NULL, NULL, LMOD_SURFACE_UPLOAD, false},
        {"@bot:example.org", NULL, LMOD_SURFACE_UPLOAD, true},
        {"@bot:example.orgx", NULL, LMOD_SURFACE_UPLOAD, false},
        {"@Bot:example.org", NULL, LMOD_SURFACE_UPLOAD, false},
        {"@x:example.org", "!x:example.org", LMOD_SURFACE_UPLOAD, true},
        {"!x:example.org", NULL, LMOD_SURFACE_UPLOAD, false},
        {NULL, NULL, LMOD_SURFACE_DIRECT_MESSAGE, true},
        {"", "", LMOD_SURFACE_MESSAGE, false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct subject who = {
            .sender = cases[i].sender,
            .sender_length = cases[i].sender ? strlen(cases[i].sender) : 0,
            .room = cases[i].room,
            .room_length = cases[i].room ? strlen(cases[i].room) : 0,
            .surface = cases[i].surface,
        };
        CU_ASSERT_EQUAL(policy_exempt(&c, &who), cases[i].exempt);
    }
}

int main(void)
{
    return TAP_RUN("engine/policy", {"every rule and its combinations", test_rows},
                   {"observe never acts", test_observe_never_acts},
                   {"other surfaces keep their own policy", test_other_surfaces_keep_their_own},
                   {"more than 64 matches keep the highest", test_too_many_matches},
                   {"dropped matches still count", test_dropped_matches_still_count},
                   {"scores and thresholds", test_scores},
                   {"P8 exempt senders, rooms and surfaces", test_exempt});
}
