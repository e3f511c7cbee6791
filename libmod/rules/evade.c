/*
 * Generated evasions: a text that hits, with the span that hits disguised as people disguise words. What
 * is written here shares no table with the views that see through it. A fixed sequence makes the
 * same disguises every time.
 */
#include <string.h>

#include "rules/evade.h"

const struct term evasion_terms[] = {
    {"fullwidth", EVADE_FULLWIDTH},
    {"circled", EVADE_CIRCLED},
    {"math", EVADE_MATH},
    {"zero_width", EVADE_ZERO_WIDTH},
    {"soft_hyphen", EVADE_SOFT_HYPHEN},
    {"accents", EVADE_ACCENTS},
    {"zalgo", EVADE_ZALGO},
    {"homoglyph", EVADE_HOMOGLYPH},
    {"leet", EVADE_LEET},
    {"spaced", EVADE_SPACED},
    {"repeated", EVADE_REPEATED},
    {"emoji", EVADE_EMOJI},
    {"zh_spaced", EVADE_ZH_SPACED},
    {"zh_emoji", EVADE_ZH_EMOJI},
    {"zh_symbol", EVADE_ZH_SYMBOL},
    {"mixed", EVADE_MIXED},
    {"reversed", EVADE_REVERSED},
    {"traditional", EVADE_TRADITIONAL},
    {"homophone_one", EVADE_HOMOPHONE_ONE},
    {"homophone_all", EVADE_HOMOPHONE_ALL},
    {NULL, 0},
};

/* ---- characters ---- */

struct evading {
    struct buffer *out;
    enum evasion kind;
    uint32_t state; /* of the sequence */
    uint32_t style; /* the same all through one text */
    uint32_t skip;  /* homophone_one: Chinese characters before the one that is changed */
};

static uint32_t next(struct evading *e, uint32_t below)
{
    e->state = e->state * 1664525u + 1013904223u;
    return (e->state >> 16) % below;
}

static bool is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A syllable of Hangul. */
static bool is_hangul(uint32_t c)
{
    return c >= 0xac00 && c <= 0xd7a3;
}

static void put(struct evading *e, uint32_t c)
{
    char utf8[4];
    unsigned n = 1;
    if (c < 0x80) {
        utf8[0] = (char)c;
    } else if (c < 0x800) {
        utf8[0] = (char)(0xc0 | c >> 6);
        utf8[1] = (char)(0x80 | (c & 63));
        n = 2;
    } else if (c < 0x10000) {
        utf8[0] = (char)(0xe0 | c >> 12);
        utf8[1] = (char)(0x80 | (c >> 6 & 63));
        utf8[2] = (char)(0x80 | (c & 63));
        n = 3;
    } else {
        utf8[0] = (char)(0xf0 | c >> 18);
        utf8[1] = (char)(0x80 | (c >> 12 & 63));
        utf8[2] = (char)(0x80 | (c >> 6 & 63));
        utf8[3] = (char)(0x80 | (c & 63));
        n = 4;
    }
    buffer_append(e->out, utf8, n);
}

