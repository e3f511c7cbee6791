"""modctl report, queue, show, decide, undo: from a report to what every process does about it."""

import os
import re
import threading
import time
import unittest

import pictures
from case import SANDBOX, SiteTest

QUEUE = [
    "event", "type", "at", "kind", "surface", "harm", "severity", "priority", "deadline", "would",
    "action", "cluster", "count", "status",
]  # fmt: skip
DECIDED = ["decision", "event", "action", "scope", "entries", "earlier"]
ENVELOPE = ["specversion", "id", "source", "type", "time", "datacontenttype", "data"]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ADVERT = "selling the private album"


class ReviewTest(SiteTest):
    """Reports and decisions in few words."""

    def report(self, *args, code=0):
        """Reports something; the event's id."""
        return self.expect(code, "--json", "report", "--reason", "by mail", *args).row()["event"]

    def queue(self, *args):
        return self.expect(0, "--json", "queue", *args).rows()

    def decide(self, event, action, *args, code=0):
        result = self.expect(code, "--json", "decide", event, action, *args)
        return result.row() if code == 0 else result

    def would(self, *args):
        """What a scan says would happen; the exit code agrees."""
        result = self.run_modctl("--json", "scan", *args)
        would = result.row()["would"]
        self.assertEqual(result.code, 0 if would == "allow" else 1, result.out + result.err)
        return would


class Reports(ReviewTest):
    def test_is_the_verdict_with_its_input(self):
        self.site()
        path = self.picture("p.png")
        result = self.expect(0, "--json", "report", path, "--reason", "by mail")
        row = result.row()
        self.assertEqual(next(iter(row)), "input")
        self.assertEqual((row["input"], row["recorded"], row["would"]), (str(path), "ok", "allow"))
        self.assertRegex(row["event"], UUID)
        self.assertRegex(row["content"], "^h1:[0-9a-f]{64}$")
        self.assertEqual(len(self.queue()), 1)

    def test_text_says_what_to_do_next(self):
        self.site()
        result = self.expect(0, "report", "--text", ADVERT, "--reason", "by mail")
        self.assertRegex(result.out, rf"^{UUID.pattern}  is in the queue; .*modctl show")

    def test_the_same_report_twice_is_one_event(self):
        self.site()
        self.picture("p.png")
        where = ["--host", "a.example", "--item", "up1"]
        self.assertEqual(self.report("p.png", *where), self.report("p.png", *where))
        self.assertNotEqual(self.report("p.png", "--host", "a.example", "--item", "up2"),
                            self.report("p.png", *where))  # fmt: skip
        self.assertEqual(len(self.queue()), 2)

    def test_by_item_finds_what_was_scanned(self):
        self.site()
        self.picture("p.png")
        where = ["--host", "a.example", "--item", "up1"]
        content = self.expect(0, "--json", "scan", "--record", *where, "p.png").row()["content"]
        row = self.expect(0, "--json", "report", *where, "--reason", "x").row()
        self.assertEqual((row["content"], row["recorded"], row["input"]), (content, "ok", "item"))
        (listed,) = self.queue()
        self.assertEqual((listed["kind"], listed["event"]), ("media", row["event"]))

    def test_an_item_that_nobody_scanned_is_an_event_too(self):
        self.site()
        event = self.report("--host", "a.example", "--item", "none")
        row = self.expect(0, "--json", "show", event).row()
        self.assertIsNone(row["data"]["content"]["key"])
        self.assertEqual(row["item"]["item"], "none")
        self.assertIn("unknown", self.expect(0, "show", event).out)

    def test_standard_input(self):
        self.site()
        data = self.picture("p.png").read_bytes()
        first = self.report("p.png")
        row = self.expect(0, "--json", "report", "-", "--reason", "x", input=data).row()
        self.assertEqual((row["input"], row["event"]), ("-", first))

    def test_usage(self):
        self.site()
        self.picture("p.png")
        self.assert_said(self.expect(2, "report", "p.png"), "--reason")
        self.assert_said(self.expect(2, "report", "--reason", "x"), "PATH, --text S, or --item")
        both = self.expect(2, "report", "p.png", "--text", "x", "--reason", "x")
        self.assert_said(both, "not both")
        long = self.expect(2, "report", "p.png", "--reason", "x" * 5000)
        self.assert_said(long, "--reason: at most 4096 bytes")
        self.assert_said(self.expect(4, "report", "none.png", "--reason", "x"), "No such file")
        self.assertFalse((self.dir / "state/store.db").exists())

    def test_without_a_worker_it_is_recorded_all_the_same(self):
        self.site()
        self.picture("p.png")
        result = self.expect(0, "--json", "report", "p.png", "--reason", "x",
                             env={"LIBMOD_WORKER": "/nonexistent"})  # fmt: skip
        self.assertEqual((result.row()["coverage"], result.row()["recorded"]), ("partial", "ok"))


