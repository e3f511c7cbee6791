"""modctl scan: verdicts, exit codes, order, bad input."""

import os

import pictures
from case import SANDBOX, SHARED, SiteTest, not_root

VERDICT = {
    "input", "v", "action", "would", "mode", "coverage", "reasons", "recorded", "event", "content",
    "score", "dropped", "matches", "engine",
}  # fmt: skip


PACK = """format: libmod-rules/1
pack: {id: demo, version: "7"}
rules:
  - id: folder
    title: A folder is offered
    harm: m.adult.ncii
    severity: high
    action: hold
    score: 6
    when: {word: "mega folder"}
"""


class Texts(SiteTest):
    def with_pack(self):
        self.with_list()
        self.write("pack.yaml", PACK)
        text = (self.dir / "libmod.yaml").read_text()
        self.write("libmod.yaml", text + "packs: [pack.yaml]\n")

    def test_a_rule_hits_with_its_span(self):
        self.with_pack()
        row = self.expect(1, "--json", "scan", "--text", "see the MEGA  Folder now").row()
        self.assertEqual(set(row), VERDICT)
        self.assertEqual((row["input"], row["would"], row["coverage"]), ("text", "hold", "complete"))
        rule, score = row["matches"]
        self.assertEqual((rule["kind"], rule["source"], rule["rule"]), ("rule", "demo", "folder"))
        self.assertEqual((rule["start"], rule["end"], rule["view"]), (8, 20, "fold"))
        self.assertEqual((score["kind"], score["harm"]), ("score", "m.adult.ncii"))
        self.assertEqual(row["score"], {"m.adult.ncii": 6.0})

    def test_lines_are_texts_of_their_own(self):
        self.with_pack()
        self.write("chat.txt", "hello\nmega folder\n\n")
        rows = self.expect(1, "--json", "scan", "--lines", "chat.txt").rows()
        self.assertEqual([row["input"] for row in rows], [f"chat.txt:{n}" for n in (1, 2, 3)])
        self.assertEqual([row["would"] for row in rows], ["allow", "hold", "allow"])
        self.expect(4, "scan", "--lines", "nothing.txt")

    def test_clean_and_usage(self):
        self.with_pack()
        self.expect(0, "scan", "--text", "")
        self.expect(2, "scan", "--text", "x", "file.png")
        self.expect(2, "scan")

    def test_a_bad_pack_stops_the_engine(self):
        self.with_pack()
        self.write("pack.yaml", PACK.replace("action: hold", "action: hodl"))
        result = self.expect(3, "scan", "--text", "x")
        self.assert_said(result, "pack.yaml:8:13")


