"""modctl list build from what partners hand over: end to end, up to the match."""

import json

from case import SiteTest

MD5, PDQ = "a" * 32, "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"


def stopncii(*records):
    return json.dumps({"count": len(records), "hasMoreRecords": False, "hashRecords": records})


def record(value=PDQ, kind="ImagePDQ", status="Active", time=1700000000):
    return {"lastModtimestamp": time, "signalType": kind, "hashValue": value, "hashStatus": status}


def ncmec(body):
    return f'<?xml version="1.0"?><queryResult xmlns="x"><images>{body}</images></queryResult>'


ENTRY = (
    '<image><member id="42">A</member><timestamp>2026-10-24T15:00:00Z</timestamp><id>i1</id>'
    f"<fingerprints><md5>{MD5}</md5><pdq>{PDQ}</pdq><pdna>AA</pdna></fingerprints></image>"
)
DELETED = (
    '<deletedImage><member id="42">A</member><id>i1</id>'
    "<timestamp>2026-10-25T15:00:00Z</timestamp></deletedImage>"
)
INDICATOR = {
    "id": "5", "indicator": PDQ, "type": "HASH_PDQ", "last_updated": 1700000000,
    "descriptors": {"data": [{"owner": {"id": "3"}, "status": "MALICIOUS"}]},
}  # fmt: skip
CONTENT = {"id": 7, "disable_until_ts": 1, "bank": {"name": "B"}, "signals": {"pdq": PDQ}}


class Formats(SiteTest):
    SOURCES = {
        "stopncii": (stopncii(record()), "pdq:" + PDQ, "StopNCII JSON"),
        "ncmec": (ncmec(ENTRY), "42/i1", "NCMEC XML"),
        "threatexchange": (json.dumps({"data": [INDICATOR]}), "5", "ThreatExchange JSON"),
        "hma": (json.dumps([CONTENT]), "B/7", "Hasher-Matcher-Actioner JSON"),
        "tx": (f"pdq {PDQ}\n", "pdq:" + PDQ, "a python-threatexchange file"),
    }

    def build(self, *args, code=0, **options):
        return self.expect(code, "--json", "list", "build", "-o", "o.lml", *args, **options)

    def found(self, value):
        rows = self.run_modctl("--json", "list", "find", "--list", "o.lml", value).rows()
        return [row["entry"] for row in rows]

    def test_recognised_built_and_found(self):
        for name, (text, entry, title) in self.SOURCES.items():
            with self.subTest(name):
                self.write("source", text)
                self.assert_said(self.build("source"), f"source: read as {title}")
                self.assertEqual(self.found("pdq:" + PDQ), [entry])

    def test_named_and_from_standard_input(self):
        for name, (text, entry, title) in self.SOURCES.items():
            with self.subTest(name):
                result = self.build("--format", name, "-", input=text.encode())
                self.assertNotIn(title, result.err)
                self.assertEqual(self.found("pdq:" + PDQ), [entry])
                self.assertEqual(self.build("-", input=text.encode()).row(), result.row())

    def test_other_formats_than_named(self):
        self.write("source", stopncii(record()))
        self.assert_said(self.build("--format", "ncmec", "source", code=3), "source:1:1: no XML")
        self.assert_said(self.build("--format", "csv", "source", code=3), "no valid row")
        self.write("source", ncmec(ENTRY))
        self.assert_said(self.build("--format", "hma", "source", code=3), "no JSON")
        self.write("source", '{"unknown": 1}')
        self.assert_said(self.build("source", code=3), "--format")
        self.write("source", "<html><body>Sign in</body></html>")
        self.assert_said(self.build("source", code=3), "not NCMEC")

    def test_types_are_for_bare_values(self):
        self.write("source", f"{PDQ}\n")
        row = self.build("--format", "tx", "--type", "pdq", "source").row()
        self.assertEqual(row["signals"]["pdq"], 1)
        self.assert_said(self.build("--format", "hma", "--type", "pdq", "source", code=2), "--type")

    def test_several_formats_are_one_list(self):
        self.write("a.json", stopncii(record()))
        self.write("b.xml", ncmec(ENTRY))
        self.write("c.csv", f"md5,{MD5},own\n")
        row = self.build("a.json", "b.xml", "c.csv").row()
        self.assertEqual((row["entries"], row["others"]), (3, {"pdna": 1}))
        self.assertEqual(self.found("md5:" + MD5), ["42/i1", "own"])

    def test_bad_rows_and_other_kinds_are_named(self):
        self.write("s.json", json.dumps(json.loads(
            stopncii(record(), record("zz"), record("x", "VideoTMK"), record("y", "PhotoDNA"))),
            indent=1))  # fmt: skip
        result = self.build("s.json")
        self.assertEqual((result.row()["bad"], result.row()["entries"]), (1, 1))
        self.assertEqual(result.row()["others"], {"VideoTMK": 1, "PhotoDNA": 1})
        self.assert_said(result, r"s\.json:14:18: pdq takes 64 hex digits")
        self.assert_said(result, "left out, .*1 VideoTMK, 1 PhotoDNA")
        self.write("s.json", stopncii(record("x", "VideoTMK")))
        self.assert_said(self.build("s.json", code=3), "1 VideoTMK")

    def test_a_file_that_is_cut_off_leaves_the_old_list(self):
        for text in (stopncii(record(), record(MD5, "VideoMD5"))[:-9], ncmec(ENTRY)[:-30]):
            self.write("o.lml", "old")
            self.write("s", text)
            self.assert_said(self.build("s", code=3), "s:1:.*cut off")
            self.assertEqual((self.dir / "o.lml").read_text(), "old")

    def test_an_xml_bomb_is_refused(self):
        lines = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
        self.write("s.xml", f'<!DOCTYPE q [<!ENTITY e0 "aaaaaaaaaa">{lines}]><queryResult>&e11;')
        self.assert_said(self.build("s.xml", code=3), "document type is refused")


