"""modctl doctor."""

from case import SANDBOX, SiteTest


class Doctor(SiteTest):
    def checks(self, code, **options):
        rows = self.expect(code, "--json", "doctor", **options).rows()
        for row in rows:
            self.assertEqual(list(row), ["check", "state", "text", "mend"])
            self.assertIn(row["state"], ("ok", "warn", "bad"))
            if row["state"] != "ok":
                self.assertTrue(row["mend"], row)
        return {row["check"]: row for row in rows}

    def test_all_is_well(self):
        self.with_list()
        checks = self.checks(0)
        for name in ("version", "config", "key", "state_dir", "list.ban", "worker", "decode"):
            self.assertEqual(checks[name]["state"], "ok", checks[name])
        if SANDBOX == "strict":
            self.assertEqual(checks["sandbox.seccomp"]["state"], "ok")

    def test_text_says_how_to_mend(self):
        self.site()
        (self.dir / "site.key").chmod(0o644)
        out = self.expect(0, "doctor").out
        self.assertRegex(out, r"warn +key .*0644")
        self.assertIn("-> chmod 0600", out)

    def test_sandbox_off_is_said(self):
        self.site()
        text = self.config_text().replace(f"sandbox: {SANDBOX}", "sandbox: off")
        self.write("libmod.yaml", text)
        row = self.checks(0)["sandbox.seccomp"]
        self.assertEqual(row["state"], "warn")
        self.assertIn("strict", row["mend"])

    def test_no_config(self):
        row = self.checks(1, env={"LIBMOD_CONFIG": "none.yaml"})["config"]
        self.assertEqual(row["state"], "bad")

    def test_broken_config(self):
        self.site("nonsense: 1\n")
        row = self.checks(1)["config"]
        self.assertRegex(row["text"], r"libmod\.yaml:\d+:\d+: .*nonsense")

    def test_key(self):
        self.site()
        self.write("site.key", b"short")
        checks = self.checks(1)
        self.assertIn("32", checks["key"]["text"])
        self.assertEqual(checks["engine"]["state"], "bad")
        (self.dir / "site.key").unlink()
        self.assertIn("No such file", self.checks(1)["key"]["text"])

    def test_lists(self):
        path = self.with_list()
        path.write_bytes(path.read_bytes()[:100])
        self.assertEqual(self.checks(1)["list.ban"]["state"], "bad")
        path.unlink()
        row = self.checks(1)["list.ban"]
        self.assertEqual(row["state"], "bad")
        self.assertIn("list build", row["mend"])

    def test_lists_are_looked_at_even_with_a_broken_key(self):
        self.with_list()
        (self.dir / "site.key").unlink()
        self.assertEqual(self.checks(1)["list.ban"]["state"], "ok")

    def test_stale_list(self):
        self.with_list()
        text = (self.dir / "libmod.yaml").read_text()
        self.write("libmod.yaml", text.replace("action: hold", "action: hold, stale_after: 1ms"))
        row = self.checks(0)["list.ban"]
        self.assertEqual(row["state"], "warn")
        self.assertIn("stale", row["text"])

    def test_state_directory(self):
        self.site()
        (self.dir / "state").rename(self.dir / "moved")
        self.assertEqual(self.checks(1)["state_dir"]["state"], "bad")

    def test_no_worker(self):
        self.site()
        row = self.checks(1, env={"LIBMOD_WORKER": "/nonexistent/worker"})["worker"]
        self.assertEqual(row["state"], "bad")
        self.assertIn("/nonexistent/worker", row["text"])

    def test_something_else_as_worker(self):
        self.site()
        row = self.checks(1, env={"LIBMOD_WORKER": "/bin/true"})["worker"]
        self.assertEqual(row["state"], "bad")
