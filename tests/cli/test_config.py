"""modctl config, and how the config is found."""

import json
import os

from case import SiteTest


class Finding(SiteTest):
    def test_order_option_environment_directory(self):
        self.site()
        for name in ("option", "variable"):
            self.write(f"{name}.yaml", self.config_text())
        env = {"LIBMOD_CONFIG": "variable.yaml"}
        self.assertIn("libmod.yaml", self.expect(0, "config", "check").out)
        self.assertIn("variable.yaml", self.expect(0, "config", "check", env=env).out)
        args = ["-c", "option.yaml", "config", "check"]
        self.assertIn("option.yaml", self.expect(0, *args, env=env).out)

    def test_none_at_all(self):
        if os.path.exists("/etc/libmod/libmod.yaml"):
            self.skipTest("/etc/libmod/libmod.yaml is there")
        self.assert_said(self.expect(3, "config", "check"), "modctl init")
        self.assert_said(self.expect(3, "scan", "x.png"), "no config")

    def test_named_one_is_missing_or_a_directory(self):
        self.assert_said(self.expect(3, "-c", "none.yaml", "config", "check"), "No such file")
        self.assert_said(self.expect(3, "-c", ".", "config", "check"), "directory")

    def test_paths_are_relative_to_the_file(self):
        self.site()
        self.picture("p.png")
        self.write("elsewhere/x", "")
        args = ["-c", "../libmod.yaml", "scan", "../p.png"]
        self.expect(0, *args, cwd=self.dir / "elsewhere")


class Check(SiteTest):
    def test_broken_yaml_has_place_line_and_caret(self):
        self.site("policy: {perceptual_max: [}\n")
        result = self.expect(3, "config", "check")
        self.assert_said(result, r"libmod\.yaml:\d+:\d+: ")
        self.assertIn("perceptual_max", result.err)
        self.assertRegex(result.err, r"\n *\^")

    def test_unknown_key_suggests(self):
        self.site("polcy: {}\n")
        self.assert_said(self.expect(3, "config", "check"), 'did you mean "policy"')

    def test_key_of_a_later_release_is_refused_by_name(self):
        self.site("kafka: {keys: []}\n")
        self.assert_said(self.expect(3, "config", "check"), "Kafka relay")

    def test_every_command_refuses_a_broken_config(self):
        self.site("nonsense: 1\n")
        self.picture("p.png")
        for args in (["scan", "p.png"], ["config", "show"], ["selftest"], ["list", "find", "p.png"]):
            with self.subTest(args):
                self.assert_said(self.expect(3, *args), "nonsense")


class Show(SiteTest):
    def test_json_has_key_value_origin(self):
        self.site()
        rows = {row["key"]: row for row in self.expect(0, "--json", "config", "show").rows()}
        self.assertEqual(set(rows["mode"]), {"key", "value", "origin"})
        self.assertEqual((rows["mode"]["value"], rows["mode"]["origin"]), ("observe", "file"))
        self.assertEqual(rows["policy.perceptual_max"]["origin"], "default")

    def test_text_with_and_without_origin(self):
        self.site()
        self.assertIn("\nmode = observe\n", "\n" + self.expect(0, "config", "show").out)
        self.assertRegex(self.expect(0, "config", "show", "--origin").out, r"file +mode = observe")

    def test_a_map_of_times_is_shown_as_one(self):
        self.site("policy: {deadlines: {other: 90m, m.adult.ncii: 48h}}\n")
        self.assertIn(
            '\npolicy.deadlines = {"m.adult.ncii":"2d","other":"90m"}\n',
            self.expect(0, "config", "show").out,
        )

    def test_schema_and_reference_need_no_config(self):
        schema = json.loads(self.expect(0, "config", "schema").out)
        self.assertIn("mode", schema["properties"])
        self.assertEqual(schema, self.expect(0, "--json", "config", "schema").row())
        page = self.expect(0, "config", "reference").out
        self.assertIn("perceptual_max", page)
        self.assertEqual(page, self.expect(0, "--json", "config", "reference").row()["markdown"])
