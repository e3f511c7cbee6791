/* Names and numbers that are links by what stands beside them, and Matrix's own. */
#include "text/links.h"

enum {
    LOCAL_MAX = 128, /* of a Matrix name */
    NAME_MAX = 32,   /* of a Telegram name */
    NEAR = 48,       /* bytes between a word and its "@name" */
    BEHIND = 8,      /* the same the other way round */
};

static bool word_byte(char c)
{
    return is_alnum(c) || c == '_';
}

/* Behind a name at `i`; `i` when it is none. */
static uint32_t name_at(const struct scan *s, uint32_t i)
{
    uint32_t end = i;
    while (end - i <= NAME_MAX && word_byte(at(s, end)))
        end++;
    bool so = end - i >= 4 && end - i <= NAME_MAX && is_alpha(at(s, i));
    return so ? end : i;
}

/* Is the name no more than itself: not the start of a host, an address or a path? */
static bool ends_there(const struct scan *s, uint32_t end)
{
    char c = at(s, end), next = at(s, end + 1);
    return !((c == '.' || c == '@' || c == ':' || c == '-') && (word_byte(next) || next == '/')) &&
           c != '/' && c != '(';
}

bool read_matrix(struct scan *s, uint32_t i)
{
    uint32_t colon = i + 1, end;
    if (i && (word_byte(at(s, i - 1)) || at(s, i - 1) == '/' || at(s, i - 1) == '&'))
        return false;
    while (colon - i < LOCAL_MAX && at(s, colon) > ' ' && !among(at(s, colon), ":@#!,()<>\""))
        colon++;
    if (colon == i + 1 || at(s, colon) != ':' || !(end = plain_host(s, colon + 1)))
        return false;
    uint32_t tld = end, dots = 0;
    for (uint32_t k = colon + 1; k < end; k++)
        dots += at(s, k) == '.';
    while (at(s, tld - 1) != '.')
        tld--;
    if (dots < 2 && !strong_tld(s->s + tld, end - tld) && !(s->want & SCAN_ALONE))
        return false;
    return clean_set(s, "matrix.to/#/", i, end);
}

/* Names that mean everybody. */
static bool everybody(const struct scan *s, uint32_t from, uint32_t to)
{
    static const char *const names[] = {"everyone", "here", "channel", "room"};
    for (size_t n = 0; n < COUNT_OF(names); n++)
        if (text_is(s->s + from, to - from, names[n]))
            return true;
    return false;
}

bool read_handle(struct scan *s, uint32_t i)
{
    uint32_t end = name_at(s, i + 1);
    char before = at_before(s, i);
    if (end == i + 1 || word_byte(before) || before == '.' || before == '-' || before == '/' ||
        before == '@' || !ends_there(s, end) || everybody(s, i + 1, end))
        return false;
    if (s->want & (LINKS_HANDLES | SCAN_ALONE) || (s->word && i - s->word <= NEAR)) {
        bool so = clean_set(s, "t.me/", i + 1, end);
        s->from = i;
        return so;
    }
    s->at_from = i;
    s->at_to = end;
    return false;
}

/* What a word announces, and how little is enough behind it. */
enum word_kind {
    WORD_LATIN, /* a colon or an @ */
    WORD_FIRM,  /* also without: a name with a digit or underscore */
    WORD_LOOSE, /* means an aeroplane more often */
    WORD_NUMBER,
    WORD_PHONE,
    WORD_LINE,
};

