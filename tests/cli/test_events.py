"""modctl events: the stream, once and as it comes."""

import json
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from case import SiteTest

sys.path.append(str(Path(__file__).resolve().parents[1] / "schemas"))
import schemas  # noqa: E402

ENVELOPE = ["specversion", "id", "source", "type", "time", "datacontenttype", "data"]
PATIENCE = 30


class EventsTest(SiteTest):
    def report(self, text="one", *args):
        row = self.expect(0, "--json", "report", "--text", text, "--reason", "x", *args).row()
        return row["event"]

    def events(self, *args):
        return self.expect(0, "--json", "events", *args).rows()


class Stream(EventsTest):
    def test_cloud_events_in_the_order_of_recording(self):
        self.with_list()
        first = self.expect(1, "--json", "scan", "--record", "src/p1.png").row()["event"]
        second = self.report()
        rows = self.events()
        for row in rows:
            self.assertEqual(list(row), ENVELOPE)
            self.assertEqual((row["specversion"], row["datacontenttype"]), ("1.0", "application/json"))
            self.assertRegex(row["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(len({row["source"] for row in rows}), 1)
        kinds = [row["type"] for row in rows]
        self.assertEqual(kinds, ["libmod.list.v1", "libmod.match.v1", "libmod.report.v1"])
        self.assertEqual([row["id"] for row in rows[1:]], [first, second])
        self.assertEqual(rows[1]["data"]["matches"][0]["entry"], "e1")

    @schemas.needs_jsonschema
    def test_all_are_as_the_schemas_say(self):
        self.with_list("selftest: true\nevents: {preview: true}\n")
        where = ["--room", "!r:a", "--sender", "@s:a", "--item", "$i"]
        self.expect(1, "scan", "--record", *where, "src/p1.png")
        self.expect(1, "scan", "--record", "--text", "LIBMOD-TEST-HIT-7f3a", "--surface", "invite")
        self.report("two", *where)
        self.write("cut.png", (self.dir / "src/p1.png").read_bytes()[:-40])
        self.expect(5, "scan", "--record", "cut.png", env={"LIBMOD_WORKER": "/nonexistent"})
        rows = self.events()
        known = schemas.validators(closed=True)
        for row in rows:
            schemas.check_event(self, row, known)
        kinds = {row["type"].split(".")[1] for row in rows}
        self.assertEqual(kinds, set(schemas.TYPES))
        previews = [row["data"]["preview"] for row in rows if row["data"].get("preview")]
        self.assertEqual(len(previews), 1)

    def test_people_are_not_named(self):
        self.site()
        self.report("one", "--room", "!secret:a", "--sender", "@who:a", "--item", "$ref")
        out = self.expect(0, "--json", "events").out
        for word in ("!secret", "@who", "$ref"):
            self.assertNotIn(word, out)

    def test_text(self):
        self.with_list()
        event = self.expect(1, "--json", "scan", "--record", "src/p1.png").row()["event"]
        self.write("cut.png", (self.dir / "src/p1.png").read_bytes()[:-40])
        self.expect(5, "scan", "--record", "cut.png", env={"LIBMOD_WORKER": "/nonexistent"})
        out = self.expect(0, "events").out
        self.assertRegex(out, r"(?m)^20\S+Z  \S+  list    loaded ban, version \S+$")
        self.assertRegex(out, rf"(?m)^20\S+Z  {event}  match   hold +m\.adult\.ncii  "
                              r"upload media, ban/e1$")  # fmt: skip
        self.assertRegex(out, r"(?m)^20\S+Z  \S+  gap     .*worker 1")

    def test_since(self):
        self.site()
        event = self.report()
        self.assertEqual([row["id"] for row in self.events("--since", "1h")], [event])
        self.assertEqual(self.events("--since", "2099-01-01"), [])
        self.assert_said(self.expect(2, "events", "--since", "soon"), "--since soon")

    def test_many(self):
        self.site("selftest: true\n")
        lines = "".join(f"LIBMOD-TEST-HIT-7f3a {n}\n" for n in range(700))
        self.write("chat.txt", lines)
        rows = self.expect(1, "--json", "scan", "--record", "--lines", "chat.txt").rows()
        matches = [row["id"] for row in self.events() if row["type"] == "libmod.match.v1"]
        self.assertEqual(matches, [row["event"] for row in rows])

    def test_a_reader_that_leaves(self):
        self.site("selftest: true\n")
        lines = "".join(f"LIBMOD-TEST-HIT-7f3a {n}\n" for n in range(600))
        self.write("chat.txt", lines)
        self.expect(1, "scan", "--record", "--lines", "chat.txt")
        with Following(self, "--json", "events") as child:
            child.line()
            child.leave()
            self.assertEqual(child.end(), (4, b""))


class Following:
    """A modctl that goes on; every wait ends."""

    def __init__(self, test, *args):
        self.test = test
        self.child = subprocess.Popen(
            [test.modctl, *args], cwd=test.dir, env=test.environment, bufsize=0,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.rest = b""

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self.child.stdout.close()
        self.child.stderr.close()

    def line(self, within=PATIENCE):
        """The next line, or None when there is none in time."""
        until = time.monotonic() + within
        while b"\n" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.child.stdout], [], [], left)[0]:
                return None
            block = self.child.stdout.read(65536)
            self.test.assertTrue(block, "the stream ended")
            self.rest += block
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def leave(self):
        self.child.stdout.close()

    def end(self):
        self.child.wait(PATIENCE)
        return self.child.returncode, self.child.stderr.read()


class Follow(EventsTest):
    def follow(self, *args):
        return Following(self, "--json", "events", "--follow", *args)

    def test_prints_what_was_and_what_comes_until_interrupted(self):
        self.site()
        first = self.report("one")
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number), self.follow("--since", "1h") as child:
                self.assertEqual(child.line()["id"], first)
                second = self.report(f"two {number}")
                while (row := child.line()) and row["id"] != second:
                    pass
                self.assertEqual(row["id"], second)
                child.child.send_signal(number)
                self.assertEqual(child.end(), (0, b""))

    def test_without_since_only_what_is_new(self):
        self.site()
        old = self.report("one")
        with self.follow() as child:
            seen = []
            for n in range(200):
                event = self.report(f"two {n}")
                row = child.line(0.1)
                if row:
                    seen.append(row["id"])
                    break
            self.assertTrue(seen, "nothing came")
            self.assertNotIn(old, seen)

    def test_waits_for_a_store_that_is_not_there_yet(self):
        self.site()
        with self.follow("--since", "1h") as child:
            event = self.report("one")
            self.assertEqual(child.line()["id"], event)

    def test_ends_when_the_reader_leaves(self):
        self.site()
        self.report("one")
        with self.follow("--since", "1h") as child:
            child.line()
            child.leave()
            self.assertEqual(child.end(), (4, b""))

    def test_a_store_that_breaks_ends_it(self):
        self.site()
        self.report("one")
        with self.follow("--since", "1h") as child:
            child.line()
            for name in ("store.db", "store.db-wal", "store.db-shm"):
                (self.dir / "state" / name).unlink(missing_ok=True)
            self.write("state/store.db", "not a database\n" * 1000)
            code, said = child.end()
            self.assertEqual(code, 5)
            self.assertIn(b"damaged", said)
