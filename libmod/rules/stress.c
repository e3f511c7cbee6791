/*
 * What a rule costs at worst: it is run on texts of 4 KiB that are made of its own words and atoms, of
 * near-misses, and of what makes patterns try again and again. A fixed sequence makes the same texts
 * every time.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rules/author.h"

enum { PIECES = 64, OWN = 3, MIX = 12, RUN = 60, AGAIN_US = 200, TRIES = 3, ENOUGH_US = 10000 };

struct stressing {
    struct bench *b;
    const struct rule *rule;
    struct stress *out;
    struct piece piece[PIECES];
    uint32_t pieces, patterns;
    bool places;                /* it asks where things stand, or how many they are */
    char own[OWN + 1][MIX + 1]; /* characters of the patterns: runs of one, and a mix */
    uint32_t owns;
    struct buffer text;
};

/* Of this thread: what other programs do does not count. */
static uint64_t cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Was a pattern given up? A flood of words is none of its making. */
static bool cut(const struct rules_scratch *s, const struct cond *c)
{
    for (; c; c = c->next) {
        for (uint32_t k = 0; k < c->sets; k++)
            for (uint32_t i = 0; i < c->set[k].n; i++) {
                const struct term_state *t = &s->term[c->set[k].term[i]];
                if (t->stamp == s->stamp && t->searched && t->cut)
                    return true;
            }
        if (cut(s, c->all) || cut(s, c->any) || cut(s, c->none))
            return true;
    }
    return false;
}

static void run(struct stressing *s)
{
    uint64_t best = UINT64_MAX;
    if (s->out->us > ENOUGH_US)
        return;
    for (int i = 0; i < TRIES && s->b->status == LMOD_OK; i++) {
        struct hull hull;
        if (!bench_begin(s->b, s->rule, s->text.data, s->text.size, false))
            return;
        uint64_t start = cpu_ns();
        (void)eval_rule(s->b->scratch, s->rule, &hull);
        uint64_t took = cpu_ns() - start;
        best = took < best ? took : best;
        s->out->limited |= cut(s->b->scratch, s->rule->when);
        if (s->b->scratch->failed)
            s->b->status = LMOD_E_MEMORY;
        if (best / 1000 < AGAIN_US) /* what is slow once may have been disturbed */
            break;
    }
    if (s->b->status == LMOD_OK && (double)best / 1e3 > s->out->us)
        s->out->us = (double)best / 1e3;
}

/* ---- what a rule is made of ---- */

static void add_piece(struct stressing *s, const char *bytes, size_t size)
{
    if (s->pieces < PIECES && size > 0 && size < STRESS_BYTES / 8)
        s->piece[s->pieces++] = (struct piece){bytes, (uint32_t)size};
}

/* Letters and digits of a pattern: each as a run, all of them as a mix. */
static void add_own(struct stressing *s, const char *pattern)
{
    char *mix = s->own[OWN];
    for (const char *c = pattern; *c; c++) {
        bool plain =
            (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9');
        size_t n = strlen(mix);
        if (*c == '\\' && c[1])
            c++; /* the letter of an escape stands for something else */
        else if (plain && n < MIX && !strchr(mix, *c)) {
            mix[n] = *c;
            if (s->owns < OWN)
                s->own[s->owns++][0] = *c;
        }
    }
}

static void add_set(struct stressing *s, const struct term_set *set)
{
    uint32_t step = set->n / PIECES + 1;
    for (uint32_t i = 0; i < set->n; i += step) {
        const struct term_def *t = &s->b->r->term[set->term[i]];
        if (t->link)
            add_piece(s, "https://example.org/a", 21);
        else if (!t->regex)
            add_piece(s, t->source, strlen(t->source));
        for (uint32_t a = 0; t->regex && a < t->atom_count; a++)
            add_piece(s, t->atoms[a].bytes, t->atoms[a].size);
        if (t->regex) {
            s->patterns++;
            add_own(s, t->source);
        }
    }
}

static void gather(struct stressing *s, const struct cond *c)
{
    for (; c; c = c->next) {
        for (uint32_t k = 0; k < c->sets; k++)
            add_set(s, &c->set[k]);
        s->places |= c->kind == COND_NEAR || c->kind == COND_COUNT;
        gather(s, c->all);
        gather(s, c->any);
        gather(s, c->none);
    }
}

/* ---- texts ---- */

/* What stands behind each piece: `gap`, `after` so many times, then `tail`. */
struct filling {
    const char *gap, *after, *tail;
    uint32_t times;
    bool near_miss; /* the last character of each piece is missing */
};

static void fill(struct stressing *s, struct filling f)
{
    buffer_clear(&s->text);
    for (uint32_t i = 0; s->text.size < STRESS_BYTES && !s->text.failed; i++) {
        size_t before = s->text.size;
        if (s->pieces) {
            const struct piece *p = &s->piece[i % s->pieces];
            uint32_t size = p->size;
            while (f.near_miss && size > 1 && ((unsigned char)p->bytes[--size] & 0xC0) == 0x80)
                ;
            buffer_append(&s->text, p->bytes, size);
        }
        buffer_str(&s->text, f.gap);
        for (uint32_t k = 0; k < f.times && s->text.size < STRESS_BYTES; k++)
            buffer_str(&s->text, f.after);
        buffer_str(&s->text, f.tail);
        if (s->text.size == before)
            return;
    }
    if (s->text.failed)
        s->b->status = LMOD_E_MEMORY;
    else
        run(s);
}

/* One letter of the mix after the other, in an order without pattern. */
static void fill_mixed(struct stressing *s)
{
    const char *mix = s->own[OWN];
    uint32_t state = 1;
    buffer_clear(&s->text);
    for (size_t i = 0; mix[0] && i < STRESS_BYTES && !s->text.failed; i++) {
        state = state * 1664525u + 1013904223u;
        buffer_append(&s->text, &mix[(state >> 16) % strlen(mix)], 1);
    }
    if (s->text.failed)
        s->b->status = LMOD_E_MEMORY;
    else if (s->text.size)
        run(s);
}

static void stress_patterns(struct stressing *s)
{
    static const char *const usual[] = {"a", "1", " ", "word ", "一"};
    const char *after[COUNT_OF(usual) + OWN];
    char tail[MIX + 4]; /* no match goes on there; the letters that every match needs are not far */
    size_t n = 0;
    (void)snprintf(tail, sizeof(tail), "! %s ", s->own[OWN]);
    for (size_t i = 0; i < COUNT_OF(usual); i++)
        after[n++] = usual[i];
    for (size_t i = 0; i < s->owns; i++)
        after[n++] = s->own[i];
    for (size_t i = 0; i < n; i++) {
        fill(s, (struct filling){"", after[i], tail, RUN, false});
        fill(s, (struct filling){" ", after[i], tail, RUN, false});
        fill(s, (struct filling){"", after[i], "", STRESS_BYTES, false});
    }
    fill(s, (struct filling){" ", "", "", 0, true});
    fill_mixed(s);
}

void stress_rule(struct bench *b, const struct rule *rule, struct stress *out)
{
    struct stressing s = {.b = b, .rule = rule, .out = out, .text = BUFFER_INIT};
    *out = (struct stress){0};
    gather(&s, rule->when);
    fill(&s, (struct filling){" ", "", "", 0, false});
    if (s.places)
        fill(&s, (struct filling){"", "", "", 0, false});
    if (s.patterns)
        stress_patterns(&s);
    buffer_finish(&s.text);
}