class Verdicts(SiteTest):
    def test_clean(self):
        self.with_list()
        self.picture("other.png", 7)
        result = self.expect(0, "--json", "scan", "other.png")
        row = result.row()
        self.assertEqual(set(row), VERDICT)
        self.assertEqual(next(iter(row)), "input")
        self.assertEqual((row["would"], row["coverage"], row["reasons"]), ("allow", "complete", []))

    def test_exact_copy_in_observe(self):
        self.with_list()
        row = self.expect(1, "--json", "scan", "src/p1.png").row()
        match = row["matches"][0]
        self.assertEqual((row["would"], row["action"], row["mode"]), ("hold", "allow", "observe"))
        self.assertEqual((match["source"], match["entry"]), ("ban", "e1"))
        self.assertEqual((match["signal"], match["strategy"]), ("sha256", "exact"))

    def test_enforce_acts(self):
        self.with_list()
        text = (self.dir / "libmod.yaml").read_text()
        self.write("libmod.yaml", text.replace("mode: observe", "mode: enforce"))
        self.assertEqual(self.expect(1, "--json", "scan", "src/p1.png").row()["action"], "hold")

    def test_altered_copies_name_their_strategy(self):
        self.with_list()
        for name, change, strategy in (
            ("brighter", pictures.brighter, "plain"),
            ("mirrored", pictures.mirrored, "mirror"),
            ("turned", pictures.turned, "rot90"),
            ("in negative", pictures.inverted, "negative"),
            ("both", lambda rows: pictures.inverted(pictures.turned(rows)), "negative"),
        ):
            with self.subTest(name):
                self.picture("copy.png", 1, change)
                match = self.expect(1, "--json", "scan", "copy.png").row()["matches"][0]
                self.assertEqual((match["signal"], match["strategy"]), ("pdq", strategy))
                self.assertLessEqual(match["distance"], 31)

    def test_text_line_names_everything(self):
        self.with_list()
        self.picture("copy.png", 1, pictures.mirrored)
        out = self.expect(1, "scan", "copy.png").out
        self.assertRegex(out, r"^hold +allow +complete +ban/e1 pdq distance \d+ mirror .*copy\.png$")

    def test_allow_list_suppresses(self):
        self.with_list("allow: [ok.lml]\n")
        self.build_list("ok.lml", 1)
        row = self.expect(0, "--json", "scan", "src/p1.png").row()
        self.assertTrue(row["matches"][0]["suppressed"])
        self.assertIn("allowed", self.expect(0, "scan", "src/p1.png").out)

    def test_standard_input(self):
        self.with_list()
        data = (self.dir / "src/p1.png").read_bytes()
        row = self.expect(1, "--json", "scan", "-", input=data).row()
        self.assertEqual((row["input"], row["matches"][0]["entry"]), ("-", "e1"))

    def test_standard_input_over_the_limit_is_too_large(self):
        self.site()
        text = (self.dir / "libmod.yaml").read_text()
        self.write("libmod.yaml", text.replace("wall_ms", "max_bytes: 4KiB, wall_ms"))
        data = pictures.png(pictures.clouds(1), level=0)
        row = self.expect(4, "--json", "scan", "-", input=data).row()
        self.assertEqual(row["reasons"], ["too_large"])

    def test_subject(self):
        self.with_list("policy: {exempt: {rooms: ['#mod:x'], senders: ['@me:x']}, "
                       "surfaces: {avatar: {max: flag}}}\n")  # fmt: skip
        scan = ["--json", "scan", "src/p1.png"]
        self.assertEqual(self.expect(0, *scan, "--room", "#mod:x").row()["reasons"], ["exempt"])
        self.assertEqual(self.expect(0, *scan, "--sender", "@me:x").row()["coverage"], "not_run")
        self.assertEqual(self.expect(1, *scan, "--surface", "avatar").row()["would"], "flag")
        self.expect(1, *scan, "--surface", "message", "--item", "mxc://x/1", "--room", "#other:x")


class Many(SiteTest):
    def test_directories_are_walked_in_order_whatever_the_jobs(self):
        self.site()
        for i in range(12):
            self.picture(f"d/{'ab'[i % 2]}/{i:02}.png", i)
        one = [row["input"] for row in self.expect(0, "--json", "scan", "-j", "1", "d").rows()]
        self.assertEqual(one, sorted(one))
        self.assertEqual(len(one), 12)
        rows = self.expect(0, "--json", "scan", "--jobs", "7", "d").rows()
        self.assertEqual([row["input"] for row in rows], one)
        self.assertEqual({row["coverage"] for row in rows}, {"complete"})

    def test_jobs_do_not_change_the_config_that_verdicts_name(self):
        self.site()
        self.picture("p.png")
        named = {
            self.expect(0, "--json", "scan", "-j", jobs, "p.png").row()["engine"]["config"]
            for jobs in ("1", "9")
        }
        self.assertEqual(len(named), 1)

    def test_links_are_followed_once(self):
        self.site()
        self.picture("d/a.png")
        os.symlink("..", self.dir / "d/loop")
        os.symlink("a.png", self.dir / "d/link.png")
        self.picture("far/f.png")
        os.symlink("../far", self.dir / "d/one")
        os.symlink("../far", self.dir / "d/two")
        rows = self.expect(0, "--json", "scan", "d").rows()
        names = [row["input"] for row in rows]
        self.assertIn("d/link.png", names)
        self.assertEqual(len([n for n in names if n.endswith("/f.png")]), 1)

    def test_the_worst_exit_code_counts(self):
        self.with_list()
        self.picture("clean.png", 9)
        self.expect(1, "scan", "clean.png", "src/p1.png")
        self.expect(4, "scan", "clean.png", "src/p1.png", "none.png")
        env = {"LIBMOD_WORKER": "/nonexistent"}
        self.expect(5, "scan", "clean.png", "src/p1.png", "none.png", env=env)


