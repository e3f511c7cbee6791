/* Hosts, tails and schemes as they stand in a text, their disguise taken off. */
#include "text/links.h"
#include "text/suffix.h"
#include "text/views.h"

/* How two labels of a host are joined. */
enum joint {
    JOINT_NONE,
    JOINT_PLAIN,   /* a.b */
    JOINT_BRACKET, /* a[.]b, a (dot) b */
    JOINT_WIDE,    /* a . b */
    JOINT_HAN,     /* a点b */
    JOINT_WORD,    /* a dot b */
    JOINT_BLANK,   /* a. b or a .b: as sentences are */
};

enum { BLANKS = 2, USER_MAX = 128, LABEL_MAX = 63, DISGUISED_MAX = 5 };

/* ---- the raw text's case ---- */

static bool upper(uint32_t c)
{
    if (c < 0x250)
        return c < 0x100 ? c >= 0xc0 && c <= 0xde : c % 2 == 0;
    return (c >= 0x391 && c <= 0x3a9) || (c >= 0x400 && c <= 0x42f) || (c >= 0x531 && c <= 0x556) ||
           (c >= 0x1e00 && c < 0x1f00 && c % 2 == 0) || (c >= 0x24b6 && c <= 0x24cf) ||
           (c >= 0xff21 && c <= 0xff3a) ||
           (c >= 0x1d400 && c < 0x1d6a4 && (c - 0x1d400) % 52 < 26) ||
           (c >= 0x1f110 && c < 0x1f18a);
}

/* Where the character behind a byte of the fold view stands in the raw view. */
static const uint8_t *raw_at(const struct scan *s, uint32_t i)
{
    uint32_t want = s->fold->map[i], low = 0, high = s->raw->size;
    if (s->same)
        return (const uint8_t *)s->raw->bytes + want;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (s->raw->map[middle] < want)
            low = middle + 1;
        else
            high = middle;
    }
    return (const uint8_t *)s->raw->bytes + low;
}

char cased(const struct scan *s, uint32_t i)
{
    char c = s->s[i];
    if (c < 'a' || c > 'z')
        return c;
    const uint8_t *raw = raw_at(s, i);
    unsigned length;
    bool big = raw[0] < 0x80 ? raw[0] == (uint8_t)(c - 32) : upper(utf8_get(raw, &length));
    return (char)(big ? c - 32 : c);
}

/* Is the byte, ASCII in the view, something else in the text? */
static bool disguised(const struct scan *s, uint32_t i)
{
    return *raw_at(s, i) >= 0x80;
}

/* ---- hosts ---- */

/* The TLDs that need no path: common, and no words or file names of their own. */
static const char strong[] = " com net org info biz xyz top vip club shop site online store app "
                             "dev io ai cc gg tv cn ru ua de uk "
                             "jp kr fr nl pl br eu cz ch tw hk sg vn th kz ir tr au ca us mx es ar "
                             "ro hu se fi dk pt gr sk bg by "
                             "icu win fun live tech link pro wang ltd space website click chat "
                             "group asia tel mobi edu gov im ";

bool strong_tld(const char *tld, size_t size)
{
    char word[8] = " ";
    if (size > 4 && memcmp(tld, "xn--", 4) == 0)
        return true;
    if (size < 2 || size > 6) {
        return size == 7 && memcmp(tld, "website", 7) == 0;
    }
    memcpy(word + 1, tld, size);
    word[size + 1] = ' ';
    return memmem(strong, sizeof(strong) - 1, word, size + 2) != NULL;
}

static uint32_t blanks(const struct scan *s, uint32_t i)
{
    uint32_t n = 0;
    while (n < BLANKS && at(s, i + n) == ' ' && i + n < s->size)
        n++;
    return n;
}

/* "." or a word for it, without what is around. */
static uint32_t dot_word(const struct scan *s, uint32_t i)
{
    return at(s, i) == '.'                              ? 1
           : starts(s, i, "dot") || starts(s, i, "d0t") ? 3
           : starts(s, i, "\xe7\x82\xb9")               ? 3
                                                        : 0;
}

