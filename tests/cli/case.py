"""A small site in a directory of its own, and modctl run in it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import pictures

MODCTL = os.environ["LIBMOD_TEST_MODCTL"]
WORKER = os.environ["LIBMOD_TEST_WORKER"]
SANDBOX = os.environ.get("LIBMOD_TEST_SANDBOX", "strict")
SHARED = os.environ.get("LIBMOD_SHARED") or Path(__file__).resolve().parents[3] / "shared"


class Result:
    """What a command left: exit code, text on both streams."""

    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    def rows(self):
        """Standard output as JSON, one object a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    def row(self):
        """The only object."""
        (only,) = self.rows()
        return only


class SiteTest(unittest.TestCase):
    """Each test has a directory, `self.dir`; site() fills it with what `modctl init` makes."""

    modctl = MODCTL

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="libmod-cli-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("LIBMOD_")},
            "LIBMOD_WORKER": WORKER,
            "LC_ALL": "C",
        }

    def run_modctl(self, *args, **options):
        """Runs modctl there and returns what it left; a signal or sanitizer report is a failure."""
        options.setdefault("stdin", subprocess.DEVNULL)
        if "input" in options:
            options.pop("stdin")
        options.setdefault("stdout", subprocess.PIPE)
        environment = {**self.environment, **options.pop("env", {})}
        done = subprocess.run(
            [MODCTL, *map(str, args)],
            cwd=options.pop("cwd", self.dir),
            env={k: v for k, v in environment.items() if v is not None},
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            **{**options, "stdout": options["stdout"]},
        )
        done.stdout = done.stdout or b""
        result = Result(done)
        self.assertGreaterEqual(result.code, 0, result.err)
        self.assertNotRegex(result.err, r"Sanitizer|runtime error")
        return result

    def expect(self, code, *args, **options):
        """Runs modctl and demands an exit code."""
        result = self.run_modctl(*args, **options)
        self.assertEqual(result.code, code, f"modctl {args}\n{result.out}\n{result.err}")
        return result

    def hash(self, *args, code=0, **options):
        """`modctl hash`, with a config only where a sanitizer forbids the sandbox."""
        config = []
        if SANDBOX != "strict":
            config = ["-c", self.write("hash.yaml", self.config_text())]
        return self.expect(code, "hash", *config, *args, **options)

    def config_text(self, more=""):
        """A config as the test wants it."""
        return (
            "format: libmod/1\nmode: observe\nsite: {key_file: site.key}\nstate_dir: state\n"
            f"media: {{sandbox: {SANDBOX}, wall_ms: 20000}}\n{more}"
        )

    def site(self, more=""):
        """A whole site with the given lines in its config."""
        self.expect(0, "init")
        self.configure(more)

    def configure(self, more=""):
        """Writes the config anew."""
        self.write("libmod.yaml", self.config_text(more))

    def write(self, name, content):
        """Writes a file of the site; returns its path."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def picture(self, name, seed=1, change=lambda rows: rows):
        """Writes a drawn picture; returns its path."""
        return self.write(name, pictures.png(change(pictures.clouds(seed))))

    def build_list(self, name="ban.lml", *seeds):
        """Builds a list of drawn pictures, entry e1 for seed 1 and so on."""
        for seed in seeds or (1,):
            self.picture(f"src/p{seed}.png", seed)
        rows = "".join(f"file,p{seed}.png,e{seed}\n" for seed in seeds or (1,))
        self.write("src/rows.csv", rows)
        config = ["-c", "hash.yaml"] if SANDBOX != "strict" else []
        self.write("hash.yaml", self.config_text())
        self.expect(0, *config, "list", "build", "-o", name, "src/rows.csv")
        return self.dir / name

    def with_list(self, more="", *seeds):
        """A site whose config has the list `ban` of drawn pictures."""
        self.site(
            "lists: [{id: ban, file: ban.lml, harm: m.adult.ncii, action: hold, severity: high}]\n"
            + more
        )
        return self.build_list("ban.lml", *seeds)

    def assert_said(self, result, pattern):
        """The diagnostics match, and every line begins as it must."""
        self.assertRegex(result.err, re.compile(pattern))
        self.assertTrue(result.err.startswith("modctl: "), result.err)


def not_root(test):
    """For what root can always read."""
    return unittest.skipIf(os.geteuid() == 0, "runs as root")(test)
