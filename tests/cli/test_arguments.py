"""Commands, options and help: what is known, what is unknown, what comes later."""

import json

from case import SiteTest

HERE = [
    "init", "doctor", "config check", "config show", "config schema", "config reference", "hash",
    "scan", "list build", "list info", "list check", "list install", "list find", "list add",
    "list withdraw", "rules check", "rules test", "rules diff", "rules bench", "report",
    "queue", "show", "decide", "undo", "events", "stats", "store check", "store backup", "selftest",
]  # fmt: skip


class Help(SiteTest):
    def test_every_command_has_help_with_examples_and_exit_codes(self):
        for name in HERE:
            with self.subTest(name):
                result = self.expect(0, *name.split(), "--help")
                self.assertIn(f"Usage: modctl {name}", result.out)
                for part in ("Options:", "--json", "Examples:", "Exit codes:"):
                    self.assertIn(part, result.out)
                self.assertEqual(result.out, self.expect(0, "help", *name.split()).out)

    def test_overview_names_every_command(self):
        result = self.expect(0, "--help")
        for name in HERE:
            self.assertIn(f"  {name} ", result.out)
        self.assertEqual(result.out, self.expect(0, "help").out)

    def test_groups_have_help(self):
        result = self.expect(0, "list", "--help")
        self.assertIn("list build", result.out)
        self.assertNotIn("selftest", result.out)
        self.assertIn("store backup", self.expect(0, "help", "store").out)

    def test_version(self):
        self.assertRegex(self.expect(0, "--version").out, r"^modctl \d+\.\d+\.\d+\n$")
        self.assertIn("version", json.loads(self.expect(0, "--json", "--version").out))


class Refusals(SiteTest):
    def test_options_of_later_releases_are_named(self):
        self.assert_said(self.expect(2, "hash", "--pdq", "full", "p.png"), "later release")
        build = ["list", "build", "-o", "o.lml"]
        self.assert_said(self.expect(2, *build, "--variants", "s.csv"), "later release")

    def test_unknown_command_suggests(self):
        self.assert_said(self.expect(2, "scna"), 'did you mean "scan"')
        self.assert_said(self.expect(2, "list", "biuld"), 'did you mean "list build"')
        self.assert_said(self.expect(2, "help", "doctr"), 'did you mean "doctor"')
        self.assert_said(self.expect(2, "deicde"), 'did you mean "decide"')
        self.assert_said(self.expect(2, "store", "chekc"), 'did you mean "store check"')

    def test_unknown_option_suggests(self):
        self.assert_said(self.expect(2, "scan", "--surfcae", "x", "p"), 'did you mean "surface"')
        self.assert_said(self.expect(2, "scan", "-Z", "p"), "unknown option -Z")
        self.assert_said(self.expect(2, "--jsno"), 'did you mean "json"')

    def test_missing_things(self):
        self.assert_said(self.expect(2), "which command")
        self.assert_said(self.expect(2, "list"), "which one")
        self.assert_said(self.expect(2, "scan"), "needs a PATH")
        self.assert_said(self.expect(2, "list", "info"), "missing operand")
        self.assert_said(self.expect(2, "store"), "which one")
        self.assert_said(self.expect(2, "decide", "0198c0de"), "missing operand")
        self.assert_said(self.expect(2, "list", "add", "local"), "missing operand")
        self.assert_said(self.expect(2, "list", "build", "s.csv"), "-o OUT.lml")
        self.assert_said(self.expect(2, "scan", "--room"), "needs a value")

    def test_too_much(self):
        self.assert_said(self.expect(2, "list", "info", "a", "b"), "unexpected operand: b")
        self.assert_said(self.expect(2, "doctor", "x"), "unexpected operand: x")

    def test_bad_values(self):
        self.site()
        self.picture("p.png")
        self.assert_said(self.expect(2, "scan", "--surface", "uplaod", "p.png"), '"upload"')
        for jobs in ("0", "65", "many", "-1", "1x"):
            self.assert_said(self.expect(2, "scan", "--jobs", jobs, "p.png"), "from 1 to 64")
        self.assert_said(self.expect(2, "hash", "--pdq", "half", "p.png"), "reference or full")
        build = ["list", "build", "-o", "o.lml"]
        self.assert_said(self.expect(2, *build, "--format", "cvs", "s.csv"), 'mean "csv"')
        self.assert_said(self.expect(2, *build, "--pdq", "half", "s.csv"), "reference or full")
        self.assert_said(self.expect(2, *build, "--id", "x" * 65, "s.csv"), "--id")
        self.assert_said(self.expect(2, *build, "--version", "", "s.csv"), "--version")
        self.write("s.csv", "00\n")
        self.assert_said(self.expect(2, *build, "--type", "sha3", "s.csv"), "sha3")


class Places(SiteTest):
    def test_global_options_stand_before_or_after_the_command(self):
        self.site()
        for words in (["-c", "libmod.yaml", "--json", "config", "check"],
                      ["config", "check", "--json", "--config=libmod.yaml"]):  # fmt: skip
            self.assertTrue(self.expect(0, *words).row()["valid"])

    def test_double_dash_ends_options(self):
        self.picture("--json")
        self.hash("--", "--json")