class BadInput(SiteTest):
    def test_missing(self):
        self.site()
        result = self.expect(4, "--json", "scan", "none.png")
        self.assertEqual(set(result.row()), {"input", "error", "coverage"})
        self.assertEqual(result.row()["coverage"], "not_run")
        self.assert_said(result, "none.png: .*No such file")

    @not_root
    def test_unreadable(self):
        self.site()
        self.picture("p.png").chmod(0)
        self.assert_said(self.expect(4, "scan", "p.png"), "Permission denied")

    def test_special_files_and_dangling_links(self):
        self.site()
        os.mkfifo(self.dir / "fifo")
        os.symlink("nowhere", self.dir / "link")
        self.assert_said(self.expect(4, "scan", "fifo"), "not a regular file")
        self.assert_said(self.expect(4, "scan", "/dev/null"), "not a regular file")
        self.expect(4, "scan", "link")

    def test_an_empty_directory_is_nothing(self):
        self.site()
        (self.dir / "empty").mkdir()
        self.assertEqual(self.expect(0, "--json", "scan", "empty").out, "")

    def test_empty_and_cut_files_are_undecodable(self):
        self.site()
        self.write("empty.png", b"")
        self.write("cut.png", self.picture("p.png").read_bytes()[:-40])
        for name in ("empty.png", "cut.png"):
            with self.subTest(name):
                row = self.expect(4, "--json", "scan", name).row()
                self.assertEqual(row["reasons"], ["undecodable"])
                self.assertNotEqual(row["coverage"], "complete")

    def test_unsupported_is_no_failure(self):
        self.site()
        self.write("paper.pdf", b"%PDF-1.7 nothing")
        row = self.expect(0, "--json", "scan", "paper.pdf").row()
        self.assertEqual(row["reasons"], ["unsupported"])

    def test_unsupported_that_policy_flags_is_something_found(self):
        self.site("policy: {failure: {unsupported: flag}}\n")
        self.write("paper.pdf", b"%PDF-1.7 nothing")
        self.assertEqual(self.expect(1, "--json", "scan", "paper.pdf").row()["would"], "flag")

    def test_strange_names_do_not_reach_the_terminal(self):
        self.site()
        self.picture("a\x1b[31mb\n.png")
        out = self.expect(0, "scan", "a\x1b[31mb\n.png").out
        self.assertNotIn("\x1b", out)
        self.assertEqual(out.count("\n"), 1)
        row = self.expect(0, "--json", "scan", "a\x1b[31mb\n.png").row()
        self.assertEqual(row["input"], "a\x1b[31mb\n.png")

    def test_names_that_are_not_utf8(self):
        self.site()
        name = os.fsencode(self.dir) + b"/\xff.png"
        with open(name, "wb") as f:
            f.write(pictures.png(pictures.clouds(1)))
        self.assertIn("\ufffd.png", self.expect(0, "--json", "scan", ".").out)

    def test_hostile_files_never_end_it(self):
        folder = os.path.join(SHARED, "data/hostile/png")
        if not os.path.isdir(folder):
            self.skipTest("LIBMOD_SHARED has no data/hostile")
        self.site()
        rows = self.expect(4, "--json", "scan", "-j", "4", folder).rows()
        self.assertEqual(len(rows), sum(len(files) for _, _, files in os.walk(folder)))


