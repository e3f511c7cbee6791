/* The chat services' links: one key for each group, channel, person or invite. */
#include <strings.h>

#include "text/links.h"

const struct term link_family_terms[] = {
    {"telegram", LINK_TELEGRAM},
    {"discord", LINK_DISCORD},
    {"matrix", LINK_MATRIX},
    {"whatsapp", LINK_WHATSAPP},
    {"line", LINK_LINE},
    {"signal", LINK_SIGNAL},
    {"qq", LINK_QQ},
    {"potato", LINK_POTATO},
    {"safew", LINK_SAFEW},
    {"web", LINK_WEB},
    {NULL, 0},
};

enum { PARTS = 6 };

/* A service's link: the parts of the path and the fragment, decoded. */
struct parts {
    uint8_t family;
    struct slice host, part[PARTS], query, fragment;
    char decoded[2 * KEY_MAX];
    size_t used;
};

void key_begin(struct key *k, uint8_t family)
{
    k->size = 0;
    k->over = false;
    k->family = family;
    key_str(k, term_name(link_family_terms, family));
    key_str(k, ":");
}

void key_add(struct key *k, const char *bytes, size_t size)
{
    if (size > sizeof(k->bytes) - k->size) {
        k->over = true;
        return;
    }
    if (size)
        memcpy(k->bytes + k->size, bytes, size);
    k->size += size;
}

void key_lower(struct key *k, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        key_add(k, (const char[]){to_lower(bytes[i])}, 1);
}

static bool same(struct slice s, const char *word)
{
    return s.size == strlen(word) && strncasecmp(s.at, word, s.size) == 0;
}

static struct slice decode(struct parts *p, struct slice s)
{
    struct slice out = {p->decoded + p->used, 0};
    for (size_t i = 0; i < s.size && p->used < sizeof(p->decoded); i++) {
        char c = s.at[i];
        if (c == '%' && s.size - i > 2 && hex_value(s.at[i + 1]) >= 0 &&
            hex_value(s.at[i + 2]) >= 0) {
            c = (char)(hex_value(s.at[i + 1]) * 16 + hex_value(s.at[i + 2]));
            i += 2;
        }
        p->decoded[p->used++] = c;
        out.size++;
    }
    return out;
}

/* The value of one of a query's names; empty when it is not there. */
static struct slice value(struct parts *p, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < p->query.size;) {
        const char *part = p->query.at + i, *end = memchr(part, '&', p->query.size - i);
        size_t size = end ? (size_t)(end - part) : p->query.size - i;
        if (size > n && part[n] == '=' && strncasecmp(part, name, n) == 0)
            return decode(p, (struct slice){part + n + 1, size - n - 1});
        i += size + 1;
    }
    return (struct slice){p->decoded, 0};
}

/* Splits a path; empty parts are left out. */
static void split(struct parts *p, struct slice path)
{
    for (size_t i = 0, n = 0; i < path.size && n < PARTS;) {
        const char *part = path.at + i, *end = memchr(part, '/', path.size - i);
        size_t size = end ? (size_t)(end - part) : path.size - i;
        if (size)
            p->part[n++] = decode(p, (struct slice){part, size});
        i += size + 1;
    }
}

/* The code at the start: letters, digits and `others`. Empty when it is too short or too long. */
static struct slice code(struct slice s, const char *others, size_t min, size_t max)
{
    size_t n = 0;
    while (n < s.size && s.at[n] && (is_alnum(s.at[n]) || strchr(others, s.at[n])))
        n++;
    return (struct slice){s.at, n >= min && n <= max ? n : 0};
}

static bool put(struct key *k, const struct parts *p, const char *mark, struct slice s)
{
    if (!s.size)
        return false;
    key_begin(k, p->family);
    key_str(k, mark);
    key_add(k, s.at, s.size);
    return !k->over;
}

/* A number at the start, of 5 to 15 digits, without the zeros and signs before it. */
static struct slice number(struct slice s, size_t min, size_t max)
{
    while (s.size && (s.at[0] == '+' || s.at[0] == '0' || s.at[0] == ' ')) {
        s.at++;
        s.size--;
    }
    size_t n = 0;
    while (n < s.size && is_digit(s.at[n]))
        n++;
    return (struct slice){s.at, n >= min && n <= max ? n : 0};
}

/* Paths that are no names. */
static const char *const reserved[] = {
    "share", "proxy",    "socks",   "setlanguage", "addtheme", "iv",
    "login", "bg",       "invoice", "giftcode",    "contact",  "confirmphone",
    "msg",   "joinchat", "addlist", "boost",       "addemoji", "addstickers",
};