static const struct word {
    const char *text, *link;
    uint8_t kind;
} words[] = {
    {"telegram", "t.me/", WORD_LATIN},
    {"tg", "t.me/", WORD_LATIN},
    {"teleg", "t.me/", WORD_LATIN},
    {"\xe7\xba\xb8\xe9\xa3\x9e\xe6\x9c\xba", "t.me/", WORD_FIRM},             /* paper plane */
    {"\xe7\x94\xb5\xe6\x8a\xa5", "t.me/", WORD_FIRM},                         /* telegraph */
    {"\xe9\xa3\x9e\xe6\x9c\xba", "t.me/", WORD_LOOSE},                        /* plane */
    {"\xed\x85\x94\xeb\xa0\x88\xea\xb7\xb8\xeb\x9e\xa8", "t.me/", WORD_FIRM}, /* Korean */
    {"\xed\x85\x94\xeb\xa0\x88", "t.me/", WORD_LATIN},                        /* its short form */
    {"\xe3\x83\x86\xe3\x83\xac\xe3\x82\xb0\xe3\x83\xa9\xe3\x83\xa0", "t.me/", WORD_FIRM}, /* kana */
    {"potato", "potato.im/", WORD_LATIN},
    {"safew", "safew.com/", WORD_LATIN},
    {"qq", "wpa.qq.com/?uin=", WORD_NUMBER},
    {"q\xe7\xbe\xa4", "wpa.qq.com/?uin=", WORD_NUMBER},
    {"\xe6\x89\xa3\xe6\x89\xa3", "wpa.qq.com/?uin=", WORD_NUMBER},
    {"\xe4\xbc\x81\xe9\xb9\x85", "wpa.qq.com/?uin=", WORD_NUMBER},
    {"whatsapp", "wa.me/", WORD_PHONE},
    {"signal", "signal.me/#p/+", WORD_PHONE},
    {"line id", "line.me/ti/p/~", WORD_LINE},
    {"lineid", "line.me/ti/p/~", WORD_LINE},
};

/* What may stand between a word and its name. */
static const char *const between[] = {
    "\xe7\xbe\xa4\xe7\xbb\x84",
    "\xe7\xbe\xa4\xe5\x8f\xb7",
    "\xe8\xb4\xa6\xe5\x8f\xb7",
    "\xe5\xb8\x90\xe5\x8f\xb7",
    "\xe5\x8f\xb7\xe7\xa0\x81",
    "\xe9\xa2\x91\xe9\x81\x93",
    "\xe8\x81\x94\xe7\xb3\xbb",
    "\xe6\x90\x9c\xe7\xb4\xa2",
    "\xe4\xba\xa4\xe6\xb5\x81",
    "\xe7\xbe\xa4",
    "\xe5\x8f\xb7",
    "\xe5\x8a\xa0",
    "\xe6\x90\x9c",
    "\xe6\x98\xaf",
    "\xe8\x81\x8a",
    "channel",
    "group",
    "username",
    "handle",
    "id",
    "number",
};

struct gap {
    uint32_t end;
    bool colon, at, named; /* a colon, an @, one of the Chinese words stood in it */
};

static struct gap gap_at(const struct scan *s, uint32_t i)
{
    struct gap g = {.end = i};
    for (bool more = true; more && g.end - i < NEAR;) {
        char c = at(s, g.end);
        more = false;
        if (g.end < s->size && among(c, " :@=->~")) {
            g.colon = g.colon || c == ':' || c == '=';
            g.at = g.at || c == '@';
            g.end++;
            more = true;
            continue;
        }
        for (size_t n = 0; n < COUNT_OF(between) && !more; n++) {
            size_t size = strlen(between[n]);
            if (!starts(s, g.end, between[n]) ||
                (is_alpha(*between[n]) && word_byte(at(s, g.end + (uint32_t)size))))
                continue;
            g.named = g.named || !is_alpha(*between[n]);
            g.end += (uint32_t)size;
            more = true;
        }
    }
    return g;
}

/* CA1234 is a flight. */
static bool flight(const struct scan *s, uint32_t i, uint32_t end)
{
    bool so = end - i >= 5 && end - i <= 6 && is_alpha(at(s, i + 1));
    for (uint32_t k = i + 2; so && k < end; k++)
        so = is_digit(at(s, k));
    return so;
}

/* Nothing more on the line. */
static bool last_on_line(const struct scan *s, uint32_t i)
{
    while (i < s->size && at(s, i) == ' ') {
        char raw = (char)(s->same ? s->raw->bytes[s->fold->map[i]] : ' ');
        if (raw == '\n' || raw == '\r')
            return true;
        i++;
    }
    return i >= s->size || at(s, i) & 0x80;
}