/* What joins two labels at `i`; where it ends. */
static enum joint joint_at(const struct scan *s, uint32_t i, uint32_t *end)
{
    uint32_t before = blanks(s, i), j = i + before, after, n;
    char c = at(s, j), close = (char)(c == '['   ? ']'
                                      : c == '(' ? ')'
                                      : c == '{' ? '}'
                                      : c == '<' ? '>'
                                                 : 0);
    if (close) {
        j += 1 + blanks(s, j + 1);
        n = dot_word(s, j);
        j += n + blanks(s, j + n);
        if (!n || at(s, j) != close)
            return JOINT_NONE;
        *end = j + 1 + blanks(s, j + 1);
        return JOINT_BRACKET;
    }
    n = dot_word(s, j);
    after = blanks(s, j + n);
    *end = j + n + after;
    if (!n)
        return JOINT_NONE;
    if (c == '.')
        return !before && !after ? JOINT_PLAIN : before && after ? JOINT_WIDE : JOINT_BLANK;
    if (c != 'd')
        return JOINT_HAN;
    return before && after ? JOINT_WORD : JOINT_NONE;
}

struct host {
    uint32_t end[LABELS_MAX];  /* behind each label, in the view */
    size_t size[LABELS_MAX];   /* of the host up to there */
    uint8_t joint[LABELS_MAX]; /* before the label */
    unsigned n;
    bool plain; /* no disguise so far */
};

static bool label_byte(char c, bool any)
{
    return is_alnum(c) || c == '-' || c == '_' || (any && c & 0x80);
}

/* The labels from `i` on, into clean. `any`: also of other scripts. */
static void labels(struct scan *s, uint32_t i, bool any, struct host *h)
{
    enum joint joint = JOINT_NONE;
    size_t size = 0;
    h->n = 0;
    h->plain = true;
    while (h->n < (h->plain ? LABELS_MAX : DISGUISED_MAX)) {
        uint32_t from = i, next;
        if (h->n && size < HOST_MAX) {
            s->place[size] = i;
            s->clean[size++] = '.';
        }
        while (label_byte(at(s, i), any) && i - from < LABEL_MAX && size < HOST_MAX) {
            if (any && starts(s, i, "\xe7\x82\xb9"))
                break;
            s->place[size] = i + 1;
            s->clean[size++] = s->s[i++];
        }
        uint32_t end = i;
        while (end > from && (s->s[end - 1] == '-' || s->s[end - 1] == '_'))
            end--;
        if (end == from || s->s[from] == '-')
            return;
        h->end[h->n] = end;
        h->size[h->n] = size - (i - end);
        h->joint[h->n++] = (uint8_t)joint;
        h->plain = h->plain && joint <= JOINT_PLAIN;
        joint = end == i ? joint_at(s, i, &next) : JOINT_NONE;
        if (joint == JOINT_NONE || !label_byte(at(s, next), any))
            return;
        i = next;
    }
}

/* A slash at `i`, in any dress; where it ends, 0: none. */
static uint32_t slash_at(const struct scan *s, uint32_t i)
{
    static const char *const forms[] = {"/",     "\\", "[/]", "(/)", "\xe6\x96\x9c\xe6\x9d\xa0",
                                        "slash "};
    for (size_t f = 0; f < COUNT_OF(forms); f++)
        if (starts(s, i, forms[f]) && (f < 5 || (i && at(s, i - 1) == ' ')))
            return i + (uint32_t)strlen(forms[f]);
    return 0;
}

/* Where a host at `i`, joined by plain dots, ends; 0: there is none. */
uint32_t plain_host(const struct scan *s, uint32_t i)
{
    uint32_t label = i, dots = 0;
    bool known;
    while (i - label < HOST_MAX &&
           (label_byte(at(s, i), false) || (at(s, i) == '.' && is_alnum(at(s, i + 1)) && ++dots)))
        i++;
    if (!dots)
        return 0;
    size_t size = i - label;
    size_t suffix = suffix_size(s->s + label, size, &known);
    return known && suffix < size ? i : 0;
}

/* A slash behind blanks, with something behind it that is no host. */
static bool spaced_slash(const struct scan *s, uint32_t i)
{
    uint32_t slash = slash_at(s, i + blanks(s, i));
    if (!slash)
        return false;
    slash += blanks(s, slash);
    return (is_alnum(at(s, slash)) || among(at(s, slash), "+#?@~!%-_")) && !plain_host(s, slash);
}