static bool user(struct key *k, const struct parts *p, struct slice s)
{
    if (s.size && s.at[0] == '@')
        s = (struct slice){s.at + 1, s.size - 1};
    s = code(s, "_", 1, 64);
    while (s.size && s.at[s.size - 1] == '_')
        s.size--;
    if (s.size < 4 || s.size > 32 || !is_alpha(s.at[0]))
        return false;
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (same(s, reserved[i]))
            return false;
    key_begin(k, p->family);
    key_str(k, "@");
    key_lower(k, s.at, s.size);
    return !k->over;
}

static bool hash(struct key *k, const struct parts *p, struct slice s)
{
    while (s.size && (s.at[0] == '+' || s.at[0] == ' '))
        s = (struct slice){s.at + 1, s.size - 1};
    return put(k, p, "+", code(s, "_-", 1, 64));
}

/* Telegram, and those that are made like it. */
static bool telegram(struct key *k, struct parts *p)
{
    const struct slice *part = p->part;
    static const struct {
        const char *word, *mark;
    } kept[] = {{"c", "c/"},
                {"addlist", "addlist/"},
                {"addstickers", "addstickers/"},
                {"addemoji", "addemoji/"}};
    if (p->fragment.size && slice_is(p->host, "web.telegram.org")) {
        const char *name = memchr(p->fragment.at, '@', p->fragment.size);
        return name &&
               user(k, p, (struct slice){name, p->fragment.size - (size_t)(name - p->fragment.at)});
    }
    if (!part[0].size || slice_is(p->host, "web.telegram.org"))
        return false;
    if (part[0].at[0] == '+' || part[0].at[0] == ' ')
        return hash(k, p, part[0].size > 1 ? part[0] : part[1]);
    if (same(part[0], "joinchat"))
        return hash(k, p, part[1]);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (same(part[0], kept[i].word))
            return put(k, p, kept[i].mark, code(part[1], i ? "_-" : "", 1, 64));
    if (same(part[0], "s") || same(part[0], "boost"))
        return user(k, p, part[1]);
    return user(k, p, part[0]);
}

/* tg: and its like: what to do is the first part. */
static bool telegram_scheme(struct key *k, struct parts *p)
{
    const struct slice verb = p->part[0];
    if (same(verb, "join"))
        return hash(k, p, value(p, "invite"));
    if (same(verb, "addlist"))
        return put(k, p, "addlist/", code(value(p, "slug"), "_-", 1, 64));
    if (same(verb, "privatepost") || same(verb, "openmessage"))
        return put(k, p, "c/", code(value(p, "channel"), "", 1, 64));
    if (!same(verb, "resolve"))
        return false;
    struct slice phone = number(value(p, "phone"), 5, 15);
    return phone.size ? put(k, p, "+", phone) : user(k, p, value(p, "domain"));
}

static bool discord(struct key *k, struct parts *p)
{
    const struct slice *part = p->part;
    bool any = slice_is(p->host, "discord.gg");
    if (part[0].size && slice_is(part[0], "-"))
        part++;
    if (same(part[0], "invite") || any) {
        struct slice invite = code(part[same(part[0], "invite")], "-_", 2, 64);
        return !same(invite, "invite") && put(k, p, "", invite);
    }
    if (same(part[0], "users"))
        return put(k, p, "users/", number(part[1], 5, 24));
    return same(part[0], "channels") && put(k, p, "channels/", number(part[1], 5, 24));
}

/* @user:server, #room:server, !id:server, !id. */
static bool matrix_id(struct key *k, struct parts *p, char sigil, struct slice s)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *colon = s.size ? memchr(s.at, ':', s.size) : NULL;
    size_t local = colon ? (size_t)(colon - s.at) : s.size, i = local + 1;
    if (!local || (!colon && sigil != '!'))
        return false;
    key_begin(k, p->family);
    key_add(k, &sigil, 1);
    for (size_t j = 0; j < local; j++) {
        char c = (char)(sigil == '@' ? to_lower(s.at[j]) : s.at[j]);
        uint8_t u = (uint8_t)c;
        if (is_alnum(c) || (c && strchr("-._=+~!*$'()@", c)))
            key_add(k, &c, 1);
        else
            key_add(k, (const char[]){'%', digits[u >> 4], digits[u & 15]}, 3);
    }
    if (!colon)
        return !k->over && local > 20;
    while (i < s.size && (is_alnum(s.at[i]) || s.at[i] == '-' || s.at[i] == '.'))
        i++;
    while (i > local + 1 && !is_alnum(s.at[i - 1]))
        i--;
    if (i < local + 2)
        return false;
    key_str(k, ":");
    key_lower(k, s.at + local + 1, i - local - 1);
    return !k->over;
}