class Withdrawn(SiteTest):
    """A victim withdraws, a partner deletes, an entry expires: it is over at the next build."""

    def would(self, *sources):
        self.expect(0, "list", "build", "-o", "ban.lml", *sources)
        return self.run_modctl("--json", "scan", "src/p1.png").row()["would"]

    def setUp(self):
        super().setUp()
        self.with_list()
        self.hashes = self.expect(0, "-c", "hash.yaml", "--json", "hash", "src/p1.png").row()

    def test_stopncii(self):
        pdq = self.hashes["pdq"]
        self.write("1.json", stopncii(record(pdq, time=1)))
        self.write("2.json", stopncii(record(pdq, status="Withdrawn", time=2)))
        self.write("3.json", stopncii(record(pdq, time=3)))
        self.assertEqual(self.would("1.json"), "hold")
        self.assertEqual(self.would("1.json", "2.json"), "allow")
        self.assertEqual(self.would("2.json", "1.json"), "allow")
        self.assertEqual(self.would("3.json", "2.json", "1.json"), "hold")

    def test_ncmec(self):
        self.write("1.xml", ncmec(ENTRY.replace(MD5, self.hashes["md5"])))
        self.write("2.xml", ncmec(DELETED))
        self.assertEqual(self.would("1.xml"), "hold")
        self.assertEqual(self.would("2.xml", "1.xml"), "allow")

    def test_our_own_word_beats_every_update(self):
        self.write("1.xml", ncmec(ENTRY.replace(MD5, self.hashes["md5"])))
        self.write("own.csv", f"md5,{self.hashes['md5']},42/i1,status=disabled\n")
        self.assertEqual(self.would("1.xml", "own.csv"), "allow")
        self.assertEqual(self.would("own.csv", "1.xml"), "allow")

    def test_expired_by_date(self):
        md5 = self.hashes["md5"]
        self.write("1.csv", f"md5,{md5},e,expires=2020-01-31\nsha1,{'b' * 40},f\n")
        self.assertEqual(self.would("1.csv"), "allow")
        self.write("1.csv", f"md5,{md5},e,expires=2999-01-31\n")
        self.assertEqual(self.would("1.csv"), "hold")
