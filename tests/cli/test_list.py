"""modctl list build, info, check, install, find."""

import hashlib
import json
import struct
import subprocess
import time

import pictures
from case import SiteTest, not_root

FIELDS = ["id", "version", "entries", "signals", "bad", "pdq", "bytes", "others"]
MD5, SHA1, SHA256 = "a" * 32, "b" * 40, "c" * 64
PDQ = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
ROWS = f"type,value,entry\nmd5,{MD5},e1\nsha1,{SHA1},e1\nsha256,{SHA256},e2\npdq,{PDQ},e3\n"


class Build(SiteTest):
    def build(self, *args, code=0, **options):
        return self.expect(code, "--json", "list", "build", "-o", "o.lml", *args, **options)

    def test_counts(self):
        self.write("s.csv", ROWS)
        row = self.build("s.csv").row()
        self.assertEqual(list(row), FIELDS)
        self.assertEqual((row["id"], row["entries"], row["bad"], row["pdq"]), ("o", 3, 0, "unknown"))
        counts = {"md5": 1, "sha1": 1, "sha256": 1, "pdq": 1, "link": 0, "text": 0}
        self.assertEqual(row["signals"], counts)
        self.assertEqual(row["bytes"], (self.dir / "o.lml").stat().st_size)

    def test_same_rows_same_bytes(self):
        self.write("s.csv", ROWS)
        header, *rows = ROWS.splitlines()
        self.write("t.csv", "\n".join([header, *rows[::-1]]))
        first = self.build("s.csv").row()
        one = (self.dir / "o.lml").read_bytes()
        self.assertEqual(self.build("t.csv").row(), first)
        self.assertEqual((self.dir / "o.lml").read_bytes(), one)
        self.assertEqual([p.name for p in self.dir.glob("o.lml*")], ["o.lml"])

    def test_version_follows_the_content(self):
        self.write("s.csv", ROWS)
        first = self.build("s.csv").row()["version"]
        self.assertRegex(first, "^[0-9a-f]{12}$")
        self.write("s.csv", ROWS + f"md5,{'d' * 32},e9\n")
        self.assertNotEqual(self.build("s.csv").row()["version"], first)

    def test_options(self):
        self.write("s.csv", ROWS)
        options = ["--id", "ban", "--version", "2026-11-01", "--pdq", "full"]
        row = self.build(*options, "s.csv").row()
        self.assertEqual((row["id"], row["version"], row["pdq"]), ("ban", "2026-11-01", "full"))

    def test_bare_values_from_standard_input_and_several_sources(self):
        row = self.build("--type", "md5", "-", input=f"{MD5}\n{'d' * 32}\n".encode()).row()
        self.assertEqual(row["signals"]["md5"], 2)
        self.write("a.csv", f"md5,{MD5},e1\n")
        self.write("b.csv", f"sha1,{SHA1},e2\n")
        self.assertEqual(self.build("a.csv", "b.csv").row()["entries"], 2)

    def test_bad_rows_are_named_and_left_out(self):
        self.write("s.csv", f"md5,{MD5},e1\nmd5,xyz,e2\nsha3,00,e3\n")
        result = self.build("s.csv")
        self.assertEqual((result.row()["bad"], result.row()["entries"]), (2, 1))
        self.assert_said(result, r"modctl: s\.csv:2:\d+: ")
        self.assert_said(result, r"modctl: s\.csv:3:\d+: ")

    def test_many_bad_rows_are_capped(self):
        self.write("s.csv", f"md5,{MD5},e1\n" + "md5,xyz,e2\n" * 100)
        result = self.build("s.csv")
        self.assertEqual(result.row()["bad"], 100)
        self.assertLess(result.err.count("\n"), 30)
        self.assertIn("and 80 more bad rows", result.err)

    def test_no_valid_row_leaves_the_old_list(self):
        self.write("o.lml", "old")
        self.write("s.csv", "md5,xyz,e2\n")
        self.assert_said(self.build("s.csv", code=3), "no valid row")
        self.write("empty.csv", "")
        self.assert_said(self.build("empty.csv", code=3), "no valid row")
        self.assertEqual((self.dir / "o.lml").read_text(), "old")

    def test_bad_sources(self):
        self.assert_said(self.build("none.csv", code=4), "none.csv: .*No such file")
        self.assert_said(self.build(".", code=4), "directory")
        self.write("s.csv", ROWS)
        result = self.expect(4, "list", "build", "-o", "no/such/o.lml", "s.csv")
        self.assert_said(result, "no/such")

    def test_many_hashes_have_an_index(self):
        values = [hashlib.sha256(str(i).encode()).hexdigest() for i in range(65_536)]
        self.write("s.csv", "".join(f"{value}\n" for value in values[1:]))
        self.build("--type", "pdq", "s.csv")
        self.assertNotIn("index", self.expect(0, "list", "info", "o.lml").out)
        self.write("s.csv", "".join(f"{value},e{i}\n" for i, value in enumerate(values)))
        self.build("--type", "pdq", "s.csv")
        for command in ("info", "check"):
            self.assertRegex(self.expect(0, "list", command, "o.lml").out, r"\n  index +of the PDQ")
        far = int("88" * 15 + "80" + "0" * 32, 16)  # 31 bits, two in nearly every chunk
        row = self.expect(1, "--json", "list", "find", "--list", "o.lml",
                          f"pdq:{int(values[777], 16) ^ far:064x}").row()  # fmt: skip
        self.assertEqual((row["entry"], row["distance"]), ("e777", 31))
        whole = bytearray((self.dir / "o.lml").read_bytes())
        whole[-200_000] ^= 1
        (self.dir / "o.lml").write_bytes(whole)
        self.assert_said(self.expect(3, "list", "check", "o.lml"), "section 32")

    @not_root
    def test_unreadable_source(self):
        self.write("s.csv", ROWS).chmod(0)
        self.assert_said(self.build("s.csv", code=4), "Permission denied")