struct sight {
    bool scheme,
        left; /* a scheme before it; nothing before it that makes it part of another thing */
};

/* "end.De" and "MSL。UA" are sentences that lack a blank. */
static bool sentence(const struct scan *s, uint32_t first, uint32_t tld)
{
    char a = cased(s, tld), b = cased(s, tld + 1), before = cased(s, first);
    bool big = a != at(s, tld),
         ideographic = disguised(s, tld - 1) && raw_at(s, tld - 1)[0] != 0xef;
    return big && (ideographic || (b == at(s, tld + 1) && before == at(s, first)));
}

/* Are the first `k` labels a host, as they stand there? */
static bool acceptable(const struct scan *s, const struct host *h, unsigned k, struct sight in)
{
    unsigned kinds = 0;
    size_t size = h->size[k - 1], start = h->size[k - 2] + 1, length = size - start;
    uint32_t end = h->end[k - 1];
    const char *tld = s->clean + start;
    struct slice host = {s->clean, size};
    bool known, alone = s->want & SCAN_ALONE, www = size > 4 && memcmp(s->clean, "www.", 4) == 0;
    bool slash = slash_at(s, end) || at(s, end) == '?' || at(s, end) == '#';
    for (unsigned i = 1; i < k; i++)
        kinds |= 1u << h->joint[i];
    size_t suffix = suffix_size(s->clean, size, &known);
    if (www && link_service((struct slice){host.at + 4, size - 4}))
        host = (struct slice){host.at + 4, size - 4};
    bool service = link_service(host);
    if (!known || (suffix >= size && !service))
        return false;
    if (service && (slash || spaced_slash(s, end)))
        return true;
    bool firm = !(kinds & ~(1u << JOINT_PLAIN | 1u << JOINT_BRACKET));
    bool name = k > 2 && size > 5 && memcmp(s->clean + size - 5, ".t.me", 5) == 0;
    if (kinds & 1u << JOINT_BLANK)
        return false;
    if (!firm && (in.scheme || www || alone || slash))
        return strong_tld(tld, length) || in.scheme || alone;
    if (!firm)
        return !(kinds & 1u << JOINT_WORD) &&
               (text_is(tld, length, "com") || text_is(tld, length, "net") ||
                text_is(tld, length, "org") ||
                ((kinds & 1u << JOINT_HAN) && strong_tld(tld, length)));
    /* "the dot (.) as such" */
    bool bracket = kinds & 1u << JOINT_BRACKET &&
                   (slash || at(s, h->end[k - 2]) != ' ' || strong_tld(tld, length));
    if (in.scheme || alone || bracket || name)
        return true;
    if (!in.left || at(s, end) == '(')
        return false;
    if (www || (at(s, end) == '/' && label_byte(at(s, end + 1), false)))
        return true;
    bool common =
        text_is(tld, length, "com") || text_is(tld, length, "net") || text_is(tld, length, "org");
    return strong_tld(tld, length) && (common || !sentence(s, s->from, end - (uint32_t)length));
}

/* 1.2.3.4, and names that are nobody's: only behind a scheme. */
static bool address(const struct scan *s, const struct host *h, unsigned k)
{
    bool digits = true, letters = false;
    for (unsigned i = 1; i < k; i++)
        if (h->joint[i] != JOINT_PLAIN)
            return false;
    for (size_t i = 0; i < h->size[k - 1]; i++) {
        digits = digits && (is_digit(s->clean[i]) || s->clean[i] == '.');
        letters = letters || (i > h->size[k - 2] && !is_digit(s->clean[i]));
    }
    return (digits && k == 4) || (letters && k == h->n);
}

/* ---- what follows a host ---- */

/* Does another link begin there? */
static bool link_begins(const struct scan *s, uint32_t i)
{
    if (starts(s, i, "http") || starts(s, i, "hxxp"))
        return true;
    uint32_t end = plain_host(s, i);
    return end && link_service((struct slice){s->s + i, end - i});
}

static bool tail_byte(const struct scan *s, uint32_t i, bool service)
{
    char c = at(s, i);
    if (c <= ' ' || c >= 0x7f || among(c, "\"<>`{}|\\^"))
        return false;
    if (service && among(c, ",;'()*[]"))
        return false;
    if ((c == ',' || c == ';') && link_begins(s, i + 1))
        return false;
    if (is_alnum(c) || among(c, "/?#=&%+-_@~:") || !disguised(s, i))
        return true;
    return c == '.' && raw_at(s, i)[0] == 0xef; /* the full-width one; others end sentences */
}

