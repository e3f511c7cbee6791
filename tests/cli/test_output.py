"""Output that cannot be written, pipes, terminals, colour."""

import os
import pty
import subprocess

from case import MODCTL, SiteTest


class Lost(SiteTest):
    def test_full_disk_is_an_error_everywhere(self):
        self.site()
        self.picture("p.png")
        for args in (["--help"], ["--version"], ["help", "scan"], ["config", "show"],
                     ["config", "schema"], ["config", "reference"], ["scan", "p.png"],
                     ["--json", "scan", "p.png"], ["doctor"]):  # fmt: skip
            with self.subTest(args), open("/dev/full", "wb") as full:
                self.assert_said(self.expect(4, *args, stdout=full), "cannot write the output")

    def test_full_disk_of_the_store_commands(self):
        self.site()
        said = self.expect(0, "--json", "report", "--text", "x", "--reason", "x").row()
        for args in (["queue"], ["--json", "queue"], ["show", said["event"]], ["events"], ["stats"],
                     ["stats", "--prometheus"], ["store", "check"], ["list", "add", "local", "text:x"],
                     ["list", "find", "text:x"]):  # fmt: skip
            with self.subTest(args), open("/dev/full", "wb") as full:
                self.assert_said(self.expect(4, *args, stdout=full), "cannot write the output")

    def test_a_reader_that_leaves_is_no_crash_and_no_noise(self):
        self.site()
        for i in range(8):
            self.picture(f"d/{i}.png", i)
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as pipe:
            result = self.expect(4, "--json", "scan", "d", stdout=pipe)
        self.assertEqual(result.err, "")

    def test_closed_standard_output_is_an_error(self):
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" --version >&-', MODCTL],
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        self.assertEqual(done.returncode, 4)
        self.assertIn(b"cannot write the output", done.stderr)

    def test_closed_standard_input_is_an_error(self):
        self.site()
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" scan - <&-', MODCTL],
            cwd=self.dir, env=self.environment, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        self.assertEqual(done.returncode, 4)


class Terminal(SiteTest):
    def on_terminal(self, *args, stream="stdout", **env):
        """Runs modctl with one stream on a terminal; returns exit code and what it showed."""
        main, side = pty.openpty()
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: side}
        done = subprocess.run(
            [MODCTL, *args], cwd=self.dir, stdin=subprocess.DEVNULL, check=False, timeout=60,
            env={**self.environment, "TERM": "xterm", **env}, **streams,
        )  # fmt: skip
        os.close(side)
        out = b""
        try:
            while block := os.read(main, 65536):
                out += block
        except OSError:
            pass
        os.close(main)
        return done.returncode, out.decode()

    def test_colour_on_a_terminal_only(self):
        self.site()
        self.picture("p.png")
        code, out = self.on_terminal("scan", "p.png")
        self.assertEqual(code, 0)
        self.assertIn("\x1b[32mallow", out)
        self.assertNotIn("\x1b", self.expect(0, "scan", "p.png").out)
        self.assertNotIn("\x1b", self.on_terminal("scan", "p.png", NO_COLOR="1")[1])
        self.assertNotIn("\x1b", self.on_terminal("--json", "scan", "p.png")[1])

    def test_what_is_urgent_is_red(self):
        self.site("selftest: true\npolicy: {deadlines: {other: 1ms}}\n")
        self.expect(1, "scan", "--record", "--text", "LIBMOD-TEST-HIT-7f3a")
        out = self.on_terminal("queue")[1]
        self.assertRegex(out, "\x1b\\[31moverdue [0-9]+ s")
        self.assertRegex(out, "\x1b\\[31mhold")
        self.assertNotIn("\x1b", self.on_terminal("queue", NO_COLOR="1")[1])
        self.assertIn("\x1b[33m", self.on_terminal("stats")[1])

    def test_progress_on_a_terminal(self):
        self.site()
        self.picture("p.png")
        for args, word in ((["scan", "p.png"], "scanned"), (["hash", "p.png"], "hashed")):
            if args[0] == "hash":
                args = ["-c", "libmod.yaml", *args]
            shown = self.on_terminal(*args, stream="stderr")[1]
            self.assertRegex(shown, f"\r.*1 {word}")
            self.assertTrue(shown.endswith("\r\x1b[K"), shown)

    def test_no_progress_in_a_file(self):
        self.site()
        self.picture("p.png")
        self.assertEqual(self.expect(0, "scan", "p.png").err, "")
