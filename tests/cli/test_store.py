"""modctl stats, store check, store backup; stores that are missing, damaged, newer, read-only."""

import os
import re
import sqlite3
import stat
import subprocess

from case import SiteTest

ADVERT = "selling the private album"
NOBODY = 65534
STATS = [
    "uuid", "events", "open", "decided", "overdue", "undelivered", "contents", "items", "local",
    "allow", "braked", "waiting", "bytes", "quota", "gen", "oldest_open", "counters",
]  # fmt: skip
# Every command that opens the store, and what must not be there when it is refused.
READING = [["queue"], ["show", "0"], ["events"], ["stats"], ["store", "check"]]
WRITING = [
    ["decide", "0", "remove"], ["undo", "0"], ["list", "add", "local", "text:x"],
    ["list", "withdraw", "local", "text:x"], ["store", "backup", "b.db"],
]  # fmt: skip


class StoreTest(SiteTest):
    def report(self, text=ADVERT):
        args = ["--json", "report", "--text", text, "--reason", "x"]
        return self.expect(0, *args).row()["event"]

    def doctor(self, code=0, **options):
        rows = self.expect(code, "--json", "doctor", **options).rows()
        for row in rows:
            if row["state"] != "ok":
                self.assertTrue(row["mend"], row)
        return {row["check"]: row for row in rows}

    @property
    def path(self):
        return self.dir / "state/store.db"

    def database(self):
        """The store, opened by somebody else; closed by the caller."""
        return sqlite3.connect(self.path, isolation_level=None)

    def settle(self):
        """Puts everything into store.db itself, so that damage to it is seen."""
        other = self.database()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()

    def expect_all(self, code, pattern, commands=(*READING, *WRITING)):
        for command in commands:
            with self.subTest(" ".join(command)):
                self.assert_said(self.expect(code, *command), pattern)
        self.assertFalse((self.dir / "b.db").exists())


class Missing(StoreTest):
    def test_no_state_directory(self):
        self.site()
        (self.dir / "state").rename(self.dir / "elsewhere")
        self.expect_all(5, r"state: No such file or directory; make state_dir")
        self.assertEqual(self.doctor(1)["state_dir"]["state"], "bad")
        result = self.expect(5, "--json", "report", "--text", "x", "--reason", "x")
        self.assertEqual(result.row()["recorded"], "failed")
        self.assert_said(result, "not recorded")
        self.write("state", "a file")
        self.expect_all(5, "state: Not a directory")

    def test_nothing_was_recorded_yet(self):
        self.site()
        self.assertEqual(self.expect(0, "--json", "queue").rows(), [])
        self.assertEqual(self.expect(0, "--json", "events").rows(), [])
        row = self.expect(0, "--json", "stats").row()
        self.assertEqual((row["uuid"], row["events"], row["counters"]), (None, 0, {}))
        for command in (["show", "0"], ["decide", "0", "remove"], ["undo", "0"]):
            self.assert_said(self.expect(6, *command), "nothing was recorded yet")
        for command in (["check"], ["backup", "b.db"]):
            self.assert_said(self.expect(5, "store", *command), "not there")
        self.assertEqual(self.doctor()["store"]["state"], "ok")
        self.assertFalse(self.path.exists(), "looking must not make a store")

    def test_no_config(self):
        for command in (*READING, *WRITING, ["report", "--text", "x", "--reason", "x"]):
            with self.subTest(command):
                self.expect(3, *command, env={"LIBMOD_CONFIG": "none.yaml"})