class Decisions(ReviewTest):
    def test_a_reported_picture_is_removed_and_its_copies_are_held(self):
        self.site()
        self.picture("p.png")
        self.picture("copy.png", 1, pictures.mirrored)
        self.picture("other.png", 2)
        event = self.report("p.png")
        self.assertEqual(self.would("copy.png"), "allow")
        row = self.decide(event, "remove", "--reason", "confirmed", "--reviewer", "mod-7")
        self.assertEqual(list(row), DECIDED)
        self.assertEqual((row["event"], row["action"], row["scope"]), (event, "remove", "item"))
        self.assertEqual((row["entries"], row["earlier"]), (2, 0))
        verdict = self.expect(1, "--json", "scan", "copy.png").row()
        match = verdict["matches"][0]
        self.assertEqual((verdict["would"], match["source"]), ("hold", "local"))
        self.assertEqual((match["entry"], match["strategy"]), (row["decision"], "mirror"))
        self.assertEqual(self.would("p.png"), "hold")
        self.assertEqual(self.would("other.png"), "allow")
        self.assertEqual(self.queue(), [])

    def test_a_reported_text_is_removed(self):
        self.site()
        event = self.report("--text", ADVERT)
        self.assertEqual(self.would("--text", ADVERT), "allow")
        self.assertEqual(self.decide(event, "remove")["entries"], 2)
        self.assertEqual(self.would("--text", "Selling the PRIVATE album"), "hold")
        self.assertEqual(self.would("--text", "the private album, selling!"), "hold")
        self.assertEqual(self.would("--text", "listening to the album"), "allow")

    def test_dismissed_content_passes_from_then_on(self):
        self.with_list()
        self.picture("brighter.png", 1, lambda rows: pictures.brighter(rows, 2))
        event = self.expect(1, "--json", "scan", "--record", "src/p1.png").row()["event"]
        self.assertEqual(self.would("src/p1.png"), "hold")
        self.assertEqual(self.decide(event, "dismiss")["entries"], 2)
        self.assertEqual(self.would("src/p1.png"), "allow")
        self.assertEqual(self.would("brighter.png"), "allow")
        self.assertEqual(self.expect(0, "undo", event).code, 0)
        self.assertEqual(self.would("src/p1.png"), "hold")
        self.assertEqual([row["event"] for row in self.queue()], [event])

    def test_what_each_action_does_to_the_lists(self):
        for action, entries, would in (
            ("remove", 2, "hold"), ("hold", 0, "allow"), ("restore", 0, "allow"),
            ("add_to_list", 2, "hold"), ("withdraw", 2, "allow"), ("dismiss", 2, "allow"),
        ):  # fmt: skip
            with self.subTest(action):
                self.setUp()
                self.site()
                self.picture("p.png")
                event = self.report("p.png")
                self.assertEqual(self.decide(event, action)["entries"], entries)
                self.assertEqual(self.would("p.png"), would)

    def test_remove_without_the_list(self):
        self.site()
        self.picture("p.png")
        self.assertEqual(self.decide(self.report("p.png"), "remove", "--no-list")["entries"], 0)
        self.assertEqual(self.would("p.png"), "allow")
        usage = self.expect(2, "decide", "0", "dismiss", "--no-list")
        self.assert_said(usage, "--no-list belongs to remove")

    def test_scope_content_closes_every_event_of_it(self):
        self.site()
        self.picture("p.png")
        for item in ("up1", "up2", "up3"):
            self.report("p.png", "--host", "a.example", "--item", item)
        rows = self.queue()
        self.assertEqual([row["count"] for row in rows], [3, 3, 3])
        self.decide(rows[0]["event"], "remove")
        self.assertEqual(len(self.queue()), 2)
        row = self.decide(rows[1]["event"], "remove", "--scope", "content")
        self.assertEqual(row["scope"], "content")
        self.assertEqual(self.queue(), [])

    def test_earlier_events_of_the_same_picture_are_counted(self):
        self.site()
        for name, change in (("p", lambda rows: rows), ("b", pictures.brighter)):
            self.picture(f"{name}.png", 1, change)
            event = self.report(f"{name}.png")
        self.assertEqual(self.decide(event, "remove")["earlier"], 1)

    def test_twice_is_refused_and_says_who_and_when(self):
        self.site()
        event = self.report("--text", ADVERT)
        self.decide(event, "dismiss", "--reviewer", "mod-7")
        result = self.decide(event, "remove", code=6)
        self.assertEqual(result.out, "")
        self.assert_said(result, r"decided already: dismiss by mod-7 at \d{4}-")
        self.assertEqual(self.would("--text", ADVERT), "allow")

    def test_undo(self):
        self.site()
        self.picture("p.png")
        event = self.report("p.png")
        self.assert_said(self.expect(6, "undo", event), "not decided")
        self.decide(event, "remove")
        row = self.expect(0, "--json", "undo", event, "--reviewer", "mod-8").row()
        self.assertEqual(list(row), DECIDED)
        self.assertEqual((row["event"], row["action"]), (event, "restore"))
        self.assertGreater(row["entries"], 0)
        self.assertEqual(self.would("p.png"), "allow")
        (listed,) = self.queue("--status", "decided")
        self.assertEqual(listed["event"], event)
        self.assertEqual(self.expect(0, "--json", "undo", event).row()["action"], "reopen")
        self.assertEqual(len(self.queue()), 1)
        self.assertEqual(self.decide(event, "remove")["entries"], 2)
        self.assertIn("remove taken back: the item is restored", self.expect(0, "undo", event).out)

    def test_bad_words(self):
        self.site()
        event = self.report("--text", ADVERT)
        self.assert_said(self.expect(2, "decide", event, "remvoe"), 'did you mean "remove"')
        self.assert_said(self.expect(2, "decide", event, "remove", "--scope", "contents"),
                         'did you mean "content"')  # fmt: skip
        for option, most in (("--reason", 1000), ("--reviewer", 200)):
            self.expect(2, "decide", event, "remove", option, "x" * (most + 1))
        self.assertEqual(len(self.queue()), 1)
        self.decide(event, "remove", "--reason", "x" * 1000, "--reviewer", "y" * 200)


