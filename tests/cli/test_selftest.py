"""modctl selftest."""

from case import SiteTest


class SelfTest(SiteTest):
    def test_recognised(self):
        self.site("selftest: true\n")
        row = self.expect(0, "--json", "selftest").row()
        self.assertEqual((row["state"], row["source"]), ("ok", "libmod.selftest"))
        self.assertEqual((row["would"], row["action"], row["mode"]), ("hold", "allow", "observe"))
        self.assertIn("recognised", self.expect(0, "selftest").out)

    def test_off_says_how_to_switch_it_on(self):
        self.site()
        self.assert_said(self.expect(6, "selftest"), "selftest: true")

    def test_picture_hits_only_when_switched_on(self):
        self.expect(0, "selftest", "--picture", "test.png")
        self.site()
        self.expect(0, "scan", "test.png")
        self.configure("selftest: true\n")
        row = self.expect(1, "--json", "scan", "test.png").row()
        self.assertEqual(row["matches"][0]["source"], "libmod.selftest")

    def test_picture_cannot_be_written(self):
        self.assert_said(self.expect(4, "selftest", "--picture", "no/such/dir.png"), "no/such")

    def test_not_recognised_when_the_surface_is_not_scanned(self):
        self.site("selftest: true\npolicy: {surfaces: {upload: {scan: false}}}\n")
        self.assertEqual(self.expect(1, "--json", "selftest").row()["state"], "bad")

    def test_no_worker(self):
        self.site("selftest: true\n")
        self.expect(5, "selftest", env={"LIBMOD_WORKER": "/nonexistent"})