class Damaged(StoreTest):
    def test_no_database_at_all(self):
        self.site()
        self.report()
        self.settle()
        self.path.write_bytes(b"not a database\n" * 1000)
        self.expect_all(5, "damaged.*modctl store backup")
        row = self.doctor(1)["store"]
        self.assertEqual(row["state"], "bad")
        self.assertIn("store backup", row["mend"])
        self.assertNotIn("store backup", row["text"])

    def test_a_scan_says_that_decisions_are_missing_and_that_nothing_was_recorded(self):
        self.with_list()
        self.report()
        self.settle()
        self.path.write_bytes(b"not a database\n" * 1000)
        row = self.expect(4, "--json", "scan", "src/p1.png").row()
        self.assertEqual((row["coverage"], row["reasons"]), ("partial", ["list"]))
        row = self.expect(5, "--json", "scan", "--record", "src/p1.png").row()
        self.assertEqual((row["would"], row["recorded"], row["event"]), ("hold", "failed", None))
        self.assertIn("not recorded", self.expect(5, "scan", "--record", "src/p1.png").out)

    def test_a_page_in_the_middle(self):
        self.site()
        self.report()
        other = self.database()
        other.execute("CREATE TABLE ballast(x)")
        other.executemany("INSERT INTO ballast VALUES(?)", [("y" * 500,)] * 500)
        other.close()
        self.settle()
        data = bytearray(self.path.read_bytes())
        data[-8192:-4096] = b"\xff" * 4096
        self.path.write_bytes(data)
        result = self.expect(1, "--json", "store", "check")
        for row in result.rows():
            self.assertEqual(list(row), ["store", "ok", "finding"])
            self.assertFalse(row["ok"])
            self.assertTrue(row["finding"])
        self.assert_said(result, "store backup")
        self.assertRegex(self.expect(1, "store", "check").out, "^bad ")

    def test_rows_that_lead_nowhere(self):
        self.site()
        event = self.report()
        other = self.database()
        other.execute("DELETE FROM content")
        other.close()
        self.assertIn(event, self.expect(1, "store", "check").out)


class Newer(StoreTest):
    def change(self, *statements):
        other = self.database()
        for statement in statements:
            other.execute(statement)
        other.close()

    def test_a_store_that_needs_a_newer_release(self):
        self.site()
        self.report()
        self.change("UPDATE meta SET v = 99 WHERE k = 'min_reader'")
        self.expect_all(6, "newer release")
        row = self.doctor(1)["store"]
        self.assertEqual(row["state"], "bad")
        self.assertIn("update libmod", row["mend"])

    def test_additions_of_a_newer_release_do_not_matter(self):
        self.site()
        event = self.report()
        self.change("ALTER TABLE event ADD COLUMN more", "CREATE TABLE extra(x)",
                    "PRAGMA user_version = 2")  # fmt: skip
        self.expect(0, "decide", event, "remove")
        self.assertEqual(self.doctor()["store"]["state"], "ok")


class ReadOnly(StoreTest):
    """Of another user: as root modctl runs as nobody, else the files are made read-only."""

    def setUp(self):
        super().setUp()
        self.site()
        self.event = self.report()
        self.who = {}
        if os.geteuid() == 0:
            self.who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            self.dir.chmod(0o755)
            (self.dir / "state").chmod(0o755)
            (self.dir / "site.key").chmod(0o644)
            for path in (self.dir / "state").glob("*"):
                path.chmod(0o755 if path.is_dir() else 0o644)
            try:
                subprocess.run([self.modctl, "--version"], check=True, **self.who,
                               stdout=subprocess.DEVNULL)  # fmt: skip
            except (OSError, subprocess.CalledProcessError):
                self.skipTest("modctl is out of reach for nobody")
        else:
            for path in (self.dir / "state").glob("store.db*"):
                path.chmod(0o444)
            (self.dir / "state/gen").chmod(0o444)
            (self.dir / "state").chmod(0o555)
            self.addCleanup((self.dir / "state").chmod, 0o755)

    def test_writing_is_refused_with_its_reason(self):
        for command in (["decide", self.event, "remove"], ["undo", self.event],
                        ["list", "add", "local", "text:x"]):  # fmt: skip
            with self.subTest(command):
                self.assert_said(self.expect(5, *command, **self.who), "store")
        self.assertEqual(len(self.expect(0, "--json", "queue").rows()), 1)

    def test_doctor_says_so(self):
        rows = self.run_modctl("--json", "doctor", **self.who).rows()
        row = {row["check"]: row for row in rows}["store"]
        self.assertIn(row["state"], ("warn", "bad"))
        self.assertRegex(row["mend"], "run as the user or group|permissions")


class Locked(StoreTest):
    def test_doctor_names_the_lock(self):
        self.site()
        self.report()
        other = self.database()
        other.execute("BEGIN IMMEDIATE")
        try:
            row = self.doctor(1)["store"]
        finally:
            other.close()
        self.assertIn("locked", row["text"])
        self.assertEqual(self.doctor()["store"]["state"], "ok")


