"""Listed pictures inside other pictures, and pictures that say too little: from files to verdicts."""

import pictures
from case import SANDBOX, SiteTest

WIDTH, HEIGHT, CELL = 320, 240, 20


def photo(seed):
    """A picture that is large enough to be a part of another one."""
    return pictures.clouds(seed, WIDTH, HEIGHT, CELL)


class Parts(SiteTest):
    def put(self, name, rows):
        self.write(name, pictures.png(rows))

    def build(self, name, rows):
        """A list of one picture, entry e1."""
        self.put(f"src/{name}.png", rows)
        self.write("src/rows.csv", f"file,{name}.png,e1\n")
        config = ["-c", self.write("hash.yaml", self.config_text())] if SANDBOX != "strict" else []
        return self.expect(0, *config, "list", "build", "-o", f"{name}.lml", "src/rows.csv")

    def listed(self, rows, more=""):
        """A site that lists one picture."""
        self.site("lists: [{id: ban, file: one.lml, harm: m.adult.ncii, action: hold}]\n" + more)
        return self.build("one", rows)

    def scan(self, rows, code):
        self.put("copy.png", rows)
        return self.expect(code, "--json", "scan", "copy.png").row()

    def test_found_where_they_were_put(self):
        self.listed(photo(1))
        for name, rows, strategy in (
            ("border", pictures.framed(photo(1), 24), "trim"),
            ("white border", pictures.framed(photo(1), 40, 250), "trim"),
            ("screenshot", pictures.in_app(photo(1)), "screenshot"),
            ("left cell", pictures.beside(photo(1), photo(2)), "cell"),
            ("right cell", pictures.beside(photo(3), photo(1)), "cell"),
            ("mirrored, border", pictures.framed(pictures.mirrored(photo(1)), 30), "trim"),
            ("turned, border", pictures.framed(pictures.turned(photo(1)), 30), "trim"),
            ("negative, border", pictures.framed(pictures.inverted(photo(1)), 30), "trim"),
        ):
            with self.subTest(name):
                row = self.scan(rows, 1)
                match = row["matches"][0]
                self.assertEqual((match["entry"], match["signal"]), ("e1", "pdq"))
                self.assertEqual(match["strategy"], strategy)
                self.assertEqual((row["would"], row["coverage"]), ("hold", "complete"))
                self.assertEqual(len(row["matches"]), 1, "an entry is named once")
                found = self.expect(1, "--json", "list", "find", "copy.png").rows()
                self.assertEqual([r["strategy"] for r in found], [strategy])

    def test_other_pictures_are_not_found(self):
        self.listed(photo(1))
        for name, rows in (
            ("border", pictures.framed(photo(5), 24)),
            ("screenshot", pictures.in_app(photo(6))),
            ("cells", pictures.beside(photo(7), photo(8))),
            ("negative, turned, border",
             pictures.framed(pictures.inverted(pictures.turned(photo(1))), 30)),
        ):  # fmt: skip
            with self.subTest(name):
                self.assertEqual(self.scan(rows, 0)["matches"], [])

    def test_a_collage_is_not_allowed_because_a_cell_is(self):
        self.listed(photo(1), "allow: [fine.lml]\n")
        self.build("fine", photo(2))
        self.assertEqual(self.scan(pictures.brighter(photo(2), 3), 0)["matches"], [])
        row = self.scan(pictures.beside(photo(1), photo(2)), 1)
        self.assertFalse(row["matches"][0]["suppressed"])
        self.assertEqual(row["would"], "hold")

    def test_only_whole_pictures_are_listed(self):
        self.listed(pictures.framed(photo(1), 40))
        self.assertEqual(self.scan(photo(1), 0)["matches"], [])
        copy = pictures.brighter(pictures.framed(photo(1), 40), 3)
        self.assertEqual(self.scan(copy, 1)["matches"][0]["strategy"], "plain")
        text = self.hash("copy.png").out
        self.assertEqual(text.count("pdq "), 1, text)
        self.assertEqual(self.hash("--csv", "copy.png").out.count("pdq,"), 1)

    def test_patterns_never_match(self):
        result = self.listed(pictures.plaid())
        self.assert_said(result, "too little detail")
        self.assertEqual(self.scan(pictures.brighter(pictures.plaid(), 3), 0)["matches"], [])
        self.assertEqual(self.scan(pictures.plaid(), 1)["matches"][0]["signal"], "sha256")
        self.assertEqual(self.hash("--json", "copy.png").row()["quality"], 100)
        self.assertIn("too weak to match", self.hash("copy.png").out)
        self.assertRegex(self.hash("--csv", "copy.png").out, r"pdq,\w+,\w+,quality=49\n")
