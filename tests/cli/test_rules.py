"""modctl rules check and rules test."""

import os
import resource
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
        self.assertEqual(set(row), {"pack", "rule", "file", "line", "column", "level", "text", "cost",
                                    "worst_us"})
        self.assertEqual((row["pack"], row["rule"], row["line"]), ("p", "r", 4))
        self.assertEqual(row["cost"], "words")
        self.assertGreater(row["worst_us"], 0)
        rows = self.expect(0, "--json", "rules", "test", "p.yaml").rows()
        self.assertEqual(set(rows[0]), {
            "pack", "rule", "kind", "n", "ok", "recall", "tried", "file", "line", "column", "text",
            "tested", "view", "start", "end", "cause", "others"})
        self.assertEqual([(x["kind"], x["n"]) for x in rows], [("hit", 1), ("miss", 1)])

    def test_a_failed_test(self):
        self.pack(miss="[ham, some spam]")
        result = self.expect(1, "rules", "test", "p.yaml")
        self.assertIn("p.yaml:9:38: r: miss 2: hits", result.out)
        rows = self.expect(1, "--json", "rules", "test", "p.yaml").rows()
        self.assertEqual([x["ok"] for x in rows], [True, True, False])
        self.assertEqual({key: rows[2][key] for key in ("text", "tested", "view", "start", "end")},
                         {"text": "hits", "tested": "some spam", "view": "fold", "start": 5, "end": 9})
        self.assertEqual({rows[1][key] for key in ("text", "tested", "view", "start", "cause")}, {None})

    def test_how_a_failed_test_looks(self):
        """The text, what is marked in it, and what is missing: under wide characters too."""
        self.pack(when="{all: [{word: [spam, 偷拍]}, {word: now}]}",
                  hit="[spam, {text: 有人偷拍 now, span: [0, 3]}]", miss='["\\e[2J偷拍 now", x]')
        self.assertEqual(self.expect(1, "rules", "test", "p.yaml").out, """\
p.yaml:9:19: r: hit 1: does not hit
    spam
    the condition at 8:38 does not hold
p.yaml:9:25: r: hit 2: hits at [6, 16]
    有人偷拍 now
        ^^^^^^^^ fold
    ~~ wanted
p.yaml:9:65: r: miss 1: hits
    \\x1b[2J偷拍 now
           ^^^^^^^^ fold
p.yaml: 4 tests, 3 failed (2 hit, 2 miss, 0 not, 0 evade)
""")

    def test_colour_on_a_terminal_only(self):
        self.pack(miss="[some spam]")
        for more, coloured in ({}, True), ({"NO_COLOR": "1"}, False):
            with self.subTest(more):
                main, side = os.openpty()
                self.expect(1, "rules", "test", "p.yaml", stdout=side, env={"TERM": "xterm", **more})
                os.close(side)
                shown = os.read(main, 65536).decode()
                os.close(main)
                self.assertEqual("\33[31m" in shown, coloured)
                self.assertIn("miss 1: ", shown)

    def test_disguises_by_kind(self):
        rule = ("  - {id: %s, title: T, harm: other, action: flag, when: {word: spycam, view: %s},\n"
                "     tests: {hit: [a spycam], miss: [x], evade: {min_recall: 0, kinds: [leet, fullwidth, zh_spaced]}}}\n")
        self.write("p.yaml", "format: libmod-rules/1\npack: {id: p, version: v1}\nrules:\n" +
                   rule % ("whole", "squeeze") + rule % ("weak", "fold"))
        out = self.expect(0, "rules", "test", "p.yaml").out
        self.assertRegex(out, r"(?m)^fullwidth +100\.0 % +16 +100\.0 %$")
        self.assertRegex(out, r"(?m)^leet +50\.0 % +16 +0\.0 % weak$")
        self.assertRegex(out, r"(?m)^zh_spaced +skipped: it changes nothing")
        self.assertNotIn("disguised texts", out)
        self.assertTrue(out.endswith("p.yaml: 10 tests, 0 failed (2 hit, 2 miss, 0 not, 6 evade)\n"))
        out = self.expect(0, "rules", "test", "--by-rule", "p.yaml").out
        self.assertRegex(out, r"(?m)^whole: leet +recall 1\.000 of 8 disguised texts$")
        rows = self.expect(0, "--json", "rules", "test", "p.yaml").rows()
        self.assertEqual({(x["rule"], x["kind"]): (x["recall"], x["tried"]) for x in rows
                          if x["kind"] in ("leet", "zh_spaced")},
                         {("whole", "leet"): (1.0, 8), ("whole", "zh_spaced"): (None, 0),
                          ("weak", "leet"): (0.0, 8), ("weak", "zh_spaced"): (None, 0)})

    def test_many_rules(self):
        """As many as a day's work of a team: the time grows with their number, not faster."""
        def seconds(count):
            self.write("many.yaml", "format: libmod-rules/1\npack: {id: p, version: v1}\nrules:\n" + "".join(
                f"  - {{id: r{n}, title: T, harm: other, action: flag, when: {{all: [{{word: w{n}x}}], "
                f"not: [{{word: no}}]}}, tests: {{hit: [a w{n}x], miss: [no w{n}x]}}}}\n" for n in range(count)))
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            out = self.expect(0, "rules", "test", "many.yaml").out
            self.assertIn(f"{3 * count} tests, 0 failed", out)
            return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        self.assertLess(seconds(8000), 24 * max(seconds(1000), 0.02))

    def test_a_pack_without_tests(self):
        text = PACK.format(when="{word: spam}", hit="", miss="").split("    tests")[0]
        self.write("p.yaml", text)
        self.assertEqual(self.expect(0, "rules", "test", "p.yaml").out,
                         "p.yaml: no tests: add hit and miss texts to its rules\n")
        self.assertIn("warning: r: this rule has no hit test and no miss test: ",
                      self.expect(1, "rules", "check", "--strict", "p.yaml").out)

    def test_diff_of_many_rules(self):
        """Rules that hit are counted in time that grows with their number, not faster."""
        def seconds(count):
            self.write("many.yaml", "format: libmod-rules/1\npack: {id: p, version: v1}\nrules:\n" + "".join(
                f"  - {{id: r{n}, title: T, harm: other, action: flag, when: {{word: w{n}x}}}}\n" for n in range(count)))
            self.write("corpus.txt", "".join(f"a w{n}x\n" for n in range(count)))
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            self.expect(0, "rules", "diff", "many.yaml", "many.yaml", "--corpus", "corpus.txt")
            return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        self.assertLess(seconds(24000), 72 * max(seconds(1000), 0.02))

    def test_doubtful_rules(self):
        self.pack(when="{all: [{word: [spam, spam egg]}], not: [{word: egg}]}", miss="[egg spam]")
        result = self.expect(0, "rules", "check", "p.yaml")
        self.assertIn('p.yaml:8:50: warning: r: "spam egg" can never count', result.out)
        self.assertIn('pack "p", 1 rule, 1 warning: good', result.out)
        self.expect(1, "rules", "check", "--strict", "p.yaml")
        self.pack()
        self.expect(0, "rules", "check", "--strict", "p.yaml")
        self.pack(when="{all: [{word: [spam, spam egg]}], not: [{word: egg}]}")
        self.expect(3, "rules", "check", "--strict", "p.yaml")  # an error counts more

    def test_slow_rules(self):
        self.pack(when="{re: 'spam(a+)+[xy]z'}")
        row = self.expect(1, "--json", "rules", "check", "--strict", "p.yaml").rows()[0]
        self.assertEqual(row["level"], "warning")
        self.assertRegex(row["text"], "a text of 4096 bytes that was made for it|a limit was hit")

    def test_packs_beside_each_other(self):
        good = PACK.format(when="{word: spam}", hit="[spam]", miss="[ham]")
        self.write("p.yaml", good)
        self.write("q.yaml", good.replace("id: p", "id: q").replace("harm: other", "harm: m.spam"))
        self.write("other.yaml", good.replace("id: p", "id: o").replace("id: r", "id: s"))
        warnings = [(x["pack"], x["text"]) for x in
                    self.expect(1, "--json", "rules", "check", "--strict", "p.yaml", "q.yaml",
                                "other.yaml").rows() if x["level"] == "warning"]
        self.assertEqual(warnings, [
            ("q", 'rule "r" of pack "p" (p.yaml:4) has the same id and another harm, other'),
            ("o", 'this is the same as rule "r" (p.yaml:4): flag, medium')])
        self.write("new.yaml", good)
        self.expect(0, "rules", "check", "--strict", "p.yaml", "new.yaml")  # two versions
        self.site("packs: [p.yaml, new.yaml]\n")
        self.assert_said(self.expect(3, "rules", "check"), 'pack "p" is loaded already')

    def test_an_invalid_pack(self):
        self.pack(when="{re: 'a(b'}")
        for command in ("check", "test"):
            result = self.expect(3, "rules", command, "p.yaml")
            self.assert_said(result, r"p\.yaml:8:20: regex: missing closing parenthesis\n")
            self.assertIn("^", result.err)
        row = self.expect(3, "--json", "rules", "check", "p.yaml").row()
        self.assertEqual((row["level"], row["line"], row["column"]), ("error", 8, 20))

    def test_view_pinyin(self):
        self.pack(when="{word: 摄像头, view: pinyin}", hit="[社象投, shexiangtou]", miss="[摄像机]")
        rows = self.expect(0, "--json", "rules", "check", "p.yaml").rows()
        self.assertIn("view pinyin; 1 word,", rows[-1]["text"])
        self.expect(0, "rules", "test", "p.yaml")
        tests = "[摄像头], evade: {min_recall: 1, kinds: [homophone_one, homophone_all]}"
        for view, code in ("pinyin", 0), ("fold", 1):
            self.pack(when=f"{{word: 摄像头, view: {view}}}", hit=tests)
            rows = self.expect(code, "--json", "rules", "test", "p.yaml").rows()
            recalls = [row["recall"] for row in rows if row["kind"].startswith("homophone")]
            self.assertEqual(recalls, [1 - code] * 2)

    def test_a_short_word_alone_in_view_pinyin(self):
        self.pack(when="{any: [{word: x}, {word: 偷拍, view: pinyin}]}")
        result = self.expect(3, "rules", "check", "p.yaml")
        self.assert_said(result, r'p\.yaml:8:29: "偷拍" has fewer than 3 syllables, .*"all".*\n')
        self.assertIn(" " * 28 + "^", result.err)
        self.pack(when="{all: [{word: x}, {word: 偷拍, view: pinyin}]}", hit="[x 透派]")
        self.expect(0, "rules", "test", "p.yaml")

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

    def versions(self):
        """Two packs and a corpus: line 2 is newly flagged, line 3 no longer, line 4 gets another action."""
        rule = "  - {{id: {0}, title: T, harm: other, action: {1}, when: {{word: {2}}}}}\n"
        head = "format: libmod-rules/1\npack: {id: p, version: v1}\nrules:\n"
        self.write("old.yaml", head + rule.format("gone", "flag", "pear") +
                   rule.format("kept", "flag", "plum") + rule.format("same", "flag", "fig"))
        self.write("new.yaml", head + rule.format("fresh", "flag", "apple") +
                   rule.format("kept", "hold", "plum") + rule.format("same", "flag", "fig"))
        self.write("corpus.txt", b"hello\nan apple\r\na pear\na plum\na fig\nbad \xff byte\n")

    def diff(self, code, *more):
        return self.expect(code, "--json", "rules", "diff", "old.yaml", "new.yaml", "--corpus",
                           "corpus.txt", *more).rows()

    def test_diff(self):
        self.versions()
        rows = self.diff(1)
        changes = {row["line"]: row for row in rows if "change" in row}
        self.assertEqual({n: row["change"] for n, row in changes.items()},
                         {2: "new", 3: "gone", 4: "action"})
        self.assertEqual((changes[4]["old"], changes[4]["new"]), ("flag", "hold"))
        self.assertEqual((changes[2]["old_rules"], changes[2]["new_rules"]), ([], ["fresh"]))
        rules = {row["rule"]: (row["old"], row["new"]) for row in rows if "rule" in row}
        self.assertEqual(rules, {"fresh": (0, 1), "gone": (1, 0)})
        self.assertEqual(rows[-1], {
            "messages": 6, "old_flagged": 3, "new_flagged": 3, "newly": 1, "no_longer": 1,
            "action_changed": 1, "old_partial": 0, "new_partial": 0, "newly_per_100k": 16666.66667})
        out = self.expect(1, "rules", "diff", "old.yaml", "new.yaml", "--corpus", "corpus.txt").out
        self.assertIn("+ corpus.txt:2: allow → flag: fresh: an apple\n", out)
        self.assertIn("- corpus.txt:3: flag → allow: gone: a pear\n", out)
        self.assertIn("~ corpus.txt:4: flag → hold: kept: a plum\n", out)
        self.assertIn("would newly flag 1 of 6, no longer flag 1, change the action of 1\n", out)
        self.write("corpus.txt", "an apple\n" + "hello\n" * 1999)
        out = self.expect(1, "rules", "diff", "old.yaml", "new.yaml", "--corpus", "corpus.txt").out
        self.assertIn("would newly flag 1 of 2000 (50.0 of 100 000), no longer flag 0 (0.0 of 100 000), ", out)

    def test_diff_samples_and_gate(self):
        self.versions()
        self.assertEqual([row for row in self.diff(1, "--samples", "0") if "change" in row], [])
        self.diff(0, "--max-new", "1")
        self.diff(1, "--max-new", "0")
        self.expect(0, "rules", "diff", "old.yaml", "old.yaml", "--corpus", "corpus.txt")
        result = self.expect(1, "rules", "diff", "old.yaml", "new.yaml", "--corpus", "-",
                             input=b"an apple")
        self.assertIn("+ -:1: allow → flag", result.out)

    def test_diff_sums_scores(self):
        head = "format: libmod-rules/1\npack: {{id: p, version: v1}}\nrules:\n{}"
        rule = "  - {{id: {0}, title: T, harm: other, score: {1}, when: {{word: {0}}}}}\n"
        self.write("a.yaml", head.format(rule.format("pear", 2) + rule.format("fig", 2)))
        self.write("b.yaml", head.format(rule.format("pear", 3) + rule.format("fig", 2)))
        self.write("corpus.txt", "pear\npear fig\n")
        rows = self.expect(1, "--json", "rules", "diff", "a.yaml", "b.yaml", "--corpus",
                           "corpus.txt").rows()
        self.assertEqual([(x["line"], x["new"]) for x in rows if "change" in x], [(2, "flag")])

    def test_diff_obeys_the_policy_of_the_config(self):
        head = "format: libmod-rules/1\npack: {{id: p, version: v1}}\nrules:\n{}"
        rule = "  - {{id: {0}, title: T, harm: other, {1}, when: {{word: {0}}}}}\n"
        self.write("a.yaml", head.format(rule.format("pear", "score: 2")))
        self.write("b.yaml", head.format(rule.format("pear", "score: 6") + rule.format("fig", "action: block")))
        self.write("corpus.txt", "pear\nfig\n")
        command = ("--json", "rules", "diff", "a.yaml", "b.yaml", "--corpus", "corpus.txt")

        def actions(*config):
            rows = self.expect(1, *config, *command).rows()
            return {x["line"]: (x["old"], x["new"]) for x in rows if "change" in x}
        self.assertEqual(actions(), {1: ("allow", "flag"), 2: ("allow", "block")})
        policy = "policy: {thresholds: {flag: 1, hold: 6}, surfaces: {message: {max: hold}}}\n"
        self.site(policy)
        both = {1: ("flag", "hold"), 2: ("allow", "hold")}
        self.assertEqual(actions(), both)
        (self.dir / "libmod.yaml").rename(self.dir / "other.yaml")
        self.assertEqual(actions("-c", "other.yaml"), both)
        self.write("libmod.yaml", "format: libmod/2\n")
        self.assert_said(self.expect(3, *command), r"libmod\.yaml:1:9: ")

    def test_diff_takes_the_lists_of_the_config(self):
        pack = ("format: libmod-rules/1\npack: {id: p, version: v1}\nlists: {known: {config: %s}}\n"
                "rules: [{id: r, title: T, harm: other, action: flag, when: {list: known}}]\n")
        other = "format: libmod-rules/1\npack: {id: p, version: v1}\n" \
                "rules: [{id: r, title: T, harm: other, action: flag, when: {word: zzz}}]\n"
        self.write("old.yaml", other)
        self.write("new.yaml", pack % "links")
        self.write("corpus.txt", "come to t.me/+AbCdEf0123456789\n")
        self.write("rows.csv", "link,t.me/+AbCdEf0123456789\n")
        command = ("rules", "diff", "old.yaml", "new.yaml", "--corpus", "corpus.txt")
        result = self.expect(0, *command)
        self.assert_said(result, 'list "links" of the config has nothing here: name the config')
        self.site("lists: [{id: links, file: links.lml, harm: other, action: flag, severity: low}]\n")
        self.assert_said(self.expect(4, *command), "links.lml: ")  # it is not there
        self.expect(0, "list", "build", "-o", "links.lml", "rows.csv")
        self.assertEqual(self.expect(1, "--json", *command).rows()[-1]["newly"], 1)
        self.assertEqual(self.expect(0, "--json", "rules", "bench", "new.yaml", "--corpus",
                                     "corpus.txt").row()["messages"], 1)
        self.write("new.yaml", pack % "linsk")
        self.assert_said(self.expect(3, *command), r'new\.yaml:3:\d+: the config has no list "linsk"')

    def test_bench_says_what_goes_over_the_budget(self):
        self.versions()
        self.write("corpus.txt", "a fig\n" + "a pear " * 20000 + "\n")
        command = ("rules", "bench", "old.yaml", "--corpus", "corpus.txt")
        row = self.expect(0, "--json", *command).row()
        self.assertEqual((row["budget_us"], row["partial"]), (1000, 0))
        self.site("text: {budget_us: 1}\n")
        row = self.expect(0, "--json", *command).row()
        self.assertEqual(row["budget_us"], 1)
        self.assertGreaterEqual(row["over_budget"], 1)
        self.assertIn("measured without a budget; ", self.expect(0, *command).out)

    def test_bench(self):
        self.versions()
        command = ("rules", "bench", "old.yaml", "--corpus", "corpus.txt")
        row = self.expect(0, "--json", *command).row()
        self.assertEqual((row["rules"], row["messages"], row["partial"]), (3, 6, 0))
        self.assertGreater(row["messages_per_second"], 0)
        self.assertTrue(0 < row["p50_us"] <= row["p99_us"] <= row["max_us"])
        self.assertIn("6 messages", self.expect(0, *command).out)
        self.write("long.txt", "a fig\n" + "a pear " * 20000 + "\n")
        long = ("--json", "rules", "bench", "old.yaml", "--corpus", "long.txt", "--max-us")
        self.assertEqual(self.expect(1, *long, "1").row()["slowest_line"], 2)
        self.expect(0, *long, "1000000")
        self.site("packs: [old.yaml]\n")
        self.assertEqual(self.expect(0, "--json", "rules", "bench", "--corpus",
                                     "corpus.txt").row()["rules"], 3)

    def test_bad_corpora(self):
        self.versions()
        both = {"diff": ("old.yaml", "new.yaml"), "bench": ("old.yaml",)}
        for command, packs in both.items():
            self.assert_said(self.expect(2, "rules", command, *packs), "needs --corpus")
            result = self.expect(4, "rules", command, *packs, "--corpus", "none.txt")
            self.assert_said(result, "none.txt: cannot read")
            self.assert_said(self.expect(4, "rules", command, *packs, "--corpus", "."), "cannot read")
        self.write("empty.txt", "")
        self.expect(4, "rules", "bench", "old.yaml", "--corpus", "empty.txt")
        self.expect(0, "rules", "diff", "old.yaml", "new.yaml", "--corpus", "empty.txt")
        self.write("bad.yaml", "format: libmod-rules/2\n")
        self.assert_said(self.expect(3, "rules", "diff", "old.yaml", "bad.yaml", "--corpus",
                                     "corpus.txt"), r"bad\.yaml:1:9: ")

    def test_the_budget_of_a_message(self):
        """What a message may cost ends its search; the rules that were not decided are told."""
        rule = "  - {{id: r{0}, title: T, harm: other, action: flag, when: {{re: '[a-z]{{0}}[0-9]q'}}}}\n"
        self.write("p.yaml", "format: libmod-rules/1\npack: {id: p, version: v1}\nrules:\n" +
                   "".join(rule.format(n) for n in range(1, 60)))
        text = "word " * 800
        self.site()
        for budget, coverage, reasons in (1, "partial", ["limit"]), (10000000, "complete", []):
            self.configure(f"packs: [p.yaml]\ntext: {{budget_us: {budget}}}\n")
            code = 4 if reasons else 0
            row = self.expect(code, "--json", "scan", "--text", text).row()
            self.assertEqual((row["coverage"], row["reasons"]), (coverage, reasons), budget)

    def test_patterns_that_explode(self):
        """Each costs a moment at most, and what it could not decide is told."""
        # the last one never meets its limit: nearly ten thousand steps from every place
        patterns = ["(a+)+[xy]", "(b|bb)+[xy]", "([a-z]+ ?)*[0-9]", "(.*a){12}[xy]", ".{0,90}.{0,90}[0-9]"]
        rule = "  - {{id: r{0}, title: T, harm: other, action: flag, when: {{re: '{1}'}}}}\n"
        self.write("p.yaml", "format: libmod-rules/1\npack: {id: p, version: v1}\nrules:\n" +
                   "".join(rule.format(n, p) for n, p in enumerate(patterns)))
        self.site("packs: [p.yaml]\n")
        self.write("lines.txt", "\n".join(piece * (size // len(piece)) for size in (4000, 64000)
                                         for piece in ("a", "b", "ab", "word ")) + "\n")
        rows = [self.expect(4, "--json", "scan", "--lines", "lines.txt").rows() for _ in range(3)]
        for n, of_line in enumerate(zip(*rows)):
            self.assertEqual(of_line[0]["reasons"], ["limit"])
            least = min(row["engine"]["took_us"] for row in of_line)
            # the budget is 1 ms and 16 ms; the rest is room for sanitizers and busy machines
            self.assertLess(least, 8_000 if n < 4 else 64_000, n)