class Quota(StoreTest):
    def test_doctor_warns_and_refusals_are_counted(self):
        self.site("events: {quota: 1MiB}\n")
        self.assertEqual(self.expect(0, "config", "check").code, 0)
        self.report()
        self.assertEqual(self.doctor()["store.size"]["state"], "ok")
        other = self.database()
        other.execute("CREATE TABLE ballast(x)")
        other.executemany("INSERT INTO ballast VALUES(?)", [("y" * 4000,)] * 250)
        other.close()
        row = self.doctor(1)["store.size"]
        self.assertEqual(row["state"], "bad")
        self.assertIn("refused", row["text"])
        self.assertIn("events.quota", row["mend"])
        result = self.expect(5, "--json", "report", "--text", "other", "--reason", "x")
        self.assertEqual(result.row()["recorded"], "failed")
        counters = self.expect(0, "--json", "stats").row()["counters"]
        self.assertEqual((counters["unrecorded"], counters["refused"]), (1, 1))


class Access(StoreTest):
    def mode(self, name):
        return stat.S_IMODE((self.dir / name).stat().st_mode)

    def test_a_group_shares_the_store_whatever_the_umask(self):
        import grp

        group = grp.getgrgid(os.getgid()).gr_name
        old = os.umask(0o077)
        try:
            self.expect(0, "init", "--group", group)
            self.configure()
            self.report()
            self.expect(0, "list", "add", "local", "text:x")
        finally:
            os.umask(old)
        for name in ("state/gen", "state/store.db", "state/store.db-wal", "state/store.db-shm"):
            self.assertEqual(self.mode(name), 0o660, name)
        self.assertIn("shared", self.doctor()["store.access"]["text"])
        self.path.chmod(0o600)
        self.assertEqual(self.doctor(1)["store.access"]["state"], "bad")

    def test_a_private_store_is_private(self):
        self.site()
        self.report()
        for name in ("state/gen", "state/store.db", "state/store.db-wal"):
            self.assertEqual(self.mode(name), 0o600, name)
        self.path.chmod(0o644)
        row = self.doctor()["store.access"]
        self.assertEqual((row["state"], row["mend"]), ("warn", "chmod o= store.db*"))

    def test_what_root_makes_belongs_to_the_owner_of_the_directory(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        for command in (["report", "--text", "x", "--reason", "x"], ["list", "add", "local", "text:x"],
                        ["scan", "--record", "--text", "LIBMOD-TEST-HIT-7f3a"]):  # fmt: skip
            with self.subTest(command):
                self.setUp()
                self.site("selftest: true\n")
                os.chown(self.dir / "state", NOBODY, NOBODY)
                self.assertIn(self.run_modctl(*command).code, (0, 1))
                made = [p for p in (self.dir / "state").iterdir() if not p.is_dir()]
                self.assertGreaterEqual(len(made), 3)
                for path in made:
                    self.assertEqual((path.stat().st_uid, path.stat().st_gid), (NOBODY, NOBODY))
                self.assertEqual(self.doctor()["store.access"]["state"], "ok")

    def test_a_store_of_another_user_is_bad(self):
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.site()
        self.report()
        os.chown(self.path, NOBODY, NOBODY)
        row = self.doctor(1)["store.access"]
        self.assertEqual(row["state"], "bad")
        self.assertIn("chown 0", row["mend"])

    def test_signal(self):
        self.site()
        self.report()
        self.expect(0, "list", "add", "local", "text:x")
        self.assertEqual(self.doctor()["store.signal"]["state"], "ok")
        gen = (self.dir / "state/gen").read_bytes()
        for change in (lambda path: path.write_bytes(bytes(8)), lambda path: path.unlink()):
            change(self.dir / "state/gen")
            self.assertEqual(self.doctor()["store.signal"]["state"], "ok")
            self.assertEqual((self.dir / "state/gen").read_bytes(), gen, "doctor has mended it")


class Backup(StoreTest):
    def test_a_copy_is_whole_and_serves_in_the_place_of_the_store(self):
        self.site()
        first = self.report("one")
        row = self.expect(0, "--json", "store", "backup", "b.db").row()
        self.assertEqual(list(row), ["store", "backup", "bytes"])
        self.assertEqual(row["bytes"], (self.dir / "b.db").stat().st_size)
        self.assertEqual(stat.S_IMODE((self.dir / "b.db").stat().st_mode), 0o600)
        self.report("two")
        for name in ("store.db", "store.db-wal", "store.db-shm", "gen"):
            (self.dir / "state" / name).unlink(missing_ok=True)
        (self.dir / "b.db").rename(self.path)
        (only,) = self.expect(0, "--json", "queue").rows()
        self.assertEqual(only["event"], first)
        self.assertEqual(self.expect(0, "--json", "store", "check").row(),
                         {"store": "state/store.db", "ok": True, "finding": None})  # fmt: skip

    def test_never_overwrites(self):
        self.site()
        self.report()
        self.write("b.db", "mine")
        self.assert_said(self.expect(6, "store", "backup", "b.db"), "is there already")
        self.assertEqual((self.dir / "b.db").read_text(), "mine")
        self.expect(4, "store", "backup", "no/such/b.db")


class Stats(StoreTest):
    def setUp(self):
        super().setUp()
        self.site("selftest: true\npolicy: {deadlines: {m.adult.ncii: 1ms}}\n")
        self.first, _ = self.report("one"), self.report("two")
        self.expect(1, "scan", "--record", "--text", "LIBMOD-TEST-HIT-7f3a")
        self.expect(0, "decide", self.first, "remove")

    def test_json(self):
        row = self.expect(0, "--json", "stats").row()
        self.assertEqual(list(row), STATS)
        self.assertRegex(row["uuid"], "^[0-9a-f-]{36}$")
        self.assertEqual((row["events"], row["open"], row["decided"]), (3, 2, 1))
        self.assertEqual((row["overdue"], row["local"], row["allow"]), (1, 1, 0))
        self.assertRegex(row["oldest_open"], r"^\d{4}-.*Z$")
        self.assertGreater(row["bytes"], 4096)
        self.assertEqual(row["counters"]["recorded"], 3)

    def test_text(self):
        out = self.expect(0, "stats").out
        for line in (r"events +3  Matches and reports", r"overdue +1 ", r"oldest_open +\d+ s",
                     r"recorded +3"):  # fmt: skip
            self.assertRegex(out, re.compile(f"^{line}", re.MULTILINE))

    def prometheus(self, code=0):
        """Reads the text format as its specification says; {name: {labels: value}}."""
        families, samples, current = {}, {}, None
        out = self.expect(code, "stats", "--prometheus").out
        self.assertTrue(out.endswith("\n"))
        for line in out.splitlines():
            if line.startswith("# HELP "):
                name, text = line[7:].split(" ", 1)
                self.assertNotIn(name, families)
                self.assertTrue(text.endswith("."), line)
                families[name], current = None, name
            elif line.startswith("# TYPE "):
                name, kind = line[7:].split(" ")
                self.assertEqual(name, current)
                self.assertIn(kind, ("counter", "gauge"))
                self.assertEqual(name.endswith("_total"), kind == "counter")
                families[name] = kind
            else:
                match = re.fullmatch(r"(libmod_[a-z_]+)(?:\{([^}]*)\})? ([0-9]+)", line)
                self.assertTrue(match, line)
                name, labels, value = match.groups()
                self.assertEqual(name, current)
                self.assertTrue(families[name])
                self.assertRegex(labels or "", r'^([a-z]+="[^"]*",?)*$')
                self.assertNotIn(labels, samples.setdefault(name, {}))
                samples[name][labels] = int(value)
        return samples

    def test_prometheus(self):
        samples = self.prometheus()
        self.assertEqual(samples["libmod_store_up"], {None: 1})
        self.assertEqual(samples["libmod_events"], {None: 3})
        self.assertEqual(samples["libmod_events_open"], {None: 2})
        self.assertEqual(samples["libmod_local_entries"], {None: 1})
        self.assertEqual(samples["libmod_recorded_total"], {None: 3})
        self.assertEqual(samples["libmod_verdicts_total"]['action="allow"'], 1)
        self.assertGreater(samples["libmod_oldest_open_timestamp_seconds"][None], 1700000000)
        (info,) = samples["libmod_info"]
        self.assertRegex(info, '^version="[0-9.]+",store="[0-9a-f-]{36}"$')

    def test_prometheus_of_a_broken_store(self):
        self.settle()
        self.path.write_bytes(b"not a database\n" * 1000)
        self.assertEqual(self.prometheus(5), {"libmod_store_up": {None: 0}})
