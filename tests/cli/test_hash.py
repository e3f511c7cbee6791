"""modctl hash."""

import hashlib
from pathlib import Path

import pictures
from case import SANDBOX, SHARED, SiteTest

FIELDS = {
    "input", "format", "width", "height", "sha256", "sha1", "md5", "pdq", "quality", "dihedral",
    "pdq_displayed", "coverage",
}  # fmt: skip


def distance(a, b):
    return bin(int(a, 16) ^ int(b, 16)).count("1")


class Hash(SiteTest):
    def test_fields_and_digests(self):
        path = self.picture("p.png")
        row = self.hash("--json", "p.png").row()
        self.assertEqual(set(row), FIELDS)
        for name in ("sha256", "sha1", "md5"):
            self.assertEqual(row[name], hashlib.new(name, path.read_bytes()).hexdigest())
        self.assertEqual((row["format"], row["width"], row["height"]), ("png", 96, 96))
        self.assertEqual(row["coverage"], "complete")
        self.assertGreaterEqual(row["quality"], 50)
        self.assertEqual(len(row["dihedral"]), 8)
        self.assertEqual(row["dihedral"][0], row["pdq"])
        self.assertIsNone(row["pdq_displayed"])

    def test_needs_no_config_and_ignores_a_broken_one(self):
        if SANDBOX != "strict":
            self.skipTest("a sanitized worker needs a config")
        self.picture("p.png")
        self.write("libmod.yaml", "broken: [")
        self.expect(0, "hash", "p.png")
        self.assert_said(self.expect(3, "-c", "libmod.yaml", "hash", "p.png"), "libmod.yaml")

    def test_dihedrals_are_in_the_order_of_the_reference(self):
        self.picture("plain.png")
        self.picture("turned.png", change=pictures.turned)
        self.picture("mirrored.png", change=pictures.mirrored)
        self.picture("upside.png", change=lambda rows: rows[::-1])
        names = ("plain", "turned", "mirrored", "upside")
        rows = self.hash("--json", *(f"{name}.png" for name in names)).rows()
        plain, turned, mirrored, upside = rows
        self.assertLessEqual(distance(turned["dihedral"][1], plain["pdq"]), 20)
        self.assertLessEqual(distance(plain["dihedral"][4], upside["pdq"]), 20)
        self.assertLessEqual(distance(plain["dihedral"][5], mirrored["pdq"]), 20)
        self.assertGreater(distance(plain["pdq"], mirrored["pdq"]), 60)

    def test_golden_files_of_the_reference_tool(self):
        table = Path(SHARED) / "data/pdq-golden.csv"
        if not table.is_file():
            self.skipTest("LIBMOD_SHARED has no data/pdq-golden.csv")
        lines = [x for x in table.read_text().splitlines() if not x.startswith("#")]
        golden = [line.split(",") for line in lines]
        paths = [table.parent / fields[0] for fields in golden]
        rows = self.hash("--json", *paths).rows()
        self.assertEqual(len(rows), len(golden))
        for row, fields in zip(rows, golden):
            with self.subTest(fields[0]):
                self.assertEqual([str(row["quality"]), *row["dihedral"]], fields[1:10])

    def test_weak_pictures_are_said(self):
        self.write("flat.png", pictures.png(pictures.flat()))
        result = self.hash("--json", "flat.png")
        self.assert_said(result, "too little detail")
        self.assertLess(result.row()["quality"], 50)

    def test_directories_are_walked_sorted(self):
        for name in ("d/b.png", "d/a.png", "d/c/x.png"):
            self.picture(name)
        rows = self.hash("--json", "d").rows()
        self.assertEqual([row["input"] for row in rows], ["d/a.png", "d/b.png", "d/c/x.png"])


class Csv(SiteTest):
    def test_rows_build_into_a_list_that_finds_the_picture(self):
        self.picture("secret-name.png")
        result = self.hash("--csv", "secret-name.png")
        self.assertNotIn("secret-name", result.out)
        header, *rows = result.out.splitlines()
        self.assertTrue(header.startswith("#"))
        self.assertRegex(rows[0], r"^sha256,[0-9a-f]{64},[0-9a-f]{16}$")
        self.assertRegex(rows[1], r"^pdq,[0-9a-f]{64},[0-9a-f]{16},quality=\d+$")
        self.write("rows.csv", result.out)
        self.expect(0, "list", "build", "-o", "l.lml", "rows.csv")
        entry = rows[0].split(",")[2]
        value = "sha256:" + rows[0].split(",")[1]
        row = self.expect(1, "--json", "list", "find", "--list", "l.lml", value).row()
        self.assertEqual(row["entry"], entry)


class BadInput(SiteTest):
    def test_not_a_picture_has_digests(self):
        self.write("text.txt", "just text")
        result = self.hash("--json", "text.txt")
        row = result.row()
        self.assertEqual(row["sha256"], hashlib.sha256(b"just text").hexdigest())
        self.assertEqual((row["format"], row["pdq"], row["coverage"]), (None, None, "partial"))
        self.assertEqual(row["dihedral"], [])
        self.assert_said(result, "unsupported")

    def test_cut_and_empty_files(self):
        self.write("cut.png", self.picture("p.png").read_bytes()[:200])
        self.write("empty.png", b"")
        for name in ("cut.png", "empty.png"):
            result = self.hash("--json", name, code=4)
            self.assertEqual(result.row()["coverage"], "partial")
            self.assert_said(result, "undecodable")

    def test_missing_file_does_not_stop_the_others(self):
        self.picture("p.png")
        missing, there = self.hash("--json", "none.png", "p.png", code=4).rows()
        self.assertEqual((missing["input"], missing["coverage"]), ("none.png", "not_run"))
        self.assertIn("No such file", missing["error"])
        self.assertEqual(there["coverage"], "complete")

    def test_no_worker(self):
        self.picture("p.png")
        env = {"LIBMOD_WORKER": "/nonexistent/worker"}
        result = self.expect(5, "--json", "hash", "p.png", env=env)
        self.assert_said(result, "/nonexistent/worker")
        self.assertEqual(result.row()["coverage"], "partial")
        self.assertEqual(len(result.row()["sha256"]), 64)