class Pictures(SiteTest):
    def build(self, rows, code=0):
        self.write("hash.yaml", self.config_text())
        self.write("src/s.csv", rows)
        args = ["-c", "hash.yaml", "--json", "list", "build", "-o", "o.lml", "src/s.csv"]
        return self.expect(code, *args)

    def test_the_dialect_is_known_when_every_pdq_was_made_here(self):
        self.picture("src/p.png")
        row = self.build(f"file,p.png,e1\nsha256,{SHA256},e2\n").row()
        self.assertEqual(row["pdq"], "reference")
        row = self.build(f"file,p.png,e1\npdq,{PDQ},e2\n").row()
        self.assertEqual(row["pdq"], "unknown")

    def test_file_rows_are_hashed_here(self):
        self.picture("src/p.png")
        row = self.build("file,p.png,e1\n").row()
        self.assertEqual((row["entries"], row["pdq"]), (1, "reference"))
        self.assertEqual((row["signals"]["sha256"], row["signals"]["pdq"]), (1, 1))
        found = self.expect(1, "--json", "list", "find", "--list", "o.lml", "src/p.png",
                            "-c", "hash.yaml").rows()  # fmt: skip
        self.assertEqual([(x["entry"], x["signal"]) for x in found],
                         [("e1", "sha256"), ("e1", "pdq")])  # fmt: skip

    def test_pictures_that_cannot_be_hashed_are_bad_rows(self):
        whole = self.picture("src/p.png").read_bytes()
        self.write("src/cut.png", whole[:-40])
        self.write("src/text.png", "no picture")
        result = self.build("file,p.png,e1\nfile,cut.png,e2\nfile,none.png,e3\nfile,text.png,e4\n")
        self.assertEqual((result.row()["bad"], result.row()["entries"]), (3, 1))
        for line in (2, 3, 4):
            self.assert_said(result, rf"s\.csv:{line}:\d+: ")

    def test_weak_pictures_are_said(self):
        self.write("src/flat.png", pictures.png(pictures.flat()))
        self.assert_said(self.build("file,flat.png,e1\n"), "too little detail")

    def test_pictures_have_no_full_dialect(self):
        self.picture("src/p.png")
        self.write("hash.yaml", self.config_text())
        self.write("src/s.csv", "file,p.png,e1\n")
        args = ["list", "build", "--pdq", "full", "-o", "o.lml", "src/s.csv"]
        self.assert_said(self.expect(3, *args), "later release")

    def test_no_worker_makes_bad_rows(self):
        self.picture("src/p.png")
        self.write("src/s.csv", f"file,p.png,e1\nmd5,{MD5},e2\n")
        args = ["--json", "list", "build", "-o", "o.lml", "src/s.csv"]
        result = self.expect(0, *args, env={"LIBMOD_WORKER": "/nonexistent"})
        self.assertEqual((result.row()["bad"], result.row()["entries"]), (1, 1))