class BadSite(SiteTest):
    def test_no_worker(self):
        self.site()
        self.picture("p.png")
        result = self.expect(5, "--json", "scan", "p.png", env={"LIBMOD_WORKER": "/nonexistent"})
        self.assertEqual(result.row()["reasons"], ["worker"])
        self.assert_said(result, "/nonexistent")

    def test_a_digest_is_found_without_a_worker(self):
        self.with_list()
        env = {"LIBMOD_WORKER": "/nonexistent"}
        row = self.expect(5, "--json", "scan", "src/p1.png", env=env).row()
        self.assertEqual((row["would"], row["matches"][0]["entry"]), ("hold", "e1"))

    def test_worker_in_the_config(self):
        self.site()
        self.picture("p.png")
        worker = self.environment["LIBMOD_WORKER"]
        self.write(
            "libmod.yaml",
            "format: libmod/1\nsite: {key_file: site.key}\nstate_dir: state\n"
            f"media: {{worker: {worker}, sandbox: {SANDBOX}}}\n",
        )
        self.expect(0, "scan", "p.png", env={"LIBMOD_WORKER": None})

    def test_no_key(self):
        self.site()
        (self.dir / "site.key").unlink()
        self.assert_said(self.expect(3, "scan", "libmod.yaml"), "site.key")

    def test_key_of_wrong_size(self):
        self.site()
        self.write("site.key", b"short")
        self.assert_said(self.expect(3, "scan", "libmod.yaml"), "site.key.*32")

    def test_missing_list_makes_scans_partial(self):
        self.site("lists: [{id: ban, file: none.lml, harm: other, action: hold}]\n")
        self.picture("p.png")
        result = self.expect(4, "--json", "scan", "p.png")
        self.assertEqual((result.row()["coverage"], result.row()["reasons"]), ("partial", ["list"]))
        self.assert_said(result, "none.lml")

    def test_missing_required_list_stops(self):
        self.site("lists: [{id: b, file: no.lml, harm: other, action: hold, required: true}]\n")
        self.picture("p.png")
        self.assert_said(self.expect(3, "scan", "p.png"), "no.lml")

    def test_truncated_list(self):
        path = self.with_list()
        path.write_bytes(path.read_bytes()[:100])
        row = self.expect(4, "--json", "scan", "src/p1.png").row()
        self.assertEqual(row["reasons"], ["list"])


class Recording(SiteTest):
    def test_without_record_nothing_is_written(self):
        self.with_list()
        row = self.expect(1, "--json", "scan", "src/p1.png").row()
        self.assertEqual((row["recorded"], row["event"]), ("none", None))
        self.assertEqual([p.name for p in (self.dir / "state").iterdir()], ["lists"])

    def test_record_makes_an_event_with_who_and_where(self):
        self.with_list()
        who = {"--host": "a.example", "--room": "!r:a", "--sender": "@u:a", "--item": "up1",
               "--surface": "avatar"}  # fmt: skip
        args = [word for pair in who.items() for word in pair]
        row = self.expect(1, "--json", "scan", "--record", *args, "src/p1.png").row()
        self.assertEqual(row["recorded"], "ok")
        item = self.expect(0, "--json", "show", row["event"]).row()["item"]
        self.assertEqual({f"--{name}": item[name] for name in
                          ("host", "room", "sender", "item", "surface")}, who)  # fmt: skip
        out = self.expect(1, "scan", "--record", *args, "src/p1.png").out
        self.assertRegex(out, rf"src/p1\.png  event {row['event']}$", "the same finding")

    def test_clean_content_makes_no_event_and_is_found_when_it_is_listed_later(self):
        self.site()
        self.picture("p.png")
        where = ["--host", "a.example", "--item", "up1"]
        row = self.expect(0, "--json", "scan", "--record", *where, "p.png").row()
        self.assertEqual((row["recorded"], row["event"]), ("none", None))
        stats = self.expect(0, "--json", "stats").row()
        self.assertEqual((stats["events"], stats["contents"], stats["items"]), (0, 1, 1))

    def test_many_at_once(self):
        self.with_list()
        for n in range(12):
            self.picture(f"in/c{n}.png", 1, lambda rows, n=n: pictures.brighter(rows, n % 4))
        rows = self.expect(1, "--json", "scan", "--record", "--jobs", "4", "in").rows()
        self.assertEqual({row["recorded"] for row in rows}, {"ok"})
        events = {row["event"] for row in rows}
        self.assertEqual(len(events), 4, "one event for each content")
        self.assertEqual(len(self.expect(0, "--json", "queue").rows()), 4)

    def test_too_long_for_a_subject(self):
        self.site()
        self.assert_said(self.expect(2, "scan", "--room", "x" * 5000, "p.png"), "--room: at most")