static bool clean_add(struct scan *s, char c, uint32_t end)
{
    if (s->clean_size >= KEY_MAX - 64)
        return false;
    s->place[s->clean_size] = end;
    s->clean[s->clean_size++] = c;
    return true;
}

/* The tail that begins at `i`, a slash or a mark; where it ends. */
static uint32_t tail(struct scan *s, uint32_t i, bool service, bool loose)
{
    for (;;) {
        uint32_t slash = slash_at(s, i), gap = blanks(s, i), end;
        bool added = true;
        if (at(s, i) == '\\' && !service)
            return i;
        if (slash) {
            added = clean_add(s, '/', slash);
            gap = blanks(s, slash);
            if (service && gap && (loose || at(s, slash + gap) == '+'))
                slash += gap;
            i = slash;
        } else if (service && gap && loose && spaced_slash(s, i)) {
            i += gap;
        } else if (at(s, i) == '[' && joint_at(s, i, &end) == JOINT_BRACKET &&
                   at(s, end - 1) == ']') {
            added = clean_add(s, '.', end);
            i = end;
        } else if (tail_byte(s, i, service)) {
            char c = cased(s, i);
            added = clean_add(s, c, i + 1);
            i++;
            if (service && c == '+' && s->clean[s->clean_size - 2] == '/')
                i += is_alnum(at(s, i + blanks(s, i))) ? blanks(s, i) : 0;
        } else {
            return i;
        }
        if (!added)
            return i;
    }
}

/* The host's end is settled: port and tail. */
static void read_tail(struct scan *s, bool loose)
{
    struct slice host = {s->clean, s->host_size};
    uint32_t i = s->to, port = i + 1;
    if (host.size > 4 && memcmp(host.at, "www.", 4) == 0)
        host = (struct slice){host.at + 4, host.size - 4};
    bool service = link_service(host);
    if (at(s, i) == ':') {
        while (is_digit(at(s, port)) && port < i + 6)
            port++;
        if (port > i + 1 && !is_alnum(at(s, port)))
            i = port;
    }
    if (at(s, i) == '.' && (at(s, i + 1) == '/' || at(s, i + 1) == ':'))
        i++;
    bool spaced = service && !slash_at(s, i) && spaced_slash(s, i);
    if (spaced)
        i += blanks(s, i);
    if ((!slash_at(s, i) || (at(s, i) == '\\' && !service)) && at(s, i) != '?' && at(s, i) != '#')
        return;
    (void)tail(s, i, service, loose || spaced);
    size_t size = url_trim(s->clean, s->clean_size);
    s->clean_size = size > s->host_size ? size : s->host_size;
    if (s->clean_size > s->host_size)
        s->to = s->place[s->clean_size - 1];
}

/* Host and tail at `i`. */
static bool read_at(struct scan *s, uint32_t i, struct sight in)
{
    struct host h;
    labels(s, i, in.scheme || s->want & SCAN_ALONE, &h);
    for (unsigned k = h.n; k > 1; k--) {
        bool loose = false;
        if (!acceptable(s, &h, k, in) && !(in.scheme && address(s, &h, k)))
            continue;
        for (unsigned j = 1; j < k; j++)
            loose = loose || h.joint[j] > JOINT_BRACKET;
        s->scheme = (struct slice){NULL, 0};
        s->to = h.end[k - 1];
        s->host_size = s->clean_size = h.size[k - 1];
        if (!in.scheme && at(s, s->to) == '@')
            return false;
        read_tail(s, loose);
        return true;
    }
    /* What is no host with all its labels is none with fewer, or reading a long row takes long. */
    if (h.plain && h.n > 2)
        s->done = h.end[h.n - 2];
    return false;
}

