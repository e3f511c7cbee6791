"""The rule packs that ship: good, tested, and not fooled by disguises."""

import collections
import csv
import re
from pathlib import Path

from case import SHARED, SiteTest

PACKS = Path(__file__).resolve().parents[2] / "packs"
LINES = Path(__file__).resolve().parent / "packs"
LANGUAGES = ("en", "ko", "zh")
# What each language is written in disguise with. Chinese and Korean have no letters of their own to swap.
KINDS = {
    "en": "fullwidth circled math zero_width soft_hyphen accents zalgo homoglyph leet spaced repeated emoji",
    "ko": "zero_width soft_hyphen spaced emoji",
    "zh": "zero_width traditional zh_spaced zh_emoji zh_symbol homophone_one homophone_all",
}


def lines_of(name):
    """The lines of a data file, with \\u{…} as the character it names."""
    for line in (LINES / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), line)


class Packs(SiteTest):
    def site_with(self, *languages):
        """A site that loads the packs of these languages."""
        if not (self.dir / "libmod.yaml").exists():
            self.expect(0, "init", ".")
        packs = ", ".join(f"{PACKS}/ncii-{language}.yaml" for language in languages)
        config = (self.dir / "libmod.yaml").read_text().split("\npacks:")[0]
        self.write("libmod.yaml", f"{config}\npacks: [{packs}]\n")

    def found(self, texts):
        """For each text the ids of the rules that match. A line cannot break: its breaks are U+2028."""
        texts = list(texts)
        self.write("texts", "".join(text.replace("\n", "\u2028") + "\n" for text in texts))
        rows = self.run_modctl("--json", "scan", "--lines", "texts").rows()
        self.assertEqual(len(rows), len(texts))
        return [{match["rule"] for match in row["matches"]} for row in rows]

    def test_disguises_written_by_hand(self):
        for language in LANGUAGES:
            with self.subTest(language):
                self.site_with(language)
                rows = [line.split(": ", 1) for line in lines_of(f"evasions-{language}.txt")]
                found = self.found(text for _, text in rows)
                missed = [row for row, rules in zip(rows, found) if row[0] not in rules]
                self.assertGreaterEqual(len(rows), 150)
                self.assertLessEqual(len(missed), len(rows) // 100, missed)

    def test_everyday_talk(self):
        for language in LANGUAGES:
            with self.subTest(language):
                self.site_with(*LANGUAGES)
                texts = list(lines_of(f"clean-{language}.txt"))
                self.assertGreaterEqual(len(texts), 200)
                hits = [row for row in zip(texts, self.found(texts)) if row[1]]
                self.assertEqual(hits, [])

    def test_false_alarms_in_public_comments(self):
        """COLDataset, what its authors found not offensive: at most 10 of 100 000."""
        files = sorted((Path(SHARED) / "data/text/COLDataset").glob("*.csv"))
        if not files:
            self.skipTest("LIBMOD_SHARED has no data/text/COLDataset")
        texts = []
        for file in files:
            with file.open(encoding="utf-8-sig", newline="") as rows:
                texts += [x["TEXT"] for x in csv.DictReader(rows) if x["label"] == "0"]
        self.site_with(*LANGUAGES)
        hits = [row for row in zip(texts, self.found(texts)) if row[1]]
        self.assertLessEqual(len(hits), len(texts) / 10000, hits)

    def test_every_pack_is_good(self):
        for pack in PACKS.glob("*.yaml"):
            rows = self.expect(0, "--json", "rules", "check", pack).rows()
            self.assertEqual({row["level"] for row in rows}, {"info"}, pack)
            self.assertFalse([row for row in rows if "cost: always" in row["text"]], pack)

    def test_every_pack_passes_its_tests(self):
        for pack in PACKS.glob("*.yaml"):
            rows = self.expect(0, "--json", "rules", "test", pack).rows()
            self.assertEqual({row["ok"] for row in rows}, {True}, pack)

    def test_every_rule_is_tested_well(self):
        for language in LANGUAGES:
            rows = self.expect(0, "--json", "rules", "test", PACKS / f"ncii-{language}.yaml").rows()
            tests = collections.Counter((row["rule"], row["kind"]) for row in rows)
            rules = {row["rule"] for row in rows}
            self.assertGreaterEqual(len(rules), 26, language)
            for rule in rules:
                self.assertGreaterEqual(tests[rule, "hit"], 4, rule)
                self.assertGreaterEqual(tests[rule, "miss"], 4, rule)

    def test_disguises_are_seen_through(self):
        for language in LANGUAGES:
            rows = self.expect(0, "--json", "rules", "test", PACKS / f"ncii-{language}.yaml").rows()
            for kind in KINDS[language].split():
                recalls = [row["recall"] for row in rows if row["kind"] == kind]
                least = 4 if kind.startswith("homophone") else 24  # the rules that look for sounds
                self.assertGreaterEqual(len(recalls), least, f"{language} {kind}")
                self.assertGreaterEqual(sum(recalls) / len(recalls), 0.99, f"{language} {kind}")

    def test_homophones_of_words(self):
        """Each word of the Chinese pack by itself, written by what sounds alike."""
        text = (PACKS / "ncii-zh.yaml").read_text("utf-8")
        lists = "".join(re.findall(r"words?: \[([^]]*)\]", text))
        words = sorted(set(re.findall("(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,4}(?![\u4e00-\u9fff])", lists)))
        self.assertGreaterEqual(len(words), 500)
        rules = [
            f"  - {{id: r{i}, title: T, harm: other, score: 1, tests: {{hit: ['mark {word}'],\n"
            "     evade: {min_recall: 0, kinds: [homophone_one, homophone_all]}},\n"
            f"     when: {{all: [{{word: {word}, view: pinyin}}, {{word: mark}}]}}}}\n"
            for i, word in enumerate(words)
        ]
        self.write("words.yaml", "format: libmod-rules/1\npack: {id: words, version: '1'}\nrules:\n" + "".join(rules))
        rows = self.expect(0, "--json", "rules", "test", "words.yaml").rows()
        for kind in ("homophone_one", "homophone_all"):
            recalls = [row["recall"] for row in rows if row["kind"] == kind]
            self.assertEqual(len(recalls), len(words))
            self.assertGreaterEqual(sum(recalls) / len(recalls), 0.99, kind)

    def test_the_packs_load_together(self):
        self.site_with(*LANGUAGES)
        self.expect(0, "config", "check")
        for text in ("upskirt vip group is open", "偷拍資源打包", "도촬 모음집 있어요"):
            row = self.expect(1, "--json", "scan", "--text", text).row()
            self.assertEqual(row["would"], "hold", text)
