"""Links from the report to the block: one reported spelling meets every other."""

from case import SiteTest

INVITE = "https://t.me/+AbCdEf0123456789"

# What is reported, and how it comes back.
FAMILIES = {
    INVITE: [
        "t.me/joinchat/AbCdEf0123456789",
        "tg://join?invite=AbCdEf0123456789",
        "telegram.me/joinchat/AbCdEf0123456789",
        "telegram.dog/+AbCdEf0123456789",
        "t。me／+AbCdEf0123456789",
        "ｔ．ｍｅ／＋ＡｂＣｄＥｆ０１２３４５６７８９",
        "hxxps://t[.]me/+AbCdEf0123456789",
        "t dot me slash +AbCdEf0123456789",
        "加入 t点me/+AbCdEf0123456789 吧",
        "t . me / + AbCdEf0123456789",
        "t\u200b.me/+AbC\u200bdEf0123456789",
        "t.me/%2BAbCdEf0123456789",
    ],
    "t.me/Some_Name": ["tg://resolve?domain=some_name", "some_name.t.me", "飞机：@some_name"],
    "discord.gg/AbCdE": ["discord.com/invite/AbCdE", "discordapp.com/invite/AbCdE?event=1"],
    "matrix:r/room:example.org": ["https://matrix.to/#/%23room:example.org", "#room:example.org"],
    "chat.whatsapp.com/AbCdEf12345": ["whatsapp://chat?code=AbCdEf12345"],
    "wa.me/491234567": ["WhatsApp: +49 123 45 67", "api.whatsapp.com/send?phone=491234567"],
    "line.me/ti/g/AbCdEf": ["https://line.me/R/ti/g/AbCdEf", "line://ti/g/AbCdEf"],
    "signal.group/#CjQKIAbCdEf": ["sgnl://signal.group/#CjQKIAbCdEf"],
    "QQ群 123456": ["扣扣 123456", "https://wpa.qq.com/msgrd?v=3&uin=123456&site=qq"],
    "potato.im/some_name": ["potato: @some_name", "potato://resolve?domain=some_name"],
    "safew.com/some_name": ["SafeW: @some_name", "safew . org / some_name"],
    "example.org": ["https://sub.example.org/any/page?q=1", "example[.]org", "example。org"],
    "https://example.net/a/B": ["hxxp://www.example.net/a/B/?utm_source=x"],
}

RULES = """format: libmod-rules/1
pack: {id: invites, version: "1"}
lists:
  own: {file: own.lml}
  site: {config: links}
rules:
  - id: known
    title: T
    harm: m.tos.ban_evasion
    action: hold
    when: {any: [{list: own}, {list: site}]}
    tests:
      given: {own: [t.me/+AbCdEf0123456789], site: [example.org]}
      hit: ["tg://join?invite=AbCdEf0123456789", "https://www.example.org/x"]
      miss: ["t.me/telegram"]
"""


