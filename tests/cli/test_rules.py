"""modctl rules check and rules test."""

from pathlib import Path

from case import SiteTest

DEMO = Path(__file__).resolve().parents[2] / "packs/ncii-demo.yaml"
PACK = """format: libmod-rules/1
pack: {{id: p, version: v1}}
rules:
  - id: r
    title: T
    harm: other
    action: flag
    when: {when}
    tests: {{hit: {hit}, miss: {miss}}}
"""


class Rules(SiteTest):
    def pack(self, when="{word: spam}", hit="[spam]", miss="[ham]"):
        return self.write("p.yaml", PACK.format(when=when, hit=hit, miss=miss))

    def test_the_demo_pack_passes(self):
        rows = self.expect(0, "--json", "rules", "check", DEMO).rows()
        self.assertEqual({row["level"] for row in rows}, {"info"})
        rows = self.expect(0, "--json", "rules", "test", DEMO).rows()
        self.assertEqual({row["ok"] for row in rows}, {True})
        for rule in {row["rule"] for row in rows}:
            for kind in ("hit", "miss"):
                n = [x for x in rows if (x["rule"], x["kind"]) == (rule, kind)]
                self.assertGreaterEqual(len(n), 2, rule)
        self.assertGreaterEqual(len({row["rule"] for row in rows}), 6)

    def test_fields(self):
        self.pack()
        row = self.expect(0, "--json", "rules", "check", "p.yaml").row()
        self.assertEqual(set(row), {"pack", "rule", "file", "line", "column", "level", "text"})
        self.assertEqual((row["pack"], row["rule"], row["line"]), ("p", "r", 4))
        rows = self.expect(0, "--json", "rules", "test", "p.yaml").rows()
        self.assertEqual(set(rows[0]), {"pack", "rule", "kind", "n", "ok", "recall"})
        self.assertEqual([(x["kind"], x["n"]) for x in rows], [("hit", 1), ("miss", 1)])

    def test_a_failed_test(self):
        self.pack(miss="[ham, some spam]")
        result = self.expect(1, "rules", "test", "p.yaml")
        self.assertIn("p.yaml:9:38: r: miss 2: hits", result.out)
        rows = self.expect(1, "--json", "rules", "test", "p.yaml").rows()
        self.assertEqual([x["ok"] for x in rows], [True, True, False])

    def test_an_invalid_pack(self):
        self.pack(when="{re: 'a(b'}")
        for command in ("check", "test"):
            result = self.expect(3, "rules", command, "p.yaml")
            self.assert_said(result, r"p\.yaml:8:20: regex: missing closing parenthesis\n")
            self.assertIn("^", result.err)
        row = self.expect(3, "--json", "rules", "check", "p.yaml").row()
        self.assertEqual((row["level"], row["line"], row["column"]), ("error", 8, 20))

    def test_a_not_that_no_test_needs(self):
        self.pack(when="{all: [{word: spam}], not: [{word: egg}]}")
        result = self.expect(3, "rules", "check", "p.yaml")
        self.assertRegex(result.out, r"p\.yaml:8:38: error: r: no miss test would hit")
        self.expect(1, "rules", "test", "p.yaml")
        self.pack(when="{all: [{word: spam}], not: [{word: egg}]}", miss="[egg spam]")
        self.expect(0, "rules", "check", "p.yaml")
        self.expect(0, "rules", "test", "p.yaml")

    def test_several_packs_and_missing_ones(self):
        self.pack()
        self.expect(4, "rules", "check", "none.yaml", "p.yaml")
        self.expect(4, "rules", "test", "p.yaml", "none.yaml")
        self.expect(2, "rules")

    def test_the_packs_of_the_config(self):
        self.site("packs: [rules/p.yaml, q.yaml]\n")
        good = PACK.format(when="{word: spam}", hit="[spam]", miss="[ham]")
        self.write("rules/p.yaml", good)
        self.write("q.yaml", good.replace("id: p", "id: q").replace("[ham]", "[some spam]"))
        for command, code in ("check", 0), ("test", 1):
            rows = self.expect(code, "--json", "rules", command).rows()
            self.assertEqual({row["pack"] for row in rows}, {"p", "q"}, command)
        self.assertEqual([row["ok"] for row in rows], [True, True, True, False])
        elsewhere = self.dir / "elsewhere"
        elsewhere.mkdir()
        config = self.dir / "libmod.yaml"
        result = self.expect(1, "-c", config, "rules", "test", cwd=elsewhere)
        self.assertIn("rules/p.yaml: 2 tests, 0 failed", result.out)
        rows = self.expect(0, "--json", "rules", "test", "rules/p.yaml").rows()
        self.assertEqual({row["pack"] for row in rows}, {"p"})  # what is named counts
        self.write("q.yaml", "format: libmod-rules/2\n")
        self.assert_said(self.expect(3, "rules", "check"), r"q\.yaml:1:9: ")

    def test_a_config_without_packs(self):
        for command in ("check", "test"):
            self.assert_said(self.expect(3, "rules", command), "no config")
        self.site()
        for command in ("check", "test"):
            result = self.expect(2, "rules", command)
            self.assert_said(result, r"libmod\.yaml has no packs: ")
            self.assertEqual(result.out, "")
