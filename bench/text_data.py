"""The rules and messages of bench/text: made up, the same every time, in the proportions of chat.

Words of messages come from a list of frequent words and, by rank, from a made-up vocabulary; words of
rules are made in the same way but are other words, as the words of a real pack are rare in chat.
"""

import random

MESSAGE_BYTES = 135
SOUGHT = 50  # one message in so many holds what a rule looks for, another one half of it

FREQUENT = """the to and a of you i in is it that for on was with this have be at my me so not are but
just like they all or we if what can up out get one do your from about know when there time no good
would has don't an had then more think how see their go really some her because him will want people
too now by than i'm been even who did make it's still going could need back also which here as over
only why after work lol where right game got well day never them much yeah way should something other
today thanks same thing love new any first things great anyone before into does last two being always
while said off these maybe better someone pretty sure us playing those let since find feel look every
again actually long around point take down doing say show part little probably stuff week tonight
watch next made best help server link picture video channel message post friend school music build
team night update""".split()
FREQUENT_HAN = """的 我 了 是 不 你 在 有 就 这 也 都 人 好 说 吧 吗 要 去 会 很 那 还 没 看 到 一个 什么 我们 没有 可以
现在 知道 觉得 怎么 大家 今天 还是 自己 真的 就是 这个 那个 因为 所以 但是 如果 时候 已经 不是 喜欢 朋友 东西 一下
问题 感觉 比较 其实 可能 应该 开始 不过 有点 谢谢 明天 晚上 游戏 电影 照片 手机 公司 学校 老师 同学 天气 吃饭 回家
上班 下班 时间 地方 事情 工作 生活 哈哈 之前 以后 一起 一样 这样 那么 非常 需要 看到 出来 起来 里面 终于 希望 准备
为什么 不知道 怎么办 差不多 没关系""".split()
ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl cr dr fl gr pl pr sh sp st th tr wh".split()
VOWELS = "a e i o u a e i o ai ea ee ou oo".split()
CODAS = ["", "", "", "", *"n r s t l m ck nd ng nt rd st".split()]
ENDINGS = ["", "", "", "", "", *"s ed ing er ly ion ness ment able".split()]
COMMON_HAN = [
    bytes([row, column]).decode("gb2312")
    for row in range(0xB0, 0xD8)
    for column in range(0xA1, 0xFF)
    if (row, column) < (0xD7, 0xFA)
]


