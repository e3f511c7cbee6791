/* Reads regexes: the literals that every match must hold, how far they stand from its start, and
 * mistakes that PCRE2 accepts. Whatever is not understood is "nothing known", never a guess. */
#include "rules/regex.h"

#include <string.h>

#include "text/text.h"

enum {
    ATOM_MIN = 2,
    NEAR_BEFORE = 1000,
    CHOICES_MAX = 8,    /* members of a class that are told apart */
    SPELLINGS_MAX = 16, /* of one run: "h[e3]ll[o0]" has four */
    SPELLED_LONG = 32,  /* bytes of a run after which one with several spellings ends */
    ALWAYS_LONG = 12,   /* an atom of more bytes is not better */
};

/* A piece of the pattern: an element, a concatenation, an alternative. */
struct part {
    uint32_t min, max; /* code points; max may be UNBOUNDED */
    bool han_first, han_last;
    uint32_t before, shortest; /* of the atoms */
    uint32_t atoms;            /* 0: none */
    struct literal_range atom[ATOMS_MAX];
};

struct scan {
    const char *p;
    size_t size, at;
    bool lost; /* met something that is not understood */
    struct regex_facts *facts;
};

/* The members of a class; none: not known, or more than CHOICES_MAX. */
struct choices {
    uint32_t n;
    struct literal_range member[CHOICES_MAX]; /* in the pattern */
};

/* A concatenation under way. */
struct chain {
    struct part whole;
    struct buffer run[SPELLINGS_MAX]; /* characters in a row, in all the ways they can be spelled */
    uint32_t spellings;               /* 0: no run */
    uint32_t run_before;              /* most code points before the run */
    bool begun, after_han;
    bool edge; /* a \b stands right before */
    size_t edge_at;
};

static void alternatives(struct scan *s, struct part *out);

static uint32_t add(uint32_t a, uint32_t b)
{
    uint64_t sum = (uint64_t)a + b;
    return sum >= UNBOUNDED ? UNBOUNDED : (uint32_t)sum;
}

static uint32_t times(uint32_t a, uint32_t b)
{
    uint64_t product = (uint64_t)a * b;
    if (a == 0 || b == 0)
        return 0;
    return a == UNBOUNDED || b == UNBOUNDED || product >= UNBOUNDED ? UNBOUNDED : (uint32_t)product;
}

static void fault(struct scan *s, size_t at, const char *text)
{
    if (!s->facts->fault) {
        s->facts->fault = text;
        s->facts->fault_at = at;
    }
}

static bool more(const struct scan *s)
{
    return s->at < s->size && !s->lost;
}