class Ids(ReviewTest):
    def test_the_beginning_of_an_id_is_enough(self):
        self.site()
        first, second = self.report("--text", "one"), self.report("--text", "two")
        table = self.expect(0, "queue").out.splitlines()[1:]
        shown = [line.split()[0] for line in table]
        self.assertEqual(len(set(shown)), 2)
        for short, event in zip(shown, (first, second)):
            self.assertTrue(event.startswith(short))
            self.assertEqual(self.expect(0, "--json", "show", short).row()["id"], event)
            self.assertEqual(self.expect(0, "--json", "show", short.upper()).row()["id"], event)
        self.assertEqual(self.decide(shown[1], "dismiss")["event"], second)
        self.assertEqual(self.expect(0, "--json", "undo", shown[1]).row()["event"], second)

    def test_unknown_and_ambiguous(self):
        self.site()
        event = self.report("--text", "one")
        self.report("--text", "two")
        for command in (["show"], ["decide"], ["undo"]):
            more = ["remove"] if command == ["decide"] else []
            for word, why in ((event[0], "several"), ("ffff", "no event"), ("", "no event"),
                              ("x", "no event"), (event + "0", "no event")):  # fmt: skip
                with self.subTest(f"{command} {word}"):
                    self.assert_said(self.expect(6, *command, word, *more), why)

    def test_what_cannot_be_decided(self):
        self.with_list()
        self.expect(1, "scan", "--record", "src/p1.png")
        rows = self.expect(0, "--json", "events").rows()
        loaded = [row["id"] for row in rows if row["type"] == "libmod.list.v1"]
        self.assertEqual(len(loaded), 1)
        self.decide(loaded[0], "remove", code=6)
        self.assertIn("nothing to decide", self.expect(0, "show", loaded[0]).out)


