/* The policy, rule by rule. */
#include "engine/policy.h"

#include <string.h>

#include "engine/engine.h"

static uint8_t lower(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

static void raise_to(uint8_t *value, uint8_t least)
{
    if (*value < least)
        *value = least;
}

static bool named(const char *const *names, size_t n, const char *text, size_t length)
{
    for (size_t i = 0; text && i < n; i++)
        if (text_is(text, length, names[i]))
            return true;
    return false;
}

bool policy_exempt(const struct config *c, const struct subject *who)
{
    return !c->surface[who->surface].scan ||
           named(c->exempt_senders, c->exempt_sender_count, who->sender, who->sender_length) ||
           named(c->exempt_rooms, c->exempt_room_count, who->room, who->room_length);
}

/* The lowest of an action and what the surface allows. */
static uint8_t capped(const struct policy *p, uint8_t action)
{
    uint8_t max = p->config->surface[p->surface].max;
    return max == UNSET ? action : lower(action, max);
}

void policy_begin(struct policy *p,
                  const struct config *c,
                  uint32_t surface,
                  enum allowed allowed,
                  struct matches *out)
{
    bool observe = c->mode == MODE_OBSERVE || c->surface[surface].mode == MODE_OBSERVE;
    *p = (struct policy){
        .config = c,
        .surface = surface,
        .allowed = allowed,
        .mode = observe ? MODE_OBSERVE : MODE_ENFORCE,
        .out = out,
    };
    out->n = out->dropped = 0;
}

static bool perceptual(const struct match *m)
{
    return m->kind == MATCH_LIST && (m->signal == SIGNAL_PDQ || m->signal == SIGNAL_TEXT) &&
           m->strategy != STRATEGY_EXACT;
}

static bool digest(const struct match *m)
{
    return m->kind == MATCH_LIST &&
           (m->signal == SIGNAL_MD5 || m->signal == SIGNAL_SHA1 || m->signal == SIGNAL_SHA256);
}

/* Which of two findings is kept when there are too many: the one that counts, then the higher. */
static int weight(const struct match *m)
{
    return m->suppressed ? -1 : m->action;
}

static void keep(struct matches *out, const struct match *m)
{
    if (out->n < MATCHES_MAX) {
        out->v[out->n++] = *m;
        return;
    }
    uint32_t least = 0;
    for (uint32_t i = 1; i < out->n; i++)
        if (weight(&out->v[i]) < weight(&out->v[least]))
            least = i;
    if (weight(&out->v[least]) < weight(m))
        out->v[least] = *m;
    out->dropped++;
}

/* More than HARMS_MAX harms in one text: the further ones add up in the last place, so that no score
 * is lost. */
static void add_score(struct policy *p, const struct match *m)
{
    uint32_t i = 0;
    if (m->score <= 0)
        return;
    while (i < p->scores && strcmp(p->score[i].harm, m->harm) != 0)
        i++;
    if (i == HARMS_MAX)
        i--;
    if (i == p->scores)
        p->score[p->scores++] = (struct finding_score){.harm = m->harm};
    p->score[i].all += m->score;
    if (m->mode == MODE_ENFORCE)
        p->score[i].enforced += m->score;
}

void policy_match(struct policy *p, const struct match *found)
{
    struct match m = *found;
    m.suppressed |= p->allowed && !(m.authority && digest(&m));
    m.mode = p->mode == MODE_OBSERVE || m.mode == MODE_OBSERVE ? MODE_OBSERVE : MODE_ENFORCE;
    m.action = capped(p, m.own_action);
    if (perceptual(&m))
        m.action = lower(m.action, p->config->perceptual_max);
    if (!m.suppressed) {
        raise_to(&p->would, m.action);
        if (m.mode == MODE_ENFORCE)
            raise_to(&p->action, m.action);
        add_score(p, &m);
    }
    keep(p->out, &m);
}

/* The action that a sum reaches: the highest whose threshold is not above it. */
static uint8_t reached(const struct policy *p, float sum)
{
    static const uint8_t actions[] = {ACTION_FLAG, ACTION_HOLD, ACTION_BLOCK};
    uint8_t action = ACTION_ALLOW;
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (p->config->thresholds[i] && sum >= (float)p->config->thresholds[i])
            action = actions[i];
    return capped(p, action);
}

void policy_scores(struct policy *p)
{
    for (uint32_t i = 0; i < p->scores; i++) {
        const struct finding_score *s = &p->score[i];
        uint8_t all = reached(p, s->all), enforced = reached(p, s->enforced);
        struct match m = {
            .kind = MATCH_SCORE,
            .own_action = all,
            .action = all,
            .mode = enforced == all ? p->mode : MODE_OBSERVE,
            .harm = s->harm,
            .score = s->all,
        };
        if (all == ACTION_ALLOW)
            continue;
        raise_to(&p->would, all);
        if (p->mode == MODE_ENFORCE)
            raise_to(&p->action, enforced);
        keep(p->out, &m);
    }
}

void policy_on_limit(struct policy *p, uint8_t all, uint8_t enforced)
{
    raise_to(&p->would, capped(p, all));
    if (p->mode == MODE_ENFORCE)
        raise_to(&p->action, capped(p, enforced));
}

/* The action of a failure, by the site or by the surface, capped. */
static void raise_by(struct policy *p, uint8_t site, uint8_t own)
{
    uint8_t action = capped(p, own == UNSET ? site : own);
    raise_to(&p->would, action);
    if (p->mode == MODE_ENFORCE)
        raise_to(&p->action, action);
}

void policy_unrecorded(struct policy *p)
{
    raise_by(p, p->config->unrecorded, p->config->surface[p->surface].unrecorded);
}

void policy_reasons(struct policy *p, uint32_t reasons)
{
    const struct config *c = p->config;
    for (unsigned i = 0; i < REASONS; i++) {
        if (!(reasons & 1u << i) || 1u << i == REASON_EXEMPT || p->allowed == ALLOWED_EXACTLY)
            continue;
        raise_by(p, c->failure[i], c->surface[p->surface].failure[i]);
    }
}
