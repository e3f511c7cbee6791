"""The rule packs that ship: good, tested, and not fooled by disguises."""

import collections
from pathlib import Path

from case import SiteTest

PACKS = Path(__file__).resolve().parents[2] / "packs"
LANGUAGES = ("en", "ko", "zh")
# What each language is written in disguise with. Chinese and Korean have no letters of their own to swap.
KINDS = {
    "en": "fullwidth circled math zero_width soft_hyphen accents zalgo homoglyph leet spaced repeated emoji",
    "ko": "zero_width soft_hyphen spaced emoji",
    "zh": "zero_width zh_spaced zh_emoji zh_symbol",
}


class Packs(SiteTest):
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
                self.assertGreaterEqual(len(recalls), 24, f"{language} {kind}")
                self.assertGreaterEqual(sum(recalls) / len(recalls), 0.99, f"{language} {kind}")

    def test_the_packs_load_together(self):
        packs = [f"ncii-{language}.yaml" for language in LANGUAGES]
        for name in packs:
            (self.dir / name).write_bytes((PACKS / name).read_bytes())
        self.expect(0, "init", ".")
        with (self.dir / "libmod.yaml").open("a") as config:
            config.write(f"packs: [{', '.join(packs)}]\n")
        self.expect(0, "config", "check")
        for text in ("upskirt vip group is open", "偷拍資源打包", "도촬 모음집 있어요"):
            row = self.expect(1, "--json", "scan", "--text", text).row()
            self.assertEqual(row["would"], "hold", text)