bool read_host(struct scan *s, uint32_t i)
{
    uint32_t start = i;
    if (i <= s->done)
        return false;
    while (start > s->done && at(s, start - 1) == ' ' && i - start < BLANKS)
        start--;
    uint32_t end = start, stop = end - s->done > LABEL_MAX ? end - LABEL_MAX : s->done;
    while (start > stop && label_byte(at(s, start - 1), false))
        start--;
    while (start < end && !is_alnum(at(s, start)))
        start++;
    if (start == end)
        return false;
    char before = at_before(s, start);
    bool slashes = start > 1 && before == '/' && at(s, start - 2) == '/';
    if (before == '@')
        return false;
    s->from = start;
    return read_at(s, start, (struct sight){false, slashes || (before != '/' && before != '\\')});
}

/* ---- schemes ---- */

static const char *const app_schemes[] = {
    "tg",      "telegram", "discord",       "matrix", "whatsapp", "line",
    "tencent", "mqqapi",   "mqqopensdkapi", "potato", "ptt",      "safew",
};

/* http, hxxp, h**p, with or without an s; sgnl. */
static bool web_scheme(const char *t, size_t size)
{
    if (size == 5 && t[4] == 's')
        size--;
    if (size != 4 || memcmp(t, "sgnl", 4) == 0)
        return size == 4;
    return t[0] == 'h' && t[3] == 'p' && among(t[1], "tx*+") && among(t[2], "tx*+");
}

/* Behind "//" and the brackets and blanks around it; `from` when there is none. */
static uint32_t slashes(const struct scan *s, uint32_t from)
{
    uint32_t i = from, n = 0;
    i += at(s, i) == ']' || at(s, i) == ')';
    for (; n < 2; n++) {
        uint32_t slash = slash_at(s, i + blanks(s, i));
        if (!slash)
            return from;
        i = slash;
    }
    while (at(s, i) == '/')
        i++;
    return i + blanks(s, i);
}

/* Behind a user and password. */
static uint32_t skip_user(const struct scan *s, uint32_t i)
{
    for (uint32_t j = i; j < i + USER_MAX && at(s, j) > ' ' && !among(at(s, j), "/?#"); j++)
        if (at(s, j) == '@')
            return j + 1;
    return i;
}

/* What follows the scheme of an app. */
static bool read_app(struct scan *s, uint32_t i, struct slice scheme)
{
    uint32_t stop = i + SCHEME_TAIL;
    s->clean_size = s->host_size = 0;
    while (at(s, i) == '/')
        i++;
    while (i < stop && tail_byte(s, i, true)) {
        (void)clean_add(s, cased(s, i), i + 1);
        i++;
    }
    s->clean_size = url_trim(s->clean, s->clean_size);
    if (!s->clean_size)
        return false;
    s->to = s->place[s->clean_size - 1];
    s->scheme = scheme;
    return true;
}

bool read_scheme(struct scan *s, uint32_t i)
{
    uint32_t end = i, start, after = slashes(s, i + 1);
    end -= end > s->done && (at(s, end - 1) == '[' || at(s, end - 1) == '(');
    while (end > s->done && at(s, end - 1) == ' ' && i - end < BLANKS)
        end--;
    start = end;
    while (start > s->done && end - start < 14 &&
           (is_alpha(at(s, start - 1)) || among(at(s, start - 1), "*+")))
        start--;
    const char *t = s->s + start;
    size_t size = end - start;
    if (after > i + 1) {
        for (size_t n = 5; n > 3; n--) {
            if (size < n || !web_scheme(t + size - n, n))
                continue;
            s->from = end - (uint32_t)n;
            return read_at(s, skip_user(s, after), (struct sight){true, true});
        }
    }
    if (start && is_digit(at(s, start - 1)))
        return false;
    for (size_t n = 0; n < COUNT_OF(app_schemes); n++) {
        bool opaque = n < 2 || n == 3;
        if (!text_is(t, size, app_schemes[n]) || (after == i + 1 && !opaque))
            continue;
        s->from = start;
        return read_app(s, after, (struct slice){app_schemes[n], strlen(app_schemes[n])});
    }
    return false;
}

bool clean_set(struct scan *s, const char *prefix, uint32_t from, uint32_t to)
{
    s->clean_size = 0;
    s->scheme = (struct slice){NULL, 0};
    for (const char *p = prefix; *p; p++)
        (void)clean_add(s, *p, from);
    for (uint32_t i = from; i < to; i++)
        if (!clean_add(s, cased(s, i), i + 1))
            return false;
    s->host_size = 0;
    s->from = from;
    s->to = to;
    return true;
}
