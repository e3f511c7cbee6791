"""What bench/text shows beside speed: how many disguises are seen through, how many clean messages are
found by mistake, and what the worst message costs. Words and texts are harmless and the same every time.
"""

import csv
import os
import subprocess
import tempfile
import types
from pathlib import Path

import text_data

ROOT = Path(__file__).resolve().parent.parent
WORDS = """lantern walnut harbour trumpet cinnamon glacier windmill satchel pelican orchard teapot saddle
marmalade kettle thimble chimney gazelle quarry lighthouse mosaic pendulum tapestry violin hammock
almanac barnacle cathedral dandelion espresso flamingo gondola hydrant iceberg juniper kayak labyrinth
mandolin nutmeg obelisk paprika quiver rhubarb scaffold tambourine umbrella vineyard wardrobe xylophone
yogurt zeppelin anchovy banister catapult dolphin easel firefly gargoyle hedgehog igloo jigsaw kiosk
lobster magnolia napkin otter parachute quilt raccoon sundial trellis unicycle velvet walrus yacht
abacus bobsled cactus drawbridge eggplant fountain grapefruit honeycomb inkwell jasmine keyhole lavender
mulberry nectarine ostrich porcupine quicksand rosemary seahorse turnip urchin vulture waterfall acrobat
beaver carousel dulcimer emerald ferret gingerbread harpsichord iguana jackdaw knapsack leopard mongoose
nightingale oatmeal pomegranate quartz rucksack starfish toboggan ukulele vanilla woodpecker accordion
bagpipe chandelier dumpling elevator falcon greenhouse hazelnut icicle jellyfish kangaroo ladybird meadow
notebook octopus pumpkin rainbow scarecrow telescope violet wheelbarrow apricot blacksmith compass
dragonfly embroidery footstool guitar hourglass ivory javelin kingfisher lemonade microscope narwhal
oyster peacock quail reindeer sandcastle thunder tortoise volcano weathercock almond bicycle cucumber
doorbell elephant feather grasshopper hammer insect jacket kitten lollipop mushroom necklace onion pencil
puppet radish scissors spinach teaspoon trombone turquoise vinegar waffle watermelon windowsill zebra
"hidden meadow" "brass kettle" "paper lantern" "stone bridge" "river otter" "winter garden" "silver spoon"
"wooden ladder" "copper teapot" "velvet curtain" "garden gnome" "rubber duck" "market square" "old orchard"
"night train" "corner bakery" "apple strudel" "field mouse" "crystal vase" "cotton thread" """
HAN_WORDS = """显微镜 望远镜 向日葵 蒲公英 萤火虫 独角兽 留声机 缝纫机 拖拉机 温度计 指南针 放大镜 万花筒 紫罗兰 康乃馨 仙人掌 猫头鹰
啄木鸟 丹顶鹤 金丝猴 长颈鹿 穿山甲 变色龙 三叶虫 珊瑚礁 石榴汁 葡萄干 核桃仁 桂花糕 豆腐脑 臭豆腐 糖葫芦 麦芽糖 龙须面 烤红薯 油纸伞 竹蜻蜓
拨浪鼓 走马灯 皮影戏 青花瓷 紫砂壶 檀香木 琥珀色 翡翠绿 孔雀蓝 茉莉花 牵牛花 凤尾竹 梧桐树 银杏叶 芭蕉扇 琵琶 古筝 唢呐 箜篌 编钟 芦笙 二胡 扬琴
砚台 毛笔 宣纸 墨汁 印章 卷轴 屏风 香炉 烛台 铜镜 陶罐 瓷碗 漆盒 藤椅 竹篮 草鞋 斗笠 蓑衣 棉袄 围裙 头巾 腰带 耳坠 手镯 玉佩 发簪 胭脂 团扇 荷包 风铃
水车 磨坊 酒窖 粮仓 马厩 羊圈 鱼塘 果园 茶园 竹林 稻田 麦浪 溪流 瀑布 峡谷 沙丘 绿洲 冰川 雪峰 火山 温泉 彩虹 晚霞 晨雾 露珠 霜降 惊蛰 谷雨 芒种
蜻蜓 蟋蟀 螳螂 蚂蚱 瓢虫 蜗牛 蝌蚪 刺猬 松鼠 水獭 海豚 企鹅 鹦鹉 孔雀 鸳鸯 白鹭 麻雀 喜鹊 杜鹃 黄鹂 鲤鱼 鲈鱼 螃蟹 龙虾 牡蛎 海螺 贝壳 柠檬 樱桃
枇杷 荔枝 龙眼 芒果 柿子 山楂 红枣 莲子 百合 菱角 茭白 芋头 萝卜 菠菜 芹菜 韭菜 茄子 黄瓜 丝瓜 冬瓜 蘑菇 木耳 花椒 八角 桂皮 生姜 大蒜 陈皮 酱油 香醋
直升机 潜水艇 热气球 降落伞 滑翔机 摩天轮 旋转木马 过山车 碰碰车 跷跷板 秋千架 滑滑梯 风筝线 陀螺仪 魔方块 象棋盘 围棋子 麻将桌 扑克牌 乒乓球拍 羽毛球网
天文台 图书馆员 博物馆票 水族馆门 植物园里 动物园长 气象站长 灯塔守护 钟楼钟声 石拱桥边 古城墙下 护城河畔 青石板路 乌篷船夫 油菜花田 薰衣草园 太阳能板 风力发电""".split()
HAN_KINDS = ["手工", "小", "迷你", "老"]
TRADE = ["出售", "打包", "加群"]  # what stands beside a short word that is looked for by its sound
VIEWS = {"fold": "fold", "squeeze": "squeeze", "reverse": "reverse", "pinyin": "pinyin",
         "all views": "[fold, squeeze, reverse, pinyin]"}