/* matrix.to/#/ID: the sign and the colon may be quoted, what follows in the path is an event. */
static bool matrix(struct key *k, struct parts *p)
{
    struct slice f = p->fragment;
    while (f.size && f.at[0] == '/')
        f = (struct slice){f.at + 1, f.size - 1};
    for (size_t i = 0; i < f.size; i++)
        if (f.at[i] == '/' || f.at[i] == '?')
            f.size = i;
    f = decode(p, f);
    if (!f.size || !among(f.at[0], "@#!"))
        return false;
    return matrix_id(k, p, f.at[0], (struct slice){f.at + 1, f.size - 1});
}

static bool matrix_scheme(struct key *k, struct parts *p)
{
    const struct slice kind = p->part[0];
    bool room = same(kind, "r") || same(kind, "room");
    char sigil = (char)(room                                    ? '#'
                        : same(kind, "u") || same(kind, "user") ? '@'
                        : same(kind, "roomid")                  ? '!'
                                                                : 0);
    return sigil && matrix_id(k, p, sigil, p->part[1]);
}

static bool phone(struct key *k, const struct parts *p, struct slice s)
{
    return put(k, p, "+", number(s, 6, 15));
}

static bool whatsapp(struct key *k, struct parts *p)
{
    const struct slice *part = p->part;
    static const char *const kept[] = {"message", "channel", "qr"};
    static const char *const marks[] = {"message/", "channel/", "qr/"};
    if (slice_is(p->host, "chat.whatsapp.com"))
        return put(k, p, "", code(part[same(part[0], "invite")], "_-", 6, 64));
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (same(part[0], kept[i]))
            return put(k, p, marks[i], code(part[1], "_-", 4, 64));
    if (same(part[0], "send"))
        return phone(k, p, value(p, "phone"));
    if (same(part[0], "chat") && p->query.size)
        return put(k, p, "", code(value(p, "code"), "_-", 6, 64));
    return slice_is(p->host, "wa.me") && phone(k, p, part[0]);
}

/* ti/g/X, ti/g2/X and ti/p/X, where X may be a name: ~id or @id. */
static bool line(struct key *k, struct parts *p)
{
    const struct slice *part = p->part;
    if (slice_is(p->host, "lin.ee"))
        return put(k, p, "e/", code(part[0], "_-", 3, 64));
    if (same(part[0], "r"))
        part++;
    if (!same(part[0], "ti") || !part[1].size)
        return false;
    struct slice id = part[2];
    char sign = (char)(id.size ? id.at[0] : 0);
    if (same(part[1], "g"))
        return put(k, p, "g/", code(id, "_-", 3, 64));
    if (same(part[1], "g2"))
        return put(k, p, "g2/", code(id, "_-", 3, 128));
    if (!same(part[1], "p"))
        return false;
    if (sign != '~' && sign != '@')
        return put(k, p, "p/", code(id, "_-", 3, 64));
    struct slice name = code((struct slice){id.at + 1, id.size - 1}, "._-", 1, 64);
    key_begin(k, p->family);
    key_add(k, &sign, 1);
    while (name.size && !is_alnum(name.at[name.size - 1]) && name.at[name.size - 1] != '_')
        name.size--;
    key_lower(k, name.at, name.size);
    return name.size && !k->over;
}

static bool signal_link(struct key *k, struct parts *p)
{
    struct slice f = p->fragment;
    while (f.size && f.at[0] == '/')
        f = (struct slice){f.at + 1, f.size - 1};
    if (slice_is(p->host, "signal.group"))
        return put(k, p, "#", code(f, "_-+/=", 4, 512));
    if (f.size > 2 && memcmp(f.at, "p/", 2) == 0)
        return phone(k, p, (struct slice){f.at + 2, f.size - 2});
    return f.size > 3 && memcmp(f.at, "eu/", 3) == 0 &&
           put(k, p, "eu/", code((struct slice){f.at + 3, f.size - 3}, "_-", 4, 256));
}