static bool word_name(struct scan *s, const struct word *w, uint32_t from, struct gap g)
{
    uint32_t end = name_at(s, g.end);
    bool marked = false;
    for (uint32_t k = g.end; k < end; k++)
        marked = marked || !is_alpha(at(s, k));
    if (end == g.end || !ends_there(s, end) || everybody(s, g.end, end))
        return false;
    if (!g.at) {
        bool enough = marked || (g.colon && last_on_line(s, end) && end - g.end > 4);
        bool firm = g.colon || (w->kind == WORD_FIRM && marked) ||
                    (w->kind != WORD_LATIN && g.named && marked);
        if (!enough || !firm || (w->kind == WORD_LOOSE && flight(s, g.end, end)))
            return false;
    }
    bool so = clean_set(s, w->link, g.end, end);
    s->from = from;
    return so;
}

/* A number, whose digits a single blank or hyphen may part. */
static bool
word_number(struct scan *s, const struct word *w, uint32_t from, uint32_t i, struct gap g)
{
    char digits[16];
    size_t n = 0;
    bool phone = w->kind == WORD_PHONE;
    uint32_t k = g.end;
    if (phone && (at(s, k) != '+' || !is_digit(at(s, k + 1))))
        return false;
    k += phone;
    if (!phone && (k == i ? !is_digit(at(s, i)) : false))
        return false;
    uint32_t end = k;
    while (n < sizeof(digits) && is_digit(at(s, k))) {
        digits[n++] = at(s, k++);
        end = k;
        k += (at(s, k) == ' ' || at(s, k) == '-') && is_digit(at(s, k + 1)) &&
             is_digit(at(s, k + 2));
    }
    if (n < (phone ? 7u : 5u) || n > (phone ? 15u : 11u) || word_byte(at(s, end)) ||
        digits[0] == '0')
        return false;
    (void)clean_set(s, w->link, end, end);
    for (size_t d = 0; d < n; d++) {
        s->place[s->clean_size] = end;
        s->clean[s->clean_size++] = digits[d];
    }
    s->from = from;
    return true;
}

static bool word_line(struct scan *s, const struct word *w, uint32_t from, struct gap g)
{
    uint32_t end = g.end;
    while (end - g.end < 20 && (word_byte(at(s, end)) || at(s, end) == '.' || at(s, end) == '-'))
        end++;
    while (end > g.end && !word_byte(at(s, end - 1)))
        end--;
    if (!(g.colon || g.at) || end - g.end < 4 || word_byte(at(s, end)))
        return false;
    bool so = clean_set(s, g.at ? "line.me/ti/p/@" : w->link, g.end, end);
    s->from = from;
    return so;
}

/* An "@name" shortly before the word. */
static bool name_before(struct scan *s, const struct word *w, uint32_t from)
{
    if (s->at_to <= s->done || s->at_to > from || from - s->at_to > BEHIND || w->kind == WORD_LOOSE)
        return false;
    for (uint32_t k = s->at_to; k < from; k++)
        if (!among(at(s, k), " (),.:-["))
            return false;
    uint32_t start = s->at_from;
    bool so = clean_set(s, w->link, start + 1, s->at_to);
    s->from = start;
    s->at_to = 0;
    return so;
}

static bool try_word(struct scan *s, const struct word *w, uint32_t i)
{
    uint32_t end = i + (uint32_t)strlen(w->text);
    bool latin = is_alpha(w->text[0]);
    if (latin &&
        ((i && word_byte(at(s, i - 1))) || (w->kind != WORD_NUMBER && word_byte(at(s, end)))))
        return false;
    if (at(s, end) == '.')
        return false;
    struct gap g = gap_at(s, end);
    if (w->kind == WORD_NUMBER || w->kind == WORD_PHONE)
        return word_number(s, w, i, end, g);
    if (w->kind == WORD_LINE)
        return word_line(s, w, i, g);
    if (word_name(s, w, i, g) || name_before(s, w, i))
        return true;
    if (strcmp(w->link, "t.me/") == 0)
        s->word = end;
    return false;
}

bool read_word(struct scan *s, uint32_t i)
{
    for (size_t n = 0; n < COUNT_OF(words); n++)
        if (words[n].text[0] == s->s[i] && words[n].text[1] == at(s, i + 1) &&
            starts(s, i, words[n].text) && try_word(s, &words[n], i))
            return true;
    return false;
}