class Files(SiteTest):
    def setUp(self):
        super().setUp()
        self.write("s.csv", ROWS)
        self.built = self.expect(0, "--json", "list", "build", "-o", "ban.lml", "s.csv").row()
        self.path = self.dir / "ban.lml"

    def test_info_and_check(self):
        for command in ("info", "check"):
            self.assertEqual(self.expect(0, "--json", "list", command, "ban.lml").row(), self.built)
            out = self.expect(0, "list", command, "ban.lml").out
            self.assertRegex(out, r'ban\.lml: list "ban", version "[0-9a-f]+"')

    def test_damaged(self):
        whole = self.path.read_bytes()
        for damage in (whole[:-1], whole[: len(whole) // 2], whole[:3], b"", b"x" * 4096):
            self.path.write_bytes(damage)
            for command in ("info", "check", "install"):
                with self.subTest((command, len(damage))):
                    self.assert_said(self.expect(3, "list", command, "ban.lml"), "ban.lml")

    def test_newer(self):
        whole = bytearray(self.path.read_bytes())
        format_at = whole.index(struct.pack("<II", 1, 1))  # the format, the oldest one that can read it
        whole[format_at : format_at + 8] = struct.pack("<II", 2, 2)
        self.path.write_bytes(whole)
        for command in ("info", "check", "install"):
            self.assert_said(self.expect(3, "list", command, "ban.lml"), "newer")

    def test_a_flipped_bit_is_seen_by_check(self):
        whole = bytearray(self.path.read_bytes())
        whole[-20] ^= 1
        self.path.write_bytes(whole)
        self.assert_said(self.expect(3, "list", "check", "ban.lml"), "ban.lml")

    def test_missing_directory_unreadable(self):
        for command in ("info", "check", "install"):
            self.assert_said(self.expect(4, "list", command, "none.lml"), "No such file")
            self.assert_said(self.expect(4, "list", command, "."), "directory")

    @not_root
    def test_unreadable(self):
        self.path.chmod(0)
        self.assert_said(self.expect(4, "list", "check", "ban.lml"), "Permission denied")


class Install(SiteTest):
    def test_installs_and_says_what_to_write(self):
        self.build_list("ban.lml", 1)
        self.site()
        result = self.expect(0, "list", "install", "ban.lml")
        self.assertIn("lists:", result.out)
        copy = self.dir / "state/lists/ban.lml"
        self.assertIn(f"file: {copy.resolve()}", result.out)
        self.assertEqual(copy.read_bytes(), (self.dir / "ban.lml").read_bytes())
        row = self.expect(0, "--json", "list", "install", "ban.lml").row()
        self.assertEqual(list(row), FIELDS)

    def test_replaces_and_knows_that_it_is_configured(self):
        self.site("lists: [{id: b, file: state/lists/ban.lml, harm: other, action: hold}]\n")
        self.build_list("ban.lml", 1)
        self.assertIn('"b"', self.expect(0, "list", "install", "ban.lml").out)
        self.expect(1, "scan", "src/p1.png")
        self.build_list("ban.lml", 2)
        self.expect(0, "list", "install", "ban.lml")
        self.expect(0, "scan", "src/p1.png")
        self.expect(1, "scan", "src/p2.png")

    def test_a_bad_one_leaves_the_old(self):
        self.site()
        self.build_list("ban.lml", 1)
        self.expect(0, "list", "install", "ban.lml")
        good = (self.dir / "state/lists/ban.lml").read_bytes()
        self.write("ban.lml", good[:-9])
        self.expect(3, "list", "install", "ban.lml")
        self.assertEqual((self.dir / "state/lists/ban.lml").read_bytes(), good)
        self.assertEqual(len(list((self.dir / "state/lists").iterdir())), 1)

    def test_needs_a_config(self):
        self.build_list("ban.lml", 1)
        env = {"LIBMOD_CONFIG": "none.yaml"}
        self.assert_said(self.expect(3, "list", "install", "ban.lml", env=env), "none.yaml")


class Find(SiteTest):
    def find(self, code, *args, **options):
        return self.expect(code, "--json", "list", "find", *args, **options)

    def test_values(self):
        self.write("s.csv", ROWS)
        self.expect(0, "list", "build", "-o", "l.lml", "s.csv")
        for value, entry in ((f"md5:{MD5}", "e1"), (f"sha1:{SHA1.upper()}", "e1"),
                             (f"sha256:{SHA256}", "e2"), (f"pdq:{PDQ}", "e3")):  # fmt: skip
            row = self.find(1, "--list", "l.lml", value).row()
            self.assertEqual(list(row),
                             ["input", "list", "entry", "signal", "distance", "strategy"])  # fmt: skip
            self.assertEqual((row["list"], row["entry"], row["distance"]), ("l", entry, 0))
        self.assertEqual(self.find(0, "--list", "l.lml", f"md5:{'0' * 32}").out, "")

    def test_nearest_first(self):
        near = f"{int(PDQ, 16) ^ 0b111:064x}"
        far = f"{int(PDQ, 16) ^ (2**20 - 1):064x}"
        self.write("s.csv", f"pdq,{far},far\npdq,{near},near\npdq,{'0' * 64},none\n")
        self.expect(0, "list", "build", "-o", "l.lml", "s.csv")
        rows = self.find(1, "--list", "l.lml", f"pdq:{PDQ}").rows()
        self.assertEqual([(r["entry"], r["distance"]) for r in rows], [("near", 3), ("far", 20)])

    def test_pictures_in_all_lists_of_the_config(self):
        self.with_list("allow: [ok.lml]\n", 1, 2)
        self.build_list("ok.lml", 1)
        self.picture("copy.png", 1, pictures.mirrored)
        rows = self.find(1, "copy.png").rows()
        self.assertEqual((rows[0]["entry"], rows[0]["strategy"]), ("e1", "mirror"))
        self.picture("copy.png", 2, pictures.inverted)
        rows = self.find(1, "copy.png").rows()
        self.assertEqual([(r["entry"], r["strategy"]) for r in rows], [("e2", "negative")])
        rows = self.find(1, "src/p1.png").rows()
        self.assertEqual({row["list"] for row in rows}, {"ban", "allow"})
        self.picture("other.png", 9)
        self.assertEqual(self.find(0, "other.png").out, "")

    def test_bare_hex_and_typos_are_refused(self):
        self.with_list()
        self.assert_said(self.find(2, SHA256), "look alike")
        self.assert_said(self.find(2, MD5), "md5:")
        self.assert_said(self.find(2, "sha265:" + SHA256), 'did you mean "sha256"')
        self.assert_said(self.find(2, "md5:xyz"), "32 hex digits")
        self.assert_said(self.find(2, "pdq:" + SHA1), "64 hex digits")

    def test_a_file_named_like_a_hash(self):
        self.with_list()
        self.picture(SHA256)
        self.find(1, SHA256)

    def test_bad_input(self):
        self.with_list()
        self.assert_said(self.find(4, "none.png"), "No such file")
        self.write("cut.png", self.picture("p.png", 8).read_bytes()[:-40])
        self.assert_said(self.find(4, "cut.png"), "undecodable")
        self.find(5, "p.png", env={"LIBMOD_WORKER": "/nonexistent"})

    def test_bad_lists(self):
        path = self.with_list()
        self.find(4, "--list", "none.lml", f"md5:{MD5}")
        path.write_bytes(path.read_bytes()[:50])
        self.find(3, "--list", "ban.lml", f"md5:{MD5}")
        self.assert_said(self.find(4, f"md5:{MD5}"), "ban.lml")


class Local(SiteTest):
    """list add, list withdraw."""

    FIELDS = ["list", "entry", "signals", "gen"]

    def edit(self, what, *args, code=0):
        result = self.expect(code, "--json", "list", what, *args)
        return result.rows() if code == 0 else result

    def would(self, *args):
        return self.run_modctl("--json", "scan", *args).row()["would"]

    def test_a_picture_is_held_at_once_with_its_copies(self):
        self.site("local: {harm: m.adult.deepfake, action: block}\npolicy: {perceptual_max: hold}\n")
        self.picture("p.png")
        self.picture("copy.png", 1, pictures.mirrored)
        self.picture("other.png", 2)
        (row,) = self.edit("add", "local", "p.png", "--reason", "by mail", "--reviewer", "mod-7")
        self.assertEqual(list(row), self.FIELDS)
        self.assertEqual((row["list"], row["signals"]), ("local", ["sha256", "pdq"]))
        match = self.expect(1, "--json", "scan", "copy.png").row()["matches"][0]
        self.assertEqual((match["source"], match["entry"]), ("local", row["entry"]))
        self.assertEqual((match["harm"], match["strategy"]), ("m.adult.deepfake", "mirror"))
        self.assertEqual([self.would(f"{n}.png") for n in ("p", "copy", "other")],
                         ["block", "hold", "allow"])  # fmt: skip
        (gone,) = self.edit("withdraw", "local", "p.png")
        self.assertEqual((gone["entry"], gone["signals"]), (row["entry"], row["signals"]))
        self.assertGreater(gone["gen"], row["gen"])
        self.assertEqual(self.would("copy.png"), "allow")

    def test_a_process_that_runs_already_obeys(self):
        self.site()
        child = subprocess.Popen(
            [self.modctl, "--json", "scan", "--lines", "-"], cwd=self.dir, env=self.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        answers = child.stdout

        def ask():
            child.stdin.write(b"Selling the private album\n")
            return json.loads(answers.readline())["would"]

        try:
            for command, would in (("add", "hold"), ("withdraw", "allow")):
                self.assertNotEqual(ask(), would)
                self.edit(command, "local", "text:selling the PRIVATE album")
                until = time.monotonic() + 10
                while ask() != would:
                    self.assertLess(time.monotonic(), until, "not in force")
        finally:
            child.stdin.close()
            child.wait(60)
            answers.close()

    def test_values_are_what_they_say(self):
        self.site()
        hashes = self.hash("--json", self.picture("p.png"), cwd=self.dir).row()
        for value in (f"md5:{hashes['md5']}", f"sha1:{hashes['sha1']}",
                      f"sha256:{hashes['sha256']}", f"pdq:{hashes['pdq']}"):  # fmt: skip
            with self.subTest(value):
                self.assertEqual(self.would("p.png"), "allow")
                (row,) = self.edit("add", "local", value)
                self.assertEqual(row["signals"], [value.split(":")[0]])
                self.assertEqual(self.would("p.png"), "hold")
                self.edit("withdraw", "local", value)

    def test_allow_wins_and_takes_no_weak_digest(self):
        self.with_list()
        self.assertEqual(self.would("src/p1.png"), "hold")
        self.edit("add", "allow", "src/p1.png")
        self.assertEqual(self.would("src/p1.png"), "allow")
        for value in (f"md5:{MD5}", f"sha1:{SHA1}"):
            self.assert_said(self.edit("add", "allow", value, code=6), "too weak to allow")

    def test_each_operand_is_an_entry(self):
        self.site()
        paths = [self.picture(f"p{n}.png", n) for n in (1, 2, 3)]
        rows = self.edit("add", "local", *paths, f"md5:{MD5}")
        self.assertEqual(len({row["entry"] for row in rows}), 4)
        self.assertEqual(self.expect(0, "--json", "stats").row()["local"], 7)

    def test_twice_is_no_failure_and_not_there_is_one(self):
        self.site()
        (first,) = self.edit("add", "local", f"md5:{MD5}")
        result = self.expect(0, "--json", "list", "add", "local", f"md5:{MD5}")
        self.assertEqual(result.row()["entry"], first["entry"])
        self.assert_said(result, "already; nothing was changed")
        self.edit("withdraw", "local", f"md5:{MD5}")
        self.assert_said(self.edit("withdraw", "local", f"md5:{MD5}", code=6), "is not on the list")

    def test_find_looks_at_them_too(self):
        self.with_list()
        self.picture("p.png", 5)
        self.picture("copy.png", 5, pictures.mirrored)
        (pixels,) = self.edit("add", "local", "p.png")
        (text,) = self.edit("add", "allow", "text:a harmless text")
        rows = self.expect(1, "--json", "list", "find", "copy.png").rows()
        self.assertEqual([(r["list"], r["entry"], r["signal"], r["strategy"]) for r in rows],
                         [("local", pixels["entry"], "pdq", "mirror")])  # fmt: skip
        row = self.expect(1, "--json", "list", "find", "text:A HARMLESS text").row()
        self.assertEqual((row["list"], row["entry"]), ("allow", text["entry"]))
        self.expect(0, "list", "find", "text:another")
        self.expect(0, "list", "find", "--list", "ban.lml", "text:a harmless text")
        self.edit("withdraw", "local", "p.png")
        self.assertEqual(self.expect(0, "list", "find", "copy.png").out, "")

    def test_earlier_events_are_said(self):
        self.site()
        self.picture("p.png")
        self.expect(0, "report", "p.png", "--reason", "x")
        self.assertIn("matches 1 earlier event", self.expect(0, "list", "add", "local", "p.png").out)

    def test_pictures_that_say_little(self):
        self.site()
        self.write("flat.png", pictures.png(pictures.flat()))
        result = self.expect(0, "--json", "list", "add", "local", "flat.png")
        self.assertEqual(result.row()["signals"], ["sha256"])
        self.assert_said(result, "too little detail.*only its sha256")
        self.write("notes.txt", "no picture at all")
        result = self.expect(0, "--json", "list", "add", "local", "notes.txt")
        self.assertEqual(result.row()["signals"], ["sha256"])
        self.assert_said(result, "unsupported")

    def test_without_a_worker_nothing_is_half_listed(self):
        self.site()
        self.picture("p.png")
        result = self.expect(5, "list", "add", "local", "p.png", env={"LIBMOD_WORKER": "/none"})
        self.assertRegex(result.err, "nothing was changed")
        self.assertEqual(self.would("p.png"), "allow")

    def test_refusals(self):
        self.site()
        self.picture("p.png")
        for args, why in (
            (["add", "ban", "p.png"], "local or allow.*list build"),
            (["add", "locale", "p.png"], 'did you mean "local"'),
            (["add", "brake", "key:a/b"], "gets there by itself"),
            (["add", "local", "key:a/b"], "list brake"),
            (["withdraw", "brake", "p.png"], "key:SOURCE/ENTRY"),
            (["withdraw", "brake", "key:a"], "SOURCE/ENTRY"),
            (["add", "local", "link:no link"], "is not one link"),
            (["add", "local", "link:t.me/abcde t.me/fghij"], "is not one link"),
            (["add", "local", SHA256], "look alike"),
            (["add", "local", "sha265:00"], 'did you mean "sha256"'),
            (["add", "local", "md5:00"], "32 hex digits"),
            (["add", "local", f"md5:{MD5}", "--reason", "x" * 1001], "at most 1000"),
        ):  # fmt: skip
            with self.subTest(args):
                self.assert_said(self.edit(*args, code=2), why)
        self.assert_said(self.edit("add", "local", "none.png", code=4), "No such file")
        self.assert_said(self.edit("withdraw", "brake", "key:a/b", code=6), "is not on the list")
        (self.dir / "site.key").unlink()
        self.assert_said(self.edit("add", "local", "text:x", code=3), "site key")

    def test_one_bad_operand_does_not_stop_the_others(self):
        self.site()
        result = self.expect(4, "--json", "list", "add", "local", "none.png", f"md5:{MD5}")
        self.assertEqual(result.row()["signals"], ["md5"])