static bool qq(struct key *k, struct parts *p)
{
    static const char *const numbers[] = {"uin", "group_code", "groupuin", "gc"};
    static const char *const codes[] = {"k", "idkey", "authkey"};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (put(k, p, "", number(value(p, numbers[i]), 5, 11)))
            return true;
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (put(k, p, "k=", code(value(p, codes[i]), "_-", 4, 256)))
            return true;
    if (put(k, p, "c/", code(value(p, "inviteCode"), "_-", 2, 64)))
        return true;
    if (same(p->part[0], "q") || same(p->part[0], "s"))
        return put(k, p, same(p->part[0], "q") ? "q/" : "s/", code(p->part[1], "_-", 3, 64));
    return slice_is(p->host, "user.qzone.qq.com") && put(k, p, "", number(p->part[0], 5, 11));
}

typedef bool (*reader)(struct key *k, struct parts *p);

static const struct service {
    const char *name;
    uint8_t family;
    reader read;
} hosts[] = {
    {"t.me", LINK_TELEGRAM, telegram},
    {"telegram.me", LINK_TELEGRAM, telegram},
    {"telegram.dog", LINK_TELEGRAM, telegram},
    {"web.telegram.org", LINK_TELEGRAM, telegram},
    {"discord.gg", LINK_DISCORD, discord},
    {"discord.com", LINK_DISCORD, discord},
    {"discordapp.com", LINK_DISCORD, discord},
    {"canary.discord.com", LINK_DISCORD, discord},
    {"ptb.discord.com", LINK_DISCORD, discord},
    {"matrix.to", LINK_MATRIX, matrix},
    {"chat.whatsapp.com", LINK_WHATSAPP, whatsapp},
    {"wa.me", LINK_WHATSAPP, whatsapp},
    {"whatsapp.com", LINK_WHATSAPP, whatsapp},
    {"api.whatsapp.com", LINK_WHATSAPP, whatsapp},
    {"web.whatsapp.com", LINK_WHATSAPP, whatsapp},
    {"line.me", LINK_LINE, line},
    {"lin.ee", LINK_LINE, line},
    {"signal.group", LINK_SIGNAL, signal_link},
    {"signal.me", LINK_SIGNAL, signal_link},
    {"qm.qq.com", LINK_QQ, qq},
    {"jq.qq.com", LINK_QQ, qq},
    {"qun.qq.com", LINK_QQ, qq},
    {"pd.qq.com", LINK_QQ, qq},
    {"wpa.qq.com", LINK_QQ, qq},
    {"shang.qq.com", LINK_QQ, qq},
    {"user.qzone.qq.com", LINK_QQ, qq},
    {"potato.im", LINK_POTATO, telegram},
    {"m.potato.im", LINK_POTATO, telegram},
    {"safew.com", LINK_SAFEW, telegram},
    {"safew.org", LINK_SAFEW, telegram},
    {"safew.im", LINK_SAFEW, telegram},
    {"safew.me", LINK_SAFEW, telegram},
};

static const struct service schemes[] = {
    {"tg", LINK_TELEGRAM, telegram_scheme},
    {"telegram", LINK_TELEGRAM, telegram_scheme},
    {"discord", LINK_DISCORD, discord},
    {"matrix", LINK_MATRIX, matrix_scheme},
    {"whatsapp", LINK_WHATSAPP, whatsapp},
    {"line", LINK_LINE, line},
    {"tencent", LINK_QQ, qq},
    {"mqqapi", LINK_QQ, qq},
    {"mqqopensdkapi", LINK_QQ, qq},
    {"potato", LINK_POTATO, telegram_scheme},
    {"ptt", LINK_POTATO, telegram_scheme},
    {"safew", LINK_SAFEW, telegram_scheme},
};

static const struct service *find(const struct service *table, size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].name[0] == name.at[0] && slice_is(name, table[i].name))
            return &table[i];
    return NULL;
}

bool link_service(struct slice host)
{
    return host.size && find(hosts, COUNT_OF(hosts), host);
}

bool link_service_key(struct key *k, const struct url *u)
{
    struct parts p;
    const struct service *service = u->scheme.size ? find(schemes, COUNT_OF(schemes), u->scheme)
                                    : u->host.size ? find(hosts, COUNT_OF(hosts), u->host)
                                                   : NULL;
    size_t name = u->host.size > 5 && memcmp(u->host.at + u->host.size - 5, ".t.me", 5) == 0
                      ? u->host.size - 5
                      : 0;
    p.family = LINK_TELEGRAM;
    p.host = u->host;
    p.query = u->query;
    p.fragment = u->fragment;
    p.used = 0; /* what is decoded is large and need not be cleared */
    memset(p.part, 0, sizeof(p.part));
    if (!service && name && !u->scheme.size)
        return user(k, &p, (struct slice){u->host.at, name});
    if (!service)
        return false;
    p.family = service->family;
    split(&p, u->path);
    return service->read(k, &p);
}