class Queue(ReviewTest):
    def hit(self, *args):
        return self.expect(1, "--json", "scan", "--record", *args).row()["event"]

    def test_fields(self):
        self.with_list("policy: {deadlines: {m.adult.ncii: 48h}}\n")
        event = self.hit("src/p1.png", "--surface", "avatar", "--host", "a", "--item", "i")
        (row,) = self.queue()
        self.assertEqual(list(row), QUEUE)
        self.assertEqual((row["event"], row["type"]), (event, "libmod.match.v1"))
        self.assertRegex(row["at"], WHEN)
        self.assertRegex(row["deadline"], WHEN)
        self.assertEqual((row["kind"], row["surface"], row["harm"], row["severity"]),
                         ("media", "avatar", "m.adult.ncii", "high"))  # fmt: skip
        self.assertEqual((row["would"], row["action"], row["cluster"], row["count"]),
                         ("hold", "allow", "ban/e1", 1))  # fmt: skip
        self.assertEqual((row["status"], row["priority"]), ("open", 7))

    def test_table(self):
        self.with_list("policy: {deadlines: {m.adult.ncii: 48h}}\n")
        self.hit("src/p1.png")
        head, line = self.expect(0, "queue").out.splitlines()
        self.assertEqual(head.split(), "EVENT DEADLINE HARM WOULD COUNT STATUS WHAT".split())
        self.assertRegex(line, r"^\S+ +in 47 h +m\.adult\.ncii +hold +1 +open +upload media, ban/e1$")
        self.assertNotIn("\033", line)

    def test_deadlines_come_first_and_overdue_is_said(self):
        self.with_list()
        late = self.hit("src/p1.png")
        self.report("--text", "one")
        self.configure(
            "lists: [{id: ban, file: ban.lml, harm: m.adult.deepfake, action: hold}]\n"
            "policy: {deadlines: {m.adult.deepfake: 1ms}}\n"
        )
        self.picture("copy.png", 1, pictures.mirrored)
        urgent = self.hit("copy.png")
        rows = self.queue()
        self.assertEqual([row["event"] for row in rows[:2]], [urgent, late])
        self.assertRegex(self.expect(0, "queue").out.splitlines()[1], r"overdue 0 s|overdue \d+ s")
        self.assertIn("overdue", self.expect(0, "show", urgent).out)

    def test_filters(self):
        self.with_list("local: {harm: m.adult.deepfake}\n")
        hit, told = self.hit("src/p1.png"), self.report("--text", "one")
        self.decide(told, "dismiss")
        for args, events in (
            ([], [hit]),
            (["--status", "all"], [hit, told]),
            (["--status", "decided"], [told]),
            (["--status", "all", "--harm", "m.adult.deepfake"], [told]),
            (["--harm", "m.none"], []),
            (["--status", "all", "--limit", "1"], [hit]),
            (["--since", "1h"], [hit]),
            (["--since", "2099-01-01"], []),
            (["--since", "2020-01-01T00:00:00+02:00"], [hit]),
        ):
            with self.subTest(args):
                self.assertCountEqual([row["event"] for row in self.queue(*args)], events)
        decided = [row for row in self.queue("--status", "all") if row["status"] == "decided"]
        self.assertEqual([row["event"] for row in decided], [told])
        for args in (["--since", "yesterday"], ["--since", "7"], ["--status", "opne"],
                     ["--limit", "0"], ["--limit", "many"]):  # fmt: skip
            self.assert_said(self.expect(2, "queue", *args), args[0])

    def test_nothing_waits(self):
        self.site()
        result = self.expect(0, "queue")
        self.assertEqual(result.out, "")
        self.assert_said(result, "nothing to show")
        self.assertEqual(self.queue(), [])


class Show(ReviewTest):
    def test_json_is_the_envelope_and_what_is_known(self):
        self.site()
        self.picture("p.png")
        event = self.report("p.png", "--host", "a.example", "--item", "up1", "--room", "!r:a",
                            "--sender", "@u:a", "--surface", "avatar")  # fmt: skip
        row = self.expect(0, "--json", "show", event).row()
        self.assertEqual(list(row), [*ENVELOPE, "item", "status", "decision"])
        self.assertEqual((row["specversion"], row["id"]), ("1.0", event))
        self.assertRegex(row["source"], "^urn:uuid:[0-9a-f-]{36}$")
        self.assertRegex(row["item"].pop("at"), WHEN)
        self.assertEqual(row["item"], {"host": "a.example", "item": "up1", "surface": "avatar",
                                       "room": "!r:a", "sender": "@u:a"})  # fmt: skip
        self.assertEqual((row["status"], row["decision"]), ("open", None))
        self.assertEqual(row["data"]["report"]["reason"], "by mail")
        self.decide(event, "remove", "--reason", "seen", "--reviewer", "mod-7")
        row = self.expect(0, "--json", "show", event).row()
        self.assertEqual(row["status"], "decided")
        self.assertRegex(row["decision"].pop("decision"), UUID)
        self.assertRegex(row["decision"].pop("at"), WHEN)
        self.assertEqual(row["decision"], {"action": "remove", "scope": "item", "reason": "seen",
                                           "reviewer": "mod-7"})  # fmt: skip

    def test_text_names_everything(self):
        self.with_list("policy: {deadlines: {m.adult.ncii: 48h}}\n")
        args = ["--host", "a.example", "--item", "up1", "--room", "!r:a", "--sender", "@u:a"]
        event = self.expect(1, "--json", "scan", "--record", *args, "src/p1.png").row()["event"]
        out = self.expect(0, "show", event).out
        for line in (f"event +{event}", "status +open, to review in 47 h, by 20",
                     "harm +m.adult.ncii, severity high, priority 7",
                     r"verdict +would hold, did allow \(observe\), coverage complete",
                     "match +ban/e1 sha256, distance 0, exact: m.adult.ncii, high, hold",
                     "content +media, image/png, [0-9]+ bytes, 96 x 96", "cluster +ban/e1, 1 open",
                     "surface +upload", "host +a.example", "item +up1", "room +!r:a",
                     "sender +@u:a"):  # fmt: skip
            self.assertRegex(out, re.compile(f"^{line}", re.MULTILINE))
        self.decide(event, "remove", "--reviewer", "mod-7", "--reason", "seen")
        self.assertRegex(self.expect(0, "show", event).out,
                         r"status +remove, scope item, by mod-7, .*\(\d+ s ago\)\n"
                         r"decision +[0-9a-f-]+: seen\n")  # fmt: skip

    def test_what_others_wrote_cannot_steer_the_terminal(self):
        self.site()
        event = self.report("--text", "x", "--host", "a\033[31m", "--item", "b\nc")
        self.decide(event, "remove", "--reason", "\033]0;x\007")
        out = self.expect(0, "show", event).out
        self.assertNotIn("\033", out)
        self.assertIn("a\\x1b[31m", out)
        self.assertIn("b\\x0ac", out)
        self.assertNotIn("\033", self.expect(0, "queue", "--status", "all").out)