CLEAN = 100_000
PATTERNS = [r"(a+)+$", r"^(a+)+$", r"(a|aa)+$", r"(a|a?)+b", r"(.*a){12}", r"([a-zA-Z]+)*!",
            r"^(([a-z])+.)+[A-Z]([a-z])+$", r".{0,200}.{0,200}\d", r".{0,90}.{0,90}\d",
            r"mega.{0,40}.{0,40}folder",
            r"(x+x+)+y", r"(a+)+[xy]", r"(b|bb)+[xy]", r"([a-z]+ ?)*[0-9]", r"(.*a){12}[xy]",
            r"(\w+\s?)+#", r"(?:a?){25}a{25}", r"([^q]*,){10}q", r"(?=(a+))a*b", r"(偷+)+拍", r"(\p{Han}+)*#"]


def quoted_words(text):
    """Words; some of two, in quotation marks."""
    parts = text.split('"')
    return [word for i, part in enumerate(parts) for word in ([part] if i % 2 else part.split())]


def comments(shared):
    """COLDataset's comments that its authors found not offensive."""
    texts = []
    for file in sorted(Path(shared, "data/text/COLDataset").glob("*.csv")) if shared else []:
        with file.open(encoding="utf-8-sig", newline="") as rows:
            texts += [" ".join(x["TEXT"].split()) for x in csv.DictReader(rows) if x["label"] == "0"]
    return texts


def clean_messages(shared):
    """The comments, where they are, and everyday chat, made up."""
    texts = comments(shared)
    rest = CLEAN - len(texts)
    w = text_data.Words(29)
    for _ in range(rest):
        chance = w.random.random()
        language = "en" if chance < 0.5 else "zh" if chance < 0.85 else "mixed"
        texts.append(text_data.message(w, language, "").replace("\n", " "))
    return texts, CLEAN - rest


def keywords(clean):
    """Five hundred of each language, none of which stands in a clean message: English ones are made up
    where there are no more, Chinese ones put together, as a made-up one has no sound of its own."""
    everything = "\n".join(clean).lower()
    w = text_data.Words(31)
    english = quoted_words(WORDS) + [w.english(2, 3) for _ in range(800)]
    han = HAN_WORDS + [kind + word for kind in HAN_KINDS for word in HAN_WORDS if len(word) == 2]
    chosen = [[word for word in words if word not in everything][:500] for words in (english, han)]
    return [("e", word) for word in chosen[0]] + [("z", word) for word in chosen[1]]


def rule(i, language, word, view):
    """By its sound only Chinese is looked for, and a short word only beside a word of trade."""
    leaf = f'{{word: "{word}", view: {view}}}'
    if "pinyin" in view:
        rest = view.replace(", pinyin", "")
        if language == "e" and rest == view:
            return ""
        leaf = f'{{word: "{word}", view: {rest}}}'
        if language == "z" and len(word) < 3:
            sound = f'{{all: [{{word: "{word}", view: pinyin}}, {{word: [{", ".join(TRADE)}]}}]}}'
            leaf = sound if rest == view else f"{{any: [{leaf}, {sound}]}}"
        elif language == "z":
            leaf = f'{{word: "{word}", view: {view}}}'
    return f"  - {{id: w{i}, title: W, harm: other, score: 0.1, when: {leaf}}}\n"


def pack(rules):
    return "format: libmod-rules/1\npack: {id: proof, version: '1'}\nrules:\n" + rules