class Words:
    """Makes words; `rank` of them lean towards the front of a list, as words do."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.made = set(FREQUENT) | set(FREQUENT_HAN)
        self.han = COMMON_HAN[:]
        self.random.shuffle(self.han)
        self.english_vocabulary = [self.english(1, 2) for _ in range(4000)]
        self.han_vocabulary = [self.chinese(1, 3) for _ in range(4000)]

    def pick(self, items):
        return items[int(self.random.random() * len(items))]

    def ranked(self, items):
        """The n-th item about n times as rarely as the first."""
        return items[int(len(items) ** self.random.random()) - 1]

    def new(self, make):
        while True:
            word = make()
            if word not in self.made:
                self.made.add(word)
                return word

    def english(self, low, high):
        def make():
            parts = [self.pick(ONSETS) + self.pick(VOWELS) + self.pick(CODAS)
                     for _ in range(self.random.randint(low, high))]
            return "".join(parts) + self.pick(ENDINGS)
        return self.new(make)

    def chinese(self, low, high):
        def make():
            # half of the characters are frequent ones
            return "".join(self.ranked(self.han) if self.random.random() < 0.5 else
                           self.pick(self.han) for _ in range(self.random.randint(low, high)))
        return self.new(make)


class Rule:
    """A rule in the three forms that are needed: for libmod, for the peers, and in a message."""

    def __init__(self, when, pattern, found, half):
        self.when, self.pattern, self.found, self.half = when, pattern, found, half


def leet(word):
    """The word, also with digits for some of its vowels: what the squeeze view is for."""
    for letter, both in ("o", "[o0]"), ("e", "[e3]"), ("i", "[i1]"):
        word = word.replace(letter, both, 1)
    return word


def spaced(word):
    """The word, also with something between its letters."""
    return r"\W?".join(word)


def make_rule(w, percent):
    """What the rule at `percent` of the pack is: 80 keywords, 20 patterns with bounded gaps."""
    a, b, c = (w.english(2, 3) for _ in range(3))
    x, y, z = w.chinese(2, 4), w.chinese(2, 3), w.chinese(2, 3)
    gap = w.pick(FREQUENT)
    kinds = [
        (20, f"{{word: {a}, bound: none}}", a, a, a[:-1]),
        (40, f"{{word: {a}}}", rf"\b{a}\b", a, "x" + a),
        (46, f"{{word: {a} {gap}}}", rf"\b{a}\s+{gap}\b", f"{a}  {gap}", a),
        (50, f"{{word: [{a}, {b}, {c}]}}", rf"\b(?:{a}|{b}|{c})\b", c, c[:-1]),
        (74, f"{{word: {x}}}", x, x, x[:-1]),
        (80, f"{{word: [{x}, {y}, {z}]}}", f"(?:{x}|{y}|{z})", y, y[:-1]),
        (85, None, rf"{a}\W{{0,3}}{b}", f"{a}. {b}", a),
        (88, None, rf"{a}.{{0,20}}{b}", f"{a} or the {b}", a),
        (90, None, rf"{x}.{{0,10}}{y}", f"{x}我们{y}", x),
        (92, None, leet(a), a, a[:-1]),
        (94, f"{{word: {a}, view: squeeze}}", leet(a), a, a[:-1]),
        (96, f"{{word: {a}, view: squeeze}}", spaced(a), ".".join(a), a[:-1]),
        (97, None, rf"(?:{x}|{y}).{{0,8}}{z}", f"{y}，{z}", y),
        (99, None, rf"(?<!not ){a}.{{0,12}}{b}", f"{a} the {b}", a),
        (100, None, rf"{a}(?! of).{{0,12}}{b}", f"{a} the {b}", a),
    ]
    for limit, when, pattern, found, half in kinds:
        if percent < limit:
            quoted = pattern.replace("'", "''")
            return Rule(when or f"{{re: '{quoted}'}}", pattern, found, half)
    raise AssertionError(percent)


def make_rules(n):
    w = Words(17)
    return [make_rule(w, i * 37 % 100) for i in range(n)]  # every kind in every hundred


def phrase(w, han):
    """The next words of a message."""
    if not han:
        word = w.ranked(FREQUENT) if w.random.random() < 0.75 else w.ranked(w.english_vocabulary)
        return word + w.pick(["", "", "", "", "", "", "", "", ",", "."]) + " "
    word = w.ranked(FREQUENT_HAN) if w.random.random() < 0.6 else w.ranked(w.han_vocabulary)
    return word + w.pick(["", "", "", "", "", "", "", "，", "。", "！"])


def message(w, language, planted):
    text = w.pick(["", "", "", "", "@someone ", "https://example.org/a1b2 ", "😀 ", "OK "])
    while len(text.encode()) < MESSAGE_BYTES:
        if planted and len(text.encode()) > MESSAGE_BYTES // 3:
            text += f" {planted} "
            planted = ""
        han = language == "zh" or (language == "mixed" and w.random.random() < 0.5)
        text = text.rstrip(" ") + " " if language == "mixed" else text
        text += phrase(w, han)
    text = text.strip()
    return text[:1].upper() + text[1:]


def make_messages(rules, n):
    """(language, text), half English, a third Chinese, the rest both."""
    w = Words(4711)
    made = []
    for i in range(n):
        language = ["en", "zh", "en", "zh", "en", "mixed"][i % 6]
        rule = w.pick(rules)
        planted = rule.found if i % SOUGHT == 0 else rule.half if i % SOUGHT == 25 else ""
        made.append((language, message(w, language, planted)))
    return made


def pack_of(rules):
    """The pack: rules that only score, and so little that no event comes of it."""
    lines = ["format: libmod-rules/1", "pack: {id: bench, version: '1'}", "rules:"]
    lines += [f"  - {{id: r{i}, title: Rule {i}, harm: other, score: 0.1, when: {rule.when}}}"
              for i, rule in enumerate(rules)]
    return "\n".join(lines) + "\n"


def write(directory, n, messages):
    """pack.yaml, patterns and messages in a directory."""
    rules = make_rules(n)
    (directory / "pack.yaml").write_text(pack_of(rules), encoding="utf-8")
    (directory / "patterns").write_text("".join(r.pattern + "\n" for r in rules), encoding="utf-8")
    lines = [f"{language[0]} {text}\n" for language, text in make_messages(rules, messages)]
    (directory / "messages").write_text("".join(lines), encoding="utf-8")