/* Letters that look like a Latin one, of Cyrillic, Greek and Armenian; 0: there is none. */
static uint32_t lookalike(struct evading *e, uint32_t c)
{
    static const struct {
        char letter;
        uint16_t like[3];
    } table[] = {
        {'a', {0x430, 0x3b1, 0x430}}, {'b', {0x44c, 0x432, 0x42c}}, {'c', {0x441, 0x3f2, 0x441}},
        {'d', {0x501, 0x501, 0x501}}, {'e', {0x435, 0x435, 0x450}}, {'g', {0x581, 0x581, 0x581}},
        {'h', {0x4bb, 0x570, 0x4bb}}, {'i', {0x456, 0x3b9, 0x457}}, {'j', {0x458, 0x3f3, 0x458}},
        {'k', {0x43a, 0x3ba, 0x43a}}, {'m', {0x43c, 0x43c, 0x43c}}, {'n', {0x578, 0x57c, 0x578}},
        {'o', {0x43e, 0x3bf, 0x585}}, {'p', {0x440, 0x3c1, 0x440}}, {'q', {0x51b, 0x566, 0x51b}},
        {'r', {0x433, 0x433, 0x433}}, {'s', {0x455, 0x455, 0x455}}, {'t', {0x442, 0x3c4, 0x442}},
        {'u', {0x57d, 0x3c5, 0x57d}}, {'v', {0x3bd, 0x475, 0x3bd}}, {'w', {0x51d, 0x461, 0x51d}},
        {'x', {0x445, 0x3c7, 0x445}}, {'y', {0x443, 0x3b3, 0x443}}, {'l', {0x4cf, 0x4cf, 0x4cf}},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if ((uint32_t)table[i].letter == (c | 0x20))
            return table[i].like[next(e, 3)];
    return 0;
}

/* Digits and signs that people write for a letter; 0: there is none. */
static uint32_t leet(struct evading *e, uint32_t c)
{
    static const struct {
        char letter;
        char sign[3];
    } table[] = {
        {'a', "4@"}, {'b', "88"}, {'e', "33"}, {'g', "99"}, {'i', "1!"},
        {'l', "1|"}, {'o', "00"}, {'s', "5$"}, {'t', "7+"}, {'z', "22"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if ((uint32_t)table[i].letter == (c | 0x20))
            return (uint32_t)table[i].sign[next(e, 2)];
    return 0;
}

/* What a simplified character was before; 0: the same, or none of the usual ones. */
static uint32_t traditional(uint32_t c)
{
    /* Pairs: simplified, traditional. */
    static const char pairs[] =
        "报報备備贝貝笔筆边邊变變别別标標补補参參产產长長场場车車称稱处處传傳创創词詞从從"
        "达達带帶单單当當导導灯燈电電点點动動对對队隊发發夺奪儿兒饭飯访訪飞飛费費风風妇婦"
        "复復该該赶趕刚剛个個给給关關观觀广廣归歸规規国國过過还還汉漢号號红紅护護华華欢歡"
        "坏壞环環换換会會汇匯机機鸡雞积積极極级級际際记記计計继繼间間检檢见見讲講奖獎结結"
        "节節紧緊进進尽盡经經觉覺剧劇据據军軍开開课課块塊拦攔蓝藍劳勞类類离離历歷厉厲丽麗"
        "联聯练練凉涼两兩辆輛邻鄰龄齡领領刘劉龙龍录錄论論罗羅妈媽马馬买買卖賣满滿门門们們"
        "梦夢难難鸟鳥农農欧歐盘盤赔賠频頻评評骗騙齐齊气氣钱錢枪槍强強桥橋亲親轻輕请請庆慶"
        "区區权權劝勸确確让讓热熱认認荣榮赛賽杀殺伤傷设設摄攝审審声聲师師时時识識实實视視"
        "试試适適输輸书書树樹双雙谁誰说說丝絲苏蘇虽雖岁歲孙孫态態谈談题題体體条條铁鐵听聽"
        "厅廳头頭图圖团團网網为為围圍卫衛闻聞问問无無务務习習戏戲细細险險现現线線献獻乡鄉"
        "响響项項协協写寫谢謝兴興选選学學寻尋训訓压壓亚亞严嚴盐鹽阳陽养養样樣药藥页頁业業"
        "叶葉医醫艺藝忆憶议議译譯银銀隐隱营營应應优優邮郵鱼魚与與语語预預员員园園远遠愿願"
        "约約阅閱云雲运運杂雜载載责責则則择擇赠贈账賬张張涨漲阵陣针針镇鎮证證织織执執职職"
        "纸紙质質种種众眾专專转轉装裝状狀资資总總组組钻鑽脑腦库庫偿償码碼厕廁裤褲胁脅举舉"
        "扰擾拟擬诱誘绝絕伪偽";
    uint32_t first, second;
    for (size_t i = 0; i < sizeof(pairs) - 1; i += first + second) {
        uint32_t simplified = code_point(pairs + i, sizeof(pairs) - i, &first);
        uint32_t other = code_point(pairs + i + first, sizeof(pairs) - i - first, &second);
        if (simplified == c)
            return other;
    }
    return 0;
}

/* One character in another form. */
static void change(struct evading *e, uint32_t c)
{
    uint32_t other = 0, place = is_letter(c) ? (c | 0x20) - 'a' : 0;
    switch (e->kind) {
    case EVADE_FULLWIDTH:
        other = c > 0x20 && c < 0x7f ? c + 0xfee0 : 0;
        break;
    case EVADE_CIRCLED:
        other = is_letter(c) ? 0x24d0 + place : 0;
        break;
    case EVADE_MATH:
        other = is_letter(c) ? (e->style % 2 ? 0x1d5ee : 0x1d41a) + place : 0;
        break;
    case EVADE_HOMOGLYPH:
        other = next(e, 5) < 3 ? lookalike(e, c) : 0; /* three letters of five */
        break;
    case EVADE_LEET:
        other = leet(e, c);
        break;
    case EVADE_TRADITIONAL: /* whole texts, and texts that mix both */
        other = is_han(c) && (e->style % 2 == 0 || next(e, 3)) ? traditional(c) : 0;
        break;
    case EVADE_HOMOPHONE_ONE:
        if (homophones(c) > 0 && e->skip-- == 0)
            other = homophone(c, next(e, homophones(c)));
        break;
    case EVADE_HOMOPHONE_ALL:
        if (homophones(c) > 0)
            other = homophone(c, next(e, homophones(c)));
        break;
    case EVADE_MIXED:
        other = next(e, 3) == 0 ? leet(e, c) : next(e, 2) ? lookalike(e, c) : 0;
        break;
    default:
        break;
    }
    put(e, other ? other : c);
}

/* What stands behind a character that is not the last one of its word. */
static void between(struct evading *e, uint32_t c)
{
    static const uint32_t separators[] = {' ', '.', '-', '_', '*', ','};
    static const uint32_t emoji[] = {0x1f600, 0x1f525, 0x1f351, 0x2728, 0x1f48b, 0x2764};
    static const uint32_t symbols[] = {'*', '|', '~', '/', 0xb7, 0x25cf, 0xff0c, 0x3001};
    static const uint32_t unseen[] = {0x200b, 0x200c, 0x200d, 0x2060, 0xfeff};
    bool letter = is_letter(c) || is_hangul(c), han = is_han(c);
    if (e->kind == EVADE_ZERO_WIDTH && (letter || han))
        put(e, unseen[next(e, COUNT_OF(unseen))]);
    else if (e->kind == EVADE_SOFT_HYPHEN && letter)
        put(e, 0xad);
    else if ((e->kind == EVADE_SPACED || e->kind == EVADE_MIXED) && letter)
        put(e, separators[e->style % COUNT_OF(separators)]);
    else if (e->kind == EVADE_EMOJI && letter)
        put(e, emoji[next(e, COUNT_OF(emoji))]);
    else if (e->kind == EVADE_ZH_SPACED && han)
        put(e, e->style % 2 ? 0x3000 : ' ');
    else if (e->kind == EVADE_ZH_EMOJI && han)
        put(e, emoji[next(e, COUNT_OF(emoji))]);
    else if (e->kind == EVADE_ZH_SYMBOL && han)
        put(e, symbols[e->style % COUNT_OF(symbols)]);
}

/* What belongs to a character itself. */
static void decorate(struct evading *e, uint32_t c)
{
    if (!is_letter(c))
        return;
    if (e->kind == EVADE_ACCENTS)
        put(e, 0x300 + next(e, 5));
    for (uint32_t n = e->kind == EVADE_ZALGO ? 1 + next(e, 3) : 0; n > 0; n--)
        put(e, 0x300 + next(e, 0x6f));
    for (uint32_t n = e->kind == EVADE_REPEATED ? next(e, 3) : 0; n > 0; n--)
        put(e, c);
}

/* ---- texts ---- */

/* Which of the characters that have homophones is changed: each of them in turn, or of many some. */
static uint32_t choose(uint32_t variant, const char *bytes, size_t size)
{
    uint32_t n = 0, length;
    for (size_t i = 0; i < size; i += length)
        n += homophones(code_point(bytes + i, size - i, &length)) > 0;
    return n > EVADE_VARIANTS ? variant * n / EVADE_VARIANTS : n ? variant % n : 0;
}

static void disguise(struct evading *e, const char *bytes, size_t size)
{
    uint32_t length;
    for (size_t i = 0; i < size; i += length) {
        uint32_t c = code_point(bytes + i, size - i, &length), after;
        bool last = i + length >= size;
        change(e, c);
        decorate(e, c);
        uint32_t following = last ? 0 : code_point(bytes + i + length, size - i - length, &after);
        if (is_letter(following) || is_hangul(following) || is_han(following))
            between(e, c);
    }
}

static void turn(struct evading *e, const char *bytes, size_t size)
{
    put(e, 0x202e);
    while (size > 0) {
        size_t at = size - 1;
        while (at > 0 && ((unsigned char)bytes[at] & 0xc0) == 0x80)
            at--;
        buffer_append(e->out, bytes + at, size - at);
        size = at;
    }
    put(e, 0x202c);
}

void evade(struct buffer *out,
           enum evasion kind,
           uint32_t variant,
           const char *text,
           size_t size,
           uint32_t from,
           uint32_t to)
{
    struct evading e = {out, kind, 977u * variant + (uint32_t)kind, variant, 0};
    if (kind == EVADE_HOMOPHONE_ONE)
        e.skip = choose(variant, text + from, to - from);
    buffer_append(out, text, from);
    if (kind == EVADE_REVERSED)
        turn(&e, text + from, to - from);
    else
        disguise(&e, text + from, to - from);
    buffer_append(out, text + to, size - to);
}
