"""Near-duplicate texts: from a source or a report to the copy with other words."""

from case import SiteTest

HATS = "Best summer hats for sale, write to @hatseller tonight, price on request"
HATS_ZH = "新到夏季帽子大量出售，有意者今晚联系店主，价格面议"

COPIES = [
    "best WINTER hats for sale, write to @hatseller tonight, price on request",
    "tonight: write to @hatseller, price on request, best summer hats for sale",
    "Best summer h@ts for $ale!! write to @hatseller tonight, price on request",
    "新到冬季帽子大量出售，有意者今晚联系店主，价格面议",
    "价格面议，有意者今晚联系店主，新到夏季帽子大量出售",
    "新到夏季帽子，大量出售！有意者　今晚聯繫店主，價格面議",
]
OTHERS = [
    "the best way to sell anything is to write about it every night",
    "does anybody have a summer hat that I could borrow?",
    "今晚我们去看电影吧，听说那部片子很不错",
    "夏天的帽子去哪里买比较好",
]


RULES = f"""format: libmod-rules/1
pack: {{id: adverts, version: "1"}}
lists:
  own: {{file: own.lml}}
  site: {{config: ads}}
rules:
  - id: known
    title: T
    harm: m.tos.spam
    action: block
    when: {{any: [{{list: own}}, {{list: site}}]}}
    tests:
      given: {{own: ["{HATS}"], site: [{{text: "{HATS_ZH}"}}]}}
      hit: ["{COPIES[0]}", "{COPIES[4]}"]
      miss: ["{OTHERS[0]}", "{OTHERS[2]}"]
"""


