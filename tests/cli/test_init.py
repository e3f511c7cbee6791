"""modctl init."""

import grp
import os
import re
import stat

from case import SiteTest


class Init(SiteTest):
    def mode(self, name):
        return stat.S_IMODE((self.dir / name).stat().st_mode)

    def test_makes_a_valid_private_site(self):
        result = self.expect(0, "init", env={"LIBMOD_WORKER": None})
        self.assertIn("list build", result.out)
        self.expect(0, "config", "check")
        self.assertEqual((self.dir / "site.key").stat().st_size, 32)
        self.assertEqual(self.mode("site.key"), 0o600)
        self.assertEqual(self.mode("state"), 0o700)
        self.assertTrue((self.dir / "state/lists").is_dir())
        self.assertIn("mode: observe", (self.dir / "libmod.yaml").read_text())

    def test_what_stands_in_comments_is_valid(self):
        self.expect(0, "init")
        path = self.dir / "libmod.yaml"
        key = re.compile(r"^# ?(?=[a-z]+:( [[{]|$)|  - )", re.MULTILINE)
        path.write_text(key.sub("", path.read_text()))
        rows = self.expect(0, "--json", "config", "show").rows()
        values = {row["key"]: row["value"] for row in rows}
        self.assertEqual(values["lists[0].id"], "ban")
        self.assertEqual(len(values["allow"]), 1)
        self.assertEqual(values["policy.deadlines"], {"m.adult.ncii": "2d"})
        self.assertEqual(values["events.keep"], "400d")

    def test_makes_the_directory_and_says_what_in_json(self):
        row = self.expect(0, "--json", "init", "a/b").row()
        self.assertTrue((self.dir / row["config"]).is_file())
        self.assertTrue((self.dir / row["key_file"]).is_file())
        self.assertTrue((self.dir / row["state_dir"]).is_dir())

    def test_umask_does_not_matter(self):
        old = os.umask(0o077)
        try:
            self.expect(0, "init")
        finally:
            os.umask(old)
        self.assertEqual(self.mode("libmod.yaml"), 0o644)

    def test_keys_differ(self):
        self.expect(0, "init", "a")
        self.expect(0, "init", "b")
        self.assertNotEqual(
            (self.dir / "a/site.key").read_bytes(), (self.dir / "b/site.key").read_bytes()
        )

    def test_never_overwrites(self):
        self.write("libmod.yaml", "mine")
        self.assert_said(self.expect(6, "init"), "libmod.yaml: is there already")
        self.assertEqual((self.dir / "libmod.yaml").read_text(), "mine")
        self.assertFalse((self.dir / "site.key").exists())
        self.write("k/site.key", "mine")
        self.assert_said(self.expect(6, "init", "k"), "site.key: is there already")
        self.assertFalse((self.dir / "k/libmod.yaml").exists())

    def test_group_shares_the_state(self):
        group = grp.getgrgid(os.getgid()).gr_name
        self.expect(0, "init", "--group", group)
        self.assertEqual(self.mode("state"), 0o2770)
        self.assertEqual(self.mode("state/lists"), 0o2770)
        self.assertEqual(self.mode("site.key"), 0o640)

    def test_unknown_group(self):
        self.assert_said(self.expect(2, "init", "--group", "no-such-group"), "no such group")
        self.assertFalse((self.dir / "libmod.yaml").exists())

    def test_cannot_write(self):
        self.write("file", "")
        self.assert_said(self.expect(4, "init", "file/below"), "file")