/* How the text of a key is written as a link. */
static const struct {
    const char *start, *link;
    uint8_t drop; /* bytes of the key's text that the link has not */
} spellings[] = {
    {"telegram:@", "t.me/", 1},
    {"telegram:", "t.me/", 0},
    {"discord:users/", "discord.com/", 0},
    {"discord:channels/", "discord.com/", 0},
    {"discord:", "discord.gg/", 0},
    {"matrix:", "matrix.to/#/", 0},
    {"whatsapp:+", "wa.me/", 1},
    {"whatsapp:message/", "wa.me/", 0},
    {"whatsapp:channel/", "whatsapp.com/", 0},
    {"whatsapp:qr/", "wa.me/", 0},
    {"whatsapp:", "chat.whatsapp.com/", 0},
    {"line:e/", "lin.ee/", 2},
    {"line:~", "line.me/ti/p/", 0},
    {"line:@", "line.me/ti/p/", 0},
    {"line:", "line.me/ti/", 0},
    {"signal:#", "signal.group/#", 1},
    {"signal:+", "signal.me/#p/", 0},
    {"signal:", "signal.me/#", 0},
    {"qq:k=", "jq.qq.com/?", 0},
    {"qq:c/", "pd.qq.com/?inviteCode=", 2},
    {"qq:q/", "qm.qq.com/", 0},
    {"qq:s/", "pd.qq.com/", 0},
    {"qq:", "wpa.qq.com/?uin=", 0},
    {"potato:@", "potato.im/", 1},
    {"potato:", "potato.im/", 0},
    {"safew:@", "safew.com/", 1},
    {"safew:", "safew.com/", 0},
    {"web:", "", 0},
};

static bool read_once(struct key *k, struct slice scheme, const char *text, size_t size)
{
    struct url u = url_split(scheme, text, url_trim(text, size));
    return link_service_key(k, &u) || (!scheme.size && link_web_key(k, &u));
}

/* The link that a key stands for. */
static bool unfold(struct key *link, const char *text, size_t size)
{
    for (size_t i = 0; i < COUNT_OF(spellings); i++) {
        size_t n = strlen(spellings[i].start);
        const char *family = strchr(spellings[i].start, ':') + 1;
        size_t prefix = (size_t)(family - spellings[i].start) + spellings[i].drop;
        if (size <= n || memcmp(text, spellings[i].start, n) != 0)
            continue;
        link->size = 0;
        link->over = false;
        key_str(link, spellings[i].link);
        key_add(link, text + prefix, size - prefix);
        return !link->over;
    }
    return false;
}

static bool read_key(struct key *k, const char *text, size_t size)
{
    static const struct slice none = {NULL, 0};
    struct key link;
    if (!unfold(&link, text, size))
        return false;
    if (link.size > 0 && memcmp(text, "web:", 4) == 0)
        return read_once(k, none, link.bytes, link.size);
    struct url u = url_split(none, link.bytes, url_trim(link.bytes, link.size));
    return link_service_key(k, &u);
}

/* A key is read again until it stays as it is; most do at once. */
static bool settle(struct key *k)
{
    struct key again;
    for (unsigned i = 0; i < 8; i++) {
        if (!read_key(&again, k->bytes, k->size))
            return false;
        if (again.size == k->size && memcmp(again.bytes, k->bytes, k->size) == 0)
            return true;
        k->size = again.size;
        k->family = again.family;
        memcpy(k->bytes, again.bytes, again.size);
    }
    return false;
}

/* Is that sure: a page that was written like its key, or Telegram's? */
static bool settled(const struct key *k, const char *text, size_t size)
{
    size_t body = k->size - 4;
    if (k->family != LINK_WEB)
        return k->family == LINK_TELEGRAM;
    return size >= body && memcmp(text + size - body, k->bytes + 4, body) == 0 &&
           (size == body || (size == body + 4 && memcmp(text, "www.", 4) == 0));
}

bool link_read(struct key *k, struct slice scheme, const char *text, size_t size)
{
    return read_once(k, scheme, text, size) && (settled(k, text, size) || settle(k));
}

bool link_read_key(struct key *k, const char *text, size_t size)
{
    return read_key(k, text, size) && settle(k);
}