class Brake(ReviewTest):
    def test_what_hits_too_much_observes_until_it_is_put_back(self):
        self.with_list("brake: {distinct_per_hour: 2}\n")
        for n in range(4):
            self.picture(f"c{n}.png", 1, lambda rows, n=n: pictures.brighter(rows, n + 1))
            self.expect(1, "scan", "--record", f"c{n}.png")
        checks = {row["check"]: row for row in self.expect(0, "--json", "doctor").rows()}
        self.assertEqual(checks["brake"]["state"], "warn")
        self.assertIn("ban/e1", checks["brake"]["text"])
        self.assertIn("list withdraw brake key:ban/e1", checks["brake"]["mend"])
        mode = self.expect(1, "--json", "scan", "c0.png").row()["matches"][0]["mode"]
        self.assertEqual(mode, "observe")
        row = self.expect(0, "--json", "list", "withdraw", "brake", "key:ban/e1").row()
        self.assertEqual((row["list"], row["signals"]), ("brake", ["key"]))
        checks = {row["check"]: row for row in self.expect(0, "--json", "doctor").rows()}
        self.assertEqual(checks["brake"]["state"], "ok")
        self.assertIsNone(checks["brake"]["mend"])


class Race(ReviewTest):
    EVENTS = 1000 if SANDBOX == "strict" else 100  # a sanitizer makes processes slow

    def decide_all(self, events, name, won, errors):
        for event in events:
            result = self.run_modctl("--json", "decide", event, "dismiss", "--reviewer", name)
            if result.code == 0:
                won[event] = name
            elif result.code != 6 or "decided already" not in result.err:
                errors.append((event, result.code, result.err))

    @unittest.skipIf(os.environ.get("LIBMOD_TEST_QUICK"), "LIBMOD_TEST_QUICK is set")
    def test_of_two_moderators_one_decides_each_event(self):
        self.site("selftest: true\nbrake: {distinct_per_hour: 0}\n")
        lines = "".join(f"LIBMOD-TEST-HIT-7f3a {n}\n" for n in range(self.EVENTS))
        self.write("chat.txt", lines)
        self.expect(1, "scan", "--record", "--lines", "chat.txt")
        events = [row["event"] for row in self.queue()]
        self.assertEqual(len(set(events)), self.EVENTS)
        one, two, errors = {}, {}, []
        begin = time.monotonic()
        first = threading.Thread(target=self.decide_all, args=(events, "mod-1", one, errors))
        first.start()
        self.decide_all(events[::-1], "mod-2", two, errors)
        first.join()
        self.assertEqual(errors, [])
        self.assertFalse(set(one) & set(two))
        self.assertEqual(set(one) | set(two), set(events))
        self.assertEqual(self.queue(), [])
        self.assertLess(time.monotonic() - begin, 200)
        rows = self.expect(0, "--json", "show", events[0]).row()["decision"]
        self.assertEqual(rows["reviewer"], {**one, **two}[events[0]])