class Texts(SiteTest):
    def scan(self, text, *args):
        return self.run_modctl("--json", "scan", *args, "--text", text).row()

    def build(self, rows, code=0, name="ads"):
        self.write(f"{name}.csv", "".join(f"text,\"{text}\",{entry}\n" for text, entry in rows))
        return self.expect(code, "--json", "list", "build", "-o", f"{name}.lml", "--id", name,
                           f"{name}.csv")

    def listed(self, more=""):
        self.build([(HATS, "ad-1"), (HATS_ZH, "ad-2")])
        self.site("lists:\n  - {id: ads, file: ads.lml, harm: m.tos.spam, action: block}\n" + more)

    def test_a_list_of_texts(self):
        row = self.build([(HATS, "ad-1"), (HATS_ZH, "ad-2"), ("hi", "ad-3")]).row()
        self.assertEqual((row["signals"]["text"], row["entries"], row["bad"]), (2, 2, 1))
        info = self.expect(0, "--json", "list", "info", "ads.lml").row()
        self.assertEqual(info["signals"]["text"], 2)
        self.expect(0, "list", "check", "ads.lml")
        raw = (self.dir / "ads.lml").read_bytes()
        for words in ("hats", "summer", "帽子", "hatseller"):
            self.assertNotIn(words.encode(), raw)
        self.assert_said(self.build([("hi", "ad-3")], 3, "short"), "too short")

    def test_bare_values(self):
        self.write("bare.csv", f'"{HATS}"\n{HATS_ZH}\n')
        row = self.expect(0, "--json", "list", "build", "-o", "b.lml", "--type", "text",
                          "bare.csv").row()
        self.assertEqual(row["signals"]["text"], 2)
        (found,) = self.expect(1, "--json", "list", "find", "--list", "b.lml",
                               f"text:{HATS}").rows()
        self.assertEqual(found["entry"], "bare.csv:1")

    def test_copies_are_found_and_others_not(self):
        self.listed("policy: {perceptual_max: block}\n")
        for text in [HATS, HATS_ZH, *COPIES]:
            with self.subTest(text):
                verdict = self.scan(text)
                self.assertEqual(verdict["would"], "block")
                (match,) = verdict["matches"]
                self.assertIn(match["entry"], ("ad-1", "ad-2"))
        for text in OTHERS:
            with self.subTest(text):
                self.assertEqual(self.scan(text)["matches"], [])

    def test_the_match_and_its_cap(self):
        self.listed()
        verdict = self.scan(COPIES[0])
        (match,) = verdict["matches"]
        expected = {"kind": "list", "source": "ads", "entry": "ad-1", "signal": "text",
                    "strategy": "plain", "view": None, "start": None, "end": None, "rule": None,
                    "frame": None, "suppressed": False, "action": "hold"}  # fmt: skip
        self.assertEqual({k: match[k] for k in expected}, expected)
        self.assertTrue(0 < match["distance"] <= 30)
        self.assertEqual(verdict["would"], "hold")  # perceptual_max
        self.assertEqual(self.scan(HATS.upper())["matches"][0]["distance"], 0)

    def test_find(self):
        self.listed()
        for where in ((), ("--list", "ads.lml")):
            (row,) = self.expect(1, "--json", "list", "find", *where, f"text:{COPIES[3]}").rows()
            self.assertEqual((row["list"], row["entry"], row["signal"], row["strategy"]),
                             ("ads", "ad-2", "text", "plain"))  # fmt: skip
            self.assertTrue(0 < row["distance"] <= 30)
            self.expect(0, "list", "find", *where, f"text:{OTHERS[2]}")

    def test_local_entries(self):
        self.site()
        rows = self.expect(0, "--json", "list", "add", "local", f"text:{HATS}").rows()
        self.assertEqual(rows[0]["signals"], ["text"])
        entry = rows[0]["entry"]
        for text in COPIES[:3]:
            (match,) = self.scan(text)["matches"]
            self.assertEqual((match["source"], match["entry"], match["strategy"]),
                             ("local", entry, "plain"))  # fmt: skip
        (match,) = self.scan(HATS)["matches"]
        self.assertEqual((match["strategy"], match["distance"]), ("exact", 0))
        self.assertEqual(self.scan(OTHERS[0])["matches"], [])
        found = self.expect(1, "--json", "list", "find", f"text:{COPIES[0]}").row()
        self.assertEqual((found["list"], found["entry"]), ("local", entry))
        self.expect(0, "store", "check")
        self.expect(0, "list", "withdraw", "local", f"text:{HATS}")
        self.assertEqual(self.scan(COPIES[0])["matches"], [])
        store = (self.dir / "state/store.db").read_bytes()
        self.assertNotIn(b"hatseller", store)

    def test_short_texts_are_listed_alone(self):
        self.site()
        result = self.expect(0, "list", "add", "local", "text:hi")
        self.assert_said(result, "too short")
        self.assertEqual(self.scan("HI")["would"], "hold")

    def test_only_the_text_itself_is_allowed(self):
        self.listed()
        self.expect(0, "list", "add", "allow", f"text:{COPIES[0]}")
        self.assertEqual(self.scan(COPIES[0])["would"], "allow")
        self.assertEqual(self.scan(HATS)["would"], "hold")
        self.build([(HATS, "ok-1")], name="ok")
        self.configure("allow: [ok.lml]\n")
        verdict = self.run_modctl("--json", "scan", "--text", OTHERS[0])
        self.assertEqual(verdict.row()["reasons"], ["list"])

    def test_a_removed_text_is_found_again(self):
        self.site()
        event = self.expect(0, "--json", "report", "--text", HATS, "--reason", "spam").row()
        other = self.expect(0, "--json", "report", "--text", COPIES[1], "--reason", "spam").row()
        done = self.expect(0, "--json", "decide", event["event"], "remove").row()
        self.assertEqual((done["entries"], done["earlier"]), (2, 1))
        self.assertNotEqual(event["event"], other["event"])
        self.assertEqual(self.scan(COPIES[0])["would"], "hold")
        self.expect(0, "undo", event["event"])
        self.assertEqual(self.scan(COPIES[0])["would"], "allow")

    def test_lists_in_packs(self):
        self.build([(HATS, "ad-1")], name="own")
        self.build([(HATS_ZH, "ad-2")])
        self.write("pack.yaml", RULES)
        self.site("lists:\n  - {id: ads, file: ads.lml, harm: m.tos.spam, action: allow}\n"
                  "packs: [pack.yaml]\n")
        self.expect(0, "rules", "test")
        for text in (COPIES[0], COPIES[3]):
            rule = [m for m in self.scan(text)["matches"] if m["kind"] == "rule"]
            self.assertEqual([(m["rule"], m["view"], m["start"], m["end"]) for m in rule],
                             [("known", "fold", 0, len(text.encode()))])  # fmt: skip
        for text in OTHERS:
            self.assertEqual(self.scan(text)["matches"], [])
        self.write("corpus.txt", f"{COPIES[0]}\n{OTHERS[0]}\n{COPIES[3]}\n")
        self.write("empty.yaml", "format: libmod-rules/1\npack: {id: none, version: '1'}\n"
                   "rules: [{id: r, title: T, harm: other, action: flag, when: {word: zzz}}]\n")
        rows = self.run_modctl("--json", "rules", "diff", "empty.yaml", "pack.yaml", "--corpus",
                               "corpus.txt").out  # fmt: skip
        self.assertIn('"line":1', rows.replace(" ", ""))
        self.assertNotIn('"line":2', rows.replace(" ", ""))
        self.assertIn('"line":3', rows.replace(" ", ""))

    def test_texts_that_are_alike_are_one_cluster(self):
        self.site()
        texts = [HATS, OTHERS[0], COPIES[0], HATS_ZH, COPIES[1], COPIES[4]]
        for text in texts:
            self.expect(0, "report", "--text", text, "--reason", "spam")
        rows = sorted(self.expect(0, "--json", "queue").rows(), key=lambda row: row["event"])
        clusters = [row["cluster"] for row in rows]
        self.assertEqual([clusters.index(c) for c in clusters], [0, 1, 0, 3, 0, 3])
        self.assertEqual([row["count"] for row in rows], [3, 1, 3, 2, 3, 2])
        for cluster in clusters:
            self.assertRegex(cluster, "^h1:[0-9a-f]{64}$")
        self.expect(0, "decide", rows[0]["event"], "dismiss")
        self.assertEqual(sorted(r["count"] for r in self.expect(0, "--json", "queue").rows()),
                         [1, 2, 2, 2, 2])  # fmt: skip

    def test_a_cluster_has_a_list_s_entry_for_a_name(self):
        self.listed()
        self.expect(1, "scan", "--record", "--text", COPIES[0])
        self.expect(1, "scan", "--record", "--text", COPIES[1])
        rows = self.expect(0, "--json", "queue").rows()
        self.assertEqual([(r["cluster"], r["count"]) for r in rows], [("ads/ad-1", 2)] * 2)