def stress_texts(rules):
    """Texts of 4 KiB and 64 KiB that are made to be dear: repeated, nearly matching, disguised."""
    zalgo = "".join(c + "\u0301\u0316\u0334" for c in "hidden")
    pieces = ["a", "b", "ab", "x", "word ", "Word, ", "1", "a.b-c_", "h1dd3n c@m ", "偷拍", "偷 拍 ", "偷。拍，",
              "資源打包", "我们今天", "ｈｉｄｄｅｎ ", zalgo, "😀🔥", "t.me/+AbCdEf0123456789 ", "@someone ",
              "hxxp://a.b.c[.]example ", "t。me／+x", "\u202edlrow\u202c ", "\u200b", "a\u200bb ", "ㅁㅗㄹㅋㅏ ", "몰카 ",
              "((((", "aaaaaaaaaaaaaaaaaaaaaaaaa! ", "a,", "电报 abc_def ", "QQ群 123456789 ", "0" * 40 + " ",
              " ".join(r.half for r in rules[:400]) + " ", "".join(r.half for r in rules[:400]),
              " ".join(r.found for r in rules[:400]) + " "]
    for size in 4096, 65536:
        for piece in pieces:
            raw = (piece * (size // len(piece.encode()) + 1)).encode()[:size]
            yield raw.decode("utf-8", "ignore").replace("\n", " ")


def packs_that_ship():
    return [ROOT / "packs" / f"ncii-{language}.yaml" for language in ("en", "ko", "zh")]


class Proof:
    """Runs the program on data in a directory."""

    def __init__(self, program, directory):
        self.program, self.dir = program, Path(directory)

    def write(self, name, text):
        (self.dir / name).write_text(text, encoding="utf-8")
        return str(self.dir / name)

    def run(self, *words):
        """Rows of fields; none where the engine was not built."""
        done = subprocess.run([self.program, *words], capture_output=True, text=True, check=False)
        if done.returncode and words[1] != "icu" and words[0] != "fold":
            raise SystemExit(done.stderr)
        return [line.split() for line in done.stdout.splitlines()]

    def evasions(self, words):
        """{engine: {kind: (tried, found, tried in Chinese, found in Chinese)}}, raw by PCRE2 first."""
        self.write("words", "".join(f"{language} {word}\n" for language, word in words))
        self.write("patterns", "".join((rf"\b{word}\b" if language == "e" else word) + "\n"
                                       for language, word in words))
        engines = {"raw": "pcre2", "ICU": "icu"}
        for name, view in VIEWS.items():
            engines[name] = self.write(f"{view}.yaml", pack("".join(
                rule(i, language, word, view) for i, (language, word) in enumerate(words))))
        return {name: {row[0]: [int(x) for x in row[1:]] for row in self.run("evade", engine, str(self.dir))}
                for name, engine in engines.items()}

    def mistakes(self, clean):
        """{view: clean messages in which a word is found}, and of the packs that ship."""
        self.write("clean", "".join(text + "\n" for text in clean))
        packs = {name: self.dir / f"{VIEWS[name]}.yaml" for name in ("fold", "squeeze", "pinyin")}
        packs |= {path.stem: path for path in packs_that_ship()}
        return {name: int(self.run("clean", str(path), str(self.dir))[0][1]) for name, path in packs.items()}

    def worst(self, clean):
        """{pack: [(worst µs, limits) up to 4 KiB, the same up to 64 KiB]}, PCRE2 on the stress patterns."""
        rules = text_data.make_rules(10_000)
        talk = " ".join(clean[:4000])
        texts = [*stress_texts(rules), *(talk.encode()[:n].decode("utf-8", "ignore") for n in (4096, 65536))]
        self.write("stress", "".join(text + "\n" for text in texts))
        self.write("patterns", "".join(p + "\n" for p in PATTERNS))
        evil = pack("".join(f"  - {{id: r{i}, title: R, harm: other, score: 0.1, when: {{re: '{p}'}}}}\n"
                            for i, p in enumerate(PATTERNS)))
        packs = {path.stem: path for path in packs_that_ship()}
        packs["patterns that explode"] = self.write("evil.yaml", evil)
        packs["10,000 rules"] = self.write("many.yaml", text_data.pack_of(rules))
        packs["PCRE2 on those patterns, its own limits"] = "pcre2"
        found = {}
        for name, path in packs.items():
            rows = self.run("worst", str(path), str(self.dir))
            found[name] = [max(((float(us), int(limit)) for size, us, limit in rows
                                if low < int(size) <= high), default=(0, 0))
                           for low, high in ((0, 4096), (4096, 65536))]
        return found

    def icu_speed(self, messages):
        """MB/s on English, Chinese and mixed messages; nothing without ICU."""
        self.write("messages", "".join(f"{language[0]} {text}\n" for language, text in messages))
        rows = self.run("fold", str(self.dir))
        return [float(x) for x in rows[0]] if rows else None


def show(program):
    """All of it, as attributes."""
    with tempfile.TemporaryDirectory(prefix="text-proof-") as directory:
        proof = Proof(program, directory)
        clean, said = clean_messages(os.environ.get("LIBMOD_SHARED", ""))
        words = keywords(clean)
        return types.SimpleNamespace(
            words=len(words), comments=said, evasions=proof.evasions(words), mistakes=proof.mistakes(clean),
            worst=proof.worst(clean),
            icu_speed=proof.icu_speed(text_data.make_messages(text_data.make_rules(1000), 20_000)))