class Links(SiteTest):
    def scan(self, text, *args):
        return self.run_modctl("--json", "scan", *args, "--text", text).row()

    def blocked(self, text, *args):
        return self.scan(text, *args)["would"] == "block"

    def local_site(self, more=""):
        self.site("local: {harm: m.tos.ban_evasion, action: block, severity: high}\n" + more)

    def edit(self, command, name, *links, code=0):
        words = [f"link:{link}" for link in links]
        return self.expect(code, "--json", "list", command, name, *words).rows()

    def test_one_report_blocks_every_spelling(self):
        self.local_site()
        for link, spellings in FAMILIES.items():
            (row,) = self.edit("add", "local", link)
            self.assertEqual((row["list"], row["signals"]), ("local", ["link"]))
            for text in [link, *spellings]:
                with self.subTest(text):
                    self.assertTrue(self.blocked(f"look: {text}"))
        self.assertGreaterEqual(len(FAMILIES[INVITE]), 8)
        self.assertEqual(self.scan("t.me/+Another0123456789")["would"], "allow")

    def test_the_match(self):
        self.local_site()
        (row,) = self.edit("add", "local", INVITE)
        (match,) = self.scan("加入 t.me/joinchat/AbCdEf0123456789")["matches"]
        expected = {"kind": "list", "source": "local", "entry": row["entry"], "signal": "link",
                    "strategy": "exact", "distance": 0, "view": "link", "start": 7, "end": 37,
                    "rule": None, "frame": None, "suppressed": False}  # fmt: skip
        self.assertEqual({k: match[k] for k in expected}, expected)

    def test_listed_once_by_any_spelling_and_withdrawn_by_any(self):
        self.local_site()
        self.edit("add", "local", INVITE)
        result = self.expect(0, "list", "add", "local", "link:tg://join?invite=AbCdEf0123456789")
        self.assertIn("is on the list local already", result.err)
        self.edit("withdraw", "local", "telegram:+AbCdEf0123456789")
        self.assertFalse(self.blocked(INVITE))

    def test_html(self):
        self.local_site()
        self.edit("add", "local", INVITE)
        page = f'<p>see <a href="{INVITE}">this</a></p>'
        self.assertTrue(self.blocked(page, "--html"))

    def test_an_allowed_link_allows_itself(self):
        self.local_site()
        self.edit("add", "local", INVITE, "discord.gg/AbCdE")
        self.edit("add", "allow", "t.me/joinchat/AbCdEf0123456789")
        row = self.scan(INVITE)
        self.assertEqual((row["would"], row["matches"][0]["suppressed"]), ("allow", True))
        self.assertTrue(self.blocked(f"{INVITE} discord.gg/AbCdE"))

    def test_found_by_any_spelling(self):
        self.local_site()
        self.edit("add", "local", INVITE, "example.org")
        for word in ("t.me/joinchat/AbCdEf0123456789", "https://www.example.org/page"):
            row = self.expect(1, "--json", "list", "find", f"link:{word}").row()
            self.assertEqual((row["list"], row["signal"], row["strategy"]),
                             ("local", "link", "exact"))  # fmt: skip
        self.expect(0, "list", "find", "link:example.com")

    def test_a_list_from_csv(self):
        links = "lists: [{id: links, file: l.lml, harm: m.tos.ban_evasion, action: block}]\n"
        self.site(links)
        self.write("l.csv", f'link,{INVITE},clone\nlink,"#room:example.org",room\nlink,hello\n')
        row = self.run_modctl("--json", "list", "build", "-o", "l.lml", "l.csv").row()
        self.assertEqual((row["signals"]["link"], row["bad"]), (2, 1))
        self.write("bare.txt", "discord.gg/AbCdE\nexample.org\n")
        row = self.expect(0, "--json", "list", "build", "--type", "link", "-o", "b.lml", "bare.txt")
        self.assertEqual(row.row()["signals"]["link"], 2)
        row = self.expect(0, "--json", "list", "info", "l.lml").row()
        self.assertEqual(row["signals"]["link"], 2)
        (match,) = self.scan("tg://join?invite=AbCdEf0123456789")["matches"]
        self.assertEqual((match["source"], match["entry"]), ("links", "clone"))
        self.assertTrue(self.blocked("https://matrix.to/#/#room:example.org"))
        row = self.expect(1, "--json", "list", "find", "--list", "b.lml", "link:example.org/x").row()
        self.assertEqual((row["list"], row["signal"]), ("b", "link"))

    def test_lists_in_packs(self):
        links = "lists: [{id: links, file: l.lml, harm: other, action: flag}]\n"
        self.site(links + "packs: [packs/p.yaml]\n")
        self.write("packs/p.yaml", RULES)
        self.write("l.csv", "example.org\n")
        self.write("own.csv", f"{INVITE}\n")
        self.expect(0, "list", "build", "--type", "link", "-o", "l.lml", "l.csv")
        rows = self.expect(0, "--json", "rules", "test", "packs/p.yaml").rows()
        self.assertEqual([x["ok"] for x in rows], [True] * 3)
        self.expect(0, "rules", "check", "packs/p.yaml")
        self.write("corpus", "nothing\ntg://join?invite=AbCdEf0123456789\nexample.org\n")
        self.write("old.yaml", RULES[: RULES.index("lists:")] + "rules:\n"
                   "  - {id: q, title: T, harm: other, action: flag, when: {link: {family: qq}}}\n")
        row = self.scan("tg://join?invite=AbCdEf0123456789")
        self.assertEqual((row["would"], row["reasons"]), ("allow", ["list"]))  # own.lml is missing
        self.expect(0, "list", "build", "--type", "link", "-o", "packs/own.lml", "own.csv")
        row = self.scan("tg://join?invite=AbCdEf0123456789")
        self.assertEqual((row["would"], row["reasons"]), ("hold", []))
        self.assertEqual(row["matches"][0]["view"], "link")
        result = self.expect(1, "rules", "diff", "old.yaml", "packs/p.yaml", "--corpus", "corpus")
        self.assertIn("+ corpus:2: allow → hold: known", result.out)
        self.assertIn("+ corpus:3: allow → hold: known", result.out)  # by the list of the config
        self.assertEqual(result.err, "")
        row = self.scan("www.example.org/x")
        self.assertEqual({x["kind"] for x in row["matches"]}, {"list", "rule"})
        self.configure("packs: [packs/p.yaml]\n")
        result = self.expect(3, "scan", "--text", "x")
        self.assert_said(result, r'p\.yaml:5:18: the config has no list "links"')