static char peek(const struct scan *s, size_t ahead)
{
    if (s->at + ahead >= s->size)
        return '\0';
    return s->p[s->at + ahead];
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How rarely the atoms of a part stand in a text for nothing: long ones, and few of them. */
static uint32_t rarity(const struct part *p)
{
    uint32_t length = p->shortest > ALWAYS_LONG ? ALWAYS_LONG : p->shortest, halves = 0;
    for (uint32_t n = p->atoms; n > 1; n /= 2)
        halves++;
    return 8 + 4 * length - halves;
}

/* Are the atoms of `a` a better guard than those of `b`? Near the start, then rare. */
static bool better(const struct part *a, const struct part *b)
{
    bool near_a = a->before <= NEAR_BEFORE, near_b = b->before <= NEAR_BEFORE;
    uint32_t rare_a = rarity(a), rare_b = rarity(b);
    if (a->atoms == 0 || b->atoms == 0)
        return a->atoms != 0;
    if (near_a != near_b)
        return near_a;
    if (rare_a != rare_b)
        return rare_a > rare_b;
    return a->before < b->before;
}

static void take_atoms(struct part *to, const struct part *from, uint32_t before)
{
    struct part moved = {.atoms = from->atoms, .shortest = from->shortest};
    moved.before = add(before, from->before);
    if (!better(&moved, to))
        return;
    to->atoms = from->atoms;
    to->shortest = from->shortest;
    to->before = moved.before;
    memcpy(to->atom, from->atom, from->atoms * sizeof(*from->atom));
}

/* One spelling of a run as an atom of `to`; false: it is too short. */
static bool add_atom(struct scan *s, const struct buffer *spelling, struct part *to)
{
    struct buffer *pool = &s->facts->pool;
    size_t from = pool->size;
    if (text_fold(pool, spelling->data, spelling->size, VIEW_FOLD) != LMOD_OK ||
        pool->size - from < ATOM_MIN)
        return false;
    const struct literal_range made = {(uint32_t)from, (uint32_t)(pool->size - from)};
    for (uint32_t i = 0; i < to->atoms; i++)
        if (to->atom[i].size == made.size &&
            memcmp(pool->data + to->atom[i].from, pool->data + from, made.size) == 0)
            return true;
    to->atom[to->atoms++] = made;
    if (to->atoms == 1 || made.size < to->shortest)
        to->shortest = made.size;
    return true;
}

/* The run ends: its spellings may be the atoms. */
static void flush(struct scan *s, struct chain *c)
{
    struct part run = {.atoms = 0};
    bool good = c->spellings > 0;
    for (uint32_t i = 0; i < c->spellings && good; i++)
        good = add_atom(s, &c->run[i], &run);
    if (good)
        take_atoms(&c->whole, &run, c->run_before);
    for (uint32_t i = 0; i < c->spellings; i++)
        buffer_clear(&c->run[i]);
    c->spellings = 0;
}

/* The run goes on with one of the choices, or a new one begins with them. */
static void extend(struct scan *s, struct chain *c, const struct choices *with)
{
    uint32_t had = c->spellings;
    if (had * with->n > SPELLINGS_MAX || (had * with->n > 1 && c->run[0].size > SPELLED_LONG))
        flush(s, c);
    if (c->spellings == 0)
        c->run_before = c->whole.max;
    had = c->spellings ? c->spellings : 1;
    c->spellings = had * with->n;
    for (uint32_t i = c->spellings; i-- > 0;) { /* from the last: each is made of one before it */
        const struct literal_range *m = &with->member[i / had];
        struct buffer *to = &c->run[i];
        if (i >= had)
            buffer_append(to, c->run[i % had].data, c->run[i % had].size);
        buffer_append(to, s->p + m->from, m->size);
    }
}

/* {n}, {n,} or {n,m} at the cursor; false: it is literal text. */
static bool braces(struct scan *s, uint32_t *low, uint32_t *high)
{
    size_t i = 1;
    uint32_t n[2] = {0, 0};
    bool comma = false, some = false;
    for (; digit(peek(s, i)) || (peek(s, i) == ',' && !comma && i > 1); i++) {
        if (peek(s, i) == ',') {
            comma = true;
            some = false;
            continue;
        }
        n[comma] = n[comma] * 10 + (uint32_t)(peek(s, i) - '0');
        some = true;
        if (n[comma] > 65535)
            return false;
    }
    if (peek(s, i) != '}' || i == 1)
        return false;
    *low = n[0];
    *high = !comma ? n[0] : some ? n[1] : UNBOUNDED;
    s->at += i + 1;
    return true;
}

static void quantifier(struct scan *s, uint32_t *low, uint32_t *high)
{
    char c = peek(s, 0);
    if (s->lost)
        c = '\0';
    *low = *high = 1;
    if (c == '*' || c == '+' || c == '?') {
        *low = c == '+';
        *high = c == '?' ? 1 : UNBOUNDED;
        s->at++;
    } else if (c != '{' || !braces(s, low, high)) {
        return;
    }
    if (more(s) && (peek(s, 0) == '?' || peek(s, 0) == '+'))
        s->at++;
}

/* An element joins the chain, `low` to `high` times. */
static void
append(struct chain *c, const struct part *e, uint32_t low, uint32_t high, struct scan *s)
{
    struct part *w = &c->whole;
    uint32_t before = w->max;
    if (e->max > 0) {
        if (c->edge && e->han_first)
            fault(s, c->edge_at,
                  "\\b beside Han never matches in running text, where no white space "
                  "parts the words: remove it, or use \"word:\", which has no such edge");
        if (!c->begun)
            w->han_first = e->han_first;
        c->begun = true;
        c->edge = false;
        c->after_han = w->han_last = e->han_last;
    }
    if (low > 0 && e->atoms > 0)
        take_atoms(w, e, before);
    w->min = add(w->min, times(e->min, low));
    w->max = add(w->max, times(e->max, high));
}

/* Something that is one character, but not known which. */
static void any_character(struct scan *s, struct chain *c, bool han, uint32_t max)
{
    struct part one = {.min = 1, .max = max, .han_first = han, .han_last = han};
    uint32_t low, high;
    flush(s, c);
    quantifier(s, &low, &high);
    append(c, &one, low, high, s);
}

/* One of some characters, to which the quantifier at the cursor applies. */
static void characters(struct scan *s, struct chain *c, const struct choices *which, bool han)
{
    struct part one = {.min = 1, .max = 1, .han_first = han, .han_last = han};
    uint32_t low, high;
    quantifier(s, &low, &high);
    if (low == 0)
        flush(s, c);
    else
        extend(s, c, which);
    append(c, &one, low, high, s);
    if (low != 1 || high != 1)
        flush(s, c);
}

/* A literal character of `length` bytes stands at `from`. */
static void literal(struct scan *s, struct chain *c, size_t from, uint32_t length)
{
    const struct choices one = {1, {{(uint32_t)from, length}}};
    uint32_t size, code = code_point(s->p + from, length, &size);
    if (is_space(code))
        any_character(s, c, false, 1);
    else
        characters(s, c, &one, is_han(code));
}

static void skip_to(struct scan *s, char end)
{
    while (s->at < s->size && s->p[s->at] != end)
        s->at++;
    s->lost |= s->at == s->size;
    s->at += s->at < s->size;
}

static void word_edge(struct scan *s, struct chain *c, size_t at)
{
    flush(s, c);
    if (c->after_han)
        fault(s, at,
              "\\b beside Han never matches in running text, where no white space parts the "
              "words: remove it, or use \"word:\", which has no such edge");
    c->edge = true;
    c->edge_at = at;
}

/* \Q…\E: the cursor is behind the Q. */
static void quoted(struct scan *s, struct chain *c)
{
    while (s->at < s->size) {
        uint32_t length;
        if (s->p[s->at] == '\\' && peek(s, 1) == 'E') {
            s->at += 2;
            return;
        }
        size_t from = s->at;
        (void)code_point(s->p + from, s->size - from, &length);
        s->at += length;
        if (peek(s, 0) == '\\' &&
            peek(s, 1) == 'E') { /* a quantifier behind \E is about this character */
            s->at += 2;
            literal(s, c, from, length);
            return;
        }
        size_t whole = s->size;
        s->size = s->at; /* no quantifier inside */
        literal(s, c, from, length);
        s->size = whole;
    }
}

/* The rest of \x, \o, \p, \N and octal escapes, the letter of which was read. */
static void skip_argument(struct scan *s, char c)
{
    if (peek(s, 0) == '{') {
        skip_to(s, '}');
    } else if (c == 'x') {
        for (int i = 0; i < 2 && strchr("0123456789abcdefABCDEF", peek(s, 0)) && peek(s, 0); i++)
            s->at++;
    } else if (c == '0') {
        for (int i = 0; i < 2 && peek(s, 0) >= '0' && peek(s, 0) <= '7'; i++)
            s->at++;
    } else if (c == 'p' || c == 'P' || c == 'c') {
        s->at += s->at < s->size;
    }
}

static void escape(struct scan *s, struct chain *c)
{
    size_t at = s->at;
    uint32_t length;
    char e = peek(s, 1);
    if (at + 1 >= s->size) {
        s->lost = true;
        return;
    }
    (void)code_point(s->p + at + 1, s->size - at - 1, &length);
    s->at += 1 + length;
    if (e == 'b') {
        word_edge(s, c, at);
    } else if (e == 'Q') {
        quoted(s, c);
    } else if (e == 'E') {
        return;
    } else if (strchr("BAzZ", e)) {
        flush(s, c);
    } else if (strchr("KGC", e)) {
        fault(s, at,
              "\\K, \\G and \\C are not supported: a match is found around its atom, "
              "wherever it begins");
        s->lost = true;
    } else if (strchr("dDwWsShHvVnrtfeaxo0pPcNRX", e)) {
        if (strchr("xo0pPcN", e) && (e != 'N' || peek(s, 0) == '{'))
            skip_argument(s, e);
        any_character(s, c, false, e == 'R' ? 2 : e == 'X' ? UNBOUNDED : 1);
    } else if (digit(e) || (e >= 'a' && e <= 'z') || (e >= 'A' && e <= 'Z')) {
        s->lost = true; /* references */
    } else {
        literal(s, c, at + 1, length);
    }
}

/* [:alpha:] and its like at the cursor are skipped; false: there is none. */
static bool named_class(struct scan *s)
{
    size_t left = s->size - s->at;
    if (peek(s, 0) != '[' || !peek(s, 1) || !strchr(":.=", peek(s, 1)))
        return false;
    const char *end = memchr(s->p + s->at + 2, ']', left - 2 > 20 ? 20 : left - 2);
    if (!end || end[-1] != peek(s, 1))
        return false;
    s->at = (size_t)(end - s->p) + 1;
    return true;
}

/* What is known of a class while it is read. */
struct members {
    struct choices known;
    bool han, vague; /* vague: it has members that are not told apart */
};

/* One member: a character, or something that stands for many. */
static void member(struct scan *s, struct members *m)
{
    uint32_t length;
    bool escaped = peek(s, 0) == '\\';
    s->at += escaped;
    if (s->at >= s->size)
        return;
    uint32_t c = code_point(s->p + s->at, s->size - s->at, &length);
    bool many = escaped && (digit((char)c) || (c | 32) - 'a' < 26);
    m->han |= is_han(c);
    if (many || is_space(c) || m->known.n == CHOICES_MAX || (!escaped && (c == '-' || c == '[')))
        m->vague = true;
    else
        m->known.member[m->known.n++] = (struct literal_range){(uint32_t)s->at, length};
    s->at += length;
}

static void character_class(struct scan *s, struct chain *c)
{
    bool negated = peek(s, 1) == '^', first = true;
    struct members m = {.vague = negated};
    s->at += negated ? 2 : 1;
    for (; s->at < s->size && (first || s->p[s->at] != ']'); first = false) {
        if (named_class(s)) {
            m.vague = true;
            continue;
        }
        if (peek(s, 0) == '\\' && (peek(s, 1) == 'Q' || peek(s, 1) == 'E')) {
            s->lost = true;
            return;
        }
        member(s, &m);
    }
    s->lost |= s->at >= s->size;
    s->at += s->at < s->size;
    if (s->lost)
        return;
    if (m.vague || m.known.n == 0)
        any_character(s, c, m.han && !negated, 1);
    else
        characters(s, c, &m.known, m.han);
}

enum group { GROUP_PLAIN, GROUP_LOOK, GROUP_NOTHING, GROUP_UNKNOWN };

/* What "(" begins; the cursor goes behind its mark. */
static enum group group_kind(struct scan *s)
{
    char a = peek(s, 2), b = peek(s, 3);
    if (peek(s, 1) == '*')
        return GROUP_UNKNOWN;
    if (peek(s, 1) != '?') {
        s->at += 1;
        return GROUP_PLAIN;
    }
    if (a == '=' || a == '!' || (a == '<' && (b == '=' || b == '!'))) {
        s->at += a == '<' ? 4 : 3;
        return GROUP_LOOK;
    }
    if (a == '#') {
        skip_to(s, ')');
        return GROUP_NOTHING;
    }
    if (a == ':' || a == '>' || a == '|') {
        s->at += 3;
        return GROUP_PLAIN;
    }
    if (a == '<' || a == '\'' || (a == 'P' && b == '<')) {
        s->at += a == 'P' ? 4 : 3;
        skip_to(s, a == '\'' ? '\'' : '>');
        return GROUP_PLAIN;
    }
    s->at += 2;
    while (s->at < s->size && strchr("imsnUJ-^", s->p[s->at]))
        s->at++;
    if (peek(s, 0) != ')' && peek(s, 0) != ':')
        return GROUP_UNKNOWN;
    return s->p[s->at++] == ')' ? GROUP_NOTHING : GROUP_PLAIN;
}

static void group(struct scan *s, struct chain *c)
{
    struct part inner;
    uint32_t low, high;
    flush(s, c);
    enum group kind = group_kind(s);
    if (kind == GROUP_UNKNOWN)
        s->lost = true;
    if (kind == GROUP_UNKNOWN || kind == GROUP_NOTHING)
        return;
    alternatives(s, &inner);
    s->lost |= peek(s, 0) != ')' || s->at >= s->size;
    if (s->lost)
        return;
    s->at++;
    quantifier(s, &low, &high);
    if (kind == GROUP_PLAIN)
        append(c, &inner, low, high, s);
}

static void concatenation(struct scan *s, struct part *out)
{
    struct chain c = {.spellings = 0};
    while (more(s) && peek(s, 0) != '|' && peek(s, 0) != ')') {
        uint32_t length;
        char ch = peek(s, 0);
        if (ch == '\\') {
            escape(s, &c);
        } else if (ch == '[') {
            character_class(s, &c);
        } else if (ch == '(') {
            group(s, &c);
        } else if (ch == '.') {
            s->at++;
            any_character(s, &c, false, 1);
        } else if (ch == '^' || ch == '$') {
            flush(s, &c);
            s->at++;
        } else {
            size_t from = s->at;
            (void)code_point(s->p + from, s->size - from, &length);
            s->at += length;
            literal(s, &c, from, length);
        }
    }
    flush(s, &c);
    for (size_t i = 0; i < SPELLINGS_MAX; i++) {
        s->facts->pool.failed |= c.run[i].failed;
        buffer_finish(&c.run[i]);
    }
    *out = c.whole;
}

/* One of two: atoms of both, or none. */
static void unite(struct part *to, const struct part *from)
{
    bool known = to->atoms && from->atoms && to->atoms + from->atoms <= ATOMS_MAX;
    if (known)
        memcpy(to->atom + to->atoms, from->atom, from->atoms * sizeof(*from->atom));
    to->atoms = known ? to->atoms + from->atoms : 0;
    to->shortest = from->shortest < to->shortest ? from->shortest : to->shortest;
    to->before = from->before > to->before ? from->before : to->before;
    to->min = from->min < to->min ? from->min : to->min;
    to->max = from->max > to->max ? from->max : to->max;
    to->han_first |= from->han_first;
    to->han_last |= from->han_last;
}

static void alternatives(struct scan *s, struct part *out)
{
    struct part next;
    concatenation(s, out);
    while (more(s) && peek(s, 0) == '|') {
        s->at++;
        concatenation(s, &next);
        unite(out, &next);
    }
}

int regex_facts_read(struct regex_facts *f, const char *pattern, size_t size)
{
    struct scan s = {.p = pattern, .size = size, .facts = f};
    struct part whole;
    *f = (struct regex_facts){.before = UNBOUNDED, .pool = BUFFER_INIT};
    alternatives(&s, &whole);
    if (f->pool.failed)
        return LMOD_E_MEMORY;
    if (s.lost || s.at != size)
        return LMOD_OK;
    f->min = whole.min;
    f->before = whole.before;
    f->atoms = whole.atoms;
    memcpy(f->atom, whole.atom, whole.atoms * sizeof(*whole.atom));
    if (whole.min == 0)
        fault(&s, 0, "this pattern matches the empty text, and so every message");
    return LMOD_OK;
}

void regex_facts_finish(struct regex_facts *f)
{
    buffer_finish(&f->pool);
}
